//! Amazon Bedrock AgentCore's control plane (restJson1): runtimes, gateways and their targets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::gateways::Gateway;
use self::memories::Memory;
use self::policies::Engine;
use self::providers::Provider;
use self::runtimes::Runtime;
use super::protocol::{Refusal, Reply, Request};
use super::rest::{self, Act, Answer, Call, on};
use super::shape;
use super::{Service, Settling, World};
use super::{pages, tags};

mod authorizer;
mod endpoints;
mod gateways;
mod limits;
mod marks;
mod memories;
mod policies;
mod providers;
mod runtimes;
mod shapes;
mod targets;
mod tools;

const INVALID: &str = "ValidationException";
/// The status that nobody sees: what has it is taken away.
const GONE: &str = "GONE";

pub(super) struct AgentCore;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    regions: BTreeMap<String, Region>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Region {
    runtimes: BTreeMap<String, Runtime>,
    gateways: BTreeMap<String, Gateway>,
    #[serde(default)]
    engines: BTreeMap<String, Engine>,
    #[serde(default)]
    providers: BTreeMap<String, Provider>,
    #[serde(default)]
    memories: BTreeMap<String, Memory>,
    /// By operation and client token: the id and the request of what it created.
    tokens: BTreeMap<String, (String, Value)>,
    /// By operation and client token: the first answer, which stays the answer even once what it made is deleted.
    #[serde(default)]
    answers: BTreeMap<String, Value>,
    /// Resource policies by ARN.
    policies: BTreeMap<String, String>,
}

impl Call<'_> {
    /// A page of a listing whose size and token stand in the query.
    fn page<K: AsRef<str>>(&self, most: usize, items: impl IntoIterator<Item = (K, Value)>, member: &str) -> Answer {
        let size = match self.request.query("maxResults").map(str::parse::<usize>) {
            None => None,
            Some(Ok(size)) if (1..=most).contains(&size) => Some(size),
            Some(_) => {
                return Err(invalid(format!("Value at 'maxResults' failed to satisfy constraint: Member must be between 1 and {most}")));
            }
        };
        let (page, next) = pages::page(items, size, self.request.query("nextToken")).ok_or_else(|| invalid("Invalid nextToken"))?;
        let mut reply = json!({ member: page });
        shape::put(&mut reply, "nextToken", next);
        Ok(reply)
    }
}

const RUNTIMES: &[&str] = &["runtimes"];
const RUNTIME: &[&str] = &["runtimes", "*"];
const VERSIONS: &[&str] = &["runtimes", "*", "versions"];
const ENDPOINTS: &[&str] = &["runtimes", "*", "runtime-endpoints"];
const ENDPOINT: &[&str] = &["runtimes", "*", "runtime-endpoints", "*"];
const GATEWAYS: &[&str] = &["gateways"];
const GATEWAY: &[&str] = &["gateways", "*"];
const TARGETS: &[&str] = &["gateways", "*", "targets"];
const TARGET: &[&str] = &["gateways", "*", "targets", "*"];
const LIMITS: &[&str] = &["gateways", "*", "rate-limits"];
const LIMIT: &[&str] = &["gateways", "*", "rate-limits", "*"];
const ENGINES: &[&str] = &["policy-engines"];
const ENGINE: &[&str] = &["policy-engines", "*"];
const POLICIES: &[&str] = &["policy-engines", "*", "policies"];
const CEDAR_POLICY: &[&str] = &["policy-engines", "*", "policies", "*"];
const TAGS: &[&str] = &["tags", "*"];
const POLICY: &[&str] = &["resourcepolicy", "*"];

