//! Memories: an update is a patch, strategies settle one by one, and a listing names no names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::{Settling, World};
use super::shape::{self, Member, Shape, list as list_of, may, must, number, text};
use super::tags::{self, Tags};
use super::{
    Answer, Call, GONE, INVALID, Refusal, arn, conflict, in_transition, invalid, missing, pages, quota, region, remember, replayed,
};

const LIMIT: usize = 150;
const MOST_STRATEGIES: usize = 6;
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const ID: &str = "[a-zA-Z][a-zA-Z0-9-_]{0,99}-[a-zA-Z0-9]{10}";
const NAMESPACE: &str = r"[a-zA-Z0-9\-_/]*(\{[a-zA-Z][a-zA-Z0-9]*\}[a-zA-Z0-9\-_/]*)*";

static NAMESPACE_TEXT: Shape = text(1, 512, NAMESPACE);
const STRATEGY_NAME: Member = must("name", text(0, usize::MAX, "[a-zA-Z][a-zA-Z0-9_]{0,47}"));
const DESCRIPTION: Member = may("description", text(1, 4096, ""));
const NAMESPACES: Member = may("namespaces", list_of(1, 1, &NAMESPACE_TEXT));
const TEMPLATES: Member = may("namespaceTemplates", list_of(1, 1, &NAMESPACE_TEXT));
static NAMED: Shape = Shape::Struct(&[STRATEGY_NAME, DESCRIPTION, NAMESPACES, TEMPLATES]);
static STRATEGY: Shape = Shape::Union(&[
    may("semanticMemoryStrategy", Shape::Of(&NAMED)),
    may("summaryMemoryStrategy", Shape::Of(&NAMED)),
    may("userPreferenceMemoryStrategy", Shape::Of(&NAMED)),
    may("episodicMemoryStrategy", Shape::Of(&NAMED)),
    may("customMemoryStrategy", Shape::Of(&NAMED)),
]);
static MODIFIED: Shape = Shape::Struct(&[must("memoryStrategyId", text(0, usize::MAX, "")), DESCRIPTION, NAMESPACES, TEMPLATES]);
static DELETED: Shape = Shape::Struct(&[must("memoryStrategyId", text(0, usize::MAX, ""))]);

const TOKEN: Member = may("clientToken", text(0, 500, ""));
static CREATE: Shape = Shape::Struct(&[
    TOKEN,
    must("name", text(0, usize::MAX, "[a-zA-Z][a-zA-Z0-9_]{0,47}")),
    DESCRIPTION,
    must("eventExpiryDuration", number(3, 3650)),
    may("memoryStrategies", list_of(0, usize::MAX, &STRATEGY)),
    may("tags", tags::SHAPE),
]);
static CHANGES: Shape = Shape::Struct(&[
    may("addMemoryStrategies", list_of(0, usize::MAX, &STRATEGY)),
    may("modifyMemoryStrategies", list_of(0, usize::MAX, &MODIFIED)),
    may("deleteMemoryStrategies", list_of(0, usize::MAX, &DELETED)),
]);
static UPDATE: Shape =
    Shape::Struct(&[TOKEN, DESCRIPTION, may("eventExpiryDuration", number(3, 3650)), may("memoryStrategies", Shape::Of(&CHANGES))]);
static LIST: Shape = Shape::Struct(&[may("maxResults", number(1, 100)), may("nextToken", shape::text(0, usize::MAX, ""))]);

/// The input's members and what a read calls the type.
const TYPES: &[(&str, &str)] = &[
    ("semanticMemoryStrategy", "SEMANTIC"),
    ("summaryMemoryStrategy", "SUMMARIZATION"),
    ("userPreferenceMemoryStrategy", "USER_PREFERENCE"),
    ("episodicMemoryStrategy", "EPISODIC"),
    ("customMemoryStrategy", "CUSTOM"),
];

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Memory {
    name: String,
    description: Option<String>,
    expiry: Value,
    created: f64,
    updated: f64,
    status: Settling,
    /// By id.
    strategies: BTreeMap<String, Strategy>,
    pub(super) tags: Tags,
}

#[derive(Debug, Serialize, Deserialize)]
struct Strategy {
    name: String,
    sort: String,
    description: Option<String>,
    namespace: String,
    created: f64,
    status: Settling,
}

impl Strategy {
    fn shown(&mut self, id: &str, now: f64) -> Value {
        let status = self.status.read(now);
        // A read shows the template under its old name as well.
        let mut shown = json!({
            "strategyId": id, "name": self.name, "type": self.sort, "status": status, "createdAt": self.created, "updatedAt": self.created,
            "namespaces": [self.namespace], "namespaceTemplates": [self.namespace],
        });
        shape::put(&mut shown, "description", self.description.clone());
        shown
    }
}

