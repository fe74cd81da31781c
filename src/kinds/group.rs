//! A group of users. Only administrators put people into groups, so roles may rest on them.
//!
//! Groups take no tags: ours end their description with a mark, so that other groups in the pool are left alone.

use anyhow::Result;
use aws_sdk_cognitoidentityprovider::types::GroupType;
use serde::{Deserialize, Serialize};

use super::{Found, Kind, Observe, Ownership, Step, UserPool, child, user_pool};
use crate::aws::{AwsError, Class, During as _, Tolerate as _};
use crate::late::Late;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) pool: Late,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) precedence: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    name: String,
    pool: String,
}

const MARK: &str = "[tenantry]";

impl Group {
    fn marked(&self) -> String {
        self.description.as_ref().map_or_else(|| MARK.into(), |text| format!("{text} {MARK}"))
    }

    async fn get(&self, step: &Step<'_>, pool: &str) -> Result<Option<GroupType>> {
        let get = step.aws.cognito.get_group().user_pool_id(pool).group_name(&self.name);
        Ok(get.send().await.during(format!("reading group `{}`", self.name))?.group)
    }
}

impl Kind for Group {
    const NAME: &'static str = "group";
    const RIGHTS: &'static [Right] = &[
        reads(&["cognito-idp:ListGroups", "cognito-idp:GetGroup"], On::These(&["arn:aws:cognito-idp:{r}:{a}:userpool/*"])),
        writes(
            &["cognito-idp:CreateGroup", "cognito-idp:UpdateGroup", "cognito-idp:DeleteGroup"],
            On::Marked(&["arn:aws:cognito-idp:{r}:{a}:userpool/*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("pool", "a group belongs to one pool"), ("name", "a group can't be renamed")];
    const HOLDS_DATA: bool = true;
    const BELOW: &'static [&'static str] = &[UserPool::NAME];
    const WAY_OUT: Option<&'static str> = Some("delete it, or end its description with `[tenantry]` to make it ours");
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let mut found = Vec::new();
        for (parent, pool) in user_pool::parents(observe) {
            let mut pages = observe.aws.cognito.list_groups().user_pool_id(&pool.id).limit(60).into_paginator().send();
            while let Some(page) = pages.next().await {
                for group in page.during(format!("listing the groups of user pool `{}`", pool.id))?.groups.unwrap_or_default() {
                    let name = group.group_name.unwrap_or_default();
                    let address = wanted.iter().find(|(_, g)| g.name == name).map(|(a, _)| a.clone());
                    let text = group.description.unwrap_or_default();
                    let (mark, description) = match text.strip_suffix(MARK) {
                        Some(text) => (Ownership::Ours { spec: None }, text.trim_end()),
                        None => (Ownership::Foreign { platform: None }, text.as_str()),
                    };
                    if address.is_none() && matches!(mark, Ownership::Foreign { .. }) {
                        continue;
                    }
                    let spec = Self {
                        pool: Late::known(&pool.id),
                        description: (!description.is_empty()).then(|| description.to_owned()),
                        precedence: group.precedence.map(u32::try_from).transpose()?,
                        name: name.clone(),
                    };
                    let address = address.unwrap_or_else(|| child(Self::NAME, parent.owner(), &name));
                    found.push(Found { address, spec, output: Output { name, pool: pool.id.clone() }, mark });
                }
            }
        }
        Ok(found)
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let pool = self.pool.get()?;
        let create = step.aws.cognito.create_group().user_pool_id(pool).group_name(&self.name).description(self.marked());
        let create = create.set_precedence(self.precedence.map(i32::try_from).transpose()?);
        match create.send().await.during(format!("creating group `{}`", self.name)) {
            Ok(_) => {}
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => {
                if self.get(step, pool).await?.and_then(|g| g.description) != Some(self.marked()) {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
        Ok(Output { name: self.name.clone(), pool: pool.into() })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let pool = &live.output.pool;
        // A role that somebody gave the group would be taken away by leaving it out.
        let role = self.get(step, pool).await?.and_then(|g| g.role_arn);
        let update = step.aws.cognito.update_group().user_pool_id(pool).group_name(&self.name).description(self.marked());
        update
            .set_role_arn(role)
            .set_precedence(self.precedence.map(i32::try_from).transpose()?)
            .send()
            .await
            .during(format!("updating group `{}`", self.name))?;
        Ok(Output { name: self.name.clone(), pool: pool.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { name, pool } = &live.output;
        step.aws
            .cognito
            .delete_group()
            .user_pool_id(pool)
            .group_name(name)
            .send()
            .await
            .during(format!("deleting group `{name}`"))
            .missing_is_none()?;
        Ok(())
    }
}
