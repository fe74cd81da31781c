//! A plan as text: by platform, tier and tenant, with what changes and why.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::style::{BAD, BOLD, CAREFUL, DIM, GOOD, count, of, sign};
use crate::address::{Address, Owner};
use crate::kinds::rank;
use crate::plan::{Action, BLOCKED, Cause, Change, FieldChange, Plan, by_owner};

/// How much of a plan is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// New resources a line each, tenants with equal changes folded.
    Folded,
    /// Every field of everything.
    Full,
}

/// The plan, signs and all; colour is stripped where it is not wanted.
pub(crate) fn text(plan: &Plan, detail: Detail) -> String {
    let mut out = String::new();
    let groups = by_owner(plan);
    for (owner, changes) in groups.iter().filter(|(owner, _)| !matches!(owner, Owner::Tenant(_))) {
        heading(&mut out, &owner_name(owner));
        write_changes(&mut out, plan, changes, detail);
    }
    tenants(&mut out, plan, &groups, detail);
    notes(&mut out, plan, detail);
    summary(&mut out, plan, detail);
    out
}

fn owner_name(owner: &Owner) -> String {
    owner.to_string().replace(':', " ")
}

fn heading(out: &mut String, name: &str) {
    let _ = writeln!(out, "{BOLD}{name}{BOLD:#}");
}

fn write_changes(out: &mut String, plan: &Plan, changes: &[&Change], detail: Detail) {
    let mut changes = changes.to_vec();
    changes.sort_by_key(|c| (c.action == Action::Delete, rank(c.address.kind()), c.address.clone()));
    for change in changes {
        write_change(out, plan, change, detail);
    }
    out.push('\n');
}

fn write_change(out: &mut String, plan: &Plan, change: &Change, detail: Detail) {
    let style = of(change.action);
    let kind = change.address.kind().replace('_', " ");
    let _ = write!(out, "  {style}{}{style:#} {kind:<16} {}", sign(change.action), title(change));
    let waits = waits(plan, change);
    let remark = match (change.action, change.cause) {
        (Action::Create, _) if !waits.is_empty() => format!("after {waits}"),
        (Action::Update | Action::Replace, Cause::Drift) => "changed outside tenantry; will be put back".into(),
        (Action::Update | Action::Replace, Cause::Dependency) if !waits.is_empty() => format!("because of {waits}"),
        _ => String::new(),
    };
    if !remark.is_empty() {
        let _ = write!(out, "  {DIM}{remark}{DIM:#}");
    }
    out.push('\n');
    for why in &change.replaces {
        let _ = writeln!(out, "      {BAD}replaced, because of {why}{BAD:#}");
    }
    if change.action != Action::Create || detail == Detail::Full {
        let width = change.fields.iter().map(|f| f.path.len()).max().unwrap_or(0).min(34);
        for field in &change.fields {
            write_field(out, field, change.action, width);
        }
    }
}

/// What a reader calls the resource.
fn title(change: &Change) -> String {
    let document = change.desired.as_ref().or(change.live.as_ref().map(|l| &l.spec));
    let name = ["name", "identifier", "key", "prefix"].iter().find_map(|field| document?.get(field)?.as_str());
    name.map_or_else(|| change.address.label().to_owned(), ToOwned::to_owned)
}

/// What it refers to and what is not there yet, in brief.
fn waits(plan: &Plan, change: &Change) -> String {
    let rising = plan.rising();
    let name = |address: &Address| {
        let kind = address.kind().replace('_', " ");
        match rising.get(address) {
            _ if plan.is_in_the_way(address) => Some(format!("{kind} {BLOCKED}")),
            Some(Action::Create | Action::Replace) => Some(kind),
            _ => None,
        }
    };
    let mut names: Vec<String> = change.refers_to().iter().filter_map(name).collect();
    names.dedup();
    names.join(", ")
}

fn write_field(out: &mut String, field: &FieldChange, action: Action, width: usize) {
    let path = &field.path;
    if let (Some(before), Some(after)) = (policy(&field.before), policy(&field.after)) {
        let _ = writeln!(out, "      {path}:");
        write_diff(out, &before, &after);
        return;
    }
    match action {
        Action::Create if field.after.is_null() => {}
        Action::Create => match policy(&field.after) {
            Some(text) => {
                let _ = writeln!(out, "      {path}:");
                for line in text.lines() {
                    let _ = writeln!(out, "          {line}");
                }
            }
            None => drop(writeln!(out, "      {path:<width$}  {}", value(&field.after))),
        },
        _ => drop(writeln!(out, "      {path:<width$}  {} {DIM}->{DIM:#} {}", value(&field.before), value(&field.after))),
    }
}

/// A policy, or another document that reads best over several lines.
fn policy(document: &Value) -> Option<String> {
    let long = document.get("Statement").is_some() || document.as_array().is_some_and(|items| items.iter().any(Value::is_object));
    if long { serde_json::to_string_pretty(document).ok() } else { None }
}

