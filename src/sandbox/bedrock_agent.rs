//! Agents for Amazon Bedrock (restJson1, signed as `bedrock`): knowledge bases, their data sources and ingestion jobs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::protocol::{Refusal, Reply, Request, decode};
use super::rest::{self, Act, Answer, Call, on};
use super::shape::{self, Shape};
use super::tags::{self, Tags};
use super::{Service, Settling, World};

mod bases;
mod jobs;
mod shapes;
mod sources;
mod storage;

const INVALID: &str = "ValidationException";
/// The status that nobody sees: what has it is taken away.
const GONE: &str = "GONE";
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

pub(super) struct BedrockAgent;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    regions: BTreeMap<String, Region>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Region {
    bases: BTreeMap<String, Base>,
    /// By client token: the id of what it created.
    tokens: BTreeMap<String, String>,
    /// By client token: the first answer, which stays the answer even once what it made is deleted.
    #[serde(default)]
    answers: BTreeMap<String, Value>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Base {
    /// The members of the create or of the last update, as they were given.
    given: Value,
    created: f64,
    updated: f64,
    status: Settling,
    tags: Tags,
    sources: BTreeMap<String, Source>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Source {
    given: Value,
    created: f64,
    updated: f64,
    status: Settling,
    failures: Vec<String>,
    jobs: BTreeMap<String, Job>,
    /// What jobs have read by now: the ETags of each document and of its sidecar.
    #[serde(default)]
    read: BTreeMap<String, [String; 2]>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Job {
    number: usize,
    description: Option<String>,
    status: Settling,
    started: f64,
    /// What is told once the job is over.
    #[serde(default)]
    counted: jobs::Counted,
    #[serde(default)]
    failures: Vec<String>,
}

const BASES: &[&str] = &["knowledgebases"];
const BASE: &[&str] = &["knowledgebases", "*"];
const SOURCES: &[&str] = &["knowledgebases", "*", "datasources"];
const SOURCE: &[&str] = &["knowledgebases", "*", "datasources", "*"];
const JOBS: &[&str] = &["knowledgebases", "*", "datasources", "*", "ingestionjobs"];
const JOB: &[&str] = &["knowledgebases", "*", "datasources", "*", "ingestionjobs", "*"];
const TAGS: &[&str] = &["tags", "*"];

static OPERATIONS: &[rest::Operation<Act>] = &[
    on("CreateKnowledgeBase", "PUT", BASES, 202, bases::create),
    on("ListKnowledgeBases", "POST", BASES, 200, bases::list),
    on("GetKnowledgeBase", "GET", BASE, 200, bases::get),
    on("UpdateKnowledgeBase", "PUT", BASE, 202, bases::update),
    on("DeleteKnowledgeBase", "DELETE", BASE, 202, bases::delete),
    on("CreateDataSource", "PUT", SOURCES, 200, sources::create),
    on("ListDataSources", "POST", SOURCES, 200, sources::list),
    on("GetDataSource", "GET", SOURCE, 200, sources::get),
    on("UpdateDataSource", "PUT", SOURCE, 200, sources::update),
    on("DeleteDataSource", "DELETE", SOURCE, 202, sources::delete),
    on("StartIngestionJob", "PUT", JOBS, 202, jobs::start),
    on("ListIngestionJobs", "POST", JOBS, 200, jobs::list),
    on("GetIngestionJob", "GET", JOB, 200, jobs::get),
    on("TagResource", "POST", TAGS, 200, tag),
    on("UntagResource", "DELETE", TAGS, 200, untag),
    on("ListTagsForResource", "GET", TAGS, 200, list_tags),
];

fn route(request: &Request) -> Option<(&'static rest::Operation<Act>, Vec<String>)> {
    rest::find(OPERATIONS, &request.method, rest::with_arn(request.segments(), &["tags"]))
}

impl Service for BedrockAgent {
    fn claims(&self, request: &Request) -> bool {
        let path = decode(&request.path);
        request.signing_name() == "bedrock"
            && (path.starts_with("/knowledgebases") || (path.starts_with("/tags/") && path.contains(":knowledge-base/")))
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let (operation, ids) = route(request)?;
        let call = Call { request, ids, invalid: INVALID };
        Some(match (operation.answer)(world, &call) {
            Ok(body) => Reply::json(operation.status, &body),
            Err(refusal) => Reply::refuse_json(refusal.status, refusal.code, &refusal.message),
        })
    }

    fn action(&self, request: &Request) -> Option<String> {
        route(request).map(|(operation, _)| format!("bedrock:{}", operation.name))
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, INVALID, message)
}

fn conflict(message: impl Into<String>) -> Refusal {
    Refusal::new(409, "ConflictException", message)
}

fn quota(message: impl Into<String>) -> Refusal {
    Refusal::new(402, "ServiceQuotaExceededException", message)
}

fn region(world: &mut World) -> &mut Region {
    world.state.bedrock_agent.regions.entry(world.region.clone()).or_default()
}

/// The knowledge base of that id, its status moved on; one whose deletion is over goes now.
fn base<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Base, Refusal> {
    let now = world.now;
    world.dirty = true;
    let region = region(world);
    if region.bases.get_mut(id).is_some_and(|base| base.status.read(now) == GONE) {
        region.bases.remove(id);
    }
    let missing = || Refusal::new(404, "ResourceNotFoundException", format!("KnowledgeBase with id {id} does not exist"));
    region.bases.get_mut(id).ok_or_else(missing)
}

fn tagged<'a>(world: &'a mut World, arn: &str) -> Result<&'a mut Tags, Refusal> {
    let prefix = bases::arn(world, "");
    let id =
        arn.strip_prefix(&prefix).ok_or_else(|| invalid(format!("The ARN {arn} names no knowledge base of this account and region")))?;
    let missing = || Refusal::new(404, "ResourceNotFoundException", format!("Resource {arn} does not exist"));
    region(world).bases.get_mut(id).map(|base| &mut base.tags).ok_or_else(missing)
}

fn tag(world: &mut World, call: &Call) -> Answer {
    static SHAPE: Shape = Shape::Struct(&[shape::must("tags", tags::SHAPE)]);
    let body = call.body(&SHAPE)?;
    tags::add(tagged(world, call.id(0))?, body.get("tags"), INVALID)?;
    world.dirty = true;
    Ok(json!({}))
}

fn untag(world: &mut World, call: &Call) -> Answer {
    let keys = &call.request.query;
    tagged(world, call.id(0))?.retain(|key, _| !keys.iter().any(|(name, value)| name == "tagKeys" && value == key));
    world.dirty = true;
    Ok(json!({}))
}

fn list_tags(world: &mut World, call: &Call) -> Answer {
    Ok(json!({ "tags": tagged(world, call.id(0))? }))
}
