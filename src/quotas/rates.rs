//! How many changes a second AWS takes.

use super::table::{OF_AGENTCORE, OF_API_GATEWAY, OF_BEDROCK, OF_COGNITO, OF_DYNAMODB, OF_KMS, OF_LAMBDA, OF_LOGS, OF_S3, OF_SSM};

/// A bound on calls, shared by everybody in an account and region.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) id: &'static str,
    /// What is bounded, as words before a number.
    pub(crate) words: &'static str,
    pub(crate) calls: u32,
    pub(crate) seconds: u32,
    pub(crate) source: &'static str,
    pub(crate) read: &'static str,
}

impl Rate {
    /// Seconds that so many calls take at least.
    pub(crate) fn takes(&self, calls: u64) -> f64 {
        as_float(calls) * f64::from(self.seconds) / f64::from(self.calls)
    }

    /// `API keys 5/s`, `usage plans 1 in 20 s`.
    pub(crate) fn text(&self) -> String {
        match self.seconds {
            1 => format!("{} {}/s", self.words, self.calls),
            seconds => format!("{} {} in {seconds} s", self.words, self.calls),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number of calls is far below what a float counts exactly")]
pub(super) fn as_float(calls: u64) -> f64 {
    calls as f64
}

const fn rate(
    (id, words): (&'static str, &'static str),
    (calls, seconds): (u32, u32),
    (source, read): (&'static str, &'static str),
) -> Rate {
    Rate { id, words, calls, seconds, source, read }
}

const COGNITO: (&str, &str) = (OF_COGNITO, "2026-09");
const API_GATEWAY: (&str, &str) = (OF_API_GATEWAY, "2026-08-10");
const AGENTCORE: (&str, &str) = (OF_AGENTCORE, "2026-09-26");

/// The rates that a plan's writes can run into.
pub(crate) const RATES: &[Rate] = &[
    rate(("user_creation", "new users"), (50, 1), COGNITO),
    rate(("user_update", "changes of users"), (25, 1), COGNITO),
    rate(("pool", "user pools"), (15, 1), COGNITO),
    // Fifteen a second over all pools, and five in one, which is what a platform has.
    rate(("pool_resource", "groups, scopes and domains"), (5, 1), COGNITO),
    rate(("pool_client", "app clients"), (5, 1), COGNITO),
    rate(("apigateway", "API Gateway"), (10, 1), API_GATEWAY),
    rate(("api_key", "API keys"), (5, 1), API_GATEWAY),
    rate(("usage_plan_update", "changes of usage plans"), (1, 20), API_GATEWAY),
    rate(("rest_api_create", "new APIs"), (1, 3), API_GATEWAY),
    rate(("rest_api_delete", "deleted APIs"), (1, 30), API_GATEWAY),
    rate(("deployment", "deployments of APIs"), (1, 5), API_GATEWAY),
    rate(("api_account", "API Gateway's account settings"), (1, 20), API_GATEWAY),
    rate(("put_parameter", "parameters"), (3, 1), (OF_SSM, "2026-09")),
    rate(("gateway", "gateways"), (5, 1), AGENTCORE),
    rate(("gateway_target", "gateway targets"), (5, 1), AGENTCORE),
    rate(("memory", "memories"), (3, 1), AGENTCORE),
    rate(("policy_engine", "policy engines"), (1, 1), AGENTCORE),
    rate(("policy", "Cedar policies"), (5, 1), AGENTCORE),
    rate(("runtime", "runtimes"), (50, 1), AGENTCORE),
    rate(("credential_provider", "credential providers"), (20, 1), AGENTCORE),
    rate(("knowledge_base", "knowledge bases and data sources"), (2, 1), (OF_BEDROCK, "2026-09")),
    rate(("function", "Lambda's settings"), (15, 1), (OF_LAMBDA, "2026-09")),
    rate(("key", "KMS keys"), (5, 1), (OF_KMS, "2026-09")),
    rate(("table_tags", "tags of tables"), (5, 1), (OF_DYNAMODB, "2026-09")),
    rate(("log_group", "log groups"), (10, 1), (OF_LOGS, "2026-09")),
    rate(("put_object", "objects"), (3_500, 1), (OF_S3, "2026-09")),
];
