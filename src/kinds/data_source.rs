//! Where a knowledge base reads its documents: the tenants' prefixes of the tier's bucket.
//!
//! Chunking is fixed at creation. Vectors stay when a source is deleted (RETAIN): deleting data takes somebody's word.

use anyhow::{Context as _, Result};
use aws_sdk_bedrockagent::types as sdk;
use serde::{Deserialize, Serialize};

use super::{Found, Kind, KnowledgeBase, Observe, Ownership, Step, child};
use crate::address::{Address, Owner};
use crate::aws::settle::{Status, settle};
use crate::aws::{Aws, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::Arn;
use crate::observe::each;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DataSource {
    pub(crate) knowledge_base: Late,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) bucket: Late<Arn>,
    pub(crate) prefix: String,
    pub(crate) chunk_tokens: u32,
    pub(crate) chunk_overlap_percent: u32,
    pub(crate) failed: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    id: String,
    knowledge_base: String,
}

impl DataSource {
    pub(crate) const ID: Attr<Self> = Attr::new("id");
}

impl Kind for DataSource {
    const NAME: &'static str = "data_source";
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[
        ("knowledge_base", "a data source belongs to one knowledge base"),
        ("chunk_tokens", "AWS can't chunk anew in place"),
        ("chunk_overlap_percent", "AWS can't chunk anew in place"),
        ("failed", "AWS gave up on it"),
    ];
    const BELOW: &'static [&'static str] = &[KnowledgeBase::NAME];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let client = &observe.aws.bedrock_agent;
        let mut live: Vec<(Owner, String, String)> = Vec::new();
        for (address, base) in observe.above::<KnowledgeBase>() {
            let mut pages = client.list_data_sources().knowledge_base_id(&base.id).max_results(1000).into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page.during(format!("listing the data sources of knowledge base `{}`", base.id))?;
                let ours = page.data_source_summaries.into_iter().filter(|s| observe.could_be_ours(&s.name));
                live.extend(ours.map(|s| (address.owner().clone(), base.id.clone(), s.data_source_id)));
            }
        }
        let wanted = observe.wanted::<Self>();
        each(live, |(owner, base, id)| {
            let wanted = &wanted;
            async move {
                let source = get(observe.aws, &base, &id).await?;
                let address = wanted.iter().find(|(a, s)| s.name == source.name && *a.owner() == owner).map(|(a, _)| a.clone());
                let address = address.unwrap_or_else(|| left(observe, &owner, &source.name));
                Ok(Found {
                    address,
                    spec: Self::read(source)?,
                    output: Output { id, knowledge_base: base },
                    mark: Ownership::Ours { spec: None },
                })
            }
        })
        .await
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let base = self.knowledge_base.get()?;
        let create =
            step.aws.bedrock_agent.create_data_source().knowledge_base_id(base).name(&self.name).set_description(self.description.clone());
        let create = create
            .data_source_configuration(self.place()?)
            .vector_ingestion_configuration(self.chunking()?)
            .data_deletion_policy(sdk::DataDeletionPolicy::Retain)
            .client_token(step.mark.token());
        let reply = create.send().await.during(format!("creating data source `{}`", self.name))?;
        let id = reply.data_source.context("AWS says nothing of the new data source")?.data_source_id;
        wait(step, base, &id).await?;
        Ok(Output { id, knowledge_base: base.into() })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let Output { id, knowledge_base } = &live.output;
        wait(step, knowledge_base, id).await?;
        let update = step.aws.bedrock_agent.update_data_source().knowledge_base_id(knowledge_base).data_source_id(id).name(&self.name);
        let update = update
            .set_description(self.description.clone())
            .data_source_configuration(self.place()?)
            .vector_ingestion_configuration(self.chunking()?)
            .data_deletion_policy(sdk::DataDeletionPolicy::Retain);
        update.send().await.during(format!("updating data source `{}`", self.name))?;
        wait(step, knowledge_base, id).await?;
        Ok(Output { id: id.clone(), knowledge_base: knowledge_base.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { id, knowledge_base } = &live.output;
        let delete = step.aws.bedrock_agent.delete_data_source().knowledge_base_id(knowledge_base).data_source_id(id);
        if delete.send().await.during(format!("deleting data source `{}`", live.spec.name)).missing_is_none()?.is_none() {
            return Ok(());
        }
        settle(step, || async {
            Ok(match get(step.aws, knowledge_base, id).await.missing_is_none()? {
                None => Status::Done,
                Some(s) if s.status == sdk::DataSourceStatus::DeleteUnsuccessful => {
                    Status::Failed(s.failure_reasons.unwrap_or_default().join("; "))
                }
                Some(s) => Status::Pending(s.status.to_string()),
            })
        })
        .await
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

    fn read(source: sdk::DataSource) -> Result<Self> {
        let s3 = source.data_source_configuration.and_then(|c| c.s3_configuration);
        let fixed =
            source.vector_ingestion_configuration.and_then(|v| v.chunking_configuration).and_then(|c| c.fixed_size_chunking_configuration);
        let number = |value: Option<i32>| value.map(u32::try_from).transpose().map(Option::unwrap_or_default);
        let failed = matches!(source.status, sdk::DataSourceStatus::Failed).then(|| source.failure_reasons.unwrap_or_default().join("; "));
        Ok(Self {
            knowledge_base: Late::known(source.knowledge_base_id),
            name: source.name,
            description: source.description,
            bucket: Late::known(s3.as_ref().map(|s| s.bucket_arn.clone()).unwrap_or_default()),
            prefix: s3.and_then(|s| s.inclusion_prefixes).unwrap_or_default().concat(),
            chunk_tokens: number(fixed.as_ref().map(|f| f.max_tokens))?,
            chunk_overlap_percent: number(fixed.map(|f| f.overlap_percentage))?,
            failed,
        })
    }
}

/// A tier that is no longer declared named its source as every tier does.
fn left(observe: &Observe<'_>, owner: &Owner, name: &str) -> Address {
    let usual = matches!(owner, Owner::Tier(tier) if observe.names.data_source(tier) == name);
    child(DataSource::NAME, owner, if usual { "documents" } else { name })
}

async fn get(aws: &Aws, base: &str, id: &str) -> Result<sdk::DataSource> {
    let get = aws.bedrock_agent.get_data_source().knowledge_base_id(base).data_source_id(id);
    get.send()
        .await
        .during(format!("reading data source `{id}`"))?
        .data_source
        .with_context(|| format!("AWS says nothing of data source `{id}`"))
}

async fn wait(step: &Step<'_>, base: &str, id: &str) -> Result<()> {
    settle(step, || async {
        let source = get(step.aws, base, id).await?;
        Ok(match source.status {
            sdk::DataSourceStatus::Available => Status::Done,
            sdk::DataSourceStatus::Failed | sdk::DataSourceStatus::DeleteUnsuccessful => {
                Status::Failed(source.failure_reasons.unwrap_or_default().join("; "))
            }
            other => Status::Pending(other.to_string()),
        })
    })
    .await
}
