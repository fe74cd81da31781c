//! Resource policies: which services may write to the account's log groups; ten in a region.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::World;
use super::super::shape;
use super::{Answer, INVALID, missing, page, refuse, region};

const MOST: usize = 10;
/// What CloudWatch Logs writes by itself for the services that it delivers for.
const OF_DELIVERY: &str = "AWSLogDeliveryWrite20150319";

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Policy {
    document: String,
    updated: f64,
}

impl Policy {
    /// Conditions are not weighed.
    pub(super) fn allows(&self, service: &str, resource: &str) -> bool {
        let document: Value = serde_json::from_str(&self.document).unwrap_or_default();
        let matches = |value: Option<&Value>, wanted: &str| {
            many(value)
                .iter()
                .filter_map(|v| v.as_str())
                .any(|p| p.strip_suffix('*').map_or(p == wanted, |start| wanted.starts_with(start)))
        };
        many(document.get("Statement")).iter().any(|statement| {
            let principal = statement.get("Principal");
            shape::string(statement, "Effect") == "Allow"
                && matches(principal.and_then(|p| p.get("Service")).or(principal), service)
                && matches(statement.get("Action"), "logs:PutLogEvents")
                && matches(statement.get("Resource"), resource)
        })
    }
}

fn many(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
    }
}

pub(super) fn put(world: &mut World, body: &Value) -> Answer {
    let (name, document) = (shape::string(body, "policyName").to_owned(), shape::string(body, "policyDocument").to_owned());
    let parsed: Option<Value> = serde_json::from_str(&document).ok();
    let statements = parsed.as_ref().map(|policy| many(policy.get("Statement"))).unwrap_or_default();
    let whole = |s: &&Value| ["Effect", "Principal", "Action", "Resource"].iter().all(|member| s.get(*member).is_some());
    if statements.is_empty() || !statements.iter().all(whole) {
        return Err(refuse(INVALID, "The policy document is not valid."));
    }
    let now = world.now;
    let policies = &mut region(world).policies;
    if !policies.contains_key(&name) && policies.len() >= MOST {
        return Err(refuse("LimitExceededException", "Resource limit exceeded."));
    }
    let reply = shown(&name, &document, now);
    policies.insert(name, Policy { document, updated: now });
    world.dirty = true;
    Ok(json!({ "resourcePolicy": reply }))
}

fn shown(name: &str, document: &str, updated: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit")]
    let updated = (updated * 1000.0) as i64;
    json!({ "policyName": name, "policyDocument": document, "lastUpdatedTime": updated, "policyScope": "ACCOUNT" })
}

pub(super) fn describe(world: &mut World, body: &Value) -> Answer {
    page(body, region(world).policies.iter().map(|(name, p)| (name, shown(name, &p.document, p.updated))), "resourcePolicies")
}

pub(super) fn delete(world: &mut World, body: &Value) -> Answer {
    let gone = region(world).policies.remove(shape::string(body, "policyName"));
    gone.ok_or_else(|| missing("Policy does not exist."))?;
    world.dirty = true;
    Ok(json!({}))
}

/// A delivery to a log group brings its own policy along.
pub(super) fn of_delivery(world: &mut World) {
    let (now, base) = (world.now, super::arn(world, "log-group:/aws/vendedlogs/*"));
    let statement = json!({
        "Sid": OF_DELIVERY, "Effect": "Allow", "Principal": { "Service": "delivery.logs.amazonaws.com" },
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": base,
        "Condition": { "StringEquals": { "aws:SourceAccount": world.account } },
    });
    let document = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    region(world).policies.entry(OF_DELIVERY.into()).or_insert(Policy { document, updated: now });
}
