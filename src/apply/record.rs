//! What stays of every apply in the platform's own bucket: who, when, which plan, what came of each step.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use aws_sdk_s3::primitives::ByteStream;
use serde_json::{Value, json};

use super::Outcome;
use super::lock::Holder;
use crate::address::Address;
use crate::aws::{Aws, During as _, Tolerate as _};
use crate::names::Names;
use crate::schedule::StepId;

/// Where records lie, each under its time: in the order of their names they are in the order of events.
const FOLDER: &str = "tenantry/records/";

/// What was carried out, and by whose leave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Agreed<'a> {
    /// Of the plan that was carried out.
    pub(crate) checksum: &'a str,
    /// Of the saved plan that this was, or what was left of it.
    pub(crate) saved: Option<&'a str>,
    /// Accepted probes, and since when.
    pub(crate) breaches: &'a BTreeMap<String, String>,
}

/// Keeps the record; nothing where the apply has deleted the bucket itself.
pub(crate) async fn keep(aws: &Aws, names: &Names, holder: &Holder, agreed: Agreed<'_>, outcome: &Outcome) -> Result<()> {
    let bucket = names.platform_bucket();
    let name = |step: &StepId| format!("{:?} {}", step.op, step.address).to_lowercase();
    let mut steps: BTreeMap<String, serde_json::Value> = BTreeMap::new();
    steps.extend(outcome.done.iter().map(|(s, t)| {
        let mut step = json!({ "result": "done", "seconds": t.as_secs_f64() });
        if let (Some(digest), Value::Object(map)) = (outcome.specs.get(s), &mut step) {
            map.insert("spec".into(), digest.as_str().into());
        }
        (name(s), step)
    }));
    steps.extend(outcome.failed.iter().map(|(s, e)| (name(s), json!({ "result": "failed", "why": format!("{e:#}") }))));
    steps.extend(outcome.skipped.iter().map(|(s, b)| (name(s), json!({ "result": "skipped", "because": name(b) }))));
    steps.extend(outcome.not_begun.iter().map(|s| (name(s), json!({ "result": "not begun" }))));
    let record = json!({
        "format": "tenantry-record/1.0",
        "who": holder.who,
        "since": holder.since,
        "plan": agreed.checksum,
        "saved_plan": agreed.saved,
        "accepted_breaches": agreed.breaches.keys().collect::<Vec<_>>(),
        "accepted_since": agreed.breaches,
        "steps": steps,
    });
    let key = format!("{FOLDER}{}-{}.json", holder.since, holder.nonce);
    let put = aws
        .s3
        .put_object()
        .bucket(&bucket)
        .expected_bucket_owner(names.account.as_str())
        .key(key)
        .content_type("application/json")
        .body(ByteStream::from(serde_json::to_vec_pretty(&record)?));
    put.send().await.during(format!("keeping the record in bucket `{bucket}`")).missing_is_none()?;
    Ok(())
}

/// Who carried out the saved plan of that checksum, and when, if nobody has carried out another since.
pub(crate) async fn carried_out(aws: &Aws, names: &Names, saved: &str) -> Result<Option<(String, String)>> {
    let keys = keys(aws, names).await?;
    let Some(newest) = keys.last() else { return Ok(None) };
    let record = read(aws, names, newest).await?;
    let said = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default();
    Ok((said("plan") == saved || said("saved_plan") == saved).then(|| (said("who").to_owned(), said("since").to_owned())))
}

/// What an apply has left in AWS.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) since: String,
    /// The digest of what AWS was given; older records have none.
    pub(crate) spec: Option<String>,
}

/// Which of these an apply has left in AWS by what was done to them last; the newest records are read first, and no more
/// than it takes. Nothing where there is no bucket.
pub(crate) async fn made(aws: &Aws, names: &Names, asked: &BTreeSet<&Address>) -> Result<BTreeMap<Address, Made>> {
    let mut open: BTreeSet<&Address> = asked.clone();
    let mut made = BTreeMap::new();
    for key in keys(aws, names).await?.iter().rev() {
        if open.is_empty() {
            break;
        }
        let record = read(aws, names, key).await?;
        let done = |op: &str, address: &Address| {
            let step = record.get("steps").and_then(|steps| steps.get(format!("{op} {address}").to_lowercase()));
            step.filter(|step| step.get("result").and_then(Value::as_str) == Some("done"))
        };
        let since = record.get("since").and_then(Value::as_str).unwrap_or_default().to_owned();
        open.retain(|address| {
            // A replacement is a delete and a create.
            let there = ["create", "update", "close"].iter().find_map(|op| done(op, address));
            let gone = done("delete", address).is_some();
            if let Some(step) = there {
                let spec = step.get("spec").and_then(Value::as_str).map(ToOwned::to_owned);
                made.insert((*address).clone(), Made { since: since.clone(), spec });
            }
            !(there.is_some() || gone)
        });
    }
    Ok(made)
}

/// The breaches that the last apply accepted, each with the time of the apply that began to; nothing where there is no bucket.
pub(crate) async fn accepted(aws: &Aws, names: &Names) -> Result<BTreeMap<String, String>> {
    let Some(newest) = keys(aws, names).await?.pop_last() else { return Ok(BTreeMap::new()) };
    let record = read(aws, names, &newest).await?;
    let own = record.get("since").and_then(Value::as_str).unwrap_or_default();
    let since = |probe: &str| record.get("accepted_since").and_then(|all| all.get(probe)).and_then(Value::as_str).unwrap_or(own).to_owned();
    let probes = record.get("accepted_breaches").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    Ok(probes.map(|probe| (probe.to_owned(), since(probe))).collect())
}

async fn keys(aws: &Aws, names: &Names) -> Result<BTreeSet<String>> {
    let bucket = names.platform_bucket();
    let list = aws.s3.list_objects_v2().bucket(&bucket).expected_bucket_owner(names.account.as_str()).prefix(FOLDER);
    let mut pages = list.into_paginator().send();
    let mut found = BTreeSet::new();
    while let Some(page) = pages.next().await {
        let Some(page) = page.during(format!("listing the records of applies in bucket `{bucket}`")).missing_is_none()? else { break };
        found.extend(page.contents().iter().filter_map(|object| object.key().map(ToOwned::to_owned)));
    }
    Ok(found)
}

async fn read(aws: &Aws, names: &Names, key: &str) -> Result<Value> {
    let bucket = names.platform_bucket();
    let reading = format!("reading the record `{key}` in bucket `{bucket}`");
    let get = aws.s3.get_object().bucket(&bucket).expected_bucket_owner(names.account.as_str()).key(key);
    let reply = get.send().await.during(reading.clone())?;
    let body = reply.body.collect().await.with_context(|| reading.clone())?.to_vec();
    serde_json::from_slice(&body).with_context(|| reading)
}
