//! The matrix that every kind must pass: from each of its examples to each other, on the sandbox.
//!
//! Applied, observed equal, planned empty, changed, planned empty again, deleted, gone, deleted again quietly.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::*;
use crate::apply::{Options, Outcome, Site, apply};
use crate::desired::Desired;
use crate::late::Late;
use crate::observe::observe;
use crate::plan::{Action, Named, Plan, Which, diff};
use crate::sandbox::{Faults, Sandbox};
use crate::schedule::schedule;

mod examples;
mod front_door;
mod matrix;
mod others;
mod pre_token;
mod rate_limit;
mod registry;
mod resource_policy;

pub(super) use examples::*;
use matrix::{DELIVERIES, matrix};

fn names() -> Names {
    Names { platform: "acme".parse().unwrap(), account: "111122223333".parse().unwrap(), region: "us-east-1".parse().unwrap() }
}

fn tags(value: &str) -> BTreeMap<String, String> {
    [("Stage".to_owned(), value.to_owned())].into()
}

fn blobs() -> Blobs {
    ["first", "second"].into_iter().map(|text| (crate::secret::digest(text.as_bytes()), bytes::Bytes::from(text))).collect()
}

pub(super) struct Bench {
    pub(super) site: Site,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(Faults::default())
    }

    pub(super) fn with(faults: Faults) -> Self {
        let sandbox = Arc::new(Sandbox::open(None, "111122223333", faults).unwrap());
        let aws = Arc::new(Aws::sandbox(sandbox, &names().region));
        Self { site: Site { aws, names: names(), blobs: blobs() } }
    }

    pub(super) async fn plan(&self, desired: &Desired, named: &Named) -> Plan {
        let live = observe(&self.site.aws, &self.site.names, desired).await.unwrap();
        diff(&self.site.names, desired, &live, named).unwrap()
    }

    pub(super) async fn apply(&self, desired: &Desired, named: &Named) -> Outcome {
        let plan = self.plan(desired, named).await;
        assert!(plan.blocked.is_empty(), "{:?}", plan.blocked);
        let steps = schedule(&plan);
        let (events, _) = tokio::sync::mpsc::unbounded_channel();
        let options = Options { jobs: 8, stop: tokio_util::sync::CancellationToken::new() };
        let outcome = apply(plan, steps, self.site.clone(), &options, events).await;
        assert!(outcome.failed.is_empty(), "{:?}", outcome.failed);
        assert!(outcome.skipped.is_empty() && outcome.not_begun.is_empty());
        outcome
    }

    pub(super) async fn is_settled(&self, desired: &Desired, at: &str) {
        let plan = self.plan(desired, &Named::default()).await;
        let changes: Vec<String> = plan.changes.iter().map(|c| format!("{:?} {} {:?}", c.action, c.address, c.fields)).collect();
        assert!(changes.is_empty(), "{at}: the second plan is not empty: {changes:#?}");
    }
}

#[test]
fn every_kind_is_in_the_matrix() {
    // One setting of the account, with one value, that nobody takes back: it has tests of its own.
    let tested: BTreeSet<&str> = matrix().iter().map(|e| e.kind).chain([TraceDestination::NAME]).collect();
    let kinds: BTreeSet<&str> = KINDS.iter().map(|k| k.name()).collect();
    assert_eq!(tested, kinds);
    assert!(matrix().iter().all(|e| e.variants.len() > 1));
}

fn desired(variant: fn(&mut Desired)) -> Desired {
    let mut desired = Desired::default();
    variant(&mut desired);
    desired
}

#[tokio::test(start_paused = true)]
async fn from_each_example_to_each_other() {
    for examples in matrix() {
        for (i, from) in examples.variants.iter().enumerate() {
            for (j, to) in examples.variants.iter().enumerate().filter(|(j, _)| *j != i) {
                walk(examples.kind, &format!("{} from example {i} to {j}", examples.kind), &desired(*from), &desired(*to)).await;
            }
        }
    }
}

async fn walk(kind: &str, at: &str, from: &Desired, to: &Desired) {
    let bench = Bench::new();
    bench.apply(from, &Named::default()).await;
    bench.is_settled(from, at).await;

    // Data may go here: the walk is about the kinds, the guards have tests of their own.
    let all: BTreeSet<Address> = from.specs().keys().chain(to.specs().keys()).cloned().collect();
    let named = Named { delete: all.iter().cloned().map(Which::One).collect(), replace: all };
    let plan = bench.plan(to, &named).await;
    assert!(plan.changes.iter().any(|c| c.address.kind() == kind), "{at}: the examples don't differ");
    for change in plan.changes.iter().filter(|c| c.action == Action::Update) {
        let replacing = super::kind(change.address.kind()).unwrap().replace_on();
        assert!(
            change.fields.iter().all(|f| replacing.iter().all(|(field, _)| *field != f.root())),
            "{at}: {:?} is updated in place",
            change.fields
        );
    }
    bench.apply(to, &named).await;
    bench.is_settled(to, at).await;

    // What a plan knows beforehand is what came of it.
    for (address, found) in &observe(&bench.site.aws, &bench.site.names, to).await.unwrap() {
        let known = super::kind(address.kind()).unwrap().known(&found.spec, &bench.site.names).unwrap();
        for (name, value) in known.as_object().unwrap() {
            assert_eq!(found.output.get(name), Some(value), "{at}: `{name}` of {address}");
        }
    }

    // Every live resource of the kind is deleted, and deleted again.
    let nothing = Desired::default();
    let before = observe(&bench.site.aws, &bench.site.names, to).await.unwrap();
    bench.apply(&nothing, &named).await;
    let after = observe(&bench.site.aws, &bench.site.names, &nothing).await.unwrap();
    assert!(after.is_empty(), "{at}: not gone: {:?}", after.keys().collect::<Vec<_>>());
    for (address, found) in before.iter().filter(|(a, _)| a.kind() == kind) {
        let mark = Mark { platform: "acme".into(), address: address.clone(), spec: String::new() };
        let step = Step { aws: &bench.site.aws, names: &bench.site.names, blobs: &bench.site.blobs, mark, tell: &|_| {} };
        super::kind(kind).unwrap().delete(&step, found).await.unwrap_or_else(|e| panic!("{at}: deleting {address} again: {e:#}"));
    }

    // And made again: AWS has not forgotten the idempotency tokens of the first time.
    bench.apply(from, &named).await;
    bench.is_settled(from, at).await;
}

