//! Amazon S3 (restXml): buckets, their configuration, objects and their versions.
//!
//! An ETag here is the first half of the content's SHA-256 in hex, where AWS gives an MD5: clients only compare them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::protocol::{Refusal, Reply, Request, decode};
use super::{Service, World, guard};

mod asks;
mod buckets;
mod config;
mod lifecycle;
mod listing;
mod objects;
mod policy;
mod tagging;
mod xml;

pub(super) struct S3;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    buckets: BTreeMap<String, Bucket>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Bucket {
    region: String,
    created: f64,
    public_access: Option<config::PublicAccess>,
    encryption: config::Encryption,
    /// `Enabled` or `Suspended`; `None` until it is set for the first time.
    versioning: Option<String>,
    policy: Option<String>,
    tags: BTreeMap<String, String>,
    ownership: Option<String>,
    lifecycle: Vec<xml::Element>,
    /// By key: its versions, the newest last; never empty.
    objects: BTreeMap<String, Vec<objects::Version>>,
}

/// A request with the bucket and the key that it is about.
struct Call<'a> {
    request: &'a Request,
    bucket: String,
    key: String,
}

/// What a request addresses.
#[derive(Clone, Copy, PartialEq)]
enum Level {
    Account,
    Bucket,
    Object,
}

type Answer = Result<Reply, Refusal>;

struct Operation {
    method: &'static str,
    level: Level,
    subresource: &'static str,
    /// The IAM action, which is often not the operation's name.
    action: &'static str,
    answer: fn(&mut World, &Call) -> Answer,
}

const fn on(
    method: &'static str,
    level: Level,
    subresource: &'static str,
    action: &'static str,
    answer: fn(&mut World, &Call) -> Answer,
) -> Operation {
    Operation { method, level, subresource, action, answer }
}

const OPERATIONS: &[Operation] = &[
    on("GET", Level::Account, "", "ListAllMyBuckets", buckets::list),
    on("PUT", Level::Bucket, "", "CreateBucket", buckets::create),
    on("HEAD", Level::Bucket, "", "ListBucket", buckets::head),
    on("DELETE", Level::Bucket, "", "DeleteBucket", buckets::delete),
    on("GET", Level::Bucket, "location", "GetBucketLocation", buckets::location),
    on("PUT", Level::Bucket, "publicAccessBlock", "PutBucketPublicAccessBlock", config::put_public_access),
    on("GET", Level::Bucket, "publicAccessBlock", "GetBucketPublicAccessBlock", config::get_public_access),
    on("DELETE", Level::Bucket, "publicAccessBlock", "PutBucketPublicAccessBlock", config::delete_public_access),
    on("PUT", Level::Bucket, "encryption", "PutEncryptionConfiguration", config::put_encryption),
    on("GET", Level::Bucket, "encryption", "GetEncryptionConfiguration", config::get_encryption),
    on("DELETE", Level::Bucket, "encryption", "PutEncryptionConfiguration", config::delete_encryption),
    on("PUT", Level::Bucket, "versioning", "PutBucketVersioning", config::put_versioning),
    on("GET", Level::Bucket, "versioning", "GetBucketVersioning", config::get_versioning),
    on("PUT", Level::Bucket, "ownershipControls", "PutBucketOwnershipControls", config::put_ownership),
    on("GET", Level::Bucket, "ownershipControls", "GetBucketOwnershipControls", config::get_ownership),
    on("DELETE", Level::Bucket, "ownershipControls", "PutBucketOwnershipControls", config::delete_ownership),
    on("PUT", Level::Bucket, "policy", "PutBucketPolicy", policy::put),
    on("GET", Level::Bucket, "policy", "GetBucketPolicy", policy::get),
    on("DELETE", Level::Bucket, "policy", "DeleteBucketPolicy", policy::delete),
    on("PUT", Level::Bucket, "tagging", "PutBucketTagging", tagging::put),
    on("GET", Level::Bucket, "tagging", "GetBucketTagging", tagging::get),
    on("DELETE", Level::Bucket, "tagging", "PutBucketTagging", tagging::delete),
    on("PUT", Level::Bucket, "lifecycle", "PutLifecycleConfiguration", lifecycle::put),
    on("GET", Level::Bucket, "lifecycle", "GetLifecycleConfiguration", lifecycle::get),
    on("DELETE", Level::Bucket, "lifecycle", "PutLifecycleConfiguration", lifecycle::delete),
    on("GET", Level::Bucket, "list-type", "ListBucket", listing::objects),
    on("GET", Level::Bucket, "versions", "ListBucketVersions", listing::versions),
    on("POST", Level::Bucket, "delete", "DeleteObject", objects::delete_many),
    on("PUT", Level::Object, "", "PutObject", objects::put),
    on("GET", Level::Object, "", "GetObject", objects::get),
    on("HEAD", Level::Object, "", "GetObject", objects::get),
    on("DELETE", Level::Object, "", "DeleteObject", objects::delete),
    on("GET", Level::Object, "tagging", "GetObjectTagging", tagging::get_object),
];

