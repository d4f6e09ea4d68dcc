//! Activations of one byte each: a table has the output for every input.

use lx7::asm::A;

use super::code::{CONSTANTS, Code, Constants, INPUT, OUTPUT};
use super::{Portable, Routine, Source};

const TABLE: A = A(5);
const COUNTER: A = A(6);
/// Values on their way, so that no load is waited for.
const VALUES: [A; 4] = [A(7), A(8), A(9), A(10)];

/// The kernel.
pub(super) fn routine(source: &Source) -> Result<Routine, Portable> {
    if source.constant(0).is_ok() {
        return Err(Portable::outside("its input is a constant"));
    }
    let bytes = source.step.output.bytes;
    let mut constants = Constants::default();
    let table = constants.bytes(source.constant(1)?.iter().copied());
    let mut code = Code::kernel(0);
    code.offset(TABLE, CONSTANTS, table);
    let look_up = |code: &mut Code, count: usize| {
        let values = VALUES.into_iter().take(count).enumerate();
        for (index, value) in values.clone() {
            code.op("l8ui", (value, INPUT, index as i32));
        }
        code.advance(INPUT, count as i32);
        for (_, value) in values.clone() {
            code.op("add.n", (value, value, TABLE));
        }
        for (_, value) in values.clone() {
            code.op("l8ui", (value, value, 0));
        }
        for (index, value) in values {
            code.op("s8i", (value, OUTPUT, index as i32));
        }
        code.advance(OUTPUT, count as i32);
    };
    code.repeat_fast(COUNTER, bytes / 4, |code| look_up(code, 4));
    if !bytes.is_multiple_of(4) {
        look_up(&mut code, bytes % 4);
    }
    Ok(Routine {
        function: code.finish()?,
        constants: constants.finish(),
        scratch_bytes: 0,
        method: "a table of outputs",
    })
}
