//! Targets of a gateway. AgentCore adds a request header to each by itself, and refuses to be sent it back.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::{Settling, dates, iam};
use super::gateways::{gateway, gateway_arn};
use super::shape::{self, Member, Shape, list as list_of, may, must, text};
use super::shapes::TOKEN;
use super::{Answer, Call, GONE, Refusal, World, authorizer, conflict, in_transition, invalid, missing, quota, remember, replayed, tools};

const LIMIT: usize = 100;
const INJECTED: &str = "x-amzn-bedrock-agentcore-policy-session-id";
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const MEMBERS: &[&str] = &[
    "name",
    "description",
    "targetConfiguration",
    "credentialProviderConfigurations",
    "metadataConfiguration",
    "privateEndpoint",
    "certificateConfigurations",
];

static HEADER: Shape = text(1, 100, "");
static PARAMETER: Shape = text(1, 40, "");
static METADATA: Shape = Shape::Struct(&[
    may("allowedRequestHeaders", list_of(1, 10, &HEADER)),
    may("allowedQueryParameters", list_of(1, 10, &PARAMETER)),
    may("allowedResponseHeaders", list_of(1, 10, &HEADER)),
]);
static CREDENTIAL: Shape = Shape::Struct(&[
    must("credentialProviderType", Shape::OneOf(&["GATEWAY_IAM_ROLE", "OAUTH", "API_KEY", "CALLER_IAM_CREDENTIALS", "JWT_PASSTHROUGH"])),
    may(
        "credentialProvider",
        Shape::Union(&[
            may("oauthCredentialProvider", Shape::Struct(&[must("providerArn", Shape::Of(&shape::STRING)), must("scopes", Shape::Any)])),
            may("apiKeyCredentialProvider", Shape::Struct(&[must("providerArn", Shape::Of(&shape::STRING))])),
            may("iamCredentialProvider", Shape::Struct(&[must("service", text(1, 64, "[a-zA-Z0-9._-]+"))])),
        ]),
    ),
]);

const NAME: Member = may("name", text(0, 100, "([0-9a-zA-Z][-]?){1,100}"));
const DESCRIPTION: Member = may("description", text(1, 200, ""));
const CONFIGURATION: Member = must("targetConfiguration", Shape::Of(&tools::CONFIGURATION));
const CREDENTIALS: Member = may("credentialProviderConfigurations", list_of(1, 1, &CREDENTIAL));
const HEADERS: Member = may("metadataConfiguration", Shape::Of(&METADATA));

static CREATE: Shape = Shape::Struct(&[NAME, DESCRIPTION, TOKEN, CONFIGURATION, CREDENTIALS, HEADERS]);
static UPDATE: Shape = Shape::Struct(&[NAME, DESCRIPTION, CONFIGURATION, CREDENTIALS, HEADERS]);

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Target {
    given: Value,
    created: f64,
    updated: f64,
    status: Settling,
}

impl Target {
    /// Whether its deletion is over.
    pub(super) fn gone(&self, now: f64) -> bool {
        self.status.peek(now) == GONE
    }

    fn name(&self) -> &str {
        shape::string(&self.given, "name")
    }

    /// Its tools as policies name them.
    pub(super) fn tool_names(&self) -> Vec<String> {
        let tools = self.given.pointer("/targetConfiguration/mcp/lambda/toolSchema/inlinePayload").and_then(Value::as_array);
        tools.into_iter().flatten().map(|tool| format!("{}___{}", self.name(), shape::string(tool, "name"))).collect()
    }

    fn shown(&self, gateway_arn: &str, id: &str) -> Value {
        let mut shown = Value::Object(shape::pick(&self.given, MEMBERS));
        let mut metadata = self.given.get("metadataConfiguration").cloned().unwrap_or_else(|| json!({}));
        let mut headers = shape::strings(&metadata, "allowedRequestHeaders");
        headers.push(INJECTED);
        let headers = json!(headers);
        shape::put(&mut metadata, "allowedRequestHeaders", Some(headers));
        shape::put(&mut shown, "metadataConfiguration", Some(metadata));
        shape::put(&mut shown, "gatewayArn", Some(gateway_arn));
        shape::put(&mut shown, "targetId", Some(id));
        shape::put(&mut shown, "createdAt", Some(dates::iso(self.created)));
        shape::put(&mut shown, "updatedAt", Some(dates::iso(self.updated)));
        shape::put(&mut shown, "status", Some(self.status.now.as_str()));
        shown
    }
}

