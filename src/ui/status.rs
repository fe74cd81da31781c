//! What is live: a line for each tier's resources, a line for each tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::style::{BOLD, CAREFUL, DIM, GOOD, count};
use crate::address::{Address, Owner};
use crate::kinds::{AnyFound, Ownership, rank};
use crate::manifest::{Manifest, Setting};
use crate::observe::Live;
use crate::plan::Plan;

/// The ids that people look up most, and never a secret.
fn identity(found: &AnyFound) -> String {
    ["url", "arn", "id", "name"].iter().find_map(|field| found.output.get(field).and_then(Value::as_str)).unwrap_or_default().to_owned()
}

fn ours(live: &Live) -> impl Iterator<Item = (&Address, &AnyFound)> {
    live.iter().filter(|(_, found)| matches!(found.mark, Ownership::Ours { .. }))
}

fn pending(plan: &Plan) -> BTreeSet<&Address> {
    plan.changes.iter().map(|c| &c.address).collect()
}

pub(crate) fn text(manifest: &Manifest, live: &Live, plan: &Plan) -> String {
    let mut out = String::new();
    let pending = pending(plan);
    let mut groups: BTreeMap<&Owner, Vec<(&Address, &AnyFound)>> = BTreeMap::new();
    for (address, found) in ours(live).filter(|(a, _)| !matches!(a.owner(), Owner::Tenant(_)) && a.kind() != "parameter") {
        groups.entry(address.owner()).or_default().push((address, found));
    }
    for (owner, mut found) in groups {
        found.sort_by_key(|(a, _)| (rank(a.kind()), (*a).clone()));
        let _ = writeln!(out, "{BOLD}{}{BOLD:#}", owner.to_string().replace(':', " "));
        for (address, resource) in found {
            let _ = writeln!(
                out,
                "  {} {:<16} {:<16} {DIM}{}{DIM:#}",
                state(&pending, address),
                address.kind().replace('_', " "),
                address.label(),
                identity(resource)
            );
        }
        out.push('\n');
    }
    let parameters = ours(live).filter(|(a, _)| a.kind() == "parameter").count();
    tenants(&mut out, manifest, live, &pending);
    let _ = writeln!(
        out,
        "{} live, {} of them published for agents; {}.",
        count(ours(live).count(), "resource"),
        count(parameters, "parameter"),
        match plan.changes.len() {
            0 => "nothing to do".into(),
            n => format!("{} to make: `tenantry plan` shows them", count(n, "change")),
        }
    );
    out
}

fn state(pending: &BTreeSet<&Address>, address: &Address) -> String {
    if pending.contains(address) { format!("{CAREFUL}~{CAREFUL:#}") } else { format!("{GOOD}✓{GOOD:#}") }
}

fn tenants(out: &mut String, manifest: &Manifest, live: &Live, pending: &BTreeSet<&Address>) {
    let mut known: BTreeMap<String, Vec<&Address>> = manifest.tenants.keys().map(|id| (id.to_string(), Vec::new())).collect();
    for (address, _) in ours(live) {
        if let Owner::Tenant(id) = address.owner() {
            known.entry(id.to_string()).or_default().push(address);
        }
    }
    if known.is_empty() {
        return;
    }
    let _ = writeln!(out, "{BOLD}tenants{BOLD:#}");
    for (id, resources) in &known {
        let declared = manifest.tenants.iter().find(|(t, _)| t.as_str() == id).map(|(_, t)| t);
        let sign = match (declared, resources.is_empty() || resources.iter().any(|a| pending.contains(a))) {
            (None, _) => format!("{DIM}={DIM:#}"),
            (Some(_), true) => format!("{CAREFUL}~{CAREFUL:#}"),
            (Some(_), false) => format!("{GOOD}✓{GOOD:#}"),
        };
        let remark = match (declared, resources.is_empty()) {
            (None, _) => "not in the manifest; data kept".to_owned(),
            (Some(tenant), true) => format!("{}, not provisioned yet", tenant.name),
            (Some(tenant), false) => tenant.name.clone(),
        };
        let tier = declared.map_or("-", |t| t.tier.value.as_str());
        let _ = writeln!(out, "  {sign} {id:<27} {tier:<12} {DIM}{remark}{DIM:#}");
    }
    out.push('\n');
}

pub(crate) fn json(manifest: &Manifest, live: &Live, plan: &Plan) -> Value {
    let pending = pending(plan);
    let resources: Vec<Value> = ours(live)
        .map(|(a, f)| json!({ "address": a, "kind": a.kind(), "owner": a.owner(), "id": identity(f), "pending": pending.contains(a) }))
        .collect();
    let setting = |setting: &Setting| match setting {
        Setting::One(text) => json!(text),
        Setting::Many(list) => json!(list),
    };
    let tenants: Vec<Value> = manifest
        .tenants
        .iter()
        .map(|(id, t)| {
            let settings: BTreeMap<&String, Value> = t.settings.iter().map(|(k, v)| (k, setting(v))).collect();
            let live = ours(live).any(|(a, _)| *a.owner() == Owner::Tenant(id.clone()));
            let users: Vec<Value> = t.users.iter().map(|u| json!({ "email": u.email, "role": u.role })).collect();
            json!({ "id": id, "tier": t.tier.value, "name": t.name, "settings": settings, "users": users, "live": live })
        })
        .collect();
    json!({ "format": "tenantry-status/1.0", "target": plan.target, "tenants": tenants, "resources": resources, "kept": plan.kept })
}
