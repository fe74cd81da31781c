//! Ingestion: the job by which a knowledge base reads what has changed in its tier's bucket, or in its tenant's part of it.
//!
//! A knowledge base runs one job at a time, and an account few: a start that is refused for that is begun again when the
//! other has ended.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_bedrockagent::types as sdk;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::address::Owner;
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::desired::Desired;
use crate::kinds::{DataSource, Kind as _, KnowledgeBase, Observe, kind};
use crate::manifest::Profile;
use crate::names::{Names, data_source_parameter, tenant_data_source_parameter};
use crate::observe::Live;

use super::Whose;

/// A data source, as AWS names it.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    knowledge_base: String,
    pub(crate) id: String,
}

/// A job, as it stands.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) status: String,
    /// Seconds since 1970.
    pub(crate) started: i64,
    pub(crate) updated: i64,
    pub(crate) scanned: i64,
    pub(crate) new: i64,
    pub(crate) modified: i64,
    pub(crate) deleted: i64,
    pub(crate) failed: i64,
    pub(crate) reasons: Vec<String>,
}

/// What is being waited for.
#[derive(Debug, Clone)]
pub(crate) enum Progress {
    /// Somebody else's job, which has to end first.
    Other(String),
    /// Our own.
    Own(Job),
}

/// How following a job ended.
#[derive(Debug)]
pub(crate) enum Followed {
    Ended(Job),
    /// Somebody asked to stop; the job, if it was begun, goes on in AWS.
    Stopped,
}

impl Job {
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.status.as_str(), "COMPLETE" | "FAILED" | "STOPPED")
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.status == "COMPLETE"
    }

    /// Whether documents below the prefix failed, as far as the reasons tell: they name some files, not always all.
    pub(crate) fn failed_below(&self, prefix: &str) -> bool {
        let named = |what: &str| self.reasons.iter().any(|reason| reason.contains(what));
        self.failed > 0 && (named(prefix) || !named("s3://"))
    }
}

/// Whose knowledge base reads a tenant's documents: the tier's, or where tenants share none, their own.
pub(crate) fn reader(profile: Profile, whose: &Whose) -> Owner {
    match profile {
        Profile::Article => Owner::Tier(whose.tier.clone()),
        Profile::Strict => Owner::Tenant(whose.tenant.clone()),
    }
}

/// The data source of each of these, read from AWS and recognised as everything else: by the platform's marks and names.
pub(crate) async fn sources(aws: &Aws, names: &Names, desired: &Desired, readers: &BTreeSet<Owner>) -> Result<Vec<(Owner, Source)>> {
    let of = |owner: &Owner| readers.contains(owner);
    let observe = Observe { aws, names, wanted: desired.specs(), above: &Live::new() };
    let bases = kind(KnowledgeBase::NAME)?.observe(&observe).await?;
    let bases: Live = bases.into_iter().filter(|(address, base)| of(address.owner()) && base.mark.is_ours()).collect();
    let observe = Observe { above: &bases, ..observe };
    let mut found = Vec::new();
    for (address, source) in kind(DataSource::NAME)?.observe(&observe).await? {
        let text = |name: &str| source.output.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
        if let (Some(knowledge_base), Some(id)) = (text("knowledge_base"), text("id")) {
            found.push((address.owner().clone(), Source { knowledge_base, id }));
        }
    }
    Ok(found)
}

/// The data source as apply has published it, in one call: a hint, by which to tell whether another has taken its place.
pub(crate) async fn published(aws: &Aws, names: &Names, reader: &Owner) -> Result<Option<String>> {
    let parameter = match reader {
        Owner::Tier(tier) => data_source_parameter(tier),
        Owner::Tenant(tenant) => tenant_data_source_parameter(tenant),
        Owner::Platform => return Ok(None),
    };
    let name = format!("{}/{parameter}", names.parameter_root());
    let get = aws.ssm.get_parameter().name(&name);
    let reply = get.send().await.during(format!("reading parameter `{name}`")).missing_is_none()?;
    Ok(reply.and_then(|reply| reply.parameter?.value))
}

