//! `shortcrust profile`: what each layer costs on the simulated ESP32-S3.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use shortcrust_compiler::network::Network;

use crate::chip::{self, Weights};
use crate::comparison::Comparison;
use crate::cores::Cores;
use crate::cost::{line, more};
use crate::failure::{Failure, Result};
use crate::page::{self, FAINT, Page, STRONG, paint};
use crate::profile::{Layer, Profile};
use crate::report::Report;
use crate::{files, web};

const EXAMPLES: &str = "\
Examples:
  shortcrust profile net.tflite
  shortcrust profile net.tflite --weights flash
  shortcrust profile net.tflite --cores 2
  shortcrust profile net.tflite --html net.html
  shortcrust profile net.tflite --json > before.json
  shortcrust profile net.tflite --compare before.json

The network runs once on zeros, with cold caches. Only machine code is timed: a layer without runs its portable kernel and counts \
0 cycles. The limit is the vector unit's: 16 multiply-accumulates a cycle.
Exit code with --compare: 1 if the network became slower by more than 1 %, or a layer lost its machine code.";

/// The network to profile.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The .tflite file
    model: PathBuf,
    /// Where the weights are; without this, in RAM if they fit, and else in flash
    #[arg(long, value_enum)]
    weights: Option<Weights>,
    #[command(flatten)]
    cores: Cores,
    /// Write a page for a browser: the network's graph, its time, its memory
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Compare with an earlier --json
    #[arg(long, value_name = "OLD.json")]
    compare: Option<PathBuf>,
}

/// What the second core brings.
#[derive(Serialize)]
struct TwoCores {
    /// Cycles of one run on one core.
    one_core_cycles: u64,
    /// How many times faster two cores are, handovers not counted.
    gain: f64,
    /// How often the second core is given half of a layer.
    handovers: usize,
}

/// A network's costs, layer by layer.
#[derive(Serialize)]
pub struct ProfileReport {
    model: PathBuf,
    #[serde(flatten)]
    profile: Profile,
    #[serde(skip_serializing_if = "Option::is_none")]
    two_cores: Option<TwoCores>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<Comparison>,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<PathBuf>,
    /// Whether the weights are in flash only because they do not fit in RAM.
    #[serde(skip)]
    fell_back: bool,
}

impl Arguments {
    /// Simulates the network, and writes the page where one is wanted.
    pub fn run(&self) -> Result<ProfileReport> {
        let old = self.compare.as_deref().map(Profile::open).transpose()?;
        let network = self.cores.open(&self.model)?;
        let in_file = |failure: Failure| failure.in_file(&self.model);
        let (profile, placement) = Profile::measure(&network, self.weights).map_err(in_file)?;
        let two_cores = match self.cores.are_two() {
            true => Some(self.two_cores(&network, &profile)?),
            false => None,
        };
        let comparison = old
            .map(|old| Comparison::between(&old, &profile))
            .transpose()?;
        if let Some(path) = &self.html {
            let title = self.model.file_stem().unwrap_or_default().to_string_lossy();
            files::write(
                path,
                web::page(&network, &profile, &placement, &title).as_bytes(),
            )?;
        }
        Ok(ProfileReport {
            model: self.model.clone(),
            fell_back: self.weights.is_none() && profile.weights == Weights::Flash,
            profile,
            two_cores,
            comparison,
            html: self.html.clone(),
        })
    }

    /// Compares with the same network on one core, its weights in the same place.
    fn two_cores(&self, network: &Network, profile: &Profile) -> Result<TwoCores> {
        let single = Network::open(&self.model)?;
        let alone = Profile::measure(&single, Some(profile.weights));
        let (alone, _) = alone.map_err(|failure| failure.in_file(&self.model))?;
        let steps = network.program.steps.iter();
        Ok(TwoCores {
            one_core_cycles: alone.cycles,
            gain: alone.cycles as f64 / profile.cycles.max(1) as f64,
            handovers: steps.filter(|step| step.beside).count(),
        })
    }
}

impl TwoCores {
    fn text(&self) -> String {
        format!(
            "  two cores   {:.2} times as fast as one core's {} cycles; {} handovers and waits for shared memory are not counted",
            self.gain,
            page::count(self.one_core_cycles),
            self.handovers,
        )
    }
}

impl Report for ProfileReport {
    fn status(&self) -> u8 {
        let regression = self.comparison.as_ref();
        u8::from(regression.is_some_and(Comparison::is_regression))
    }