impl Memory {
    fn settle(&mut self, now: f64) {
        self.strategies.retain(|_, strategy| strategy.status.peek(now) != GONE);
    }

    fn at_rest(&self, now: f64) -> Result<(), Refusal> {
        if in_transition(&self.status, now) {
            return Err(invalid("Memory is in transitional state and cannot be changed now"));
        }
        if self.strategies.values().any(|s| in_transition(&s.status, now)) {
            return Err(invalid("Cannot update memory while strategies are being modified"));
        }
        Ok(())
    }

    fn add(&mut self, id: String, given: &Value, status: Settling, now: f64) -> Result<(), Refusal> {
        let Some((body, sort)) = TYPES.iter().find_map(|(member, sort)| Some((given.get(*member)?, *sort))) else {
            return Err(invalid("A strategy has exactly one type"));
        };
        let name = shape::string(body, "name");
        if self.strategies.values().any(|s| s.name == name) {
            return Err(invalid(format!("Memory strategy with name {name} already exists")));
        }
        if self.strategies.len() >= MOST_STRATEGIES {
            return Err(quota(format!("A memory has at most {MOST_STRATEGIES} strategies")));
        }
        let strategy = Strategy {
            name: name.into(),
            sort: sort.into(),
            description: shape::maybe(body, "description"),
            namespace: namespace(body)?.unwrap_or_else(|| "/strategies/{memoryStrategyId}/actors/{actorId}".into()),
            created: now,
            status,
        };
        self.strategies.insert(id, strategy);
        Ok(())
    }
}

/// The one template of a strategy, by its new name or its old one.
fn namespace(body: &Value) -> Result<Option<String>, Refusal> {
    let (new, old) = (shape::strings(body, "namespaceTemplates"), shape::strings(body, "namespaces"));
    if !new.is_empty() && !old.is_empty() {
        return Err(invalid("namespaces and namespaceTemplates can't both be set"));
    }
    Ok(new.first().or(old.first()).map(|text| (*text).to_owned()))
}

pub(super) fn tags_of<'a>(world: &'a mut World, id: &str) -> Option<&'a mut Tags> {
    memory(world, id).ok().map(|memory| &mut memory.tags)
}

fn memory<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Memory, Refusal> {
    if !shape::matches(ID, id) {
        return Err(invalid(format!(
            "Value at 'memoryId' failed to satisfy constraint: Member must satisfy regular expression pattern: {ID}"
        )));
    }
    let now = world.now;
    let memories = &mut region(world).memories;
    if memories.get(id).is_some_and(|m| m.status.peek(now) == GONE) {
        memories.remove(id);
    }
    memories.get_mut(id).ok_or_else(|| missing(format!("Memory not found: {id}")))
}

fn shown(world: &mut World, id: &str) -> Answer {
    let (own, now) = (arn(world, &format!("memory/{id}")), world.now);
    let memory = memory(world, id)?;
    memory.settle(now);
    let strategies: Vec<Value> = memory.strategies.iter_mut().map(|(id, strategy)| strategy.shown(id, now)).collect();
    let mut shown = json!({
        "arn": own, "id": id, "name": memory.name, "eventExpiryDuration": memory.expiry, "status": memory.status.now,
        "createdAt": memory.created, "updatedAt": memory.updated, "strategies": strategies,
    });
    shape::put(&mut shown, "description", memory.description.clone());
    Ok(json!({ "memory": shown }))
}

