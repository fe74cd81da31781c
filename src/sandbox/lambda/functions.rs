//! Functions: made at once but callable later, changed one thing at a time.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::pages;
use super::super::protocol::{Refusal, Request};
use super::super::shape;
use super::super::tags::{self, Tags};
use super::super::{Settling, World, dates, iam};
use super::code::{self, Code};
use super::{Answer, INVALID, arn, conflict, function, invalid, missing, name, region, shapes};

const SERVICE: &str = "lambda.amazonaws.com";
/// As much as all names and values of variables may come to.
const MOST_ENVIRONMENT: usize = 4096;
/// A page of a listing, however much is asked for.
const PAGE: usize = 50;

/// What a configuration keeps of requests.
const MEMBERS: &[&str] = &[
    "Role",
    "Runtime",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "Environment",
    "Layers",
    "TracingConfig",
    "LoggingConfig",
    "Architectures",
];

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Function {
    given: Value,
    code: Code,
    /// `Pending`, then `Active`.
    state: Settling,
    /// `InProgress`, then `Successful`.
    update: Settling,
    modified: f64,
    pub(super) revision: String,
    pub(super) tags: Tags,
    /// The statements of its resource policy.
    pub(super) statements: Vec<Value>,
}

impl Function {
    /// Moves the statuses on; whether that changed anything.
    pub(super) fn moves(&mut self, now: f64) -> bool {
        let before = (self.state.now.clone(), self.state.seen, self.update.now.clone(), self.update.seen);
        let (state, update) = (self.state.read(now), self.update.read(now));
        before != (state, self.state.seen, update, self.update.seen)
    }

