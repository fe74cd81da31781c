//! Who users are: sign-up, what they may write of themselves, what their claims say, and what is left of them when they leave.

use std::collections::BTreeMap;

use anyhow::Result;

use super::super::model::Model;
use super::super::report::Row;
use crate::kinds::{Client, User, UserPool};
use crate::names::{TenantId, TierName};

/// Tokens that are out can't be called back; AWS's shortest useful life of one is the bound.
const LONGEST_TOKEN: u32 = 60;

pub(super) fn sign_up(model: &Model, row: &mut Row) -> Result<()> {
    row.backstop = Some("no client may write the claims");
    for (address, pool) in model.all::<UserPool>()? {
        row.refused_if(!pool.self_sign_up, address.to_string(), "anybody may sign up");
    }
    Ok(())
}

pub(super) fn attributes(model: &Model, row: &mut Row) -> Result<()> {
    let claims = [&model.claims.tenant, &model.claims.tier];
    for (address, pool) in model.all::<UserPool>()? {
        let tenant = model.claims.tenant.trim_start_matches("custom:");
        let fixed = pool.attributes.get(tenant).is_some_and(|attribute| !attribute.mutable);
        row.refused_if(fixed, address.to_string(), format!("the attribute `{tenant}` can be changed after a user is made"));
    }
    for (address, client) in model.all::<Client>()? {
        let object = address.to_string();
        judge_writes(row, &object, client.write_attributes.as_ref().map(|w| w.iter().map(String::as_str)), &claims);
        row.refused_if(client.read_attributes.as_ref().is_some_and(|r| !r.is_empty()), &object, "the client reads whatever there is");
        let direct = client.auth_flows.iter().find(|flow| flow.contains("SRP") || flow.contains("PASSWORD") || flow.contains("USER_AUTH"));
        let says = || format!("the auth flow `{}` gives a token that may write attributes", direct.map_or("", String::as_str));
        row.refused_if(direct.is_none(), &object, says());
        row.refused_if(client.hides_unknown_users, &object, "sign-in tells strangers who is a user");
    }
    for (id, client) in &model.strangers.clients {
        let object = format!("client `{}` ({id}), which tenantry did not make", client.name);
        judge_writes(row, &object, client.writes.as_ref().map(|w| w.iter().map(String::as_str)), &claims);
    }
    Ok(())
}

fn judge_writes<'a>(row: &mut Row, object: &str, writes: Option<impl Iterator<Item = &'a str>>, claims: &[&String]) {
    let Some(writes) = writes else {
        row.breach(object, "no list of attributes that users may write: Cognito then lets them write all, tenant and tier too");
        return;
    };
    let writes: Vec<&str> = writes.collect();
    // Cognito takes an empty list for none at all.
    row.refused_if(!writes.is_empty(), object, "the list of attributes that users may write is empty, which is no list to Cognito");
    for claim in claims {
        row.refused_if(!writes.contains(&claim.as_str()), object, format!("users may write `{claim}`"));
    }
}

pub(super) fn claims(model: &Model, row: &mut Row) -> Result<()> {
    let mut folded: BTreeMap<String, &TenantId> = BTreeMap::new();
    for (id, tier) in &model.tenants {
        let other = folded.insert(id.as_str().to_lowercase(), id);
        row.refused_if(other.is_none(), id.to_string(), "another tenant's id differs only in case");
        row.refused_if(!model.tiers.iter().any(|t| t.as_str() == id.as_str()), id.to_string(), "the tenant is called like a tier");
        row.refused_if(model.tiers.contains(tier), id.to_string(), format!("its tier `{tier}` is not in the manifest"));
    }
    let (tenant_claim, tier_claim) = (bare(&model.claims.tenant), bare(&model.claims.tier));
    let known = by_id(model);
    for (address, user) in model.all::<User>()? {
        let (tenant, tier) = (user.tenant.get(tenant_claim), user.claims.get(tier_claim));
        judge_user(&known, row, &address.to_string(), (tenant.map(String::as_str), tier.map(String::as_str)), user.enabled);
    }
    for (name, (tenant, tier)) in &model.strangers.users {
        let object = format!("user `{name}`, whom tenantry did not make");
        judge_user(&known, row, &object, (tenant.as_deref(), tier.as_deref()), true);
    }
    Ok(())
}

fn bare(claim: &str) -> &str {
    claim.trim_start_matches("custom:")
}

/// Users are many: each one's tenant is looked up.
fn by_id(model: &Model) -> BTreeMap<&str, &TierName> {
    model.tenants.iter().map(|(id, tier)| (id.as_str(), tier)).collect()
}

fn judge_user(
    tenants: &BTreeMap<&str, &TierName>,
    row: &mut Row,
    object: &str,
    (tenant, tier): (Option<&str>, Option<&str>),
    enabled: bool,
) {
    let known = tenant.and_then(|tenant| tenants.get_key_value(tenant));
    match known {
        // Who left is disabled and gets no token; who names neither tenant nor tier gets in nowhere.
        _ if !enabled || (tenant, tier) == (None, None) => row.refused_if(true, object, ""),
        None => {
            row.breach(object, format!("its claim names the tenant `{}`, which the manifest does not know", tenant.unwrap_or_default()));
        }
        Some((id, of)) => {
            let says = format!("its claim says tier `{}`, and {id} is of {of}", tier.unwrap_or_default());
            row.refused_if(tier == Some(of.as_str()), object, says);
        }
    }
}

pub(super) fn leaving(model: &Model, row: &mut Row) -> Result<()> {
    row.backstop = Some("runtimes and gateways check a token's expiry");
    for (address, client) in model.all::<Client>()? {
        let says = format!("tokens last {} min; who left can go on that long (at most {LONGEST_TOKEN})", client.token_minutes);
        row.refused_if(client.token_minutes <= LONGEST_TOKEN, address.to_string(), says);
        row.refused_if(client.revocation, address.to_string(), "refresh tokens can't be revoked");
    }
    let tenant_claim = bare(&model.claims.tenant);
    let known = by_id(model);
    for (address, user) in model.all::<User>()? {
        let stays = user.tenant.get(tenant_claim).is_some_and(|tenant| known.contains_key(tenant.as_str()));
        row.refused_if(stays || !user.enabled, address.to_string(), "the user's tenant has left, and the user is not disabled");
    }
    Ok(())
}
