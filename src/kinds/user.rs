//! A tenant's user: who signs in, and what their tokens say of them.
//!
//! Users take no tags. Ours carry a mark in an attribute that no app client reads or writes; whoever an administrator made by
//! hand lacks it and is left alone. No password is chosen, seen or stored here: AWS makes a temporary one, which only an
//! invitation tells. One that leaves the manifest is disabled: their id stands in what agents remember (last verified 2026-11).

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_cognitoidentityprovider::types as sdk;
use serde::{Deserialize, Serialize};

use super::{Found, Kind, Observe, Ownership, Step, UserPool, user_pool};
use crate::address::{Address, Owner};
use crate::aws::{AwsError, Class, During as _, Tolerate as _};
use crate::late::Late;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) pool: Late,
    /// What they sign in with, in lower case: the pool does not tell cases apart.
    pub(crate) email: String,
    pub(crate) email_verified: bool,
    /// Whose user it is, by the attribute that says so.
    pub(crate) tenant: BTreeMap<String, String>,
    /// The other attributes that become claims. All stand without their `custom:`.
    pub(crate) claims: BTreeMap<String, String>,
    pub(crate) enabled: bool,
    /// AWS keeps no note of it, so it is never a difference.
    pub(crate) invitation: Invitation,
}

/// How a new user hears that they may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Invitation {
    /// Not from AWS.
    Suppress,
    /// By a mail of AWS with a temporary password.
    Send,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    /// The pool's own name for the user.
    id: String,
    pool: String,
}

const PREFIX: &str = "custom:";

impl User {
    /// The attribute that marks a user as ours, without its `custom:`.
    pub(crate) const MARK: &'static str = "tenantry";
    /// Stands in the mark, instead of a digest, of whom we have closed off: whoever else is disabled, somebody else disabled.
    pub(crate) const CLOSED: &'static str = "closed";

    /// The user's part of an address: the e-mail, where every character may stand in one.
    pub(crate) fn label(email: &str) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.:/=+-@".contains(c);
        if email.chars().all(plain) {
            return email.to_owned();
        }
        let readable: String = email.chars().map(|c| if plain(c) { c } else { '_' }).collect();
        let digest: String = crate::secret::digest(email.as_bytes()).chars().take(8).collect();
        // No address of an e-mail has a colon of its own, so this is nobody else's label.
        format!("{readable}:{digest}")
    }

    /// As AWS names and keeps them.
    fn attributes(&self) -> BTreeMap<String, String> {
        let own = [("email".to_owned(), self.email.clone()), ("email_verified".to_owned(), self.email_verified.to_string())];
        let claims = self.tenant.iter().chain(&self.claims).map(|(name, value)| (format!("{PREFIX}{name}"), value.clone()));
        own.into_iter().chain(claims).collect()
    }

    /// The user of our e-mail that carries exactly our mark.
    async fn mine(&self, step: &Step<'_>, pool: &str) -> Result<Option<String>> {
        let get = step.aws.cognito.admin_get_user().user_pool_id(pool).username(&self.email);
        let Some(user) = get.send().await.during(format!("reading user `{}`", self.email)).missing_is_none()? else { return Ok(None) };
        let name = format!("{PREFIX}{}", Self::MARK);
        let mark = user.user_attributes.unwrap_or_default().into_iter().find(|a| a.name == name).and_then(|a| a.value);
        Ok((mark.as_deref() == Some(self.mark(step).as_str())).then_some(user.username))
    }

    /// Whose the user is and the digest of what was applied: `tenant:clinic-a 1f0c…`. Adopted by hand, a user may carry any text.
    fn mark(&self, step: &Step<'_>) -> String {
        format!("{} {}", step.mark.address.owner(), if self.enabled { &step.mark.spec } else { Self::CLOSED })
    }
}

