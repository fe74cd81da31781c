//! Tool definitions as AgentCore's gateways take them: a list of tools with schemas of five keywords.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use serde_json::{Value as Json, json};

use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span, choices, quoted};
use crate::isolation::cedar;
use crate::isolation::inputs::{self, Says};
use crate::manifest::section::{Findings, Section, entries};
use crate::manifest::yaml::{self, Node, Value};
use crate::manifest::{Claims, Located};
use crate::names::TierName;

const TYPES: &[&str] = &["string", "number", "object", "array", "boolean", "integer"];
const SCHEMA: &[&str] = &["type", "properties", "required", "items", "description"];

pub(super) fn check(value: &Json, findings: &mut Findings) {
    // Valid JSON is YAML, and only the tree knows places.
    let root = match yaml::parse(findings.source.text()) {
        Ok(root) => root,
        Err(error) => return findings.error(error.span, "this JSON is unusual beyond what tools need", &error.message, "write it plainly"),
    };
    let Value::List(tools) = &root.value else {
        let summary = format!("expected a list of tools, found {}", root.value.kind());
        return findings.error(root.span, summary, "", "write `[ { \"name\": …, \"description\": …, \"inputSchema\": … } ]`");
    };
    if value.as_array().is_some_and(Vec::is_empty) {
        findings.error(root.span, "there is no tool in this file", "", "write at least one tool, or remove `gateway` from the tier");
    }
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for node in tools {
        let what = match node.get("name").and_then(Node::as_text) {
            Some(name) => format!("tool {}", quoted(name)),
            None => "a tool".into(),
        };
        let tool = Section::open(node, node.span, &what, &["name", "description", "inputSchema", "outputSchema"], findings);
        if !matches!(node.value, Value::Map(_)) {
            continue;
        }
        if let Some(name) = tool.required("name", "write the name that agents call", findings) {
            let text = findings.ruled(name, "a tool's name", tool_name);
            if let Some(first) = text.and(name.as_text()).and_then(|text| seen.insert(text, name.span)) {
                findings.twice(name.span, first, format!("{what} stands twice"), "give each tool its own name");
            }
        }
        if let Some(description) = tool.required("description", "write what it does: agents choose tools by it", findings) {
            findings.ruled(description, &format!("`description` of {what}"), filled);
        }
        if let Some(input) =
            tool.required("inputSchema", "write `{ \"type\": \"object\", \"properties\": {} }` for a tool without arguments", findings)
        {
            schema(input, tool.span("inputSchema"), &format!("`inputSchema` of {what}"), findings);
            shut(input, &what, findings);
        }
        if let Some(output) = tool.get("outputSchema") {
            schema(output, tool.span("outputSchema"), &format!("`outputSchema` of {what}"), findings);
        }
    }
}

/// Inputs by which a caller chooses whose data a tool works on.
pub(super) fn bound(
    tools: &Json,
    policies: Option<&[String]>,
    claims: &Claims,
    tier: &TierName,
    path: &Located<PathBuf>,
    manifest: &Arc<Source>,
) -> Diagnostics {
    let mut found = Diagnostics::default();
    let [claim_tier, claim_tenant] = [&claims.tier, &claims.tenant].map(|name| format!("custom:{name}"));
    let names = cedar::Claims { tier: &claim_tier, tenant: &claim_tenant, input: &claims.tenant };
    for free in inputs::unbound(tools, policies, names, tier.as_str()) {
        let (tool, input) = (quoted(&free.tool), quoted(&free.input));
        let summary = match policies {
            Some(_) => format!("tool {tool} takes {input}, and no policy of the gateway of tier `{tier}` binds it to the caller"),
            None => format!("tool {tool} takes {input}, and there are no policies that could bind it to the caller"),
        };
        let (label, mut help) = match free.says {
            Says::Whose => (
                "callers choose whose data they get",
                format!(
                    "remove the property, or let a policy ask for `context.input.{} == principal.getTag(\"{claim_tenant}\")`",
                    free.input
                ),
            ),
            Says::Request => (
                "callers write what the gateway should",
                "remove the property: who asks is for the gateway to say, not for an argument".to_owned(),
            ),
        };
        if policies.is_none() && free.says == Says::Whose {
            help += "; policies need `policy: { mode: enforce }` and `policies` beside `tools`";
        }
        found.push(Diagnostic::error(manifest, path.span, summary).label(label).help(help));
    }
    found
}

