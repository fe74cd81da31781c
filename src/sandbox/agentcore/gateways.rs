//! Gateways: an update replaces the whole configuration, and what it leaves out is reset.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::{Settling, dates, iam};
use super::limits::Limit;
use super::shape::{self, Member, Shape, list as list_of, may, must, number, text};
use super::shapes::{ROLE, TOKEN};
use super::tags::{self, Tags};
use super::targets::Target;
use super::{
    Answer, Call, GONE, INVALID, Refusal, World, arn, authorizer, conflict, in_transition, invalid, missing, quota, region, remember,
    replayed, runtimes,
};

const LIMIT: usize = 1_000;
const ID: &str = "([0-9a-z][-]?){1,100}-[0-9a-z]{10}";
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const LAMBDA: &str =
    r"arn:(aws[a-zA-Z-]*)?:lambda:([a-z]{2}(-gov)?-[a-z]+-\d{1}):(\d{12}):function:([a-zA-Z0-9-_.]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?";
const ENGINE: &str = r"arn:aws(-[^:]+)?:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:policy-engine/[a-zA-Z][a-zA-Z0-9-_]{0,99}-[a-zA-Z0-9_]{10}";

static POINT: Shape = Shape::OneOf(&["REQUEST", "RESPONSE"]);
static INTERCEPTOR: Shape = Shape::Struct(&[
    must("interceptor", Shape::Union(&[may("lambda", Shape::Struct(&[must("arn", text(1, 170, LAMBDA))]))])),
    must("interceptionPoints", list_of(1, 2, &POINT)),
    may("inputConfiguration", Shape::Struct(&[must("passRequestHeaders", Shape::Flag)])),
]);
static MCP: Shape = Shape::Struct(&[
    may("supportedVersions", list_of(0, usize::MAX, &shape::STRING)),
    may("instructions", text(1, 2048, "")),
    may("searchType", Shape::OneOf(&["SEMANTIC"])),
    may("sessionConfiguration", Shape::Struct(&[may("sessionTimeoutInSeconds", number(900, 28_800))])),
]);
static PROTOCOLS: Shape = Shape::Union(&[may("mcp", Shape::Of(&MCP))]);

const NAME: Member = must("name", text(0, 48, "([0-9a-zA-Z][-]?){1,48}"));
const DESCRIPTION: Member = may("description", text(1, 200, ""));
const ROLE_ARN: Member = must("roleArn", text(1, 2048, ROLE));
const PROTOCOL: Member = may("protocolType", Shape::OneOf(&["MCP"]));
const PROTOCOL_SETTINGS: Member = may("protocolConfiguration", Shape::Of(&PROTOCOLS));
const AUTHORIZER: Member = must("authorizerType", Shape::OneOf(&["CUSTOM_JWT", "AWS_IAM", "NONE", "AUTHENTICATE_ONLY"]));
const AUTHORIZER_SETTINGS: Member = may("authorizerConfiguration", Shape::Of(&authorizer::SHAPE));
const INTERCEPTORS: Member = may("interceptorConfigurations", list_of(1, 2, &INTERCEPTOR));
const POLICY: Member = may(
    "policyEngineConfiguration",
    Shape::Struct(&[must("arn", text(1, 170, ENGINE)), must("mode", Shape::OneOf(&["LOG_ONLY", "ENFORCE"]))]),
);
const EXCEPTIONS: Member = may("exceptionLevel", Shape::OneOf(&["DEBUG"]));

static CREATE: Shape = Shape::Struct(&[
    NAME,
    DESCRIPTION,
    TOKEN,
    ROLE_ARN,
    PROTOCOL,
    PROTOCOL_SETTINGS,
    AUTHORIZER,
    AUTHORIZER_SETTINGS,
    INTERCEPTORS,
    POLICY,
    EXCEPTIONS,
    may("tags", tags::SHAPE),
]);

static UPDATE: Shape = Shape::Struct(&[
    NAME,
    DESCRIPTION,
    ROLE_ARN,
    PROTOCOL,
    PROTOCOL_SETTINGS,
    AUTHORIZER,
    AUTHORIZER_SETTINGS,
    INTERCEPTORS,
    POLICY,
    EXCEPTIONS,
    may("wafConfiguration", Shape::Struct(&[may("failureMode", Shape::OneOf(&["FAIL_CLOSE", "FAIL_OPEN"]))])),
]);

