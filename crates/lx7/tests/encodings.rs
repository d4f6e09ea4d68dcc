//! Assembler and disassembler against the GNU assembler and against each other.

use lx7::{asm, disasm, isa};
use proptest::prelude::*;

#[test]
fn rows_of_the_gnu_assembler_hold() {
    for row in include_str!("data/encodings.tsv")
        .lines()
        .filter(|l| !l.starts_with('#'))
    {
        let columns: Vec<&str> = row.split('\t').collect();
        let address = columns.get(2).map_or(0x1000, |a| {
            u32::from_str_radix(a.trim_start_matches("0x"), 16).unwrap()
        });
        let bytes = asm::assemble_instruction(columns[0], address).unwrap();
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, columns[1], "{row}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Random operand bits of a random instruction: what decodes must come back
    /// from its text as the same bytes.
    #[test]
    fn text_round_trips(index in 0..isa::instructions().len(), bits: u32, address in 0x4037_8000u32..0x4037_9000) {
        let row = &isa::instructions()[index];
        let word = row.encoding.value | bits & !row.encoding.mask;
        let bytes = &word.to_le_bytes()[..row.length() as usize];
        if let Some(instance) = isa::decode(bytes, address) {
            let text = disasm::text(&instance, address);
            prop_assert_eq!(asm::assemble_instruction(&text, address).unwrap(), bytes, "{}", text);
        }
    }

    /// Any bytes disassemble to lines that cover them all.
    #[test]
    fn disassembly_covers_everything(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let lines = disasm::disassemble(&bytes, 0x4037_8000);
        let joined: Vec<u8> = lines.iter().flat_map(|l| l.bytes.clone()).collect();
        prop_assert_eq!(joined, bytes);
    }

    /// Random programs: assemble, disassemble, assemble again.
    #[test]
    fn programs_round_trip(picks in proptest::collection::vec((0..isa::instructions().len(), any::<u32>()), 1..40)) {
        let mut bytes = Vec::new();
        for (index, bits) in picks {
            let row = &isa::instructions()[index];
            let word = row.encoding.value | bits & !row.encoding.mask;
            let candidate = &word.to_le_bytes()[..row.length() as usize];
            if isa::decode(candidate, 0x4037_8000 + bytes.len() as u32).is_some() {
                bytes.extend(candidate);
            }
        }
        let lines = disasm::disassemble(&bytes, 0x4037_8000);
        let source: Vec<String> = lines.iter().map(|l| l.text.clone()).collect();
        match asm::assemble(&source.join("\n"), 0x4037_8000) {
            Ok(program) => prop_assert_eq!(program.bytes, bytes),
            // Random loops can break the rules for loop bodies.
            Err(error) => prop_assert!(error.message.contains("loop"), "{}", error),
        }
    }

    /// No text makes the assembler panic.
    #[test]
    fn the_assembler_survives_any_text(text in "[ -~\n\t]{0,200}") {
        let _ = asm::assemble(&text, 0x4037_8000);
    }
}

#[test]
fn errors_name_line_operand_and_range() {
    let error = |source: &str| asm::assemble(source, 0x4037_8000).unwrap_err().to_string();
    assert_eq!(
        error("nop\nfoo a1"),
        "line 2: `foo` is no instruction of this core"
    );
    assert_eq!(
        error("addi a1, a2, 200"),
        "line 1: operand 3 (`imm`) of `addi` cannot be 200; allowed: -128 to 127"
    );
    assert_eq!(
        error("ee.vzip.8 q1, q1"),
        "line 1: `ee.vzip.8` writes q1 twice (operands `qs0` and `qs1`); use two registers"
    );
    assert_eq!(
        error("l32i q1, a2, 0"),
        "line 1: operand 1 (`at`) of `l32i` must be a register a0-a15"
    );
    assert_eq!(
        error("ee.vld.128.ip q0, a2, 8"),
        "line 1: operand 3 (`imm`) of `ee.vld.128.ip` cannot be 8; allowed: -2048 to 2032 in steps of 16"
    );
    assert_eq!(
        error("j nowhere"),
        "line 1: label nowhere is used but not defined"
    );
    let body = format!("loop a2, end\n{}end:", "nop\n".repeat(86));
    assert!(
        error(&body).contains("258 bytes; hardware loops take at most 256"),
        "{}",
        error(&body)
    );
    assert!(
        error("loop a2, 1f\ncall0 2f\n1:\n.align 4\n2: ret")
            .contains("must not be the last instruction")
    );
}

#[test]
fn local_labels_alignment_and_data() {
    let source =
        "1: j 1f\n j 1b\n .align 4\n1: .word 1b - 2, after\n.short 0x1234\n.byte -1\nafter: ret.n";
    let program = asm::assemble(source, 0x4037_8000).unwrap();
    let hex: String = program.bytes.iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(hex, "06010046feff3df006803740138037403412ff0df0");
}
