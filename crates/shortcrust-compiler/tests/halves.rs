//! Networks for two cores: large steps become halves that do not disturb each other.

use std::path::Path;

use shortcrust_compiler::network::Network;
use shortcrust_compiler::program::{Moment, Operand, Part};

fn halves(model: &str) -> Network {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let network = Network::open(&models.join(model)).unwrap();
    network.on_two_cores().unwrap()
}

fn pairs(network: &Network) -> Vec<Moment> {
    let moments = network.program.moments();
    moments
        .filter(|moment| moment.start() != moment.end())
        .collect()
}

/// The bytes (first, one past the last) of a part in the arena.
fn range(network: &Network, part: Part) -> (usize, usize) {
    let offset = network.plan.offset(&network.program, part.tensor);
    let start = offset.expect("steps use planned tensors") + part.offset;
    (start, start + part.bytes)
}

/// What a step reads and what it writes, scratch memory included.
fn used(network: &Network, step: usize) -> [Vec<(usize, usize)>; 2] {
    let scratch = network.plan.scratch[step];
    let scratch = (scratch.offset, scratch.offset + scratch.bytes);
    let step = &network.program.steps[step];
    let reads = step.operands.iter().filter_map(|operand| match operand {
        Operand::Tensor(part) => Some(range(network, *part)),
        Operand::Constant(_) => None,
    });
    [reads.collect(), vec![range(network, step.output), scratch]]
}

#[test]
fn large_layers_are_split_and_small_ones_are_not() {
    let network = halves("person_detect.tflite");
    let split = |node: usize| {
        let steps = network.program.steps.iter();
        steps.filter(|step| step.node == node).count() == 2
    };
    assert!((0..=26).all(split), "every convolution of pictures");
    // Pooling to one pixel has one row, and what follows it is small.
    assert!(!(27..=30).any(split));
    assert_eq!(pairs(&network).len(), 27);
    assert_eq!(pairs(&halves("sine.tflite")).len(), 0);
}

#[test]
fn two_halves_write_all_of_the_output_and_nothing_twice() {
    for model in ["person_detect.tflite", "speech.tflite"] {
        let network = halves(model);
        for moment in pairs(&network) {
            let steps = &network.program.steps[moment];
            let [first, second] = [&steps[0], &steps[1]].map(|step| step.output);
            assert_eq!(first.tensor, second.tensor);
            assert_eq!(first.offset, 0);
            assert_eq!(first.bytes, second.offset);
            let whole = network.program.graph.tensor(first.tensor).bytes();
            assert_eq!(second.offset + second.bytes, whole);
            let larger = first.bytes.max(second.bytes);
            assert!(4 * larger <= 3 * whole, "{model}: {larger} of {whole}");
        }
    }
}

#[test]
fn a_half_writes_nothing_that_the_other_uses() {
    for model in ["person_detect.tflite", "speech.tflite"] {
        let network = halves(model);
        for moment in pairs(&network) {
            let [first, second] = [*moment.start(), *moment.end()].map(|step| used(&network, step));
            for (a, b) in [(&first, &second), (&second, &first)] {
                for written in &a[1] {
                    for used in b.iter().flatten() {
                        assert!(
                            written.1 <= used.0 || used.1 <= written.0,
                            "{model}: {written:?} and {used:?}"
                        );
                    }
                }
            }
        }
    }
}
