//! A tier's guardrail: `guardrail: {}` blocks what no clinic wants said, and each key below changes one part of that.

use std::collections::{BTreeMap, BTreeSet};

use super::super::rules;
use super::super::section::{Findings, Section, entries};
use super::super::yaml::{Node, Value};
use crate::diagnostic::{Span, choices, quoted};
use crate::kinds::{GuardrailContent, PiiAction, Strength, Strengths, Topic};

mod shape;

pub(super) use shape::shape;

pub(super) const KEYS: &[&str] = &["blocked_input_message", "blocked_output_message", "filters", "words", "topics", "pii", "grounding"];

const INPUT_MESSAGE: &str = "This request can't be answered here. Please put it another way.";
const OUTPUT_MESSAGE: &str = "The answer to this request was withheld. Please put it another way.";
/// The manifest writes AWS's names in lower case.
const FILTERS: &[&str] = &["hate", "insults", "misconduct", "prompt_attack", "sexual", "violence"];
/// Judges what goes in only.
const PROMPT_ATTACK: &str = "prompt_attack";
const STRENGTHS: &[(&str, Strength)] =
    &[("none", Strength::None), ("low", Strength::Low), ("medium", Strength::Medium), ("high", Strength::High)];
const MANAGED_WORDS: &str = "PROFANITY";
const MOST_WORDS: usize = 10_000;
const MOST_TOPICS: usize = 30;
const MOST_EXAMPLES: usize = 5;
const GROUNDING: &[&str] = &["grounding", "relevance"];
const MOST_THRESHOLD: f64 = 0.99;
const ACTIONS: &[(&str, Option<PiiAction>)] =
    &[("block", Some(PiiAction::Block)), ("anonymize", Some(PiiAction::Anonymize)), ("none", None)];
const DEFAULT_ENTITIES: &[&str] = &[
    "credit_debit_card_cvv",
    "credit_debit_card_expiry",
    "credit_debit_card_number",
    "international_bank_account_number",
    "us_social_security_number",
];

pub(super) fn read(section: &Section, findings: &mut Findings) -> GuardrailContent {
    let message = |key: &str, default: &str, findings: &mut Findings| {
        section.ruled(key, rules::blocked_message, findings).unwrap_or_else(|| default.into())
    };
    GuardrailContent {
        blocked_input_message: message("blocked_input_message", INPUT_MESSAGE, findings),
        blocked_output_message: message("blocked_output_message", OUTPUT_MESSAGE, findings),
        filters: filters(section, findings),
        grounding: grounding(section, findings),
        managed_words: [MANAGED_WORDS.to_owned()].into(),
        words: words(section, findings),
        topics: topics(section, findings),
        pii: pii(section, findings),
        others: BTreeSet::new(),
    }
}

/// As AWS writes it.
fn aws(name: &str) -> String {
    name.to_ascii_uppercase()
}

/// The entries of a mapping whose keys are out of a closed list; what is none of them is reported.
fn known<'n>(section: &Section<'n>, key: &str, names: &[&str], findings: &mut Findings) -> Vec<(&'n str, Span, &'n Node)> {
    let Some(node) = section.get(key) else { return Vec::new() };
    let what = format!("`{key}` of {}", section.what());
    let mut found = Vec::new();
    for (name, (span, value)) in entries(node, section.span(key), &what, findings) {
        if names.contains(&name) {
            found.push((name, span, value));
        } else {
            let help = choices(&name.to_ascii_lowercase(), "its keys are", names.iter().copied());
            findings.error(span, format!("{what} has an unknown key {}", quoted(name)), "nothing reads this", help);
        }
    }
    found
}

/// One word out of a list, each with what it means.
fn choice<T: Copy>(node: &Node, what: &str, list: &[(&str, T)], findings: &mut Findings) -> Option<T> {
    let names = list.iter().map(|(name, _)| *name);
    let Some(text) = node.as_text() else {
        let all: Vec<&str> = names.collect();
        findings.error(node.span, format!("{} can't be {what}", node.value.kind()), "", format!("write one of: {}", all.join(", ")));
        return None;
    };
    let found = list.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    if found.is_none() {
        let help = choices(&text.to_ascii_lowercase(), "it is one of", names);
        findings.error(node.span, format!("{} can't be {what}", quoted(text)), "", help);
    }
    found
}

fn filters(section: &Section, findings: &mut Findings) -> BTreeMap<String, Strengths> {
    let most = |name: &str| match name {
        PROMPT_ATTACK => Strengths { input: Strength::High, output: Strength::None },
        _ => Strengths { input: Strength::High, output: Strength::High },
    };
    let mut filters: BTreeMap<&str, Strengths> = FILTERS.iter().map(|name| (*name, most(name))).collect();
    for (name, span, body) in known(section, "filters", FILTERS, findings) {
        let what = format!("filter {} of {}", quoted(name), section.what());
        let mut strengths = most(name);
        if matches!(body.value, Value::Map(_)) {
            let sides = Section::open(body, span, &what, &["input", "output"], findings);
            let mut side = |key: &str, of: &mut Strength| {
                let Some(node) = sides.get(key) else { return };
                *of = choice(node, &format!("`{key}` of {what}"), STRENGTHS, findings).unwrap_or(*of);
            };
            side("input", &mut strengths.input);
            side("output", &mut strengths.output);
            if name == PROMPT_ATTACK && strengths.output != Strength::None {
                let summary = format!("{what} can't filter what the model says");
                findings.error(sides.span("output"), summary, "", "remove `output`: an attack on the prompt is in what goes in");
            }
        } else if let Some(strength) = choice(body, &format!("the strength of {what}"), STRENGTHS, findings) {
            strengths.input = strength;
            if name != PROMPT_ATTACK {
                strengths.output = strength;
            }
        }
        filters.insert(name, strengths);
    }
    let nothing = Strengths { input: Strength::None, output: Strength::None };
    filters.into_iter().filter(|(_, strengths)| *strengths != nothing).map(|(name, strengths)| (aws(name), strengths)).collect()
}

