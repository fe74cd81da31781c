//! Rate limits of a gateway: one change at a time, and of one batch's two documented meanings the harsher.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::{Settling, World, dates};
use super::gateways::gateway;
use super::shape::{self, Member, Shape, list as list_of, may, must, text};
use super::shapes::TOKEN;
use super::{Answer, Call, GONE, Refusal, conflict, in_transition, invalid, missing, quota, remember, replayed};

const MOST: usize = 50;
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const KEYS: &str = r"(targetName|toolName|qualifiedModelId|\$\.context\.iam\.principal|\$\.context\.iam\.sourceIdentity|\$\.context\.jwt\.[a-zA-Z_][a-zA-Z0-9_\-\.]{0,61}[a-zA-Z0-9_]|\$\.context\.request\.header\.[a-zA-Z0-9!#$%&'+\.\^_`|~\-]+|\$\.context\.request\.body\.[a-zA-Z_][a-zA-Z0-9_\-]*(\.[a-zA-Z_][a-zA-Z0-9_\-]*)*)";

static KEY: Shape = text(1, 128, KEYS);
static VALUE: Shape = text(1, 256, "");
static RATE: Shape = Shape::Struct(&[must("rate", Shape::Any), must("period", Shape::OneOf(&["second", "minute"]))]);
static ENTRY: Shape = Shape::Struct(&[
    must("dimensions", Shape::Map { most: 10, key: &KEY, value: &VALUE }),
    may("requests", list_of(1, 1, &RATE)),
    may("tokens", list_of(1, 1, &RATE)),
    may("connections", list_of(1, 1, &RATE)),
]);
const ID: Member = may("rateLimitId", text(2, 64, r"[a-zA-Z0-9][a-zA-Z0-9\-_\.]{0,62}[a-zA-Z0-9]"));
const DESCRIPTION: Member = may("description", text(0, 512, ""));
const DIMENSIONS: Member = must("dimensionKeys", list_of(1, 10, &KEY));
const ENTRIES: Member = must("entries", list_of(1, 1_000, &ENTRY));
static LIMIT: Shape = Shape::Struct(&[ID, DESCRIPTION, DIMENSIONS, ENTRIES]);
static CREATE: Shape = Shape::Struct(&[TOKEN, ID, DESCRIPTION, DIMENSIONS, ENTRIES]);
static UPDATE: Shape = Shape::Struct(&[DESCRIPTION, ENTRIES]);
static BATCH: Shape = Shape::Struct(&[TOKEN, must("rateLimits", list_of(1, MOST, &LIMIT))]);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Limit {
    description: Option<String>,
    keys: Vec<String>,
    entries: Value,
    created: f64,
    updated: f64,
    status: Settling,
}

impl Limit {
    fn shown(&self, gateway: &str, id: &str) -> Value {
        let mut shown = json!({
            "rateLimitId": id, "gatewayIdentifier": gateway, "dimensionKeys": self.keys, "entries": self.entries,
            "status": self.status.now, "createdAt": dates::iso(self.created), "updatedAt": dates::iso(self.updated),
        });
        shape::put(&mut shown, "description", self.description.clone());
        shown
    }
}

/// The limits of a gateway; what is deleted goes.
fn limits<'a>(world: &'a mut World, of: &str) -> Result<&'a mut BTreeMap<String, Limit>, Refusal> {
    let now = world.now;
    let limits = &mut gateway(world, of)?.limits;
    limits.retain(|_, limit| limit.status.peek(now) != GONE);
    Ok(limits)
}

/// The limits of a gateway, if none of them is in transition.
fn changeable<'a>(world: &'a mut World, of: &str) -> Result<&'a mut BTreeMap<String, Limit>, Refusal> {
    let now = world.now;
    let limits = limits(world, of)?;
    if limits.values().any(|limit| in_transition(&limit.status, now)) {
        return Err(conflict(format!("Another change of the rate limits of gateway {of} is in progress")));
    }
    Ok(limits)
}

/// What no shape can say of one limit.
fn check(keys: &[String], entries: &Value) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for entry in entries.as_array().into_iter().flatten() {
        let values: Vec<&str> = keys.iter().map(|key| entry.get("dimensions").map_or("", |d| shape::string(d, key))).collect();
        let given = entry.get("dimensions").and_then(Value::as_object).map_or(0, serde_json::Map::len);
        if given != keys.len() || values.contains(&"") {
            return Err(invalid("The dimensions of an entry must be the dimension keys of its rate limit"));
        }
        if values.iter().skip_while(|value| **value != "*").any(|value| *value != "*") {
            return Err(invalid("A wildcard can only be in a trailing position"));
        }
        if !seen.insert(values.join(" ")) {
            return Err(invalid("Two entries have the same dimensions"));
        }
        let rate = |name: &str| entry.get(name).and_then(|rates| rates.get(0));
        let most = |rate: &Value| rate.get("rate").and_then(Value::as_f64).is_some_and(|rate| (0.0..=10_000_000.0).contains(&rate));
        if !["requests", "tokens", "connections"].into_iter().filter_map(rate).all(most) {
            return Err(invalid("Value at 'rate' failed to satisfy constraint: Member must be between 0 and 10000000"));
        }
        for (name, period) in [("tokens", "minute"), ("connections", "second")] {
            if rate(name).is_some_and(|rate| shape::string(rate, "period") != period) {
                return Err(invalid(format!("{name} are limited by the {period}")));
            }
        }
    }
    Ok(())
}

