//! Which changes of fields are risks beside wider access: one table, a judgement a line.
//!
//! When in doubt it says yes: a reviewer looks once too often, and never once too little.

use serde::Serialize;
use serde_json::Value;

use super::risk::RiskKind;
use super::{Action, Change, Context};
use crate::address::{Address, Owner};
use crate::kinds::{
    Bucket, Delivery, Gateway, Guardrail, GuardrailVersion, Key, Kind as _, LogGroup, Memory, Parameter, RateLimit, RestApi, Runtime,
    Stage, Table, UsagePlan, UserPool,
};
use crate::plan::FieldChange;

/// Why a change deserves a second look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Judgement {
    pub(crate) risk: RiskKind,
    pub(crate) says: String,
}

struct Rule {
    kind: &'static str,
    /// The field or what is above it; `*` is any name.
    path: &'static str,
    risk: RiskKind,
    /// What is wrong with it, if anything is.
    judges: fn(&FieldChange) -> Option<String>,
}

const fn rule(kind: &'static str, path: &'static str, risk: RiskKind, judges: fn(&FieldChange) -> Option<String>) -> Rule {
    Rule { kind, path, risk, judges }
}

const WEAK: RiskKind = RiskKind::Weaken;
const RAISED: RiskKind = RiskKind::Raise;

const RULES: &[Rule] = &[
    rule(Guardrail::NAME, "content.filters.*", WEAK, |f| less(f, &["NONE", "LOW", "MEDIUM", "HIGH"])),
    rule(Guardrail::NAME, "content.grounding.*", WEAK, lower),
    rule(Guardrail::NAME, "content.managed_words", WEAK, fewer),
    rule(Guardrail::NAME, "content.words", WEAK, fewer),
    rule(Guardrail::NAME, "content.topics.*.definition", WEAK, gone),
    rule(Guardrail::NAME, "content.topics.*.examples", WEAK, fewer),
    rule(Guardrail::NAME, "content.pii.*", WEAK, |f| less(f, &["NONE", "ANONYMIZE", "BLOCK"])),
    rule(Runtime::NAME, "environment.MODEL_ID", RiskKind::Model, another),
    rule(UsagePlan::NAME, "throttle.rate", RAISED, much_more),
    rule(UsagePlan::NAME, "throttle.burst", RAISED, much_more),
    rule(UsagePlan::NAME, "quota.requests", RAISED, much_more),
    rule(UsagePlan::NAME, "quota.period", RAISED, |f| sooner(f, &["DAY", "WEEK", "MONTH"])),
    rule(RateLimit::NAME, "entries.*.requests.most", RAISED, much_more),
    rule(RateLimit::NAME, "entries.*.requests.per", RAISED, |f| sooner(f, &["SECOND", "MINUTE", "HOUR", "DAY"])),
    rule(Bucket::NAME, "protection.public_access_blocked", WEAK, off),
    rule(Bucket::NAME, "protection.encryption", WEAK, |f| less(f, &["AES256", "aws:kms", "aws:kms:dsse"])),
    rule(Bucket::NAME, "protection.versioned", WEAK, off),
    rule(Bucket::NAME, "protection.owner_enforced", WEAK, off),
    rule(Table::NAME, "point_in_time_recovery", WEAK, off),
    rule(Table::NAME, "deletion_protection", WEAK, off),
    rule(UserPool::NAME, "deletion_protection", WEAK, off),
    rule(UserPool::NAME, "self_sign_up", WEAK, on),
    rule(UserPool::NAME, "mfa", WEAK, |f| less(f, &["OFF", "OPTIONAL", "ON"])),
    rule(UserPool::NAME, "password.minimum_length", WEAK, lower),
    rule(UserPool::NAME, "password.every_class_of_characters", WEAK, off),
    rule(Key::NAME, "rotation_days", WEAK, rarer),
    rule(LogGroup::NAME, "retention_days", WEAK, shorter),
    rule(Memory::NAME, "expiry_days", WEAK, shorter),
    rule(Stage::NAME, "access_log", WEAK, gone),
    rule(Parameter::NAME, "protection", WEAK, |f| less(f, &["plain", "secret"])),
];

