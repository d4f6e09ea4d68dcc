//! What stops a run, and what it says.

use lx7::asm;
use lx7::core::Cause;
use lx7::sim::{Fault, FaultKind, LoadError, Outcome, Settings, Simulator};
use proptest::prelude::*;

const CODE: u32 = 0x4037_8000;
const DATA: u32 = 0x3FCA_0000;

fn run(source: &str, arguments: &[u32]) -> Result<lx7::sim::CallResult, Box<Fault>> {
    let mut sim = Simulator::new(Settings {
        max_instructions: 100_000,
        ..Settings::default()
    });
    sim.load_program(&asm::assemble(source, CODE).unwrap())
        .unwrap();
    sim.memory_mut().write(DATA, &[7; 64]).unwrap();
    sim.call("main", arguments)
}

fn cause(source: &str, arguments: &[u32]) -> Cause {
    match run(source, arguments).unwrap_err().kind {
        FaultKind::Trap(trap) => trap.cause,
        other => panic!("{other}"),
    }
}

#[test]
fn strict_mode_stops_at_each_mistake() {
    let one = |body: &str| format!("main: entry a1, 32\n {body}\n retw");
    assert_eq!(
        cause(&one("ee.vld.128.ip q0, a2, 16"), &[DATA + 4]),
        Cause::MisalignedVector
    );
    assert_eq!(
        cause(&one("l32i a3, a2, 0"), &[0x1000_0000]),
        Cause::LoadProhibited
    );
    assert_eq!(
        cause(&one("s32i a3, a2, 0"), &[0x3FD0_0000]),
        Cause::StoreProhibited
    );
    assert_eq!(
        cause(&one("l32i a3, a2, 0"), &[DATA + 64]),
        Cause::Uninitialised
    );
    assert_eq!(
        cause(&one("s32i a3, a2, 0"), &[CODE + 0x6F_0000 + 0x4_0000]).exception_number(),
        Some(29)
    );
    assert_eq!(
        cause(&one("s32i a3, a2, 0"), &[0x3FC8_8000]),
        Cause::CodeWrite
    );
    assert_eq!(
        cause(&one("s32i a3, a2, 0"), &[0x3C00_0000]),
        Cause::StoreProhibited
    );
    assert_eq!(cause(&one("quos a2, a2, a3"), &[1, 0]), Cause::DivideByZero);
    assert_eq!(cause(&one("jx a2"), &[0x3FCA_0000]), Cause::FetchProhibited);
    assert_eq!(cause(&one("ill"), &[]), Cause::IllegalInstruction);
    assert_eq!(
        cause(&one(".word 0xffffffff"), &[]),
        Cause::IllegalInstruction
    );
    assert_eq!(cause(&one("waiti 0"), &[]), Cause::WaitsForever);
    assert_eq!(
        cause("main: entry a1, 256\n call8 main\n retw", &[]),
        Cause::StackOverflow
    );
    // Made for unaligned streams, these drop the low bits on purpose.
    assert!(run(&one("ee.ld.128.usar.ip q0, a2, 16"), &[DATA + 4]).is_ok());
}

#[test]
fn a_report_shows_place_code_registers_and_calls() {
    let source = "main: entry a1, 32\n mov a10, a2\n call8 inner\n retw\n.align 4\ninner: entry a1, 32\n addi a2, a2, 4\n ee.vld.128.ip q0, a2, 16\n retw";
    let fault = run(source, &[DATA]).unwrap_err();
    assert_eq!(fault.location, "inner+0x6");
    assert_eq!(fault.registers[2], DATA + 4);
    let names: Vec<&str> = fault.frames.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["inner+0x6", "main+0x6"]);
    let report = fault.to_string();
    for part in [
        "vector access of 16 bytes at 0x3fca0004",
        "=> 40378012  ee.vld.128.ip q0, a2, 16",
        "a2 3fca0004",
        "1: 0x40378006 main+0x6",
    ] {
        assert!(report.contains(part), "{part} is missing in\n{report}");
    }
}

#[test]
fn an_endless_loop_ends_with_the_budget() {
    let fault = run("main: entry a1, 32\n1: j 1b", &[]).unwrap_err();
    assert_eq!(fault.kind, FaultKind::InstructionBudget);
    let mut sim = Simulator::new(Settings {
        max_cycles: 5_000,
        ..Settings::default()
    });
    sim.load_program(
        &asm::assemble(
            "main: entry a1, 32\n movi a2, 0\n loop a2, 1f\n nop\n1: retw",
            CODE,
        )
        .unwrap(),
    )
    .unwrap();
    let fault = sim.call("main", &[]).unwrap_err();
    assert_eq!(fault.kind, FaultKind::CycleBudget);
    assert!(fault.cycles < 5_100);
}

#[test]
fn programs_talk_to_the_host() {
    let source = "main: entry a1, 32\n movi a2, 4\n movi a3, 1\n l32r a4, text\n movi a5, 6\n simcall\n mov a6, a2\n movi a2, 13\n simcall\n mov a7, a2\n movi a2, 1\n addi a3, a6, 1\n simcall";
    let source = format!(".literal text, 0x3fca0100\n{source}");
    let mut sim = Simulator::default();
    sim.load_program(&asm::assemble(&source, CODE).unwrap())
        .unwrap();
    sim.memory_mut().write(DATA + 0x100, b"hello\n").unwrap();
    let result = sim.call("main", &[]).unwrap();
    assert_eq!(result.outcome, Outcome::Exited(7));
    assert_eq!(sim.host().output, b"hello\n");
    assert!(sim.core().a(7) > 5, "cycles so far");
}

