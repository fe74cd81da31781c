//! A tier's AgentCore memory: what agents remember of conversations, and the strategies that extract it.
//!
//! An update is a patch. A listing has no names: an id is the name, a hyphen and ten characters. A name that is taken is
//! a ValidationException. Deleting a strategy deletes its records; records stay under the namespace that they were written
//! to (last verified 2026-09).

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use aws_sdk_bedrockagentcorecontrol::types as sdk;
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
pub(crate) struct Memory {
    pub(crate) name: String,
    pub(crate) expiry_days: i32,
    /// By name.
    pub(crate) strategies: BTreeMap<String, Strategy>,
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(flatten)]
    pub(crate) condition: Condition,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Strategy {
    pub(crate) extracts: Extracts,
    /// Where records go: `clinic/{actorId}/facts/{sessionId}`.
    pub(crate) namespace: String,
}

/// What a strategy makes of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Extracts {
    Semantic,
    Summary,
    UserPreference,
    /// A sort that this tool does not declare.
    Other,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) id: String,
    arn: Arn,
}

impl Memory {
    pub(crate) const ID: Attr<Self> = Attr::new("id");
    pub(crate) const ARN: Attr<Self, Arn> = Attr::new("arn");
}

impl Kind for Memory {
    const NAME: &'static str = "memory";
    const RIGHTS: &'static [Right] = &[
        reads(&["bedrock-agentcore:ListMemories"], LISTS),
        reads(
            &["bedrock-agentcore:GetMemory", "bedrock-agentcore:ListTagsForResource"],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:memory/{w}_*"]),
        ),
        writes(&["bedrock-agentcore:CreateMemory"], On::Anything("what is to be made has no name in AWS yet")),
        writes(
            &[
                "bedrock-agentcore:UpdateMemory",
                "bedrock-agentcore:DeleteMemory",
                "bedrock-agentcore:TagResource",
                "bedrock-agentcore:UntagResource",
            ],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:memory/{w}_*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[("name", "a memory can't be renamed"), FAILED];
    const HOLDS_DATA: bool = true;
    type Output = Output;

    fn impossible(&self, live: &Self) -> Vec<String> {
        let both = self.strategies.iter().filter_map(|(name, wanted)| Some((name, wanted, live.strategies.get(name)?)));
        both.filter_map(|(name, wanted, there)| {
            if wanted.extracts != there.extracts {
                return Some(format!(
                    "strategy `{name}` is of another type already, and AWS can't change that; give the new one another name"
                ));
            }
            (wanted.namespace != there.namespace).then(|| {
                format!(
                    "the records of strategy `{name}` stay under `{}`, where AWS wrote them; give the new one another name",
                    there.namespace
                )
            })
        })
        .collect()
    }

    fn loses(&self, live: &Self) -> Vec<String> {
        let gone = live.strategies.keys().filter(|name| !self.strategies.contains_key(*name));
        gone.map(|name| format!("strategy `{name}` would be deleted with every record that it extracted")).collect()
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let candidates = list(observe.aws).await?.into_iter().filter(|id| observe.could_be_ours(name_of(id)));
        let found = each(candidates, |id| {
            let wanted = wanted.iter().find(|(_, m)| m.name == name_of(&id)).map(|(a, _)| a.clone());
            async move {
                let reading = async {
                    let memory = get(observe.aws, &id).await?;
                    let tags = read_tags(observe.aws, &memory.arn).await?;
                    Ok((memory, tags))
                };
                let Some((memory, tags)) = Observe::details(reading.await, wanted.as_ref())? else { return Ok(None) };
                // Its data is lost already: nothing that somebody's word could save, and nothing depends on it.
                if memory.progress() == Status::Leaving {
                    return Ok(None);
                }
                let Some((address, mark)) = observe.whose(&tags, wanted) else { return Ok(None) };
                let output = Output { id, arn: Arn::new(&memory.arn) };
                let strategies = memory.strategies().iter().filter(|s| s.status != Some(sdk::MemoryStrategyStatus::Deleting)).map(read);
                let spec = Self {
                    condition: memory.progress().into(),
                    expiry_days: memory.event_expiry_duration,
                    strategies: strategies.collect(),
                    name: memory.name,
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
            .create_memory()
            .name(&self.name)
            .event_expiry_duration(self.expiry_days)
            .set_memory_strategies(Some(self.strategies.iter().map(declared).collect::<Result<_>>()?))
            .set_tags(Some(step.mark.with(&self.tags).into_iter().collect()));
        let send = |token| {
            let create = create.clone().client_token(token);
            async {
                let reply = create.send().await.during(format!("creating memory `{}`", self.name))?;
                Ok(reply.memory.context("AWS says nothing of the new memory")?.id)
            }
        };
        let (id, live) = settle::create(step, send, |id| read_back(step, id), || namesake(step, &self.name)).await?;
        Ok(Output { id, arn: Arn::new(live.arn) })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let id = &live.output.id;
        let there = settle::at_rest(step, || get(step.aws, id)).await?;
        let gone = there.strategies().iter().filter(|s| !self.strategies.contains_key(&s.name));
        let gone = gone.map(|s| sdk::DeleteMemoryStrategyInput::builder().memory_strategy_id(&s.strategy_id).build());
        let gone: Vec<_> = gone.collect::<Result<_, _>>()?;
        let new: Vec<_> = self
            .strategies
            .iter()
            .filter(|(name, _)| there.strategies().iter().all(|s| s.name != **name))
            .map(declared)
            .collect::<Result<_>>()?;
        // Deleting a strategy that failed could delete records; asking for the same again does not.
        let again = there.strategies().iter().filter(|s| s.status == Some(sdk::MemoryStrategyStatus::Failed));
        let again = again.filter_map(|s| Some((&s.strategy_id, self.strategies.get(&s.name)?)));
        let again: Vec<_> = again
            .map(|(id, wanted)| {
                sdk::ModifyMemoryStrategyInput::builder().memory_strategy_id(id).namespace_templates(&wanted.namespace).build()
            })
            .collect::<Result<_, _>>()?;
        if !gone.is_empty() || !new.is_empty() || !again.is_empty() || self.expiry_days != live.spec.expiry_days {
            let some = |list: bool| list.then_some(());
            let changes = sdk::ModifyMemoryStrategies::builder()
                .set_add_memory_strategies(some(!new.is_empty()).map(|()| new))
                .set_modify_memory_strategies(some(!again.is_empty()).map(|()| again))
                .set_delete_memory_strategies(some(!gone.is_empty()).map(|()| gone))
                .build();
            let update =
                step.aws.agentcore.update_memory().memory_id(id).event_expiry_duration(self.expiry_days).memory_strategies(changes);
            update.send().await.during(format!("updating memory `{}`", self.name))?;
        }
        retag(step, live.output.arn.as_str(), &self.tags, &live.spec.tags).await?;
        let arn = settle::ready(step, || get(step.aws, id)).await?.arn;
        Ok(Output { id: id.clone(), arn: Arn::new(arn) })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let id = &live.output.id;
        let send = || async {
            let delete = step.aws.agentcore.delete_memory().memory_id(id);
            delete.send().await.during(format!("deleting memory `{}`", live.spec.name)).map(drop)
        };
        settle::delete(step, send, || get(step.aws, id)).await
    }
}

/// The memory's status and that of each of its strategies, as one.
impl Settles for sdk::Memory {
    fn progress(&self) -> Status {
        use sdk::{MemoryStatus as S, MemoryStrategyStatus as Of};
        let with = |wanted: fn(&Of) -> bool| self.strategies().iter().find(|s| s.status.as_ref().is_some_and(wanted));
        match &self.status {
            S::Failed => Status::Failed(self.failure_reason.clone().unwrap_or_default()),
            S::Deleting => Status::Leaving,
            S::Active => match (with(|s| !matches!(s, Of::Active | Of::Failed)), with(|s| *s == Of::Failed)) {
                (Some(pending), _) => Status::Pending(format!("strategy {}", pending.name)),
                (None, Some(failed)) => Status::UpdateFailed(format!("strategy `{}`", failed.name)),
                (None, None) => Status::Ready,
            },
            other => Status::Pending(other.to_string()),
        }
    }
}

fn declared((name, strategy): (&String, &Strategy)) -> Result<sdk::MemoryStrategyInput> {
    let namespace = strategy.namespace.as_str();
    Ok(match strategy.extracts {
        Extracts::Semantic => sdk::MemoryStrategyInput::SemanticMemoryStrategy(
            sdk::SemanticMemoryStrategyInput::builder().name(name).namespace_templates(namespace).build()?,
        ),
        Extracts::Summary => sdk::MemoryStrategyInput::SummaryMemoryStrategy(
            sdk::SummaryMemoryStrategyInput::builder().name(name).namespace_templates(namespace).build()?,
        ),
        Extracts::UserPreference | Extracts::Other => sdk::MemoryStrategyInput::UserPreferenceMemoryStrategy(
            sdk::UserPreferenceMemoryStrategyInput::builder().name(name).namespace_templates(namespace).build()?,
        ),
    })
}

fn read(live: &sdk::MemoryStrategy) -> (String, Strategy) {
    let extracts = match live.r#type {
        sdk::MemoryStrategyType::Semantic => Extracts::Semantic,
        sdk::MemoryStrategyType::Summarization => Extracts::Summary,
        sdk::MemoryStrategyType::UserPreference => Extracts::UserPreference,
        _ => Extracts::Other,
    };
    (live.name.clone(), Strategy { extracts, namespace: live.namespace_templates.concat() })
}

/// A name has no hyphen, so an id is split at its last one.
fn name_of(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(name, _)| name)
}

async fn list(aws: &Aws) -> Result<Vec<String>> {
    let mut all = Vec::new();
    let mut pages = aws.agentcore.list_memories().max_results(50).into_paginator().send();
    while let Some(page) = pages.next().await {
        all.extend(page.during("listing memories")?.memories.into_iter().filter_map(|m| m.id));
    }
    Ok(all)
}

async fn get(aws: &Aws, id: &str) -> Result<sdk::Memory> {
    let reply = aws.agentcore.get_memory().memory_id(id).send().await.during(format!("reading memory `{id}`"))?;
    reply.memory.with_context(|| format!("AWS says nothing of memory `{id}`"))
}

async fn read_back(step: &Step<'_>, id: String) -> Result<sdk::Memory> {
    get(step.aws, &id).await
}

/// The memory of our name, if it carries exactly our mark or is on its way out.
async fn namesake(step: &Step<'_>, name: &str) -> Result<Option<Namesake>> {
    let Some(id) = list(step.aws).await?.into_iter().find(|id| name_of(id) == name) else { return Ok(None) };
    let live = get(step.aws, &id).await.missing_is_none()?.filter(|live| live.progress() != Status::Leaving);
    let Some(live) = live else { return Ok(Some(Namesake::Leaving(id))) };
    Ok(read_tags(step.aws, &live.arn).await?.is(&step.mark).then_some(Namesake::Ours(id)))
}
