//! The fields of a change: what they were and what they become; policies and long texts line by line.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::sheet::Sheet;
use crate::diagnostic::plain;
use crate::plan::page::ResourceChange;
use crate::plan::{Action, BLOCKED, FieldChange};
use crate::ui::style::{BAD, CAREFUL, DIM, GOOD};

/// Wider names of fields don't push the others' values away.
const NAME: usize = 34;

pub(super) fn write(sheet: &mut Sheet, change: &ResourceChange<'_>, indent: usize) {
    let width = change.fields.iter().map(|f| f.path.len()).max().unwrap_or(0).min(NAME);
    for field in change.fields {
        one(sheet, change, field, (indent, width));
    }
}

fn one(sheet: &mut Sheet, change: &ResourceChange<'_>, field: &FieldChange, (indent, width): (usize, usize)) {
    if let Some(word) = field.word_of_aws() {
        sheet.line(indent, indent + 2, &format!("{BAD}{}{BAD:#}", plain(&word)));
        return;
    }
    let path = plain(&field.path);
    if change.action == Action::Create {
        new(sheet, field, &path, (indent, width));
        return;
    }
    if let (Some(before), Some(after)) = (document(&field.before), document(&field.after)) {
        sheet.line(indent, indent + 2, &format!("{path}:"));
        diff(sheet, &before, &after, indent + 2);
    } else {
        let told = items(&field.before, &field.after)
            .unwrap_or_else(|| format!("{} {DIM}->{DIM:#} {}", value(&field.before), value(&field.after)));
        sheet.line(indent, indent + 2, &format!("{path:<width$}  {told}"));
    }
    if let Some(why) = change.forces(field) {
        sheet.line(indent + 2, indent + 4, &format!("{BAD}# forces replacement: {why}{BAD:#}"));
    }
}

fn new(sheet: &mut Sheet, field: &FieldChange, path: &str, (indent, width): (usize, usize)) {
    match document(&field.after) {
        _ if field.after.is_null() => {}
        Some(text) => {
            sheet.line(indent, indent + 2, &format!("{path}:"));
            for line in text.lines() {
                sheet.line(indent + 4, indent + 6, &plain(line));
            }
        }
        None => sheet.line(indent, indent + 2, &format!("{path:<width$}  {}", value(&field.after))),
    }
}

/// A policy, or another document that reads best over several lines.
fn document(value: &Value) -> Option<String> {
    if let Some(text) = value.as_str().filter(|text| text.contains('\n')) {
        return Some(text.into());
    }
    let long = value.get("Statement").is_some() || value.as_array().is_some_and(|items| items.iter().any(Value::is_object));
    if long { serde_json::to_string_pretty(value).ok() } else { None }
}

fn diff(sheet: &mut Sheet, before: &str, after: &str, indent: usize) {
    let diff = TextDiff::from_lines(before, after);
    for (n, group) in diff.grouped_ops(2).iter().enumerate() {
        if n > 0 {
            sheet.line(indent + 2, indent + 2, &format!("{DIM}…{DIM:#}"));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = plain(change.value().trim_end());
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ('-', BAD),
                ChangeTag::Insert => ('+', GOOD),
                ChangeTag::Equal => (' ', DIM),
            };
            sheet.line(indent, indent + 4, &format!("{style}{sign} {line}{style:#}"));
        }
    }
}

/// Of two lists: the items that went and that came.
fn items(before: &Value, after: &Value) -> Option<String> {
    let (before, after) = (before.as_array()?, after.as_array()?);
    let gone = before.iter().filter(|item| !after.contains(item)).map(|item| format!("{BAD}-{BAD:#} {}", value(item)));
    let come = after.iter().filter(|item| !before.contains(item)).map(|item| format!("{GOOD}+{GOOD:#} {}", value(item)));
    let items: Vec<String> = gone.chain(come).collect();
    // The same items in another order are told as they are.
    (!items.is_empty()).then(|| items.join("  "))
}

/// A value in one line; a secret is named and never shown.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => "(none)".into(),
        Value::String(text) if text.starts_with("secret sha256:") => "(secret)".into(),
        Value::String(text) if text == "(known after apply)" || text == BLOCKED || text == "(sensitive)" => text.clone(),
        other => plain(&other.to_string()),
    }
}

/// One field's difference in a line.
pub(crate) fn told(field: &FieldChange) -> String {
    if let Some(word) = field.word_of_aws() {
        return plain(&word);
    }
    if document(&field.before).is_some() || document(&field.after).is_some() {
        return format!("{} (changed)", plain(&field.path));
    }
    format!("{} {} {CAREFUL}->{CAREFUL:#} {}", plain(&field.path), value(&field.before), value(&field.after))
}
