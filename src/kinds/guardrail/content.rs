//! What a guardrail blocks: as it is declared, as requests write it, and as reads give it back.
//!
//! In a read, what detects but doesn't act counts as absent, so that a filter that somebody switched off shows as drift.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use aws_sdk_bedrock::operation::get_guardrail::GetGuardrailOutput;
use aws_sdk_bedrock::types as sdk;
use serde::{Deserialize, Serialize};

use crate::late::document;

/// All names are AWS's own: HATE, GROUNDING, EMAIL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) blocked_input_message: String,
    pub(crate) blocked_output_message: String,
    /// By kind of content.
    pub(crate) filters: BTreeMap<String, Strengths>,
    /// Thresholds by what is judged; what scores below is blocked.
    pub(crate) grounding: BTreeMap<String, f64>,
    /// Lists that AWS keeps.
    pub(crate) managed_words: BTreeSet<String>,
    pub(crate) words: BTreeSet<String>,
    /// By name.
    pub(crate) topics: BTreeMap<String, Topic>,
    /// By entity.
    pub(crate) pii: BTreeMap<String, PiiAction>,
    /// Never declared: sorts of policy that the live one has and the manifest can't ask for. An update removes them.
    pub(crate) others: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Strengths {
    pub(crate) input: Strength,
    pub(crate) output: Strength,
}

/// How much is blocked: the higher, the more doubtful cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Strength {
    None,
    Low,
    Medium,
    High,
}

/// What becomes of a text that names such a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum PiiAction {
    Block,
    Anonymize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Topic {
    pub(crate) definition: String,
    pub(crate) examples: BTreeSet<String>,
}

/// A policy, or nothing: AWS refuses empty ones.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|list| !list.is_empty())
}

/// As requests write it.
impl Content {
    /// Equal for equal content only; tags and name don't count.
    pub(crate) fn digest(&self) -> Result<String> {
        Ok(crate::secret::digest(document(self)?.to_string().as_bytes()))
    }

    pub(super) fn filter_policy(&self) -> Result<Option<sdk::GuardrailContentPolicyConfig>> {
        let filter = |(name, strengths): (&String, &Strengths)| {
            let filter = sdk::GuardrailContentFilterConfig::builder().r#type(name.as_str().into());
            Ok(filter.input_strength(strengths.input.sdk()).output_strength(strengths.output.sdk()).build()?)
        };
        let filters = some(self.filters.iter().map(filter).collect::<Result<_>>()?);
        Ok(filters.map(|f| sdk::GuardrailContentPolicyConfig::builder().set_filters_config(Some(f)).build()).transpose()?)
    }

    pub(super) fn grounding_policy(&self) -> Result<Option<sdk::GuardrailContextualGroundingPolicyConfig>> {
        let filter = |(name, threshold): (&String, &f64)| {
            let filter = sdk::GuardrailContextualGroundingFilterConfig::builder().r#type(name.as_str().into()).threshold(*threshold);
            Ok(filter.action(sdk::GuardrailContextualGroundingAction::Block).build()?)
        };
        let filters = some(self.grounding.iter().map(filter).collect::<Result<_>>()?);
        Ok(filters.map(|f| sdk::GuardrailContextualGroundingPolicyConfig::builder().set_filters_config(Some(f)).build()).transpose()?)
    }

