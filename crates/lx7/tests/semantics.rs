//! A selection of the single-instruction vectors, through the public interface.

use lx7::core::{Core, Memory, MemorySettings};
use lx7::{asm, isa};
use serde_json::Value;

fn bytes(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}

fn number(value: &Value) -> u64 {
    value.as_str().map_or_else(
        || value.as_u64().unwrap(),
        |t| u64::from_str_radix(&t[2..], 16).unwrap(),
    )
}

fn set(core: &mut Core, name: &str, value: &Value) {
    let text = value.as_str().unwrap_or("");
    match name {
        "qacc_l" => core.set_qacc_bytes(0, &bytes(text).try_into().unwrap()),
        "qacc_h" => core.set_qacc_bytes(1, &bytes(text).try_into().unwrap()),
        "ua_state" => core.ua_state = u128::from_le_bytes(bytes(text).try_into().unwrap()),
        "accx" => core.accx = number(value),
        "sar" => core.sar = number(value) as u32,
        "sar_byte" => core.sar_byte = number(value) as u32,
        "fft_bit_width" => core.fft_bit_width = number(value) as u32,
        "mem" => core
            .memory
            .write(
                number(&value["base"]) as u32,
                &bytes(value["bytes"].as_str().unwrap()),
            )
            .unwrap(),
        _ => {
            let index: usize = name[1..].parse().unwrap();
            match &name[..1] {
                "q" => core.set_vector(index, u128::from_le_bytes(bytes(text).try_into().unwrap())),
                "a" => core.set_a(index as i32, number(value) as u32),
                _ => core.f[index] = number(value) as u32,
            }
        }
    }
}

#[test]
fn vectors_hold() {
    let settings = MemorySettings {
        strict: false,
        flash_size: 0,
        ..MemorySettings::default()
    };
    let memory = Memory::new(&settings);
    for line in include_str!("data/semantics.jsonl").lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let mut got = Core::new(memory.clone());
        for (name, value) in row["before"].as_object().unwrap() {
            set(&mut got, name, value);
        }
        let mut expected = got.clone();
        for (name, value) in row["after"].as_object().unwrap() {
            set(&mut expected, name, value);
        }
        let code = asm::assemble_instruction(row["asm"].as_str().unwrap(), 0).unwrap();
        let instance = isa::decode(&code, 0).unwrap();
        (instance.instruction.execute)(&mut got, &instance.operands).unwrap();
        let all = |core: &Core| {
            let memory = core.memory.read(0x3FC9_0000, 0x4000).unwrap().to_vec();
            let a: Vec<u32> = (0..16).map(|i| core.a(i)).collect();
            let q: Vec<u128> = (0..8).map(|i| core.vector(i)).collect();
            let rest = (
                core.f,
                core.qacc,
                core.accx,
                core.ua_state,
                core.sar,
                core.sar_byte,
                core.fft_bit_width,
            );
            (a, q, rest, memory)
        };
        assert!(all(&got) == all(&expected), "{line}");
    }
}
