//! Each quota at its number and one beyond, and estimates of plans whose bounds are known.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::estimate::Estimate;
use super::*;
use crate::address::Owner;
use crate::kinds::KINDS;
use crate::late::Late;
use crate::plan::{Action, Cause, Change, Plan, Target};
use crate::schedule::schedule;

fn numbered(n: u64) -> serde_json::Map<String, Value> {
    (0..n).map(|i| (format!("m{i}"), json!({}))).collect()
}

/// A document of one resource that takes `size` of a quota.
fn document(quota: &Quota, size: u64) -> Value {
    let parent = |kind: &str| serde_json::to_value(Late::<String>::slot(Address::new(kind, Owner::Platform, "main"), "arn")).unwrap();
    let text = |n: u64| Value::String("é".repeat(usize::try_from(n).unwrap()));
    match quota.id {
        "memory_strategies" | "memory_strategies_in_all" => json!({ "strategies": numbered(size) }),
        "target_tools" => json!({ "tools": vec![json!({}); usize::try_from(size).unwrap()] }),
        "rate_limit_entries" => json!({ "entries": numbered(size) }),
        "custom_attributes" => json!({ "attributes": numbered(size) }),
        "scopes" => json!({ "scopes": numbered(size) }),
        "table_indexes" => json!({ "indexes": numbered(size) }),
        "policy_characters" => json!({ "statement": text(size) }),
        "gateway_policy_characters" => {
            // What AWS has yet to name counts as well, and says which gateway.
            let written = Late::concat([
                Late::known(text(size - 120).as_str().unwrap()),
                Late::slot("gateway/tier:basic/main".parse().unwrap(), "arn"),
            ]);
            json!({ "statement": written })
        }
        // Quotation marks count, white space doesn't.
        "trust_policy_characters" => json!({ "trust": format!("{}  ", "x".repeat(usize::try_from(size - 2).unwrap())) }),
        "inline_policy_characters" => json!({ "policy": "x".repeat(usize::try_from(size - 2).unwrap()) }),
        _ => match quota.place {
            Place::In(field) => json!({ field: parent("gateway") }),
            _ => json!({}),
        },
    }
}

/// As many resources as take `size` of a quota.
fn resources(quota: &Quota, size: u64) -> BTreeMap<Address, Value> {
    let address = |n: u64| Address::new(quota.kinds[0], Owner::Platform, &format!("r{n:06}"));
    let counts_each = quota.size as usize == QUOTAS[0].size as usize;
    match (counts_each, quota.id) {
        (true, _) => (0..size).map(|n| (address(n), document(quota, 1))).collect(),
        (false, "memory_strategies_in_all") => (0..size).map(|n| (address(n), document(quota, 1))).collect(),
        (false, "gateway_policy_characters") => {
            let (whole, rest) = (size / 10_000, size % 10_000);
            (0..whole).map(|n| (address(n), document(quota, if n == 0 { 10_000 + rest } else { 10_000 }))).collect()
        }
        (false, _) => [(address(0), document(quota, size))].into(),
    }
}

fn judged(now: &BTreeMap<Address, Value>, then: &BTreeMap<Address, Value>, raised: &BTreeMap<String, u64>) -> Fit {
    let outputs = BTreeMap::new();
    fit(&usage(&now.iter().collect(), &then.iter().collect(), &outputs), raised)
}

fn grouped(number: u64) -> String {
    crate::diagnostic::thousands(number)
}

