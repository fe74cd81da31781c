//! An app client: how people (web) or machines sign in, and which attributes they may read and write.
//!
//! Every list is explicit: unset lists and flows mean AWS's permissive defaults, which let users write the attributes that
//! tell tenants apart. UpdateUserPoolClient resets what it leaves out. Creating has no token and names are not unique, so
//! a create looks first, goes out once and looks again (last verified 2026-09). Clients take no tags: in a pool of ours,
//! ours are those of the names that we derive.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use aws_sdk_cognitoidentityprovider::types as sdk;
use serde::{Deserialize, Serialize};

use super::{Found, Kind, Observe, Ownership, Step, UserPool, child, user_pool};
use crate::address::{Address, Owner};
use crate::aws::{self, Aws, AwsError, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::observe::each;
use crate::rights::{On, Right, reads, writes};
use crate::secret::Secret;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Client {
    pub(crate) pool: Late,
    pub(crate) name: String,
    pub(crate) kind: ClientKind,
    /// `code` or `client_credentials`.
    pub(crate) flows: BTreeSet<String>,
    pub(crate) scopes: BTreeSet<Late>,
    pub(crate) callback_urls: BTreeSet<String>,
    pub(crate) logout_urls: BTreeSet<String>,
    /// Beside OAuth: which of Cognito's own ways to sign in are open.
    pub(crate) auth_flows: BTreeSet<String>,
    /// None is AWS's default, which is everything.
    pub(crate) read_attributes: Option<BTreeSet<String>>,
    pub(crate) write_attributes: Option<BTreeSet<String>>,
    pub(crate) identity_providers: BTreeSet<String>,
    pub(crate) token_minutes: u32,
    pub(crate) refresh_days: u32,
    pub(crate) revocation: bool,
    pub(crate) hides_unknown_users: bool,
}

/// Whether the client keeps a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClientKind {
    Public,
    Confidential,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) id: String,
    pool: String,
    secret: Option<Secret>,
}

impl Output {
    /// What stands for the secret where it is compared.
    pub(crate) fn fingerprint(&self) -> Option<String> {
        self.secret.as_ref().map(Secret::fingerprint)
    }
}

/// The way to refresh a token that AWS refuses beside rotation.
const REFRESH: &str = "ALLOW_REFRESH_TOKEN_AUTH";

impl Client {
    pub(crate) const ID: Attr<Self> = Attr::new("id");
    pub(crate) const SECRET: Attr<Self> = Attr::new("secret");

    /// The safe part of every client: no direct sign-in, and nobody writes what tells tenants apart.
    pub(crate) fn closed() -> Self {
        Self {
            pool: Late::known(""),
            name: String::new(),
            kind: ClientKind::Public,
            flows: BTreeSet::new(),
            scopes: BTreeSet::new(),
            callback_urls: BTreeSet::new(),
            logout_urls: BTreeSet::new(),
            auth_flows: [REFRESH.into()].into(),
            read_attributes: Some(["name".into()].into()),
            write_attributes: Some(["name".into()].into()),
            identity_providers: ["COGNITO".into()].into(),
            token_minutes: 60,
            refresh_days: 30,
            revocation: true,
            hides_unknown_users: true,
        }
    }
}