#[test]
fn equal_calls_take_equal_cycles_and_snapshots_restore() {
    let source = "main: entry a1, 64\n l32i a3, a2, 0\n addi a3, a3, 1\n s32i a3, a2, 0\n s32i a3, a1, 0\n mov a2, a3\n retw";
    let mut sim = Simulator::default();
    sim.load_program(&asm::assemble(source, CODE).unwrap())
        .unwrap();
    sim.memory_mut().write(DATA, &5u32.to_le_bytes()).unwrap();
    sim.paint_stack();
    let snapshot = sim.snapshot();
    let first = sim.call("main", &[DATA]).unwrap();
    assert_eq!(first.value(), 6);
    // The frame of 64 bytes plus the one that the call pretends to come from.
    assert_eq!((sim.stack_high_water(), sim.stack_reserved()), (128, 128));
    assert_eq!(sim.call("main", &[DATA]).unwrap().value(), 7);
    sim.restore(&snapshot);
    let again = sim.call("main", &[DATA]).unwrap();
    assert_eq!(again, first);
}

#[test]
fn arguments_beyond_six_go_to_the_stack() {
    let source = "main: entry a1, 32\n l32i a8, a1, 32\n l32i a9, a1, 36\n add a2, a8, a9\n add a2, a2, a7\n retw";
    assert_eq!(
        run(source, &[0, 0, 0, 0, 0, 1, 20, 300]).unwrap().value(),
        321
    );
}

/// A small executable: one code segment at `CODE` with the symbol `main`.
fn elf() -> Vec<u8> {
    let code = asm::assemble(
        "main: entry a1, 32\n movi a2, 1\n movi a3, 42\n simcall",
        CODE,
    )
    .unwrap()
    .bytes;
    let half = |v: u16| v.to_le_bytes().to_vec();
    let word = |v: u32| v.to_le_bytes().to_vec();
    let mut file = [b"\x7fELF\x01\x01\x01".as_slice(), &[0; 9]].concat();
    file.extend(
        [
            half(2),
            half(94),
            word(1),
            word(CODE),
            word(52),
            word(0),
            word(0),
        ]
        .concat(),
    );
    file.extend([half(52), half(32), half(1), half(40), half(0), half(0)].concat());
    let size = code.len() as u32;
    file.extend(
        [
            word(1),
            word(84),
            word(CODE),
            word(CODE),
            word(size),
            word(size + 8),
            word(5),
            word(4),
        ]
        .concat(),
    );
    file.extend(code);
    file
}

#[test]
fn elf_files_run_and_damage_is_named() {
    let mut sim = Simulator::default();
    let entry = sim.load_elf(&elf()).unwrap();
    assert_eq!(sim.run_program(entry).unwrap().outcome, Outcome::Exited(42));
    let file = elf();
    assert!(matches!(
        sim.load_elf(&file[..40]),
        Err(LoadError::Format(_))
    ));
    assert_eq!(
        sim.load_elf(&file[..90]),
        Err(LoadError::Truncated {
            index: 0,
            address: CODE
        })
    );
    let mut other = file.clone();
    other[18] = 40;
    assert_eq!(sim.load_elf(&other), Err(LoadError::Machine(40)));
    let mut far = file;
    far[60..64].copy_from_slice(&0x1000_0000u32.to_le_bytes());
    assert!(matches!(
        sim.load_elf(&far),
        Err(LoadError::Place {
            address: 0x1000_0000,
            ..
        })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// No damage to a file, and no random code, makes the host panic or hang.
    #[test]
    fn damaged_files_do_no_harm(changes in proptest::collection::vec((0usize..110, any::<u8>()), 1..6), cut in 0usize..110) {
        let mut file = elf();
        for (place, value) in changes {
            let place = place % file.len();
            file[place] = value;
        }
        file.truncate(cut.max(60));
        let mut sim = Simulator::new(Settings { max_instructions: 1000, ..Settings::default() });
        if let Ok(entry) = sim.load_elf(&file) {
            let _ = sim.run_program(entry);
        }
    }

    #[test]
    fn random_code_does_no_harm(code in proptest::collection::vec(any::<u8>(), 4..200), strict: bool) {
        let mut settings = Settings { max_instructions: 2000, ..Settings::default() };
        settings.memory.strict = strict;
        let mut sim = Simulator::new(settings);
        sim.load_blob(CODE, &code).unwrap();
        if let Err(fault) = sim.call_at(CODE, &[DATA, 1, 2]) {
            prop_assert!(!fault.to_string().is_empty());
        }
    }
}

#[test]
fn memory_knows_what_nothing_has_written() {
    let mut sim = Simulator::default();
    let memory = sim.memory_mut();
    assert_eq!(memory.first_unwritten(DATA, 1), Some(DATA));
    memory.write(DATA, &[7; 20]).unwrap();
    assert_eq!(memory.first_unwritten(DATA, 20), None);
    assert_eq!(memory.first_unwritten(DATA + 4, 32), Some(DATA + 20));
    memory.forget(DATA + 8, 4);
    assert_eq!(memory.first_unwritten(DATA, 20), Some(DATA + 8));
    // Where there is no memory, nothing is written.
    assert_eq!(memory.first_unwritten(0, 4), Some(0));
}
