//! Guardrails: create, get, list, update (a full replace), delete (one version, or everything).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::protocol::Refusal;
use super::super::{Settling, World, dates};
use super::super::{pages, shape};
use super::{
    Answer, Call, Copy, DRAFT, GONE, Guardrail, arn, at_rest, conflict, guardrail, id, invalid, marks, policies, quota, region, remember,
    replayed, shapes,
};

const LIMIT: usize = 100;
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789";

/// Names are taken by every guardrail that is still listed, whatever its status.
fn check_name(world: &mut World, name: &str, own: Option<&str>) -> Result<(), Refusal> {
    let now = world.now;
    let all = &mut region(world).guardrails;
    all.retain(|_, g| g.draft.status.peek(now) != GONE);
    if all.iter().any(|(id, g)| Some(id.as_str()) != own && shape::string(&g.draft.given, "name") == name) {
        return Err(conflict("Another guardrail in your account already has this name."));
    }
    Ok(())
}

fn made(world: &mut World, id: &str) -> Answer {
    let arn = arn(world, id);
    let draft = &guardrail(world, id)?.draft;
    let (created, updated) = (dates::iso(draft.created), dates::iso(draft.updated));
    Ok(json!({ "guardrailId": id, "guardrailArn": arn, "version": DRAFT, "createdAt": created, "updatedAt": updated }))
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&shapes::CREATE)?;
    if let Some(id) = replayed(world, "guardrail", &body)?
        && guardrail(world, &id).is_ok()
    {
        return made(world, &id);
    }
    policies::check(&body)?;
    let mut tags = BTreeMap::new();
    marks::add(&mut tags, &body)?;
    check_name(world, shape::string(&body, "name"), None)?;
    if region(world).guardrails.len() >= LIMIT {
        return Err(quota("The number of guardrails exceeds the limit of the account."));
    }
    let id = world.id(LETTERS, 12);
    let status = Settling::new(world, "CREATING", "READY");
    let draft = Copy { given: policies::kept(&body), created: world.now, updated: world.now, status };
    region(world).guardrails.insert(id.clone(), Guardrail { draft, last: 0, versions: BTreeMap::new(), tags });
    remember(world, "guardrail", &body, &id);
    world.dirty = true;
    made(world, &id)
}

/// The version that the query names; the draft if it names none.
fn number(call: &Call) -> Result<Option<u32>, Refusal> {
    match call.request.query("guardrailVersion") {
        None | Some(DRAFT) => Ok(None),
        Some(text) => match text.parse() {
            Ok(number) if shape::matches("[1-9][0-9]{0,7}", text) => Ok(Some(number)),
            _ => Err(invalid("Value at 'guardrailVersion' failed to satisfy constraint: Member must be DRAFT or a number")),
        },
    }
}

fn no_version(id: &str, number: u32) -> Refusal {
    Refusal::new(404, "ResourceNotFoundException", format!("Version {number} of guardrail {id} does not exist."))
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let (id, number, now) = (id(world, call.id(0))?, number(call)?, world.now);
    let arn = arn(world, &id);
    world.dirty = true;
    let guardrail = guardrail(world, &id)?;
    let copy = match number {
        None => &mut guardrail.draft,
        Some(number) => guardrail.versions.get_mut(&number).ok_or_else(|| no_version(&id, number))?,
    };
    let status = copy.status.read(now);
    if status == GONE {
        // Only the read after this one is told so.
        return Err(number.map_or_else(|| super::missing(&id), |number| no_version(&id, number)));
    }
    let mut shown = policies::shown(&copy.given);
    for (name, value) in [
        ("guardrailId", id.clone()),
        ("guardrailArn", arn),
        ("version", number.map_or_else(|| DRAFT.into(), |n| n.to_string())),
        ("status", status),
        ("createdAt", dates::iso(copy.created)),
        ("updatedAt", dates::iso(copy.updated)),
    ] {
        shape::put(&mut shown, name, Some(value));
    }
    Ok(shown)
}

fn summary(id: &str, arn: &str, version: &str, copy: &Copy) -> Value {
    let mut summary = Value::Object(shape::pick(&copy.given, &["name", "description"]));
    for (name, value) in [
        ("id", id),
        ("arn", arn),
        ("version", version),
        ("status", &copy.status.now),
        ("createdAt", &dates::iso(copy.created)),
        ("updatedAt", &dates::iso(copy.updated)),
    ] {
        shape::put(&mut summary, name, Some(value));
    }
    summary
}

/// Every draft, or the draft and all versions of one guardrail.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let size = match call.request.query("maxResults").map(str::parse::<usize>) {
        None => None,
        Some(Ok(size)) if (1..=1000).contains(&size) => Some(size),
        Some(_) => return Err(invalid("Value at 'maxResults' failed to satisfy constraint: Member must be between 1 and 1000")),
    };
    let (prefix, now) = (arn(world, ""), world.now);
    world.dirty = true;
    let all: BTreeMap<String, Value> = match call.request.query("guardrailIdentifier") {
        Some(named) => {
            let id = id(world, named)?;
            let guardrail = guardrail(world, &id)?;
            let arn = format!("{prefix}{id}");
            let versions = guardrail.versions.iter().map(|(n, copy)| (format!("{n:08}"), summary(&id, &arn, &n.to_string(), copy)));
            versions.chain([(DRAFT.to_owned(), summary(&id, &arn, DRAFT, &guardrail.draft))]).collect()
        }
        None => {
            let all = &mut region(world).guardrails;
            all.retain(|_, g| g.draft.status.peek(now) != GONE);
            all.iter().map(|(id, g)| (id.clone(), summary(id, &format!("{prefix}{id}"), DRAFT, &g.draft))).collect()
        }
    };
    let (page, next) = pages::page(all, size, call.request.query("nextToken")).ok_or_else(|| invalid("Invalid nextToken"))?;
    let mut reply = json!({ "guardrails": page });
    shape::put(&mut reply, "nextToken", next);
    Ok(reply)
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&shapes::UPDATE)?;
    let (id, now) = (id(world, call.id(0))?, world.now);
    at_rest(world, &id)?;
    policies::check(&body)?;
    check_name(world, shape::string(&body, "name"), Some(&id))?;
    let status = Settling::new(world, "UPDATING", "READY");
    let draft = &mut at_rest(world, &id)?.draft;
    draft.given = policies::kept(&body);
    draft.updated = now;
    draft.status = status;
    world.dirty = true;
    made(world, &id)
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (id, number) = (id(world, call.id(0))?, number(call)?);
    let status = Settling::new(world, "DELETING", GONE);
    let guardrail = at_rest(world, &id)?;
    let copy = match number {
        None => &mut guardrail.draft,
        Some(number) => guardrail.versions.get_mut(&number).ok_or_else(|| no_version(&id, number))?,
    };
    copy.status = status;
    world.dirty = true;
    Ok(json!({}))
}
