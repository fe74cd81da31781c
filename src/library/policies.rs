//! Which policies a manifest needs, and which holes each of them may have.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::grammar::{self, Place};
use super::trust;
use crate::diagnostic::{Span, choices, quoted};
use crate::late::{self, Late};
use crate::manifest::section::Findings;
use crate::manifest::yaml::{self, Node, Value};
use crate::manifest::{LambdaRef, Reading, Tier};

/// A policy file and the closed list of what it may ask for.
#[derive(Debug, Clone)]
pub(super) struct Policy {
    pub(super) name: Cow<'static, str>,
    holes: &'static [&'static str],
}

/// Holes of several values: an item of a list, which becomes as many items.
const LAMBDAS: &str = "tools_lambdas.arn";
const TIERS: &str = "tier.names";
const SEVERAL: &[&str] = &[LAMBDAS, TIERS];
/// What every policy may ask for. Whatever is listed here and below, `compile` fills.
const EVERYWHERE: &[&str] = &["account", "region", "platform.name", "platform.word", "parameters.root", "claim.tenant"];

const RUNTIME_TRUST: Policy = Policy { name: Cow::Borrowed("runtime-trust"), holes: &[] };
const RUNTIME: Policy = Policy { name: Cow::Borrowed("runtime"), holes: &["tvm_role.arn"] };
/// Of every runtime and of its endpoint.
const RUNTIME_RESOURCE: Policy = Policy { name: Cow::Borrowed("runtime-resource"), holes: &[grammar::RESOURCE] };
const GATEWAY_TRUST: Policy = Policy { name: Cow::Borrowed("gateway-trust"), holes: &[] };
const GATEWAY: Policy = Policy { name: Cow::Borrowed("gateway"), holes: &[LAMBDAS] };
/// Of every role that is taken on for one tenant at a time, whoever takes it on.
const TVM_TRUST: Policy = Policy { name: Cow::Borrowed("tvm-trust"), holes: &[trust::TRUSTED, TIERS] };
const TVM: Policy = Policy { name: Cow::Borrowed("tvm"), holes: &[] };
const TOOLS_TVM: Policy = Policy { name: Cow::Borrowed("tools-tvm"), holes: &[] };
const KNOWLEDGE_BASE_TRUST: Policy = Policy { name: Cow::Borrowed("knowledge-base-trust"), holes: &[] };
const KNOWLEDGE_BASE: Policy =
    Policy { name: Cow::Borrowed("knowledge-base"), holes: &["tier.bucket", "tier.prefix", "vector_index.arn", "embedding_model.arn"] };
const API_LOGS_TRUST: Policy = Policy { name: Cow::Borrowed("api-logs-trust"), holes: &[] };
const API_LOGS: Policy = Policy { name: Cow::Borrowed("api-logs"), holes: &[] };
const KEY: Policy = Policy { name: Cow::Borrowed("key"), holes: &[] };
const FUNCTION_TRUST: Policy = Policy { name: Cow::Borrowed("function-trust"), holes: &["function.arn"] };
/// Of every policy that a function names.
const FUNCTION_HOLES: &[&str] = &["function.name", "function.arn", "tvm_role.arn"];
const BUCKET: Policy = Policy { name: Cow::Borrowed("bucket"), holes: &["bucket.name"] };

