//! The grammar of policy documents, as far as IAM refuses what breaks it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::protocol::Refusal;

/// What a policy is attached to, which decides what its statements must have.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    /// Who may assume a role.
    Trust,
    /// What a role may do.
    Identity,
}

/// The size that counts against a quota: white space is free.
pub(super) fn size(document: &str) -> usize {
    document.chars().filter(|c| !c.is_whitespace()).count()
}

/// The document, if IAM accepts it.
pub(super) fn checked(document: &str, place: Place) -> Result<Value, Refusal> {
    let parsed: Value = serde_json::from_str(document).map_err(|_| malformed("This policy contains invalid Json"))?;
    let policy = parsed.as_object().ok_or_else(syntax)?;
    if policy.keys().any(|key| !matches!(key.as_str(), "Version" | "Id" | "Statement")) {
        return Err(syntax());
    }
    if policy.get("Version").is_some_and(|version| version != "2012-10-17" && version != "2008-10-17") {
        return Err(syntax());
    }
    let mut ids = BTreeSet::new();
    for statement in statements(&parsed) {
        let statement = statement.as_object().ok_or_else(syntax)?;
        self::statement(statement, place)?;
        if let Some(id) = statement.get("Sid").and_then(Value::as_str)
            && !id.is_empty()
            && !ids.insert(id)
        {
            return Err(malformed("Statement IDs (SID) in a single policy must be unique."));
        }
    }
    if statements(&parsed).is_empty() {
        return Err(syntax());
    }
    Ok(parsed)
}

/// The statements: a list, or one by itself.
pub(super) fn statements(policy: &Value) -> Vec<&Value> {
    one_or_many(policy.get("Statement"))
}

/// A value where one string and a list of one string mean the same.
pub(super) fn one_or_many(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
    }
}

fn statement(statement: &Map<String, Value>, place: Place) -> Result<(), Refusal> {
    const KNOWN: [&str; 9] = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"];
    let has = |names: [&str; 2]| names.iter().filter(|name| statement.contains_key(**name)).count();
    if statement.keys().any(|key| !KNOWN.contains(&key.as_str())) {
        return Err(syntax());
    }
    if !matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny")) {
        return Err(syntax());
    }
    if let Some(id) = statement.get("Sid")
        && !id.as_str().is_some_and(|id| id.chars().all(|c| c.is_ascii_alphanumeric()))
    {
        return Err(malformed(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
        ));
    }
    if has(["Action", "NotAction"]) != 1 {
        return Err(malformed("Policy statement must contain actions."));
    }
    actions(statement, place)?;
    match place {
        Place::Trust if has(["Principal", "NotPrincipal"]) != 1 => return Err(malformed("Missing required field Principal")),
        Place::Trust if has(["Resource", "NotResource"]) > 0 => return Err(malformed("Has prohibited field Resource")),
        Place::Identity if has(["Principal", "NotPrincipal"]) > 0 => {
            return Err(malformed("Policy document should not specify a principal."));
        }
        Place::Identity if has(["Resource", "NotResource"]) != 1 => return Err(malformed("Policy statement must contain resources.")),
        Place::Trust | Place::Identity => {}
    }
    for resource in one_or_many(statement.get("Resource").or_else(|| statement.get("NotResource"))) {
        let resource = resource.as_str().ok_or_else(syntax)?;
        if resource != "*" && (!resource.starts_with("arn:") || resource.split(':').count() < 6) {
            return Err(malformed(&format!("Resource {resource} must be in ARN format or \"*\".")));
        }
    }
    if let Some(condition) = statement.get("Condition") {
        let operators = condition.as_object().ok_or_else(syntax)?;
        if operators.values().any(|keys| !keys.is_object()) {
            return Err(syntax());
        }
    }
    Ok(())
}

fn actions(statement: &Map<String, Value>, place: Place) -> Result<(), Refusal> {
    let actions = one_or_many(statement.get("Action").or_else(|| statement.get("NotAction")));
    if actions.is_empty() {
        return Err(malformed("Policy statement must contain actions."));
    }
    for action in actions {
        let action = action.as_str().ok_or_else(syntax)?;
        let vendor = action.split_once(':').map(|(vendor, _)| vendor);
        if action != "*" && vendor.is_none_or(str::is_empty) {
            return Err(malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."));
        }
        if place == Place::Trust && vendor != Some("sts") {
            return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."));
        }
    }
    Ok(())
}

fn syntax() -> Refusal {
    malformed("Syntax errors in policy.")
}

fn malformed(message: &str) -> Refusal {
    Refusal::new(400, "MalformedPolicyDocument", message)
}
