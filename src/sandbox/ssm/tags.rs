//! The tags of parameters.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::World;
use super::super::protocol::Refusal;
use super::{Parameter, input, invalid};

const TAGS_PER_PARAMETER: usize = 50;

/// Reads and checks a list of `{Key, Value}`.
pub(super) fn checked(given: &[Value]) -> Result<BTreeMap<String, String>, Refusal> {
    let mut tags = BTreeMap::new();
    for tag in given {
        let key = input::required(tag, "Key", 1, 128)?;
        let value = input::required(tag, "Value", 0, 256)?;
        let allowed =
            |text: &str| text.chars().all(|c| c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c));
        if !allowed(key) || !allowed(value) {
            return Err(invalid(format!("Tag `{key}` has characters other than letters, digits, white space and _.:/=+-@")));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid("Tag keys that begin with aws: are reserved."));
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(invalid(format!("Tag key `{key}` is given twice.")));
        }
    }
    if tags.len() > TAGS_PER_PARAMETER {
        return Err(too_many());
    }
    Ok(tags)
}

fn too_many() -> Refusal {
    let message = format!("Number of tags exceeds the limit of {TAGS_PER_PARAMETER}.");
    Refusal::new(400, "TooManyTagsError", message)
}

/// The parameter that a tag operation is about.
fn tagged<'a>(world: &'a mut World, body: &Value) -> Result<&'a mut Parameter, Refusal> {
    let kind = input::required(body, "ResourceType", 1, 64)?;
    let name = input::required(body, "ResourceId", 1, 2048)?;
    if kind != "Parameter" {
        let message = format!("the sandbox keeps tags of parameters only, not of `{kind}`");
        return Err(Refusal::new(400, "InvalidResourceType", message));
    }
    let missing =
        || Refusal::new(400, "InvalidResourceId", format!("The resource ID \"{name}\" is not valid. Verify the ID and try again."));
    world.parameters().get_mut(name).ok_or_else(missing)
}

pub(super) fn add(world: &mut World, body: &Value) -> Result<Value, Refusal> {
    let given = checked(input::list(body, "Tags")?)?;
    let parameter = tagged(world, body)?;
    let mut tags = parameter.tags.clone();
    tags.extend(given);
    if tags.len() > TAGS_PER_PARAMETER {
        return Err(too_many());
    }
    parameter.tags = tags;
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn remove(world: &mut World, body: &Value) -> Result<Value, Refusal> {
    let keys = input::names(body, "TagKeys", 1000)?;
    let parameter = tagged(world, body)?;
    parameter.tags.retain(|key, _| !keys.contains(&key.as_str()));
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, body: &Value) -> Result<Value, Refusal> {
    let tags: Vec<Value> = tagged(world, body)?.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    Ok(json!({ "TagList": tags }))
}
