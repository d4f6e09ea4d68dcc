//! Runs two networks without an operating system's help. On a host, the C library starts it and its exit status is a score.
#![no_std]
#![no_main]

use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};

#[shortcrust::model("../../../../models/person_detect.tflite", ram = "54K")]
pub struct PersonDetect;

#[shortcrust::model("../../../../models/speech.tflite")]
pub struct Speech;

#[cfg(unix)]
#[link(name = "c")]
unsafe extern "C" {}

/// In the executable only if something can panic.
#[unsafe(no_mangle)]
static SHORTCRUST_TEST_PANICKED: AtomicBool = AtomicBool::new(false);

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    SHORTCRUST_TEST_PANICKED.store(true, Ordering::SeqCst);
    loop {}
}

/// Where the networks live. One thread uses them, once.
struct Networks {
    person: PersonDetect,
    speech: Speech,
}

/// The sum of both networks' first scores for inputs that count up.
#[inline(never)]
fn score(networks: &mut Networks) -> u8 {
    for (index, pixel) in networks.person.input_mut().iter_mut().enumerate() {
        *pixel = (index * 7 + 3) as i8;
    }
    for (index, sample) in networks.speech.input_mut().iter_mut().enumerate() {
        *sample = (index * 5 + 1) as i8;
    }
    networks.person.run();
    networks.speech.run();
    let [person, ..] = networks.person.output().0[0];
    let [speech, ..] = networks.speech.output().0[0];
    person.wrapping_add(speech) as u8
}

#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    static mut NETWORKS: Networks = Networks { person: PersonDetect::new(), speech: Speech::new() };
    // SAFETY: `main` runs once, and nothing else names the static.
    let networks = unsafe { &mut *(&raw mut NETWORKS) };
    i32::from(score(networks))
}

/// Where execution starts on a target without an operating system.
#[cfg(not(unix))]
#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    core::hint::black_box(main());
    loop {}
}