impl Kind for User {
    const NAME: &'static str = "user";
    const RIGHTS: &'static [Right] = &[
        reads(&["cognito-idp:ListUsers"], On::These(&["arn:aws:cognito-idp:{r}:{a}:userpool/*"])),
        writes(
            &[
                "cognito-idp:AdminCreateUser",
                "cognito-idp:AdminGetUser",
                "cognito-idp:AdminUpdateUserAttributes",
                "cognito-idp:AdminEnableUser",
                "cognito-idp:AdminDisableUser",
                "cognito-idp:AdminUserGlobalSignOut",
                "cognito-idp:AdminDeleteUser",
            ],
            On::Marked(&["arn:aws:cognito-idp:{r}:{a}:userpool/*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[
        ("pool", "a user belongs to one pool"),
        ("tenant", "a user's tenant is fixed for good: another tenant takes a new user, with a new id and a new password"),
    ];
    const HOLDS_DATA: bool = true;
    const BELOW: &'static [&'static str] = &[UserPool::NAME];
    const WAY_OUT: Option<&'static str> = Some(
        "delete the user, or make it ours: `aws cognito-idp admin-update-user-attributes --user-pool-id POOL --username E-MAIL \
         --user-attributes Name=custom:tenantry,Value=adopted` (a pool that lacks the attribute gets it by an apply without this user)",
    );
    type Output = Output;

