//! Measurements: latency of the network and of each layer, and memory.
//!
//! Every line is a word and `key=value` pairs, for a person and a program alike.

use core::fmt::{self, Write};

use shortcrust::Model;

use crate::Machine;

/// Runs that are measured.
pub const RUNS: usize = 20;

/// The cycles of each of so many layers in each run; for a static cell, it is too large for the stack.
pub struct Measurements<const LAYERS: usize> {
    layers: [[u32; RUNS]; LAYERS],
    runs: [u32; RUNS],
}

impl<const LAYERS: usize> Measurements<LAYERS> {
    /// No measurements.
    pub const fn new() -> Self {
        Self {
            layers: [[0; RUNS]; LAYERS],
            runs: [0; RUNS],
        }
    }
}

impl<const LAYERS: usize> Default for Measurements<LAYERS> {
    fn default() -> Self {
        Self::new()
    }
}

/// The least, the middle and the most of some measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Summary {
    minimum: u32,
    median: u32,
    maximum: u32,
}

impl Summary {
    fn of(values: &mut [u32; RUNS]) -> Self {
        values.sort_unstable();
        Self {
            minimum: values[0],
            median: values[RUNS / 2],
            maximum: values[RUNS - 1],
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self {
            minimum,
            median,
            maximum,
        } = self;
        write!(
            formatter,
            "minimum={minimum} median={median} maximum={maximum}"
        )
    }
}

/// Runs a network [`RUNS`] times and prints what it took. `show` fills the input before each run, whose number it is told; `ran` sees
/// the output after it.
///
/// # Errors
/// Those of the output.
///
/// # Panics
/// If the stack overflowed.
pub fn analyse<N: Model, const LAYERS: usize>(
    net: &mut N,
    measurements: &mut Measurements<LAYERS>,
    machine: &impl Machine,
    out: &mut impl Write,
    mut show: impl FnMut(&mut N, usize),
    mut ran: impl FnMut(&N, usize),
) -> fmt::Result {
    const {
        assert!(
            LAYERS == N::LAYERS.len(),
            "measurements have as many layers as the network"
        )
    };
    let (mut cycles, mut microseconds) = (0, 0);
    for run in 0..RUNS {
        show(net, run);
        let start = machine.microseconds();
        let first = machine.cycles();
        let mut last = first;
        net.run_layers(machine.cores(), |layer| {
            let now = machine.cycles();
            measurements.layers[layer][run] = now.wrapping_sub(last);
            last = now;
        });
        microseconds += machine.microseconds() - start;
        measurements.runs[run] = last.wrapping_sub(first);
        cycles += u64::from(measurements.runs[run]);
        machine.stack().check();
        ran(net, run);
    }
    report::<N, _, LAYERS>(measurements, machine, out)?;
    writeln!(
        out,
        "runs count={RUNS} mean_cycles={} mean_microseconds={}",
        cycles / RUNS as u64,
        microseconds / RUNS as u64
    )
}

fn report<N: Model, M: Machine, const LAYERS: usize>(
    measurements: &mut Measurements<LAYERS>,
    machine: &M,
    out: &mut impl Write,
) -> fmt::Result {
    writeln!(out, "chip name={}", M::NAME)?;
    for (name, cycles) in N::LAYERS.iter().zip(&mut measurements.layers) {
        let (number, kind) = name.split_once(' ').unwrap_or((name, ""));
        let cycles = Summary::of(cycles);
        writeln!(
            out,
            "layer operator={number} kind={kind} {cycles} unit=cycles"
        )?;
    }
    let latency = Summary::of(&mut measurements.runs);
    writeln!(out, "latency {latency} unit=cycles")?;
    let stack = machine.stack();
    let (used, total) = (stack.high_water(), stack.total());
    writeln!(out, "stack used={used} total={total} unit=bytes")?;
    let (arena, weights) = (N::ARENA_BYTES, N::WEIGHT_BYTES);
    writeln!(out, "network arena={arena} weights={weights} unit=bytes")?;
    match machine.heap() {
        Some(heap) => writeln!(
            out,
            "heap used={} total={} unit=bytes",
            heap.used, heap.total
        ),
        None => writeln!(out, "heap used=0 total=0 unit=bytes"),
    }
}
