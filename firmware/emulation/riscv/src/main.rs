//! The library on emulated RISC-V. The exit status is 0 if all is as on the host.
#![no_std]
#![no_main]

use core::fmt::{self, Write};

use esp_flash::Machine;
use esp_flash::inference::PersonDetectMeasurements;
use esp_flash::networks::PersonDetect;
use esp_flash::shortcrust::OneCore;
use esp_flash::stack::Stack;
use semihosting::{print, process};
use static_cell::ConstStaticCell;

static NET: ConstStaticCell<PersonDetect> = ConstStaticCell::new(PersonDetect::new());
static MEASUREMENTS: ConstStaticCell<PersonDetectMeasurements> =
    ConstStaticCell::new(PersonDetectMeasurements::new());

unsafe extern "C" {
    static __sheap: u32;
    static _stack_start: u32;
}

struct Qemu {
    stack: Stack,
}

impl Machine for Qemu {
    const NAME: &'static str = "riscv32";

    type Cores = OneCore;

    fn cores(&self) -> &OneCore {
        &OneCore
    }

    /// With `-icount shift=0`: instructions.
    fn cycles(&self) -> u32 {
        riscv::register::mcycle::read() as u32
    }

    fn microseconds(&self) -> u64 {
        riscv::register::mcycle::read64() / 1000
    }

    fn stack(&self) -> &Stack {
        &self.stack
    }
}

struct Semihosting;

impl Write for Semihosting {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        print!("{text}");
        Ok(())
    }
}

#[riscv_rt::entry]
fn main() -> ! {
    let (end, start) = (&raw const __sheap, &raw const _stack_start);
    // SAFETY: between the last static and the start of the stack nothing lives but frames: there is no heap.
    let stack = unsafe { Stack::new(end.expose_provenance(), start.expose_provenance()) };
    stack.paint();
    let (net, measurements) = (NET.take(), MEASUREMENTS.take());
    let good = emulation::run(net, measurements, &Qemu { stack }, &mut Semihosting);
    process::exit(if good == Ok(true) { 0 } else { 1 })
}
