//! A plan as text: by platform, tier and tenant, with what changes and why.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::style::{BAD, BOLD, CAREFUL, DIM, GOOD, count, of, sign};
use crate::address::{Address, Owner};
use crate::diagnostic::plain;
use crate::kinds::{Kind as _, Prefix, User, kind, rank};
use crate::names::tenant_prefix;
use crate::plan::{self, Action, BLOCKED, Cause, Change, FieldChange, Plan, by_owner, moves};

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
    let _ = write!(out, "  {style}{}{style:#} {kind:<20} {}", sign(change.action), title(change));
    let waits = waits(plan, change);
    let told_by_aws = change.fields.iter().any(|f| f.word_of_aws().is_some());
    let remark = match (change.action, change.cause) {
        (Action::Update | Action::Replace, _) if told_by_aws => String::new(),
        (Action::Create, _) if !waits.is_empty() => format!("after {waits}"),
        (Action::Close, _) => "no longer declared; closed off, not deleted".into(),
        (Action::Update | Action::Replace, Cause::Drift) => "changed outside tenantry; will be put back".into(),
        (Action::Update | Action::Replace, Cause::Dependency) if !waits.is_empty() => format!("because of {waits}"),
        _ => String::new(),
    };
    if !remark.is_empty() {
        let _ = write!(out, "  {DIM}{remark}{DIM:#}");
    }
    out.push('\n');
    for why in change.replaces.iter().filter(|why| !told_by_aws || !why.starts_with("failed:")) {
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
    let name = ["name", "identifier", "key", "prefix", "email"].iter().find_map(|field| document?.get(field)?.as_str());
    name.map_or_else(|| change.address.label().to_owned(), plain)
}

/// What it refers to and what is not there yet, in brief.
fn waits(plan: &Plan, change: &Change) -> String {
    let is_new =
        |address: &Address| plan.changes.iter().any(|c| matches!(c.action, Action::Create | Action::Replace) && c.address == *address);
    let name = |address: &Address| {
        let kind = address.kind().replace('_', " ");
        match address {
            _ if plan.is_in_the_way(address) => Some(format!("{kind} {BLOCKED}")),
            _ if is_new(address) => Some(kind),
            _ => None,
        }
    };
    let mut names: Vec<String> = change.refers_to().iter().filter_map(name).collect();
    names.dedup();
    names.join(", ")
}

fn write_field(out: &mut String, field: &FieldChange, action: Action, width: usize) {
    let path = &field.path;
    if let Some(word) = field.word_of_aws() {
        let _ = writeln!(out, "      {BAD}{word}{BAD:#}");
        return;
    }
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
        _ => match items(&field.before, &field.after) {
            Some(items) => drop(writeln!(out, "      {path:<width$}  {items}")),
            None => drop(writeln!(out, "      {path:<width$}  {} {DIM}->{DIM:#} {}", value(&field.before), value(&field.after))),
        },
    }
}

/// A policy, or another document that reads best over several lines.
fn policy(document: &Value) -> Option<String> {
    if let Some(text) = document.as_str().filter(|text| text.contains('\n')) {
        return Some(text.into());
    }
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

/// Of two lists: the items that went and that came.
fn items(before: &Value, after: &Value) -> Option<String> {
    let (before, after) = (before.as_array()?, after.as_array()?);
    let gone = before.iter().filter(|item| !after.contains(item)).map(|item| format!("{BAD}-{BAD:#} {}", value(item)));
    let come = after.iter().filter(|item| !before.contains(item)).map(|item| format!("{GOOD}+{GOOD:#} {}", value(item)));
    let items: Vec<String> = gone.chain(come).collect();
    // The same items in another order are told as they are.
    (!items.is_empty()).then(|| items.join("  "))
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "(none)".into(),
        Value::String(text) if text.starts_with("secret sha256:") => "(secret)".into(),
        Value::String(text) if text == "(known after apply)" || text == BLOCKED || text == "(sensitive)" => text.clone(),
        other => other.to_string(),
    }
}

