//! One apply at a time: a lock object in the platform's own bucket, made and removed by conditional requests.

use anyhow::{Context as _, Result, bail};
use aws_sdk_s3::primitives::ByteStream;
use serde::{Deserialize, Serialize};

use super::Patience;
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::kinds::PLATFORM_TAG;
use crate::names::Names;

const KEY: &str = "tenantry/lock.json";

/// Who holds the lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    pub(crate) who: String,
    /// UTC.
    pub(crate) since: String,
    /// Tells our own lost reply from somebody else's lock.
    pub(crate) nonce: String,
}

/// A lock that is held; whoever takes one lets it go.
#[derive(Debug)]
pub(crate) struct Lock {
    names: Names,
    etag: String,
}

/// Somebody else holds the lock.
#[derive(Debug)]
pub(crate) struct Held(pub(crate) Holder);

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "`{}` is applying this platform since {}; wait until they are done, or remove a lock left behind with `tenantry unlock`",
            self.0.who, self.0.since
        )
    }
}

impl std::error::Error for Held {}

/// Whether the platform's bucket is there and ours: no other bucket gets a lock put into it.
pub(crate) async fn is_in_ours(aws: &Aws, names: &Names) -> Result<bool> {
    is_ours(aws, names, &names.platform_bucket()).await
}

/// Whether a bucket is there and carries the platform's mark.
pub(crate) async fn is_ours(aws: &Aws, names: &Names, bucket: &str) -> Result<bool> {
    let get = aws.s3.get_bucket_tagging().bucket(bucket).expected_bucket_owner(names.account.as_str());
    let tags = get.send().await.during(format!("reading the tags of bucket `{bucket}`")).missing_is_none()?;
    Ok(tags.is_some_and(|t| t.tag_set().iter().any(|t| t.key() == PLATFORM_TAG && t.value() == names.platform.as_str())))
}

/// Takes the lock, or says who holds it. The bucket is there, though perhaps since a moment ago.
pub(crate) async fn take(aws: &Aws, names: &Names, holder: &Holder) -> Result<Lock> {
    let mut patience = Patience::new(aws);
    loop {
        match try_take(aws, names, holder).await {
            Ok(lock) => return Ok(lock),
            Err(error) => patience.bear(AwsError::bucket_is_there(error), |_, _| {}).await?,
        }
    }
}

async fn try_take(aws: &Aws, names: &Names, holder: &Holder) -> Result<Lock> {
    let bucket = names.platform_bucket();
    let body = serde_json::to_vec(holder)?;
    let put = aws.s3.put_object().bucket(&bucket).expected_bucket_owner(names.account.as_str());
    let put = put.key(KEY).if_none_match("*").content_type("application/json").body(ByteStream::from(body));
    match put.send().await.during(format!("taking the lock in bucket `{bucket}`")) {
        Ok(reply) => Ok(Lock { names: names.clone(), etag: reply.e_tag().unwrap_or_default().into() }),
        Err(error)
            if AwsError::of(&error).is_some_and(|e| matches!(e.code.as_str(), "PreconditionFailed" | "ConditionalRequestConflict")) =>
        {
            match read(aws, names).await? {
                Some((there, etag)) if there.nonce == holder.nonce => Ok(Lock { names: names.clone(), etag }),
                Some((there, _)) => bail!(Held(there)),
                None => Err(error.context("somebody took the lock and let it go at the same moment; run the command again")),
            }
        }
        Err(error) => Err(error),
    }
}

impl Lock {
    /// Lets the lock go; one that is gone already, with its bucket even, is let go.
    pub(crate) async fn release(self, aws: &Aws) -> Result<()> {
        let bucket = self.names.platform_bucket();
        let delete = aws.s3.delete_object().bucket(&bucket).expected_bucket_owner(self.names.account.as_str());
        match delete.key(KEY).if_match(&self.etag).send().await.during(format!("releasing the lock in bucket `{bucket}`")) {
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class != Class::Missing && e.code != "PreconditionFailed") => Err(error),
            _ => Ok(()),
        }
    }
}

/// Who holds the lock, and the version of it.
pub(crate) async fn read(aws: &Aws, names: &Names) -> Result<Option<(Holder, String)>> {
    let bucket = names.platform_bucket();
    let reading = format!("reading the lock in bucket `{bucket}`");
    let get = aws.s3.get_object().bucket(&bucket).expected_bucket_owner(names.account.as_str()).key(KEY);
    let Some(reply) = get.send().await.during(reading.clone()).missing_is_none()? else {
        return Ok(None);
    };
    let etag = reply.e_tag().unwrap_or_default().to_owned();
    let bytes = reply.body.collect().await.with_context(|| reading.clone())?.into_bytes();
    Ok(Some((serde_json::from_slice(&bytes).with_context(|| reading)?, etag)))
}

/// Removes a lock that somebody left behind, if it is still the one that was seen.
pub(crate) async fn remove(aws: &Aws, names: &Names, etag: &str) -> Result<()> {
    let bucket = names.platform_bucket();
    let delete = aws.s3.delete_object().bucket(&bucket).expected_bucket_owner(names.account.as_str()).key(KEY).if_match(etag);
    delete.send().await.during(format!("removing the lock in bucket `{bucket}`")).missing_is_none()?;
    Ok(())
}
