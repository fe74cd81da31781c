//! Published versions: numbered copies of the draft that never change.

use serde_json::json;

use super::super::shape;
use super::super::{Settling, World};
use super::{Answer, Call, at_rest, guardrail, id, quota, remember, replayed, shapes};

const LIMIT: usize = 20;

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&shapes::VERSION)?;
    let (id, now) = (id(world, call.id(0))?, world.now);
    let scope = format!("version of {id}");
    if let Some(version) = replayed(world, &scope, &body)? {
        guardrail(world, &id)?;
        // Also of a version that is gone by now.
        return Ok(json!({ "guardrailId": id, "version": version }));
    }
    let (draft, version) = (Settling::new(world, "VERSIONING", "READY"), Settling::new(world, "VERSIONING", "READY"));
    let guardrail = at_rest(world, &id)?;
    if guardrail.versions.len() >= LIMIT {
        return Err(quota(format!("Guardrail {id} has {LIMIT} versions. Delete one to create another.")));
    }
    guardrail.last += 1;
    let number = guardrail.last;
    let mut copy = guardrail.draft.clone();
    (copy.created, copy.updated, copy.status) = (now, now, version);
    if let Some(members) = copy.given.as_object_mut() {
        members.remove("description");
    }
    shape::put(&mut copy.given, "description", shape::maybe(&body, "description"));
    guardrail.versions.insert(number, copy);
    guardrail.draft.status = draft;
    remember(world, &scope, &body, &number.to_string());
    world.dirty = true;
    Ok(json!({ "guardrailId": id, "version": number.to_string() }))
}
