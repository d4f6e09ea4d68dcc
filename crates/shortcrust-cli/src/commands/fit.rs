//! `shortcrust fit`: what a firmware does with the chip's memory.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use shortcrust_fit::chip::Chip;
use shortcrust_fit::frames::{Frame, Frames, Source};
use shortcrust_fit::image::{Flash, Image};
use shortcrust_fit::map::{self, Region, Use};
use shortcrust_fit::warnings::{Findings, Warning, warnings};

use crate::failure::{Failure, Result};
use crate::firmware;
use crate::page::{self, BAD, FAINT, GOOD, Page, STRONG, paint};
use crate::report::Report;

const EXAMPLES: &str = "\
Examples:
  shortcrust fit target/xtensa-esp32s3-none-elf/release/inference
  shortcrust fit firmware.elf --partitions partitions.csv --flash-size 8MB
  shortcrust fit firmware.elf --strict                    exit code 1 if anything is wrong
  shortcrust fit firmware.elf --json | jq '.warnings[].problem'

Any firmware for an ESP32-S3, C6 or C3 will do, in Rust or C. Each function's frame comes from the best source that knows it: \
.stack_sizes (-Zemit-stack-sizes), debug information (debug = 2), and on Xtensa the function's first instructions.";

/// Characters of a bar.
const BAR: usize = 40;

/// The firmware to look at.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The ELF file that the linker made
    #[arg(value_name = "FILE.elf")]
    firmware: PathBuf,
    /// The chip, where the file's addresses do not tell
    #[arg(long, value_name = "esp32s3|esp32c6|esp32c3")]
    chip: Option<String>,
    /// Symbols shown for each region
    #[arg(long, default_value_t = 5)]
    top: usize,
    /// The partition table, CSV or binary; without this, espflash's own
    #[arg(long, value_name = "FILE")]
    partitions: Option<PathBuf>,
    /// The size of the flash; without this, 4MB
    #[arg(long, value_name = "SIZE")]
    flash_size: Option<String>,
    /// Exit with 1 if anything is wrong
    #[arg(long)]
    strict: bool,
}

/// Where everything is, and what is wrong.
#[derive(Serialize)]
pub struct FitReport {
    firmware: PathBuf,
    chip: &'static str,
    /// What code, statics and stack share.
    ram_bytes: u64,
    regions: Vec<Region>,
    /// A symbol of the allocator; absent where none is linked.
    allocator: Option<String>,
    frames: FrameSummary,
    /// Absent where no image can be made.
    program_bytes: Option<u64>,
    /// The partition that the program goes to.
    partition_bytes: Option<u64>,
    warnings: Vec<Warning>,
    #[serde(skip)]
    top: usize,
    #[serde(skip)]
    strict: bool,
}

/// How many functions' frames come from a source.
#[derive(Serialize)]
struct SourceCount {
    source: Source,
    functions: usize,
}

/// What functions take of the stack.
#[derive(Serialize)]
struct FrameSummary {
    /// How many functions' frames each source tells.
    sources: Vec<SourceCount>,
    /// The functions of whose frames nothing is known.
    unknown: Vec<String>,
    largest: Vec<Frame>,
}

impl Arguments {
    /// Reads the firmware.
    pub fn run(&self) -> Result<FitReport> {
        let chip = self.chip.as_deref().map(str::parse::<&Chip>).transpose();
        let chip = chip.map_err(|error| Failure::request(error.to_string(), "name one of them"))?;
        let bytes = firmware::read(&self.firmware)?;
        let firmware = firmware::parse(&self.firmware, &bytes, chip)?;
        let frames = Frames::of(&firmware);
        let flash = Flash {
            partitions: self.partitions.as_deref(),
            size: self.flash_size.as_deref(),
        };
        let image = Image::make(firmware.chip, &bytes, &flash);
        if let Err(error) = &image
            && error.is_request()
        {
            return Err(firmware::no_image(&self.firmware, &flash, error));
        }
        let warnings = warnings(&Findings {
            firmware: &firmware,
            frames: &frames,
            image: &image,
        });
        let image = image.ok();
        Ok(FitReport {
            firmware: self.firmware.clone(),
            chip: firmware.chip.name,
            ram_bytes: map::ram_bytes(&firmware),
            regions: map::regions(&firmware, self.top),
            allocator: map::allocator(&firmware).map(str::to_owned),
            frames: FrameSummary {
                sources: sources(&frames),
                unknown: frames.unknown,
                largest: frames.frames.into_iter().take(self.top).collect(),
            },
            program_bytes: image.as_ref().map(|image| image.program_bytes),
            partition_bytes: image.as_ref().map(|image| image.partition_bytes),
            warnings,
            top: self.top,
            strict: self.strict,
        })
    }
}

/// The sources that know a frame.
fn sources(frames: &Frames) -> Vec<SourceCount> {
    let counts = Source::ALL.map(|source| SourceCount {
        source,
        functions: frames.count(source),
    });
    counts
        .into_iter()
        .filter(|count| count.functions > 0)
        .collect()
}

impl Report for FitReport {
    fn status(&self) -> u8 {
        u8::from(self.strict && !self.warnings.is_empty())
    }

    fn text(&self, page: &Page) -> String {
        let title = paint(STRONG, self.firmware.display());
        [
            format!("{title} for the {}", self.chip),
            self.map(page),
            self.symbols(page),
            self.frames(page),
            self.verdict(page),
        ]
        .join("\n\n")
    }
}

