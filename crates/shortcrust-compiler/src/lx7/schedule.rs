//! In which order a depthwise layer's taps are multiplied, so that few elements are loaded again.

use lx7::asm::Q;

/// In which order taps are multiplied, and which registers hold their elements.
pub(super) struct Schedule {
    /// For each level, tap and register of each multiplication.
    pub(super) levels: Vec<Vec<(usize, Q)>>,
    /// Registers that hold elements.
    pub(super) held: usize,
}

impl Schedule {
    /// For so many registers from q0 on: each level starts with the taps that they still hold.
    pub(super) fn new(taps: usize, levels: usize, held: usize) -> Self {
        let mut order: Vec<(usize, Q)> =
            (0..taps).map(|tap| (tap, Q((tap % held) as u8))).collect();
        let mut all = vec![order.clone()];
        for _ in 1..levels {
            let (gone, kept) = order.split_at(taps.saturating_sub(held));
            let registers: Vec<Q> = kept.iter().map(|(_, register)| *register).collect();
            let next = kept.iter().chain(gone).enumerate();
            order = next
                .map(|(position, (tap, _))| (*tap, registers[position % registers.len()]))
                .collect();
            all.push(order.clone());
        }
        Self { levels: all, held }
    }

    /// The order of the taps of a level.
    pub(super) fn taps(&self, level: usize) -> Vec<usize> {
        self.levels[level].iter().map(|(tap, _)| *tap).collect()
    }

    /// Every load in order: all taps at the first level, later those that no register holds.
    pub(super) fn loads(&self) -> impl Iterator<Item = (usize, Q)> {
        let skip = |level: usize| if level == 0 { 0 } else { self.held };
        self.levels
            .iter()
            .enumerate()
            .flat_map(move |(level, order)| order.iter().copied().skip(skip(level)))
    }
}
