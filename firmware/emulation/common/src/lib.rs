//! What an emulated processor must do as the host does it: the scores of the photographs, and the stack that they take.
#![no_std]

use core::fmt::{self, Write};
use core::hint::black_box;

use esp_flash::Machine;
use esp_flash::analysis::RUNS;
use esp_flash::inference::{PersonDetectMeasurements, analyse, judge, round};
use esp_flash::networks::PersonDetect;
use esp_flash::photographs::PHOTOGRAPHS;
use esp_flash::stack::Stack;

/// No person and person: what the command's demonstration prints, on the host.
const SCORES: [[i8; 2]; 4] = [[-114, 114], [-114, 114], [96, -96], [111, -111]];

/// The most stack that the demonstration may take.
const STACK_LIMIT: usize = 8 * 1024;

/// Runs the demonstration and the analysis. True if everything is as on the host.
///
/// # Errors
/// Those of the output.
pub fn run(
    net: &mut PersonDetect,
    measurements: &mut PersonDetectMeasurements,
    machine: &impl Machine,
    out: &mut impl Write,
) -> Result<bool, fmt::Error> {
    let mut good = true;
    for (photograph, expected) in PHOTOGRAPHS.iter().zip(SCORES) {
        let scores = judge(net, photograph, machine).scores;
        good &= [scores.no_person, scores.person] == expected;
    }
    let right = round(net, machine, out)?;
    let stack = machine.stack().high_water();
    writeln!(
        out,
        "demonstration stack={stack} limit={STACK_LIMIT} right={right}"
    )?;
    good &= right == PHOTOGRAPHS.len() && (1..STACK_LIMIT).contains(&stack);
    good &= analyse(net, measurements, machine, out)? == RUNS;
    let overflow = an_overflow_is_seen(machine.stack());
    writeln!(out, "overflow seen={overflow}")?;
    Ok(good & overflow)
}

/// Whether calls that are too deep for a stack are seen on it, and only those. The stack is a part of the real one.
fn an_overflow_is_seen(whole: &Stack) -> bool {
    const DEPTH: u32 = 500;
    whole.paint();
    let before = whole.high_water();
    black_box(descend(DEPTH));
    let deep = whole.high_water() - before;
    let part = |bytes: usize| {
        let here = black_box(0u32);
        let top = (&raw const here).addr();
        // SAFETY: below this frame, and far above the bottom of the whole stack.
        let stack = unsafe { Stack::new(top - bytes, top) };
        stack.paint();
        black_box(descend(DEPTH));
        stack.overflowed()
    };
    deep > 8 * DEPTH as usize && part(deep / 2) && !part(2 * deep)
}

/// Calls itself; on Xtensa the register windows spill on the way down and fill on the way up.
#[inline(never)]
fn descend(depth: u32) -> u32 {
    match depth {
        0 => 1,
        _ => black_box(descend(depth - 1))
            .wrapping_mul(3)
            .wrapping_add(depth),
    }
}
