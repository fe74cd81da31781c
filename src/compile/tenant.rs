//! What one tenant consists of.

use anyhow::Result;

use crate::address::Owner;
use crate::desired::Desired;
use crate::kinds::Prefix;
use crate::late::Late;
use crate::manifest::Tenant;
use crate::names::{TenantId, tenant_prefix};

pub(super) fn declare(desired: &mut Desired, bucket: &Late, id: &TenantId, tenant: &Tenant) -> Result<()> {
    let tier = &tenant.tier.value;
    let prefix = Prefix { bucket: bucket.clone(), prefix: tenant_prefix(tier, id) };
    // A tenant that moves leaves a prefix behind in the old tier's bucket: both need a name.
    desired.add(Owner::Tenant(id.clone()), tier.as_str(), &prefix)?;
    Ok(())
}
