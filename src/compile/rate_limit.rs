//! How often each tenant of a tier may call its gateway.

use std::collections::BTreeMap;

use anyhow::Result;

use super::Sources;
use crate::address::Owner;
use crate::desired::Desired;
use crate::kinds::{Condition, Gateway, RateLimit, RateLimitEntry};
use crate::late::Handle;
use crate::manifest;
use crate::names::TierName;

/// Everybody who has no entry of their own.
const EVERYBODY: &str = "*";

pub(super) fn declare(
    sources: &Sources<'_>,
    desired: &mut Desired,
    tier: &TierName,
    wanted: manifest::RateLimit,
    gateway: &Handle<Gateway>,
) -> Result<()> {
    let entry = |limit: manifest::RateLimit| RateLimitEntry::requests(limit.requests, limit.per);
    let tenants = sources.manifest.tenants.iter().filter(|(_, tenant)| tenant.tier.value == *tier);
    let mut entries: BTreeMap<String, RateLimitEntry> =
        tenants.filter_map(|(id, tenant)| Some((id.to_string(), entry(tenant.rate_limit?)))).collect();
    entries.insert(EVERYBODY.into(), entry(wanted));
    let limit = RateLimit {
        gateway: gateway.at(&Gateway::ID),
        id: sources.names.rate_limit(tier),
        keys: vec![format!("$.context.jwt.{}", sources.manifest.identity.claims.tenant)],
        entries,
        condition: Condition::default(),
    };
    desired.add(Owner::Tier(tier.clone()), "tenants", &limit)?;
    Ok(())
}
