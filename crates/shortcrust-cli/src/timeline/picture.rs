//! The timeline as an SVG picture: steps from left to right, the arena from bottom to top.

use svg::Document;
use svg::node::element::{Group, Line, Rectangle, Text, Title};

use super::Timeline;
use crate::cost::{Cost, Storage};
use crate::page;

const PALETTE: [&str; 8] = [
    "#7ab8e8", "#f2b86c", "#8fd19e", "#e89aae", "#b9a5e0", "#e6d870", "#7fcfcb", "#c9b39a",
];
const INK: &str = "#1f2933";
const FAINT: &str = "#7b8794";
const RULE: &str = "#e4e7eb";
const HIGHLIGHT: &str = "#fff3d6";

/// Space around the chart, in pixels.
const LEFT: f64 = 84.0;
const TOP: f64 = 92.0;
const RIGHT: f64 = 32.0;
/// The chart's height.
const HEIGHT: f64 = 420.0;
/// What one character of the small type takes.
const CHARACTER: f64 = 7.0;

/// The chart's coordinates.
struct Chart {
    step_width: f64,
    steps: usize,
    /// What the chart's height stands for.
    bytes: usize,
}

impl Chart {
    fn x(&self, step: usize) -> f64 {
        LEFT + step.min(self.steps) as f64 * self.step_width
    }

    fn y(&self, offset: usize) -> f64 {
        TOP + HEIGHT * (1.0 - offset as f64 / self.bytes as f64)
    }

    fn right(&self) -> f64 {
        self.x(self.steps)
    }
}

/// Draws the timeline. The classes let a page around it change the colours of all but the boxes.
pub fn draw(timeline: &Timeline, cost: &Cost, title: &str) -> String {
    let steps = timeline.steps.len().max(1);
    let bytes = cost.arena_bytes.max(1);
    let chart = Chart {
        step_width: (960.0 / steps as f64).clamp(16.0, 96.0),
        steps,
        bytes,
    };
    let longest = timeline
        .steps
        .iter()
        .map(|step| step.operator.len() + 5)
        .max()
        .unwrap_or(0);
    let height = TOP + HEIGHT + 24.0 + longest as f64 * CHARACTER;
    let headline = format!(
        "{title}: {} bytes of RAM",
        page::count(cost.arena_bytes as u64)
    );
    let work = format!(
        "{}; {} bytes of weights, {} multiply-accumulates",
        cost.comparison(),
        page::count(cost.weight_bytes as u64),
        page::count(cost.macs),
    );
    let lines = [(&headline, 19.0), (&work, 12.0)];
    let widest =
        lines.map(|(line, size)| LEFT + line.chars().count() as f64 * CHARACTER * size / 11.0);
    let width = widest.into_iter().fold(chart.right(), f64::max) + RIGHT;
    let document = Document::new()
        .set("viewBox", (0, 0, width.ceil() as i64, height.ceil() as i64))
        .set("width", width.ceil())
        .set("height", height.ceil())
        .set("font-family", "system-ui, Helvetica, Arial, sans-serif")
        .set("font-size", 11)
        .set("fill", INK)
        .add(
            Rectangle::new()
                .set("class", "paper")
                .set("width", "100%")
                .set("height", "100%")
                .set("fill", "#ffffff"),
        )
        .add(
            text(&headline, LEFT, 34.0)
                .set("class", "ink")
                .set("font-size", 19)
                .set("font-weight", 600),
        )
        .add(
            text(&work, LEFT, 54.0)
                .set("class", "faint")
                .set("font-size", 12)
                .set("fill", FAINT),
        )
        .add(peak(timeline, &chart))
        .add(axis(&chart))
        .add(operators(timeline, &chart))
        .add(allocations(timeline, &chart))
        .add(lower_bound(cost, &chart));
    document.to_string() + "\n"
}

fn text(content: &str, x: f64, y: f64) -> Text {
    let printable: String = content.chars().filter(|c| !c.is_control()).collect();
    Text::new(printable).set("x", round(x)).set("y", round(y))
}

