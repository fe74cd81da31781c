//! AWS KMS (awsJson1.1): symmetric keys with their policy, rotation, tags and aliases.
//!
//! Names are for aliases alone: a key has an id that KMS chose, and two equal requests make two keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::pages;
use super::protocol::{Refusal, Reply, Request};
use super::rpc::{self, Answer, Operation, on};
use super::shape;
use super::{Service, World};

mod aliases;
mod keys;
mod policy;
mod shapes;
mod tags;

const INVALID: &str = "ValidationException";

pub(super) struct Kms;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    regions: BTreeMap<String, Region>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Region {
    keys: BTreeMap<String, Key>,
    /// Alias to key id.
    aliases: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Key {
    created: f64,
    description: String,
    policy: String,
    state: KeyState,
    rotation_days: Option<i64>,
    /// When KMS deletes it, once that is scheduled.
    deletion: Option<f64>,
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum KeyState {
    Enabled,
    Disabled,
    PendingDeletion,
}

static OPERATIONS: &[Operation] = &[
    on("CreateKey", &shapes::CREATE, keys::create),
    on("DescribeKey", &shapes::KEY, keys::describe),
    on("ListKeys", &shapes::LIST, keys::list),
    on("EnableKey", &shapes::KEY, keys::enable),
    on("DisableKey", &shapes::KEY, keys::disable),
    on("UpdateKeyDescription", &shapes::DESCRIPTION, keys::describe_anew),
    on("ScheduleKeyDeletion", &shapes::SCHEDULE, keys::schedule_deletion),
    on("CancelKeyDeletion", &shapes::KEY, keys::cancel_deletion),
    on("EnableKeyRotation", &shapes::ROTATE, keys::rotate),
    on("DisableKeyRotation", &shapes::KEY, keys::stop_rotating),
    on("GetKeyRotationStatus", &shapes::KEY, keys::rotation),
    on("GetKeyPolicy", &shapes::POLICY, policy::get),
    on("PutKeyPolicy", &shapes::PUT_POLICY, policy::put),
    on("CreateAlias", &shapes::ALIAS, aliases::create),
    on("UpdateAlias", &shapes::ALIAS, aliases::update),
    on("DeleteAlias", &shapes::ALIAS_NAME, aliases::delete),
    on("ListAliases", &shapes::LIST_ALIASES, aliases::list),
    on("TagResource", &shapes::TAG, tags::tag),
    on("UntagResource", &shapes::UNTAG, tags::untag),
    on("ListResourceTags", &shapes::LIST_TAGS, tags::list),
];

const TARGET: &str = "TrentService.";

impl Service for Kms {
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

fn wrong_state(arn: &str, state: KeyState) -> Refusal {
    let state = if state == KeyState::PendingDeletion { "pending deletion".into() } else { format!("{state:?}").to_lowercase() };
    refuse("KMSInvalidStateException", format!("{arn} is {state}."))
}

/// The keys of the request's region, without those whose time has come.
fn region(world: &mut World) -> &mut Region {
    let now = world.now;
    let region = world.state.kms.regions.entry(world.region.clone()).or_default();
    region.keys.retain(|_, key| key.deletion.is_none_or(|at| now < at));
    let Region { keys, aliases } = region;
    aliases.retain(|_, id| keys.contains_key(id));
    region
}

fn arn(world: &World, id: &str) -> String {
    format!("arn:aws:kms:{}:{}:key/{id}", world.region, world.account)
}

/// The id of the key that a request names: by id or ARN, and by alias where KMS takes one.
fn id(world: &mut World, body: &Value, member: &str, aliases: bool) -> Result<String, Refusal> {
    let given = shape::string(body, member).to_owned();
    let prefix = format!("arn:aws:kms:{}:{}:", world.region, world.account);
    let name = given.strip_prefix(&prefix).unwrap_or(&given);
    let region = region(world);
    let id = match name.strip_prefix("alias/") {
        Some(_) if aliases => region.aliases.get(name).cloned(),
        Some(_) => None,
        None => Some(name.strip_prefix("key/").unwrap_or(name).to_owned()),
    };
    id.filter(|id| region.keys.contains_key(id)).ok_or_else(|| {
        let what = if name.starts_with("alias/") { "Alias" } else { "Key" };
        refuse("NotFoundException", format!("{what} '{given}' does not exist"))
    })
}

/// The key that a request names by id or ARN.
fn key<'a>(world: &'a mut World, body: &Value) -> Result<&'a mut Key, Refusal> {
    let id = id(world, body, "KeyId", false)?;
    region(world).keys.get_mut(&id).ok_or_else(|| refuse("NotFoundException", format!("Key '{id}' does not exist")))
}

/// The ARN of a key that another service is to encrypt with.
pub(super) fn usable(world: &mut World, named: &str) -> Option<String> {
    let id = id(world, &json!({ "KeyId": named }), "KeyId", true).ok()?;
    let enabled = region(world).keys.get(&id).is_some_and(|key| key.state == KeyState::Enabled);
    enabled.then(|| arn(world, &id))
}

/// One page of a listing.
fn page<K: AsRef<str>>(body: &Value, items: impl IntoIterator<Item = (K, Value)>, member: &str) -> Answer {
    let page = pages::page(items, pages::size(body, "Limit"), body.get("Marker").and_then(Value::as_str));
    let (page, next) = page.ok_or_else(|| refuse("InvalidMarkerException", "The marker is not valid."))?;
    let mut reply = json!({ member: page, "Truncated": next.is_some() });
    shape::put(&mut reply, "NextMarker", next);
    Ok(reply)
}

#[cfg(test)]
mod tests;
