//! What a plan does to the picture: marks on boxes and tenants, and boxes for what leaves.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::node;
use super::{Column, Graph, Marks, Member, Part, Spot, Turn};
use crate::address::{Address, Owner};
use crate::kinds::{Kind as _, Prefix};
use crate::manifest::{LambdaRef, Manifest};
use crate::names::{TenantId, TierName};
use crate::plan::{Action, Change, Plan, moves};

impl Graph {
    /// The picture with what the plan changes.
    pub(crate) fn with(mut self, manifest: &Manifest, plan: &Plan) -> Self {
        let mut all = Marks::new();
        for change in &plan.changes {
            *all.entry(change.action).or_insert(0) += 1;
            for spot in spots(manifest, &change.address) {
                self.mark(spot, change.action);
            }
        }
        self.planned = Some(all);
        self.turn(manifest, plan);
        self
    }

    fn mark(&mut self, spot: Spot, action: Action) {
        let found = self.nodes.iter().position(|node| node.spot == spot);
        let at = found.unwrap_or_else(|| {
            let mut leaving = node(spot.0, spot.1.as_ref(), vec!["no longer declared".into()], None);
            leaving.leaves = true;
            self.nodes.push(leaving);
            self.nodes.len() - 1
        });
        if let Some(node) = self.nodes.get_mut(at) {
            *node.marks.entry(action).or_insert(0) += 1;
        }
        if let Some(tier) = spot.1 {
            self.column(&tier);
        }
    }

    /// The tier's column, if need be as one that leaves.
    fn column(&mut self, tier: &TierName) -> Option<&mut Column> {
        if !self.columns.iter().any(|column| column.tier == *tier) {
            self.columns.push(Column { tier: tier.clone(), members: Vec::new(), leaves: true });
        }
        self.columns.iter_mut().find(|column| column.tier == *tier)
    }

    /// What becomes of each tenant.
    fn turn(&mut self, manifest: &Manifest, plan: &Plan) {
        let moving: BTreeSet<&Owner> = moves(plan).into_keys().collect();
        let mut changes: BTreeMap<&TenantId, Vec<&Change>> = BTreeMap::new();
        for change in &plan.changes {
            if let Owner::Tenant(id) = change.address.owner() {
                changes.entry(id).or_default().push(change);
            }
        }
        for member in self.columns.iter_mut().flat_map(|column| &mut column.members) {
            let Some(changes) = changes.get(&member.id) else { continue };
            member.turn = Some(match moving.contains(&Owner::Tenant(member.id.clone())) {
                true => Turn::Moves,
                false => stays(changes),
            });
        }
        for id in changes.keys().filter(|id| !manifest.tenants.contains_key(**id)) {
            if let Some(column) = last_tier(plan, id).and_then(|tier| self.column(&tier)) {
                column.members.push(Member { id: (*id).clone(), turn: Some(Turn::Leaves) });
            }
        }
        for column in &mut self.columns {
            column.members.sort_by_key(|m| (m.turn.is_none(), m.turn, m.id.clone()));
        }
    }
}

/// Of a tenant that the manifest has.
fn stays(changes: &[&Change]) -> Turn {
    let any = |action| changes.iter().any(|c| c.action == action);
    match () {
        () if any(Action::Replace) => Turn::Replaced,
        // A user or document less is a change: the tenant is still there.
        () if changes.iter().all(|c| c.action == Action::Create) && any_prefix(changes) => Turn::Comes,
        () => Turn::Changes,
    }
}

/// What a tenant is new in a tier by.
fn any_prefix(changes: &[&Change]) -> bool {
    changes.iter().any(|c| c.address.kind() == Prefix::NAME)
}

/// Where a tenant that left the manifest was.
fn last_tier(plan: &Plan, id: &TenantId) -> Option<TierName> {
    let addresses = plan.changes.iter().map(|c| &c.address).chain(&plan.kept);
    let mut prefixes = addresses.filter(|a| a.kind() == Prefix::NAME && *a.owner() == Owner::Tenant(id.clone()));
    prefixes.find_map(|a| a.label().parse().ok())
}

/// Where a resource is drawn: functions that several gateways share stand in each of their tiers. A tenant's own is drawn as the tenant.
pub(super) fn spots(manifest: &Manifest, address: &Address) -> Vec<Spot> {
    let tier = match address.owner() {
        Owner::Tenant(_) => return Vec::new(),
        Owner::Platform => return of_platform(manifest, address),
        Owner::Tier(tier) => tier,
    };
    let part = match address.kind() {
        "runtime" | "resource_policy" | "guardrail" | "guardrail_version" => Part::Runtime,
        "gateway" | "gateway_target" | "policy" | "rate_limit" => Part::Gateway,
        "memory" => Part::Memory,
        "bucket" => Part::Documents,
        "vector_index" | "knowledge_base" | "data_source" => Part::Knowledge,
        "usage_plan" | "api_key" => return vec![(Part::Api, None)],
        _ => return vec![(Part::Beside, None)],
    };
    vec![(part, Some(tier.clone()))]
}

fn of_platform(manifest: &Manifest, address: &Address) -> Vec<Spot> {
    let part = match address.kind() {
        "user_pool" | "resource_server" | "client" | "domain" | "group" | "credential_provider" => Part::UserPool,
        "rest_api" | "stage" => Part::Api,
        "function" => return of_function(manifest, address.label()),
        "role" if address.label() == "tvm" || address.label().ends_with("-tvm") => Part::Session,
        "key" | "table" => Part::Tables,
        _ => Part::Beside,
    };
    vec![(part, None)]
}

/// A function is drawn wherever it serves; one that nothing refers to, beside.
fn of_function(manifest: &Manifest, label: &str) -> Vec<Spot> {
    let is = |lambda: &LambdaRef| matches!(lambda, LambdaRef::Managed(name) if name.as_str() == label);
    let mut spots: Vec<Spot> = Vec::new();
    if manifest.api.as_ref().is_some_and(|api| is(&api.proxy_lambda)) {
        spots.push((Part::Proxy, None));
    }
    if let Some(strict) = &manifest.strict
        && strict.broker.as_str() == label
    {
        spots.push((Part::Broker, None));
    }
    for (name, tier) in &manifest.tiers {
        let Some(gateway) = &tier.gateway else { continue };
        if is(&gateway.tools_lambda) {
            spots.push((Part::Tools, Some(name.clone())));
        }
        if manifest.strict.as_ref().is_some_and(|strict| strict.interceptor.as_str() == label) {
            spots.push((Part::Interceptor, Some(name.clone())));
        }
    }
    if spots.is_empty() { vec![(Part::Beside, None)] } else { spots }
}
