//! Events: what actors said, session by session.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::World;
use super::super::{pages, shape};
use super::{Answer, Call, Event, INVALID, events, invalid, missing, shapes};

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = shape::body(call.request, &shapes::CREATE, INVALID)?;
    let session = shape::maybe(&body, "sessionId").unwrap_or_else(|| world.uuid());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds since 1970 fit")]
    let millis = (world.now * 1000.0) as u64;
    // In the order of their coming, even within a millisecond.
    world.state.ids += 1;
    let event = Event {
        id: format!("{millis:016}#{:08x}", world.state.ids),
        actor: shape::string(&body, "actorId").into(),
        session,
        created: world.now,
        timestamp: body.get("eventTimestamp").cloned().unwrap_or_default(),
        payload: body.get("payload").cloned().unwrap_or_default(),
        branch: body.get("branch").cloned(),
        metadata: body.get("metadata").cloned(),
    };
    let answer = json!({ "event": shown(&call.memory, &event, true) });
    events(world, &call.memory).push(event);
    world.dirty = true;
    Ok(answer)
}

fn shown(memory: &str, event: &Event, whole: bool) -> Value {
    let mut shown = json!({
        "memoryId": memory, "actorId": event.actor, "sessionId": event.session, "eventId": event.id, "eventTimestamp": event.timestamp,
        "payload": if whole { event.payload.clone() } else { json!([]) },
    });
    shape::put(&mut shown, "branch", event.branch.clone());
    shape::put(&mut shown, "metadata", event.metadata.clone());
    shown
}

fn is_of(event: &Event, call: &Call) -> bool {
    event.actor == call.id(1) && event.session == call.id(2)
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let found = events(world, &call.memory).iter().find(|event| is_of(event, call) && event.id == call.id(3));
    let event = found.ok_or_else(|| missing(format!("Event not found: {}", call.id(3))))?;
    Ok(json!({ "event": shown(&call.memory, event, true) }))
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let all = events(world, &call.memory);
    let before = all.len();
    all.retain(|event| !(is_of(event, call) && event.id == call.id(3)));
    if all.len() == before {
        return Err(missing(format!("Event not found: {}", call.id(3))));
    }
    world.dirty = true;
    Ok(json!({ "eventId": call.id(3) }))
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let body = shape::body(call.request, &shapes::EVENTS, INVALID)?;
    if body.get("filter").is_some() {
        return Err(invalid("the sandbox filters no events"));
    }
    let whole = body.get("includePayloads").and_then(Value::as_bool).unwrap_or(true);
    let all = events(world, &call.memory).iter().filter(|event| is_of(event, call));
    page(&body, "events", all.map(|event| (event.id.clone(), shown(&call.memory, event, whole))))
}

pub(super) fn sessions(world: &mut World, call: &Call) -> Answer {
    let body = shape::body(call.request, &shapes::LIST, INVALID)?;
    let mut all = BTreeMap::new();
    for event in events(world, &call.memory).iter().filter(|event| event.actor == call.id(1)) {
        let summary = || json!({ "sessionId": event.session, "actorId": event.actor, "createdAt": event.created });
        all.entry(event.session.clone()).or_insert_with(summary);
    }
    page(&body, "sessionSummaries", all)
}

pub(super) fn actors(world: &mut World, call: &Call) -> Answer {
    let body = shape::body(call.request, &shapes::LIST, INVALID)?;
    let all: BTreeMap<String, Value> =
        events(world, &call.memory).iter().map(|event| (event.actor.clone(), json!({ "actorId": event.actor }))).collect();
    page(&body, "actorSummaries", all)
}

pub(super) fn page(body: &Value, member: &str, items: impl IntoIterator<Item = (String, Value)>) -> Answer {
    let size = pages::size(body, "maxResults");
    let (page, next) =
        pages::page(items, size, body.get("nextToken").and_then(Value::as_str)).ok_or_else(|| invalid("Invalid nextToken"))?;
    let mut reply = json!({ member: page });
    shape::put(&mut reply, "nextToken", next);
    Ok(reply)
}
