//! A tier's guardrail: the draft of what its agents neither take in nor give out.
//!
//! An update replaces the whole draft and leaves tags and published versions alone. Reads write every policy under another
//! name than requests do, and fill in defaults (documents and models of 2026-09; never tried live).

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_bedrock::operation::get_guardrail::GetGuardrailOutput;
use aws_sdk_bedrock::types::{GuardrailStatus, Tag};
use serde::{Deserialize, Serialize};

use super::condition::Condition;
use super::{Found, Kind, Observe, Step, Tags};
use crate::aws::settle::{self, Namesake, Settles, Status};
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::Attr;
use crate::names::Arn;
use crate::observe::each;
use crate::rights::{LISTS, On, Right, reads, writes};

mod content;

pub(crate) use content::{Content, PiiAction, Strength, Strengths, Topic};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Guardrail {
    pub(crate) name: String,
    /// What a published version is a copy of.
    pub(crate) content: Content,
    pub(crate) tags: BTreeMap<String, String>,
    /// A draft that AWS gave up on is updated rather than replaced, since its versions are still in use.
    #[serde(flatten)]
    pub(crate) condition: Condition,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) id: String,
    arn: Arn,
    pub(super) name: String,
}

impl Guardrail {
    pub(crate) const ID: Attr<Self> = Attr::new("id");
    pub(crate) const ARN: Attr<Self, Arn> = Attr::new("arn");
}

impl Kind for Guardrail {
    const NAME: &'static str = "guardrail";
    const RIGHTS: &'static [Right] = &[
        reads(&["bedrock:ListGuardrails"], LISTS),
        reads(&["bedrock:GetGuardrail", "bedrock:ListTagsForResource"], On::These(&["arn:aws:bedrock:{r}:{a}:guardrail/*"])),
        writes(&["bedrock:CreateGuardrail"], On::Anything("what is to be made has no name in AWS yet")),
        writes(&["bedrock:TagResource"], On::Marking(&["arn:aws:bedrock:{r}:{a}:guardrail/*"])),
        writes(
            &["bedrock:UpdateGuardrail", "bedrock:DeleteGuardrail", "bedrock:UntagResource"],
            On::Marked(&["arn:aws:bedrock:{r}:{a}:guardrail/*"]),
        ),
    ];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let candidates = list(observe.aws).await?.into_iter().filter(|(name, _)| observe.could_be_ours(name));
        let found = each(candidates, |(name, id)| {
            let wanted = wanted.iter().find(|(_, g)| g.name == name).map(|(a, _)| a.clone());
            async move {
                let read = async {
                    let live = get(observe.aws, &id).await?;
                    let tags = read_tags(observe.aws, &live.guardrail_arn).await?;
                    Ok((live, tags))
                };
                // One that is being deleted still stands in the listing.
                let Some((live, tags)) = Observe::details(read.await, wanted.as_ref())? else { return Ok(None) };
                let Some((address, mark)) = observe.whose(&tags, wanted) else { return Ok(None) };
                let (output, content, condition) = (output(&live), Content::read(&live), live.progress().into());
                Ok(Some(Found { address, spec: Self { name, content, tags: tags.declared, condition }, output, mark }))
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let content = &self.content;
        let create = step
            .aws
            .bedrock
            .create_guardrail()
            .name(&self.name)
            .blocked_input_messaging(&content.blocked_input_message)
            .blocked_outputs_messaging(&content.blocked_output_message)
            .set_content_policy_config(content.filter_policy()?)
            .set_contextual_grounding_policy_config(content.grounding_policy()?)
            .set_word_policy_config(content.word_policy()?)
            .set_topic_policy_config(content.topic_policy()?)
            .set_sensitive_information_policy_config(content.pii_policy()?)
            .set_tags(Some(declared(step, &self.tags)?));
        let send = |token| {
            let create = create.clone().client_request_token(token);
            async { Ok(create.send().await.during(format!("creating guardrail `{}`", self.name))?.guardrail_id) }
        };
        let read = |id: String| async move { get(step.aws, &id).await };
        let (_, live) = settle::create(step, send, read, || namesake(step, &self.name)).await?;
        Ok(output(&live))
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let (id, content) = (&live.output.id, &self.content);
        let now = settle::at_rest(step, || get(step.aws, id)).await?;
        if self.name != live.spec.name || *content != live.spec.content || now.progress() != Status::Ready {
            let update = step
                .aws
                .bedrock
                .update_guardrail()
                .guardrail_identifier(id)
                .name(&self.name)
                .blocked_input_messaging(&content.blocked_input_message)
                .blocked_outputs_messaging(&content.blocked_output_message)
                .set_content_policy_config(content.filter_policy()?)
                .set_contextual_grounding_policy_config(content.grounding_policy()?)
                .set_word_policy_config(content.word_policy()?)
                .set_topic_policy_config(content.topic_policy()?)
                .set_sensitive_information_policy_config(content.pii_policy()?)
                // Not ours to decide; left out, AWS would reset them.
                .set_description(now.description)
                .set_kms_key_id(now.kms_key_arn);
            update.send().await.during(format!("updating guardrail `{}`", self.name)).map_err(again)?;
        }
        retag(step, live.output.arn.as_str(), &self.tags, &live.spec.tags).await?;
        Ok(output(&settle::ready(step, || get(step.aws, id)).await?))
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let id = &live.output.id;
        let send = || async {
            // Without a version: the draft and every version.
            let delete = step.aws.bedrock.delete_guardrail().guardrail_identifier(id);
            delete.send().await.during(format!("deleting guardrail `{}`", live.spec.name)).map(drop)
        };
        settle::delete(step, send, || get(step.aws, id)).await
    }
}

impl Settles for GetGuardrailOutput {
    fn progress(&self) -> Status {
        match &self.status {
            GuardrailStatus::Ready => Status::Ready,
            GuardrailStatus::Failed => Status::UpdateFailed(self.status_reasons().join("; ")),
            GuardrailStatus::Deleting => Status::Leaving,
            other => Status::Pending(other.to_string()),
        }
    }
}

fn output(live: &GetGuardrailOutput) -> Output {
    Output { id: live.guardrail_id.clone(), arn: Arn::new(&live.guardrail_arn), name: live.name.clone() }
}

/// Names and ids of the account's drafts.
async fn list(aws: &Aws) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    let mut pages = aws.bedrock.list_guardrails().max_results(1000).into_paginator().send();
    while let Some(page) = pages.next().await {
        all.extend(page.during("listing guardrails")?.guardrails.into_iter().map(|g| (g.name, g.id)));
    }
    Ok(all)
}

