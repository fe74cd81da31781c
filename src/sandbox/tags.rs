//! Tags as a map: their shape, their limits, and what adding and removing does.

use std::collections::BTreeMap;

use serde_json::Value;

use super::shape::{Shape, text};
use crate::sandbox::protocol::Refusal;

pub(crate) type Tags = BTreeMap<String, String>;

const CHARACTERS: &str = r"[a-zA-Z0-9\s._:/=+@-]*";
static KEY: Shape = text(1, 128, CHARACTERS);
static VALUE: Shape = text(0, 256, CHARACTERS);

pub(crate) const SHAPE: Shape = Shape::Map { most: 50, key: &KEY, value: &VALUE };

/// The tags of a create.
pub(crate) fn read(given: Option<&Value>, code: &'static str) -> Result<Tags, Refusal> {
    let mut tags = Tags::new();
    add(&mut tags, given, code)?;
    Ok(tags)
}

/// Adds tags to those that are there; nothing changes if that is refused.
pub(crate) fn add(tags: &mut Tags, given: Option<&Value>, code: &'static str) -> Result<(), Refusal> {
    let mut merged = tags.clone();
    for (key, value) in given.and_then(Value::as_object).into_iter().flatten() {
        if key.to_lowercase().starts_with("aws:") {
            return Err(Refusal::new(400, code, "aws: prefixed tag key names are not allowed for external use."));
        }
        merged.insert(key.clone(), value.as_str().unwrap_or("").into());
    }
    if merged.len() > 50 {
        return Err(Refusal::new(400, code, "The resource has more than 50 tags."));
    }
    *tags = merged;
    Ok(())
}
