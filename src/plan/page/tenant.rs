//! One tenant's change: its resources' changes, read as one action.

use serde::Serialize;

use super::consequence::{self, Consequence};
use super::risk::RiskKind;
use super::{Action, Context, ResourceChange, Turn, holds_data};
use crate::address::{Address, Owner};
use crate::kinds::{Kind as _, Prefix, TenantRow, User};
use crate::names::{TenantId, TierName};

/// What happens to a tenant as a whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum TenantAction {
    /// Declared no longer, and what holds its data is deleted, because it was named.
    Delete,
    /// Declared no longer: shut out, its data kept.
    Leave,
    /// Declared, and shut out until it is resumed.
    Suspend,
    Move {
        from: TierName,
        to: TierName,
    },
    Resume,
    Create,
    Change,
}

impl TenantAction {
    /// The word beside the sign.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Leave => "leave",
            Self::Suspend => "suspend",
            Self::Move { .. } => "move",
            Self::Resume => "resume",
            Self::Create => "create",
            Self::Change => "change",
        }
    }

    pub(crate) fn sign(&self) -> &'static str {
        match self {
            Self::Delete => "-",
            Self::Leave | Self::Suspend => "×",
            Self::Move { .. } => ">",
            Self::Create => "+",
            Self::Resume | Self::Change => "~",
        }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct TenantChange<'a> {
    pub(crate) id: TenantId,
    /// Where it is, or where it goes to; none if nothing says any more.
    pub(crate) tier: Option<TierName>,
    #[serde(flatten)]
    pub(crate) action: TenantAction,
    /// All of its changes; those that were made behind our back are repeated in the page's `drift`.
    pub(crate) resources: Vec<ResourceChange<'a>>,
    pub(crate) consequences: Vec<Consequence>,
    /// The group that it belongs to: `g1`; empty if all of its changes are drift.
    pub(crate) group: String,
}

impl TenantChange<'_> {
    /// What the manifest asks for, drift left out.
    pub(crate) fn intended(&self) -> impl Iterator<Item = &ResourceChange<'_>> {
        self.resources.iter().filter(|r| !r.is_drift())
    }

    pub(crate) fn is_only_drift(&self) -> bool {
        self.intended().next().is_none()
    }

    /// The worst of it.
    pub(crate) fn risk(&self) -> Option<RiskKind> {
        let own = match &self.action {
            TenantAction::Delete => Some(RiskKind::Delete),
            TenantAction::Leave | TenantAction::Suspend => Some(RiskKind::Close),
            TenantAction::Move { .. } => Some(RiskKind::Move),
            TenantAction::Create | TenantAction::Change | TenantAction::Resume => None,
        };
        self.resources.iter().filter_map(RiskKind::of).chain(own).min()
    }
}

/// A tenant's change; `left` is what stays in a tier that it moves away from.
pub(super) fn change<'a>(context: &Context<'a>, id: &TenantId, resources: Vec<ResourceChange<'a>>, left: &[&Address]) -> TenantChange<'a> {
    let action = action(context, id, &resources, left);
    let tier = match &action {
        TenantAction::Move { to, .. } => Some(to.clone()),
        _ => {
            let declared = context.facts.tenants.get(id).cloned().or_else(|| rowed(context, id));
            declared.or_else(|| resources.iter().find_map(home)).or_else(|| stood(context, id))
        }
    };
    let consequences = consequence::of_tenant(context, id, &action, &resources, left);
    TenantChange { id: id.clone(), tier, action, resources, consequences, group: String::new() }
}

/// The tier that the row of a tenant names who is not declared any more.
fn rowed(context: &Context<'_>, id: &TenantId) -> Option<TierName> {
    let owner = Owner::Tenant(id.clone());
    let row = context.plan.changes.iter().find(|c| c.address.kind() == TenantRow::NAME && *c.address.owner() == owner)?;
    row.live.as_ref()?.spec.pointer("/attributes/tier")?.as_str()?.parse().ok()
}

/// The tier of what is kept of a tenant that leaves.
fn stood(context: &Context<'_>, id: &TenantId) -> Option<TierName> {
    let kept = context.kept.get(&Owner::Tenant(id.clone())).into_iter().flatten();
    kept.filter(|address| address.kind() == Prefix::NAME).find_map(|address| address.label().parse().ok())
}

/// The tier of a prefix.
fn home(change: &ResourceChange<'_>) -> Option<TierName> {
    if change.address.kind() == Prefix::NAME { change.address.label().parse().ok() } else { None }
}

fn action(context: &Context<'_>, id: &TenantId, resources: &[ResourceChange<'_>], left: &[&Address]) -> TenantAction {
    let owner = Owner::Tenant(id.clone());
    let steady = context.steady.contains(&owner);
    let goes = |r: &ResourceChange<'_>| matches!(r.action, Action::Close | Action::Delete);
    if !steady && resources.iter().all(goes) {
        let loses = resources.iter().any(|r| r.action == Action::Delete && holds_data(r.address));
        // What is made again from a manifest goes with everybody who leaves: that alone deletes nobody.
        let leaves = context.kept.contains_key(&owner) || resources.iter().any(|r| r.action == Action::Close);
        return if leaves && !loses { TenantAction::Leave } else { TenantAction::Delete };
    }
    if let Some(moved) = moved(context, id, resources, left) {
        return moved;
    }
    if !context.live.contains(&owner) {
        return TenantAction::Create;
    }
    match context.turns.get(&owner) {
        Some(Turn::Suspended) => TenantAction::Suspend,
        Some(Turn::Resumed) => TenantAction::Resume,
        Some(Turn::Leaves) | None => TenantAction::Change,
    }
}

/// From where to where: by what its users' tokens will say, by its row, or by the prefix that it gets.
fn moved(context: &Context<'_>, id: &TenantId, resources: &[ResourceChange<'_>], left: &[&Address]) -> Option<TenantAction> {
    let arrives = || resources.iter().filter(|r| r.action == Action::Create).find_map(home);
    let to = context.facts.tenants.get(id).cloned().or_else(arrives)?;
    let claim = format!("claims.{}", context.facts.tier_claim);
    let said = resources.iter().filter(|r| !r.is_drift() && matches!(r.action, Action::Update | Action::Replace)).find_map(|r| {
        let path = match r.address.kind() {
            User::NAME => claim.as_str(),
            TenantRow::NAME if !left.is_empty() => "attributes.tier",
            _ => return None,
        };
        r.fields.iter().find(|f| f.path == path)?.before.as_str()?.parse().ok()
    });
    let from: TierName = said.or_else(|| left.first()?.label().parse().ok())?;
    (from != to).then_some(TenantAction::Move { from, to })
}
