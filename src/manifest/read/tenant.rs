//! One tenant: their tier, name, settings and users.

use std::collections::{BTreeMap, BTreeSet};

use super::super::section::{Findings, Section, entries};
use super::super::shape::{Known, Shape, may, must};
use super::super::yaml::{Node, Value};
use super::super::{Located, Setting, Standing, Tenant, User, forms, rules};
use super::rate_limit;
use crate::diagnostic::{Code, Diagnostic, Span, choices, quoted};
use crate::names::TierName;

/// All settings of a tenant together; they stand in one parameter of 4 KB, beside names of ours.
const MOST_SETTINGS_BYTES: usize = 3000;

pub(super) fn read(id: &str, span: Span, body: &Node, tiers: &BTreeSet<String>, findings: &mut Findings) -> Option<Tenant> {
    let what = format!("tenant {}", quoted(id));
    let section = Section::open(body, span, &what, &["tier", "name", "suspended", "settings", "users", "rate_limit"], findings);
    let tier = section.required("tier", &format!("write one of: {}", list(tiers)), findings);
    let tier = tier.and_then(|node| tier_name(&what, node, tiers, findings));
    let name = section.required("name", "write the name that people know the tenant by", findings);
    let name = name.and_then(|node| findings.ruled(node, &format!("`name` of {what}"), rules::display_name));
    let settings = settings(&section, findings);
    let users = users(&section, findings);
    let rate_limit = rate_limit::read(&section, findings);
    let standing = standing(&section, findings);
    Some(Tenant { tier: tier?, name: name?, settings, users, rate_limit, standing })
}

/// `suspended: true` disables the tenant's users and signs them out, disables the tenant's own API key, and marks the tenant's
/// row. Whatever the tenant has stays; `false`, or no such key, is a tenant like any other.
fn standing(tenant: &Section, findings: &mut Findings) -> Standing {
    let Some(node) = tenant.get("suspended") else { return Standing::Active };
    if !matches!(node.value, Value::Bool) {
        let summary = format!("expected true or false for `suspended` of {}, found {}", tenant.what(), node.value.kind());
        let span = if matches!(node.value, Value::Null) { tenant.span("suspended") } else { node.span };
        let help = "write `suspended: true`, which keeps the tenant's users and API key out and all of their data in, or remove the line";
        findings.error(span, summary, "", help);
        return Standing::Active;
    }
    if findings.source.slice(node.span).eq_ignore_ascii_case("true") { Standing::Suspended } else { Standing::Active }
}

pub(super) fn shape(known: &Known) -> Shape {
    let fact = || [Shape::text("", forms::setting()), Shape::plain("Read as it is written.")];
    let facts = Shape::list("", Shape::either("", fact()));
    let setting = Shape::either("A text, a number, a truth value, or a list of them.", fact().into_iter().chain([facts]));
    let settings = format!("Free facts about the tenant, for its agents; together at most {MOST_SETTINGS_BYTES} bytes.");
    let user = Shape::section(
        "Somebody who signs in, and belongs to this tenant alone.",
        [
            must("email", Shape::text("The address that they sign in with; it stands once in the whole manifest.", forms::email())),
            must("role", Shape::text("What they are; a claim of their tokens.", forms::role())),
        ],
    );
    let tenant = Shape::section(
        "One tenant.",
        [
            must("tier", Shape::known("The tier that the tenant lives in.", &known.tiers, forms::tier())),
            must("name", Shape::text("The name that people know the tenant by.", forms::display_name())),
            may("suspended", Shape::flag("Keeps the tenant's users and own API key out; whatever the tenant has stays.")),
            may("settings", Shape::entries(&settings, forms::setting_key(), setting)),
            may("users", Shape::list("Who signs in for the tenant.", user).or_else(serde_json::json!([]))),
            may("rate_limit", rate_limit::shape("How often the tenant may call its gateway, in place of what its tier says.")),
        ],
    );
    let says = "The tenants, by their ids: the value of the tenant claim, a part of S3 keys, and what isolation goes by.";
    Shape::entries(says, forms::tenant(), tenant)
}

