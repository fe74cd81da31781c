//! What a page says of the manifest beside its plan: which file, which tiers, whose tenant is where, how long tokens live.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::manifest::Manifest;
use crate::names::{TenantId, TierName};

/// Where a plan is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    Aws,
    /// On this machine; its account is nobody's.
    Sandbox,
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
        }
    }
}
