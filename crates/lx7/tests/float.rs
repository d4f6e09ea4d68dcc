//! Division and square root as software composes them, and the rounding modes.

use lx7::{asm, sim::Simulator};
use proptest::prelude::*;

/// The sequences of the compiler's run-time library.
const SOURCE: &str = "
divide: entry   a1, 16
        wfr     f1, a2
        wfr     f2, a3
        div0.s  f3, f2
        nexp01.s f4, f2
        const.s f5, 1
        maddn.s f5, f4, f3
        mov.s   f6, f3
        mov.s   f7, f2
        nexp01.s f2, f1
        maddn.s f6, f5, f6
        const.s f5, 1
        const.s f0, 0
        neg.s   f8, f2
        maddn.s f5, f4, f6
        maddn.s f0, f8, f3
        mkdadj.s f7, f1
        maddn.s f6, f5, f6
        maddn.s f8, f4, f0
        const.s f3, 1
        maddn.s f3, f4, f6
        maddn.s f0, f8, f6
        neg.s   f2, f2
        maddn.s f6, f3, f6
        maddn.s f2, f4, f0
        addexpm.s f0, f7
        addexp.s f6, f7
        divn.s  f0, f2, f6
        rfr     a2, f0
        retw
        .align  4
root:   entry   a1, 16
        wfr     f1, a2
        sqrt0.s f2, f1
        const.s f3, 0
        maddn.s f3, f2, f2
        nexp01.s f4, f1
        const.s f0, 3
        addexp.s f4, f0
        maddn.s f0, f3, f4
        nexp01.s f3, f1
        neg.s   f5, f3
        maddn.s f2, f0, f2
        const.s f0, 0
        const.s f6, 0
        const.s f7, 0
        maddn.s f0, f5, f2
        maddn.s f6, f2, f4
        const.s f4, 3
        maddn.s f7, f4, f2
        maddn.s f3, f0, f0
        maddn.s f4, f6, f2
        neg.s   f2, f7
        maddn.s f0, f3, f2
        maddn.s f7, f4, f7
        mksadj.s f2, f1
        nexp01.s f1, f1
        maddn.s f1, f0, f0
        neg.s   f3, f7
        addexpm.s f0, f2
        addexp.s f3, f2
        divn.s  f0, f1, f3
        rfr     a2, f0
        retw
";

fn simulator() -> Simulator {
    let mut sim = Simulator::default();
    sim.load_program(&asm::assemble(SOURCE, 0x4037_8000).unwrap())
        .unwrap();
    sim
}

fn same(got: u32, expected: f32) -> bool {
    got == expected.to_bits() || f32::from_bits(got).is_nan() && expected.is_nan()
}

fn edges() -> Vec<u32> {
    let magnitudes = [
        0,
        1,
        2,
        0x40_0000,
        0x7F_FFFF,
        0x80_0000,
        0x80_0001,
        0x3F7F_FFFF,
        0x3F80_0000,
        0x3F80_0001,
        0x3FFF_FFFF,
        0x4000_0000,
        0x4040_0000,
        0x40FF_FFFF,
        0x7F00_0000,
        0x7F7F_FFFF,
        0x7F80_0000,
        0x7FC0_0000,
    ];
    magnitudes
        .iter()
        .flat_map(|m| [*m, m | 0x8000_0000])
        .collect()
}

#[test]
fn edges_divide_and_take_roots_like_the_host() {
    let mut sim = simulator();
    for a in edges() {
        let x = f32::from_bits(a);
        let root = sim.call("root", &[a]).unwrap().value();
        assert!(
            same(root, x.sqrt()),
            "sqrt({x:e}) = {root:08x}, not {:08x}",
            x.sqrt().to_bits()
        );
        for b in edges() {
            let y = f32::from_bits(b);
            let quotient = sim.call("divide", &[a, b]).unwrap().value();
            assert!(
                same(quotient, x / y),
                "{x:e} / {y:e} = {quotient:08x}, not {:08x}",
                (x / y).to_bits()
            );
        }
    }
}

proptest! {
    #[test]
    fn quotients_and_roots_are_correctly_rounded(pairs in proptest::collection::vec(any::<(u32, u32)>(), 20)) {
        let mut sim = simulator();
        for (a, b) in pairs {
            let [x, y] = [a, b].map(f32::from_bits);
            let quotient = sim.call("divide", &[a, b]).unwrap().value();
            prop_assert!(same(quotient, x / y), "{x:e} / {y:e} = {quotient:08x}, not {:08x}", (x / y).to_bits());
            let root = sim.call("root", &[a]).unwrap().value();
            prop_assert!(same(root, x.sqrt()), "sqrt({x:e}) = {root:08x}, not {:08x}", x.sqrt().to_bits());
        }
    }
}