fn keys(body: &Value) -> Vec<String> {
    shape::strings(body, "dimensionKeys").into_iter().map(str::to_owned).collect()
}

/// Sets one limit; the id that it has.
fn set(world: &mut World, of: &str, body: &Value) -> Result<String, Refusal> {
    let (keys, entries) = (keys(body), body.get("entries").cloned().unwrap_or_default());
    check(&keys, &entries)?;
    let now = world.now;
    let fresh = world.id(LETTERS, 12);
    let (creating, updating) = (Settling::new(world, "CREATING", "ACTIVE"), Settling::new(world, "UPDATING", "ACTIVE"));
    let limits = limits(world, of)?;
    let same = limits.iter().find(|(_, limit)| limit.keys == keys).map(|(id, _)| id.clone());
    let id = shape::maybe(body, "rateLimitId").or_else(|| same.clone()).unwrap_or(fresh);
    if same.is_some_and(|same| same != id) {
        return Err(conflict("Another rate limit of the gateway has the same dimension keys"));
    }
    let before = limits.get(&id);
    if before.is_some_and(|limit| limit.keys != keys) {
        return Err(invalid("The dimension keys of a rate limit cannot be changed"));
    }
    let (created, status) = before.map_or((now, creating), |limit| (limit.created, updating));
    let description = shape::maybe(body, "description");
    limits.insert(id.clone(), Limit { description, keys, entries, created, updated: now, status });
    Ok(id)
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&CREATE)?;
    let of = call.id(0);
    let scope = format!("rate-limit {of}");
    if let Some((_, first)) = replayed(world, &scope, &body)? {
        return Ok(first);
    }
    let taken = shape::maybe(&body, "rateLimitId");
    let limits = changeable(world, of)?;
    if limits.len() >= MOST {
        return Err(quota("The gateway has reached its limit of rate limits"));
    }
    if taken.is_some_and(|id| limits.contains_key(&id)) || limits.values().any(|limit| limit.keys == keys(&body)) {
        return Err(conflict("A rate limit with this id or these dimension keys already exists"));
    }
    let id = set(world, of, &body)?;
    world.dirty = true;
    let answer = one(world, of, &id)?;
    remember(world, &scope, &body, &id, &answer);
    Ok(answer)
}

/// All or nothing; a limit that the batch does not name goes.
pub(super) fn batch(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&BATCH)?;
    let of = call.id(0);
    let scope = format!("rate-limits {of}");
    if let Some((_, first)) = replayed(world, &scope, &body)? {
        return Ok(first);
    }
    let given = body.get("rateLimits").and_then(Value::as_array).cloned().unwrap_or_default();
    let before = std::mem::take(changeable(world, of)?);
    let named: Vec<String> = given.iter().filter_map(|limit| shape::maybe(limit, "rateLimitId")).collect();
    let kept = before.iter().filter(|(id, limit)| named.contains(id) || given.iter().any(|g| keys(g) == limit.keys));
    let kept: Vec<(String, Limit)> = kept.map(|(id, limit)| (id.clone(), limit.clone())).collect();
    limits(world, of)?.extend(kept);
    for limit in &given {
        if let Err(refusal) = set(world, of, limit) {
            gateway(world, of)?.limits = before;
            return Err(refusal);
        }
    }
    world.dirty = true;
    let all: Vec<Value> = self::limits(world, of)?.iter().map(|(id, limit)| limit.shown(of, id)).collect();
    let answer = json!({ "rateLimits": all });
    remember(world, &scope, &body, of, &answer);
    Ok(answer)
}

fn one(world: &mut World, of: &str, id: &str) -> Answer {
    let limit = limits(world, of)?.get(id).map(|limit| limit.shown(of, id));
    limit.ok_or_else(|| missing(format!("Rate limit {id} not found in gateway {of}")))
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let now = world.now;
    if let Some(limit) = limits(world, call.id(0))?.get_mut(call.id(1)) {
        limit.status.read(now);
    }
    world.dirty = true;
    one(world, call.id(0), call.id(1))
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let (of, now) = (call.id(0), world.now);
    world.dirty = true;
    let limits = limits(world, of)?;
    limits.retain(|_, limit| limit.status.read(now) != GONE);
    call.page(100, limits.iter().map(|(id, limit)| (id, limit.shown(of, id))), "rateLimits")
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&UPDATE)?;
    let (of, id, now) = (call.id(0), call.id(1), world.now);
    let status = Settling::new(world, "UPDATING", "ACTIVE");
    let limit = changeable(world, of)?.get_mut(id).ok_or_else(|| missing(format!("Rate limit {id} not found in gateway {of}")))?;
    let entries = body.get("entries").cloned().unwrap_or_default();
    check(&limit.keys, &entries)?;
    limit.entries = entries;
    limit.description = shape::maybe(&body, "description");
    limit.updated = now;
    limit.status = status;
    world.dirty = true;
    one(world, of, id)
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (of, id) = (call.id(0), call.id(1));
    let status = Settling::new(world, "DELETING", GONE);
    let limit = changeable(world, of)?.get_mut(id).ok_or_else(|| missing(format!("Rate limit {id} not found in gateway {of}")))?;
    limit.status = status;
    world.dirty = true;
    Ok(json!({ "rateLimitId": id, "status": "DELETING" }))
}
