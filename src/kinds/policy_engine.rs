//! The policy engine: what decides, for every gateway that it is attached to, which tool calls pass.
//!
//! Names are unique in an account; a description is all that can be changed (last verified 2026-09).

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_bedrockagentcorecontrol::operation::get_policy_engine::GetPolicyEngineOutput;
use aws_sdk_bedrockagentcorecontrol::types::PolicyEngineStatus as Engine;
use serde::{Deserialize, Serialize};

use super::agentcore::{read_tags, retag};
use super::{Found, Kind, Observe, Step};
use crate::aws::settle::{Status, settle};
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::Attr;
use crate::names::Arn;
use crate::observe::each;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PolicyEngine {
    pub(crate) name: String,
    pub(crate) tags: BTreeMap<String, String>,
    /// Never declared: a live one that AWS gave up on is replaced.
    pub(crate) failed: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) id: String,
    arn: Arn,
}

impl PolicyEngine {
    pub(crate) const ID: Attr<Self> = Attr::new("id");
    pub(crate) const ARN: Attr<Self, Arn> = Attr::new("arn");
}

impl Kind for PolicyEngine {
    const NAME: &'static str = "policy_engine";
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[("name", "an engine can't be renamed"), ("failed", "AWS gave up on it")];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let mut live = Vec::new();
        let mut pages = observe.aws.agentcore.list_policy_engines().max_results(100).into_paginator().send();
        while let Some(page) = pages.next().await {
            let engines = page.during("listing policy engines")?.policy_engines;
            live.extend(engines.into_iter().filter(|e| e.status != Engine::Deleting && observe.could_be_ours(&e.name)));
        }
        let found = each(live, |engine| {
            let wanted = wanted.iter().find(|(_, e)| e.name == engine.name).map(|(a, _)| a.clone());
            async move {
                let Some(tags) = read_tags(observe.aws, &engine.policy_engine_arn).await.missing_is_none()? else { return Ok(None) };
                let Some((address, mark)) = observe.whose(&tags, wanted) else { return Ok(None) };
                let failed = (engine.status == Engine::CreateFailed).then(|| engine.status_reasons.join("; "));
                let spec = Self { name: engine.name, tags: tags.declared, failed };
                Ok(Some(Found {
                    address,
                    spec,
                    output: Output { id: engine.policy_engine_id, arn: Arn::new(engine.policy_engine_arn) },
                    mark,
                }))
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let create = step.aws.agentcore.create_policy_engine().name(&self.name).client_token(step.mark.token());
        let create = create.set_tags(Some(step.mark.with(&self.tags).into_iter().collect()));
        let id = match create.send().await.during(format!("creating policy engine `{}`", self.name)) {
            Ok(reply) => reply.policy_engine_id,
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => match lost_reply(step, &self.name).await? {
                Some(id) => id,
                None => return Err(error),
            },
            Err(error) => return Err(error),
        };
        wait(step, &id).await
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        retag(step, live.output.arn.as_str(), &self.tags, &live.spec.tags).await?;
        wait(step, &live.output.id).await
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let id = &live.output.id;
        let delete = step.aws.agentcore.delete_policy_engine().policy_engine_id(id);
        if delete.send().await.during(format!("deleting policy engine `{}`", live.spec.name)).missing_is_none()?.is_none() {
            return Ok(());
        }
        settle(step, || async {
            Ok(get(step.aws, id).await.missing_is_none()?.map_or(Status::Done, |engine| Status::Pending(engine.status.to_string())))
        })
        .await
    }
}

async fn get(aws: &Aws, id: &str) -> Result<GetPolicyEngineOutput> {
    aws.agentcore.get_policy_engine().policy_engine_id(id).send().await.during(format!("reading policy engine `{id}`"))
}

/// The engine of our name, if it carries exactly our mark.
async fn lost_reply(step: &Step<'_>, name: &str) -> Result<Option<String>> {
    let mut pages = step.aws.agentcore.list_policy_engines().max_results(100).into_paginator().send();
    while let Some(page) = pages.next().await {
        if let Some(engine) = page.during("listing policy engines")?.policy_engines.into_iter().find(|e| e.name == name) {
            return Ok(read_tags(step.aws, &engine.policy_engine_arn).await?.is(&step.mark).then_some(engine.policy_engine_id));
        }
    }
    Ok(None)
}

async fn wait(step: &Step<'_>, id: &str) -> Result<Output> {
    settle(step, || async {
        let engine = get(step.aws, id).await?;
        Ok(match engine.status {
            Engine::Active => Status::Done,
            Engine::CreateFailed | Engine::UpdateFailed | Engine::DeleteFailed => Status::Failed(engine.status_reasons.join("; ")),
            other => Status::Pending(other.to_string()),
        })
    })
    .await?;
    let arn = get(step.aws, id).await?.policy_engine_arn;
    Ok(Output { id: id.into(), arn: Arn::new(arn) })
}
