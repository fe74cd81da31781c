//! Deliveries: a source and a destination, one for each type of destination.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::agentcore::is_there;
use super::super::protocol::Refusal;
use super::super::shape;
use super::super::tags::{self, Tags};
use super::super::{World, xray};
use super::{Answer, VALIDATION, arn, conflict, invalid, missing, page, policies, region};

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Delivery {
    pub(super) source: String,
    /// By its ARN.
    pub(super) destination: String,
    sort: String,
    pub(super) tags: Tags,
}

pub(super) fn create(world: &mut World, body: &Value) -> Answer {
    let (name, target) = (shape::string(body, "deliverySourceName").to_owned(), shape::string(body, "deliveryDestinationArn").to_owned());
    let source = region(world).sources.get(&name).cloned().ok_or_else(|| missing("The specified Delivery Source does not exist."))?;
    let base = arn(world, "delivery-destination:");
    let destination = target.strip_prefix(&base).and_then(|name| region(world).destinations.get(name)).cloned();
    let destination = destination.ok_or_else(|| missing("The specified Delivery Destination does not exist."))?;
    let sort = destination.sort.clone();
    for other in region(world).deliveries.values().filter(|delivery| delivery.source == name) {
        if other.destination == target {
            return Err(conflict("The specified Delivery already exists"));
        }
        if other.sort == sort {
            return Err(conflict("Delivery already exists for this Delivery Source with the same Delivery Destination Type."));
        }
    }
    if !is_there(world, &source.resource) {
        return Err(invalid("The Delivery Source is INACTIVE."));
    }
    if (source.log_type == "TRACES") != (sort == "XRAY") {
        return Err(invalid(format!("Logs of type {} can't be delivered to a destination of type {sort}.", source.log_type)));
    }
    if sort == "XRAY" && !xray::keeps_spans_in_logs(world) {
        return Err(invalid("An XRAY destination needs CloudWatchLogs as X-Ray's trace segment destination."));
    }
    if let Some(group) = destination.group() {
        if !region(world).groups.contains_key(group) {
            return Err(missing(format!("The log group {group} does not exist.")));
        }
        policies::of_delivery(world);
    }
    let tags = tags::read(body.get("tags"), VALIDATION)?;
    let id = world.id(LETTERS, 16);
    region(world).deliveries.insert(id.clone(), Delivery { source: name, destination: target, sort, tags });
    world.dirty = true;
    Ok(json!({ "delivery": shown(world, &id) }))
}

/// As reads show it: without its tags.
fn shown(world: &mut World, id: &str) -> Option<Value> {
    let own = arn(world, &format!("delivery:{id}"));
    let delivery = region(world).deliveries.get(id)?;
    Some(json!({
        "id": id, "arn": own, "deliverySourceName": delivery.source, "deliveryDestinationArn": delivery.destination,
        "deliveryDestinationType": delivery.sort,
    }))
}

fn unknown(id: &str) -> Refusal {
    missing(format!("Requested Delivery {id} does not exist in this account."))
}

pub(super) fn get(world: &mut World, body: &Value) -> Answer {
    let id = shape::string(body, "id");
    Ok(json!({ "delivery": shown(world, id).ok_or_else(|| unknown(id))? }))
}

pub(super) fn describe(world: &mut World, body: &Value) -> Answer {
    let of = shape::strings(body, "deliverySourceNames");
    let fits = |delivery: &Delivery| of.is_empty() || of.contains(&delivery.source.as_str());
    let ids: Vec<String> = region(world).deliveries.iter().filter(|(_, d)| fits(d)).map(|(id, _)| id.clone()).collect();
    let all: Vec<(String, Value)> = ids.into_iter().filter_map(|id| Some((id.clone(), shown(world, &id)?))).collect();
    page(body, all, "deliveries")
}

pub(super) fn delete(world: &mut World, body: &Value) -> Answer {
    let id = shape::string(body, "id");
    region(world).deliveries.remove(id).ok_or_else(|| unknown(id))?;
    world.dirty = true;
    Ok(json!({}))
}
