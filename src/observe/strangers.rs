//! What others have made beside a platform that could let somebody in: roles, clients of the pool, policies, tools, users.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use aws_sdk_cognitoidentityprovider::types::AttributeType;

use super::{Live, each};
use crate::address::Address;
use crate::aws::{Aws, During as _, Tolerate as _};
use crate::isolation::model::{ClaimNames, ForeignClient, Strangers};
use crate::kinds::{Gateway, Kind as _, User, describe_client, list_clients, list_targets, policy_statement, role_trusts};

/// Everything of the account, the pool and the engine that is not ours. It writes nothing.
pub(crate) async fn strangers(aws: &Aws, live: &Live, claims: &ClaimNames) -> Result<Strangers> {
    let ids = |kind: &str, attribute: &str| -> BTreeSet<String> {
        let ours = live.iter().filter(|(address, found)| address.kind() == kind && found.mark.is_ours());
        ours.filter_map(|(_, found)| Some(found.output.get(attribute)?.as_str()?.to_owned())).collect()
    };
    let (pools, engines) = (ids("user_pool", "id"), ids("policy_engine", "id"));
    let (known_clients, known_policies, known_roles) = (ids("client", "id"), ids("policy", "id"), ids("role", "arn"));
    let known_targets = ids("gateway_target", "id");
    let (mut roles, clients, policies, targets, users) = futures::try_join!(
        role_trusts(aws),
        clients(aws, &pools, &known_clients),
        policies(aws, &engines, &known_policies),
        targets(aws, live, &known_targets),
        users(aws, &pools, claims)
    )?;
    roles.retain(|arn, _| !known_roles.contains(arn));
    Ok(Strangers { roles, clients, policies, targets, users })
}

async fn clients(aws: &Aws, pools: &BTreeSet<String>, known: &BTreeSet<String>) -> Result<BTreeMap<String, ForeignClient>> {
    let mut found = BTreeMap::new();
    for pool in pools {
        let others = list_clients(aws, pool).await?.into_iter().map(|(_, id)| id).filter(|id| !known.contains(id));
        let described =
            each(others, |id| async move { Ok(describe_client(aws, pool, &id).await.missing_is_none()?.map(|client| (id, client))) });
        for (id, client) in described.await?.into_iter().flatten() {
            found.insert(id, ForeignClient { name: client.client_name.unwrap_or_default(), writes: client.write_attributes });
        }
    }
    Ok(found)
}

async fn policies(aws: &Aws, engines: &BTreeSet<String>, known: &BTreeSet<String>) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for engine in engines {
        let mut pages = aws.agentcore.list_policies().policy_engine_id(engine).max_results(100).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.during(format!("listing the policies of engine `{engine}`"))?;
            let others = page.policies.into_iter().filter(|policy| !known.contains(&policy.policy_id));
            found.extend(others.map(|policy| (policy.name.clone(), policy_statement(policy.definition.as_ref()))));
        }
    }
    Ok(found)
}

async fn targets(aws: &Aws, live: &Live, known: &BTreeSet<String>) -> Result<BTreeSet<(Address, String)>> {
    let ours = live.iter().filter(|(address, found)| address.kind() == Gateway::NAME && found.mark.is_ours());
    let gateways = ours.filter_map(|(address, found)| Some((address.clone(), found.output.get("id")?.as_str()?.to_owned())));
    let listed = each(gateways, |(address, id)| async move {
        let all = list_targets(aws, &id).await.missing_is_none()?.unwrap_or_default();
        Ok(all.into_iter().map(|(name, id)| (address.clone(), name, id)).collect::<Vec<_>>())
    });
    let others = listed.await?.into_iter().flatten().filter(|(_, _, id)| !known.contains(id));
    Ok(others.map(|(address, name, _)| (address, name)).collect())
}

/// Enabled users without our mark: theirs are the claims that nobody declared.
async fn users(aws: &Aws, pools: &BTreeSet<String>, claims: &ClaimNames) -> Result<BTreeMap<String, (Option<String>, Option<String>)>> {
    let mark = format!("custom:{}", User::MARK);
    let mut found = BTreeMap::new();
    for pool in pools {
        let mut pages = aws.cognito.list_users().user_pool_id(pool).limit(60).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.during(format!("listing the users of user pool `{pool}`"))?;
            for user in page.users.unwrap_or_default().into_iter().filter(|user| user.enabled) {
                let attributes = user.attributes.unwrap_or_default();
                if value(&attributes, &mark).is_none() {
                    let says = (value(&attributes, &claims.tenant), value(&attributes, &claims.tier));
                    found.insert(user.username.unwrap_or_default(), says);
                }
            }
        }
    }
    Ok(found)
}

fn value(attributes: &[AttributeType], name: &str) -> Option<String> {
    attributes.iter().find(|attribute| attribute.name() == name).and_then(|attribute| attribute.value().map(Into::into))
}
