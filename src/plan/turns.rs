//! What becomes of tenants as a whole: who moves, is suspended, comes back or leaves.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Action, Cause, Plan};
use crate::address::{Address, Owner};
use crate::kinds::{Kind as _, Prefix, TenantRow};
use crate::names::{LEFT, SUSPENDED};

/// Tenants whose documents stay in a tier that they leave, with the addresses of what is kept there.
pub(crate) fn moves(plan: &Plan) -> BTreeMap<&Owner, Vec<&Address>> {
    let kept = plan.kept.iter().filter(|a| a.kind() == Prefix::NAME);
    let mut moves: BTreeMap<&Owner, Vec<&Address>> = BTreeMap::new();
    for address in kept {
        moves.entry(address.owner()).or_default().push(address);
    }
    let arriving = plan.changes.iter().filter(|c| c.action == Action::Create && c.address.kind() == Prefix::NAME);
    let arriving: BTreeSet<&Owner> = arriving.map(|c| c.address.owner()).collect();
    moves.retain(|owner, _| arriving.contains(owner));
    moves
}

/// What becomes of a tenant as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    Suspended,
    Resumed,
    /// No longer in the manifest.
    Leaves,
}

/// Tenants that are suspended or resumed, or that leave: by their row where there is one, else by their users and keys.
pub(crate) fn turns(plan: &Plan) -> BTreeMap<&Owner, Turn> {
    let tenants = plan.changes.iter().filter(|c| matches!(c.address.owner(), Owner::Tenant(_)));
    let declared: BTreeSet<&Owner> = plan.rising().into_keys().chain(&plan.unchanged).map(Address::owner).collect();
    let rows = plan.changes.iter().map(|c| &c.address).chain(&plan.unchanged).filter(|a| a.kind() == TenantRow::NAME);
    let with_row: BTreeSet<&Owner> = rows.map(Address::owner).collect();
    let mut turns = BTreeMap::new();
    for change in tenants {
        let owner = change.address.owner();
        if !declared.contains(owner) {
            // Where nothing is declared any more it is the platform that goes.
            if !declared.is_empty() {
                turns.insert(owner, Turn::Leaves);
            }
            continue;
        }
        if change.address.kind() == Prefix::NAME && change.fields.iter().any(|f| f.path == "left" && f.before == true) {
            turns.insert(owner, Turn::Resumed);
        }
        let path = if change.address.kind() == TenantRow::NAME { "attributes.status" } else { "enabled" };
        if change.action != Action::Update || change.cause == Cause::Drift || (path == "enabled" && with_row.contains(owner)) {
            continue;
        }
        let status = change.fields.iter().filter(|f| f.path == path).find_map(|f| match (&f.before, &f.after) {
            (_, Value::Bool(false)) => Some(Turn::Suspended),
            (_, Value::String(status)) if status == SUSPENDED => Some(Turn::Suspended),
            (Value::Bool(false), _) => Some(Turn::Resumed),
            (Value::String(status), _) if status == SUSPENDED || status == LEFT => Some(Turn::Resumed),
            _ => None,
        });
        if let Some(turn) = status {
            turns.insert(owner, turn);
        }
    }
    turns
}
