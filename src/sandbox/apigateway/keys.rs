//! API keys: names may stand twice, values may not.

use serde_json::{Value, json};

use super::super::shape::{self, Shape, may, text};
use super::super::tags;
use super::{ALPHABET, Answer, Call, INVALID, Key, Refusal, TEXT, World, conflict, invalid, object, region};

static CREATE: Shape = Shape::Struct(&[
    may("name", text(0, 1024, "")),
    may("description", TEXT),
    may("enabled", Shape::Flag),
    may("generateDistinctId", Shape::Flag),
    may("value", TEXT),
    may("customerId", TEXT),
    may("tags", tags::SHAPE),
]);

fn shown(id: &str, key: &Key, with_value: bool) -> Value {
    let mut shown = object(key.settings.clone());
    shape::put(&mut shown, "id", Some(id));
    shape::put(&mut shown, "createdDate", Some(key.created.floor()));
    shape::put(&mut shown, "lastUpdatedDate", Some(key.modified.floor()));
    shape::put(&mut shown, "stageKeys", Some(json!([])));
    shape::put(&mut shown, "value", with_value.then(|| key.value.clone()));
    if !key.tags.is_empty() {
        shape::put(&mut shown, "tags", Some(json!(key.tags)));
    }
    shown
}

/// Whether a key may have this value.
pub(super) fn fits(value: &str) -> Result<(), Refusal> {
    match value.len() {
        0..20 => Err(invalid("API Key value should be at least 20 characters")),
        20..=128 => Ok(()),
        _ => Err(invalid("API Key value exceeds maximum size of 128 characters")),
    }
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&CREATE)?;
    let tags = tags::read(body.get("tags"), INVALID)?;
    let value = match shape::maybe(&body, "value") {
        Some(value) => fits(&value).map(|()| value)?,
        None => world.id("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 40),
    };
    let (id, now) = (world.id(ALPHABET, 10), world.now);
    let region = region(world);
    if region.keys.values().any(|key| key.value == value) {
        return Err(conflict("API Key already exists"));
    }
    let mut settings = shape::pick(&body, &["name", "description", "customerId"]);
    settings.insert("enabled".into(), body.get("enabled").cloned().unwrap_or(json!(false)));
    let key = Key { created: now, modified: now, settings, value, tags };
    let answer = shown(&id, &key, true);
    region.keys.insert(id, key);
    world.dirty = true;
    Ok(answer)
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let (prefix, customer) = (call.request.query("name"), call.request.query("customerId"));
    let with_values = call.asks("includeValues");
    let text = |key: &Key, name: &str| key.settings.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let keys = region(world).keys.iter().filter(|(_, key)| {
        prefix.is_none_or(|p| text(key, "name").starts_with(p)) && customer.is_none_or(|c| text(key, "customerId") == c)
    });
    call.listed(keys.map(|(id, key)| (id.clone(), shown(id, key, with_values))))
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    Ok(shown(call.id(0), region(world).key(call.id(0))?, call.asks("includeValue")))
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let patches = call.patches()?;
    let now = world.now;
    let key = region(world).key(call.id(0))?;
    let mut settings = key.settings.clone();
    for patch in patches {
        match patch.path.as_str() {
            "/name" => patch.text(&mut settings, "name"),
            "/description" => patch.text(&mut settings, "description"),
            "/customerId" => patch.text(&mut settings, "customerId"),
            "/enabled" => drop(settings.insert("enabled".into(), patch.flag()?.into())),
            _ => return Err(patch.refused()),
        }
    }
    key.settings = settings;
    key.modified = now;
    let answer = shown(call.id(0), key, false);
    world.dirty = true;
    Ok(answer)
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let region = region(world);
    region.key(call.id(0))?;
    region.keys.remove(call.id(0));
    for plan in region.plans.values_mut() {
        plan.keys.remove(call.id(0));
    }
    world.dirty = true;
    Ok(Value::Null)
}
