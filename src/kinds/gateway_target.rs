//! The Lambda behind a gateway's tools, and the request headers that reach it.
//!
//! AWS adds a header of its own to the propagated ones and refuses to be sent it back. An update resets what it leaves out,
//! so what others have set beside ours (query parameters, response headers, certificates) is sent back (last verified 2026-09).

use std::collections::BTreeSet;

use anyhow::Result;
use aws_sdk_bedrockagentcorecontrol::operation::get_gateway_target::GetGatewayTargetOutput;
use aws_sdk_bedrockagentcorecontrol::types as sdk;
use serde::{Deserialize, Serialize};

use super::condition::{Condition, FAILED};
use super::{Found, Gateway, Kind, Observe, Ownership, Step, child};
use crate::address::{Address, Owner};
use crate::aws::settle::{self, Namesake, Settles, Status};
use crate::aws::{Aws, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::Arn;
use crate::observe::each;
use crate::rights::{On, Right, reads, writes};

mod schema;

pub(crate) use schema::Tools;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct GatewayTarget {
    pub(crate) gateway: Late,
    /// The first part of every tool name that an agent sees.
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) sort: TargetSort,
    pub(crate) credentials: Credentials,
    pub(crate) lambda: Late<Arn>,
    pub(crate) tools: Tools,
    pub(crate) headers: BTreeSet<String>,
    #[serde(flatten)]
    pub(crate) condition: Condition,
}

/// What stands behind a target, which can't change in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TargetSort {
    Lambda,
    /// A sort that this tool does not declare.
    Other,
}

/// As whom the gateway calls the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Credentials {
    GatewayRole,
    /// Some that this tool does not declare.
    Other,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    id: String,
    gateway: String,
    name: String,
}

impl GatewayTarget {
    /// The name again, so that what speaks of its tools waits for it.
    pub(crate) const TARGET: Attr<Self> = Attr::new("name");
}

const INJECTED: &str = "x-amzn-bedrock-agentcore-policy-session-id";

