//! Agent runtimes: each update is a whole new version.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::protocol::{Request, encode};
use super::super::s3::S3;
use super::super::{Service, Settling, dates, iam};
use super::endpoints::Endpoint;
use super::tags::{self, Tags};
use super::{
    Answer, Call, GONE, INVALID, Refusal, World, arn, authorizer, conflict, in_transition, invalid, missing, quota, region, remember,
    replayed, shape, shapes,
};

const MOST_VERSIONS: u32 = 1_000;
const ID: &str = "[a-zA-Z][a-zA-Z0-9_]{0,99}-[a-zA-Z0-9]{10}";
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// The members of a version.
const MEMBERS: &[&str] = &[
    "agentRuntimeArtifact",
    "roleArn",
    "networkConfiguration",
    "description",
    "authorizerConfiguration",
    "requestHeaderConfiguration",
    "protocolConfiguration",
    "lifecycleConfiguration",
    "environmentVariables",
    "filesystemConfigurations",
    "hooksConfiguration",
    "metadataConfiguration",
    "platformVersion",
    "capacityProviderConfiguration",
    "allowedPorts",
    "resourceConfigurations",
];

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Runtime {
    pub(super) name: String,
    pub(super) created: f64,
    pub(super) status: Settling,
    pub(super) current: u32,
    pub(super) versions: BTreeMap<u32, Version>,
    pub(super) endpoints: BTreeMap<String, Endpoint>,
    pub(super) tags: Tags,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Version {
    given: Value,
    pub(super) updated: f64,
}

impl Runtime {
    /// A version as listings show it.
    pub(super) fn summary(&self, arn: &str, id: &str, number: u32) -> Value {
        let version = self.versions.get(&number);
        let description = version.map_or("", |version| shape::string(&version.given, "description"));
        let status = if number == self.current { self.status.now.as_str() } else { "READY" };
        json!({
            "agentRuntimeArn": arn,
            "agentRuntimeId": id,
            "agentRuntimeVersion": number.to_string(),
            "agentRuntimeName": self.name,
            "description": description,
            "lastUpdatedAt": dates::iso(version.map_or(self.created, |version| version.updated)),
            "status": status,
        })
    }
}

/// The runtime of that id, its status moved on; one whose deletion is over goes now.
pub(super) fn runtime<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Runtime, Refusal> {
    if !shape::matches(ID, id) {
        return Err(invalid(format!(
            "Value at 'agentRuntimeId' failed to satisfy constraint: Member must satisfy regular expression pattern: {ID}"
        )));
    }
    let now = world.now;
    world.dirty = true;
    let runtimes = &mut region(world).runtimes;
    if runtimes.get_mut(id).is_some_and(|runtime| runtime.status.read(now) == GONE) {
        runtimes.remove(id);
    }
    runtimes.get_mut(id).ok_or_else(|| missing(format!("No endpoint or agent found with qualifier 'DEFAULT' for agent '{id}'")))
}

/// Asks S3 as any client would.
fn has_object(world: &mut World, bucket: &str, key: &str) -> bool {
    let request = Request {
        method: "HEAD".into(),
        host: String::new(),
        path: format!("/{bucket}/{}", encode(key)),
        query: Vec::new(),
        headers: http::HeaderMap::new(),
        body: bytes::Bytes::new(),
    };
    S3.answer(world, &request).is_some_and(|reply| reply.status == 200)
}

/// What is stored of a request, checked beyond its shape.
fn stored(world: &mut World, body: &Value) -> Result<Value, Refusal> {
    authorizer::check(body.get("authorizerConfiguration"))?;
    let headers = body.get("requestHeaderConfiguration").map(|c| shape::strings(c, "requestHeaderAllowlist")).unwrap_or_default();
    for (n, header) in headers.iter().map(|header| header.to_lowercase()).enumerate() {
        let own = header.starts_with("x-amzn-bedrock-agentcore-runtime-custom-");
        let signed_in = header != "authorization" || body.get("authorizerConfiguration").is_some();
        if !own && (header.starts_with("x-amz-") || header.starts_with("x-amzn-") || authorizer::restricted(&header) || !signed_in) {
            return Err(invalid(format!("Header '{header}' is restricted and can't be on the request header allowlist")));
        }
        if headers.iter().skip(n + 1).any(|other| other.to_lowercase() == header) {
            return Err(invalid(format!("Header '{header}' is on the request header allowlist twice")));
        }
    }
    let variables = body.get("environmentVariables").and_then(Value::as_object);
    for (key, value) in variables.into_iter().flatten() {
        if value.as_str().is_some_and(|value| value.chars().any(|c| c.is_ascii_control())) {
            return Err(invalid(format!("Environment variable value contains invalid control characters (0x00-0x1F, 0x7F). Key: '{key}'")));
        }
    }
    let mode = body.get("networkConfiguration").map_or("PUBLIC", |n| shape::string(n, "networkMode"));
    if (mode == "VPC") != body.pointer("/networkConfiguration/networkModeConfig").is_some() {
        return Err(invalid("networkModeConfig goes with networkMode VPC"));
    }
    let role = shape::string(body, "roleArn");
    if !iam::assumable(world, role, "bedrock-agentcore.amazonaws.com") {
        return Err(invalid(format!(
            "Role validation failed for '{role}'. Please verify that the role exists and its trust policy allows assumption by this service"
        )));
    }
    if let Some(code) = body.pointer("/agentRuntimeArtifact/codeConfiguration/code/s3") {
        let (bucket, key) = (shape::string(code, "bucket"), shape::string(code, "prefix"));
        if !has_object(world, bucket, key) {
            return Err(invalid(format!("The S3 object 's3://{bucket}/{key}' of the agent's code does not exist or can't be read")));
        }
    }
    let mut given = Value::Object(shape::pick(body, MEMBERS));
    let lifecycle = body.get("lifecycleConfiguration");
    let seconds = |name: &str, default: u64| lifecycle.and_then(|l| l.get(name)).and_then(Value::as_u64).unwrap_or(default);
    let (idle, whole) = (seconds("idleRuntimeSessionTimeout", 900), seconds("maxLifetime", 28_800));
    if idle > whole {
        return Err(invalid("idleRuntimeSessionTimeout must be less than or equal to maxLifetime"));
    }
    shape::put(&mut given, "lifecycleConfiguration", Some(json!({ "idleRuntimeSessionTimeout": idle, "maxLifetime": whole })));
    if let Some(members) = given.as_object_mut()
        && variables.is_some_and(serde_json::Map::is_empty)
    {
        members.remove("environmentVariables");
    }
    Ok(given)
}

fn changed(world: &mut World, id: &str) -> Answer {
    let (own, identity) = (arn(world, &format!("runtime/{id}")), workload_identity(world, id));
    let runtime = region(world).runtimes.get(id).ok_or_else(|| missing(id))?;
    let updated = runtime.versions.get(&runtime.current).map_or(runtime.created, |version| version.updated);
    Ok(json!({
        "agentRuntimeArn": own,
        "agentRuntimeId": id,
        "agentRuntimeVersion": runtime.current.to_string(),
        "workloadIdentityDetails": { "workloadIdentityArn": identity },
        "createdAt": dates::iso(runtime.created),
        "lastUpdatedAt": dates::iso(updated),
        "status": runtime.status.now,
    }))
}

/// The identity that AgentCore makes by itself for each runtime and gateway.
pub(super) fn workload_identity(world: &World, id: &str) -> String {
    arn(world, &format!("workload-identity-directory/default/workload-identity/{id}"))
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&shapes::CREATE_RUNTIME)?;
    if body.get("metadataConfiguration").is_some() {
        return Err(invalid("metadataConfiguration can't be given when an agent is created"));
    }
    if let Some((id, first)) = replayed(world, "runtime", &body)? {
        return Ok(changed(world, &id).unwrap_or(first));
    }
    let name = shape::string(&body, "agentRuntimeName");
    let tags = tags::read(body.get("tags"), INVALID)?;
    if region(world).runtimes.values().any(|runtime| runtime.name == name) {
        return Err(conflict("An agent with the specified name already exists"));
    }
    let mut given = stored(world, &body)?;
    if given.get("platformVersion").is_none() {
        shape::put(&mut given, "platformVersion", Some("V1"));
    }
    shape::put(&mut given, "metadataConfiguration", Some(json!({ "requireMMDSV2": true })));
    let id = format!("{name}-{}", world.id(LETTERS, 10));
    let now = world.now;
    let endpoint = Endpoint::first(world);
    let runtime = Runtime {
        name: name.into(),
        created: now,
        status: Settling::new(world, "CREATING", "READY"),
        current: 1,
        versions: BTreeMap::from([(1, Version { given, updated: now })]),
        endpoints: BTreeMap::from([("DEFAULT".into(), endpoint)]),
        tags,
    };
    region(world).runtimes.insert(id.clone(), runtime);
    let answer = changed(world, &id)?;
    remember(world, "runtime", &body, &id, &answer);
    world.dirty = true;
    Ok(answer)
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let id = call.id(0);
    let (own, identity) = (arn(world, &format!("runtime/{id}")), workload_identity(world, id));
    let asked = call.request.query("version").map(str::parse::<u32>);
    let runtime = runtime(world, id)?;
    let number = match asked {
        None => runtime.current,
        Some(Ok(number)) => number,
        Some(Err(_)) => {
            return Err(invalid(
                "Value at 'agentRuntimeVersion' failed to satisfy constraint: Member must satisfy regular expression pattern: ([1-9][0-9]{0,4})",
            ));
        }
    };
    let version = runtime.versions.get(&number).ok_or_else(|| missing(format!("No version '{number}' found for agent '{id}'")))?;
    let mut shown = Value::Object(shape::pick(&version.given, MEMBERS));
    if let Some(configuration) = version.given.get("authorizerConfiguration") {
        shape::put(&mut shown, "authorizerConfiguration", Some(authorizer::shown(configuration)));
    }
    if let (Some(shown), Some(summary)) = (shown.as_object_mut(), runtime.summary(&own, id, number).as_object_mut()) {
        summary.remove("description");
        shown.append(summary);
        shown.insert("createdAt".into(), dates::iso(runtime.created).into());
        shown.insert("workloadIdentityDetails".into(), json!({ "workloadIdentityArn": identity }));
    }
    Ok(shown)
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let now = world.now;
    let prefix = arn(world, "runtime/");
    world.dirty = true;
    let runtimes = &mut region(world).runtimes;
    runtimes.retain(|_, runtime| runtime.status.read(now) != GONE);
    call.page(
        100,
        runtimes.iter().map(|(id, runtime)| (id, runtime.summary(&format!("{prefix}{id}"), id, runtime.current))),
        "agentRuntimes",
    )
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&shapes::UPDATE_RUNTIME)?;
    let id = call.id(0);
    if replayed(world, &format!("update {id}"), &body)?.is_some() {
        return changed(world, id);
    }
    let now = world.now;
    let status = Settling::new(world, "UPDATING", "READY");
    let before = changeable(world, id)?;
    let current = before.current;
    let given_before = before.versions.get(&current).map(|version| version.given.clone()).unwrap_or(Value::Null);
    let kind = |of: &Value| of.pointer("/agentRuntimeArtifact/codeConfiguration").is_some();
    if kind(&given_before) != kind(&body) {
        return Err(invalid("Agent artifact type cannot be updated"));
    }
    if body.pointer("/metadataConfiguration/requireMMDSV2") == Some(&Value::Bool(false)) {
        return Err(invalid("requireMMDSV2 can't be turned off for this agent"));
    }
    let mut given = stored(world, &body)?;
    // These two are kept where an update leaves them out; everything else is dropped.
    for kept in ["platformVersion", "metadataConfiguration"] {
        if given.get(kept).is_none() {
            shape::put(&mut given, kept, given_before.get(kept).cloned());
        }
    }
    let runtime = changeable(world, id)?;
    if runtime.versions.len() >= MOST_VERSIONS as usize {
        return Err(quota(format!("Agent '{id}' has reached its limit of {MOST_VERSIONS} versions")));
    }
    let next = current + 1;
    runtime.versions.insert(next, Version { given, updated: now });
    runtime.current = next;
    runtime.status = status.clone();
    if let Some(endpoint) = runtime.endpoints.get_mut("DEFAULT") {
        endpoint.follow(next, now, status);
    }
    let answer = changed(world, id)?;
    remember(world, &format!("update {id}"), &body, id, &answer);
    world.dirty = true;
    Ok(answer)
}

