//! Which policies a manifest needs, and which holes each of them may have.

use crate::diagnostic::{Span, choices, quoted};
use crate::manifest::Manifest;
use crate::manifest::section::Findings;
use crate::manifest::yaml::{self, Node, Value};

/// A policy file and the closed list of what it may ask for.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) name: &'static str,
    holes: &'static [&'static str],
}

/// A hole of several values: an item of a list, which becomes as many items.
const SEVERAL: &str = "tools_lambdas.arn";
/// What every policy may ask for. Whatever is listed here and below, `compile` fills.
const EVERYWHERE: &[&str] = &["account", "region", "platform.name", "parameters.root", "claim.tenant"];

const RUNTIME_TRUST: Policy = Policy { name: "runtime-trust", holes: &[] };
const RUNTIME: Policy = Policy { name: "runtime", holes: &["tvm_role.arn"] };
const GATEWAY_TRUST: Policy = Policy { name: "gateway-trust", holes: &[] };
const GATEWAY: Policy = Policy { name: "gateway", holes: &[SEVERAL] };
const TVM_TRUST: Policy = Policy { name: "tvm-trust", holes: &["runtime_role.arn"] };
const TVM: Policy = Policy { name: "tvm", holes: &[] };
const KNOWLEDGE_BASE_TRUST: Policy = Policy { name: "knowledge-base-trust", holes: &[] };
const KNOWLEDGE_BASE: Policy =
    Policy { name: "knowledge-base", holes: &["tier.bucket", "tier.prefix", "vector_index.arn", "embedding_model.arn"] };
const KEY: Policy = Policy { name: "key", holes: &[] };
const BUCKET: Policy = Policy { name: "bucket", holes: &["bucket.name"] };

/// A policy is read only when a section of the manifest leads to it. Every tier has a bucket.
pub(super) fn needed(manifest: &Manifest) -> Vec<&'static Policy> {
    let any = |has: fn(&crate::manifest::Tier) -> bool| manifest.tiers.values().any(has);
    let (runtime, gateway) = (any(|t| t.runtime.is_some()), any(|t| t.gateway.is_some()));
    let list: [(bool, &'static [Policy]); 6] = [
        (runtime, &[RUNTIME_TRUST, RUNTIME]),
        (gateway, &[GATEWAY_TRUST, GATEWAY]),
        (runtime, &[TVM_TRUST, TVM]),
        (any(|t| t.knowledge_base.is_some()), &[KNOWLEDGE_BASE_TRUST, KNOWLEDGE_BASE]),
        (!manifest.tiers.is_empty(), &[BUCKET]),
        (manifest.data.is_some(), &[KEY]),
    ];
    list.into_iter().filter(|(needed, _)| *needed).flat_map(|(_, policies)| policies).collect()
}

pub(super) fn check(policy: &Policy, findings: &mut Findings) {
    // Valid JSON is YAML; the tree gives us places, and keys that stand twice.
    match yaml::parse(findings.source.text()) {
        Ok(root) => {
            if !matches!(root.value, Value::Map(_)) {
                findings.error(
                    root.span,
                    format!("a policy is a mapping, this is {}", root.value.kind()),
                    "",
                    "write `{ \"Version\": …, \"Statement\": […] }`",
                );
            }
            walk(policy, &root, findings);
        }
        Err(error) => findings.error(error.span, "this JSON is unusual beyond what policies need", &error.message, "write it plainly"),
    }
}

fn walk(policy: &Policy, node: &Node, findings: &mut Findings) {
    match &node.value {
        Value::Text(text) => holes(policy, text, node.span, findings),
        Value::List(items) => {
            let alone = |item: &&Node| {
                item.as_text().and_then(|t| t.strip_prefix("{{")?.strip_suffix("}}")).is_none_or(|hole| hole.trim() != SEVERAL)
            };
            items.iter().filter(alone).for_each(|item| walk(policy, item, findings));
        }
        Value::Map(entries) => {
            let mut seen: Vec<(&str, Span)> = Vec::new();
            for (key, value) in entries {
                let name = key.as_text().unwrap_or_default();
                if let Some((_, first)) = seen.iter().find(|(n, _)| *n == name) {
                    findings.twice(
                        key.span,
                        *first,
                        format!("the key {} stands twice", quoted(name)),
                        "keep one: AWS would refuse or drop the other",
                    );
                }
                seen.push((name, key.span));
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
        } else if name == SEVERAL {
            let summary = format!("the hole {} has several values", quoted(name));
            findings.error(place, summary, "", format!("write it alone, as an item of a list: `[\"{{{{{name}}}}}\"]`"));
        }
        from = place.end;
        rest = after;
    }
}
