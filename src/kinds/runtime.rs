//! A tier's AgentCore runtime: where agents run.
//!
//! Every update makes a new version, even one that changes nothing, and resets what it leaves out; a switch between
//! image and code is refused in place; an unknown runtime may answer a delete with AccessDenied (last verified 2026-09).

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use aws_sdk_bedrockagentcorecontrol::operation::get_agent_runtime::GetAgentRuntimeOutput;
use aws_sdk_bedrockagentcorecontrol::types as sdk;
use serde::{Deserialize, Serialize};

use super::agentcore::{JwtAuthorizer, read_tags, retag};
use super::condition::{Condition, FAILED};
use super::{Found, Kind, Observe, Step};
use crate::aws::settle::{self, Namesake, Settles, Status};
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::Arn;
use crate::observe::each;
use crate::rights::{LISTS, On, Right, passes, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Runtime {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) role: Late<Arn>,
    pub(crate) package: Package,
    pub(crate) artifact: RuntimeArtifact,
    pub(crate) authorizer: JwtAuthorizer,
    pub(crate) request_headers: BTreeSet<String>,
    pub(crate) environment: BTreeMap<String, Late>,
    pub(crate) idle_timeout_seconds: u32,
    pub(crate) max_lifetime_seconds: u32,
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(flatten)]
    pub(crate) condition: Condition,
}

/// The sort of artifact, which can't change in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Package {
    Image,
    Code,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RuntimeArtifact {
    Image { uri: String },
    Code { bucket: Late, key: Late, entry_point: Vec<String>, python: String },
}

impl RuntimeArtifact {
    pub(crate) fn package(&self) -> Package {
        match self {
            Self::Image { .. } => Package::Image,
            Self::Code { .. } => Package::Code,
        }
    }

    fn declared(&self) -> Result<sdk::AgentRuntimeArtifact> {
        Ok(match self {
            Self::Image { uri } => {
                sdk::AgentRuntimeArtifact::ContainerConfiguration(sdk::ContainerConfiguration::builder().container_uri(uri).build()?)
            }
            Self::Code { bucket, key, entry_point, python } => {
                let place = sdk::S3Location::builder().bucket(bucket.get()?).prefix(key.get()?).build()?;
                let code = sdk::CodeConfiguration::builder()
                    .code(sdk::Code::S3(place))
                    .runtime(sdk::AgentManagedRuntimeType::from(python.as_str()))
                    .set_entry_point(Some(entry_point.clone()))
                    .build()?;
                sdk::AgentRuntimeArtifact::CodeConfiguration(code)
            }
        })
    }

