//! Amazon Bedrock AgentCore's data plane (restJson1), as far as memories go: events of actors, and records made of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::guard::Ask;
use super::protocol::{Refusal, Reply, Request};
use super::rest::{self, on};
use super::shape;
use super::{Service, World, agentcore};

mod events;
mod records;
mod shapes;

const INVALID: &str = "ValidationException";

pub(super) struct Memory;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// By region, by memory, the oldest first.
    regions: BTreeMap<String, BTreeMap<String, Vec<Event>>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Event {
    id: String,
    actor: String,
    session: String,
    created: f64,
    /// As it came in, and goes out.
    timestamp: Value,
    payload: Value,
    branch: Option<Value>,
    metadata: Option<Value>,
}

type Answer = Result<Value, Refusal>;

/// A call with the ids from its path.
struct Call<'a> {
    request: &'a Request,
    ids: Vec<String>,
    /// The memory's id, and all that is known of whom the call is about.
    memory: String,
    body: Value,
}

impl Call<'_> {
    fn id(&self, n: usize) -> &str {
        self.ids.get(n).map_or("", String::as_str)
    }

    /// Which actor and which session: in the path, or, of a new event, in the body.
    fn actor(&self) -> Option<&str> {
        self.ids.get(1).map(String::as_str).or_else(|| self.body.get("actorId").and_then(Value::as_str))
    }

    fn session(&self) -> Option<&str> {
        self.ids.get(2).map(String::as_str).or_else(|| self.body.get("sessionId").and_then(Value::as_str))
    }
}

/// What answers an operation.
type Act = fn(&mut World, &Call<'_>) -> Answer;

const EVENTS: &[&str] = &["memories", "*", "events"];
const EVENT: &[&str] = &["memories", "*", "actor", "*", "sessions", "*", "events", "*"];
const SESSIONS: &[&str] = &["memories", "*", "actor", "*", "sessions"];
const SESSION: &[&str] = &["memories", "*", "actor", "*", "sessions", "*"];
const ACTORS: &[&str] = &["memories", "*", "actors"];
const RETRIEVE: &[&str] = &["memories", "*", "retrieve"];
const RECORDS: &[&str] = &["memories", "*", "memoryRecords"];

const OPERATIONS: &[rest::Operation<Act>] = &[
    on("CreateEvent", "POST", EVENTS, 201, events::create),
    on("GetEvent", "GET", EVENT, 200, events::get),
    on("DeleteEvent", "DELETE", EVENT, 200, events::delete),
    on("ListEvents", "POST", SESSION, 200, events::list),
    on("ListSessions", "POST", SESSIONS, 200, events::sessions),
    on("ListActors", "POST", ACTORS, 200, events::actors),
    on("RetrieveMemoryRecords", "POST", RETRIEVE, 200, records::retrieve),
    on("ListMemoryRecords", "POST", RECORDS, 200, records::list),
];

fn route(request: &Request) -> Option<(&'static rest::Operation<Act>, Vec<String>)> {
    rest::find(OPERATIONS, &request.method, request.segments())
}

impl Service for Memory {
    fn claims(&self, request: &Request) -> bool {
        request.signing_name() == "bedrock-agentcore" && route(request).is_some()
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let (operation, ids) = route(request)?;
        Some(match call(world, request, ids).and_then(|call| (operation.answer)(world, &call)) {
            Ok(body) => Reply::json(operation.status, &body),
            Err(refusal) => refused(&refusal),
        })
    }

    fn action(&self, request: &Request) -> Option<String> {
        route(request).map(|(operation, _)| format!("bedrock-agentcore:{}", operation.name))
    }

    fn asks(&self, world: &mut World, request: &Request) -> Option<Vec<Ask>> {
        let (operation, ids) = route(request)?;
        let memory = short(world, ids.first()?);
        let body = request.json().unwrap_or_default();
        let call = Call { request, ids, memory, body };
        let ask = Ask::new(format!("bedrock-agentcore:{}", operation.name), arn(world, &call.memory));
        let given = |name: &str| call.body.get(name).and_then(Value::as_str);
        let strategy = given("memoryStrategyId").or_else(|| call.body.pointer("/searchCriteria/memoryStrategyId").and_then(Value::as_str));
        let scoped = ask.with_some("bedrock-agentcore:actorId", call.actor()).with_some("bedrock-agentcore:sessionId", call.session());
        let named = scoped.with_some("bedrock-agentcore:namespace", given("namespace"));
        let named = named.with_some("bedrock-agentcore:namespacePath", given("namespacePath"));
        Some(vec![named.with_some("bedrock-agentcore:strategyId", strategy)])
    }
}

/// The call, if its ids are what the model allows and its memory is there.
fn call<'a>(world: &mut World, request: &'a Request, ids: Vec<String>) -> Result<Call<'a>, Refusal> {
    let id = |n: usize| ids.get(n).map(String::as_str);
    let mut given = json!({ "memoryId": id(0) });
    for (n, name) in [(1, "actorId"), (2, "sessionId"), (3, "eventId")] {
        shape::put(&mut given, name, id(n));
    }
    shape::check(&shapes::PATH, &given, INVALID)?;
    let memory = short(world, id(0).unwrap_or_default());
    if agentcore::strategies(world, &memory).is_none() {
        return Err(missing(format!("Memory not found: {memory}")));
    }
    Ok(Call { request, ids, memory, body: Value::Null })
}

/// A memory's id, which may stand in an ARN.
fn short(world: &World, memory: &str) -> String {
    memory.strip_prefix(&arn(world, "")).unwrap_or(memory).to_owned()
}

fn arn(world: &World, memory: &str) -> String {
    format!("arn:aws:bedrock-agentcore:{}:{}:memory/{memory}", world.region, world.account)
}

fn events<'a>(world: &'a mut World, memory: &str) -> &'a mut Vec<Event> {
    world.state.memory.regions.entry(world.region.clone()).or_default().entry(memory.into()).or_default()
}

fn refused(refusal: &Refusal) -> Reply {
    let mut body = json!({ "__type": refusal.code, "message": refusal.message });
    if refusal.code == INVALID {
        shape::put(&mut body, "reason", Some("FieldValidationFailed"));
    }
    Reply::json(refusal.status, &body).header("x-amzn-errortype", refusal.code)
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, INVALID, message)
}

fn missing(message: impl Into<String>) -> Refusal {
    Refusal::new(404, "ResourceNotFoundException", message)
}
