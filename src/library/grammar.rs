//! The grammar of policies: what IAM or S3 would refuse half-way through an apply is found before anything is sent.

use std::collections::BTreeMap;

use crate::diagnostic::{Span, choices, quoted};
use crate::manifest::section::{Findings, Section, entries};
use crate::manifest::yaml::{Node, Value};

/// What a policy is attached to, which decides what its statements must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Who may assume a role.
    Trust,
    /// What a role may do.
    Identity,
    /// Who may do what with a bucket.
    Bucket,
    /// Who may do what with a KMS key.
    Key,
    /// Who may do what with a runtime or its endpoint.
    Runtime,
}

/// The runtime or the endpoint that a policy of one is for.
pub(super) const RESOURCE: &str = "resource.arn";

impl Place {
    fn one_of(self) -> &'static [[&'static str; 2]] {
        match self {
            Self::Trust => &[["Principal", "NotPrincipal"], ["Action", "NotAction"]],
            Self::Identity => &[["Action", "NotAction"], ["Resource", "NotResource"]],
            Self::Bucket | Self::Key | Self::Runtime => {
                &[["Principal", "NotPrincipal"], ["Action", "NotAction"], ["Resource", "NotResource"]]
            }
        }
    }

    fn called(self) -> &'static str {
        match self {
            Self::Trust => "a trust policy",
            Self::Identity => "a role's policy",
            Self::Bucket => "a bucket policy",
            Self::Key => "a key policy",
            Self::Runtime => "a runtime's policy",
        }
    }
}

/// The only version in which `${aws:PrincipalTag/…}` is more than its own letters.
const VERSION: &str = "2012-10-17";
const STATEMENT: &[&str] = &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
const PRINCIPALS: &[&str] = &["AWS", "Service", "Federated", "CanonicalUser"];
const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
];

/// A list, or one value by itself.
pub(super) fn one_or_many(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => std::slice::from_ref(node),
    }
}

/// The statements that are mappings.
pub(super) fn statements(root: &Node) -> impl Iterator<Item = &Node> {
    root.get("Statement").map(one_or_many).unwrap_or_default().iter().filter(|node| matches!(node.value, Value::Map(_)))
}

/// Judges a policy; `fill` gives a text as it will be once its holes are filled.
pub(super) fn check(place: Place, root: &Node, fill: &dyn Fn(&str) -> String, findings: &mut Findings) {
    let top = Section::open(root, root.span, "the policy", &["Version", "Id", "Statement"], findings);
    if top.is_broken() {
        return;
    }
    let help = format!("write `\"Version\": \"{VERSION}\"`: without it `${{…}}` is plain text to AWS");
    if let Some(version) = top.required("Version", &help, findings)
        && version.as_text() != Some(VERSION)
    {
        findings.error(version.span, "the policy is of another version", "", help);
    }
    let Some(list) = top.required("Statement", "write `\"Statement\": [ { \"Effect\": …, \"Action\": … } ]`", findings) else { return };
    if list.is_empty() {
        findings.error(list.span, "the policy has no statement", "", "write at least one: AWS takes no empty policy");
    }
    let mut sids = BTreeMap::new();
    for node in one_or_many(list) {
        statement(place, node, fill, &mut sids, findings);
    }
}

