//! What is live against what is declared, where a probe could not tell from the live documents alone.

use serde_json::Value;

use super::model::Model;
use super::report::Row;

/// The probe that a kind's absence blinds.
const WITHOUT: &[(&str, &str)] = &[
    ("user_pool", "P01"),
    ("client", "P02"),
    ("runtime", "P04"),
    ("resource_policy", "P05"),
    ("gateway", "P08"),
    ("policy", "P09"),
    ("policy_engine", "P09"),
    ("gateway_target", "P11"),
    ("role", "P12"),
    ("memory", "P14"),
    ("table", "P16"),
    ("bucket", "P17"),
    ("knowledge_base", "P18"),
];

/// What decides and yet says nothing of itself, such as the ARN of a function: it has to be the declared one.
const SAME: &[(&str, &str, &str)] = &[
    ("user_pool", "/pre_token/lambda", "P03"),
    ("runtime", "/authorizer/discovery_url", "P04"),
    ("runtime", "/authorizer/allowed_audience", "P04"),
    ("runtime", "/authorizer/allowed_clients", "P04"),
    ("gateway", "/authorizer/discovery_url", "P08"),
    ("gateway", "/authorizer/allowed_audience", "P08"),
    ("gateway", "/authorizer/allowed_clients", "P08"),
    ("gateway", "/policy/engine", "P09"),
    ("gateway", "/interceptor/lambda", "P10"),
    ("gateway_target", "/sort", "P10"),
    ("gateway_target", "/credentials", "P10"),
    ("gateway_target", "/lambda", "P10"),
];

/// Adds what is missing or other than declared; nothing where only the manifest is judged.
pub(super) fn judge(model: &Model, row: &mut Row) {
    let asked = row.probe;
    for (address, declared) in &model.expected {
        let kind = address.kind();
        let Some(live) = model.resources.get(address) else {
            if WITHOUT.contains(&(kind, asked)) {
                row.unknown(address.to_string(), "it is declared and not live, so that it keeps nobody out; `tenantry apply` makes it");
            }
            continue;
        };
        for (_, pointer, _) in SAME.iter().filter(|(of, _, probe)| *of == kind && *probe == asked) {
            let at = |spec: &Value| spec.pointer(pointer).cloned().unwrap_or_default();
            if at(declared) != at(&live.spec) {
                let what = pointer.trim_start_matches('/').replace('/', "'s ");
                row.unknown(address.to_string(), format!("its {what} is not the declared one; `tenantry plan` shows both"));
            }
        }
    }
}
