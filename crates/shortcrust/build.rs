//! Tells the crate whether it is built for an ESP32-S3, whose vector unit networks have machine code for.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(esp32s3)");
    println!("cargo::rerun-if-changed=build.rs");
    // The targets of Espressif's three Xtensa chips differ in nothing but their names.
    if std::env::var("TARGET").is_ok_and(|target| target.contains("esp32s3")) {
        println!("cargo::rustc-cfg=esp32s3");
    }
}
