//! Runs the network on `test/input.raw`, again and again, and says whether the chip answers what the laptop answered.
#![no_std]
#![no_main]
#![deny(clippy::large_stack_frames, clippy::mem_forget)]

{% if output_reals != "none" %}
use esp_flash::Decimal;
{% endif %}
use esp_flash::shortcrust::Model;
use esp_flash::{Machine, Network};
use esp_hal::delay::Delay;
use esp_println::println;
use firmware::{Board, INPUT, Net, OUTPUT};
use static_cell::ConstStaticCell;

esp_bootloader_esp_idf::esp_app_desc!();

static NET: ConstStaticCell<Net> = ConstStaticCell::new(Net::new());

/// Values of the output that are printed, at most.
const SHOWN: usize = 10;

#[esp_hal::main]
fn main() -> ! {
    let Board { chip, .. } = Board::start();
    let net = NET.take();
    loop {
        // A run uses the input's storage again: fill it before every run.
        net.input_bytes_mut().copy_from_slice(INPUT);
        let start = chip.microseconds();
        net.run_on(chip.cores());
        let microseconds = chip.microseconds() - start;
        chip.stack().check();

        for (index, value) in net.output().iter().enumerate().take(SHOWN) {
{% if output_reals == "quantised" %}
            let real = Decimal(Net::OUTPUT.dequantise(*value));
            println!("  [{index}] {value:>4}  {real}");
{% elif output_reals == "floats" %}
            println!("  [{index}] {}", Decimal(*value));
{% else %}
            println!("  [{index}] {value:>4}");
{% endif %}
        }
        let verdict = match net.output_bytes() == OUTPUT {
            true => "the laptop's answer, bit for bit",
            false => "NOT the laptop's answer",
        };
        println!(
            "{verdict}; {}.{:03} ms, stack {} of {} bytes, arena {} bytes",
            microseconds / 1000,
            microseconds % 1000,
            chip.stack().high_water(),
            chip.stack().total(),
            Net::ARENA_BYTES
        );
        Delay::new().delay_millis(1000);
    }
}
