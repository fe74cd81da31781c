//! Policy engines and their Cedar policies: what is wrong with a policy's meaning shows in its status, not in the reply.

use std::collections::BTreeMap;

use cedar_policy::{ActionConstraint, Effect, Policy as Cedar, ResourceConstraint};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::{Settling, World, dates};
use super::shape::{self, Member, Shape, may, must, text};
use super::shapes::TOKEN;
use super::tags::{self, Tags};
use super::{Answer, Call, GONE, INVALID, Refusal, arn, conflict, in_transition, invalid, missing, quota, region, remember, replayed};

const MOST_ENGINES: usize = 50;
const MOST_POLICIES: usize = 1_000;
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789_";

const NAME: Member = must("name", text(1, 48, "[A-Za-z][A-Za-z0-9_]*"));
const DESCRIPTION: Member = may("description", text(1, 4096, ""));
static OPTIONAL: Shape = Shape::Struct(&[may("optionalValue", text(1, 4096, ""))]);
static CEDAR: Shape = Shape::Struct(&[must("statement", text(35, 10_000, ""))]);
static DEFINITION: Shape = Shape::Union(&[may("cedar", Shape::Of(&CEDAR)), may("policy", Shape::Of(&CEDAR))]);
const VALIDATION: Member = may("validationMode", Shape::OneOf(&["FAIL_ON_ANY_FINDINGS", "IGNORE_ALL_FINDINGS"]));
const ENFORCEMENT: Member = may("enforcementMode", Shape::OneOf(&["ACTIVE", "LOG_ONLY"]));

static CREATE_ENGINE: Shape = Shape::Struct(&[NAME, DESCRIPTION, TOKEN, may("tags", tags::SHAPE)]);
static UPDATE: Shape =
    Shape::Struct(&[may("description", Shape::Of(&OPTIONAL)), may("definition", Shape::Of(&DEFINITION)), VALIDATION, ENFORCEMENT]);
static CREATE: Shape = Shape::Struct(&[NAME, must("definition", Shape::Of(&DEFINITION)), DESCRIPTION, VALIDATION, ENFORCEMENT, TOKEN]);

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Engine {
    name: String,
    description: Option<String>,
    created: f64,
    updated: f64,
    status: Settling,
    policies: BTreeMap<String, Policy>,
    pub(super) tags: Tags,
}

#[derive(Debug, Serialize, Deserialize)]
struct Policy {
    name: String,
    description: Option<String>,
    definition: Value,
    enforcement: String,
    reasons: Vec<String>,
    created: f64,
    updated: f64,
    status: Settling,
}

pub(super) fn tags_of<'a>(world: &'a mut World, id: &str) -> Option<&'a mut Tags> {
    engine(world, id).ok().map(|engine| &mut engine.tags)
}

fn engine<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Engine, Refusal> {
    let now = world.now;
    let engines = &mut region(world).engines;
    engines.retain(|_, engine| engine.status.peek(now) != GONE);
    let engine = engines.get_mut(id).ok_or_else(|| missing(format!("Policy engine {id} not found")))?;
    engine.policies.retain(|_, policy| policy.status.peek(now) != GONE);
    Ok(engine)
}

fn engine_shown(world: &mut World, id: &str) -> Answer {
    let own = arn(world, &format!("policy-engine/{id}"));
    let engine = engine(world, id)?;
    let mut shown = json!({
        "policyEngineId": id, "name": engine.name, "policyEngineArn": own, "status": engine.status.now, "statusReasons": [],
        "createdAt": dates::iso(engine.created), "updatedAt": dates::iso(engine.updated),
    });
    shape::put(&mut shown, "description", engine.description.clone());
    Ok(shown)
}

pub(super) fn create_engine(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&CREATE_ENGINE)?;
    if let Some((id, first)) = replayed(world, "policy-engine", &body)? {
        return Ok(engine_shown(world, &id).unwrap_or(first));
    }
    let tags = tags::read(body.get("tags"), INVALID)?;
    let name = shape::string(&body, "name").to_owned();
    if region(world).engines.values().any(|engine| engine.name == name) {
        return Err(conflict(format!("A policy engine with name {name} already exists")));
    }
    if region(world).engines.len() >= MOST_ENGINES {
        return Err(quota("The account has reached its limit of policy engines"));
    }
    let id = format!("{name}-{}", world.id(LETTERS, 10));
    let status = Settling::new(world, "CREATING", "ACTIVE");
    let description = shape::maybe(&body, "description");
    let engine = Engine { name, description, created: world.now, updated: world.now, status, policies: BTreeMap::new(), tags };
    region(world).engines.insert(id.clone(), engine);
    let answer = engine_shown(world, &id)?;
    remember(world, "policy-engine", &body, &id, &answer);
    world.dirty = true;
    Ok(answer)
}

