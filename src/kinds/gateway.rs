//! A tier's AgentCore gateway: the tool server, which checks the user's token.
//!
//! UpdateGateway resets whatever it leaves out, so what others have attached (interceptors of responses, a web ACL's failure
//! mode) is read first and sent back (last verified 2026-09).

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_bedrockagentcorecontrol::operation::get_gateway::GetGatewayOutput;
use aws_sdk_bedrockagentcorecontrol::types as sdk;
use serde::{Deserialize, Serialize};

use super::agentcore::{JwtAuthorizer, read_tags, retag};
use super::condition::{Condition, FAILED};
use super::{Found, Kind, Observe, Step};
use crate::aws::settle::{self, Namesake, Settles, Status};
use crate::aws::{Aws, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::{Arn, Names};
use crate::observe::each;
use crate::rights::{LISTS, On, Right, passes, reads, writes};

mod interceptor;

pub(crate) use interceptor::{Headers as InterceptorHeaders, Interceptor};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Gateway {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) role: Late<Arn>,
    pub(crate) authorizer_type: AuthorizerType,
    pub(crate) authorizer: JwtAuthorizer,
    /// What decides on tool calls; without one the tools' own Lambda decides alone.
    pub(crate) policy: Option<PolicyAttachment>,
    /// What sees each request before it does.
    pub(crate) interceptor: Option<Interceptor>,
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(flatten)]
    pub(crate) condition: Condition,
}

/// How callers prove who they are, which can't change in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum AuthorizerType {
    CustomJwt,
    /// One that this tool does not declare.
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PolicyAttachment {
    pub(crate) engine: Late<Arn>,
    pub(crate) mode: PolicyMode,
}

/// What happens to a call that no policy permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PolicyMode {
    Enforce,
    /// It passes, and the log says that it would not.
    LogOnly,
}

impl PolicyAttachment {
    fn declared(&self) -> Result<sdk::GatewayPolicyEngineConfiguration> {
        let mode = match self.mode {
            PolicyMode::Enforce => sdk::GatewayPolicyEngineMode::Enforce,
            PolicyMode::LogOnly => sdk::GatewayPolicyEngineMode::LogOnly,
        };
        Ok(sdk::GatewayPolicyEngineConfiguration::builder().arn(self.engine.get()?).mode(mode).build()?)
    }

