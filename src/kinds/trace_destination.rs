//! Where X-Ray keeps trace segments: one setting for everybody in the account and region.
//!
//! AgentCore's traces need it to be CloudWatch Logs. It is looked at only while that is wanted, set if it is not so yet, and
//! never set back: others may rely on it by then. Setting it twice is refused, with the code of every other refusal (last
//! verified 2026-11).

use anyhow::Result;
use aws_sdk_xray::operation::get_trace_segment_destination::GetTraceSegmentDestinationOutput;
use aws_sdk_xray::types::{TraceSegmentDestination, TraceSegmentDestinationStatus};
use serde::{Deserialize, Serialize};

use super::{Found, Kind, Observe, Ownership, Step};
use crate::aws::settle::{self, Settles, Status};
use crate::aws::{Aws, During as _};
use crate::late::{Attr, Late};
use crate::names::Names;
use crate::rights::{On, Right, reads, writes};

/// As X-Ray calls it.
pub(super) const CLOUD_WATCH_LOGS: &str = "CloudWatchLogs";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TraceDestination {
    pub(crate) segments: Store,
    /// The resource policy that lets X-Ray write there.
    pub(crate) policy: Late,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Store {
    CloudWatchLogs,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    segments: String,
}

impl TraceDestination {
    pub(crate) const SEGMENTS: Attr<Self> = Attr::new("segments");
}

impl Kind for TraceDestination {
    const NAME: &'static str = "trace_destination";
    const RIGHTS: &'static [Right] = &[
        reads(&["xray:GetTraceSegmentDestination"], On::Anything("it is a setting of the whole account")),
        writes(&["xray:UpdateTraceSegmentDestination"], On::Anything("it is a setting of the whole account")),
    ];
    const STAYS: bool = true;
    type Output = Output;

    fn known(&self, _: &Names) -> Vec<(&'static str, String)> {
        vec![("segments", CLOUD_WATCH_LOGS.into())]
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        if wanted.is_empty() || get(observe.aws).await?.progress() != Status::Ready {
            return Ok(Vec::new());
        }
        let found = wanted.into_iter().map(|(address, _)| {
            let spec = Self { segments: Store::CloudWatchLogs, policy: Late::known(observe.names.spans_policy()) };
            Found { address, spec, output: Output { segments: CLOUD_WATCH_LOGS.into() }, mark: Ownership::Ours { spec: None } }
        });
        Ok(found.collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        if !is_set(&get(step.aws).await?) {
            let update = step.aws.xray.update_trace_segment_destination().destination(TraceSegmentDestination::CloudWatchLogs);
            let sent = update.send().await.during("having X-Ray keep trace segments in CloudWatch Logs");
            // A lost reply, or somebody else who was faster.
            if let Err(error) = sent
                && !is_set(&get(step.aws).await?)
            {
                return Err(error);
            }
        }
        settle::ready(step, || get(step.aws)).await?;
        Ok(Output { segments: CLOUD_WATCH_LOGS.into() })
    }

    async fn update(&self, step: &Step<'_>, _: &Found<Self>) -> Result<Output> {
        self.create(step).await
    }

    async fn delete(_: &Step<'_>, _: &Found<Self>) -> Result<()> {
        Ok(())
    }
}

impl Settles for GetTraceSegmentDestinationOutput {
    fn progress(&self) -> Status {
        match &self.status {
            Some(TraceSegmentDestinationStatus::Active) if is_set(self) => Status::Ready,
            _ => Status::Pending("PENDING".into()),
        }
    }
}

fn is_set(live: &GetTraceSegmentDestinationOutput) -> bool {
    live.destination == Some(TraceSegmentDestination::CloudWatchLogs)
}

async fn get(aws: &Aws) -> Result<GetTraceSegmentDestinationOutput> {
    aws.xray.get_trace_segment_destination().send().await.during("asking X-Ray where it keeps trace segments")
}
