//! The differences between two documents, field by field.

use serde::Serialize;
use serde_json::Value;

use crate::address::Address;
use crate::kinds::{ADDRESS_TAG, Ownership, SPEC_TAG};
use crate::late::shown;

/// One field that differs. What is not there is null.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct FieldChange {
    /// `protection.versioned`
    pub(crate) path: String,
    pub(crate) before: Value,
    pub(crate) after: Value,
}

impl FieldChange {
    /// The top-level field.
    pub(crate) fn root(&self) -> &str {
        self.path.split('.').next().unwrap_or(&self.path)
    }

    /// What AWS says of a resource that it gave up on or has not finished: nobody declares that, and nobody changed it.
    pub(crate) fn word_of_aws(&self) -> Option<String> {
        word_of_aws(&self.path, &self.before)
    }
}

/// AWS's own word among the fields of a live document.
pub(crate) fn word_of_aws(field: &str, live: &Value) -> Option<String> {
    let what = match field {
        "failed" => "AWS gave up on it",
        "unfinished" => "AWS has not finished it",
        _ => return None,
    };
    match live {
        Value::String(reason) if reason.is_empty() => Some(what.into()),
        Value::String(reason) => Some(format!("{what}: {reason}")),
        Value::Bool(true) => Some(what.into()),
        _ => None,
    }
}

/// What of our mark a resource lacks that somebody else has tagged as ours, or has otherwise.
pub(super) fn marks(mark: &Ownership, address: &Address, filled: &Value) -> Vec<FieldChange> {
    let Ownership::Adopted { address: other } = mark else { return Vec::new() };
    let tag = |name: &str, before: Value, after: String| FieldChange { path: format!("tags.{name}"), before, after: after.into() };
    let address = other.as_ref().map(|other| tag(ADDRESS_TAG, other.to_string().into(), address.to_string()));
    address.into_iter().chain([tag(SPEC_TAG, Value::Null, super::spec_digest(filled))]).collect()
}

/// Every leaf that differs, in the fields' order. A policy or a list is one leaf.
pub(super) fn differences(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut found = Vec::new();
    walk("", before, after, &mut found);
    found
}

fn walk(path: &str, before: &Value, after: &Value, found: &mut Vec<FieldChange>) {
    if before == after {
        return;
    }
    let empty = serde_json::Map::new();
    let (old, new) = match (before, after) {
        (Value::Object(old), Value::Object(new)) if !leaf(before) && !leaf(after) => (old, new),
        (Value::Null, Value::Object(new)) if !leaf(after) => (&empty, new),
        (Value::Object(old), Value::Null) if !leaf(before) && !old.is_empty() => (old, &empty),
        _ => {
            found.push(FieldChange { path: path.into(), before: masked(path, &shown(before)), after: masked(path, &shown(after)) });
            return;
        }
    };
    let keys: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        walk(&path, old.get(key).unwrap_or(&Value::Null), new.get(key).unwrap_or(&Value::Null), found);
    }
}

/// Documents that read best whole: policies and references.
fn leaf(value: &Value) -> bool {
    value.get("Statement").is_some() || value.get("$late").is_some()
}

/// Words in a variable's name that say its value is nobody's business.
const SENSITIVE: &[&str] = &["secret", "token", "password", "credential", "private", "api_key", "apikey"];

fn masked(path: &str, value: &Value) -> Value {
    let name = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    if path.starts_with("environment.") && !value.is_null() && SENSITIVE.iter().any(|word| name.contains(word)) {
        return Value::String("(sensitive)".into());
    }
    value.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn leaves_differ_and_equal_documents_do_not() {
        let before = json!({ "a": { "b": 1, "c": [1, 2] }, "d": null });
        assert_eq!(differences(&before, &before), []);
        let paths: Vec<String> =
            differences(&before, &json!({ "a": { "b": 2, "c": [2] }, "d": "x" })).into_iter().map(|f| f.path).collect();
        assert_eq!(paths, ["a.b", "a.c", "d"]);
        let gone: Vec<String> = differences(&before, &json!({ "a": null, "d": null })).into_iter().map(|f| f.path).collect();
        assert_eq!(gone, ["a.b", "a.c"]);
    }

    #[test]
    fn a_sensitive_variable_is_masked_on_both_sides_and_still_differs() {
        let changes = differences(&json!({ "environment": { "DB_PASSWORD": "one" } }), &json!({ "environment": { "DB_PASSWORD": "two" } }));
        assert_eq!(changes.len(), 1);
        assert!(!format!("{changes:?}").contains("one") && !format!("{changes:?}").contains("two"));
    }
}
