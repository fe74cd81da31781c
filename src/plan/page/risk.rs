//! What deserves a second look: what goes, is replaced, is shut, moves, opens, or was changed behind our back.

use serde::Serialize;

use super::tenant::{TenantAction, TenantChange};
use super::{Action, ResourceChange, Shared, holds_data};
use crate::address::{Address, Owner};

/// The worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RiskKind {
    Delete,
    Replace,
    /// Shut, its data kept: somebody is out.
    Close,
    Move,
    Widen,
    Drift,
}

impl RiskKind {
    pub(crate) fn of(resource: &ResourceChange<'_>) -> Option<Self> {
        match resource.action {
            Action::Delete => Some(Self::Delete),
            Action::Replace => Some(Self::Replace),
            Action::Close => Some(Self::Close),
            _ if resource.widens.is_some() => Some(Self::Widen),
            _ if resource.is_drift() => Some(Self::Drift),
            Action::Create | Action::Update => None,
        }
    }

    /// `2 deletes`
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Replace => "replacement",
            Self::Close => "closed-off user",
            Self::Move => "tier move",
            Self::Widen => "widened access",
            Self::Drift => "drift",
        }
    }

    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Delete => "-",
            Self::Replace => "-/+",
            Self::Close => "×",
            Self::Move => ">",
            Self::Widen => "!",
            Self::Drift => "~",
        }
    }
}

/// One thing to look at: a tenant as a whole, or a resource.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Risk {
    pub(crate) kind: RiskKind,
    pub(crate) owner: Owner,
    /// Absent where it is the tenant itself.
    pub(crate) address: Option<Address>,
    /// The resource's kind and name; the tenant's id.
    pub(crate) what: String,
    /// Why it is here, as far as its kind does not say.
    pub(crate) says: String,
    /// How many live tenants notice.
    pub(crate) affects: usize,
}

pub(super) fn of(tenants: &[TenantChange<'_>], shared: &[Shared<'_>], drift: &[ResourceChange<'_>]) -> Vec<Risk> {
    let whole = tenants.iter().filter_map(of_tenant);
    // What becomes of a tenant's resources goes without saying where the tenant as a whole is told of.
    let parts = tenants.iter().filter(|t| !t.is_told_whole()).flat_map(TenantChange::intended);
    let resources = shared.iter().flat_map(|s| &s.resources).chain(parts).chain(drift).filter_map(of_resource);
    let mut risks: Vec<Risk> = whole.chain(resources).collect();
    // Of what goes, tenants and data come before what can be made again.
    let spares = |risk: &Risk| risk.address.as_ref().is_some_and(|address| !holds_data(address));
    risks.sort_by(|a, b| (a.kind, spares(a), &a.owner, &a.address).cmp(&(b.kind, spares(b), &b.owner, &b.address)));
    risks
}

impl TenantChange<'_> {
    fn is_told_whole(&self) -> bool {
        matches!(self.action, TenantAction::Delete | TenantAction::Leave | TenantAction::Suspend)
    }
}

fn of_tenant(tenant: &TenantChange<'_>) -> Option<Risk> {
    let tier = tenant.tier.as_ref().map(|tier| format!("tier {tier}")).unwrap_or_default();
    let (kind, says) = match &tenant.action {
        TenantAction::Delete => (RiskKind::Delete, tier),
        TenantAction::Leave => (RiskKind::Close, tier),
        TenantAction::Suspend => (RiskKind::Close, "suspended".into()),
        TenantAction::Move { from, to } => (RiskKind::Move, format!("{from} -> {to}")),
        TenantAction::Create | TenantAction::Resume | TenantAction::Change => return None,
    };
    Some(Risk { kind, owner: Owner::Tenant(tenant.id.clone()), address: None, what: tenant.id.to_string(), says, affects: 1 })
}

fn of_resource(resource: &ResourceChange<'_>) -> Option<Risk> {
    let kind = RiskKind::of(resource)?;
    let widened = resource.widens.as_ref().map(super::Widening::words);
    let says = resource.replaces.iter().cloned().chain(widened).collect::<Vec<_>>().join("; ");
    Some(Risk {
        kind,
        owner: resource.address.owner().clone(),
        address: Some(resource.address.clone()),
        what: format!("{} {}", resource.kind, resource.name),
        says,
        affects: resource.affects,
    })
}
