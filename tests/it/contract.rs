//! What the article's agent, tools and web UI read: the parameters under the platform's path, all of them, and no more than we mean.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::scenarios::{shell, shipped};

/// Beside these, each tier has its own.
const OF_THE_PLATFORM: &[&str] = &[
    "agentcore/api_gateway_url",
    "agentcore/cognito_auth_scope",
    "agentcore/cognito_auth_url",
    "agentcore/cognito_discovery_url",
    "agentcore/cognito_domain",
    "agentcore/cognito_provider",
    "agentcore/cognito_secret",
    "agentcore/cognito_token_url",
    "agentcore/gateway_iam_role",
    "agentcore/lambda_arn",
    "agentcore/machine_client_id",
    "agentcore/policy_engine_arn",
    "agentcore/policy_engine_id",
    "agentcore/registry_id",
    "agentcore/runtime_iam_role",
    "agentcore/userpool_id",
    "agentcore/web_client_id",
    "dynamodb/clinic_config_table_name",
    "dynamodb/patient_metadata_table_name",
    "memory/tvm_role_arn",
];

const OF_A_TIER: &[&str] = &[
    "agentcore/{tier}_api_key",
    "agentcore/{tier}_gateway_arn",
    "agentcore/{tier}_gateway_id",
    "agentcore/{tier}_gateway_name",
    "agentcore/{tier}_gateway_url",
    "agentcore/{tier}_runtime_arn",
    "guardrails/{tier}_arn",
    "guardrails/{tier}_id",
    "guardrails/{tier}_version",
    "knowledge_base/{tier}_ds_id",
    "knowledge_base/{tier}_kb_id",
    "memory/{tier}_id",
    "projects/{tier}_id",
];

#[test]
fn every_parameter_that_the_articles_programs_read_is_published() {
    let folder = shipped();
    let (printed, code) = shell(folder.path(), "tenantry plan --sandbox -q --output json");
    assert_eq!(code, 0, "{printed}");
    let plan: Value = serde_json::from_str(&printed).unwrap();
    let resources = plan["changes"].as_array().unwrap().iter().flat_map(|unit| unit["resources"].as_array().unwrap());
    let addresses = resources.map(|change| change["address"].as_str().unwrap());
    let published: BTreeSet<String> =
        addresses.filter_map(|a| a.strip_prefix("parameter/")?.split_once('/')).map(|(_, label)| label.to_owned()).collect();
    let tiers = ["basic", "premium"].iter().flat_map(|tier| OF_A_TIER.iter().map(move |name| name.replace("{tier}", tier)));
    let read: BTreeSet<String> = OF_THE_PLATFORM.iter().map(|&name| name.to_owned()).chain(tiers).collect();
    assert_eq!(published, read);
}
