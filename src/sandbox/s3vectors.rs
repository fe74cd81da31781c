//! Amazon S3 Vectors (restJson1): vector buckets and their indexes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::protocol::{Refusal, Reply, Request};
use super::rpc::{self, Answer, Operation, on};
use super::shape::{self, Shape};
use super::tags::{self, Tags};
use super::{Service, World};

mod buckets;
mod indexes;

const INVALID: &str = "ValidationException";
const NAME: &str = "[a-z0-9][a-z0-9-]{1,61}[a-z0-9]";
const BUCKET_ARN: &str = "arn:aws[-a-z0-9]*:s3vectors:[a-z0-9-]+:[0-9]{12}:bucket/[a-z0-9][a-z0-9-.]{1,61}[a-z0-9]";

pub(super) struct S3Vectors;

/// By region and by name.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    buckets: BTreeMap<String, BTreeMap<String, Bucket>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Bucket {
    created: f64,
    encryption: Value,
    tags: Tags,
    indexes: BTreeMap<String, Index>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Index {
    created: f64,
    dimension: u64,
    metric: String,
    metadata: Option<Value>,
    encryption: Value,
    tags: Tags,
}

static OPERATIONS: &[Operation] = &[
    on("CreateVectorBucket", &buckets::CREATE, buckets::create),
    on("GetVectorBucket", &buckets::NAMED, buckets::get),
    on("ListVectorBuckets", &buckets::LIST, buckets::list),
    on("DeleteVectorBucket", &buckets::NAMED, buckets::delete),
    on("CreateIndex", &indexes::CREATE, indexes::create),
    on("GetIndex", &indexes::NAMED, indexes::get),
    on("ListIndexes", &indexes::LIST, indexes::list),
    on("DeleteIndex", &indexes::NAMED, indexes::delete),
];

impl Service for S3Vectors {
    fn claims(&self, request: &Request) -> bool {
        request.signing_name() == "s3vectors"
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let result = match request.segments().split_first() {
            Some((first, arn)) if first == "tags" => tagging(world, request, &arn.join("/"))?,
            Some((name, [])) if request.method == "POST" => rpc::answer(OPERATIONS, name, INVALID, world, request)?,
            _ => return None,
        };
        Some(match result {
            Ok(body) => Reply::json(200, &body),
            Err(refusal) => Reply::refuse_json(refusal.status, refusal.code, &refusal.message),
        })
    }

    fn action(&self, request: &Request) -> Option<String> {
        let operation = match (request.method.as_str(), request.segments().split_first()?) {
            ("POST", (first, _)) if first == "tags" => "TagResource",
            ("DELETE", (first, _)) if first == "tags" => "UntagResource",
            ("GET", (first, _)) if first == "tags" => "ListTagsForResource",
            ("POST", (name, [])) => OPERATIONS.iter().find(|operation| operation.name == name)?.name,
            _ => return None,
        };
        Some(format!("s3vectors:{operation}"))
    }
}

/// The dimension of the index of that ARN, if there is one.
pub(super) fn dimension(world: &World, index_arn: &str) -> Option<u64> {
    let (bucket, index) = parse(world, index_arn)?;
    let bucket = world.state.s3vectors.buckets.get(&world.region)?.get(bucket)?;
    Some(bucket.indexes.get(index?)?.dimension)
}

fn bucket_arn(world: &World, bucket: &str) -> String {
    format!("arn:aws:s3vectors:{}:{}:bucket/{bucket}", world.region, world.account)
}

fn index_arn(world: &World, bucket: &str, index: &str) -> String {
    format!("{}/index/{index}", bucket_arn(world, bucket))
}

/// The names in an ARN of this account and region.
fn parse<'a>(world: &World, arn: &'a str) -> Option<(&'a str, Option<&'a str>)> {
    let rest = arn.strip_prefix(&bucket_arn(world, ""))?;
    Some(rest.split_once("/index/").map_or((rest, None), |(bucket, index)| (bucket, Some(index))))
}

/// The bucket that a request means by name or by ARN, exactly one of which it gives.
fn bucket_name(world: &World, body: &Value) -> Result<String, Refusal> {
    match (shape::maybe(body, "vectorBucketName"), shape::maybe(body, "vectorBucketArn")) {
        (Some(name), None) => Ok(name),
        (None, Some(arn)) => parse(world, &arn).map(|(bucket, _)| bucket.to_owned()).ok_or_else(no_bucket),
        _ => Err(Refusal::new(400, INVALID, "Must specify either vectorBucketName or vectorBucketArn but not both")),
    }
}

fn find<'a>(world: &'a mut World, bucket: &str) -> Result<&'a mut Bucket, Refusal> {
    world.state.s3vectors.buckets.get_mut(&world.region).and_then(|buckets| buckets.get_mut(bucket)).ok_or_else(no_bucket)
}

fn no_bucket() -> Refusal {
    Refusal::new(404, "NotFoundException", "The specified vector bucket could not be found")
}

fn no_index() -> Refusal {
    Refusal::new(404, "NotFoundException", "The specified index could not be found")
}

fn tagging(world: &mut World, request: &Request, arn: &str) -> Option<Answer> {
    static TAG: Shape = Shape::Struct(&[shape::must("tags", tags::SHAPE)]);
    let found = parse(world, arn).map(|(bucket, index)| (bucket.to_owned(), index.map(str::to_owned)));
    let named = found.ok_or_else(no_bucket).and_then(|(bucket, index)| {
        let bucket = find(world, &bucket)?;
        match index {
            Some(index) => bucket.indexes.get_mut(&index).map(|index| &mut index.tags).ok_or_else(no_index),
            None => Ok(&mut bucket.tags),
        }
    });
    let tags = match named {
        Ok(tags) => tags,
        Err(refusal) => return Some(Err(refusal)),
    };
    let done = match request.method.as_str() {
        "GET" => return Some(Ok(json!({ "tags": tags }))),
        "POST" => shape::body(request, &TAG, INVALID).and_then(|body| tags::add(tags, body.get("tags"), INVALID)),
        "DELETE" => {
            tags.retain(|key, _| !request.query.iter().any(|(name, value)| name == "tagKeys" && value == key));
            Ok(())
        }
        _ => return None,
    };
    world.dirty = true;
    Some(done.map(|()| json!({})))
}
