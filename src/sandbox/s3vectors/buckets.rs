//! Vector buckets: create, get, list, delete.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::World;
use super::super::pages;
use super::super::protocol::Refusal;
use super::super::shape::{self, Shape, may, must, number, text};
use super::super::tags;
use super::{Answer, BUCKET_ARN, Bucket, INVALID, NAME, bucket_arn, bucket_name, find};

const KEY_ARN: &str = "arn:aws[-a-z0-9]*:kms:[-a-z0-9]*:[0-9]{12}:key/.+";

pub(super) static ENCRYPTION: Shape =
    Shape::Struct(&[may("sseType", Shape::OneOf(&["AES256", "aws:kms"])), may("kmsKeyArn", text(1, 2048, KEY_ARN))]);

pub(super) static CREATE: Shape = Shape::Struct(&[
    must("vectorBucketName", text(3, 63, NAME)),
    may("encryptionConfiguration", Shape::Of(&ENCRYPTION)),
    may("tags", tags::SHAPE),
]);

pub(super) static NAMED: Shape =
    Shape::Struct(&[may("vectorBucketName", text(3, 63, "")), may("vectorBucketArn", text(0, 2048, BUCKET_ARN))]);

pub(super) static LIST: Shape =
    Shape::Struct(&[may("maxResults", number(1, 500)), may("nextToken", text(1, 512, "")), may("prefix", text(1, 63, ""))]);

/// The encryption of something new, AWS's default filled in.
pub(super) fn encryption(body: &Value) -> Result<Value, Refusal> {
    let Some(given) = body.get("encryptionConfiguration") else { return Ok(json!({ "sseType": "AES256" })) };
    let with_key = given.get("kmsKeyArn").is_some();
    match (shape::string(given, "sseType"), with_key) {
        ("aws:kms", true) | ("AES256", false) => Ok(given.clone()),
        ("" | "AES256", true) => Err(Refusal::new(400, INVALID, "kmsKeyArn is only allowed with sseType aws:kms")),
        ("aws:kms", false) => Err(Refusal::new(400, INVALID, "kmsKeyArn is required with sseType aws:kms")),
        _ => Ok(json!({ "sseType": "AES256" })),
    }
}

pub(super) fn create(world: &mut World, body: &Value) -> Answer {
    let name = shape::string(body, "vectorBucketName");
    let encryption = encryption(body)?;
    let tags = tags::read(body.get("tags"), INVALID)?;
    let created = world.now;
    let buckets = world.state.s3vectors.buckets.entry(world.region.clone()).or_default();
    if buckets.contains_key(name) {
        return Err(Refusal::new(409, "ConflictException", "A vector bucket with the specified name already exists"));
    }
    buckets.insert(name.into(), Bucket { created, encryption, tags, indexes: BTreeMap::new() });
    world.dirty = true;
    Ok(json!({ "vectorBucketArn": bucket_arn(world, name) }))
}

pub(super) fn get(world: &mut World, body: &Value) -> Answer {
    let name = bucket_name(world, body)?;
    let arn = bucket_arn(world, &name);
    let bucket = find(world, &name)?;
    Ok(json!({ "vectorBucket": {
        "vectorBucketName": name,
        "vectorBucketArn": arn,
        "creationTime": bucket.created,
        "encryptionConfiguration": bucket.encryption,
    }}))
}

pub(super) fn list(world: &mut World, body: &Value) -> Answer {
    let prefix = shape::string(body, "prefix");
    let buckets = world.state.s3vectors.buckets.get(&world.region).into_iter().flatten().filter(|(name, _)| name.starts_with(prefix));
    let page = pages::page(
        buckets.map(|(name, bucket)| (name, (name, bucket))),
        pages::size(body, "maxResults"),
        body.get("nextToken").and_then(Value::as_str),
    );
    let (page, next) = page.ok_or_else(|| Refusal::new(400, INVALID, "Invalid nextToken"))?;
    let summary = |(name, bucket): (&String, &Bucket)| json!({ "vectorBucketName": name, "vectorBucketArn": bucket_arn(world, name), "creationTime": bucket.created });
    let mut reply = json!({ "vectorBuckets": page.into_iter().map(summary).collect::<Vec<_>>() });
    shape::put(&mut reply, "nextToken", next);
    Ok(reply)
}

pub(super) fn delete(world: &mut World, body: &Value) -> Answer {
    let name = bucket_name(world, body)?;
    if !find(world, &name)?.indexes.is_empty() {
        return Err(Refusal::new(409, "ConflictException", "The specified vector bucket is not empty"));
    }
    if let Some(buckets) = world.state.s3vectors.buckets.get_mut(&world.region) {
        buckets.remove(&name);
    }
    world.dirty = true;
    Ok(json!({}))
}
