//! AWS Agent Registry's control plane (restJson1): registries, their records, and what becomes of a record until it is found.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::registries::Registry;
use super::protocol::{Refusal, Reply, Request};
use super::rest::{self, Act, Answer, Call, on};
use super::shape::{self, Member, Shape, list, may, must, number, text};
use super::tags::{self, Tags};
use super::{Service, Settling, World};
use super::{pages, shape::put};

mod content;
mod records;
mod registries;

const INVALID: &str = "ValidationException";
/// The status that nobody sees: what has it is taken away.
const GONE: &str = "GONE";
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const TOKEN: Member = may("clientToken", text(33, 256, "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,256}"));
const DESCRIPTION: Shape = text(1, 4096, "");
static OPTIONAL_DESCRIPTION: Shape = Shape::Struct(&[may("optionalValue", DESCRIPTION)]);
static LIST: Shape =
    Shape::Struct(&[may("maxResults", number(1, 100)), may("nextToken", text(1, 2048, r"\S*")), may("filters", list(0, 10, &Shape::Any))]);
static TAG: Shape = Shape::Struct(&[must("tags", tags::SHAPE)]);

pub(super) struct AgentRegistry;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// By region.
    regions: BTreeMap<String, Region>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Region {
    registries: BTreeMap<String, Registry>,
    /// By operation and client token: the request, and the answer that stays the answer.
    tokens: BTreeMap<String, (Value, Value)>,
}

const REGISTRY: &[&str] = &["registries", "*"];
const RECORDS: &[&str] = &["registries", "*", "records"];
const RECORD: &[&str] = &["registries", "*", "records", "*"];
const TAGS: &[&str] = &["tags", "*"];

static OPERATIONS: &[rest::Operation<Act>] = &[
    on("CreateRegistry", "POST", &["registries"], 202, registries::create),
    on("ListRegistries", "POST", &["registries-list"], 200, registries::list),
    on("GetRegistry", "GET", REGISTRY, 200, registries::get),
    on("UpdateRegistry", "PATCH", REGISTRY, 202, registries::update),
    on("DeleteRegistry", "DELETE", REGISTRY, 202, registries::delete),
    on("CreateRegistryRecord", "POST", RECORDS, 202, records::create),
    on("ListRegistryRecords", "POST", &["registries", "*", "records-list"], 200, records::list),
    on("GetRegistryRecord", "GET", RECORD, 200, records::get),
    on("UpdateRegistryRecord", "PATCH", RECORD, 202, records::update),
    on("DeleteRegistryRecord", "DELETE", RECORD, 200, records::delete),
    on("SubmitRegistryRecordForApproval", "POST", &["registries", "*", "records", "*", "submit-for-approval"], 202, records::submit),
    on("UpdateRegistryRecordStatus", "PATCH", &["registries", "*", "records", "*", "status"], 202, records::decide),
    on("TagResource", "POST", TAGS, 204, tag),
    on("UntagResource", "DELETE", TAGS, 204, untag),
    on("ListTagsForResource", "GET", TAGS, 200, list_tags),
];

fn route(request: &Request) -> Option<(&'static rest::Operation<Act>, Vec<String>)> {
    rest::find(OPERATIONS, &request.method, rest::with_arn(request.segments(), &["tags"]))
}

impl Service for AgentRegistry {
    fn claims(&self, request: &Request) -> bool {
        request.signing_name() == "agent-registry"
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let (operation, ids) = route(request)?;
        Some(match (operation.answer)(world, &Call { request, ids, invalid: INVALID }) {
            Ok(_) if operation.status == 204 => Reply::empty(204),
            Ok(body) => Reply::json(operation.status, &body),
            Err(refusal) => refused(&refusal),
        })
    }

    fn action(&self, request: &Request) -> Option<String> {
        route(request).map(|(operation, _)| format!("agent-registry:{}", operation.name))
    }
}

