//! Usage plans, the stages that they hold for, and the keys that count in them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::shape::{self, Shape, list as many, may, must, number, text};
use super::super::tags;
use super::patches::Op;
use super::{ALPHABET, Answer, Call, INVALID, Plan, Refusal, Region, TEXT, World, conflict, invalid, missing, object, region};

static STAGE: Shape = Shape::Struct(&[may("apiId", TEXT), may("stage", TEXT)]);
static CREATE: Shape = Shape::Struct(&[
    must("name", text(1, 1024, "")),
    may("description", TEXT),
    may("apiStages", many(0, 100, &STAGE)),
    may("throttle", Shape::Struct(&[may("burstLimit", number(0, i64::MAX)), may("rateLimit", Shape::Any)])),
    may(
        "quota",
        Shape::Struct(&[
            may("limit", number(0, i64::MAX)),
            may("offset", number(0, 27)),
            may("period", Shape::OneOf(&["DAY", "WEEK", "MONTH"])),
        ]),
    ),
    may("tags", tags::SHAPE),
]);
static JOIN: Shape = Shape::Struct(&[must("keyId", TEXT), must("keyType", TEXT)]);

fn shown(id: &str, plan: &Plan) -> Value {
    let stage = |place: &String| place.split_once(':').map(|(api, stage)| json!({ "apiId": api, "stage": stage }));
    let mut shown = object(plan.settings.clone());
    shape::put(&mut shown, "id", Some(id));
    shape::put(&mut shown, "apiStages", Some(plan.stages.iter().filter_map(stage).collect::<Vec<_>>()));
    if !plan.tags.is_empty() {
        shape::put(&mut shown, "tags", Some(json!(plan.tags)));
    }
    shown
}

impl Region {
    /// A stage's place, if there is such a stage.
    fn place(&self, api: &str, stage: &str) -> Result<String, Refusal> {
        let there = self.apis.get(api).is_some_and(|api| api.stages.contains_key(stage));
        there
            .then(|| format!("{api}:{stage}"))
            .ok_or_else(|| Refusal::new(404, "NotFoundException", format!("API Stage not found: {api}:{stage}")))
    }

    /// A stage takes a key from one plan only.
    pub(super) fn alone(&self, plan: &str, keys: &BTreeSet<String>, stages: &BTreeSet<String>) -> Result<(), Refusal> {
        let others = self.plans.iter().filter(|(id, _)| id.as_str() != plan);
        for (_, other) in others.filter(|(_, other)| !other.stages.is_disjoint(stages)) {
            if let Some(key) = other.keys.intersection(keys).next() {
                return Err(conflict(format!("API Key {key} cannot be added to multiple usage plans of the same API stage")));
            }
        }
        Ok(())
    }
}

