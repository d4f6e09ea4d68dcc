//! Shapes on either side of every threshold in the generators of machine code: the host, the chip and its two cores agree, and the
//! kernel is the one that the side asks for.

mod layers;

use shortcrust_compiler::execute::Execution;
use shortcrust_compiler::graph::Graph;
use shortcrust_compiler::lx7::Portable;
use shortcrust_compiler::lx7::simulation::{Simulation, Weights};
use shortcrust_compiler::network::Network;
use shortcrust_compiler::tflite::Padding;

use layers::{
    convolution, depthwise, dilated, fully_connected, mean, noise, pad, pool, relu, resize,
    softmax, transpose, transposed, with_constant,
};

/// How the steps of a network are computed: in words, or why there is no machine code.
fn methods(network: &Network) -> Vec<String> {
    let calls = network.code.calls.iter();
    let methods = calls.map(|call| match call {
        Ok(call) => call.method.to_owned(),
        Err(Portable::Outside(reason)) => format!("portable: {reason}"),
        Err(fault) => panic!("{fault}"),
    });
    methods.collect()
}

fn chip(network: &Network) -> Simulation<'_> {
    let Network {
        program,
        plan,
        code,
    } = network;
    Simulation::new(program, plan, code, Weights::Flash).expect("it fits")
}

/// Runs a network on the host, the chip and both of its cores, and compares; returns [`methods`] on one core.
#[track_caller]
fn compare(graph: Graph) -> String {
    let network = Network::from_graph(graph).expect("a sound network");
    let halves = network.clone().on_two_cores().expect("it can be split");
    methods(&halves);
    let mut host = Execution::new(&network.program, &network.plan);
    let mut chips = [&network, &halves].map(chip);
    for round in 0..3 {
        let extreme = |byte: u8| if byte.is_multiple_of(2) { 127 } else { 128 };
        let bytes = noise(round).take(host.input_mut(0).len());
        let input: Vec<u8> = match round {
            0 => bytes.collect(),
            1 => bytes.map(extreme).collect(),
            _ => bytes.map(|_| 127).collect(),
        };
        host.input_mut(0).copy_from_slice(&input);
        host.run();
        for (cores, chip) in (1..).zip(&mut chips) {
            chip.set_input(0, &input);
            if let Err(fault) = chip.run() {
                panic!("round {round} on {cores} cores: {fault}");
            }
            let outputs = host.output(0).iter().zip(chip.output(0));
            let differs = outputs.enumerate().find(|(_, (host, chip))| host != chip);
            assert_eq!(differs, None, "round {round} on {cores} cores");
        }
    }
    methods(&network).join("; ")
}

/// Compares shapes below and above a threshold: the methods contain these words.
#[track_caller]
fn sides<const N: usize>(cases: [(Graph, &str); N]) {
    for (number, (graph, expected)) in cases.into_iter().enumerate() {
        let shapes: Vec<Vec<usize>> = graph.tensors.iter().map(|t| t.shape.clone()).collect();
        let found = compare(graph);
        assert!(
            found.contains(expected),
            "case {number}, {shapes:?}: {found}"
        );
    }
}

#[test]
fn constants_within_and_beyond_one_addmi() {
    sides([
        (fully_connected(4, 2304, 0), "8 requantised"),
        (fully_connected(4, 2336, 0), "8 requantised"),
        (fully_connected(4, 5000, 0), "8 requantised"),
        // In several passes, each with constants of its own.
        (fully_connected(8, 560, 12), "8 requantised"),
        (fully_connected(8, 1200, 12), "8 requantised"),
        (
            convolution([2, 2, 32], [1, 1], 2320, Padding::Same),
            "8 requantised",
        ),
        (
            convolution([2, 2, 32], [1, 1], 2400, Padding::Same),
            "8 requantised",
        ),
        (
            convolution([3, 3, 4], [3, 3], 2400, Padding::Same),
            "8 requantised",
        ),
        (transposed([2, 2, 4], 2400), "ACCX"),
    ]);
}

