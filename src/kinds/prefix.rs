//! A tenant's prefix in the tier's bucket: an empty object that makes the prefix visible before the first document.
//!
//! One delimiter listing a tier finds every tenant, with or without a marker. A tenant that has left and has no row to say so is marked by
//! a second empty object, `{tier}-tier/{tenant}.left/`: no tenant is called that, and the same listing finds it.

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use serde::{Deserialize, Serialize};

use super::{Bucket, Found, Kind, Observe, Ownership, Step};
use crate::address::{Address, Owner};
use crate::aws::{AwsError, During as _, Tolerate as _};
use crate::late::Late;
use crate::names::{TenantId, TierName, tenant_prefix, tier_prefix};
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Prefix {
    pub(crate) bucket: Late,
    /// `{tier}-tier/{tenant}/`
    pub(crate) prefix: String,
    /// Whether the manifest has the tenant no more. Never declared.
    #[serde(default, skip_serializing_if = "is_here")]
    pub(crate) left: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out a reference")]
fn is_here(left: &bool) -> bool {
    !left
}

const MARK: &str = ".left";

/// `basic-tier/clinic-a/` as `basic-tier/clinic-a.left/`
fn mark_of(prefix: &str) -> String {
    format!("{}{MARK}/", prefix.trim_end_matches('/'))
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

    fn left(&self) -> Option<Self> {
        Some(Self { left: true, ..self.clone() })
    }

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
        let put = step.aws.s3.put_object().bucket(bucket).expected_bucket_owner(step.names.account.as_str());
        let key = if self.left { mark_of(&self.prefix) } else { self.prefix.clone() };
        put.key(&key).send().await.during(format!("creating prefix `{key}` in bucket `{bucket}`")).map_err(AwsError::bucket_is_there)?;
        Ok(Output { bucket: bucket.into(), prefix: self.prefix.clone() })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let output = self.create(step).await?;
        if live.spec.left && !self.left {
            empty(step, &output.bucket, &mark_of(&self.prefix)).await?;
        }
        Ok(output)
    }

    /// Every version of every document: only for who asked for it by name.
    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { bucket, prefix } = &live.output;
        empty(step, bucket, prefix).await?;
        // Last: while anything is there, it is known whose it is.
        if live.spec.left { empty(step, bucket, &mark_of(prefix)).await } else { Ok(()) }
    }
}

/// Deletes every version of everything under a prefix.
async fn empty(step: &Step<'_>, bucket: &str, prefix: &str) -> Result<()> {
    loop {
        let listing = step.aws.s3.list_object_versions().bucket(bucket).expected_bucket_owner(step.names.account.as_str()).prefix(prefix);
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

async fn listed(observe: &Observe<'_>, tier: &TierName, bucket: &str) -> Result<Vec<Found<Prefix>>> {
    let root = tier_prefix(tier);
    // Whether each has left.
    let mut tenants: BTreeMap<TenantId, bool> = BTreeMap::new();
    let list = observe.aws.s3.list_objects_v2().bucket(bucket).expected_bucket_owner(observe.names.account.as_str());
    let mut pages = list.prefix(&root).delimiter("/").into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.during(format!("listing the tenants in bucket `{bucket}`"))?;
        for prefix in page.common_prefixes().iter().filter_map(|p| p.prefix()) {
            let Some(name) = prefix.strip_prefix(&root).map(|name| name.trim_end_matches('/')) else { continue };
            let (name, left) = name.strip_suffix(MARK).map_or((name, false), |name| (name, true));
            // What is no tenant's id was put there by somebody else.
            let Ok(tenant) = name.parse::<TenantId>() else { continue };
            *tenants.entry(tenant).or_default() |= left;
        }
    }
    let found = tenants.into_iter().map(|(tenant, left)| {
        let prefix = tenant_prefix(tier, &tenant);
        let output = Output { bucket: bucket.into(), prefix: prefix.clone() };
        let address = Address::new(Prefix::NAME, Owner::Tenant(tenant), tier.as_str());
        Found { address, spec: Prefix { bucket: Late::known(bucket), prefix, left }, output, mark: Ownership::Ours { spec: None } }
    });
    Ok(found.collect())
}
