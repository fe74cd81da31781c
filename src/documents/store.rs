//! Uploads and deletes a tenant's documents: a few at a time, in bounded memory, each with its sidecar before it.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, EncodingType, ObjectIdentifier};
use bytes::Bytes;
use futures::stream::{FuturesUnordered, StreamExt as _};
use percent_encoding::percent_decode_str;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::seals::{self, Version, seal};
use super::{Difference, Document, Folder, Lacks, Object, Objects, Upload, Whose, sidecar_key};
use crate::aws::{self, Aws, AwsError, During as _};
use crate::names::Names;
use crate::secret::digest;

/// Contents in memory at one time, in MiB: two files of the largest size, or many small ones.
const IN_MEMORY: u32 = 128;
const MIB: u64 = 1024 * 1024;

/// What a push that is killed forgets at most: it uploads them once more.
const UNSAVED: usize = 500;

/// S3's limit for one batch of deletes.
const BATCH: usize = 1000;

/// The tenant's place in the tier's bucket.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pub(crate) aws: Arc<Aws>,
    pub(crate) names: Names,
    pub(crate) whose: Whose,
    pub(crate) bucket: String,
}

/// What has been sent by now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Documents that are as they should be, with their sidecars.
    pub(crate) done: usize,
    pub(crate) documents: usize,
    pub(crate) sidecars: usize,
    pub(crate) bytes: u64,
}

/// Whether everything was sent, or somebody asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upto {
    TheEnd,
    Stopped,
}

/// What came of an upload.
#[derive(Debug)]
pub(crate) struct Uploaded {
    pub(crate) sent: Sent,
    /// Of all that S3 holds as the folder has it.
    pub(crate) sealed: BTreeSet<String>,
    pub(crate) version: Version,
    pub(crate) upto: Upto,
}

impl Store {
    /// What lies under a prefix, by key.
    pub(crate) async fn listed(&self) -> Result<Objects> {
        listed(&self.aws, &self.names, &self.bucket, &self.whose.prefix()).await
    }

    /// Sends what S3 lacks. What was sent is remembered even where the rest could not be.
    pub(crate) async fn upload(
        &self,
        folder: &Folder,
        difference: &Difference,
        (jobs, stop): (usize, &CancellationToken),
        tell: &(dyn Fn(Sent) + Send + Sync),
    ) -> Result<Uploaded> {
        let mut sealed = difference.sealed.clone();
        // Whatever comes of this push, an ingestion is due from now on.
        self.remember(&sealed).await?;
        let memory = Semaphore::new(IN_MEMORY as usize);
        let mut waiting = difference.upload.iter();
        let mut running = FuturesUnordered::new();
        let (mut sent, mut unsaved, mut failure) = (Sent::default(), 0, None);
        loop {
            while running.len() < jobs && failure.is_none() && !stop.is_cancelled() {
                let Some((key, upload)) = waiting.next() else { break };
                let document = folder.documents.get(key).with_context(|| format!("`{key}` is no document of the folder"))?;
                running.push(self.send(key, document, *upload, &memory));
            }
            match running.next().await {
                None => break,
                Some(Ok((new, bytes))) => {
                    sent.done += 1;
                    sent.documents += usize::from(new.document.is_some());
                    sent.sidecars += usize::from(new.sidecar.is_some());
                    sent.bytes += bytes;
                    tell(sent);
                    sealed.extend(new.document.into_iter().chain(new.sidecar));
                    unsaved += 1;
                    if unsaved >= UNSAVED {
                        self.remember(&sealed).await?;
                        unsaved = 0;
                    }
                }
                Some(Err(error)) => failure = failure.or(Some(error)),
            }
        }
        let kept = self.remember(&sealed).await;
        if let Some(error) = failure {
            let all = difference.upload.len();
            let words =
                format!("{} of {all} documents were pushed when one failed; run the command again, it goes on from there", sent.done);
            return Err(error.context(words));
        }
        let version = kept?;
        let upto = if waiting.next().is_some() { Upto::Stopped } else { Upto::TheEnd };
        Ok(Uploaded { sent, sealed, version, upto })
    }

    async fn remember(&self, sealed: &BTreeSet<String>) -> Result<Version> {
        seals::write(&self.aws, &self.names, &self.whose, sealed).await
    }

    /// The sidecar first: no ingestion may find a document without the word whose it is.
    async fn send(&self, key: &str, document: &Document, upload: Upload, memory: &Semaphore) -> Result<(Sealed, u64)> {
        let (mut sealed, mut bytes) = (Sealed::default(), 0);
        if matches!(upload.lacks, Lacks::Both | Lacks::Sidecar) {
            bytes += document.sidecar.len() as u64;
            sealed.sidecar = Some(self.put(&sidecar_key(key), document.sidecar.clone()).await?);
        }
        if matches!(upload.lacks, Lacks::Both | Lacks::Document) {
            let weight = u32::try_from(document.size.div_ceil(MIB)).unwrap_or(IN_MEMORY).clamp(1, IN_MEMORY);
            let _room = memory.acquire_many(weight).await?;
            let (path, room) = (document.path.clone(), document.size.next_multiple_of(MIB));
            let content = tokio::task::spawn_blocking(move || read(&path, room)).await??;
            bytes += content.len() as u64;
            sealed.document = Some(self.put(key, content).await?);
        }
        Ok((sealed, bytes))
    }

