//! A tier's AgentCore gateway: the tool server, which checks the user's token.
//!
//! UpdateGateway resets whatever it leaves out, so what others have attached (a policy engine, interceptors, a web ACL's
//! failure mode) is read first and sent back (last verified 2026-09).

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use aws_sdk_bedrockagentcorecontrol::operation::get_gateway::GetGatewayOutput;
use aws_sdk_bedrockagentcorecontrol::types as sdk;
use serde::{Deserialize, Serialize};

use super::agentcore::{JwtAuthorizer, read_tags, retag};
use super::{Found, Kind, Observe, Step};
use crate::aws::settle::{Status, settle};
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::{Arn, Names};
use crate::observe::each;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Gateway {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) role: Late<Arn>,
    pub(crate) authorizer: JwtAuthorizer,
    pub(crate) tags: BTreeMap<String, String>,
    /// Never declared: a live one that AWS gave up on is replaced.
    pub(crate) failed: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) id: String,
    pub(crate) arn: Arn,
    url: String,
    name: String,
}

impl Gateway {
    pub(crate) const ID: Attr<Self> = Attr::new("id");
    pub(crate) const ARN: Attr<Self, Arn> = Attr::new("arn");
    pub(crate) const URL: Attr<Self> = Attr::new("url");
    pub(crate) const GATEWAY_NAME: Attr<Self> = Attr::new("name");
}

impl Kind for Gateway {
    const NAME: &'static str = "gateway";
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[("name", "a gateway can't be renamed"), ("failed", "AWS gave up on it")];
    type Output = Output;

    fn known(&self, _: &Names) -> Vec<(&'static str, String)> {
        vec![("name", self.name.clone())]
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let candidates = list(observe.aws).await?.into_iter().filter(|(name, _)| observe.could_be_ours(name));
        let found = each(candidates, |(name, id)| {
            let wanted = wanted.iter().find(|(_, g)| g.name == name).map(|(a, _)| a.clone());
            async move {
                let gateway = get(observe.aws, &id).await?;
                let tags = read_tags(observe.aws, &gateway.gateway_arn).await?;
                let Some((address, mark)) = observe.whose(&tags, wanted) else { return Ok(None) };
                let output = output(&gateway);
                let failed = matches!(gateway.status, sdk::GatewayStatus::Failed).then(|| gateway.status_reasons().join("; "));
                let spec = Self {
                    name: gateway.name,
                    description: gateway.description.filter(|text| !text.is_empty()),
                    role: Late::known(gateway.role_arn.unwrap_or_default()),
                    authorizer: JwtAuthorizer::read(gateway.authorizer_configuration),
                    tags: tags.declared,
                    failed,
                };
                Ok(Some(Found { address, spec, output, mark }))
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let create = step
            .aws
            .agentcore
            .create_gateway()
            .name(&self.name)
            .set_description(self.description.clone())
            .client_token(step.mark.token())
            .role_arn(self.role.get()?)
            .protocol_type(sdk::GatewayProtocolType::Mcp)
            .authorizer_type(sdk::AuthorizerType::CustomJwt)
            .authorizer_configuration(self.authorizer.declared()?)
            .set_tags(Some(step.mark.with(&self.tags).into_iter().collect()));
        let id = match create.send().await.during(format!("creating gateway `{}`", self.name)) {
            Ok(reply) => reply.gateway_id,
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => match lost_reply(step, &self.name).await? {
                Some(id) => id,
                None => return Err(error),
            },
            Err(error) => return Err(error),
        };
        Ok(output(&wait(step, &id).await?))
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let now = wait(step, &live.output.id).await?;
        if self.description != live.spec.description || self.role.get()? != live.spec.role.get()? || self.authorizer != live.spec.authorizer
        {
            let update = step
                .aws
                .agentcore
                .update_gateway()
                .gateway_identifier(&live.output.id)
                .name(&self.name)
                .set_description(self.description.clone())
                .role_arn(self.role.get()?)
                .authorizer_type(sdk::AuthorizerType::CustomJwt)
                .authorizer_configuration(self.authorizer.declared()?)
                .protocol_type(now.protocol_type)
                .set_protocol_configuration(now.protocol_configuration)
                .set_kms_key_arn(now.kms_key_arn)
                .set_custom_transform_configuration(now.custom_transform_configuration)
                .set_interceptor_configurations(now.interceptor_configurations)
                .set_policy_engine_configuration(now.policy_engine_configuration)
                .set_exception_level(now.exception_level)
                .set_waf_configuration(now.waf_configuration);
            update.send().await.during(format!("updating gateway `{}`", self.name))?;
        }
        retag(step, live.output.arn.as_str(), &self.tags, &live.spec.tags).await?;
        Ok(output(&wait(step, &live.output.id).await?))
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let id = &live.output.id;
        let delete = step.aws.agentcore.delete_gateway().gateway_identifier(id);
        if delete.send().await.during(format!("deleting gateway `{}`", live.spec.name)).missing_is_none()?.is_none() {
            return Ok(());
        }
        settle(step, || async {
            Ok(get(step.aws, id).await.missing_is_none()?.map_or(Status::Done, |gateway| Status::Pending(gateway.status.to_string())))
        })
        .await
    }
}

fn output(gateway: &GetGatewayOutput) -> Output {
    Output {
        id: gateway.gateway_id.clone(),
        arn: Arn::new(&gateway.gateway_arn),
        url: gateway.gateway_url.clone().unwrap_or_default(),
        name: gateway.name.clone(),
    }
}

async fn list(aws: &Aws) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    let mut pages = aws.agentcore.list_gateways().max_results(1000).into_paginator().send();
    while let Some(page) = pages.next().await {
        all.extend(page.during("listing gateways")?.items.into_iter().map(|g| (g.name, g.gateway_id)));
    }
    Ok(all)
}

async fn get(aws: &Aws, id: &str) -> Result<GetGatewayOutput> {
    aws.agentcore.get_gateway().gateway_identifier(id).send().await.during(format!("reading gateway `{id}`"))
}

/// The gateway of our name, if it carries exactly our mark.
async fn lost_reply(step: &Step<'_>, name: &str) -> Result<Option<String>> {
    let Some((_, id)) = list(step.aws).await?.into_iter().find(|(n, _)| n == name) else { return Ok(None) };
    let arn = get(step.aws, &id).await?.gateway_arn;
    Ok(read_tags(step.aws, &arn).await?.is(&step.mark).then_some(id))
}

async fn wait(step: &Step<'_>, id: &str) -> Result<GetGatewayOutput> {
    settle(step, || async {
        let gateway = get(step.aws, id).await?;
        Ok(match gateway.status {
            sdk::GatewayStatus::Ready => Status::Done,
            sdk::GatewayStatus::Failed | sdk::GatewayStatus::UpdateUnsuccessful => Status::Failed(gateway.status_reasons().join("; ")),
            other => Status::Pending(other.to_string()),
        })
    })
    .await?;
    get(step.aws, id).await.context("reading the gateway again")
}