#[test]
fn each_quota_lets_its_number_through_and_refuses_one_more() {
    for quota in QUOTAS {
        let of = |fit: &Fit| fit.beyond.iter().filter(|b| b.why.contains(&format!("{} {}", grouped(quota.most + 1), quota.unit))).count();
        let (nothing, default) = (BTreeMap::new(), BTreeMap::new());
        let at_most = judged(&nothing, &resources(quota, quota.most), &default);
        assert_eq!(of(&at_most), 0, "{} at {}", quota.id, quota.most);
        assert!(
            at_most.notes.iter().any(|note| note.contains(quota.unit)),
            "{} is full, and no note says so: {:?}",
            quota.id,
            at_most.notes
        );
        let beyond = judged(&nothing, &resources(quota, quota.most + 1), &default);
        assert_eq!(of(&beyond), 1, "{} at {}: {:?}", quota.id, quota.most + 1, beyond.beyond);
        let found = beyond.beyond.iter().find(|b| b.why.contains(quota.unit)).unwrap();
        assert!(found.why.contains(&grouped(quota.most)) && found.way_out.contains(quota.instead), "{found:?}");
        assert_eq!(found.way_out.contains("Service Quotas"), quota.is_adjustable(), "{found:?}");
        let few = judged(&nothing, &resources(quota, (quota.most / 2).max(120)), &default);
        assert!(
            quota.most < 240 || !few.notes.iter().any(|note| note.contains(&format!(" {} that", quota.unit))),
            "{}: {:?}",
            quota.id,
            few.notes
        );
    }
}

#[test]
fn children_are_counted_within_their_parent_whoever_names_it() {
    let policy = |n: usize, engine: Value| {
        (Address::new("policy", Owner::Platform, &format!("p{n:05}")), json!({ "engine": engine, "statement": "" }))
    };
    let slot = serde_json::to_value(Late::<String>::slot("policy_engine/platform/main".parse().unwrap(), "id")).unwrap();
    // Half of them live, by the id that AWS chose.
    let live: BTreeMap<Address, Value> = (0..500).map(|n| policy(n, json!("engine-1"))).collect();
    let engine: Address = "policy_engine/platform/main".parse().unwrap();
    let (id, other) = (json!({ "id": "engine-1" }), json!({ "id": "p", "engine": "engine-1" }));
    let child: Address = "policy/platform/p00000".parse().unwrap();
    let outputs = BTreeMap::from([(&engine, &id), (&child, &other)]);
    let mut then = live.clone();
    then.extend((500..1_000).map(|n| policy(n, slot.clone())));
    let all = |then: &BTreeMap<Address, Value>| fit(&usage(&live.iter().collect(), &then.iter().collect(), &outputs), &BTreeMap::new());
    assert!(all(&then).beyond.is_empty());
    then.extend([policy(1_000, slot)]);
    let refused = all(&then).beyond;
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(refused[0].address.label(), "p01000", "the first that is too many");
    assert!(refused[0].why.contains("in policy_engine/platform/main"), "{}", refused[0].why);
    // Another engine has room of its own.
    let others: BTreeMap<Address, Value> = (2_000..2_100).map(|n| policy(n, json!("engine-2"))).collect();
    then.remove(&refused[0].address);
    then.extend(others);
    assert!(all(&then).beyond.is_empty());
}

#[test]
fn what_aws_has_raised_is_taken_at_the_manifests_word_or_from_what_stands() {
    let memories = QUOTAS.iter().find(|q| q.id == "memories").unwrap();
    let (none, raised) = (BTreeMap::new(), BTreeMap::from([("memories".to_owned(), 160)]));
    assert!(judged(&none, &resources(memories, 160), &raised).beyond.is_empty());
    assert_eq!(judged(&none, &resources(memories, 161), &raised).beyond.len(), 1);
    // More than AWS's own number is live: it was raised, and nobody said so. What shrinks or grows is not refused then.
    let beyond = judged(&resources(memories, 155), &resources(memories, 156), &BTreeMap::new());
    assert!(beyond.beyond.is_empty() && beyond.notes.iter().any(|n| n.contains("156 memories")), "{beyond:?}");
    // What stays and adds nothing is no news.
    assert!(judged(&resources(memories, 149), &resources(memories, 149), &BTreeMap::new()).notes.is_empty());
}

