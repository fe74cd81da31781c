//! The fields of a change in lines: what they were and what they become.

use super::sheet::Sheet;
use crate::diagnostic::plain;
use crate::plan::page::ResourceChange;
use crate::plan::{Action, FieldChange};
use crate::ui::difference::{self, Difference, Item, Line, document, secret};
use crate::ui::style::{BAD, CAREFUL, DIM, GOOD};

/// Wider names of fields don't push the others' values away.
const NAME: usize = 34;

pub(super) fn write(sheet: &mut Sheet, change: &ResourceChange<'_>, indent: usize) {
    let width = change.fields.iter().map(|f| f.path.len()).max().unwrap_or(0).min(NAME);
    for field in change.fields {
        if let Some(difference) = difference::of(change.action, field) {
            one(sheet, (field, &difference), (indent, width));
        }
        if let Some(why) = change.forces(field).filter(|_| change.action != Action::Create && field.word_of_aws().is_none()) {
            sheet.line(indent + 2, indent + 4, &format!("{BAD}# forces replacement: {why}{BAD:#}"));
        }
    }
}

fn one(sheet: &mut Sheet, (field, difference): (&FieldChange, &Difference), (indent, width): (usize, usize)) {
    let path = plain(&field.path);
    let mut beside = |told: &str| sheet.line(indent, indent + 2, &format!("{path:<width$}  {told}"));
    match difference {
        Difference::Said(word) if field.word_of_aws().is_some() => {
            sheet.line(indent, indent + 2, &format!("{BAD}{}{BAD:#}", plain(word)));
        }
        Difference::Said(word) => beside(&plain(word)),
        Difference::New(value) => beside(&plain(value)),
        Difference::Values(before, after) => beside(&format!("{} {DIM}->{DIM:#} {}", plain(before), plain(after))),
        Difference::Items(items) => beside(&items.iter().map(item).collect::<Vec<_>>().join("  ")),
        Difference::NewLines(lines) => {
            sheet.line(indent, indent + 2, &format!("{path}:"));
            lines.iter().for_each(|line| sheet.line(indent + 4, indent + 6, &plain(line)));
        }
        Difference::Lines(lines) => {
            sheet.line(indent, indent + 2, &format!("{path}:"));
            lines.iter().for_each(|line| diff(sheet, line, indent + 2));
        }
    }
}

fn item(item: &Item) -> String {
    match item {
        Item::Gone(value) => format!("{BAD}-{BAD:#} {}", plain(value)),
        Item::Came(value) => format!("{GOOD}+{GOOD:#} {}", plain(value)),
    }
}

fn diff(sheet: &mut Sheet, line: &Line, indent: usize) {
    let (sign, style, text) = match line {
        Line::Skipped => return sheet.line(indent + 2, indent + 2, &format!("{DIM}…{DIM:#}")),
        Line::Gone(text) => ('-', BAD, text),
        Line::Came(text) => ('+', GOOD, text),
        Line::Same(text) => (' ', DIM, text),
    };
    sheet.line(indent, indent + 4, &format!("{style}{sign} {}{style:#}", plain(text)));
}

/// One field's difference in a line.
pub(crate) fn told(field: &FieldChange) -> String {
    let path = plain(&field.path);
    if let Some(word) = field.word_of_aws() {
        return plain(&word);
    }
    if let Some(said) = secret(field) {
        return format!("{path}: {said}");
    }
    if document(&field.before).is_some() || document(&field.after).is_some() {
        return format!("{path} (changed)");
    }
    format!("{path} {} {CAREFUL}->{CAREFUL:#} {}", value(&field.before), value(&field.after))
}

/// A value in one line; a secret is named and never shown.
pub(crate) fn value(value: &serde_json::Value) -> String {
    plain(&difference::value(value))
}