pub(super) fn get_engine(world: &mut World, call: &Call) -> Answer {
    let now = world.now;
    engine(world, call.id(0))?.status.read(now);
    world.dirty = true;
    engine_shown(world, call.id(0))
}

/// Whole engines, not summaries.
pub(super) fn list_engines(world: &mut World, call: &Call) -> Answer {
    let now = world.now;
    world.dirty = true;
    region(world).engines.retain(|_, engine| engine.status.read(now) != GONE);
    let ids: Vec<String> = region(world).engines.keys().cloned().collect();
    let all: Vec<(String, Value)> =
        ids.into_iter().map(|id| Ok((id.clone(), engine_shown(world, &id)?))).collect::<Result<_, Refusal>>()?;
    call.page(100, all, "policyEngines")
}

pub(super) fn update_engine(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&UPDATE)?;
    let (id, now) = (call.id(0), world.now);
    let status = Settling::new(world, "UPDATING", "ACTIVE");
    let engine = engine(world, id)?;
    at_rest(&engine.status, id, now)?;
    if let Some(wrapped) = body.get("description") {
        engine.description = shape::maybe(wrapped, "optionalValue");
    }
    engine.updated = now;
    engine.status = status;
    world.dirty = true;
    engine_shown(world, id)
}

pub(super) fn delete_engine(world: &mut World, call: &Call) -> Answer {
    let (id, now) = (call.id(0), world.now);
    let own = arn(world, &format!("policy-engine/{id}"));
    let status = Settling::new(world, "DELETING", GONE);
    if region(world).gateways.values().any(|gateway| gateway.policy_engine() == Some(&own)) {
        return Err(conflict(format!("Policy engine {id} is attached to a gateway")));
    }
    let engine = engine(world, id)?;
    at_rest(&engine.status, id, now)?;
    if !engine.policies.is_empty() {
        return Err(conflict(format!("Policy engine {id} has policies. Delete all policies before deleting the policy engine.")));
    }
    engine.status = status;
    world.dirty = true;
    engine_shown(world, id)
}

fn at_rest(status: &Settling, id: &str, now: f64) -> Result<(), Refusal> {
    if in_transition(status, now) { Err(conflict(format!("{id} is in {} status and can't be changed now", status.now))) } else { Ok(()) }
}

fn policy_shown(world: &mut World, engine_id: &str, id: &str) -> Answer {
    let own = arn(world, &format!("policy-engine/{engine_id}/policy/{id}"));
    let policies = &engine(world, engine_id)?.policies;
    let policy = policies.get(id).ok_or_else(|| missing(format!("Policy {id} not found")))?;
    let reasons: &[String] = if policy.status.now.ends_with("FAILED") { &policy.reasons } else { &[] };
    let mut shown = json!({
        "policyId": id, "name": policy.name, "policyEngineId": engine_id, "policyArn": own, "definition": policy.definition,
        "enforcementMode": policy.enforcement, "status": policy.status.now, "statusReasons": reasons,
        "createdAt": dates::iso(policy.created), "updatedAt": dates::iso(policy.updated),
    });
    shape::put(&mut shown, "description", policy.description.clone());
    Ok(shown)
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&CREATE)?;
    let engine_id = call.id(0).to_owned();
    if let Some((id, first)) = replayed(world, &format!("policy:{engine_id}"), &body)? {
        return Ok(policy_shown(world, &engine_id, &id).unwrap_or(first));
    }
    engine(world, &engine_id)?;
    let name = shape::string(&body, "name").to_owned();
    // Names are one pool for all engines of an account.
    if region(world).engines.values().any(|e| e.policies.values().any(|p| p.name == name)) {
        return Err(conflict(format!("A policy with name {name} already exists")));
    }
    if engine(world, &engine_id)?.policies.len() >= MOST_POLICIES {
        return Err(quota("The policy engine has reached its limit of policies"));
    }
    let definition = body.get("definition").cloned().unwrap_or_default();
    let reasons = findings(world, &definition);
    let status = Settling::new(world, "CREATING", if reasons.is_empty() { "ACTIVE" } else { "CREATE_FAILED" });
    let id = format!("{name}-{}", world.id(LETTERS, 10));
    let policy = Policy {
        name,
        description: shape::maybe(&body, "description"),
        definition,
        enforcement: shape::maybe(&body, "enforcementMode").unwrap_or_else(|| "ACTIVE".into()),
        reasons,
        created: world.now,
        updated: world.now,
        status,
    };
    engine(world, &engine_id)?.policies.insert(id.clone(), policy);
    let answer = policy_shown(world, &engine_id, &id)?;
    remember(world, &format!("policy:{engine_id}"), &body, &id, &answer);
    world.dirty = true;
    Ok(answer)
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let now = world.now;
    if let Some(policy) = engine(world, call.id(0))?.policies.get_mut(call.id(1)) {
        policy.status.read(now);
    }
    world.dirty = true;
    policy_shown(world, call.id(0), call.id(1))
}

