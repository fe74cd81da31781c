//! A tenant's users: the claims that the manifest gives them.

use anyhow::Result;

use super::Sources;
use crate::address::Owner;
use crate::desired::Desired;
use crate::kinds::User;
use crate::late::Late;
use crate::manifest::Tenant;
use crate::names::TenantId;

pub(super) fn declare(sources: &Sources<'_>, desired: &mut Desired, pool: &Late, id: &TenantId, tenant: &Tenant) -> Result<()> {
    let identity = &sources.manifest.identity;
    for user in &tenant.users {
        let user = User {
            pool: pool.clone(),
            email: user.email.to_ascii_lowercase(),
            email_verified: true,
            tenant: [(identity.claims.tenant.clone(), id.to_string())].into(),
            claims: [(identity.claims.tier.clone(), tenant.tier.value.to_string()), (identity.claims.role.clone(), user.role.clone())]
                .into(),
            enabled: tenant.standing.is_active(),
            invitation: identity.invitations,
        };
        desired.add(Owner::Tenant(id.clone()), &User::label(&user.email), &user)?;
    }
    Ok(())
}
