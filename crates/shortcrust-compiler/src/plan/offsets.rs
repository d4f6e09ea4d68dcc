//! Packs storages into the arena: first fit in several orders, then a search that starts from the best of them.

use super::Allocation;

/// How many orders the search tries before it accepts what it has.
const TRIES: usize = 2000;

/// Sets every offset and returns the size of the arena. Stops early when it equals `lower_bound`.
///
/// The search is deterministic: the same program always has the same plan.
pub fn assign(allocations: &mut [Allocation], lower_bound: usize) -> usize {
    let mut orders: Vec<Vec<usize>> = (0..3).map(|_| (0..allocations.len()).collect()).collect();
    orders[0].sort_by_key(|&i| std::cmp::Reverse(allocations[i].bytes));
    orders[1].sort_by_key(|&i| allocations[i].lifetime.first);
    orders[2].sort_by_key(|&i| {
        let life = allocations[i].lifetime;
        std::cmp::Reverse(allocations[i].bytes * (life.last - life.first + 1))
    });
    let Some((mut best, mut order)) = orders
        .into_iter()
        .map(|order| (place(allocations, &order), order))
        .min_by_key(|(bytes, _)| *bytes)
    else {
        return 0;
    };
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..TRIES {
        if best == lower_bound || order.len() < 2 {
            break;
        }
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let from = (random >> 32) as usize % order.len();
        let to = (random & 0xFFFF_FFFF) as usize % order.len();
        let mut candidate = order.clone();
        let moved = candidate.remove(from);
        candidate.insert(to, moved);
        let bytes = place(allocations, &candidate);
        if bytes <= best {
            (best, order) = (bytes, candidate);
        }
    }
    place(allocations, &order)
}

/// Places storages one after the other, each at the lowest offset that is free during its whole life.
fn place(allocations: &mut [Allocation], order: &[usize]) -> usize {
    let mut placed: Vec<Allocation> = Vec::with_capacity(order.len());
    let mut end = 0;
    for &index in order {
        let allocation = &mut allocations[index];
        allocation.offset = 0;
        for other in &placed {
            let gap_is_too_small = allocation.offset + allocation.bytes > other.offset;
            let is_behind = other.offset + other.bytes > allocation.offset;
            if other.lifetime.overlaps(&allocation.lifetime) && gap_is_too_small && is_behind {
                allocation.offset = other.offset + other.bytes;
            }
        }
        end = end.max(allocation.offset + allocation.bytes);
        let at = placed.partition_point(|other| other.offset <= allocation.offset);
        placed.insert(at, *allocation);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::super::Lifetime;
    use super::*;
    use crate::graph::TensorId;

    fn allocation(index: usize, bytes: usize, first: usize, last: usize) -> Allocation {
        Allocation {
            tensor: TensorId(index),
            offset: 0,
            bytes,
            lifetime: Lifetime { first, last },
        }
    }

    #[test]
    fn storages_alive_together_do_not_overlap() {
        let mut random = 1u32;
        let mut next = |limit: u32| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 8) % limit
        };
        for _ in 0..50 {
            let mut allocations: Vec<_> = (0..20)
                .map(|i| {
                    let first = next(15) as usize;
                    allocation(
                        i,
                        16 * (1 + next(40) as usize),
                        first,
                        first + next(5) as usize,
                    )
                })
                .collect();
            let end = assign(&mut allocations, 0);
            for (i, a) in allocations.iter().enumerate() {
                assert!(a.offset + a.bytes <= end);
                for b in &allocations[..i] {
                    let apart = a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
                    assert!(apart || !a.lifetime.overlaps(&b.lifetime));
                }
            }
        }
    }

    #[test]
    fn a_chain_needs_its_largest_neighbours() {
        let sizes = [160, 320, 480, 80, 640, 16];
        let mut allocations: Vec<_> = sizes
            .iter()
            .enumerate()
            .map(|(i, &bytes)| allocation(i, bytes, i, i + 1))
            .collect();
        assert_eq!(assign(&mut allocations, 800), 800);
    }
}
