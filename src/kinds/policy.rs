//! One Cedar policy of an engine: who may call which tool of a gateway, and when.
//!
//! Policies take no tags and belong to their engine. What is wrong with a policy's meaning shows in its status; one that
//! failed keeps its name, so it is deleted before it is made again (last verified 2026-09).

use anyhow::Result;
use aws_sdk_bedrockagentcorecontrol::operation::get_policy::GetPolicyOutput;
use aws_sdk_bedrockagentcorecontrol::types as sdk;
use serde::{Deserialize, Serialize};

use super::condition::{Condition, FAILED};
use super::{Found, Kind, Observe, Ownership, PolicyEngine, Step, child};
use crate::address::Owner;
use crate::aws::settle::{self, Namesake, Settles, Status};
use crate::aws::{Aws, During as _, Tolerate as _};
use crate::late::Late;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(crate) engine: Late,
    pub(crate) name: String,
    /// Cedar, one statement; it names the gateway by its ARN.
    pub(crate) statement: Late,
    pub(crate) enforced: Enforced,
    #[serde(flatten)]
    pub(crate) condition: Condition,
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
    const RIGHTS: &'static [Right] = &[
        reads(
            &["bedrock-agentcore:ListPolicies", "bedrock-agentcore:GetPolicy"],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:policy-engine/{w}_*"]),
        ),
        writes(
            &["bedrock-agentcore:CreatePolicy", "bedrock-agentcore:UpdatePolicy", "bedrock-agentcore:DeletePolicy"],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:policy-engine/{w}_*"]),
        ),
        writes(&["bedrock-agentcore:InvokeGateway"], On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:gateway/{p}-*"])),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("engine", "a policy belongs to one engine"), ("name", "a policy can't be renamed"), FAILED];
    const BELOW: &'static [&'static str] = &[PolicyEngine::NAME];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let mut found = Vec::new();
        for (parent, engine) in observe.above::<PolicyEngine>() {
            let mut pages = observe.aws.agentcore.list_policies().policy_engine_id(&engine.id).max_results(100).into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page.during(format!("listing the policies of engine `{}`", engine.id)).missing_is_none()?;
                // What others have added to our engine is theirs, whatever it permits.
                for live in page.into_iter().flat_map(|page| page.policies).filter(|p| observe.could_be_ours(&p.name)) {
                    let address = wanted.iter().find(|(_, p)| p.name == live.name).map(|(a, _)| a.clone());
                    // All are of the platform's one engine; each is about one tier's gateway.
                    let tier = || observe.names.tier_of_gateway(&statement(live.definition.as_ref())).map(Owner::Tier);
                    let address =
                        address.unwrap_or_else(|| child(Self::NAME, &tier().unwrap_or_else(|| parent.owner().clone()), &live.name));
                    let condition = progress(&live.status, &live.status_reasons).into();
                    let spec = Self {
                        engine: Late::known(&engine.id),
                        statement: statement(live.definition.as_ref()).into(),
                        enforced: match live.enforcement_mode {
                            sdk::EnforcementMode::LogOnly => Enforced::LogOnly,
                            _ => Enforced::Active,
                        },
                        condition,
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
        let create = step.aws.agentcore.create_policy().policy_engine_id(engine).name(&self.name);
        let create = create.definition(self.definition()?).enforcement_mode(self.mode());
        let send = |token| {
            let create = create.clone().client_token(token);
            async { Ok(create.send().await.during(format!("creating policy `{}`", self.name))?.policy_id) }
        };
        let read = |id: String| async move { get(step.aws, engine, &id).await };
        let (id, _) = settle::create(step, send, read, || namesake(step.aws, engine, &self.name)).await?;
        Ok(Output { id, engine: engine.into() })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let Output { id, engine } = &live.output;
        settle::at_rest(step, || get(step.aws, engine, id)).await?;
        let update = step.aws.agentcore.update_policy().policy_engine_id(engine).policy_id(id);
        let update = update.definition(self.definition()?).enforcement_mode(self.mode());
        update.send().await.during(format!("updating policy `{}`", self.name))?;
        settle::ready(step, || get(step.aws, engine, id)).await?;
        Ok(Output { id: id.clone(), engine: engine.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { id, engine } = &live.output;
        let send = || async {
            let delete = step.aws.agentcore.delete_policy().policy_engine_id(engine).policy_id(id);
            delete.send().await.during(format!("deleting policy `{}`", live.spec.name)).map(drop)
        };
        settle::delete(step, send, || get(step.aws, engine, id)).await
    }
}

impl Settles for GetPolicyOutput {
    fn progress(&self) -> Status {
        progress(&self.status, &self.status_reasons)
    }
}

fn progress(status: &sdk::PolicyStatus, reasons: &[String]) -> Status {
    use sdk::PolicyStatus as S;
    let why = || reasons.join("; ");
    match status {
        S::Active => Status::Ready,
        S::CreateFailed => Status::Failed(why()),
        S::UpdateFailed => Status::UpdateFailed(why()),
        S::DeleteFailed => Status::Stuck(why()),
        S::Deleting => Status::Leaving,
        other => Status::Pending(other.to_string()),
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
pub(crate) fn statement(definition: Option<&sdk::PolicyDefinition>) -> String {
    match definition {
        Some(sdk::PolicyDefinition::Cedar(cedar)) => cedar.statement.trim().into(),
        _ => String::new(),
    }
}

/// In an engine of ours, a policy of our name is the one that was to be created.
async fn namesake(aws: &Aws, engine: &str, name: &str) -> Result<Option<Namesake>> {
    let mut pages = aws.agentcore.list_policies().policy_engine_id(engine).max_results(100).into_paginator().send();
    while let Some(page) = pages.next().await {
        let policies = page.during(format!("listing the policies of engine `{engine}`"))?.policies;
        let Some(policy) = policies.into_iter().find(|p| p.name == name) else { continue };
        let leaving = policy.status == sdk::PolicyStatus::Deleting;
        return Ok(Some(if leaving { Namesake::Leaving(policy.policy_id) } else { Namesake::Ours(policy.policy_id) }));
    }
    Ok(None)
}

async fn get(aws: &Aws, engine: &str, id: &str) -> Result<GetPolicyOutput> {
    aws.agentcore.get_policy().policy_engine_id(engine).policy_id(id).send().await.during(format!("reading policy `{id}`"))
}
