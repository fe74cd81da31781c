//! Deployments: copies of an API's methods that no later change reaches.

use serde_json::{Map, Value, json};

use super::super::shape::{self, Shape, may};
use super::{ALPHABET, Answer, Call, Deployment, TEXT, World, invalid, missing, object, region};

/// The members by which a deployment makes or moves a stage are refused: nobody here sends them.
static CREATE: Shape = Shape::Struct(&[may("description", TEXT), may("variables", Shape::Any)]);

fn shown(id: &str, deployment: &Deployment, embed: bool) -> Value {
    let mut shown = json!({ "id": id, "createdDate": deployment.created.floor() });
    shape::put(&mut shown, "description", deployment.description.clone());
    if embed {
        shape::put(&mut shown, "apiSummary", Some(deployment.summary.clone()));
    }
    shown
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&CREATE)?;
    if shape::maybe(&body, "stageName").is_some() {
        return Err(invalid("The sandbox makes no stage with a deployment; use CreateStage"));
    }
    let (id, created) = (world.id(ALPHABET, 6), world.now);
    let api = region(world).api(call.id(0))?;
    let mut summary = Map::new();
    for resource in api.resources.values().filter(|r| !r.methods.is_empty()) {
        if resource.methods.values().any(|method| method.get("methodIntegration").is_none()) {
            return Err(invalid("No integration defined for method"));
        }
        let snapshot = |method: &Value| object(shape::pick(method, &["authorizationType", "apiKeyRequired"]));
        let methods = resource.methods.iter().map(|(verb, method)| (verb.clone(), snapshot(method)));
        summary.insert(resource.path.clone(), object(methods.collect()));
    }
    if summary.is_empty() {
        return Err(invalid("The REST API doesn't contain any methods"));
    }
    let deployment = Deployment { created, description: shape::maybe(&body, "description"), summary: object(summary) };
    let answer = shown(&id, &deployment, false);
    api.deployments.insert(id, deployment);
    world.dirty = true;
    Ok(answer)
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let api = region(world).api(call.id(0))?;
    call.listed(api.deployments.iter().map(|(id, deployment)| (id.clone(), shown(id, deployment, false))))
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let embed = call.request.query.iter().any(|(name, value)| name == "embed" && value == "apisummary");
    let deployment = region(world).api(call.id(0))?.deployments.get(call.id(1)).ok_or_else(|| missing("Deployment identifier"))?;
    Ok(shown(call.id(1), deployment, embed))
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let api = region(world).api(call.id(0))?;
    if !api.deployments.contains_key(call.id(1)) {
        return Err(missing("Deployment identifier"));
    }
    if api.stages.values().any(|stage| stage.settings.get("deploymentId") == Some(&json!(call.id(1)))) {
        return Err(invalid("Active stages pointing to this deployment must be moved or deleted"));
    }
    api.deployments.remove(call.id(1));
    world.dirty = true;
    Ok(Value::Null)
}