/// What is stored of a request, checked beyond its shape.
fn stored(world: &World, role: &str, body: &Value) -> Result<Value, Refusal> {
    let configuration = body.get("targetConfiguration").unwrap_or(&Value::Null);
    tools::check(configuration)?;
    let metadata = body.get("metadataConfiguration");
    for list in ["allowedRequestHeaders", "allowedResponseHeaders"] {
        for header in metadata.map(|m| shape::strings(m, list)).unwrap_or_default() {
            let lower = header.to_lowercase();
            let secret =
                matches!(lower.as_str(), "authorization" | "origin" | "cookie" | "set-cookie") || lower.starts_with("access-control-");
            if secret || lower == INJECTED || authorizer::restricted(header) {
                return Err(invalid(format!("Header '{header}' is restricted")));
            }
        }
    }
    if !iam::assumable(world, role, "bedrock-agentcore.amazonaws.com") {
        return Err(invalid(format!("Gateway execution role lacks permission to be assumed by the gateway: {role}")));
    }
    let mut given = Value::Object(shape::pick(body, MEMBERS));
    let kind = tools::kind(configuration);
    let credentials = body.pointer("/credentialProviderConfigurations/0");
    let own_role = credentials.is_none_or(|c| shape::string(c, "credentialProviderType") == "GATEWAY_IAM_ROLE");
    if own_role && matches!(kind, "MCP_SERVER" | "OPEN_API_SCHEMA") {
        let named = credentials.is_some_and(|c| c.pointer("/credentialProvider/iamCredentialProvider").is_some());
        if !named && credentials.is_some() {
            let kind = if kind == "MCP_SERVER" { "mcpServer" } else { "openApiSchema" };
            return Err(invalid(format!("IamCredentialProvider is required for {kind} targets using IAM authentication")));
        }
    }
    if credentials.is_none() {
        shape::put(&mut given, "credentialProviderConfigurations", Some(json!([{ "credentialProviderType": "GATEWAY_IAM_ROLE" }])));
    }
    Ok(given)
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&CREATE)?;
    let of = call.id(0);
    let now = world.now;
    let own = gateway_arn(world, of);
    let scope = format!("target {of}");
    if let Some((id, first)) = replayed(world, &scope, &body)? {
        return Ok(gateway(world, of)?.targets.get(&id).map_or(first, |target| target.shown(&own, &id)));
    }
    let role = {
        let gateway = gateway(world, of)?;
        gateway.at_rest(of, now)?;
        gateway.targets.retain(|_, target| !target.gone(now));
        if gateway.targets.len() >= LIMIT {
            return Err(quota(format!("Gateway {of} has reached its limit of {LIMIT} targets")));
        }
        gateway.role().to_owned()
    };
    let mut given = stored(world, &role, &body)?;
    let id = world.id(LETTERS, 10);
    if given.get("name").is_none() {
        shape::put(&mut given, "name", Some(id.as_str()));
    }
    let status = Settling::new(world, "CREATING", "READY");
    let targets = &mut gateway(world, of)?.targets;
    let target = Target { given, created: now, updated: now, status };
    if targets.values().any(|other| other.name() == target.name()) {
        return Err(conflict(format!("A target with name {} already exists in gateway {of}", target.name())));
    }
    let reply = target.shown(&own, &id);
    targets.insert(id.clone(), target);
    remember(world, &scope, &body, &id, &reply);
    world.dirty = true;
    Ok(reply)
}

/// The target of that id without moving its status; one whose deletion is over goes now.
fn target<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut Target, Refusal> {
    let now = world.now;
    let (of, id) = (call.id(0), call.id(1));
    let targets = &mut gateway(world, of)?.targets;
    targets.retain(|_, target| !target.gone(now));
    targets.get_mut(id).ok_or_else(|| missing(format!("Target with ID {id} not found in gateway {of}")))
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let now = world.now;
    let own = gateway_arn(world, call.id(0));
    world.dirty = true;
    let target = target(world, call)?;
    target.status.read(now);
    Ok(target.shown(&own, call.id(1)))
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let now = world.now;
    world.dirty = true;
    let targets = &mut gateway(world, call.id(0))?.targets;
    targets.retain(|_, target| target.status.read(now) != GONE);
    let summaries = targets.iter().map(|(id, target)| {
        let mut summary = Value::Object(shape::pick(&target.given, &["name", "description"]));
        shape::put(&mut summary, "targetId", Some(id.as_str()));
        shape::put(&mut summary, "targetType", target.given.get("targetConfiguration").map(tools::kind));
        shape::put(&mut summary, "status", Some(target.status.now.as_str()));
        shape::put(&mut summary, "createdAt", Some(dates::iso(target.created)));
        shape::put(&mut summary, "updatedAt", Some(dates::iso(target.updated)));
        (id, summary)
    });
    call.page(1000, summaries, "items")
}

/// The target, if neither it nor its gateway is in transition.
fn changeable<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut Target, Refusal> {
    let now = world.now;
    gateway(world, call.id(0))?.at_rest(call.id(0), now)?;
    let target = target(world, call)?;
    if in_transition(&target.status, now) {
        return Err(conflict(format!("Target {} is in {} status and can't be changed now", call.id(1), target.status.now)));
    }
    Ok(target)
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&UPDATE)?;
    let (of, id) = (call.id(0), call.id(1));
    let now = world.now;
    let own = gateway_arn(world, of);
    let before = changeable(world, call)?.given.clone();
    let role = gateway(world, of)?.role().to_owned();
    let mut given = stored(world, &role, &body)?;
    let kind = |of: &Value| of.get("targetConfiguration").map(tools::kind);
    if kind(&given) != kind(&before) {
        return Err(invalid("The type of a target cannot be updated"));
    }
    if given.get("name").is_none() {
        shape::put(&mut given, "name", before.get("name").cloned());
    }
    let name = shape::string(&given, "name");
    if gateway(world, of)?.targets.iter().any(|(other, target)| other != id && target.name() == name) {
        return Err(conflict(format!("A target with name {name} already exists in gateway {of}")));
    }
    let status = Settling::new(world, "UPDATING", "READY");
    let target = changeable(world, call)?;
    target.given = given;
    target.updated = now;
    target.status = status;
    let reply = target.shown(&own, id);
    world.dirty = true;
    Ok(reply)
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let own = gateway_arn(world, call.id(0));
    let status = Settling::new(world, "DELETING", GONE);
    changeable(world, call)?.status = status;
    world.dirty = true;
    Ok(json!({ "gatewayArn": own, "targetId": call.id(1), "status": "DELETING" }))
}
