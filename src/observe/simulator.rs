//! Asks IAM's simulator about policies; it reads and writes nothing of the account.

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};

use super::each;
use crate::aws::{Aws, AwsError, During as _};
use crate::isolation::iam::Decision;
use crate::isolation::simulate::{Answer, Inquiries, Inquiry};

/// Keys that carry several values at once.
const LISTS: &[&str] = &["dynamodb:LeadingKeys", "dynamodb:Attributes", "aws:TagKeys"];

/// An answer for each inquiry, in their order.
pub(crate) async fn simulate(aws: &Aws, asked: &Inquiries) -> Result<Vec<Answer>> {
    each(&asked.all, |inquiry| ask(aws, inquiry)).await
}

async fn ask(aws: &Aws, inquiry: &Inquiry) -> Result<Answer> {
    let entry = |(key, values): &(String, Vec<String>)| {
        let kind = if LISTS.contains(&key.as_str()) { ContextKeyTypeEnum::StringList } else { ContextKeyTypeEnum::String };
        ContextEntry::builder().context_key_name(key).set_context_key_values(Some(values.clone())).context_key_type(kind).build()
    };
    let simulate = aws
        .iam
        .simulate_custom_policy()
        .policy_input_list(&inquiry.policy)
        .set_action_names(Some(inquiry.actions().map(Into::into).collect()))
        .resource_arns(&inquiry.resource)
        .set_context_entries(Some(inquiry.keys.iter().map(entry).collect()));
    let mut pages = simulate.into_paginator().send();
    let mut said = BTreeMap::new();
    while let Some(page) = pages.next().await {
        match page.during(format!("simulating calls on `{}`", inquiry.resource)) {
            Ok(page) => said
                .extend(page.evaluation_results().iter().map(|result| (result.eval_action_name().to_owned(), decision(result, inquiry)))),
            Err(error) => match AwsError::of(&error).filter(|refusal| matches!(refusal.code.as_str(), "InvalidInput" | "PolicyEvaluation"))
            {
                Some(refusal) => return Ok(Err(refusal.message.clone())),
                None => return Err(error),
            },
        }
    }
    Ok(Ok(said))
}

/// Of the resource that was asked about, where the reply tells them apart.
fn decision(result: &EvaluationResult, inquiry: &Inquiry) -> Decision {
    let mut specific = result.resource_specific_results().iter();
    let decided =
        specific.find(|specific| specific.eval_resource_name() == inquiry.resource).map(|specific| specific.eval_resource_decision());
    match decided.unwrap_or(result.eval_decision()) {
        PolicyEvaluationDecisionType::Allowed => Decision::Allow,
        PolicyEvaluationDecisionType::ExplicitDeny => Decision::ExplicitDeny,
        PolicyEvaluationDecisionType::ImplicitDeny => Decision::ImplicitDeny,
        _ => Decision::Unknown,
    }
}
