//! Window spills against a model with infinite registers.

use lx7::asm::{A, Builder, Program};
use lx7::core::{Cause, MemorySettings};
use lx7::sim::{Fault, FaultKind, Settings, Simulator};
use proptest::prelude::*;

const CODE: u32 = 0x4037_8000;

/// Where there is no memory.
const NOWHERE: u32 = 0x3FD0_1000;

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
        load_handlers(&mut sim);
        let own = sim.call("start", &[argument]).unwrap();
        prop_assert_eq!(own.value(), expected);
    }
}

/// Loads handlers, and a function that uses them for a call of the code's first function.
fn load_handlers(sim: &mut Simulator) {
    let vectors = lx7::asm::assemble(VECTORS, 0x4037_C000).unwrap();
    let start = "start: entry a1, 32\n l32r a4, base\n wsr.vecbase a4\n rsync\n mov.n a10, a2\n call8 0x40378000\n mov.n a2, a10\n retw.n";
    let start = format!(".literal base, 0x4037c000\n{start}");
    let start = lx7::asm::assemble(&start, 0x4037_B000).unwrap();
    sim.load_program(&vectors).unwrap();
    sim.load_program(&start).unwrap();
}

/// Twenty functions that call each other with `call8`; the fourth does something before its call and something behind it. `there`
/// is a literal.
fn chain(before: &str, behind: &str, there: u32) -> Program {
    let mut source = String::new();
    for i in 0..20 {
        let (before, behind) = if i == 3 { (before, behind) } else { ("", "") };
        let next = i + 1;
        source +=
            &format!(".align 4\ng{i}: entry a1, 32\n {before}\n call8 g{next}\n {behind}\n retw\n");
        // Literals lie before the instructions that load them, and the first function at the start.
        source += &match i {
            0 => format!(".literal there, {there}\n"),
            _ => String::new(),
        };
    }
    source += ".align 4\ng20: entry a1, 32\n retw\n";
    lx7::asm::assemble(&source, CODE).unwrap()
}

/// The faults of a program whose windows the simulator moves, and of the same one with handlers of its own.
fn faults(program: &Program) -> [Box<Fault>; 2] {
    let mut sim = Simulator::default();
    sim.load_program(program).unwrap();
    let built_in = sim.call("g0", &[]).unwrap_err();
    load_handlers(&mut sim);
    [built_in, sim.call("start", &[]).unwrap_err()]
}

fn cause(fault: &Fault) -> Cause {
    match &fault.kind {
        FaultKind::Trap(trap) => trap.cause,
        other => panic!("{other}"),
    }
}

#[test]
fn a_spill_that_faults_names_the_frame_and_its_base_save_area() {
    let program = chain("l32r a3, there\n mov a1, a3", "", NOWHERE);
    for (fault, place) in faults(&program).iter().zip(["g", "of8"]) {
        // The instruction that is stopped has done nothing wrong.
        assert_eq!(cause(fault), Cause::StoreProhibited);
        assert!(fault.location.starts_with(place), "{fault}");
        assert!(!fault.location.starts_with("g3"), "{fault}");
        let window = fault.window.as_ref().expect("a window was to be moved");
        assert!(window.spill && window.registers == 8, "{fault}");
        assert!(window.frame.name.starts_with("g2+"), "{fault}");
        assert!(window.callee.name.starts_with("g3+"), "{fault}");
        assert_eq!(window.base_save_area, NOWHERE - 16);
        let stack_pointer = window.stack_pointer.expect("it is in a register");
        assert!((0x3FCE_8000..0x3FCF_0000).contains(&stack_pointer));
        let report = fault.to_string();
        for part in [
            "window overflow: registers were to be freed by a spill of a0-a7 of g2+",
            &format!("whose stack pointer is {stack_pointer:#010x}"),
            "the base-save area of a0-a3 is 0x3fd00ff0, below the stack pointer 0x3fd01000 of g3+",
        ] {
            assert!(report.contains(part), "{part} is missing in\n{report}");
        }
    }
}

#[test]
fn the_call_stack_of_a_spill_misses_no_function() {
    let program = chain("l32r a3, there\n mov a1, a3", "", NOWHERE);
    for (fault, handlers) in faults(&program).iter().zip([0, 1]) {
        let names = fault.frames[handlers..].iter().map(|frame| &frame.name);
        let mut names = names.map(|name| name.split('+').next().expect("a name"));
        let innermost: usize = names.next().expect("a function")[1..].parse().unwrap();
        assert!(innermost > 3, "{fault}");
        for function in (0..innermost).rev() {
            assert_eq!(names.next(), Some(&*format!("g{function}")), "{fault}");
        }
    }
}

#[test]
fn a_saved_stack_pointer_that_was_overwritten_is_found() {
    // Over the stack pointer of g2, once that is on the stack: where g3's other four registers are to go.
    let program = chain(
        "call8 g10\n l32r a3, there\n addi a4, a1, -12\n s32i a3, a4, 0",
        "",
        NOWHERE,
    );
    for fault in faults(&program) {
        assert_eq!(cause(&fault), Cause::StoreProhibited);
        let window = fault.window.as_ref().expect("a window was to be moved");
        assert!(window.spill, "{fault}");
        assert!(window.frame.name.starts_with("g3+"), "{fault}");
        assert!(window.callee.name.starts_with("g4+"), "{fault}");
        let report = fault.to_string();
        let part = "a4-a7 lie below the stack pointer of its caller, which is saved below its own";
        assert!(report.contains(part), "{report}");
    }
}

#[test]
fn a_frame_that_cannot_come_back_is_named() {
    for (there, expected) in [
        (NOWHERE, Cause::LoadProhibited),
        (0x3FCA_0000, Cause::Uninitialised),
    ] {
        let program = chain("", "l32r a3, there\n mov a1, a3", there);
        for (fault, place) in faults(&program).iter().zip(["g3+", "uf8"]) {
            assert_eq!(cause(fault), expected);
            assert!(fault.location.starts_with(place), "{fault}");
            let window = fault.window.as_ref().expect("a window was to be moved");
            assert!(!window.spill, "{fault}");
            assert!(window.frame.name.starts_with("g2+"), "{fault}");
            assert!(window.callee.name.starts_with("g3+"), "{fault}");
            assert_eq!(window.base_save_area, there - 16);
        }
    }
}

#[test]
fn an_exhausted_stack_is_seen_where_it_ends() {
    // Without strict checks a stack may run out of its memory.
    let mut sim = Simulator::new(Settings {
        memory: MemorySettings {
            strict: false,
            ..MemorySettings::default()
        },
        ..Settings::default()
    });
    let source = "main: entry a1, 4096\n call8 main\n retw";
    sim.load_program(&lx7::asm::assemble(source, CODE + 0x1_0000).unwrap())
        .unwrap();
    let fault = sim.call("main", &[]).unwrap_err();
    assert_eq!(cause(&fault), Cause::StoreProhibited);
    let window = fault.window.as_ref().expect("a window was to be moved");
    assert!(
        window.spill && window.base_save_area < 0x3FC8_8000,
        "{fault}"
    );
    assert!(window.frame.name.starts_with("main"), "{fault}");
}

#[test]
fn other_faults_are_about_no_window() {
    let fault = faults(&chain("l32r a3, there\n l32i a3, a3, 0", "", NOWHERE));
    for fault in fault {
        assert_eq!(
            (cause(&fault), &fault.window),
            (Cause::LoadProhibited, &None)
        );
    }
}
