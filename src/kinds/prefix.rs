//! A tenant's prefix in the tier's bucket: an empty object that makes the prefix visible before the first document.
//!
//! One delimiter listing a tier finds every tenant, with or without a marker.

use anyhow::Result;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use serde::{Deserialize, Serialize};

use super::{Bucket, Found, Kind, Observe, Ownership, Step};
use crate::address::{Address, Owner};
use crate::aws::{AwsError, During as _, Tolerate as _};
use crate::late::Late;
use crate::names::{TenantId, TierName, tier_prefix};
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Prefix {
    pub(crate) bucket: Late,
    /// `{tier}-tier/{tenant}/`
    pub(crate) prefix: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    bucket: String,
    prefix: String,
}

impl Kind for Prefix {
    const NAME: &'static str = "prefix";
    const RIGHTS: &'static [Right] = &[
        reads(&["s3:ListBucket"], On::These(&["arn:aws:s3:::{p}-*-{a}-{r}"])),
        writes(
            &["s3:PutObject", "s3:ListBucketVersions", "s3:DeleteObject", "s3:DeleteObjectVersion"],
            On::These(&["arn:aws:s3:::{p}-*-{a}-{r}", "arn:aws:s3:::{p}-*-{a}-{r}/*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("bucket", "documents don't move by themselves"), ("prefix", "a prefix can't be renamed")];
    const HOLDS_DATA: bool = true;
    const BELOW: &'static [&'static str] = &[Bucket::NAME];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let tiers = observe.above::<Bucket>().into_iter().filter_map(|(address, bucket)| match address.owner() {
            Owner::Tier(tier) => Some((tier.clone(), bucket.name)),
            _ => None,
        });
        let found = crate::observe::each(tiers, |(tier, bucket)| async move { listed(observe, &tier, &bucket).await });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let bucket = self.bucket.get()?;
        step.aws
            .s3
            .put_object()
            .bucket(bucket)
            .expected_bucket_owner(step.names.account.as_str())
            .key(&self.prefix)
            .send()
            .await
            .during(format!("creating prefix `{}` in bucket `{bucket}`", self.prefix))
            .map_err(AwsError::bucket_is_there)?;
        Ok(Output { bucket: bucket.into(), prefix: self.prefix.clone() })
    }

    async fn update(&self, step: &Step<'_>, _: &Found<Self>) -> Result<Output> {
        self.create(step).await
    }

    /// Every version of every document: only for who asked for it by name.
    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { bucket, prefix } = &live.output;
        loop {
            let listing =
                step.aws.s3.list_object_versions().bucket(bucket).expected_bucket_owner(step.names.account.as_str()).prefix(prefix);
            let Some(page) = listing.send().await.during(format!("listing what is under `{prefix}`")).missing_is_none()? else {
                return Ok(());
            };
            let versions = page.versions().iter().map(|v| (v.key(), v.version_id()));
            let all = versions.chain(page.delete_markers().iter().map(|m| (m.key(), m.version_id())));
            let ids: Vec<_> = all
                .filter_map(|(key, version)| Some(ObjectIdentifier::builder().key(key?).set_version_id(version.map(Into::into)).build()))
                .collect::<Result<_, _>>()?;
            if ids.is_empty() {
                return Ok(());
            }
            (step.tell)(&format!("deleting {} object versions", ids.len()));
            let delete = Delete::builder().set_objects(Some(ids)).quiet(true).build()?;
            super::bucket::delete_versions(step, bucket, delete).await?;
        }
    }
}

async fn listed(observe: &Observe<'_>, tier: &TierName, bucket: &str) -> Result<Vec<Found<Prefix>>> {
    let root = tier_prefix(tier);
    let mut found = Vec::new();
    let list = observe.aws.s3.list_objects_v2().bucket(bucket).expected_bucket_owner(observe.names.account.as_str());
    let mut pages = list.prefix(&root).delimiter("/").into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.during(format!("listing the tenants in bucket `{bucket}`"))?;
        for prefix in page.common_prefixes().iter().filter_map(|p| p.prefix()) {
            // What is no tenant's id was put there by somebody else.
            let Some(tenant) = prefix.strip_prefix(&root).and_then(|p| p.trim_end_matches('/').parse::<TenantId>().ok()) else { continue };
            let address = Address::new(Prefix::NAME, Owner::Tenant(tenant), tier.as_str());
            let spec = Prefix { bucket: Late::known(bucket), prefix: prefix.into() };
            let output = Output { bucket: bucket.into(), prefix: prefix.into() };
            found.push(Found { address, spec, output, mark: Ownership::Ours { spec: None } });
        }
    }
    Ok(found)
}
