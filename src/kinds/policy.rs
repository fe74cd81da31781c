//! One Cedar policy of an engine: who may call which tool of a gateway, and when.
//!
//! Policies take no tags and belong to their engine. What is wrong with a policy's meaning shows in its status; one that
//! failed keeps its name, so it is deleted before it is made again (last verified 2026-09).

use anyhow::{Context as _, Result};
use aws_sdk_bedrockagentcorecontrol::operation::get_policy::GetPolicyOutput;
use aws_sdk_bedrockagentcorecontrol::types as sdk;
use serde::{Deserialize, Serialize};

use super::{Found, Kind, Observe, Ownership, PolicyEngine, Step, child};
use crate::aws::settle::{Status, settle};
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::Late;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(crate) engine: Late,
    pub(crate) name: String,
    /// Cedar, one statement; it names the gateway by its ARN.
    pub(crate) statement: Late,
    pub(crate) enforced: Enforced,
    /// Never declared: a live one that AWS gave up on is replaced.
    pub(crate) failed: Option<String>,
}

/// Whether a policy decides, or is only written to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Enforced {
    Active,
    LogOnly,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    id: String,
    engine: String,
}

impl Kind for Policy {
    const NAME: &'static str = "policy";
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("engine", "a policy belongs to one engine"), ("name", "a policy can't be renamed"), ("failed", "AWS gave up on it")];
    const BELOW: &'static [&'static str] = &[PolicyEngine::NAME];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let mut found = Vec::new();
        for (parent, engine) in observe.above::<PolicyEngine>() {
            let mut pages = observe.aws.agentcore.list_policies().policy_engine_id(&engine.id).max_results(100).into_paginator().send();
            while let Some(page) = pages.next().await {
                for live in page.during(format!("listing the policies of engine `{}`", engine.id))?.policies {
                    if live.status == sdk::PolicyStatus::Deleting {
                        continue;
                    }
                    let address = wanted.iter().find(|(_, p)| p.name == live.name).map(|(a, _)| a.clone());
                    let address = address.unwrap_or_else(|| child(Self::NAME, parent.owner(), &live.name));
                    let failed = matches!(live.status, sdk::PolicyStatus::CreateFailed | sdk::PolicyStatus::UpdateFailed);
                    let spec = Self {
                        engine: Late::known(&engine.id),
                        statement: statement(live.definition.as_ref()).into(),
                        enforced: match live.enforcement_mode {
                            sdk::EnforcementMode::LogOnly => Enforced::LogOnly,
                            _ => Enforced::Active,
                        },
                        failed: failed.then(|| live.status_reasons.join("; ")),
                        name: live.name,
                    };
                    let output = Output { id: live.policy_id, engine: engine.id.clone() };
                    found.push(Found { address, spec, output, mark: Ownership::Ours { spec: None } });
                }
            }
        }
        Ok(found)
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let engine = self.engine.get()?;
        let create = step.aws.agentcore.create_policy().policy_engine_id(engine).name(&self.name).client_token(step.mark.token());
        let create = create.definition(self.definition()?).enforcement_mode(self.mode());
        let id = match create.send().await.during(format!("creating policy `{}`", self.name)) {
            Ok(reply) => reply.policy_id,
            // Lost replies: the policy of our name in our own engine is the one we have just made.
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => {
                match named(step.aws, engine, &self.name).await? {
                    Some(id) => id,
                    None => return Err(error),
                }
            }
            Err(error) => return Err(error),
        };
        wait(step, engine, &id).await?;
        Ok(Output { id, engine: engine.into() })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let Output { id, engine } = &live.output;
        let update = step.aws.agentcore.update_policy().policy_engine_id(engine).policy_id(id);
        let update = update.definition(self.definition()?).enforcement_mode(self.mode());
        update.send().await.during(format!("updating policy `{}`", self.name))?;
        wait(step, engine, id).await?;
        Ok(Output { id: id.clone(), engine: engine.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { id, engine } = &live.output;
        let delete = step.aws.agentcore.delete_policy().policy_engine_id(engine).policy_id(id);
        if delete.send().await.during(format!("deleting policy `{}`", live.spec.name)).missing_is_none()?.is_none() {
            return Ok(());
        }
        settle(step, || async {
            Ok(get(step.aws, engine, id).await.missing_is_none()?.map_or(Status::Done, |policy| Status::Pending(policy.status.to_string())))
        })
        .await
    }
}

impl Policy {
    fn definition(&self) -> Result<sdk::PolicyDefinition> {
        Ok(sdk::PolicyDefinition::Cedar(sdk::CedarPolicy::builder().statement(self.statement.get()?).build()?))
    }

    fn mode(&self) -> sdk::EnforcementMode {
        match self.enforced {
            Enforced::Active => sdk::EnforcementMode::Active,
            Enforced::LogOnly => sdk::EnforcementMode::LogOnly,
        }
    }
}

/// The text as we send it: nobody promises that AWS keeps outer white space.
fn statement(definition: Option<&sdk::PolicyDefinition>) -> String {
    match definition {
        Some(sdk::PolicyDefinition::Cedar(cedar)) => cedar.statement.trim().into(),
        _ => String::new(),
    }
}

async fn named(aws: &Aws, engine: &str, name: &str) -> Result<Option<String>> {
    let mut pages = aws.agentcore.list_policies().policy_engine_id(engine).max_results(100).into_paginator().send();
    while let Some(page) = pages.next().await {
        let policies = page.during(format!("listing the policies of engine `{engine}`"))?.policies;
        if let Some(policy) = policies.into_iter().find(|p| p.name == name) {
            return Ok(Some(policy.policy_id));
        }
    }
    Ok(None)
}

async fn get(aws: &Aws, engine: &str, id: &str) -> Result<GetPolicyOutput> {
    aws.agentcore.get_policy().policy_engine_id(engine).policy_id(id).send().await.during(format!("reading policy `{id}`"))
}

async fn wait(step: &Step<'_>, engine: &str, id: &str) -> Result<()> {
    settle(step, || async {
        let policy = get(step.aws, engine, id).await?;
        Ok(match policy.status {
            sdk::PolicyStatus::Active => Status::Done,
            sdk::PolicyStatus::CreateFailed | sdk::PolicyStatus::UpdateFailed | sdk::PolicyStatus::DeleteFailed => {
                Status::Failed(policy.status_reasons.join("; "))
            }
            other => Status::Pending(other.to_string()),
        })
    })
    .await
    .with_context(|| format!("waiting for policy `{id}`"))
}
