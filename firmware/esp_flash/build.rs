//! The demonstration needs photographs as its network takes them.

#[cfg(feature = "demonstration")]
#[path = "build/photographs.rs"]
mod photographs;

#[cfg(feature = "demonstration")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    photographs::write()
}

#[cfg(not(feature = "demonstration"))]
fn main() {}
