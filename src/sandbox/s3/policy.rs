//! The policy of a bucket: kept as sent, refused where S3 refuses it.

use serde_json::Value;

use super::super::protocol::{Refusal, Reply};
use super::super::{World, iam};
use super::{Answer, Call};

const MOST_BYTES: usize = 20 * 1024;

pub(super) fn put(world: &mut World, call: &Call) -> Answer {
    let text = std::str::from_utf8(&call.request.body).map_err(|_| malformed("This policy contains invalid Json"))?;
    if text.len() > MOST_BYTES {
        return Err(malformed("Policy exceeds the maximum allowed document size."));
    }
    let policy: Value = serde_json::from_str(text).map_err(|_| malformed("This policy contains invalid Json"))?;
    let statements: Vec<&Value> = match policy.get("Statement") {
        Some(Value::Array(list)) if !list.is_empty() => list.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => return Err(malformed("Missing required field Statement")),
    };
    for statement in &statements {
        checked(statement, &call.bucket)?;
    }
    iam::known_principals(world, &policy).map_err(|_| malformed("Invalid principal in policy"))?;
    let caller = iam::sandbox_caller(&world.account);
    let bucket = world.state.s3.bucket_mut(&call.bucket)?;
    if bucket.public_access.is_some_and(|block| block.policy) && statements.iter().any(|statement| public(statement)) {
        let message = format!(
            "User: {caller} is not authorized to perform: s3:PutBucketPolicy on resource: \"arn:aws:s3:::{}\" \
             because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
            call.bucket
        );
        return Err(Refusal::new(403, "AccessDenied", message));
    }
    bucket.policy = Some(text.into());
    world.dirty = true;
    Ok(Reply::empty(204))
}

fn checked(statement: &Value, bucket: &str) -> Result<(), Refusal> {
    let one_of = |names: [&str; 2]| names.iter().find_map(|name| statement.get(name));
    if !matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny")) {
        return Err(malformed("Invalid effect"));
    }
    one_of(["Principal", "NotPrincipal"]).ok_or_else(|| malformed("Missing required field Principal"))?;
    let actions = one_of(["Action", "NotAction"]).ok_or_else(|| malformed("Missing required field Action"))?;
    if strings(actions).iter().any(|action| *action != "*" && !action.to_ascii_lowercase().starts_with("s3:")) {
        return Err(malformed("Policy has invalid action"));
    }
    let resources = one_of(["Resource", "NotResource"]).ok_or_else(|| malformed("Missing required field Resource"))?;
    let whole = format!("arn:aws:s3:::{bucket}");
    let inside = |resource: &str| resource.strip_prefix(&whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if !strings(resources).into_iter().all(inside) {
        return Err(malformed("Policy has invalid resource"));
    }
    Ok(())
}

/// Whether a statement lets everybody in: no condition narrows it.
fn public(statement: &Value) -> bool {
    let everybody = match statement.get("Principal") {
        Some(Value::String(principal)) => principal == "*",
        Some(principal) => principal.get("AWS").is_some_and(|named| strings(named).contains(&"*")),
        None => false,
    };
    statement.get("Effect").is_some_and(|effect| effect == "Allow") && everybody && statement.get("Condition").is_none()
}

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

fn malformed(message: &str) -> Refusal {
    Refusal::new(400, "MalformedPolicy", message)
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let policy = world.state.s3.bucket(&call.bucket)?.policy.as_ref();
    let policy = policy.ok_or_else(|| Refusal::new(404, "NoSuchBucketPolicy", "The bucket policy does not exist"))?;
    Ok(Reply::empty(200).header("content-type", "application/json").with(policy.as_bytes()))
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    world.state.s3.bucket_mut(&call.bucket)?.policy = None;
    world.dirty = true;
    Ok(Reply::empty(204))
}
