//! RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR: tables say where each output row and column comes from.

use lx7::asm::{A, Q};
use shortcrust_kernels::resize_bilinear::ResizeBilinear;
use shortcrust_kernels::resize_nearest_neighbor::ResizeNearestNeighbor;

use super::code::{CONSTANTS, Code, Constants, FRAME_COUNTER, INPUT, OUTPUT};
use super::pool::Chunk;
use super::{Portable, Routine, Source};

/// RESIZE_NEAREST_NEIGHBOR.
pub(super) fn nearest_neighbor(
    source: &Source,
    kernel: &ResizeNearestNeighbor,
) -> Result<Routine, Portable> {
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
    code.repeat_on_stack((FRAME_COUNTER, 0), kernel.batches, |code| {
        code.offset(row, CONSTANTS, row_table);
        code.repeat_on_stack((FRAME_COUNTER, 4), kernel.output.height, |code| {
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
                code.repeat_on_stack((FRAME_COUNTER, 8), kernel.output.width, |code| {
                    pixel(code);
                    code.repeat_fast(chunks, pieces, copy);
                });
            }
        });
        code.advance(INPUT, kernel.input.len() as i32);
    });
    Ok(Routine {
        function: code.finish()?,
        constants: constants.finish(),
        scratch_bytes: 0,
        method: "copies",
    })
}

/// Fraction bits of a weight.
const FRACTION: i32 = 10;

/// RESIZE_BILINEAR: four corners of each output pixel, weighted.
pub(super) fn bilinear(kernel: &ResizeBilinear) -> Result<Routine, Portable> {
    let channels = kernel.output.channels;
    let pitch = kernel.input.width * channels;
    let pixels = kernel.batches * kernel.input.height * kernel.input.width;
    if pixels > 1 && kernel.leads_beyond() {
        return Err(Portable::outside(
            "its rounded scale leads beyond the image's last row or column",
        ));
    }
    // Beyond the only pixel it is the same.
    let words = |(lower, upper, weight): (usize, usize, i32), step: usize| {
        let lower = if pixels == 1 { 0 } else { lower };
        [(lower * step) as i32, (upper * step) as i32, weight]
    };
    let mut constants = Constants::default();
    let rows = (0..kernel.output.height).flat_map(|y| words(kernel.row(y), pitch));
    let row_table = constants.words(rows);
    let columns = (0..kernel.output.width).flat_map(|x| words(kernel.column(x), channels));
    let column_table = constants.words(columns);
    let (row, column, lower, upper) = (A(5), A(6), A(7), A(8));
    let corners = [A(9), A(10), A(11), A(12)];
    let (sum, value, other) = (A(13), A(14), FRAME_COUNTER);
    // Slots of the stack frame: three counters, the row's weight, the weights of the corners.
    let (row_weight, weights) = (12, 16);
    let mut code = Code::kernel(32);
    code.repeat_on_stack((FRAME_COUNTER, 0), kernel.batches, |code| {
        code.offset(row, CONSTANTS, row_table);
        code.repeat_on_stack((FRAME_COUNTER, 4), kernel.output.height, |code| {
            code.op("l32i.n", (lower, row, 0));
            code.op("l32i.n", (upper, row, 4));
            code.op("l32i.n", (value, row, 8));
            code.op("addi.n", (row, row, 12));
            code.op("add.n", (lower, lower, INPUT));
            code.op("add.n", (upper, upper, INPUT));
            code.op("s32i.n", (value, A(1), row_weight));
            code.offset(column, CONSTANTS, column_table);
            code.repeat_on_stack((FRAME_COUNTER, 8), kernel.output.width, |code| {
                code.op("l32i.n", (value, column, 0));
                code.op("l32i.n", (other, column, 4));
                for (corner, (line, pixel)) in corners.into_iter().zip([
                    (lower, value),
                    (upper, value),
                    (lower, other),
                    (upper, other),
                ]) {
                    code.op("add.n", (corner, line, pixel));
                }
                // y and x, and what they lack of one: the corners' weights are their products.
                let (y, x) = (value, other);
                code.op("l32i.n", (y, A(1), row_weight));
                code.op("l32i.n", (x, column, 8));
                code.op("addi.n", (column, column, 12));
                code.op("mull", (sum, y, x));
                code.op("s32i.n", (sum, A(1), weights + 12));
                code.op("slli", (x, x, FRACTION));
                code.op("sub", (x, x, sum));
                code.op("s32i.n", (x, A(1), weights + 8));
                code.op("slli", (y, y, FRACTION));
                code.op("sub", (y, y, sum));
                code.op("s32i.n", (y, A(1), weights + 4));
                // (1 - y) (1 - x) = 1 - y (1 - x) - x
                code.op("add.n", (x, x, sum));
                code.op("add.n", (y, y, x));
                code.op("movi.n", (x, 1));
                code.op("slli", (x, x, 2 * FRACTION));
                code.op("sub", (x, x, y));
                code.op("s32i.n", (x, A(1), weights));
                code.repeat_fast(sum, channels, |code| {
                    for (index, corner) in corners.into_iter().enumerate() {
                        let product = if index == 0 { sum } else { value };
                        code.op("l8ui", (value, corner, 0));
                        code.op("l32i.n", (other, A(1), weights + 4 * index as i32));
                        code.op("sext", (value, value, 7));
                        code.op("mull", (product, value, other));
                        code.op("addi.n", (corner, corner, 1));
                        if index > 0 {
                            code.op("add.n", (sum, sum, value));
                        }
                    }
                    // Rounded to nearest, halves away from zero.
                    code.op("movi.n", (other, 1));
                    code.op("slli", (other, other, 2 * FRACTION - 1));
                    code.op("abs", (value, sum));
                    code.op("add.n", (value, value, other));
                    code.op("extui", (value, value, 2 * FRACTION, 12));
                    code.op("neg", (other, value));
                    code.op("movltz", (value, other, sum));
                    code.op("s8i", (value, OUTPUT, 0));
                    code.op("addi.n", (OUTPUT, OUTPUT, 1));
                });
            });
        });
        code.advance(INPUT, kernel.input.len() as i32);
    });
    Ok(Routine {
        function: code.finish()?,
        constants: constants.finish(),
        scratch_bytes: 0,
        method: "one by one",
    })
}
