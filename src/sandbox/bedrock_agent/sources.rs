//! Data sources of knowledge bases.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::protocol::Refusal;
use super::super::{Settling, World, dates, iam, s3vectors};
use super::super::{pages, shape};
use super::{Answer, Call, GONE, LETTERS, Source, base, conflict, invalid, jobs, quota, region, shapes, storage};

const LIMIT: usize = 5;
const MEMBERS: &[&str] = &[
    "name",
    "description",
    "dataSourceConfiguration",
    "dataDeletionPolicy",
    "serverSideEncryptionConfiguration",
    "vectorIngestionConfiguration",
];

fn missing(id: &str) -> Refusal {
    Refusal::new(404, "ResourceNotFoundException", format!("DataSource with id {id} does not exist"))
}

/// The data source of that id, its status moved on; one whose deletion is over goes now.
pub(super) fn source<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut Source, Refusal> {
    let now = world.now;
    let sources = &mut base(world, call.id(0))?.sources;
    let id = call.id(1);
    if sources.get_mut(id).is_some_and(|source| source.status.read(now) == GONE) {
        sources.remove(id);
    }
    sources.get_mut(id).ok_or_else(|| missing(id))
}

fn shown(base: &str, id: &str, source: &Source) -> Value {
    let mut shown = Value::Object(shape::pick(&source.given, MEMBERS));
    shape::put(&mut shown, "knowledgeBaseId", Some(base));
    shape::put(&mut shown, "dataSourceId", Some(id));
    shape::put(&mut shown, "status", Some(source.status.now.as_str()));
    shape::put(&mut shown, "createdAt", Some(dates::iso(source.created)));
    shape::put(&mut shown, "updatedAt", Some(dates::iso(source.updated)));
    shape::put(&mut shown, "failureReasons", Some(source.failures.clone()).filter(|f| !f.is_empty()));
    json!({ "dataSource": shown })
}

/// What is stored of a request: AWS fills in the deletion policy.
fn stored(body: &Value) -> Result<Value, Refusal> {
    let configuration = body.get("dataSourceConfiguration").unwrap_or(&Value::Null);
    if shape::string(configuration, "type") == "S3" && configuration.get("s3Configuration").is_none() {
        return Err(invalid("s3Configuration is required for a data source of type S3."));
    }
    let chunking = body.pointer("/vectorIngestionConfiguration/chunkingConfiguration").unwrap_or(&Value::Null);
    for (strategy, member) in [
        ("FIXED_SIZE", "fixedSizeChunkingConfiguration"),
        ("HIERARCHICAL", "hierarchicalChunkingConfiguration"),
        ("SEMANTIC", "semanticChunkingConfiguration"),
    ] {
        if (shape::string(chunking, "chunkingStrategy") == strategy) != chunking.get(member).is_some() {
            return Err(invalid(format!("{member} goes with the chunking strategy {strategy}.")));
        }
    }
    let mut given = Value::Object(shape::pick(body, MEMBERS));
    if given.get("dataDeletionPolicy").is_none() {
        shape::put(&mut given, "dataDeletionPolicy", Some("DELETE"));
    }
    Ok(given)
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&shapes::CREATE_SOURCE)?;
    let of = call.id(0);
    let given = stored(&body)?;
    let name = shape::string(&body, "name");
    let token = shape::maybe(&body, "clientToken").map(|token| format!("{of}/{token}"));
    if let Some((token, id)) = token.as_ref().and_then(|token| Some((token, region(world).tokens.get(token).cloned()?))) {
        let there = base(world, of)?.sources.get(&id).map(|source| shown(of, &id, source));
        return there.or_else(|| region(world).answers.get(token).cloned()).ok_or_else(|| missing(&id));
    }
    let id = world.id(LETTERS, 10);
    let now = world.now;
    let base = base(world, of)?;
    if base.status.peek(now) != "ACTIVE" {
        return Err(conflict(format!("KnowledgeBase {of} is in {} state.", base.status.now)));
    }
    if base.sources.values().any(|source| shape::string(&source.given, "name") == name) {
        return Err(conflict(format!("DataSource with name {name} already exists.")));
    }
    if base.sources.len() >= LIMIT {
        return Err(quota(format!("The number of data sources of knowledge base {of} exceeds the limit of {LIMIT}.")));
    }
    let source = Source {
        given,
        created: now,
        updated: now,
        status: Settling::settled("AVAILABLE"),
        failures: Vec::new(),
        jobs: BTreeMap::new(),
        read: BTreeMap::new(),
    };
    let reply = shown(of, &id, &source);
    base.sources.insert(id.clone(), source);
    if let Some(token) = token {
        region(world).tokens.insert(token.clone(), id);
        region(world).answers.insert(token, reply.clone());
    }
    world.dirty = true;
    Ok(reply)
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let source = source(world, call)?;
    Ok(shown(call.id(0), call.id(1), source))
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&shapes::LIST)?;
    let now = world.now;
    let of = call.id(0);
    let sources = &mut base(world, of)?.sources;
    sources.retain(|_, source| source.status.read(now) != GONE);
    let summaries = sources.iter().map(|(id, source)| {
        let mut summary = Value::Object(shape::pick(&source.given, &["name", "description"]));
        shape::put(&mut summary, "knowledgeBaseId", Some(of));
        shape::put(&mut summary, "dataSourceId", Some(id.as_str()));
        shape::put(&mut summary, "status", Some(source.status.now.as_str()));
        shape::put(&mut summary, "updatedAt", Some(dates::iso(source.updated)));
        (id, summary)
    });
    let page = pages::page(summaries, pages::size(&body, "maxResults"), body.get("nextToken").and_then(Value::as_str));
    let (page, next) = page.ok_or_else(|| invalid("Invalid nextToken"))?;
    let mut reply = json!({ "dataSourceSummaries": page });
    shape::put(&mut reply, "nextToken", next);
    Ok(reply)
}

