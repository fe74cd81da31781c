//! Where a knowledge base reads its documents: the tenants' prefixes of the tier's bucket.
//!
//! Chunking is fixed at creation. Vectors stay when a source is deleted (RETAIN): deleting data takes somebody's word. An update
//! resets what it leaves out (last verified 2026-09).

use anyhow::{Context as _, Result};
use aws_sdk_bedrockagent::types as sdk;
use serde::{Deserialize, Serialize};

use super::condition::{Condition, FAILED};
use super::{Found, Kind, KnowledgeBase, Observe, Ownership, Step, child};
use crate::address::{Address, Owner};
use crate::aws::settle::{self, Namesake, Settles, Status};
use crate::aws::{Aws, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::Arn;
use crate::observe::each;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DataSource {
    pub(crate) knowledge_base: Late,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) bucket: Late<Arn>,
    pub(crate) prefix: String,
    pub(crate) chunk_tokens: u32,
    pub(crate) chunk_overlap_percent: u32,
    pub(crate) deletion_policy: DeletionPolicy,
    #[serde(flatten)]
    pub(crate) condition: Condition,
}

/// What becomes of the vectors when the source is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum DeletionPolicy {
    Retain,
    /// Never declared.
    Delete,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    id: String,
    knowledge_base: String,
}

impl DataSource {
    pub(crate) const ID: Attr<Self> = Attr::new("id");
    /// A knowledge base has one.
    pub(crate) const LABEL: &'static str = "documents";
}

