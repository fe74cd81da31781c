//! Objects and their versions: conditional puts and deletes, delete markers, reads.

use std::collections::BTreeMap;
use std::fmt::Write;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::protocol::{Refusal, Reply, Request, decode, element};
use super::super::{World, dates};
use super::xml::Element;
use super::{Answer, Bucket, Call, malformed, tagging};

/// The version id of objects from before, and outside of, versioning.
const NULL: &str = "null";

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) modified: f64,
    /// `None` for a delete marker.
    pub(super) content: Option<Content>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Content {
    body: String,
    pub(super) size: usize,
    /// In its quotes.
    pub(super) etag: String,
    /// Headers that come back as they were sent.
    headers: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
}

impl Content {
    pub(super) fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }
}

impl Bucket {
    /// The current version of a key, unless it is a delete marker.
    pub(super) fn current(&self, key: &str) -> Option<(&Version, &Content)> {
        let version = self.objects.get(key)?.last()?;
        Some((version, version.content.as_ref()?))
    }

    /// Puts a version on top of a key: beside the others if versioning is on, else in place of the one without an id.
    fn push(&mut self, key: &str, version: Version) {
        let versions = self.objects.entry(key.into()).or_default();
        versions.retain(|old| old.id != version.id);
        versions.push(version);
    }
}

/// The id that a write gets now.
fn new_id(world: &mut World, bucket: &str) -> Result<String, Refusal> {
    let enabled = world.state.s3.bucket(bucket)?.versioning.as_deref() == Some("Enabled");
    Ok(if enabled { world.id("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._", 32) } else { NULL.into() })
}

pub(super) fn put(world: &mut World, call: &Call) -> Answer {
    let request = call.request;
    if call.key.len() > 1024 {
        return Err(Refusal::new(400, "KeyTooLongError", "Your key is too long"));
    }
    let bucket = world.state.s3.bucket(&call.bucket)?;
    let current = bucket.current(&call.key).map(|(_, content)| content.etag.as_str());
    match (request.header("if-none-match"), request.header("if-match")) {
        (None, None) => {}
        (Some("*"), None) if current.is_none() => {}
        (Some("*"), None) => return Err(precondition("If-None-Match")),
        (None, Some(wanted)) if wanted != "*" => match current {
            None => return Err(no_key()),
            Some(etag) if !same(etag, wanted) => return Err(precondition("If-Match")),
            Some(_) => {}
        },
        _ => return Err(Refusal::new(501, "NotImplemented", "A header you provided implies functionality that is not implemented")),
    }
    let tags = request.header("x-amz-tagging").map(tag_pairs).unwrap_or_default();
    let content = Content {
        body: BASE64_STANDARD.encode(&request.body),
        size: request.body.len(),
        etag: etag(&request.body),
        headers: kept_headers(request),
        tags: tagging::pairs_checked(tags, 10)?,
    };
    let (versioned, encryption) = (bucket.versioning.is_some(), bucket.encryption.algorithm.clone());
    let id = new_id(world, &call.bucket)?;
    let mut reply = Reply::empty(200).header("etag", &content.etag).header("x-amz-server-side-encryption", &encryption);
    if versioned {
        reply = reply.header("x-amz-version-id", &id);
    }
    let version = Version { id, modified: world.now, content: Some(content) };
    world.state.s3.bucket_mut(&call.bucket)?.push(&call.key, version);
    world.dirty = true;
    Ok(reply)
}

fn tag_pairs(header: &str) -> Vec<(String, String)> {
    let pair = |part: &str| part.split_once('=').map_or((decode(part), String::new()), |(key, value)| (decode(key), decode(value)));
    header.split('&').filter(|part| !part.is_empty()).map(|part| pair(&part.replace('+', " "))).collect()
}

fn kept_headers(request: &Request) -> BTreeMap<String, String> {
    const KEPT: [&str; 6] = ["cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"];
    let kept = request.headers.iter().filter(|(name, _)| KEPT.contains(&name.as_str()) || name.as_str().starts_with("x-amz-meta-"));
    let mut headers: BTreeMap<String, String> =
        kept.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned()))).collect();
    headers.entry("content-type".into()).or_insert_with(|| "binary/octet-stream".into());
    headers
}

