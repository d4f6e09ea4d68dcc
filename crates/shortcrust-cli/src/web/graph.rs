//! The network as a drawing: a box a layer from top to bottom, an arrow for each tensor, a bar for each layer's time.

use std::collections::HashMap;

use shortcrust_compiler::graph::TensorId;
use shortcrust_compiler::network::Network;
use svg::Document;
use svg::node::element::{Definitions, Group, Line, Marker, Path, Rectangle, Text, Title};

use super::{percent, waiting};
use crate::page::{self, count, shape};
use crate::profile::{Layer, Profile};

/// From one box to the next, in pixels.
const ROW: f64 = 56.0;
/// Room above the first box for its outline.
const TOP: f64 = 2.0;
/// A box.
const WIDTH: f64 = 230.0;
const HEIGHT: f64 = 38.0;
/// From one arrow that goes past boxes to the next.
const LANE: f64 = 14.0;
/// The longest bar, and the room for the text behind it.
const BAR: f64 = 420.0;
const LABEL: f64 = 250.0;

/// A box: an input, a layer or an output.
struct Row<'p> {
    title: String,
    shape: String,
    class: &'static str,
    layer: Option<&'p Layer>,
    reads: Vec<TensorId>,
    writes: Vec<TensorId>,
}

/// An arrow from row to row; one that goes past boxes has a lane beside them.
struct Arrow {
    from: usize,
    to: usize,
    lane: Option<usize>,
}

/// Draws the network.
pub fn draw(network: &Network, profile: &Profile) -> String {
    let rows = rows(network, profile);
    let arrows = arrows(&rows);
    let lanes = arrows
        .iter()
        .filter_map(|arrow| arrow.lane)
        .max()
        .map_or(0, |lane| lane + 1);
    let left = 10.0 + LANE * (lanes as f64 + 0.5);
    let (width, height) = (left + WIDTH + 24.0 + BAR + LABEL, rows.len() as f64 * ROW);
    let slowest = profile
        .layers
        .iter()
        .map(|layer| layer.cycles)
        .max()
        .unwrap_or(0)
        .max(1);
    let head = Marker::new()
        .set("id", "head")
        .set("viewBox", "0 0 8 8")
        .set("refX", 7)
        .set("refY", 4)
        .set("markerWidth", 7)
        .set("markerHeight", 7)
        .set("orient", "auto")
        .add(Path::new().set("d", "M0 0L8 4L0 8z").set("class", "head"));
    let mut document = Document::new()
        .set("class", "graph")
        .set("viewBox", (0, 0, width as i64, height as i64))
        .set("width", width)
        .set("height", height)
        .set("role", "img")
        .add(Definitions::new().add(head));
    for arrow in &arrows {
        document = document.add(line(arrow, left));
    }
    for (index, row) in rows.iter().enumerate() {
        let y = TOP + index as f64 * ROW;
        let mut group = Group::new()
            .set("class", row.class)
            .add(Title::new(description(row)));
        group = group.add(
            Rectangle::new()
                .set("class", "box")
                .set("x", left)
                .set("y", y)
                .set("width", WIDTH)
                .set("height", HEIGHT)
                .set("rx", 6),
        );
        group = group
            .add(text(&row.title, left + 12.0, y + 16.0, "operator"))
            .add(text(&row.shape, left + 12.0, y + 31.0, "shape"));
        if let Some(layer) = row.layer {
            group = bar(
                group,
                layer,
                profile.cycles,
                slowest,
                left + WIDTH + 24.0,
                y,
            );
        }
        document = document.add(group);
    }
    document.to_string()
}

fn rows<'p>(network: &Network, profile: &'p Profile) -> Vec<Row<'p>> {
    let graph = &network.program.graph;
    let end = |title: &str, id: TensorId, reads: Vec<TensorId>, writes: Vec<TensorId>| {
        let tensor = graph.tensor(id);
        Row {
            title: title.to_owned(),
            shape: format!("{} {}", shape(&tensor.shape), tensor.element.name()),
            class: "end",
            layer: None,
            reads,
            writes,
        }
    };
    let inputs = graph
        .inputs
        .iter()
        .map(|&id| end("input", id, Vec::new(), vec![id]));
    let layers = graph
        .nodes
        .iter()
        .zip(&profile.layers)
        .map(|(node, layer)| Row {
            title: format!("{}  {}", layer.number, layer.operator),
            shape: shape(&layer.output_shape),
            class: match (layer.works(), layer.portable) {
                (false, _) => "layer free",
                (true, true) => "layer portable",
                (true, false) => "layer",
            },
            layer: Some(layer),
            reads: node.inputs.iter().flatten().copied().collect(),
            writes: node.outputs.clone(),
        });
    let outputs = graph
        .outputs
        .iter()
        .map(|&id| end("output", id, vec![id], Vec::new()));
    inputs.chain(layers).chain(outputs).collect()
}

/// An arrow for each tensor that a row reads and an earlier one writes.
fn arrows(rows: &[Row]) -> Vec<Arrow> {
    let mut writer = HashMap::new();
    let mut arrows: Vec<Arrow> = Vec::new();
    // For each lane, the row where its last arrow ends.
    let mut lanes: Vec<usize> = Vec::new();
    let mut pairs = Vec::new();
    for (to, row) in rows.iter().enumerate() {
        let mut from: Vec<usize> = row
            .reads
            .iter()
            .filter_map(|tensor| writer.get(tensor).copied())
            .collect();
        from.sort_unstable();
        from.dedup();
        pairs.extend(from.into_iter().map(|from| (from, to)));
        writer.extend(row.writes.iter().map(|&tensor| (tensor, to)));
    }
    pairs.sort_unstable();
    for (from, to) in pairs {
        let lane = (to > from + 1).then(|| {
            let free = lanes.iter().position(|&end| end < from);
            let lane = free.unwrap_or(lanes.len());
            lanes.resize(lanes.len().max(lane + 1), 0);
            lanes[lane] = to;
            lane
        });
        arrows.push(Arrow { from, to, lane });
    }
    arrows
}