fn statement<'n>(place: Place, node: &'n Node, fill: &dyn Fn(&str) -> String, sids: &mut BTreeMap<&'n str, Span>, findings: &mut Findings) {
    let sid = node.get("Sid").and_then(Node::as_text);
    let what = sid.map_or_else(|| "the statement".into(), |sid| format!("statement {}", quoted(sid)));
    let section = Section::open(node, node.span, &what, STATEMENT, findings);
    if section.is_broken() {
        return;
    }
    if let Some(node) = section.get("Sid")
        && let Some(text) = findings.text(node, "`Sid`")
    {
        if place != Place::Bucket && !text.chars().all(|c| c.is_ascii_alphanumeric()) {
            findings.error(node.span, format!("{} can't be a `Sid`", quoted(text)), "", "write letters a-z and digits only");
        }
        if let Some(first) = sids.insert(text, node.span).filter(|_| !text.is_empty()) {
            findings.twice(node.span, first, format!("{what} stands twice"), "give each statement its own `Sid`");
        }
    }
    if let Some(effect) = section.required("Effect", "write `\"Effect\": \"Allow\"` or `\"Deny\"`", findings)
        && !matches!(effect.as_text(), Some("Allow" | "Deny"))
    {
        let help = choices(effect.as_text().unwrap_or_default(), "it is one of", ["Allow", "Deny"]);
        findings.error(effect.span, format!("`Effect` of {what} is neither Allow nor Deny"), "", help);
    }
    parts(place, &section, findings);
    for key in ["Action", "NotAction"] {
        texts(&section, key, |text| action(place, text), findings);
    }
    for key in ["Resource", "NotResource"] {
        texts(&section, key, |text| resource(place, text, fill), findings);
    }
    principals(place, &section, fill, findings);
    condition(&section, findings);
}

/// Each pair stands exactly once where it belongs, and not where it doesn't.
fn parts(place: Place, section: &Section, findings: &mut Findings) {
    for [name, not] in place.one_of() {
        match (section.get(name), section.get(not)) {
            (None, None) => {
                findings.error(
                    section.span(""),
                    format!("{} has no `{name}`", section.what()),
                    "",
                    format!("{} needs one", place.called()),
                );
            }
            (Some(_), Some(_)) => {
                let summary = format!("{} has both `{name}` and `{not}`", section.what());
                findings.twice(section.span(not), section.span(name), summary, "keep one of them: AWS takes no statement with both");
            }
            _ => {}
        }
    }
    let foreign = STATEMENT.iter().filter(|key| key.ends_with("Principal") || key.ends_with("Resource"));
    for key in foreign.filter(|key| section.get(key).is_some() && !place.one_of().as_flattened().contains(*key)) {
        let summary = format!("{} has a `{key}`, which {} can't have", section.what(), place.called());
        findings.error(section.span(key), summary, "", format!("remove it: {} is about the role that has it", place.called()));
    }
}

/// One text or a list of them, each by the rule.
fn texts(section: &Section, key: &str, rule: impl Fn(&str) -> Result<(), String>, findings: &mut Findings) {
    let Some(node) = section.get(key) else { return };
    if node.is_empty() && matches!(node.value, Value::List(_)) {
        findings.error(node.span, format!("`{key}` of {} is empty", section.what()), "", "write at least one, or remove the statement");
    }
    for item in one_or_many(node) {
        let Some(text) = findings.text(item, &format!("`{key}` of {}", section.what())) else { continue };
        if let Err(why) = rule(text) {
            findings.error(item.span, format!("{} can't be `{key}` of {}", quoted(text), section.what()), "", why);
        }
    }
}

fn action(place: Place, text: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "*?-".contains(c);
    let service = match text.split_once(':') {
        Some((service, name)) if !service.is_empty() && !name.is_empty() && text.replacen(':', "", 1).chars().all(fits) => service,
        _ if text == "*" && place != Place::Trust => return Ok(()),
        _ => return Err("write `SERVICE:ACTION`, such as `s3:GetObject`".into()),
    };
    match place {
        Place::Trust if !service.eq_ignore_ascii_case("sts") => {
            Err("a trust policy is about actions of `sts`, such as `sts:AssumeRole`".into())
        }
        Place::Bucket if !service.eq_ignore_ascii_case("s3") => {
            Err("a bucket policy is about actions of `s3`, such as `s3:GetObject`".into())
        }
        Place::Runtime if !service.eq_ignore_ascii_case("bedrock-agentcore") => {
            Err("a runtime's policy is about actions of `bedrock-agentcore`, such as `bedrock-agentcore:InvokeAgentRuntime`".into())
        }
        Place::Key if !service.eq_ignore_ascii_case("kms") => Err("a key policy is about actions of `kms`, such as `kms:Decrypt`".into()),
        _ => Ok(()),
    }
}

