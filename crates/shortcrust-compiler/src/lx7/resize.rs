//! RESIZE_NEAREST_NEIGHBOR: tables say where each output row and column comes from.

use lx7::asm::{A, AssemblyError, Q};
use shortcrust_kernels::resize_nearest_neighbor::ResizeNearestNeighbor;

use super::code::{CONSTANTS, Code, Constants, INPUT, OUTPUT};
use super::pool::Chunk;
use super::{Routine, Source};

/// The kernel.
pub(super) fn nearest_neighbor(
    source: &Source,
    kernel: &ResizeNearestNeighbor,
) -> Option<Result<Routine, AssemblyError>> {
    let channels = kernel.output.channels;
    let (rows, columns) = (source.words(1)?, source.words(2)?);
    let pitch = kernel.input.width * channels;
    let offsets = |indices: &[i32], step: usize| -> Vec<i32> {
        indices.iter().map(|index| index * step as i32).collect()
    };
    let mut constants = Constants::default();
    let row_table = constants.words(offsets(&rows, pitch));
    let column_table = constants.words(offsets(&columns, channels));
    let alignment = if source.output_is_aligned() {
        channels
    } else {
        1
    };
    let chunk = Chunk::of(alignment);
    let (row, column, from, chunks, value) = (A(5), A(6), A(7), A(8), A(9));
    let start = A(10);
    let mut code = Code::kernel(16);
    code.repeat_on_stack(0, kernel.batches, |code| {
        code.offset(row, CONSTANTS, row_table);
        code.repeat_on_stack(4, kernel.output.height, |code| {
            code.op("l32i.n", (start, row, 0));
            code.op("addi.n", (row, row, 4));
            code.op("add.n", (start, start, INPUT));
            code.offset(column, CONSTANTS, column_table);
            let pixel = |code: &mut Code| {
                code.op("l32i.n", (from, column, 0));
                code.op("addi.n", (column, column, 4));
                code.op("add.n", (from, from, start));
            };
            let copy = |code: &mut Code| {
                chunk.load(code, Q(0), from, chunk.bytes() as i32);
                chunk.store(code, Q(0), OUTPUT, value);
            };
            let pieces = channels / chunk.bytes();
            if pieces == 1 {
                code.repeat_fast(chunks, kernel.output.width, |code| {
                    pixel(code);
                    copy(code);
                });
            } else {
                code.repeat_on_stack(8, kernel.output.width, |code| {
                    pixel(code);
                    code.repeat_fast(chunks, pieces, copy);
                });
            }
        });
        code.advance(INPUT, kernel.input.len() as i32);
    });
    Some(code.finish().map(|function| Routine {
        function,
        constants: constants.finish(),
        scratch_bytes: 0,
        method: "copies",
    }))
}
