//! The members of a request, read and checked against the model's constraints.

use serde_json::Value;

use super::super::protocol::Refusal;
use super::invalid;

/// A string member, `None` if it is absent or null.
pub(super) fn text<'a>(body: &'a Value, member: &str) -> Result<Option<&'a str>, Refusal> {
    match body.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(mistyped(member)),
    }
}

/// A string member that must be there, within its length.
pub(super) fn required<'a>(body: &'a Value, member: &str, least: usize, most: usize) -> Result<&'a str, Refusal> {
    let text = text(body, member)?.ok_or_else(|| missing(member))?;
    sized(member, text.chars().count(), least, most).map(|()| text)
}

pub(super) fn flag(body: &Value, member: &str) -> bool {
    body.get(member).and_then(Value::as_bool).unwrap_or(false)
}

/// A list member, empty if it is absent.
pub(super) fn list<'a>(body: &'a Value, member: &str) -> Result<&'a [Value], Refusal> {
    match body.get(member) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(values)) => Ok(values),
        Some(_) => Err(mistyped(member)),
    }
}

/// A list of strings that must be there, with as many entries as the model allows.
pub(super) fn names<'a>(body: &'a Value, member: &str, most: usize) -> Result<Vec<&'a str>, Refusal> {
    if body.get(member).is_none_or(Value::is_null) {
        return Err(missing(member));
    }
    let values = list(body, member)?;
    sized(member, values.len(), 1, most)?;
    values.iter().map(|value| value.as_str().ok_or_else(|| mistyped(member))).collect()
}

/// How many results a page may have; the most is also what AWS takes when nothing is said.
pub(super) fn page_size(body: &Value, most: usize) -> Result<usize, Refusal> {
    let Some(given) = body.get("MaxResults").filter(|value| !value.is_null()) else { return Ok(most) };
    let number = given.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(|| mistyped("MaxResults"))?;
    if number < 1 {
        return Err(constraint("MaxResults", &given.to_string(), "Member must have value greater than or equal to 1"));
    }
    if number > most {
        return Err(constraint("MaxResults", &given.to_string(), &format!("Member must have value less than or equal to {most}")));
    }
    Ok(number)
}

/// Checks a string against the model's enumeration.
pub(super) fn one_of(member: &str, value: &str, known: &[&str]) -> Result<(), Refusal> {
    if known.contains(&value) {
        return Ok(());
    }
    let rule = format!("Member must satisfy enum value set: [{}]", known.join(", "));
    Err(constraint(member, &format!("'{value}'"), &rule))
}

pub(super) fn sized(member: &str, length: usize, least: usize, most: usize) -> Result<(), Refusal> {
    if length < least {
        return Err(constraint(member, "''", &format!("Member must have length greater than or equal to {least}")));
    }
    if length > most {
        return Err(constraint(member, "'...'", &format!("Member must have length less than or equal to {most}")));
    }
    Ok(())
}

fn missing(member: &str) -> Refusal {
    constraint(member, "null", "Member must not be null")
}

fn mistyped(member: &str) -> Refusal {
    Refusal::new(400, "SerializationException", format!("`{member}` is of the wrong type"))
}

fn constraint(member: &str, value: &str, rule: &str) -> Refusal {
    let mut letters = member.chars();
    let member: String = letters.next().map(|c| c.to_ascii_lowercase()).into_iter().chain(letters).collect();
    invalid(format!("1 validation error detected: Value {value} at '{member}' failed to satisfy constraint: {rule}"))
}
