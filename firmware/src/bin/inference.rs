//! Judges the bundled photographs, again and again.
#![no_std]
#![no_main]
#![deny(clippy::large_stack_frames, clippy::mem_forget)]

use esp_flash::inference;
use esp_flash::networks::PersonDetect;
use esp_hal::delay::Delay;
use esp_println::{Printer, println};
use firmware::Board;
use static_cell::ConstStaticCell;

esp_bootloader_esp_idf::esp_app_desc!();

static NET: ConstStaticCell<PersonDetect> = ConstStaticCell::new(PersonDetect::new());

#[esp_hal::main]
fn main() -> ! {
    let Board { chip, .. } = Board::start();
    let net = NET.take();
    loop {
        if inference::round(net, &chip, &mut Printer).is_err() {
            println!("the output is broken");
        }
        Delay::new().delay_millis(1000);
    }
}