/// The members that a create takes; an update takes the two of its own as well.
const MEMBERS: &[&str] = &[
    "name",
    "description",
    "roleArn",
    "protocolType",
    "protocolConfiguration",
    "authorizerType",
    "authorizerConfiguration",
    "kmsKeyArn",
    "interceptorConfigurations",
    "policyEngineConfiguration",
    "exceptionLevel",
    "domainOverride",
];
const UPDATE_ONLY: &[&str] = &["customTransformConfiguration", "wafConfiguration"];

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Gateway {
    given: Value,
    created: f64,
    updated: f64,
    status: Settling,
    pub(super) tags: Tags,
    pub(super) targets: BTreeMap<String, Target>,
    #[serde(default)]
    pub(super) limits: BTreeMap<String, Limit>,
}

impl Gateway {
    pub(super) fn role(&self) -> &str {
        shape::string(&self.given, "roleArn")
    }

    /// The ARN of the engine that decides on calls.
    pub(super) fn policy_engine(&self) -> Option<&str> {
        self.given.get("policyEngineConfiguration").and_then(|c| c.get("arn")).and_then(Value::as_str)
    }

    /// Every tool as policies name it: `Target___tool`.
    pub(super) fn tool_names(&self) -> BTreeSet<String> {
        self.targets.values().flat_map(Target::tool_names).collect()
    }

    pub(super) fn at_rest(&self, id: &str, now: f64) -> Result<(), Refusal> {
        if in_transition(&self.status, now) {
            return Err(conflict(format!("Gateway {id} is in {} status and can't be changed now", self.status.now)));
        }
        Ok(())
    }
}

/// An identifier that is an ARN is not understood, and is refused as if it were somebody else's.
fn check_id(world: &World, id: &str) -> Result<(), Refusal> {
    if id.starts_with("arn:") {
        let caller = iam::sandbox_caller(&world.account);
        let message = format!("User: {caller} is not authorized to perform this operation on resource: {id}");
        return Err(Refusal::new(403, "AccessDeniedException", message));
    }
    if !shape::matches(ID, id) {
        let message =
            format!("Value at 'gatewayIdentifier' failed to satisfy constraint: Member must satisfy regular expression pattern: {ID}");
        return Err(invalid(message));
    }
    Ok(())
}

/// The gateway of that id without moving its status; one whose deletion is over goes now.
pub(super) fn gateway<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Gateway, Refusal> {
    check_id(world, id)?;
    let now = world.now;
    let gateways = &mut region(world).gateways;
    if gateways.get(id).is_some_and(|gateway| gateway.status.peek(now) == GONE) {
        gateways.remove(id);
    }
    gateways.get_mut(id).ok_or_else(|| missing(format!("Gateway with ID {id} not found")))
}

pub(super) fn gateway_arn(world: &World, id: &str) -> String {
    arn(world, &format!("gateway/{id}"))
}

/// The gateway as a read shows it; `customTransformConfiguration` is taken, and never shown.
fn shown(world: &mut World, id: &str) -> Answer {
    let url = format!("https://{id}.gateway.bedrock-agentcore.{}.amazonaws.com/mcp", world.region);
    let (own, identity) = (gateway_arn(world, id), runtimes::workload_identity(world, id));
    let gateway = gateway(world, id)?;
    let mut shown = Value::Object(shape::pick(&gateway.given, MEMBERS));
    shape::put(&mut shown, "wafConfiguration", gateway.given.get("wafConfiguration").cloned());
    shape::put(&mut shown, "authorizerConfiguration", gateway.given.get("authorizerConfiguration").map(authorizer::shown));
    shape::put(&mut shown, "gatewayId", Some(id));
    shape::put(&mut shown, "gatewayArn", Some(own));
    shape::put(&mut shown, "gatewayUrl", Some(url));
    shape::put(&mut shown, "createdAt", Some(dates::iso(gateway.created)));
    shape::put(&mut shown, "updatedAt", Some(dates::iso(gateway.updated)));
    shape::put(&mut shown, "status", Some(gateway.status.now.as_str()));
    shape::put(&mut shown, "workloadIdentityDetails", Some(json!({ "workloadIdentityArn": identity })));
    Ok(shown)
}