/// What is missed while what it served stays.
const MISSED: &[(&str, &str)] = &[
    (Delivery::NAME, "logs or traces are delivered there no longer"),
    (LogGroup::NAME, "what was logged goes with it"),
    (Guardrail::NAME, "nothing filters what the agent reads and says any more"),
    (GuardrailVersion::NAME, "nothing filters what the agent reads and says any more"),
];

/// What is served by those.
const SERVED: &[&str] = &[Gateway::NAME, Memory::NAME, RestApi::NAME, Runtime::NAME];

/// Of one change, the worst first.
pub(super) fn of(context: &Context<'_>, change: &Change) -> Vec<Judgement> {
    let mut found: Vec<Judgement> = change.loses.iter().map(|says| Judgement { risk: RiskKind::Lose, says: says.clone() }).collect();
    match change.action {
        Action::Update | Action::Replace => {
            let fields = change.fields.iter().filter(|f| f.word_of_aws().is_none());
            found.extend(fields.flat_map(|field| of_field(context, &change.address, field)));
        }
        Action::Delete => found.extend(missed(context, &change.address).map(|says| Judgement { risk: WEAK, says: says.into() })),
        Action::Create | Action::Close => {}
    }
    found.sort_by_key(|judged| judged.risk);
    found.dedup();
    found
}

fn of_field(context: &Context<'_>, address: &Address, field: &FieldChange) -> Vec<Judgement> {
    let rules = RULES.iter().filter(|rule| rule.kind == address.kind() && is_under(&field.path, rule.path));
    let judged = rules.filter_map(|rule| {
        let says = (rule.judges)(field)?;
        let says = if rule.risk == RiskKind::Model { format!("{says}{}", for_whom(context, address.owner())) } else { says };
        Some(Judgement { risk: rule.risk, says })
    });
    judged.collect()
}

/// Whether a field is the one of a rule, or below it. Names may have dots in them.
fn is_under(path: &str, rule: &str) -> bool {
    match rule.split_once('*') {
        None => path.strip_prefix(rule).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
        Some((before, after)) => path.strip_prefix(before).is_some_and(|rest| rest.ends_with(after) && rest.len() > after.len()),
    }
}

