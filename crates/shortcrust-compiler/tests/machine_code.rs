//! What is emitted for the ESP32-S3.

use std::path::Path;

use lx7::core::MemorySettings;
use shortcrust_compiler::lx7::MachineCode;
use shortcrust_compiler::lx7::simulation::{Simulation, Weights};
use shortcrust_compiler::network::Network;

fn person_detect() -> Network {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    Network::open(&models.join("person_detect.tflite")).expect("the bundled model")
}

#[test]
fn every_layer_has_machine_code_and_equal_layers_share_it() {
    let network = person_detect();
    let calls: Vec<_> = network.code.calls.iter().flatten().collect();
    assert_eq!(calls.len(), network.program.steps.len());
    assert!(network.code.functions.len() < calls.len());
    assert!(network.code.code_bytes() < 48 << 10);
    for call in calls {
        assert_eq!(call.constants.offset % 16, 0);
    }
}

#[test]
fn machine_code_is_the_same_every_time() {
    let (first, second) = (person_detect().code, person_detect().code);
    assert_eq!(first.functions, second.functions);
    assert_eq!(first.constants.bytes(), second.constants.bytes());
    assert_eq!(first.calls, second.calls);
}

#[test]
fn weights_in_flash_pass_through_the_cache_once() {
    let network = person_detect();
    let cycles = |weights| {
        let Network {
            program,
            plan,
            code,
        } = &network;
        let mut chip = Simulation::new(program, plan, code, weights).expect("it fits");
        chip.run().expect("it runs");
        chip.costs().iter().map(|cost| cost.cycles).sum::<u64>()
    };
    let lines = network.code.constants.bytes().len() as u64 / 32;
    let waiting = cycles(Weights::Flash) - cycles(Weights::Ram);
    let once = lines * u64::from(MemorySettings::default().flash_fill);
    assert!(10 * waiting < 11 * once, "{waiting} cycles, {once} a pass");
}

#[test]
fn a_listing_has_every_byte_once() {
    let network = person_detect();
    let enable = MachineCode::enable().expect("it assembles");
    for function in network.code.functions.iter().chain([&enable]) {
        let listing = function.listing("name", ".rwtext.shortcrust");
        let bytes: Vec<u8> = listing
            .lines()
            .filter_map(|line| line.strip_prefix(".byte "))
            .flat_map(|line| line.split(" #").next().expect("bytes").split(','))
            .map(|byte| u8::from_str_radix(&byte[2..], 16).expect("a byte"))
            .collect();
        assert_eq!(bytes, function.bytes);
        let before = listing.find("name:").expect("the label");
        assert!(listing[before..].contains("# entry a1, "));
        assert!(listing.trim_end().ends_with(".popsection\n.endif"));
    }
}
