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

/// Runtimes, their endpoints and gateways have policies; whether the one of that ARN is there.
fn policed(world: &mut World, named: &str) -> Result<(), Refusal> {
    let prefix = arn(world, "");
    let parts: Vec<&str> = named.strip_prefix(&prefix).unwrap_or_default().split('/').collect();
    match parts.as_slice() {
        ["runtime", id, "runtime-endpoint", name] => {
            tagged(world, &format!("{prefix}runtime/{id}"))?;
            let there = region(world).runtimes.get(*id).is_some_and(|runtime| runtime.endpoints.contains_key(*name));
            if there { Ok(()) } else { Err(missing(format!("Resource {named} not found"))) }
        }
        [sort @ ("memory" | "policy-engine"), _] => Err(invalid(format!("Resource policies are not supported for a {sort}"))),
        _ => tagged(world, named).map(drop),
    }
}

/// A document whose statements say for whom and for what they are.
fn is_policy(text: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(text) else { return false };
    let statements = match document.get("Statement") {
        Some(Value::Array(all)) => all.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    };
    let whole = |s: &Value| {
        let either = |one: &str, other: &str| s.get(one).is_some() != s.get(other).is_some();
        let effect = matches!(shape::string(s, "Effect"), "Allow" | "Deny");
        effect && either("Principal", "NotPrincipal") && either("Action", "NotAction") && either("Resource", "NotResource")
    };
    !statements.is_empty() && statements.iter().all(whole)
}

pub(super) fn put_policy(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&PUT_POLICY)?;
    let policy = shape::string(&body, "policy");
    if !is_policy(policy) {
        return Err(invalid("The policy is not a valid JSON policy document"));
    }
    policed(world, call.id(0))?;
    region(world).policies.insert(call.id(0).into(), policy.into());
    world.dirty = true;
    Ok(json!({ "policy": policy }))
}

pub(super) fn get_policy(world: &mut World, call: &Call) -> Answer {
    policed(world, call.id(0))?;
    let policy = region(world).policies.get(call.id(0));
    policy.map(|policy| json!({ "policy": policy })).ok_or_else(|| missing(format!("No resource policy found for {}", call.id(0))))
}

pub(super) fn delete_policy(world: &mut World, call: &Call) -> Answer {
    policed(world, call.id(0))?;
    region(world).policies.remove(call.id(0));
    world.dirty = true;
    Ok(Value::Null)
}