/// The data source, if it can be changed now: not on its way out, and no job of it running.
fn changeable<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut Source, Refusal> {
    let now = world.now;
    let id = call.id(1);
    let source = base(world, call.id(0))?.sources.get_mut(id).ok_or_else(|| missing(id))?;
    if matches!(source.status.peek(now), "DELETING" | GONE) {
        return Err(conflict(format!("DataSource {id} is in DELETING state and cannot be modified.")));
    }
    if source.jobs.values().any(|job| !jobs::is_over(job.status.peek(now))) {
        return Err(conflict(format!("DataSource {id} has an ongoing ingestion job.")));
    }
    Ok(source)
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&shapes::CREATE_SOURCE)?;
    let given = stored(&body)?;
    let name = shape::string(&body, "name");
    let id = call.id(1);
    let now = world.now;
    let taken = base(world, call.id(0))?.sources.iter().any(|(other, source)| other != id && shape::string(&source.given, "name") == name);
    let source = changeable(world, call)?;
    if taken {
        return Err(conflict(format!("DataSource with name {name} already exists.")));
    }
    for fixed in [
        "/dataSourceConfiguration/type",
        "/vectorIngestionConfiguration/chunkingConfiguration",
        "/vectorIngestionConfiguration/parsingConfiguration",
    ] {
        if given.pointer(fixed) != source.given.pointer(fixed) {
            let member = fixed.rsplit('/').next().unwrap_or(fixed);
            return Err(invalid(format!(
                "The {member} of a data source can't be updated; it has to be the same as in the create request."
            )));
        }
    }
    source.given = given;
    source.updated = now;
    let reply = shown(call.id(0), id, source);
    world.dirty = true;
    Ok(reply)
}

/// With the deletion policy DELETE, Bedrock has to reach the vectors once more: without role or index it fails later.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let given = base(world, call.id(0))?.given.clone();
    let index = given.get("storageConfiguration").and_then(storage::index_arn);
    let reachable = iam::assumable(world, shape::string(&given, "roleArn"), "bedrock.amazonaws.com")
        && index.is_none_or(|arn| s3vectors::dimension(world, &arn).is_some());
    let (clean, stuck) = (Settling::new(world, "DELETING", GONE), Settling::new(world, "DELETING", "DELETE_UNSUCCESSFUL"));
    let source = changeable(world, call)?;
    if reachable || shape::string(&source.given, "dataDeletionPolicy") == "RETAIN" {
        source.status = clean;
    } else {
        source.status = stuck;
        source.failures = vec!["Unable to delete data from the vector store: the role or the vector store can't be reached.".into()];
    }
    world.dirty = true;
    Ok(json!({ "knowledgeBaseId": call.id(0), "dataSourceId": call.id(1), "status": "DELETING" }))
}
