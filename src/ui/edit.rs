//! What an edit changes in the manifest: its lines, with their numbers and a few around them.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use super::style::{BAD, BOLD, DIM, GOOD};
use crate::diagnostic::plain;

const EDIT: &str = "tenantry-edit/1.0";
/// Lines around a change.
const AROUND: usize = 2;

/// A line that goes has its old number, one that comes its new one.
pub(crate) fn text(path: &Path, before: &str, after: &str) -> String {
    let mut out = format!("{BOLD}{}{BOLD:#}\n", plain(&path.display().to_string()));
    let diff = TextDiff::from_lines(before, after);
    for (n, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if n > 0 {
            let _ = writeln!(out, "       {DIM}…{DIM:#}");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let number = change.new_index().or(change.old_index()).map_or(0, |n| n + 1);
            let line = plain(change.value().trim_end_matches(['\r', '\n']));
            let line = match change.tag() {
                ChangeTag::Delete => format!("  {DIM}{number:>5}{DIM:#} {BAD}- {line}{BAD:#}"),
                ChangeTag::Insert => format!("  {DIM}{number:>5}{DIM:#} {GOOD}+ {line}{GOOD:#}"),
                ChangeTag::Equal => format!("  {DIM}{number:>5}   {line}{DIM:#}"),
            };
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
    out.push('\n');
    out
}

/// An edit that was not written.
pub(crate) fn json(path: &Path, before: &str, after: &str) -> Value {
    let diff = TextDiff::from_lines(before, after);
    let lines: Vec<Value> = diff
        .iter_all_changes()
        .filter(|change| change.tag() != ChangeTag::Equal)
        .map(|change| {
            let action = if change.tag() == ChangeTag::Insert { "add" } else { "remove" };
            let line = change.new_index().or(change.old_index()).map(|n| n + 1);
            json!({ "action": action, "line": line, "text": change.value().trim_end_matches(['\r', '\n']) })
        })
        .collect();
    json!({ "format": EDIT, "file": path.display().to_string(), "written": false, "lines": lines })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_numbers_and_nothing_that_a_terminal_acts_on() {
        let shown = text(Path::new("a\u{1b}.yaml"), "a\nb\nc\nd\ne\n", "a\nb\nc\nx\u{1b}[2J\nd\ne\n");
        let shown = anstream::adapter::strip_str(&shown).to_string();
        assert_eq!(shown, "a\\u{1b}.yaml\n      2   b\n      3   c\n      4 + x\\u{1b}[2J\n      5   d\n      6   e\n\n");
    }
}
