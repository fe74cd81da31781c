//! What deserves a second look, what is in the way, and what is kept: in full, and never folded.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::section;
use crate::address::Owner;
use crate::diagnostic::thousands;
use crate::plan::page::{KeptFor, Page, Risk, RiskKind, words_of};
use crate::ui::escape::markup;
use crate::ui::style::count;
use crate::ui::words::{risk, says};

pub(super) fn risks(out: &mut String, page: &Page<'_>) {
    if page.risks.is_empty() {
        return;
    }
    section(out, "risks", "Look at these twice");
    out.push_str("<ul class=\"list\">\n");
    for alike in alike(&page.risks) {
        let Some(first) = alike.first() else { continue };
        let class = class(first.kind);
        let _ = write!(
            out,
            "<li><span class=\"act {class}\"><span class=\"sign\">{}</span>{}</span> ",
            markup(first.kind.sign()),
            risk(page, first)
        );
        match alike.as_slice() {
            [one] => {
                let whose = if one.address.is_some() { format!("{}: ", words_of(&one.owner)) } else { String::new() };
                let _ = write!(out, "<strong>{}{}</strong>", markup(&whose), markup(&one.what));
            }
            many => {
                let what: Vec<String> = many.iter().map(|risk| of_many(risk)).collect();
                let _ = write!(out, "<strong>{}</strong><p class=\"ids\">{}</p>", thousands(many.len()), markup(&what.join(", ")));
            }
        }
        let says = says(page, first);
        if !says.is_empty() {
            let _ = write!(out, "<p>{}</p>", markup(&says));
        }
        if first.affects > 1 && first.address.is_some() {
            let _ = write!(out, "<p class=\"muted\">{} notice</p>", count(first.affects, "tenant"));
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n</section>\n");
}

fn of_many(risk: &Risk) -> String {
    match (&risk.address, &risk.owner) {
        (Some(_), Owner::Tenant(id)) => format!("{id} {}", risk.what),
        (Some(_), owner) => format!("{} {}", words_of(owner), risk.what),
        (None, _) => risk.what.clone(),
    }
}

/// Tenants with the same risk for the same reason stand together; each resource of the platform or a tier stands by itself.
fn alike(risks: &[Risk]) -> Vec<Vec<&Risk>> {
    let mut groups: Vec<Vec<&Risk>> = Vec::new();
    let mut known: BTreeMap<(RiskKind, bool, &str), usize> = BTreeMap::new();
    for risk in risks {
        if !matches!(risk.owner, Owner::Tenant(_)) {
            groups.push(vec![risk]);
            continue;
        }
        let at = *known.entry((risk.kind, risk.address.is_some(), &risk.says)).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(risk),
            None => groups.push(vec![risk]),
        }
    }
    groups
}

fn class(kind: RiskKind) -> &'static str {
    match kind {
        RiskKind::Delete | RiskKind::Lose | RiskKind::Replace | RiskKind::Widen | RiskKind::Weaken => "goes",
        RiskKind::Close | RiskKind::Drift | RiskKind::Model | RiskKind::Raise => "changes",
        RiskKind::Move => "moves",
    }
}

pub(super) fn blocked(out: &mut String, page: &Page<'_>) {
    if page.blocked.is_empty() {
        return;
    }
    section(out, "blocked", "Blocked: apply refuses until this is settled");
    out.push_str("<ul class=\"list\">\n");
    for blocked in page.blocked {
        let _ = writeln!(
            out,
            "<li><span class=\"act goes\"><span class=\"sign\">!</span>blocked</span> <code>{}</code><p>{}</p><p class=\"muted\">{}</p></li>",
            markup(&blocked.address.to_string()),
            markup(&blocked.why),
            markup(&blocked.way_out)
        );
    }
    out.push_str("</ul>\n</section>\n");
}

/// By reason and kind, each with whose they are.
pub(super) fn kept(out: &mut String, page: &Page<'_>) {
    if page.kept.is_empty() {
        return;
    }
    section(out, "kept", "Kept, although nobody declares it any more");
    let mut groups: BTreeMap<(&'static str, &str), Vec<String>> = BTreeMap::new();
    for kept in &page.kept {
        let why = match kept.why {
            KeptFor::Data => "holds data; deleted only by name, with --delete ADDRESS, tenant:ID or tier:NAME",
            KeptFor::Moved => "a tenant moved away from it",
            KeptFor::Others => "others use it",
        };
        let name = match kept.address.owner() {
            Owner::Platform => kept.address.label().to_owned(),
            owner => format!("{owner}/{}", kept.address.label()),
        };
        groups.entry((why, kept.address.kind())).or_default().push(name);
    }
    out.push_str("<ul class=\"list\">\n");
    for ((why, kind), names) in groups {
        let _ = writeln!(
            out,
            "<li><strong>= {} {}</strong>, kept: {}<p class=\"ids\">{}</p></li>",
            thousands(names.len()),
            markup(&kind.replace('_', " ")),
            markup(why),
            markup(&names.join(", "))
        );
    }
    out.push_str("</ul>\n</section>\n");
}