/// A policy is read only when a section of the manifest leads to it. Every tier has a bucket.
pub(super) fn needed(reading: &Reading) -> Vec<Policy> {
    let tiers = reading.tiers();
    let any = |has: fn(&Tier) -> bool| tiers.values().any(has);
    let (runtime, gateway) = (any(|t| t.runtime.is_some()), any(|t| t.gateway.is_some()));
    let functions = reading.functions();
    let acting = functions.iter().any(|(name, function)| function.acts_for_tenants(name, tiers));
    let list: [(bool, &'static [Policy]); 9] = [
        (runtime, &[RUNTIME_TRUST, RUNTIME, RUNTIME_RESOURCE, TVM]),
        (gateway, &[GATEWAY_TRUST, GATEWAY]),
        (runtime || acting, &[TVM_TRUST]),
        (acting, &[TOOLS_TVM]),
        (any(|t| t.knowledge_base.is_some()), &[KNOWLEDGE_BASE_TRUST, KNOWLEDGE_BASE]),
        (!tiers.is_empty(), &[BUCKET]),
        (reading.has_data(), &[KEY]),
        (reading.has_api(), &[API_LOGS_TRUST, API_LOGS]),
        (!functions.is_empty(), &[FUNCTION_TRUST]),
    ];
    let own = functions.iter().map(|(name, function)| function.policy(name, tiers).to_owned()).collect::<BTreeSet<String>>();
    let own = own.into_iter().map(|name| Policy { name: name.into(), holes: FUNCTION_HOLES });
    list.into_iter().filter(|(needed, _)| *needed).flat_map(|(_, policies)| policies.iter().cloned()).chain(own).collect()
}

/// The holes whose length the manifest decides.
pub(super) struct Several {
    /// The Lambda functions that gateways call.
    lambdas: Vec<String>,
    tiers: Vec<String>,
}

impl Several {
    pub(super) fn of(reading: &Reading) -> Self {
        let tiers = reading.tiers();
        let named: BTreeSet<&LambdaRef> = tiers.values().filter_map(|tier| Some(&tier.gateway.as_ref()?.tools_lambda)).collect();
        let arn = |lambda: &LambdaRef| match lambda {
            LambdaRef::Arn(arn) => arn.clone(),
            LambdaRef::Managed(_) => longest("function.arn"),
        };
        Self { lambdas: named.into_iter().map(arn).collect(), tiers: tiers.keys().map(ToString::to_string).collect() }
    }

    fn values(&self, hole: &str) -> Vec<Late> {
        let several = match hole {
            LAMBDAS => &self.lambdas,
            TIERS => &self.tiers,
            _ => return vec![Late::known(longest(hole))],
        };
        // A manifest that could not be read to the end may lack what the file is for.
        if several.is_empty() { vec![Late::known(longest(hole))] } else { several.iter().map(Late::known).collect() }
    }
}

impl Policy {
    fn place(&self) -> Place {
        match self.name.as_ref() {
            "bucket" => Place::Bucket,
            "key" => Place::Key,
            "runtime-resource" => Place::Runtime,
            name if name.ends_with("-trust") => Place::Trust,
            _ => Place::Identity,
        }
    }
}

pub(super) fn check(policy: &Policy, template: &serde_json::Value, several: &Several, findings: &mut Findings) {
    // Valid JSON is YAML; the tree gives us places, and keys that stand twice.
    let root = match yaml::parse(findings.source.text()) {
        Ok(root) => root,
        Err(error) => {
            return findings.error(error.span, "this JSON is unusual beyond what policies need", &error.message, "write it plainly");
        }
    };
    if !matches!(root.value, Value::Map(_)) {
        let help = "write `{ \"Version\": …, \"Statement\": […] }`";
        findings.error(root.span, format!("a policy is a mapping, this is {}", root.value.kind()), "", help);
        return;
    }
    walk(policy, &root, findings);
    grammar::check(policy.place(), &root, &filled, findings);
    if policy.place() != Place::Identity {
        trust::not_everybody(policy.place(), &root, findings);
    }
    if policy.name == TVM_TRUST.name {
        trust::one_tenant(&root, findings);
    }
    size(policy, template, several, root.span, findings);
}

/// A hole's value at the longest that is plausible; what AWS chooses is known after apply only.
fn longest(hole: &str) -> String {
    match hole {
        "account" => "111122223333".into(),
        "region" => "ap-southeast-2".into(),
        "platform.name" | "platform.word" => "x".repeat(16),
        "parameters.root" => format!("/app/{}", "x".repeat(16)),
        "claim.tenant" => "x".repeat(20),
        _ if hole.ends_with(".arn") => format!("arn:aws:iam::111122223333:role/{}", "x".repeat(64)),
        _ => "x".repeat(63),
    }
}

fn filled(text: &str) -> String {
    late::holes(text).into_iter().map(|part| part.unwrap_or_else(|hole| longest(&hole))).collect()
}

/// A policy that is too large would be refused half-way through an apply.
fn size(policy: &Policy, template: &serde_json::Value, several: &Several, span: Span, findings: &mut Findings) {
    let values = |hole: &str| Some(several.values(hole));
    // A hole where none may be was reported.
    let Ok(rendered) = late::render(template, &values) else { return };
    let text = rendered.to_string();
    let (size, most, unit) = match policy.place() {
        Place::Trust => (counted(&text), 2048, "characters"),
        Place::Identity => (counted(&text), 10_240, "characters"),
        Place::Bucket | Place::Runtime => (text.len(), 20 * 1024, "bytes"),
        Place::Key => (text.len(), 32 * 1024, "bytes"),
    };
    if size > most {
        let summary = format!("the policy comes to {size} {unit} once its holes are filled, and AWS takes {most}");
        findings.error(span, summary, "", "join statements that differ in one action or resource, or use a pattern in place of a list");
    }
}

/// White space is free in IAM.
fn counted(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

fn walk(policy: &Policy, node: &Node, findings: &mut Findings) {
    match &node.value {
        Value::Text(text) => holes(policy, text, node.span, findings),
        Value::List(items) => {
            let alone = |item: &&Node| {
                item.as_text().and_then(|t| t.strip_prefix("{{")?.strip_suffix("}}")).is_none_or(|hole| !SEVERAL.contains(&hole.trim()))
            };
            items.iter().filter(alone).for_each(|item| walk(policy, item, findings));
        }
        Value::Map(entries) => {
            for (key, value) in entries {
                let name = key.as_text().unwrap_or_default();
                if name.contains("{{") {
                    findings.error(key.span, format!("the key {} has a hole", quoted(name)), "", "holes are filled in values only");
                }
                walk(policy, value, findings);
            }
        }
        Value::Null | Value::Bool | Value::Number => {}
    }
}

/// Holes in a text; an opening without an end is one too, of no known name.
fn holes(policy: &Policy, text: &str, span: Span, findings: &mut Findings) {
    let mut rest = text;
    // Where the same hole stands several times in one text, each is shown at its own place.
    let mut from = span.start;
    while let Some((_, after)) = rest.split_once("{{") {
        let written = findings.source.text().get(from..span.end).and_then(|t| t.find("{{")).map(|at| from + at);
        let Some((hole, after)) = after.split_once("}}") else {
            let start = written.unwrap_or(span.start);
            findings.error(Span { start, end: span.end }, "a hole has no end", "", "write `}}` after its name");
            return;
        };
        let place = written.map_or(span, |start| {
            let end = findings.source.text().get(start..span.end).and_then(|t| t.find("}}")).map_or(span.end, |at| start + at + 2);
            Span { start, end }
        });
        let name = hole.trim();
        let known = EVERYWHERE.iter().chain(policy.holes).copied();
        if !known.clone().any(|k| k == name) {
            let help = choices(name, &format!("holes of {} are", policy.name), known);
            findings.error(place, format!("nothing fills the hole {}", quoted(name)), "unknown hole", help);
        } else if SEVERAL.contains(&name) {
            let summary = format!("the hole {} has several values", quoted(name));
            findings.error(place, summary, "", format!("write it alone, as an item of a list: `[\"{{{{{name}}}}}\"]`"));
        }
        from = place.end;
        rest = after;
    }
}
