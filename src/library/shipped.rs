//! The files that `init` writes: the same ones that the project's own tests use.

/// Paths beside the manifest, and what stands in them.
pub(crate) const SHIPPED: &[(&str, &str)] = &[
    ("tenants.yaml", include_str!("../../tenants.yaml")),
    ("policies/api-logs-trust.json", include_str!("../../policies/api-logs-trust.json")),
    ("policies/api-logs.json", include_str!("../../policies/api-logs.json")),
    ("policies/broker.json", include_str!("../../policies/broker.json")),
    ("policies/bucket.json", include_str!("../../policies/bucket.json")),
    ("policies/clinic-config.cedar", include_str!("../../policies/clinic-config.cedar")),
    ("policies/patient-context.cedar", include_str!("../../policies/patient-context.cedar")),
    ("policies/patient-context-office-hours.cedar", include_str!("../../policies/patient-context-office-hours.cedar")),
    ("policies/function-trust.json", include_str!("../../policies/function-trust.json")),
    ("policies/function.json", include_str!("../../policies/function.json")),
    ("policies/gateway-trust.json", include_str!("../../policies/gateway-trust.json")),
    ("policies/gateway.json", include_str!("../../policies/gateway.json")),
    ("policies/interceptor.json", include_str!("../../policies/interceptor.json")),
    ("policies/key.json", include_str!("../../policies/key.json")),
    ("policies/knowledge-base-strict.json", include_str!("../../policies/knowledge-base-strict.json")),
    ("policies/knowledge-base-trust.json", include_str!("../../policies/knowledge-base-trust.json")),
    ("policies/knowledge-base.json", include_str!("../../policies/knowledge-base.json")),
    ("policies/proxy-function.json", include_str!("../../policies/proxy-function.json")),
    ("policies/runtime-resource.json", include_str!("../../policies/runtime-resource.json")),
    ("policies/runtime-strict.json", include_str!("../../policies/runtime-strict.json")),
    ("policies/runtime-trust.json", include_str!("../../policies/runtime-trust.json")),
    ("policies/runtime.json", include_str!("../../policies/runtime.json")),
    ("policies/tenant-function.json", include_str!("../../policies/tenant-function.json")),
    ("policies/tools-tvm.json", include_str!("../../policies/tools-tvm.json")),
    ("policies/tvm-strict.json", include_str!("../../policies/tvm-strict.json")),
    ("policies/tvm-trust.json", include_str!("../../policies/tvm-trust.json")),
    ("policies/tvm.json", include_str!("../../policies/tvm.json")),
    ("templates/agent/main.py", include_str!("../../templates/agent/main.py")),
    ("templates/gateway_interceptor/main.py", include_str!("../../templates/gateway_interceptor/main.py")),
    ("templates/gateway_interceptor/token_check.py", include_str!("../../templates/gateway_interceptor/token_check.py")),
    ("templates/pre_token_lambda/main.py", include_str!("../../templates/pre_token_lambda/main.py")),
    ("templates/tools_lambda/main.py", include_str!("../../templates/tools_lambda/main.py")),
    ("templates/proxy_lambda/proxy.py", include_str!("../../templates/proxy_lambda/proxy.py")),
    ("templates/tvm_broker/main.py", include_str!("../../templates/tvm_broker/main.py")),
    ("templates/tvm_broker/token_check.py", include_str!("../../templates/tvm_broker/token_check.py")),
    ("templates/tools/healthcare.json", include_str!("../../templates/tools/healthcare.json")),
];

/// Pipelines for GitHub Actions, where GitHub looks for them.
pub(crate) const GITHUB: &[(&str, &str)] = &[
    (".github/workflows/tenantry-plan.yml", include_str!("../../templates/ci/github/tenantry-plan.yml")),
    (".github/workflows/tenantry-apply.yml", include_str!("../../templates/ci/github/tenantry-apply.yml")),
    (".github/workflows/tenantry-nightly.yml", include_str!("../../templates/ci/github/tenantry-nightly.yml")),
];

/// The pipeline for GitLab, where GitLab looks for it.
pub(crate) const GITLAB: &[(&str, &str)] = &[(".gitlab-ci.yml", include_str!("../../templates/ci/gitlab/.gitlab-ci.yml"))];
