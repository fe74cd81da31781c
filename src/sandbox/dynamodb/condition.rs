//! The key condition of a query: one partition, and at most one rule for the sort key.

use std::cmp::Ordering;

use serde_json::Value;

use super::super::protocol::Refusal;
use super::super::shape;
use super::{Key, invalid};

type Passes = fn(Ordering) -> bool;

/// What a query asks of an item's sort key.
enum Rule {
    Any,
    Ordered(Passes, Value),
    Between(Value, Value),
    BeginsWith(String),
}

/// A key condition, with its names and values filled in.
pub(super) struct Condition {
    pub(super) partition: Value,
    rule: Rule,
}

impl Condition {
    pub(super) fn read(body: &Value, key: &Key) -> Result<Self, Refusal> {
        let text = shape::string(body, "KeyConditionExpression").trim();
        if text.is_empty() {
            return Err(invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."));
        }
        let text = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(text);
        let (first, rest) = match text.split_once(" AND ") {
            Some((first, rest)) => (first, Some(rest)),
            None => (text, None),
        };
        let unread = || {
            invalid(format!(
                "Invalid KeyConditionExpression: the sandbox reads `partition = :value` and one rule for the sort key, not `{text}`"
            ))
        };
        let (partition, value) = first.split_once('=').ok_or_else(unread)?;
        if name(body, partition) != key.hash {
            return Err(invalid(format!("Query condition missed key schema element: {}", key.hash)));
        }
        let rule = match rest {
            None => Rule::Any,
            Some(rest) => rule(body, rest.trim(), key.range.as_deref()).ok_or_else(unread)?,
        };
        Ok(Self { partition: placeholder(body, value).ok_or_else(unread)?, rule })
    }

    pub(super) fn holds(&self, sort: Option<&Value>) -> bool {
        match (&self.rule, sort) {
            (Rule::Any, _) => true,
            (_, None) => false,
            (Rule::Ordered(passes, value), Some(sort)) => passes(compare(sort, value)),
            (Rule::Between(low, high), Some(sort)) => compare(sort, low).is_ge() && compare(sort, high).is_le(),
            (Rule::BeginsWith(start), Some(sort)) => sort.get("S").and_then(Value::as_str).is_some_and(|text| text.starts_with(start)),
        }
    }
}

fn rule(body: &Value, text: &str, range: Option<&str>) -> Option<Rule> {
    let is_range = |given: &str| Some(name(body, given).as_str()) == range;
    if let Some(inner) = text.strip_prefix("begins_with").map(str::trim).and_then(|t| t.strip_prefix('(')?.strip_suffix(')')) {
        let (given, value) = inner.split_once(',')?;
        let start = placeholder(body, value)?;
        return is_range(given).then(|| Rule::BeginsWith(shape::string(&start, "S").into()));
    }
    if let Some((given, bounds)) = text.split_once(" BETWEEN ") {
        let (low, high) = bounds.split_once(" AND ")?;
        return is_range(given).then_some(Rule::Between(placeholder(body, low)?, placeholder(body, high)?));
    }
    const OPERATORS: [(&str, Passes); 5] =
        [("<=", Ordering::is_le), (">=", Ordering::is_ge), ("<", Ordering::is_lt), (">", Ordering::is_gt), ("=", Ordering::is_eq)];
    let (operator, passes) = OPERATORS.iter().find(|(operator, _)| text.contains(operator))?;
    let (given, value) = text.split_once(operator)?;
    is_range(given).then_some(Rule::Ordered(*passes, placeholder(body, value)?))
}

/// An attribute's name, which may be a placeholder.
fn name(body: &Value, given: &str) -> String {
    let given = given.trim();
    let known = body.get("ExpressionAttributeNames").and_then(|names| names.get(given)).and_then(Value::as_str);
    known.unwrap_or(given).to_owned()
}

fn placeholder(body: &Value, given: &str) -> Option<Value> {
    body.get("ExpressionAttributeValues")?.get(given.trim()).cloned()
}

/// The order of two values of one type: numbers by size, everything else by its text.
pub(super) fn compare(one: &Value, other: &Value) -> Ordering {
    let number = |value: &Value| value.get("N").and_then(Value::as_str).and_then(|n| n.parse::<f64>().ok());
    let text = |value: &Value| ["S", "B"].iter().find_map(|kind| value.get(*kind)?.as_str().map(str::to_owned)).unwrap_or_default();
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        _ => text(one).cmp(&text(other)),
    }
}
