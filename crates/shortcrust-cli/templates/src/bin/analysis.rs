//! Measures the network: latency, layers, memory. One `word key=value...` a line.
#![no_std]
#![no_main]
#![deny(clippy::large_stack_frames, clippy::mem_forget)]

use esp_flash::Network;
use esp_flash::analysis::{Measurements, analyse};
use esp_flash::shortcrust::Model;
use esp_hal::delay::Delay;
use esp_println::{Printer, println};
use firmware::{Board, INPUT, Net};
use static_cell::ConstStaticCell;

esp_bootloader_esp_idf::esp_app_desc!();

/// Layers of the network.
const LAYERS: usize = Net::LAYERS.len();

static NET: ConstStaticCell<Net> = ConstStaticCell::new(Net::new());
static MEASUREMENTS: ConstStaticCell<Measurements<LAYERS>> =
    ConstStaticCell::new(Measurements::new());

#[esp_hal::main]
fn main() -> ! {
    let Board { chip, .. } = Board::start();
    let (net, measurements) = (NET.take(), MEASUREMENTS.take());
    let show = |net: &mut Net, _| net.input_bytes_mut().copy_from_slice(INPUT);
    loop {
        if analyse(net, measurements, &chip, &mut Printer, show, |_, _| {}).is_err() {
            println!("the output is broken");
        }
        Delay::new().delay_millis(5000);
    }
}
