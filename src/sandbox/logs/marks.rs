//! Tags of whatever CloudWatch Logs has an ARN for.

use serde_json::{Value, json};

use super::super::World;
use super::super::protocol::Refusal;
use super::super::shape;
use super::super::tags::{self, Tags};
use super::{Answer, INVALID, arn, missing, refuse, region};

/// The tags of what an ARN names; a log group's is taken without `:*` only.
fn of<'a>(world: &'a mut World, body: &Value) -> Result<&'a mut Tags, Refusal> {
    let given = shape::string(body, "resourceArn");
    let base = arn(world, "");
    let Some((sort, name)) = given.strip_prefix(&base).and_then(|resource| resource.split_once(':')) else {
        return Err(refuse(INVALID, "The resource ARN is not valid."));
    };
    let region = region(world);
    let tags = match sort {
        "log-group" => region.groups.get_mut(name).map(|group| &mut group.tags),
        "delivery-source" => region.sources.get_mut(name).map(|source| &mut source.tags),
        "delivery-destination" => region.destinations.get_mut(name).map(|destination| &mut destination.tags),
        "delivery" => region.deliveries.get_mut(name).map(|delivery| &mut delivery.tags),
        _ => None,
    };
    tags.ok_or_else(|| missing("The specified resource does not exist."))
}

pub(super) fn tag(world: &mut World, body: &Value) -> Answer {
    tags::add(of(world, body)?, body.get("tags"), INVALID)?;
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn untag(world: &mut World, body: &Value) -> Answer {
    let gone = shape::strings(body, "tagKeys");
    of(world, body)?.retain(|name, _| !gone.contains(&name.as_str()));
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, body: &Value) -> Answer {
    Ok(json!({ "tags": of(world, body)? }))
}
