//! Vector indexes: everything about one is fixed when it is created.

use serde_json::{Value, json};

use super::super::World;
use super::super::pages;
use super::super::protocol::Refusal;
use super::super::shape::{self, Shape, list as list_of, may, must, number, text};
use super::super::tags;
use super::{Answer, BUCKET_ARN, INVALID, Index, bucket_name, buckets, find, index_arn, no_index, parse};

const NAME: &str = "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]";

static KEY: Shape = text(1, 63, "");
static METADATA: Shape = Shape::Struct(&[may("nonFilterableMetadataKeys", list_of(0, 10, &KEY))]);

pub(super) static CREATE: Shape = Shape::Struct(&[
    may("vectorBucketName", text(3, 63, "")),
    may("vectorBucketArn", text(0, 2048, BUCKET_ARN)),
    must("indexName", text(3, 63, NAME)),
    must("dataType", Shape::OneOf(&["float32"])),
    must("dimension", number(1, 4096)),
    must("distanceMetric", Shape::OneOf(&["euclidean", "cosine"])),
    may("metadataConfiguration", Shape::Of(&METADATA)),
    may("encryptionConfiguration", Shape::Of(&buckets::ENCRYPTION)),
    may("tags", tags::SHAPE),
]);

pub(super) static NAMED: Shape =
    Shape::Struct(&[may("vectorBucketName", text(3, 63, "")), may("indexName", text(3, 63, "")), may("indexArn", text(0, 2048, ""))]);

pub(super) static LIST: Shape = Shape::Struct(&[
    may("vectorBucketName", text(3, 63, "")),
    may("vectorBucketArn", text(0, 2048, BUCKET_ARN)),
    may("maxResults", number(1, 500)),
    may("nextToken", text(1, 512, "")),
    may("prefix", text(1, 63, "")),
]);

pub(super) fn create(world: &mut World, body: &Value) -> Answer {
    let bucket_name = bucket_name(world, body)?;
    let name = shape::string(body, "indexName");
    let index = Index {
        created: world.now,
        dimension: body.get("dimension").and_then(Value::as_u64).unwrap_or(0),
        metric: shape::string(body, "distanceMetric").into(),
        metadata: body.get("metadataConfiguration").cloned(),
        encryption: buckets::encryption(body)?,
        tags: tags::read(body.get("tags"), INVALID)?,
    };
    let bucket = find(world, &bucket_name)?;
    if bucket.indexes.contains_key(name) {
        return Err(Refusal::new(409, "ConflictException", "An index with the specified name already exists"));
    }
    bucket.indexes.insert(name.into(), index);
    world.dirty = true;
    Ok(json!({ "indexArn": index_arn(world, &bucket_name, name) }))
}

/// The bucket and the index that a request means, by their names or by one ARN.
fn names(world: &World, body: &Value) -> Result<(String, String), Refusal> {
    match (shape::maybe(body, "vectorBucketName"), shape::maybe(body, "indexName"), shape::maybe(body, "indexArn")) {
        (Some(bucket), Some(index), None) => Ok((bucket, index)),
        (None, None, Some(arn)) => match parse(world, &arn) {
            Some((bucket, Some(index))) => Ok((bucket.into(), index.into())),
            _ => Err(no_index()),
        },
        _ => Err(Refusal::new(400, INVALID, "Must specify either indexArn or both vectorBucketName and indexName")),
    }
}

pub(super) fn get(world: &mut World, body: &Value) -> Answer {
    let (bucket_name, name) = names(world, body)?;
    let arn = index_arn(world, &bucket_name, &name);
    let index = find(world, &bucket_name)?.indexes.get(&name).ok_or_else(no_index)?;
    let mut shown = json!({
        "vectorBucketName": bucket_name,
        "indexName": name,
        "indexArn": arn,
        "creationTime": index.created,
        "dataType": "float32",
        "dimension": index.dimension,
        "distanceMetric": index.metric,
        "encryptionConfiguration": index.encryption,
    });
    shape::put(&mut shown, "metadataConfiguration", index.metadata.clone());
    Ok(json!({ "index": shown }))
}

pub(super) fn list(world: &mut World, body: &Value) -> Answer {
    let bucket_name = bucket_name(world, body)?;
    let arn = |index: &str| index_arn(world, &bucket_name, index);
    let prefix = shape::string(body, "prefix");
    let bucket =
        world.state.s3vectors.buckets.get(&world.region).and_then(|buckets| buckets.get(&bucket_name)).ok_or_else(super::no_bucket)?;
    let indexes = bucket.indexes.iter().filter(|(name, _)| name.starts_with(prefix)).map(|(name, index)| {
        let summary = json!({ "vectorBucketName": bucket_name, "indexName": name, "indexArn": arn(name), "creationTime": index.created });
        (name, summary)
    });
    let page = pages::page(indexes, pages::size(body, "maxResults"), body.get("nextToken").and_then(Value::as_str));
    let (page, next) = page.ok_or_else(|| Refusal::new(400, INVALID, "Invalid nextToken"))?;
    let mut reply = json!({ "indexes": page });
    shape::put(&mut reply, "nextToken", next);
    Ok(reply)
}

/// Deleting an index that is gone succeeds; its bucket has to be there.
pub(super) fn delete(world: &mut World, body: &Value) -> Answer {
    let (bucket, name) = names(world, body)?;
    find(world, &bucket)?.indexes.remove(&name);
    world.dirty = true;
    Ok(json!({}))
}
