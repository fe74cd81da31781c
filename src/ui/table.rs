//! Rows below one another: in columns where these have room, otherwise a block a row. Nothing is cut.

use super::sheet::{visible, wrapped};

/// How the cells of a column stand below one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    /// Numbers.
    Right,
}

/// A column and the word above it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    head: &'static str,
    side: Side,
}

impl Column {
    pub(crate) const fn left(head: &'static str) -> Self {
        Self { head, side: Side::Left }
    }

    pub(crate) const fn right(head: &'static str) -> Self {
        Self { head, side: Side::Right }
    }

    /// Without a word above it: the cells say themselves what they are.
    pub(crate) const fn plain() -> Self {
        Self::left("")
    }
}

/// Cells may be coloured; of the last column's, those that are too long for what is left of the line go on below.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

/// Between two columns.
const GAP: usize = 2;

/// So many columns are worth breaking a text beside others.
const BESIDE: usize = 30;

/// Where a row goes on that does not fit beside.
const HANG: usize = 4;

impl Table {
    pub(crate) fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(super) fn write(&self, out: &mut String, indent: usize, width: usize) {
        let widths = self.widths();
        let Some(last) = widths.iter().rposition(|wide| *wide > 0) else { return };
        let used = widths.get(..last).unwrap_or_default().iter().filter(|wide| **wide > 0);
        let lead = indent + used.map(|wide| wide + GAP).sum::<usize>();
        let fits = lead + widths.get(last).copied().unwrap_or_default() <= width;
        // A text has room below; numbers stand in their column or in none.
        let is_text = self.columns.get(last).is_some_and(|column| column.side == Side::Left);
        if !(fits || is_text && lead <= width + GAP) {
            self.rows.iter().for_each(|row| self.block(out, row, (indent.min(width / 6), width)));
            return;
        }
        if self.columns.iter().any(|column| !column.head.is_empty()) {
            let heads: Vec<String> = self.columns.iter().map(|column| bold(column.head)).collect();
            self.line(out, &heads, &widths, (indent, lead, width));
        }
        for row in &self.rows {
            self.line(out, row, &widths, (indent, lead, width));
        }
    }

    /// As wide as their widest cell; a column without any is none.
    fn widths(&self) -> Vec<usize> {
        let of = |(n, column): (usize, &Column)| match self.rows.iter().filter_map(|row| row.get(n)).map(|cell| visible(cell)).max() {
            None | Some(0) => 0,
            Some(wide) => wide.max(visible(column.head)),
        };
        self.columns.iter().enumerate().map(of).collect()
    }

    fn line(&self, out: &mut String, cells: &[String], widths: &[usize], (indent, lead, width): (usize, usize, usize)) {
        let shown: Vec<(&String, Side, usize)> = cells
            .iter()
            .zip(&self.columns)
            .zip(widths)
            .filter(|(_, wide)| **wide > 0)
            .map(|((cell, column), wide)| (cell, column.side, *wide))
            .collect();
        let Some(((last, side, wide), before)) = shown.split_last() else { return };
        let mut text = " ".repeat(indent);
        for (cell, side, wide) in before {
            text.push_str(&padded(cell, *side, *wide));
            text.push_str(&" ".repeat(GAP));
        }
        let room = width.saturating_sub(lead);
        let longest = last.split(' ').map(visible).max().unwrap_or_default();
        if *side == Side::Right {
            out.push_str(&wrapped(&format!("{text}{}", padded(last, *side, *wide)), width, 0, lead));
        } else if visible(last) <= room || (room >= BESIDE && longest <= room) {
            out.push_str(&wrapped(&format!("{text}{last}"), width, 0, lead));
        } else {
            if !text.trim().is_empty() {
                out.push_str(&wrapped(&text, width, 0, indent + HANG));
            }
            out.push_str(&wrapped(last, width, indent + HANG, indent + HANG));
        }
    }

