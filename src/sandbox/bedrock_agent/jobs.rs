//! Ingestion jobs, which read nothing here: they start, and they are complete.

use serde_json::{Value, json};

use super::super::agentcore::{pages, shape};
use super::super::protocol::Refusal;
use super::super::{Settling, World, dates};
use super::sources::source;
use super::{Answer, Call, Job, LETTERS, base, conflict, invalid, region, shapes};

fn summary(call: &Call, id: &str, job: &Job) -> Value {
    let mut summary = json!({
        "knowledgeBaseId": call.id(0),
        "dataSourceId": call.id(1),
        "ingestionJobId": id,
        "status": job.status.now,
        "startedAt": dates::iso(job.started),
        "updatedAt": dates::iso(job.started),
        "statistics": {
            "numberOfDocumentsScanned": 0,
            "numberOfMetadataDocumentsScanned": 0,
            "numberOfNewDocumentsIndexed": 0,
            "numberOfModifiedDocumentsIndexed": 0,
            "numberOfMetadataDocumentsModified": 0,
            "numberOfDocumentsDeleted": 0,
            "numberOfDocumentsFailed": 0,
        },
    });
    shape::put(&mut summary, "description", job.description.clone());
    summary
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
        base(world, call.id(0))?.sources.values().flat_map(|source| source.jobs.values()).any(|job| job.status.peek(now) != "COMPLETE");
    if running {
        return Err(conflict(format!("There is an ongoing ingestion job for KnowledgeBase {}.", call.id(0))));
    }
    let id = world.id(LETTERS, 10);
    let status = Settling::new(world, "STARTING", "COMPLETE");
    let source = source(world, call)?;
    if source.status.now == "DELETING" {
        return Err(conflict(format!("DataSource {} is in DELETING state.", call.id(1))));
    }
    let job = Job { number: source.jobs.len(), description: shape::maybe(&body, "description"), status, started: now };
    let reply = summary(call, &id, &job);
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
    Ok(json!({ "ingestionJob": summary(call, id, job) }))
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
