//! Asks IAM's simulator what the credentials may do; it reads and writes nothing of the account.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};

use super::each;
use crate::aws::{Aws, During as _, Tolerate as _};
use crate::names::Names;
use crate::rights::{On, Right};

/// An action that somebody is not allowed, and on what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Permission {
    pub(crate) action: String,
    pub(crate) resource: String,
}

/// What of these rights the role behind the credentials lacks, in order; `who` is what AWS takes them for.
pub(crate) async fn permissions(aws: &Aws, names: &Names, who: &str, rights: &[Right]) -> Result<Vec<Permission>> {
    let source = source(aws, names, who).await?;
    let mut questions: BTreeMap<On, Vec<&'static str>> = BTreeMap::new();
    for right in rights {
        let asked = questions.entry(right.on).or_default();
        asked.extend(right.actions.iter().filter(|action| !action.starts_with("sts:")));
        asked.sort_unstable();
        asked.dedup();
    }
    let mut lacks: Vec<Permission> =
        each(questions, |(on, actions)| ask(aws, names, &source, on, actions)).await?.into_iter().flatten().collect();
    lacks.sort();
    Ok(lacks)
}

/// The role of a session, or the user: a session itself has no policies that could be simulated.
async fn source(aws: &Aws, names: &Names, who: &str) -> Result<String> {
    let Some((_, session)) = who.split_once(":assumed-role/") else { return Ok(who.to_owned()) };
    let role = session.split('/').next().context("AWS calls us a session of no role")?;
    // The role's path is not in the session's name.
    let read = aws.iam.get_role().role_name(role).send().await.during(format!("reading role `{role}`"));
    let arn = read.missing_is_none().ok().flatten().and_then(|reply| reply.role.map(|role| role.arn));
    Ok(arn.unwrap_or_else(|| names.role_arn(role).to_string()))
}

async fn ask(aws: &Aws, names: &Names, source: &str, on: On, actions: Vec<&'static str>) -> Result<Vec<Permission>> {
    // The simulator takes a pattern for a name.
    let resources: Vec<String> = on.resources(names).into_iter().map(|r| if r == "*" { r } else { r.replace('*', "doctor") }).collect();
    let entry = on.condition(names).map(|(key, values)| {
        let value = values.into_iter().take(1).collect();
        ContextEntry::builder()
            .context_key_name(key)
            .set_context_key_values(Some(value))
            .context_key_type(ContextKeyTypeEnum::String)
            .build()
    });
    let simulate = aws.iam.simulate_principal_policy().policy_source_arn(source);
    let simulate =
        simulate.set_action_names(Some(actions.into_iter().map(Into::into).collect())).set_resource_arns(Some(resources.clone()));
    let mut pages = simulate.set_context_entries(entry.map(|entry| vec![entry])).into_paginator().send();
    let mut lacks = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.during(format!("simulating what `{source}` may do"))?;
        let refused = page.evaluation_results().iter().filter(|result| !is_allowed(result));
        lacks.extend(refused.map(|result| Permission { action: result.eval_action_name().to_owned(), resource: resources.join(", ") }));
    }
    Ok(lacks)
}

/// On one of the resources at least: calls on a bucket are not made on its objects.
fn is_allowed(result: &EvaluationResult) -> bool {
    let allowed = |decision: &PolicyEvaluationDecisionType| *decision == PolicyEvaluationDecisionType::Allowed;
    allowed(result.eval_decision()) || result.resource_specific_results().iter().any(|one| allowed(one.eval_resource_decision()))
}
