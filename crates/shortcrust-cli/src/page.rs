//! How reports look: width, styles, tables, numbers and names.

use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use indicatif::HumanCount;

/// What matters most.
pub const STRONG: Style = Style::new().bold();
/// What may be skipped.
pub const FAINT: Style = Style::new().dimmed();
/// What is as it should be.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What is not.
pub const BAD: Style = AnsiColor::Red.on_default().bold();

/// The width where there is no terminal to ask.
const DEFAULT_WIDTH: usize = 100;

/// Where text goes.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Characters in a line.
    pub width: usize,
    /// Whether colours are shown.
    pub colour: bool,
}

impl Page {
    /// The page that standard output is.
    pub fn of_terminal(is_terminal: bool, colour: bool) -> Self {
        let width = terminal_size::terminal_size()
            .filter(|_| is_terminal)
            .map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0));
        Self { width, colour }
    }

    /// A table in the house style: a rule below the header, nothing else. Columns of `right` are right-aligned.
    pub fn table(&self, header: &[&str], right: &[usize]) -> Table {
        let mut table = Table::new();
        let rule = LineStyle::none().fill('─').junction('─');
        table
            .load_style(TableStyle::new().header_separator(rule))
            .force_no_tty()
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(self.width).unwrap_or(u16::MAX))
            .set_header(header.iter().map(|name| paint(STRONG, name)));
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((if index == 0 { 2 } else { 1 }, 0));
            if right.contains(&index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }
}

/// Text in a style; nothing where there is no text.
pub fn paint(style: Style, text: impl std::fmt::Display) -> String {
    match text.to_string() {
        text if text.is_empty() => text,
        text => format!("{style}{text}{style:#}"),
    }
}

/// A number with separators between thousands.
pub fn count(number: impl TryInto<u64>) -> String {
    number
        .try_into()
        .map_or_else(|_| "?".to_owned(), |number| HumanCount(number).to_string())
}

/// `one` or `several`, with the number in front.
pub fn plural(number: usize, one: &str, several: &str) -> String {
    format!(
        "{} {}",
        count(number as u64),
        if number == 1 { one } else { several }
    )
}

/// `1×96×96×1`.
pub fn shape(sizes: &[usize]) -> String {
    if sizes.is_empty() {
        return "scalar".to_owned();
    }
    sizes
        .iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join("×")
}

/// The end of a tensor's name, which tells tensors apart, in at most `width` characters; nothing that moves a cursor.
pub fn name(name: &str, width: usize) -> String {
    let printable = |c: char| {
        if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    let length = name.chars().count();
    if length <= width {
        return name.chars().map(printable).collect();
    }
    let tail = name
        .chars()
        .skip(length - width.saturating_sub(1))
        .map(printable);
    std::iter::once('…').chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_their_end() {
        assert_eq!(name("model/conv/Relu6", 16), "model/conv/Relu6");
        assert_eq!(name("model/conv/Relu6", 6), "…Relu6");
        assert_eq!(name("a\u{1b}[2J", 9), "a\u{fffd}[2J");
    }

    #[test]
    fn numbers_and_shapes_read_well() {
        assert_eq!(count(7_157_888u64), "7,157,888");
        assert_eq!(plural(1, "case", "cases"), "1 case");
        assert_eq!(plural(1200, "case", "cases"), "1,200 cases");
        assert_eq!(shape(&[1, 96, 96, 1]), "1×96×96×1");
        assert_eq!(shape(&[]), "scalar");
    }
}
