//! Shapes of JSON requests as AWS's models constrain them, and AWS's words for what breaks them.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use regex::Regex;
use serde_json::{Map, Value};

use crate::sandbox::protocol::{Refusal, Request};

/// What a JSON value may be.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Lengths in characters; the pattern must match the whole text, an empty one matches any.
    Text {
        least: usize,
        most: usize,
        pattern: &'static str,
    },
    OneOf(&'static [&'static str]),
    Number {
        least: i64,
        most: i64,
    },
    Flag,
    Any,
    List {
        least: usize,
        most: usize,
        of: &'static Shape,
    },
    Map {
        most: usize,
        key: &'static Shape,
        value: &'static Shape,
    },
    /// Members that are not named are ignored, as AWS does.
    Struct(&'static [Member]),
    /// A structure of which exactly one member is set.
    Union(&'static [Member]),
    /// A structure that takes no other members.
    Closed(&'static [Member]),
    Of(&'static Shape),
}

#[derive(Debug)]
pub(crate) struct Member {
    name: &'static str,
    required: bool,
    shape: Shape,
}

pub(crate) const fn must(name: &'static str, shape: Shape) -> Member {
    Member { name, required: true, shape }
}

pub(crate) const fn may(name: &'static str, shape: Shape) -> Member {
    Member { name, required: false, shape }
}

pub(crate) const fn text(least: usize, most: usize, pattern: &'static str) -> Shape {
    Shape::Text { least, most, pattern }
}

pub(crate) const fn number(least: i64, most: i64) -> Shape {
    Shape::Number { least, most }
}

pub(crate) const fn list(least: usize, most: usize, of: &'static Shape) -> Shape {
    Shape::List { least, most, of }
}

pub(crate) static STRING: Shape = text(0, usize::MAX, "");

/// The request's body, if it is JSON of that shape; `code` is what the service calls a broken constraint.
pub(crate) fn body(request: &Request, shape: &Shape, code: &'static str) -> Result<Value, Refusal> {
    let Some(mut value) = request.json() else {
        return Err(Refusal::new(400, "SerializationException", "Unable to parse the request body as JSON"));
    };
    drop_nulls(&mut value);
    check(shape, &value, code)?;
    Ok(value)
}

/// Checks a value; all broken constraints are told at once.
pub(crate) fn check(shape: &Shape, value: &Value, code: &'static str) -> Result<(), Refusal> {
    let mut broken = Vec::new();
    judge(shape, value, "", &mut broken).map_err(|message| Refusal::new(400, "SerializationException", message))?;
    match broken.len() {
        0 => Ok(()),
        1 => Err(Refusal::new(400, code, format!("1 validation error detected: {}", broken.concat()))),
        n => Err(Refusal::new(400, code, format!("{n} validation errors detected: {}", broken.join("; ")))),
    }
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, v| !v.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Collects broken constraints; a value of the wrong type ends it, as parsing ends there.
fn judge(shape: &Shape, value: &Value, path: &str, broken: &mut Vec<String>) -> Result<(), String> {
    let mut fail = |rule: &str| broken.push(format!("Value at '{path}' failed to satisfy constraint: Member must {rule}"));
    let wrong = |wanted: &str| Err(format!("Expected {wanted} at '{path}'"));
    match (shape, value) {
        (Shape::Any, _) => {}
        (Shape::Of(inner), _) => judge(inner, value, path, broken)?,
        (Shape::Text { least, most, pattern }, Value::String(given)) => {
            let length = given.chars().count();
            if length < *least {
                fail(&format!("have length greater than or equal to {least}"));
            }
            if length > *most {
                fail(&format!("have length less than or equal to {most}"));
            }
            if !matches(pattern, given) {
                fail(&format!("satisfy regular expression pattern: {pattern}"));
            }
        }
        (Shape::Text { .. }, _) => return wrong("a string"),
        (Shape::OneOf(values), Value::String(given)) => {
            if !values.contains(&given.as_str()) {
                fail(&format!("satisfy enum value set: [{}]", values.join(", ")));
            }
        }
        (Shape::OneOf(_), _) => return wrong("a string"),
        (Shape::Number { least, most }, Value::Number(given)) => {
            let Some(given) = given.as_i64() else { return wrong("an integer") };
            if given < *least {
                fail(&format!("have value greater than or equal to {least}"));
            }
            if given > *most {
                fail(&format!("have value less than or equal to {most}"));
            }
        }
        (Shape::Number { .. }, _) => return wrong("a number"),
        (Shape::Flag, Value::Bool(_)) => {}
        (Shape::Flag, _) => return wrong("a boolean"),
        (Shape::List { least, most, of }, Value::Array(items)) => {
            if items.len() < *least {
                fail(&format!("have length greater than or equal to {least}"));
            }
            if items.len() > *most {
                fail(&format!("have length less than or equal to {most}"));
            }
            for (n, item) in items.iter().enumerate() {
                judge(of, item, &format!("{path}.{}.member", n + 1), broken)?;
            }
        }
        (Shape::List { .. }, _) => return wrong("a list"),
        (Shape::Map { most, key, value }, Value::Object(entries)) => {
            if entries.len() > *most {
                fail(&format!("have length less than or equal to {most}"));
            }
            for (name, entry) in entries {
                judge(key, &Value::String(name.clone()), path, broken)?;
                judge(value, entry, &format!("{path}.{name}.member"), broken)?;
            }
        }
        (Shape::Map { .. }, _) => return wrong("a map"),
        (Shape::Struct(members) | Shape::Union(members) | Shape::Closed(members), Value::Object(given)) => {
            if matches!(shape, Shape::Union(_)) && members.iter().filter(|m| given.contains_key(m.name)).count() != 1 {
                fail("have exactly one member set");
            }
            if matches!(shape, Shape::Closed(_)) {
                for name in given.keys().filter(|name| !members.iter().any(|m| m.name == name.as_str())) {
                    fail(&format!("not contain the unsupported field '{name}'"));
                }
            }
            for member in *members {
                let path = join(path, member.name);
                match given.get(member.name) {
                    Some(value) => judge(&member.shape, value, &path, broken)?,
                    None if member.required => {
                        broken.push(format!("Value null at '{path}' failed to satisfy constraint: Member must not be null"));
                    }
                    None => {}
                }
            }
        }
        (Shape::Struct(_) | Shape::Union(_) | Shape::Closed(_), _) => return wrong("a structure"),
    }
    Ok(())
}

/// AWS names members in lower camel case in its refusals, however the wire writes them.
fn join(path: &str, name: &str) -> String {
    let mut letters = name.chars();
    let name: String = letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect();
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

/// Whether the pattern matches the whole text.
pub(crate) fn matches(pattern: &'static str, text: &str) -> bool {
    static COMPILED: LazyLock<Mutex<BTreeMap<&'static str, Option<Regex>>>> = LazyLock::new(Mutex::default);
    if pattern.is_empty() {
        return true;
    }
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let regex = compiled.entry(pattern).or_insert_with(|| Regex::new(&format!(r"\A(?:{pattern})\z")).ok());
    regex.as_ref().is_some_and(|regex| regex.is_match(text))
}

/// A text member; empty if it is not there.
pub(crate) fn string<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

/// A text member, if it is there.
pub(crate) fn maybe(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// The texts of a list member; none if it is not there.
pub(crate) fn strings<'a>(value: &'a Value, name: &str) -> Vec<&'a str> {
    value.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The named members that are there.
pub(crate) fn pick(value: &Value, names: &[&str]) -> Map<String, Value> {
    names.iter().filter_map(|name| Some(((*name).to_owned(), value.get(*name)?.clone()))).collect()
}

/// Sets a member if there is a value for it.
pub(crate) fn put(object: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let (Some(members), Some(value)) = (object.as_object_mut(), value) {
        members.insert(name.into(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    static TOOL: Shape = Shape::Struct(&[
        must("Name", text(1, 4, "[a-z]+")),
        may("kind", Shape::OneOf(&["A", "B"])),
        may("one", Shape::Union(&[may("x", Shape::Flag), may("y", Shape::Flag)])),
    ]);

    #[test]
    fn every_broken_constraint_is_told_and_a_wrong_type_ends_it() {
        let refusal = check(&TOOL, &json!({ "kind": "C", "one": { "x": true, "y": true } }), "Bad").unwrap_err();
        assert!(refusal.message.starts_with("3 validation errors detected: Value null at 'name'"), "{}", refusal.message);
        assert_eq!(check(&TOOL, &json!({ "Name": 1 }), "Bad").unwrap_err().code, "SerializationException");
        assert!(check(&TOOL, &json!({ "Name": "abc", "new": 1 }), "Bad").is_ok());
    }
}