/// What no patch and no create may leave behind.
fn checked(settings: &Map<String, Value>) -> Result<(), Refusal> {
    if let Some(throttle) = settings.get("throttle")
        && throttle.get("rateLimit").and_then(Value::as_f64).is_none_or(|rate| rate < 0.0)
    {
        return Err(invalid("Usage Plan throttle rate limit must be a number that is not negative"));
    }
    if let Some(quota) = settings.get("quota") {
        let Some(period) = shape::maybe(quota, "period") else { return Err(invalid("Usage Plan quota period must be set")) };
        if quota.get("limit").and_then(Value::as_i64).is_none() {
            return Err(invalid("Usage Plan quota limit must be set"));
        }
        let most = match period.as_str() {
            "DAY" => 0,
            "WEEK" => 6,
            _ => 27,
        };
        if quota.get("offset").and_then(Value::as_i64).is_some_and(|offset| offset > most) {
            return Err(invalid(format!("Usage Plan quota offset must be at most {most} in the {period} period")));
        }
    }
    Ok(())
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&CREATE)?;
    let tags = tags::read(body.get("tags"), INVALID)?;
    let mut settings = shape::pick(&body, &["name", "description", "throttle", "quota"]);
    if let Some(throttle) = settings.get_mut("throttle") {
        for limit in ["burstLimit", "rateLimit"] {
            let given = throttle.get(limit).cloned().unwrap_or(json!(0));
            shape::put(throttle, limit, Some(given));
        }
    }
    if let Some(quota) = settings.get_mut("quota").filter(|quota| quota.get("offset").is_none()) {
        shape::put(quota, "offset", Some(0));
    }
    checked(&settings)?;
    let id = world.id(ALPHABET, 6);
    let region = region(world);
    let stages = body.get("apiStages").and_then(Value::as_array).into_iter().flatten();
    let stages = stages.map(|s| region.place(shape::string(s, "apiId"), shape::string(s, "stage"))).collect::<Result<_, _>>()?;
    let plan = Plan { settings, stages, keys: BTreeSet::new(), tags };
    let answer = shown(&id, &plan);
    region.plans.insert(id, plan);
    world.dirty = true;
    Ok(answer)
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let key = call.request.query("keyId");
    let plans = region(world).plans.iter().filter(|(_, plan)| key.is_none_or(|key| plan.keys.contains(key)));
    call.listed(plans.map(|(id, plan)| (id.clone(), shown(id, plan))))
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    Ok(shown(call.id(0), region(world).plan(call.id(0))?))
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let patches = call.patches()?;
    let region = region(world);
    let plan = region.plan(call.id(0))?;
    let (mut settings, mut stages, keys) = (plan.settings.clone(), plan.stages.clone(), plan.keys.clone());
    for patch in patches {
        let parts = patch.parts();
        let number = |settings: &mut Map<String, Value>, group: &str, name: &str, value: Value| {
            // Only a create or an `add` makes a group that is not there.
            let there = settings.contains_key(group) || patch.op == Op::Add;
            shape::put(settings.entry(group).or_insert(json!({})), name, Some(value));
            there.then_some(()).ok_or_else(|| patch.refused())
        };
        match (parts.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), patch.op) {
            (["name"], Op::Replace) if !patch.value.is_empty() => patch.text(&mut settings, "name"),
            (["description"], _) => patch.text(&mut settings, "description"),
            ([group @ ("throttle" | "quota")], Op::Remove) => drop(settings.remove(*group)),
            (["throttle", "rateLimit"], Op::Add | Op::Replace) => {
                number(&mut settings, "throttle", "rateLimit", patch.number::<f64>()?.into())?;
            }
            (["throttle", "burstLimit"], Op::Add | Op::Replace) => {
                number(&mut settings, "throttle", "burstLimit", patch.number::<i32>()?.into())?;
            }
            (["quota", name @ ("limit" | "offset")], Op::Add | Op::Replace) => {
                number(&mut settings, "quota", name, patch.number::<i32>()?.into())?;
            }
            (["quota", "period"], Op::Add | Op::Replace) if ["DAY", "WEEK", "MONTH"].contains(&patch.value.as_str()) => {
                number(&mut settings, "quota", "period", patch.value.as_str().into())?;
            }
            (["apiStages"], Op::Add) => {
                let (api, stage) = patch.value.split_once(':').ok_or_else(|| patch.refused())?;
                if !stages.insert(region.place(api, stage)?) {
                    return Err(conflict("Usage plan already has this API stage"));
                }
            }
            (["apiStages"], Op::Remove) => {
                if !stages.remove(&patch.value) {
                    return Err(missing("API Stage"));
                }
            }
            _ => return Err(patch.refused()),
        }
    }
    checked(&settings)?;
    region.alone(call.id(0), &keys, &stages)?;
    let plan = region.plan(call.id(0))?;
    (plan.settings, plan.stages) = (settings, stages);
    let answer = shown(call.id(0), plan);
    world.dirty = true;
    Ok(answer)
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let region = region(world);
    if !region.plan(call.id(0))?.stages.is_empty() {
        return Err(invalid("Cannot delete usage plan because it is associated with API stages. Remove them first."));
    }
    region.plans.remove(call.id(0));
    world.dirty = true;
    Ok(Value::Null)
}

fn membership(region: &mut Region, key: &str) -> Answer {
    let found = region.key(key)?;
    let mut shown = json!({ "id": key, "type": "API_KEY", "value": found.value });
    shape::put(&mut shown, "name", found.settings.get("name").cloned());
    Ok(shown)
}

pub(super) fn join(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&JOIN)?;
    if shape::string(&body, "keyType") != "API_KEY" {
        return Err(invalid("Invalid key type specified"));
    }
    let key = shape::string(&body, "keyId");
    let region = region(world);
    let stages = region.plan(call.id(0))?.stages.clone();
    let answer = membership(region, key)?;
    if region.plan(call.id(0))?.keys.contains(key) {
        return Err(conflict(format!("Usage Plan already contains API key {key}")));
    }
    region.alone(call.id(0), &[key.to_owned()].into(), &stages)?;
    region.plan(call.id(0))?.keys.insert(key.into());
    world.dirty = true;
    Ok(answer)
}

pub(super) fn members(world: &mut World, call: &Call) -> Answer {
    let region = region(world);
    let keys = region.plan(call.id(0))?.keys.clone();
    let shown = keys.into_iter().map(|key| Ok((key.clone(), membership(region, &key)?))).collect::<Result<Vec<_>, Refusal>>()?;
    call.listed(shown)
}

pub(super) fn member(world: &mut World, call: &Call) -> Answer {
    let region = region(world);
    if !region.plan(call.id(0))?.keys.contains(call.id(1)) {
        return Err(missing("Usage Plan Key ID"));
    }
    membership(region, call.id(1))
}

pub(super) fn leave(world: &mut World, call: &Call) -> Answer {
    if !region(world).plan(call.id(0))?.keys.remove(call.id(1)) {
        return Err(missing("Usage Plan Key ID"));
    }
    world.dirty = true;
    Ok(Value::Null)
}
