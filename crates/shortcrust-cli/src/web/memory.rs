//! The memory map: three memories, each a bar with what is in it.

use std::ops::Range;

use maud::{Markup, html};
use shortcrust_compiler::lx7::simulation::Placement;

use crate::chip::Weights;
use crate::page::count;
use crate::profile::Profile;

/// A memory and what is in it, in the order of addresses.
struct Memory {
    name: &'static str,
    explanation: &'static str,
    parts: Vec<Part>,
}

/// A range of a memory.
struct Part {
    what: &'static str,
    class: &'static str,
    bytes: u64,
    /// The first byte; absent where only the size is known.
    address: Option<u32>,
}

/// Draws the memories.
pub fn map(profile: &Profile, placement: &Placement) -> Markup {
    html! {
        @for memory in [instruction(placement), data(profile, placement), flash(profile, placement)] {
            @let total: u64 = memory.parts.iter().map(|part| part.bytes).sum();
            div.memory {
                h3 { (memory.name) " " small { (count(total)) " bytes" } }
                p { (memory.explanation) }
                div.bar {
                    @for part in memory.parts.iter().filter(|part| part.bytes > 0) {
                        div class=(format!("part {}", part.class)) style=(format!("flex-grow:{}", part.bytes))
                            title=(format!("{}: {} bytes", part.what, count(part.bytes))) {}
                    }
                }
                table.parts {
                    @for part in memory.parts.iter().filter(|part| part.bytes > 0) {
                        tr {
                            td.text { span class=(format!("key {}", part.class)) {} (part.what) }
                            td { (count(part.bytes)) " bytes" }
                            td { (format!("{:.1} %", 100.0 * part.bytes as f64 / total as f64)) }
                            td.address { @if let Some(address) = part.address { (format!("{address:#010X}").replace("0X", "0x")) } }
                        }
                    }
                }
            }
        }
    }
}

fn instruction(placement: &Placement) -> Memory {
    let memory = &placement.instruction_memory;
    let end = placement.code.end.min(memory.end);
    Memory {
        name: "IRAM",
        explanation: "Internal memory that only instructions use, beside the instruction cache. Kernels run from here without waiting.",
        parts: fill(
            memory,
            vec![part("kernels", "code", placement.code.start..end)],
        ),
    }
}

fn data(profile: &Profile, placement: &Placement) -> Memory {
    let memory = &placement.data_memory;
    let mut parts = vec![part(
        "kernels that IRAM has no room for",
        "code",
        memory.start..placement.arena.start,
    )];
    parts.push(part(
        "arena: activations, inputs and outputs",
        "activations",
        placement.arena.clone(),
    ));
    if profile.weights == Weights::Ram {
        parts.push(part(
            "weights, copied from flash at start",
            "weights",
            placement.constants.clone(),
        ));
    }
    parts.push(part(
        "stack that the simulation reserves",
        "stack",
        placement.stack.clone(),
    ));
    Memory {
        name: "DRAM",
        explanation: "Internal memory for data. Your firmware's variables and heap share it.",
        parts: fill(memory, parts),
    }
}

fn flash(profile: &Profile, placement: &Placement) -> Memory {
    let kept = |what, class, bytes: usize| Part {
        what,
        class,
        bytes: bytes as u64,
        address: None,
    };
    let mut parts = vec![
        kept(
            "kernels, copied to IRAM at start",
            "code",
            profile.code_bytes,
        ),
        match profile.weights {
            Weights::Ram => kept(
                "weights, copied to RAM at start",
                "weights",
                profile.weight_bytes,
            ),
            Weights::Flash => kept(
                "weights, read through the cache",
                "weights",
                profile.weight_bytes,
            ),
        },
        kept(
            "weights and tables of portable kernels",
            "portable",
            profile.portable_weight_bytes,
        ),
    ];
    let used: u64 = parts.iter().map(|part| part.bytes).sum();
    let free = u64::from(placement.flash_bytes).saturating_sub(used);
    parts.push(Part {
        what: "free",
        class: "free",
        bytes: free,
        address: None,
    });
    Memory {
        name: "Flash",
        explanation: "A chip beside the ESP32-S3, larger or smaller on other boards. It holds the firmware and everything that is copied at start.",
        parts,
    }
}

fn part(what: &'static str, class: &'static str, range: Range<u32>) -> Part {
    Part {
        what,
        class,
        bytes: range.end.saturating_sub(range.start).into(),
        address: Some(range.start),
    }
}

/// Adds what is free between the parts of a memory and behind them.
fn fill(memory: &Range<u32>, parts: Vec<Part>) -> Vec<Part> {
    let mut filled = Vec::new();
    let mut next = memory.start;
    for used in parts {
        let start = used.address.unwrap_or(next);
        filled.push(part("free", "free", next..start));
        next = start + used.bytes as u32;
        filled.push(used);
    }
    filled.push(part("free", "free", next..memory.end));
    // A few bytes of alignment are not worth a line.
    filled.retain(|part| part.class != "free" || part.bytes >= 16);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_what_is_free_make_up_the_memory() {
        let parts = vec![
            part("a", "code", 100..100),
            part("b", "weights", 200..300),
            part("c", "stack", 900..1000),
        ];
        let filled = fill(&(100..1100), parts);
        assert_eq!(filled.iter().map(|part| part.bytes).sum::<u64>(), 1000);
        let free = filled.iter().filter(|part| part.class == "free");
        let free: Vec<_> = free.map(|part| (part.address, part.bytes)).collect();
        assert_eq!(
            free,
            [(Some(100), 100), (Some(300), 600), (Some(1000), 100)]
        );
    }
}