impl Kind for GatewayTarget {
    const NAME: &'static str = "gateway_target";
    const RIGHTS: &'static [Right] = &[
        reads(
            &["bedrock-agentcore:ListGatewayTargets", "bedrock-agentcore:GetGatewayTarget"],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:gateway/{p}-*"]),
        ),
        writes(
            &["bedrock-agentcore:CreateGatewayTarget", "bedrock-agentcore:UpdateGatewayTarget", "bedrock-agentcore:DeleteGatewayTarget"],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:gateway/{p}-*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("gateway", "a target belongs to one gateway"), ("sort", "AWS can't make one sort of target into another"), FAILED];
    const BELOW: &'static [&'static str] = &[Gateway::NAME];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let mut live: Vec<(Address, String, String)> = Vec::new();
        for (address, gateway) in observe.above::<Gateway>() {
            for (name, id) in list(observe.aws, &gateway.id).await.missing_is_none()?.unwrap_or_default() {
                live.extend(whose(observe, &wanted, address.owner(), &name).map(|address| (address, gateway.id.clone(), id)));
            }
        }
        let found = each(live, |(address, gateway, id)| async move {
            let read = get(observe.aws, &gateway, &id).await;
            let Some(target) = Observe::details(read, Some(&address))? else { return Ok(None) };
            let spec = Self::read(&gateway, target);
            let output = Output { id, gateway, name: spec.name.clone() };
            Ok(Some(Found { address, spec, output, mark: Ownership::Ours { spec: None } }))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let gateway = self.gateway.get()?;
        let create = step
            .aws
            .agentcore
            .create_gateway_target()
            .gateway_identifier(gateway)
            .name(&self.name)
            .set_description(self.description.clone())
            .target_configuration(self.configuration()?)
            .credential_provider_configurations(credentials()?)
            .set_metadata_configuration(self.metadata(None));
        let send = |token| {
            let create = create.clone().client_token(token);
            async { Ok(create.send().await.during(format!("creating gateway target `{}`", self.name))?.target_id) }
        };
        let read = |id: String| async move { get(step.aws, gateway, &id).await };
        let (id, _) = settle::create(step, send, read, || self.namesake(step, gateway)).await?;
        Ok(Output { id, gateway: gateway.into(), name: self.name.clone() })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let Output { id, gateway, .. } = &live.output;
        let now = settle::at_rest(step, || get(step.aws, gateway, id)).await?;
        let document = |target: &Self| serde_json::to_value(Self { condition: Condition::default(), ..target.clone() });
        if now.progress() != Status::Ready || document(self)? != document(&live.spec)? {
            let update = step
                .aws
                .agentcore
                .update_gateway_target()
                .gateway_identifier(gateway)
                .target_id(id)
                .name(&self.name)
                .set_description(self.description.clone())
                .target_configuration(self.configuration()?)
                .credential_provider_configurations(credentials()?)
                .set_metadata_configuration(self.metadata(now.metadata_configuration.as_ref()))
                .set_private_endpoint(now.private_endpoint)
                .set_certificate_configurations(now.certificate_configurations);
            update.send().await.during(format!("updating gateway target `{}`", self.name))?;
            settle::ready(step, || get(step.aws, gateway, id)).await?;
        }
        Ok(Output { id: id.clone(), gateway: gateway.clone(), name: self.name.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { id, gateway, .. } = &live.output;
        let send = || async {
            let delete = step.aws.agentcore.delete_gateway_target().gateway_identifier(gateway).target_id(id);
            delete.send().await.during(format!("deleting gateway target `{}`", live.spec.name)).map(drop)
        };
        settle::delete(step, send, || get(step.aws, gateway, id)).await?;
        // The list lags behind, and the gateway can't be deleted while it shows the target.
        settle::unlisted(step, || async {
            let listed = list(step.aws, gateway).await.missing_is_none()?.unwrap_or_default();
            Ok(listed.iter().any(|(_, i)| i == id))
        })
        .await
    }
}

/// A target takes no tags: ours is the one that the gateway's owner has by its name; all others are somebody else's.
fn whose(observe: &Observe<'_>, wanted: &[(Address, GatewayTarget)], owner: &Owner, name: &str) -> Option<Address> {
    if let Some((address, _)) = wanted.iter().find(|(a, t)| a.owner() == owner && t.name == name) {
        return Some(address.clone());
    }
    let ours = matches!(owner, Owner::Tier(tier) if observe.names.gateway_target(tier) == name);
    // As every tier declares it: one address for one thing, also once its tier is gone.
    ours.then(|| child(GatewayTarget::NAME, owner, "tools"))
}

impl Settles for GetGatewayTargetOutput {
    fn progress(&self) -> Status {
        use sdk::TargetStatus as S;
        let why = || self.status_reasons().join("; ");
        match &self.status {
            S::Ready => Status::Ready,
            S::Failed => Status::Failed(why()),
            S::UpdateUnsuccessful | S::SynchronizeUnsuccessful => Status::UpdateFailed(why()),
            S::CreatePendingAuth | S::UpdatePendingAuth | S::SynchronizePendingAuth => {
                Status::Failed("somebody would have to authorize it".into())
            }
            S::Deleting => Status::Leaving,
            other => Status::Pending(other.to_string()),
        }
    }
}

impl GatewayTarget {
    fn configuration(&self) -> Result<sdk::TargetConfiguration> {
        let tools = sdk::ToolSchema::InlinePayload(self.tools.declared()?);
        let lambda = sdk::McpLambdaTargetConfiguration::builder().lambda_arn(self.lambda.get()?).tool_schema(tools).build()?;
        Ok(sdk::TargetConfiguration::Mcp(sdk::McpTargetConfiguration::Lambda(lambda)))
    }

    /// Our request headers, and what others have set beside them.
    fn metadata(&self, now: Option<&sdk::MetadataConfiguration>) -> Option<sdk::MetadataConfiguration> {
        // An empty list is refused.
        let some = |list: Vec<String>| Some(list).filter(|list| !list.is_empty());
        let headers = some(self.headers.iter().cloned().collect());
        let queries = now.and_then(|m| some(m.allowed_query_parameters().to_vec()));
        let responses = now.and_then(|m| some(m.allowed_response_headers().to_vec()));
        if headers.is_none() && queries.is_none() && responses.is_none() {
            return None;
        }
        let metadata = sdk::MetadataConfiguration::builder().set_allowed_request_headers(headers);
        Some(metadata.set_allowed_query_parameters(queries).set_allowed_response_headers(responses).build())
    }

    /// In a gateway of ours, a target of our name that is as declared is the one that was to be created.
    async fn namesake(&self, step: &Step<'_>, gateway: &str) -> Result<Option<Namesake>> {
        let all = list(step.aws, gateway).await?;
        let Some((_, id)) = all.into_iter().find(|(name, _)| *name == self.name) else { return Ok(None) };
        let live = get(step.aws, gateway, &id).await.missing_is_none()?.filter(|live| live.progress() != Status::Leaving);
        let Some(live) = live else { return Ok(Some(Namesake::Leaving(id))) };
        let live = Self { condition: self.condition.clone(), ..Self::read(gateway, live) };
        Ok((serde_json::to_value(self)? == serde_json::to_value(live)?).then_some(Namesake::Ours(id)))
    }

    fn read(gateway: &str, target: GetGatewayTargetOutput) -> Self {
        let condition = target.progress().into();
        let (sort, lambda, tools) = match target.target_configuration {
            Some(sdk::TargetConfiguration::Mcp(sdk::McpTargetConfiguration::Lambda(lambda))) => {
                let tools = match &lambda.tool_schema {
                    Some(sdk::ToolSchema::InlinePayload(tools)) => Tools::read(tools),
                    _ => Tools::default(),
                };
                (TargetSort::Lambda, lambda.lambda_arn, tools)
            }
            _ => (TargetSort::Other, String::new(), Tools::default()),
        };
        let own = |c: &sdk::CredentialProviderConfiguration| {
            c.credential_provider_type == sdk::CredentialProviderType::GatewayIamRole && c.credential_provider.is_none()
        };
        let credentials =
            if target.credential_provider_configurations.iter().all(own) { Credentials::GatewayRole } else { Credentials::Other };
        let headers = target.metadata_configuration.and_then(|m| m.allowed_request_headers).unwrap_or_default();
        Self {
            gateway: Late::known(gateway),
            name: target.name,
            description: target.description,
            sort,
            credentials,
            lambda: Late::known(lambda),
            tools,
            headers: headers.into_iter().filter(|h| !h.eq_ignore_ascii_case(INJECTED)).collect(),
            condition,
        }
    }
}

fn credentials() -> Result<sdk::CredentialProviderConfiguration> {
    Ok(sdk::CredentialProviderConfiguration::builder().credential_provider_type(sdk::CredentialProviderType::GatewayIamRole).build()?)
}

/// The name and id of every target of a gateway, whoever made it.
pub(crate) async fn list(aws: &Aws, gateway: &str) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    let mut pages = aws.agentcore.list_gateway_targets().gateway_identifier(gateway).max_results(1000).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.during(format!("listing the targets of gateway `{gateway}`"))?;
        all.extend(page.items.into_iter().map(|t| (t.name, t.target_id)));
    }
    Ok(all)
}

async fn get(aws: &Aws, gateway: &str, id: &str) -> Result<GetGatewayTargetOutput> {
    let get = aws.agentcore.get_gateway_target().gateway_identifier(gateway).target_id(id);
    get.send().await.during(format!("reading target `{id}` of gateway `{gateway}`"))
}
