//! The Lambda behind a gateway's tools, and the request headers that reach it.
//!
//! AWS adds a header of its own to the propagated ones and refuses to be sent it back (last verified 2026-09).

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use aws_sdk_bedrockagentcorecontrol::operation::get_gateway_target::GetGatewayTargetOutput;
use aws_sdk_bedrockagentcorecontrol::types as sdk;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Found, Gateway, Kind, Observe, Ownership, Step, child};
use crate::address::{Address, Owner};
use crate::aws::settle::{Status, settle};
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::Late;
use crate::names::Arn;
use crate::observe::each;

mod schema;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct GatewayTarget {
    pub(crate) gateway: Late,
    /// The first part of every tool name that an agent sees.
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) lambda: Late<Arn>,
    /// Tool definitions as AWS's API writes them.
    pub(crate) tools: Value,
    pub(crate) headers: BTreeSet<String>,
    pub(crate) failed: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    id: String,
    gateway: String,
}

const INJECTED: &str = "x-amzn-bedrock-agentcore-policy-session-id";

impl Kind for GatewayTarget {
    const NAME: &'static str = "gateway_target";
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("gateway", "a target belongs to one gateway"), ("failed", "AWS gave up on it")];
    const BELOW: &'static [&'static str] = &[Gateway::NAME];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let mut live: Vec<(Owner, String, String)> = Vec::new();
        for (address, gateway) in observe.above::<Gateway>() {
            let all = list(observe.aws, &gateway.id).await?.into_iter().filter(|(name, _)| observe.could_be_ours(name));
            live.extend(all.map(|(_, id)| (address.owner().clone(), gateway.id.clone(), id)));
        }
        let wanted = observe.wanted::<Self>();
        each(live, |(owner, gateway, id)| {
            let wanted = &wanted;
            async move {
                let target = get(observe.aws, &gateway, &id).await?;
                let address = wanted.iter().find(|(a, t)| t.name == target.name && *a.owner() == owner).map(|(a, _)| a.clone());
                let address = address.unwrap_or_else(|| left(observe, &owner, &target.name));
                let spec = Self::read(&gateway, target)?;
                Ok(Found { address, spec, output: Output { id, gateway }, mark: Ownership::Ours { spec: None } })
            }
        })
        .await
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
            .client_token(step.mark.token())
            .target_configuration(self.configuration()?)
            .credential_provider_configurations(credentials()?)
            .set_metadata_configuration(self.metadata());
        let id = match create.send().await.during(format!("creating gateway target `{}`", self.name)) {
            Ok(reply) => reply.target_id,
            // A target takes no tags; in a gateway of ours, one of our name is ours.
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => {
                match list(step.aws, gateway).await?.into_iter().find(|(name, _)| *name == self.name) {
                    Some((_, id)) => id,
                    None => return Err(error),
                }
            }
            Err(error) => return Err(error),
        };
        wait(step, gateway, &id).await?;
        Ok(Output { id, gateway: gateway.into() })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let Output { id, gateway } = &live.output;
        wait(step, gateway, id).await?;
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
            .set_metadata_configuration(self.metadata());
        update.send().await.during(format!("updating gateway target `{}`", self.name))?;
        wait(step, gateway, id).await?;
        Ok(Output { id: id.clone(), gateway: gateway.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { id, gateway } = &live.output;
        let delete = step.aws.agentcore.delete_gateway_target().gateway_identifier(gateway).target_id(id);
        if delete.send().await.during(format!("deleting gateway target `{}`", live.spec.name)).missing_is_none()?.is_none() {
            return Ok(());
        }
        // The list lags behind; the gateway can't be deleted while it shows the target.
        settle(step, || async {
            let listed = list(step.aws, gateway).await.missing_is_none()?.unwrap_or_default();
            Ok(if listed.iter().any(|(_, i)| i == id) { Status::Pending("DELETING".into()) } else { Status::Done })
        })
        .await
    }
}

impl GatewayTarget {
    fn configuration(&self) -> Result<sdk::TargetConfiguration> {
        let tools = sdk::ToolSchema::InlinePayload(schema::declared(&self.tools)?);
        let lambda = sdk::McpLambdaTargetConfiguration::builder().lambda_arn(self.lambda.get()?).tool_schema(tools).build()?;
        Ok(sdk::TargetConfiguration::Mcp(sdk::McpTargetConfiguration::Lambda(lambda)))
    }

    fn metadata(&self) -> Option<sdk::MetadataConfiguration> {
        // An empty list is refused.
        let headers = Some(self.headers.iter().cloned().collect::<Vec<_>>()).filter(|h| !h.is_empty())?;
        Some(sdk::MetadataConfiguration::builder().set_allowed_request_headers(Some(headers)).build())
    }

    fn read(gateway: &str, target: GetGatewayTargetOutput) -> Result<Self> {
        let failed = matches!(target.status, sdk::TargetStatus::Failed).then(|| target.status_reasons().join("; "));
        let (lambda, tools) = match target.target_configuration {
            Some(sdk::TargetConfiguration::Mcp(sdk::McpTargetConfiguration::Lambda(lambda))) => {
                let tools = match &lambda.tool_schema {
                    Some(sdk::ToolSchema::InlinePayload(tools)) => schema::read(tools),
                    _ => Value::Null,
                };
                (lambda.lambda_arn, tools)
            }
            // A target of another sort: everything about it differs from what we declare.
            _ => (String::new(), Value::Null),
        };
        let headers = target.metadata_configuration.and_then(|m| m.allowed_request_headers).unwrap_or_default();
        Ok(Self {
            gateway: Late::known(gateway),
            name: target.name,
            description: target.description,
            lambda: Late::known(lambda),
            tools,
            headers: headers.into_iter().filter(|h| !h.eq_ignore_ascii_case(INJECTED)).collect(),
            failed,
        })
    }
}

/// A tier that is no longer declared named its target as every tier does.
fn left(observe: &Observe<'_>, owner: &Owner, name: &str) -> Address {
    let usual = matches!(owner, Owner::Tier(tier) if observe.names.gateway_target(tier) == name);
    child(GatewayTarget::NAME, owner, if usual { "tools" } else { name })
}

fn credentials() -> Result<sdk::CredentialProviderConfiguration> {
    Ok(sdk::CredentialProviderConfiguration::builder().credential_provider_type(sdk::CredentialProviderType::GatewayIamRole).build()?)
}

async fn list(aws: &Aws, gateway: &str) -> Result<Vec<(String, String)>> {
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

async fn wait(step: &Step<'_>, gateway: &str, id: &str) -> Result<()> {
    use sdk::TargetStatus as S;
    settle(step, || async {
        let target = get(step.aws, gateway, id).await?;
        Ok(match target.status {
            S::Ready => Status::Done,
            S::Failed | S::UpdateUnsuccessful | S::SynchronizeUnsuccessful => Status::Failed(target.status_reasons().join("; ")),
            S::CreatePendingAuth | S::UpdatePendingAuth | S::SynchronizePendingAuth => bail!("somebody has to authorize the target first"),
            other => Status::Pending(other.to_string()),
        })
    })
    .await
}
