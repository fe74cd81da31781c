//! Resources' changes: of the platform and of tiers, with how many tenants notice.

use std::collections::BTreeMap;

use super::sheet::Sheet;
use super::{Detail, Room, fields};
use crate::diagnostic::plain;
use crate::plan::page::{Page, ResourceChange, RiskKind, Shared, words_of};
use crate::plan::{Action, Cause};
use crate::ui::style::count as counted;
use crate::ui::style::{BAD, BOLD, CAREFUL, DIM, of, sign, word};

/// From this many on, equal things of one owner are told by their kinds.
const MANY: usize = 8;

pub(super) fn write(sheet: &mut Sheet, page: &Page<'_>, detail: Detail) {
    let mut room = Room::new(detail);
    for shared in &page.shared {
        let affects = match shared.affects {
            0 => String::new(),
            n => format!("  affects {}", counted(n, "tenant")),
        };
        sheet.heading(&format!("{}{BOLD:#}{DIM}{affects}{DIM:#}", capital(&words_of(&shared.owner))));
        match detail {
            Detail::Full => block(sheet, &shared.resources.iter().collect::<Vec<_>>(), 2, detail),
            Detail::Summary | Detail::Normal => normal(sheet, shared, &mut room),
        }
    }
}

pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}

/// What is new by its kinds, and what goes by its names, once there is much of it; everything else one by one.
fn normal(sheet: &mut Sheet, shared: &Shared<'_>, room: &mut Room) {
    let folds = |r: &&ResourceChange<'_>| r.action == Action::Create && RiskKind::of(r).is_none();
    let goes = |r: &&ResourceChange<'_>| r.action == Action::Delete;
    let of = |which: &dyn Fn(&&ResourceChange<'_>) -> bool| -> Vec<&ResourceChange<'_>> {
        let all: Vec<&ResourceChange<'_>> = shared.resources.iter().filter(which).collect();
        if all.len() >= MANY { all } else { Vec::new() }
    };
    let (new, gone) = (of(&folds), of(&goes));
    let rest = shared.resources.iter().filter(|r| (!folds(r) || new.is_empty()) && (!goes(r) || gone.is_empty()));
    block(sheet, &rest.collect::<Vec<_>>(), 2, Detail::Normal);
    if !new.is_empty() {
        sheet.line(2, 6, &format!("{}: {}", lead(Action::Create, new.len()), kinds(&new)));
    }
    if !gone.is_empty() {
        // A kind is said once, before the first of it.
        let mut kind = "";
        let names: Vec<String> = gone
            .iter()
            .map(|r| {
                let is_first = r.kind != kind;
                kind = &r.kind;
                if is_first { format!("{DIM}{kind}:{DIM:#} {}", plain(&r.name)) } else { plain(&r.name) }
            })
            .collect();
        let names = room.list(names);
        sheet.line(2, 6, &format!("{}: {names}", lead(Action::Delete, gone.len())));
    }
}

/// `+ create 12 resources`
fn lead(action: Action, n: usize) -> String {
    let style = of(action);
    format!("{style}{} {}{style:#} {}", sign(action), word(action), counted(n, "resource"))
}

/// `bucket, 2 objects, 7 roles`, in the order of creation.
pub(crate) fn kinds(resources: &[&ResourceChange<'_>]) -> String {
    let mut order: Vec<&str> = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in resources {
        if !counts.contains_key(resource.kind.as_str()) {
            order.push(&resource.kind);
        }
        *counts.entry(&resource.kind).or_default() += 1;
    }
    let told = |kind: &&str| match counts.get(kind) {
        Some(n) if *n > 1 => counted(*n, kind),
        _ => (*kind).to_owned(),
    };
    order.iter().map(told).collect::<Vec<_>>().join(", ")
}

/// Some resources one by one, their kinds in a column.
pub(super) fn block(sheet: &mut Sheet, resources: &[&ResourceChange<'_>], indent: usize, detail: Detail) {
    let column = resources.iter().map(|r| r.kind.len()).max().unwrap_or_default();
    let signs = resources.iter().map(|r| sign(r.action).chars().count()).max().unwrap_or_default();
    let words = resources.iter().map(|r| word(r.action).len()).max().unwrap_or_default();
    for resource in resources {
        one(sheet, resource, (indent, signs, words, column), detail);
    }
}

fn one(sheet: &mut Sheet, r: &ResourceChange<'_>, (indent, signs, words, column): (usize, usize, usize, usize), detail: Detail) {
    let style = of(r.action);
    let remark = match remark(r, detail) {
        Some(remark) => format!("  {DIM}{remark}{DIM:#}"),
        None => String::new(),
    };
    let (mark, action, kind) = (sign(r.action), word(r.action), &r.kind);
    // A sign of three characters needs no more room for its word than the others.
    sheet.line(
        indent,
        indent + signs + 3,
        &format!("{style}{mark:<signs$} {action:<words$}{style:#}  {kind:<column$}  {}{remark}", plain(&r.name)),
    );
    let inner = indent + signs + 3;
    for why in r.replaces.iter().filter(|why| !r.is_told_by_aws() || !why.starts_with("failed:")) {
        // What stands at its field needs no line of its own.
        if !r.fields.iter().any(|f| r.forces(f) == why.split_once(": ").map(|(_, why)| why)) {
            sheet.line(inner, inner + 2, &format!("{BAD}# forces replacement: {why}{BAD:#}"));
        }
    }
    if r.action != Action::Create || detail == Detail::Full {
        fields::write(sheet, r, inner);
    }
    if let Some(widening) = &r.widens {
        sheet.line(inner, inner + 2, &format!("{CAREFUL}! widens access:{CAREFUL:#} {}", plain(&widening.words())));
    }
    for judged in &r.judged {
        let style = if judged.risk == RiskKind::Lose { BAD } else { CAREFUL };
        let (mark, what) = (judged.risk.sign(), judged.risk.word());
        sheet.line(inner, inner + 2, &format!("{style}{mark} {what}:{style:#} {}", plain(&judged.says)));
    }
    for consequence in &r.consequences {
        sheet.line(inner, inner + 2, &format!("{DIM}#{DIM:#} {}", plain(&consequence.words())));
    }
}

fn remark(r: &ResourceChange<'_>, detail: Detail) -> Option<String> {
    let waits = r.waits_for.join(", ");
    match (r.action, r.cause) {
        (Action::Update | Action::Replace, _) if r.is_told_by_aws() => None,
        (Action::Create, _) if r.role.is_some() => r.role.as_ref().map(|role| format!("as {}", plain(role))),
        (Action::Create, _) if !waits.is_empty() && (detail == Detail::Full || waits.contains('(')) => Some(format!("after {waits}")),
        (Action::Close, _) => Some("no longer declared; closed off, not deleted".into()),
        (Action::Update | Action::Replace, Cause::Dependency) if !waits.is_empty() => Some(format!("because of {waits}")),
        _ => None,
    }
}
