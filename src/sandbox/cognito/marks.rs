//! Tags, which only pools take.

use serde_json::{Value, json};

use super::super::protocol::Refusal;
use super::super::shape;
use super::super::tags::{self, Tags};
use super::{Answer, INVALID, World, arn, refuse, region};

fn tagged<'a>(world: &'a mut World, body: &Value) -> Result<&'a mut Tags, Refusal> {
    let named = shape::string(body, "ResourceArn");
    let prefix = arn(world, "");
    let pool = named.strip_prefix(&prefix).and_then(|id| region(world).pools.get_mut(id));
    pool.map(|pool| &mut pool.tags).ok_or_else(|| refuse("ResourceNotFoundException", format!("Resource {named} does not exist.")))
}

pub(super) fn tag(world: &mut World, body: &Value) -> Answer {
    tags::add(tagged(world, body)?, body.get("Tags"), INVALID)?;
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn untag(world: &mut World, body: &Value) -> Answer {
    let keys = shape::strings(body, "TagKeys");
    tagged(world, body)?.retain(|key, _| !keys.contains(&key.as_str()));
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, body: &Value) -> Answer {
    Ok(json!({ "Tags": tagged(world, body)? }))
}