    /// As listings show it: without its statuses.
    fn summary(&self, name: &str, arn: &str) -> Value {
        let layers = self.given.get("Layers").and_then(Value::as_array).into_iter().flatten();
        let layers: Vec<Value> = layers.map(|layer| json!({ "Arn": layer, "CodeSize": 1024 })).collect();
        let mut shown = Value::Object(shape::pick(&self.given, MEMBERS));
        let empty = self.given.pointer("/Environment/Variables").and_then(Value::as_object).is_none_or(serde_json::Map::is_empty);
        if let Some(members) = shown.as_object_mut() {
            members.remove("Layers");
            if empty {
                members.remove("Environment");
            }
        }
        let more = json!({
            "FunctionName": name,
            "FunctionArn": arn,
            "CodeSize": self.code.size,
            "CodeSha256": self.code.sha256,
            "LastModified": format!("{}.000+0000", dates::iso(self.modified).trim_end_matches('Z')),
            "Version": "$LATEST",
            "RevisionId": self.revision,
            "PackageType": "Zip",
            "EphemeralStorage": { "Size": 512 },
            "SnapStart": { "ApplyOn": "None", "OptimizationStatus": "Off" },
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            shape::put(&mut shown, key, Some(value.clone()));
        }
        shape::put(&mut shown, "Layers", Some(layers).filter(|layers| !layers.is_empty()));
        shown
    }

    fn shown(&self, name: &str, arn: &str) -> Value {
        let mut shown = self.summary(name, arn);
        shape::put(&mut shown, "State", Some(self.state.now.as_str()));
        if self.state.now == "Pending" {
            shape::put(&mut shown, "StateReason", Some("The function is being created."));
            shape::put(&mut shown, "StateReasonCode", Some("Creating"));
        } else {
            shape::put(&mut shown, "LastUpdateStatus", Some(self.update.now.as_str()));
        }
        shown
    }

    /// Whether it can be changed now; asking moves no status on.
    fn changeable(&self, now: f64, arn: &str) -> Result<(), Refusal> {
        match (self.state.peek(now), self.update.peek(now)) {
            ("Pending", _) => {
                Err(conflict("The operation cannot be performed at this time. The function is currently in the following state: Pending"))
            }
            (_, "InProgress") => {
                Err(conflict(format!("The operation cannot be performed at this time. An update is in progress for resource: {arn}")))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn revised(&self, wanted: Option<&str>) -> Result<(), Refusal> {
        let message = "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest RevisionId";
        match wanted {
            Some(wanted) if wanted != self.revision => Err(Refusal::new(412, "PreconditionFailedException", message)),
            _ => Ok(()),
        }
    }
}

/// Names that Lambda sets by itself.
const RESERVED: &[&str] = &[
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
];

fn check(world: &World, given: &Value) -> Result<(), Refusal> {
    if let Some(role) = shape::maybe(given, "Role")
        && !iam::assumable(world, &role, SERVICE)
    {
        return Err(invalid("The role defined for the function cannot be assumed by Lambda."));
    }
    let Some(variables) = given.pointer("/Environment/Variables").and_then(Value::as_object) else { return Ok(()) };
    let reserved: Vec<&str> = variables.keys().map(String::as_str).filter(|key| RESERVED.contains(key)).collect();
    let refused = "Lambda was unable to configure your environment variables because the environment variables you have provided";
    if !reserved.is_empty() {
        return Err(invalid(format!(
            "{refused} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: {}",
            reserved.join(", ")
        )));
    }
    let measured = Value::Object(variables.clone()).to_string();
    if measured.len() > MOST_ENVIRONMENT {
        return Err(invalid(format!("{refused} exceeded the 4KB limit. String measured: {measured}")));
    }
    Ok(())
}

pub(super) fn create(world: &mut World, request: &Request, _: &[String]) -> Answer {
    let body = shape::body(request, &shapes::CREATE, INVALID)?;
    let name = name(world, shape::string(&body, "FunctionName"))?;
    if name.len() > 64 {
        return Err(invalid("The function name must be at most 64 characters long"));
    }
    if region(world).contains_key(&name) {
        return Err(conflict(format!("Function already exist: {name}")));
    }
    if body.get("Runtime").is_none() || body.get("Handler").is_none() {
        return Err(invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages."));
    }
    let tags = tags::read(body.get("Tags"), "InvalidParameterValueException")?;
    check(world, &body)?;
    let code = code::of(world, body.get("Code").unwrap_or(&Value::Null))?;
    let mut given = json!({
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "TracingConfig": { "Mode": "PassThrough" },
        "LoggingConfig": { "LogFormat": "Text", "LogGroup": format!("/aws/lambda/{name}") },
        "Architectures": ["x86_64"],
    });
    for (key, value) in shape::pick(&body, MEMBERS) {
        shape::put(&mut given, &key, Some(value));
    }
    let function = Function {
        given,
        code,
        state: Settling::new(world, "Pending", "Active"),
        update: Settling::settled("Successful"),
        modified: world.now,
        revision: world.uuid(),
        tags,
        statements: Vec::new(),
    };
    let shown = function.shown(&name, &arn(world, &name));
    region(world).insert(name, function);
    world.dirty = true;
    Ok(shown)
}

pub(super) fn list(world: &mut World, request: &Request, _: &[String]) -> Answer {
    let size = match request.query("MaxItems").map(str::parse::<usize>) {
        None => PAGE,
        Some(Ok(size)) if (1..=10_000).contains(&size) => size.min(PAGE),
        Some(_) => {
            let message =
                "1 validation error detected: Value at 'maxItems' failed to satisfy constraint: Member must be between 1 and 10000";
            return Err(Refusal::new(400, INVALID, message));
        }
    };
    let prefix = arn(world, "");
    let items = region(world).iter().map(|(name, function)| (name, function.summary(name, &format!("{prefix}{name}"))));
    let page = pages::page(items, Some(size), request.query("Marker"));
    let (page, next) = page.ok_or_else(|| invalid("Invalid pagination token"))?;
    let mut reply = json!({ "Functions": page });
    shape::put(&mut reply, "NextMarker", next);
    Ok(reply)
}

/// The function's configuration, and its tags.
fn read(world: &mut World, named: &[String]) -> Result<(Value, Tags), Refusal> {
    let name = name(world, &named.concat())?;
    let own = arn(world, &name);
    let function = function(world, &name)?;
    Ok((function.shown(&name, &own), function.tags.clone()))
}

pub(super) fn get(world: &mut World, _: &Request, named: &[String]) -> Answer {
    let (configuration, tags) = read(world, named)?;
    let location = format!("https://awslambda-sandbox.s3.amazonaws.com/{}", shape::string(&configuration, "RevisionId"));
    let mut reply = json!({ "Configuration": configuration, "Code": { "RepositoryType": "S3", "Location": location } });
    shape::put(&mut reply, "Tags", Some(json!(tags)).filter(|_| !tags.is_empty()));
    Ok(reply)
}

pub(super) fn configuration(world: &mut World, _: &Request, named: &[String]) -> Answer {
    Ok(read(world, named)?.0)
}

/// Begins a change of a function that can be changed now, and shows it as that leaves it.
fn change(world: &mut World, named: &str, revision: Option<&str>, change: impl FnOnce(&mut Function)) -> Answer {
    let name = name(world, named)?;
    let (now, own, fresh) = (world.now, arn(world, &name), world.uuid());
    let update = Settling::new(world, "InProgress", "Successful");
    let function = region(world).get_mut(&name).ok_or_else(|| missing(&own))?;
    function.changeable(now, &own)?;
    function.revised(revision)?;
    change(function);
    function.state.read(now);
    (function.update, function.modified, function.revision) = (update, now, fresh);
    let shown = function.shown(&name, &own);
    world.dirty = true;
    Ok(shown)
}

/// What is left out stays; variables are replaced as a whole.
pub(super) fn update(world: &mut World, request: &Request, named: &[String]) -> Answer {
    let body = shape::body(request, &shapes::UPDATE, INVALID)?;
    exists(world, named)?;
    check(world, &body)?;
    change(world, &named.concat(), shape::maybe(&body, "RevisionId").as_deref(), |function| {
        for (key, value) in shape::pick(&body, MEMBERS) {
            shape::put(&mut function.given, &key, Some(value));
        }
    })
}

pub(super) fn update_code(world: &mut World, request: &Request, named: &[String]) -> Answer {
    let body = shape::body(request, &shapes::UPDATE_CODE, INVALID)?;
    exists(world, named)?;
    let code = code::of(world, &body)?;
    if body.get("DryRun") == Some(&Value::Bool(true)) {
        return Ok(read(world, named)?.0);
    }
    change(world, &named.concat(), shape::maybe(&body, "RevisionId").as_deref(), |function| function.code = code)
}

fn exists(world: &mut World, named: &[String]) -> Result<(), Refusal> {
    let name = name(world, &named.concat())?;
    if region(world).contains_key(&name) { Ok(()) } else { Err(missing(&arn(world, &name))) }
}

pub(super) fn delete(world: &mut World, _: &Request, named: &[String]) -> Answer {
    exists(world, named)?;
    let name = name(world, &named.concat())?;
    region(world).remove(&name);
    world.dirty = true;
    Ok(json!({}))
}