/// The runtime, if it can be changed now; asking moves no status on.
fn changeable<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Runtime, Refusal> {
    let now = world.now;
    let runtime = region(world).runtimes.get_mut(id).filter(|runtime| runtime.status.peek(now) != GONE);
    let runtime = runtime.ok_or_else(|| missing(format!("No endpoint or agent found with qualifier 'DEFAULT' for agent '{id}'")))?;
    if in_transition(&runtime.status, now) {
        return Err(conflict(format!("Agent {id} is in {} status and can't be changed now", runtime.status.now)));
    }
    Ok(runtime)
}

/// A runtime that is not there gives AccessDenied here, as AWS was seen to answer.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let id = call.id(0);
    let now = world.now;
    let resource = arn(world, &format!("runtime/{id}"));
    let known = region(world).runtimes.get(id).is_some_and(|runtime| runtime.status.peek(now) != GONE);
    if !known {
        let caller = iam::sandbox_caller(&world.account);
        let message = format!("User: {caller} is not authorized to perform: bedrock-agentcore:DeleteAgentRuntime on resource: {resource}");
        return Err(Refusal::new(403, "AccessDeniedException", message));
    }
    let status = Settling::new(world, "DELETING", GONE);
    changeable(world, id)?;
    world.dirty = true;
    if let Some(number) = call.request.query("version").and_then(|v| v.parse::<u32>().ok()) {
        let runtime = changeable(world, id)?;
        let used = runtime.endpoints.values().any(|endpoint| endpoint.uses(number));
        if number == runtime.current || used {
            return Err(conflict(format!("Version '{number}' of agent '{id}' is in use")));
        }
        runtime.versions.remove(&number).ok_or_else(|| missing(format!("No version '{number}' found for agent '{id}'")))?;
        return Ok(json!({ "agentRuntimeId": id, "agentRuntimeVersion": number.to_string(), "status": "DELETING" }));
    }
    changeable(world, id)?.status = status;
    let endpoints = format!("{resource}/");
    region(world).policies.retain(|of, _| *of != resource && !of.starts_with(&endpoints));
    Ok(json!({ "agentRuntimeId": id, "status": "DELETING" }))
}
