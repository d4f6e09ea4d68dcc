//! The timeline as text: a line for each step, the arena from left to right.

use anstyle::{Ansi256Color, Style};

use super::Timeline;
use crate::cost::{Cost, Storage};
use crate::page::{self, FAINT, Page, STRONG, paint};

/// Colours of the 256-colour palette that black text is readable on.
const PALETTE: [Ansi256Color; 8] = [
    Ansi256Color(110),
    Ansi256Color(215),
    Ansi256Color(115),
    Ansi256Color(175),
    Ansi256Color(147),
    Ansi256Color(186),
    Ansi256Color(80),
    Ansi256Color(180),
];
/// What stands for colours where there are none.
const SHADES: [char; 4] = ['█', '▓', '▒', '░'];
const BLACK: Ansi256Color = Ansi256Color(16);

/// The width from which there is room for more than the drawing.
const ROOMY: usize = 60;
/// The narrowest drawing of the arena that says something.
const NARROWEST: usize = 12;

/// Draws the timeline.
pub fn draw(timeline: &Timeline, cost: &Cost, page: &Page) -> String {
    let labels = labels(timeline, page);
    let label_width = labels
        .iter()
        .map(|label| label.chars().count())
        .max()
        .unwrap_or(0);
    let figure_width = page::count(cost.arena_bytes as u64).len();
    let marker = if page.width < ROOMY {
        " ◀"
    } else {
        " ◀ peak"
    };
    let around = label_width + figure_width + marker.chars().count() + 5;
    let width = page.width.saturating_sub(around).max(NARROWEST);
    let colours = timeline.colours(if page.colour {
        PALETTE.len()
    } else {
        SHADES.len()
    });
    let indent = " ".repeat(label_width + 4);
    let mut lines = vec![format!(
        "{indent}{}",
        paint(FAINT, axis(cost.arena_bytes, width))
    )];
    for (step, label) in labels.iter().enumerate() {
        let cells = cells(timeline, step, cost.arena_bytes, width);
        let is_peak = step == timeline.peak_step;
        let (style, mark) = if is_peak {
            (STRONG, paint(STRONG, marker))
        } else {
            (Style::new(), String::new())
        };
        let figure = format!(
            "{:>figure_width$}",
            page::count(timeline.steps[step].alive_bytes as u64)
        );
        lines.push(format!(
            "  {}  {} {}{mark}",
            paint(style, format!("{label:<label_width$}")),
            bar(timeline, step, &cells, &colours, page.colour),
            paint(style, figure),
        ));
    }
    lines.join("\n") + "\n"
}

/// Each step's operator: with its kind where there is room, else its number alone.
fn labels(timeline: &Timeline, page: &Page) -> Vec<String> {
    let digits = timeline
        .steps
        .iter()
        .map(|step| step.operator_number.to_string().len())
        .max()
        .unwrap_or(1);
    let longest = timeline
        .steps
        .iter()
        .map(|step| step.operator.len())
        .max()
        .unwrap_or(0);
    let room_for_kind = page.width >= digits + longest + 2 * NARROWEST + 20;
    let label = |step: &super::Step| match room_for_kind {
        true => format!("{:>digits$} {}", step.operator_number, step.operator),
        false => format!("{:>digits$}", step.operator_number),
    };
    timeline.steps.iter().map(label).collect()
}

/// The arena's first and last byte, above the bars.
fn axis(arena_bytes: usize, width: usize) -> String {
    let end = page::count(arena_bytes as u64);
    let rule = "─".repeat(width.saturating_sub(end.len() + 3));
    format!("0 {rule} {end}")
}

/// For each character of a bar, the allocation that holds the middle of its bytes; one that holds no middle has the
/// character in which it lies, if that is free.
fn cells(timeline: &Timeline, step: usize, arena_bytes: usize, width: usize) -> Vec<Option<usize>> {
    let mut cells = vec![None; width];
    let nearest = |offset: usize| (2 * offset * width + arena_bytes) / (2 * arena_bytes.max(1));
    let alive =
        |allocation: &Storage| (allocation.first_step..=allocation.last_step).contains(&step);
    let mut small = Vec::new();
    for (index, allocation) in timeline
        .allocations
        .iter()
        .enumerate()
        .filter(|(_, allocation)| alive(allocation))
    {
        match &mut cells[nearest(allocation.offset)..nearest(allocation.offset + allocation.bytes)]
        {
            [] => small.push((index, allocation.offset * width / arena_bytes.max(1))),
            cells => cells.fill(Some(index)),
        }
    }
    for (index, at) in small {
        if let Some(cell) = cells.get_mut(at) {
            cell.get_or_insert(index);
        }
    }
    cells
}

