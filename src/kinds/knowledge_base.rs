//! A tier's knowledge base over S3 Vectors.
//!
//! Everything about its storage and embedding is fixed at creation. The service says "unable to assume the given
//! role" for a role, a policy or an index that it does not see yet; the executor tries again (last verified 2026-09).

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use aws_sdk_bedrockagent::types as sdk;
use serde::{Deserialize, Serialize};

use super::condition::{Condition, FAILED};
use super::{Found, Kind, Observe, Step, Tags};
use crate::aws::settle::{self, Namesake, Settles, Status};
use crate::aws::{Aws, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::Arn;
use crate::observe::each;
use crate::rights::{LISTS, On, Right, passes, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KnowledgeBase {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) role: Late<Arn>,
    pub(crate) embedding_model: Late<Arn>,
    pub(crate) dimensions: u32,
    pub(crate) vector_bucket: Late<Arn>,
    pub(crate) index: Late<Arn>,
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(flatten)]
    pub(crate) condition: Condition,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) id: String,
    pub(crate) arn: Arn,
}

impl KnowledgeBase {
    pub(crate) const ID: Attr<Self> = Attr::new("id");
}

impl Kind for KnowledgeBase {
    const NAME: &'static str = "knowledge_base";
    const RIGHTS: &'static [Right] = &[
        reads(&["bedrock:ListKnowledgeBases"], LISTS),
        reads(&["bedrock:GetKnowledgeBase", "bedrock:ListTagsForResource"], On::These(&["arn:aws:bedrock:{r}:{a}:knowledge-base/*"])),
        writes(&["bedrock:CreateKnowledgeBase"], On::Anything("what is to be made has no name in AWS yet")),
        writes(
            &["bedrock:UpdateKnowledgeBase", "bedrock:DeleteKnowledgeBase", "bedrock:UntagResource"],
            On::Marked(&["arn:aws:bedrock:{r}:{a}:knowledge-base/*"]),
        ),
        writes(&["bedrock:TagResource"], On::Marking(&["arn:aws:bedrock:{r}:{a}:knowledge-base/*"])),
        passes(&["bedrock.amazonaws.com"]),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[
        ("embedding_model", "a knowledge base keeps its embedding model"),
        ("dimensions", "a knowledge base keeps its dimensions"),
        ("vector_bucket", "a knowledge base keeps its storage"),
        ("index", "a knowledge base keeps its storage"),
        FAILED,
    ];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let candidates = list(observe.aws).await?.into_iter().filter(|(name, _)| observe.could_be_ours(name));
        let found = each(candidates, |(name, id)| {
            let wanted = wanted.iter().find(|(_, b)| b.name == name).map(|(a, _)| a.clone());
            async move {
                let arn = arn(observe.names, &id);
                let read = async { futures::try_join!(get(observe.aws, &id), read_tags(observe.aws, &arn)) };
                let Some((base, tags)) = Observe::details(read.await, wanted.as_ref())? else { return Ok(None) };
                let Some((address, mark)) = observe.whose(&tags, wanted) else { return Ok(None) };
                let spec = Self::read(base, tags.declared)?;
                Ok(Some(Found { address, spec, output: Output { id, arn: Arn::new(arn) }, mark }))
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let create = step
            .aws
            .bedrock_agent
            .create_knowledge_base()
            .name(&self.name)
            .set_description(self.description.clone())
            .role_arn(self.role.get()?)
            .knowledge_base_configuration(self.configuration()?)
            .storage_configuration(self.storage()?)
            .set_tags(Some(step.mark.with(&self.tags).into_iter().collect()));
        let send = |token| {
            let create = create.clone().client_token(token);
            async {
                let reply = create.send().await.during(format!("creating knowledge base `{}`", self.name))?;
                Ok(reply.knowledge_base.context("AWS says nothing of the new knowledge base")?.knowledge_base_id)
            }
        };
        let (id, _) = settle::create(step, send, |id| read(step, id), || namesake(step, &self.name)).await?;
        let id = without_twins(step, &self.name, id).await?;
        Ok(Output { arn: Arn::new(arn(step.names, &id)), id })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let Output { id, arn } = &live.output;
        let now = settle::at_rest(step, || get(step.aws, id)).await?;
        let before = &live.spec;
        let differs = self.description != before.description || self.role.get()? != before.role.get()? || self.name != before.name;
        if differs || now.progress() != Status::Ready {
            let update = step
                .aws
                .bedrock_agent
                .update_knowledge_base()
                .knowledge_base_id(id)
                .name(&self.name)
                .set_description(self.description.clone());
            let update = update
                .role_arn(self.role.get()?)
                .knowledge_base_configuration(self.configuration()?)
                .storage_configuration(self.storage()?);
            update.send().await.during(format!("updating knowledge base `{}`", self.name))?;
            settle::ready(step, || get(step.aws, id)).await?;
        }
        let gone: Vec<String> = live.spec.tags.keys().filter(|k| !self.tags.contains_key(*k)).cloned().collect();
        let client = &step.aws.bedrock_agent;
        if !gone.is_empty() {
            client
                .untag_resource()
                .resource_arn(arn.as_str())
                .set_tag_keys(Some(gone))
                .send()
                .await
                .during(format!("removing tags of `{arn}`"))?;
        }
        let tags = step.mark.with(&self.tags).into_iter().collect();
        client
            .tag_resource()
            .resource_arn(arn.as_str())
            .set_tags(Some(tags))
            .send()
            .await
            .during(format!("tagging knowledge base `{}`", self.name))?;
        Ok(Output { id: id.clone(), arn: arn.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        remove(step, &live.output.id).await
    }
}

impl Settles for sdk::KnowledgeBase {
    fn progress(&self) -> Status {
        use sdk::KnowledgeBaseStatus as S;
        let why = || self.failure_reasons().join("; ");
        match &self.status {
            S::Active => Status::Ready,
            S::Failed => Status::Failed(why()),
            S::UpdateUnsuccessful => Status::UpdateFailed(why()),
            S::DeleteUnsuccessful => Status::Stuck(why()),
            S::Deleting => Status::Leaving,
            other => Status::Pending(other.to_string()),
        }
    }
}

impl KnowledgeBase {
    fn configuration(&self) -> Result<sdk::KnowledgeBaseConfiguration> {
        let dimensions = sdk::BedrockEmbeddingModelConfiguration::builder().dimensions(i32::try_from(self.dimensions)?).build();
        let model = sdk::EmbeddingModelConfiguration::builder().bedrock_embedding_model_configuration(dimensions).build();
        let vector = sdk::VectorKnowledgeBaseConfiguration::builder()
            .embedding_model_arn(self.embedding_model.get()?)
            .embedding_model_configuration(model)
            .build()?;
        Ok(sdk::KnowledgeBaseConfiguration::builder()
            .r#type(sdk::KnowledgeBaseType::Vector)
            .vector_knowledge_base_configuration(vector)
            .build()?)
    }

    fn storage(&self) -> Result<sdk::StorageConfiguration> {
        let vectors =
            sdk::S3VectorsConfiguration::builder().vector_bucket_arn(self.vector_bucket.get()?).index_arn(self.index.get()?).build();
        Ok(sdk::StorageConfiguration::builder()
            .r#type(sdk::KnowledgeBaseStorageType::S3Vectors)
            .s3_vectors_configuration(vectors)
            .build()?)
    }

    fn read(base: sdk::KnowledgeBase, tags: BTreeMap<String, String>) -> Result<Self> {
        let condition = base.progress().into();
        let vector = base.knowledge_base_configuration.and_then(|c| c.vector_knowledge_base_configuration);
        let dimensions = vector
            .as_ref()
            .and_then(|v| v.embedding_model_configuration.as_ref())
            .and_then(|m| m.bedrock_embedding_model_configuration.as_ref());
        let store = base.storage_configuration.and_then(|s| s.s3_vectors_configuration);
        Ok(Self {
            name: base.name,
            description: base.description,
            role: Late::known(base.role_arn),
            dimensions: dimensions.and_then(|d| d.dimensions).map(u32::try_from).transpose()?.unwrap_or_default(),
            embedding_model: Late::known(vector.map(|v| v.embedding_model_arn).unwrap_or_default()),
            vector_bucket: Late::known(store.as_ref().and_then(|s| s.vector_bucket_arn.clone()).unwrap_or_default()),
            index: Late::known(store.and_then(|s| s.index_arn).unwrap_or_default()),
            tags,
            condition,
        })
    }
}

fn arn(names: &crate::names::Names, id: &str) -> String {
    format!("arn:aws:bedrock:{}:{}:knowledge-base/{id}", names.region, names.account)
}

/// Names and ids; the list has no filter, no ARN and no tags.
async fn list(aws: &Aws) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    let mut pages = aws.bedrock_agent.list_knowledge_bases().max_results(1000).into_paginator().send();
    while let Some(page) = pages.next().await {
        all.extend(page.during("listing knowledge bases")?.knowledge_base_summaries.into_iter().map(|b| (b.name, b.knowledge_base_id)));
    }
    Ok(all)
}

async fn get(aws: &Aws, id: &str) -> Result<sdk::KnowledgeBase> {
    let reply =
        aws.bedrock_agent.get_knowledge_base().knowledge_base_id(id).send().await.during(format!("reading knowledge base `{id}`"))?;
    reply.knowledge_base.with_context(|| format!("AWS says nothing of knowledge base `{id}`"))
}

async fn read_tags(aws: &Aws, arn: &str) -> Result<Tags> {
    let reply = aws.bedrock_agent.list_tags_for_resource().resource_arn(arn).send().await.during(format!("reading the tags of `{arn}`"))?;
    Ok(Tags::read(reply.tags.unwrap_or_default()))
}

async fn read(step: &Step<'_>, id: String) -> Result<sdk::KnowledgeBase> {
    get(step.aws, &id).await
}

/// The knowledge base of our name, if it carries exactly our mark or is on its way out.
async fn namesake(step: &Step<'_>, name: &str) -> Result<Option<Namesake>> {
    for (_, id) in list(step.aws).await?.into_iter().filter(|(n, _)| n == name) {
        let arn = arn(step.names, &id);
        let read = async { futures::try_join!(get(step.aws, &id), read_tags(step.aws, &arn)) };
        match read.await.missing_is_none()? {
            Some((base, _)) if base.progress() == Status::Leaving => return Ok(Some(Namesake::Leaving(id))),
            Some((_, tags)) if tags.is(&step.mark) => return Ok(Some(Namesake::Ours(id))),
            _ => {}
        }
    }
    Ok(None)
}

/// Concurrent creates can give two of one name: of those with exactly our mark the smallest id stays.
async fn without_twins(step: &Step<'_>, name: &str, id: String) -> Result<String> {
    let mut ids = std::collections::BTreeSet::from([id]);
    for (_, other) in list(step.aws).await?.into_iter().filter(|(n, i)| n == name && !ids.contains(i)).collect::<Vec<_>>() {
        let arn = arn(step.names, &other);
        let read = async { futures::try_join!(get(step.aws, &other), read_tags(step.aws, &arn)) };
        if let Some((base, tags)) = read.await.missing_is_none()?
            && base.progress() != Status::Leaving
            && tags.is(&step.mark)
        {
            ids.insert(other);
        }
    }
    let kept = ids.pop_first().context("there is one at least")?;
    if ids.is_empty() {
        return Ok(kept);
    }
    settle::ready(step, || get(step.aws, &kept)).await?;
    for twin in ids {
        remove(step, &twin).await?;
    }
    Ok(kept)
}

async fn remove(step: &Step<'_>, id: &str) -> Result<()> {
    let send = || async {
        let delete = step.aws.bedrock_agent.delete_knowledge_base().knowledge_base_id(id);
        delete.send().await.during(format!("deleting knowledge base `{id}`")).map(drop)
    };
    settle::delete(step, send, || get(step.aws, id)).await
}