fn list(tiers: &BTreeSet<String>) -> String {
    tiers.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn tier_name(what: &str, node: &Node, tiers: &BTreeSet<String>, findings: &mut Findings) -> Option<Located<TierName>> {
    let text = findings.text(node, &format!("`tier` of {what}"))?;
    if !tiers.contains(text) {
        let help = if tiers.is_empty() {
            "the manifest has no tiers".into()
        } else {
            choices(text, "tiers are", tiers.iter().map(String::as_str))
        };
        let finding = Diagnostic::error(&findings.source, node.span, format!("{what} names an unknown tier {}", quoted(text)));
        findings.list.push(finding.code(Code::UnknownName).label("no tier has this name").help(help));
        return None;
    }
    // A tier whose name is no name was reported where it stands.
    text.parse().ok().map(|value| Located { value, span: node.span })
}

fn settings(tenant: &Section, findings: &mut Findings) -> BTreeMap<String, Setting> {
    let Some(node) = tenant.get("settings") else { return BTreeMap::new() };
    let what = format!("`settings` of {}", tenant.what());
    let mut settings = BTreeMap::new();
    let mut bytes = 0;
    for (key, (span, value)) in entries(node, tenant.span("settings"), &what, findings) {
        if let Err(why) = rules::setting_key(key) {
            findings.error(span, format!("{} can't be a key of {what}", quoted(key)), "", why);
        }
        let named = format!("{} of {what}", quoted(key));
        let setting = match &value.value {
            Value::List(items) => Setting::Many(items.iter().filter_map(|item| setting_text(item, &named, findings)).collect()),
            _ => match setting_text(value, &named, findings) {
                Some(text) => Setting::One(text),
                None => continue,
            },
        };
        bytes += key.len()
            + match &setting {
                Setting::One(text) => text.len(),
                Setting::Many(texts) => texts.iter().map(|t| t.len() + 3).sum(),
            };
        settings.insert(key.to_owned(), setting);
    }
    if bytes > MOST_SETTINGS_BYTES {
        let help = format!(
            "keep them below {MOST_SETTINGS_BYTES} bytes: they stand in one parameter; longer texts belong into the tenant's documents"
        );
        findings.error(tenant.span("settings"), format!("{what} has {bytes} bytes"), "", help);
    }
    settings
}

/// Settings are free facts, so `beds: 12` and `open: true` need no quotes: they are read as written.
fn setting_text(node: &Node, what: &str, findings: &mut Findings) -> Option<String> {
    match node.value {
        Value::Number | Value::Bool => Some(findings.source.slice(node.span).to_owned()),
        _ => findings.ruled(node, what, rules::setting),
    }
}

fn users(tenant: &Section, findings: &mut Findings) -> Vec<User> {
    let Some(node) = tenant.get("users") else { return Vec::new() };
    let Value::List(items) = &node.value else {
        let summary = format!("expected a list for `users` of {}, found {}", tenant.what(), node.value.kind());
        findings.error(tenant.span("users"), summary, "", "write a line `- { email: …, role: … }` for each user");
        return Vec::new();
    };
    let read = |item: &Node| {
        let span = match &item.value {
            Value::Map(entries) => entries.first().map_or(item.span, |(key, _)| key.span),
            _ => item.span,
        };
        let section = Section::open(item, span, format!("a user of {}", tenant.what()), &["email", "role"], findings);
        section.required("email", "write the address that the user signs in with", findings);
        section.required("role", "write their role, such as `role: physician`", findings);
        let (email, role) = (section.ruled("email", rules::email, findings), section.ruled("role", rules::role, findings));
        Some(User { email: email?, role: role? })
    };
    items.iter().filter_map(read).collect()
}