/// What no shape can say.
fn check(body: &Value) -> Result<(), Refusal> {
    let jwt = shape::string(body, "authorizerType") == "CUSTOM_JWT";
    if jwt != body.get("authorizerConfiguration").is_some() {
        return Err(invalid("authorizerConfiguration goes with authorizerType CUSTOM_JWT"));
    }
    authorizer::check(body.get("authorizerConfiguration"))?;
    if body.get("protocolConfiguration").is_some() && body.get("protocolType").is_none() {
        return Err(invalid("protocolConfiguration goes with a protocolType"));
    }
    let interceptors = body.get("interceptorConfigurations").and_then(Value::as_array);
    let mut points: Vec<&str> = interceptors.into_iter().flatten().flat_map(|i| shape::strings(i, "interceptionPoints")).collect();
    let all = points.len();
    points.sort_unstable();
    points.dedup();
    if points.len() < all {
        return Err(invalid("Only one interceptor can be configured for an interception point"));
    }
    Ok(())
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&CREATE)?;
    if let Some((id, first)) = replayed(world, "gateway", &body)? {
        return Ok(shown(world, &id).unwrap_or(first));
    }
    check(&body)?;
    let tags = tags::read(body.get("tags"), INVALID)?;
    let name = shape::string(&body, "name");
    if region(world).gateways.values().any(|gateway| shape::string(&gateway.given, "name") == name) {
        return Err(conflict(format!("A gateway with name {name} already exists")));
    }
    if region(world).gateways.len() >= LIMIT {
        return Err(quota("The account has reached its limit of gateways"));
    }
    let id = format!("{}-{}", name.to_lowercase().trim_end_matches('-'), world.id(LETTERS, 10));
    let now = world.now;
    let status = Settling::new(world, "CREATING", "READY");
    let given = Value::Object(shape::pick(&body, MEMBERS));
    let (targets, limits) = (BTreeMap::new(), BTreeMap::new());
    region(world).gateways.insert(id.clone(), Gateway { given, created: now, updated: now, status, tags, targets, limits });
    let answer = shown(world, &id)?;
    remember(world, "gateway", &body, &id, &answer);
    world.dirty = true;
    Ok(answer)
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let now = world.now;
    gateway(world, call.id(0))?.status.read(now);
    world.dirty = true;
    shown(world, call.id(0))
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let now = world.now;
    world.dirty = true;
    let gateways = &mut region(world).gateways;
    gateways.retain(|_, gateway| gateway.status.read(now) != GONE);
    let summaries = gateways.iter().map(|(id, gateway)| {
        let mut summary = Value::Object(shape::pick(&gateway.given, &["name", "description", "authorizerType", "protocolType"]));
        shape::put(&mut summary, "gatewayId", Some(id.as_str()));
        shape::put(&mut summary, "status", Some(gateway.status.now.as_str()));
        shape::put(&mut summary, "createdAt", Some(dates::iso(gateway.created)));
        shape::put(&mut summary, "updatedAt", Some(dates::iso(gateway.updated)));
        (id, summary)
    });
    call.page(1000, summaries, "items")
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&UPDATE)?;
    check(&body)?;
    let id = call.id(0);
    let now = world.now;
    let status = Settling::new(world, "UPDATING", "READY");
    let gateway = gateway(world, id)?;
    gateway.at_rest(id, now)?;
    if body.get("name") != gateway.given.get("name") {
        return Err(invalid("Gateway name cannot be updated for an existing gateway"));
    }
    if body.get("authorizerType") != gateway.given.get("authorizerType") {
        return Err(invalid("Authorizer type cannot be updated for an existing gateway"));
    }
    let mut given = shape::pick(&body, MEMBERS);
    given.append(&mut shape::pick(&body, UPDATE_ONLY));
    gateway.given = Value::Object(given);
    gateway.updated = now;
    gateway.status = status;
    world.dirty = true;
    shown(world, id)
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let id = call.id(0);
    let now = world.now;
    let status = Settling::new(world, "DELETING", GONE);
    let own = gateway_arn(world, id);
    let gateway = gateway(world, id)?;
    gateway.at_rest(id, now)?;
    gateway.targets.retain(|_, target| !target.gone(now));
    if !gateway.targets.is_empty() {
        return Err(invalid("Gateway has targets associated with it. Delete all targets before deleting the gateway."));
    }
    gateway.status = status;
    region(world).policies.remove(&own);
    world.dirty = true;
    Ok(json!({ "gatewayId": id, "status": "DELETING" }))
}