/// The newest job; none if there was never one.
pub(crate) async fn last(aws: &Aws, source: &Source) -> Result<Option<Job>> {
    let newest =
        sdk::IngestionJobSortBy::builder().attribute(sdk::IngestionJobSortByAttribute::StartedAt).order(sdk::SortOrder::Descending);
    let list = aws.bedrock_agent.list_ingestion_jobs().knowledge_base_id(&source.knowledge_base).data_source_id(&source.id);
    let list = list.sort_by(newest.build()?).max_results(1);
    let reply = list.send().await.during(format!("listing the ingestion jobs of data source `{}`", source.id))?;
    let Some(job) = reply.ingestion_job_summaries.into_iter().next() else { return Ok(None) };
    let mut found = told(job.ingestion_job_id, &job.status, job.started_at.secs(), job.updated_at.secs());
    found.count(job.statistics.as_ref());
    // A listing has no reasons.
    Ok(Some(if found.failed > 0 || (found.is_over() && !found.is_complete()) { get(aws, source, &found.id).await? } else { found }))
}

async fn get(aws: &Aws, source: &Source, id: &str) -> Result<Job> {
    let get = aws.bedrock_agent.get_ingestion_job().knowledge_base_id(&source.knowledge_base).data_source_id(&source.id);
    let reply = get.ingestion_job_id(id).send().await.during(format!("reading ingestion job `{id}`"))?;
    Ok(Job::read(reply.ingestion_job.context("AWS says nothing of the ingestion job")?))
}

fn told(id: String, status: &sdk::IngestionJobStatus, started: i64, updated: i64) -> Job {
    let (scanned, new, modified, deleted, failed) = (0, 0, 0, 0, 0);
    Job { id, status: status.to_string(), started, updated, scanned, new, modified, deleted, failed, reasons: Vec::new() }
}

impl Job {
    fn count(&mut self, statistics: Option<&sdk::IngestionJobStatistics>) {
        let Some(counted) = statistics else { return };
        self.scanned = counted.number_of_documents_scanned;
        self.new = counted.number_of_new_documents_indexed;
        self.modified = counted.number_of_modified_documents_indexed + counted.number_of_metadata_documents_modified;
        self.deleted = counted.number_of_documents_deleted;
        self.failed = counted.number_of_documents_failed;
    }

    fn read(job: sdk::IngestionJob) -> Self {
        let mut found = told(job.ingestion_job_id, &job.status, job.started_at.secs(), job.updated_at.secs());
        found.count(job.statistics.as_ref());
        found.reasons = job.failure_reasons.unwrap_or_default();
        found
    }
}

/// Pauses between two looks: short ones first, then up to five seconds, since jobs take minutes.
struct Pauses(Duration);

impl Pauses {
    /// Whether to go on.
    #[expect(clippy::disallowed_methods, reason = "a job of minutes is looked at now and then")]
    async fn pause(&mut self, stop: &CancellationToken) -> bool {
        tokio::select! {
            () = stop.cancelled() => false,
            () = tokio::time::sleep(self.0) => {
                self.0 = self.0.mul_f64(1.3).min(Duration::from_secs(5));
                true
            }
        }
    }
}

/// Starts a job, as soon as no other runs, and follows it to its end.
pub(crate) async fn run(aws: &Aws, source: &Source, stop: &CancellationToken, tell: &(dyn Fn(Progress) + Send + Sync)) -> Result<Followed> {
    let mut pauses = Pauses(Duration::from_millis(50));
    let mut job = loop {
        let start = aws.bedrock_agent.start_ingestion_job().knowledge_base_id(&source.knowledge_base).data_source_id(&source.id);
        match start.send().await.during(format!("starting the ingestion of data source `{}`", source.id)) {
            Ok(reply) => break Job::read(reply.ingestion_job.context("AWS says nothing of the new ingestion job")?),
            // Another job runs: of this source, of another source of this knowledge base, or too many in the account.
            Err(error) if AwsError::of(&error).is_some_and(is_busy) => {
                let running = last(aws, source).await?.filter(|job| !job.is_over());
                tell(Progress::Other(running.map_or_else(|| "another ingestion".into(), |job| format!("ingestion {}", job.id))));
            }
            Err(error) => return Err(error),
        }
        if !pauses.pause(stop).await {
            return Ok(Followed::Stopped);
        }
    };
    let mut pauses = Pauses(Duration::from_millis(50));
    loop {
        tell(Progress::Own(job.clone()));
        if job.is_over() {
            return Ok(Followed::Ended(job));
        }
        if !pauses.pause(stop).await {
            return Ok(Followed::Stopped);
        }
        job = get(aws, source, &job.id).await?;
    }
}

fn is_busy(error: &AwsError) -> bool {
    error.class == Class::Conflict || error.code == "ServiceQuotaExceededException"
}
