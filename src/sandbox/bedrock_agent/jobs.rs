//! Ingestion jobs: they read the bucket's listing, and tell what they found once they are over.
//!
//! Documents are not parsed: what fails here is what Bedrock fails by name and size alone.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::protocol::Refusal;
use super::super::{Settling, World, dates, s3};
use super::super::{pages, shape};
use super::sources::source;
use super::{Answer, Call, Job, LETTERS, base, conflict, invalid, region, shapes};

const SIDECAR: &str = ".metadata.json";
const READABLE: &[&str] = &["txt", "md", "html", "doc", "docx", "csv", "xls", "xlsx", "pdf"];
const LARGEST: usize = 50 * 1024 * 1024;
const LARGEST_SIDECAR: usize = 10 * 1024;

/// A job's statistics, by their names in the API.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Counted {
    number_of_documents_scanned: u64,
    number_of_metadata_documents_scanned: u64,
    number_of_new_documents_indexed: u64,
    number_of_modified_documents_indexed: u64,
    number_of_metadata_documents_modified: u64,
    number_of_documents_deleted: u64,
    number_of_documents_failed: u64,
}

pub(super) fn is_over(status: &str) -> bool {
    matches!(status, "COMPLETE" | "FAILED" | "STOPPED")
}

/// What a listing shows of a job; its reasons are only told by name.
fn summary(call: &Call, id: &str, job: &Job) -> Value {
    let counted = if is_over(&job.status.now) { job.counted.clone() } else { Counted::default() };
    let mut summary = json!({
        "knowledgeBaseId": call.id(0),
        "dataSourceId": call.id(1),
        "ingestionJobId": id,
        "status": job.status.now,
        "startedAt": dates::iso(job.started),
        "updatedAt": dates::iso(job.started),
        "statistics": counted,
    });
    shape::put(&mut summary, "description", job.description.clone());
    summary
}

fn whole(call: &Call, id: &str, job: &Job) -> Value {
    let mut whole = summary(call, id, job);
    if is_over(&job.status.now) && !job.failures.is_empty() {
        shape::put(&mut whole, "failureReasons", Some(job.failures.clone()));
    }
    whole
}

/// What a job finds in the source's bucket, against what earlier jobs have read.
struct Reading {
    counted: Counted,
    failures: Vec<String>,
    read: BTreeMap<String, [String; 2]>,
    outcome: &'static str,
}

fn reading(world: &World, given: &Value, before: &BTreeMap<String, [String; 2]>) -> Reading {
    let place = given.pointer("/dataSourceConfiguration/s3Configuration").unwrap_or(&Value::Null);
    let bucket = shape::string(place, "bucketArn").rsplit(':').next().unwrap_or_default().to_owned();
    let prefix = place.pointer("/inclusionPrefixes/0").and_then(Value::as_str).unwrap_or_default();
    let mut reading = Reading { counted: Counted::default(), failures: Vec::new(), read: BTreeMap::new(), outcome: "COMPLETE" };
    let Some(seen) = s3::below(world, &bucket, prefix) else {
        reading.outcome = "FAILED";
        reading.failures.push(format!("The bucket {bucket} can't be read: NoSuchBucket"));
        return reading;
    };
    let sidecars: BTreeMap<&str, &s3::Seen> = seen.iter().filter_map(|o| Some((o.key.strip_suffix(SIDECAR)?, o))).collect();
    let mut wrong: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for object in seen.iter().filter(|o| !o.key.ends_with(SIDECAR) && !o.key.ends_with('/')) {
        reading.counted.number_of_documents_scanned += 1;
        let beside = sidecars.get(object.key.as_str());
        let extension = object.key.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, e)| e.to_ascii_lowercase());
        let why = match beside {
            _ if !extension.is_some_and(|e| READABLE.contains(&e.as_str())) => Some("their file format was not supported"),
            _ if object.size == 0 => Some("they are empty"),
            _ if object.size > LARGEST => Some("they exceed the maximum file size of 50 MB"),
            Some(sidecar) if sidecar.size > LARGEST_SIDECAR => Some("their metadata files exceed 10 KB"),
            _ => None,
        };
        if let Some(why) = why {
            wrong.entry(why).or_default().push(format!("s3://{bucket}/{}", object.key));
            continue;
        }
        let now = [object.etag.clone(), beside.map(|sidecar| sidecar.etag.clone()).unwrap_or_default()];
        match before.get(&object.key) {
            None => reading.counted.number_of_new_documents_indexed += 1,
            Some([etag, _]) if *etag != now[0] => reading.counted.number_of_modified_documents_indexed += 1,
            Some([_, etag]) if *etag != now[1] => reading.counted.number_of_metadata_documents_modified += 1,
            Some(_) => {}
        }
        reading.read.insert(object.key.clone(), now);
    }
    reading.counted.number_of_metadata_documents_scanned = sidecars.len() as u64;
    let there: BTreeSet<&str> = seen.iter().map(|object| object.key.as_str()).collect();
    reading.counted.number_of_documents_deleted = before.keys().filter(|key| !there.contains(key.as_str())).count() as u64;
    for (why, files) in wrong {
        reading.counted.number_of_documents_failed += files.len() as u64;
        reading.failures.push(format!("Ignored {} files as {why} [Files: {}]", files.len(), files.join(", ")));
    }
    reading
}

