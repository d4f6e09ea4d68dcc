//! Rewrites of the graph and of the program, one a file.

mod constant_folding;
mod constant_outputs;
mod dead_code;
mod halves;
mod in_place;
mod padding;

use crate::error::Result;
use crate::graph::Graph;
use crate::operators;
use crate::program::Program;

/// The rewrites of a graph, in order.
///
/// # Errors
/// As [`operators::check`], for what an output of the network depends on.
pub fn simplify(graph: &mut Graph) -> Result<()> {
    let next_number = graph.nodes.iter().map(|node| node.number + 1).max();
    dead_code::remove(graph);
    operators::check(graph)?;
    constant_folding::fold(graph);
    dead_code::remove(graph);
    padding::fold(graph);
    constant_outputs::copy(graph, next_number.unwrap_or(0));
    Ok(())
}

/// Splits the large steps of a program into halves for two cores.
pub fn split(program: &mut Program) {
    halves::split(program);
}

/// The rewrites of a lowered program.
pub fn optimise(program: &mut Program) {
    in_place::mark(program);
}