#[test]
fn rows_within_and_beyond_one_addmi() {
    sides([
        (convolution([3, 4000, 8], [2, 2], 4, Padding::Valid), "ACCX"),
        (convolution([3, 4200, 8], [2, 2], 4, Padding::Valid), "ACCX"),
        (convolution([2, 6250, 8], [2, 2], 4, Padding::Valid), "ACCX"),
        (convolution([1, 8750, 8], [1, 2], 4, Padding::Valid), "ACCX"),
        (depthwise([3, 2000, 8], [3, 3]), "QACC"),
        (depthwise([3, 2100, 8], [3, 3]), "QACC"),
        (depthwise([2, 1000, 8], [4, 2]), "QACC"),
        (depthwise([2, 2200, 8], [4, 1]), "QACC"),
        // Rows of 16 bits would need too much scratch memory.
        (depthwise([1, 2300, 8], [7, 1]), "QACC"),
        (depthwise([1, 2400, 8], [7, 1]), "ACCX"),
        (transposed([2, 2000, 8], 2), "ACCX"),
        (transposed([2, 2100, 8], 2), "ACCX"),
    ]);
}

#[test]
fn scratch_memory_and_spans_have_limits() {
    sides([
        (convolution([1, 3900, 8], [8, 1], 4, Padding::Same), "ACCX"),
        (
            convolution([1, 4200, 8], [8, 1], 4, Padding::Same),
            "portable: the rows under",
        ),
        (dilated([1, 4, 8], [2, 2], 4, Padding::Same, 32_768), "ACCX"),
        (
            dilated([1, 4, 8], [2, 2], 4, Padding::Same, 32_769),
            "portable: its window spans",
        ),
        (fully_connected(4, 52_400, 0), "8 requantised"),
        (fully_connected(4, 52_432, 0), "portable: its sums need"),
    ]);
}

#[test]
fn windows_in_registers_streamed_and_long() {
    sides([
        (fully_connected(96, 10, 0), "ACCX"),
        (fully_connected(112, 10, 0), "ACCX"),
        (fully_connected(97, 10, 0), "ACCX"),
        (fully_connected(384, 10, 0), "ACCX"),
        (fully_connected(385, 10, 0), "ACCX"),
        (fully_connected(400, 10, 0), "ACCX"),
        (fully_connected(33_000, 3, 0), "ACCX"),
        // Gathered unit by unit, in code and in a loop; with a bias for each of four bytes, or of one.
        (convolution([4, 4, 225], [3, 3], 3, Padding::Same), "ACCX"),
        (convolution([4, 4, 229], [3, 3], 3, Padding::Same), "ACCX"),
        (convolution([4, 4, 908], [3, 3], 3, Padding::Same), "ACCX"),
        (convolution([4, 4, 912], [3, 3], 3, Padding::Same), "ACCX"),
        (convolution([4, 4, 2402], [3, 3], 3, Padding::Same), "ACCX"),
        (convolution([3, 3, 5001], [3, 3], 2, Padding::Same), "ACCX"),
    ]);
}

#[test]
fn branches_and_hardware_loops_near_their_reach() {
    for channels in (96..176).step_by(8) {
        let graph = convolution([3, 3, channels], [3, 3], 2, Padding::Valid);
        assert!(compare(graph).contains("ACCX"), "{channels} channels");
    }
    for columns in 1..14 {
        assert!(compare(depthwise([2, 8, 8], [1, columns])).contains("QACC"));
    }
    for octaves in 0..12 {
        assert!(compare(fully_connected(16, 32, octaves)).contains("ACCX"));
    }
}

#[test]
fn sums_on_the_stack_or_for_several_pixels() {
    sides([
        (fully_connected(16, 96, 0), "8 requantised"),
        (fully_connected(16, 112, 0), "8 requantised"),
        (
            convolution([4, 4, 16], [1, 1], 255, Padding::Same),
            "8 requantised",
        ),
        (
            convolution([4, 4, 16], [1, 1], 257, Padding::Same),
            "8 requantised",
        ),
        (
            convolution([4, 4, 16], [1, 1], 2401, Padding::Same),
            "8 requantised",
        ),
    ]);
}

#[test]
fn weights_within_and_beyond_the_cache() {
    sides([
        (
            convolution([2, 4, 128], [1, 1], 160, Padding::Same),
            "ACCX, ",
        ),
        (
            convolution([2, 4, 128], [1, 1], 176, Padding::Same),
            "in slabs",
        ),
        (
            convolution([2, 200, 128], [1, 1], 272, Padding::Same),
            "in slabs",
        ),
    ]);
}

