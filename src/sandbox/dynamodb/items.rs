//! Single items: put, got and deleted by their whole key.

use serde_json::{Map, Value, json};

use super::super::World;
use super::super::protocol::Refusal;
use super::super::shape;
use super::{Answer, Item, Table, invalid, name, tables};

const MOST_BYTES: usize = 400 * 1024;
const TYPES: [&str; 10] = ["S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"];
/// Expressions and older forms of them, none of which the sandbox evaluates.
const UNREAD: [&str; 9] = [
    "ConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
    "Expected",
    "AttributesToGet",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
    "UpdateExpression",
];

/// Refuses what would change the answer if the sandbox read it.
pub(super) fn plain(body: &Value) -> Result<(), Refusal> {
    match UNREAD.iter().find(|member| body.get(**member).is_some()) {
        Some(member) => Err(invalid(format!("the sandbox evaluates no {member}"))),
        None => Ok(()),
    }
}

pub(super) fn map(body: &Value, member: &str) -> Item {
    body.get(member).and_then(Value::as_object).cloned().unwrap_or_default()
}

pub(super) fn put(world: &mut World, body: &Value) -> Answer {
    plain(body)?;
    let (name, item) = (name(world, body), map(body, "Item"));
    let old = store(tables::open(world, &name)?, item)?;
    world.dirty = true;
    Ok(returned(body, old))
}

pub(super) fn get(world: &mut World, body: &Value) -> Answer {
    plain(body)?;
    let name = name(world, body);
    let table = tables::open(world, &name)?;
    let mut reply = json!({});
    shape::put(&mut reply, "Item", table.items.get(&only_key(table, &map(body, "Key"))?).cloned());
    Ok(reply)
}

pub(super) fn delete(world: &mut World, body: &Value) -> Answer {
    plain(body)?;
    let name = name(world, body);
    let table = tables::open(world, &name)?;
    let key = only_key(table, &map(body, "Key"))?;
    let old = table.items.remove(&key);
    world.dirty = true;
    Ok(returned(body, old))
}

fn returned(body: &Value, old: Option<Item>) -> Value {
    let mut reply = json!({});
    shape::put(&mut reply, "Attributes", old.filter(|_| shape::string(body, "ReturnValues") == "ALL_OLD"));
    reply
}

/// Puts an item in the place of the one with its key.
pub(super) fn store(table: &mut Table, item: Item) -> Result<Option<Item>, Refusal> {
    item.values().try_for_each(well_formed)?;
    if Value::Object(item.clone()).to_string().len() > MOST_BYTES {
        return Err(invalid("Item size has exceeded the maximum allowed size"));
    }
    let key = key_text(table, &item)?;
    for index in table.indexes.values() {
        for name in [Some(&index.key.hash), index.key.range.as_ref()].into_iter().flatten() {
            if let Some(value) = item.get(name) {
                key_value(table, name, value)?;
            }
        }
    }
    Ok(table.items.insert(key, item))
}

/// The key of a request that has nothing but the key.
pub(super) fn only_key(table: &Table, given: &Item) -> Result<String, Refusal> {
    let wanted = 1 + usize::from(table.key.range.is_some());
    if given.len() != wanted {
        return Err(invalid("The provided key element does not match the schema"));
    }
    key_text(table, given).map_err(|_| invalid("The provided key element does not match the schema"))
}

/// The key of an item, as one text.
pub(super) fn key_text(table: &Table, item: &Item) -> Result<String, Refusal> {
    let mut parts = Vec::new();
    for name in [Some(&table.key.hash), table.key.range.as_ref()].into_iter().flatten() {
        let missing = || invalid(format!("One or more parameter values were invalid: Missing the key {name} in the item"));
        parts.push(key_value(table, name, item.get(name).ok_or_else(missing)?)?);
    }
    Ok(Value::from(parts).to_string())
}

fn key_value(table: &Table, name: &str, value: &Value) -> Result<String, Refusal> {
    let kind = table.attributes.get(name).map_or("S", String::as_str);
    let found = value.as_object().and_then(|v| v.keys().next()).map_or("", String::as_str);
    let Some(text) = value.get(kind).and_then(Value::as_str) else {
        return Err(invalid(format!(
            "One or more parameter values were invalid: Type mismatch for key {name} expected: {kind} actual: {found}"
        )));
    };
    if text.is_empty() {
        let message =
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value";
        return Err(invalid(format!("{message}. Key: {name}")));
    }
    Ok(text.into())
}

/// One type, and a value of it.
fn well_formed(value: &Value) -> Result<(), Refusal> {
    let malformed = || invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
    let Some((kind, inner)) = value.as_object().filter(|v| v.len() == 1).and_then(|v| v.iter().next()) else { return Err(malformed()) };
    match (kind.as_str(), inner) {
        ("S" | "B", Value::String(_)) | ("BOOL" | "NULL", Value::Bool(_)) => Ok(()),
        ("N", Value::String(text)) if text.parse::<f64>().is_ok() => Ok(()),
        ("N", _) => Err(invalid("The parameter cannot be converted to a numeric value")),
        ("SS" | "NS" | "BS", Value::Array(items)) if !items.is_empty() && items.iter().all(Value::is_string) => Ok(()),
        ("L", Value::Array(items)) => items.iter().try_for_each(well_formed),
        ("M", Value::Object(members)) => members.values().try_for_each(well_formed),
        (kind, _) if TYPES.contains(&kind) => {
            Err(invalid("One or more parameter values were invalid: An AttributeValue may not contain an empty set"))
        }
        _ => Err(malformed()),
    }
}

pub(super) fn object(item: &Item) -> Value {
    Value::Object(item.clone())
}

/// Members of an object, in order.
pub(super) fn members<'a>(body: &'a Value, member: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    body.get(member).and_then(Value::as_object).into_iter().flat_map(Map::iter)
}
