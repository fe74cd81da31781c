//! Tenants that nobody has: two a tier, the one's id the beginning of the other's.

use anyhow::Result;

use crate::exit::{Exit, Stop};
use crate::isolation::model::Model;
use crate::isolation::roles::{Caller, USER};
use crate::names::{TenantId, TierName};

/// A tenant for the time of an attack.
#[derive(Debug, Clone)]
pub(crate) struct Canary {
    pub(crate) tier: TierName,
    pub(crate) tenant: TenantId,
}

impl Canary {
    pub(crate) fn caller(&self) -> Caller<'_> {
        Caller::of(self.tier.as_str(), self.tenant.as_str())
    }

    /// As an agent names its session.
    pub(crate) fn session(&self) -> String {
        format!("{}_{USER}", self.tenant)
    }
}

/// Two a tier; refused if the manifest has a tenant of the name, whose data would be taken for ours.
pub(crate) fn canaries(model: &Model) -> Result<Vec<Canary>> {
    let mut all = Vec::new();
    for (n, tier) in (1..).zip(&model.tiers) {
        for id in [format!("vf-{n}"), format!("vf-{n}b")] {
            let tenant: TenantId = id.parse()?;
            if model.tenants.contains_key(&tenant) {
                let words = format!("the manifest has a tenant `{id}`, which `verify --live` makes up and removes; nothing was changed");
                return Err(Stop::at(Exit::Usage, words));
            }
            all.push(Canary { tier: tier.clone(), tenant });
        }
    }
    Ok(all)
}
