//! The policy engine: what decides, for every gateway that it is attached to, which tool calls pass.
//!
//! Names are unique in an account; a description is all that can be changed (last verified 2026-09).

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_bedrockagentcorecontrol::operation::get_policy_engine::GetPolicyEngineOutput;
use aws_sdk_bedrockagentcorecontrol::types::PolicyEngineStatus as Engine;
use serde::{Deserialize, Serialize};

use super::agentcore::{read_tags, retag};
use super::condition::{Condition, FAILED};
use super::{Found, Kind, Observe, Step};
use crate::aws::settle::{self, Namesake, Settles, Status};
use crate::aws::{Aws, During as _, Tolerate as _};
use crate::late::Attr;
use crate::names::Arn;
use crate::observe::each;
use crate::rights::{LISTS, On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PolicyEngine {
    pub(crate) name: String,
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(flatten)]
    pub(crate) condition: Condition,
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
    const RIGHTS: &'static [Right] = &[
        reads(&["bedrock-agentcore:ListPolicyEngines"], LISTS),
        reads(
            &["bedrock-agentcore:GetPolicyEngine", "bedrock-agentcore:ListTagsForResource"],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:policy-engine/{w}_*"]),
        ),
        writes(&["bedrock-agentcore:CreatePolicyEngine"], On::Anything("what is to be made has no name in AWS yet")),
        writes(
            &["bedrock-agentcore:DeletePolicyEngine", "bedrock-agentcore:TagResource", "bedrock-agentcore:UntagResource"],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:policy-engine/{w}_*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[("name", "an engine can't be renamed"), FAILED];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let mut live = Vec::new();
        let mut pages = observe.aws.agentcore.list_policy_engines().max_results(100).into_paginator().send();
        while let Some(page) = pages.next().await {
            let engines = page.during("listing policy engines")?.policy_engines;
            live.extend(engines.into_iter().filter(|e| observe.could_be_ours(&e.name)));
        }
        let found = each(live, |engine| {
            let wanted = wanted.iter().find(|(_, e)| e.name == engine.name).map(|(a, _)| a.clone());
            async move {
                let Some(tags) = read_tags(observe.aws, &engine.policy_engine_arn).await.missing_is_none()? else { return Ok(None) };
                let Some((address, mark)) = observe.whose(&tags, wanted) else { return Ok(None) };
                let condition = progress(&engine.status, &engine.status_reasons).into();
                let spec = Self { name: engine.name, tags: tags.declared, condition };
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
        let create = step.aws.agentcore.create_policy_engine().name(&self.name);
        let create = create.set_tags(Some(step.mark.with(&self.tags).into_iter().collect()));
        let send = |token| {
            let create = create.clone().client_token(token);
            async { Ok(create.send().await.during(format!("creating policy engine `{}`", self.name))?.policy_engine_id) }
        };
        let read = |id: String| async move { get(step.aws, &id).await };
        let (id, live) = settle::create(step, send, read, || namesake(step, &self.name)).await?;
        Ok(Output { id, arn: Arn::new(live.policy_engine_arn) })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let id = &live.output.id;
        retag(step, live.output.arn.as_str(), &self.tags, &live.spec.tags).await?;
        let live = settle::at_rest(step, || get(step.aws, id)).await?;
        Ok(Output { id: id.clone(), arn: Arn::new(live.policy_engine_arn) })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let id = &live.output.id;
        let send = || async {
            let delete = step.aws.agentcore.delete_policy_engine().policy_engine_id(id);
            delete.send().await.during(format!("deleting policy engine `{}`", live.spec.name)).map(drop)
        };
        settle::delete(step, send, || get(step.aws, id)).await
    }
}

impl Settles for GetPolicyEngineOutput {
    fn progress(&self) -> Status {
        progress(&self.status, &self.status_reasons)
    }
}

fn progress(status: &Engine, reasons: &[String]) -> Status {
    let why = || reasons.join("; ");
    match status {
        Engine::Active => Status::Ready,
        Engine::CreateFailed => Status::Failed(why()),
        Engine::UpdateFailed => Status::UpdateFailed(why()),
        Engine::DeleteFailed => Status::Stuck(why()),
        Engine::Deleting => Status::Leaving,
        other => Status::Pending(other.to_string()),
    }
}

async fn get(aws: &Aws, id: &str) -> Result<GetPolicyEngineOutput> {
    aws.agentcore.get_policy_engine().policy_engine_id(id).send().await.during(format!("reading policy engine `{id}`"))
}

/// The engine of our name, if it carries exactly our mark or is on its way out.
async fn namesake(step: &Step<'_>, name: &str) -> Result<Option<Namesake>> {
    let mut pages = step.aws.agentcore.list_policy_engines().max_results(100).into_paginator().send();
    while let Some(page) = pages.next().await {
        let engines = page.during("listing policy engines")?.policy_engines;
        let Some(engine) = engines.into_iter().find(|e| e.name == name) else { continue };
        if engine.status == Engine::Deleting {
            return Ok(Some(Namesake::Leaving(engine.policy_engine_id)));
        }
        return Ok(read_tags(step.aws, &engine.policy_engine_arn).await?.is(&step.mark).then_some(Namesake::Ours(engine.policy_engine_id)));
    }
    Ok(None)
}