/// One strategy after the other, each with an id of its own.
fn add_all(world: &mut World, memory: &mut Memory, given: Option<&Value>) -> Result<(), Refusal> {
    for strategy in given.and_then(Value::as_array).into_iter().flatten() {
        let name = TYPES.iter().find_map(|(member, _)| strategy.get(*member)).map_or("", |body| shape::string(body, "name"));
        let id = format!("{name}-{}", world.id(LETTERS, 10));
        let status = Settling::new(world, "CREATING", "ACTIVE");
        memory.add(id, strategy, status, world.now)?;
    }
    Ok(())
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&CREATE)?;
    if let Some((id, first)) = replayed(world, "memory", &body)? {
        return Ok(shown(world, &id).unwrap_or(first));
    }
    let tags = tags::read(body.get("tags"), INVALID)?;
    let name = shape::string(&body, "name").to_owned();
    let now = world.now;
    region(world).memories.retain(|_, memory| memory.status.peek(now) != GONE);
    if region(world).memories.values().any(|memory| memory.name == name) {
        return Err(invalid(format!("Memory with name {name} already exists")));
    }
    if region(world).memories.len() >= LIMIT {
        return Err(quota("The account has reached its limit of memories"));
    }
    let id = format!("{name}-{}", world.id(LETTERS, 10));
    let mut memory = Memory {
        name,
        description: shape::maybe(&body, "description"),
        expiry: body.get("eventExpiryDuration").cloned().unwrap_or_default(),
        created: now,
        updated: now,
        status: Settling::new(world, "CREATING", "ACTIVE"),
        strategies: BTreeMap::new(),
        tags,
    };
    add_all(world, &mut memory, body.get("memoryStrategies"))?;
    region(world).memories.insert(id.clone(), memory);
    let answer = shown(world, &id)?;
    remember(world, "memory", &body, &id, &answer);
    world.dirty = true;
    Ok(answer)
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let now = world.now;
    memory(world, call.id(0))?.status.read(now);
    world.dirty = true;
    shown(world, call.id(0))
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&LIST)?;
    let (prefix, now) = (arn(world, "memory/"), world.now);
    let memories = &mut region(world).memories;
    memories.retain(|_, memory| memory.status.peek(now) != GONE);
    let all = memories.iter().map(|(id, memory)| {
        let summary = json!({
            "arn": format!("{prefix}{id}"), "id": id, "status": memory.status.now, "createdAt": memory.created,
            "updatedAt": memory.updated,
        });
        (id, summary)
    });
    let (page, next) = pages::page(all, pages::size(&body, "maxResults"), body.get("nextToken").and_then(Value::as_str))
        .ok_or_else(|| invalid("Invalid nextToken"))?;
    let mut reply = json!({ "memories": page });
    shape::put(&mut reply, "nextToken", next);
    Ok(reply)
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&UPDATE)?;
    let (id, now) = (call.id(0).to_owned(), world.now);
    memory(world, &id)?.settle(now);
    memory(world, &id)?.at_rest(now)?;
    let Some(mut memory) = region(world).memories.remove(&id) else { return Err(missing(format!("Memory not found: {id}"))) };
    let changed = change(world, &mut memory, &body);
    region(world).memories.insert(id.clone(), memory);
    changed?;
    world.dirty = true;
    shown(world, &id)
}

/// What the request leaves out stays as it is.
fn change(world: &mut World, memory: &mut Memory, body: &Value) -> Result<(), Refusal> {
    let now = world.now;
    let changes = body.get("memoryStrategies");
    let part = |name: &str| changes.and_then(|c| c.get(name));
    for gone in part("deleteMemoryStrategies").and_then(Value::as_array).into_iter().flatten() {
        let id = shape::string(gone, "memoryStrategyId");
        let status = Settling::new(world, "DELETING", GONE);
        let strategy = memory.strategies.get_mut(id);
        strategy.ok_or_else(|| invalid(format!("Cannot delete non-existent memory strategies: {id}")))?.status = status;
    }
    for given in part("modifyMemoryStrategies").and_then(Value::as_array).into_iter().flatten() {
        let id = shape::string(given, "memoryStrategyId");
        let strategy = memory.strategies.get_mut(id).ok_or_else(|| invalid(format!("Cannot modify non-existent memory strategy: {id}")))?;
        if let Some(namespace) = namespace(given)? {
            strategy.namespace = namespace;
        }
        strategy.description = shape::maybe(given, "description").or(strategy.description.take());
    }
    add_all(world, memory, part("addMemoryStrategies"))?;
    if let Some(expiry) = body.get("eventExpiryDuration") {
        memory.expiry = expiry.clone();
    }
    memory.description = shape::maybe(body, "description").or(memory.description.take());
    memory.updated = now;
    memory.status = Settling::new(world, "UPDATING", "ACTIVE");
    Ok(())
}

/// Of a memory that is there: each strategy's id and the template of its namespace.
pub(super) fn strategies(world: &mut World, id: &str) -> Option<Vec<(String, String)>> {
    let memory = memory(world, id).ok()?;
    Some(memory.strategies.iter().map(|(id, strategy)| (id.clone(), strategy.namespace.clone())).collect())
}

/// Strategies and records go with it.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (id, now) = (call.id(0), world.now);
    let status = Settling::new(world, "DELETING", GONE);
    let memory = memory(world, id)?;
    if in_transition(&memory.status, now) {
        return Err(conflict(format!("Memory {id} is in {} status and can't be deleted now", memory.status.now)));
    }
    memory.status = status;
    world.dirty = true;
    Ok(json!({ "memoryId": id, "status": "DELETING" }))
}
