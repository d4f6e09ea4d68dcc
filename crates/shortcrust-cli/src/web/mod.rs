//! A page for a browser about a network on the chip: one file that needs no other.

mod graph;
mod memory;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use shortcrust_compiler::lx7::simulation::Placement;
use shortcrust_compiler::network::Network;

use crate::chip;
use crate::cost::Cost;
use crate::page::{count, shape};
use crate::profile::{Layer, Profile};
use crate::timeline::{Timeline, picture};

const STYLE: &str = include_str!("style.css");

/// Lays the page out.
pub fn page(network: &Network, profile: &Profile, placement: &Placement, title: &str) -> String {
    let timeline = Timeline::of(network);
    let cost = Cost {
        weight_bytes: profile.weight_bytes + profile.portable_weight_bytes,
        ..Cost::of(network)
    };
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " on the ESP32-S3" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (title) " on the ESP32-S3" }
                    p.lead {
                        "What this int8 network costs on the chip, layer by layer. " (cores(profile)) " simulated at 240 MHz, \
                         instruction by instruction."
                    }
                    (headline(profile))
                    section {
                        h2 { "The network, and where its time goes" }
                        p {
                            "Data flows downwards, through one box a layer. A shape like 1×48×48×8 is batch × height × width × channels \
                             of what the layer produces. The bar beside a box is the layer's time."
                        }
                        (legend(profile))
                        figure.wide { (PreEscaped(graph::draw(network, profile))) }
                    }
                    section {
                        h2 { "Working memory over time" }
                        p {
                            "What layers hand to each other lives in one block of RAM, the arena. Each coloured box is a tensor, or scratch memory of a kernel: \
                             as wide as the steps during which it is needed, as high as its bytes. A place is used again as soon as \
                             nobody needs what was there, so the arena is as large as its fullest moment, the peak."
                        }
                        figure.wide.arena { (PreEscaped(picture::draw(&timeline, &cost, title))) }
                    }
                    section {
                        h2 { "Memory map of the chip" }
                        p {
                            "Where everything goes, and what remains for the rest of the firmware. The addresses are those of the \
                             simulation; a linker chooses its own."
                        }
                        (memory::map(profile, placement))
                    }
                    section {
                        h2 { "Every figure" }
                        (table(profile))
                    }
                    section {
                        h2 { "Words" }
                        (glossary())
                    }
                    footer {
                        "Made with " code { "shortcrust profile --html" } ". The figures are simulated, not measured on a chip."
                    }
                }
            }
        }
    };
    document.into_string()
}

/// What was simulated.
fn cores(profile: &Profile) -> &'static str {
    match profile.cores {
        1 => "One core was",
        _ => "Both cores, which share each large layer, were",
    }
}

fn headline(profile: &Profile) -> Markup {
    let card = |value: String, unit: &str, what: String| {
        html! { div.card { div.value { (value) " " small { (unit) } } div.what { (what) } } }
    };
    let macs_a_cycle = profile.macs_a_cycle();
    html! {
        div.cards {
            (card(chip::time(profile.cycles).trim_end_matches(" ms").to_owned(), "ms", run_of(profile)))
            @if let Some(macs) = macs_a_cycle {
                (card(format!("{macs:.2}"), "MACs a cycle", format!("{} of the vector unit's limit of {}", percent(macs / profile.limit()), profile.limit())))
            }
            (card(count(profile.arena_bytes as u64), "bytes", "of RAM for the arena".to_owned()))
            (card(count(profile.weight_bytes as u64), "bytes", format!("of weights, in {}", profile.weights.description())))
            (card(count(profile.code_bytes as u64), "bytes", "of machine code".to_owned()))
        }
        @if let Some(untimed) = profile.portable.untimed() {
            p.warning {
                "These figures are " (untimed) ": " (profile.portable.text()) "."
            }
        }
    }
}

/// What a run's time is.
fn run_of(profile: &Profile) -> String {
    let run = format!("a run, {} cycles", count(profile.cycles));
    match profile.portable.untimed() {
        Some(untimed) => format!("{run}, {untimed}"),
        None => run,
    }
}

