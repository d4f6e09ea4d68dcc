//! A network on the host, on the simulated chip and on both of its cores, against the same network operator by operator.

use shortcrust_compiler::execute::Execution;
use shortcrust_compiler::graph::{Element, Graph};
use shortcrust_compiler::lx7::Portable;
use shortcrust_compiler::lx7::simulation::{Simulation, SimulationError, Weights};
use shortcrust_compiler::network::Network;
use shortcrust_compiler::program::{Operand, Part};
use shortcrust_compiler::tflite;

use crate::random::Random;
use crate::reference::Reference;

/// Runs of each network.
const ROUNDS: usize = 2;

/// What a small network needs at most: memory, multiply-accumulates, positions of a window along an axis.
const LARGEST_ARENA: usize = 64 << 10;
const MOST_MACS: u64 = 1 << 21;
const MOST_TAPS: i32 = 64;

/// How a network ran.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    /// How steps with machine code compute, for one core and for two.
    pub machine: Vec<&'static str>,
    /// Steps without.
    pub portable: usize,
    /// Whether the chip's memory holds the network.
    pub fits: bool,
}

/// Runs a network on random and on extreme inputs. An error says what differs.
pub fn compare(graph: &Graph, network: &Network, mut random: Random) -> Result<Steps, String> {
    let halves = network
        .clone()
        .on_two_cores()
        .map_err(|error| format!("it compiles for one core, and not for two: {error}"))?;
    halves_are_apart(&halves)?;
    let reference = Reference::new(graph)
        .map_err(|error| format!("it compiles, and its operators alone do not: {error}"))?;
    let mut host = Execution::new(&network.program, &network.plan);
    let mut cores_on_host = Execution::new(&halves.program, &halves.plan);
    let mut chips = Vec::new();
    for (name, network) in [("one core", network), ("two cores", &halves)] {
        if let Some(chip) = simulation(network)? {
            chips.push((name, chip));
        }
    }
    for round in 0..ROUNDS {
        let inputs = inputs(graph, &mut random, round);
        let expected = reference.run(&inputs);
        let differs = |name: &str, index: usize, output: &[u8]| {
            difference(&expected[index], output).map_or(Ok(()), |difference| {
                let output = &graph.tensor(graph.outputs[index]).name;
                Err(format!(
                    "{name}, round {round}: output {index} ({output}): {difference}"
                ))
            })
        };
        for (name, host) in [
            ("the host", &mut host),
            ("halves on the host", &mut cores_on_host),
        ] {
            for (index, input) in inputs.iter().enumerate() {
                host.input_mut(index).copy_from_slice(input);
            }
            host.run();
            for index in 0..expected.len() {
                differs(name, index, host.output(index))?;
            }
        }
        for (name, chip) in &mut chips {
            for (index, input) in inputs.iter().enumerate() {
                chip.set_input(index, input);
            }
            let run = chip.run();
            run.map_err(|error| format!("{name}, round {round}: {error}"))?;
            for index in 0..expected.len() {
                differs(name, index, chip.output(index))?;
            }
        }
    }
    let mut steps = Steps {
        fits: chips.len() == 2,
        ..Steps::default()
    };
    for call in network.code.calls.iter().chain(&halves.code.calls) {
        match call {
            Ok(call) => steps.machine.push(call.method),
            Err(Portable::Outside(_)) => steps.portable += 1,
            Err(fault) => return Err(format!("no machine code: {fault}")),
        }
    }
    Ok(steps)
}

/// Whether a run takes little time, and the network has a result for every input: indices that it computes may lie outside.
pub fn is_small(graph: &Graph, network: &Network) -> bool {
    let bytes = network.program.steps.iter().map(|step| step.output.bytes);
    let indices_are_constant = graph.nodes.iter().all(|node| {
        let indices = node.inputs.get(1).copied().flatten();
        node.kind != "GATHER" || indices.is_some_and(|id| graph.tensor(id).data.is_some())
    });
    let few_taps = graph.nodes.iter().all(|node| match &node.options {
        tflite::Options::Pool2D(pool) => pool.filter_width.max(pool.filter_height) <= MOST_TAPS,
        _ => true,
    });
    network.plan.arena_bytes <= LARGEST_ARENA
        && network.program.total_macs() <= MOST_MACS
        && bytes.sum::<usize>() <= 4 * LARGEST_ARENA
        && indices_are_constant
        && few_taps
}

