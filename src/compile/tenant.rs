//! What one tenant consists of.

use anyhow::Result;

use super::Sources;
use super::tier::Home;
use crate::address::Owner;
use crate::desired::Desired;
use crate::kinds::Prefix;
use crate::manifest::Tenant;
use crate::names::{TenantId, tenant_prefix};

pub(super) fn declare(sources: &Sources<'_>, desired: &mut Desired, home: &Home, id: &TenantId, tenant: &Tenant) -> Result<()> {
    let tier = &tenant.tier.value;
    let prefix = Prefix { bucket: home.bucket.clone(), prefix: tenant_prefix(tier, id), left: false };
    // A tenant that moves leaves a prefix behind in the old tier's bucket: both need a name.
    desired.add(Owner::Tenant(id.clone()), tier.as_str(), &prefix)?;
    match &home.shelf {
        Some(shelf) => shelf.of_tenant(sources, desired, id),
        None => Ok(()),
    }
}
