//! Amazon API Gateway's REST APIs (restJson1): methods, deployments, stages, usage plans and keys.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::protocol::{Refusal, Reply, Request};
use super::rest::{self, Act, Answer, Call, on};
use super::shape::{self, Shape};
use super::{Service, World};
use super::{pages, tags::Tags};

mod account;
mod apis;
mod deployments;
mod import;
mod keys;
mod marks;
mod methods;
mod patches;
mod plans;
mod stages;

const INVALID: &str = "BadRequestException";
/// Pages as AWS has them.
const DEFAULT_SIZE: usize = 25;
const MOST: usize = 500;

pub(super) struct ApiGateway;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    regions: BTreeMap<String, Region>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Region {
    apis: BTreeMap<String, Api>,
    plans: BTreeMap<String, Plan>,
    keys: BTreeMap<String, Key>,
    /// By which access logs are written.
    log_role: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Api {
    created: f64,
    settings: Map<String, Value>,
    tags: Tags,
    /// By id; the root has no parent.
    resources: BTreeMap<String, Resource>,
    deployments: BTreeMap<String, Deployment>,
    stages: BTreeMap<String, Stage>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Resource {
    parent: Option<String>,
    part: String,
    path: String,
    /// By verb.
    methods: BTreeMap<String, Value>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Deployment {
    created: f64,
    description: Option<String>,
    /// What the methods were.
    summary: Value,
}

#[derive(Debug, Serialize, Deserialize)]
struct Stage {
    created: f64,
    modified: f64,
    settings: Map<String, Value>,
    tags: Tags,
}

#[derive(Debug, Serialize, Deserialize)]
struct Plan {
    settings: Map<String, Value>,
    /// `API:STAGE`.
    stages: BTreeSet<String>,
    keys: BTreeSet<String>,
    tags: Tags,
}

#[derive(Debug, Serialize, Deserialize)]
struct Key {
    created: f64,
    modified: f64,
    settings: Map<String, Value>,
    value: String,
    tags: Tags,
}

impl Call<'_> {
    /// The patch operations of the body.
    fn patches(&self) -> Result<Vec<patches::Patch>, Refusal> {
        patches::read(&self.body(&patches::SHAPE)?)
    }

    /// Whether a flag of the query is set.
    fn asks(&self, name: &str) -> bool {
        self.request.query(name) == Some("true")
    }

    fn listed<K: AsRef<str>>(&self, items: impl IntoIterator<Item = (K, Value)>) -> Answer {
        let size = match self.request.query("limit").map(str::parse::<usize>) {
            None => DEFAULT_SIZE,
            Some(Ok(size)) if (1..=MOST).contains(&size) => size,
            Some(_) => return Err(invalid(format!("Invalid limit: must be between 1 and {MOST}"))),
        };
        let page = pages::page(items, Some(size), self.request.query("position"));
        let (page, next) = page.ok_or_else(|| invalid("Invalid position parameter specified"))?;
        let mut reply = json!({ "item": page });
        shape::put(&mut reply, "position", next);
        Ok(reply)
    }
}

const APIS: &[&str] = &["restapis"];
const API: &[&str] = &["restapis", "*"];
const RESOURCES: &[&str] = &["restapis", "*", "resources"];
const RESOURCE: &[&str] = &["restapis", "*", "resources", "*"];
const METHOD: &[&str] = &["restapis", "*", "resources", "*", "methods", "*"];
const INTEGRATION: &[&str] = &["restapis", "*", "resources", "*", "methods", "*", "integration"];
const DEPLOYMENTS: &[&str] = &["restapis", "*", "deployments"];
const DEPLOYMENT: &[&str] = &["restapis", "*", "deployments", "*"];
const STAGES: &[&str] = &["restapis", "*", "stages"];
const STAGE: &[&str] = &["restapis", "*", "stages", "*"];
const PLANS: &[&str] = &["usageplans"];
const PLAN: &[&str] = &["usageplans", "*"];
const MEMBERS: &[&str] = &["usageplans", "*", "keys"];
const MEMBER: &[&str] = &["usageplans", "*", "keys", "*"];
const KEYS: &[&str] = &["apikeys"];
const KEY: &[&str] = &["apikeys", "*"];
const TAGS: &[&str] = &["tags", "*"];

static OPERATIONS: &[rest::Operation<Act>] = &[
    on("GetAccount", "GET", &["account"], 200, account::get),
    on("UpdateAccount", "PATCH", &["account"], 200, account::update),
    on("CreateRestApi", "POST", APIS, 201, apis::create),
    on("GetRestApis", "GET", APIS, 200, apis::list),
    on("GetRestApi", "GET", API, 200, apis::get),
    on("UpdateRestApi", "PATCH", API, 200, apis::update),
    on("DeleteRestApi", "DELETE", API, 202, apis::delete),
    on("GetResources", "GET", RESOURCES, 200, methods::list),
    on("CreateResource", "POST", RESOURCE, 201, methods::create),
    on("DeleteResource", "DELETE", RESOURCE, 202, methods::delete),
    on("PutMethod", "PUT", METHOD, 201, methods::put),
    on("GetMethod", "GET", METHOD, 200, methods::get),
    on("UpdateMethod", "PATCH", METHOD, 200, methods::update),
    on("DeleteMethod", "DELETE", METHOD, 204, methods::remove),
    on("PutIntegration", "PUT", INTEGRATION, 201, methods::connect),
    on("CreateDeployment", "POST", DEPLOYMENTS, 201, deployments::create),
    on("GetDeployments", "GET", DEPLOYMENTS, 200, deployments::list),
    on("GetDeployment", "GET", DEPLOYMENT, 200, deployments::get),
    on("DeleteDeployment", "DELETE", DEPLOYMENT, 202, deployments::delete),
    on("CreateStage", "POST", STAGES, 201, stages::create),
    on("GetStages", "GET", STAGES, 200, stages::list),
    on("GetStage", "GET", STAGE, 200, stages::get),
    on("UpdateStage", "PATCH", STAGE, 200, stages::update),
    on("DeleteStage", "DELETE", STAGE, 202, stages::delete),
    on("CreateUsagePlan", "POST", PLANS, 201, plans::create),
    on("GetUsagePlans", "GET", PLANS, 200, plans::list),
    on("GetUsagePlan", "GET", PLAN, 200, plans::get),
    on("UpdateUsagePlan", "PATCH", PLAN, 200, plans::update),
    on("DeleteUsagePlan", "DELETE", PLAN, 202, plans::delete),
    on("CreateUsagePlanKey", "POST", MEMBERS, 201, plans::join),
    on("GetUsagePlanKeys", "GET", MEMBERS, 200, plans::members),
    on("GetUsagePlanKey", "GET", MEMBER, 200, plans::member),
    on("DeleteUsagePlanKey", "DELETE", MEMBER, 202, plans::leave),
    on("CreateApiKey", "POST", KEYS, 201, keys::create),
    on("GetApiKeys", "GET", KEYS, 200, keys::list),
    on("GetApiKey", "GET", KEY, 200, keys::get),
    on("UpdateApiKey", "PATCH", KEY, 200, keys::update),
    on("DeleteApiKey", "DELETE", KEY, 202, keys::delete),
    on("TagResource", "PUT", TAGS, 204, marks::tag),
    on("UntagResource", "DELETE", TAGS, 204, marks::untag),
    on("GetTags", "GET", TAGS, 200, marks::list),
];

static IMPORT: rest::Operation<Act> = on("ImportApiKeys", "POST", KEYS, 201, import::keys);

/// Imports are other operations on the same paths.
fn route(request: &Request) -> Option<(&'static rest::Operation<Act>, Vec<String>)> {
    let segments = rest::with_arn(request.segments(), &["tags"]);
    match request.query("mode") {
        Some(mode) => (mode == "import" && request.method == IMPORT.method && segments == IMPORT.path).then_some((&IMPORT, Vec::new())),
        None => rest::find(OPERATIONS, &request.method, segments),
    }
}

impl Service for ApiGateway {
    fn claims(&self, request: &Request) -> bool {
        request.signing_name() == "apigateway"
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let (operation, ids) = route(request)?;
        let call = Call { request, ids, invalid: INVALID };
        Some(match (operation.answer)(world, &call) {
            Ok(_) if matches!(operation.status, 202 | 204) => Reply::empty(operation.status),
            Ok(body) => Reply::json(operation.status, &body),
            Err(refusal) => Reply::refuse_json(refusal.status, refusal.code, &refusal.message),
        })
    }

    /// IAM knows API Gateway's HTTP methods only; this names the operation all the same.
    fn action(&self, request: &Request) -> Option<String> {
        route(request).map(|(operation, _)| format!("apigateway:{}", operation.name))
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, INVALID, message)
}

fn conflict(message: impl Into<String>) -> Refusal {
    Refusal::new(409, "ConflictException", message)
}

fn missing(what: &str) -> Refusal {
    Refusal::new(404, "NotFoundException", format!("Invalid {what} specified"))
}

fn region(world: &mut World) -> &mut Region {
    world.state.apigateway.regions.entry(world.region.clone()).or_default()
}

impl Region {
    fn api(&mut self, id: &str) -> Result<&mut Api, Refusal> {
        self.apis.get_mut(id).ok_or_else(|| missing("API identifier"))
    }

    fn plan(&mut self, id: &str) -> Result<&mut Plan, Refusal> {
        self.plans.get_mut(id).ok_or_else(|| missing("Usage Plan ID"))
    }

    fn key(&mut self, id: &str) -> Result<&mut Key, Refusal> {
        self.keys.get_mut(id).ok_or_else(|| missing("API Key identifier"))
    }
}

const ALPHABET: &str = "abcdefghijklmnopqrstuvwxyz0123456789";

/// Text of any length.
const TEXT: Shape = Shape::Of(&shape::STRING);

fn object(members: Map<String, Value>) -> Value {
    Value::Object(members)
}
