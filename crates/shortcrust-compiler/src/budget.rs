//! The RAM that a model may use, and what to say when it needs more.

use std::cmp::Reverse;
use std::fmt::Display;

use crate::error::{Error, ErrorKind, Result};
use crate::graph::Element;
use crate::network::Network;

/// Reads a number of bytes: `98304`, `96K`, `1M` (K is 1024 bytes, M is 1024 K).
///
/// # Errors
/// A text that is no number of bytes.
pub fn parse(text: &str) -> Result<usize> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "B" => Some(1),
        "K" | "KB" | "KiB" => Some(1 << 10),
        "M" | "MB" | "MiB" => Some(1 << 20),
        _ => None,
    };
    unit.and_then(|unit| digits.trim().parse::<usize>().ok()?.checked_mul(unit))
        .ok_or_else(|| {
            Error::new(
                ErrorKind::Budget,
                format!("`{text}` is not a number of bytes"),
                "write it as `98304`, `96K` or `1M`",
            )
        })
}

/// Fails when a network needs more than `budget` bytes of RAM.
///
/// # Errors
/// What it needs, and what is alive at the peak.
pub fn check(network: &Network, budget: usize) -> Result<()> {
    let arena = network.plan.arena_bytes;
    if arena <= budget {
        return Ok(());
    }
    Err(exceeded(
        network,
        format!("the network needs {arena} bytes of RAM, the budget is {budget}"),
        "raise the budget, or make the network's largest layers smaller",
    ))
}

/// The error about a network that needs too much RAM: `problem`, then what is alive at the peak; `remedy`, then what would
/// make that smaller.
pub fn exceeded(network: &Network, problem: impl Display, remedy: impl Display) -> Error {
    let remedy = match float_input(network) {
        Some(input) => format!("{remedy}; {input}"),
        None => remedy.to_string(),
    };
    let problem = format!("{problem}: {}", peak(network));
    Error::new(ErrorKind::Budget, problem, remedy)
}

/// What is alive at the peak.
fn peak(network: &Network) -> String {
    let (program, plan) = (&network.program, &network.plan);
    let scratch = plan.scratch.get(plan.peak_step);
    let scratch = scratch.filter(|scratch| scratch.bytes > 0);
    let mut alive = plan.alive(plan.peak_step);
    alive.sort_by_key(|allocation| Reverse(allocation.bytes));
    let alive: Vec<String> = alive
        .iter()
        .map(|allocation| {
            let tensor = program.graph.tensor(allocation.tensor);
            format!(
                "`{}` {:?}: {} bytes",
                tensor.name, tensor.shape, allocation.bytes
            )
        })
        .chain(scratch.map(|scratch| format!("scratch memory: {} bytes", scratch.bytes)))
        .collect();
    let moment = match program.steps.get(plan.peak_step) {
        Some(step) => {
            let node = &program.graph.nodes[step.node];
            format!("operator {} ({})", node.number, node.kind)
        }
        None => "the start".to_owned(),
    };
    format!("during {moment} these are alive: {}", alive.join(", "))
}

/// What the largest float32 input that is alive at the peak would need as int8.
fn float_input(network: &Network) -> Option<String> {
    let (program, plan) = (&network.program, &network.plan);
    let graph = &program.graph;
    let alive = plan.alive(plan.peak_step);
    let inputs = graph.inputs.iter().filter(|&&input| {
        let (storage, _) = program.root(input);
        graph.tensor(input).element == Element::Float32
            && alive.iter().any(|allocation| allocation.tensor == storage)
    });
    let largest = inputs.max_by_key(|&&input| graph.tensor(input).bytes())?;
    let tensor = graph.tensor(*largest);
    Some(format!(
        "with int8 inputs (inference_input_type=tf.int8 in the converter), `{}` takes {} bytes instead of {}",
        tensor.name,
        tensor.len(),
        tensor.bytes()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse("96K").unwrap(), 98_304);
        assert_eq!(parse("55296").unwrap(), 55_296);
        assert_eq!(parse("1M").unwrap(), 1 << 20);
        assert!(parse("96 apples").is_err());
        assert!(parse("-1").is_err());
        assert!(parse("99999999999999999999K").is_err());
    }
}