fn line(arrow: &Arrow, left: f64) -> Path {
    let (from, to) = (TOP + arrow.from as f64 * ROW, TOP + arrow.to as f64 * ROW);
    let path = match arrow.lane {
        None => {
            let x = left + WIDTH / 2.0;
            format!("M{x} {}V{}", from + HEIGHT, to - 1.0)
        }
        Some(lane) => {
            let (x, r) = (left - LANE * (lane as f64 + 1.0), 6.0);
            let (start, end) = (from + HEIGHT * 0.72, to + HEIGHT * 0.28);
            format!(
                "M{left} {start}H{}Q{x} {start} {x} {}V{}Q{x} {end} {} {end}H{}",
                x + r,
                start + r,
                end - r,
                x + r,
                left - 1.0
            )
        }
    };
    Path::new()
        .set("class", "arrow")
        .set("d", path)
        .set("marker-end", "url(#head)")
}

/// A layer's time: busy and waiting, and what the limit would allow.
fn bar(group: Group, layer: &Layer, total: u64, slowest: u64, x: f64, y: f64) -> Group {
    let length = |cycles: f64| (BAR * cycles / slowest as f64 * 10.0).round() / 10.0;
    let middle = y + HEIGHT / 2.0 + 4.0;
    if layer.cycles == 0 {
        let note = if layer.works() {
            "portable kernel, not timed"
        } else {
            "free"
        };
        return group.add(text(note, x, middle, "note"));
    }
    let busy = length((layer.cycles - waiting(layer).min(layer.cycles)) as f64);
    let whole = length(layer.cycles as f64).max(1.0);
    let part = |class: &str, from: f64, to: f64| {
        Rectangle::new()
            .set("class", class)
            .set("x", x + from)
            .set("y", y + 9.0)
            .set("width", (to - from).max(0.0))
            .set("height", HEIGHT - 18.0)
    };
    let mut group = group
        .add(part("waiting", 0.0, whole))
        .add(part("busy", 0.0, busy));
    if let Some(share) = layer.limit_share {
        let least = x + length(layer.cycles as f64 * share);
        group = group.add(
            Line::new()
                .set("class", "limit")
                .set("x1", least)
                .set("x2", least)
                .set("y1", y + 5.0)
                .set("y2", y + HEIGHT - 5.0),
        );
    }
    let speed = layer
        .macs_a_cycle
        .map_or_else(String::new, |macs| format!(", {macs:.1} MACs a cycle"));
    let share = percent(layer.cycles as f64 / total.max(1) as f64);
    group
        .add(text(
            &format!("{} cycles", count(layer.cycles)),
            x + whole + 8.0,
            middle - 7.0,
            "cycles",
        ))
        .add(text(
            &format!("{share}{speed}"),
            x + whole + 8.0,
            middle + 7.0,
            "note",
        ))
}

/// What a browser shows when the pointer rests on a row.
fn description(row: &Row) -> String {
    let Some(layer) = row.layer.filter(|layer| layer.works()) else {
        return format!("{}\n{}", row.title, row.shape);
    };
    let mut lines = vec![
        format!("{} {}, {}", layer.number, layer.operator, row.shape),
        format!("how: {}", layer.method),
        format!("{} multiply-accumulates", count(layer.macs)),
        format!(
            "{} bytes of code, {} of weights, {} of stack",
            count(layer.code_bytes as u64),
            count(layer.weight_bytes as u64),
            count(u64::from(layer.stack_bytes))
        ),
    ];
    let mut causes: Vec<_> = layer
        .stalls
        .iter()
        .filter(|(_, cycles)| **cycles > 0)
        .collect();
    causes.sort_by_key(|(_, cycles)| std::cmp::Reverse(**cycles));
    lines.extend(causes.into_iter().map(|(cause, &cycles)| {
        format!(
            "waiting, {}: {} cycles",
            cause.replace('_', " "),
            count(cycles)
        )
    }));
    lines.join("\n")
}

fn text(content: &str, x: f64, y: f64, class: &str) -> Text {
    Text::new(page::name(content, 60))
        .set("x", x)
        .set("y", y)
        .set("class", class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_that_go_past_boxes_together_have_lanes_of_their_own() {
        let rows: Vec<Row> = [vec![], vec![0], vec![1], vec![0, 1, 2], vec![3], vec![3, 4]]
            .into_iter()
            .enumerate()
            .map(|(index, reads)| Row {
                title: String::new(),
                shape: String::new(),
                class: "layer",
                layer: None,
                reads: reads.into_iter().map(TensorId).collect(),
                writes: vec![TensorId(index)],
            })
            .collect();
        let arrows = arrows(&rows);
        let lanes: Vec<_> = arrows
            .iter()
            .map(|arrow| (arrow.from, arrow.to, arrow.lane))
            .collect();
        assert_eq!(
            lanes,
            [
                (0, 1, None),
                (0, 3, Some(0)),
                (1, 2, None),
                (1, 3, Some(1)),
                (2, 3, None),
                (3, 4, None),
                (3, 5, Some(2)),
                (4, 5, None),
            ]
        );
    }
}