impl Kind for Client {
    const NAME: &'static str = "client";
    const RIGHTS: &'static [Right] = &[
        reads(
            &["cognito-idp:ListUserPoolClients", "cognito-idp:DescribeUserPoolClient"],
            On::These(&["arn:aws:cognito-idp:{r}:{a}:userpool/*"]),
        ),
        writes(
            &["cognito-idp:CreateUserPoolClient", "cognito-idp:UpdateUserPoolClient", "cognito-idp:DeleteUserPoolClient"],
            On::Marked(&["arn:aws:cognito-idp:{r}:{a}:userpool/*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("pool", "a client belongs to one pool"), ("kind", "a client's secret is made at creation or never")];
    const BELOW: &'static [&'static str] = &[UserPool::NAME];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let ours = ["Web", "Machine"].map(|use_| observe.names.client(use_));
        let mut live: Vec<(Owner, String, String)> = Vec::new();
        for (parent, pool) in user_pool::parents(observe) {
            let all = list(observe.aws, &pool.id).await?.into_iter().filter(|(name, _)| ours.contains(name));
            live.extend(all.map(|(_, id)| (parent.owner().clone(), pool.id.clone(), id)));
        }
        let described = each(live, |(owner, pool, id)| async move {
            Ok(describe(observe.aws, &pool, &id).await.missing_is_none()?.map(|client| (owner, client)))
        });
        let mut clients: Vec<_> = described.await?.into_iter().flatten().collect();
        // Two of one name: the older is ours, whatever made the other.
        clients.sort_by_key(|(_, c)| (c.creation_date.map(|d| d.secs()), c.client_id.clone()));
        let mut seen: BTreeSet<Address> = BTreeSet::new();
        let found = clients.into_iter().filter_map(|(owner, client)| {
            let name = client.client_name.clone().unwrap_or_default();
            let address = wanted.iter().find(|(_, c)| c.name == name).map(|(a, _)| a.clone());
            let address = address.unwrap_or_else(|| child(Self::NAME, &owner, &name));
            let address = if seen.insert(address.clone()) { address } else { child(Self::NAME, &owner, client.client_id.as_deref()?) };
            let output = output(&client);
            Some(Self::read(client).map(|spec| Found { address, spec, output, mark: Ownership::Ours { spec: None } }))
        });
        found.collect()
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let pool = self.pool.get()?;
        // A create that was begun before, and stopped by a throttle or a lost reply, may have made the client.
        if let Some(live) = self.mine(step, pool).await? {
            return self.update(step, &live).await;
        }
        let once = aws_sdk_cognitoidentityprovider::config::Builder::new().retry_config(aws::once());
        let create = step
            .aws
            .cognito
            .create_user_pool_client()
            .user_pool_id(pool)
            .client_name(&self.name)
            .generate_secret(self.kind == ClientKind::Confidential)
            .refresh_token_validity(i32::try_from(self.refresh_days)?)
            .access_token_validity(i32::try_from(self.token_minutes)?)
            .id_token_validity(i32::try_from(self.token_minutes)?)
            .token_validity_units(units())
            .set_read_attributes(self.read_attributes.as_ref().map(list_of))
            .set_write_attributes(self.write_attributes.as_ref().map(list_of))
            .set_explicit_auth_flows(Some(self.auth_flows.iter().map(|f| f.as_str().into()).collect()))
            .set_supported_identity_providers(Some(list_of(&self.identity_providers)))
            .set_callback_urls(some_of(&self.callback_urls))
            .set_logout_urls(some_of(&self.logout_urls))
            .set_allowed_o_auth_flows(Some(self.flows.iter().map(|f| f.as_str().into()).collect()))
            .set_allowed_o_auth_scopes(Some(self.scope_names()?))
            .allowed_o_auth_flows_user_pool_client(true)
            .prevent_user_existence_errors(self.existence())
            .enable_token_revocation(self.revocation);
        match create.customize().config_override(once).send().await.during(format!("creating client `{}`", self.name)) {
            Ok(reply) => Ok(output(&reply.user_pool_client.context("AWS says nothing of the new client")?)),
            // The reply is lost; the client may be there.
            Err(error) if AwsError::of(&error).is_some_and(AwsError::is_ambiguous) => {
                self.mine(step, pool).await?.map(|live| live.output).ok_or_else(|| AwsError::nothing_done(error))
            }
            Err(error) => Err(error),
        }
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let Output { id, pool, .. } = &live.output;
        let now = describe(step.aws, pool, id).await?;
        let update = step
            .aws
            .cognito
            .update_user_pool_client()
            .user_pool_id(pool)
            .client_id(id)
            .client_name(&self.name)
            .refresh_token_validity(i32::try_from(self.refresh_days)?)
            .access_token_validity(i32::try_from(self.token_minutes)?)
            .id_token_validity(i32::try_from(self.token_minutes)?)
            .token_validity_units(units())
            .set_read_attributes(self.read_attributes.as_ref().map(list_of))
            .set_write_attributes(self.write_attributes.as_ref().map(list_of))
            .set_explicit_auth_flows(Some(self.auth_flows.iter().map(|f| f.as_str().into()).collect()))
            .set_supported_identity_providers(Some(list_of(&self.identity_providers)))
            .set_callback_urls(some_of(&self.callback_urls))
            .set_logout_urls(some_of(&self.logout_urls))
            .set_allowed_o_auth_flows(Some(self.flows.iter().map(|f| f.as_str().into()).collect()))
            .set_allowed_o_auth_scopes(Some(self.scope_names()?))
            .allowed_o_auth_flows_user_pool_client(true)
            .prevent_user_existence_errors(self.existence())
            .enable_token_revocation(self.revocation)
            .set_default_redirect_uri(now.default_redirect_uri.filter(|uri| self.callback_urls.contains(uri)))
            .set_analytics_configuration(now.analytics_configuration)
            .set_enable_propagate_additional_user_context_data(now.enable_propagate_additional_user_context_data)
            .set_auth_session_validity(now.auth_session_validity)
            .set_refresh_token_rotation(now.refresh_token_rotation.filter(|_| !self.auth_flows.contains(REFRESH)));
        update.send().await.during(format!("updating client `{}`", self.name))?;
        Ok(Output { id: id.clone(), pool: pool.clone(), secret: live.output.secret.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { id, pool, .. } = &live.output;
        let delete = step.aws.cognito.delete_user_pool_client().user_pool_id(pool).client_id(id);
        delete.send().await.during(format!("deleting client `{}`", live.spec.name)).missing_is_none()?;
        Ok(())
    }
}

impl Client {
    fn scope_names(&self) -> Result<Vec<String>> {
        self.scopes.iter().map(|s| Ok(s.get()?.to_owned())).collect()
    }

    fn existence(&self) -> sdk::PreventUserExistenceErrorTypes {
        if self.hides_unknown_users { sdk::PreventUserExistenceErrorTypes::Enabled } else { sdk::PreventUserExistenceErrorTypes::Legacy }
    }

    /// The oldest client of our name in a pool of ours; one of another kind is the one that is being replaced.
    async fn mine(&self, step: &Step<'_>, pool: &str) -> Result<Option<Found<Self>>> {
        let mut mine = Vec::new();
        for (_, id) in list(step.aws, pool).await?.into_iter().filter(|(name, _)| *name == self.name) {
            mine.extend(describe(step.aws, pool, &id).await.missing_is_none()?);
        }
        mine.sort_by_key(|c| (c.creation_date.map(|d| d.secs()), c.client_id.clone()));
        for client in mine {
            let output = output(&client);
            let spec = Self::read(client)?;
            if spec.kind == self.kind {
                return Ok(Some(Found { address: step.mark.address.clone(), spec, output, mark: Ownership::Ours { spec: None } }));
            }
        }
        Ok(None)
    }

    fn read(client: sdk::UserPoolClientType) -> Result<Self> {
        let units = client.token_validity_units;
        let id = seconds(client.id_token_validity.unwrap_or(1), units.as_ref().and_then(|u| u.id_token.as_ref()), HOUR);
        let access = seconds(client.access_token_validity.unwrap_or(1), units.as_ref().and_then(|u| u.access_token.as_ref()), HOUR);
        let refresh = seconds(client.refresh_token_validity, units.as_ref().and_then(|u| u.refresh_token.as_ref()), DAY);
        let oauth = client.allowed_o_auth_flows_user_pool_client == Some(true);
        let set = |list: Option<Vec<String>>| list.unwrap_or_default().into_iter().collect::<BTreeSet<_>>();
        Ok(Self {
            pool: Late::known(client.user_pool_id.unwrap_or_default()),
            name: client.client_name.unwrap_or_default(),
            kind: if client.client_secret.is_some() { ClientKind::Confidential } else { ClientKind::Public },
            // Without this flag the flows are written down and closed.
            flows: client.allowed_o_auth_flows.filter(|_| oauth).unwrap_or_default().iter().map(ToString::to_string).collect(),
            scopes: client.allowed_o_auth_scopes.unwrap_or_default().into_iter().map(Late::from).collect(),
            callback_urls: set(client.callback_urls),
            logout_urls: set(client.logout_urls),
            auth_flows: client.explicit_auth_flows.unwrap_or_default().iter().map(ToString::to_string).collect(),
            read_attributes: client.read_attributes.map(|a| a.into_iter().collect()),
            write_attributes: client.write_attributes.map(|a| a.into_iter().collect()),
            identity_providers: set(client.supported_identity_providers),
            // Both tokens live equally long, or the spec can't say it.
            token_minutes: if access == id { whole(id, MINUTE)? } else { 0 },
            refresh_days: whole(refresh, DAY)?,
            revocation: client.enable_token_revocation.unwrap_or(false),
            hides_unknown_users: client.prevent_user_existence_errors == Some(sdk::PreventUserExistenceErrorTypes::Enabled),
        })
    }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn seconds(value: i32, unit: Option<&sdk::TimeUnitsType>, default: i64) -> i64 {
    let unit = match unit {
        Some(sdk::TimeUnitsType::Seconds) => 1,
        Some(sdk::TimeUnitsType::Minutes) => MINUTE,
        Some(sdk::TimeUnitsType::Hours) => HOUR,
        Some(sdk::TimeUnitsType::Days) => DAY,
        _ => default,
    };
    i64::from(value) * unit
}

/// A time in whole units; 0, which is never wanted, if it is in none.
fn whole(seconds: i64, unit: i64) -> Result<u32> {
    Ok(u32::try_from(if seconds % unit == 0 { seconds / unit } else { 0 })?)
}

fn units() -> sdk::TokenValidityUnitsType {
    let (minutes, days) = (sdk::TimeUnitsType::Minutes, sdk::TimeUnitsType::Days);
    sdk::TokenValidityUnitsType::builder().access_token(minutes.clone()).id_token(minutes).refresh_token(days).build()
}

fn list_of(set: &BTreeSet<String>) -> Vec<String> {
    set.iter().cloned().collect()
}

fn some_of(set: &BTreeSet<String>) -> Option<Vec<String>> {
    (!set.is_empty()).then(|| list_of(set))
}

fn output(client: &sdk::UserPoolClientType) -> Output {
    Output {
        id: client.client_id.clone().unwrap_or_default(),
        pool: client.user_pool_id.clone().unwrap_or_default(),
        secret: client.client_secret.as_ref().map(Secret::new),
    }
}

pub(crate) async fn list(aws: &Aws, pool: &str) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    let mut pages = aws.cognito.list_user_pool_clients().user_pool_id(pool).max_results(60).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.during(format!("listing the clients of user pool `{pool}`"))?;
        all.extend(page.user_pool_clients.unwrap_or_default().into_iter().filter_map(|c| Some((c.client_name?, c.client_id?))));
    }
    Ok(all)
}

pub(crate) async fn describe(aws: &Aws, pool: &str, id: &str) -> Result<sdk::UserPoolClientType> {
    let reply =
        aws.cognito.describe_user_pool_client().user_pool_id(pool).client_id(id).send().await.during(format!("reading client `{id}`"))?;
    reply.user_pool_client.with_context(|| format!("AWS says nothing of client `{id}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(value: i32, unit: sdk::TimeUnitsType, refresh: i32) -> Client {
        let units = sdk::TokenValidityUnitsType::builder();
        let units = units.access_token(unit.clone()).id_token(unit.clone()).refresh_token(unit).build();
        let live = sdk::UserPoolClientType::builder().access_token_validity(value).id_token_validity(value).refresh_token_validity(refresh);
        Client::read(live.token_validity_units(units).allowed_o_auth_flows(sdk::OAuthFlowType::Code).build()).unwrap()
    }

    #[test]
    fn times_are_read_in_their_units_and_odd_ones_differ() {
        let seconds = client(3600, sdk::TimeUnitsType::Seconds, 30 * 86_400);
        assert_eq!((seconds.token_minutes, seconds.refresh_days), (60, 30));
        let odd = client(3599, sdk::TimeUnitsType::Seconds, i32::MAX);
        assert_eq!((odd.token_minutes, odd.refresh_days), (0, 0));
        let days = client(1, sdk::TimeUnitsType::Days, 3650);
        assert_eq!((days.token_minutes, days.refresh_days), (1440, 3650));
        assert!(days.flows.is_empty(), "without the flag no flow is open");
    }
}