#[test]
fn depthwise_windows_and_channels() {
    sides([
        (depthwise([9, 9, 8], [8, 8]), "QACC"),
        (depthwise([9, 9, 8], [8, 9]), "ACCX"),
        (depthwise([3, 3, 1016], [3, 3]), "QACC"),
        (depthwise([3, 3, 1024], [3, 3]), "QACC"),
        (depthwise([3, 3, 2400], [3, 3]), "QACC"),
        (depthwise([3, 3, 2401], [3, 3]), "ACCX"),
        (depthwise([1, 1, 5000], [1, 1]), "QACC"),
    ]);
}

#[test]
fn pixels_of_few_and_of_many_channels() {
    sides([
        (
            convolution([8, 8, 16], [1, 1], 8, Padding::Same),
            "QACC by channel",
        ),
        (convolution([8, 8, 17], [1, 1], 8, Padding::Same), "ACCX"),
        (transposed([2, 3, 256], 3), "ACCX"),
        (transposed([2, 3, 257], 3), "ACCX"),
        (transposed([2, 3, 5000], 3), "ACCX"),
    ]);
}

#[test]
fn pools_over_pixels_of_any_size() {
    for kind in ["MAX_POOL_2D", "AVERAGE_POOL_2D"] {
        for channels in [
            127, 129, 508, 516, 1016, 1032, 2032, 2048, 2400, 5000, 16_640, 33_000,
        ] {
            let found = compare(pool(kind, [2, 3, channels]));
            assert!(!found.contains("portable"), "{kind}, {channels}: {found}");
        }
    }
    let found = |channels| {
        let network = Network::from_graph(pool("MAX_POOL_2D", [2, 2, channels]));
        methods(&network.expect("a sound network")).join("; ")
    };
    assert!(found(1 << 20).contains("largest bytes"));
    assert!(found((1 << 20) + 16).contains("portable: it has 1048592 channels"));
}

#[test]
fn reductions_and_tables_of_any_length() {
    for graph in [
        mean(3, 127),
        mean(3, 128),
        mean(3, 33_000),
        mean(33_000, 3),
        mean(7, 2400),
        softmax(511),
        softmax(512),
        softmax(4096),
        relu(70_000),
    ] {
        let found = compare(graph);
        assert!(!found.contains("portable"), "{found}");
    }
}

#[test]
fn elements_and_copies_over_long_axes() {
    for graph in [
        with_constant("ADD", &[2, 32_000], &[1, 32_000]),
        with_constant("ADD", &[2, 40_000], &[1, 40_000]),
        with_constant("ADD", &[40_000, 2], &[40_000, 1]),
        with_constant("ADD", &[2, 2, 33_000], &[1, 2, 1]),
        with_constant("MUL", &[2, 3, 2400], &[2, 1, 2400]),
        with_constant("MAXIMUM", &[70_000], &[70_000]),
        with_constant("MINIMUM", &[3, 33_000], &[3, 1]),
        transpose([2, 32_000]),
        transpose([2, 40_000]),
        transpose([70_000, 2]),
        pad([3, 32_000], [16, 16]),
        pad([3, 33_000], [1, 7]),
        pad([2, 5], [33_000, 33_000]),
        resize("RESIZE_NEAREST_NEIGHBOR", [2, 3, 5000], 4),
        resize("RESIZE_NEAREST_NEIGHBOR", [2, 4200, 8], 4),
        resize("RESIZE_BILINEAR", [2, 3, 5000], 4),
        resize("RESIZE_BILINEAR", [2, 4200, 8], 4),
    ] {
        let shape = graph.tensors[0].shape.clone();
        let found = compare(graph);
        assert!(!found.contains("portable"), "{shape:?}: {found}");
    }
}

#[test]
fn resizes_that_lead_beyond_the_image() {
    sides([
        (resize("RESIZE_BILINEAR", [1, 1, 3], 64), "one by one"),
        (resize("RESIZE_BILINEAR", [1, 1, 3], 97), "one by one"),
        (resize("RESIZE_BILINEAR", [2, 1, 3], 64), "one by one"),
        (
            resize("RESIZE_BILINEAR", [2, 1, 3], 95),
            "portable: its rounded scale",
        ),
    ]);
}

#[test]
fn tensors_that_the_chip_cannot_reach_are_left_to_portable_kernels() {
    let found = |length: usize| {
        let network = Network::from_graph(relu(length));
        methods(&network.expect("a sound network")).join("; ")
    };
    assert!(found(32 << 20).contains("a table of outputs"));
    assert!(found((32 << 20) + 1).contains("portable: a tensor of it has 33554433 bytes"));
}