fn missed(context: &Context<'_>, address: &Address) -> Option<&'static str> {
    let (_, says) = MISSED.iter().find(|(kind, _)| *kind == address.kind())?;
    let served = |c: &Change| c.action == Action::Delete && c.address.owner() == address.owner() && SERVED.contains(&c.address.kind());
    (!context.plan.changes.iter().any(served)).then_some(*says)
}

/// How many tenants a sentence names.
const NAMED: usize = 8;

/// The live tenants whom a tier's change reaches.
fn for_whom(context: &Context<'_>, owner: &Owner) -> String {
    let inside = context.facts.tenants.iter().filter(|(_, tier)| *owner == Owner::Tier((*tier).clone())).map(|(id, _)| id);
    let here: Vec<&str> = inside.filter(|id| context.live.contains(&Owner::Tenant((*id).clone()))).map(|id| id.as_str()).collect();
    let more = match here.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let named = here.get(..NAMED).unwrap_or(&here).join(", ");
    if named.is_empty() { String::new() } else { format!("; from then on it answers {named}{more}") }
}

fn told(field: &FieldChange) -> String {
    let value = |value: &Value| match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    format!("{} {} -> {}", field.path, value(&field.before), value(&field.after))
}

/// A step down, in the order from nothing to the most; what is not there is nothing, and of an unknown word the worst is assumed.
fn less(field: &FieldChange, order: &[&str]) -> Option<String> {
    let rank = |value: &Value| value.as_str().and_then(|word| order.iter().position(|known| known.eq_ignore_ascii_case(word)));
    let down = match (rank(&field.before), rank(&field.after)) {
        _ if field.before.is_null() => false,
        (Some(before), Some(after)) => after < before,
        _ => true,
    };
    down.then(|| told(field))
}

/// The same number in a shorter time.
fn sooner(field: &FieldChange, order: &[&str]) -> Option<String> {
    less(field, order).filter(|_| !field.after.is_null()).map(|told| format!("{told}, which starts to count anew more often"))
}

fn lower(field: &FieldChange) -> Option<String> {
    let before = field.before.as_f64()?;
    field.after.as_f64().is_none_or(|after| after < before).then(|| told(field))
}

fn off(field: &FieldChange) -> Option<String> {
    (field.before == true && field.after != true).then(|| told(field))
}

fn on(field: &FieldChange) -> Option<String> {
    (field.before != true && field.after == true).then(|| told(field))
}

fn gone(field: &FieldChange) -> Option<String> {
    (!field.before.is_null() && field.after.is_null()).then(|| format!("{} is gone", field.path))
}

fn fewer(field: &FieldChange) -> Option<String> {
    let before = field.before.as_array()?;
    let after = field.after.as_array().cloned().unwrap_or_default();
    let text = |item: &Value| item.as_str().map_or_else(|| item.to_string(), ToOwned::to_owned);
    let lost: Vec<String> = before.iter().filter(|item| !after.contains(item)).map(text).collect();
    (!lost.is_empty()).then(|| format!("{} loses {}", field.path, lost.join(", ")))
}

/// Kept for less long; what is not there is for ever.
fn shorter(field: &FieldChange) -> Option<String> {
    let after = field.after.as_f64()?;
    field.before.as_f64().is_none_or(|before| after < before).then(|| format!("{}: what is older goes", told(field)))
}

/// A key that changes less often, or never.
fn rarer(field: &FieldChange) -> Option<String> {
    let before = field.before.as_f64()?;
    field.after.as_f64().is_none_or(|after| after > before).then(|| told(field))
}

/// From this many times on a limit is another sort of limit.
const MUCH: f64 = 10.0;

/// Ten times as much, or no limit any more.
fn much_more(field: &FieldChange) -> Option<String> {
    let before = field.before.as_f64()?;
    match field.after.as_f64() {
        None => Some(format!("{}, which limits nobody", told(field))),
        Some(after) => (after >= before * MUCH).then(|| format!("{}, {} times as much", told(field), (after / before).floor())),
    }
}

fn another(field: &FieldChange) -> Option<String> {
    let (before, after) = (field.before.as_str()?, field.after.as_str()?);
    (before != after).then(|| format!("{after} instead of {before}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::page::Page;
    use crate::plan::page::tests::{Draft, facts};

    fn risks(kind: &str, path: &str, before: Value, after: Value) -> Vec<(RiskKind, String)> {
        let mut draft = Draft::new();
        draft.does(Action::Update, &format!("{kind}/tier:basic/main"), "x", &[(path, before, after)]);
        draft.stays("prefix/tenant:clinic-a/basic");
        draft.stays("prefix/tenant:clinic-z/premium");
        let facts = facts(&[("clinic-a", "basic"), ("clinic-new", "basic"), ("clinic-z", "premium")]);
        Page::of(&draft.0, &facts).risks.iter().map(|r| (r.kind, r.says.clone())).collect()
    }

    /// Every line of the table, with a change that it is about and one, beside the way back, that it is not.
    #[test]
    fn every_judgement_is_made_one_way_and_not_the_other() {
        let cases = [
            ("guardrail", "content.filters.HATE.input", json!("HIGH"), json!("LOW"), WEAK),
            ("guardrail", "content.filters.HATE.output", json!("HIGH"), Value::Null, WEAK),
            ("guardrail", "content.grounding.GROUNDING", json!(0.8), json!(0.5), WEAK),
            ("guardrail", "content.managed_words", json!(["PROFANITY"]), json!([]), WEAK),
            ("guardrail", "content.words", json!(["a", "b"]), json!(["b"]), WEAK),
            ("guardrail", "content.topics.v. 1.definition", json!("x"), Value::Null, WEAK),
            ("guardrail", "content.topics.dosage.examples", json!(["a", "b"]), json!(["a"]), WEAK),
            ("guardrail", "content.pii.EMAIL", json!("BLOCK"), json!("ANONYMIZE"), WEAK),
            ("guardrail", "content.pii.EMAIL", json!("ANONYMIZE"), Value::Null, WEAK),
            ("usage_plan", "throttle.rate", json!(2.0), json!(20.0), RAISED),
            ("usage_plan", "throttle.burst", json!(5), json!(50), RAISED),
            ("usage_plan", "quota.requests", json!(50), Value::Null, RAISED),
            ("usage_plan", "quota.period", json!("MONTH"), json!("DAY"), RAISED),
            ("rate_limit", "entries.*.requests.most", json!(2.0), json!(200.0), RAISED),
            ("rate_limit", "entries.clinic-a.requests.per", json!("MINUTE"), json!("SECOND"), RAISED),
            ("bucket", "protection.public_access_blocked", json!(true), json!(false), WEAK),
            ("bucket", "protection.encryption", json!("aws:kms"), json!("AES256"), WEAK),
            ("bucket", "protection.versioned", json!(true), json!(false), WEAK),
            ("bucket", "protection.owner_enforced", json!(true), json!(false), WEAK),
            ("table", "point_in_time_recovery", json!(true), json!(false), WEAK),
            ("table", "deletion_protection", json!(true), json!(false), WEAK),
            ("user_pool", "deletion_protection", json!(true), json!(false), WEAK),
            ("user_pool", "self_sign_up", json!(false), json!(true), WEAK),
            ("user_pool", "mfa", json!("ON"), json!("OPTIONAL"), WEAK),
            ("user_pool", "password.minimum_length", json!(12), json!(8), WEAK),
            ("user_pool", "password.every_class_of_characters", json!(true), json!(false), WEAK),
            ("key", "rotation_days", json!(365), Value::Null, WEAK),
            ("log_group", "retention_days", json!(30), json!(7), WEAK),
            ("log_group", "retention_days", Value::Null, json!(7), WEAK),
            ("memory", "expiry_days", json!(90), json!(30), WEAK),
            ("stage", "access_log.destination", json!("arn"), Value::Null, WEAK),
            ("parameter", "protection", json!("secret"), json!("plain"), WEAK),
        ];
        let judged = |risk: RiskKind, found: &[(RiskKind, String)]| found.iter().any(|(kind, _)| *kind == risk);
        for (kind, path, before, after, risk) in &cases {
            let there = risks(kind, path, before.clone(), after.clone());
            assert!(judged(*risk, &there), "{kind} {path}: {before} -> {after} gives {there:?}");
            let back = risks(kind, path, after.clone(), before.clone());
            assert!(!judged(*risk, &back), "{kind} {path}: {after} -> {before} gives {back:?}");
        }
        let tried = |rule: &Rule| cases.iter().any(|(kind, path, ..)| *kind == rule.kind && is_under(path, rule.path));
        let untried: Vec<&str> = RULES.iter().filter(|r| !tried(r) && r.risk != RiskKind::Model).map(|r| r.path).collect();
        assert_eq!(untried, [] as [&str; 0], "no case for these");
        assert_eq!(risks("usage_plan", "quota.requests", json!(50), json!(499)), [], "less than ten times as much");
        assert_eq!(risks("runtime", "environment.OTHER", json!("a"), Value::Null), []);
    }

    #[test]
    fn another_model_says_whom_it_answers_from_then_on() {
        let found = risks("runtime", "environment.MODEL_ID", json!("small"), json!("large"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0], (RiskKind::Model, "large instead of small; from then on it answers clinic-a".to_owned()));
    }

    #[test]
    fn a_delivery_is_missed_only_while_what_it_serves_stays() {
        let gone = |with: Option<&str>| {
            let mut draft = Draft::new();
            draft.does(Action::Delete, "delivery/tier:basic/runtime-logs", "d", &[]);
            if let Some(address) = with {
                draft.does(Action::Delete, address, "r", &[]);
            }
            let facts = facts(&[]);
            Page::of(&draft.0, &facts).risks.iter().any(|r| r.kind == WEAK)
        };
        assert!(gone(None) && gone(Some("runtime/tier:premium/main")) && !gone(Some("runtime/tier:basic/main")));
    }

    #[test]
    fn what_is_lost_is_a_risk_with_its_words() {
        let mut draft = Draft::new();
        let says = "strategy `facts` would be deleted with every record that it extracted";
        draft.does(Action::Update, "memory/tier:basic/main", "m", &[("strategies.facts", json!("x"), Value::Null)]).loses =
            vec![says.into()];
        let facts = facts(&[]);
        let page = Page::of(&draft.0, &facts);
        assert_eq!(page.risks.iter().map(|r| (r.kind, r.says.as_str())).collect::<Vec<_>>(), [(RiskKind::Lose, says)]);
        assert_eq!(json!(page.risks)[0]["kind"], "lose");
    }
}
