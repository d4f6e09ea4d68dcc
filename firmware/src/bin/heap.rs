//! Keeps a growing record of its verdicts, which needs a heap: the one binary that has one.
#![no_std]
#![no_main]
#![deny(clippy::large_stack_frames, clippy::mem_forget)]

extern crate alloc;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use esp_flash::Machine;
use esp_flash::inference::judge;
use esp_flash::networks::PersonDetect;
use esp_flash::photographs::PHOTOGRAPHS;
use esp_hal::delay::Delay;
use esp_println::println;
use firmware::Board;
use static_cell::ConstStaticCell;

esp_bootloader_esp_idf::esp_app_desc!();

static NET: ConstStaticCell<PersonDetect> = ConstStaticCell::new(PersonDetect::new());

/// Rounds after which the record starts again.
const ROUNDS: usize = 100;

#[esp_hal::main]
fn main() -> ! {
    let Board { chip, .. } = Board::start();
    // Memory that the bootloader has used and needs no more: it costs the stack nothing.
    esp_alloc::heap_allocator!(#[esp_hal::ram(reclaimed)] size: 64 * 1024);
    let net = NET.take();
    let mut times = BTreeMap::<&str, Vec<u64>>::new();
    loop {
        for photograph in &PHOTOGRAPHS {
            let judgement = judge(net, photograph, &chip);
            let times = times.entry(photograph.name).or_default();
            times.push(judgement.microseconds);
            let slowest = times.iter().max().unwrap_or(&0);
            println!(
                "{:<10} {}  slowest of {} runs {slowest} us",
                photograph.name,
                judgement.scores,
                times.len()
            );
        }
        if let Some(heap) = chip.heap() {
            println!("heap {} of {} bytes", heap.used, heap.total);
        }
        if times.values().any(|times| times.len() >= ROUNDS) {
            times.clear();
        }
        Delay::new().delay_millis(1000);
    }
}
