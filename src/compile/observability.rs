//! Logs and traces: what AWS delivers of every memory, gateway and runtime, and where to.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::json;

use super::Sources;
use crate::address::Owner;
use crate::desired::Desired;
use crate::kinds::{
    Delivered, Delivery, DeliveryDestination, DeliverySource, DeliveryTo, LogGroup, LogPolicy, TraceDestination, TraceStore,
};
use crate::late::Late;
use crate::manifest::Traces;
use crate::names::{Arn, vended_log_group};

/// What is delivered of each resource.
pub(super) struct Observability {
    log_days: i32,
    /// What X-Ray does with segments; absent without traces.
    segments: Option<Late>,
}

/// One resource that is watched.
pub(super) struct Watched {
    pub(super) owner: Owner,
    /// memory, gateway or runtime.
    pub(super) sort: &'static str,
    pub(super) id: Late,
    pub(super) arn: Late<Arn>,
    pub(super) tags: BTreeMap<String, String>,
}

pub(super) fn declare(sources: &Sources<'_>, desired: &mut Desired) -> Result<Option<Observability>> {
    let Some(wanted) = sources.manifest.observability else { return Ok(None) };
    let segments = match wanted.traces {
        Traces::XRay => {
            let policy = desired.add(Owner::Platform, "xray", &spans_policy(sources))?.at(&LogPolicy::POLICY);
            let destination = TraceDestination { segments: TraceStore::CloudWatchLogs, policy };
            Some(desired.add(Owner::Platform, "xray", &destination)?.at(&TraceDestination::SEGMENTS))
        }
        Traces::Off => None,
    };
    Ok(Some(Observability { log_days: wanted.log_days, segments }))
}

/// What X-Ray asks for before it writes to CloudWatch Logs, for this account's traces only.
fn spans_policy(sources: &Sources<'_>) -> LogPolicy {
    let (region, account) = (&sources.names.region, &sources.names.account);
    let group = |name: &str| format!("arn:aws:logs:{region}:{account}:log-group:{name}:*");
    let statement = json!({
        "Sid": "XRayWritesSpans",
        "Effect": "Allow",
        "Principal": { "Service": "xray.amazonaws.com" },
        "Action": "logs:PutLogEvents",
        "Resource": [group("aws/spans"), group("/aws/application-signals/data")],
        "Condition": {
            "ArnLike": { "aws:SourceArn": format!("arn:aws:xray:{region}:{account}:*") },
            "StringEquals": { "aws:SourceAccount": account },
        },
    });
    let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
    LogPolicy { name: sources.names.spans_policy(), document: document.into() }
}

impl Observability {
    pub(super) fn watch(&self, desired: &mut Desired, watched: Watched) -> Result<()> {
        let Watched { owner, sort, id, arn, tags } = watched;
        let name = Late::concat([Late::known(vended_log_group(sort, "")), id.clone()]);
        let group = LogGroup { name, retention_days: Some(self.log_days), tags };
        let group = desired.add(owner.clone(), sort, &group)?.at(&LogGroup::ARN);
        let mut deliver = |delivered: Delivered, to: DeliveryTo| -> Result<()> {
            let label = format!("{sort}-{}", delivered.word());
            let source = desired.add(owner.clone(), &label, &DeliverySource::of(arn.clone(), delivered))?.at(&DeliverySource::SOURCE);
            let destination = DeliveryDestination { of: id.clone(), to };
            let destination = desired.add(owner.clone(), &label, &destination)?.at(&DeliveryDestination::ARN);
            desired.add(owner.clone(), &label, &Delivery { source, destination })?;
            Ok(())
        };
        deliver(Delivered::Logs, DeliveryTo::LogGroup(group))?;
        match &self.segments {
            Some(segments) => deliver(Delivered::Traces, DeliveryTo::XRay(segments.clone())),
            None => Ok(()),
        }
    }
}
