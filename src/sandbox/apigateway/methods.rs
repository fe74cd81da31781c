//! Paths of an API, the methods on them, and what stands behind those.

use serde_json::{Value, json};

use super::super::shape::{self, Shape, list as many, may, must, number};
use super::patches::Op;
use super::{ALPHABET, Answer, Api, Call, Refusal, Resource, TEXT, World, conflict, invalid, missing, object, region};

static CREATE: Shape = Shape::Struct(&[must("pathPart", TEXT)]);
static PUT: Shape = Shape::Struct(&[
    must("authorizationType", Shape::OneOf(&["NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"])),
    may("authorizerId", TEXT),
    may("apiKeyRequired", Shape::Flag),
    may("operationName", TEXT),
    may("requestParameters", Shape::Any),
    may("requestModels", Shape::Any),
    may("requestValidatorId", TEXT),
    may("authorizationScopes", many(0, 100, &shape::STRING)),
]);
static CONNECT: Shape = Shape::Struct(&[
    must("type", Shape::OneOf(&["HTTP", "AWS", "MOCK", "HTTP_PROXY", "AWS_PROXY"])),
    may("httpMethod", TEXT),
    may("uri", TEXT),
    may("connectionType", Shape::OneOf(&["INTERNET", "VPC_LINK"])),
    may("credentials", TEXT),
    may("requestParameters", Shape::Any),
    may("requestTemplates", Shape::Any),
    may("passthroughBehavior", Shape::OneOf(&["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"])),
    may("timeoutInMillis", number(50, 300_000)),
]);
const VERBS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY"];
/// A part of a path, or a parameter, which may take the rest of it.
const PART: &str = r"[a-zA-Z0-9._:-]+|\{[a-zA-Z0-9._:-]+\+?\}";
const LAMBDA: &str = r"arn:aws:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/arn:aws:lambda:[a-z0-9-]+:[0-9]{12}:function:[a-zA-Z0-9_-]{1,64}(:[a-zA-Z0-9$_-]+)?/invocations";

fn shown(id: &str, resource: &Resource, embed: bool) -> Value {
    let mut shown = json!({ "id": id, "path": resource.path });
    shape::put(&mut shown, "parentId", resource.parent.clone());
    shape::put(&mut shown, "pathPart", (!resource.part.is_empty()).then(|| resource.part.clone()));
    if !resource.methods.is_empty() {
        // Without being asked, AWS says no more than which verbs there are.
        let methods = resource.methods.iter().map(|(verb, method)| (verb.clone(), if embed { method.clone() } else { json!({}) }));
        shape::put(&mut shown, "resourceMethods", Some(object(methods.collect())));
    }
    shown
}

impl Api {
    fn resource(&mut self, id: &str) -> Result<&mut Resource, Refusal> {
        self.resources.get_mut(id).ok_or_else(|| missing("Resource identifier"))
    }

    fn method(&mut self, call: &Call) -> Result<&mut Value, Refusal> {
        self.resource(call.id(1))?.methods.get_mut(call.id(2)).ok_or_else(|| missing("Method identifier"))
    }
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let embed = call.request.query.iter().any(|(name, value)| name == "embed" && value == "methods");
    let api = region(world).api(call.id(0))?;
    call.listed(api.resources.iter().map(|(id, resource)| (id.clone(), shown(id, resource, embed))))
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&CREATE)?;
    let part = shape::string(&body, "pathPart");
    if !shape::matches(PART, part) {
        return Err(invalid(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.",
        ));
    }
    let id = world.id(ALPHABET, 6);
    let api = region(world).api(call.id(0))?;
    let parent = api.resource(call.id(1))?.path.clone();
    if parent.ends_with("+}") {
        return Err(invalid("Cannot create a child of a resource with a greedy path variable"));
    }
    if api.resources.values().any(|r| r.parent.as_deref() == Some(call.id(1)) && r.part == part) {
        return Err(conflict("Another resource with the same parent already has this name: ".to_owned() + part));
    }
    let path = format!("{}/{part}", parent.trim_end_matches('/'));
    let resource = Resource { parent: Some(call.id(1).into()), part: part.into(), path, methods: [].into() };
    let answer = shown(&id, &resource, true);
    api.resources.insert(id, resource);
    world.dirty = true;
    Ok(answer)
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let api = region(world).api(call.id(0))?;
    let resource = api.resource(call.id(1))?;
    if resource.parent.is_none() {
        return Err(invalid("Root resource cannot be deleted"));
    }
    let path = resource.path.clone();
    let below = format!("{path}/");
    api.resources.retain(|_, r| r.path != path && !r.path.starts_with(&below));
    world.dirty = true;
    Ok(Value::Null)
}

