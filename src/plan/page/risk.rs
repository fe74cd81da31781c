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
    /// A part of it goes for good, with its data.
    Lose,
    Replace,
    /// Shut, its data kept: somebody is out.
    Close,
    Move,
    Widen,
    /// Less is blocked, kept, encrypted or logged than before.
    Weaken,
    /// Tenants are answered by another model.
    Model,
    /// A limit grows tenfold or more.
    Raise,
    Drift,
}

impl RiskKind {
    /// The worst of a resource's change.
    pub(crate) fn of(resource: &ResourceChange<'_>) -> Option<Self> {
        risks_of(resource).map(|(kind, _)| kind).min()
    }

    /// `2 deletes`
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Lose => "data loss",
            Self::Replace => "replacement",
            Self::Close => "closed-off user",
            Self::Move => "tier move",
            Self::Widen => "widened access",
            Self::Weaken => "weaker protection",
            Self::Model => "other model",
            Self::Raise => "raised limit",
            Self::Drift => "drift",
        }
    }

    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Delete => "-",
            Self::Replace => "-/+",
            Self::Close => "×",
            Self::Move => ">",
            Self::Lose | Self::Widen | Self::Weaken => "!",
            Self::Model | Self::Raise | Self::Drift => "~",
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
    let whole = tenants.iter().flat_map(of_tenant);
    // What becomes of a tenant's resources goes without saying where the tenant as a whole is told of.
    let parts = tenants.iter().filter(|t| !t.is_told_whole()).flat_map(TenantChange::intended);
    let resources = shared.iter().flat_map(|s| &s.resources).chain(parts).chain(drift).flat_map(of_resource);
    let mut risks: Vec<Risk> = whole.chain(resources).collect();
    // Of what goes, tenants and data come before what can be made again.
    let spares = |risk: &Risk| risk.address.as_ref().is_some_and(|address| !holds_data(address));
    risks.sort_by(|a, b| (a.kind, spares(a), &a.owner, &a.address).cmp(&(b.kind, spares(b), &b.owner, &b.address)));
    // One resource is one thing to look at, for however many reasons.
    risks.dedup_by(|next, first| {
        let same = first.address.is_some() && (first.kind, &first.address) == (next.kind, &next.address);
        if same && !next.says.is_empty() {
            let between = if first.says.is_empty() { "" } else { "; " };
            first.says = format!("{}{between}{}", first.says, next.says);
        }
        same
    });
    risks
}

impl TenantChange<'_> {
    fn is_told_whole(&self) -> bool {
        matches!(self.action, TenantAction::Delete | TenantAction::Leave | TenantAction::Suspend)
    }
}

fn of_tenant(tenant: &TenantChange<'_>) -> Vec<Risk> {
    let tier = tenant.tier.as_ref().map(|tier| format!("tier {tier}")).unwrap_or_default();
    let turn = match &tenant.action {
        TenantAction::Delete => Some((RiskKind::Delete, tier)),
        TenantAction::Leave => Some((RiskKind::Close, format!("leaves {tier}").trim_end().to_owned())),
        TenantAction::Suspend => Some((RiskKind::Close, "suspended".into())),
        TenantAction::Move { from, to } => Some((RiskKind::Move, format!("{from} -> {to}"))),
        TenantAction::Create | TenantAction::Resume | TenantAction::Change => None,
    };
    // Whoever is called so now may be somebody else than who left.
    let heir = tenant.resources.iter().any(ResourceChange::had_left);
    let heir = heir.then(|| (RiskKind::Widen, "this id has left before, and takes over what was kept of it".to_owned()));
    let risk =
        |(kind, says)| Risk { kind, owner: Owner::Tenant(tenant.id.clone()), address: None, what: tenant.id.to_string(), says, affects: 1 };
    turn.into_iter().chain(heir).map(risk).collect()
}

/// Everything that is risky about a resource's change, and why as far as that does not say it.
fn risks_of<'a>(resource: &'a ResourceChange<'_>) -> impl Iterator<Item = (RiskKind, String)> + 'a {
    let by_action = match resource.action {
        Action::Delete => Some(RiskKind::Delete),
        Action::Replace => Some(RiskKind::Replace),
        Action::Close => Some(RiskKind::Close),
        Action::Create | Action::Update => None,
    };
    let by_action = by_action.map(|kind| (kind, resource.replaces.join("; ")));
    let wider = resource.widens.as_ref().map(|widens| (RiskKind::Widen, widens.words()));
    let judged = resource.judged.iter().map(|judged| (judged.risk, judged.says.clone()));
    let first = by_action.into_iter().chain(wider).chain(judged);
    // Somebody's change is put back: worth a word of its own where nothing worse is said.
    let drifted = resource.is_drift() && resource.action == Action::Update && resource.widens.is_none() && resource.judged.is_empty();
    first.chain(drifted.then(|| (RiskKind::Drift, String::new())))
}

fn of_resource(resource: &ResourceChange<'_>) -> Vec<Risk> {
    let risk = |(kind, says)| Risk {
        kind,
        owner: resource.address.owner().clone(),
        address: Some(resource.address.clone()),
        what: format!("{} {}", resource.kind, resource.name),
        says,
        affects: resource.affects,
    };
    risks_of(resource).map(risk).collect()
}
