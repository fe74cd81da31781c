//! The vector bucket that the tiers' indexes lie in.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Found, Kind, Observe, Step, Tags};
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::Attr;
use crate::names::{Arn, Names};
use crate::observe::each;
use crate::rights::{LISTS, On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct VectorBucket {
    pub(crate) name: String,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) arn: Arn,
}

impl VectorBucket {
    pub(crate) const ARN: Attr<Self, Arn> = Attr::new("arn");
}

impl Kind for VectorBucket {
    const NAME: &'static str = "vector_bucket";
    const RIGHTS: &'static [Right] = &[
        reads(&["s3vectors:ListVectorBuckets"], LISTS),
        reads(&["s3vectors:ListTagsForResource"], On::These(&["arn:aws:s3vectors:{r}:{a}:bucket/{p}-*"])),
        writes(
            &["s3vectors:CreateVectorBucket", "s3vectors:DeleteVectorBucket", "s3vectors:TagResource", "s3vectors:UntagResource"],
            On::These(&["arn:aws:s3vectors:{r}:{a}:bucket/{p}-*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[("name", "a vector bucket can't be renamed")];
    const HOLDS_DATA: bool = true;
    type Output = Output;

    fn known(&self, names: &Names) -> Vec<(&'static str, String)> {
        vec![("arn", format!("arn:aws:s3vectors:{}:{}:bucket/{}", names.region, names.account, self.name))]
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let mut live = Vec::new();
        let mut pages = observe.aws.s3vectors.list_vector_buckets().prefix(observe.names.platform.as_str()).into_paginator().send();
        while let Some(page) = pages.next().await {
            live.extend(
                page.during("listing vector buckets")?.vector_buckets.into_iter().map(|b| (b.vector_bucket_name, b.vector_bucket_arn)),
            );
        }
        let wanted = observe.wanted::<Self>();
        let found = each(live, |(name, arn)| {
            let wanted = wanted.iter().find(|(_, b)| b.name == name).map(|(a, _)| a.clone());
            async move {
                let read = read_tags(observe.aws, &arn).await;
                let Some(tags) = Observe::details(read, wanted.as_ref())? else { return Ok(None) };
                let Some((address, mark)) = observe.whose(&tags, wanted) else { return Ok(None) };
                let spec = Self { name: name.clone(), tags: tags.declared };
                Ok(Some(Found { address, spec, output: Output { name, arn: Arn::new(arn) }, mark }))
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let tags = step.mark.with(&self.tags);
        let create = step.aws.s3vectors.create_vector_bucket().vector_bucket_name(&self.name).set_tags(Some(tags.into_iter().collect()));
        let documented = format!("arn:aws:s3vectors:{}:{}:bucket/{}", step.names.region, step.names.account, self.name);
        let arn = match create.send().await.during(format!("creating vector bucket `{}`", self.name)) {
            // Where a reply lacks a required text, the SDK puts an empty one.
            Ok(reply) => reply.vector_bucket_arn.filter(|arn| !arn.is_empty()).unwrap_or(documented),
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => match lost_reply(step, &documented).await? {
                true => documented,
                false => return Err(error),
            },
            Err(error) => return Err(error),
        };
        Ok(Output { name: self.name.clone(), arn: Arn::new(arn) })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        retag(step, live.output.arn.as_str(), &self.tags, &live.spec.tags).await?;
        Ok(Output { name: self.name.clone(), arn: live.output.arn.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let name = &live.output.name;
        step.aws
            .s3vectors
            .delete_vector_bucket()
            .vector_bucket_name(name)
            .send()
            .await
            .during(format!("deleting vector bucket `{name}`"))
            .missing_is_none()?;
        Ok(())
    }
}

pub(super) async fn read_tags(aws: &Aws, arn: &str) -> Result<Tags> {
    let reply = aws.s3vectors.list_tags_for_resource().resource_arn(arn).send().await.during(format!("reading the tags of `{arn}`"))?;
    Ok(Tags::read(reply.tags))
}

/// Whether what stands there is what we have just made without hearing of it.
pub(super) async fn lost_reply(step: &Step<'_>, arn: &str) -> Result<bool> {
    Ok(read_tags(step.aws, arn).await.missing_is_none()?.is_some_and(|tags| tags.is(&step.mark)))
}

/// Sets the declared tags and our mark, and takes away what is no longer declared.
pub(super) async fn retag(step: &Step<'_>, arn: &str, wanted: &BTreeMap<String, String>, live: &BTreeMap<String, String>) -> Result<()> {
    let client = &step.aws.s3vectors;
    let gone: Vec<String> = live.keys().filter(|k| !wanted.contains_key(*k)).cloned().collect();
    if !gone.is_empty() {
        client.untag_resource().resource_arn(arn).set_tag_keys(Some(gone)).send().await.during(format!("removing tags of `{arn}`"))?;
    }
    let tags = step.mark.with(wanted).into_iter().collect();
    client.tag_resource().resource_arn(arn).set_tags(Some(tags)).send().await.during(format!("tagging `{arn}`"))?;
    Ok(())
}
