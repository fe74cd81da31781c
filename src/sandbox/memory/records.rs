//! Memory records. AWS has a model draw them from events; here each thing said is one, in the namespaces of its actor.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::World;
use super::super::agentcore;
use super::super::protocol::Refusal;
use super::super::shape;
use super::{Answer, Call, Event, INVALID, events, invalid, shapes};

pub(super) fn retrieve(world: &mut World, call: &Call) -> Answer {
    let body = shape::body(call.request, &shapes::RETRIEVE, INVALID)?;
    let criteria = body.get("searchCriteria").cloned().unwrap_or_default();
    let found = all(world, call, &body, criteria.get("memoryStrategyId").and_then(Value::as_str))?;
    events::page(&body, "memoryRecordSummaries", found)
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let body = shape::body(call.request, &shapes::RECORDS, INVALID)?;
    let found = all(world, call, &body, body.get("memoryStrategyId").and_then(Value::as_str))?;
    events::page(&body, "memoryRecordSummaries", found)
}

/// The records in a namespace and in those that begin with it; by path, in it and in those below it.
fn all(world: &mut World, call: &Call, body: &Value, strategy: Option<&str>) -> Result<BTreeMap<String, Value>, Refusal> {
    let within: Box<dyn Fn(&str) -> bool> = match (shape::maybe(body, "namespace"), shape::maybe(body, "namespacePath")) {
        (Some(start), None) => Box::new(move |namespace| namespace.starts_with(&start)),
        (None, Some(path)) => Box::new(move |namespace| {
            let below = namespace.strip_prefix(path.trim_end_matches('/'));
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }),
        _ => return Err(invalid("Exactly one of namespace and namespacePath must be given")),
    };
    let strategies = agentcore::strategies(world, &call.memory).unwrap_or_default();
    let wanted = strategies.into_iter().filter(|(id, _)| strategy.is_none_or(|wanted| wanted == id)).collect::<Vec<_>>();
    let said = events(world, &call.memory).iter().flat_map(|event| wanted.iter().filter_map(|strategy| record(event, strategy)));
    Ok(said.filter(|(_, namespace, _)| within(namespace)).map(|(id, _, record)| (id, record)).collect())
}

/// The record that a strategy makes of an event in which somebody says something.
fn record(event: &Event, (strategy, template): &(String, String)) -> Option<(String, String, Value)> {
    let text = event.payload.as_array()?.iter().find_map(|part| part.pointer("/conversational/content/text")?.as_str())?;
    let namespace =
        template.replace("{actorId}", &event.actor).replace("{sessionId}", &event.session).replace("{memoryStrategyId}", strategy);
    let letters: String = format!("{strategy}{}", event.id).chars().filter(char::is_ascii_alphanumeric).collect();
    let start = letters.len().saturating_sub(36);
    let id = format!("mem-{:0>36}", letters.get(start..).unwrap_or_default());
    let record = json!({
        "memoryRecordId": id, "content": { "text": text }, "memoryStrategyId": strategy, "namespaces": [namespace],
        "createdAt": event.created, "score": 0.5,
    });
    Some((id, namespace, record))
}
