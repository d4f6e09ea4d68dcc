//! Runs the network on what a host sends over the chip's own USB port.
#![no_std]
#![no_main]

use esp_flash::serve::{Session, serve};
use esp_println::println;
use firmware::{Board, Net};
use static_cell::ConstStaticCell;

esp_bootloader_esp_idf::esp_app_desc!();

static NET: ConstStaticCell<Net> = ConstStaticCell::new(Net::new());
static SESSION: ConstStaticCell<Session> = ConstStaticCell::new(Session::new());

#[esp_hal::main]
fn main() -> ! {
    let Board { chip, mut usb } = Board::start();
    let (net, session) = (NET.take(), SESSION.take());
    loop {
        // A blocking port never ends and has no error: coming back here only means to go on.
        if serve(net, session, &chip, &mut usb).is_err() {
            println!("the port is broken");
        }
    }
}
