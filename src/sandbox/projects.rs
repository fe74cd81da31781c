//! Amazon Bedrock projects: the OpenAI-compatible endpoint, which has no API model of AWS's own.
//!
//! Names are not unique and no create takes a token: what a lost reply leaves behind is a second project, for ever.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::protocol::{Refusal, Reply, Request};
use super::shape::{self, Shape, list as list_of, may, must, text};
use super::tags::{self, Tags};
use super::{Service, World};

const INVALID: &str = "validation_error";
const DEFAULT_PAGE: usize = 20;
const LIMIT: usize = 1_000;

pub(super) struct Projects;

/// By region and by id.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    projects: BTreeMap<String, BTreeMap<String, Project>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Project {
    name: String,
    created: f64,
    archived: Option<f64>,
    tags: Tags,
    retention: String,
    /// The place in the order of creation.
    number: usize,
}

static TAG_KEY: Shape = text(1, 128, "");
static TAG_VALUE: Shape = text(0, 256, "");
static MODES: Shape = Shape::Struct(&[must("mode", Shape::OneOf(&["inherit", "default", "provider_data_share", "none"]))]);
const TAGS: Shape = Shape::Map { most: 50, key: &TAG_KEY, value: &TAG_VALUE };

static CREATE: Shape = Shape::Struct(&[must("name", text(1, 128, "")), may("tags", TAGS), may("data_retention", Shape::Of(&MODES))]);

static UPDATE: Shape = Shape::Struct(&[
    may("name", text(1, 128, "")),
    may("add_tags", TAGS),
    may("remove_tag_keys", list_of(0, 50, &TAG_KEY)),
    may("data_retention", Shape::Of(&MODES)),
]);

enum Operation {
    Create,
    List,
    Get(String),
    Update(String),
    Archive(String),
}

impl Operation {
    fn of(request: &Request) -> Option<Self> {
        let segments = request.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let path = path.strip_prefix(&["v1", "organization", "projects"])?;
        Some(match (request.method.as_str(), path) {
            ("POST", []) => Self::Create,
            ("GET", []) => Self::List,
            ("GET", [id]) => Self::Get((*id).into()),
            ("POST", [id]) => Self::Update((*id).into()),
            ("POST", [id, "archive"]) => Self::Archive((*id).into()),
            _ => return None,
        })
    }
}

impl Service for Projects {
    fn claims(&self, request: &Request) -> bool {
        let bearer =
            request.header("authorization").is_some_and(|value| value.starts_with("Bearer ")) || request.header("x-api-key").is_some();
        request.signing_name() == "bedrock-mantle" || (bearer && request.path.starts_with("/v1/"))
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let operation = Operation::of(request)?;
        if let Some(region) = hosted_region(request) {
            world.region = region.into();
        }
        let result = match operation {
            Operation::Create => create(world, request),
            Operation::List => list(world, request),
            Operation::Get(id) => get(world, &id),
            Operation::Update(id) => update(world, request, &id),
            Operation::Archive(id) => archive(world, &id),
        };
        Some(match result {
            Ok(body) => Reply::json(200, &body),
            Err(refusal) => refused(&refusal),
        })
    }

    fn action(&self, request: &Request) -> Option<String> {
        let name = match Operation::of(request)? {
            Operation::Create => "CreateProject",
            Operation::List => "ListProjects",
            Operation::Get(_) => "GetProject",
            Operation::Update(_) => "UpdateProject",
            Operation::Archive(_) => "ArchiveProject",
        };
        Some(format!("bedrock-mantle:{name}"))
    }
}

/// The region of a request that is not signed, which then only its host tells.
fn hosted_region(request: &Request) -> Option<&str> {
    if request.signing_name().is_empty() { request.host.strip_prefix("bedrock-mantle.")?.strip_suffix(".api.aws") } else { None }
}

/// A refusal in OpenAI's form.
fn refused(refusal: &Refusal) -> Reply {
    let kind = if refusal.status == 404 { "not_found_error" } else { "invalid_request_error" };
    Reply::json(refusal.status, &json!({ "error": { "message": refusal.message, "type": kind, "code": refusal.code, "param": null } }))
}

fn arn(world: &World, id: &str) -> String {
    format!("arn:aws:bedrock-mantle:{}:{}:project/{id}", world.region, world.account)
}

fn shown(world: &World, id: &str, project: &Project) -> Value {
    json!({
        "id": id,
        "arn": arn(world, id),
        "name": project.name,
        "object": "organization.project",
        "status": if project.archived.is_some() { "archived" } else { "active" },
        "created_at": whole(project.created),
        "archived_at": project.archived.map(whole),
        "tags": project.tags,
        "data_retention": { "mode": project.retention },
    })
}

/// Whole seconds, which is how this endpoint tells time.
fn whole(seconds: f64) -> i64 {
    seconds as i64
}