static OPERATIONS: &[rest::Operation<Act>] = &[
    on("CreateAgentRuntime", "PUT", RUNTIMES, 202, runtimes::create),
    on("ListAgentRuntimes", "POST", RUNTIMES, 200, runtimes::list),
    on("GetAgentRuntime", "GET", RUNTIME, 200, runtimes::get),
    on("UpdateAgentRuntime", "PUT", RUNTIME, 202, runtimes::update),
    on("DeleteAgentRuntime", "DELETE", RUNTIME, 202, runtimes::delete),
    on("ListAgentRuntimeVersions", "POST", VERSIONS, 200, endpoints::versions),
    on("ListAgentRuntimeEndpoints", "POST", ENDPOINTS, 200, endpoints::list),
    on("GetAgentRuntimeEndpoint", "GET", ENDPOINT, 200, endpoints::get),
    on("DeleteAgentRuntimeEndpoint", "DELETE", ENDPOINT, 202, endpoints::delete),
    on("CreateGateway", "POST", GATEWAYS, 202, gateways::create),
    on("ListGateways", "GET", GATEWAYS, 200, gateways::list),
    on("GetGateway", "GET", GATEWAY, 200, gateways::get),
    on("UpdateGateway", "PUT", GATEWAY, 202, gateways::update),
    on("DeleteGateway", "DELETE", GATEWAY, 202, gateways::delete),
    on("CreateGatewayTarget", "POST", TARGETS, 202, targets::create),
    on("ListGatewayTargets", "GET", TARGETS, 200, targets::list),
    on("GetGatewayTarget", "GET", TARGET, 200, targets::get),
    on("UpdateGatewayTarget", "PUT", TARGET, 202, targets::update),
    on("DeleteGatewayTarget", "DELETE", TARGET, 202, targets::delete),
    on("BatchPutGatewayRateLimits", "PUT", &["gateways", "*", "rate-limits", "batch"], 200, limits::batch),
    on("CreateGatewayRateLimit", "POST", LIMITS, 201, limits::create),
    on("ListGatewayRateLimits", "GET", LIMITS, 200, limits::list),
    on("GetGatewayRateLimit", "GET", LIMIT, 200, limits::get),
    on("UpdateGatewayRateLimit", "PATCH", LIMIT, 200, limits::update),
    on("DeleteGatewayRateLimit", "DELETE", LIMIT, 200, limits::delete),
    on("CreatePolicyEngine", "POST", ENGINES, 202, policies::create_engine),
    on("ListPolicyEngines", "GET", ENGINES, 200, policies::list_engines),
    on("GetPolicyEngine", "GET", ENGINE, 200, policies::get_engine),
    on("UpdatePolicyEngine", "PATCH", ENGINE, 202, policies::update_engine),
    on("DeletePolicyEngine", "DELETE", ENGINE, 202, policies::delete_engine),
    on("CreatePolicy", "POST", POLICIES, 202, policies::create),
    on("ListPolicies", "GET", POLICIES, 200, policies::list),
    on("GetPolicy", "GET", CEDAR_POLICY, 200, policies::get),
    on("UpdatePolicy", "PATCH", CEDAR_POLICY, 202, policies::update),
    on("DeletePolicy", "DELETE", CEDAR_POLICY, 202, policies::delete),
    on("CreateOauth2CredentialProvider", "POST", &["identities", "CreateOauth2CredentialProvider"], 201, providers::create),
    on("ListOauth2CredentialProviders", "POST", &["identities", "ListOauth2CredentialProviders"], 200, providers::list),
    on("GetOauth2CredentialProvider", "POST", &["identities", "GetOauth2CredentialProvider"], 200, providers::get),
    on("UpdateOauth2CredentialProvider", "POST", &["identities", "UpdateOauth2CredentialProvider"], 200, providers::update),
    on("DeleteOauth2CredentialProvider", "POST", &["identities", "DeleteOauth2CredentialProvider"], 204, providers::delete),
    on("CreateMemory", "POST", &["memories", "create"], 202, memories::create),
    on("ListMemories", "POST", &["memories"], 200, memories::list),
    on("GetMemory", "GET", &["memories", "*", "details"], 200, memories::get),
    on("UpdateMemory", "PUT", &["memories", "*", "update"], 202, memories::update),
    on("DeleteMemory", "DELETE", &["memories", "*", "delete"], 202, memories::delete),
    on("TagResource", "POST", TAGS, 204, marks::tag),
    on("UntagResource", "DELETE", TAGS, 204, marks::untag),
    on("ListTagsForResource", "GET", TAGS, 200, marks::list),
    on("PutResourcePolicy", "PUT", POLICY, 201, marks::put_policy),
    on("GetResourcePolicy", "GET", POLICY, 200, marks::get_policy),
    on("DeleteResourcePolicy", "DELETE", POLICY, 204, marks::delete_policy),
];

