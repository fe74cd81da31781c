//! Where a plan will run, which part of it this is, and what its signs mean.

use std::collections::BTreeSet;

use super::Detail;
use super::sheet::{Sheet, counted, grouped};
use crate::diagnostic::plain;
use crate::plan::Action;
use crate::plan::page::{Page, Place, TenantAction};
use crate::ui::style::{BAD, BOLD, CAREFUL, DIM, of, sign, word};

pub(super) fn write(sheet: &mut Sheet, page: &Page<'_>, detail: Detail) {
    let head = &page.header;
    sheet.say(&format!(
        "{} ({}, {}; {} live) {DIM}->{DIM:#} {BOLD}account {}, {}{BOLD:#}",
        plain(&head.file),
        counted(head.tiers, "tier"),
        counted(head.tenants, "tenant"),
        grouped(head.live),
        head.account,
        head.region
    ));
    let place = match head.place {
        Place::Aws => "",
        Place::Sandbox => ", in the sandbox: nothing of it reaches AWS",
    };
    sheet.say(&format!("Platform {BOLD}{}{BOLD:#}, {} profile{place}.", head.platform, head.profile));
    open(sheet, page);
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

/// The signs that occur, and no others.
fn legend(sheet: &mut Sheet, page: &Page<'_>) {
    let shared = page.shared.iter().flat_map(|s| &s.resources).chain(&page.drift);
    let shown: BTreeSet<Action> = shared.chain(page.tenants.iter().flat_map(|t| &t.resources)).map(|r| r.action).collect();
    let occurs = |action: Action| shown.contains(&action);
    let mut signs: Vec<String> = Vec::new();
    if page.tenants.iter().any(|t| matches!(t.action, TenantAction::Move { .. })) {
        signs.push(format!("{CAREFUL}>{CAREFUL:#} move to another tier"));
    }
    for action in [Action::Create, Action::Update, Action::Replace, Action::Close, Action::Delete] {
        if occurs(action) {
            let style = of(action);
            signs.push(format!("{style}{}{style:#} {}", sign(action), word(action)));
        }
    }
    if !page.blocked.is_empty() || !page.open.is_empty() || page.risks.iter().any(|r| r.kind.sign() == "!") {
        signs.push(format!("{CAREFUL}!{CAREFUL:#} look here"));
    }
    let follows = page.tenants.iter().any(|t| !t.consequences.is_empty())
        || page.shared.iter().flat_map(|s| &s.resources).any(|r| !r.consequences.is_empty() || !r.replaces.is_empty());
    if follows {
        signs.push("# what follows from it".into());
    }
    if !signs.is_empty() {
        sheet.blank();
        sheet.say(&signs.join("   "));
    }
}