/// What leaves the manifest is shut where AWS can do that, kept so, and opened again when it comes back.
#[tokio::test(start_paused = true)]
async fn what_can_be_closed_off_is_closed_off_and_opened_again() {
    let mut kinds = BTreeSet::new();
    for examples in matrix() {
        let (wanted, nothing) = (desired(examples.variants[0]), Desired::default());
        let bench = Bench::new();
        bench.apply(&wanted, &Named::default()).await;
        let kind = super::kind(examples.kind).unwrap();
        let closed = |live: &crate::observe::Live| {
            let of_kind = live.iter().filter(|(a, _)| a.kind() == examples.kind);
            of_kind.map(|(_, f)| kind.closed(&f.spec).unwrap().map(|c| c == f.spec)).collect::<Vec<_>>()
        };
        let before = closed(&observe(&bench.site.aws, &bench.site.names, &wanted).await.unwrap());
        if before.iter().all(Option::is_none) {
            continue;
        }
        assert!(before.iter().all(|c| *c == Some(false)), "{}: shut from the beginning", examples.kind);
        kinds.insert(examples.kind);
        bench.apply(&nothing, &Named::default()).await;
        bench.is_settled(&nothing, examples.kind).await;
        let after = closed(&observe(&bench.site.aws, &bench.site.names, &nothing).await.unwrap());
        assert_eq!(after, vec![Some(true); before.len()], "{}", examples.kind);
        bench.apply(&wanted, &Named::default()).await;
        bench.is_settled(&wanted, examples.kind).await;
    }
    assert_eq!(kinds, [User::NAME].into());
}

mod transitions;
mod users;
mod vended;

#[tokio::test(start_paused = true)]
async fn a_key_that_waits_for_its_deletion_is_gone_until_it_is_wanted_again() {
    let bench = Bench::new();
    let wanted = desired(|d| drop(a_table(d, "clinic_id", &[], "one")));
    let changed = desired(|d| drop(a_key(d, "kms:GetKeyPolicy", "two")));
    bench.apply(&wanted, &Named::default()).await;
    let arn = async |at: &Desired| {
        let live = observe(&bench.site.aws, &bench.site.names, at).await.unwrap();
        live.iter().find(|(a, _)| a.kind() == Key::NAME).map(|(_, found)| found.output["arn"].clone())
    };
    let before = arn(&wanted).await;
    assert!(before.is_some());
    let named = Named { delete: wanted.specs().keys().cloned().map(crate::plan::Which::One).collect(), ..Named::default() };
    bench.apply(&Desired::default(), &named).await;
    assert_eq!(arn(&wanted).await, None);
    bench.apply(&changed, &Named::default()).await;
    assert_eq!(arn(&wanted).await, before);
    bench.is_settled(&changed, "taken back").await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_makes_no_second_key_and_no_second_table() {
    let sandbox = Arc::new(Sandbox::open(None, "111122223333", Faults::parse("lost=1").unwrap()).unwrap());
    let aws = Arc::new(Aws::sandbox(sandbox, &names().region));
    let bench = Bench { site: Site { aws, names: names(), blobs: blobs() } };
    let wanted = desired(|d| a_row(d, &["one-clinic"], &"Oncology".into()));
    bench.apply(&wanted, &Named::default()).await;
    bench.is_settled(&wanted, "lost replies").await;
    let changed = desired(|d| drop(a_table(d, "clinic_id", &[("by-tier", "tier")], "two")));
    bench.apply(&changed, &Named::default()).await;
    bench.is_settled(&changed, "lost replies of updates").await;
    assert_eq!(bench.site.aws.kms.list_keys().send().await.unwrap().keys().len(), 1);
    assert_eq!(bench.site.aws.dynamodb.list_tables().send().await.unwrap().table_names().len(), 1);

    let named = Named { delete: wanted.specs().keys().cloned().map(crate::plan::Which::One).collect(), ..Named::default() };
    bench.apply(&Desired::default(), &named).await;
    bench.apply(&changed, &Named::default()).await;
    bench.is_settled(&changed, "lost replies of deletes and of a key that is taken back").await;
    assert_eq!(bench.site.aws.kms.list_keys().send().await.unwrap().keys().len(), 1);
}
