//! Log events put into streams, and Logs Insights queries over them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::shape;
use super::super::{Settling, World};
use super::groups::group;
use super::insights::{self, Row};
use super::{Answer, Event, INVALID, Stream, missing, refuse, region};

/// At the same time, in one region.
const MOST_RUNNING: usize = 100;
/// Answers are kept for a while; so many are enough here.
const KEPT: usize = 50;
const MOST_GROUPS: usize = 50;
const DEFAULT_ROWS: usize = 10_000;
const PAGE: usize = 10_000;

/// A query, answered when it was started and told when it is over.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Query {
    number: u64,
    status: Settling,
    rows: Vec<Row>,
    scanned: usize,
    matched: usize,
}

pub(super) fn create_stream(world: &mut World, body: &Value) -> Answer {
    let name = shape::string(body, "logStreamName").to_owned();
    let streams = &mut group(world, shape::string(body, "logGroupName"))?.streams;
    if streams.contains_key(&name) {
        return Err(refuse("ResourceAlreadyExistsException", "The specified log stream already exists"));
    }
    streams.insert(name, Stream::default());
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn put(world: &mut World, body: &Value) -> Answer {
    /// Milliseconds.
    const HOUR: f64 = 3_600_000.0;
    let now = world.now * 1000.0;
    let given = body.get("logEvents").and_then(Value::as_array).cloned().unwrap_or_default();
    let time = |event: &Value| event.get("timestamp").and_then(Value::as_i64).unwrap_or_default();
    if !given.is_sorted_by_key(time) {
        return Err(refuse(INVALID, "Log events in a single PutLogEvents request must be in chronological order."));
    }
    let group = group(world, shape::string(body, "logGroupName"))?;
    let oldest = group.retention.map_or(14, |days| days.min(14)) as f64 * 24.0 * HOUR;
    let name = shape::string(body, "logStreamName");
    let stream = group.streams.get_mut(name).ok_or_else(|| missing("The specified log stream does not exist."))?;
    let old = given.partition_point(|event| (time(event) as f64) < now - oldest);
    let early = given.partition_point(|event| time(event) as f64 <= now + 2.0 * HOUR);
    for event in given.get(old..early).unwrap_or_default() {
        stream.events.push(Event { timestamp: time(event), message: shape::string(event, "message").to_owned() });
    }
    world.dirty = true;
    let mut rejected = serde_json::Map::new();
    if old > 0 {
        rejected.insert("tooOldLogEventEndIndex".into(), json!(old));
    }
    if early < given.len() {
        rejected.insert("tooNewLogEventStartIndex".into(), json!(early));
    }
    let mut reply = json!({ "nextSequenceToken": "49039859627024585234234234234234234234234234234234234234" });
    shape::put(&mut reply, "rejectedLogEventsInfo", (!rejected.is_empty()).then_some(rejected));
    Ok(reply)
}

/// The groups that a query names, in one of three ways.
fn named(body: &Value) -> Result<Vec<String>, super::Refusal> {
    let list = |name: &str| body.get(name).map(|_| shape::strings(body, name).into_iter().map(str::to_owned).collect::<Vec<_>>());
    let one = shape::maybe(body, "logGroupName").map(|name| vec![name]);
    let ways: Vec<Vec<String>> = [one, list("logGroupNames"), list("logGroupIdentifiers")].into_iter().flatten().collect();
    match ways.as_slice() {
        [names] if (1..=MOST_GROUPS).contains(&names.len()) => {
            let plain =
                |name: &String| name.rsplit_once("log-group:").map_or(name.as_str(), |(_, name)| name).trim_end_matches(":*").to_owned();
            Ok(names.iter().map(plain).collect())
        }
        [_] => Err(refuse(INVALID, "A query takes 1 to 50 log groups.")),
        _ => Err(refuse(INVALID, "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be provided.")),
    }
}

pub(super) fn start(world: &mut World, body: &Value) -> Answer {
    let time = |name: &str| body.get(name).and_then(Value::as_i64).unwrap_or_default();
    let (from, to) = (time("startTime"), time("endTime"));
    if from > to {
        return Err(refuse(INVALID, "The start time of a query must not be after its end time."));
    }
    let pipeline = insights::parse(shape::string(body, "queryString")).map_err(|why| refuse("MalformedQueryException", why))?;
    let (now, account) = (world.now, world.account.clone());
    let running = region(world).queries.values().filter(|query| query.status.peek(now) != "Complete").count();
    if running >= MOST_RUNNING {
        return Err(refuse("LimitExceededException", "Account maximum query concurrency limit of [100] reached."));
    }
    let mut found = Vec::new();
    for name in named(body)? {
        let group = group(world, &name)?;
        if (to as f64) < group.created {
            let words =
                "Query's end date and time is either before the log groups creation time or exceeds the log groups log retention settings";
            return Err(refuse("MalformedQueryException", words));
        }
        let oldest = group.retention.map_or(0.0, |days| (now - days as f64 * 86_400.0) * 1000.0);
        for (stream, event) in group.streams.iter().flat_map(|(name, stream)| stream.events.iter().map(move |event| (name, event))) {
            let seconds = event.timestamp.div_euclid(1000);
            if (from..=to).contains(&seconds) && event.timestamp as f64 >= oldest {
                found.push(insights::fields(&event.message, event.timestamp, (&account, &name, stream)));
            }
        }
    }
    let scanned = found.len();
    let limit = body.get("limit").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(DEFAULT_ROWS);
    let (matched, mut rows) = pipeline.run(found);
    rows.truncate(limit);
    let (id, status) = (world.uuid(), Settling::new(world, "Running", "Complete"));
    let queries = &mut region(world).queries;
    let number = queries.values().map(|query| query.number + 1).max().unwrap_or(0);
    queries.retain(|_, query| query.number + KEPT as u64 > number);
    queries.insert(id.clone(), Query { number, status, rows, scanned, matched });
    world.dirty = true;
    Ok(json!({ "queryId": id }))
}

pub(super) fn results(world: &mut World, body: &Value) -> Answer {
    let now = world.now;
    let id = shape::string(body, "queryId").to_owned();
    world.dirty = true;
    let query = region(world).queries.get_mut(&id).ok_or_else(|| missing("The specified query does not exist."))?;
    let status = query.status.read(now);
    // While it runs, AWS shows a part of what it will find.
    let known = if status == "Complete" { query.rows.as_slice() } else { query.rows.get(..query.rows.len() / 2).unwrap_or_default() };
    let from = match shape::maybe(body, "nextToken") {
        Some(token) => token.parse::<usize>().map_err(|_| refuse(INVALID, "The specified nextToken is invalid."))?,
        None => 0,
    };
    let most = body.get("maxItems").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(PAGE).min(PAGE);
    let page = known.iter().skip(from).take(most);
    let field = |(name, value): (&String, &String)| json!({ "field": name, "value": value });
    let results: Vec<Vec<Value>> = page.map(|row| row.iter().map(field).collect()).collect();
    let next = (from + results.len() < known.len()).then(|| (from + results.len()).to_string());
    let statistics = json!({
        "recordsMatched": query.matched as f64, "recordsScanned": query.scanned as f64, "bytesScanned": 0.0,
        "estimatedRecordsSkipped": 0.0, "estimatedBytesSkipped": 0.0, "logGroupsScanned": 1.0,
    });
    let mut reply = json!({ "queryLanguage": "CWLI", "results": results, "statistics": statistics, "status": status });
    shape::put(&mut reply, "nextToken", next);
    Ok(reply)
}

/// Queries of a region, by id.
pub(super) type Queries = BTreeMap<String, Query>;
