//! What the tenants' roles allow, as patterns: none may mean two tenants, for all ids that the grammar allows.

use anyhow::Result;
use serde_json::Value;

use super::super::model::Model;
use super::super::report::Row;
use super::super::template::{Operator, Tags, Verdict, disjoint};
use crate::kinds::Role;

const TAGS: Tags<'_> = Tags { tier: "Tier", tenant: "ClinicId", user: "UserId" };

/// Judges every statement of the tenants' roles that allows an action of this service.
pub(super) fn judge(model: &Model, row: &mut Row, service: &str) -> Result<()> {
    for (address, role) in model.all::<Role>()? {
        if !role.trust.value().to_string().contains("sts:TagSession") {
            continue;
        }
        for statement in role.policy.value().pointer("/Statement").and_then(Value::as_array).into_iter().flatten() {
            if statement.get("Effect").and_then(Value::as_str) == Some("Allow") && speaks_of(statement, service) {
                let name = statement.get("Sid").and_then(Value::as_str).unwrap_or("a statement");
                judge_statement(row, &format!("{address}, statement `{name}`"), statement);
            }
        }
    }
    Ok(())
}

fn texts<'a>(statement: &'a Value, key: &str) -> Vec<&'a str> {
    match statement.get(key) {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => vec![text],
        _ => Vec::new(),
    }
}

fn speaks_of(statement: &Value, service: &str) -> bool {
    statement.get("NotAction").is_some()
        || texts(statement, "Action").iter().any(|action| *action == "*" || action.to_lowercase().starts_with(&format!("{service}:")))
}

/// The resource and every condition must match, so that one pattern that keeps tenants apart is enough; of several resources, or
/// several values of a condition, any may match, so that each has to.
fn judge_statement(row: &mut Row, object: &str, statement: &Value) {
    let resources = texts(statement, "Resource").into_iter().map(|pattern| (pattern, Operator::Like)).collect();
    let mut groups: Vec<Vec<(&str, Operator)>> = vec![resources];
    for (operator, keys) in statement.get("Condition").and_then(Value::as_object).into_iter().flatten() {
        let how = match operator.rsplit(':').next() {
            Some("StringEquals") => Operator::Equals,
            Some("StringLike") => Operator::Like,
            _ => continue,
        };
        for values in keys.as_object().into_iter().flat_map(|keys| keys.values()) {
            groups.push(values.as_array().into_iter().flatten().filter_map(Value::as_str).map(|text| (text, how)).collect());
        }
    }
    let mut why = "none of its resources and conditions names the tenant".to_owned();
    let apart = |group: &Vec<(&str, Operator)>, why: &mut String| {
        !group.is_empty()
            && group.iter().all(|(pattern, how)| match disjoint(pattern, *how, &TAGS) {
                Verdict::Disjoint => true,
                Verdict::Overlap { a, b, why: reason } => {
                    if pattern.contains(TAGS.tenant) {
                        *why = format!("`{pattern}` can mean {} and {}: {reason}", a.tenant, b.tenant);
                    }
                    false
                }
            })
    };
    let holds = groups.iter().any(|group| apart(group, &mut why));
    row.refused_if(holds, object, why);
}
