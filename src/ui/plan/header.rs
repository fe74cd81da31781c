//! Where a plan will run, which part of it this is, and what its signs mean.

use std::collections::BTreeMap;

use anstyle::Style;

use super::Detail;
use super::sheet::Sheet;
use crate::diagnostic::plain;
use crate::plan::Action;
use crate::plan::page::{KeptFor, Page, Place, TenantAction};
use crate::ui::style::{BAD, BOLD, CAREFUL, DIM, count as counted, of, of_tenant, sign, word};
use crate::ui::words::{EXPLAIN_PROFILE, live, profile, some};

pub(super) fn write(sheet: &mut Sheet, page: &Page<'_>, detail: Detail) {
    let head = &page.header;
    sheet.say(&format!(
        "{} ({}, {}; {}) {DIM}->{DIM:#} {BOLD}account {}, {}{BOLD:#}",
        plain(&head.file),
        some(head.tiers, "tier"),
        some(head.tenants, "tenant"),
        live(head.live),
        head.account,
        head.region
    ));
    let place = match head.place {
        Place::Aws => "",
        Place::Sandbox => ", in the sandbox: nothing of it reaches AWS",
    };
    sheet.say(&format!("Platform {BOLD}{}{BOLD:#}{place}.", head.platform));
    open(sheet, page);
    sheet.say(&format!("Profile {}: `{EXPLAIN_PROFILE}`", profile(head.profile)));
    if let Some(partial) = &head.partial {
        let filters = plain(&partial.filters.join(" "));
        sheet.say(&format!("{CAREFUL}A part of the plan only:{CAREFUL:#} {filters} {}.", leaves_out(partial.left_out)));
    }
    if detail != Detail::Summary {
        legend(sheet, page);
    }
}

/// Before all else: where tenants would not be kept apart.
fn open(sheet: &mut Sheet, page: &Page<'_>) {
    for open in &page.open {
        let accepted = open.accepted().map(|accepted| format!(" ({accepted})")).unwrap_or_default();
        let says = if open.says.is_empty() { String::new() } else { format!(": {}", plain(&open.says)) };
        let (probe, layer) = (open.probe, open.layer);
        sheet.line(0, 2, &format!("{BAD}! {} at {probe} {layer}{BAD:#} ({}){says}{accepted}", open.word(), open.verdict.word()));
    }
}

pub(super) fn leaves_out(n: usize) -> String {
    if n == 0 { "leaves nothing out".into() } else { format!("leaves out {}", counted(n, "change")) }
}

/// The signs that occur, each with all of its words that do, and no others.
fn legend(sheet: &mut Sheet, page: &Page<'_>) {
    let signs: Vec<String> =
        signs(page).iter().map(|(sign, style, words)| format!("{style}{sign}{style:#} {}", words.join(", "))).collect();
    if !signs.is_empty() {
        sheet.blank();
        sheet.items(&signs);
    }
}

/// In the order in which they are told; a sign that tenants and resources share is told once.
fn signs(page: &Page<'_>) -> Vec<(&'static str, Style, Vec<&'static str>)> {
    let mut found: Vec<(&'static str, Style, Vec<&'static str>)> = Vec::new();
    let mut tell = |sign: &'static str, style: Style, word: &'static str| match found.iter_mut().find(|(known, ..)| *known == sign) {
        Some((.., words)) if words.contains(&word) => {}
        Some((.., words)) => words.push(word),
        None => found.push((sign, style, vec![word])),
    };
    let tenants: BTreeMap<&TenantAction, ()> = page.tenants.iter().filter(|t| !t.is_only_drift()).map(|t| (&t.action, ())).collect();
    let is_move = |action: &&TenantAction| matches!(action, TenantAction::Move { .. });
    for action in tenants.keys().filter(|action| is_move(action)) {
        tell(action.sign(), of_tenant(action), "move to another tier");
    }
    let counts = &page.totals.resources;
    for (action, n) in [
        (Action::Create, counts.create),
        (Action::Update, counts.change),
        (Action::Replace, counts.replace),
        (Action::Close, counts.close),
        (Action::Delete, counts.delete),
    ] {
        if n > 0 {
            tell(sign(action), of(action), word(action));
        }
    }
    for action in tenants.keys().filter(|action| !is_move(action)) {
        tell(action.sign(), of_tenant(action), action.word());
    }
    if page.kept.iter().any(|kept| kept.why == KeptFor::Data) {
        tell("=", CAREFUL, "keep");
    }
    if !page.blocked.is_empty() || !page.open.is_empty() || page.risks.iter().any(|r| r.kind.sign() == "!") {
        tell("!", CAREFUL, "look here");
    }
    let follows = page.tenants.iter().any(|t| !t.consequences.is_empty())
        || page.shared.iter().flat_map(|s| &s.resources).any(|r| !r.consequences.is_empty() || !r.replaces.is_empty());
    if follows {
        tell("#", Style::new(), "what follows from it");
    }
    found
}