    pub(super) fn word_policy(&self) -> Result<Option<sdk::GuardrailWordPolicyConfig>> {
        let lists = self.managed_words.iter().map(|name| sdk::GuardrailManagedWordsConfig::builder().r#type(name.as_str().into()).build());
        let words = self.words.iter().map(|word| sdk::GuardrailWordConfig::builder().text(word).build());
        let (lists, words) = (some(lists.collect::<Result<_, _>>()?), some(words.collect::<Result<_, _>>()?));
        if lists.is_none() && words.is_none() {
            return Ok(None);
        }
        Ok(Some(sdk::GuardrailWordPolicyConfig::builder().set_managed_word_lists_config(lists).set_words_config(words).build()))
    }

    pub(super) fn topic_policy(&self) -> Result<Option<sdk::GuardrailTopicPolicyConfig>> {
        let topic = |(name, topic): (&String, &Topic)| {
            let config =
                sdk::GuardrailTopicConfig::builder().name(name).definition(&topic.definition).r#type(sdk::GuardrailTopicType::Deny);
            Ok(config.set_examples(some(topic.examples.iter().cloned().collect())).build()?)
        };
        let topics = some(self.topics.iter().map(topic).collect::<Result<_>>()?);
        Ok(topics.map(|t| sdk::GuardrailTopicPolicyConfig::builder().set_topics_config(Some(t)).build()).transpose()?)
    }

    pub(super) fn pii_policy(&self) -> Result<Option<sdk::GuardrailSensitiveInformationPolicyConfig>> {
        let entity = |(name, action): (&String, &PiiAction)| {
            Ok(sdk::GuardrailPiiEntityConfig::builder().r#type(name.as_str().into()).action(action.sdk()).build()?)
        };
        let entities = some(self.pii.iter().map(entity).collect::<Result<_>>()?);
        Ok(entities.map(|e| sdk::GuardrailSensitiveInformationPolicyConfig::builder().set_pii_entities_config(Some(e)).build()))
    }
}

impl Strength {
    fn sdk(self) -> sdk::GuardrailFilterStrength {
        match self {
            Self::None => sdk::GuardrailFilterStrength::None,
            Self::Low => sdk::GuardrailFilterStrength::Low,
            Self::Medium => sdk::GuardrailFilterStrength::Medium,
            Self::High => sdk::GuardrailFilterStrength::High,
        }
    }

    fn read(live: &sdk::GuardrailFilterStrength) -> Self {
        match live {
            sdk::GuardrailFilterStrength::Low => Self::Low,
            sdk::GuardrailFilterStrength::Medium => Self::Medium,
            sdk::GuardrailFilterStrength::High => Self::High,
            _ => Self::None,
        }
    }
}

impl PiiAction {
    fn sdk(self) -> sdk::GuardrailSensitiveInformationAction {
        match self {
            Self::Block => sdk::GuardrailSensitiveInformationAction::Block,
            Self::Anonymize => sdk::GuardrailSensitiveInformationAction::Anonymize,
        }
    }
}

/// Whether a side that may be switched off, and may have an action of its own, does what is asked; left out means that it does.
fn acts<A: PartialEq>(enabled: Option<bool>, action: Option<&A>, asked: &A) -> bool {
    enabled != Some(false) && action.is_none_or(|action| action == asked)
}

/// As reads give it back.
impl Content {
    pub(in crate::kinds) fn read(live: &GetGuardrailOutput) -> Self {
        let words = live.word_policy.as_ref();
        Self {
            blocked_input_message: live.blocked_input_messaging.clone(),
            blocked_output_message: live.blocked_outputs_messaging.clone(),
            filters: live.content_policy.iter().flat_map(|p| p.filters()).filter_map(filter).collect(),
            grounding: live.contextual_grounding_policy.iter().flat_map(|p| p.filters()).filter_map(grounding).collect(),
            managed_words: words
                .into_iter()
                .flat_map(|p| p.managed_word_lists())
                .filter(|w| {
                    both((w.input_enabled, w.output_enabled), (&w.input_action, &w.output_action), &sdk::GuardrailWordAction::Block)
                })
                .map(|w| w.r#type.to_string())
                .collect(),
            words: words
                .into_iter()
                .flat_map(|p| p.words())
                .filter(|w| {
                    both((w.input_enabled, w.output_enabled), (&w.input_action, &w.output_action), &sdk::GuardrailWordAction::Block)
                })
                .map(|w| w.text.clone())
                .collect(),
            topics: live.topic_policy.iter().flat_map(|p| p.topics()).filter_map(topic).collect(),
            pii: live.sensitive_information_policy.iter().flat_map(|p| p.pii_entities()).filter_map(pii).collect(),
            others: others(live),
        }
    }
}

fn both<A: PartialEq>(enabled: (Option<bool>, Option<bool>), actions: (&Option<A>, &Option<A>), asked: &A) -> bool {
    acts(enabled.0, actions.0.as_ref(), asked) && acts(enabled.1, actions.1.as_ref(), asked)
}

fn filter(live: &sdk::GuardrailContentFilter) -> Option<(String, Strengths)> {
    let block = sdk::GuardrailContentFilterAction::Block;
    let side = |strength, enabled, action| if acts(enabled, action, &block) { Strength::read(strength) } else { Strength::None };
    let input = side(&live.input_strength, live.input_enabled, live.input_action.as_ref());
    let output = side(&live.output_strength, live.output_enabled, live.output_action.as_ref());
    let strengths = Strengths { input, output };
    (strengths != Strengths { input: Strength::None, output: Strength::None }).then(|| (live.r#type.to_string(), strengths))
}

fn grounding(live: &sdk::GuardrailContextualGroundingFilter) -> Option<(String, f64)> {
    let blocks = acts(live.enabled, live.action.as_ref(), &sdk::GuardrailContextualGroundingAction::Block);
    blocks.then(|| (live.r#type.to_string(), live.threshold))
}

fn topic(live: &sdk::GuardrailTopic) -> Option<(String, Topic)> {
    let block = sdk::GuardrailTopicAction::Block;
    let blocks = both((live.input_enabled, live.output_enabled), (&live.input_action, &live.output_action), &block);
    let topic = Topic { definition: live.definition.clone(), examples: live.examples().iter().cloned().collect() };
    blocks.then(|| (live.name.clone(), topic))
}

fn pii(live: &sdk::GuardrailPiiEntity) -> Option<(String, PiiAction)> {
    let action = match live.action {
        sdk::GuardrailSensitiveInformationAction::Block => PiiAction::Block,
        sdk::GuardrailSensitiveInformationAction::Anonymize => PiiAction::Anonymize,
        _ => return None,
    };
    let as_asked = both((live.input_enabled, live.output_enabled), (&live.input_action, &live.output_action), &live.action);
    as_asked.then(|| (live.r#type.to_string(), action))
}

fn others(live: &GetGuardrailOutput) -> BTreeSet<String> {
    let regexes = live.sensitive_information_policy.as_ref().is_some_and(|p| !p.regexes().is_empty());
    let images = live
        .content_policy
        .iter()
        .flat_map(|p| p.filters())
        .any(|f| [f.input_modalities(), f.output_modalities()].concat().contains(&sdk::GuardrailModality::Image));
    [
        ("regexes", regexes),
        ("image filters", images),
        ("automated reasoning", live.automated_reasoning_policy.is_some()),
        ("cross-region inference", live.cross_region_details.is_some()),
    ]
    .into_iter()
    .filter(|(_, there)| *there)
    .map(|(name, _)| name.to_owned())
    .collect()
}