impl Kind for DataSource {
    const NAME: &'static str = "data_source";
    const RIGHTS: &'static [Right] = &[
        reads(&["bedrock:ListDataSources", "bedrock:GetDataSource"], On::These(&["arn:aws:bedrock:{r}:{a}:knowledge-base/*"])),
        writes(
            &["bedrock:CreateDataSource", "bedrock:UpdateDataSource", "bedrock:DeleteDataSource"],
            On::Marked(&["arn:aws:bedrock:{r}:{a}:knowledge-base/*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[
        ("knowledge_base", "a data source belongs to one knowledge base"),
        ("chunk_tokens", "AWS can't chunk anew in place"),
        ("chunk_overlap_percent", "AWS can't chunk anew in place"),
        FAILED,
    ];
    const BELOW: &'static [&'static str] = &[KnowledgeBase::NAME];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let mut live: Vec<(Address, String, String)> = Vec::new();
        for (address, base) in observe.above::<KnowledgeBase>() {
            for (name, id) in list(observe.aws, &base.id).await.missing_is_none()?.unwrap_or_default() {
                live.extend(whose(observe, &wanted, address.owner(), &name).map(|address| (address, base.id.clone(), id)));
            }
        }
        let found = each(live, |(address, knowledge_base, id)| async move {
            let read = get(observe.aws, &knowledge_base, &id).await;
            let Some(source) = Observe::details(read, Some(&address))? else { return Ok(None) };
            let spec = Self::read(source)?;
            Ok(Some(Found { address, spec, output: Output { id, knowledge_base }, mark: Ownership::Ours { spec: None } }))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let base = self.knowledge_base.get()?;
        let create =
            step.aws.bedrock_agent.create_data_source().knowledge_base_id(base).name(&self.name).set_description(self.description.clone());
        let create = create
            .data_source_configuration(self.place()?)
            .vector_ingestion_configuration(self.chunking()?)
            .data_deletion_policy(sdk::DataDeletionPolicy::Retain);
        let send = |token| {
            let create = create.clone().client_token(token);
            async {
                let reply = create.send().await.during(format!("creating data source `{}`", self.name))?;
                Ok(reply.data_source.context("AWS says nothing of the new data source")?.data_source_id)
            }
        };
        let read = |id: String| async move { get(step.aws, base, &id).await };
        let (id, _) = settle::create(step, send, read, || self.namesake(step, base)).await?;
        Ok(Output { id, knowledge_base: base.into() })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let Output { id, knowledge_base } = &live.output;
        let now = settle::at_rest(step, || get(step.aws, knowledge_base, id)).await?;
        let document = |source: &Self| serde_json::to_value(Self { condition: Condition::default(), ..source.clone() });
        if document(self)? != document(&live.spec)? {
            let update = step.aws.bedrock_agent.update_data_source().knowledge_base_id(knowledge_base).data_source_id(id).name(&self.name);
            let update = update
                .set_description(self.description.clone())
                .data_source_configuration(self.place()?)
                .vector_ingestion_configuration(self.chunking()?)
                .set_server_side_encryption_configuration(now.server_side_encryption_configuration)
                .data_deletion_policy(sdk::DataDeletionPolicy::Retain);
            update.send().await.during(format!("updating data source `{}`", self.name))?;
            settle::ready(step, || get(step.aws, knowledge_base, id)).await?;
        }
        Ok(Output { id: id.clone(), knowledge_base: knowledge_base.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { id, knowledge_base } = &live.output;
        retain(step, knowledge_base, id).await?;
        let send = || async {
            let delete = step.aws.bedrock_agent.delete_data_source().knowledge_base_id(knowledge_base).data_source_id(id);
            delete.send().await.during(format!("deleting data source `{}`", live.spec.name)).map(drop)
        };
        settle::delete(step, send, || get(step.aws, knowledge_base, id)).await
    }
}

/// A source takes no tags: ours is the one that the knowledge base's owner has by its name; all others are somebody else's.
fn whose(observe: &Observe<'_>, wanted: &[(Address, DataSource)], owner: &Owner, name: &str) -> Option<Address> {
    if let Some((address, _)) = wanted.iter().find(|(a, s)| a.owner() == owner && s.name == name) {
        return Some(address.clone());
    }
    let ours = match owner {
        Owner::Tier(tier) => observe.names.data_source(tier) == name,
        Owner::Tenant(tenant) => observe.names.tenant_data_source(tenant) == name,
        Owner::Platform => false,
    };
    // As every knowledge base declares it: one address for one thing, also once its owner is gone.
    ours.then(|| child(DataSource::NAME, owner, DataSource::LABEL))
}

/// Nothing that a tenant's documents became goes with the source, whatever somebody has set meanwhile.
async fn retain(step: &Step<'_>, base: &str, id: &str) -> Result<()> {
    let Some(now) = get(step.aws, base, id).await.missing_is_none()? else { return Ok(()) };
    if now.data_deletion_policy == Some(sdk::DataDeletionPolicy::Retain) || now.progress() == Status::Leaving {
        return Ok(());
    }
    let update = step
        .aws
        .bedrock_agent
        .update_data_source()
        .knowledge_base_id(base)
        .data_source_id(id)
        .name(now.name)
        .set_description(now.description)
        .set_data_source_configuration(now.data_source_configuration)
        .set_vector_ingestion_configuration(now.vector_ingestion_configuration)
        .set_server_side_encryption_configuration(now.server_side_encryption_configuration)
        .data_deletion_policy(sdk::DataDeletionPolicy::Retain);
    update.send().await.during(format!("keeping the vectors of data source `{id}`"))?;
    Ok(())
}

impl Settles for sdk::DataSource {
    fn progress(&self) -> Status {
        use sdk::DataSourceStatus as S;
        let why = || self.failure_reasons().join("; ");
        match &self.status {
            S::Available => Status::Ready,
            S::Failed => Status::Failed(why()),
            S::DeleteUnsuccessful => Status::Stuck(why()),
            S::Deleting => Status::Leaving,
            other => Status::Pending(other.to_string()),
        }
    }
}

impl DataSource {
    fn place(&self) -> Result<sdk::DataSourceConfiguration> {
        let s3 = sdk::S3DataSourceConfiguration::builder().bucket_arn(self.bucket.get()?).inclusion_prefixes(&self.prefix).build()?;
        Ok(sdk::DataSourceConfiguration::builder().r#type(sdk::DataSourceType::S3).s3_configuration(s3).build()?)
    }

    fn chunking(&self) -> Result<sdk::VectorIngestionConfiguration> {
        let fixed = sdk::FixedSizeChunkingConfiguration::builder()
            .max_tokens(i32::try_from(self.chunk_tokens)?)
            .overlap_percentage(i32::try_from(self.chunk_overlap_percent)?)
            .build()?;
        let chunking = sdk::ChunkingConfiguration::builder()
            .chunking_strategy(sdk::ChunkingStrategy::FixedSize)
            .fixed_size_chunking_configuration(fixed)
            .build()?;
        Ok(sdk::VectorIngestionConfiguration::builder().chunking_configuration(chunking).build())
    }

    /// In a knowledge base of ours, a source of our name that is as declared is the one that was to be created.
    async fn namesake(&self, step: &Step<'_>, base: &str) -> Result<Option<Namesake>> {
        let all = list(step.aws, base).await?;
        let Some((_, id)) = all.into_iter().find(|(name, _)| *name == self.name) else { return Ok(None) };
        let live = get(step.aws, base, &id).await.missing_is_none()?.filter(|live| live.progress() != Status::Leaving);
        let Some(live) = live else { return Ok(Some(Namesake::Leaving(id))) };
        let live = Self { condition: self.condition.clone(), ..Self::read(live)? };
        Ok((serde_json::to_value(self)? == serde_json::to_value(live)?).then_some(Namesake::Ours(id)))
    }

    fn read(source: sdk::DataSource) -> Result<Self> {
        let condition = source.progress().into();
        let deletion_policy = match source.data_deletion_policy {
            Some(sdk::DataDeletionPolicy::Retain) => DeletionPolicy::Retain,
            _ => DeletionPolicy::Delete,
        };
        let s3 = source.data_source_configuration.and_then(|c| c.s3_configuration);
        let fixed =
            source.vector_ingestion_configuration.and_then(|v| v.chunking_configuration).and_then(|c| c.fixed_size_chunking_configuration);
        let number = |value: Option<i32>| value.map(u32::try_from).transpose().map(Option::unwrap_or_default);
        Ok(Self {
            knowledge_base: Late::known(source.knowledge_base_id),
            name: source.name,
            description: source.description,
            bucket: Late::known(s3.as_ref().map(|s| s.bucket_arn.clone()).unwrap_or_default()),
            prefix: s3.and_then(|s| s.inclusion_prefixes).unwrap_or_default().concat(),
            chunk_tokens: number(fixed.as_ref().map(|f| f.max_tokens))?,
            chunk_overlap_percent: number(fixed.map(|f| f.overlap_percentage))?,
            deletion_policy,
            condition,
        })
    }
}

async fn list(aws: &Aws, base: &str) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    let mut pages = aws.bedrock_agent.list_data_sources().knowledge_base_id(base).max_results(1000).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.during(format!("listing the data sources of knowledge base `{base}`"))?;
        all.extend(page.data_source_summaries.into_iter().map(|s| (s.name, s.data_source_id)));
    }
    Ok(all)
}

async fn get(aws: &Aws, base: &str, id: &str) -> Result<sdk::DataSource> {
    let get = aws.bedrock_agent.get_data_source().knowledge_base_id(base).data_source_id(id);
    get.send()
        .await
        .during(format!("reading data source `{id}`"))?
        .data_source
        .with_context(|| format!("AWS says nothing of data source `{id}`"))
}
