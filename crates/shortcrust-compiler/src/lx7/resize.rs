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

/// Where a column lies, and its weight.
const COLUMN: A = A(6);
/// The pixels lower left, upper left, lower right and upper right.
const CORNERS: [A; 4] = [A(9), A(10), A(11), A(12)];
const SUM: A = A(13);
const VALUE: A = A(14);
const OTHER: A = FRAME_COUNTER;
/// Slots of the stack frame, behind three counters: the row's weight, and those of the corners.
const ROW_WEIGHT: i32 = 12;
const WEIGHTS: i32 = 16;

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
    let (row, lower, upper) = (A(5), A(7), A(8));
    let mut code = Code::kernel(32);
    code.repeat_on_stack((FRAME_COUNTER, 0), kernel.batches, |code| {
        code.offset(row, CONSTANTS, row_table);
        code.repeat_on_stack((FRAME_COUNTER, 4), kernel.output.height, |code| {
            code.op("l32i.n", (lower, row, 0));
            code.op("l32i.n", (upper, row, 4));
            code.op("l32i.n", (VALUE, row, 8));
            code.op("addi.n", (row, row, 12));
            code.op("add.n", (lower, lower, INPUT));
            code.op("add.n", (upper, upper, INPUT));
            code.op("s32i.n", (VALUE, A(1), ROW_WEIGHT));
            code.offset(COLUMN, CONSTANTS, column_table);
            code.repeat_on_stack((FRAME_COUNTER, 8), kernel.output.width, |code| {
                code.op("l32i.n", (VALUE, COLUMN, 0));
                code.op("l32i.n", (OTHER, COLUMN, 4));
                for (corner, (line, pixel)) in CORNERS.into_iter().zip([
                    (lower, VALUE),
                    (upper, VALUE),
                    (lower, OTHER),
                    (upper, OTHER),
                ]) {
                    code.op("add.n", (corner, line, pixel));
                }
                corner_weights(code);
                code.repeat_fast(SUM, channels, blend);
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

/// The weights of the corners, from the row's in its slot and the column's in the table, which moves on.
fn corner_weights(code: &mut Code) {
    // y and x, and what they lack of one: the corners' weights are their products.
    let (y, x) = (VALUE, OTHER);
    code.op("l32i.n", (y, A(1), ROW_WEIGHT));
    code.op("l32i.n", (x, COLUMN, 8));
    code.op("addi.n", (COLUMN, COLUMN, 12));
    code.op("mull", (SUM, y, x));
    code.op("s32i.n", (SUM, A(1), WEIGHTS + 12));
    code.op("slli", (x, x, FRACTION));
    code.op("sub", (x, x, SUM));
    code.op("s32i.n", (x, A(1), WEIGHTS + 8));
    code.op("slli", (y, y, FRACTION));
    code.op("sub", (y, y, SUM));
    code.op("s32i.n", (y, A(1), WEIGHTS + 4));
    // (1 - y) (1 - x) = 1 - y (1 - x) - x
    code.op("add.n", (x, x, SUM));
    code.op("add.n", (y, y, x));
    code.op("movi.n", (x, 1));
    code.op("slli", (x, x, 2 * FRACTION));
    code.op("sub", (x, x, y));
    code.op("s32i.n", (x, A(1), WEIGHTS));
}

/// The next channel's output.
fn blend(code: &mut Code) {
    for (index, corner) in CORNERS.into_iter().enumerate() {
        let product = if index == 0 { SUM } else { VALUE };
        code.op("l8ui", (VALUE, corner, 0));
        code.op("l32i.n", (OTHER, A(1), WEIGHTS + 4 * index as i32));
        code.op("sext", (VALUE, VALUE, 7));
        code.op("mull", (product, VALUE, OTHER));
        code.op("addi.n", (corner, corner, 1));
        if index > 0 {
            code.op("add.n", (SUM, SUM, VALUE));
        }
    }
    // Rounded to nearest, halves away from zero.
    code.op("movi.n", (OTHER, 1));
    code.op("slli", (OTHER, OTHER, 2 * FRACTION - 1));
    code.op("abs", (VALUE, SUM));
    code.op("add.n", (VALUE, VALUE, OTHER));
    code.op("extui", (VALUE, VALUE, 2 * FRACTION, 12));
    code.op("neg", (OTHER, VALUE));
    code.op("movltz", (VALUE, OTHER, SUM));
    code.op("s8i", (VALUE, OUTPUT, 0));
    code.op("addi.n", (OUTPUT, OUTPUT, 1));
}
