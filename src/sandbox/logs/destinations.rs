//! Delivery destinations: a log group, a bucket, a stream, or X-Ray, which needs no ARN.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::World;
use super::super::protocol::Refusal;
use super::super::shape;
use super::super::tags::{self, Tags};
use super::{Answer, VALIDATION, arn, conflict, invalid, missing, page, region};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Destination {
    /// CWL, S3, FH or XRAY.
    pub(super) sort: String,
    format: Option<String>,
    target: Option<String>,
    pub(super) tags: Tags,
}

impl Destination {
    /// The name of the log group that it leads to.
    pub(super) fn group(&self) -> Option<&str> {
        let (_, name) = self.target.as_deref()?.split_once(":log-group:")?;
        Some(name.strip_suffix(":*").unwrap_or(name))
    }
}

/// What an ARN is of, if the request does not say.
fn sort_of(target: &str) -> Option<&'static str> {
    let sorts = [("logs", "CWL"), ("s3", "S3"), ("firehose", "FH")];
    let service = target.split(':').nth(2)?;
    sorts.into_iter().find(|(name, _)| *name == service).map(|(_, sort)| sort)
}

pub(super) fn put(world: &mut World, body: &Value) -> Answer {
    let name = shape::string(body, "name").to_owned();
    let target = body.get("deliveryDestinationConfiguration").and_then(|c| shape::maybe(c, "destinationResourceArn"));
    let declared = shape::maybe(body, "deliveryDestinationType");
    let sort = match (declared.as_deref(), target.as_deref()) {
        (Some("XRAY"), Some(_)) => return Err(invalid("An XRAY destination takes no destinationResourceArn.")),
        (Some("XRAY"), None) => "XRAY",
        (_, None) => return Err(invalid("deliveryDestinationConfiguration is required for this type of destination.")),
        (declared, Some(target)) => {
            let sort = sort_of(target).filter(|sort| declared.is_none_or(|declared| declared == *sort));
            sort.ok_or_else(|| invalid("The destinationResourceArn is not valid for this type of destination."))?
        }
    };
    let given = body.get("tags").and_then(Value::as_object).is_some_and(|tags| !tags.is_empty());
    let mut wanted = Destination {
        sort: sort.into(),
        format: shape::maybe(body, "outputFormat").or_else(|| (sort == "CWL").then(|| "json".into())),
        // A log group's ARN comes back with its suffix, however it was sent.
        target: target.map(|target| if sort == "CWL" { format!("{}:*", target.strip_suffix(":*").unwrap_or(&target)) } else { target }),
        tags: tags::read(body.get("tags"), VALIDATION)?,
    };
    if let Some(group) = wanted.group()
        && !region(world).groups.contains_key(group)
    {
        return Err(missing(format!("The log group {group} does not exist.")));
    }
    if let Some(before) = region(world).destinations.get(&name) {
        if before.format != wanted.format {
            return Err(invalid("Update to existing Delivery Destination with new Output Format is not allowed."));
        }
        if before.sort != wanted.sort {
            return Err(invalid("Update to existing Delivery Destination with new Delivery Destination Type is not allowed."));
        }
        if given {
            return Err(conflict("Tags can only be provided when a resource is being created, not updated."));
        }
        wanted.tags = before.tags.clone();
    }
    region(world).destinations.insert(name.clone(), wanted);
    world.dirty = true;
    Ok(json!({ "deliveryDestination": shown(world, &name) }))
}

/// As reads show it: without its tags.
fn shown(world: &mut World, name: &str) -> Option<Value> {
    let own = arn(world, &format!("delivery-destination:{name}"));
    let destination = region(world).destinations.get(name)?;
    let mut shown = json!({ "name": name, "arn": own, "deliveryDestinationType": destination.sort });
    shape::put(&mut shown, "outputFormat", destination.format.clone());
    let target = destination.target.as_ref().map(|target| json!({ "destinationResourceArn": target }));
    shape::put(&mut shown, "deliveryDestinationConfiguration", target);
    Some(shown)
}

fn unknown(name: &str) -> Refusal {
    missing(format!("Requested Delivery Destination {name} does not exist in this account."))
}

pub(super) fn get(world: &mut World, body: &Value) -> Answer {
    let name = shape::string(body, "name");
    Ok(json!({ "deliveryDestination": shown(world, name).ok_or_else(|| unknown(name))? }))
}

pub(super) fn describe(world: &mut World, body: &Value) -> Answer {
    let of = shape::strings(body, "names");
    let names: Vec<String> = region(world).destinations.keys().filter(|n| of.is_empty() || of.contains(&n.as_str())).cloned().collect();
    let all: Vec<(String, Value)> = names.into_iter().filter_map(|name| Some((name.clone(), shown(world, &name)?))).collect();
    page(body, all, "deliveryDestinations")
}

pub(super) fn delete(world: &mut World, body: &Value) -> Answer {
    let name = shape::string(body, "name");
    let own = arn(world, &format!("delivery-destination:{name}"));
    if region(world).deliveries.values().any(|delivery| delivery.destination == own) {
        return Err(conflict("This Delivery Destination has Deliveries; delete them first."));
    }
    region(world).destinations.remove(name).ok_or_else(|| unknown(name))?;
    world.dirty = true;
    Ok(json!({}))
}
