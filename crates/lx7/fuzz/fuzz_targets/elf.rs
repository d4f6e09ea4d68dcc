//! Any file loads and runs, or is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lx7::sim;

fuzz_target!(|data: &[u8]| {
    let settings = sim::Settings { max_instructions: 10_000, ..sim::Settings::default() };
    let mut simulator = sim::Simulator::new(settings);
    if let Ok(entry) = simulator.load_elf(data) {
        let _ = simulator.run_program(entry);
    }
});
