//! Plans and outcomes for machines: one versioned JSON document each, no secret in either.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::style::count;
use super::verify::summary;
use crate::address::{Address, Owner};
use crate::apply::Outcome;
use crate::aws::AwsError;
use crate::diagnostic::{Diagnostics, Severity};
use crate::exit::Exit;
use crate::isolation::report::{Outcome as Verdict, Report, Row};
use crate::plan::page::open::first;
use crate::plan::page::{Header, Page, ResourceChange};
use crate::plan::saved::{PLAN, sealed};
use crate::plan::{Action, Named, Plan};
use crate::schedule::StepId;

/// Readers ignore keys they don't know; a breaking change raises the number before the dot.
pub(crate) const OUTCOME: &str = "tenantry-outcome/1.0";

/// What a plan was made from, beside what is live.
#[derive(Debug)]
pub(crate) struct Made<'a> {
    /// Of the manifest's text.
    pub(crate) sha256: String,
    pub(crate) named: &'a Named,
}

pub(crate) fn plan(page: &Page<'_>, plan: &Plan, made: &Made<'_>, isolation: Option<&Report>, calls: u64) -> Value {
    let filters = plan.partial.as_ref().map(|p| p.filters.clone()).unwrap_or_default();
    sealed(json!({
        "format": PLAN,
        "tool": env!("CARGO_PKG_VERSION"),
        "target": target(&page.header),
        "manifest": { "path": page.header.file, "sha256": made.sha256 },
        "options": {
            "delete": made.named.delete.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "allow_replace": made.named.replace,
            "filters": filters,
        },
        "partial": page.header.partial,
        "checksum": page.checksum,
        "read": { "calls": calls },
        "summary": page.totals,
        "writes": page.writes,
        "estimate": page.estimate,
        "tiers": page.tiers,
        "changes": changes(page, plan),
        "groups": page.groups,
        "risks": page.risks,
        "kept": page.kept,
        "blocked": page.blocked,
        "notes": page.notes,
        "isolation": isolation.map(|report| {
            json!({ "profile": report.profile.as_str(), "summary": summary(report), "probes": probes(page, report) })
        }),
    }))
}

/// Every probe's verdict, with what it rests on.
fn probes(page: &Page<'_>, report: &Report) -> Vec<Value> {
    let probe = |row: &Row| {
        let (fails, why) = (row.outcome == Verdict::Fail, first(row));
        let accepted = page.open.iter().find(|open| open.probe == row.probe).and_then(|open| open.accepted_since.clone());
        json!({
            "probe": row.probe,
            "layer": row.layer,
            "attack": row.attack,
            "verdict": row.outcome,
            "counterexample": why.clone().filter(|_| fails),
            "why": why.filter(|_| !fails),
            "accepted_since": accepted,
        })
    };
    report.rows.iter().map(probe).collect()
}

/// Where it runs.
pub(crate) fn target(header: &Header) -> Value {
    json!({
        "place": header.place.as_str(),
        "account": header.account,
        "region": header.region,
        "platform": header.platform,
        "profile": header.profile,
    })
}

/// By unit: the platform, its tiers, its tenants. Every change stands in one of them, once.
fn changes(page: &Page<'_>, plan: &Plan) -> Vec<Value> {
    let digests: BTreeMap<&Address, String> = plan.changes.iter().map(|c| (&c.address, c.digest())).collect();
    let resource = |change: &ResourceChange<'_>| {
        let mut whole = json!(change);
        if let Value::Object(map) = &mut whole {
            map.insert("digest".into(), json!(digests.get(change.address)));
        }
        whole
    };
    // Drift of what is shared is a part of its unit here, by its cause.
    let mut shared: BTreeMap<&Owner, Vec<&ResourceChange<'_>>> = BTreeMap::new();
    for change in page.shared.iter().flat_map(|s| &s.resources).chain(&page.drift) {
        if !matches!(change.address.owner(), Owner::Tenant(_)) {
            shared.entry(change.address.owner()).or_default().push(change);
        }
    }
    let mut units: Vec<Value> = Vec::new();
    for (owner, changes) in shared {
        let (unit, id) = match owner {
            Owner::Tier(tier) => ("tier", tier.to_string()),
            _ => ("platform", plan.target.platform.clone()),
        };
        let all = |action| changes.iter().all(|c| c.action == action);
        let action = match () {
            () if all(Action::Create) => "create",
            () if all(Action::Delete) => "delete",
            () => "change",
        };
        let affects = changes.iter().map(|c| c.affects).max();
        let resources: Vec<Value> = changes.into_iter().map(resource).collect();
        units.push(json!({ "unit": unit, "id": id, "action": action, "affects": affects, "resources": resources }));
    }
    for tenant in &page.tenants {
        let mut whole = json!({ "unit": "tenant", "id": tenant.id, "tier": tenant.tier });
        if let (Value::Object(whole), Value::Object(action)) = (&mut whole, json!(tenant.action)) {
            whole.extend(action);
            whole.insert("group".into(), json!(Some(&tenant.group).filter(|group| !group.is_empty())));
            whole.insert("risk".into(), json!(tenant.risk()));
            whole.insert("consequences".into(), json!(tenant.consequences));
            whole.insert("resources".into(), tenant.resources.iter().map(resource).collect());
        }
        units.push(whole);
    }
    units
}

/// The outcome of a command that came to no other answer, and why.
pub(crate) fn refused(error: &anyhow::Error, exit: Exit) -> Value {
    let mut document = outcome(&Outcome::default(), exit, 0, 0, 0.0);
    let findings = error.downcast_ref::<Diagnostics>();
    let why =
        findings.map_or_else(|| error.to_string(), |found| format!("{} in the user's files", count(found.count(Severity::Error), "error")));
    let because: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
    let request_id = AwsError::of(error).and_then(|e| e.request_id.clone());
    let findings = findings.map_or_else(|| json!([]), Diagnostics::to_json);
    if let Some(map) = document.as_object_mut() {
        let error = json!({ "why": why, "because": because, "request_id": request_id, "findings": findings });
        map.insert("error".into(), error);
        // How many calls were made before is not known here.
        map.insert("calls".into(), Value::Null);
        map.insert("retries".into(), Value::Null);
    }
    document
}

pub(crate) fn outcome(outcome: &Outcome, exit: Exit, calls: u64, retries: u64, seconds: f64) -> Value {
    let step = |step: &StepId| json!({ "address": step.address, "op": step.op });
    json!({
        "format": OUTCOME,
        "exit": exit.document(),
        "error": null,
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
