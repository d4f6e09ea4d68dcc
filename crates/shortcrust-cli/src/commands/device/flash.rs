//! `shortcrust device flash`: a firmware onto a board.

use std::path::PathBuf;

use clap::Args;
use espflash::connection::{Connection as Line, ResetAfterOperation, ResetBeforeOperation};
use espflash::flasher::{FlashData, FlashSettings, Flasher};
use espflash::image_format::ImageFormat;
use espflash::image_format::idf::IdfBootloaderFormat;
use espflash::target::ProgressCallbacks;
use indicatif::ProgressBar;
use serde::Serialize;
use serialport::{SerialPortType, UsbPortInfo};
use shortcrust_fit::image::{Flash, Image, ImageError};

use crate::device::port::{Connection, unopened};
use crate::failure::{Failure, Result};
use crate::page::{GOOD, Page, paint};
use crate::report::Report;
use crate::{firmware, progress};

const EXAMPLES: &str = "\
Examples:
  shortcrust device flash target/xtensa-esp32s3-none-elf/release/inference
  shortcrust device flash firmware.elf --partitions partitions.csv --port /dev/ttyACM0

What the ELF file is good for, before it is flashed: shortcrust fit";

/// What to flash, and where.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The ELF file that the linker made
    #[arg(value_name = "FILE.elf")]
    firmware: PathBuf,
    /// The partition table, CSV or binary; without this, espflash's own
    #[arg(long, value_name = "FILE")]
    partitions: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

/// What was flashed.
#[derive(Serialize)]
pub struct Flashed {
    firmware: PathBuf,
    port: String,
    chip: String,
}

impl Arguments {
    /// Flashes the firmware and resets the board.
    pub fn run(&self) -> Result<Flashed> {
        let elf = firmware::read(&self.firmware)?;
        let built_for = self.check(&elf)?;
        let name = self.connection.name()?;
        let at_board = |error: espflash::Error| {
            Failure::request(
                format!("{name}: {error}"),
                "hold BOOT while you press RESET, and try again; close other programs that use the port",
            )
        };
        let port = serialport::new(&name, self.connection.baud)
            .open_native()
            .map_err(|error| unopened(&name, &error))?;
        let line = Line::new(
            port,
            usb(&name),
            ResetAfterOperation::default(),
            ResetBeforeOperation::default(),
            self.connection.baud,
        );
        let mut flasher =
            Flasher::connect(line, true, true, false, None, None).map_err(at_board)?;
        let info = flasher.device_info().map_err(at_board)?;
        let chip = info.chip;
        if chip.to_string() != built_for {
            return Err(Failure::file(
                &self.firmware,
                format!("it is built for the {built_for}, and at {name} is an {chip}"),
                format!("build it with --features {chip} for that chip's target"),
            ));
        }
        let settings = FlashSettings::new(None, Some(info.flash_size), None);
        let data = FlashData::new(settings, 0, None, chip, info.crystal_frequency);
        let partitions = self.partitions.as_deref();
        let image = IdfBootloaderFormat::new(&elf, &data, partitions, None, None, None);
        let image = image.map_err(|error| {
            let remedy = "see what is wrong with it: shortcrust fit FILE.elf";
            Failure::file(&self.firmware, error.to_string(), remedy)
        })?;
        flasher
            .load_image_to_flash(&mut Progress(progress::bar(0)), ImageFormat::EspIdf(image))
            .map_err(at_board)?;
        Ok(Flashed {
            firmware: self.firmware.clone(),
            port: name,
            chip: chip.to_string(),
        })
    }

    /// Fails unless a flash image can be made of the firmware; says which chip it is for. The board is not needed for that, and
    /// espflash trusts what it is given.
    fn check(&self, elf: &[u8]) -> Result<&'static str> {
        let chip = firmware::parse(&self.firmware, elf, None)?.chip;
        let flash = Flash {
            partitions: self.partitions.as_deref(),
            size: None,
        };
        match Image::make(chip, elf, &flash) {
            // The board may have more flash than is assumed here.
            Ok(_) | Err(ImageError::SmallFlash { .. }) => Ok(chip.name),
            Err(error) => Err(firmware::no_image(&self.firmware, &flash, &error)),
        }
    }
}

/// What is known of the USB device behind a port: how it is reset follows from that.
fn usb(name: &str) -> UsbPortInfo {
    let ports = serialport::available_ports().unwrap_or_default();
    let port = ports.into_iter().find(|port| port.port_name == name);
    match port.map(|port| port.port_type) {
        Some(SerialPortType::UsbPort(usb)) => usb,
        _ => UsbPortInfo {
            vid: 0,
            pid: 0,
            serial_number: None,
            manufacturer: None,
            product: None,
        },
    }
}

/// espflash's progress as a bar.
struct Progress(ProgressBar);

impl ProgressCallbacks for Progress {
    fn init(&mut self, address: u32, total: usize) {
        self.0.set_length(total as u64);
        self.0.set_message(format!("flash at {address:#x}"));
    }

    fn update(&mut self, current: usize) {
        self.0.set_position(current as u64);
    }

    fn verifying(&mut self) {
        self.0.set_message("reading it back");
    }

    fn finish(&mut self, _: bool) {
        self.0.finish_and_clear();
    }
}

impl Report for Flashed {
    fn text(&self, _: &Page) -> String {
        format!(
            "{} {} is on the {} at {}; it runs now",
            paint(GOOD, "✓"),
            self.firmware.display(),
            self.chip,
            self.port
        )
    }
}
