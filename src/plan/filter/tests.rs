//! Parts of plans: what matches, what it needs, and what is said of the rest.

use serde_json::json;

use super::*;
use crate::late::Late;
use crate::plan::page::Page;
use crate::plan::page::tests::{Draft, facts};

/// A gateway that is replaced with the policy on it, a new tenant in a new bucket, and a tenant whose row changes.
fn plan() -> Plan {
    let mut draft = Draft::new();
    draft.does(Action::Create, "bucket/tier:basic/documents", "b", &[]);
    let late = |address: &str| json!({ "x": Late::<String>::slot(address.parse().unwrap(), "id") });
    draft.does(Action::Create, "prefix/tenant:clinic-a/basic", "p", &[]).desired = Some(late("bucket/tier:basic/documents"));
    draft.does(Action::Update, "tenant_row/tenant:clinic-b/clinic-config", "r", &[]);
    draft.does(Action::Replace, "gateway/tier:premium/main", "g", &[]);
    draft.does(Action::Update, "policy/tier:premium/p", "p", &[]).desired = Some(late("gateway/tier:premium/main"));
    let target = draft.does(Action::Delete, "gateway_target/tier:premium/old", "t", &[]);
    target.live.as_mut().unwrap().spec = json!({ "gateway": "gateway/tier:premium/main" });
    draft.does(Action::Update, "role/platform/x", "x", &[]);
    draft.0
}

fn known() -> Facts {
    facts(&[("clinic-a", "basic"), ("clinic-b", "premium")])
}

fn globs(texts: &[&str]) -> Vec<Glob> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn narrowed(filter: &Filter) -> Vec<String> {
    let mut plan = plan();
    filter.narrow(&mut plan, &known());
    plan.changes.iter().map(|c| c.address.to_string()).collect()
}

#[test]
fn what_matches_takes_along_what_it_needs() {
    let tenant = Filter { tenants: globs(&["*-a"]), ..Filter::default() };
    assert_eq!(narrowed(&tenant), ["bucket/tier:basic/documents", "prefix/tenant:clinic-a/basic"]);
    let tier = Filter { tiers: vec!["premium".parse().unwrap()], kinds: vec!["tenant_row".into()], ..Filter::default() };
    assert_eq!(narrowed(&tier), ["tenant_row/tenant:clinic-b/clinic-config"]);
    let replaced = Filter { kinds: vec!["gateway".into()], ..Filter::default() };
    assert_eq!(narrowed(&replaced), ["gateway/tier:premium/main", "policy/tier:premium/p", "gateway_target/tier:premium/old"]);
}

#[test]
fn what_is_excluded_takes_along_what_needs_it() {
    let bucket = Filter { exclude: globs(&["bucket/*"]), ..Filter::default() };
    assert!(!narrowed(&bucket).iter().any(|a| a.contains("bucket") || a.contains("clinic-a")));
    let tenant = Filter { exclude: globs(&["clinic-?"]), ..Filter::default() };
    assert!(narrowed(&tenant).iter().all(|a| !a.contains("tenant:")) && narrowed(&tenant).len() == 5);
}

#[test]
fn a_part_says_that_it_is_one_and_has_a_checksum_of_its_own() {
    let (whole, mut part) = (plan(), plan());
    Filter { exclude: globs(&["nothing-at-all"]), ..Filter::default() }.narrow(&mut part, &known());
    assert_eq!(whole.changes.len(), part.changes.len());
    assert_ne!(whole.checksum(), part.checksum());
    Filter { tenants: globs(&["clinic-b"]), ..Filter::default() }.narrow(&mut part, &known());
    let facts = known();
    let header = Page::of(&part, &facts).header;
    assert_eq!(header.partial.map(|p| (p.filters, p.left_out)), Some((vec!["--tenant clinic-b".to_owned()], 6)));
}

#[test]
fn the_bucket_with_the_lock_comes_with_every_part() {
    let mut draft = Draft::new();
    draft.does(Action::Create, &format!("bucket/platform/{OWN_BUCKET}"), "own", &[]);
    draft.does(Action::Create, "role/platform/x", "x", &[]);
    Filter { kinds: vec!["role".into()], ..Filter::default() }.narrow(&mut draft.0, &known());
    assert_eq!(draft.0.changes.len(), 2);
}

#[test]
fn a_filter_of_nothing_is_found_with_what_was_meant() {
    let unmatched = |filter: Filter| filter.unmatched(&plan(), &known()).map(|u| (u.filter, u.nearest.unwrap_or_default()));
    let pair = |filter: &str, near: &str| Some((filter.to_owned(), near.to_owned()));
    assert_eq!(unmatched(Filter { tenants: globs(&["clnic-a"]), ..Filter::default() }), pair("--tenant clnic-a", "clinic-a"));
    assert_eq!(unmatched(Filter { tiers: vec!["premum".parse().unwrap()], ..Filter::default() }), pair("--tier premum", "premium"));
    assert_eq!(unmatched(Filter { kinds: vec!["usr".into()], ..Filter::default() }), pair("--kind usr", "user"));
    assert_eq!(unmatched(Filter { exclude: globs(&["cl*-x"]), ..Filter::default() }).map(|(f, _)| f), Some("--exclude cl*-x".into()));
    assert_eq!(unmatched(Filter { tenants: globs(&["clinic-*"]), kinds: vec!["user".into()], ..Filter::default() }), None);
}
