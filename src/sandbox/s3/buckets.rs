//! Buckets themselves: create, find, list, delete.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine};

use super::super::protocol::{Refusal, Reply, element};
use super::super::{World, dates};
use super::xml::Element;
use super::{Answer, Bucket, Call, config, tagging};

const MOST_BUCKETS: usize = 10_000;
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    named_well(world, call)?;
    let body = &call.request.body;
    let given = if body.is_empty() { None } else { Some(Element::parse(body, "CreateBucketConfiguration")?) };
    located_well(&world.region, given.as_ref().and_then(|g| g.text("LocationConstraint")).filter(|l| !l.is_empty()))?;
    let tags = given.as_ref().and_then(|g| g.child("Tags")).map_or_else(|| Ok(BTreeMap::new()), |tags| tagging::checked(tags, 50))?;
    if let Some(bucket) = world.state.s3.buckets.get(&call.bucket) {
        // Only the oldest region answers a repeated create as if it were the first.
        if bucket.region == "us-east-1" && world.region == "us-east-1" {
            return Ok(created(&call.bucket));
        }
        let message = "Your previous request to create the named bucket succeeded and you already own it.";
        return Err(Refusal::new(409, "BucketAlreadyOwnedByYou", message));
    }
    if world.state.s3.buckets.len() >= MOST_BUCKETS {
        return Err(Refusal::new(400, "TooManyBuckets", "You have attempted to create more buckets than allowed"));
    }
    let bucket = Bucket {
        region: world.region.clone(),
        created: world.now,
        public_access: Some(config::PublicAccess::ALL),
        encryption: config::Encryption::default(),
        versioning: None,
        policy: None,
        tags,
        ownership: Some(ownership(call)?),
        lifecycle: Vec::new(),
        objects: BTreeMap::new(),
    };
    world.state.s3.buckets.insert(call.bucket.clone(), bucket);
    world.dirty = true;
    Ok(created(&call.bucket))
}

fn created(bucket: &str) -> Reply {
    Reply::empty(200).header("location", &format!("/{bucket}"))
}

fn ownership(call: &Call) -> Result<String, Refusal> {
    let wanted = call.request.header("x-amz-object-ownership").unwrap_or("BucketOwnerEnforced");
    config::known_ownership(wanted)?;
    Ok(wanted.into())
}

fn located_well(region: &str, constraint: Option<&str>) -> Result<(), Refusal> {
    match constraint {
        Some("us-east-1") => Err(Refusal::new(400, "InvalidLocationConstraint", "The specified location-constraint is not valid")),
        None if region == "us-east-1" => Ok(()),
        Some(location) if location == region || (location == "EU" && region == "eu-west-1") => Ok(()),
        other => {
            let message = format!(
                "The {} location constraint is incompatible for the region specific endpoint this request was sent to.",
                other.unwrap_or("unspecified")
            );
            Err(Refusal::new(400, "IllegalLocationConstraintException", message))
        }
    }
}

fn named_well(world: &World, call: &Call) -> Result<(), Refusal> {
    let name = call.bucket.as_str();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let good = (3..=63).contains(&name.len())
        && name.chars().all(|c| plain(c) || c == '-' || c == '.')
        && name.starts_with(plain)
        && name.ends_with(plain)
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
        && !["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|prefix| name.starts_with(prefix))
        && !["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].iter().any(|suffix| name.ends_with(suffix));
    if !good {
        return Err(Refusal::new(400, "InvalidBucketName", "The specified bucket is not valid."));
    }
    let regional = call.request.header("x-amz-bucket-namespace") == Some("account-regional");
    if regional && !name.ends_with(&format!("-{}-{}-an", world.account, world.region)) {
        return Err(Refusal::new(400, "InvalidNamespaceHeader", "The bucket name does not end with this account's regional namespace."));
    }
    Ok(())
}

pub(super) fn head(world: &mut World, call: &Call) -> Answer {
    let bucket = world.state.s3.bucket(&call.bucket)?;
    Ok(Reply::empty(200).header("x-amz-bucket-region", &bucket.region).header("x-amz-access-point-alias", "false"))
}

pub(super) fn location(world: &mut World, call: &Call) -> Answer {
    let bucket = world.state.s3.bucket(&call.bucket)?;
    let region = if bucket.region == "us-east-1" { "" } else { &bucket.region };
    Ok(Reply::xml(200, &format!("<LocationConstraint xmlns=\"{NAMESPACE}\">{region}</LocationConstraint>")))
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let bucket = world.state.s3.bucket(&call.bucket)?;
    if !bucket.objects.is_empty() {
        let message = match &bucket.versioning {
            Some(_) => "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
            None => "The bucket you tried to delete is not empty",
        };
        return Err(Refusal::new(409, "BucketNotEmpty", message));
    }
    world.state.s3.buckets.remove(&call.bucket);
    world.dirty = true;
    Ok(Reply::empty(204))
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let request = call.request;
    let prefix = request.query("prefix").unwrap_or("");
    let most = match request.query("max-buckets") {
        Some(text) => text.parse().ok().filter(|n| (1..=MOST_BUCKETS).contains(n)).ok_or_else(|| {
            Refusal::new(400, "InvalidArgument", format!("Argument maxBuckets must be an integer between 1 and {MOST_BUCKETS}"))
        })?,
        None => MOST_BUCKETS,
    };
    let after = match request.query("continuation-token") {
        Some(token) => {
            let name = BASE64_STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            name.ok_or_else(|| Refusal::new(400, "InvalidArgument", "The continuation token provided is incorrect"))?
        }
        None => String::new(),
    };
    let region = request.query("bucket-region");
    let mut found = world.state.s3.buckets.iter().filter(|(name, bucket)| {
        name.starts_with(prefix) && name.as_str() > after.as_str() && region.is_none_or(|region| region == bucket.region)
    });
    let page: Vec<_> = found.by_ref().take(most).collect();
    let token = match (found.next(), page.last()) {
        (Some(_), Some((last, _))) => element("ContinuationToken", &BASE64_STANDARD.encode(last)),
        _ => String::new(),
    };
    let shown: String = page
        .iter()
        .map(|(name, bucket)| {
            let region = if request.query.is_empty() { String::new() } else { element("BucketRegion", &bucket.region) };
            format!("<Bucket>{}{}{region}</Bucket>", element("Name", name), element("CreationDate", &dates::iso_millis(bucket.created)))
        })
        .collect();
    let echoed = request.query("prefix").map(|prefix| element("Prefix", prefix)).unwrap_or_default();
    let owner = format!("<Owner>{}</Owner>", element("ID", &world.account));
    Ok(Reply::xml(
        200,
        &format!("<ListAllMyBucketsResult xmlns=\"{NAMESPACE}\">{owner}<Buckets>{shown}</Buckets>{token}{echoed}</ListAllMyBucketsResult>"),
    ))
}