    fn text(&self, page: &Page) -> String {
        let place = match self.fell_back {
            true => "flash because they do not fit in RAM",
            false => self.profile.weights.description(),
        };
        let title = paint(STRONG, self.model.display());
        let cores = if self.two_cores.is_some() {
            "both cores of "
        } else {
            ""
        };
        let mut parts = vec![
            format!("{title} on {cores}the simulated ESP32-S3 at 240 MHz, weights in {place}"),
            self.times(page),
            self.places(page),
            self.totals(),
        ];
        parts.extend(self.two_cores.as_ref().map(TwoCores::text));
        parts.extend(
            self.comparison
                .as_ref()
                .map(|comparison| comparison.text(page)),
        );
        if let Some(path) = &self.html {
            parts.push(paint(FAINT, format!("  page  {}", path.display())));
        }
        parts.join("\n\n")
    }
}

impl ProfileReport {
    /// How long each layer takes.
    fn times(&self, page: &Page) -> String {
        let header = [
            "#", "operator", "output", "cycles", "ms", "time", "MACs", "a cycle", "of limit",
        ];
        let mut table = page.table(&header, &[0, 3, 4, 5, 6, 7, 8]);
        for layer in &self.profile.layers {
            let timed = layer.works() && layer.cycles > 0;
            let time = |text: String| if timed { text } else { String::new() };
            let untimed = if layer.works() { "portable" } else { "free" };
            table.add_row([
                layer.number.to_string(),
                layer.operator.clone(),
                page::shape(&layer.output_shape),
                if timed {
                    page::count(layer.cycles)
                } else {
                    paint(FAINT, untimed)
                },
                time(format!("{:.3}", layer.milliseconds)),
                time(percent(
                    layer.cycles as f64 / self.profile.cycles.max(1) as f64,
                )),
                if layer.macs > 0 {
                    page::count(layer.macs)
                } else {
                    String::new()
                },
                layer
                    .macs_a_cycle
                    .map_or_else(String::new, |macs| format!("{macs:.2}")),
                layer.limit_share.map_or_else(String::new, percent),
            ]);
        }
        table.trim_fmt()
    }

    /// What each layer waits for and takes up.
    fn places(&self, page: &Page) -> String {
        let header = [
            "#",
            "code",
            "weights",
            "stack",
            "cycles that wait",
            "method",
        ];
        let mut table = page.table(&header, &[0, 1, 2, 3]);
        for layer in self.profile.layers.iter().filter(|layer| layer.works()) {
            table.add_row([
                layer.number.to_string(),
                page::count(layer.code_bytes as u64),
                page::count(layer.weight_bytes as u64),
                page::count(u64::from(layer.stack_bytes)),
                waits(layer),
                paint(FAINT, &layer.method),
            ]);
        }
        table.trim_fmt()
    }

    fn totals(&self) -> String {
        let profile = &self.profile;
        let speed = profile.macs_a_cycle().map_or_else(String::new, |macs| {
            let share = percent(macs / profile.limit());
            format!(", {macs:.2} MACs a cycle, {share} of the limit")
        });
        let time = line(
            "time",
            profile.cycles,
            &format!("cycles, {}{speed}", chip::time(profile.cycles)),
        );
        let untimed = profile.portable.untimed().map(|untimed| more(&untimed));
        let others = [
            line(
                "work",
                profile.macs,
                &format!("multiply-accumulates; {}", profile.portable.text()),
            ),
            line(
                "code",
                profile.code_bytes as u64,
                "bytes of machine code in IRAM",
            ),
            line(
                "weights",
                profile.weight_bytes as u64,
                &format!(
                    "bytes for machine code in {}",
                    profile.weights.description()
                ),
            ),
            line(
                "arena",
                profile.arena_bytes as u64,
                "bytes of RAM, inputs and outputs included",
            ),
            line("stack", u64::from(profile.stack_bytes), "bytes at most"),
        ];
        let lines: Vec<String> = [time].into_iter().chain(untimed).chain(others).collect();
        lines.join("\n")
    }
}

/// The causes of a layer's waiting cycles that matter, the largest first, as shares of its time.
fn waits(layer: &Layer) -> String {
    let mut causes: Vec<_> = layer
        .stalls
        .iter()
        .filter(|(_, cycles)| **cycles > 0)
        .collect();
    causes.sort_by_key(|(_, cycles)| std::cmp::Reverse(**cycles));
    let texts = causes.into_iter().filter_map(|(cause, &cycles)| {
        let share = cycles as f64 / layer.cycles.max(1) as f64;
        (share >= 0.005).then(|| format!("{} {}", cause.replace('_', " "), percent(share)))
    });
    texts.collect::<Vec<_>>().join(", ")
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