    fn read(live: sdk::GatewayPolicyEngineConfiguration) -> Self {
        let mode = if live.mode == sdk::GatewayPolicyEngineMode::Enforce { PolicyMode::Enforce } else { PolicyMode::LogOnly };
        Self { engine: Late::known(live.arn), mode }
    }
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
    const RIGHTS: &'static [Right] = &[
        reads(&["bedrock-agentcore:ListGateways"], LISTS),
        reads(
            &["bedrock-agentcore:GetGateway", "bedrock-agentcore:ListTagsForResource"],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:gateway/{p}-*"]),
        ),
        writes(&["bedrock-agentcore:CreateGateway"], On::Anything("what is to be made has no name in AWS yet")),
        writes(
            &[
                "bedrock-agentcore:UpdateGateway",
                "bedrock-agentcore:DeleteGateway",
                "bedrock-agentcore:TagResource",
                "bedrock-agentcore:UntagResource",
            ],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:gateway/{p}-*"]),
        ),
        writes(&["bedrock-agentcore:GetPolicyEngine"], On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:policy-engine/{w}_*"])),
        writes(
            &["bedrock-agentcore:CreateWorkloadIdentity", "bedrock-agentcore:DeleteWorkloadIdentity"],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:workload-identity-directory/*"]),
        ),
        passes(&["bedrock-agentcore.amazonaws.com"]),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("name", "a gateway can't be renamed"), ("authorizer_type", "a gateway keeps its sort of authorizer"), FAILED];
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
                let read = async {
                    let gateway = get(observe.aws, &id).await?;
                    let tags = read_tags(observe.aws, &gateway.gateway_arn).await?;
                    Ok((gateway, tags))
                };
                let Some((gateway, tags)) = Observe::details(read.await, wanted.as_ref())? else { return Ok(None) };
                let Some((address, mark)) = observe.whose(&tags, wanted) else { return Ok(None) };
                let output = output(&gateway);
                let spec = Self {
                    condition: gateway.progress().into(),
                    authorizer_type: match gateway.authorizer_type {
                        sdk::AuthorizerType::CustomJwt => AuthorizerType::CustomJwt,
                        _ => AuthorizerType::Other,
                    },
                    name: gateway.name,
                    description: gateway.description.filter(|text| !text.is_empty()),
                    role: Late::known(gateway.role_arn.unwrap_or_default()),
                    authorizer: JwtAuthorizer::read(gateway.authorizer_configuration),
                    policy: gateway.policy_engine_configuration.map(PolicyAttachment::read),
                    interceptor: Interceptor::read(gateway.interceptor_configurations),
                    tags: tags.declared,
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
            .role_arn(self.role.get()?)
            .protocol_type(sdk::GatewayProtocolType::Mcp)
            .authorizer_type(sdk::AuthorizerType::CustomJwt)
            .authorizer_configuration(self.authorizer.declared()?)
            .set_policy_engine_configuration(self.policy.as_ref().map(PolicyAttachment::declared).transpose()?)
            .set_interceptor_configurations(Interceptor::beside(self.interceptor.as_ref(), None)?)
            .set_tags(Some(step.mark.with(&self.tags).into_iter().collect()));
        let send = |token| {
            let create = create.clone().client_token(token);
            async { Ok(create.send().await.during(format!("creating gateway `{}`", self.name))?.gateway_id) }
        };
        let (_, live) = settle::create(step, send, |id| read(step, id), || namesake(step, &self.name)).await?;
        Ok(output(&live))
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let id = &live.output.id;
        let now = settle::at_rest(step, || get(step.aws, id)).await?;
        let before = &live.spec;
        let differs = self.description != before.description
            || self.role.get()? != before.role.get()?
            || self.authorizer != before.authorizer
            || self.policy != before.policy
            || self.interceptor != before.interceptor;
        if differs || now.progress() != Status::Ready {
            let update = step
                .aws
                .agentcore
                .update_gateway()
                .gateway_identifier(id)
                .name(&self.name)
                .set_description(self.description.clone())
                .role_arn(self.role.get()?)
                .authorizer_type(sdk::AuthorizerType::CustomJwt)
                .authorizer_configuration(self.authorizer.declared()?)
                .protocol_type(now.protocol_type)
                .set_protocol_configuration(now.protocol_configuration)
                .set_kms_key_arn(now.kms_key_arn)
                .set_custom_transform_configuration(now.custom_transform_configuration)
                .set_interceptor_configurations(Interceptor::beside(self.interceptor.as_ref(), now.interceptor_configurations)?)
                .set_policy_engine_configuration(self.policy.as_ref().map(PolicyAttachment::declared).transpose()?)
                .set_exception_level(now.exception_level)
                .set_waf_configuration(now.waf_configuration);
            update.send().await.during(format!("updating gateway `{}`", self.name))?;
        }
        retag(step, live.output.arn.as_str(), &self.tags, &live.spec.tags).await?;
        Ok(output(&settle::ready(step, || get(step.aws, id)).await?))
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let id = &live.output.id;
        let send = || async {
            let delete = step.aws.agentcore.delete_gateway().gateway_identifier(id);
            delete.send().await.during(format!("deleting gateway `{}`", live.spec.name)).map(drop)
        };
        settle::delete(step, send, || get(step.aws, id)).await
    }
}

impl Settles for GetGatewayOutput {
    fn progress(&self) -> Status {
        use sdk::GatewayStatus as S;
        let why = || self.status_reasons().join("; ");
        match &self.status {
            S::Ready => Status::Ready,
            S::Failed => Status::Failed(why()),
            S::UpdateUnsuccessful => Status::UpdateFailed(why()),
            S::Deleting => Status::Leaving,
            other => Status::Pending(other.to_string()),
        }
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

async fn read(step: &Step<'_>, id: String) -> Result<GetGatewayOutput> {
    get(step.aws, &id).await
}

/// The gateway of our name, if it carries exactly our mark or is on its way out.
async fn namesake(step: &Step<'_>, name: &str) -> Result<Option<Namesake>> {
    let Some((_, id)) = list(step.aws).await?.into_iter().find(|(n, _)| n == name) else { return Ok(None) };
    let live = get(step.aws, &id).await.missing_is_none()?.filter(|live| live.progress() != Status::Leaving);
    let Some(live) = live else { return Ok(Some(Namesake::Leaving(id))) };
    Ok(read_tags(step.aws, &live.gateway_arn).await?.is(&step.mark).then_some(Namesake::Ours(id)))
}
