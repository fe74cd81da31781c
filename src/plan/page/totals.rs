//! What a plan comes to: tenants, shared resources, all resources, tiers, writes.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::tenant::{TenantAction, TenantChange};
use super::{Action, Context, Plan};
use crate::address::{Address, Owner};
use crate::names::{TenantId, TierName};
use crate::quotas::estimate;
use crate::schedule::schedule;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Totals {
    pub(crate) tenants: TenantTotals,
    /// What belongs to the platform or to a tier.
    pub(crate) shared: Counts,
    /// Everything, tenants' own resources too.
    pub(crate) resources: Counts,
    /// Resources that are put back as they were; they stand among the changes as well.
    pub(crate) drift: usize,
    pub(crate) kept: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct TenantTotals {
    pub(crate) create: usize,
    #[serde(rename = "move")]
    pub(crate) moved: usize,
    pub(crate) change: usize,
    pub(crate) suspend: usize,
    pub(crate) resume: usize,
    pub(crate) leave: usize,
    pub(crate) delete: usize,
    /// Something about them can't be done; they stand in no other count.
    pub(crate) blocked: usize,
    pub(crate) unchanged: usize,
}

impl TenantTotals {
    fn add(&mut self, action: &TenantAction) {
        let count = match action {
            TenantAction::Create => &mut self.create,
            TenantAction::Move { .. } => &mut self.moved,
            TenantAction::Change => &mut self.change,
            TenantAction::Suspend => &mut self.suspend,
            TenantAction::Resume => &mut self.resume,
            TenantAction::Leave => &mut self.leave,
            TenantAction::Delete => &mut self.delete,
        };
        *count += 1;
    }

    /// Those that are there and change, in any way.
    pub(crate) fn touched(&self) -> usize {
        self.moved + self.change + self.suspend + self.resume + self.leave + self.delete
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) create: usize,
    pub(crate) change: usize,
    pub(crate) replace: usize,
    pub(crate) close: usize,
    pub(crate) delete: usize,
    pub(crate) blocked: usize,
    pub(crate) unchanged: usize,
}

/// The tenants of one tier. A move counts where it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TierRow {
    /// None: nothing says any more.
    pub(crate) tier: Option<TierName>,
    pub(crate) tenants: TenantTotals,
}

/// How long it takes at least, and what bounds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Estimate {
    pub(crate) seconds: u64,
    /// In words, as they read after "bound by".
    pub(crate) bound_by: String,
}

/// How many of the tenants that are there change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Share {
    pub(crate) percent: usize,
    pub(crate) tenants: usize,
}

/// From this many tenants on it is worth a word that half of them change.
const MANY: usize = 10;

pub(super) fn share(totals: &TenantTotals) -> Option<Share> {
    let touched = totals.touched();
    let there = touched + totals.unchanged;
    let percent = (touched * 100).checked_div(there)?;
    (there >= MANY && percent > 50).then_some(Share { percent, tenants: touched })
}

pub(super) fn of(context: &Context<'_>, tenants: &[TenantChange<'_>]) -> (Totals, Vec<TierRow>) {
    let plan = context.plan;
    let mut all = TenantTotals::default();
    let mut tiers: BTreeMap<Option<&TierName>, TenantTotals> = BTreeMap::new();
    let blocked: BTreeSet<&Owner> = plan.blocked.iter().map(|b| b.address.owner()).collect();
    // What is blocked stands under that word alone.
    for tenant in tenants.iter().filter(|t| !blocked.contains(&Owner::Tenant(t.id.clone()))) {
        all.add(&tenant.action);
        tiers.entry(tenant.tier.as_ref()).or_default().add(&tenant.action);
    }
    let changed: BTreeSet<&TenantId> = tenants.iter().map(|t| &t.id).collect();
    let left_out: BTreeSet<&Owner> = plan.partial.iter().flat_map(|p| &p.left_out).map(|l| l.address.owner()).collect();
    for owner in &blocked {
        if let Owner::Tenant(id) = owner {
            all.blocked += 1;
            tiers.entry(context.facts.tenants.get(id)).or_default().blocked += 1;
        }
    }
    for owner in context.steady.iter().filter(|owner| !blocked.contains(*owner) && !left_out.contains(*owner)) {
        if let Owner::Tenant(id) = owner
            && !changed.contains(id)
        {
            all.unchanged += 1;
            tiers.entry(context.facts.tenants.get(id)).or_default().unchanged += 1;
        }
    }
    let is_shared = |address: &Address| !matches!(address.owner(), Owner::Tenant(_));
    let totals = Totals {
        tenants: all,
        shared: counts(plan, is_shared),
        resources: counts(plan, |_| true),
        drift: plan.changes.iter().filter(|c| super::is_drift(c)).count(),
        kept: plan.kept.len(),
    };
    let mut rows: Vec<TierRow> = tiers.into_iter().map(|(tier, tenants)| TierRow { tier: tier.cloned(), tenants }).collect();
    rows.sort_by_key(|row| (row.tier.is_none(), row.tier.clone()));
    (totals, rows)
}

fn counts(plan: &Plan, of: impl Fn(&Address) -> bool) -> Counts {
    // A change may be blocked for several reasons, and is one change.
    let blocked: BTreeSet<&Address> = plan.blocked.iter().map(|b| &b.address).filter(|a| of(a)).collect();
    let mut counts = Counts {
        blocked: blocked.len(),
        unchanged: plan.unchanged.iter().filter(|a| of(a) && !blocked.contains(a)).count(),
        ..Counts::default()
    };
    for change in plan.changes.iter().filter(|c| of(&c.address) && !blocked.contains(&c.address)) {
        let count = match change.action {
            Action::Create => &mut counts.create,
            Action::Update => &mut counts.change,
            Action::Replace => &mut counts.replace,
            Action::Close => &mut counts.close,
            Action::Delete => &mut counts.delete,
        };
        *count += 1;
    }
    counts
}

/// More deletes than these are not put in order for the sake of an estimate: each kind's wait for all of the kinds above.
const ORDERED: usize = 2000;

/// Writes, and how long they take.
pub(super) fn cost(plan: &Plan) -> (usize, Option<Estimate>) {
    let deletes = plan.changes.iter().filter(|c| matches!(c.action, Action::Delete | Action::Replace)).count();
    if deletes > ORDERED {
        return (plan.changes.len(), None);
    }
    let cost = estimate(plan, &schedule(plan));
    let bound = cost.bound_by.map(|bound| Estimate { seconds: cost.seconds, bound_by: bound.text() });
    (usize::try_from(cost.writes).unwrap_or(usize::MAX), bound)
}
