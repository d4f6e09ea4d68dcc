//! Any bytes as a `.tflite` file: never a panic, and a network that is small computes the same on the host, on the simulated chip, on
//! both of its cores and operator by operator.
#![no_main]

use shortcrust_compiler::network::Network;
use shortcrust_compiler::tflite;

#[allow(dead_code)]
#[path = "../../crates/shortcrust-compiler/tests/random_networks/compare.rs"]
mod compare;
#[allow(dead_code)]
#[path = "../../crates/shortcrust-compiler/tests/random_networks/random.rs"]
mod random;
#[path = "../../crates/shortcrust-compiler/tests/random_networks/reference.rs"]
mod reference;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (Ok(network), Ok(graph)) = (Network::compile(bytes), tflite::read(bytes)) else {
        return;
    };
    if compare::is_small(&graph, &network) {
        let steps = compare::compare(&graph, &network, random::Random::seeded(0));
        steps.unwrap_or_else(|problem| panic!("{problem}"));
    }
});
