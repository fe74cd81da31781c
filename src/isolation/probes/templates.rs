//! What the tenants' roles allow, as patterns: none may mean two tenants, for all ids that the grammar allows.

use anyhow::Result;
use serde_json::Value;

use super::super::model::Model;
use super::super::report::Row;
use super::super::roles::tagged;
use super::super::statement::{allows, sid, speaks_of, texts};
use super::super::template::{Operator, Tags, Verdict, disjoint};

const TAGS: Tags<'_> = Tags { tier: "Tier", tenant: "ClinicId", user: "UserId" };

/// What tells a service's data apart.
struct Told {
    service: &'static str,
    by_resource: ByResource,
    /// Condition keys that a call carries where it is on somebody's data, in lower case.
    keys: &'static [&'static str],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ByResource {
    /// The ARN of what a call is on says whose it is.
    Yes,
    /// Tenants share it.
    No,
}

const TOLD: &[Told] = &[
    Told {
        service: "bedrock-agentcore",
        by_resource: ByResource::No,
        keys: &["bedrock-agentcore:actorid", "bedrock-agentcore:namespace", "bedrock-agentcore:namespacepath"],
    },
    Told { service: "dynamodb", by_resource: ByResource::No, keys: &["dynamodb:leadingkeys"] },
    Told { service: "s3", by_resource: ByResource::Yes, keys: &["s3:prefix"] },
    Told { service: "s3vectors", by_resource: ByResource::Yes, keys: &[] },
];

/// Judges every statement of the tenants' roles that allows an action of this service.
pub(super) fn judge(model: &Model, row: &mut Row, service: &str) -> Result<()> {
    let Some(told) = TOLD.iter().find(|told| told.service == service) else { return Ok(()) };
    for role in tagged(model)? {
        for statement in allows(&role.documents.1).filter(|statement| speaks_of(statement, service)) {
            judge_statement(row, &format!("{}, statement `{}`", role.address, sid(statement)), statement, told);
        }
    }
    Ok(())
}

/// Judges what else the tenants' roles allow: of other services nothing tells whose the data is.
pub(super) fn nothing_else(model: &Model, row: &mut Row) -> Result<()> {
    for role in tagged(model)? {
        for statement in allows(&role.documents.1) {
            let object = format!("{}, statement `{}`", role.address, sid(statement));
            if statement.get("NotAction").is_some() {
                row.breach(&object, "`NotAction` allows whatever it does not list");
            }
            for action in texts(statement, "Action") {
                let service = action.split(':').next().unwrap_or_default().to_lowercase();
                let known = TOLD.iter().any(|told| told.service == service);
                row.refused_if(
                    known,
                    &object,
                    format!("`{action}` is allowed to tenants' sessions, and nothing tells whose data it is on"),
                );
            }
        }
    }
    Ok(())
}

/// The resource and every condition must match, so that one pattern that keeps tenants apart is enough, if it is on what tells
/// the data apart and a call without it is refused. Of several resources, or several values of a condition, any may match, so
/// that each has to.
fn judge_statement(row: &mut Row, object: &str, statement: &Value, told: &Told) {
    let mut groups: Vec<Vec<(&str, Operator)>> = Vec::new();
    if told.by_resource == ByResource::Yes {
        groups.push(texts(statement, "Resource").map(|pattern| (pattern, Operator::Like)).collect());
    }
    let conditions: Vec<(&str, &str, &Value)> = statement
        .get("Condition")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .flat_map(|(operator, keys)| {
            keys.as_object().into_iter().flatten().map(move |(key, values)| (operator.as_str(), key.as_str(), values))
        })
        .collect();
    let must_be_there = |key: &str| {
        let there = |values: &Value| values.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(|v| v == "false"));
        conditions.iter().any(|(operator, other, values)| *operator == "Null" && other.eq_ignore_ascii_case(key) && there(values))
    };
    for (operator, key, values) in &conditions {
        let (all, bare) = operator.split_once(':').map_or((false, *operator), |(set, bare)| (set == "ForAllValues", bare));
        let how = match bare {
            "StringEquals" => Operator::Equals,
            "StringLike" => Operator::Like,
            _ => continue,
        };
        // Of several values one is enough to `ForAnyValue`; no value at all is enough to `ForAllValues`.
        let holds = if all { must_be_there(key) } else { !operator.contains(':') };
        if holds && told.keys.contains(&key.to_lowercase().as_str()) {
            groups.push(values.as_array().into_iter().flatten().filter_map(Value::as_str).map(|text| (text, how)).collect());
        }
    }
    let mut why = format!("nothing in it that every call of {} carries names the tenant", told.service);
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
