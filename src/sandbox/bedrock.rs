//! Amazon Bedrock's control plane (restJson1): guardrails, their versions, and their tags.
//!
//! It shares its signing name with the agents' API, so requests are told apart by path. Conflicts are HTTP 400 here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::agentcore::shape::{self, Shape};
use super::agentcore::tags::Tags;
use super::protocol::{Refusal, Reply, Request};
use super::{Service, Settling, World};

mod guardrails;
mod marks;
mod policies;
mod shapes;
mod versions;

const INVALID: &str = "ValidationException";
/// The status that nobody sees: what has it is taken away.
const GONE: &str = "GONE";
const DRAFT: &str = "DRAFT";

pub(super) struct Bedrock;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    regions: BTreeMap<String, Region>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Region {
    guardrails: BTreeMap<String, Guardrail>,
    /// By operation and client token: what it created, and from what request.
    tokens: BTreeMap<String, (String, Value)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Guardrail {
    draft: Copy,
    /// The last number that was given, also to versions that are gone.
    last: u32,
    versions: BTreeMap<u32, Copy>,
    tags: Tags,
}

/// The draft, or one published version.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Copy {
    /// The members of the request, as they were given.
    given: Value,
    created: f64,
    updated: f64,
    status: Settling,
}

type Answer = Result<Value, Refusal>;

/// What a path and a method mean, with the guardrail that the path names.
struct Call<'a> {
    request: &'a Request,
    named: String,
}

impl Call<'_> {
    fn body(&self, shape: &Shape) -> Answer {
        shape::body(self.request, shape, INVALID)
    }

    /// The guardrail's id, which may be given as its ARN.
    fn id(&self, world: &World) -> Result<String, Refusal> {
        id(world, &self.named)
    }
}

struct Operation {
    name: &'static str,
    method: &'static str,
    /// The path's segments; `*` stands for a guardrail.
    path: &'static [&'static str],
    status: u16,
    answer: fn(&mut World, &Call) -> Answer,
}

const fn on(
    name: &'static str,
    method: &'static str,
    path: &'static [&'static str],
    status: u16,
    answer: fn(&mut World, &Call) -> Answer,
) -> Operation {
    Operation { name, method, path, status, answer }
}

const GUARDRAILS: &[&str] = &["guardrails"];
const GUARDRAIL: &[&str] = &["guardrails", "*"];

static OPERATIONS: &[Operation] = &[
    on("CreateGuardrail", "POST", GUARDRAILS, 202, guardrails::create),
    on("ListGuardrails", "GET", GUARDRAILS, 200, guardrails::list),
    on("GetGuardrail", "GET", GUARDRAIL, 200, guardrails::get),
    on("UpdateGuardrail", "PUT", GUARDRAIL, 202, guardrails::update),
    on("DeleteGuardrail", "DELETE", GUARDRAIL, 202, guardrails::delete),
    on("CreateGuardrailVersion", "POST", GUARDRAIL, 202, versions::create),
    on("TagResource", "POST", &["tagResource"], 200, marks::tag),
    on("UntagResource", "POST", &["untagResource"], 200, marks::untag),
    on("ListTagsForResource", "POST", &["listTagsForResource"], 200, marks::list),
];

impl Operation {
    fn of(request: &Request) -> Option<(&'static Self, String)> {
        let segments = request.segments();
        let fits = |path: &[&str]| path.len() == segments.len() && path.iter().zip(&segments).all(|(p, s)| *p == "*" || p == s);
        let operation = OPERATIONS.iter().find(|operation| operation.method == request.method && fits(operation.path))?;
        Some((operation, segments.get(1).cloned().unwrap_or_default()))
    }
}

impl Service for Bedrock {
    fn claims(&self, request: &Request) -> bool {
        let first = request.segments().into_iter().next().unwrap_or_default();
        request.signing_name() == "bedrock"
            && matches!(first.as_str(), "guardrails" | "tagResource" | "untagResource" | "listTagsForResource")
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let (operation, named) = Operation::of(request)?;
        Some(match (operation.answer)(world, &Call { request, named }) {
            Ok(body) => Reply::json(operation.status, &body),
            Err(refusal) => Reply::refuse_json(refusal.status, refusal.code, &refusal.message),
        })
    }

    fn action(&self, request: &Request) -> Option<String> {
        Operation::of(request).map(|(operation, _)| format!("bedrock:{}", operation.name))
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, INVALID, message)
}

fn conflict(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "ConflictException", message)
}

fn quota(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "ServiceQuotaExceededException", message)
}

fn missing(what: &str) -> Refusal {
    Refusal::new(404, "ResourceNotFoundException", format!("Could not find the guardrail {what}."))
}

fn region(world: &mut World) -> &mut Region {
    world.state.bedrock.regions.entry(world.region.clone()).or_default()
}

fn arn(world: &World, id: &str) -> String {
    format!("arn:aws:bedrock:{}:{}:guardrail/{id}", world.region, world.account)
}

fn id(world: &World, named: &str) -> Result<String, Refusal> {
    if !shape::matches(shapes::IDENTIFIER, named) {
        return Err(invalid(format!(
            "Value '{named}' at 'guardrailIdentifier' failed to satisfy constraint: Member must satisfy regular expression pattern: {}",
            shapes::IDENTIFIER
        )));
    }
    match named.strip_prefix(&arn(world, "")) {
        Some(id) => Ok(id.into()),
        None if named.starts_with("arn:") => Err(missing(named)),
        None => Ok(named.into()),
    }
}

/// The guardrail of that id; one whose deletion is over goes now, and so do its versions.
fn guardrail<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Guardrail, Refusal> {
    let now = world.now;
    let all = &mut region(world).guardrails;
    if all.get(id).is_some_and(|g| g.draft.status.peek(now) == GONE) {
        all.remove(id);
    }
    let guardrail = all.get_mut(id).ok_or_else(|| missing(id))?;
    guardrail.versions.retain(|_, version| version.status.peek(now) != GONE);
    Ok(guardrail)
}

/// The guardrail of that id, if neither it nor a version of it is on its way to another status.
fn at_rest<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Guardrail, Refusal> {
    let now = world.now;
    let guardrail = guardrail(world, id)?;
    let moving = |copy: &Copy| match copy.status.peek(now) {
        "READY" | "FAILED" => None,
        GONE => Some("DELETING".to_owned()),
        status => Some(status.to_owned()),
    };
    let busy = [&guardrail.draft].into_iter().chain(guardrail.versions.values()).find_map(moving);
    match busy {
        Some(status) => Err(conflict(format!("Guardrail {id} is in {status} state. Try again once it is READY."))),
        None => Ok(guardrail),
    }
}

/// What the same token created before; a refusal if it came with another request.
fn replayed(world: &mut World, scope: &str, body: &Value) -> Result<Option<String>, Refusal> {
    let Some(token) = shape::maybe(body, "clientRequestToken") else { return Ok(None) };
    match region(world).tokens.get(&format!("{scope}:{token}")) {
        Some((made, before)) if before == body => Ok(Some(made.clone())),
        Some(_) => Err(conflict("The client request token was used before with different parameters.")),
        None => Ok(None),
    }
}

fn remember(world: &mut World, scope: &str, body: &Value, made: &str) {
    if let Some(token) = shape::maybe(body, "clientRequestToken") {
        region(world).tokens.insert(format!("{scope}:{token}"), (made.into(), body.clone()));
    }
}
