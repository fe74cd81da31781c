//! How many writes a plan takes, how long they usually take, and what bounds them.

use std::collections::{BTreeMap, BTreeSet};

use super::rates::as_float;
use super::{RATES, Rate, pace};
use crate::kinds::kind;
use crate::plan::Plan;
use crate::schedule::{Op, Schedule, StepId};

/// What a plan costs, before it is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Estimate {
    /// Calls that change something; reads and repeated calls come on top.
    pub(crate) writes: u64,
    pub(crate) seconds: u64,
    /// What makes it no faster; nothing where there is nothing to do.
    pub(crate) bound_by: Option<Bound>,
}

/// What makes an apply no faster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bound {
    /// AWS takes no more calls a second.
    Rate(&'static Rate),
    /// Steps that wait for each other, the longest of which is this one.
    Chain(StepId),
    /// So many calls, of which a few are on their way at a time.
    Calls,
}

impl Bound {
    /// `parameters 3/s`, `memory/tier:basic/main until it is ready`.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Rate(rate) => rate.text(),
            Self::Calls => "the number of calls".into(),
            Self::Chain(step) => {
                let kind = step.address.kind().replace('_', " ");
                let a = if kind.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
                match step.op {
                    Op::Create => format!("{a} {kind} until it is ready"),
                    Op::Update | Op::Close => format!("{a} {kind} until it has changed"),
                    Op::Delete => format!("{a} {kind} until it is gone"),
                }
            }
        }
    }
}

/// Of a step that AWS does at once: the way there and back, and what is read beside it.
const ROUND_TRIPS: f64 = 0.4;

/// Of one call that writes, the way there and back, and how many are on their way at a time unless --jobs says so.
const CALL: f64 = 0.1;
const AT_A_TIME: f64 = 8.0;

/// Adds up a plan's steps as they are scheduled: the longest chain against what the rates let through.
pub(crate) fn estimate(plan: &Plan, schedule: &Schedule) -> Estimate {
    let mut calls: BTreeMap<&'static str, u64> = BTreeMap::new();
    let writes = count(schedule, &mut calls);
    let (first, last) = (longest(&schedule.first), longest(&schedule.last));
    let chain = first.as_ref().map_or(0.0, |(s, _)| *s) + last.as_ref().map_or(0.0, |(s, _)| *s);
    let slowest = RATES.iter().filter_map(|rate| Some((rate.takes(*calls.get(rate.id)?), rate))).max_by(|(a, _), (b, _)| a.total_cmp(b));
    let by_chain = [first, last].into_iter().flatten().max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, step)| Bound::Chain(step));
    let in_calls = as_float(writes) * CALL / AT_A_TIME;
    let (seconds, bound_by) = match slowest {
        Some((seconds, rate)) if seconds > chain.max(in_calls) => (seconds, Some(Bound::Rate(rate))),
        _ if in_calls > chain => (in_calls, Some(Bound::Calls)),
        _ => (chain, by_chain),
    };
    Estimate { writes, seconds: whole(seconds), bound_by: bound_by.filter(|_| !plan.is_empty()) }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds are neither negative nor beyond a century")]
fn whole(seconds: f64) -> u64 {
    seconds.ceil() as u64
}

/// The writes of all steps, and the calls that each rate sees; what one call carries together counts once.
fn count(schedule: &Schedule, calls: &mut BTreeMap<&'static str, u64>) -> u64 {
    let mut alike: BTreeMap<(&str, Op), u64> = BTreeMap::new();
    for step in schedule.first.keys().chain(schedule.last.keys()) {
        *alike.entry((step.address.kind(), step.op)).or_default() += 1;
    }
    let mut writes = 0;
    for ((name, op), steps) in alike {
        let Some(work) = pace(name).map(|pace| pace.of(op)) else { continue };
        let together = kind(name).map_or(1, |kind| kind.together()) as u64;
        let steps = if op == Op::Create { steps.div_ceil(together.max(1)) } else { steps };
        writes += steps * u64::from(work.writes);
        for (rate, each) in work.bounds {
            *calls.entry(rate).or_default() += steps * u64::from(*each);
        }
    }
    writes
}

/// How long a step usually takes: the middle of what is usual.
fn usual(step: &StepId) -> f64 {
    let Some(work) = pace(step.address.kind()).map(|pace| pace.of(step.op)) else { return ROUND_TRIPS };
    if work.status.is_empty() {
        return ROUND_TRIPS * f64::from(work.writes.max(1));
    }
    as_float(u64::from(work.usual.0 + work.usual.1)) / 2.0
}

/// The longest chain of steps, and the step that takes longest in it.
fn longest(steps: &BTreeMap<StepId, BTreeSet<StepId>>) -> Option<(f64, StepId)> {
    let mut ends: BTreeMap<&StepId, (f64, &StepId)> = BTreeMap::new();
    let mut after: BTreeMap<&StepId, Vec<&StepId>> = BTreeMap::new();
    let mut missing: BTreeMap<&StepId, usize> = BTreeMap::new();
    for (step, before) in steps {
        missing.insert(step, before.len());
        for earlier in before {
            after.entry(earlier).or_default().push(step);
        }
    }
    let mut ready: Vec<&StepId> = missing.iter().filter(|(_, n)| **n == 0).map(|(step, _)| *step).collect();
    while let Some(step) = ready.pop() {
        let before = steps.get(step).into_iter().flatten().filter_map(|b| ends.get(b).copied());
        let (begun, slowest) = before.max_by(|(a, _), (b, _)| a.total_cmp(b)).unwrap_or((0.0, step));
        let own = usual(step);
        ends.insert(step, (begun + own, if own > usual(slowest) { step } else { slowest }));
        for later in after.get(step).into_iter().flatten() {
            let Some(left) = missing.get_mut(*later) else { continue };
            *left = left.saturating_sub(1);
            if *left == 0 {
                ready.push(later);
            }
        }
    }
    ends.into_values().max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(seconds, step)| (seconds, step.clone()))
}
