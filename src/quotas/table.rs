//! AWS's quotas on what we make, each with the page that says so.

use serde_json::Value;

use super::{Place, Quota, Raise};

const AGENTCORE: Raise = Raise::Ask("Amazon Bedrock AgentCore");
const COGNITO: Raise = Raise::Ask("Amazon Cognito User Pools");
const API_GATEWAY: Raise = Raise::Ask("Amazon API Gateway");

const READ: &str = "2026-09";
const READ_AGENTCORE: &str = "2026-09-26";
const READ_API_GATEWAY: &str = "2026-08-10";

pub(super) const OF_AGENTCORE: &str = "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/bedrock-agentcore-limits.html";
pub(super) const OF_API_GATEWAY: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html";
pub(super) const OF_COGNITO: &str = "https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html";
pub(super) const OF_BEDROCK: &str = "https://docs.aws.amazon.com/general/latest/gr/bedrock.html";
pub(super) const OF_SSM: &str = "https://docs.aws.amazon.com/general/latest/gr/ssm.html";
pub(super) const OF_KMS: &str = "https://docs.aws.amazon.com/kms/latest/developerguide/limits.html";
pub(super) const OF_DYNAMODB: &str = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html";
pub(super) const OF_LAMBDA: &str = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html";
pub(super) const OF_LOGS: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html";
const OF_IAM: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html";
pub(super) const OF_S3: &str = "https://docs.aws.amazon.com/general/latest/gr/s3.html";
const OF_S3_VECTORS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-limitations.html";

const FEWER_TIERS: &str = "declare fewer tiers, or split the platform over accounts";
const FEWER_TENANTS: &str = "split the tenants over several platforms, each in an account or region of its own";
const NO_KNOWLEDGE: &str =
    "split the platform over accounts or regions, or leave the `strict` profile, which gives every tenant a knowledge base of their own";

/// A quota on how many there are.
const fn many(
    (id, unit): (&'static str, &'static str),
    most: u64,
    (kinds, place): (&'static [&'static str], Place),
    raise: Raise,
    instead: &'static str,
    (source, read): (&'static str, &'static str),
) -> Quota {
    Quota { id, unit, most, raise, instead, source, read, kinds, place, size: one }
}

/// A quota on how large each is, or all in one place are.
const fn much(mut quota: Quota, size: fn(&Value) -> u64) -> Quota {
    quota.size = size;
    quota
}

fn one(_: &Value) -> u64 {
    1
}

/// What stands for something that AWS has yet to name.
const UNKNOWN: u64 = 120;

/// The characters of a text, those of its references guessed at.
fn characters(text: &Value) -> u64 {
    match text {
        Value::String(text) => text.chars().count() as u64,
        Value::Array(parts) => parts.iter().map(characters).sum(),
        Value::Object(late) => late.get("$late").map_or(UNKNOWN, characters),
        _ => 0,
    }
}

/// The characters of a document as IAM counts them: without the white space.
fn compact(document: Option<&Value>) -> u64 {
    let text = document.filter(|d| !d.is_null()).map(|d| crate::late::shown(d).to_string()).unwrap_or_default();
    text.chars().filter(|c| !c.is_whitespace()).count() as u64
}

fn members(spec: &Value, field: &str) -> u64 {
    match spec.get(field) {
        Some(Value::Object(map)) => map.len() as u64,
        Some(Value::Array(items)) => items.len() as u64,
        _ => 0,
    }
}

fn statement(policy: &Value) -> u64 {
    policy.get("statement").map_or(0, characters)
}

fn trust(role: &Value) -> u64 {
    compact(role.get("trust"))
}

fn rights(role: &Value) -> u64 {
    compact(role.get("policy"))
}

fn attributes(pool: &Value) -> u64 {
    members(pool, "attributes")
}

fn scopes(server: &Value) -> u64 {
    members(server, "scopes")
}

fn strategies(memory: &Value) -> u64 {
    members(memory, "strategies")
}

fn tools(target: &Value) -> u64 {
    members(target, "tools")
}

fn entries(limit: &Value) -> u64 {
    members(limit, "entries")
}

fn indexes(table: &Value) -> u64 {
    members(table, "indexes")
}