/// A coordinate with one decimal: the eye sees no more.
fn round(coordinate: f64) -> f64 {
    (coordinate * 10.0).round() / 10.0
}

/// The column of the step that sets the lower bound.
fn peak(timeline: &Timeline, chart: &Chart) -> Group {
    let Some(step) = timeline.steps.get(timeline.peak_step) else {
        return Group::new();
    };
    let x = chart.x(timeline.peak_step);
    let middle = x + chart.step_width / 2.0;
    let label = format!("peak: {} bytes alive", page::count(step.alive_bytes as u64));
    let half = label.len() as f64 * CHARACTER / 2.0;
    let at = middle.clamp(LEFT + half, (chart.right() - half).max(LEFT + half));
    Group::new()
        .add(
            Rectangle::new()
                .set("x", round(x))
                .set("y", TOP - 10.0)
                .set("width", round(chart.step_width))
                .set("height", HEIGHT + 16.0)
                .set("class", "highlight")
                .set("fill", HIGHLIGHT),
        )
        .add(
            text(&label, at, TOP - 16.0)
                .set("class", "ink")
                .set("text-anchor", "middle")
                .set("font-weight", 600),
        )
}

/// Bytes at the left, with a rule for each round number.
fn axis(chart: &Chart) -> Group {
    let unit = tick(chart.bytes);
    let ticks = (0..chart.bytes)
        .step_by(unit)
        .filter(|&bytes| chart.bytes - bytes > unit / 3)
        .chain([chart.bytes]);
    ticks.fold(Group::new(), |group, bytes| {
        let y = chart.y(bytes);
        group
            .add(
                Line::new()
                    .set("x1", LEFT)
                    .set("x2", round(chart.right()))
                    .set("y1", round(y))
                    .set("y2", round(y))
                    .set("class", "rule")
                    .set("stroke", RULE),
            )
            .add(
                text(&page::count(bytes as u64), LEFT - 8.0, y + 4.0)
                    .set("class", "faint")
                    .set("text-anchor", "end")
                    .set("fill", FAINT),
            )
    })
}

/// The round number of bytes that divides the axis into about five.
fn tick(bytes: usize) -> usize {
    let powers = std::iter::successors(Some(16usize), |unit| unit.checked_mul(2));
    powers
        .take_while(|unit| unit * 4 <= bytes)
        .last()
        .unwrap_or(16)
}

/// The operators' names below the chart; where the steps are narrow, each says so in its own column.
fn operators(timeline: &Timeline, chart: &Chart) -> Group {
    timeline
        .steps
        .iter()
        .enumerate()
        .fold(Group::new(), |group, (index, step)| {
            let (x, y) = (
                round(chart.x(index) + chart.step_width / 2.0 + 4.0),
                TOP + HEIGHT + 12.0,
            );
            let label = format!("{} {}", step.operator, step.operator_number);
            let is_peak = index == timeline.peak_step;
            group.add(
                text(&label, x, y)
                    .set("text-anchor", "end")
                    .set("transform", format!("rotate(-90 {x} {y})"))
                    .set("class", if is_peak { "ink" } else { "faint" })
                    .set("fill", if is_peak { INK } else { FAINT })
                    .set("font-weight", if is_peak { 600 } else { 400 }),
            )
        })
}

/// A box for each tensor: as wide as its life, as high as its bytes.
fn allocations(timeline: &Timeline, chart: &Chart) -> Group {
    let colours = timeline.colours(PALETTE.len());
    timeline
        .allocations
        .iter()
        .zip(colours)
        .fold(Group::new(), |group, (allocation, colour)| {
            let (x, y) = (
                chart.x(allocation.first_step),
                chart.y(allocation.offset + allocation.bytes),
            );
            let width = chart.x(allocation.last_step.saturating_add(1)) - x;
            let height = chart.y(allocation.offset) - y;
            let (width, height) = (width.max(2.0), height.max(1.0));
            let box_ = Rectangle::new()
                .set("x", round(x + 0.5))
                .set("y", round(y + 0.5))
                .set("width", round((width - 1.0).max(1.0)))
                .set("height", round((height - 1.0).max(0.6)))
                .set("rx", if height > 6.0 { 2.0 } else { 0.0 })
                .set("fill", PALETTE[colour]);
            let group = group.add(
                Group::new()
                    .add(Title::new(description(allocation)))
                    .add(box_),
            );
            label(
                group,
                allocation,
                x + width / 2.0,
                y + height / 2.0,
                width,
                height,
            )
        })
}

