//! Tags, which the path names by an ARN without an account.

use serde_json::{Value, json};

use super::super::shape::{Shape, must};
use super::super::tags::{self, Tags};
use super::{Answer, Call, INVALID, Refusal, World, invalid, region};

static TAG: Shape = Shape::Struct(&[must("tags", tags::SHAPE)]);

/// The tags of the resource of that ARN.
fn tagged<'a>(world: &'a mut World, arn: &str) -> Result<&'a mut Tags, Refusal> {
    let prefix = format!("arn:aws:apigateway:{}::/", world.region);
    let Some(path) = arn.strip_prefix(&prefix) else { return Err(invalid("Invalid ARN specified in the request")) };
    let region = region(world);
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["restapis", api] => Ok(&mut region.api(api)?.tags),
        ["restapis", api, "stages", stage] => Ok(&mut region.api(api)?.stage(stage)?.tags),
        ["usageplans", plan] => Ok(&mut region.plan(plan)?.tags),
        ["apikeys", key] => Ok(&mut region.key(key)?.tags),
        _ => Err(invalid("Invalid ARN specified in the request")),
    }
}

pub(super) fn tag(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&TAG)?;
    tags::add(tagged(world, call.id(0))?, body.get("tags"), INVALID)?;
    world.dirty = true;
    Ok(Value::Null)
}

pub(super) fn untag(world: &mut World, call: &Call) -> Answer {
    let keys = &call.request.query;
    tagged(world, call.id(0))?.retain(|key, _| !keys.iter().any(|(name, value)| name == "tagKeys" && value == key));
    world.dirty = true;
    Ok(Value::Null)
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    Ok(json!({ "tags": tagged(world, call.id(0))? }))
}
