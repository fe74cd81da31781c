//! Statements of a policy as they are written, for what is judged by form.

use serde_json::Value;

use crate::kinds::PolicyDocument;

/// Statements of a document that allow something.
pub(crate) fn allows(document: &PolicyDocument) -> impl Iterator<Item = &Value> {
    let all = document.value().get("Statement").and_then(Value::as_array);
    all.into_iter().flatten().filter(|statement| statement.get("Effect").and_then(Value::as_str) == Some("Allow"))
}

/// What a statement is called.
pub(crate) fn sid(statement: &Value) -> &str {
    statement.get("Sid").and_then(Value::as_str).unwrap_or("without a name")
}

/// The texts under a key such as `Action`; documents have lists everywhere.
pub(crate) fn texts<'a>(statement: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    statement.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Whether a statement is on a service. The service's name may have wildcards of its own: then any is meant.
pub(crate) fn speaks_of(statement: &Value, service: &str) -> bool {
    let meant = |action: &str| {
        let named = action.split(':').next().unwrap_or_default();
        named.contains(['*', '?']) || named.eq_ignore_ascii_case(service)
    };
    statement.get("NotAction").is_some() || texts(statement, "Action").any(meant)
}
