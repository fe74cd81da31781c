//! Whether a change lets somebody do more than before: by roles and policies, Cedar, authorizers, and what clients may do.
//!
//! When in doubt it says yes: a reviewer looks once too often, and never once too little.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Action, Change, Context};
use crate::kinds::{Client, Gateway, Kind as _, Permission, Policy, ResourcePolicy, Runtime, User};
use crate::plan::FieldChange;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub(crate) enum Widening {
    /// Statements of a policy: how many allow what none allowed, and how many no longer deny.
    Statements { field: String, allowed: usize, denied_no_more: usize },
    /// A Cedar policy of something that is in use.
    Cedar { effect: String },
    /// Who gets in at a gateway or runtime.
    Authorizer,
    /// Tool calls are decided on less strictly.
    Engine,
    /// Requests are looked at no longer.
    Interceptor,
    /// What an app client may do beside what it could.
    Client { field: String, added: Vec<String> },
    /// A policy on a resource that is in use, or its end.
    ResourcePolicy,
    /// Who may call a function.
    Permission,
    /// A user's tokens say something else of what the user is.
    Claim { claim: String, before: String, after: String },
}

impl Widening {
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Statements { field, allowed, denied_no_more: 0 } => format!("{field} allows more ({})", statements(*allowed)),
            Self::Statements { field, allowed: 0, denied_no_more } => format!("{field} denies less ({})", statements(*denied_no_more)),
            Self::Statements { field, allowed, denied_no_more } => {
                format!("{field} allows more ({}) and denies less ({})", statements(*allowed), statements(*denied_no_more))
            }
            Self::Cedar { effect } => format!("the {effect} that decides on tool calls is another: read what it asks for"),
            Self::Authorizer => "others may get in".into(),
            Self::Engine => "tool policies refuse less, or only log".into(),
            Self::Interceptor => "another interceptor, or none, looks at requests".into(),
            Self::Client { field, added } if added.is_empty() => format!("{field} becomes AWS's default, which is everything"),
            Self::Client { field, added } => format!("{field} gains {}", added.join(", ")),
            Self::ResourcePolicy => "the resource answers to other callers".into(),
            Self::Permission => "another caller may invoke the function".into(),
            Self::Claim { claim, before, after } => format!("{claim} says {after} instead of {before}"),
        }
    }
}

fn statements(n: usize) -> String {
    if n == 1 { "1 statement".into() } else { format!("{n} statements") }
}

pub(super) fn of(context: &Context<'_>, change: &Change) -> Option<Widening> {
    match change.action {
        Action::Update | Action::Replace => {
            change.fields.iter().filter(|f| f.word_of_aws().is_none()).find_map(|field| of_field(context, change.address.kind(), field))
        }
        Action::Create => of_new(context, change),
        Action::Delete => of_gone(context, change),
        Action::Close => None,
    }
}

fn of_field(context: &Context<'_>, kind: &str, field: &FieldChange) -> Option<Widening> {
    match (kind, field.root()) {
        (User::NAME, "claims") => claim(context, field),
        (Policy::NAME, "statement" | "enforced") => Some(Widening::Cedar { effect: effect(&field.after) }),
        (Gateway::NAME | Runtime::NAME, "authorizer" | "authorizer_type") => Some(Widening::Authorizer),
        (Gateway::NAME, "policy") if !enforces(field) => Some(Widening::Engine),
        (Gateway::NAME, "interceptor") if !field.before.is_null() => Some(Widening::Interceptor),
        (Client::NAME, "write_attributes" | "auth_flows" | "flows" | "callback_urls" | "scopes") => client(field),
        _ => policy(field),
    }
}

/// A tier that changes is a move, which is told as such.
fn claim(context: &Context<'_>, field: &FieldChange) -> Option<Widening> {
    let claim = field.path.strip_prefix("claims.").filter(|claim| *claim != context.facts.tier_claim)?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    Some(Widening::Claim { claim: claim.into(), before: text(&field.before), after: text(&field.after) })
}

/// Whether it is the attachment of an engine, or its mode made strict.
fn enforces(field: &FieldChange) -> bool {
    field.before.is_null() || field.after.as_str().is_some_and(|mode| mode.eq_ignore_ascii_case("enforce"))
}

fn client(field: &FieldChange) -> Option<Widening> {
    let named = |value: &Value| -> BTreeSet<String> {
        value.as_array().into_iter().flatten().map(|item| item.as_str().map_or_else(|| item.to_string(), ToOwned::to_owned)).collect()
    };
    // Absent is AWS's default: everything.
    if field.before.is_null() && field.root() == "write_attributes" {
        return None;
    }
    let added: Vec<String> = named(&field.after).difference(&named(&field.before)).cloned().collect();
    let opened = field.after.is_null() && field.root() == "write_attributes";
    (opened || !added.is_empty()).then(|| Widening::Client { field: field.root().into(), added })
}