    fn read(live: Option<sdk::AgentRuntimeArtifact>) -> Self {
        match live {
            Some(sdk::AgentRuntimeArtifact::CodeConfiguration(code)) => {
                let (bucket, key) = match code.code {
                    Some(sdk::Code::S3(place)) => (place.bucket, place.prefix),
                    _ => (String::new(), String::new()),
                };
                Self::Code { bucket: bucket.into(), key: key.into(), entry_point: code.entry_point, python: code.runtime.to_string() }
            }
            Some(sdk::AgentRuntimeArtifact::ContainerConfiguration(container)) => Self::Image { uri: container.container_uri },
            _ => Self::Image { uri: String::new() },
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    id: String,
    pub(super) arn: Arn,
    /// The endpoint that every runtime has, which follows its newest version.
    pub(super) endpoint: Arn,
}

impl Output {
    fn of(id: &str, arn: &str) -> Self {
        Self { id: id.into(), arn: Arn::new(arn), endpoint: Arn::new(format!("{arn}/runtime-endpoint/DEFAULT")) }
    }
}

impl Runtime {
    pub(crate) const ID: Attr<Self> = Attr::new("id");
    pub(crate) const ARN: Attr<Self, Arn> = Attr::new("arn");
    pub(crate) const ENDPOINT: Attr<Self, Arn> = Attr::new("endpoint");
}

impl Kind for Runtime {
    const NAME: &'static str = "runtime";
    const RIGHTS: &'static [Right] = &[
        reads(&["bedrock-agentcore:ListAgentRuntimes"], LISTS),
        reads(
            &["bedrock-agentcore:GetAgentRuntime", "bedrock-agentcore:ListTagsForResource"],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:runtime/{w}_*"]),
        ),
        writes(&["bedrock-agentcore:CreateAgentRuntime"], On::Anything("what is to be made has no name in AWS yet")),
        writes(
            &[
                "bedrock-agentcore:UpdateAgentRuntime",
                "bedrock-agentcore:DeleteAgentRuntime",
                "bedrock-agentcore:TagResource",
                "bedrock-agentcore:UntagResource",
            ],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:runtime/{w}_*"]),
        ),
        writes(
            &["bedrock-agentcore:CreateWorkloadIdentity", "bedrock-agentcore:DeleteWorkloadIdentity"],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:workload-identity-directory/*"]),
        ),
        writes(&["s3:GetObject"], On::These(&["arn:aws:s3:::{p}-tenantry-{a}-{r}/artifacts/*"])),
        passes(&["bedrock-agentcore.amazonaws.com"]),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("name", "a runtime can't be renamed"), ("package", "AWS can't turn an image into code or back"), FAILED];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let candidates = list(observe.aws).await?.into_iter().filter(|(name, _)| observe.could_be_ours(name));
        let found = each(candidates, |(name, id)| {
            let wanted = wanted.iter().find(|(_, r)| r.name == name).map(|(a, _)| a.clone());
            async move {
                let read = async {
                    let live = get(observe.aws, &id).await?;
                    let tags = read_tags(observe.aws, &live.agent_runtime_arn).await?;
                    Ok((live, tags))
                };
                let Some((live, tags)) = Observe::details(read.await, wanted.as_ref())? else { return Ok(None) };
                let Some((address, mark)) = observe.whose(&tags, wanted) else { return Ok(None) };
                let output = Output::of(&id, &live.agent_runtime_arn);
                Ok(Some(Found { address, spec: Self::read(live, tags.declared)?, output, mark }))
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let create = step
            .aws
            .agentcore
            .create_agent_runtime()
            .agent_runtime_name(&self.name)
            .set_description(self.description.clone())
            .role_arn(self.role.get()?)
            .agent_runtime_artifact(self.artifact.declared()?)
            .network_configuration(sdk::NetworkConfiguration::builder().network_mode(sdk::NetworkMode::Public).build()?)
            .authorizer_configuration(self.authorizer.declared()?)
            .set_request_header_configuration(self.headers())
            .lifecycle_configuration(self.lifecycle()?)
            .set_environment_variables(self.variables()?)
            .set_tags(Some(step.mark.with(&self.tags).into_iter().collect()));
        let send = |token| {
            let create = create.clone().client_token(token);
            async { Ok(create.send().await.during(format!("creating runtime `{}`", self.name))?.agent_runtime_id) }
        };
        let (id, live) = settle::create(step, send, |id| read(step, id), || namesake(step, &self.name)).await?;
        Ok(Output::of(&id, &live.agent_runtime_arn))
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let Output { id, arn, .. } = &live.output;
        let now = settle::at_rest(step, || get(step.aws, id)).await?;
        // An update makes a new version even where nothing changes: what was only to be waited for needs none.
        let document =
            |runtime: &Self| serde_json::to_value(Self { tags: BTreeMap::new(), condition: Condition::default(), ..runtime.clone() });
        if now.progress() != Status::Ready || document(self)? != document(&live.spec)? {
            // No token of ours: going back to what was there before is an update of its own, not the repetition of one.
            let update = step
                .aws
                .agentcore
                .update_agent_runtime()
                .agent_runtime_id(id)
                .set_description(self.description.clone())
                .role_arn(self.role.get()?)
                .agent_runtime_artifact(self.artifact.declared()?)
                .set_network_configuration(now.network_configuration)
                .authorizer_configuration(self.authorizer.declared()?)
                .set_request_header_configuration(self.headers())
                .lifecycle_configuration(self.lifecycle()?)
                .set_environment_variables(self.variables()?)
                .set_protocol_configuration(now.protocol_configuration)
                .set_filesystem_configurations(now.filesystem_configurations)
                .set_metadata_configuration(now.metadata_configuration)
                .set_capacity_provider_configuration(now.capacity_provider_configuration)
                .set_allowed_ports(now.allowed_ports);
            update.send().await.during(format!("updating runtime `{}`", self.name))?;
            settle::ready(step, || get(step.aws, id)).await?;
        }
        retag(step, arn.as_str(), &self.tags, &live.spec.tags).await?;
        Ok(Output::of(id, arn.as_str()))
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let id = &live.output.id;
        let send = || async {
            let delete = step.aws.agentcore.delete_agent_runtime().agent_runtime_id(id);
            match delete.send().await.during(format!("deleting runtime `{}`", live.spec.name)) {
                // Either we may not, or there is no such runtime: the list tells.
                Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Denied) => {
                    if list(step.aws).await?.iter().any(|(_, i)| i == id) { Err(error) } else { Ok(()) }
                }
                sent => sent.map(drop),
            }
        };
        settle::delete(step, send, || get(step.aws, id)).await
    }
}

impl Settles for GetAgentRuntimeOutput {
    fn progress(&self) -> Status {
        use sdk::AgentRuntimeStatus as S;
        let why = || self.failure_reason.clone().unwrap_or_default();
        match &self.status {
            S::Ready => Status::Ready,
            S::CreateFailed => Status::Failed(why()),
            S::UpdateFailed => Status::UpdateFailed(why()),
            S::DeleteFailed => Status::Stuck(why()),
            S::Deleting => Status::Leaving,
            other => Status::Pending(other.to_string()),
        }
    }
}

impl Runtime {
    fn headers(&self) -> Option<sdk::RequestHeaderConfiguration> {
        let headers: Vec<String> = self.request_headers.iter().cloned().collect();
        (!headers.is_empty()).then_some(sdk::RequestHeaderConfiguration::RequestHeaderAllowlist(headers))
    }

    fn lifecycle(&self) -> Result<sdk::LifecycleConfiguration> {
        let (idle, most) = (i32::try_from(self.idle_timeout_seconds)?, i32::try_from(self.max_lifetime_seconds)?);
        Ok(sdk::LifecycleConfiguration::builder().idle_runtime_session_timeout(idle).max_lifetime(most).build())
    }

    fn variables(&self) -> Result<Option<std::collections::HashMap<String, String>>> {
        self.environment.iter().map(|(k, v)| Ok((k.clone(), v.get()?.to_owned()))).collect::<Result<_>>().map(Some)
    }

    fn read(live: GetAgentRuntimeOutput, tags: BTreeMap<String, String>) -> Result<Self> {
        let condition = live.progress().into();
        let artifact = RuntimeArtifact::read(live.agent_runtime_artifact);
        let headers = match live.request_header_configuration {
            Some(sdk::RequestHeaderConfiguration::RequestHeaderAllowlist(headers)) => headers.into_iter().collect(),
            _ => BTreeSet::new(),
        };
        let seconds = |value: Option<i32>| value.map(u32::try_from).transpose().map(Option::unwrap_or_default);
        let lifecycle = live.lifecycle_configuration;
        Ok(Self {
            name: live.agent_runtime_name,
            description: live.description.filter(|text| !text.is_empty()),
            role: Late::known(live.role_arn),
            package: artifact.package(),
            artifact,
            authorizer: JwtAuthorizer::read(live.authorizer_configuration),
            request_headers: headers,
            environment: live.environment_variables.unwrap_or_default().into_iter().map(|(k, v)| (k, v.into())).collect(),
            idle_timeout_seconds: seconds(lifecycle.as_ref().and_then(|l| l.idle_runtime_session_timeout))?,
            max_lifetime_seconds: seconds(lifecycle.and_then(|l| l.max_lifetime))?,
            tags,
            condition,
        })
    }
}

async fn list(aws: &Aws) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    let mut pages = aws.agentcore.list_agent_runtimes().max_results(100).into_paginator().send();
    while let Some(page) = pages.next().await {
        all.extend(page.during("listing runtimes")?.agent_runtimes.into_iter().map(|r| (r.agent_runtime_name, r.agent_runtime_id)));
    }
    Ok(all)
}

async fn get(aws: &Aws, id: &str) -> Result<GetAgentRuntimeOutput> {
    aws.agentcore.get_agent_runtime().agent_runtime_id(id).send().await.during(format!("reading runtime `{id}`"))
}

async fn read(step: &Step<'_>, id: String) -> Result<GetAgentRuntimeOutput> {
    get(step.aws, &id).await
}

/// The runtime of our name, if it carries exactly our mark or is on its way out.
async fn namesake(step: &Step<'_>, name: &str) -> Result<Option<Namesake>> {
    let Some((_, id)) = list(step.aws).await?.into_iter().find(|(n, _)| n == name) else { return Ok(None) };
    let live = get(step.aws, &id).await.missing_is_none()?.filter(|live| live.progress() != Status::Leaving);
    let Some(live) = live else { return Ok(Some(Namesake::Leaving(id))) };
    Ok(read_tags(step.aws, &live.agent_runtime_arn).await?.is(&step.mark).then_some(Namesake::Ours(id)))
}
