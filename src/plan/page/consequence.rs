//! What follows from a change and does not show in its fields, in words: a closed list.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::tenant::TenantAction;
use super::{Action, Change, Context, ResourceChange, holds_data};
use crate::address::{Address, Owner};
use crate::kinds::{
    Client, Domain, Function, Gateway, GatewayTarget, Guardrail, GuardrailVersion, Kind as _, KnowledgeBase, Memory, Policy, PolicyEngine,
    Prefix, RateLimit, ResourcePolicy, RestApi, Role, Runtime, Stage, TenantRow, User, UserPool,
};
use crate::names::{TenantId, TierName, tenant_prefix};
use crate::quotas::pace;
use crate::schedule::Op;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub(crate) enum Consequence {
    /// After a move: what tokens say that were issued before.
    TokensKeepTier {
        tier: TierName,
        minutes: u32,
    },
    /// After a move: the documents that stay behind, and by which name they are deleted.
    DocumentsStay {
        prefix: String,
        address: Address,
    },
    /// The same of several tenants.
    DocumentsOfTenantsStay {
        tenants: usize,
    },
    /// After a move: what the old tier's agents remember.
    MemoryStays {
        tier: TierName,
    },
    /// After a move: what is otherwise in the new tier, in words.
    TermsChange {
        to: TierName,
        changes: Vec<String>,
    },
    /// After a move: documents are found again only once they have been brought there; of several tenants without their ids.
    PushAgain {
        tier: TierName,
        tenant: Option<TenantId>,
    },
    InvitationSent {
        users: usize,
    },
    /// Users are disabled and signed out; tokens that they hold still work for a while.
    SignedOut {
        users: usize,
        minutes: u32,
    },
    /// A tenant leaves, and what it owns stays; of several tenants neither who nor what is told.
    DataStays {
        tenant: Option<TenantId>,
        /// In words.
        kept: Vec<String>,
    },
    /// Documents go, and what was read of them does not yet.
    StillSearched {
        tier: TierName,
    },
    /// The id has left before: what was kept of it is its own again.
    TakesOver,
    /// Something that holds data goes for good.
    DataLost,
    /// While it is replaced nobody gets through; `seconds` is how long that usually takes.
    Interrupts {
        tenants: usize,
        seconds: Option<u64>,
    },
    /// No session has to end before this counts.
    AtOnce {
        tenants: usize,
    },
}

impl Consequence {
    pub(crate) fn words(&self) -> String {
        match self {
            Self::TokensKeepTier { tier, minutes } => format!("tokens issued before the move keep \"{tier}\" for up to {minutes} min"),
            Self::DocumentsStay { prefix, address } => {
                format!("documents under {prefix} stay where they are; --delete {address} deletes them")
            }
            Self::DocumentsOfTenantsStay { tenants } => {
                format!("the documents of {} stay where they are, under the old tier's prefix", counted(*tenants, "tenant"))
            }
            Self::MemoryStays { tier } => format!("memory stays in tier {tier}: nothing of it is copied"),
            Self::TermsChange { to, changes } => format!("in tier {to}: {}", changes.join("; ")),
            Self::PushAgain { tier, tenant } => {
                let id = tenant.as_ref().map_or("TENANT", TenantId::as_str);
                format!("tier {tier} searches another index: `tenantry documents push {id} DIR` brings the documents there")
            }
            Self::InvitationSent { users } => format!("AWS sends an invitation e-mail to {}", counted(*users, "user")),
            Self::SignedOut { users, minutes } => {
                let (are, hold) = if *users == 1 { ("is", "it holds") } else { ("are", "they hold") };
                format!("{} {are} signed out and can't sign in; tokens that {hold} work for up to {minutes} min", counted(*users, "user"))
            }
            Self::DataStays { tenant: Some(tenant), kept } => {
                format!("kept: {}; `--delete tenant:{tenant}` deletes that for good", kept.join(", "))
            }
            Self::DataStays { tenant: None, .. } => "data is kept; `--delete tenant:ID` deletes what is kept of a tenant for good".into(),
            Self::StillSearched { tier } => {
                format!("what tier {tier} has read of these documents is found until `tenantry documents ingest tier:{tier}` has run")
            }
            Self::TakesOver => "this id has left before: what was kept of it (documents, row, memory) is its own again".into(),
            Self::DataLost => "its data is deleted for good".into(),
            Self::Interrupts { tenants, seconds } => {
                let long = seconds.map_or_else(String::new, |s| format!(", usually about {s} s"));
                format!("interrupts {} while it is replaced{long}", counted(*tenants, "tenant"))
            }
            Self::AtOnce { tenants } => format!("takes effect at once, for {}", counted(*tenants, "tenant")),
        }
    }