fn etag(body: &[u8]) -> String {
    let hex = Sha256::digest(body).iter().take(16).fold(String::new(), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    format!("\"{hex}\"")
}

fn same(etag: &str, wanted: &str) -> bool {
    etag.trim_matches('"') == wanted.trim_matches('"')
}

/// The version that a read asks for, by `versionId` or the current one, with its content.
pub(super) fn found<'a>(world: &'a World, call: &Call) -> Result<(&'a Version, &'a Content), Refusal> {
    let bucket = world.state.s3.bucket(&call.bucket)?;
    let Some(id) = call.request.query("versionId") else { return bucket.current(&call.key).ok_or_else(no_key) };
    let version = bucket.objects.get(&call.key).and_then(|versions| versions.iter().find(|version| version.id == id));
    let version = version.ok_or_else(|| Refusal::new(404, "NoSuchVersion", "The specified version does not exist."))?;
    let marker = || Refusal::new(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
    Ok((version, version.content.as_ref().ok_or_else(marker)?))
}

/// GetObject and HeadObject; the body of the latter is dropped on the way out.
pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let bucket = world.state.s3.bucket(&call.bucket)?;
    let (version, content) = found(world, call)?;
    if call.request.header("if-match").is_some_and(|wanted| wanted != "*" && !same(&content.etag, wanted)) {
        return Err(precondition("If-Match"));
    }
    if call.request.header("if-none-match").is_some_and(|wanted| wanted == "*" || same(&content.etag, wanted)) {
        return Ok(Reply::empty(304).header("etag", &content.etag));
    }
    let mut reply = Reply::empty(200)
        .header("etag", &content.etag)
        .header("last-modified", &dates::http(version.modified))
        .header("content-length", &content.size.to_string())
        .header("accept-ranges", "bytes")
        .header("x-amz-server-side-encryption", &bucket.encryption.algorithm);
    for (name, value) in &content.headers {
        reply = reply.header(name, value);
    }
    if bucket.versioning.is_some() {
        reply = reply.header("x-amz-version-id", &version.id);
    }
    if !content.tags.is_empty() {
        reply = reply.header("x-amz-tagging-count", &content.tags.len().to_string());
    }
    let damaged = |_| Refusal::new(500, "InternalError", "the sandbox's file is damaged");
    Ok(reply.with(BASE64_STANDARD.decode(&content.body).map_err(damaged)?))
}

/// What a delete did, for the reply's headers or its elements.
#[derive(Default)]
struct Deleted {
    /// The version removed, or the marker put on top.
    version: Option<String>,
    marker: bool,
}

fn delete_one(world: &mut World, bucket: &str, key: &str, id: Option<&str>, if_match: Option<&str>) -> Result<Deleted, Refusal> {
    let held = world.state.s3.bucket(bucket)?;
    if let Some(wanted) = if_match {
        let current = held.current(key).map(|(_, content)| content.etag.as_str());
        match current {
            None if held.objects.contains_key(key) => return Err(precondition("If-Match")),
            None => return Err(no_key()),
            Some(etag) if wanted != "*" && !same(etag, wanted) => return Err(precondition("If-Match")),
            Some(_) => {}
        }
    }
    let versioned = held.versioning.is_some();
    world.dirty |= versioned || held.objects.contains_key(key);
    if let Some(id) = id {
        let Some(versions) = world.state.s3.bucket_mut(bucket)?.objects.get_mut(key) else {
            return Ok(Deleted { version: Some(id.into()), marker: false });
        };
        let marker = versions.iter().any(|version| version.id == id && version.content.is_none());
        versions.retain(|version| version.id != id);
        if versions.is_empty() {
            world.state.s3.bucket_mut(bucket)?.objects.remove(key);
        }
        return Ok(Deleted { version: Some(id.into()), marker });
    }
    if !versioned {
        world.state.s3.bucket_mut(bucket)?.objects.remove(key);
        return Ok(Deleted::default());
    }
    let id = new_id(world, bucket)?;
    let marker = Version { id: id.clone(), modified: world.now, content: None };
    world.state.s3.bucket_mut(bucket)?.push(key, marker);
    Ok(Deleted { version: Some(id), marker: true })
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (id, if_match) = (call.request.query("versionId"), call.request.header("if-match"));
    let deleted = delete_one(world, &call.bucket, &call.key, id, if_match)?;
    let mut reply = Reply::empty(204);
    if let Some(version) = &deleted.version {
        reply = reply.header("x-amz-version-id", version);
    }
    if deleted.marker {
        reply = reply.header("x-amz-delete-marker", "true");
    }
    Ok(reply)
}

pub(super) fn delete_many(world: &mut World, call: &Call) -> Answer {
    let given = Element::parse(&call.request.body, "Delete")?;
    let quiet = given.text("Quiet") == Some("true");
    let wanted: Vec<&Element> = given.all("Object").collect();
    if wanted.is_empty() || wanted.len() > 1000 {
        return Err(malformed());
    }
    let mut shown = String::new();
    for object in wanted {
        let key = object.text("Key").ok_or_else(malformed)?;
        let id = object.text("VersionId");
        match delete_one(world, &call.bucket, key, id, object.text("ETag")) {
            Ok(_) if quiet => {}
            Ok(deleted) => {
                let mut inner = element("Key", key);
                if let Some(id) = id {
                    inner.push_str(&element("VersionId", id));
                }
                if deleted.marker {
                    inner.push_str("<DeleteMarker>true</DeleteMarker>");
                    inner.push_str(&element("DeleteMarkerVersionId", deleted.version.as_deref().unwrap_or(NULL)));
                }
                let _ = write!(shown, "<Deleted>{inner}</Deleted>");
            }
            Err(refusal) => {
                let inner = [element("Key", key), element("Code", refusal.code), element("Message", &refusal.message)].concat();
                let _ = write!(shown, "<Error>{inner}</Error>");
            }
        }
    }
    Ok(Reply::xml(200, &format!("<DeleteResult>{shown}</DeleteResult>")))
}

fn no_key() -> Refusal {
    Refusal::new(404, "NoSuchKey", "The specified key does not exist.")
}

fn precondition(header: &str) -> Refusal {
    Refusal::new(412, "PreconditionFailed", format!("At least one of the pre-conditions you specified did not hold: {header}"))
}
