//! Runs the network on what a host sends over a serial port.
#![no_std]
#![no_main]
#![deny(clippy::large_stack_frames, clippy::mem_forget)]

use esp_flash::serve::{Session, serve};
use firmware::{Board, Net};
use static_cell::ConstStaticCell;

esp_bootloader_esp_idf::esp_app_desc!();

static NET: ConstStaticCell<Net> = ConstStaticCell::new(Net::new());
static SESSION: ConstStaticCell<Session> = ConstStaticCell::new(Session::new());

#[esp_hal::main]
fn main() -> ! {
    let Board { chip, mut port } = Board::start();
    let (net, session) = (NET.take(), SESSION.take());
    loop {
        // The port never ends, and its errors are noise on the line: the host repeats what was lost.
        let _ = serve(net, session, &chip, &mut port);
    }
}
