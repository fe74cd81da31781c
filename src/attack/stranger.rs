//! Attacks from outside a tenant: signing up into one, and taking on its role without being the platform's agent.

use anyhow::Result;
use aws_sdk_cognitoidentityprovider::types::AttributeType;

use super::{Canary, Tried, the, tried};
use crate::aws::{Aws, AwsError, During as _, Tolerate as _};
use crate::isolation::model::Model;
use crate::isolation::report::Row;
use crate::isolation::roles::{roles, tagged};
use crate::kinds::{Client, ClientKind};

/// Reserved, so that no mail is ever delivered there.
pub(super) const DOMAIN: &str = "example.invalid";
/// What the addresses of the users begin with that an attack signs up.
const NAME: &str = "tenantry-verify-";

/// The user pools of the platform.
fn pools(model: &Model) -> Vec<&str> {
    model.of_kind("user_pool").filter_map(|(_, pool)| pool.output.get("id")?.as_str()).collect()
}

pub(super) async fn sign_up(aws: &Aws, model: &Model) -> Result<Row> {
    let mut row = the("P01");
    let mut clients: Vec<(String, String)> = Vec::new();
    for (address, client) in model.all::<Client>()? {
        if client.kind == ClientKind::Public {
            clients.push((client.name.clone(), model.output(address, "id")?.to_owned()));
        }
    }
    clients.extend(model.strangers.clients.iter().map(|(id, client)| (client.name.clone(), id.clone())));
    let (tenant, tier) = model.tenants.first_key_value().map_or(("clinic-x", "basic"), |(id, tier)| (id.as_str(), tier.as_str()));
    for (n, (name, id)) in clients.iter().enumerate() {
        let address = format!("{NAME}{n}@{DOMAIN}");
        let attribute = |name: &str, value: &str| AttributeType::builder().name(name).value(value).build();
        let call = aws.cognito.sign_up().client_id(id).username(&address).password(password(id));
        let call = call
            .user_attributes(attribute("email", &address)?)
            .user_attributes(attribute(&model.claims.tenant, tenant)?)
            .user_attributes(attribute(&model.claims.tier, tier)?);
        let tried = call.send().await.during(format!("signing up by client `{name}`"));
        match tried {
            Ok(_) => {
                row.breach(format!("client `{name}`"), format!("a stranger signed up into {tenant} ({tier}); the user was removed again"));
            }
            Err(error) => match AwsError::of(&error).map(|refusal| refusal.code.as_str()) {
                Some("NotAuthorizedException") => row.refused_if(true, "", ""),
                _ => row.unknown(format!("client `{name}`"), format!("{error:#}")),
            },
        }
    }
    if clients.is_empty() {
        row.skipped("no client is open to everybody");
    }
    Ok(row)
}

/// Nobody learns it, and it satisfies every rule that a pool may have.
fn password(seed: &str) -> String {
    let seed = format!("{seed} {:?} {}", std::time::SystemTime::now(), std::process::id());
    format!("Aa1-{}", crate::secret::digest(seed.as_bytes()))
}

/// Whoever was signed up, by whichever attack.
pub(super) async fn remove(aws: &Aws, model: &Model) -> Result<()> {
    for pool in pools(model) {
        let list = aws.cognito.list_users().user_pool_id(pool).filter(format!("email ^= \"{NAME}\""));
        let found = list.send().await.during(format!("looking for users that an attack signed up in user pool `{pool}`"))?;
        for user in found.users() {
            let ours =
                user.attributes().iter().any(|a| a.name() == "email" && a.value().is_some_and(|v| v.ends_with(&format!("@{DOMAIN}"))));
            if let Some(name) = user.username().filter(|_| ours) {
                let delete = aws.cognito.admin_delete_user().user_pool_id(pool).username(name);
                delete.send().await.during(format!("deleting user `{name}`, whom an attack signed up")).missing_is_none()?;
            }
        }
    }
    Ok(())
}

/// The operator is nobody's agent: a tenant's role that they can take on can be taken on by whoever is as mighty.
pub(super) async fn take_on(aws: &Aws, model: &Model, canaries: &[Canary]) -> Result<Row> {
    let mut row = the("P12");
    let operator = aws.own_session();
    for role in tagged(model)? {
        // A role that is not there refuses just the same.
        let there = aws.iam.get_role().role_name(role.name()).send().await.during(format!("reading role `{}`", role.name()));
        if there.missing_is_none()?.is_none() {
            row.unknown(role.name(), "the role is not there, so that its refusal shows nothing");
            continue;
        }
        row.controls += 1;
        for canary in canaries {
            match tried(operator.take_on(&role.arn, &canary.session(), &canary.caller().tags()).await) {
                Tried::Refused => row.refused_if(true, "", ""),
                Tried::Through => row.breach(role.name(), format!("whoever operates the platform takes it on as {}", canary.tenant)),
                Tried::Otherwise(why) => row.unknown(role.name(), why),
            }
        }
    }
    if roles(model)?.iter().all(|role| !role.is_tagged) {
        row.skipped("no role is taken on for tenants");
    }
    Ok(row)
}
