//! How not to do it: a picture on the stack and, through the feature `wrong`, kernels in flash. The checks must find both.
#![no_std]
#![no_main]
#![deny(clippy::large_stack_frames, clippy::mem_forget)]

use core::hint::black_box;

use esp_flash::networks::{PersonDetect, Scores};
use esp_flash::photographs::PHOTOGRAPHS;
use esp_println::println;
use firmware::Board;
use shortcrust::Buffer4D;
use static_cell::ConstStaticCell;

esp_bootloader_esp_idf::esp_app_desc!();

static NET: ConstStaticCell<PersonDetect> = ConstStaticCell::new(PersonDetect::new());

/// Nine kilobytes of picture in this function's frame.
#[inline(never)]
#[expect(clippy::large_stack_frames, reason = "clippy must find it, too")]
fn judge_on_the_stack(net: &mut PersonDetect) -> Scores {
    let mut picture = Buffer4D::new();
    PHOTOGRAPHS[0].show(black_box(&mut picture));
    net.input_mut().copy_from_slice(&picture);
    net.run();
    Scores::of(net)
}

#[esp_hal::main]
fn main() -> ! {
    Board::start();
    let net = NET.take();
    loop {
        println!("{}", judge_on_the_stack(net));
    }
}
