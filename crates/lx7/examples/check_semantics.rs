//! Checks the execution of single instructions against vectors of state before
//! and after, one JSON object a line.
//!
//! Every register that a row lists under `after` must have that value, and
//! everything else must keep its own. Rows marked `uncertain` are counted apart
//! and never fail. Prints `N of N vectors` last; the exit code is 0 only if all
//! certain rows hold.
//!
//! ```text
//! cargo run --release -p lx7 --example check_semantics -- FILE.jsonl...
//! ```

use lx7::core::{Core, Memory, MemorySettings};
use lx7::{asm, isa};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::ExitCode;

const PC: u32 = 0x4037_8000;

fn bytes(text: &str) -> Option<Vec<u8>> {
    let pairs = (0..text.len()).step_by(2).map(|i| {
        text.get(i..i + 2)
            .and_then(|p| u8::from_str_radix(p, 16).ok())
    });
    pairs.collect()
}

fn number(value: &Value) -> Option<u64> {
    match value.as_str() {
        Some(text) => u64::from_str_radix(text.strip_prefix("0x")?, 16).ok(),
        None => value.as_u64(),
    }
}

/// All state that a row can name, as text, memory window included.
fn state(core: &Core, window: Option<(u32, usize)>) -> BTreeMap<String, String> {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let mut state = BTreeMap::new();
    for i in 0..16 {
        state.insert(format!("a{i}"), format!("{:#010x}", core.a(i)));
        state.insert(format!("f{i}"), format!("{:#010x}", core.f[i as usize]));
    }
    for i in 0..8 {
        state.insert(format!("q{i}"), hex(&core.vector(i).to_le_bytes()));
    }
    state.insert("qacc_l".into(), hex(&core.qacc_bytes(0)));
    state.insert("qacc_h".into(), hex(&core.qacc_bytes(1)));
    state.insert("ua_state".into(), hex(&core.ua_state.to_le_bytes()));
    state.insert("accx".into(), format!("{:#012x}", core.accx));
    state.insert("sar".into(), core.sar.to_string());
    state.insert("sar_byte".into(), core.sar_byte.to_string());
    state.insert("fft_bit_width".into(), core.fft_bit_width.to_string());
    if let Some((base, size)) = window {
        state.insert(
            "mem".into(),
            hex(core.memory.read(base, size).unwrap_or(&[])),
        );
    }
    state
}

fn set(core: &mut Core, name: &str, value: &Value) -> Option<()> {
    let index = || name[1..].parse::<usize>().ok();
    match name {
        "qacc_l" => core.set_qacc_bytes(0, &bytes(value.as_str()?)?.try_into().ok()?),
        "qacc_h" => core.set_qacc_bytes(1, &bytes(value.as_str()?)?.try_into().ok()?),
        "ua_state" => core.ua_state = u128::from_le_bytes(bytes(value.as_str()?)?.try_into().ok()?),
        "accx" => core.accx = number(value)?,
        "sar" => core.sar = number(value)? as u32,
        "sar_byte" => core.sar_byte = number(value)? as u32,
        "fft_bit_width" => core.fft_bit_width = number(value)? as u32,
        "gpio_out" => core.gpio_out = number(value)? as u32,
        "mem" => {
            let data = bytes(value["bytes"].as_str()?)?;
            core.memory
                .write(number(&value["base"])? as u32, &data)
                .ok()?;
        }
        _ if name.starts_with('q') => core.set_vector(
            index()?,
            u128::from_le_bytes(bytes(value.as_str()?)?.try_into().ok()?),
        ),
        _ if name.starts_with('a') => core.set_a(index()? as i32, number(value)? as u32),
        _ if name.starts_with('f') => core.f[index()?] = number(value)? as u32,
        _ => return None,
    }
    Some(())
}

fn check(row: &Value, memory: &Memory) -> Result<(), String> {
    let text = row["asm"].as_str().ok_or("no `asm`")?;
    let mut core = Core::new(memory.clone());
    let before = row["before"].as_object().ok_or("no `before`")?;
    let after = row["after"].as_object().ok_or("no `after`")?;
    for (name, value) in before {
        set(&mut core, name, value).ok_or_else(|| format!("cannot set {name} to {value}"))?;
    }
    let window = before
        .get("mem")
        .and_then(|m| Some((number(&m["base"])? as u32, m["bytes"].as_str()?.len() / 2)));
    let mut expected = state(&core, window);
    for (name, value) in after {
        let text = match (name.as_str(), value) {
            ("mem", v) => v["bytes"].as_str().unwrap_or("").to_owned(),
            (_, Value::String(text)) => text.clone(),
            (_, v) => v.to_string(),
        };
        if expected.insert(name.clone(), text).is_none() {
            return Err(format!("unknown state {name}"));
        }
    }
    let code = asm::assemble_instruction(text, PC).map_err(|e| e.message)?;
    let instance = isa::decode(&code, PC).ok_or("does not decode")?;
    (instance.instruction.execute)(&mut core, &instance.operands)
        .map_err(|trap| trap.to_string())?;
    let got = state(&core, window);
    match expected
        .iter()
        .find(|(name, value)| got.get(*name) != Some(value))
    {
        None => Ok(()),
        Some((name, value)) => Err(format!("{name} is {}, expected {value}", got[name])),
    }
}

fn main() -> ExitCode {
    // Vectors address misaligned data on purpose and name only the bytes they need.
    let settings = MemorySettings {
        strict: false,
        flash_size: 0,
        ..MemorySettings::default()
    };
    let memory = Memory::new(&settings);
    let (mut certain, mut good, mut uncertain, mut agreeing) = (0, 0, 0, 0);
    for path in std::env::args().skip(1) {
        let content = match std::fs::read_to_string(&path) {
            Ok(content) => content,
            Err(error) => {
                eprintln!("{path}: {error}");
                return ExitCode::FAILURE;
            }
        };
        for (index, line) in content
            .lines()
            .enumerate()
            .filter(|(_, l)| !l.trim().is_empty())
        {
            let outcome = serde_json::from_str::<Value>(line).map_err(|e| e.to_string());
            let doubtful = outcome.as_ref().is_ok_and(|row| row["uncertain"] == true);
            let outcome = outcome
                .and_then(|row| check(&row, &memory).map_err(|e| format!("{}: {e}", row["asm"])));
            if doubtful {
                uncertain += 1;
                agreeing += u32::from(outcome.is_ok());
                continue;
            }
            certain += 1;
            match outcome {
                Ok(()) => good += 1,
                Err(problem) => eprintln!("{path}:{}: {problem}", index + 1),
            }
        }
    }
    println!("{agreeing} of {uncertain} uncertain vectors agree");
    println!("{good} of {certain} vectors");
    if certain > 0 && good == certain {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
