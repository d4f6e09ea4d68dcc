//! Random networks: the host, the simulated chip and both of its cores against each operator alone, bit for bit.
//!
//! `RANDOM_GRAPHS=100000 RANDOM_NETWORKS=10000 cargo test --release -p shortcrust-compiler --test random_networks` is the long run;
//! `RANDOM_SEED=n` begins with number `n`, `MUTATIONS=1000000` damages as many files. What fails says how to repeat it alone.

mod chain;
mod compare;
mod damaged;
mod describe;
mod extremes;
mod file;
mod graphs;
mod layers;
mod model;
mod moves;
mod random;
mod reduce;
mod reference;
mod regressions;
mod survey;
mod values;

use shortcrust_compiler::network::Network;
use shortcrust_compiler::operators::OPERATORS;
use survey::{Kind, Survey};

/// Of so many sound networks at most one may be refused.
const REFUSED: u64 = 50;

#[test]
fn chains_of_layers() {
    let survey = Survey::new(
        &Kind {
            test: "chains_of_layers",
            variable: "RANDOM_NETWORKS",
            make: chain::chain,
        },
        60,
    );
    let machine: u64 = survey.machine.values().sum();
    assert_eq!(survey.refused.len(), 0, "{:?}", survey.refused);
    assert!(machine > 9 * survey.portable);
}

#[test]
fn graphs_that_failed_once() {
    for (name, graph) in regressions::GRAPHS {
        let (graph, random) = graph();
        let network = Network::from_graph(graph.clone()).expect("a sound graph");
        let steps = compare::compare(&graph, &network, random);
        steps.unwrap_or_else(|problem| panic!("{name}: {problem}"));
    }
}

#[test]
fn graphs_of_all_operators() {
    let survey = Survey::new(
        &Kind {
            test: "graphs_of_all_operators",
            variable: "RANDOM_GRAPHS",
            make: graphs::graph,
        },
        300,
    );
    let refused: u64 = survey.refused.values().sum();
    assert!(REFUSED * refused <= survey.ran, "{:?}", survey.refused);
    if survey.ran >= 300 {
        for operator in OPERATORS {
            assert!(
                survey.operators.contains_key(operator.name),
                "{}",
                operator.name
            );
        }
    }
}

#[test]
fn weights_that_are_larger_than_the_cache_are_read_in_slabs() {
    let make = |seed| {
        let mut model = chain::start(seed, &[96, 128, 256]);
        let outputs = model.random.of(&[256, 304, 400]);
        let end = model.pointwise(model.graph.inputs[0], outputs);
        model.graph.outputs.push(end);
        (model.graph, model.random)
    };
    let kind = Kind {
        test: "weights_that_are_larger_than_the_cache_are_read_in_slabs",
        variable: "RANDOM_SLABS",
        make,
    };
    let survey = Survey::new(&kind, 12);
    let slabs: u64 = survey
        .machine
        .iter()
        .filter(|(method, _)| method.contains("slabs"))
        .map(|(_, n)| n)
        .sum();
    assert!(2 * slabs > survey.ran, "{slabs} of {} layers", survey.ran);
}

#[test]
fn damaged_files_do_not_panic_and_compute_the_same() {
    damaged::survey(4_000);
}

#[test]
fn arbitrary_bytes_do_not_panic() {
    damaged::arbitrary(100_000);
}