    /// A row where columns have no room: what it is about, and below it each cell with its word.
    fn block(&self, out: &mut String, cells: &[String], (indent, width): (usize, usize)) {
        let told = |(cell, column): (&String, &Column)| match (cell.as_str(), column.head) {
            ("", _) => None,
            (cell, "") => Some(cell.to_owned()),
            (cell, head) => Some(format!("{head} {cell}")),
        };
        let (first, rest) = cells.split_at_checked(1).unwrap_or((cells, &[]));
        let rest: Vec<String> = rest.iter().zip(self.columns.iter().skip(1)).filter_map(told).collect();
        let has_heads = self.columns.iter().any(|column| !column.head.is_empty());
        let hang = (indent + HANG).min(width / 4);
        for first in first {
            match has_heads {
                true => {
                    out.push_str(&wrapped(first, width, indent, hang));
                    out.push_str(&wrapped(&rest.join("; "), width, hang, hang));
                }
                false => out.push_str(&wrapped(&format!("{first}  {}", rest.join("  ")), width, indent, hang)),
            }
        }
    }
}

fn bold(head: &str) -> String {
    let bold = super::style::BOLD;
    if head.is_empty() { String::new() } else { format!("{bold}{head}{bold:#}") }
}

fn padded(cell: &str, side: Side, wide: usize) -> String {
    let pad = " ".repeat(wide.saturating_sub(visible(cell)));
    match side {
        Side::Left => format!("{cell}{pad}"),
        Side::Right => format!("{pad}{cell}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::sheet::Sheet;
    use crate::ui::style::GOOD;

    fn shown(table: &Table, width: usize) -> String {
        let mut sheet = Sheet::new(width);
        sheet.table(2, table);
        anstream::adapter::strip_str(&sheet.end()).to_string()
    }

    fn tenants() -> Table {
        let mut table = Table::new([Column::left("tenant"), Column::left("tier"), Column::right("users"), Column::left("name")]);
        table.row(["clinic-a", "basic", "12", "Family Practice Medical Center"].map(str::to_owned));
        table.row(["hospital-west", "premium", "1", "St. Mary"].map(str::to_owned));
        table
    }

    #[test]
    fn columns_stand_below_one_another_while_they_have_room() {
        let text = "  tenant         tier     users  name\n  clinic-a       basic       12  Family Practice Medical Center\n  \
                    hospital-west  premium      1  St. Mary\n";
        assert_eq!(shown(&tenants(), 80), text);
    }

    #[test]
    fn a_last_cell_that_is_too_long_goes_on_below() {
        let text = "  tenant         tier     users  name\n  clinic-a       basic       12\n      Family Practice Medical Center\n  \
                    hospital-west  premium      1  St. Mary\n";
        assert_eq!(shown(&tenants(), 48), text);
        let mut table = Table::new([Column::plain(), Column::plain()]);
        table.row([format!("{GOOD}ok{GOOD:#}"), "one two three four five six seven eight nine".into()]);
        assert_eq!(shown(&table, 40), "  ok  one two three four five six seven\n      eight nine\n");
    }

    #[test]
    fn where_columns_have_no_room_a_row_is_a_block_and_nothing_is_cut() {
        let text = "  clinic-a\n      tier basic; users 12;\n      name Family Practice\n      Medical Center\n  \
                    hospital-west\n      tier premium; users 1;\n      name St. Mary\n";
        assert_eq!(shown(&tenants(), 30), text);
        for width in [1, 20, 30, 40, 60, 80] {
            let words: Vec<String> = shown(&tenants(), width).split_whitespace().map(str::to_owned).collect();
            for word in ["clinic-a", "basic", "Family", "Center", "hospital-west", "premium", "Mary"] {
                assert!(words.iter().any(|w| w.trim_end_matches(';') == word), "{word} is missing at {width}");
            }
        }
    }

    #[test]
    fn a_column_without_cells_takes_no_room() {
        let mut table = Table::new([Column::left("model"), Column::left("tier"), Column::right("input")]);
        table.row(["a".into(), String::new(), "1,234".into()]);
        assert_eq!(shown(&table, 80), "  model  input\n  a      1,234\n");
    }
}
