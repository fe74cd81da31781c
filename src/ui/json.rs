//! Plans and outcomes for machines: one versioned JSON document each, no secret in either.

use serde_json::{Value, json};

use super::verify::summary;
use crate::apply::Outcome;
use crate::isolation::report::Report;
use crate::plan::{Action, Plan, notes};
use crate::schedule::StepId;

/// Readers ignore keys they don't know; a breaking change raises the number before the dot.
const PLAN: &str = "tenantry-plan/1.0";
const OUTCOME: &str = "tenantry-outcome/1.0";

pub(crate) fn plan(plan: &Plan, isolation: Option<&Report>, calls: u64) -> Value {
    let changes: Vec<Value> = plan
        .changes
        .iter()
        .map(|c| {
            json!({
                "address": c.address,
                "kind": c.address.kind(),
                "owner": c.address.owner(),
                "action": c.action,
                "cause": c.cause,
                "replaces_because": c.replaces,
                "fields": c.fields,
                "refers_to": c.refers_to(),
            })
        })
        .collect();
    json!({
        "format": PLAN,
        "target": plan.target,
        "checksum": plan.checksum(),
        "read": { "calls": calls },
        "summary": {
            "create": plan.count(Action::Create),
            "update": plan.count(Action::Update),
            "replace": plan.count(Action::Replace),
            "close": plan.count(Action::Close),
            "delete": plan.count(Action::Delete),
            "unchanged": plan.unchanged.len(),
            "kept": plan.kept.len(),
            "blocked": plan.blocked.len(),
        },
        "changes": changes,
        "kept": plan.kept,
        "blocked": plan.blocked,
        "notes": notes(plan),
        "isolation": isolation.map(|report| json!({ "profile": report.profile.as_str(), "summary": summary(report) })),
    })
}

pub(crate) fn outcome(outcome: &Outcome, calls: u64, retries: u64, seconds: f64) -> Value {
    let step = |step: &StepId| json!({ "address": step.address, "op": step.op });
    json!({
        "format": OUTCOME,
        "done": outcome.done.iter().map(|(s, t)| json!({ "step": step(s), "seconds": t.as_secs_f64() })).collect::<Vec<_>>(),
        "failed": outcome.failed.iter().map(|(s, e)| json!({ "step": step(s), "why": format!("{e:#}") })).collect::<Vec<_>>(),
        "skipped": outcome.skipped.iter().map(|(s, b)| json!({ "step": step(s), "because": step(b) })).collect::<Vec<_>>(),
        "not_begun": outcome.not_begun.iter().map(step).collect::<Vec<_>>(),
        "calls": calls,
        "retries": retries,
        "seconds": seconds,
        "longest_chain_seconds": outcome.longest_chain.as_secs_f64(),
    })
}
