//! Who may act as a role: never everybody, and for one tenant only a runtime or a function that says which.

use super::grammar::{Place, one_or_many, statements};
use crate::diagnostic::{Span, quoted};
use crate::manifest::section::Findings;
use crate::manifest::yaml::{Node, Value};

/// The session tags by which the policy of the tenants' role keeps them apart.
const TAGS: &[&str] = &["Tier", "ClinicId", "UserId"];
/// The only one who may take the tenants' role on: that of runtimes, or that of one function.
pub(super) const TRUSTED: &str = "trusted_role.arn";
/// What users do with an agent.
const ASK: &str = "bedrock-agentcore:InvokeAgentRuntime";
const WRITE: &str = r#"write `"Principal": { "AWS": "{{trusted_role.arn}}" }`"#;

/// No statement lets everybody in: S3 itself refuses it without a condition, IAM takes it.
pub(super) fn not_everybody(place: Place, root: &Node, findings: &mut Findings) {
    if place == Place::Runtime {
        return users_only_ask(root, findings);
    }
    let what = match place {
        Place::Bucket => "use this bucket",
        Place::Key => "use this key",
        Place::Trust | Place::Identity | Place::Runtime => "assume this role",
    };
    for statement in allowing(root) {
        if let Some((key, _)) = statement.entry("NotPrincipal") {
            let help = "name those who may in `Principal`; `NotPrincipal` belongs to `Deny`";
            findings.error(key.span, format!("everybody but a few may {what}"), "lets in all other accounts", help);
        }
        if matches!(place, Place::Bucket | Place::Key) && statement.get("Condition").is_some_and(|condition| !condition.is_empty()) {
            continue;
        }
        let Some(principal) = statement.get("Principal") else { continue };
        for node in everybody(principal) {
            let help = "name the service or the role that may, in `{ \"Service\": … }` or `{ \"AWS\": … }`";
            findings.error(node.span, format!("everybody may {what}"), "any AWS account", help);
        }
    }
}

/// To a runtime's policy everybody with a good token is `*`, so it is what they may do that has to be narrow.
fn users_only_ask(root: &Node, findings: &mut Findings) {
    let help = format!("allow `{ASK}` alone: whoever gets a shell in the agent's machine acts as its role");
    if !allowing(root).any(|statement| statement.get("Action").map(one_or_many).unwrap_or_default().iter().any(asks)) {
        findings.error(root.span, "nobody may ask this agent", "no statement allows it", format!("allow `{ASK}`"));
    }
    for statement in allowing(root) {
        let beyond = statement.get("Action").map(one_or_many).unwrap_or_default().iter().filter(|action| !asks(action));
        for action in beyond.chain(statement.get("NotAction")) {
            findings.error(action.span, "users may do more with this agent than ask it", "beyond a question", &help);
        }
    }
}

fn asks(action: &Node) -> bool {
    action.as_text().is_some_and(|text| text.eq_ignore_ascii_case(ASK))
}

/// A tenants' role: for one other role alone, and with the tags that its policy goes by.
pub(super) fn one_tenant(root: &Node, findings: &mut Findings) {
    if allowing(root).next().is_none() {
        let help = format!("write a statement that allows `{{{{{TRUSTED}}}}}` the actions `sts:AssumeRole` and `sts:TagSession`");
        findings.error(root.span, "nobody may assume this role", "no statement allows it", help);
    }
    for statement in allowing(root) {
        let Some(principal) = statement.get("Principal") else { continue };
        let place = statement.entry("Principal").map_or(statement.span, |(key, _)| key.span);
        let strangers: Vec<(Span, String)> = match &principal.value {
            // Everybody was reported, and what is no mapping as well.
            Value::Map(kinds) => kinds
                .iter()
                .flat_map(|(kind, named)| one_or_many(named).iter().map(move |name| (kind, name)))
                .filter(|(kind, name)| kind.as_text() != Some("AWS") || !is(name, TRUSTED))
                .filter_map(|(_, name)| Some((name.span, name.as_text().filter(|text| *text != "*")?.to_owned())))
                .collect(),
            _ => Vec::new(),
        };
        for (span, name) in strangers {
            let help = format!("{WRITE}, and nobody else");
            findings.error(span, format!("{} could act for every tenant", quoted(&name)), "may assume this role", help);
        }
        let missing: Vec<String> = TAGS.iter().filter(|tag| !demands(statement, tag)).map(|tag| format!("`{tag}`")).collect();
        if !missing.is_empty() {
            let example: Vec<String> = TAGS.iter().map(|tag| format!("\"aws:RequestTag/{tag}\": \"?*\"")).collect();
            let help = format!("write `\"Condition\": {{ \"StringLike\": {{ {} }} }}`", example.join(", "));
            let summary = format!("this role may be assumed without the session tag {}", missing.join(", "));
            findings.error(place, summary, "for no tenant in particular", help);
        }
    }
}

fn allowing(root: &Node) -> impl Iterator<Item = &Node> {
    statements(root).filter(|statement| statement.get("Effect").and_then(Node::as_text) == Some("Allow"))
}

/// Where a principal stands for everybody: `"*"`, or `{ "AWS": "*" }`.
fn everybody(principal: &Node) -> impl Iterator<Item = &Node> {
    let named = principal.get("AWS").map_or(std::slice::from_ref(principal), one_or_many);
    named.iter().filter(|node| node.as_text() == Some("*"))
}

/// Whether the principal is that hole, and nothing else.
fn is(name: &Node, hole: &str) -> bool {
    let inner = name.as_text().and_then(|text| text.strip_prefix("{{")?.strip_suffix("}}"));
    inner.is_some_and(|inner| inner.trim() == hole)
}

/// Whether a request without the tag, or with an empty one, does not match.
fn demands(statement: &Node, tag: &str) -> bool {
    let wanted = format!("aws:RequestTag/{tag}");
    let Some(Value::Map(operators)) = statement.get("Condition").map(|node| &node.value) else { return false };
    operators.iter().any(|(operator, keys)| {
        let positive = matches!(operator.as_text(), Some("StringLike" | "StringEquals" | "StringEqualsIgnoreCase"));
        let Value::Map(keys) = &keys.value else { return false };
        positive
            && keys.iter().filter(|(key, _)| key.as_text().is_some_and(|key| key.eq_ignore_ascii_case(&wanted))).any(|(_, values)| {
                one_or_many(values).iter().all(|value| value.as_text().is_some_and(|text| text.chars().any(|c| c != '*')))
            })
    })
}