    /// Puts an object; gives its seal.
    async fn put(&self, key: &str, content: Bytes) -> Result<String> {
        let sum = digest(&content);
        let put = self.aws.s3.put_object().bucket(&self.bucket).expected_bucket_owner(self.names.account.as_str()).key(key);
        let put = put.content_type(content_type(key)).body(ByteStream::from(content));
        let slowly = aws_sdk_s3::config::Builder::new().timeout_config(aws::upload());
        let sent = put.customize().config_override(slowly).send().await;
        let reply = sent.during(format!("uploading `{key}` to bucket `{}`", self.bucket))?;
        Ok(seal(key, plain(reply.e_tag().unwrap_or_default()), &sum))
    }

    /// Deletes keys; earlier versions stay, as the bucket keeps them. Documents go before their sidecars.
    pub(crate) async fn delete(&self, keys: &[String], sealed: &BTreeSet<String>) -> Result<Version> {
        // As with uploads: an ingestion is due whatever comes of it.
        let version = self.remember(sealed).await?;
        let (sidecars, documents): (Vec<&String>, Vec<&String>) = keys.iter().partition(|key| key.ends_with(super::SIDECAR));
        for batch in documents.chunks(BATCH).chain(sidecars.chunks(BATCH)) {
            let ids = batch.iter().map(|key| Ok(ObjectIdentifier::builder().key(*key).build()?)).collect::<Result<Vec<_>>>()?;
            let delete = Delete::builder().set_objects(Some(ids)).quiet(true).build()?;
            let delete =
                self.aws.s3.delete_objects().bucket(&self.bucket).expected_bucket_owner(self.names.account.as_str()).delete(delete);
            let reply = delete.send().await.during(format!("deleting documents from bucket `{}`", self.bucket))?;
            if let Some(error) = reply.errors().first() {
                let refusal = AwsError::answered(error.code().unwrap_or(""), error.message().unwrap_or(""), 200, None);
                let doing = format!("deleting `{}` from bucket `{}`", error.key().unwrap_or(""), self.bucket);
                return Err(anyhow::Error::new(refusal).context(doing));
            }
        }
        Ok(version)
    }
}

/// The seals of what was sent of one document.
#[derive(Default)]
struct Sealed {
    document: Option<String>,
    sidecar: Option<String>,
}

/// A file that was looked at before; no more of it than there is room for.
fn read(path: &Path, room: u64) -> Result<Bytes> {
    let mut content = Vec::new();
    let file = std::fs::File::open(path).map(|file| file.take(room + 1));
    file.and_then(|mut file| file.read_to_end(&mut content)).with_context(|| format!("reading `{}`", path.display()))?;
    let what = match content.len() as u64 {
        0 => "was emptied",
        size if size > room => "grew",
        _ => return Ok(content.into()),
    };
    bail!("`{}` {what} while it was pushed; run the command again", path.display())
}

fn plain(etag: &str) -> &str {
    etag.trim_matches('"')
}

/// For people who open a document from the console; Bedrock goes by the name.
fn content_type(key: &str) -> &'static str {
    let extension = key.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match extension.as_str() {
        "txt" => "text/plain",
        "md" => "text/markdown",
        "html" => "text/html",
        "csv" => "text/csv",
        "json" => "application/json",
        "pdf" => "application/pdf",
        _ => "application/octet-stream",
    }
}

/// What lies under a prefix, without the markers that only make it visible.
pub(crate) async fn listed(aws: &Aws, names: &Names, bucket: &str, prefix: &str) -> Result<Objects> {
    let list = aws.s3.list_objects_v2().bucket(bucket).expected_bucket_owner(names.account.as_str()).prefix(prefix);
    // Keys that XML can't hold come encoded.
    let mut pages = list.encoding_type(EncodingType::Url).into_paginator().send();
    let mut found = Objects::new();
    while let Some(page) = pages.next().await {
        for object in page.during(format!("listing `{prefix}` in bucket `{bucket}`"))?.contents.unwrap_or_default() {
            let key = object.key.unwrap_or_default().replace('+', " ");
            let key = percent_decode_str(&key).decode_utf8_lossy().into_owned();
            if key.ends_with('/') {
                continue;
            }
            let size = u64::try_from(object.size.unwrap_or_default()).unwrap_or_default();
            let modified = object.last_modified.map_or(0, |at| at.secs());
            found.insert(key, Object { etag: plain(object.e_tag.as_deref().unwrap_or_default()).into(), size, modified });
        }
    }
    Ok(found)
}
