//! The RAM that a model may use, and what to say when it needs more.

use crate::error::{Error, ErrorKind, Result};
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
    let (program, plan) = (&network.program, &network.plan);
    if plan.arena_bytes <= budget {
        return Ok(());
    }
    let scratch = plan.scratch.get(plan.peak_step);
    let scratch = scratch.filter(|scratch| scratch.bytes > 0);
    let alive: Vec<String> = plan
        .alive(plan.peak_step)
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
    let peak = match program.steps.get(plan.peak_step) {
        Some(step) => {
            let node = &program.graph.nodes[step.node];
            format!("operator {} ({})", node.number, node.kind)
        }
        None => "the start".to_owned(),
    };
    Err(Error::new(
        ErrorKind::Budget,
        format!(
            "the network needs {} bytes of RAM, the budget is {budget}: during {peak} these are alive: {}",
            plan.arena_bytes,
            alive.join(", ")
        ),
        "raise the budget, or make the network's largest layers smaller",
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
