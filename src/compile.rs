//! What a manifest asks AWS for: pure, total, the same for the same files.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use crate::address::Owner;
use crate::desired::Desired;
use crate::kinds::{Parameter, PolicyDocument, Protection, Role};
use crate::late::{Late, render};
use crate::library::Library;
use crate::manifest::{Manifest, Tier};
use crate::names::Names;

mod api;
mod data;
mod functions;
mod guardrail;
mod identity;
mod knowledge;
mod observability;
mod platform;
mod rate_limit;
mod registry;
mod tenant;
mod tenant_role;
mod tier;
mod users;

/// The label of the platform's own bucket, which holds the lock.
pub(crate) const OWN_BUCKET: &str = "own";

/// What every part of a compilation reads.
pub(crate) struct Sources<'a> {
    manifest: &'a Manifest,
    library: &'a Library,
    names: &'a Names,
}

/// Everything that the manifest declares.
pub(crate) fn compile(manifest: &Manifest, library: &Library, names: &Names) -> Result<Desired> {
    let sources = Sources { manifest, library, names };
    let mut desired = Desired::default();
    desired.raised.clone_from(&manifest.quotas);
    let own_bucket = platform::own_bucket(&sources, &mut desired)?;
    let functions = functions::declare(&sources, &mut desired, &own_bucket)?;
    let identity = identity::declare(&sources, &mut desired, &functions)?;
    let platform = platform::declare(&sources, &mut desired, own_bucket, functions)?;
    let data = data::declare(&sources, &mut desired)?;
    let registry = registry::declare(&sources, &mut desired)?;
    let mut homes = BTreeMap::new();
    for (name, tier) in &manifest.tiers {
        homes.insert(name, tier::declare(&sources, &mut desired, &identity, &platform, registry.as_ref(), name, tier)?);
    }
    api::declare(&sources, &mut desired, &platform.functions)?;
    for (id, tenant) in &manifest.tenants {
        let home = homes.get(&tenant.tier.value).with_context(|| format!("tenant `{id}` names a tier that the manifest lacks"))?;
        tenant::declare(&sources, &mut desired, home, id, tenant)?;
        users::declare(&sources, &mut desired, &identity.pool, id, tenant)?;
        if let Some(data) = &data {
            data.row(&mut desired, id, tenant)?;
        }
    }
    Ok(desired)
}

impl Sources<'_> {
    /// A tier's tags over the platform's.
    fn tags(&self, tier: Option<&Tier>) -> BTreeMap<String, String> {
        let mut tags = self.manifest.platform.tags.clone();
        tags.extend(tier.into_iter().flat_map(|t| t.tags.clone()));
        tags
    }

    /// A role without its documents, within the platform's boundary if there is one.
    fn role(&self, name: String, description: &str, tags: BTreeMap<String, String>) -> Role {
        Role { boundary: self.manifest.platform.permissions_boundary.clone(), ..Role::named(name, description, tags) }
    }

    /// A policy file with its holes filled: those of every policy, and the caller's own.
    fn policy(&self, file: &str, own: &[(&str, Vec<Late>)]) -> Result<PolicyDocument> {
        let rendered = render(self.library.policy(file)?, &|hole| match hole {
            "account" => Some(vec![Late::known(&self.names.account)]),
            "region" => Some(vec![Late::known(&self.names.region)]),
            "platform.name" => Some(vec![Late::known(&self.names.platform)]),
            "platform.word" => Some(vec![Late::known(self.names.platform_word())]),
            "parameters.root" => Some(vec![Late::known(self.names.parameter_root())]),
            "claim.tenant" => Some(vec![Late::known(&self.manifest.identity.claims.tenant)]),
            _ => own.iter().find(|(name, _)| *name == hole).map(|(_, values)| values.clone()),
        });
        Ok(rendered.with_context(|| format!("filling the holes of policies/{file}.json"))?.into())
    }

    /// Publishes a value under the name that agents read.
    fn publish(&self, desired: &mut Desired, owner: Owner, label: &str, value: Late) -> Result<()> {
        self.put(desired, owner, label, value, Protection::Plain)
    }

    fn publish_secret(&self, desired: &mut Desired, owner: Owner, label: &str, value: Late) -> Result<()> {
        self.put(desired, owner, label, value, Protection::Secret)
    }

    fn put(&self, desired: &mut Desired, owner: Owner, label: &str, value: Late, protection: Protection) -> Result<()> {
        let name = format!("{}/{label}", self.names.parameter_root());
        desired.add(owner, label, &Parameter { name, protection, value })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