/// Every quota that a platform can run into; what AWS allows more of than any platform has is left out.
pub(crate) const QUOTAS: &[Quota] = &[
    many(("memories", "memories"), 150, (&["memory"], Place::Region), AGENTCORE, FEWER_TIERS, (OF_AGENTCORE, READ_AGENTCORE)),
    much(
        many(
            ("memory_strategies", "strategies"),
            6,
            (&["memory"], Place::Itself),
            Raise::Never,
            "have one memory extract less",
            (OF_AGENTCORE, READ_AGENTCORE),
        ),
        strategies,
    ),
    much(
        many(
            ("memory_strategies_in_all", "strategies"),
            900,
            (&["memory"], Place::Region),
            AGENTCORE,
            "have the memories extract less",
            (OF_AGENTCORE, READ_AGENTCORE),
        ),
        strategies,
    ),
    many(("gateways", "gateways"), 1_000, (&["gateway"], Place::Region), AGENTCORE, FEWER_TIERS, (OF_AGENTCORE, READ_AGENTCORE)),
    many(
        ("gateway_targets", "targets"),
        100,
        (&["gateway_target"], Place::In("gateway")),
        AGENTCORE,
        "bring several tools together in one Lambda",
        (OF_AGENTCORE, READ_AGENTCORE),
    ),
    much(
        many(
            ("target_tools", "tools"),
            1_000,
            (&["gateway_target"], Place::Itself),
            AGENTCORE,
            "offer fewer tools",
            (OF_AGENTCORE, READ_AGENTCORE),
        ),
        tools,
    ),
    many(
        ("rate_limits", "rate limits"),
        50,
        (&["rate_limit"], Place::In("gateway")),
        AGENTCORE,
        FEWER_TIERS,
        (OF_AGENTCORE, READ_AGENTCORE),
    ),
    much(
        many(
            ("rate_limit_entries", "entries"),
            1_000,
            (&["rate_limit"], Place::Itself),
            Raise::Never,
            "leave most tenants to the tier's default, or split the tier: 999 tenants can have an entry beside the default",
            (OF_AGENTCORE, READ_AGENTCORE),
        ),
        entries,
    ),
    many(
        ("policy_engines", "policy engines"),
        1_000,
        (&["policy_engine"], Place::Region),
        Raise::Never,
        FEWER_TIERS,
        (OF_AGENTCORE, READ_AGENTCORE),
    ),
    many(
        ("policies", "Cedar policies"),
        1_000,
        (&["policy"], Place::In("engine")),
        Raise::Never,
        "write policies for tiers instead of tenants: one policy can compare the tenant's claim",
        (OF_AGENTCORE, READ_AGENTCORE),
    ),
    much(
        many(
            ("policy_characters", "characters"),
            10_240,
            (&["policy"], Place::Itself),
            Raise::Never,
            "split the policy into several files",
            (OF_AGENTCORE, READ_AGENTCORE),
        ),
        statement,
    ),
    much(
        many(
            ("gateway_policy_characters", "characters of policies"),
            204_800,
            (&["policy"], Place::Gateway),
            Raise::Never,
            "write policies for tiers instead of tenants: a policy a tenant leaves 204 characters each to a thousand of them",
            (OF_AGENTCORE, READ_AGENTCORE),
        ),
        statement,
    ),
    many(("runtimes", "runtimes"), 1_000, (&["runtime"], Place::Region), AGENTCORE, FEWER_TIERS, (OF_AGENTCORE, READ_AGENTCORE)),
    many(
        ("workload_identities", "workload identities"),
        11_000,
        (&["runtime", "gateway"], Place::Region),
        AGENTCORE,
        FEWER_TIERS,
        (OF_AGENTCORE, READ_AGENTCORE),
    ),
    many(
        ("oauth2_providers", "OAuth2 credential providers"),
        50,
        (&["credential_provider"], Place::Region),
        AGENTCORE,
        "share a provider",
        (OF_AGENTCORE, READ_AGENTCORE),
    ),
    many(
        ("registries", "registries"),
        5,
        (&["registry"], Place::Region),
        AGENTCORE,
        "do without `registry`",
        (OF_AGENTCORE, READ_AGENTCORE),
    ),
    many(("user_pools", "user pools"), 1_000, (&["user_pool"], Place::Region), COGNITO, FEWER_TENANTS, (OF_COGNITO, READ)),
    much(
        many(
            ("custom_attributes", "custom attributes"),
            50,
            (&["user_pool"], Place::Itself),
            Raise::Never,
            "declare fewer claims",
            (OF_COGNITO, READ),
        ),
        attributes,
    ),
    many(
        ("app_clients", "app clients"),
        1_000,
        (&["client"], Place::In("pool")),
        COGNITO,
        "share a client among tenants",
        (OF_COGNITO, READ),
    ),
    many(("groups", "groups"), 10_000, (&["group"], Place::In("pool")), Raise::Never, "declare fewer groups", (OF_COGNITO, READ)),
    many(
        ("resource_servers", "resource servers"),
        25,
        (&["resource_server"], Place::In("pool")),
        COGNITO,
        "bring scopes together in one resource server",
        (OF_COGNITO, READ),
    ),
    much(
        many(("scopes", "scopes"), 100, (&["resource_server"], Place::Itself), Raise::Never, "declare fewer scopes", (OF_COGNITO, READ)),
        scopes,
    ),
    many(("guardrails", "guardrails"), 100, (&["guardrail"], Place::Region), Raise::Ask("Amazon Bedrock"), FEWER_TIERS, (OF_BEDROCK, READ)),
    many(
        ("projects", "Bedrock projects"),
        1_000,
        (&["project"], Place::Region),
        Raise::Ask("Amazon Bedrock"),
        FEWER_TIERS,
        (OF_BEDROCK, READ),
    ),
    many(("knowledge_bases", "knowledge bases"), 100, (&["knowledge_base"], Place::Region), Raise::Never, NO_KNOWLEDGE, (OF_BEDROCK, READ)),
    many(
        ("data_sources", "data sources"),
        5,
        (&["data_source"], Place::In("knowledge_base")),
        Raise::Never,
        "keep documents that belong together in one source",
        (OF_BEDROCK, READ),
    ),
    many(
        ("vector_buckets", "vector buckets"),
        10_000,
        (&["vector_bucket"], Place::Region),
        Raise::Never,
        FEWER_TENANTS,
        (OF_S3_VECTORS, READ),
    ),
    many(
        ("vector_indexes", "vector indexes"),
        10_000,
        (&["vector_index"], Place::In("bucket")),
        Raise::Never,
        FEWER_TENANTS,
        (OF_S3_VECTORS, READ),
    ),
    many(
        ("usage_plans", "usage plans"),
        300,
        (&["usage_plan"], Place::Region),
        API_GATEWAY,
        FEWER_TIERS,
        (OF_API_GATEWAY, READ_API_GATEWAY),
    ),
    many(
        ("api_keys", "API keys"),
        10_000,
        (&["api_key"], Place::Region),
        Raise::Never,
        "write `keys: tier` in `api`, so that a tier's tenants share one, or split the tenants over several accounts or regions",
        (OF_API_GATEWAY, READ_API_GATEWAY),
    ),
    many(("rest_apis", "REST APIs"), 600, (&["rest_api"], Place::Region), API_GATEWAY, FEWER_TENANTS, (OF_API_GATEWAY, READ_API_GATEWAY)),
    many(
        ("parameters", "SSM parameters"),
        10_000,
        (&["parameter"], Place::Region),
        Raise::Never,
        "write `keys: tier` in `api`, which publishes no parameter a tenant, or split the tenants over several accounts or regions",
        (OF_SSM, READ),
    ),
    many(
        ("buckets", "S3 buckets"),
        10_000,
        (&["bucket"], Place::Account),
        Raise::Code("Amazon S3", "L-DC2B2D3D"),
        FEWER_TIERS,
        (OF_S3, READ),
    ),
    many(("roles", "IAM roles"), 1_000, (&["role"], Place::Account), Raise::Code("IAM", "L-FE177D64"), FEWER_TIERS, (OF_IAM, READ)),
    much(
        many(
            ("trust_policy_characters", "characters of trust policy"),
            2_048,
            (&["role"], Place::Itself),
            Raise::Ask("IAM"),
            "join statements that differ in one action or resource",
            (OF_IAM, READ),
        ),
        trust,
    ),
    much(
        many(
            ("inline_policy_characters", "characters of policy"),
            10_240,
            (&["role"], Place::Itself),
            Raise::Never,
            "join statements that differ in one action or resource",
            (OF_IAM, READ),
        ),
        rights,
    ),
    many(("keys", "KMS keys"), 100_000, (&["key"], Place::Region), Raise::Ask("AWS KMS"), FEWER_TENANTS, (OF_KMS, READ)),
    many(
        ("tables", "DynamoDB tables"),
        2_500,
        (&["table"], Place::Region),
        Raise::Code("Amazon DynamoDB", "L-F98FE922"),
        "declare fewer tables: one holds the rows of all tenants",
        (OF_DYNAMODB, READ),
    ),
    much(
        many(
            ("table_indexes", "indexes"),
            20,
            (&["table"], Place::Itself),
            Raise::Ask("Amazon DynamoDB"),
            "declare fewer indexes",
            (OF_DYNAMODB, READ),
        ),
        indexes,
    ),
    many(
        ("log_resource_policies", "resource policies of CloudWatch Logs"),
        10,
        (&["log_policy"], Place::Region),
        Raise::Never,
        "delete one that nothing needs any more",
        (OF_LOGS, READ),
    ),
];
