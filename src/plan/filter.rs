//! A part of a plan: what some filters match, and what that needs; never a part that could not be carried out by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::page::Facts;
use super::{Action, Change, LeftOut, Partial, Plan};
use crate::address::{Address, Owner};
use crate::compile::OWN_BUCKET;
use crate::diagnostic::nearest;
use crate::kinds::{Bucket, KINDS, Kind as _};
use crate::names::{TenantId, TierName};

mod glob;

pub(crate) use glob::Glob;

/// What to narrow a plan to. Of one option any may match; all options together must.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) tenants: Vec<Glob>,
    /// A tier's own resources and its tenants.
    pub(crate) tiers: Vec<TierName>,
    pub(crate) kinds: Vec<String>,
    /// Tenants or addresses that stay as they are, and with them whatever needs them to change.
    pub(crate) exclude: Vec<Glob>,
}

/// A filter that matches nothing that there is, and what was probably meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unmatched {
    /// As it was typed: `--tenant clnic-a`.
    pub(crate) filter: String,
    pub(crate) nearest: Option<String>,
}

impl Filter {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// As they are typed.
    fn words(&self) -> Vec<String> {
        let option = |name: &str, value: &dyn std::fmt::Display| format!("--{name} {value}");
        let tenants = self.tenants.iter().map(|glob| option("tenant", glob));
        let tiers = self.tiers.iter().map(|tier| option("tier", tier));
        let kinds = self.kinds.iter().map(|kind| option("kind", kind));
        tenants.chain(tiers).chain(kinds).chain(self.exclude.iter().map(|glob| option("exclude", glob))).collect()
    }

    fn excludes(&self, address: &Address) -> bool {
        let tenant = tenant(address);
        let text = address.to_string();
        self.exclude.iter().any(|glob| glob.matches(&text) || tenant.is_some_and(|id| glob.matches(id.as_str())))
    }

    fn matches(&self, address: &Address, facts: &Facts) -> bool {
        let tenant = tenant(address);
        let by_tenant = self.tenants.is_empty() || tenant.is_some_and(|id| self.tenants.iter().any(|glob| glob.matches(id.as_str())));
        let by_tier = self.tiers.is_empty()
            || match address.owner() {
                Owner::Platform => false,
                Owner::Tier(tier) => self.tiers.contains(tier),
                Owner::Tenant(id) => facts.tenants.get(id).is_some_and(|tier| self.tiers.contains(tier)),
            };
        by_tenant && by_tier && (self.kinds.is_empty() || self.kinds.iter().any(|kind| kind == address.kind())) && !self.excludes(address)
    }

    /// The first filter that matches nothing that is declared, live or planned.
    pub(crate) fn unmatched(&self, plan: &Plan, facts: &Facts) -> Option<Unmatched> {
        let addresses = || {
            let changed = plan.changes.iter().map(|c| &c.address);
            changed.chain(&plan.unchanged).chain(&plan.kept).chain(plan.blocked.iter().map(|b| &b.address))
        };
        let owned: BTreeSet<&str> = addresses().filter_map(tenant).chain(facts.tenants.keys()).map(TenantId::as_str).collect();
        let tiers: BTreeSet<&str> = facts.tiers.iter().chain(addresses().filter_map(tier)).map(TierName::as_str).collect();
        let unmatched = |filter: String, text: &str, there: &mut dyn Iterator<Item = &str>| {
            Some(Unmatched { filter, nearest: nearest(text, there).map(ToOwned::to_owned) })
        };
        for glob in &self.tenants {
            if !owned.iter().any(|id| glob.matches(id)) {
                return unmatched(format!("--tenant {glob}"), &glob.to_string(), &mut owned.iter().copied());
            }
        }
        for name in &self.tiers {
            if !tiers.contains(name.as_str()) {
                return unmatched(format!("--tier {name}"), name.as_str(), &mut tiers.iter().copied());
            }
        }
        for name in &self.kinds {
            if !KINDS.iter().any(|kind| kind.name() == name) {
                return unmatched(format!("--kind {name}"), name, &mut KINDS.iter().map(|kind| kind.name()));
            }
        }
        for glob in &self.exclude {
            if !owned.iter().any(|id| glob.matches(id)) && !addresses().any(|address| glob.matches(&address.to_string())) {
                return unmatched(format!("--exclude {glob}"), &glob.to_string(), &mut owned.iter().copied());
            }
        }
        None
    }