fn resource(place: Place, text: &str, fill: &dyn Fn(&str) -> String) -> Result<(), String> {
    let filled = fill(text);
    match place {
        Place::Runtime if filled == fill(&format!("{{{{{RESOURCE}}}}}")) => Ok(()),
        Place::Runtime => Err(format!("write `{{{{{RESOURCE}}}}}`: the file is rendered once for a runtime and once for its endpoint")),
        Place::Bucket => {
            let inside = filled.strip_prefix(&fill("arn:aws:s3:::{{bucket.name}}"));
            match inside {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => Ok(()),
                _ => Err("write `arn:aws:s3:::{{bucket.name}}`, or with `/*` after it: S3 takes no other bucket here".into()),
            }
        }
        Place::Key if filled != "*" => Err("write `*`: in a key policy it stands for this key".into()),
        _ if filled == "*" || is_arn(&filled) => Ok(()),
        _ => Err("write an ARN, `arn:aws:SERVICE:REGION:ACCOUNT:NAME`, or `*`".into()),
    }
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.splitn(6, ':').count() == 6
}

fn principals(place: Place, section: &Section, fill: &dyn Fn(&str) -> String, findings: &mut Findings) {
    for key in ["Principal", "NotPrincipal"] {
        let Some(node) = section.get(key).filter(|_| place != Place::Identity) else { continue };
        if node.as_text() == Some("*") {
            continue;
        }
        let what = format!("`{key}` of {}", section.what());
        let kinds = Section::open(node, section.span(key), &what, PRINCIPALS, findings);
        if node.is_empty() {
            findings.error(node.span, format!("{what} names nobody"), "", "write `{ \"Service\": … }` or `{ \"AWS\": … }`");
        }
        texts(&kinds, "AWS", |text| account_or_arn(&fill(text)), findings);
        texts(&kinds, "Service", |text| service(&fill(text)), findings);
        for kind in ["Federated", "CanonicalUser"] {
            texts(&kinds, kind, |_| Ok(()), findings);
        }
    }
}

fn account_or_arn(text: &str) -> Result<(), String> {
    let account = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    let fits = text == "*" || account || (is_arn(text) && !text.contains('*'));
    if fits { Ok(()) } else { Err("write an account's 12 digits, or the whole ARN of a role or user: AWS takes no pattern here".into()) }
}

fn service(text: &str) -> Result<(), String> {
    if text.contains('.') && !text.contains([':', '*', '/']) {
        Ok(())
    } else {
        Err("write a service such as `bedrock.amazonaws.com`".into())
    }
}

/// Operator to condition key to values.
fn condition(section: &Section, findings: &mut Findings) {
    let Some(node) = section.get("Condition") else { return };
    let what = format!("`Condition` of {}", section.what());
    for (operator, (span, keys)) in entries(node, section.span("Condition"), &what, findings) {
        let bare = operator.split_once(':').filter(|(set, _)| matches!(*set, "ForAllValues" | "ForAnyValue")).map_or(operator, |(_, o)| o);
        let bare = bare.strip_suffix("IfExists").unwrap_or(bare);
        if !OPERATORS.iter().any(|known| known.eq_ignore_ascii_case(bare)) {
            let help = choices(bare, "operators are", OPERATORS.iter().copied());
            findings.error(span, format!("{} is no operator of conditions", quoted(operator)), "", help);
        }
        for (key, (span, values)) in entries(keys, span, &format!("{} in {what}", quoted(operator)), findings) {
            if !key.contains(':') {
                let help = "write `SERVICE:KEY`, such as `aws:SourceAccount`";
                findings.error(span, format!("{} is no condition key", quoted(key)), "", help);
            }
            for value in one_or_many(values) {
                if !matches!(value.value, Value::Text(_) | Value::Number | Value::Bool) {
                    let summary = format!("expected a text for {} in {what}, found {}", quoted(key), value.value.kind());
                    findings.error(value.span, summary, "", "write a text, or a list of texts");
                }
            }
        }
    }
}