fn legend(profile: &Profile) -> Markup {
    html! {
        ul.legend {
            li { span.key.busy {} "an instruction was issued" }
            li { span.key.waiting {} "waiting: for a result, a jump, memory" }
            li { span.key.limit {} "the least possible: " (profile.limit()) " multiply-accumulates a cycle" }
            @if profile.portable.portable_layers > 0 {
                li { span.key.portable {} "no machine code yet, not timed" }
            }
            @if profile.layers.iter().any(|layer| !layer.works()) {
                li { span.key.free {} "free: the same bytes under another shape" }
            }
        }
    }
}

fn table(profile: &Profile) -> Markup {
    let number = |value: u64, shown: bool| if shown { count(value) } else { String::new() };
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        th { "#" } th.text { "layer" } th.text { "output" } th { "cycles" } th { "ms" } th { "time" } th { "MACs" }
                        th { "MACs a cycle" } th { "of limit" } th { "waiting" } th { "code bytes" } th { "weight bytes" }
                        th { "stack bytes" } th.text { "how" }
                    }
                }
                tbody {
                    @for layer in &profile.layers {
                        @let timed = layer.cycles > 0;
                        tr {
                            td { (layer.number) } td.text { (layer.operator) } td.text { (shape(&layer.output_shape)) }
                            td { (number(layer.cycles, timed)) }
                            td { @if timed { (format!("{:.3}", layer.milliseconds)) } }
                            td { @if timed { (percent(layer.cycles as f64 / profile.cycles as f64)) } }
                            td { (number(layer.macs, layer.macs > 0)) }
                            td { @if let Some(macs) = layer.macs_a_cycle { (format!("{macs:.2}")) } }
                            td { @if let Some(share) = layer.limit_share { (percent(share)) } }
                            td { @if timed { (percent(waiting(layer) as f64 / layer.cycles as f64)) } }
                            td { (number(layer.code_bytes as u64, layer.code_bytes > 0)) }
                            td { (number(layer.weight_bytes as u64, layer.weight_bytes > 0)) }
                            td { (number(layer.stack_bytes.into(), layer.stack_bytes > 0)) }
                            td.text { (if layer.works() { &layer.method } else { "free: the same bytes under another shape" }) }
                        }
                    }
                }
                tfoot {
                    tr {
                        td {} td.text { "total" } td {} td { (count(profile.cycles)) } td { (format!("{:.3}", profile.milliseconds)) } td {}
                        td { (count(profile.macs)) }
                        td { @if let Some(macs) = profile.macs_a_cycle() { (format!("{macs:.2}")) } }
                        td { @if let Some(macs) = profile.macs_a_cycle() { (percent(macs / profile.limit())) } }
                        td { @if profile.cycles > 0 {
                            (percent(profile.stalls.values().sum::<u64>() as f64 / profile.cycles as f64))
                        } }
                        td { (count(profile.code_bytes as u64)) }
                        td { (count((profile.weight_bytes + profile.portable_weight_bytes) as u64)) }
                        td { (count(u64::from(profile.stack_bytes))) } td.text { "shared code and weights count once" }
                    }
                }
            }
        }
    }
}

fn glossary() -> Markup {
    let words = [
        ("cycle", "A tick of the core's clock: 240 million a second."),
        (
            "MAC",
            "A multiply-accumulate, sum += a × b: what convolutions and fully connected layers are made of. It is counted as the \
                 network defines it, whatever a kernel does.",
        ),
        (
            "limit",
            "The vector unit multiplies 16 pairs of 8-bit numbers in one instruction, so no layer can do more than 16 MACs a cycle.",
        ),
        (
            "waiting",
            "Cycles without an instruction: a result is not ready, a jump is taken, a hardware loop or a function starts, \
                     a store is under way, flash answers.",
        ),
        (
            "machine code",
            "Instructions made for exactly one layer's shapes and weights.",
        ),
        (
            "portable kernel",
            "The same computation in plain Rust, for what has no machine code yet.",
        ),
        (
            "IRAM, DRAM",
            "The chip's internal memory, 512 KiB, as instructions and as data see it. It answers at once.",
        ),
        (
            "flash",
            "Memory that keeps its contents without power, behind a cache. What is not in the cache costs hundreds of cycles.",
        ),
    ];
    html! { dl { @for (word, meaning) in words { dt { (word) } dd { (meaning) } } } }
}

/// Cycles of a layer without an instruction.
fn waiting(layer: &Layer) -> u64 {
    layer.stalls.values().sum()
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
