//! Packed code in the platform's own bucket, under its digest: new code is a new object, and the old one goes last.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use aws_sdk_s3::primitives::ByteStream;
use serde::{Deserialize, Serialize};

use super::{Bucket, Found, Kind, Observe, Ownership, Step};
use crate::address::{Address, Owner};
use crate::aws::{self, AwsError, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::Names;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Object {
    pub(crate) bucket: Late,
    /// `artifacts/{tier}/{digest}.zip`, or without a tier: `artifacts/{digest}.zip`
    pub(crate) key: String,
    /// SHA-256 of the content, which the step carries beside the plan.
    pub(crate) digest: String,
}

/// As it was declared: the key names the tier, or none.
fn address(key: &str, digest: &str) -> Address {
    if key == Object::platform_key(digest) {
        return Address::new(Object::NAME, Owner::Platform, &Object::label(digest));
    }
    let tier = key.strip_prefix(FOLDER).and_then(|rest| rest.split_once('/')).and_then(|(tier, _)| tier.parse().ok());
    match tier {
        Some(tier) => Address::new(Object::NAME, Owner::Tier(tier), &Object::label(digest)),
        None => Address::new(Object::NAME, Owner::Platform, key),
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    bucket: String,
    key: String,
}

/// Everything below it in our own bucket is ours.
const FOLDER: &str = "artifacts/";

impl Object {
    pub(crate) const BUCKET: Attr<Self> = Attr::new("bucket");
    pub(crate) const KEY: Attr<Self> = Attr::new("key");

    /// Where code lies that is no tier's.
    pub(crate) fn platform_key(digest: &str) -> String {
        format!("{FOLDER}{digest}.zip")
    }

    /// As much of a digest as tells packed code apart.
    pub(crate) fn label(digest: &str) -> String {
        digest.chars().take(12).collect()
    }
}

impl Kind for Object {
    const NAME: &'static str = "object";
    const RIGHTS: &'static [Right] = &[
        reads(&["s3:ListBucket"], On::These(&["arn:aws:s3:::{p}-tenantry-{a}-{r}"])),
        writes(&["s3:PutObject", "s3:DeleteObject"], On::These(&["arn:aws:s3:::{p}-tenantry-{a}-{r}/artifacts/*"])),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("key", "an object can't be renamed"), ("bucket", "an object can't move")];
    const BELOW: &'static [&'static str] = &[Bucket::NAME];
    type Output = Output;

    fn known(&self, _: &Names) -> Vec<(&'static str, String)> {
        let bucket = self.bucket.get().ok().map(|bucket| ("bucket", bucket.to_owned()));
        bucket.into_iter().chain([("key", self.key.clone())]).collect()
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let own = observe.names.platform_bucket();
        if !observe.above::<Bucket>().iter().any(|(_, bucket)| bucket.name == own) {
            return Ok(Vec::new());
        }
        let wanted: BTreeMap<String, Address> = observe.wanted::<Self>().into_iter().map(|(address, o)| (o.key, address)).collect();
        let mut found = Vec::new();
        let mut pages = observe
            .aws
            .s3
            .list_objects_v2()
            .bucket(&own)
            .expected_bucket_owner(observe.names.account.as_str())
            .prefix(FOLDER)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            for key in page.during(format!("listing the packed code in bucket `{own}`"))?.contents().iter().filter_map(|o| o.key()) {
                let digest = key.rsplit('/').next().unwrap_or(key).trim_end_matches(".zip").to_owned();
                let address = wanted.get(key).cloned().unwrap_or_else(|| address(key, &digest));
                let spec = Self { bucket: Late::known(&own), key: key.into(), digest };
                found.push(Found {
                    address,
                    spec,
                    output: Output { bucket: own.clone(), key: key.into() },
                    mark: Ownership::Ours { spec: None },
                });
            }
        }
        Ok(found)
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let bucket = self.bucket.get()?;
        let content = step.blobs.get(&self.digest).with_context(|| format!("the packed code `{}` is not at hand", self.digest))?;
        let put = step.aws.s3.put_object().bucket(bucket).expected_bucket_owner(step.names.account.as_str());
        let put = put.key(&self.key).content_type("application/zip").body(ByteStream::from(content.clone()));
        let slowly = aws_sdk_s3::config::Builder::new().timeout_config(aws::upload());
        let sent = put.customize().config_override(slowly).send().await;
        sent.during(format!("uploading `{}` to bucket `{bucket}`", self.key)).map_err(AwsError::bucket_is_there)?;
        Ok(Output { bucket: bucket.into(), key: self.key.clone() })
    }

    async fn update(&self, step: &Step<'_>, _: &Found<Self>) -> Result<Output> {
        self.create(step).await
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { bucket, key } = &live.output;
        step.aws
            .s3
            .delete_object()
            .bucket(bucket)
            .expected_bucket_owner(step.names.account.as_str())
            .key(key)
            .send()
            .await
            .during(format!("deleting `{key}` from bucket `{bucket}`"))
            .missing_is_none()?;
        Ok(())
    }
}
