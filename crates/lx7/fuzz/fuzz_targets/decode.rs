//! Any bytes decode, disassemble and run without harm; what disassembles
//! assembles back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lx7::{asm, disasm, isa, sim};

fuzz_target!(|data: &[u8]| {
    const CODE: u32 = 0x4037_8000;
    if let Some(instance) = isa::decode(data, CODE) {
        let text = disasm::text(&instance, CODE);
        let bytes = asm::assemble_instruction(&text, CODE).expect("assembles back");
        assert_eq!(bytes, data[..bytes.len()]);
    }
    let settings = sim::Settings { max_instructions: 10_000, ..sim::Settings::default() };
    let mut simulator = sim::Simulator::new(settings);
    if simulator.load_blob(CODE, data).is_ok() {
        let _ = simulator.call_at(CODE, &[]);
    }
});
