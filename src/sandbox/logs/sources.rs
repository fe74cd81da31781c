//! Delivery sources: a type of logs of one resource, under a name that keeps its resource.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::World;
use super::super::agentcore::is_there;
use super::super::protocol::Refusal;
use super::super::shape;
use super::super::tags::{self, Tags};
use super::{Answer, VALIDATION, arn, conflict, invalid, missing, page, region};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Source {
    pub(super) resource: String,
    pub(super) log_type: String,
    pub(super) tags: Tags,
}

/// Which resources of AgentCore have which types of logs.
const TYPES: &[(&str, &[&str])] = &[
    ("memory", &["APPLICATION_LOGS", "TRACES"]),
    ("gateway", &["APPLICATION_LOGS", "TRACES"]),
    ("runtime", &["APPLICATION_LOGS", "USAGE_LOGS", "TRACES"]),
];

/// Only a resource that is there, and a type that it has.
fn checked(world: &mut World, resource: &str, log_type: &str) -> Result<(), Refusal> {
    let base = format!("arn:aws:bedrock-agentcore:{}:{}:", world.region, world.account);
    let sort = resource.strip_prefix(&base).and_then(|rest| rest.split_once('/')).map(|(sort, _)| sort);
    let Some((_, types)) = TYPES.iter().find(|(known, _)| sort == Some(*known)) else {
        return Err(invalid("The resource ARN is not of a resource that delivers logs in the sandbox."));
    };
    if !types.contains(&log_type) {
        return Err(invalid(format!("The log type {log_type} is not supported for this resource; it has {}.", types.join(", "))));
    }
    if !is_there(world, resource) {
        return Err(missing(format!("The resource {resource} does not exist.")));
    }
    Ok(())
}

pub(super) fn put(world: &mut World, body: &Value) -> Answer {
    let name = shape::string(body, "name").to_owned();
    let (resource, log_type) = (shape::string(body, "resourceArn").to_owned(), shape::string(body, "logType").to_owned());
    let given = body.get("tags").and_then(Value::as_object).is_some_and(|tags| !tags.is_empty());
    if let Some(source) = region(world).sources.get(&name) {
        if source.resource != resource {
            return Err(conflict("Update to existing Delivery Source with new ResourceId is not allowed."));
        }
        if source.log_type != log_type {
            return Err(conflict("Update to existing Delivery Source with new LogType is not allowed."));
        }
        if given {
            return Err(conflict("Tags can only be provided when a resource is being created, not updated."));
        }
        return Ok(json!({ "deliverySource": shown(world, &name) }));
    }
    checked(world, &resource, &log_type)?;
    if region(world).sources.values().any(|source| source.resource == resource && source.log_type == log_type) {
        return Err(conflict("This ResourceId has already been used in another Delivery Source in this account."));
    }
    let tags = tags::read(body.get("tags"), VALIDATION)?;
    region(world).sources.insert(name.clone(), Source { resource, log_type, tags });
    world.dirty = true;
    Ok(json!({ "deliverySource": shown(world, &name) }))
}

/// As reads show it: without its tags.
fn shown(world: &mut World, name: &str) -> Option<Value> {
    let own = arn(world, &format!("delivery-source:{name}"));
    let source = region(world).sources.get(name)?.clone();
    let active = is_there(world, &source.resource);
    let mut shown = json!({
        "name": name, "arn": own, "resourceArns": [source.resource], "service": "bedrock-agentcore", "logType": source.log_type,
        "status": if active { "ACTIVE" } else { "INACTIVE" },
    });
    shape::put(&mut shown, "statusReason", (!active).then_some("RESOURCE_DELETED"));
    Some(shown)
}

fn unknown(name: &str) -> Refusal {
    missing(format!("Requested Delivery Source {name} does not exist in this account."))
}

pub(super) fn get(world: &mut World, body: &Value) -> Answer {
    let name = shape::string(body, "name");
    Ok(json!({ "deliverySource": shown(world, name).ok_or_else(|| unknown(name))? }))
}

pub(super) fn describe(world: &mut World, body: &Value) -> Answer {
    let of = shape::strings(body, "resourceArns");
    let fits = |source: &Source| of.is_empty() || of.contains(&source.resource.as_str());
    let names: Vec<String> = region(world).sources.iter().filter(|(_, s)| fits(s)).map(|(name, _)| name.clone()).collect();
    let all: Vec<(String, Value)> = names.into_iter().filter_map(|name| Some((name.clone(), shown(world, &name)?))).collect();
    page(body, all, "deliverySources")
}

pub(super) fn delete(world: &mut World, body: &Value) -> Answer {
    let name = shape::string(body, "name");
    if region(world).deliveries.values().any(|delivery| delivery.source == name) {
        return Err(conflict("This Delivery Source has Deliveries; delete them first."));
    }
    region(world).sources.remove(name).ok_or_else(|| unknown(name))?;
    world.dirty = true;
    Ok(json!({}))
}
