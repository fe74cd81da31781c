//! The agent registry, and in it a record for each gateway.

use anyhow::Result;

use super::Sources;
use crate::address::Owner;
use crate::desired::Desired;
use crate::kinds::{Condition, Discovery, Gateway, Publication, RegistryRecord, Server};
use crate::late::{Handle, Late};
use crate::library::as_seen;
use crate::manifest::{self, Approval};
use crate::names::TierName;

/// What records refer to.
pub(super) struct Registry {
    id: Late,
    publication: Publication,
}

pub(super) fn declare(sources: &Sources<'_>, desired: &mut Desired) -> Result<Option<Registry>> {
    use crate::kinds::Registry as Kind;
    let Some(wanted) = &sources.manifest.registry else { return Ok(None) };
    let registry = Kind {
        name: sources.names.registry(),
        description: wanted.description.clone(),
        discovery: Discovery::Iam,
        tags: sources.tags(None),
        condition: Condition::default(),
    };
    let id = desired.add(Owner::Platform, "main", &registry)?.at(&Kind::ID);
    sources.publish(desired, Owner::Platform, "agentcore/registry_id", id.clone())?;
    let publication = match wanted.approval {
        Approval::Automatic => Publication::Approved,
        Approval::Manual => Publication::Submitted,
    };
    Ok(Some(Registry { id, publication }))
}

impl Registry {
    pub(super) fn record(
        &self,
        sources: &Sources<'_>,
        desired: &mut Desired,
        tier: &TierName,
        wanted: &manifest::Gateway,
        gateway: &Handle<Gateway>,
    ) -> Result<()> {
        let names = sources.names;
        let name = names.gateway(tier);
        let description = wanted.description.clone().unwrap_or_else(|| format!("The tools of tier {tier}"));
        // The schema of servers takes no more than this.
        let short: String = description.chars().take(100).collect();
        let record = RegistryRecord {
            registry: self.id.clone(),
            server: Server::at(format!("{}/{name}", names.platform), short.trim_end(), gateway.at(&Gateway::URL)),
            tools: as_seen(sources.library.tools(&wanted.tools.value)?, &names.gateway_target(tier))?.into(),
            name,
            description,
            publication: self.publication,
            source: None,
            condition: Condition::default(),
        };
        desired.add(Owner::Tier(tier.clone()), "gateway", &record)?;
        Ok(())
    }
}