/// A policy document of any kind.
fn policy(field: &FieldChange) -> Option<Widening> {
    let statements = |document: &Value, effect: &str| -> Vec<Value> {
        let all = document.get("Statement").and_then(Value::as_array).into_iter().flatten();
        all.filter(|s| s.get("Effect").and_then(Value::as_str) == Some(effect)).cloned().collect()
    };
    let beyond = |one: &[Value], other: &[Value]| one.iter().filter(|s| !other.iter().any(|o| within(s, o))).count();
    let allowed = beyond(&statements(&field.after, "Allow"), &statements(&field.before, "Allow"));
    let denied_no_more = beyond(&statements(&field.before, "Deny"), &statements(&field.after, "Deny"));
    (allowed + denied_no_more > 0).then(|| Widening::Statements { field: field.root().into(), allowed, denied_no_more })
}

/// Whether a statement says no more than another: fewer actions or resources, and everything else the same.
fn within(small: &Value, large: &Value) -> bool {
    let (Some(small), Some(large)) = (small.as_object(), large.as_object()) else { return false };
    let keys: BTreeSet<&String> = small.keys().chain(large.keys()).filter(|key| *key != "Sid").collect();
    keys.into_iter().all(|key| match (small.get(key), large.get(key)) {
        (Some(Value::Array(few)), Some(Value::Array(many))) if matches!(key.as_str(), "Action" | "Resource") => {
            few.iter().all(|item| many.contains(item))
        }
        (Some(Value::Object(few)), Some(Value::Object(many))) if key == "Condition" => is_stricter(few, many),
        (one, other) => one == other,
    })
}

/// Whether conditions hold no more often than others: of the same questions, with fewer values to choose from.
fn is_stricter(few: &Map<String, Value>, many: &Map<String, Value>) -> bool {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let fewer = |operator: &str, few: &Value, many: &Value| {
        let chooses = ["StringEquals", "StringLike", "ArnEquals", "ArnLike"].iter().any(|known| operator.ends_with(known));
        few == many || chooses && list(few).iter().all(|value| list(many).contains(value))
    };
    few.len() == many.len()
        && few.iter().all(|(operator, asked)| match (asked, many.get(operator)) {
            (Value::Object(asked), Some(Value::Object(other))) => {
                asked.len() == other.len()
                    && asked.iter().all(|(key, value)| other.get(key).is_some_and(|many| fewer(operator, value, many)))
            }
            _ => false,
        })
}

/// The word that a Cedar policy begins with.
fn effect(statement: &Value) -> String {
    let text = statement.as_str().unwrap_or_default();
    let word = text.lines().map(str::trim).find(|line| line.starts_with("permit") || line.starts_with("forbid"));
    word.map_or_else(|| "policy".into(), |line| line.chars().take(6).collect())
}

/// Only what concerns something that was there before: what is new is not in use yet.
fn of_new(context: &Context<'_>, change: &Change) -> Option<Widening> {
    let fresh = |address: &_| matches!(context.rising.get(address), Some(Action::Create | Action::Replace));
    if change.refers_to().iter().any(fresh) {
        return None;
    }
    match change.address.kind() {
        Policy::NAME => {
            let statement = change.fields.iter().find(|f| f.path == "statement")?;
            Some(effect(&statement.after)).filter(|effect| effect != "forbid").map(|effect| Widening::Cedar { effect })
        }
        ResourcePolicy::NAME => change.fields.iter().find_map(policy).map(|_| Widening::ResourcePolicy),
        Permission::NAME => Some(Widening::Permission),
        _ => None,
    }
}

/// What forbade something, and goes.
fn of_gone(context: &Context<'_>, change: &Change) -> Option<Widening> {
    let live = &change.live.as_ref()?.spec;
    match change.address.kind() {
        Policy::NAME => {
            let effect = effect(live.get("statement").unwrap_or(&Value::Null));
            (effect != "permit").then_some(Widening::Cedar { effect })
        }
        // Nobody calls what goes with it.
        ResourcePolicy::NAME => {
            let goes = |c: &Change| c.address.kind() == Runtime::NAME && c.address.owner() == change.address.owner();
            let goes_too = context.plan.changes.iter().any(|c| c.action == Action::Delete && goes(c));
            (!goes_too).then_some(Widening::ResourcePolicy)
        }
        _ => None,
    }
}
