//! The board behind [`Machine`], and what a panic says of the stack.

use esp_backtrace as _;
use esp_flash::Machine;
use esp_flash::stack::Stack;
use esp_hal::clock::CpuClock;
use esp_hal::time::Instant;
use esp_hal::{Blocking, Config};

#[cfg(not(any(feature = "esp32s3", feature = "esp32c6", feature = "esp32c3")))]
compile_error!("choose a chip: the feature esp32s3, esp32c6 or esp32c3");
#[cfg(all(feature = "dual-core", not(feature = "esp32s3")))]
compile_error!("the feature dual-core needs a second core, which only the ESP32-S3 has");

/// What a host is served over: the USB port of the chip itself.
#[cfg(not(feature = "uart"))]
pub type Port = esp_hal::usb::usb_serial_jtag::UsbSerialJtag<'static, Blocking>;

/// What a host is served over: the pins that boards wire to a USB bridge.
#[cfg(feature = "uart")]
pub type Port = esp_hal::uart::Uart<'static, Blocking>;

unsafe extern "C" {
    static _stack_start: u32;
    static _stack_end: u32;
    static __stack_chk_guard: u32;
}

/// A started board.
pub struct Board {
    /// The processor.
    pub chip: Chip,
    /// The serial port to the host.
    pub port: Port,
}

impl Board {
    /// Starts the chip at its highest clock and paints the stack, and with the feature `dual-core` starts the second core. To be
    /// called once, first in `main`.
    pub fn start() -> Self {
        let peripherals = esp_hal::init(Config::default().with_cpu_clock(CpuClock::max()));
        counter::start();
        #[cfg(feature = "dual-core")]
        second_core::start(peripherals.CPU_CTRL);
        let stack = stack();
        stack.paint();
        #[cfg(not(feature = "uart"))]
        let port = Port::new(peripherals.USB_DEVICE);
        // The pins on which the chip's boot loader prints.
        #[cfg(all(feature = "uart", feature = "esp32s3"))]
        let (receive, send) = (peripherals.GPIO44, peripherals.GPIO43);
        #[cfg(all(feature = "uart", feature = "esp32c6"))]
        let (receive, send) = (peripherals.GPIO17, peripherals.GPIO16);
        #[cfg(all(feature = "uart", feature = "esp32c3"))]
        let (receive, send) = (peripherals.GPIO20, peripherals.GPIO21);
        // 115,200 baud, eight bits, no parity: what `shortcrust device` opens ports with.
        #[cfg(feature = "uart")]
        let port = Port::new(peripherals.UART0, esp_hal::uart::Config::default())
            .expect("every clock of the chip can be divided to the usual speed")
            .with_rx(receive)
            .with_tx(send);
        Self {
            chip: Chip { stack },
            port,
        }
    }
}

/// The processor with its counters and its memory.
pub struct Chip {
    stack: Stack,
}

/// The main stack above esp-hal's guard word: writing that one is an exception.
fn stack() -> Stack {
    let (end, start) = (&raw const _stack_end, &raw const _stack_start);
    let guard = &raw const __stack_chk_guard;
    // SAFETY: the linker script reserves what lies between `_stack_end` and `_stack_start` for the main stack and nothing else,
    // the guard word is in it, and the program runs on no other stack.
    unsafe {
        Stack::above_guard(
            end.expose_provenance(),
            guard.expose_provenance(),
            start.expose_provenance(),
        )
    }
}

impl Machine for Chip {
    const NAME: &'static str = esp_hal::chip!();

    #[cfg(feature = "dual-core")]
    type Cores = shortcrust::SecondCore;
    #[cfg(not(feature = "dual-core"))]
    type Cores = shortcrust::OneCore;

    fn cores(&self) -> &Self::Cores {
        #[cfg(feature = "dual-core")]
        return &second_core::SECOND;
        #[cfg(not(feature = "dual-core"))]
        &shortcrust::OneCore
    }

    fn cycles(&self) -> u32 {
        counter::read()
    }

    fn microseconds(&self) -> u64 {
        Instant::now().duration_since_epoch().as_micros()
    }

    fn stack(&self) -> &Stack {
        &self.stack
    }

    #[cfg(feature = "heap")]
    fn heap(&self) -> Option<esp_flash::Heap> {
        let heap = &esp_alloc::HEAP;
        Some(esp_flash::Heap {
            used: heap.used(),
            total: heap.used() + heap.free(),
        })
    }
}

/// The second core, which does nothing but halves of layers.
#[cfg(feature = "dual-core")]
mod second_core {
    use esp_hal::peripherals::CPU_CTRL;
    use esp_hal::system::{AppCoreGuard, CpuControl, Stack};
    use shortcrust::SecondCore;
    use static_cell::{ConstStaticCell, StaticCell};

    pub static SECOND: SecondCore = SecondCore::new();

    /// Half of it lies below the guard word, for the message of an overflow.
    static STACK: ConstStaticCell<Stack<8192>> = ConstStaticCell::new(Stack::new());

    static GUARD: StaticCell<AppCoreGuard> = StaticCell::new();

    pub fn start(control: CPU_CTRL<'static>) {
        match CpuControl::new(control).start_app_core(STACK.take(), || SECOND.work()) {
            // Dropping the guard would stop the core.
            Ok(guard) => _ = GUARD.init(guard),
            // Without it the first core does all of the work.
            Err(_) => esp_println::println!("the second core runs something else already"),
        }
    }
}

/// The cycle counter.
#[cfg(feature = "esp32s3")]
mod counter {
    /// It always counts.
    pub fn start() {}

    #[inline(always)]
    pub fn read() -> u32 {
        esp_hal::xtensa_lx::timer::get_cycle_count()
    }
}

/// The cycle counter: on these RISC-V cores a performance counter with registers of its own.
#[cfg(any(feature = "esp32c3", feature = "esp32c6"))]
mod counter {
    use core::arch::asm;

    /// Counts cycles (register mpcer, 0x7e0) from now on (register mpcmr, 0x7e1).
    pub fn start() {
        // SAFETY: the registers belong to the counter, which esp-hal does not use; no memory is touched.
        unsafe { asm!("csrwi 0x7e0, 1", "csrwi 0x7e1, 1", options(nomem, nostack)) }
    }

    /// Register mpccr, 0x7e2.
    #[inline(always)]
    pub fn read() -> u32 {
        let cycles;
        // SAFETY: reading the counter has no effect.
        unsafe { asm!("csrr {}, 0x7e2", out(reg) cycles, options(nomem, nostack)) }
        cycles
    }
}

/// What a panic prints before its message: whether the stack is the cause. The name and signature are esp-backtrace's.
#[unsafe(no_mangle)]
fn custom_pre_backtrace() {
    let stack = stack();
    if !stack.holds_current_frame() || stack.overflowed() {
        esp_println::println!(
            "\nSTACK OVERFLOW: all {} bytes of the stack were used. Keep large values in static cells, or shrink the statics, \
             which take what the stack could have.",
            stack.total()
        );
    }
}
