//! The order of work: a plan as steps, and what each step waits for.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::kinds::{KINDS, rank};
use crate::plan::{Action, Plan};

mod queue;

pub(crate) use queue::Queue;

/// What one step does. Replacing is two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Op {
    Delete,
    Create,
    Update,
    /// An update that shuts what is no longer declared.
    Close,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StepId {
    pub(crate) address: Address,
    pub(crate) op: Op,
}

/// The steps of a plan.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    /// What is replaced and what hangs below it, then creates, updates and closes, as their references allow.
    pub(crate) first: BTreeMap<StepId, BTreeSet<StepId>>,
    /// The remaining deletes: only once everything before went well.
    pub(crate) last: BTreeMap<StepId, BTreeSet<StepId>>,
}

/// Whether a kind hangs below another, at any depth.
fn hangs_below(child: &str, parent: &str) -> bool {
    KINDS.iter().find(|k| k.name() == child).is_some_and(|k| k.below().iter().any(|p| *p == parent || hangs_below(p, parent)))
}

/// Every step of a plan with the steps before it. References only point to what was declared earlier, so it drains.
pub(crate) fn schedule(plan: &Plan) -> Schedule {
    let replaced: Vec<&Address> = plan.changes.iter().filter(|c| c.action == Action::Replace).map(|c| &c.address).collect();
    let below_replaced = |address: &Address| replaced.iter().any(|r| hangs_below(address.kind(), r.kind()));
    let rising = plan.rising();
    let mut schedule = Schedule::default();
    for change in &plan.changes {
        let step = |op| StepId { address: change.address.clone(), op };
        let before: BTreeSet<StepId> = change
            .refers_to()
            .into_iter()
            .filter_map(|address| {
                let op = if *rising.get(&address)? == Action::Update { Op::Update } else { Op::Create };
                Some(StepId { address, op })
            })
            .collect();
        match change.action {
            Action::Create => drop(schedule.first.insert(step(Op::Create), before)),
            Action::Update => drop(schedule.first.insert(step(Op::Update), before)),
            Action::Close => drop(schedule.first.insert(step(Op::Close), before)),
            Action::Replace => {
                schedule.first.insert(step(Op::Delete), BTreeSet::new());
                schedule.first.insert(step(Op::Create), before.into_iter().chain([step(Op::Delete)]).collect());
            }
            Action::Delete if below_replaced(&change.address) => drop(schedule.first.insert(step(Op::Delete), BTreeSet::new())),
            Action::Delete => drop(schedule.last.insert(step(Op::Delete), BTreeSet::new())),
        }
    }
    bottom_up(&mut schedule.first);
    bottom_up(&mut schedule.last);
    schedule
}

/// A delete waits for the deletes of all kinds that are created after its own.
fn bottom_up(steps: &mut BTreeMap<StepId, BTreeSet<StepId>>) {
    let deletes: Vec<(usize, StepId)> =
        steps.keys().filter(|s| s.op == Op::Delete).map(|step| (rank(step.address.kind()), step.clone())).collect();
    for (step, before) in steps.iter_mut().filter(|(s, _)| s.op == Op::Delete) {
        let own = rank(step.address.kind());
        before.extend(deletes.iter().filter(|(rank, _)| *rank > own).map(|(_, delete)| delete.clone()));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::address::Owner;
    use crate::late::Late;
    use crate::plan::{Cause, Change, Target};

    /// A plan of resources of any kinds that refer to earlier ones.
    fn plan(resources: &[(usize, Action, Vec<usize>)]) -> Plan {
        let address = |n: usize| {
            let kind = resources.get(n).map_or(0, |(k, _, _)| k % KINDS.len());
            Address::new(KINDS[kind].name(), Owner::Platform, &format!("r{n}"))
        };
        let changes = resources.iter().enumerate().map(|(n, (_, action, refers))| {
            let references: Vec<Late> = refers.iter().filter(|_| n > 0).map(|r| Late::slot(address(r % n), "arn")).collect();
            Change {
                address: address(n),
                action: *action,
                cause: Cause::Manifest,
                fields: Vec::new(),
                replaces: Vec::new(),
                loses: Vec::new(),
                desired: (*action != Action::Delete).then(|| json!({ "refers": references })),
                live: None,
            }
        });
        let target = Target { platform: "acme".into(), account: "111122223333".into(), region: "us-east-1".into() };
        Plan {
            target,
            changes: changes.collect(),
            kept: vec![],
            blocked: vec![],
            unchanged: vec![],
            close: vec![],
            outputs: BTreeMap::new(),
            partial: None,
        }
    }

    fn drain(mut waiting: BTreeMap<StepId, BTreeSet<StepId>>) -> Vec<StepId> {
        let mut done = Vec::new();
        while let Some(step) = waiting.iter().find(|(_, before)| before.iter().all(|b| done.contains(b))).map(|(s, _)| s.clone()) {
            waiting.remove(&step);
            done.push(step);
        }
        assert!(waiting.is_empty(), "these wait forever: {waiting:#?}");
        done
    }

    fn actions() -> impl Strategy<Value = Action> {
        prop_oneof![Just(Action::Create), Just(Action::Update), Just(Action::Replace), Just(Action::Close), Just(Action::Delete)]
    }

    proptest! {
        #[test]
        fn it_always_drains_and_does_everything_once(
            resources in proptest::collection::vec((0..40usize, actions(), proptest::collection::vec(0..40usize, 0..4)), 0..30),
        ) {
            let plan = plan(&resources);
            let schedule = schedule(&plan);
            let replaced = plan.changes.iter().filter(|c| c.action == Action::Replace).count();
            prop_assert_eq!(schedule.first.len() + schedule.last.len(), plan.changes.len() + replaced);
            let (first, last) = (drain(schedule.first), drain(schedule.last));
            prop_assert!(last.iter().all(|s| s.op == Op::Delete));
            // What a step refers to is there before it begins.
            for (n, step) in first.iter().enumerate().filter(|(_, s)| s.op != Op::Delete) {
                let change = plan.changes.iter().find(|c| c.address == step.address).unwrap();
                for needed in change.refers_to() {
                    let rises = plan.rising().contains_key(&needed);
                    prop_assert!(!rises || first[..n].iter().any(|s| s.address == needed && s.op != Op::Delete));
                }
            }
        }
    }

    #[test]
    fn deletes_go_from_the_bottom_up() {
        let plan = plan(&[(0, Action::Delete, vec![]), (KINDS.len() - 1, Action::Delete, vec![])]);
        let order = drain(schedule(&plan).last);
        assert!(rank(order[0].address.kind()) > rank(order[1].address.kind()));
    }
}
