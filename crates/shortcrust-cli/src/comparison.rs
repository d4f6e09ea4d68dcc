//! Two profiles of a network, layer by layer.

use serde::Serialize;

use crate::failure::{Failure, Result};
use crate::page::{self, BAD, FAINT, GOOD, Page, paint};
use crate::profile::{Layer, Profile};

/// How much slower than before is still no regression, in percent.
const TOLERANCE: u128 = 1;

/// What changed since an earlier profile.
#[derive(Serialize)]
pub struct Comparison {
    /// Cycles before, of the layers that both profiles time.
    old_cycles: u64,
    /// Cycles now, of the same layers.
    new_cycles: u64,
    /// The difference as a share of the old cycles; negative is faster.
    change: f64,
    /// Whether the network became slower by more than 1 %, or a layer lost its machine code.
    regression: bool,
    /// The layers that changed.
    layers: Vec<Change>,
}

/// A layer that changed.
#[derive(Serialize)]
struct Change {
    number: usize,
    operator: String,
    /// Cycles before; absent where it ran a portable kernel.
    old_cycles: Option<u64>,
    /// Cycles now; absent where it runs a portable kernel.
    new_cycles: Option<u64>,
}

impl Comparison {
    /// Compares profiles of the same network.
    pub fn between(old: &Profile, new: &Profile) -> Result<Self> {
        let key = |layer: &Layer| {
            (
                layer.number,
                layer.operator.clone(),
                layer.output_shape.clone(),
            )
        };
        if !old.layers.iter().map(key).eq(new.layers.iter().map(key)) {
            return Err(Failure::request(
                "the earlier profile is of another network: its layers are not the same",
                "compare with a profile of the same .tflite file",
            ));
        }
        let cycles = |layer: &Layer| (!layer.portable).then_some(layer.cycles);
        let pairs = old.layers.iter().zip(&new.layers);
        let changes: Vec<Change> = pairs
            .map(|(old, new)| Change {
                number: new.number,
                operator: new.operator.clone(),
                old_cycles: cycles(old),
                new_cycles: cycles(new),
            })
            .collect();
        let timed = changes
            .iter()
            .filter_map(|change| change.old_cycles.zip(change.new_cycles));
        let (old_cycles, new_cycles) = timed.fold((0, 0), |(a, b), (old, new)| (a + old, b + new));
        let slower = 100 * u128::from(new_cycles) > (100 + TOLERANCE) * u128::from(old_cycles);
        let lost = changes
            .iter()
            .any(|change| change.old_cycles.is_some() && change.new_cycles.is_none());
        Ok(Self {
            old_cycles,
            new_cycles,
            change: share(old_cycles, new_cycles),
            regression: lost || slower,
            layers: changes
                .into_iter()
                .filter(|change| change.old_cycles != change.new_cycles)
                .collect(),
        })
    }

    /// Whether the network became worse.
    pub fn is_regression(&self) -> bool {
        self.regression
    }

    /// The changes as a table, and the total.
    pub fn text(&self, page: &Page) -> String {
        let mut table = page.table(&["#", "operator", "before", "now", "change"], &[0, 2, 3, 4]);
        for layer in &self.layers {
            let cell =
                |cycles: Option<u64>| cycles.map_or_else(|| "portable".to_owned(), page::count);
            let change = match layer.old_cycles.zip(layer.new_cycles) {
                Some((old, new)) => percent(share(old, new)),
                None => String::new(),
            };
            table.add_row([
                layer.number.to_string(),
                layer.operator.clone(),
                cell(layer.old_cycles),
                cell(layer.new_cycles),
                change,
            ]);
        }
        let layers = match self.layers.len() {
            0 => paint(FAINT, "  no layer changed"),
            _ => table.trim_fmt(),
        };
        let verdict = if self.regression {
            paint(BAD, "slower than before")
        } else {
            paint(GOOD, "no slower than before")
        };
        format!(
            "{layers}\n\n  {} cycles before, {} now: {}, {verdict}",
            page::count(self.old_cycles),
            page::count(self.new_cycles),
            percent(self.change),
        )
    }
}

fn share(old: u64, new: u64) -> f64 {
    match old {
        0 if new == 0 => 0.0,
        0 => 1.0,
        _ => new as f64 / old as f64 - 1.0,
    }
}

fn percent(share: f64) -> String {
    format!("{:+.1} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn profile(cycles: [Option<u64>; 2]) -> Profile {
        let layers = cycles.iter().enumerate().map(|(number, cycles)| {
            json!({
                "number": number, "operator": "ADD", "output_shape": [1, 8], "portable": cycles.is_none(),
                "cycles": cycles.unwrap_or(0), "milliseconds": 0.0, "macs": 0, "macs_a_cycle": null, "limit_share": null,
                "stalls": {}, "code_bytes": 0, "weight_bytes": 0, "stack_bytes": 0, "method": "",
            })
        });
        let layers: Vec<_> = layers.collect();
        let profile = json!({
            "weights": "ram", "cycles": 0, "milliseconds": 0.0, "macs": 0, "portable_layers": 0, "portable_mac_share": 0.0,
            "code_bytes": 0, "weight_bytes": 0, "portable_weight_bytes": 0, "arena_bytes": 0, "stack_bytes": 0, "stalls": {},
            "layers": layers,
        });
        serde_json::from_value(profile).unwrap()
    }

    #[test]
    fn slower_by_more_than_one_percent_is_a_regression() {
        let old = profile([Some(1000), Some(9000)]);
        for (cycles, regression) in [
            ([Some(1000), Some(9000)], false),
            ([Some(1100), Some(9000)], false),
            ([Some(1101), Some(9000)], true),
            ([Some(9000), Some(1000)], false),
            ([Some(500), None], true),
        ] {
            let comparison = Comparison::between(&old, &profile(cycles)).unwrap();
            assert_eq!(comparison.is_regression(), regression, "{cycles:?}");
        }
    }

    #[test]
    fn a_layer_that_gains_machine_code_is_no_regression() {
        let comparison = Comparison::between(
            &profile([Some(1000), None]),
            &profile([Some(1000), Some(50_000)]),
        );
        let comparison = comparison.unwrap();
        assert!(!comparison.is_regression());
        assert_eq!((comparison.old_cycles, comparison.layers.len()), (1000, 1));
    }
}
