//! The worked example of the crate's documentation: an int8 dot product for any
//! length and alignment, before and after rescheduling, with cycle reports.
//!
//! ```text
//! cargo run --release -p lx7 --example dot_product
//! ```

use lx7::{asm, sim::Simulator};
use std::error::Error;

const CODE: u32 = 0x4037_8000;
const LEFT: u32 = 0x3FCA_0000;
const RIGHT: u32 = 0x3FCB_0000;

fn main() -> Result<(), Box<dyn Error>> {
    let left: Vec<i8> = (0..1000).map(|i| (i * 37 % 251 - 125) as i8).collect();
    let right: Vec<i8> = (0..1000).map(|i| (i * 91 % 255 - 127) as i8).collect();
    let expected: i32 = left
        .iter()
        .zip(&right)
        .map(|(a, b)| i32::from(*a) * i32::from(*b))
        .sum();
    for (name, source) in [
        ("dot_product.S", include_str!("dot_product.S")),
        (
            "dot_product_scheduled.S",
            include_str!("dot_product_scheduled.S"),
        ),
    ] {
        let program = asm::assemble(source, CODE)?;
        let mut sim = Simulator::default();
        sim.load_program(&program)?;
        let bytes = |values: &[i8]| values.iter().map(|v| *v as u8).collect::<Vec<u8>>();
        // The kernel reads whole lines, so whole lines must exist.
        sim.memory_mut().write(LEFT, &[0; 1040])?;
        sim.memory_mut().write(RIGHT, &[0; 1040])?;
        sim.memory_mut().write(LEFT + 3, &bytes(&left))?;
        sim.memory_mut().write(RIGHT + 9, &bytes(&right))?;
        let result = sim.call("dot", &[LEFT + 3, RIGHT + 9, left.len() as u32])?;
        assert_eq!(result.value() as i32, expected);
        println!(
            "{name}: {expected}, {} instructions, {} cycles\n",
            result.instructions, result.cycles
        );
        println!(
            "{}",
            sim.profile()
                .address_table(CODE, CODE + program.bytes.len() as u32)
        );
    }
    Ok(())
}
