//! The worked example: right for every length and alignment, and the
//! rescheduled version is faster.

use lx7::{asm, sim::Simulator};

fn load(source: &str) -> Simulator {
    let mut sim = Simulator::default();
    sim.load_program(&asm::assemble(source, 0x4037_8000).unwrap())
        .unwrap();
    sim
}

fn cycles(sim: &mut Simulator, n: usize, offsets: (u32, u32)) -> u64 {
    sim.memory_mut().forget(0x3FCA_0000, 0x2_0000);
    let (left, right) = (0x3FCA_0000, 0x3FCB_0000);
    let a: Vec<u8> = (0..n).map(|i| (i * 37 % 256) as u8).collect();
    let b: Vec<u8> = (0..n).map(|i| (i * 91 % 256) as u8).collect();
    let expected: i32 = a
        .iter()
        .zip(&b)
        .map(|(x, y)| i32::from(*x as i8) * i32::from(*y as i8))
        .sum();
    let lines = |offset: u32| (n + offset as usize).next_multiple_of(16);
    sim.memory_mut()
        .write(left, &vec![0x55; lines(offsets.0)])
        .unwrap();
    sim.memory_mut()
        .write(right, &vec![0xAA; lines(offsets.1)])
        .unwrap();
    sim.memory_mut().write(left + offsets.0, &a).unwrap();
    sim.memory_mut().write(right + offsets.1, &b).unwrap();
    let result = sim
        .call("dot", &[left + offsets.0, right + offsets.1, n as u32])
        .unwrap();
    assert_eq!(
        result.value() as i32,
        expected,
        "length {n}, offsets {offsets:?}"
    );
    result.cycles
}

#[test]
fn both_kernels_equal_plain_rust_and_rescheduling_pays() {
    let mut plain = load(include_str!("../examples/dot_product.S"));
    let mut scheduled = load(include_str!("../examples/dot_product_scheduled.S"));
    for n in (0..70).chain([255, 256, 1000]) {
        for offsets in [(0, 0), (3, 9), (15, 1), (0, 8)] {
            let (before, after) = (
                cycles(&mut plain, n, offsets),
                cycles(&mut scheduled, n, offsets),
            );
            let blocks = n.saturating_sub(1) as u64 / 16;
            assert!(
                after + blocks <= before + 4,
                "length {n}: {before} cycles, then {after}"
            );
        }
    }
}
