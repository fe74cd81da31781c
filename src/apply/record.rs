//! What stays of every apply in the platform's own bucket: who, when, which plan, what came of each step.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use aws_sdk_s3::primitives::ByteStream;
use serde_json::json;

use super::Outcome;
use super::lock::Holder;
use crate::aws::{Aws, During as _, Tolerate as _};
use crate::names::Names;
use crate::schedule::StepId;

/// Keeps the record; nothing where the apply has deleted the bucket itself.
pub(crate) async fn keep(
    aws: &Aws,
    names: &Names,
    holder: &Holder,
    (checksum, breaches): (&str, &BTreeSet<String>),
    outcome: &Outcome,
) -> Result<()> {
    let bucket = names.platform_bucket();
    let name = |step: &StepId| format!("{:?} {}", step.op, step.address).to_lowercase();
    let mut steps: BTreeMap<String, serde_json::Value> = BTreeMap::new();
    steps.extend(outcome.done.iter().map(|(s, t)| (name(s), json!({ "result": "done", "seconds": t.as_secs_f64() }))));
    steps.extend(outcome.failed.iter().map(|(s, e)| (name(s), json!({ "result": "failed", "why": format!("{e:#}") }))));
    steps.extend(outcome.skipped.iter().map(|(s, b)| (name(s), json!({ "result": "skipped", "because": name(b) }))));
    steps.extend(outcome.not_begun.iter().map(|s| (name(s), json!({ "result": "not begun" }))));
    let record = json!({
        "format": "tenantry-record/1.0",
        "who": holder.who,
        "since": holder.since,
        "plan": checksum,
        "accepted_breaches": breaches,
        "steps": steps,
    });
    let key = format!("tenantry/records/{}-{}.json", holder.since, holder.nonce);
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