/// Query names that choose another operation; those that the table lacks are answered with 501.
const SUBRESOURCES: &[&str] = &[
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "list-type",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versioning",
    "versions",
    "website",
];

impl Service for S3 {
    fn claims(&self, request: &Request) -> bool {
        request.signing_name() == "s3"
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let (operation, call) = route(request)?;
        let result = admitted(world, operation, &call).and_then(|()| (operation.answer)(world, &call));
        let mut reply = result.unwrap_or_else(|refusal| refused(world, &call, &refusal));
        if request.method == "HEAD" {
            reply.body.clear();
        }
        Some(reply)
    }

    fn action(&self, request: &Request) -> Option<String> {
        route(request).map(|(operation, _)| format!("s3:{}", operation.action))
    }

    fn asks(&self, world: &mut World, request: &Request) -> Option<Vec<guard::Ask>> {
        let (operation, call) = route(request)?;
        Some(asks::of(world, operation, &call))
    }
}

fn route(request: &Request) -> Option<(&'static Operation, Call<'_>)> {
    let call = address(request);
    let level = match (call.bucket.is_empty(), call.key.is_empty()) {
        (true, _) => Level::Account,
        (false, true) => Level::Bucket,
        (false, false) => Level::Object,
    };
    let subresource = request.query.iter().map(|(name, _)| name.as_str()).find(|name| SUBRESOURCES.contains(name)).unwrap_or("");
    // Copies and parts of uploads look like plain puts.
    if request.header("x-amz-copy-source").is_some() {
        return None;
    }
    let operation = OPERATIONS.iter().find(|o| o.method == request.method && o.level == level && o.subresource == subresource)?;
    Some((operation, call))
}

/// Finds bucket and key: the bucket in the host (`bucket.s3.REGION.amazonaws.com`), or first in the path.
fn address(request: &Request) -> Call<'_> {
    let host = request.host.split(':').next().unwrap_or("");
    let path = request.path.strip_prefix('/').unwrap_or(&request.path);
    let hosted = host.strip_suffix(".amazonaws.com").and_then(|host| {
        let at = host.rfind(".s3.").or_else(|| host.strip_suffix(".s3").map(str::len))?;
        host.get(..at)
    });
    let (bucket, key) = match hosted {
        Some(bucket) => (bucket.to_owned(), path),
        None => {
            let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
            (decode(bucket), key)
        }
    };
    Call { request, bucket, key: decode(key) }
}

/// What holds for every operation on a bucket that exists: its owner, its region, and a checksum where the model asks for one.
fn admitted(world: &World, operation: &Operation, call: &Call) -> Result<(), Refusal> {
    if operation.level == Level::Account || operation.action == "CreateBucket" {
        return Ok(());
    }
    let bucket = world.state.s3.bucket(&call.bucket)?;
    if bucket.created + world.appearing.as_secs_f64() > world.now {
        return Err(no_bucket());
    }
    if call.request.header("x-amz-expected-bucket-owner").is_some_and(|owner| owner != world.account) {
        return Err(Refusal::new(403, "AccessDenied", "Access Denied"));
    }
    if bucket.region != world.region && operation.action != "GetBucketLocation" {
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint. \
                       Please send all future requests to this endpoint.";
        return Err(Refusal::new(301, "PermanentRedirect", message));
    }
    let guarded = operation.level == Level::Bucket && matches!(operation.method, "PUT" | "POST");
    let checksum = |name: &str| name == "content-md5" || name == "x-amz-trailer" || name.starts_with("x-amz-checksum-");
    if guarded && !call.request.headers.keys().any(|name| checksum(name.as_str())) {
        return Err(Refusal::new(400, "InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"));
    }
    Ok(())
}

fn refused(world: &World, call: &Call, refusal: &Refusal) -> Reply {
    let reply = Reply::refuse_s3(refusal.status, refusal.code, &refusal.message);
    match world.state.s3.buckets.get(&call.bucket) {
        Some(bucket) if refusal.status == 301 || call.key.is_empty() => reply.header("x-amz-bucket-region", &bucket.region),
        _ => reply,
    }
}

/// An object as another service finds it.
pub(super) struct Seen {
    pub(super) key: String,
    pub(super) etag: String,
    pub(super) size: usize,
}

/// The current objects below a prefix; `None` if there is no such bucket.
pub(super) fn below(world: &World, bucket: &str, prefix: &str) -> Option<Vec<Seen>> {
    let bucket = world.state.s3.bucket(bucket).ok()?;
    let keys = bucket.objects.keys().filter(|key| key.starts_with(prefix));
    let seen = keys.filter_map(|key| {
        let (_, content) = bucket.current(key)?;
        Some(Seen { key: key.clone(), etag: content.etag.clone(), size: content.size })
    });
    Some(seen.collect())
}

impl State {
    fn bucket(&self, name: &str) -> Result<&Bucket, Refusal> {
        self.buckets.get(name).ok_or_else(no_bucket)
    }

    fn bucket_mut(&mut self, name: &str) -> Result<&mut Bucket, Refusal> {
        self.buckets.get_mut(name).ok_or_else(no_bucket)
    }
}