impl FitReport {
    /// What a use has its share of.
    fn whole(&self, name: Use) -> Option<u64> {
        match name {
            Use::RamCode | Use::RamData | Use::Stack => Some(self.ram_bytes),
            Use::FlashCode | Use::FlashData => self.partition_bytes,
            Use::Reclaimed | Use::LowPower => None,
        }
    }

    /// The regions as bars.
    fn map(&self, page: &Page) -> String {
        let mut table = page.table(&["region", "bytes", "share", "", "of"], &[1, 2]);
        for region in &self.regions {
            let whole = self.whole(region.name);
            let share = whole.map(|whole| region.bytes as f64 / whole.max(1) as f64);
            table.add_row([
                region.name.name().to_owned(),
                page::count(region.bytes),
                share.map_or_else(String::new, |share| format!("{:.1} %", 100.0 * share)),
                share.map_or_else(String::new, bar),
                whole.map_or_else(String::new, page::count),
            ]);
        }
        table.trim_fmt()
    }

    /// The largest symbols of each region.
    fn symbols(&self, page: &Page) -> String {
        let mut table = page.table(&["region", "bytes", "address", "section", "symbol"], &[1]);
        let mut rows = Vec::new();
        for region in &self.regions {
            for (index, symbol) in region.largest.iter().enumerate() {
                let name = if index == 0 { region.name.name() } else { "" };
                let place = [
                    name.to_owned(),
                    page::count(symbol.size),
                    format!("{:#x}", symbol.address),
                    page::name(&symbol.section, 20),
                ];
                rows.push((place, &symbol.name));
            }
        }
        // The name has what the other columns leave.
        let widest = |column: usize| {
            let cells = rows.iter().map(|(place, _)| place[column].chars().count());
            cells.max().unwrap_or(0).max("section".len())
        };
        let others: usize = (0..4).map(|column| widest(column) + 1).sum();
        let room = page.width.saturating_sub(others + 6).max(20);
        for ([region, bytes, address, section], name) in &rows {
            let name = page::name(name, room);
            table.add_row([region, bytes, address, section, &name]);
        }
        table.trim_fmt()
    }

    /// The largest frames.
    fn frames(&self, page: &Page) -> String {
        let sources = self.frames.sources.iter();
        let mut notes: Vec<String> = sources
            .map(|SourceCount { source, functions }| {
                let count = page::count(*functions as u64);
                format!("{count} by {}", source.description())
            })
            .collect();
        if notes.is_empty() {
            return paint(FAINT, "  stack frames are not known");
        }
        let unknown = self.frames.unknown.len() as u64;
        if unknown > 0 {
            notes.push(format!("{} unknown", page::count(unknown)));
        }
        let mut table = page.table(&["stack", "function"], &[0]);
        for frame in &self.frames.largest {
            let mark = if frame.at_least { "≥ " } else { "" };
            table.add_row([
                format!("{mark}{}", page::count(frame.size)),
                page::name(&frame.function, page.width.saturating_sub(20).max(20)),
            ]);
        }
        let note = paint(FAINT, format!("  functions: {}", notes.join(", ")));
        format!("{}\n{note}", table.trim_fmt())
    }

    /// The image, and the warnings.
    fn verdict(&self, page: &Page) -> String {
        let heap = self.allocator.as_deref().map_or_else(
            || "none: no allocator is linked".to_owned(),
            |symbol| format!("an allocator is linked: {symbol}"),
        );
        let mut lines = vec![format!("  heap         {heap}")];
        if let (Some(program), Some(partition)) = (self.program_bytes, self.partition_bytes) {
            lines.push(format!(
                "  flash image  {} of {} bytes of the partition",
                page::count(program),
                page::count(partition)
            ));
        }
        for warning in &self.warnings {
            lines.push(format!("\n{} {}", paint(BAD, "✗"), warning.problem));
            if warning.symbols.len() > 1 {
                lines.extend(self.affected(warning, page));
            }
            lines.push(format!("    why: {}", warning.reason));
            lines.push(format!("    {}", paint(FAINT, warning.remedy)));
        }
        lines.push(match self.warnings.len() {
            0 => format!("\n{} nothing is wrong", paint(GOOD, "✓")),
            count => format!(
                "\n{}",
                paint(BAD, page::plural(count, "warning", "warnings"))
            ),
        });
        lines.join("\n")
    }

    /// The largest symbols of a warning.
    fn affected(&self, warning: &Warning, page: &Page) -> Vec<String> {
        let shown = warning.symbols.iter().take(self.top);
        let mut lines: Vec<String> = shown
            .map(|symbol| {
                let name = page::name(&symbol.name, page.width.saturating_sub(16).max(20));
                format!("    {:>9}  {name}", page::count(symbol.bytes))
            })
            .collect();
        let hidden = warning.symbols.len() - lines.len();
        if hidden > 0 {
            lines.push(format!("    {:>9}  {hidden} more: --top, --json", "…"));
        }
        lines
    }
}

/// A share of 1 as a bar.
fn bar(share: f64) -> String {
    let filled = (share * BAR as f64).round().clamp(0.0, BAR as f64) as usize;
    let rest = paint(FAINT, "░".repeat(BAR - filled));
    format!("{}{rest}", "█".repeat(filled))
}
