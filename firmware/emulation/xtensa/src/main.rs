//! The library on an emulated Xtensa with register windows. The exit status is 0 if all is as on the host.
#![no_std]
#![no_main]

use core::fmt::{self, Write};
use core::panic::PanicInfo;

use esp_flash::Machine;
use esp_flash::inference::PersonDetectMeasurements;
use esp_flash::networks::PersonDetect;
use esp_flash::shortcrust::OneCore;
use esp_flash::stack::Stack;
use static_cell::ConstStaticCell;

static NET: ConstStaticCell<PersonDetect> = ConstStaticCell::new(PersonDetect::new());
static MEASUREMENTS: ConstStaticCell<PersonDetectMeasurements> =
    ConstStaticCell::new(PersonDetectMeasurements::new());

unsafe extern "C" {
    /// The emulator's own service, in start.S.
    fn emulator_call(service: u32, first: u32, second: u32, third: u32) -> u32;
    safe fn cycle_count() -> u32;
    static _stack_end: u32;
    static _stack_start: u32;
}

/// Services of the emulator.
const EXIT: u32 = 1;
const WRITE: u32 = 4;

struct Qemu {
    stack: Stack,
}

impl Machine for Qemu {
    const NAME: &'static str = "xtensa";

    type Cores = OneCore;

    fn cores(&self) -> &OneCore {
        &OneCore
    }

    /// The emulator's clock, neither instructions nor a chip's cycles.
    fn cycles(&self) -> u32 {
        cycle_count()
    }

    fn microseconds(&self) -> u64 {
        u64::from(cycle_count())
    }

    fn stack(&self) -> &Stack {
        &self.stack
    }
}

struct Output;

impl Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // SAFETY: the service reads the bytes of the text and writes them to file 1.
        unsafe {
            emulator_call(
                WRITE,
                1,
                text.as_ptr().expose_provenance() as u32,
                text.len() as u32,
            )
        };
        Ok(())
    }
}

fn exit(status: u32) -> ! {
    // SAFETY: the service ends the emulation.
    unsafe { emulator_call(EXIT, status, 0, 0) };
    loop {
        core::hint::spin_loop();
    }
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    let _ = writeln!(Output, "{info}");
    exit(101)
}

/// LLVM lowers traps to a call of this.
#[unsafe(no_mangle)]
extern "C" fn abort() -> ! {
    exit(102)
}

/// Called by start.S.
#[unsafe(no_mangle)]
extern "C" fn rust_main() -> ! {
    let (end, start) = (&raw const _stack_end, &raw const _stack_start);
    // SAFETY: sim.x gives what lies between to the stack.
    let stack = unsafe { Stack::new(end.expose_provenance(), start.expose_provenance()) };
    stack.paint();
    let (net, measurements) = (NET.take(), MEASUREMENTS.take());
    let good = emulation::run(net, measurements, &Qemu { stack }, &mut Output);
    exit(if good == Ok(true) { 0 } else { 1 })
}