fn route(request: &Request) -> Option<(&'static rest::Operation<Act>, Vec<String>)> {
    rest::find(OPERATIONS, &request.method, rest::with_arn(request.segments(), &["tags", "resourcepolicy"]))
}

impl Service for AgentCore {
    fn claims(&self, request: &Request) -> bool {
        request.signing_name() == "bedrock-agentcore"
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let (operation, ids) = route(request)?;
        let call = Call { request, ids, invalid: INVALID };
        Some(match (operation.answer)(world, &call) {
            Ok(_) if operation.status == 204 => Reply::empty(204),
            Ok(body) => Reply::json(operation.status, &body),
            Err(refusal) => refused(&refusal),
        })
    }

    fn action(&self, request: &Request) -> Option<String> {
        route(request).map(|(operation, _)| format!("bedrock-agentcore:{}", operation.name))
    }
}

/// A refusal; those of validation carry a reason, which the model requires.
fn refused(refusal: &Refusal) -> Reply {
    let mut body = json!({ "__type": refusal.code, "message": refusal.message });
    if refusal.code == INVALID {
        let mismatch = refusal.message == OTHER_REQUEST;
        let reason = if mismatch { "IdempotentParameterMismatchException" } else { "FieldValidationFailed" };
        shape::put(&mut body, "reason", Some(reason));
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
    world.state.agentcore.regions.entry(world.region.clone()).or_default()
}

fn arn(world: &World, resource: &str) -> String {
    format!("arn:aws:bedrock-agentcore:{}:{}:{resource}", world.region, world.account)
}

/// The strategies of a memory, with the templates of their namespaces; `None` if there is no such memory.
pub(super) fn strategies(world: &mut World, memory: &str) -> Option<Vec<(String, String)>> {
    memories::strategies(world, memory)
}

/// Whether there is a resource of that ARN.
pub(super) fn is_there(world: &mut World, arn: &str) -> bool {
    marks::tagged(world, arn).is_ok()
}

/// Whether a status is on its way to another one; asking does not move it.
fn in_transition(status: &Settling, now: f64) -> bool {
    matches!(status.peek(now), "CREATING" | "UPDATING" | "DELETING" | GONE)
}

/// The id that the same token created before, and the first answer; a refusal if it came with another request.
fn replayed(world: &mut World, scope: &str, body: &Value) -> Result<Option<(String, Value)>, Refusal> {
    let Some(token) = shape::maybe(body, "clientToken") else { return Ok(None) };
    let key = format!("{scope}:{token}");
    let region = region(world);
    match region.tokens.get(&key) {
        Some((id, before)) if before == body => Ok(Some((id.clone(), region.answers.get(&key).cloned().unwrap_or_default()))),
        Some(_) => Err(invalid(OTHER_REQUEST)),
        None => Ok(None),
    }
}

fn remember(world: &mut World, scope: &str, body: &Value, id: &str, answer: &Value) {
    if let Some(token) = shape::maybe(body, "clientToken") {
        let key = format!("{scope}:{token}");
        let region = region(world);
        region.tokens.insert(key.clone(), (id.into(), body.clone()));
        region.answers.insert(key, answer.clone());
    }
}
