//! Tags of buckets and of objects: every put replaces the whole set.

use std::collections::BTreeMap;

use super::super::World;
use super::super::protocol::{Refusal, Reply, element};
use super::xml::Element;
use super::{Answer, Call, malformed, objects};

/// Checks the `Tag` elements below `set`.
pub(super) fn checked(set: &Element, most: usize) -> Result<BTreeMap<String, String>, Refusal> {
    let pairs = set.all("Tag").map(|tag| Some((tag.text("Key")?.to_owned(), tag.text("Value")?.to_owned())));
    pairs_checked(pairs.collect::<Option<Vec<_>>>().ok_or_else(malformed)?, most)
}

pub(super) fn pairs_checked(pairs: Vec<(String, String)>, most: usize) -> Result<BTreeMap<String, String>, Refusal> {
    let invalid = |message: &str| Err(Refusal::new(400, "InvalidTag", message));
    if pairs.len() > most {
        let what = if most == 10 { "Object tags" } else { "Bucket tag count" };
        return Err(Refusal::new(400, "BadRequest", format!("{what} cannot be greater than {most}")));
    }
    let mut tags = BTreeMap::new();
    for (key, value) in pairs {
        if key.is_empty() || key.chars().count() > 128 || !allowed(&key) {
            return invalid("The TagKey you have provided is invalid");
        }
        if value.chars().count() > 256 || !allowed(&value) {
            return invalid("The TagValue you have provided is invalid");
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return invalid("System tags cannot be added/updated by requester");
        }
        if tags.insert(key, value).is_some() {
            return invalid("Cannot provide multiple Tags with the same key");
        }
    }
    Ok(tags)
}

fn allowed(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c))
}

fn shown(tags: &BTreeMap<String, String>) -> Reply {
    let tags: String = tags.iter().map(|(key, value)| format!("<Tag>{}{}</Tag>", element("Key", key), element("Value", value))).collect();
    Reply::xml(200, &format!("<Tagging><TagSet>{tags}</TagSet></Tagging>"))
}

pub(super) fn put(world: &mut World, call: &Call) -> Answer {
    let given = Element::parse(&call.request.body, "Tagging")?;
    let tags = checked(given.child("TagSet").ok_or_else(malformed)?, 50)?;
    world.state.s3.bucket_mut(&call.bucket)?.tags = tags;
    world.dirty = true;
    Ok(Reply::empty(204))
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let tags = &world.state.s3.bucket(&call.bucket)?.tags;
    if tags.is_empty() {
        return Err(Refusal::new(404, "NoSuchTagSet", "The TagSet does not exist"));
    }
    Ok(shown(tags))
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    world.state.s3.bucket_mut(&call.bucket)?.tags.clear();
    world.dirty = true;
    Ok(Reply::empty(204))
}

pub(super) fn get_object(world: &mut World, call: &Call) -> Answer {
    Ok(shown(objects::found(world, call)?.1.tags()))
}
