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
    /// The data source that has read everything to its end. None since something was changed: an ingestion is due.
    pub(crate) read_by: Option<String>,
    pub(crate) seals: BTreeSet<String>,
}

impl Seals {
    fn new(read_by: Option<String>, seals: BTreeSet<String>) -> Self {
        Self { format: FORMAT.into(), read_by, seals }
    }
}

fn key(whose: &Whose) -> String {
    format!("tenantry/documents/{}/{}.json", whose.tier, whose.tenant)
}

/// What is remembered, and the version of it; nothing where there is nothing, or where nobody can read it any more.
pub(crate) async fn read(aws: &Aws, names: &Names, whose: &Whose) -> Result<(Seals, Version)> {
    let (bucket, key) = (names.platform_bucket(), key(whose));
    let reading = format!("reading `{key}` in bucket `{bucket}`");
    let get = aws.s3.get_object().bucket(&bucket).expected_bucket_owner(names.account.as_str()).key(&key);
    let Some(reply) = get.send().await.during(reading.clone()).missing_is_none()? else {
        return Ok((Seals::default(), Version::default()));
    };
    let version = Version(reply.e_tag().map(Into::into));
    let bytes = reply.body.collect().await.context(reading)?.into_bytes();
    let seals: Seals = serde_json::from_slice(&bytes).unwrap_or_default();
    Ok((if seals.format == FORMAT { seals } else { Seals::default() }, version))
}

/// Tells whether somebody else has pushed meanwhile.
#[derive(Debug, Clone, Default)]
pub(crate) struct Version(Option<String>);

/// Remembers what was uploaded, and that an ingestion is due.
pub(crate) async fn write(aws: &Aws, names: &Names, whose: &Whose, sealed: &BTreeSet<String>) -> Result<Version> {
    put(aws, names, whose, &Seals::new(None, sealed.clone()), Version::default()).await
}

/// Remembers that an ingestion has read it all, unless another push has said since that one is due.
pub(crate) async fn ingested(
    aws: &Aws,
    names: &Names,
    whose: &Whose,
    (source, sealed): (&str, BTreeSet<String>),
    version: Version,
) -> Result<()> {
    match put(aws, names, whose, &Seals::new(Some(source.to_owned()), sealed), version).await {
        Err(error)
            if AwsError::of(&error).is_some_and(|e| matches!(e.code.as_str(), "PreconditionFailed" | "ConditionalRequestConflict")) =>
        {
            Ok(())
        }
        written => written.map(drop),
    }
}

async fn put(aws: &Aws, names: &Names, whose: &Whose, seals: &Seals, version: Version) -> Result<Version> {
    let (bucket, key) = (names.platform_bucket(), key(whose));
    let put = aws.s3.put_object().bucket(&bucket).expected_bucket_owner(names.account.as_str()).key(&key).set_if_match(version.0);
    let put = put.content_type("application/json").body(ByteStream::from(serde_json::to_vec(seals)?));
    let reply = put.send().await.during(format!("writing `{key}` in bucket `{bucket}`")).map_err(AwsError::bucket_is_there)?;
    Ok(Version(reply.e_tag().map(Into::into)))
}
