//! Many random networks on all cores of this machine, and what came of them.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use shortcrust_compiler::graph::Graph;
use shortcrust_compiler::network::Network;

use crate::compare::{Steps, compare};
use crate::describe::describe;
use crate::file;
use crate::random::Random;
use crate::reduce::reduce;

/// A survey ends early with so many networks that fail.
const MOST_FAILURES: usize = 40;

/// One network in so many is written into a file and read again.
const FILES: u64 = 4;

/// The most axes that the reader accepts.
const MOST_AXES: usize = 32;

/// Networks of one kind: a function that makes one of each seed.
pub struct Kind {
    /// The test's name.
    pub test: &'static str,
    /// The environment variable that says how many there are.
    pub variable: &'static str,
    pub make: fn(u64) -> (Graph, Random),
}

/// What came of the networks.
#[derive(Debug, Default)]
pub struct Survey {
    /// Networks that ran.
    pub ran: u64,
    /// Networks that were refused, by operator and reason.
    pub refused: BTreeMap<String, u64>,
    /// Networks that ran on the host only, for the chip's memory does not hold them.
    pub too_large: u64,
    /// Operators of the networks that ran.
    pub operators: BTreeMap<&'static str, u64>,
    /// Steps with machine code, by how they compute.
    pub machine: BTreeMap<&'static str, u64>,
    /// Steps without.
    pub portable: u64,
    failures: Vec<String>,
}

/// What came of one network.
enum Outcome {
    Refused(String),
    Ran(Steps),
}

/// Does some work for each seed, on every core of this machine, until it says that it is enough. There are `count` seeds, or as
/// many as an environment variable says, from the one on that `RANDOM_SEED` says.
pub fn on_all_cores(variable: &str, count: u64, work: impl Fn(u64) -> bool + Sync) {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
    };
    let first = number("RANDOM_SEED", 0);
    let end = first + number(variable, count);
    let (next, goes_on) = (AtomicU64::new(first), AtomicBool::new(true));
    let all = || {
        while goes_on.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                break;
            }
            if !work(seed) {
                goes_on.store(false, Ordering::Relaxed);
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(all);
        }
    });
}

/// What a closure returns, or an error with the message of its panic.
pub fn without_panic<T>(body: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string()));
        Err(format!("it panics: {}", text.unwrap_or_default()))
    })
}

impl Survey {
    /// Tries `count` networks, or as many as the environment says, from the seed on that it says.
    ///
    /// # Panics
    /// With each network that panicked or gave a wrong result.
    pub fn new(kind: &Kind, count: u64) -> Self {
        let survey = Mutex::new(Self::default());
        on_all_cores(kind.variable, count, |seed| {
            let (graph, random) = (kind.make)(seed);
            let outcome = attempt(&graph, &random, seed);
            let failure = outcome.as_ref().err();
            let failure = failure.map(|problem| report(kind, seed, problem, &graph, &random));
            let mut survey = survey.lock().expect("no panic");
            survey.failures.extend(failure);
            if let Ok(outcome) = outcome {
                survey.count(&graph, outcome);
            }
            survey.failures.len() < MOST_FAILURES
        });
        let mut survey = survey.into_inner().expect("no panic");
        let failures = std::mem::take(&mut survey.failures);
        println!("{}: {survey:#?}", kind.test);
        assert!(failures.is_empty(), "{}", failures.join("\n"));
        survey
    }

    fn count(&mut self, graph: &Graph, outcome: Outcome) {
        match outcome {
            Outcome::Refused(reason) => *self.refused.entry(reason).or_default() += 1,
            Outcome::Ran(steps) => {
                self.ran += 1;
                self.too_large += u64::from(!steps.fits);
                self.portable += steps.portable as u64;
                for method in steps.machine {
                    *self.machine.entry(method).or_default() += 1;
                }
                for node in &graph.nodes {
                    *self.operators.entry(node.kind).or_default() += 1;
                }
            }
        }
    }
}

/// Compiles and compares a network. An error is a panic or a wrong result.
fn attempt(graph: &Graph, random: &Random, seed: u64) -> Result<Outcome, String> {
    without_panic(|| {
        // The reader limits the number of axes for everything behind it.
        let has_many_axes = graph.tensors.iter().any(|t| t.shape.len() > MOST_AXES);
        let network = match has_many_axes || seed.is_multiple_of(FILES) {
            true => Network::compile(&file::bytes(graph)),
            false => Network::from_graph(graph.clone()),
        };
        match network {
            Ok(network) => compare(graph, &network, random.clone()).map(Outcome::Ran),
            // An error names the operator or the tensor; one that does not is a fault of the compiler.
            Err(error) if error.place.operator.is_none() && error.place.tensor.is_none() => {
                Err(format!("it is refused: {error}"))
            }
            Err(error) => {
                let kind = error.place.operator.map_or(String::new(), |(_, kind)| kind);
                let words = error.problem.replace(|c: char| c.is_ascii_digit(), "");
                Ok(Outcome::Refused(format!("{kind}: {words}")))
            }
        }
    })
}

/// The network that failed, the smallest part of it that fails, and the command that tries it again.
fn report(kind: &Kind, seed: u64, problem: &str, graph: &Graph, random: &Random) -> String {
    let small = reduce(graph, |graph| attempt(graph, random, seed).is_err());
    let reason = attempt(&small, random, seed).err().unwrap_or_default();
    let Kind { test, variable, .. } = kind;
    format!(
        "{test}, seed {seed}: {problem}\n{}  its smallest part that fails: {reason}\n{}  again: RANDOM_SEED={seed} {variable}=1 \
         cargo test --release -p shortcrust-compiler --test random_networks {test}\n",
        describe(graph),
        describe(&small),
    )
}
