//! Any bytes as a `.tflite` file: a graph or an error, never a panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = shortcrust_compiler::tflite::read(bytes);
});