/// The keys of all projects' tags, in every region: billing knows no regions.
pub(super) fn tag_keys(world: &World) -> std::collections::BTreeSet<String> {
    let projects = world.state.projects.projects.values().flat_map(BTreeMap::values);
    projects.flat_map(|project| project.tags.keys()).cloned().collect()
}

/// The project that every region has, and that nobody can change.
fn default_project() -> Project {
    Project { name: "default".into(), created: 0.0, archived: None, tags: Tags::new(), retention: "inherit".into(), number: 0 }
}

fn create(world: &mut World, request: &Request) -> Result<Value, Refusal> {
    let body = shape::body(request, &CREATE, INVALID)?;
    let tags = tags::read(body.get("tags"), INVALID)?;
    let id = format!("proj_{}", world.id("abcdefghijklmnopqrstuvwxyz0123456789", 20));
    let created = world.now;
    let projects = world.state.projects.projects.entry(world.region.clone()).or_default();
    if projects.values().filter(|project| project.archived.is_none()).count() >= LIMIT {
        return Err(Refusal::new(400, "limit_exceeded", "The account has reached its limit of projects."));
    }
    let retention = body.get("data_retention").map_or("inherit", |r| shape::string(r, "mode")).into();
    let project =
        Project { name: shape::string(&body, "name").into(), created, archived: None, tags, retention, number: projects.len() + 1 };
    projects.insert(id.clone(), project);
    world.dirty = true;
    get(world, &id)
}

fn list(world: &World, request: &Request) -> Result<Value, Refusal> {
    let limit = match request.query("limit").map(str::parse::<usize>) {
        None => DEFAULT_PAGE,
        Some(Ok(limit @ 1..=100)) => limit,
        Some(_) => return Err(Refusal::new(400, INVALID, "limit must be between 1 and 100")),
    };
    let default = default_project();
    let mut all: Vec<(&str, &Project)> = vec![("default", &default)];
    let projects = world.state.projects.projects.get(&world.region);
    all.extend(projects.into_iter().flatten().map(|(id, project)| (id.as_str(), project)));
    all.sort_by_key(|(_, project)| project.number);
    let begin = match request.query("after") {
        None => 0,
        Some(after) => {
            let at = all.iter().position(|(id, _)| *id == after);
            at.ok_or_else(|| Refusal::new(400, INVALID, format!("No project found with id '{after}'")))? + 1
        }
    };
    let page: Vec<Value> = all.iter().skip(begin).take(limit).map(|(id, project)| shown(world, id, project)).collect();
    let id = |project: Option<&Value>| project.and_then(|p| p.get("id")).cloned().unwrap_or(Value::Null);
    let (first, last) = (id(page.first()), id(page.last()));
    Ok(json!({ "object": "list", "has_more": begin + page.len() < all.len(), "data": page, "first_id": first, "last_id": last }))
}

fn missing(world: &World, id: &str) -> Refusal {
    Refusal::new(404, "not_found", format!("The project {} was not found.", arn(world, id)))
}

fn get(world: &World, id: &str) -> Result<Value, Refusal> {
    if id == "default" {
        return Ok(shown(world, id, &default_project()));
    }
    let project = world.state.projects.projects.get(&world.region).and_then(|projects| projects.get(id));
    project.map(|project| shown(world, id, project)).ok_or_else(|| missing(world, id))
}

/// A project that may be changed: not the default one, and not an archived one.
fn changeable<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Project, Refusal> {
    if id == "default" {
        return Err(Refusal::new(400, INVALID, "The default project can't be modified."));
    }
    let missing = missing(world, id);
    let project = world.state.projects.projects.get_mut(&world.region).and_then(|projects| projects.get_mut(id)).ok_or(missing)?;
    if project.archived.is_some() {
        return Err(Refusal::new(400, INVALID, "The project is archived."));
    }
    Ok(project)
}

fn update(world: &mut World, request: &Request, id: &str) -> Result<Value, Refusal> {
    let body = shape::body(request, &UPDATE, INVALID)?;
    let project = changeable(world, id)?;
    let mut tags = project.tags.clone();
    tags.retain(|key, _| !shape::strings(&body, "remove_tag_keys").contains(&key.as_str()));
    tags::add(&mut tags, body.get("add_tags"), INVALID)?;
    project.tags = tags;
    if let Some(name) = shape::maybe(&body, "name") {
        project.name = name;
    }
    if let Some(retention) = body.get("data_retention") {
        project.retention = shape::string(retention, "mode").into();
    }
    world.dirty = true;
    get(world, id)
}

fn archive(world: &mut World, id: &str) -> Result<Value, Refusal> {
    let now = world.now;
    changeable(world, id)?.archived = Some(now);
    world.dirty = true;
    get(world, id)
}