    /// What many tenants' consequences come to.
    pub(super) fn together(all: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut sums: Vec<Self> = Vec::new();
        for one in all {
            let one = match one {
                Self::DocumentsStay { .. } => Self::DocumentsOfTenantsStay { tenants: 1 },
                other => other,
            };
            if !sums.iter_mut().any(|sum| sum.takes(&one)) {
                sums.push(one);
            }
        }
        sums.sort();
        sums
    }

    /// Adds another of the same sort.
    fn takes(&mut self, other: &Self) -> bool {
        match (self, other) {
            (Self::InvitationSent { users }, Self::InvitationSent { users: more }) => *users += more,
            (Self::SignedOut { users, minutes }, Self::SignedOut { users: more, minutes: m }) if minutes == m => *users += more,
            (Self::DocumentsOfTenantsStay { tenants }, Self::DocumentsOfTenantsStay { tenants: more }) => *tenants += more,
            (Self::PushAgain { tier, tenant }, Self::PushAgain { tier: other, .. }) if tier == other => *tenant = None,
            (Self::DataStays { tenant, kept }, Self::DataStays { .. }) => {
                *tenant = None;
                kept.clear();
            }
            (one, other) => return one == other,
        }
        true
    }
}

fn counted(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// Without these no request gets through.
const IN_THE_PATH: &[&str] = &[
    Client::NAME,
    Domain::NAME,
    Function::NAME,
    Gateway::NAME,
    GatewayTarget::NAME,
    KnowledgeBase::NAME,
    Memory::NAME,
    PolicyEngine::NAME,
    RestApi::NAME,
    Role::NAME,
    Runtime::NAME,
    Stage::NAME,
    UserPool::NAME,
];

/// What decides on every single call.
const DECIDES: &[&str] = &[Guardrail::NAME, GuardrailVersion::NAME, Policy::NAME, RateLimit::NAME, ResourcePolicy::NAME, Role::NAME];

/// Of one shared resource.
pub(super) fn of_resource(change: &Change, affects: usize) -> Vec<Consequence> {
    let mut found = Vec::new();
    let (kind, action) = (change.address.kind(), change.action);
    if matches!(action, Action::Delete | Action::Replace) && holds_data(&change.address) && kind != User::NAME {
        found.push(Consequence::DataLost);
    }
    if affects == 0 || matches!(change.address.owner(), Owner::Tenant(_)) {
        return found;
    }
    if action == Action::Replace && IN_THE_PATH.contains(&kind) {
        found.push(Consequence::Interrupts { tenants: affects, seconds: gone_for(kind) });
    }
    if matches!(action, Action::Create | Action::Update | Action::Delete) && DECIDES.contains(&kind) {
        found.push(Consequence::AtOnce { tenants: affects });
    }
    found
}

/// How long one usually is away while it is replaced: until it is gone and until the new one is ready, as far as that is known.
fn gone_for(kind: &str) -> Option<u64> {
    let pace = pace(kind)?;
    let works = [pace.of(Op::Delete), pace.of(Op::Create)];
    if works.iter().all(|work| work.status.is_empty()) {
        return None;
    }
    Some(works.iter().map(|work| u64::from(work.usual.0 + work.usual.1) / 2).sum())
}

/// Of what happens to one tenant.
pub(super) fn of_tenant(
    context: &Context<'_>,
    id: &TenantId,
    action: &TenantAction,
    resources: &[ResourceChange<'_>],
    left: &[&Address],
) -> Vec<Consequence> {
    let minutes = token_minutes(context);
    let mut found = Vec::new();
    if let TenantAction::Move { from, to } = action {
        let offers = &context.facts.offers;
        if let (Some(before), Some(after)) = (offers.get(from), offers.get(to)) {
            let changes = before.against(after);
            if !changes.is_empty() {
                found.push(Consequence::TermsChange { to: to.clone(), changes });
            }
        }
        if offers.get(to).is_some_and(|offer| offer.searches) {
            found.push(Consequence::PushAgain { tier: to.clone(), tenant: Some(id.clone()) });
        }
        found.push(Consequence::TokensKeepTier { tier: from.clone(), minutes });
        if context.facts.memories.contains(from) {
            found.push(Consequence::MemoryStays { tier: from.clone() });
        }
    }
    for address in left {
        if let (Owner::Tenant(tenant), Ok(tier)) = (address.owner(), address.label().parse()) {
            found.push(Consequence::DocumentsStay { prefix: tenant_prefix(&tier, tenant), address: (*address).clone() });
        }
    }
    for resource in resources.iter().filter(|r| r.action == Action::Delete && r.address.kind() == Prefix::NAME) {
        let tier: Option<TierName> = resource.address.label().parse().ok();
        let searched = tier.filter(|tier| context.facts.offers.get(tier).is_some_and(|offer| offer.searches));
        found.extend(searched.map(|tier| Consequence::StillSearched { tier }));
    }
    if resources.iter().any(|r| r.had_left()) {
        found.push(Consequence::TakesOver);
    }
    let users = || resources.iter().filter(|r| r.address.kind() == User::NAME);
    let sends = |r: &&ResourceChange<'_>| {
        r.action == Action::Create && r.fields.iter().any(|f| f.path == "invitation" && f.after == Value::String("send".into()))
    };
    let shuts = |r: &&ResourceChange<'_>| {
        matches!(r.action, Action::Close | Action::Update) && r.fields.iter().any(|f| f.path == "enabled" && f.after == Value::Bool(false))
    };
    match users().filter(sends).count() {
        0 => {}
        users => found.push(Consequence::InvitationSent { users }),
    }
    match users().filter(shuts).count() {
        0 => {}
        users => found.push(Consequence::SignedOut { users, minutes }),
    }
    if *action == TenantAction::Leave {
        let closed = resources.iter().filter(|r| r.action == Action::Close).map(|r| r.address);
        let kept = context.kept.get(&Owner::Tenant(id.clone())).into_iter().flatten().copied();
        found.push(Consequence::DataStays { tenant: Some(id.clone()), kept: what(id, closed.chain(kept)) });
    }
    found
}