/// The tools under the names that a gateway gives them.
pub(crate) fn as_seen(tools: &Json, target: &str) -> Result<Json> {
    let mut tools = tools.clone();
    for tool in tools.as_array_mut().context("tool definitions are a list")? {
        let name = tool.get("name").and_then(Json::as_str).context("a tool without a name")?;
        let name = format!("{target}___{name}");
        tool.as_object_mut().context("a tool is a mapping")?.insert("name".into(), name.into());
    }
    Ok(tools)
}

/// The tools as MCP's `tools/list` answers them, which is how registries take them.
pub(super) fn published(seen: &impl serde::Serialize) -> String {
    json!({ "tools": seen }).to_string()
}

fn tool_name(text: &str) -> Result<(), String> {
    let fits = (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if fits { Ok(()) } else { Err("write 1 to 64 letters a-z, digits, `_` or `-`".into()) }
}

fn filled(text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err("write at least a word".into()) } else { Ok(()) }
}

fn schema(node: &Node, span: Span, what: &str, findings: &mut Findings) {
    let section = Section::open(node, span, what, SCHEMA, findings);
    if !matches!(node.value, Value::Map(_)) {
        return;
    }
    let kind = section.required("type", &format!("write one of: {}", TYPES.join(", ")), findings).and_then(|node| {
        let text = findings.text(node, &format!("`type` of {what}"))?;
        if !TYPES.contains(&text) {
            findings.error(
                node.span,
                format!("{} can't be `type` of {what}", quoted(text)),
                "",
                choices(text, "it is one of", TYPES.iter().copied()),
            );
        }
        Some(text)
    });
    if let Some(description) = section.get("description") {
        findings.text(description, &format!("`description` of {what}"));
    }
    let mut names = Vec::new();
    if let Some(properties) = section.get("properties") {
        for (name, (span, body)) in entries(properties, section.span("properties"), &format!("`properties` of {what}"), findings) {
            schema(body, span, &format!("{} of {what}", quoted(name)), findings);
            names.push(name);
        }
    }
    required(&section, &names, findings);
    if let Some(items) = section.get("items") {
        schema(items, section.span("items"), &format!("`items` of {what}"), findings);
    } else if kind == Some("array") {
        findings.error(section.span("type"), format!("{what} is an array without `items`"), "", "write `items`: what the array holds");
    }
}

/// Gateways with policies check each call against the schema, where an object has its properties and no others.
fn shut(input: &Node, what: &str, findings: &mut Findings) {
    let properties = input.get("properties").map(|properties| &properties.value);
    let Some(Value::Map(properties)) = properties else { return };
    for (name, schema) in properties {
        // What an array holds is judged like the array itself.
        let mut inner = schema;
        while let Some(items) = inner.get("items") {
            inner = items;
        }
        let object = inner.get("type").and_then(Node::as_text) == Some("object");
        if object && inner.get("properties").is_none_or(Node::is_empty) {
            let summary = format!("{} of {what} is an object without properties", quoted(name.as_text().unwrap_or_default()));
            let help = "name its `properties`: policies refuse a call that gives it any";
            findings.warning(name.span, summary, "takes nothing but `{}`", help);
        }
        shut(inner, what, findings);
    }
}

/// A required property that doesn't exist could never be given.
fn required(section: &Section, names: &[&str], findings: &mut Findings) {
    for found in section.texts("required", |_| Ok(()), findings).into_iter().flatten() {
        if !names.contains(&found.value.as_str()) {
            let help = choices(&found.value, "its properties are", names.iter().copied());
            findings.error(
                found.span,
                format!("{} requires {}, which is no property of it", section.what(), quoted(&found.value)),
                "",
                help,
            );
        }
    }
}
