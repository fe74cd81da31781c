//! What one step of each kind costs: its writes, the rates that bound them, and how long it usually is until AWS is ready.

use crate::schedule::Op;

/// What the steps of a kind cost.
#[derive(Debug)]
pub(crate) struct Pace {
    pub(crate) kind: &'static str,
    pub(crate) create: Work,
    pub(crate) update: Work,
    pub(crate) delete: Work,
}

/// What one step costs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work {
    /// Calls that write.
    pub(crate) writes: u32,
    /// The rates that bound them, and how many calls each sees.
    pub(crate) bounds: &'static [(&'static str, u32)],
    /// Seconds from the least to the most that it usually takes until AWS says that it is ready.
    pub(crate) usual: (u32, u32),
    /// AWS's word for it meanwhile; empty where it is done at once.
    pub(crate) status: &'static str,
}

impl Pace {
    pub(crate) fn of(&self, op: Op) -> &Work {
        match op {
            Op::Create => &self.create,
            Op::Update | Op::Close => &self.update,
            Op::Delete => &self.delete,
        }
    }
}

/// Done as soon as AWS has answered.
const fn at_once(writes: u32, bounds: &'static [(&'static str, u32)]) -> Work {
    Work { writes, bounds, usual: (0, 1), status: "" }
}

const fn until(status: &'static str, usual: (u32, u32), writes: u32, bounds: &'static [(&'static str, u32)]) -> Work {
    Work { writes, bounds, usual, status }
}

const fn kind(kind: &'static str, create: Work, update: Work, delete: Work) -> Pace {
    Pace { kind, create, update, delete }
}

/// Every kind's pace. Durations of memories, gateways, targets and runtimes are what others have measured and published (2026-09); the rest
/// is known to take seconds, and no number for it is published.
const PACES: &[Pace] = &[
    kind("bucket", at_once(7, &[]), at_once(1, &[]), at_once(1, &[])),
    kind("object", at_once(1, &[("put_object", 1)]), at_once(1, &[("put_object", 1)]), at_once(1, &[])),
    kind("prefix", at_once(1, &[("put_object", 1)]), at_once(1, &[("put_object", 1)]), at_once(1, &[])),
    kind("key", at_once(3, &[("key", 1)]), at_once(2, &[]), at_once(2, &[])),
    kind(
        "table",
        until("CREATING", (5, 30), 2, &[]),
        until("UPDATING", (5, 60), 2, &[("table_tags", 1)]),
        until("DELETING", (5, 60), 1, &[]),
    ),
    kind("tenant_row", at_once(1, &[]), at_once(1, &[]), at_once(1, &[])),
    kind("vector_bucket", at_once(1, &[]), at_once(1, &[]), at_once(1, &[])),
    kind("vector_index", at_once(1, &[]), at_once(1, &[]), at_once(1, &[])),
    kind("role", at_once(2, &[]), at_once(2, &[]), at_once(2, &[])),
    kind(
        "function",
        until("Pending", (3, 20), 1, &[("function", 1)]),
        until("InProgress", (3, 20), 2, &[("function", 2)]),
        at_once(1, &[("function", 1)]),
    ),
    kind("user_pool", at_once(2, &[("pool", 1)]), at_once(2, &[("pool", 1)]), at_once(1, &[("pool", 1)])),
    kind("resource_server", at_once(1, &[("pool_resource", 1)]), at_once(1, &[("pool_resource", 1)]), at_once(1, &[("pool_resource", 1)])),
    kind("client", at_once(1, &[("pool_client", 1)]), at_once(1, &[("pool_client", 1)]), at_once(1, &[("pool_client", 1)])),
    kind(
        "domain",
        until("CREATING", (1, 60), 1, &[("pool_resource", 1)]),
        at_once(1, &[("pool_resource", 1)]),
        at_once(1, &[("pool_resource", 1)]),
    ),
    kind(
        "credential_provider",
        until("CREATING", (2, 10), 1, &[("credential_provider", 1)]),
        until("UPDATING", (2, 10), 1, &[("credential_provider", 1)]),
        until("DELETING", (2, 30), 1, &[("credential_provider", 1)]),
    ),
    kind("group", at_once(1, &[("pool_resource", 1)]), at_once(1, &[("pool_resource", 1)]), at_once(1, &[("pool_resource", 1)])),
    kind("user", at_once(1, &[("user_creation", 1)]), at_once(1, &[("user_update", 1)]), at_once(1, &[("user_update", 1)])),
    kind(
        "knowledge_base",
        until("CREATING", (5, 60), 1, &[("knowledge_base", 1)]),
        until("UPDATING", (5, 60), 1, &[("knowledge_base", 1)]),
        until("DELETING", (5, 60), 1, &[("knowledge_base", 1)]),
    ),
    kind(
        "data_source",
        until("AVAILABLE", (1, 10), 1, &[("knowledge_base", 1)]),
        until("AVAILABLE", (1, 10), 1, &[("knowledge_base", 1)]),
        until("DELETING", (5, 60), 1, &[("knowledge_base", 1)]),
    ),
    kind(
        "memory",
        until("CREATING", (200, 670), 1, &[("memory", 1)]),
        until("UPDATING", (60, 670), 1, &[("memory", 1)]),
        until("DELETING", (10, 60), 1, &[("memory", 1)]),
    ),
    kind("guardrail", until("CREATING", (2, 10), 1, &[]), until("UPDATING", (2, 10), 1, &[]), until("DELETING", (2, 10), 1, &[])),
    kind(
        "guardrail_version",
        until("VERSIONING", (2, 10), 1, &[]),
        until("VERSIONING", (2, 10), 1, &[]),
        until("DELETING", (2, 10), 1, &[]),
    ),
    kind(
        "policy_engine",
        until("CREATING", (2, 15), 1, &[("policy_engine", 1)]),
        until("UPDATING", (2, 15), 1, &[("policy_engine", 1)]),
        until("DELETING", (2, 15), 1, &[("policy_engine", 1)]),
    ),
    kind(
        "gateway",
        until("CREATING", (50, 60), 1, &[("gateway", 1)]),
        until("UPDATING", (10, 60), 1, &[("gateway", 1)]),
        until("DELETING", (10, 60), 1, &[("gateway", 1)]),
    ),
    kind(
        "gateway_target",
        until("CREATING", (50, 60), 1, &[("gateway_target", 1)]),
        until("UPDATING", (10, 60), 1, &[("gateway_target", 1)]),
        until("DELETING", (10, 60), 1, &[("gateway_target", 1)]),
    ),
    kind("rate_limit", until("CREATING", (2, 30), 1, &[]), until("UPDATING", (2, 30), 1, &[]), until("DELETING", (2, 30), 1, &[])),
    kind(
        "policy",
        until("CREATING", (2, 15), 1, &[("policy", 1)]),
        until("UPDATING", (2, 15), 1, &[("policy", 1)]),
        until("DELETING", (2, 15), 1, &[("policy", 1)]),
    ),
    kind("registry", until("CREATING", (5, 60), 1, &[]), until("UPDATING", (5, 60), 1, &[]), until("DELETING", (5, 60), 1, &[])),
    kind("registry_record", until("CREATING", (2, 30), 2, &[]), until("UPDATING", (2, 30), 2, &[]), until("DELETING", (2, 30), 1, &[])),
    kind(
        "runtime",
        until("CREATING", (30, 180), 1, &[("runtime", 1)]),
        until("UPDATING", (30, 180), 1, &[("runtime", 1)]),
        until("DELETING", (10, 60), 1, &[("runtime", 1)]),
    ),
    kind("resource_policy", at_once(1, &[]), at_once(1, &[]), at_once(1, &[])),
    kind("log_group", at_once(2, &[("log_group", 1)]), at_once(1, &[]), at_once(1, &[])),
    kind("log_policy", at_once(1, &[]), at_once(1, &[]), at_once(1, &[])),
    kind("trace_destination", until("PENDING", (60, 300), 1, &[]), until("PENDING", (60, 300), 1, &[]), at_once(0, &[])),
    kind("delivery_source", at_once(1, &[]), at_once(1, &[]), at_once(1, &[])),
    kind("delivery_destination", at_once(1, &[]), at_once(1, &[]), at_once(1, &[])),
    kind("delivery", at_once(1, &[]), at_once(1, &[]), at_once(1, &[])),
    kind("project", at_once(1, &[]), at_once(1, &[]), at_once(1, &[])),
    kind(
        "rest_api",
        at_once(4, &[("apigateway", 4), ("rest_api_create", 1)]),
        at_once(2, &[("apigateway", 2)]),
        at_once(1, &[("apigateway", 1), ("rest_api_delete", 1)]),
    ),
    kind(
        "api_account",
        at_once(1, &[("apigateway", 1), ("api_account", 1)]),
        at_once(1, &[("apigateway", 1), ("api_account", 1)]),
        at_once(0, &[]),
    ),
    kind(
        "stage",
        at_once(3, &[("apigateway", 3), ("deployment", 1)]),
        at_once(2, &[("apigateway", 2), ("deployment", 1)]),
        at_once(1, &[("apigateway", 1)]),
    ),
    kind(
        "usage_plan",
        at_once(1, &[("apigateway", 1)]),
        at_once(1, &[("apigateway", 1), ("usage_plan_update", 1)]),
        at_once(1, &[("apigateway", 1)]),
    ),
    // A hundred are imported in one call.
    kind("api_key", at_once(1, &[("apigateway", 1)]), at_once(2, &[("apigateway", 2)]), at_once(1, &[("apigateway", 1), ("api_key", 1)])),
    kind("permission", at_once(1, &[("function", 1)]), at_once(2, &[("function", 2)]), at_once(1, &[("function", 1)])),
    kind("parameter", at_once(1, &[("put_parameter", 1)]), at_once(1, &[("put_parameter", 1)]), at_once(1, &[])),
];

/// The pace of a kind.
pub(crate) fn pace(kind: &str) -> Option<&'static Pace> {
    PACES.iter().find(|pace| pace.kind == kind)
}
