//! REST APIs: names may stand twice, and what is deleted takes everything below it along.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::shape::{self, Shape, list as many, may, must, text};
use super::super::tags;
use super::patches::Op;
use super::{ALPHABET, Answer, Api, Call, INVALID, Resource, TEXT, World, invalid, object, region};

static TYPE: Shape = Shape::OneOf(&["REGIONAL", "EDGE", "PRIVATE"]);
static CREATE: Shape = Shape::Struct(&[
    must("name", text(1, 1024, "")),
    may("description", TEXT),
    may("version", TEXT),
    may("binaryMediaTypes", many(0, 50, &shape::STRING)),
    may("apiKeySource", Shape::OneOf(&["HEADER", "AUTHORIZER"])),
    may(
        "endpointConfiguration",
        Shape::Struct(&[may("types", many(0, 1, &TYPE)), may("ipAddressType", Shape::OneOf(&["ipv4", "dualstack"]))]),
    ),
    may("policy", TEXT),
    may("disableExecuteApiEndpoint", Shape::Flag),
    may("tags", tags::SHAPE),
]);

fn shown(id: &str, api: &Api) -> Value {
    let root = api.resources.iter().find(|(_, r)| r.parent.is_none()).map(|(id, _)| id.clone());
    let mut shown = object(api.settings.clone());
    shape::put(&mut shown, "id", Some(id));
    shape::put(&mut shown, "createdDate", Some(api.created.floor()));
    shape::put(&mut shown, "rootResourceId", root);
    if !api.tags.is_empty() {
        shape::put(&mut shown, "tags", Some(json!(api.tags)));
    }
    shown
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&CREATE)?;
    let tags = tags::read(body.get("tags"), INVALID)?;
    let names = [
        "name",
        "description",
        "version",
        "binaryMediaTypes",
        "apiKeySource",
        "endpointConfiguration",
        "policy",
        "disableExecuteApiEndpoint",
    ];
    let mut settings: Map<String, Value> = shape::pick(&body, &names);
    settings.entry("apiKeySource").or_insert(json!("HEADER"));
    settings.entry("disableExecuteApiEndpoint").or_insert(json!(false));
    let endpoint = settings.entry("endpointConfiguration").or_insert(json!({ "types": ["EDGE"] }));
    if endpoint.get("ipAddressType").is_none() {
        shape::put(endpoint, "ipAddressType", Some("ipv4"));
    }
    let id = world.id(ALPHABET, 10);
    let root = Resource { parent: None, part: String::new(), path: "/".into(), methods: BTreeMap::new() };
    let resources = [(world.id(ALPHABET, 10), root)].into();
    let api = Api { created: world.now, settings, tags, resources, deployments: BTreeMap::new(), stages: BTreeMap::new() };
    let answer = shown(&id, &api);
    region(world).apis.insert(id, api);
    world.dirty = true;
    Ok(answer)
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    call.listed(region(world).apis.iter().map(|(id, api)| (id.clone(), shown(id, api))))
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    Ok(shown(call.id(0), region(world).api(call.id(0))?))
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let patches = call.patches()?;
    let api = region(world).api(call.id(0))?;
    let mut settings = api.settings.clone();
    for patch in patches {
        let parts = patch.parts();
        match parts.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["name"] if patch.op == Op::Replace && !patch.value.is_empty() => patch.text(&mut settings, "name"),
            ["description"] => patch.text(&mut settings, "description"),
            ["policy"] => patch.text(&mut settings, "policy"),
            ["apiKeySource"] if matches!(patch.value.as_str(), "HEADER" | "AUTHORIZER") => patch.text(&mut settings, "apiKeySource"),
            ["disableExecuteApiEndpoint"] => drop(settings.insert("disableExecuteApiEndpoint".into(), patch.flag()?.into())),
            ["endpointConfiguration", "types", from] if patch.op == Op::Replace => {
                let types = settings.get_mut("endpointConfiguration").and_then(|e| e.get_mut("types"));
                match types.filter(|types| **types == json!([from])) {
                    Some(types) if matches!(patch.value.as_str(), "REGIONAL" | "EDGE") => *types = json!([patch.value]),
                    _ => return Err(invalid("Invalid endpoint configuration type")),
                }
            }
            _ => return Err(patch.refused()),
        }
    }
    api.settings = settings;
    let answer = shown(call.id(0), api);
    world.dirty = true;
    Ok(answer)
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let region = region(world);
    region.api(call.id(0))?;
    region.apis.remove(call.id(0));
    let of_it = format!("{}:", call.id(0));
    region.plans.values_mut().for_each(|plan| plan.stages.retain(|stage| !stage.starts_with(&of_it)));
    world.dirty = true;
    Ok(Value::Null)
}
