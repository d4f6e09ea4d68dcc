//! Interleaving and de-interleaving of two vector registers.

use super::lanes::{Lane, count};
use super::{Done, Operands};
use super::{File::*, Instruction, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.vunzip.16", "11 qs1[2:1] 1100 qs1[0] qs0[2:0] 001110000100", [Q.inout("qs0"), Q.inout("qs1")], unzip::<u16>).pie(),
        row("ee.vunzip.32", "11 qs1[2:1] 1100 qs1[0] qs0[2:0] 001110010100", [Q.inout("qs0"), Q.inout("qs1")], unzip::<u32>).pie(),
        row("ee.vunzip.8", "11 qs1[2:1] 1100 qs1[0] qs0[2:0] 001110100100", [Q.inout("qs0"), Q.inout("qs1")], unzip::<u8>).pie(),
        row("ee.vzip.16", "11 qs1[2:1] 1100 qs1[0] qs0[2:0] 001110110100", [Q.inout("qs0"), Q.inout("qs1")], zip::<u16>).pie(),
        row("ee.vzip.32", "11 qs1[2:1] 1100 qs1[0] qs0[2:0] 001111000100", [Q.inout("qs0"), Q.inout("qs1")], zip::<u32>).pie(),
        row("ee.vzip.8", "11 qs1[2:1] 1100 qs1[0] qs0[2:0] 001111010100", [Q.inout("qs0"), Q.inout("qs1")], zip::<u8>).pie(),
    ]
}

/// Lane `i` of `low` followed by `high`.
fn lane<T: Lane>(low: u128, high: u128, i: usize) -> u128 {
    let n = count::<T>();
    let value: i64 = if i < n {
        T::get(low, i)
    } else {
        T::get(high, i - n)
    }
    .into();
    value as u128
}

/// Lanes `0, n, 1, n + 1, ...` of the pair, where `n` is the lanes of one.
fn zip<T: Lane>(c: &mut Core, o: &Operands) -> Done {
    permute::<T>(c, o, |i, n| i / 2 + i % 2 * n)
}

/// Lanes `0, 2, 4, ...` then `1, 3, 5, ...` of the pair.
fn unzip<T: Lane>(c: &mut Core, o: &Operands) -> Done {
    permute::<T>(c, o, |i, n| i % n * 2 + i / n)
}

/// Makes lane `i` of the pair its former lane `source(i, n)`.
fn permute<T: Lane>(c: &mut Core, o: &Operands, source: fn(usize, usize) -> usize) -> Done {
    let (low, high, n) = (c.q(o[0]), c.q(o[1]), count::<T>());
    let gather = |first: usize| {
        (0..n).fold(0, |v, i| {
            v | lane::<T>(low, high, source(first + i, n)) << (i as u32 * T::BITS)
        })
    };
    c.set_q(o[0], gather(0));
    c.put_q(o[1], gather(n))
}