/// A chip with the network in it, with the weights in flash where memory does not hold them; `None` where it does not fit at all.
fn simulation(network: &Network) -> Result<Option<Simulation<'_>>, String> {
    for weights in [Weights::Ram, Weights::Flash] {
        match Simulation::new(&network.program, &network.plan, &network.code, weights) {
            Ok(simulation) => return Ok(Some(simulation)),
            Err(SimulationError::Memory { .. }) => {}
            Err(error) => return Err(format!("it cannot be loaded: {error}")),
        }
    }
    Ok(None)
}

/// Inputs: random ones first, then extreme ones.
fn inputs(graph: &Graph, random: &mut Random, round: usize) -> Vec<Vec<u8>> {
    let style = if round == 0 { 0 } else { random.between(1, 3) };
    let input = |&input| {
        let tensor = graph.tensor(input);
        match tensor.element {
            Element::Float32 => (0..tensor.len())
                .flat_map(|_| float(random, style).to_le_bytes())
                .collect(),
            _ => (0..tensor.bytes()).map(|_| byte(random, style)).collect(),
        }
    };
    graph.inputs.iter().map(input).collect()
}

fn byte(random: &mut Random, style: usize) -> u8 {
    match style {
        0 => random.next() as u8,
        1 => random.of(&[-128i8, 127]) as u8,
        2 => 127,
        _ => 128,
    }
}

fn float(random: &mut Random, style: usize) -> f32 {
    match style {
        0 => (random.below(4001) as f32 - 2000.0) * random.scale(-12.0, 0.0),
        _ => random.of(&[0.0, -0.0, 0.5, -1.5, 1e30, -1e30, f32::MIN_POSITIVE]),
    }
}

/// The first byte in which two outputs differ.
fn difference(expected: &[u8], found: &[u8]) -> Option<String> {
    if expected.len() != found.len() {
        return Some(format!(
            "{} bytes, should be {}",
            found.len(),
            expected.len()
        ));
    }
    let mut pairs = expected.iter().zip(found).enumerate();
    let (at, (expected_byte, found_byte)) = pairs.find(|(_, (a, b))| a != b)?;
    let count = expected.iter().zip(found).filter(|(a, b)| a != b).count();
    Some(format!(
        "{count} of {} bytes differ, the first at {at}: {found_byte}, should be {expected_byte}",
        expected.len()
    ))
}

/// Fails where one half of a layer writes what the other reads or writes.
fn halves_are_apart(network: &Network) -> Result<(), String> {
    let range = |part: Part| {
        let offset = network.plan.offset(&network.program, part.tensor);
        let start = offset.expect("steps use planned tensors") + part.offset;
        start..start + part.bytes
    };
    for moment in network.program.moments() {
        let [first, second] = [*moment.start(), *moment.end()];
        if first == second {
            continue;
        }
        for (one, other) in [(first, second), (second, first)] {
            let scratch = network.plan.scratch[one];
            let (one, other) = (&network.program.steps[one], &network.program.steps[other]);
            let written = [
                range(one.output),
                scratch.offset..scratch.offset + scratch.bytes,
            ];
            let read = other.operands.iter().filter_map(|operand| match operand {
                Operand::Tensor(part) => Some(range(*part)),
                Operand::Constant(_) => None,
            });
            for used in read.chain([range(other.output)]) {
                if written
                    .iter()
                    .any(|w| w.start < used.end && used.start < w.end)
                {
                    return Err(format!(
                        "halves of step {first} write {written:?}, and the other uses {used:?}"
                    ));
                }
            }
        }
    }
    Ok(())
}
