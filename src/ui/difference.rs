//! What differs in a field, in pieces that each language styles in its own way; what reads best over several lines is compared by line.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::plan::{Action, BLOCKED, FieldChange};

/// The difference of one field; its texts are raw, and secrets are words.
#[derive(Debug, PartialEq)]
pub(crate) enum Difference {
    /// A sentence that says all of it: AWS's own word, or that a secret is another.
    Said(String),
    /// Of what is new: its value in a line.
    New(String),
    /// Of what is new: its lines.
    NewLines(Vec<String>),
    /// Before and after, in a line each.
    Values(String, String),
    /// Of two lists: what went and what came.
    Items(Vec<Item>),
    /// Of two texts: what went, came, and stands around it.
    Lines(Vec<Line>),
}

#[derive(Debug, PartialEq)]
pub(crate) enum Item {
    Gone(String),
    Came(String),
}

#[derive(Debug, PartialEq)]
pub(crate) enum Line {
    Gone(String),
    Came(String),
    Same(String),
    /// Lines that are the same are left out here.
    Skipped,
}

/// What is to be said of a field; nothing where something new does not have it.
pub(crate) fn of(action: Action, field: &FieldChange) -> Option<Difference> {
    let (before, after) = (&field.before, &field.after);
    if let Some(word) = field.word_of_aws() {
        return Some(Difference::Said(word));
    }
    if action == Action::Create {
        return match document(after) {
            _ if after.is_null() => None,
            Some(text) => Some(Difference::NewLines(text.lines().map(str::to_owned).collect())),
            None => Some(Difference::New(value(after))),
        };
    }
    if let Some(said) = secret(field) {
        return Some(Difference::Said(said.into()));
    }
    if let (Some(before), Some(after)) = (document(before), document(after)) {
        return Some(Difference::Lines(lines(&before, &after)));
    }
    Some(items(before, after).unwrap_or_else(|| Difference::Values(value(before), value(after))))
}

/// What becomes of a secret, for its fingerprint tells people nothing.
pub(crate) fn secret(field: &FieldChange) -> Option<&'static str> {
    let is_one = |value: &Value| value.as_str().is_some_and(|text| text.starts_with(FINGERPRINT));
    let is_named = field.path.rsplit('.').next() == Some("secret");
    let (before, after) = (&field.before, &field.after);
    if !is_one(before) && !is_one(after) && !is_named {
        return None;
    }
    match after {
        Value::Null => Some("the secret goes"),
        _ if before.is_null() => Some("a secret"),
        _ => Some("a new secret"),
    }
}

const FINGERPRINT: &str = "secret sha256:";

/// A value in a line; a secret is named and never shown, and what we say ourselves stands without quotes.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => "(none)".into(),
        Value::String(text) if text.starts_with(FINGERPRINT) => "(secret)".into(),
        Value::String(text) if text == "(known after apply)" || text == BLOCKED || text == "(sensitive)" => text.clone(),
        other => other.to_string(),
    }
}

/// A policy, or another document that reads best over several lines.
pub(crate) fn document(value: &Value) -> Option<String> {
    if let Some(text) = value.as_str().filter(|text| text.contains('\n')) {
        return Some(text.into());
    }
    let long = value.get("Statement").is_some() || value.as_array().is_some_and(|items| items.iter().any(Value::is_object));
    if long { serde_json::to_string_pretty(value).ok() } else { None }
}

/// Lines that differ, with two around them.
pub(crate) fn lines(before: &str, after: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(before, after);
    let mut out = Vec::new();
    for (n, group) in diff.grouped_ops(2).iter().enumerate() {
        if n > 0 {
            out.push(Line::Skipped);
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = change.value().trim_end().to_owned();
            out.push(match change.tag() {
                ChangeTag::Delete => Line::Gone(line),
                ChangeTag::Insert => Line::Came(line),
                ChangeTag::Equal => Line::Same(line),
            });
        }
    }
    out
}

/// The same items in another order are told as they are.
fn items(before: &Value, after: &Value) -> Option<Difference> {
    let (before, after) = (before.as_array()?, after.as_array()?);
    let gone = before.iter().filter(|item| !after.contains(item)).map(|item| Item::Gone(value(item)));
    let come = after.iter().filter(|item| !before.contains(item)).map(|item| Item::Came(value(item)));
    let items: Vec<Item> = gone.chain(come).collect();
    (!items.is_empty()).then_some(Difference::Items(items))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(path: &str, before: Value, after: Value) -> Option<Difference> {
        of(Action::Update, &FieldChange { path: path.into(), before, after })
    }

    #[test]
    fn each_sort_of_value_has_its_pieces() {
        assert_eq!(changed("a", json!(1), json!("x")), Some(Difference::Values("1".into(), "\"x\"".into())));
        let items = Difference::Items(vec![Item::Gone("\"a\"".into()), Item::Came("\"c\"".into())]);
        assert_eq!(changed("a", json!(["a", "b"]), json!(["b", "c"])), Some(items));
        let lines = Difference::Lines(vec![Line::Same("x".into()), Line::Gone("y".into()), Line::Came("z".into())]);
        assert_eq!(changed("a", json!("x\ny\n"), json!("x\nz\n")), Some(lines));
        assert_eq!(changed("failed", json!("why"), Value::Null), Some(Difference::Said("AWS gave up on it: why".into())));
        let new = |after| of(Action::Create, &FieldChange { path: "a".into(), before: Value::Null, after });
        assert_eq!((new(json!(true)), new(Value::Null)), (Some(Difference::New("true".into())), None));
        assert_eq!(new(json!("a\nb")), Some(Difference::NewLines(vec!["a".into(), "b".into()])));
    }

    #[test]
    fn a_secret_that_is_made_again_is_told_in_words() {
        let new = Some(Difference::Said("a new secret".into()));
        assert_eq!(changed("secret", json!(""), json!("(known after apply)")), new);
        assert_eq!(changed("secret", json!("secret sha256:12"), json!("(known after apply)")), new);
        assert_eq!(changed("value", json!("secret sha256:12"), json!("secret sha256:34")), new);
        assert_eq!(changed("value", Value::Null, json!("secret sha256:34")), Some(Difference::Said("a secret".into())));
        assert_eq!(changed("value", json!("secret sha256:34"), Value::Null), Some(Difference::Said("the secret goes".into())));
    }
}
