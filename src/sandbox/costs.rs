//! AWS Cost Explorer (awsJson1.1): which tags the bill is told apart by.
//!
//! Billing sees a tag once something carries it; here that is a project.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::pages;
use super::protocol::{Refusal, Reply, Request};
use super::shape::{self, Shape, list, may, must, number, text};
use super::{Service, World, projects};

const TARGET: &str = "AWSInsightsIndexService.";
const INVALID: &str = "ValidationException";

pub(super) struct Costs;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// Keys that were activated.
    active: BTreeSet<String>,
}

static KEY: Shape = text(0, 1024, "");
const STATUS: Shape = Shape::OneOf(&["Active", "Inactive"]);
static LIST: Shape = Shape::Struct(&[
    may("Status", STATUS),
    may("TagKeys", list(1, 100, &KEY)),
    may("Type", Shape::OneOf(&["AWSGenerated", "UserDefined"])),
    may("NextToken", text(0, 8192, "")),
    may("MaxResults", number(1, 1000)),
]);
static ENTRY: Shape = Shape::Struct(&[must("TagKey", text(0, 1024, "")), must("Status", STATUS)]);
static UPDATE: Shape = Shape::Struct(&[must("CostAllocationTagsStatus", list(1, 20, &ENTRY))]);

impl Service for Costs {
    fn claims(&self, request: &Request) -> bool {
        request.target(TARGET).is_some()
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let result = match request.target(TARGET)? {
            "ListCostAllocationTags" => shape::body(request, &LIST, INVALID).and_then(|body| listed(world, &body)),
            "UpdateCostAllocationTagsStatus" => shape::body(request, &UPDATE, INVALID).map(|body| update(world, &body)),
            _ => return None,
        };
        Some(match result {
            Ok(body) => Reply::aws_json(&body),
            Err(refusal) => Reply::refuse_json(refusal.status, refusal.code, &refusal.message),
        })
    }
}

fn listed(world: &mut World, body: &Value) -> Result<Value, Refusal> {
    let keys = body.get("TagKeys").map(|_| shape::strings(body, "TagKeys"));
    let status = |key: &str| if world.state.costs.active.contains(key) { "Active" } else { "Inactive" };
    let wanted = |key: &str| {
        keys.as_ref().is_none_or(|keys| keys.contains(&key))
            && shape::maybe(body, "Status").is_none_or(|wanted| wanted == status(key))
            && shape::maybe(body, "Type").is_none_or(|wanted| wanted == "UserDefined")
    };
    let tags: BTreeMap<String, Value> = projects::tag_keys(world)
        .into_iter()
        .filter(|key| wanted(key))
        .map(|key| (key.clone(), json!({ "TagKey": key, "Type": "UserDefined", "Status": status(&key) })))
        .collect();
    let page = pages::page(tags, pages::size(body, "MaxResults").or(Some(100)), body.get("NextToken").and_then(Value::as_str));
    let (page, next) = page.ok_or_else(|| Refusal::new(400, INVALID, "Invalid NextToken"))?;
    let mut reply = json!({ "CostAllocationTags": page });
    shape::put(&mut reply, "NextToken", next);
    Ok(reply)
}

fn update(world: &mut World, body: &Value) -> Value {
    let known = projects::tag_keys(world);
    let mut errors = Vec::new();
    for entry in body.get("CostAllocationTagsStatus").and_then(Value::as_array).into_iter().flatten() {
        let key = shape::string(entry, "TagKey");
        if !known.contains(key) {
            errors.push(json!({ "TagKey": key, "Code": "TagKeysNotFoundException", "Message": format!("Tag keys not found: {key}") }));
            continue;
        }
        match shape::string(entry, "Status") {
            "Active" => drop(world.state.costs.active.insert(key.to_owned())),
            _ => drop(world.state.costs.active.remove(key)),
        }
        world.dirty = true;
    }
    json!({ "Errors": errors })
}
