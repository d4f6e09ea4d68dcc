//! Window spills against a model with infinite registers.

use lx7::asm::{A, Builder, Program};
use lx7::sim::Simulator;
use proptest::prelude::*;

const CODE: u32 = 0x4037_8000;

/// Handlers as the instruction set manual describes them, at their offsets.
const VECTORS: &str = "
of4:    s32e a0, a5, -16
        s32e a1, a5, -12
        s32e a2, a5, -8
        s32e a3, a5, -4
        rfwo
        .space 0x40 - 15
uf4:    l32e a0, a5, -16
        l32e a1, a5, -12
        l32e a2, a5, -8
        l32e a3, a5, -4
        rfwu
        .space 0x40 - 15
of8:    s32e a0, a9, -16
        l32e a0, a1, -12
        s32e a1, a9, -12
        s32e a2, a9, -8
        s32e a3, a9, -4
        s32e a4, a0, -32
        s32e a5, a0, -28
        s32e a6, a0, -24
        s32e a7, a0, -20
        rfwo
        .space 0x40 - 30
uf8:    l32e a0, a9, -16
        l32e a1, a9, -12
        l32e a2, a9, -8
        l32e a7, a1, -12
        l32e a3, a9, -4
        l32e a4, a7, -32
        l32e a5, a7, -28
        l32e a6, a7, -24
        l32e a7, a7, -20
        rfwu
        .space 0x40 - 30
of12:   s32e a0, a13, -16
        l32e a0, a1, -12
        s32e a1, a13, -12
        s32e a2, a13, -8
        s32e a3, a13, -4
        s32e a4, a0, -48
        s32e a5, a0, -44
        s32e a6, a0, -40
        s32e a7, a0, -36
        s32e a8, a0, -32
        s32e a9, a0, -28
        s32e a10, a0, -24
        s32e a11, a0, -20
        rfwo
        .space 0x40 - 42
uf12:   l32e a0, a13, -16
        l32e a1, a13, -12
        l32e a2, a13, -8
        l32e a11, a1, -12
        l32e a3, a13, -4
        l32e a4, a11, -48
        l32e a5, a11, -44
        l32e a6, a11, -40
        l32e a7, a11, -36
        l32e a8, a11, -32
        l32e a9, a11, -28
        l32e a10, a11, -24
        l32e a11, a11, -20
        rfwu
";

/// One function of the chain: how it calls the next (1-3 quads), how often.
#[derive(Debug, Clone, Copy)]
struct Function {
    quads: u8,
    calls: u8,
}

fn keeps(f: Function) -> u8 {
    4 * f.quads - 3
}

/// Each function fills the registers that survive its calls, calls the next
/// function with its argument plus 1, and adds up registers and results.
fn program(functions: &[Function]) -> Program {
    let mut b = Builder::new();
    let labels: Vec<_> = (0..=functions.len())
        .map(|i| b.named_label(format!("f{i}")))
        .collect();
    for (i, f) in functions.iter().enumerate() {
        b.align(4);
        b.bind(labels[i]);
        b.op("entry", (A(1), 64));
        for r in 3..=keeps(*f) + 1 {
            b.op("addi", (A(r), A(2), i32::from(r) * 5 - i as i32));
        }
        let argument = A(4 * f.quads + 2);
        for call in 0..f.calls {
            b.op("addi", (argument, A(2), i32::from(call) + 1));
            b.op(&format!("call{}", 4 * f.quads), (labels[i + 1],));
            b.op("add", (A(3), A(3), argument));
        }
        for r in 3..=keeps(*f) + 1 {
            b.op("slli", (A(2), A(2), 1));
            b.op("add", (A(2), A(2), A(r)));
        }
        b.op("retw", ());
    }
    b.align(4);
    b.bind(labels[functions.len()]);
    b.op("entry", (A(1), 32));
    b.op("addi", (A(2), A(2), 100));
    b.op("retw.n", ());
    b.finish(CODE).unwrap()
}

fn model(functions: &[Function], i: usize, argument: u32) -> u32 {
    let Some(f) = functions.get(i) else {
        return argument.wrapping_add(100);
    };
    let mut registers: Vec<u32> = (3..=keeps(*f) + 1)
        .map(|r| argument.wrapping_add((i32::from(r) * 5 - i as i32) as u32))
        .collect();
    for call in 0..f.calls {
        let result = model(functions, i + 1, argument.wrapping_add(u32::from(call) + 1));
        if let Some(first) = registers.first_mut() {
            *first = first.wrapping_add(result);
        }
    }
    registers
        .iter()
        .fold(argument, |sum, r| (sum << 1).wrapping_add(*r))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn deep_calls_keep_their_registers(
        chain in proptest::collection::vec((2u8..4, 1u8..2), 1..40),
        twice in proptest::collection::btree_set(0usize..40, 0..4),
        argument in 0u32..1000,
    ) {
        let functions: Vec<Function> = chain
            .iter()
            .enumerate()
            .map(|(i, (quads, calls))| Function { quads: *quads, calls: calls + u8::from(twice.contains(&i)) })
            .collect();
        let program = program(&functions);
        let expected = model(&functions, 0, argument);

        let mut sim = Simulator::default();
        sim.load_program(&program).unwrap();
        let built_in = sim.call("f0", &[argument]).unwrap();
        prop_assert_eq!(built_in.value(), expected);

        // The same with the program's own handlers.
        let vectors = lx7::asm::assemble(VECTORS, 0x4037_C000).unwrap();
        let start = "start: entry a1, 32\n l32r a4, base\n wsr.vecbase a4\n rsync\n mov.n a10, a2\n call8 0x40378000\n mov.n a2, a10\n retw.n";
        let start = lx7::asm::assemble(&format!(".literal base, 0x4037c000\n{start}"), 0x4037_B000).unwrap();
        sim.load_program(&vectors).unwrap();
        sim.load_program(&start).unwrap();
        let own = sim.call("start", &[argument]).unwrap();
        prop_assert_eq!(own.value(), expected);
    }
}