pub(super) async fn get(aws: &Aws, id: &str) -> Result<GetGuardrailOutput> {
    aws.bedrock.get_guardrail().guardrail_identifier(id).send().await.during(format!("reading guardrail `{id}`"))
}

async fn read_tags(aws: &Aws, arn: &str) -> Result<Tags> {
    let reply = aws.bedrock.list_tags_for_resource().resource_arn(arn).send().await.during(format!("reading the tags of `{arn}`"))?;
    Ok(Tags::read(reply.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value))))
}

fn declared(step: &Step<'_>, tags: &BTreeMap<String, String>) -> Result<Vec<Tag>> {
    step.mark.with(tags).into_iter().map(|(key, value)| Ok(Tag::builder().key(key).value(value).build()?)).collect()
}

async fn retag(step: &Step<'_>, arn: &str, wanted: &BTreeMap<String, String>, live: &BTreeMap<String, String>) -> Result<()> {
    let client = &step.aws.bedrock;
    let gone: Vec<String> = live.keys().filter(|k| !wanted.contains_key(*k)).cloned().collect();
    if !gone.is_empty() {
        client.untag_resource().resource_arn(arn).set_tag_keys(Some(gone)).send().await.during(format!("removing tags of `{arn}`"))?;
    }
    let tags = declared(step, wanted)?;
    client.tag_resource().resource_arn(arn).set_tags(Some(tags)).send().await.during(format!("tagging `{arn}`"))?;
    Ok(())
}

/// The guardrail of our name, if it carries exactly our mark or is on its way out.
async fn namesake(step: &Step<'_>, name: &str) -> Result<Option<Namesake>> {
    let Some((_, id)) = list(step.aws).await?.into_iter().find(|(n, _)| n == name) else { return Ok(None) };
    let live = get(step.aws, &id).await.missing_is_none()?.filter(|live| live.progress() != Status::Leaving);
    let Some(live) = live else { return Ok(Some(Namesake::Leaving(id))) };
    Ok(read_tags(step.aws, &live.guardrail_arn).await?.is(&step.mark).then_some(Namesake::Ours(id)))
}

/// A guardrail that is busy, perhaps with what we asked for when the reply was lost: the step waits for it and begins again.
pub(super) fn again(error: anyhow::Error) -> anyhow::Error {
    match AwsError::of(&error).map(|e| e.class) {
        Some(Class::Conflict) => AwsError::nothing_done(error),
        _ => error,
    }
}
