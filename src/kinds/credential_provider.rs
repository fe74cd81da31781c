//! The OAuth2 credential provider: how agents get tokens as the machine client, without ever holding its secret.
//!
//! AWS never returns the secret and wants it with every update. Its tag operations refuse a provider's ARN by their own
//! pattern, so a provider is ours if it has our name and trusts our pool; a client's secret is made once, so the same
//! client means the same secret. There is no token, and a name that is taken is either of two errors (last verified 2026-11).

use anyhow::Result;
use aws_sdk_bedrockagentcorecontrol::operation::get_oauth2_credential_provider::GetOauth2CredentialProviderOutput;
use aws_sdk_bedrockagentcorecontrol::types as sdk;
use serde::{Deserialize, Serialize};

use super::condition::{Condition, FAILED};
use super::{Client, Found, Kind, Observe, Ownership, Step, UserPool, child};
use crate::address::Owner;
use crate::aws::settle::{self, Namesake, Settles, Status};
use crate::aws::{Aws, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::Arn;
use crate::observe::each;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CredentialProvider {
    pub(crate) name: String,
    pub(crate) discovery_url: Late,
    pub(crate) client: Late,
    /// Its fingerprint, until the step is carried out.
    pub(crate) secret: Late,
    #[serde(flatten)]
    pub(crate) condition: Condition,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    arn: Arn,
    name: String,
}

impl CredentialProvider {
    /// The name again, so that who publishes it waits for the provider.
    pub(crate) const PROVIDER: Attr<Self> = Attr::new("name");
}

impl Kind for CredentialProvider {
    const NAME: &'static str = "credential_provider";
    const RIGHTS: &'static [Right] = &[
        reads(
            &[
                "bedrock-agentcore:ListOauth2CredentialProviders",
                "bedrock-agentcore:GetOauth2CredentialProvider",
                "bedrock-agentcore:ListTagsForResource",
            ],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:token-vault/*"]),
        ),
        writes(
            &[
                "bedrock-agentcore:CreateTokenVault",
                "bedrock-agentcore:GetTokenVault",
                "bedrock-agentcore:CreateOauth2CredentialProvider",
                "bedrock-agentcore:UpdateOauth2CredentialProvider",
                "bedrock-agentcore:DeleteOauth2CredentialProvider",
                "bedrock-agentcore:TagResource",
                "bedrock-agentcore:UntagResource",
            ],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:token-vault/*"]),
        ),
        writes(
            &[
                "secretsmanager:CreateSecret",
                "secretsmanager:PutSecretValue",
                "secretsmanager:UpdateSecret",
                "secretsmanager:DeleteSecret",
                "secretsmanager:DescribeSecret",
                "secretsmanager:GetSecretValue",
                "secretsmanager:TagResource",
            ],
            On::These(&["arn:aws:secretsmanager:{r}:{a}:secret:bedrock-agentcore-identity!default/oauth2/{p}-*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[("name", "a provider can't be renamed"), FAILED];
    const BELOW: &'static [&'static str] = &[UserPool::NAME, Client::NAME];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let ours = observe.names.credential_provider();
        let wanted: Option<_> = observe.wanted::<Self>().into_iter().next().map(|(address, _)| address);
        let mut names = Vec::new();
        let mut pages = observe.aws.agentcore.list_oauth2_credential_providers().max_results(20).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.during("listing OAuth2 credential providers")?;
            names.extend(page.credential_providers.into_iter().map(|p| p.name).filter(|name| *name == ours));
        }
        let found = each(names, |name| {
            let wanted = wanted.clone();
            async move {
                let Some(live) = get(observe.aws, &name).await.missing_is_none()? else { return Ok(None) };
                let (discovery_url, client) = read(&live);
                let pools = observe.above::<UserPool>();
                let mine = pools.iter().any(|(_, pool)| discovery_url.contains(&format!("/{}/", pool.id)));
                let mark = if mine { Ownership::Ours { spec: None } } else { Ownership::Foreign { platform: None } };
                if !mine && wanted.is_none() {
                    return Ok(None);
                }
                let clients = observe.above::<Client>();
                let secret = clients.iter().find(|(_, c)| c.id == client).and_then(|(_, c)| c.fingerprint());
                let spec = Self {
                    condition: live.progress().into(),
                    discovery_url: discovery_url.into(),
                    client: client.into(),
                    secret: secret.unwrap_or_default().into(),
                    name: name.clone(),
                };
                let address = wanted.unwrap_or_else(|| child(Self::NAME, &Owner::Platform, &name));
                Ok(Some(Found { address, spec, output: Output { arn: Arn::new(live.credential_provider_arn), name }, mark }))
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let create = step.aws.agentcore.create_oauth2_credential_provider().name(&self.name);
        let create =
            create.credential_provider_vendor(sdk::CredentialProviderVendorType::CustomOauth2).oauth2_provider_config_input(self.config()?);
        // The name is the id, and there is no token.
        let send = |_| {
            let create = create.clone();
            async { Ok(create.send().await.during(format!("creating credential provider `{}`", self.name))?.name) }
        };
        let read = |name: String| async move { get(step.aws, &name).await };
        let (name, live) = settle::create(step, send, read, || self.namesake(step)).await?;
        Ok(Output { arn: Arn::new(live.credential_provider_arn), name })
    }

    async fn update(&self, step: &Step<'_>, _: &Found<Self>) -> Result<Output> {
        settle::at_rest(step, || get(step.aws, &self.name)).await?;
        let update = step.aws.agentcore.update_oauth2_credential_provider().name(&self.name);
        let update = update.credential_provider_vendor(sdk::CredentialProviderVendorType::CustomOauth2);
        update.oauth2_provider_config_input(self.config()?).send().await.during(format!("updating credential provider `{}`", self.name))?;
        let live = settle::ready(step, || get(step.aws, &self.name)).await?;
        Ok(Output { arn: Arn::new(live.credential_provider_arn), name: live.name })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let name = &live.output.name;
        let send = || async {
            let delete = step.aws.agentcore.delete_oauth2_credential_provider().name(name);
            delete.send().await.during(format!("deleting credential provider `{name}`")).map(drop)
        };
        settle::delete(step, send, || get(step.aws, name)).await
    }
}

impl Settles for GetOauth2CredentialProviderOutput {
    /// An answer without a status is of a service that knows none: then it is ready.
    fn progress(&self) -> Status {
        let why = || self.failure_reason.clone().unwrap_or_default();
        match &self.status {
            None | Some(sdk::Status::Ready) => Status::Ready,
            Some(sdk::Status::CreateFailed) => Status::Failed(why()),
            Some(sdk::Status::UpdateFailed) => Status::UpdateFailed(why()),
            Some(sdk::Status::DeleteFailed) => Status::Stuck(why()),
            Some(sdk::Status::Deleting) => Status::Leaving,
            Some(other) => Status::Pending(other.to_string()),
        }
    }
}

impl CredentialProvider {
    /// The provider of our name that trusts our pool, for our client, is the one that was to be created.
    async fn namesake(&self, step: &Step<'_>) -> Result<Option<Namesake>> {
        let live = get(step.aws, &self.name).await.missing_is_none()?.filter(|live| live.progress() != Status::Leaving);
        let Some(live) = live else { return Ok(Some(Namesake::Leaving(self.name.clone()))) };
        let (url, client) = read(&live);
        let same = url == self.discovery_url.get()? && client == self.client.get()?;
        Ok(same.then(|| Namesake::Ours(self.name.clone())))
    }

    fn config(&self) -> Result<sdk::Oauth2ProviderConfigInput> {
        let config = sdk::CustomOauth2ProviderConfigInput::builder()
            .oauth_discovery(sdk::Oauth2Discovery::DiscoveryUrl(self.discovery_url.get()?.into()))
            .client_id(self.client.get()?)
            .client_secret(self.secret.get()?)
            .build();
        Ok(sdk::Oauth2ProviderConfigInput::CustomOauth2ProviderConfig(config))
    }
}

/// Whose tokens, and as which client.
fn read(live: &GetOauth2CredentialProviderOutput) -> (String, String) {
    match &live.oauth2_provider_config_output {
        Some(sdk::Oauth2ProviderConfigOutput::CustomOauth2ProviderConfig(config)) => {
            let url = match &config.oauth_discovery {
                Some(sdk::Oauth2Discovery::DiscoveryUrl(url)) => url.clone(),
                _ => String::new(),
            };
            (url, config.client_id.clone().unwrap_or_default())
        }
        _ => (String::new(), String::new()),
    }
}

async fn get(aws: &Aws, name: &str) -> Result<GetOauth2CredentialProviderOutput> {
    aws.agentcore.get_oauth2_credential_provider().name(name).send().await.during(format!("reading credential provider `{name}`"))
}