/// What a browser shows when the pointer rests on a box.
fn description(allocation: &Storage) -> String {
    format!(
        "{}\n{}, {} bytes at {}\nalive from step {} to {}",
        page::name(&allocation.tensor, 120),
        page::shape(&allocation.shape),
        page::count(allocation.bytes as u64),
        page::count(allocation.offset as u64),
        allocation.first_step,
        allocation.last_step,
    )
}

/// A box's shape and size, as far as they fit.
fn label(group: Group, allocation: &Storage, x: f64, y: f64, width: f64, height: f64) -> Group {
    let (shape, bytes) = (
        page::shape(&allocation.shape),
        page::count(allocation.bytes as u64),
    );
    let fits = |line: &str, lines: f64| {
        line.chars().count() as f64 * CHARACTER + 6.0 <= width && lines * 15.0 <= height
    };
    let centred = |content: &str, y: f64| text(content, x, y).set("text-anchor", "middle");
    if fits(&shape, 2.0) && fits(&bytes, 2.0) {
        group
            .add(centred(&shape, y - 3.0))
            .add(centred(&bytes, y + 11.0))
    } else if fits(&bytes, 1.0) {
        group.add(centred(&bytes, y + 4.0))
    } else {
        group
    }
}

/// The dashed line that no plan can get below, where the plan is above it.
fn lower_bound(cost: &Cost, chart: &Chart) -> Group {
    if cost.lower_bound_bytes == cost.arena_bytes {
        return Group::new();
    }
    let y = round(chart.y(cost.lower_bound_bytes));
    let label = format!("lower bound {}", page::count(cost.lower_bound_bytes as u64));
    Group::new()
        .add(
            Line::new()
                .set("x1", LEFT)
                .set("x2", round(chart.right()))
                .set("y1", y)
                .set("y2", y)
                .set("class", "bound")
                .set("stroke", INK)
                .set("stroke-dasharray", "5 4"),
        )
        .add(
            text(&label, chart.right(), y - 4.0)
                .set("class", "ink")
                .set("text-anchor", "end"),
        )
}

#[cfg(test)]
mod tests {
    use super::super::tests::timeline;
    use super::*;

    fn cost(arena_bytes: usize, lower_bound_bytes: usize) -> Cost {
        Cost {
            arena_bytes,
            lower_bound_bytes,
            weight_bytes: 0,
            macs: 0,
            peak: None,
        }
    }

    #[test]
    fn every_tensor_has_a_box_and_a_description() {
        let mut timeline = timeline(2, &[(0, 4000, 0, 0), (4000, 4000, 0, 1), (0, 2000, 1, 2)]);
        timeline.allocations[2].tensor = "a<b & c".into();
        let picture = draw(&timeline, &cost(8000, 7000), "net");
        assert_eq!(picture.matches("<title>").count(), 3);
        assert!(picture.contains("a&lt;b &amp; c"), "names are escaped");
        assert!(
            picture.contains("lower bound 7,000") && picture.contains("peak: 8,000 bytes alive")
        );
    }

    #[test]
    fn a_network_that_computes_nothing_can_be_drawn() {
        assert!(draw(&timeline(0, &[]), &cost(0, 0), "empty").contains("0 bytes of RAM"));
    }

    #[test]
    fn ticks_are_round_and_few() {
        for bytes in [1, 16, 100, 5_000, 55_296, 1 << 30] {
            let ticks = bytes / tick(bytes);
            assert!(ticks <= 8, "{ticks} ticks on {bytes}");
        }
    }
}