/// A bar: runs of cells of the same allocation, with its size where it begins to live and the run is long enough.
fn bar(
    timeline: &Timeline,
    step: usize,
    cells: &[Option<usize>],
    colours: &[usize],
    colour: bool,
) -> String {
    let runs = cells.chunk_by(|a, b| a == b);
    runs.map(|run| {
        let Some(index) = run[0] else {
            return paint(FAINT, "·".repeat(run.len()));
        };
        let allocation = &timeline.allocations[index];
        let size = page::count(allocation.bytes as u64);
        // Without colours a shade at either side tells whose size it is.
        let margin = if colour { 2 } else { 4 };
        let shows_size = allocation.first_step == step && size.len() + margin <= run.len();
        let text = if shows_size {
            format!(" {size} ")
        } else {
            String::new()
        };
        if colour {
            let style = Style::new()
                .bg_color(Some(PALETTE[colours[index]].into()))
                .fg_color(Some(BLACK.into()));
            paint(style, format!("{text:<width$}", width = run.len()))
        } else {
            let shade = SHADES[colours[index]].to_string();
            let rest = run.len() - text.chars().count();
            format!(
                "{}{text}{}",
                shade.repeat(rest.min(1)),
                shade.repeat(rest.saturating_sub(1))
            )
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::timeline;
    use super::*;

    fn cost(arena_bytes: usize) -> Cost {
        Cost {
            arena_bytes,
            lower_bound_bytes: arena_bytes,
            weight_bytes: 0,
            macs: 0,
            peak: None,
        }
    }

    #[test]
    fn bars_show_who_is_where() {
        let timeline = timeline(2, &[(0, 40, 0, 0), (40, 40, 0, 1), (0, 20, 1, 2)]);
        let page = Page {
            width: 60,
            colour: false,
        };
        let text = draw(&timeline, &cost(80), &page);
        let lines: Vec<String> = text
            .lines()
            .map(|line| anstream::adapter::strip_str(line).to_string())
            .collect();
        assert_eq!(lines.len(), 3);
        assert!(
            lines[0].trim_start().starts_with("0 ─") && lines[0].ends_with(" 80"),
            "{}",
            lines[0]
        );
        assert!(
            lines[1].contains("0 CONV_2D") && lines[1].ends_with("80 ◀ peak"),
            "{}",
            lines[1]
        );
        assert!(
            lines[1].contains("█ 40 █") && lines[1].contains("▓ 40 ▓"),
            "{}",
            lines[1]
        );
        assert!(
            lines[2].contains("▒ 20 ▒") && lines[2].contains("··▓▓▓"),
            "{}",
            lines[2]
        );
    }

    #[test]
    fn small_tensors_are_seen() {
        let timeline = timeline(1, &[(0, 16, 0, 0), (16, 50_000, 1, 1), (50_000, 16, 0, 0)]);
        let cells = cells(&timeline, 0, 50_016, 40);
        assert_eq!((cells[0], cells[39]), (Some(0), Some(2)));
        assert_eq!(cells.iter().flatten().count(), 2);
    }

    #[test]
    fn no_line_is_wider_than_the_page() {
        let timeline = timeline(3, &[(0, 50_000, 0, 1), (50_000, 5_296, 1, 3)]);
        for width in [30, 40, 60, 80, 200] {
            let text = draw(
                &timeline,
                &cost(55_296),
                &Page {
                    width,
                    colour: true,
                },
            );
            for line in text.lines() {
                let line = anstream::adapter::strip_str(line).to_string();
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn a_network_that_computes_nothing_can_be_drawn() {
        assert!(
            draw(
                &timeline(0, &[]),
                &cost(0),
                &Page {
                    width: 80,
                    colour: true
                }
            )
            .contains('0')
        );
    }
}
