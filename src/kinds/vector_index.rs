//! A tier's vector index; whatever the knowledge base writes into chunks is kept out of the filterable metadata.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use aws_sdk_s3vectors::types::{DataType, DistanceMetric, MetadataConfiguration};
use serde::{Deserialize, Serialize};

use super::vector_bucket::{lost_reply, read_tags, retag};
use super::{Found, Kind, Observe, Step, VectorBucket};
use crate::aws::{AwsError, Class, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::Arn;
use crate::observe::each;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct VectorIndex {
    pub(crate) bucket: Late<Arn>,
    pub(crate) name: String,
    pub(crate) dimensions: u32,
    pub(crate) metric: String,
    /// Without these two, chunks over 2 KB fail to be ingested.
    pub(crate) not_filterable: BTreeSet<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) arn: Arn,
}

impl VectorIndex {
    pub(crate) const ARN: Attr<Self, Arn> = Attr::new("arn");

    /// An index for a Bedrock knowledge base.
    pub(crate) fn cosine(bucket: Late<Arn>, name: String, dimensions: u32, tags: BTreeMap<String, String>) -> Self {
        let not_filterable = ["AMAZON_BEDROCK_TEXT", "AMAZON_BEDROCK_METADATA"].map(Into::into).into();
        Self { bucket, name, dimensions, metric: "cosine".into(), not_filterable, tags }
    }
}

impl Kind for VectorIndex {
    const NAME: &'static str = "vector_index";
    const RIGHTS: &'static [Right] = &[
        reads(
            &["s3vectors:ListIndexes", "s3vectors:GetIndex", "s3vectors:ListTagsForResource"],
            On::These(&["arn:aws:s3vectors:{r}:{a}:bucket/{p}-*"]),
        ),
        writes(
            &["s3vectors:CreateIndex", "s3vectors:DeleteIndex", "s3vectors:TagResource", "s3vectors:UntagResource"],
            On::These(&["arn:aws:s3vectors:{r}:{a}:bucket/{p}-*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[
        ("bucket", "an index can't move"),
        ("name", "an index can't be renamed"),
        ("dimensions", "an index keeps its dimensions"),
        ("metric", "an index keeps its metric"),
        ("not_filterable", "an index keeps its metadata keys"),
    ];
    const HOLDS_DATA: bool = true;
    const BELOW: &'static [&'static str] = &[VectorBucket::NAME];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let client = &observe.aws.s3vectors;
        let mut live = Vec::new();
        for (_, bucket) in observe.above::<VectorBucket>() {
            let mut pages = client.list_indexes().vector_bucket_arn(bucket.arn.as_str()).into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page.during(format!("listing the indexes of vector bucket `{}`", bucket.name)).missing_is_none()?;
                // The bucket may have gone since it was listed.
                let Some(page) = page else { break };
                live.extend(page.indexes.into_iter().map(|i| (bucket.arn.clone(), i.index_name, i.index_arn)));
            }
        }
        let wanted = observe.wanted::<Self>();
        let found = each(live, |(bucket, name, arn)| {
            let wanted = wanted.iter().find(|(_, i)| i.name == name).map(|(a, _)| a.clone());
            async move {
                let reading = async { client.get_index().index_arn(&arn).send().await.during(format!("reading vector index `{name}`")) };
                let read = async { futures::try_join!(reading, read_tags(observe.aws, &arn)) };
                let Some((index, tags)) = Observe::details(read.await, wanted.as_ref())? else { return Ok(None) };
                let Some((address, mark)) = observe.whose(&tags, wanted) else { return Ok(None) };
                let index = index.index.with_context(|| format!("AWS says nothing of vector index `{name}`"))?;
                let spec = Self {
                    bucket: Late::known(bucket),
                    name,
                    dimensions: u32::try_from(index.dimension)?,
                    metric: index.distance_metric.to_string(),
                    not_filterable: index
                        .metadata_configuration
                        .map(|m| m.non_filterable_metadata_keys.into_iter().collect())
                        .unwrap_or_default(),
                    tags: tags.declared,
                };
                Ok(Some(Found { address, spec, output: Output { arn: Arn::new(arn) }, mark }))
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let bucket = self.bucket.get()?;
        let keys = MetadataConfiguration::builder()
            .set_non_filterable_metadata_keys(Some(self.not_filterable.iter().cloned().collect()))
            .build()?;
        let create = step
            .aws
            .s3vectors
            .create_index()
            .vector_bucket_arn(bucket)
            .index_name(&self.name)
            .data_type(DataType::Float32)
            .dimension(i32::try_from(self.dimensions)?)
            .distance_metric(DistanceMetric::from(self.metric.as_str()))
            .metadata_configuration(keys)
            .set_tags(Some(step.mark.with(&self.tags).into_iter().collect()));
        let documented = format!("{bucket}/index/{}", self.name);
        let arn = match create.send().await.during(format!("creating vector index `{}`", self.name)) {
            // Where a reply lacks a required text, the SDK puts an empty one.
            Ok(reply) => reply.index_arn.filter(|arn| !arn.is_empty()).unwrap_or(documented),
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => match lost_reply(step, &documented).await? {
                true => documented,
                false => return Err(error),
            },
            Err(error) => return Err(error),
        };
        Ok(Output { arn: Arn::new(arn) })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        retag(step, live.output.arn.as_str(), &self.tags, &live.spec.tags).await?;
        Ok(Output { arn: live.output.arn.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let arn = live.output.arn.as_str();
        step.aws
            .s3vectors
            .delete_index()
            .index_arn(arn)
            .send()
            .await
            .during(format!("deleting vector index `{}`", live.spec.name))
            .missing_is_none()?;
        Ok(())
    }
}