pub(super) fn put(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&PUT)?;
    if !VERBS.contains(&call.id(2)) {
        return Err(invalid("Invalid HttpMethod specified"));
    }
    let resource = region(world).api(call.id(0))?.resource(call.id(1))?;
    if resource.methods.contains_key(call.id(2)) {
        return Err(conflict("Method already exists for this resource"));
    }
    let names = [
        "authorizationType",
        "authorizerId",
        "operationName",
        "requestParameters",
        "requestModels",
        "requestValidatorId",
        "authorizationScopes",
    ];
    let mut method = object(shape::pick(&body, &names));
    shape::put(&mut method, "httpMethod", Some(call.id(2)));
    shape::put(&mut method, "apiKeyRequired", Some(body.get("apiKeyRequired").cloned().unwrap_or(json!(false))));
    resource.methods.insert(call.id(2).into(), method.clone());
    world.dirty = true;
    Ok(method)
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    Ok(region(world).api(call.id(0))?.method(call)?.clone())
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let patches = call.patches()?;
    let method = region(world).api(call.id(0))?.method(call)?;
    let mut changed = method.clone();
    for patch in patches {
        match (patch.path.as_str(), patch.op) {
            ("/apiKeyRequired", Op::Replace) => shape::put(&mut changed, "apiKeyRequired", Some(patch.flag()?)),
            ("/authorizationType", Op::Replace) => shape::put(&mut changed, "authorizationType", Some(patch.value)),
            _ => return Err(patch.refused()),
        }
    }
    *method = changed.clone();
    world.dirty = true;
    Ok(changed)
}

pub(super) fn remove(world: &mut World, call: &Call) -> Answer {
    let api = region(world).api(call.id(0))?;
    api.method(call)?;
    api.resource(call.id(1))?.methods.remove(call.id(2));
    world.dirty = true;
    Ok(Value::Null)
}

pub(super) fn connect(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&CONNECT)?;
    let (sort, uri) = (shape::string(&body, "type"), shape::string(&body, "uri"));
    if sort != "MOCK" && shape::string(&body, "httpMethod").is_empty() {
        return Err(invalid("Enumeration value for HttpMethod must be non-empty"));
    }
    if sort == "AWS_PROXY" && uri.contains(":lambda:") && !shape::matches(LAMBDA, uri) {
        return Err(invalid("Invalid function ARN or invalid uri"));
    }
    if sort == "AWS_PROXY" && !uri.starts_with("arn:aws:apigateway:") {
        return Err(invalid("Invalid ARN specified in the request"));
    }
    let names = ["type", "httpMethod", "uri", "connectionType", "credentials", "requestParameters", "requestTemplates"];
    let mut integration = object(shape::pick(&body, &names));
    let given = |name: &str, default: Value| body.get(name).cloned().unwrap_or(default);
    shape::put(&mut integration, "passthroughBehavior", Some(given("passthroughBehavior", json!("WHEN_NO_MATCH"))));
    shape::put(&mut integration, "timeoutInMillis", Some(given("timeoutInMillis", json!(29_000))));
    if integration.get("timeoutInMillis").and_then(Value::as_i64).is_some_and(|millis| millis > 29_000) {
        return Err(invalid("Timeout should be between 50 ms and 29000 ms"));
    }
    shape::put(&mut integration, "cacheNamespace", Some(call.id(1)));
    shape::put(&mut integration, "cacheKeyParameters", Some(json!([])));
    let method = region(world).api(call.id(0))?.method(call)?;
    shape::put(method, "methodIntegration", Some(integration.clone()));
    world.dirty = true;
    Ok(integration)
}
