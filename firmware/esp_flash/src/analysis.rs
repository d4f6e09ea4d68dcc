//! Measurements: latency of the network and of each layer, and memory.
//!
//! Every line is a word and `key=value` pairs, for a person and a program alike.

use core::fmt::{self, Write};

use shortcrust::Model;

use crate::Machine;
use crate::networks::{PersonDetect, Scores};
use crate::photographs::PHOTOGRAPHS;

/// Runs that are measured.
pub const RUNS: usize = 20;

/// Layers of the network.
const LAYERS: usize = PersonDetect::LAYERS.len();

/// The cycles of each layer in each run; for a static cell, it is too large for the stack.
pub struct Measurements {
    layers: [[u32; RUNS]; LAYERS],
    runs: [u32; RUNS],
}

impl Measurements {
    /// No measurements.
    pub const fn new() -> Self {
        Self {
            layers: [[0; RUNS]; LAYERS],
            runs: [0; RUNS],
        }
    }
}

impl Default for Measurements {
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

/// Runs the network [`RUNS`] times over the photographs and prints what it took. Returns how many verdicts were right.
///
/// # Errors
/// Those of the output.
///
/// # Panics
/// If the stack overflowed.
pub fn analyse(
    net: &mut PersonDetect,
    measurements: &mut Measurements,
    machine: &impl Machine,
    out: &mut impl Write,
) -> Result<usize, fmt::Error> {
    let (mut right, mut cycles) = (0, 0);
    let start = machine.microseconds();
    for (run, photograph) in PHOTOGRAPHS.iter().cycle().take(RUNS).enumerate() {
        photograph.show(net.input_mut());
        let first = machine.cycles();
        let mut last = first;
        net.run_layers(|layer| {
            let now = machine.cycles();
            measurements.layers[layer][run] = now.wrapping_sub(last);
            last = now;
        });
        measurements.runs[run] = last.wrapping_sub(first);
        cycles += u64::from(measurements.runs[run]);
        right += usize::from(Scores::of(net).sees_person() == photograph.person);
        machine.stack().check();
    }
    let microseconds = (machine.microseconds() - start) / RUNS as u64;
    report(measurements, machine, out)?;
    writeln!(
        out,
        "runs count={RUNS} right={right} mean_cycles={} mean_microseconds={microseconds}",
        cycles / RUNS as u64
    )?;
    Ok(right)
}

fn report<M: Machine>(
    measurements: &mut Measurements,
    machine: &M,
    out: &mut impl Write,
) -> fmt::Result {
    writeln!(out, "chip name={}", M::NAME)?;
    for (name, cycles) in PersonDetect::LAYERS.iter().zip(&mut measurements.layers) {
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
    let (arena, weights) = (PersonDetect::ARENA_BYTES, PersonDetect::WEIGHT_BYTES);
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
