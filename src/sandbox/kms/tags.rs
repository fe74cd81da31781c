//! Tags of keys.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::World;
use super::super::protocol::Refusal;
use super::super::shape;
use super::{Answer, key, page, refuse};

const MOST: usize = 50;

/// The tags with those of the request; nothing changes if that is refused.
pub(super) fn added(tags: &BTreeMap<String, String>, body: &Value) -> Result<BTreeMap<String, String>, Refusal> {
    let mut given = BTreeMap::new();
    for tag in body.get("Tags").and_then(Value::as_array).into_iter().flatten() {
        let (key, value) = (shape::string(tag, "TagKey"), shape::string(tag, "TagValue"));
        let allowed = |text: &str| text.chars().all(|c| c.is_alphanumeric() || " _.:/=+-@".contains(c));
        if key.to_lowercase().starts_with("aws:") || !allowed(key) || !allowed(value) {
            return Err(refuse("TagException", format!("Tag {key} is reserved or has characters that tags can't have.")));
        }
        if given.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(refuse("TagException", "Duplicate tag keys"));
        }
    }
    let mut all = tags.clone();
    all.extend(given);
    if all.len() > MOST {
        return Err(refuse("TagException", "Too many tags"));
    }
    Ok(all)
}

pub(super) fn tag(world: &mut World, body: &Value) -> Answer {
    let key = key(world, body)?;
    key.tags = added(&key.tags, body)?;
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn untag(world: &mut World, body: &Value) -> Answer {
    let gone = shape::strings(body, "TagKeys");
    key(world, body)?.tags.retain(|name, _| !gone.contains(&name.as_str()));
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, body: &Value) -> Answer {
    let tags = key(world, body)?.tags.clone();
    page(body, tags.iter().map(|(name, value)| (name, json!({ "TagKey": name, "TagValue": value }))), "Tags")
}
