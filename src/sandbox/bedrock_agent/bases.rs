//! Knowledge bases: create, get, list, update, delete.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::protocol::Refusal;
use super::super::{Settling, World, dates};
use super::super::{pages, shape, tags};
use super::{Answer, Base, Call, GONE, INVALID, LETTERS, base, conflict, invalid, quota, region, shapes, storage};

const LIMIT: usize = 100;
const MEMBERS: &[&str] =
    &["name", "description", "roleArn", "knowledgeBaseConfiguration", "storageConfiguration", "metadataConfigurations"];

pub(super) fn arn(world: &World, id: &str) -> String {
    format!("arn:aws:bedrock:{}:{}:knowledge-base/{id}", world.region, world.account)
}

fn shown(world: &World, id: &str) -> Answer {
    let base = world.state.bedrock_agent.regions.get(&world.region).and_then(|region| region.bases.get(id));
    let base = base.ok_or_else(|| Refusal::new(404, "ResourceNotFoundException", format!("KnowledgeBase with id {id} does not exist")))?;
    let mut shown = Value::Object(shape::pick(&base.given, MEMBERS));
    shape::put(&mut shown, "knowledgeBaseId", Some(id));
    shape::put(&mut shown, "knowledgeBaseArn", Some(arn(world, id)));
    shape::put(&mut shown, "status", Some(base.status.now.as_str()));
    shape::put(&mut shown, "createdAt", Some(dates::iso(base.created)));
    shape::put(&mut shown, "updatedAt", Some(dates::iso(base.updated)));
    Ok(json!({ "knowledgeBase": shown }))
}

/// Names are taken by every knowledge base that is still listed, whatever its status.
fn check_name(world: &mut World, name: &str, own: Option<&str>) -> Result<(), Refusal> {
    let taken = region(world).bases.iter().any(|(id, base)| Some(id.as_str()) != own && shape::string(&base.given, "name") == name);
    if taken { Err(conflict(format!("KnowledgeBase with name {name} already exists."))) } else { Ok(()) }
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&shapes::CREATE_BASE)?;
    let token = shape::maybe(&body, "clientToken");
    if let Some((token, id)) = token.as_ref().and_then(|token| Some((token, region(world).tokens.get(token).cloned()?))) {
        return shown(world, &id).or_else(|missing| region(world).answers.get(token).cloned().ok_or(missing));
    }
    let tags = tags::read(body.get("tags"), INVALID)?;
    check_name(world, shape::string(&body, "name"), None)?;
    if region(world).bases.len() >= LIMIT {
        return Err(quota("The number of knowledge bases exceeds the limit of the account."));
    }
    storage::check_role(world, shape::string(&body, "roleArn"))?;
    storage::check(world, &body)?;
    let id = world.id(LETTERS, 10);
    let status = Settling::new(world, "CREATING", "ACTIVE");
    let now = world.now;
    let given = Value::Object(shape::pick(&body, MEMBERS));
    let region = region(world);
    region.bases.insert(id.clone(), Base { given, created: now, updated: now, status, tags, sources: BTreeMap::new() });
    if let Some(token) = &token {
        region.tokens.insert(token.clone(), id.clone());
    }
    world.dirty = true;
    let answer = shown(world, &id)?;
    self::region(world).answers.extend(token.map(|token| (token, answer.clone())));
    Ok(answer)
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    base(world, call.id(0))?;
    shown(world, call.id(0))
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&shapes::LIST)?;
    let now = world.now;
    world.dirty = true;
    let bases = &mut region(world).bases;
    bases.retain(|_, base| base.status.read(now) != GONE);
    let summaries = bases.iter().map(|(id, base)| {
        let mut summary = Value::Object(shape::pick(&base.given, &["name", "description"]));
        shape::put(&mut summary, "knowledgeBaseId", Some(id.as_str()));
        shape::put(&mut summary, "status", Some(base.status.now.as_str()));
        shape::put(&mut summary, "updatedAt", Some(dates::iso(base.updated)));
        (id, summary)
    });
    let page = pages::page(summaries, pages::size(&body, "maxResults"), body.get("nextToken").and_then(Value::as_str));
    let (page, next) = page.ok_or_else(|| invalid("Invalid nextToken"))?;
    let mut reply = json!({ "knowledgeBaseSummaries": page });
    shape::put(&mut reply, "nextToken", next);
    Ok(reply)
}

/// Refuses a change of what is in transition.
fn at_rest(base: &Base, id: &str, now: f64) -> Result<(), Refusal> {
    match base.status.peek(now) {
        status @ ("CREATING" | "UPDATING" | "DELETING" | GONE) => {
            let status = if status == GONE { "DELETING" } else { status };
            Err(conflict(format!("KnowledgeBase {id} is in {status} state and cannot be modified.")))
        }
        _ => Ok(()),
    }
}

/// The knowledge base of that id, if it can be changed now; asking moves no status on.
fn changeable<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Base, Refusal> {
    let now = world.now;
    if region(world).bases.get(id).is_some_and(|base| base.status.peek(now) == GONE) {
        region(world).bases.remove(id);
    }
    let missing = || Refusal::new(404, "ResourceNotFoundException", format!("KnowledgeBase with id {id} does not exist"));
    let base = region(world).bases.get_mut(id).ok_or_else(missing)?;
    at_rest(base, id, now)?;
    Ok(base)
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&shapes::UPDATE_BASE)?;
    let id = call.id(0);
    let before = changeable(world, id)?.given.clone();
    for fixed in ["knowledgeBaseConfiguration", "storageConfiguration"] {
        if body.get(fixed) != before.get(fixed) {
            return Err(invalid(format!(
                "The {fixed} of a knowledge base can't be updated; it has to be the same as in the create request."
            )));
        }
    }
    check_name(world, shape::string(&body, "name"), Some(id))?;
    storage::check_role(world, shape::string(&body, "roleArn"))?;
    let status = Settling::new(world, "UPDATING", "ACTIVE");
    let now = world.now;
    let base = changeable(world, id)?;
    base.given = Value::Object(shape::pick(&body, MEMBERS));
    base.updated = now;
    base.status = status;
    world.dirty = true;
    shown(world, id)
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let id = call.id(0);
    let status = Settling::new(world, "DELETING", GONE);
    let now = world.now;
    let base = changeable(world, id)?;
    if !base.sources.is_empty() {
        return Err(conflict(format!("KnowledgeBase {id} has data sources associated with it. Delete them before deleting it.")));
    }
    base.status = status;
    base.updated = now;
    world.dirty = true;
    Ok(json!({ "knowledgeBaseId": id, "status": "DELETING" }))
}
