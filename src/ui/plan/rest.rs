//! What is not the manifest's wish: drift, what is kept, notes, and what can't be done.

use std::collections::BTreeMap;

use super::shared::{block, capital};
use super::sheet::Sheet;
use super::{Detail, Room};
use crate::address::Owner;
use crate::diagnostic::plain;
use crate::plan::Blocked;
use crate::plan::page::{KeptFor, Page, ResourceChange, words_of};
use crate::ui::style::count as counted;
use crate::ui::style::{BAD, CAREFUL, DIM};

/// From this many on, drift is told by names alone.
const MANY: usize = 12;

pub(super) fn drift(sheet: &mut Sheet, page: &Page<'_>, detail: Detail) {
    if page.drift.is_empty() {
        return;
    }
    sheet.heading("Changed outside tenantry since the last apply (apply puts it back)");
    let mut room = Room::new(detail);
    let by_owner = by_owner(page.drift.iter().map(|r| (r.address.owner(), r)));
    if detail == Detail::Full || (detail == Detail::Normal && page.drift.len() < MANY) {
        for (owner, resources) in by_owner {
            sheet.line(2, 4, &format!("{DIM}{}{DIM:#}", words_of(owner)));
            block(sheet, &resources, 4, detail);
        }
        return;
    }
    sheet.line(2, 4, &format!("{CAREFUL}~ change{CAREFUL:#} {}: {}", counted(page.drift.len(), "resource"), shares(page, &page.drift)));
    let names = page.drift.iter().map(|r: &ResourceChange<'_>| format!("{} {}", r.kind, plain(&r.name)));
    sheet.line(6, 6, &room.list(names));
}

fn by_owner<'a, T>(items: impl Iterator<Item = (&'a Owner, T)>) -> BTreeMap<&'a Owner, Vec<T>> {
    let mut groups: BTreeMap<&Owner, Vec<T>> = BTreeMap::new();
    for (owner, item) in items {
        groups.entry(owner).or_default().push(item);
    }
    groups
}

/// `3 of the platform, 7 of tenants in tier basic`
fn shares(page: &Page<'_>, resources: &[ResourceChange<'_>]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for resource in resources {
        *counts.entry(belongs(page, resource.address.owner())).or_default() += 1;
    }
    counts.into_iter().map(|(whose, n)| format!("{} of {whose}", super::grouped(n))).collect::<Vec<_>>().join(", ")
}

fn belongs(page: &Page<'_>, owner: &Owner) -> String {
    match owner {
        Owner::Tenant(id) => match page.tenant(id).and_then(|t| t.tier.as_ref()) {
            Some(tier) => format!("tenants in tier {tier}"),
            None => "tenants".into(),
        },
        Owner::Platform => "the platform".into(),
        Owner::Tier(_) => words_of(owner),
    }
}

/// How many names of what is kept are worth reading every time.
const KEPT: usize = 6;

pub(super) fn kept(sheet: &mut Sheet, page: &Page<'_>, detail: Detail) {
    // What is kept for others has a note, where there is something to do about it; what a mover leaves stands with the move.
    let kept: Vec<String> = page.kept.iter().filter(|k| k.why == KeptFor::Data).map(|k| k.address.to_string()).collect();
    if kept.is_empty() {
        return;
    }
    sheet.heading(&format!("Kept, because they hold data ({})", counted(kept.len(), "resource")));
    if detail == Detail::Full {
        // A line each, for scripts that name what they want deleted.
        kept.iter().for_each(|address| sheet.line(2, 4, &format!("{CAREFUL}= keep{CAREFUL:#} {address}")));
    } else {
        let mut room = Room { left: KEPT };
        sheet.line(2, 4, &format!("{CAREFUL}= keep{CAREFUL:#} {}", room.list(kept)));
    }
    sheet.line(
        2,
        4,
        &format!("{DIM}Deleted only by name: --delete ADDRESS, or tenant:ID and tier:NAME for all that is kept of one{DIM:#}"),
    );
}

pub(super) fn notes(sheet: &mut Sheet, page: &Page<'_>, more: &[String]) {
    told(sheet, page.notes.iter().chain(more));
}

pub(super) fn told<'n>(sheet: &mut Sheet, notes: impl Iterator<Item = &'n String>) {
    for note in notes {
        sheet.blank();
        sheet.line(0, 6, &format!("{CAREFUL}note:{CAREFUL:#} {}", plain(note)));
    }
}

/// Below this many of one reason each is told with its way out.
const FEW: usize = 4;

pub(super) fn blocked(sheet: &mut Sheet, page: &Page<'_>, detail: Detail) {
    if page.blocked.is_empty() {
        return;
    }
    sheet.heading("Blocked (apply refuses to begin)");
    let mut room = Room::new(detail);
    let mut reasons: BTreeMap<&str, Vec<&Blocked>> = BTreeMap::new();
    for blocked in page.blocked {
        reasons.entry(&blocked.why).or_default().push(blocked);
    }
    for (why, all) in &reasons {
        if detail == Detail::Full || all.len() < FEW {
            for blocked in all {
                sheet.line(2, 6, &format!("{BAD}! blocked{BAD:#} {}: {}", blocked.address, plain(why)));
                sheet.line(6, 6, &format!("{DIM}{}{DIM:#}", plain(&blocked.way_out)));
            }
            continue;
        }
        sheet.line(2, 6, &format!("{BAD}! blocked{BAD:#} {}: {}", counted(all.len(), "resource"), plain(why)));
        sheet.line(6, 6, &room.list(all.iter().map(|b| b.address.to_string())));
        if let Some(first) = all.first() {
            sheet.line(6, 6, &format!("{DIM}{}, for the first: {}{DIM:#}", capital("a way out"), plain(&first.way_out)));
        }
    }
}
