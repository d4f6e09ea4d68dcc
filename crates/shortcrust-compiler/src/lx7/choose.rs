//! Which of several kernels is the fastest: the simulated chip says.

use lx7::asm::Program;
use lx7::sim::Simulator;

use super::{Portable, Routine};

/// Where a kernel under trial is, and what it is given.
const CODE: u32 = 0x4037_4000;
const DATA: u32 = 0x3FC9_0000;

/// Of two kernels for one layer the faster, as measured on smaller layers that they compute alike: (kernel, its trial) each. The
/// trials read and write at most `bytes` bytes. A kernel that cannot be tried loses.
pub(super) fn faster(
    first: (Routine, &Routine),
    second: (Routine, &Routine),
    bytes: usize,
) -> Routine {
    let [a, b] = [first.1, second.1].map(|trial| cycles(trial, bytes).unwrap_or(u64::MAX));
    if b < a { second.0 } else { first.0 }
}

/// The cycles of a kernel on tensors of zeros.
fn cycles(routine: &Routine, bytes: usize) -> Option<u64> {
    let mut simulator = Simulator::default();
    let program = Program {
        base: CODE,
        bytes: routine.function.bytes.clone(),
        ..Program::default()
    };
    simulator.load_program(&program).ok()?;
    let sizes = [bytes, bytes, routine.constants.len(), routine.scratch_bytes];
    let mut address = DATA;
    let mut arguments = Vec::new();
    for (index, size) in sizes.into_iter().enumerate() {
        let mut contents = vec![0; size.max(16)];
        if index == 2 {
            contents[..size].copy_from_slice(&routine.constants);
        }
        simulator.load_blob(address, &contents).ok()?;
        arguments.push(address);
        address += contents.len().next_multiple_of(16) as u32;
    }
    let entry = CODE + routine.function.entry as u32;
    Some(simulator.call_at(entry, &arguments).ok()?.cycles)
}

/// Two candidates for a layer: each for the layer itself and for a smaller trial.
///
/// # Errors
/// Where neither can compute the layer: why the first cannot.
pub(super) fn choose(
    candidates: [Result<Routine, Portable>; 2],
    trials: [Result<Routine, Portable>; 2],
    bytes: usize,
) -> Result<Routine, Portable> {
    match (candidates, trials) {
        ([Ok(a), Ok(b)], [Ok(trial_a), Ok(trial_b)]) => {
            Ok(faster((a, &trial_a), (b, &trial_b), bytes))
        }
        ([a, b], _) => match (a, b) {
            (Err(_), Ok(b)) => Ok(b),
            (a, _) => a,
        },
    }
}
