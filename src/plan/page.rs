//! A plan as a page that one can approve: where it will run, tenants before resources, what is risky, and every total.
//!
//! Pure data, computed once; text, Markdown, JSON and HTML are drawn from it and decide nothing themselves. Texts in it are raw:
//! whoever prints one escapes it for the place where it is printed.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Action, Blocked, Cause, Change, Partial, Plan, Turn, by_owner, holds_data, moves, notes, turns};
use crate::address::{Address, Owner};
use crate::isolation::report::Report;
use crate::names::TierName;

mod consequence;
mod facts;
mod group;
mod judge;
pub(crate) mod open;
mod resource;
mod risk;
mod tenant;
mod totals;
mod widen;

pub(crate) use facts::{Facts, Place};
pub(crate) use group::{Fold, Group, Shape};
pub(crate) use open::{Accepted, Open};
pub(crate) use resource::{ResourceChange, words_of};
pub(crate) use risk::{Risk, RiskKind};
pub(crate) use tenant::{TenantAction, TenantChange};
pub(crate) use totals::{Counts, Estimate, Share, TenantTotals, TierRow, Totals};

/// Everything that a reviewer reads of a plan, in the order in which it is read.
#[derive(Debug, Serialize)]
pub(crate) struct Page<'a> {
    pub(crate) header: Header,
    /// Where tenants are not kept apart once it is applied; empty until `judged` has said so.
    pub(crate) open: Vec<Open>,
    /// Every tenant that changes, by id; `groups` says which of them change alike.
    pub(crate) tenants: Vec<TenantChange<'a>>,
    /// Tenants whose changes are equal but for their own names: the riskiest first, then the largest. No tenant stands in two.
    pub(crate) groups: Vec<Group>,
    /// What many tenants share: the platform's first, then each tier's. Drift is not in it.
    pub(crate) shared: Vec<Shared<'a>>,
    /// What was changed outside tenantry since the last apply and is put back, whoever owns it.
    pub(crate) drift: Vec<ResourceChange<'a>>,
    /// What deserves a second look, the worst first. Nothing of it is ever folded away.
    pub(crate) risks: Vec<Risk>,
    pub(crate) blocked: &'a [Blocked],
    /// Live, declared no longer, and left as they are.
    pub(crate) kept: Vec<Kept<'a>>,
    /// What no single change says.
    pub(crate) notes: Vec<String>,
    pub(crate) totals: Totals,
    /// Tenants by tier; those whose tier nobody knows any more come last.
    pub(crate) tiers: Vec<TierRow>,
    /// Calls that write; reads and repeated calls come on top.
    pub(crate) writes: usize,
    /// None where there is nothing to do, or so much to delete that nobody waits for it.
    pub(crate) estimate: Option<Estimate>,
    /// Set where an unusual share of the tenants that are there changes.
    pub(crate) share: Option<Share>,
    pub(crate) checksum: String,
}

/// Where the plan will run, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Header {
    /// The manifest, as the user named it.
    pub(crate) file: String,
    pub(crate) place: Place,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) platform: String,
    pub(crate) profile: &'static str,
    pub(crate) tiers: usize,
    /// How many tenants the manifest has.
    pub(crate) tenants: usize,
    /// How many tenants have anything live.
    pub(crate) live: usize,
    /// The filters as they were typed, and how many changes they leave out: then this is not the whole plan.
    pub(crate) partial: Option<Narrowed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Narrowed {
    pub(crate) filters: Vec<String>,
    pub(crate) left_out: usize,
}

/// Changes of the platform or of one tier.
#[derive(Debug, Serialize)]
pub(crate) struct Shared<'a> {
    pub(crate) owner: Owner,
    /// How many live tenants notice.
    pub(crate) affects: usize,
    /// In the order of creation, deletes last.
    pub(crate) resources: Vec<ResourceChange<'a>>,
}

/// Something that stays although nobody declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Kept<'a> {
    pub(crate) address: &'a Address,
    pub(crate) why: KeptFor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeptFor {
    /// It holds data; it is deleted by name only.
    Data,
    /// A tenant has moved away from it; the move says so.
    Moved,
    /// Others use it.
    Others,
}

/// What every part of the page asks of the plan; gathered once, for there may be tens of thousands of changes.
pub(super) struct Context<'a> {
    pub(super) plan: &'a Plan,
    pub(super) facts: &'a Facts,
    /// What is created, updated or replaced.
    pub(super) rising: BTreeMap<&'a Address, Action>,
    /// Owners with something live.
    pub(super) live: BTreeSet<&'a Owner>,
    /// Owners with something that stays as it is.
    pub(super) steady: BTreeSet<&'a Owner>,
    /// Tenants that are suspended or resumed.
    pub(super) turns: BTreeMap<&'a Owner, Turn>,
    /// What stays of an owner although nobody declares it.
    pub(super) kept: BTreeMap<&'a Owner, Vec<&'a Address>>,
    /// The live tenants of each tier.
    homes: BTreeMap<&'a TierName, usize>,
    all: usize,
}

