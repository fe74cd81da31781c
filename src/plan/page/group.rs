//! Tenants whose changes are equal but for their own names, e-mails and ids: ten thousand are read as one.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;
use serde_json::Value;

use super::consequence::Consequence;
use super::risk::RiskKind;
use super::tenant::{TenantAction, TenantChange};
use super::{Action, ResourceChange};
use crate::kinds::{Kind as _, User};
use crate::names::{TenantId, TierName};
use crate::plan::FieldChange;

/// Whether a renderer may put a group in one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fold {
    Folds,
    /// It destroys, shuts, moves or opens something: every member is named.
    Never,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Group {
    /// `g1`, in the order of the page.
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) action: TenantAction,
    /// Of groups that are of one tier by what they do.
    pub(crate) tier: Option<TierName>,
    /// What happens to each member's resources, with placeholders for what is the member's own.
    pub(crate) shapes: Vec<Shape>,
    /// By id.
    pub(crate) members: Vec<TenantId>,
    pub(crate) fold: Fold,
    pub(crate) risk: Option<RiskKind>,
    /// All members' together.
    pub(crate) consequences: Vec<Consequence>,
}

/// Equal changes of equal resources.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Shape {
    pub(crate) action: Action,
    /// In words.
    pub(crate) kind: String,
    /// Empty where the members' names have nothing in common.
    pub(crate) name: String,
    /// Of all members together.
    pub(crate) count: usize,
    /// Empty for what is new.
    pub(crate) fields: Vec<FieldChange>,
    /// Of new users: how many of all members' come in which role.
    pub(crate) roles: BTreeMap<String, usize>,
}

impl Group {
    /// Most groups are shown by these, and by how to see the rest.
    pub(crate) const EXAMPLES: usize = 3;
    /// How many groups a page has room for.
    pub(crate) const SHOWN: usize = 20;

    pub(crate) fn examples(&self) -> &[TenantId] {
        self.members.get(..Self::EXAMPLES).unwrap_or(&self.members)
    }
}

/// Sorts tenants into groups, and tells each which is its own.
pub(super) fn of(tenants: &mut [TenantChange<'_>]) -> Vec<Group> {
    let mut alike: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, tenant) in tenants.iter().enumerate().filter(|(_, t)| !t.is_only_drift()) {
        alike.entry(signature(tenant)).or_default().push(at);
    }
    let mut groups: Vec<(Group, Vec<usize>)> =
        alike.into_values().filter_map(|members| Some((group(tenants, &members)?, members))).collect();
    groups.sort_by(|(a, _), (b, _)| order(a).cmp(&order(b)));
    let mut named = Vec::new();
    for (n, (mut group, members)) in groups.into_iter().enumerate() {
        group.id = format!("g{}", n + 1);
        for at in members {
            if let Some(tenant) = tenants.get_mut(at) {
                tenant.group.clone_from(&group.id);
            }
        }
        named.push(group);
    }
    named
}

/// By risk, then by size.
fn order(group: &Group) -> (bool, Option<RiskKind>, std::cmp::Reverse<usize>, Option<&TenantId>) {
    (group.risk.is_none(), group.risk, std::cmp::Reverse(group.members.len()), group.members.first())
}

