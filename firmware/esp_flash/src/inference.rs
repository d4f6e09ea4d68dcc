//! The demonstration: each bundled photograph is judged, with what it cost.

use core::fmt::{self, Write};

use shortcrust::Model;

use crate::Machine;
use crate::analysis::{self, Measurements};
use crate::networks::{PersonDetect, Scores};
use crate::photographs::{PHOTOGRAPHS, Photograph};

/// Measurements of the bundled network.
pub type PersonDetectMeasurements = Measurements<{ <PersonDetect as Model>::LAYERS.len() }>;

/// Shows a photograph to the network.
///
/// # Panics
/// If the stack overflowed.
pub fn judge(net: &mut PersonDetect, photograph: &Photograph, machine: &impl Machine) -> Judgement {
    photograph.show(net.input_mut());
    let start = machine.microseconds();
    net.run_on(machine.cores());
    let microseconds = machine.microseconds() - start;
    machine.stack().check();
    Judgement {
        scores: Scores::of(net),
        microseconds,
    }
}

/// What the network said, and how long it took.
#[derive(Clone, Copy, Debug)]
pub struct Judgement {
    /// Its scores.
    pub scores: Scores,
    /// The time of the run.
    pub microseconds: u64,
}

/// Judges every photograph and prints a line for each, then one on memory. Returns how many verdicts were right.
///
/// # Errors
/// Those of the output.
///
/// # Panics
/// If the stack overflowed.
pub fn round(
    net: &mut PersonDetect,
    machine: &impl Machine,
    out: &mut impl Write,
) -> Result<usize, fmt::Error> {
    let mut right = 0;
    for photograph in &PHOTOGRAPHS {
        let Judgement {
            scores,
            microseconds,
        } = judge(net, photograph, machine);
        right += usize::from(scores.sees_person() == photograph.person);
        let (milliseconds, rest) = (microseconds / 1000, microseconds % 1000);
        writeln!(
            out,
            "{:<10} {scores:<42} {milliseconds:>5}.{rest:03} ms",
            photograph.name
        )?;
    }
    writeln!(
        out,
        "{right} of {} right; stack {} of {} bytes, arena {} bytes",
        PHOTOGRAPHS.len(),
        machine.stack().high_water(),
        machine.stack().total(),
        PersonDetect::ARENA_BYTES
    )?;
    Ok(right)
}

/// Measures the network on the photographs, as [`analysis::analyse`] does. Returns how many verdicts were right.
///
/// # Errors
/// Those of the output.
///
/// # Panics
/// If the stack overflowed.
pub fn analyse(
    net: &mut PersonDetect,
    measurements: &mut PersonDetectMeasurements,
    machine: &impl Machine,
    out: &mut impl Write,
) -> Result<usize, fmt::Error> {
    let photograph = |run: usize| &PHOTOGRAPHS[run % PHOTOGRAPHS.len()];
    let mut right = 0;
    analysis::analyse(
        net,
        measurements,
        machine,
        out,
        |net, run| photograph(run).show(net.input_mut()),
        |net, run| right += usize::from(Scores::of(net).sees_person() == photograph(run).person),
    )?;
    writeln!(out, "verdicts right={right} count={}", analysis::RUNS)?;
    Ok(right)
}
