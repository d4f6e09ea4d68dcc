//! Simulated instructions a second, clock on, strict checks on.
//!
//! ```text
//! cargo bench -p lx7
//! ```

use lx7::{asm, sim::Simulator};
use std::time::Instant;

/// A checksum over bytes: loads, ALU, a branch, as compiled code has.
const SCALAR: &str = "
run:    entry   a1, 32
        mov     a7, a4
2:      mov.n   a4, a3
        mov.n   a5, a2
        movi.n  a6, 0
1:      l8ui    a8, a5, 0
        addi.n  a5, a5, 1
        slli    a9, a6, 5
        xor     a9, a9, a8
        add.n   a6, a6, a9
        extui   a10, a6, 8, 4
        addx2   a6, a10, a6
        addi.n  a4, a4, -1
        bnez    a4, 1b
        addi    a7, a7, -1
        bnez    a7, 2b
        mov.n   a2, a6
        retw.n
";

/// A dot product of int8 vectors in a hardware loop.
const VECTOR: &str = "
run:    entry   a1, 32
        mov     a7, a4
        srli    a3, a3, 4
2:      mov.n   a5, a2
        mov.n   a6, a2
        ee.zero.accx
        ee.vld.128.ip q0, a5, 16
        ee.vld.128.ip q1, a6, 16
        loop    a3, 1f
        ee.vmulas.s8.accx.ld.ip q0, a5, 16, q0, q1
        ee.vld.128.ip q1, a6, 16
        addi.n  a4, a4, 1
1:      addi    a7, a7, -1
        bnez    a7, 2b
        retw.n
";

/// Calls twelve deep, with window spills.
const CALLS: &str = "
        .literal_position
run:    entry   a1, 32
        mov     a7, a4
1:      movi    a10, 12
        call8   down
        addi    a7, a7, -1
        bnez    a7, 1b
        retw.n
        .align 4
down:   entry   a1, 32
        beqz    a2, 1f
        addi    a10, a2, -1
        call8   down
        add     a2, a2, a10
1:      retw.n
";

fn main() {
    let wanted = std::env::args().nth(1).filter(|a| !a.starts_with("--"));
    for (name, source, rounds) in [
        ("scalar", SCALAR, 500),
        ("vector", VECTOR, 25_000),
        ("calls", CALLS, 100_000),
    ] {
        if wanted.as_ref().is_some_and(|w| w != name) {
            continue;
        }
        let program = asm::assemble(source, 0x4037_8000).expect("a correct program");
        let mut sim = Simulator::default();
        sim.load_program(&program).expect("fits");
        let data: Vec<u8> = (0..4096u32).map(|i| (i * 7) as u8).collect();
        sim.memory_mut()
            .write(0x3FCA_0000, &data)
            .expect("data memory");
        let mut best = 0.0f64;
        for _ in 0..7 {
            let start = Instant::now();
            let result = sim.call("run", &[0x3FCA_0000, 2048, rounds]).expect("runs");
            best = best.max(result.instructions as f64 / start.elapsed().as_secs_f64());
        }
        println!("{name}: {:.1} million instructions a second", best / 1e6);
    }
}