fn group(tenants: &[TenantChange<'_>], members: &[usize]) -> Option<Group> {
    let all = || members.iter().filter_map(|at| tenants.get(*at));
    let first = all().next()?;
    let risk = all().filter_map(TenantChange::risk).min();
    let mut shapes = shapes(first);
    for shape in &mut shapes {
        shape.count = 0;
        shape.roles.clear();
    }
    for resource in all().flat_map(TenantChange::intended) {
        if let Some(shape) = shapes.iter_mut().find(|s| s.action == resource.action && s.kind == resource.kind && fits(s, resource)) {
            shape.count += 1;
            if let Some(role) = &resource.role {
                *shape.roles.entry(role.clone()).or_default() += 1;
            }
        }
    }
    Some(Group {
        id: String::new(),
        action: first.action.clone(),
        tier: if is_of_a_tier(first) { first.tier.clone() } else { None },
        shapes,
        members: all().map(|t| t.id.clone()).collect(),
        fold: if risk.is_some() { Fold::Never } else { Fold::Folds },
        risk,
        consequences: Consequence::together(all().flat_map(|t| t.consequences.clone())),
    })
}

/// Of one shape are resources that change in the same fields; what the fields say is equal within a group.
fn fits(shape: &Shape, resource: &ResourceChange<'_>) -> bool {
    let paths = || resource.fields.iter().map(|f| &f.path);
    shape.fields.is_empty() || (shape.fields.len() == resource.fields.len() && shape.fields.iter().map(|f| &f.path).eq(paths()))
}

/// Who comes and goes does so in a tier; a change of what exists may be the same everywhere.
fn is_of_a_tier(tenant: &TenantChange<'_>) -> bool {
    matches!(tenant.action, TenantAction::Create | TenantAction::Leave | TenantAction::Delete | TenantAction::Move { .. })
}

/// Whether all of its users come with it, or go with it: how many there are makes no difference then.
fn takes_its_users(tenant: &TenantChange<'_>) -> bool {
    !matches!(tenant.action, TenantAction::Change)
}

fn signature(tenant: &TenantChange<'_>) -> String {
    let tier = tenant.tier.as_ref().filter(|_| is_of_a_tier(tenant)).map(ToString::to_string).unwrap_or_default();
    let mut text = format!("{:?} {tier}", tenant.action);
    for shape in shapes(tenant) {
        let count = if takes_its_users(tenant) { 0 } else { shape.count };
        text.push_str(&format!("\n{:?} {} {} {count}", shape.action, shape.kind, shape.name));
        for field in &shape.fields {
            text.push_str(&format!("\n {} {} {}", field.path, field.before, field.after));
        }
    }
    text
}

/// A tenant's intended changes with placeholders, equal ones counted.
fn shapes(tenant: &TenantChange<'_>) -> Vec<Shape> {
    let mut shapes: Vec<Shape> = Vec::new();
    for resource in tenant.intended() {
        let name = match resource.address.kind() {
            User::NAME => String::new(),
            _ => anonymous(&resource.name, tenant.id.as_str()),
        };
        let fields = match resource.action {
            Action::Create | Action::Delete => Vec::new(),
            _ => resource.fields.iter().map(|field| without_own(field, tenant.id.as_str())).collect(),
        };
        let alike = |s: &&mut Shape| s.action == resource.action && s.kind == resource.kind && s.name == name && s.fields == fields;
        match shapes.iter_mut().find(alike) {
            Some(shape) => shape.count += 1,
            None => {
                shapes.push(Shape { action: resource.action, kind: resource.kind.clone(), name, count: 1, fields, roles: BTreeMap::new() });
            }
        }
    }
    shapes
}

fn without_own(field: &FieldChange, id: &str) -> FieldChange {
    FieldChange { path: anonymous(&field.path, id), before: open(&field.before, id), after: open(&field.after, id) }
}

fn open(value: &Value, id: &str) -> Value {
    match value {
        Value::String(text) => Value::String(anonymous(text, id)),
        Value::Array(items) => items.iter().map(|item| open(item, id)).collect(),
        Value::Object(map) => Value::Object(map.iter().map(|(key, inner)| (key.clone(), open(inner, id))).collect()),
        other => other.clone(),
    }
}

/// The text with placeholders for the tenant's id, e-mails, ARNs and a text that is nothing but a generated id.
fn anonymous(text: &str, id: &str) -> String {
    let text = without_id(text, id);
    if !text.contains('@') && !text.contains("arn:") && text.len() < SHORTEST_ID {
        return text;
    }
    if is_generated(&text) {
        return "{id}".into();
    }
    let text = match &*ARN {
        Some(arn) => arn.replace_all(&text, "{arn}").into_owned(),
        None => text,
    };
    match &*EMAIL {
        Some(email) => email.replace_all(&text, "{e-mail}").into_owned(),
        None => text,
    }
}

static ARN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"arn:aws[a-z-]*:[^\s"',]+"#).ok());
static EMAIL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"[^\s"'<>,:]+@[^\s"'<>,:]+\.[A-Za-z]{2,}"#).ok());

const SHORTEST_ID: usize = 10;

/// `ABCDE12345`, `us-east-1_aB3dE6gH9`, a UUID: letters and digits mixed, and no words.
fn is_generated(text: &str) -> bool {
    let last = text.rsplit('_').next().unwrap_or(text);
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let turns = last.as_bytes().windows(2).filter(|w| matches!(w, [a, b] if a.is_ascii_digit() != b.is_ascii_digit())).count();
    plain && text.len() >= SHORTEST_ID && turns >= 4
}

/// The tenant's id left open, but for words that merely begin with it.
fn without_id(text: &str, id: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(id) {
        let inside = |c: char| c.is_ascii_alphanumeric();
        let whole = !before.ends_with(inside) && !after.starts_with(inside);
        out.push_str(before);
        out.push_str(if whole { "{tenant}" } else { id });
        rest = after;
    }
    out + rest
}
