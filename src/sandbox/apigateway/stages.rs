//! Stages: which deployment callers reach, and where their requests are logged.

use serde_json::{Map, Value, json};

use super::super::shape::{self, Shape, may, must, text};
use super::super::tags;
use super::patches::{Op, Patch};
use super::{Answer, Api, Call, INVALID, Refusal, Stage, TEXT, World, conflict, invalid, missing, object, region};

static CREATE: Shape = Shape::Struct(&[
    must("stageName", text(1, 128, "")),
    must("deploymentId", TEXT),
    may("description", TEXT),
    may("cacheClusterEnabled", Shape::Flag),
    may("variables", Shape::Map { most: 100, key: &shape::STRING, value: &shape::STRING }),
    may("tracingEnabled", Shape::Flag),
    may("tags", tags::SHAPE),
]);
const LOG_GROUP: &str = r"arn:aws:logs:[a-z0-9-]+:[0-9]{12}:log-group:[a-zA-Z0-9_/.#-]{1,512}";
const FIREHOSE: &str = r"arn:aws:firehose:[a-z0-9-]+:[0-9]{12}:deliverystream/amazon-apigateway-[a-zA-Z0-9_.-]+";

fn shown(name: &str, stage: &Stage) -> Value {
    let mut shown = object(stage.settings.clone());
    shape::put(&mut shown, "stageName", Some(name));
    shape::put(&mut shown, "createdDate", Some(stage.created.floor()));
    shape::put(&mut shown, "lastUpdatedDate", Some(stage.modified.floor()));
    if !stage.tags.is_empty() {
        shape::put(&mut shown, "tags", Some(json!(stage.tags)));
    }
    shown
}

impl Api {
    pub(super) fn stage(&mut self, name: &str) -> Result<&mut Stage, Refusal> {
        self.stages.get_mut(name).ok_or_else(|| missing("stage identifier"))
    }

    fn deployed(&self, id: &str) -> Result<(), Refusal> {
        self.deployments.contains_key(id).then_some(()).ok_or_else(|| invalid("Deployment id does not exist"))
    }
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&CREATE)?;
    let tags = tags::read(body.get("tags"), INVALID)?;
    let name = shape::string(&body, "stageName");
    if !shape::matches("[a-zA-Z0-9_-]+", name) {
        return Err(invalid("Stage name only allows a-zA-Z0-9_-"));
    }
    let now = world.now;
    let api = region(world).api(call.id(0))?;
    api.deployed(shape::string(&body, "deploymentId"))?;
    if api.stages.contains_key(name) {
        return Err(conflict("Stage already exists"));
    }
    let mut settings: Map<String, Value> = shape::pick(&body, &["deploymentId", "description", "variables"]);
    for flag in ["cacheClusterEnabled", "tracingEnabled"] {
        settings.insert(flag.into(), body.get(flag).cloned().unwrap_or(json!(false)));
    }
    settings.insert("cacheClusterStatus".into(), json!("NOT_AVAILABLE"));
    settings.insert("methodSettings".into(), json!({}));
    let stage = Stage { created: now, modified: now, settings, tags };
    let answer = shown(name, &stage);
    api.stages.insert(name.into(), stage);
    world.dirty = true;
    Ok(answer)
}

/// The one listing without pages.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let api = region(world).api(call.id(0))?;
    Ok(json!({ "item": api.stages.iter().map(|(name, stage)| shown(name, stage)).collect::<Vec<_>>() }))
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    Ok(shown(call.id(1), region(world).api(call.id(0))?.stage(call.id(1))?))
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let patches = call.patches()?;
    let (now, logs) = (world.now, region(world).log_role.is_some());
    let api = region(world).api(call.id(0))?;
    let mut settings = api.stage(call.id(1))?.settings.clone();
    for patch in patches {
        let parts = patch.parts();
        match parts.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["deploymentId"] if patch.op == Op::Replace => {
                api.deployed(&patch.value)?;
                patch.text(&mut settings, "deploymentId");
            }
            ["description"] => patch.text(&mut settings, "description"),
            ["tracingEnabled"] => drop(settings.insert("tracingEnabled".into(), patch.flag()?.into())),
            ["canarySettings"] if patch.op == Op::Remove => drop(settings.remove("canarySettings")),
            ["canarySettings", "percentTraffic"] => {
                let percent = patch.number::<f64>()?;
                shape::put(settings.entry("canarySettings").or_insert(json!({})), "percentTraffic", Some(percent));
            }
            ["canarySettings", "deploymentId"] => {
                api.deployed(&patch.value)?;
                below(&mut settings, "canarySettings", "deploymentId", &patch);
            }
            [path, verb, "logging", "dataTrace"] => method(&mut settings, (path, verb), "dataTraceEnabled", patch.flag()?),
            [path, verb, "caching", "enabled"] => method(&mut settings, (path, verb), "cachingEnabled", patch.flag()?),
            ["variables", name] => below(&mut settings, "variables", name, &patch),
            ["accessLogSettings"] if patch.op == Op::Remove => drop(settings.remove("accessLogSettings")),
            ["accessLogSettings", name @ ("destinationArn" | "format")] => below(&mut settings, "accessLogSettings", name, &patch),
            _ => return Err(patch.refused()),
        }
    }
    if let Some(log) = settings.get("accessLogSettings") {
        let (destination, format) = (shape::string(log, "destinationArn"), shape::string(log, "format"));
        if !shape::matches(LOG_GROUP, destination) && !shape::matches(FIREHOSE, destination) {
            return Err(invalid("Invalid ARN specified in the request"));
        }
        if !format.contains("$context.requestId") && !format.contains("$context.extendedRequestId") {
            return Err(invalid("Access log format must contain at least $context.requestId or $context.extendedRequestId"));
        }
        if !logs {
            return Err(invalid("CloudWatch Logs role ARN must be set in account settings to enable logging"));
        }
    }
    let stage = api.stage(call.id(1))?;
    stage.settings = settings;
    stage.modified = now;
    let answer = shown(call.id(1), stage);
    world.dirty = true;
    Ok(answer)
}

/// A setting of a method, or of all of them for `*`.
fn method(settings: &mut Map<String, Value>, (path, verb): (&str, &str), name: &str, on: bool) {
    let key = format!("{}/{verb}", path.replace('/', "~1"));
    if let Some(methods) = settings.entry("methodSettings").or_insert(json!({})).as_object_mut() {
        shape::put(methods.entry(key).or_insert(json!({})), name, Some(on));
    }
}

fn below(settings: &mut Map<String, Value>, group: &str, name: &str, patch: &Patch) {
    let members = settings.entry(group).or_insert(json!({})).as_object_mut();
    if let Some(members) = members {
        patch.text(members, name);
    }
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let region = region(world);
    let api = region.api(call.id(0))?;
    api.stage(call.id(1))?;
    api.stages.remove(call.id(1));
    let place = format!("{}:{}", call.id(0), call.id(1));
    for plan in region.plans.values_mut() {
        plan.stages.remove(&place);
    }
    world.dirty = true;
    Ok(Value::Null)
}
