//! What was uploaded, remembered so that a listing is enough to know it again.
//!
//! A listing gives ETags, which say nothing of the content under KMS keys. A seal ties a key, the ETag that S3 gave, and the
//! content's digest: while the listing still shows that ETag, the content is known. The set of seals is a hint and no more;
//! a seal that is missing or lost costs one upload. It names no document, so nothing of a tenant stays when they leave.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use aws_sdk_s3::primitives::ByteStream;
use serde::{Deserialize, Serialize};

use super::Whose;
use crate::aws::{Aws, AwsError, During as _, Tolerate as _};
use crate::names::Names;
use crate::secret::digest;

const FORMAT: &str = "tenantry-seals/1.0";

/// Half a SHA-256 is far more than chance needs, and keeps the object small.
const DIGITS: usize = 32;

pub(crate) fn seal(key: &str, etag: &str, content: &str) -> String {
    digest(format!("{key}\0{etag}\0{content}").as_bytes()).chars().take(DIGITS).collect()
}

/// What is remembered of one tenant's documents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seals {
    format: String,
    /// Whether something was changed that no ingestion of ours has read to its end.
    pub(crate) ingestion_due: bool,
    pub(crate) seals: BTreeSet<String>,
}

impl Seals {
    pub(crate) fn new(ingestion_due: bool, seals: BTreeSet<String>) -> Self {
        Self { format: FORMAT.into(), ingestion_due, seals }
    }
}

fn key(whose: &Whose) -> String {
    format!("tenantry/documents/{}/{}.json", whose.tier, whose.tenant)
}

/// What is remembered; nothing where there is nothing, or where nobody can read it any more.
pub(crate) async fn read(aws: &Aws, names: &Names, whose: &Whose) -> Result<Seals> {
    let (bucket, key) = (names.platform_bucket(), key(whose));
    let reading = format!("reading `{key}` in bucket `{bucket}`");
    let get = aws.s3.get_object().bucket(&bucket).expected_bucket_owner(names.account.as_str()).key(&key);
    let Some(reply) = get.send().await.during(reading.clone()).missing_is_none()? else { return Ok(Seals::default()) };
    let bytes = reply.body.collect().await.context(reading)?.into_bytes();
    let seals: Seals = serde_json::from_slice(&bytes).unwrap_or_default();
    Ok(if seals.format == FORMAT { seals } else { Seals::default() })
}

pub(crate) async fn write(aws: &Aws, names: &Names, whose: &Whose, seals: &Seals) -> Result<()> {
    let (bucket, key) = (names.platform_bucket(), key(whose));
    let put = aws.s3.put_object().bucket(&bucket).expected_bucket_owner(names.account.as_str()).key(&key);
    let put = put.content_type("application/json").body(ByteStream::from(serde_json::to_vec(seals)?));
    put.send().await.during(format!("writing `{key}` in bucket `{bucket}`")).map_err(AwsError::bucket_is_there)?;
    Ok(())
}
