//! CloudWatch Logs (awsJson1.1): log groups with their retention and tags, resource policies, and delivery of other
//! services' logs.
//!
//! A group is made without a retention, which is a request of its own, and is listed without its tags.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::pages;
use super::protocol::{Refusal, Reply, Request};
use super::rpc::{self, Answer, Operation, on};
use super::shape;
use super::tags::Tags;
use super::{Service, World};

mod deliveries;
mod destinations;
mod groups;
mod insights;
mod marks;
mod policies;
mod queries;
mod shapes;
mod sources;

const INVALID: &str = "InvalidParameterException";
const VALIDATION: &str = "ValidationException";

pub(super) struct Logs;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    regions: BTreeMap<String, Region>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Region {
    groups: BTreeMap<String, Group>,
    queries: queries::Queries,
    /// By name.
    policies: BTreeMap<String, policies::Policy>,
    /// By name.
    sources: BTreeMap<String, sources::Source>,
    /// By name.
    destinations: BTreeMap<String, destinations::Destination>,
    /// By id.
    deliveries: BTreeMap<String, deliveries::Delivery>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Group {
    created: f64,
    /// Absent: for ever.
    retention: Option<i64>,
    class: String,
    key: Option<String>,
    protected: bool,
    tags: Tags,
    /// By name.
    #[serde(default)]
    streams: BTreeMap<String, Stream>,
}

/// What was written to a group, in order of arrival.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Stream {
    events: Vec<Event>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Event {
    /// Milliseconds since 1970.
    timestamp: i64,
    message: String,
}

static OPERATIONS: &[Operation] = &[
    on("CreateLogGroup", &shapes::CREATE_GROUP, groups::create),
    on("DescribeLogGroups", &shapes::DESCRIBE_GROUPS, groups::describe),
    on("DeleteLogGroup", &shapes::GROUP, groups::delete),
    on("PutRetentionPolicy", &shapes::RETENTION, groups::keep),
    on("DeleteRetentionPolicy", &shapes::GROUP, groups::keep_for_ever),
    on("TagResource", &shapes::TAG, marks::tag),
    on("UntagResource", &shapes::UNTAG, marks::untag),
    on("ListTagsForResource", &shapes::LIST_TAGS, marks::list),
    on("CreateLogStream", &shapes::STREAM, queries::create_stream),
    on("PutLogEvents", &shapes::PUT_EVENTS, queries::put),
    on("StartQuery", &shapes::START_QUERY, queries::start),
    on("GetQueryResults", &shapes::RESULTS, queries::results),
    on("PutResourcePolicy", &shapes::PUT_POLICY, policies::put),
    on("DescribeResourcePolicies", &shapes::PAGE, policies::describe),
    on("DeleteResourcePolicy", &shapes::DELETE_POLICY, policies::delete),
    on("PutDeliverySource", &shapes::PUT_SOURCE, sources::put).refusing_with(VALIDATION),
    on("GetDeliverySource", &shapes::DELIVERY_NAME, sources::get).refusing_with(VALIDATION),
    on("DescribeDeliverySources", &shapes::DESCRIBE_SOURCES, sources::describe).refusing_with(VALIDATION),
    on("DeleteDeliverySource", &shapes::DELIVERY_NAME, sources::delete).refusing_with(VALIDATION),
    on("PutDeliveryDestination", &shapes::PUT_DESTINATION, destinations::put).refusing_with(VALIDATION),
    on("GetDeliveryDestination", &shapes::DELIVERY_NAME, destinations::get).refusing_with(VALIDATION),
    on("DescribeDeliveryDestinations", &shapes::DESCRIBE_DESTINATIONS, destinations::describe).refusing_with(VALIDATION),
    on("DeleteDeliveryDestination", &shapes::DELIVERY_NAME, destinations::delete).refusing_with(VALIDATION),
    on("CreateDelivery", &shapes::CREATE_DELIVERY, deliveries::create).refusing_with(VALIDATION),
    on("GetDelivery", &shapes::DELIVERY_ID, deliveries::get).refusing_with(VALIDATION),
    on("DescribeDeliveries", &shapes::DESCRIBE_DELIVERIES, deliveries::describe).refusing_with(VALIDATION),
    on("DeleteDelivery", &shapes::DELIVERY_ID, deliveries::delete).refusing_with(VALIDATION),
];

const TARGET: &str = "Logs_20140328.";

impl Service for Logs {
    fn claims(&self, request: &Request) -> bool {
        request.target(TARGET).is_some()
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let name = request.target(TARGET)?;
        rpc::answer(OPERATIONS, name, INVALID, world, request).map(rpc::aws_json)
    }
}

fn refuse(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(400, code, message)
}

fn missing(message: impl Into<String>) -> Refusal {
    refuse("ResourceNotFoundException", message)
}

fn conflict(message: impl Into<String>) -> Refusal {
    refuse("ConflictException", message)
}

fn invalid(message: impl Into<String>) -> Refusal {
    refuse(VALIDATION, message)
}

fn region(world: &mut World) -> &mut Region {
    world.state.logs.regions.entry(world.region.clone()).or_default()
}

/// `resource` is `log-group:NAME`, say.
fn arn(world: &World, resource: &str) -> String {
    format!("arn:aws:logs:{}:{}:{resource}", world.region, world.account)
}

/// Whether a policy of the account lets a service write to the log group.
pub(super) fn may_write(world: &mut World, service: &str, group: &str) -> bool {
    let resource = arn(world, &format!("log-group:{group}:*"));
    region(world).policies.values().any(|policy| policy.allows(service, &resource))
}

/// A page of a listing whose size and token stand in the body.
fn page<K: AsRef<str>>(body: &Value, items: impl IntoIterator<Item = (K, Value)>, member: &str) -> Answer {
    let page = pages::page(items, pages::size(body, "limit"), body.get("nextToken").and_then(Value::as_str));
    let (page, next) = page.ok_or_else(|| refuse(INVALID, "The specified nextToken is invalid."))?;
    let mut reply = json!({ member: page });
    shape::put(&mut reply, "nextToken", next);
    Ok(reply)
}
