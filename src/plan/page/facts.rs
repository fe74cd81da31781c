//! What a page says of the manifest beside its plan: which file, which tiers, whose tenant is where, how long tokens live.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::kinds::Period;
use crate::manifest::{Manifest, Tier};
use crate::names::{TenantId, TierName};

/// Where a plan is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    Aws,
    /// On this machine; its account is nobody's.
    Sandbox,
}

impl Place {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Sandbox => "sandbox",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) file: String,
    pub(crate) place: Place,
    pub(crate) profile: &'static str,
    pub(crate) tiers: BTreeSet<TierName>,
    /// Tiers whose agents remember.
    pub(crate) memories: BTreeSet<TierName>,
    pub(crate) tenants: BTreeMap<TenantId, TierName>,
    /// How long the web client's tokens are good for.
    pub(crate) token_minutes: u32,
    /// The attribute that holds a user's tier, without its `custom:`.
    pub(crate) tier_claim: String,
    /// The one that holds a user's role.
    pub(crate) role_claim: String,
    /// What tenants get in each tier.
    pub(crate) offers: BTreeMap<TierName, Offer>,
}

/// What a tier's tenants get and those of another may not: what a move changes beside the data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Offer {
    /// By what it is called; in words.
    pub(crate) terms: BTreeMap<&'static str, String>,
    /// Whether agents search documents.
    pub(crate) searches: bool,
}

impl Offer {
    fn of(tier: &Tier) -> Self {
        let mut terms = BTreeMap::from([("model", tier.model.clone())]);
        if let Some(plan) = &tier.usage_plan {
            let quota = plan.quota.as_ref().map(|q| format!("{} a {}", q.requests, q.period.word().to_lowercase()));
            terms.insert("quota", quota.unwrap_or_else(|| "no quota".into()));
            terms.insert("requests", format!("{} a second", plan.rate));
        }
        if let Some(gateway) = &tier.gateway {
            if let Some(limit) = gateway.rate_limit {
                let per = if limit.per == Period::Second { "second" } else { "minute" };
                terms.insert("tool calls", format!("{} a {per}", limit.requests));
            }
            let stems = gateway.policies.iter().filter_map(|file| file.value.file_stem()).map(|stem| stem.to_string_lossy().into_owned());
            terms.insert("tool policies", stems.collect::<Vec<_>>().join(" and "));
        }
        if let Some(memory) = &tier.memory {
            terms.insert("memory", format!("{} days", memory.expiry_days));
        }
        Self { terms, searches: tier.knowledge_base.is_some() }
    }

    /// What is otherwise in another tier, `quota 50 a day -> 500 a day`.
    pub(super) fn against(&self, other: &Self) -> Vec<String> {
        let names: BTreeSet<&&str> = self.terms.keys().chain(other.terms.keys()).collect();
        let term = |offer: &Self, name: &str| offer.terms.get(name).cloned().unwrap_or_else(|| "none".into());
        let changes = names.into_iter().map(|name| (name, term(self, name), term(other, name)));
        changes.filter(|(_, from, to)| from != to).map(|(name, from, to)| format!("{name} {from} -> {to}")).collect()
    }
}

impl Facts {
    pub(crate) fn of(manifest: &Manifest, place: Place) -> Self {
        let memories = manifest.tiers.iter().filter(|(_, tier)| tier.memory.is_some()).map(|(name, _)| name.clone());
        Self {
            file: manifest.path.display().to_string(),
            place,
            profile: manifest.profile.as_str(),
            tiers: manifest.tiers.keys().cloned().collect(),
            memories: memories.collect(),
            tenants: manifest.tenants.iter().map(|(id, tenant)| (id.clone(), tenant.tier.value.clone())).collect(),
            token_minutes: manifest.identity.web_client.token_minutes,
            tier_claim: manifest.identity.claims.tier.clone(),
            role_claim: manifest.identity.claims.role.clone(),
            offers: manifest.tiers.iter().map(|(name, tier)| (name.clone(), Offer::of(tier))).collect(),
        }
    }
}