#[test]
fn quotas_and_rates_name_their_page_and_their_kinds() {
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name()).collect();
    for (n, quota) in QUOTAS.iter().enumerate() {
        assert!(quota.source.starts_with("https://docs.aws.amazon.com/") && quota.read.starts_with("2026-"), "{}", quota.id);
        assert!(quota.kinds.iter().all(|kind| kinds.contains(kind)), "{} speaks of a kind that is not there", quota.id);
        assert!(QUOTAS.iter().skip(n + 1).all(|other| other.id != quota.id), "{} stands twice", quota.id);
    }
    for rate in RATES {
        assert!(rate.source.starts_with("https://docs.aws.amazon.com/") && rate.read.starts_with("2026-"), "{}", rate.id);
    }
    for kind in kinds {
        let pace = pace(kind).unwrap_or_else(|| panic!("nobody knows how long a {kind} takes"));
        for work in [&pace.create, &pace.update, &pace.delete] {
            assert!(work.usual.0 <= work.usual.1);
            assert!(work.bounds.iter().all(|(id, _)| RATES.iter().any(|rate| rate.id == *id)), "{kind}");
        }
    }
}

fn plan(resources: impl IntoIterator<Item = (Address, Action, Value)>) -> Plan {
    let target = Target { platform: "acme".into(), account: "111122223333".into(), region: "us-east-1".into() };
    let changes = resources.into_iter().map(|(address, action, desired)| Change {
        address,
        action,
        cause: Cause::Manifest,
        fields: vec![],
        replaces: vec![],
        loses: vec![],
        desired: (action != Action::Delete).then_some(desired),
        live: None,
    });
    let changes = changes.collect();
    Plan { target, changes, kept: vec![], blocked: vec![], unchanged: vec![], close: vec![], outputs: BTreeMap::new(), partial: None }
}

fn of(kind: &str, n: usize) -> Address {
    Address::new(kind, Owner::Platform, &format!("r{n}"))
}

fn estimated(plan: &Plan) -> (u64, u64, String) {
    let Estimate { writes, seconds, bound_by } = estimate(plan, &schedule(plan));
    (writes, seconds, bound_by.map(|bound| bound.text()).unwrap_or_default())
}

#[test]
fn many_small_steps_are_bound_by_their_rate() {
    let many = |kind: &'static str, n: usize, action: Action| plan((0..n).map(move |n| (of(kind, n), action, json!({}))));
    assert_eq!(estimated(&many("parameter", 3_000, Action::Create)), (3_000, 1_000, "parameters 3/s".into()));
    assert_eq!(estimated(&many("user", 10_000, Action::Create)), (10_000, 200, "new users 50/s".into()));
    assert_eq!(estimated(&many("user", 10_000, Action::Update)), (10_000, 400, "changes of users 25/s".into()));
    assert_eq!(estimated(&many("usage_plan", 5, Action::Update)), (5, 100, "changes of usage plans 1 in 20 s".into()));
    // A hundred keys go in one call; each is deleted by itself.
    assert_eq!(estimated(&many("api_key", 10_000, Action::Create)), (100, 10, "API Gateway 10/s".into()));
    assert_eq!(estimated(&many("api_key", 1_000, Action::Delete)), (1_000, 200, "API keys 5/s".into()));
    assert_eq!(estimated(&plan([])), (0, 0, String::new()));
}

#[test]
fn steps_that_wait_for_each_other_add_up() {
    let refers = |n: usize| json!({ "to": Late::<String>::slot(of("role", n), "arn") });
    let engine = |n: usize| json!({ "to": Late::<String>::slot(of("gateway", n), "arn") });
    let few = [
        (of("role", 1), Action::Create, json!({})),
        (of("gateway", 1), Action::Create, refers(1)),
        (of("gateway_target", 1), Action::Create, engine(1)),
        (of("memory", 1), Action::Create, refers(1)),
    ];
    let (writes, seconds, bound) = estimated(&plan(few.clone()));
    assert_eq!((writes, bound.as_str()), (5, "a memory until it is ready"));
    assert_eq!(seconds, 436, "a role, and a memory's 435 s");
    let (_, seconds, bound) = estimated(&plan(few.into_iter().take(3)));
    assert_eq!((seconds, bound.as_str()), (111, "a gateway until it is ready"));
}
