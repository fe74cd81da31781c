//! A tier's memory: how long events are kept, and what is extracted from them where.

use std::collections::BTreeMap;

use super::super::section::{Findings, Section, entries};
use super::super::shape::{Shape, may, must};
use super::super::{Memory, Strategy, forms, rules};
use crate::diagnostic::{choices, quoted};
use crate::kinds::Extracts;

/// Days, as AWS's documents bound them; its model allows more.
const EXPIRY: (u32, u32) = (7, 365);
const EXPIRY_DAYS: u32 = 90;
const MOST_STRATEGIES: usize = 6;
/// The token vending role lets a tenant's agent into nothing else.
const ROOT: &str = "clinic/{actorId}/";
const VARIABLES: &[&str] = &["actorId", "sessionId", "memoryStrategyId"];
const TYPES: &[(&str, Extracts)] =
    &[("semantic", Extracts::Semantic), ("summary", Extracts::Summary), ("user_preference", Extracts::UserPreference)];

pub(super) fn read(section: &Section, findings: &mut Findings) -> Memory {
    let expiry_days = section.number("expiry_days", EXPIRY_DAYS, EXPIRY, findings);
    let mut strategies = BTreeMap::new();
    if let Some(node) = section.get("strategies") {
        let what = format!("`strategies` of {}", section.what());
        let found = entries(node, section.span("strategies"), &what, findings);
        if found.len() > MOST_STRATEGIES {
            let summary = format!("{} has {} strategies", section.what(), found.len());
            findings.error(section.span("strategies"), summary, "", format!("keep {MOST_STRATEGIES}: AgentCore takes no more"));
        }
        for (name, (span, body)) in found {
            let what = format!("strategy {}", quoted(name));
            let strategy = Section::open(body, span, &what, &["type", "namespace"], findings);
            if let Err(why) = rules::strategy_name(name) {
                findings.error(span, format!("{} can't be a strategy's name", quoted(name)), "", why);
            }
            let (extracts, namespace) = (extracts(&strategy, findings), namespace(&strategy, findings));
            if let (Some(extracts), Some(namespace)) = (extracts, namespace) {
                strategies.insert(name.to_owned(), Strategy { extracts, namespace });
            }
        }
    }
    Memory { expiry_days: i32::try_from(expiry_days).unwrap_or(i32::MAX), strategies }
}

pub(super) fn shape() -> Shape {
    let rule = |text: &str| match text.starts_with(ROOT) && unfilled(text).is_none() {
        true => rules::namespace(text),
        false => Err("outside the tenants' own".into()),
    };
    let (root, variables) = (regex::escape(ROOT).replace("\\-", "-"), VARIABLES.join("|"));
    let namespace = forms::namespace(rule, format!(r"^{root}([A-Za-z0-9_/-]|\{{({variables})\}})*$"));
    let says = format!("Where its records go: `{ROOT}` and what follows; {{actorId}} is TIER-TENANT-USER.");
    let strategy = Shape::section(
        "What is extracted from conversations.",
        [
            must("type", Shape::words("Facts, a summary, or what a user prefers.", TYPES.iter().map(|(name, _)| *name))),
            must("namespace", Shape::text(&says, namespace)),
        ],
    );
    let strategies = Shape::entries("What is extracted from conversations, and where it is kept.", forms::strategy_name(), strategy);
    Shape::section(
        "The memory of the tier's agents; `{}` keeps events and extracts nothing.",
        [
            may("expiry_days", Shape::whole("Days that events are kept.", EXPIRY).or_else(EXPIRY_DAYS)),
            may("strategies", strategies.at_most(MOST_STRATEGIES)),
        ],
    )
}

fn extracts(strategy: &Section, findings: &mut Findings) -> Option<Extracts> {
    let names = TYPES.iter().map(|(name, _)| *name);
    let node = strategy.required("type", &format!("write one of: {}", names.clone().collect::<Vec<_>>().join(", ")), findings)?;
    let text = findings.text(node, &format!("`type` of {}", strategy.what()))?;
    let known = TYPES.iter().find(|(name, _)| *name == text).map(|(_, extracts)| *extracts);
    if known.is_none() {
        let summary = format!("{} can't be `type` of {}", quoted(text), strategy.what());
        findings.error(node.span, summary, "", choices(text, "it is one of", names));
    }
    known
}

fn namespace(strategy: &Section, findings: &mut Findings) -> Option<String> {
    let node = strategy.required("namespace", &format!("write where its records go, such as `{ROOT}facts/{{sessionId}}`"), findings)?;
    let text = findings.ruled(node, &format!("`namespace` of {}", strategy.what()), rules::namespace)?;
    if !text.starts_with(ROOT) {
        let summary = format!("the namespace of {} lies outside the tenants' own: {}", strategy.what(), quoted(&text));
        findings.error(
            node.span,
            summary,
            "",
            format!("begin with `{ROOT}`: the tenant's role reads nothing else, and nobody else reads that"),
        );
        return None;
    }
    if let Some(name) = unfilled(&text) {
        let summary = format!("nothing fills {} in the namespace of {}", quoted(&format!("{{{name}}}")), strategy.what());
        findings.error(node.span, summary, "", choices(name, "its variables are", VARIABLES.iter().copied()));
        return None;
    }
    Some(text)
}

/// A variable that nothing fills.
fn unfilled(text: &str) -> Option<&str> {
    text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).find(|name| !VARIABLES.contains(name))
}