/// A refusal; those of validation carry a reason, which the model requires.
fn refused(refusal: &Refusal) -> Reply {
    let mut body = json!({ "message": refusal.message });
    if refusal.code == INVALID {
        let mismatch = refusal.message == OTHER_REQUEST;
        put(&mut body, "reason", Some(if mismatch { "IdempotentParameterMismatchException" } else { "FieldValidationFailed" }));
    }
    Reply::json(refusal.status, &body).header("x-amzn-errortype", refusal.code)
}

const OTHER_REQUEST: &str = "The client token was used before with different parameters.";

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, INVALID, message)
}

fn conflict(message: impl Into<String>) -> Refusal {
    Refusal::new(409, "ConflictException", message)
}

fn missing(message: impl Into<String>) -> Refusal {
    Refusal::new(404, "ResourceNotFoundException", message)
}

fn quota(message: impl Into<String>) -> Refusal {
    Refusal::new(402, "ServiceQuotaExceededException", message)
}

fn region(world: &mut World) -> &mut Region {
    world.state.agent_registry.regions.entry(world.region.clone()).or_default()
}

fn registry_arn(world: &World, id: &str) -> String {
    format!("arn:aws:agent-registry:{}:{}:registry/{id}", world.region, world.account)
}

/// What follows the last slash: ids may come as ARNs.
fn bare(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

fn at_rest(status: &Settling, what: &str, now: f64) -> Result<(), Refusal> {
    match status.peek(now) {
        "CREATING" | "UPDATING" | "DELETING" | GONE => {
            Err(conflict(format!("{what} is in {} status and can't be changed now", status.now)))
        }
        _ => Ok(()),
    }
}

/// The answer that the same token had before; a refusal if it came with another request.
fn replayed(world: &mut World, scope: &str, body: &Value) -> Result<Option<Value>, Refusal> {
    let Some(token) = shape::maybe(body, "clientToken") else { return Ok(None) };
    match region(world).tokens.get(&format!("{scope}:{token}")) {
        Some((before, answer)) if before == body => Ok(Some(answer.clone())),
        Some(_) => Err(invalid(OTHER_REQUEST)),
        None => Ok(None),
    }
}

fn remember(world: &mut World, scope: &str, body: &Value, answer: &Value) {
    if let Some(token) = shape::maybe(body, "clientToken") {
        region(world).tokens.insert(format!("{scope}:{token}"), (body.clone(), answer.clone()));
    }
}

/// A page whose size and token stand in the body.
fn page<K: AsRef<str>>(body: &Value, items: impl IntoIterator<Item = (K, Value)>, member: &str) -> Answer {
    let token = shape::maybe(body, "nextToken");
    let found = pages::page(items, pages::size(body, "maxResults"), token.as_deref());
    let (shown, next) = found.ok_or_else(|| invalid("Invalid nextToken"))?;
    let mut reply = json!({ member: shown });
    put(&mut reply, "nextToken", next);
    Ok(reply)
}

/// The tags of the registry or record of that ARN.
fn tagged<'a>(world: &'a mut World, named: &str) -> Result<&'a mut Tags, Refusal> {
    let prefix = registry_arn(world, "");
    let unknown = || missing(format!("Resource {named} not found"));
    let Some(path) = named.strip_prefix(&prefix) else { return Err(unknown()) };
    let (registry, record) = path.split_once("/record/").map_or((path, None), |(registry, record)| (registry, Some(record)));
    let registry = registries::registry(world, registry).map_err(|_| unknown())?;
    match record {
        None => Ok(&mut registry.tags),
        Some(id) => registry.records.get_mut(id).map(|record| &mut record.tags).ok_or_else(unknown),
    }
}

fn tag(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&TAG)?;
    tags::add(tagged(world, call.id(0))?, body.get("tags"), INVALID)?;
    world.dirty = true;
    Ok(Value::Null)
}

fn untag(world: &mut World, call: &Call) -> Answer {
    let keys = &call.request.query;
    tagged(world, call.id(0))?.retain(|key, _| !keys.iter().any(|(name, value)| name == "tagKeys" && value == key));
    world.dirty = true;
    Ok(Value::Null)
}

fn list_tags(world: &mut World, call: &Call) -> Answer {
    Ok(json!({ "tags": tagged(world, call.id(0))? }))
}
