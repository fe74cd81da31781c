//! Tags and resource policies of runtimes and gateways, which the path names by their ARN.

use serde_json::{Value, json};

use super::shape::{self, Shape, must, text};
use super::tags::{self, Tags};
use super::{Answer, Call, GONE, INVALID, Refusal, World, arn, invalid, memories, missing, policies, region};

const ARN: &str = r"arn:(?:[^:]+)?:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:([a-z-]+/[^/]+)(?:/[a-z-]+/[^/]+)*";

static TAG: Shape = Shape::Struct(&[must("tags", tags::SHAPE)]);
static PUT_POLICY: Shape = Shape::Struct(&[must("policy", text(1, 20_480, ""))]);

/// The tags of the resource of that ARN.
pub(super) fn tagged<'a>(world: &'a mut World, named: &str) -> Result<&'a mut Tags, Refusal> {
    if !shape::matches(ARN, named) {
        return Err(invalid(format!(
            "Value at 'resourceArn' failed to satisfy constraint: Member must satisfy regular expression pattern: {ARN}"
        )));
    }
    let prefix = arn(world, "");
    let now = world.now;
    let unknown = || missing(format!("Resource {named} not found"));
    match named.strip_prefix(&prefix).and_then(|resource| resource.split_once('/')) {
        Some(("memory", id)) => return memories::tags_of(world, id).ok_or_else(unknown),
        Some(("policy-engine", id)) => return policies::tags_of(world, id).ok_or_else(unknown),
        _ => {}
    }
    let region = region(world);
    let tags = match named.strip_prefix(&prefix).and_then(|resource| resource.split_once('/')) {
        Some(("runtime", id)) => {
            region.runtimes.get_mut(id).filter(|runtime| runtime.status.peek(now) != GONE).map(|runtime| &mut runtime.tags)
        }
        Some(("gateway", id)) => region.gateways.get_mut(id).map(|gateway| &mut gateway.tags),
        _ => None,
    };
    tags.ok_or_else(|| missing(format!("Resource {named} not found")))
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

pub(super) fn put_policy(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&PUT_POLICY)?;
    let policy = shape::string(&body, "policy");
    if serde_json::from_str::<Value>(policy).ok().and_then(|p| p.get("Statement").cloned()).is_none() {
        return Err(invalid("The policy is not a valid JSON policy document"));
    }
    tagged(world, call.id(0))?;
    region(world).policies.insert(call.id(0).into(), policy.into());
    world.dirty = true;
    Ok(json!({ "policy": policy }))
}

pub(super) fn get_policy(world: &mut World, call: &Call) -> Answer {
    tagged(world, call.id(0))?;
    let policy = region(world).policies.get(call.id(0));
    policy.map(|policy| json!({ "policy": policy })).ok_or_else(|| missing(format!("No resource policy found for {}", call.id(0))))
}

pub(super) fn delete_policy(world: &mut World, call: &Call) -> Answer {
    tagged(world, call.id(0))?;
    region(world).policies.remove(call.id(0));
    world.dirty = true;
    Ok(Value::Null)
}
