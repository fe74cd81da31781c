//! The resource server: the scopes that clients ask for.

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_cognitoidentityprovider::types::ResourceServerScopeType;
use serde::{Deserialize, Serialize};

use super::{Found, Kind, Observe, Ownership, Step, UserPool, child};
use crate::aws::{During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::Names;

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
}

impl Kind for ResourceServer {
    const NAME: &'static str = "resource_server";
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("pool", "a resource server belongs to one pool"), ("identifier", "an identifier can't be changed")];
    const BELOW: &'static [&'static str] = &[UserPool::NAME];
    type Output = Output;

    fn known(&self, _: &Names) -> Vec<(&'static str, String)> {
        vec![("identifier", self.identifier.clone())]
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let mut found = Vec::new();
        for (parent, pool) in observe.above::<UserPool>() {
            let mut pages = observe.aws.cognito.list_resource_servers().user_pool_id(&pool.id).max_results(50).into_paginator().send();
            while let Some(page) = pages.next().await {
                for server in page.during(format!("listing the resource servers of user pool `{}`", pool.id))?.resource_servers {
                    let (identifier, name) = (server.identifier.unwrap_or_default(), server.name.unwrap_or_default());
                    let address = wanted.iter().find(|(_, s)| s.identifier == identifier || s.name == name).map(|(a, _)| a.clone());
                    if address.is_none() && !observe.could_be_ours(&name) {
                        continue;
                    }
                    let scopes = server.scopes.unwrap_or_default().into_iter().map(|s| (s.scope_name, s.scope_description)).collect();
                    found.push(Found {
                        address: address.unwrap_or_else(|| child(Self::NAME, parent.owner(), &name)),
                        spec: Self { pool: Late::known(&pool.id), identifier: identifier.clone(), name, scopes },
                        output: Output { identifier, pool: pool.id.clone() },
                        mark: Ownership::Ours { spec: None },
                    });
                }
            }
        }
        Ok(found)
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let pool = self.pool.get()?;
        let create = step.aws.cognito.create_resource_server().user_pool_id(pool).identifier(&self.identifier).name(&self.name);
        create.set_scopes(Some(self.scopes()?)).send().await.during(format!("creating resource server `{}`", self.identifier))?;
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