fn grounding(section: &Section, findings: &mut Findings) -> BTreeMap<String, f64> {
    let mut thresholds = BTreeMap::new();
    if section.get("grounding").is_some_and(|node| matches!(node.value, Value::Map(_)) && node.is_empty()) {
        let help = "write `{ grounding: 0.8, relevance: 0.7 }`, or one of the two, or remove the line";
        findings.error(section.span("grounding"), format!("`grounding` of {} has no threshold", section.what()), "", help);
    }
    for (name, _, node) in known(section, "grounding", GROUNDING, findings) {
        let written = findings.source.slice(node.span).to_owned();
        let number = if matches!(node.value, Value::Number) { written.parse::<f64>().ok() } else { None };
        match number.filter(|n| (0.0..=MOST_THRESHOLD).contains(n)) {
            // No minus before a zero.
            Some(threshold) => drop(thresholds.insert(aws(name), threshold.abs())),
            None => {
                let written = if matches!(node.value, Value::Number) { quoted(&written) } else { node.value.kind().into() };
                let summary = format!("{written} can't be `{name}` of `grounding` of {}", section.what());
                let help = format!("write a number from 0 to {MOST_THRESHOLD}, such as 0.8: answers that score below it are blocked");
                findings.error(node.span, summary, "", help);
            }
        }
    }
    thresholds
}

fn words(section: &Section, findings: &mut Findings) -> BTreeSet<String> {
    let words = section.texts("words", rules::blocked_word, findings).unwrap_or_default();
    if words.len() > MOST_WORDS {
        let summary = format!("`words` of {} has {} entries", section.what(), words.len());
        findings.error(section.span("words"), summary, "", format!("keep {MOST_WORDS}: Bedrock takes no more"));
    }
    words.into_iter().map(|word| word.value).collect()
}

fn topics(section: &Section, findings: &mut Findings) -> BTreeMap<String, Topic> {
    let mut topics = BTreeMap::new();
    let Some(node) = section.get("topics") else { return topics };
    let what = format!("`topics` of {}", section.what());
    let found = entries(node, section.span("topics"), &what, findings);
    if found.len() > MOST_TOPICS {
        let summary = format!("{what} has {} entries", found.len());
        findings.error(section.span("topics"), summary, "", format!("keep {MOST_TOPICS}: Bedrock takes no more"));
    }
    for (name, (span, body)) in found {
        let what = format!("topic {}", quoted(name));
        if let Err(why) = rules::topic_name(name) {
            findings.error(span, format!("{} can't be a topic's name", quoted(name)), "", why);
        }
        let topic = Section::open(body, span, &what, &["definition", "examples"], findings);
        topic.required("definition", "write in a sentence what nobody is to talk about", findings);
        let definition = topic.ruled("definition", rules::topic_definition, findings);
        let examples = topic.texts("examples", rules::topic_example, findings).unwrap_or_default();
        if examples.len() > MOST_EXAMPLES {
            let summary = format!("{what} has {} examples", examples.len());
            findings.error(topic.span("examples"), summary, "", format!("keep {MOST_EXAMPLES}: Bedrock takes no more"));
        }
        if let Some(definition) = definition {
            topics.insert(name.to_owned(), Topic { definition, examples: examples.into_iter().map(|text| text.value).collect() });
        }
    }
    topics
}

fn pii(section: &Section, findings: &mut Findings) -> BTreeMap<String, PiiAction> {
    let mut pii: BTreeMap<&str, Option<PiiAction>> = DEFAULT_ENTITIES.iter().map(|name| (*name, Some(PiiAction::Anonymize))).collect();
    for (name, _, node) in known(section, "pii", ENTITIES, findings) {
        if let Some(action) = choice(node, &format!("the action for {} of {}", quoted(name), section.what()), ACTIONS, findings) {
            pii.insert(name, action);
        }
    }
    pii.into_iter().filter_map(|(name, action)| Some((aws(name), action?))).collect()
}

/// The entities that Bedrock finds.
const ENTITIES: &[&str] = &[
    "address",
    "age",
    "aws_access_key",
    "aws_secret_key",
    "ca_health_number",
    "ca_social_insurance_number",
    "credit_debit_card_cvv",
    "credit_debit_card_expiry",
    "credit_debit_card_number",
    "driver_id",
    "email",
    "international_bank_account_number",
    "ip_address",
    "license_plate",
    "mac_address",
    "name",
    "password",
    "phone",
    "pin",
    "swift_code",
    "uk_national_health_service_number",
    "uk_national_insurance_number",
    "uk_unique_taxpayer_reference_number",
    "url",
    "username",
    "us_bank_account_number",
    "us_bank_routing_number",
    "us_individual_tax_identification_number",
    "us_passport_number",
    "us_social_security_number",
    "vehicle_identification_number",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entities_are_those_of_bedrock() {
        let ours: Vec<String> = ENTITIES.iter().map(|name| aws(name)).collect();
        assert_eq!(ours, aws_sdk_bedrock::types::GuardrailPiiEntityType::values());
        let filters: Vec<String> = FILTERS.iter().map(|name| aws(name)).collect();
        let mut known = aws_sdk_bedrock::types::GuardrailContentFilterType::values().to_vec();
        known.sort_unstable();
        assert_eq!(filters, known);
    }
}