pub(super) fn start(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&shapes::START_JOB)?;
    let token = shape::maybe(&body, "clientToken").map(|token| format!("{}/{}/{token}", call.id(0), call.id(1)));
    if let Some(id) = token.as_ref().and_then(|token| region(world).tokens.get(token).cloned())
        && let Some(job) = source(world, call)?.jobs.get(&id)
    {
        return Ok(json!({ "ingestionJob": summary(call, &id, job) }));
    }
    let now = world.now;
    let running =
        base(world, call.id(0))?.sources.values().flat_map(|source| source.jobs.values()).any(|job| !is_over(job.status.peek(now)));
    if running {
        return Err(conflict(format!("There is an ongoing ingestion job for KnowledgeBase {}.", call.id(0))));
    }
    let id = world.id(LETTERS, 10);
    let there = source(world, call)?;
    let (given, before) = (there.given.clone(), there.read.clone());
    let Reading { counted, failures, read, outcome } = reading(world, &given, &before);
    let status = Settling::new(world, "STARTING", outcome);
    let source = source(world, call)?;
    if source.status.now == "DELETING" {
        return Err(conflict(format!("DataSource {} is in DELETING state.", call.id(1))));
    }
    let job = Job { number: source.jobs.len(), description: shape::maybe(&body, "description"), status, started: now, counted, failures };
    let reply = summary(call, &id, &job);
    source.read = read;
    source.jobs.insert(id.clone(), job);
    if let Some(token) = token {
        region(world).tokens.insert(token, id);
    }
    world.dirty = true;
    Ok(json!({ "ingestionJob": reply }))
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let now = world.now;
    let id = call.id(2);
    let missing = || Refusal::new(404, "ResourceNotFoundException", format!("IngestionJob with id {id} does not exist"));
    let job = source(world, call)?.jobs.get_mut(id).ok_or_else(missing)?;
    job.status.read(now);
    Ok(json!({ "ingestionJob": whole(call, id, job) }))
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&shapes::LIST_JOBS)?;
    let now = world.now;
    let filter = body.pointer("/filters/0").map(|filter| shape::strings(filter, "values"));
    let descending = body.pointer("/sortBy/order").and_then(Value::as_str) != Some("ASCENDING");
    let jobs = &mut source(world, call)?.jobs;
    jobs.values_mut().for_each(|job| drop(job.status.read(now)));
    let total = jobs.len();
    let mut shown: Vec<(String, Value)> = jobs
        .iter()
        .filter(|(_, job)| filter.as_ref().is_none_or(|statuses| statuses.contains(&job.status.now.as_str())))
        .map(|(id, job)| {
            let place = if descending { total - job.number } else { job.number };
            (format!("{place:08}"), summary(call, id, job))
        })
        .collect();
    shown.sort_by(|(a, _), (b, _)| a.cmp(b));
    let page = pages::page(shown, pages::size(&body, "maxResults"), body.get("nextToken").and_then(Value::as_str));
    let (page, next) = page.ok_or_else(|| invalid("Invalid nextToken"))?;
    let mut reply = json!({ "ingestionJobSummaries": page });
    shape::put(&mut reply, "nextToken", next);
    Ok(reply)
}
