//! Tags of guardrails, as lists of keys and values; the body names the resource.

use serde_json::{Value, json};

use super::super::World;
use super::super::protocol::Refusal;
use super::super::shape;
use super::super::tags::Tags;
use super::{Answer, Call, arn, guardrail, invalid, missing, shapes};

/// Adds the `tags` of a body to those that are there; nothing changes if that is refused.
pub(super) fn add(tags: &mut Tags, body: &Value) -> Result<(), Refusal> {
    let mut merged = tags.clone();
    for tag in body.get("tags").and_then(Value::as_array).into_iter().flatten() {
        let key = shape::string(tag, "key");
        if key.to_lowercase().starts_with("aws:") {
            return Err(invalid("aws: prefixed tag key names are not allowed for external use."));
        }
        merged.insert(key.into(), shape::string(tag, "value").into());
    }
    if merged.len() > 50 {
        return Err(Refusal::new(400, "TooManyTagsException", "The resource has more than 50 tags."));
    }
    *tags = merged;
    Ok(())
}

fn tagged<'a>(world: &'a mut World, body: &Value) -> Result<&'a mut Tags, Refusal> {
    let named = shape::string(body, "resourceARN").to_owned();
    let id = named.strip_prefix(&arn(world, "")).ok_or_else(|| missing(&named))?.to_owned();
    Ok(&mut guardrail(world, &id)?.tags)
}

pub(super) fn tag(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&shapes::TAG)?;
    add(tagged(world, &body)?, &body)?;
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn untag(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&shapes::UNTAG)?;
    let keys = shape::strings(&body, "tagKeys");
    tagged(world, &body)?.retain(|key, _| !keys.contains(&key.as_str()));
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&shapes::TAGS)?;
    let tags: Vec<Value> = tagged(world, &body)?.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    Ok(json!({ "tags": tags }))
}
