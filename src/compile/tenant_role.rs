//! The roles that are taken on for one user of one tenant at a time: each of them by one other role, and nobody else.

use anyhow::Result;

use super::Sources;
use crate::address::Owner;
use crate::desired::Desired;
use crate::kinds::Role;
use crate::late::Late;
use crate::names::{Arn, FunctionName};

/// A role for one tenant at a time.
struct TenantRole<'a> {
    label: String,
    name: String,
    description: &'a str,
    /// The file that says what it may do.
    policy: &'static str,
    /// The one role that takes it on.
    trusted: &'a Late<Arn>,
}

/// For agents: memory and documents.
pub(super) fn of_runtimes(sources: &Sources<'_>, desired: &mut Desired, runtime: &Late<Arn>) -> Result<Late<Arn>> {
    let role = TenantRole {
        label: "tvm".into(),
        name: sources.names.tenant_role(),
        description: "What an agent may do for one user of one tenant",
        policy: "tvm",
        trusted: runtime,
    };
    declare(sources, desired, role)
}

/// The same in the strict profile, where agents get it from the broker: memory, documents, and their tenant's own index.
pub(super) fn of_broker(sources: &Sources<'_>, desired: &mut Desired, broker: &Late<Arn>) -> Result<Late<Arn>> {
    let role = TenantRole {
        label: "tvm".into(),
        name: sources.names.tenant_role(),
        description: "What an agent may do for one user of one tenant",
        policy: "tvm-strict",
        trusted: broker,
    };
    declare(sources, desired, role)
}

/// For a function: rows of tables.
pub(super) fn of_function(sources: &Sources<'_>, desired: &mut Desired, name: &FunctionName, function: &Late<Arn>) -> Result<Late<Arn>> {
    let role = TenantRole {
        label: format!("{name}-tvm"),
        name: sources.names.function_tenant_role(name),
        description: &format!("What function {name} may do for one user of one tenant"),
        policy: "tools-tvm",
        trusted: function,
    };
    declare(sources, desired, role)
}

fn declare(sources: &Sources<'_>, desired: &mut Desired, wanted: TenantRole<'_>) -> Result<Late<Arn>> {
    let tiers = sources.manifest.tiers.keys().map(Late::known).collect();
    let trust = sources.policy("tvm-trust", &[("trusted_role.arn", vec![wanted.trusted.text()]), ("tier.names", tiers)])?;
    let policy = sources.policy(wanted.policy, &[])?;
    let role = Role { trust, policy, ..sources.role(wanted.name, wanted.description, sources.tags(None)) };
    Ok(desired.add(Owner::Platform, &wanted.label, &role)?.at(&Role::ARN))
}
