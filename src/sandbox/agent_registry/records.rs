//! Records: a draft is submitted, approved or rejected; an edit makes a draft again, and a deprecated record stays so.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::content;
use super::registries::registry;
use super::shape::{self, Shape, may, must, put, text};
use super::tags::{self, Tags};
use super::{
    Answer, Call, DESCRIPTION, GONE, INVALID, LETTERS, LIST, OPTIONAL_DESCRIPTION, Refusal, Settling, TOKEN, World, at_rest, bare,
    conflict, invalid, missing, page, registry_arn, remember, replayed,
};
use crate::sandbox::dates;

const NAME: Shape = text(1, 255, r"[a-zA-Z0-9][a-zA-Z0-9_\-\./]*");
const VERSION: Shape = text(1, 255, "[a-zA-Z0-9.-]+");
const TYPE: Shape = Shape::OneOf(&["MCP", "AGENT", "CUSTOM", "SKILL", "GATEWAY", "WEB_BOT"]);
const DATA: Shape = text(1, 102_400, "");
static TOOLS: Shape = Shape::Struct(&[may("data", DATA), may("dataSchemaVersion", text(1, 255, ""))]);
static SERVER: Shape = Shape::Struct(&[
    may("data", DATA),
    may("dataSchemaVersion", text(1, 255, "")),
    may("additionalData", Shape::Struct(&[may("tools", Shape::Of(&TOOLS))])),
    may("source", Shape::Any),
]);
static DESCRIPTORS: Shape = Shape::Struct(&[may("mcpServer", Shape::Of(&SERVER))]);
static CREATE: Shape = Shape::Struct(&[
    must("name", NAME),
    may("description", DESCRIPTION),
    must("recordType", TYPE),
    must("descriptors", Shape::Of(&DESCRIPTORS)),
    may("recordVersion", VERSION),
    TOKEN,
    may("tags", tags::SHAPE),
]);
static UPDATE: Shape = Shape::Struct(&[
    may("name", NAME),
    may("description", Shape::Of(&OPTIONAL_DESCRIPTION)),
    may("recordType", TYPE),
    may("descriptors", Shape::Struct(&[may("optionalValue", Shape::Any)])),
    may("recordVersion", VERSION),
]);
static DECIDE: Shape =
    Shape::Struct(&[must("status", Shape::OneOf(&["APPROVED", "REJECTED", "DEPRECATED"])), must("statusReason", text(0, 255, ""))]);

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    name: String,
    description: Option<String>,
    kind: String,
    descriptors: Value,
    version: String,
    reason: Option<String>,
    created: f64,
    updated: f64,
    status: Settling,
    pub(super) tags: Tags,
}

impl Record {
    fn summary(&self, registry: &str, id: &str) -> Value {
        let mut shown = json!({
            "registryArn": registry, "recordArn": format!("{registry}/record/{id}"), "recordId": id, "name": self.name,
            "recordType": self.kind, "recordVersion": self.version, "status": self.status.now, "createdByAutoDetection": false,
            "createdAt": dates::iso(self.created), "updatedAt": dates::iso(self.updated),
        });
        put(&mut shown, "description", self.description.clone());
        shown
    }
}

fn record<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut Record, Refusal> {
    let id = bare(call.id(1));
    registry(world, call.id(0))?.records.get_mut(id).ok_or_else(|| missing(format!("Registry record {id} not found")))
}

fn shown(world: &mut World, call: &Call) -> Answer {
    let arn = registry_arn(world, bare(call.id(0)));
    let record = record(world, call)?;
    let mut shown = record.summary(&arn, bare(call.id(1)));
    put(&mut shown, "descriptors", Some(record.descriptors.clone()));
    put(&mut shown, "statusReason", record.reason.clone());
    Ok(shown)
}

