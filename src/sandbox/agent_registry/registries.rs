//! Registries: an update is a patch, and a deletion takes the records along.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::records::Record;
use super::shape::{self, Shape, list as list_of, may, must, put, text};
use super::tags::{self, Tags};
use super::{
    Answer, Call, DESCRIPTION, GONE, INVALID, LETTERS, LIST, OPTIONAL_DESCRIPTION, Refusal, Settling, TOKEN, World, at_rest, bare,
    conflict, invalid, missing, page, quota, region, registry_arn, remember, replayed,
};
use crate::sandbox::dates;

const LIMIT: usize = 5;
const NAME: Shape = text(1, 64, r"[a-zA-Z0-9][a-zA-Z0-9_\-\./]*");
static RULE: Shape = Shape::OneOf(&["APPROVE_ALL"]);
static APPROVAL: Shape = Shape::Struct(&[may("autoApprovalRules", list_of(0, 10, &RULE))]);
static DISCOVERY: Shape = Shape::Struct(&[
    may("authorizerType", Shape::OneOf(&["CUSTOM_JWT", "AWS_IAM"])),
    may("authorizerConfiguration", Shape::Struct(&[must("customJWTAuthorizer", Shape::Any)])),
]);
static CREATE: Shape = Shape::Struct(&[
    must("name", NAME),
    may("description", DESCRIPTION),
    may("discoveryConfiguration", Shape::Of(&DISCOVERY)),
    TOKEN,
    may("tags", tags::SHAPE),
    may("approvalConfiguration", Shape::Of(&APPROVAL)),
]);
static UPDATE: Shape = Shape::Struct(&[
    may("name", NAME),
    may("description", Shape::Of(&OPTIONAL_DESCRIPTION)),
    may("approvalConfiguration", Shape::Struct(&[may("optionalValue", Shape::Of(&APPROVAL))])),
]);

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Registry {
    name: String,
    description: Option<String>,
    discovery: Value,
    approval: Option<Value>,
    created: f64,
    updated: f64,
    status: Settling,
    pub(super) tags: Tags,
    pub(super) records: BTreeMap<String, Record>,
}

impl Registry {
    /// Whether records are approved as soon as somebody asks for it.
    pub(super) fn approves_all(&self) -> bool {
        self.approval.as_ref().is_some_and(|a| shape::strings(a, "autoApprovalRules").contains(&"APPROVE_ALL"))
    }

    pub(super) fn at_rest(&self, now: f64) -> Result<(), Refusal> {
        at_rest(&self.status, "The registry", now)
    }

    fn shown(&self, id: &str, arn: &str, whole: bool) -> Value {
        let mut shown = json!({
            "name": self.name, "registryId": id, "registryArn": arn, "status": self.status.now,
            "discoveryConfiguration": self.discovery,
            "createdAt": dates::iso(self.created), "updatedAt": dates::iso(self.updated),
        });
        put(&mut shown, "description", self.description.clone());
        if whole {
            put(&mut shown, "approvalConfiguration", self.approval.clone());
        }
        shown
    }
}

/// The registry of that id or ARN; one whose deletion is over goes now.
pub(super) fn registry<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Registry, Refusal> {
    let id = bare(id);
    if !shape::matches("[a-zA-Z0-9]{12,16}", id) {
        return Err(invalid("Value at 'registryId' failed to satisfy constraint: Member must satisfy the pattern of registry ids"));
    }
    let now = world.now;
    let registries = &mut region(world).registries;
    registries.retain(|_, registry| registry.status.peek(now) != GONE);
    registries.get_mut(id).ok_or_else(|| missing(format!("Registry {id} not found")))
}

fn shown(world: &mut World, id: &str) -> Answer {
    let id = bare(id).to_owned();
    let arn = registry_arn(world, &id);
    Ok(registry(world, &id)?.shown(&id, &arn, true))
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&CREATE)?;
    if let Some(answer) = replayed(world, "registry", &body)? {
        return Ok(answer);
    }
    if body.get("tags").and_then(Value::as_object).is_some_and(serde_json::Map::is_empty) {
        return Err(invalid("Value at 'tags' failed to satisfy constraint: Member must have length greater than or equal to 1"));
    }
    let tags = tags::read(body.get("tags"), INVALID)?;
    let mut discovery = body.get("discoveryConfiguration").cloned().unwrap_or_else(|| json!({}));
    let kind = shape::maybe(&discovery, "authorizerType").unwrap_or_else(|| "AWS_IAM".into());
    if (kind == "CUSTOM_JWT") != discovery.get("authorizerConfiguration").is_some() {
        return Err(invalid("authorizerConfiguration goes with authorizerType CUSTOM_JWT"));
    }
    put(&mut discovery, "authorizerType", Some(kind));
    let name = shape::string(&body, "name").to_owned();
    let now = world.now;
    let registries = &mut region(world).registries;
    registries.retain(|_, registry| registry.status.peek(now) != GONE);
    if registries.values().any(|registry| registry.name == name) {
        return Err(conflict(format!("A registry with name {name} already exists")));
    }
    if registries.len() >= LIMIT {
        return Err(quota("The account has reached its limit of registries"));
    }
    let id = world.id(LETTERS, 16);
    let status = Settling::new(world, "CREATING", "READY");
    let registry = Registry {
        name,
        description: shape::maybe(&body, "description"),
        discovery,
        approval: body.get("approvalConfiguration").cloned(),
        created: now,
        updated: now,
        status,
        tags,
        records: BTreeMap::new(),
    };
    region(world).registries.insert(id.clone(), registry);
    let answer = json!({ "registryArn": registry_arn(world, &id) });
    remember(world, "registry", &body, &answer);
    world.dirty = true;
    Ok(answer)
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let now = world.now;
    registry(world, call.id(0))?.status.read(now);
    world.dirty = true;
    shown(world, call.id(0))
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&LIST)?;
    let now = world.now;
    world.dirty = true;
    let prefix = registry_arn(world, "");
    let registries = &mut region(world).registries;
    registries.retain(|_, registry| registry.status.read(now) != GONE);
    let all = registries.iter().map(|(id, registry)| (id, registry.shown(id, &format!("{prefix}{id}"), false)));
    page(&body, all, "registries")
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&UPDATE)?;
    let now = world.now;
    let status = Settling::new(world, "UPDATING", "READY");
    let registry = registry(world, call.id(0))?;
    registry.at_rest(now)?;
    if let Some(name) = shape::maybe(&body, "name") {
        registry.name = name;
    }
    if let Some(wrapped) = body.get("description") {
        registry.description = shape::maybe(wrapped, "optionalValue");
    }
    if let Some(wrapped) = body.get("approvalConfiguration") {
        registry.approval = wrapped.get("optionalValue").cloned();
    }
    registry.updated = now;
    registry.status = status;
    world.dirty = true;
    shown(world, call.id(0))
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let now = world.now;
    let status = Settling::new(world, "DELETING", GONE);
    let registry = registry(world, call.id(0))?;
    registry.at_rest(now)?;
    registry.status = status;
    registry.records.clear();
    world.dirty = true;
    Ok(json!({ "status": "DELETING" }))
}