/// Tenants in the order of their ids: equal changes as one line, unless they destroy something or shut somebody out.
fn tenants(out: &mut String, plan: &Plan, groups: &BTreeMap<Owner, Vec<&Change>>, detail: Detail) {
    let (moves, turns) = (moves(plan), plan::turns(plan));
    let mut folded: BTreeMap<String, Vec<(&Owner, &Vec<&Change>)>> = BTreeMap::new();
    for (owner, changes) in groups.iter().filter(|(owner, _)| matches!(owner, Owner::Tenant(_))) {
        let moved = moves.get(owner).map(|kept| format!("{}, ", course(changes, kept)));
        folded.entry(format!("{}{}", moved.unwrap_or_default(), signature(owner, changes))).or_default().push((owner, changes));
    }
    let folds = |members: &[(&Owner, &Vec<&Change>)]| {
        let takes = |c: &&Change| matches!(c.action, Action::Delete | Action::Replace | Action::Close);
        detail == Detail::Folded && members.len() >= 3 && !members.iter().any(|(_, changes)| changes.iter().any(takes))
    };
    let (many, few): (Vec<_>, Vec<_>) = folded.into_iter().partition(|(_, members)| folds(members));
    let few: BTreeMap<&Owner, &Vec<&Change>> = few.into_iter().flat_map(|(_, members)| members).collect();
    for (owner, changes) in few {
        let kept = moves.get(owner).map(Vec::as_slice).unwrap_or_default();
        let turn = turns.get(owner).map(|turn| format!("  {}", turn.words()));
        match kept.is_empty() {
            true => heading(out, &format!("{}{}", owner_name(owner), turn.unwrap_or_default())),
            false => drop(writeln!(out, "{CAREFUL}>{CAREFUL:#} {BOLD}{}{BOLD:#}  {}", owner_name(owner), course(changes, kept))),
        }
        write_changes(out, plan, changes, detail);
        stays(out, kept);
    }
    if many.is_empty() {
        return;
    }
    heading(out, "tenants");
    let mut many = many;
    many.sort_by_key(|(_, members)| members.first().map(|(owner, _)| *owner));
    for (shape, members) in many {
        let names: Vec<String> = members.iter().take(3).map(|(owner, _)| owner.to_string().replace("tenant:", "")).collect();
        let more = if members.len() > 3 { ", …" } else { "" };
        let moved = members.first().is_some_and(|(owner, _)| moves.contains_key(owner));
        let style = members.first().and_then(|(_, c)| c.first()).map_or(DIM, |c| of(c.action));
        let (sign, rest) = if moved { (">", shape.as_str()) } else { shape.split_once(' ').unwrap_or(("", &shape)) };
        let people =
            members.iter().filter(|(_, changes)| arrives(changes)).flat_map(|(_, changes)| changes.iter()).filter(|c| is_new_user(c));
        let people = match people.count() {
            0 => String::new(),
            n => format!(" + {}", count(n, "user")),
        };
        let stay = if moved { "; their documents stay where they are" } else { "" };
        let _ = writeln!(
            out,
            "  {style}{sign}{style:#} {}: {rest}{people}{stay}  {DIM}{}{more}{DIM:#}",
            count(members.len(), "tenant"),
            names.join(", ")
        );
    }
    out.push('\n');
}

/// From which tiers a tenant moves to which.
fn course(changes: &[&Change], kept: &[&Address]) -> String {
    let from: Vec<&str> = kept.iter().map(|a| a.label()).collect();
    let to: Vec<&str> =
        changes.iter().filter(|c| c.action == Action::Create && c.address.kind() == Prefix::NAME).map(|c| c.address.label()).collect();
    format!("{} -> {}", from.join(", "), to.join(", "))
}

/// What a tenant that moves leaves behind.
fn stays(out: &mut String, kept: &[&Address]) {
    if kept.is_empty() {
        return;
    }
    // The list of changes ends with an empty line.
    out.pop();
    for address in kept {
        if let (Owner::Tenant(tenant), Ok(tier)) = (address.owner(), address.label().parse()) {
            let prefix = tenant_prefix(&tier, tenant);
            let _ = writeln!(out, "      {DIM}documents under {prefix} stay where they are; --delete {address} deletes them{DIM:#}");
        }
    }
    out.push('\n');
}

/// Whether the tenant is new, or new in a tier.
fn arrives(changes: &[&Change]) -> bool {
    changes.iter().any(|c| c.action == Action::Create && c.address.kind() == Prefix::NAME)
}

fn is_new_user(change: &Change) -> bool {
    change.action == Action::Create && change.address.kind() == User::NAME
}

/// The text with a tenant's id left open, but for words that merely begin with it.
fn anonymous(text: &str, id: &str) -> String {
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

/// What a tenant's changes come to, without the tenant's own id. The users of a tenant that arrives come with it: new ones are
/// counted where the fold is told. Of other tenants every user has a name, for that is what is reviewed.
fn signature(owner: &Owner, changes: &[&Change]) -> String {
    let id = owner.to_string().replace("tenant:", "");
    let comes = arrives(changes);
    let mut parts: Vec<String> = changes
        .iter()
        .filter(|c| !(comes && is_new_user(c)))
        .map(|c| {
            let place = match c.address.kind() {
                User::NAME if comes => String::new(),
                _ => format!(" {}", anonymous(&title(c), &id)),
            };
            let fields: Vec<String> = match c.action {
                Action::Create => Vec::new(),
                _ => c.fields.iter().map(|f| anonymous(&format!(" {} {} -> {}", f.path, value(&f.before), value(&f.after)), &id)).collect(),
            };
            format!("{} {}{place}{}", sign(c.action), c.address.kind().replace('_', " "), fields.join(","))
        })
        .collect();
    parts.dedup();
    parts.join(" ")
}

fn holds_data(address: &Address) -> bool {
    kind(address.kind()).is_ok_and(|kind| kind.holds_data())
}

fn notes(out: &mut String, plan: &Plan, detail: Detail) {
    let moves = moves(plan);
    // What is kept for others has a note, where there is something to do about it.
    let data = plan.kept.iter().filter(|a| holds_data(a));
    let kept: Vec<&Address> = data.filter(|a| !moves.get(a.owner()).is_some_and(|left| left.contains(a))).collect();
    if !kept.is_empty() {
        heading(out, "kept, because they hold data");
        let (tenants, others): (Vec<&Address>, Vec<&Address>) = kept.into_iter().partition(|a| matches!(a.owner(), Owner::Tenant(_)));
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
    for note in plan::notes(plan) {
        let _ = writeln!(out, "{CAREFUL}note:{CAREFUL:#} {note}\n");
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
        "{BOLD}Plan:{BOLD:#} {} to create, {} to change, {} to replace,{} {} to delete; {} unchanged",
        plan.count(Action::Create),
        plan.count(Action::Update),
        plan.count(Action::Replace),
        match plan.count(Action::Close) {
            0 => String::new(),
            n => format!(" {n} to close off,"),
        },
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