/// Whole policies, not summaries.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let (engine_id, now) = (call.id(0), world.now);
    world.dirty = true;
    for policy in engine(world, engine_id)?.policies.values_mut() {
        policy.status.read(now);
    }
    // One that this look has seen go is gone now.
    let ids: Vec<String> = engine(world, engine_id)?.policies.keys().cloned().collect();
    let all: Vec<(String, Value)> =
        ids.into_iter().map(|id| Ok((id.clone(), policy_shown(world, engine_id, &id)?))).collect::<Result<_, Refusal>>()?;
    call.page(100, all, "policies")
}

/// What the request leaves out stays as it is.
pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&UPDATE)?;
    let (engine_id, id, now) = (call.id(0), call.id(1), world.now);
    let reasons = body.get("definition").map(|definition| findings(world, definition));
    let failed = reasons.as_ref().is_some_and(|reasons| !reasons.is_empty());
    let status = Settling::new(world, "UPDATING", if failed { "UPDATE_FAILED" } else { "ACTIVE" });
    let policy = engine(world, engine_id)?.policies.get_mut(id).ok_or_else(|| missing(format!("Policy {id} not found")))?;
    at_rest(&policy.status, id, now)?;
    if let Some(wrapped) = body.get("description") {
        policy.description = shape::maybe(wrapped, "optionalValue");
    }
    // A definition that fails is not taken over.
    if let (Some(definition), false) = (body.get("definition"), failed) {
        if definition.as_object().map(|d| d.keys().next()) != policy.definition.as_object().map(|d| d.keys().next()) {
            return Err(invalid("Changing policy type is not permitted"));
        }
        policy.definition = definition.clone();
    }
    policy.enforcement = shape::maybe(&body, "enforcementMode").unwrap_or_else(|| policy.enforcement.clone());
    policy.reasons = reasons.unwrap_or_default();
    policy.updated = now;
    policy.status = status;
    world.dirty = true;
    policy_shown(world, engine_id, id)
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (engine_id, id, now) = (call.id(0), call.id(1), world.now);
    let status = Settling::new(world, "DELETING", GONE);
    let policy = engine(world, engine_id)?.policies.get_mut(id).ok_or_else(|| missing(format!("Policy {id} not found")))?;
    at_rest(&policy.status, id, now)?;
    policy.status = status;
    world.dirty = true;
    policy_shown(world, engine_id, id)
}

/// What is wrong with a policy's meaning, as far as the sandbox judges it: where it points, and that it asks for something.
fn findings(world: &mut World, definition: &Value) -> Vec<String> {
    let statement = definition.get("cedar").map_or("", |cedar| shape::string(cedar, "statement"));
    let policy = match Cedar::parse(None, statement) {
        Ok(policy) => policy,
        Err(error) => return vec![format!("The policy can't be parsed: {error}")],
    };
    let mut found = Vec::new();
    let prefix = arn(world, "gateway/");
    let tools = match policy.resource_constraint() {
        ResourceConstraint::Eq(gateway) => {
            let gateway = gateway.id().unescaped().to_owned();
            let tools = gateway.strip_prefix(&prefix).and_then(|id| region(world).gateways.get(id)).map(|g| g.tool_names());
            if tools.is_none() {
                found.push(format!("Insufficient permissions to call gateway with ID {gateway}"));
            }
            tools
        }
        _ => None,
    };
    if let (ActionConstraint::Eq(action), Some(tools)) = (policy.action_constraint(), tools) {
        let action = action.id().unescaped().to_owned();
        if !tools.contains(&action) {
            found.push(format!("unrecognized action `AgentCore::Action::\"{action}\"`"));
        }
    }
    if policy.effect() == Effect::Permit && !policy.has_non_scope_constraint() {
        found.push("Overly Permissive: the policy permits every request".into());
    }
    found
}
