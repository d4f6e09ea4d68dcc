//! `shortcrust fit`: what a firmware does with the chip's memory.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use shortcrust_fit::chip::Chip;
use shortcrust_fit::elf::{ElfError, Firmware};
use shortcrust_fit::frames::{Frame, Frames, Source};
use shortcrust_fit::image::{Flash, Image};
use shortcrust_fit::map::{self, Region, Use};
use shortcrust_fit::warnings::{Findings, Warning, warnings};

use crate::failure::{Failure, Result};
use crate::files;
use crate::page::{self, BAD, FAINT, GOOD, Page, STRONG, paint};
use crate::report::Report;

const EXAMPLES: &str = "\
Examples:
  shortcrust fit target/xtensa-esp32s3-none-elf/release/inference
  shortcrust fit firmware.elf --partitions partitions.csv --flash-size 8MB
  shortcrust fit firmware.elf --strict                    exit code 1 if anything is wrong
  shortcrust fit firmware.elf --json | jq '.warnings[].problem'

Any firmware for an ESP32-S3, C6 or C3 will do. Frames come from .stack_sizes (-Zemit-stack-sizes), on Xtensa from each function's \
first instruction, and else from debug information (debug = 2).";

/// The largest ELF file that is read, debug information included.
const LARGEST: u64 = 1 << 30;

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
    /// Where the sizes of frames come from; absent where they are not known.
    frame_source: Option<Source>,
    largest_frames: Vec<Frame>,
    /// Absent where no image can be made.
    program_bytes: Option<u64>,
    /// The partition that the program goes to.
    partition_bytes: Option<u64>,
    warnings: Vec<Warning>,
    #[serde(skip)]
    strict: bool,
}

impl Arguments {
    /// Reads the firmware.
    pub fn run(&self) -> Result<FitReport> {
        let chip = self.chip.as_deref().map(str::parse::<&Chip>).transpose();
        let chip = chip.map_err(|error| Failure::request(error.to_string(), "name one of them"))?;
        let bytes = files::read_at_most(&self.firmware, LARGEST)?;
        let firmware = Firmware::parse(&bytes, chip)
            .map_err(|error| Failure::file(&self.firmware, error.to_string(), remedy(&error)))?;
        let frames = Frames::of(&firmware);
        let flash = Flash {
            partitions: self.partitions.as_deref(),
            size: self.flash_size.as_deref(),
        };
        let image = Image::make(firmware.chip, &bytes, &flash);
        let warnings = warnings(&Findings {
            firmware: &firmware,
            frames: &frames,
            image: &image,
        });
        let image = image.ok();
        Ok(FitReport {
            firmware: self.firmware.clone(),
            chip: firmware.chip.name,
            ram_bytes: firmware.chip.ram_bytes,
            regions: map::regions(&firmware, self.top),
            allocator: map::allocator(&firmware).map(str::to_owned),
            frame_source: frames.source,
            largest_frames: frames.frames.into_iter().take(self.top).collect(),
            program_bytes: image.as_ref().map(|image| image.program_bytes),
            partition_bytes: image.as_ref().map(|image| image.partition_bytes),
            warnings,
            strict: self.strict,
        })
    }
}

fn remedy(error: &ElfError) -> &'static str {
    match error {
        ElfError::Unsound(_) => {
            "give the ELF file that cargo puts into target/TARGET/release/, not a .bin image of it"
        }
        ElfError::Processor(_) => {
            "build for xtensa-esp32s3-none-elf, or for the RISC-V target of a C6 or C3"
        }
        ElfError::Addresses => "name the chip: --chip esp32s3",
        ElfError::Empty => "give the linked program, not an object file",
    }
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
            self.verdict(),
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
        }
    }

    /// The regions as bars.
    fn map(&self, page: &Page) -> String {
        let mut table = page.table(&["region", "bytes", "share", "", "of"], &[1, 2]);
        for region in &self.regions {
            let share = region.bytes.zip(self.whole(region.name));
            let share = share.map(|(bytes, whole)| bytes as f64 / whole.max(1) as f64);
            table.add_row([
                region.name.name().to_owned(),
                region
                    .bytes
                    .map_or_else(|| "unknown".to_owned(), page::count),
                share.map_or_else(String::new, |share| format!("{:.1} %", 100.0 * share)),
                share.map_or_else(String::new, bar),
                self.whole(region.name)
                    .map_or_else(String::new, page::count),
            ]);
        }
        table.trim_fmt()
    }

    /// The largest symbols of each region.
    fn symbols(&self, page: &Page) -> String {
        let mut table = page.table(&["region", "bytes", "address", "section", "symbol"], &[1]);
        for region in &self.regions {
            for (index, symbol) in region.largest.iter().enumerate() {
                let name = if index == 0 { region.name.name() } else { "" };
                table.add_row([
                    name.to_owned(),
                    page::count(symbol.size),
                    format!("{:#x}", symbol.address),
                    symbol.section.clone(),
                    page::name(&symbol.name, page.width.saturating_sub(50).max(20)),
                ]);
            }
        }
        table.trim_fmt()
    }

    /// The largest frames.
    fn frames(&self, page: &Page) -> String {
        let Some(source) = self.frame_source else {
            return paint(FAINT, "  stack frames are not known");
        };
        let mut table = page.table(&["stack", "function"], &[0]);
        for frame in &self.largest_frames {
            table.add_row([
                page::count(frame.size),
                page::name(&frame.function, page.width.saturating_sub(20).max(20)),
            ]);
        }
        let note = paint(FAINT, format!("  frames as {} says", source.description()));
        format!("{}\n{note}", table.trim_fmt())
    }

    /// The image, and the warnings.
    fn verdict(&self) -> String {
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
            lines.push(format!(
                "{} {}\n    {}",
                paint(BAD, "✗"),
                warning.problem,
                paint(FAINT, &warning.remedy)
            ));
        }
        if self.warnings.is_empty() {
            lines.push(format!("{} nothing is wrong", paint(GOOD, "✓")));
        }
        lines.join("\n")
    }
}

/// A share of 1 as a bar.
fn bar(share: f64) -> String {
    let filled = (share * BAR as f64).round().clamp(0.0, BAR as f64) as usize;
    let rest = paint(FAINT, "░".repeat(BAR - filled));
    format!("{}{rest}", "█".repeat(filled))
}
