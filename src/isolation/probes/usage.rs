//! What use is booked on, what is counted, and what is written down.

use anyhow::Result;

use super::super::iam::{Context, Decision};
use super::super::model::Model;
use super::super::report::Row;
use super::super::roles::roles;
use crate::kinds::Project;
use crate::manifest::Keys;

pub(super) fn projects(model: &Model, row: &mut Row) -> Result<()> {
    let projects = model.all::<Project>()?;
    if projects.is_empty() {
        return Ok(());
    }
    let all = roles(model)?;
    let Some(runtime) = all.iter().find(|role| role.address.label() == "runtime") else { return Ok(()) };
    let reached = |id: &str| {
        let arn = format!("arn:aws:bedrock-mantle:{}:{}:project/{id}", model.names.region, model.names.account);
        runtime.may("bedrock-mantle:CreateInference", &arn, &Context::new()).decision
    };
    let mut all_reached = true;
    for (address, _) in &projects {
        all_reached &= reached(model.output(address, "id")?) == Decision::Allow;
    }
    if all_reached && projects.len() > 1 {
        row.not_enforced(runtime.name(), "one role serves the agents of every tier: each agent must take its own tier's project");
    } else {
        row.refused_if(true, "", "");
    }
    Ok(())
}

pub(super) fn keys(model: &Model, row: &mut Row) -> Result<()> {
    match model.keys {
        None => row.skipped("the manifest has no `api`"),
        Some(Keys::Tenant) => row.refused_if(true, "", ""),
        Some(Keys::Tier) => row.not_enforced("api", "tenants of a tier share its key and its quota; `keys: tenant` gives each its own"),
    }
    Ok(())
}

pub(super) fn logs(_: &Model, row: &mut Row) -> Result<()> {
    row.skipped("what is written into logs only a live platform shows");
    Ok(())
}
