//! What a call of S3 asks for: each object by its ARN, a listing by its prefix.

use super::super::World;
use super::super::guard::Ask;
use super::xml::Element;
use super::{Call, Level, Operation};

pub(super) fn of(world: &World, operation: &Operation, call: &Call) -> Vec<Ask> {
    let bucket = format!("arn:aws:s3:::{}", call.bucket);
    let policy = world.state.s3.buckets.get(&call.bucket).and_then(|bucket| bucket.policy.clone());
    let object = |action: &str, key: &str, version: Option<&str>| {
        // A version that is named is a permission of its own.
        let action = if version.is_some() { format!("s3:{action}Version") } else { format!("s3:{action}") };
        Ask::new(action, format!("{bucket}/{key}")).with_some("s3:VersionId", version).under(policy.clone())
    };
    let whole = || Ask::new(format!("s3:{}", operation.action), bucket.clone()).under(policy.clone());
    match (operation.level, operation.action) {
        (Level::Account, _) => vec![Ask::new(format!("s3:{}", operation.action), "*")],
        (Level::Object, action) => {
            let mut asks = vec![object(action, &call.key, call.request.query("versionId"))];
            if call.request.header("x-amz-tagging").is_some() {
                asks.push(object("PutObjectTagging", &call.key, None));
            }
            asks
        }
        // S3 refuses one object of many; the sandbox all of them.
        (Level::Bucket, "DeleteObject") => match Element::parse(&call.request.body, "Delete") {
            Ok(given) => {
                given.all("Object").map(|o| object("DeleteObject", o.text("Key").unwrap_or_default(), o.text("VersionId"))).collect()
            }
            Err(_) => vec![object("DeleteObject", "*", None)],
        },
        (Level::Bucket, "ListBucket" | "ListBucketVersions") => {
            let asked = |name: &str| call.request.query(name);
            let ask = whole().with_some("s3:prefix", asked("prefix")).with_some("s3:delimiter", asked("delimiter"));
            vec![ask.with_some("s3:max-keys", asked("max-keys"))]
        }
        (Level::Bucket, _) => vec![whole()],
    }
}
