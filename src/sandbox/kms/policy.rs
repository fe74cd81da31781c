//! Key policies: KMS refuses one that would lock everybody out of the key.

use serde_json::{Value, json};

use super::super::World;
use super::super::protocol::Refusal;
use super::super::shape;
use super::{Answer, KeyState, arn, id, key, refuse, wrong_state};

/// The only name that KMS takes.
const NAME: &str = "default";

/// What KMS gives a key that is made without one.
pub(super) fn default(account: &str) -> String {
    let principal = json!({ "AWS": format!("arn:aws:iam::{account}:root") });
    let statement =
        json!({ "Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*" });
    json!({ "Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement] }).to_string()
}

/// The document, if KMS accepts it.
pub(super) fn checked(world: &World, body: &Value, text: String) -> Result<String, Refusal> {
    let malformed = |message: &str| Err(refuse("MalformedPolicyDocumentException", message));
    let Ok(policy) = serde_json::from_str::<Value>(&text) else { return malformed("Policy contains invalid JSON") };
    let statements = many(policy.get("Statement"));
    let whole = |s: &&Value| {
        s.get("Principal").or_else(|| s.get("NotPrincipal")).is_some()
            && s.get("Action").or_else(|| s.get("NotAction")).is_some()
            && s.get("Resource").or_else(|| s.get("NotResource")).is_some()
            && matches!(shape::string(s, "Effect"), "Allow" | "Deny")
    };
    if statements.is_empty() || !statements.iter().all(whole) {
        return malformed("The policy has a statement without a principal, an action, a resource or an effect");
    }
    let bypass = body.get("BypassPolicyLockoutSafetyCheck").and_then(Value::as_bool).unwrap_or(false);
    if !bypass && !statements.iter().any(|statement| keeps_a_key_holder(statement, &world.account)) {
        return malformed("The new key policy will not allow you to update the key policy in the future.");
    }
    Ok(text)
}

/// Whether somebody of the account may still put a policy.
fn keeps_a_key_holder(statement: &Value, account: &str) -> bool {
    let covers = |action: &&Value| {
        action.as_str().is_some_and(|a| a.strip_suffix('*').map_or(a == "kms:PutKeyPolicy", |p| "kms:PutKeyPolicy".starts_with(p)))
    };
    let ours = |principal: &&Value| {
        principal.as_str().is_some_and(|p| p == "*" || p == account || p.starts_with(&format!("arn:aws:iam::{account}:")))
    };
    let principal = statement.get("Principal");
    shape::string(statement, "Effect") == "Allow"
        && statement.get("Condition").is_none()
        && many(statement.get("Action")).iter().any(covers)
        && many(principal.and_then(|p| p.get("AWS")).or(principal)).iter().any(ours)
}

fn many(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
    }
}

fn named(body: &Value) -> Result<(), Refusal> {
    match shape::string(body, "PolicyName") {
        "" | NAME => Ok(()),
        other => Err(refuse("NotFoundException", format!("No such policy exists: {other}"))),
    }
}

pub(super) fn get(world: &mut World, body: &Value) -> Answer {
    named(body)?;
    Ok(json!({ "Policy": key(world, body)?.policy, "PolicyName": NAME }))
}

pub(super) fn put(world: &mut World, body: &Value) -> Answer {
    named(body)?;
    let policy = checked(world, body, shape::string(body, "Policy").into())?;
    let id = id(world, body, "KeyId", false)?;
    let arn = arn(world, &id);
    let key = key(world, body)?;
    if key.state == KeyState::PendingDeletion {
        return Err(wrong_state(&arn, key.state));
    }
    key.policy = policy;
    world.dirty = true;
    Ok(json!({}))
}