fn write_diff(out: &mut String, before: &str, after: &str) {
    let diff = TextDiff::from_lines(before, after);
    for (n, group) in diff.grouped_ops(2).iter().enumerate() {
        if n > 0 {
            let _ = writeln!(out, "          {DIM}…{DIM:#}");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = change.value().trim_end();
            let _ = match change.tag() {
                ChangeTag::Delete => writeln!(out, "        {BAD}- {line}{BAD:#}"),
                ChangeTag::Insert => writeln!(out, "        {GOOD}+ {line}{GOOD:#}"),
                ChangeTag::Equal => writeln!(out, "          {line}"),
            };
        }
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "(none)".into(),
        Value::String(text) if text.starts_with("secret sha256:") => "(secret)".into(),
        Value::String(text) if text == "(known after apply)" || text == BLOCKED || text == "(sensitive)" => text.clone(),
        other => other.to_string(),
    }
}

/// Tenants: equal changes as one line, unless they destroy something.
fn tenants(out: &mut String, plan: &Plan, groups: &BTreeMap<Owner, Vec<&Change>>, detail: Detail) {
    let mut folded: BTreeMap<String, Vec<(&Owner, &Vec<&Change>)>> = BTreeMap::new();
    for (owner, changes) in groups.iter().filter(|(owner, _)| matches!(owner, Owner::Tenant(_))) {
        folded.entry(signature(owner, changes)).or_default().push((owner, changes));
    }
    let mut headed = false;
    for (shape, members) in &folded {
        let destroys = members.iter().any(|(_, changes)| changes.iter().any(|c| matches!(c.action, Action::Delete | Action::Replace)));
        if detail == Detail::Full || destroys || members.len() < 3 {
            for (owner, changes) in members {
                heading(out, &owner_name(owner));
                write_changes(out, plan, changes, detail);
            }
            continue;
        }
        if !headed {
            heading(out, "tenants");
            headed = true;
        }
        let names: Vec<String> = members.iter().take(3).map(|(owner, _)| owner.to_string().replace("tenant:", "")).collect();
        let more = if members.len() > 3 { ", …" } else { "" };
        let style = members.first().and_then(|(_, c)| c.first()).map_or(DIM, |c| of(c.action));
        let (sign, rest) = shape.split_once(' ').unwrap_or(("", shape));
        let _ =
            writeln!(out, "  {style}{sign}{style:#} {}: {rest}  {DIM}{}{more}{DIM:#}", count(members.len(), "tenant"), names.join(", "));
    }
    if headed {
        out.push('\n');
    }
}

/// What a tenant's changes come to, without the tenant's own id.
fn signature(owner: &Owner, changes: &[&Change]) -> String {
    let id = owner.to_string().replace("tenant:", "");
    let parts: Vec<String> = changes
        .iter()
        .map(|c| {
            let place = title(c).replace(&id, "{tenant}");
            let fields: Vec<String> = match c.action {
                Action::Create => Vec::new(),
                _ => c
                    .fields
                    .iter()
                    .map(|f| format!(" {} {} -> {}", f.path, value(&f.before), value(&f.after)).replace(&id, "{tenant}"))
                    .collect(),
            };
            format!("{} {} {place}{}", sign(c.action), c.address.kind().replace('_', " "), fields.join(","))
        })
        .collect();
    parts.join(" ")
}

fn notes(out: &mut String, plan: &Plan, detail: Detail) {
    if !plan.kept.is_empty() {
        heading(out, "kept, because they hold data");
        let (tenants, others): (Vec<&Address>, Vec<&Address>) = plan.kept.iter().partition(|a| matches!(a.owner(), Owner::Tenant(_)));
        let shown = if detail == Detail::Full { tenants.len() } else { 3 };
        for address in others.iter().chain(tenants.iter().take(shown)) {
            let _ = writeln!(out, "  {CAREFUL}={CAREFUL:#} {address}");
        }
        if tenants.len() > shown {
            let _ = writeln!(out, "  {CAREFUL}={CAREFUL:#} … and {} more of tenants (--full lists them)", tenants.len() - shown);
        }
        let _ =
            writeln!(out, "  {DIM}Deleted only by name: --delete ADDRESS, or tenant:ID and tier:NAME for all that is kept of one{DIM:#}\n");
    }
    if !plan.blocked.is_empty() {
        heading(out, "blocked");
        for blocked in &plan.blocked {
            let _ = writeln!(out, "  {BAD}!{BAD:#} {}: {}\n      {DIM}{}{DIM:#}", blocked.address, blocked.why, blocked.way_out);
        }
        out.push('\n');
    }
}

fn summary(out: &mut String, plan: &Plan, detail: Detail) {
    if plan.is_empty() && plan.blocked.is_empty() {
        let _ = match plan.unchanged.len() {
            0 => writeln!(out, "{GOOD}No changes.{GOOD:#}"),
            n => writeln!(out, "{GOOD}No changes.{GOOD:#} {} are as the manifest says.", count(n, "resource")),
        };
        return;
    }
    let _ = write!(
        out,
        "{BOLD}Plan:{BOLD:#} {} to create, {} to change, {} to replace, {} to delete; {} unchanged",
        plan.count(Action::Create),
        plan.count(Action::Update),
        plan.count(Action::Replace),
        plan.count(Action::Delete),
        plan.unchanged.len()
    );
    let _ = match plan.blocked.len() {
        0 => writeln!(out, "."),
        n => writeln!(out, "; {n} blocked."),
    };
    if detail == Detail::Folded && plan.count(Action::Create) > 0 {
        let _ = writeln!(out, "{DIM}--full shows every field of what is new.{DIM:#}");
    }
}