    /// Narrows a plan to what matches and what that depends on.
    pub(crate) fn narrow(&self, plan: &mut Plan, facts: &Facts) {
        if self.is_empty() {
            return;
        }
        let taken = taken(self, plan, facts);
        let needed: BTreeSet<Address> = plan.changes.iter().filter(|c| taken.contains(&c.address)).flat_map(Change::refers_to).collect();
        let all = std::mem::take(&mut plan.changes);
        let (stays, goes): (Vec<Change>, Vec<Change>) = all.into_iter().partition(|c| taken.contains(&c.address));
        plan.changes = stays;
        let left_out = goes.into_iter().map(|c| LeftOut { address: c.address, is_live: c.live.is_some() });
        plan.partial = Some(Partial { filters: self.words(), left_out: left_out.collect() });
        plan.blocked.retain(|b| taken.contains(&b.address) || needed.contains(&b.address) || self.matches(&b.address, facts));
        plan.kept.retain(|address| self.matches(address, facts));
    }
}

fn tenant(address: &Address) -> Option<&TenantId> {
    if let Owner::Tenant(id) = address.owner() { Some(id) } else { None }
}

fn tier(address: &Address) -> Option<&TierName> {
    if let Owner::Tier(tier) = address.owner() { Some(tier) } else { None }
}

/// What matches and all that it needs, without what is excluded and all that needs that.
fn taken(filter: &Filter, plan: &Plan, facts: &Facts) -> BTreeSet<Address> {
    let needs = needs(plan);
    let mut needed_by: BTreeMap<&Address, Vec<&Address>> = BTreeMap::new();
    for (address, others) in &needs {
        for other in others {
            needed_by.entry(other).or_default().push(address);
        }
    }
    let excluded = plan.changes.iter().map(|c| &c.address).filter(|a| filter.excludes(a));
    let excluded = reached(excluded, |address| needed_by.get(address).cloned().unwrap_or_default());
    let matched = plan.changes.iter().map(|c| &c.address).filter(|a| filter.matches(a, facts) && !excluded.contains(*a));
    let mut taken = reached(matched, |address| needs.get(address).into_iter().flatten().copied().collect());
    // The lock lies in the platform's own bucket: no apply begins without it.
    let own = Address::new(Bucket::NAME, Owner::Platform, OWN_BUCKET);
    if !taken.is_empty()
        && let Some(change) = plan.changes.iter().find(|c| c.address == own && c.action == Action::Create)
    {
        taken.insert(&change.address);
    }
    taken.into_iter().cloned().collect()
}

/// Everything that some addresses lead to, at any depth.
fn reached<'a>(from: impl Iterator<Item = &'a Address>, next: impl Fn(&'a Address) -> Vec<&'a Address>) -> BTreeSet<&'a Address> {
    let mut open: Vec<&Address> = from.collect();
    let mut seen = BTreeSet::new();
    while let Some(address) = open.pop() {
        if seen.insert(address) {
            open.extend(next(address));
        }
    }
    seen
}

/// For each change the others that it can't be done without: what it refers to; and of what goes, all that stands on it.
fn needs(plan: &Plan) -> BTreeMap<&Address, Vec<&Address>> {
    let by_address: BTreeMap<&Address, &Change> = plan.changes.iter().map(|c| (&c.address, c)).collect();
    let mut needs: BTreeMap<&Address, Vec<&Address>> = BTreeMap::new();
    for change in &plan.changes {
        for address in change.refers_to() {
            let Some((other, there)) = by_address.get_key_value(&address) else { continue };
            needs.entry(&change.address).or_default().push(other);
            // What is replaced is not there in between: what refers to it goes along.
            if there.action == Action::Replace {
                needs.entry(other).or_default().push(&change.address);
            }
        }
    }
    for (parent, children) in standing_on(plan) {
        needs.entry(parent).or_default().extend(children);
    }
    needs
}

/// Of everything that is deleted or replaced: the changes of what refers to it as it is live.
fn standing_on(plan: &Plan) -> BTreeMap<&Address, Vec<&Address>> {
    let mut said: BTreeMap<&str, Vec<&Address>> = BTreeMap::new();
    for change in &plan.changes {
        let spec = change.live.as_ref().and_then(|live| live.spec.as_object());
        for text in spec.into_iter().flatten().filter_map(|(_, value)| value.as_str()).filter(|text| !text.is_empty()) {
            said.entry(text).or_default().push(&change.address);
        }
    }
    let mut standing: BTreeMap<&Address, Vec<&Address>> = BTreeMap::new();
    for change in plan.changes.iter().filter(|c| matches!(c.action, Action::Delete | Action::Replace)) {
        let output = change.live.as_ref().and_then(|live| live.output.as_object());
        let texts = output.into_iter().flatten().filter_map(|(_, value)| value.as_str());
        let children = texts.filter_map(|text| said.get(text)).flatten().copied();
        let below = |child: &&Address| crate::kinds::rank(child.kind()) > crate::kinds::rank(change.address.kind());
        standing.insert(&change.address, children.filter(below).collect());
    }
    standing
}

#[cfg(test)]
mod tests;