/// What a change of the status answers.
fn moved(world: &mut World, call: &Call) -> Answer {
    let whole = shown(world, call)?;
    world.dirty = true;
    let mut reply = Value::Object(shape::pick(&whole, &["registryArn", "recordArn", "recordId", "status", "updatedAt"]));
    put(&mut reply, "statusReason", shape::maybe(&whole, "statusReason"));
    Ok(reply)
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&CREATE)?;
    let scope = format!("record:{}", bare(call.id(0)));
    if let Some(answer) = replayed(world, &scope, &body)? {
        return Ok(answer);
    }
    let now = world.now;
    let tags = tags::read(body.get("tags"), INVALID)?;
    let name = shape::string(&body, "name").to_owned();
    let parent = registry(world, call.id(0))?;
    parent.at_rest(now)?;
    if parent.records.values().any(|record| record.name == name) {
        return Err(conflict(format!("A registry record with name {name} already exists")));
    }
    let descriptors = body.get("descriptors").cloned().unwrap_or_default();
    let kind = shape::string(&body, "recordType").to_owned();
    let reason = content::wrong(&kind, &descriptors);
    let status = Settling::new(world, "CREATING", if reason.is_none() { "DRAFT" } else { "CREATE_FAILED" });
    let version = shape::maybe(&body, "recordVersion").unwrap_or_else(|| "1.0.0".into());
    let description = shape::maybe(&body, "description");
    let record = Record { name, description, kind, descriptors, version, reason, created: now, updated: now, status, tags };
    let id = world.id(LETTERS, 12);
    let arn = format!("{}/record/{id}", registry_arn(world, bare(call.id(0))));
    registry(world, call.id(0))?.records.insert(id, record);
    let answer = json!({ "recordArn": arn, "status": "CREATING" });
    remember(world, &scope, &body, &answer);
    world.dirty = true;
    Ok(answer)
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let now = world.now;
    record(world, call)?.status.read(now);
    world.dirty = true;
    shown(world, call)
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&LIST)?;
    let (arn, now) = (registry_arn(world, bare(call.id(0))), world.now);
    world.dirty = true;
    let records = &mut registry(world, call.id(0))?.records;
    records.values_mut().for_each(|record| drop(record.status.read(now)));
    page(&body, records.iter().map(|(id, record)| (id, record.summary(&arn, id))), "registryRecords")
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&UPDATE)?;
    let now = world.now;
    let live = record(world, call)?;
    at_rest(&live.status, "The registry record", now)?;
    if live.status.peek(now) == "DEPRECATED" {
        return Err(invalid("A deprecated registry record can't be updated"));
    }
    let descriptors = match body.get("descriptors") {
        Some(wrapper) => content::patch(Some(live.descriptors.clone()), "descriptors", wrapper).unwrap_or_else(|| json!({})),
        None => live.descriptors.clone(),
    };
    shape::check(&DESCRIPTORS, &descriptors, INVALID)?;
    let kind = shape::maybe(&body, "recordType").unwrap_or_else(|| live.kind.clone());
    let reason = content::wrong(&kind, &descriptors);
    let status = Settling::new(world, "UPDATING", if reason.is_none() { "DRAFT" } else { "UPDATE_FAILED" });
    let live = record(world, call)?;
    // Content that fails is not taken over.
    if reason.is_none() {
        live.descriptors = descriptors;
        live.kind = kind;
        if let Some(wrapped) = body.get("description") {
            live.description = shape::maybe(wrapped, "optionalValue");
        }
        live.name = shape::maybe(&body, "name").unwrap_or_else(|| live.name.clone());
        live.version = shape::maybe(&body, "recordVersion").unwrap_or_else(|| live.version.clone());
    }
    live.reason = reason;
    live.updated = now;
    live.status = status;
    world.dirty = true;
    shown(world, call)
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let now = world.now;
    let live = record(world, call)?;
    at_rest(&live.status, "The registry record", now)?;
    registry(world, call.id(0))?.records.remove(bare(call.id(1)));
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn submit(world: &mut World, call: &Call) -> Answer {
    let now = world.now;
    let all = registry(world, call.id(0))?.approves_all();
    let live = record(world, call)?;
    let status = live.status.peek(now).to_owned();
    if status != "DRAFT" {
        return Err(conflict(format!("A registry record in {status} status can't be submitted for approval")));
    }
    live.status = Settling::settled(if all { "APPROVED" } else { "PENDING_APPROVAL" });
    live.updated = now;
    moved(world, call)
}

pub(super) fn decide(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&DECIDE)?;
    let now = world.now;
    let live = record(world, call)?;
    at_rest(&live.status, "The registry record", now)?;
    let to = shape::string(&body, "status").to_owned();
    let from = live.status.peek(now).to_owned();
    let may = match to.as_str() {
        "APPROVED" => matches!(from.as_str(), "PENDING_APPROVAL" | "REJECTED"),
        "REJECTED" => matches!(from.as_str(), "PENDING_APPROVAL" | "APPROVED"),
        _ => from != GONE,
    };
    if !may {
        return Err(conflict(format!("A registry record can't go from {from} to {to}")));
    }
    live.status = Settling::settled(&to);
    live.reason = Some(shape::string(&body, "statusReason").to_owned());
    live.updated = now;
    moved(world, call)
}