    fn closed(&self) -> Option<Self> {
        Some(Self { enabled: false, ..self.clone() })
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>().into_iter().map(|(address, user)| (user.email.clone(), (address, user))).collect();
        let mut found = Vec::new();
        for (parent, pool) in user_pool::parents(observe) {
            let mut pages = observe.aws.cognito.list_users().user_pool_id(&pool.id).limit(60).into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page.during(format!("listing the users of user pool `{}`", pool.id)).missing_is_none()?;
                // A pool that has gone since has none.
                let Some(page) = page else { break };
                found.extend(page.users.unwrap_or_default().into_iter().filter_map(|user| read(user, &parent, &pool.id, &wanted)));
            }
        }
        Ok(found)
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let pool = self.pool.get()?;
        let attributes = sent(self.attributes().into_iter().chain([(format!("{PREFIX}{}", Self::MARK), self.mark(step))]))?;
        let create = step.aws.cognito.admin_create_user().user_pool_id(pool).username(&self.email).set_user_attributes(Some(attributes));
        let create = match self.invitation {
            Invitation::Suppress => create.message_action(sdk::MessageActionType::Suppress),
            Invitation::Send => create.desired_delivery_mediums(sdk::DeliveryMediumType::Email),
        };
        let id = match create.send().await.during(format!("creating user `{}`", self.email)) {
            Ok(reply) => reply.user.and_then(|u| u.username).unwrap_or_else(|| self.email.clone()),
            // The reply of an earlier try is lost; nobody is invited twice.
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => self.mine(step, pool).await?.ok_or(error)?,
            Err(error) => return Err(error),
        };
        let output = Output { id, pool: pool.into() };
        if !self.enabled {
            output.disable(step, &self.email).await?;
        }
        Ok(output)
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let Output { id, pool } = &live.output;
        let closing = live.spec.enabled && !self.enabled;
        if closing {
            live.output.disable(step, &self.email).await?;
        }
        // Who is signed in keeps what the old token says until it ends. This goes first: were it last, a run that is
        // killed in between would leave sessions that no plan shows.
        if closing || self.claims != live.spec.claims {
            let out = step.aws.cognito.admin_user_global_sign_out().user_pool_id(pool).username(id);
            out.send().await.during(format!("signing user `{}` out", self.email))?;
        }
        let before = live.spec.attributes();
        let changed = self.attributes().into_iter().filter(|(name, value)| before.get(name) != Some(value));
        let attributes = sent(changed.chain([(format!("{PREFIX}{}", Self::MARK), self.mark(step))]))?;
        let update = step.aws.cognito.admin_update_user_attributes().user_pool_id(pool).username(id).set_user_attributes(Some(attributes));
        update.send().await.during(format!("updating user `{}`", self.email))?;
        if self.enabled && !live.spec.enabled {
            let enable = step.aws.cognito.admin_enable_user().user_pool_id(pool).username(id);
            enable.send().await.during(format!("enabling user `{}`", self.email))?;
        }
        Ok(Output { id: id.clone(), pool: pool.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { id, pool } = &live.output;
        let delete = step.aws.cognito.admin_delete_user().user_pool_id(pool).username(id);
        delete.send().await.during(format!("deleting user `{}`", live.spec.email)).missing_is_none()?;
        Ok(())
    }
}

impl Output {
    async fn disable(&self, step: &Step<'_>, email: &str) -> Result<()> {
        let disable = step.aws.cognito.admin_disable_user().user_pool_id(&self.pool).username(&self.id);
        disable.send().await.during(format!("disabling user `{email}`"))?;
        Ok(())
    }
}

fn sent(attributes: impl IntoIterator<Item = (String, String)>) -> Result<Vec<sdk::AttributeType>> {
    let sent = attributes.into_iter().map(|(name, value)| sdk::AttributeType::builder().name(name).value(value).build());
    Ok(sent.collect::<Result<_, _>>()?)
}

/// A listed user that is ours, or whose e-mail we want.
fn read(user: sdk::UserType, parent: &Address, pool: &str, wanted: &BTreeMap<String, (Address, User)>) -> Option<Found<User>> {
    let id = user.username?;
    let named = |a: sdk::AttributeType| Some((a.name, a.value?));
    let mut attributes: BTreeMap<String, String> = user.attributes.unwrap_or_default().into_iter().filter_map(named).collect();
    let email = attributes.remove("email").map_or_else(|| id.clone(), |email| email.to_lowercase());
    let email_verified = attributes.remove("email_verified").is_some_and(|verified| verified == "true");
    let mut claims: BTreeMap<String, String> =
        attributes.into_iter().filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_owned(), value))).collect();
    let mark = claims.remove(User::MARK).filter(|mark| !mark.is_empty());
    let declared = wanted.get(&email);
    // All declare the same attributes; one that nobody declares is none of our business.
    let (mut tenant, mut invitation) = (BTreeMap::new(), Invitation::Suppress);
    if let Some((_, like)) = declared.or_else(|| wanted.first_key_value().map(|(_, first)| first)) {
        tenant = claims.clone();
        tenant.retain(|name, _| like.tenant.contains_key(name));
        claims.retain(|name, _| like.claims.contains_key(name));
        invitation = like.invitation;
    }
    let (owner, ownership) = match &mark {
        Some(mark) => {
            let (owner, spec) = mark.split_once(' ').unwrap_or((mark, ""));
            (owner.parse::<Owner>().ok(), Ownership::Ours { spec: (!spec.is_empty()).then(|| spec.to_owned()) })
        }
        None => (None, Ownership::Foreign { platform: None }),
    };
    let address = match declared {
        Some((address, _)) => address.clone(),
        None if mark.is_none() => return None,
        None => {
            let claimed = || tenant.values().next().and_then(|id| id.parse().ok()).map(Owner::Tenant);
            Address::new(User::NAME, owner.or_else(claimed).unwrap_or_else(|| parent.owner().clone()), &User::label(&email))
        }
    };
    let spec = User { pool: Late::known(pool), email, email_verified, tenant, claims, enabled: user.enabled, invitation };
    Some(Found { address, spec, output: Output { id, pool: pool.into() }, mark: ownership })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_stands_in_an_address_and_is_one_users() {
        assert_eq!(User::label("dr.smith+a@clinic-a.com"), "dr.smith+a@clinic-a.com");
        let labels = ["o'neil@a.com", "o`neil@a.com", "o_neil@a.com"].map(User::label);
        assert!(labels[0].starts_with("o_neil@a.com:") && labels[0] != labels[1] && labels[1] != labels[2], "{labels:?}");
        let address: Address = "user/tenant:clinic-a/a/b@c.de".parse().unwrap();
        assert_eq!(address.label(), "a/b@c.de");
    }
}