impl<'a> Context<'a> {
    fn new(plan: &'a Plan, facts: &'a Facts) -> Self {
        let steady: BTreeSet<&Owner> = plan.unchanged.iter().map(Address::owner).collect();
        let touched = plan.changes.iter().filter(|c| c.live.is_some()).map(|c| c.address.owner());
        let left_out = plan.partial.iter().flat_map(|p| &p.left_out).filter(|l| l.is_live).map(|l| l.address.owner());
        let live: BTreeSet<&Owner> =
            steady.iter().copied().chain(touched).chain(left_out).chain(plan.kept.iter().map(Address::owner)).collect();
        let mut homes: BTreeMap<&TierName, usize> = BTreeMap::new();
        for (tenant, tier) in &facts.tenants {
            if live.contains(&Owner::Tenant(tenant.clone())) {
                *homes.entry(tier).or_default() += 1;
            }
        }
        let all = homes.values().sum();
        let mut kept: BTreeMap<&Owner, Vec<&Address>> = BTreeMap::new();
        for address in &plan.kept {
            kept.entry(address.owner()).or_default().push(address);
        }
        Self { plan, facts, rising: plan.rising(), live, steady, turns: turns(plan), kept, homes, all }
    }

    /// How many live tenants notice what happens to a resource of this owner.
    pub(super) fn affected(&self, owner: &Owner) -> usize {
        match owner {
            Owner::Platform => self.all,
            Owner::Tier(tier) => self.homes.get(tier).copied().unwrap_or_default(),
            Owner::Tenant(_) => 1,
        }
    }
}

impl<'a> Page<'a> {
    /// The page of a plan; `facts` are of the manifest that it was made from.
    pub(crate) fn of(plan: &'a Plan, facts: &'a Facts) -> Self {
        let context = Context::new(plan, facts);
        let moved = moves(plan);
        let mut tenants = Vec::new();
        let mut shared = Vec::new();
        let mut drift = Vec::new();
        for (owner, changes) in by_owner(plan) {
            let resources = resource::changes(&context, &changes);
            drift.extend(resources.iter().filter(|r| r.is_drift()).cloned());
            if let Owner::Tenant(id) = &owner {
                let left = moved.get(&owner).map(Vec::as_slice).unwrap_or_default();
                tenants.push(tenant::change(&context, id, resources, left));
                continue;
            }
            let resources: Vec<ResourceChange<'_>> = resources.into_iter().filter(|r| !r.is_drift()).collect();
            if !resources.is_empty() {
                shared.push(Shared { affects: context.affected(&owner), owner, resources });
            }
        }
        let groups = group::of(&mut tenants);
        let (totals, tiers) = totals::of(&context, &tenants);
        let (writes, estimate) = totals::cost(plan);
        Self {
            header: header(&context),
            open: Vec::new(),
            risks: risk::of(&tenants, &shared, &drift),
            groups,
            shared,
            drift,
            blocked: &plan.blocked,
            kept: kept(plan, &moved.values().flatten().copied().collect()),
            notes: notes(plan),
            share: totals::share(&totals.tenants),
            totals,
            tiers,
            writes,
            estimate,
            checksum: plan.checksum(),
            tenants,
        }
    }

    /// The page with what the planned platform would let through.
    pub(crate) fn judged(mut self, report: &Report, accepted: &Accepted) -> Self {
        self.open = open::of(report, accepted);
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tenants.is_empty() && self.shared.is_empty() && self.drift.is_empty() && self.blocked.is_empty()
    }

    /// A tenant that changes.
    pub(crate) fn tenant(&self, id: &crate::names::TenantId) -> Option<&TenantChange<'a>> {
        let at = self.tenants.binary_search_by(|t| t.id.cmp(id)).ok()?;
        self.tenants.get(at)
    }
}

fn header(context: &Context<'_>) -> Header {
    let (plan, facts) = (context.plan, context.facts);
    let narrowed = |p: &Partial| Narrowed { filters: p.filters.clone(), left_out: p.left_out.len() };
    Header {
        file: facts.file.clone(),
        place: facts.place,
        account: plan.target.account.clone(),
        region: plan.target.region.clone(),
        platform: plan.target.platform.clone(),
        profile: facts.profile,
        tiers: facts.tiers.len(),
        tenants: facts.tenants.len(),
        live: context.live.iter().filter(|owner| matches!(owner, Owner::Tenant(_))).count(),
        partial: plan.partial.as_ref().map(narrowed),
    }
}

fn kept<'a>(plan: &'a Plan, moved: &BTreeSet<&Address>) -> Vec<Kept<'a>> {
    let why = |address: &Address| match address {
        _ if moved.contains(address) => KeptFor::Moved,
        _ if holds_data(address) => KeptFor::Data,
        _ => KeptFor::Others,
    };
    plan.kept.iter().map(|address| Kept { address, why: why(address) }).collect()
}

/// Whether it was changed behind our back: what AWS itself says of a resource nobody has changed.
fn is_drift(change: &Change) -> bool {
    change.cause == Cause::Drift && change.fields.iter().all(|f| f.word_of_aws().is_none())
}

#[cfg(test)]
pub(crate) mod tests;
