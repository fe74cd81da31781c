//! What is declared and more than AWS lets stand in an account, with its place: AWS need not be asked for that.

use std::sync::Arc;

use crate::address::Owner;
use crate::desired::Desired;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::manifest::yaml::{self, Node};
use crate::quotas::{Beyond, Standing, fit, usage};

/// By the table that a plan is held against. A quota that AWS raises may have been raised for this account, and what is live can't
/// be seen here: that is a warning. What AWS raises for nobody is an error.
pub(crate) fn quotas(source: &Arc<Source>, desired: &Desired) -> Diagnostics {
    let mut found = Diagnostics::default();
    let then: Standing<'_> = desired.specs().iter().collect();
    let beyond = fit(&usage(&Standing::new(), &then, &Default::default()), &desired.raised).beyond;
    if beyond.is_empty() {
        return found;
    }
    let root = yaml::parse(source.text()).ok();
    for Beyond { address, why, way_out, is_adjustable } in beyond {
        let span = root.as_ref().map_or(Span { start: 0, end: 0 }, |root| place(root, address.owner(), address.kind()));
        let summary = format!("{address}: {why}");
        let finding = match is_adjustable {
            true => Diagnostic::warning(source, span, summary),
            false => Diagnostic::error(source, span, summary),
        };
        found.push(finding.help(way_out));
    }
    found
}

/// The lines that declare what an owner has of a kind.
fn place(root: &Node, owner: &Owner, kind: &str) -> Span {
    match owner {
        Owner::Tenant(id) => root.place(&["tenants", id.as_str()]),
        Owner::Tier(tier) => root.place(&["tiers", tier.as_str(), key(kind)]),
        Owner::Platform => {
            let section = match kind {
                "group" => &["identity", "groups"][..],
                "resource_server" => &["identity", "resource_server"],
                "client" | "user_pool" => &["identity"],
                "table" => &["data", "tables"],
                "policy" | "policy_engine" => &["policy"],
                "function" => &["functions"],
                _ => &["platform"],
            };
            match root.entry(section.first().copied().unwrap_or_default()) {
                Some(_) => root.place(section),
                None => root.place(&["platform"]),
            }
        }
    }
}

/// What a tier's key for a kind is called.
fn key(kind: &str) -> &str {
    match kind {
        "gateway_target" | "rate_limit" | "policy" => "gateway",
        other => other,
    }
}