fn no_bucket() -> Refusal {
    Refusal::new(404, "NoSuchBucket", "The specified bucket does not exist")
}

fn malformed() -> Refusal {
    Refusal::new(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::super::{Faults, Sandbox};
    use super::*;

    const SCOPE: &str = "AWS4-HMAC-SHA256 Credential=AKIA/20260901/us-east-1/s3/aws4_request, SignedHeaders=host";

    /// Sends one request; `headers` as `name: value`.
    async fn ask(sandbox: &Sandbox, method: &str, uri: &str, headers: &[(&'static str, &str)], body: &str) -> (Reply, String) {
        let mut sent = HeaderMap::from_iter([(http::header::AUTHORIZATION, HeaderValue::from_static(SCOPE))]);
        sent.extend(headers.iter().map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())));
        let request = Request::new(method, &uri.parse().unwrap(), sent, body.to_owned().into());
        let reply = sandbox.answer(&request).await;
        let text = String::from_utf8(reply.body.clone()).unwrap();
        (reply, text)
    }

    async fn with_bucket() -> Sandbox {
        let sandbox = Sandbox::open(None, "111122223333", Faults::default()).unwrap();
        assert_eq!(ask(&sandbox, "PUT", "/data", &[], "").await.0.status, 200);
        sandbox
    }

    fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
        reply.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    #[tokio::test]
    async fn a_lock_is_taken_once_and_released_by_its_owner_only() {
        let sandbox = with_bucket().await;
        let (first, _) = ask(&sandbox, "PUT", "http://data.s3.amazonaws.com/lock", &[("if-none-match", "*")], "mine").await;
        assert_eq!(first.status, 200);
        assert_eq!(ask(&sandbox, "PUT", "/data/lock", &[("if-none-match", "*")], "yours").await.0.status, 412);
        let (stolen, _) = ask(&sandbox, "PUT", "/data/lock", &[("if-match", header(&first, "etag"))], "yours").await;
        assert_eq!(stolen.status, 200);
        assert_eq!(ask(&sandbox, "DELETE", "/data/lock", &[("if-match", header(&first, "etag"))], "").await.0.status, 412);
        assert_eq!(ask(&sandbox, "DELETE", "/data/lock", &[("if-match", header(&stolen, "etag"))], "").await.0.status, 204);
        assert_eq!(ask(&sandbox, "PUT", "/data/lock", &[("if-match", header(&stolen, "etag"))], "late").await.0.status, 404);
    }

    #[tokio::test]
    async fn a_listing_counts_prefixes_and_keys_together_and_goes_on_behind_a_prefix() {
        let sandbox = with_bucket().await;
        for key in ["a/1", "a/2", "b", "c/1", "d"] {
            ask(&sandbox, "PUT", &format!("/data/{key}"), &[], "").await;
        }
        let mut uri = "/data?list-type=2&delimiter=/&max-keys=1".to_owned();
        let mut seen = Vec::new();
        loop {
            let (_, page) = ask(&sandbox, "GET", &uri, &[], "").await;
            let page = xml::Element::parse(page.split_once('\n').unwrap().1.as_bytes(), "ListBucketResult").unwrap();
            assert_eq!(page.text("KeyCount"), Some("1"));
            seen.extend(page.all("Contents").filter_map(|c| c.text("Key")).map(str::to_owned));
            seen.extend(page.all("CommonPrefixes").filter_map(|c| c.text("Prefix")).map(str::to_owned));
            let Some(token) = page.text("NextContinuationToken") else { break };
            uri = format!("/data?list-type=2&delimiter=/&max-keys=1&continuation-token={}", super::super::protocol::encode(token));
        }
        assert_eq!(seen, ["a/", "b", "c/", "d"]);
    }

    #[tokio::test]
    async fn a_delete_marker_hides_a_key_and_keeps_its_bucket_from_deletion() {
        let sandbox = with_bucket().await;
        let on = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
        assert_eq!(ask(&sandbox, "PUT", "/data?versioning", &[], on).await.0.status, 400, "a checksum is asked for");
        ask(&sandbox, "PUT", "/data?versioning", &[("content-md5", "x")], on).await;
        ask(&sandbox, "PUT", "/data/key", &[], "one").await;
        let (deleted, _) = ask(&sandbox, "DELETE", "/data/key", &[], "").await;
        assert_eq!(header(&deleted, "x-amz-delete-marker"), "true");
        assert_eq!(ask(&sandbox, "GET", "/data/key", &[], "").await.0.status, 404);
        assert_eq!(ask(&sandbox, "DELETE", "/data", &[], "").await.0.status, 409);
        let (_, versions) = ask(&sandbox, "GET", "/data?versions&max-keys=1", &[], "").await;
        assert!(versions.contains("<DeleteMarker>") && versions.contains("<IsTruncated>true</IsTruncated>"), "{versions}");
        let marker = header(&deleted, "x-amz-version-id");
        let next = format!("/data?versions&key-marker=key&version-id-marker={marker}");
        let (_, versions) = ask(&sandbox, "GET", &next, &[], "").await;
        assert!(versions.contains("<Version>") && !versions.contains("<DeleteMarker>"), "{versions}");
    }
}
