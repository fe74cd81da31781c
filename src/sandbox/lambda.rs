//! AWS Lambda (restJson1): functions, their code by its digest, and who may call them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::functions::Function;
use super::protocol::{Refusal, Reply, Request};
use super::rest::{self, on};
use super::shape::{self, Shape, must};
use super::tags;
use super::{Service, World};

mod code;
mod functions;
mod policy;
mod shapes;

const INVALID: &str = "ValidationException";

pub(super) struct Lambda;

/// By region and by name.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    regions: BTreeMap<String, BTreeMap<String, Function>>,
}

type Answer = Result<Value, Refusal>;

/// What answers an operation.
type Act = fn(&mut World, &Request, &[String]) -> Answer;

const FUNCTIONS: &[&str] = &["2015-03-31", "functions"];
const FUNCTION: &[&str] = &["2015-03-31", "functions", "*"];
const CONFIGURATION: &[&str] = &["2015-03-31", "functions", "*", "configuration"];
const CODE: &[&str] = &["2015-03-31", "functions", "*", "code"];
const POLICY: &[&str] = &["2015-03-31", "functions", "*", "policy"];
const STATEMENT: &[&str] = &["2015-03-31", "functions", "*", "policy", "*"];
const TAGS: &[&str] = &["2017-03-31", "tags", "*"];

static OPERATIONS: &[rest::Operation<Act>] = &[
    on("CreateFunction", "POST", FUNCTIONS, 201, functions::create),
    on("ListFunctions", "GET", FUNCTIONS, 200, functions::list),
    on("GetFunction", "GET", FUNCTION, 200, functions::get),
    on("GetFunctionConfiguration", "GET", CONFIGURATION, 200, functions::configuration),
    on("UpdateFunctionConfiguration", "PUT", CONFIGURATION, 200, functions::update),
    on("UpdateFunctionCode", "PUT", CODE, 200, functions::update_code),
    on("DeleteFunction", "DELETE", FUNCTION, 200, functions::delete),
    on("AddPermission", "POST", POLICY, 201, policy::add),
    on("GetPolicy", "GET", POLICY, 200, policy::get),
    on("RemovePermission", "DELETE", STATEMENT, 204, policy::remove),
    on("TagResource", "POST", TAGS, 204, tag),
    on("UntagResource", "DELETE", TAGS, 204, untag),
    on("ListTags", "GET", TAGS, 200, list_tags),
];

fn route(request: &Request) -> Option<(&'static rest::Operation<Act>, Vec<String>)> {
    rest::find(OPERATIONS, &request.method, request.segments())
}

impl Service for Lambda {
    fn claims(&self, request: &Request) -> bool {
        request.signing_name() == "lambda"
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let (operation, named) = route(request)?;
        Some(match (operation.answer)(world, request, &named) {
            Ok(_) if operation.status == 204 => Reply::empty(204),
            Ok(body) => Reply::json(operation.status, &body),
            Err(refusal) => refused(&refusal),
        })
    }

    fn action(&self, request: &Request) -> Option<String> {
        route(request).map(|(operation, _)| format!("lambda:{}", operation.name))
    }
}

/// Lambda says who is to blame beside the message.
fn refused(refusal: &Refusal) -> Reply {
    let body = json!({ "Type": "User", "Message": refusal.message, "message": refusal.message });
    Reply::json(refusal.status, &body).header("x-amzn-errortype", refusal.code)
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidParameterValueException", message)
}

fn conflict(message: impl Into<String>) -> Refusal {
    Refusal::new(409, "ResourceConflictException", message)
}

fn arn(world: &World, name: &str) -> String {
    format!("arn:aws:lambda:{}:{}:function:{name}", world.region, world.account)
}

fn missing(arn: &str) -> Refusal {
    Refusal::new(404, "ResourceNotFoundException", format!("Function not found: {arn}"))
}

fn region(world: &mut World) -> &mut BTreeMap<String, Function> {
    world.state.lambda.regions.entry(world.region.clone()).or_default()
}

/// A function's name, given as such or as one of its ARNs.
fn name(world: &World, given: &str) -> Result<String, Refusal> {
    const NAME: &str = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?";
    if given.len() > 140 || !shape::matches(NAME, given) {
        let message = format!(
            "1 validation error detected: Value '{given}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: {NAME}"
        );
        return Err(Refusal::new(400, INVALID, message));
    }
    let plain = given.strip_prefix(&arn(world, "")).or_else(|| given.strip_prefix(&format!("{}:function:", world.account)));
    let plain = plain.unwrap_or(given);
    let plain = plain.strip_suffix(":$LATEST").unwrap_or(plain);
    if plain.contains(':') { Err(missing(given)) } else { Ok(plain.to_owned()) }
}

/// The function of that name or ARN, its statuses moved on.
fn function<'a>(world: &'a mut World, given: &str) -> Result<&'a mut Function, Refusal> {
    let name = name(world, given)?;
    let (now, own) = (world.now, arn(world, &name));
    let function = world.state.lambda.regions.get_mut(&world.region).and_then(|all| all.get_mut(&name)).ok_or_else(|| missing(&own))?;
    world.dirty |= function.moves(now);
    Ok(function)
}

fn tag(world: &mut World, request: &Request, named: &[String]) -> Answer {
    static TAG: Shape = Shape::Struct(&[must("Tags", tags::SHAPE)]);
    let body = shape::body(request, &TAG, INVALID)?;
    tags::add(&mut function(world, named.concat().as_str())?.tags, body.get("Tags"), "InvalidParameterValueException")?;
    world.dirty = true;
    Ok(Value::Null)
}

fn untag(world: &mut World, request: &Request, named: &[String]) -> Answer {
    let gone = |key: &String| request.query.iter().any(|(name, value)| name == "tagKeys" && value == key);
    function(world, named.concat().as_str())?.tags.retain(|key, _| !gone(key));
    world.dirty = true;
    Ok(Value::Null)
}

fn list_tags(world: &mut World, _: &Request, named: &[String]) -> Answer {
    Ok(json!({ "Tags": function(world, named.concat().as_str())?.tags }))
}

#[cfg(test)]
mod tests;