/// What stays of a tenant that leaves, in words.
fn what<'a>(id: &TenantId, addresses: impl Iterator<Item = &'a Address>) -> Vec<String> {
    let (mut named, mut counts): (BTreeSet<String>, BTreeMap<&str, usize>) = (BTreeSet::new(), BTreeMap::new());
    for address in addresses {
        match (address.kind(), address.label().parse()) {
            (TenantRow::NAME, _) => drop(named.insert("its row".to_owned())),
            (Prefix::NAME, Ok(tier)) => drop(named.insert(format!("documents under {}", tenant_prefix(&tier, id)))),
            (kind, _) => *counts.entry(kind).or_default() += 1,
        }
    }
    named.into_iter().chain(counts.into_iter().map(|(kind, n)| counted(n, &kind.replace('_', " ")))).collect()
}

/// As the tokens were issued: by the live client where this plan changes it.
fn token_minutes(context: &Context<'_>) -> u32 {
    let declared = context.facts.token_minutes;
    let changed = context.plan.changes.iter().filter(|c| c.address.kind() == Client::NAME && c.address.label() == "web");
    let before = changed.flat_map(|c| &c.fields).filter(|f| f.path == "token_minutes").find_map(|f| f.before.as_u64());
    before.and_then(|minutes| u32::try_from(minutes).ok()).map_or(declared, |minutes| minutes.max(declared))
}
