//! The resource server: the scopes that clients ask for.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use aws_sdk_cognitoidentityprovider::types::ResourceServerScopeType;
use serde::{Deserialize, Serialize};

use super::{Found, Kind, Observe, Ownership, Step, UserPool, child, user_pool};
use crate::address::Address;
use crate::aws::{AwsError, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::Names;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ResourceServer {
    pub(crate) pool: Late,
    pub(crate) identifier: String,
    /// Ours by rule, so that one whose identifier changed is still known for ours.
    pub(crate) name: String,
    pub(crate) scopes: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    identifier: String,
    pool: String,
}

impl ResourceServer {
    pub(crate) const IDENTIFIER: Attr<Self> = Attr::new("identifier");

    fn scopes(&self) -> Result<Vec<ResourceServerScopeType>> {
        let scope = |(name, text): (&String, &String)| ResourceServerScopeType::builder().scope_name(name).scope_description(text).build();
        Ok(self.scopes.iter().map(scope).collect::<Result<_, _>>()?)
    }

    async fn is_live(&self, step: &Step<'_>, pool: &str) -> Result<bool> {
        let describe = step.aws.cognito.describe_resource_server().user_pool_id(pool).identifier(&self.identifier);
        let live = describe.send().await.during(format!("reading resource server `{}`", self.identifier)).missing_is_none()?;
        let Some(live) = live.and_then(|l| l.resource_server) else { return Ok(false) };
        let scopes: BTreeMap<String, String> =
            live.scopes.unwrap_or_default().into_iter().map(|s| (s.scope_name, s.scope_description)).collect();
        Ok(live.name.as_ref() == Some(&self.name) && scopes == self.scopes)
    }
}

impl Kind for ResourceServer {
    const NAME: &'static str = "resource_server";
    const RIGHTS: &'static [Right] = &[
        reads(
            &["cognito-idp:ListResourceServers", "cognito-idp:DescribeResourceServer"],
            On::These(&["arn:aws:cognito-idp:{r}:{a}:userpool/*"]),
        ),
        writes(
            &["cognito-idp:CreateResourceServer", "cognito-idp:UpdateResourceServer", "cognito-idp:DeleteResourceServer"],
            On::Marked(&["arn:aws:cognito-idp:{r}:{a}:userpool/*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("pool", "a resource server belongs to one pool"), ("identifier", "an identifier can't be changed")];
    const BELOW: &'static [&'static str] = &[UserPool::NAME];
    type Output = Output;

    fn known(&self, _: &Names) -> Vec<(&'static str, String)> {
        vec![("identifier", self.identifier.clone())]
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let ours = observe.names.resource_server();
        let mut found = Vec::new();
        for (parent, pool) in user_pool::parents(observe) {
            let mut servers = Vec::new();
            let mut pages = observe.aws.cognito.list_resource_servers().user_pool_id(&pool.id).max_results(50).into_paginator().send();
            while let Some(page) = pages.next().await {
                servers.extend(page.during(format!("listing the resource servers of user pool `{}`", pool.id))?.resource_servers);
            }
            let is_wanted = |identifier: &str| wanted.iter().find(|(_, s)| s.identifier == identifier).map(|(a, _)| a.clone());
            let mut servers: Vec<(String, Self)> = servers
                .into_iter()
                .map(|server| {
                    let (identifier, name) = (server.identifier.unwrap_or_default(), server.name.unwrap_or_default());
                    let scopes = server.scopes.unwrap_or_default().into_iter().map(|s| (s.scope_name, s.scope_description)).collect();
                    (identifier.clone(), Self { pool: Late::known(&pool.id), identifier, name, scopes })
                })
                .filter(|(identifier, spec)| spec.name == ours || is_wanted(identifier).is_some())
                .collect();
            // Names are not unique: the one whose identifier is wanted keeps the address.
            servers.sort_by_key(|(identifier, _)| (is_wanted(identifier).is_none(), identifier.clone()));
            let mut seen: BTreeSet<Address> = BTreeSet::new();
            for (identifier, spec) in servers {
                let address = is_wanted(&identifier).or_else(|| wanted.iter().find(|(_, s)| s.name == spec.name).map(|(a, _)| a.clone()));
                let address = address.unwrap_or_else(|| child(Self::NAME, parent.owner(), &spec.name));
                let address = if seen.insert(address.clone()) { address } else { child(Self::NAME, parent.owner(), &identifier) };
                let mark = if spec.name == ours { Ownership::Ours { spec: None } } else { Ownership::Foreign { platform: None } };
                found.push(Found { address, spec, output: Output { identifier, pool: pool.id.clone() }, mark });
            }
        }
        Ok(found)
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let pool = self.pool.get()?;
        let create = step.aws.cognito.create_resource_server().user_pool_id(pool).identifier(&self.identifier).name(&self.name);
        match create.set_scopes(Some(self.scopes()?)).send().await.during(format!("creating resource server `{}`", self.identifier)) {
            Ok(_) => {}
            // A lost reply: the resource server that stands there may be the one we have just made.
            Err(error) if AwsError::of(&error).is_some_and(|e| e.code == "InvalidParameterException") => {
                if !self.is_live(step, pool).await? {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
        Ok(Output { identifier: self.identifier.clone(), pool: pool.into() })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let pool = &live.output.pool;
        let update = step.aws.cognito.update_resource_server().user_pool_id(pool).identifier(&self.identifier).name(&self.name);
        update.set_scopes(Some(self.scopes()?)).send().await.during(format!("updating resource server `{}`", self.identifier))?;
        Ok(Output { identifier: self.identifier.clone(), pool: pool.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { identifier, pool } = &live.output;
        let delete = step.aws.cognito.delete_resource_server().user_pool_id(pool).identifier(identifier);
        delete.send().await.during(format!("deleting resource server `{identifier}`")).missing_is_none()?;
        Ok(())
    }
}
