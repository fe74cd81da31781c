//! What is risky, once more and last: the reader's eye stops here.

use std::collections::BTreeMap;

use super::sheet::Sheet;
use super::{Detail, Room};
use crate::address::Owner;
use crate::diagnostic::plain;
use crate::plan::page::{Page, Risk, RiskKind, words_of};
use crate::ui::style::count as counted;
use crate::ui::style::{BAD, CAREFUL};
use crate::ui::words::{by_word, says};

/// From this many on a kind of risk is told by names alone, and by tier.
const FEW: usize = 4;

/// More resources than these are told by their kinds: their names stand where their owners do.
const MANY: usize = 12;

/// `6 roles, 20 parameters`
fn by_kind(risks: &[&Risk]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for address in risks.iter().filter_map(|risk| risk.address.as_ref()) {
        *counts.entry(address.kind().replace('_', " ")).or_default() += 1;
    }
    counts.into_iter().map(|(kind, n)| counted(n, &kind)).collect::<Vec<_>>().join(", ")
}

pub(super) fn write(sheet: &mut Sheet, page: &Page<'_>, detail: Detail) {
    if page.risks.is_empty() {
        return;
    }
    sheet.heading("Look closely");
    let mut room = Room::new(detail);
    for (word, risks) in by_word(page) {
        let Some(kind) = risks.first().map(|risk| risk.kind) else { continue };
        let style = if matches!(kind, RiskKind::Delete | RiskKind::Lose | RiskKind::Replace) { BAD } else { CAREFUL };
        let lead = format!("{style}{} {}{style:#}", kind.sign(), counted(risks.len(), word));
        // What is lost for good is never told by names alone.
        if risks.len() < FEW || kind == RiskKind::Lose {
            let told = risks.iter().map(|risk| one(page, risk)).collect::<Vec<_>>().join("; ");
            sheet.line(2, 6, &format!("{lead}: {told}"));
            continue;
        }
        let shares = shares(page, &risks);
        let names = if risks.len() > MANY && risks.iter().all(|risk| risk.address.is_some()) && detail != Detail::Full {
            by_kind(&risks)
        } else {
            room.list(risks.iter().map(|risk| plain(&risk.what)))
        };
        sheet.line(2, 6, &format!("{lead} ({shares}): {names}"));
    }
}

fn one(page: &Page<'_>, risk: &Risk) -> String {
    let owner = match (&risk.owner, &risk.address) {
        (_, None) => String::new(),
        (owner, Some(_)) => format!(" of {}", whose(owner)),
    };
    let mut says: Vec<String> = [says(page, risk)].iter().filter(|words| !words.is_empty()).map(|words| plain(words)).collect();
    if risk.address.is_some() && risk.affects > 0 && !matches!(risk.owner, Owner::Tenant(_)) {
        says.push(format!("affects {}", counted(risk.affects, "tenant")));
    }
    let says = if says.is_empty() { String::new() } else { format!(" ({})", says.join("; ")) };
    format!("{}{owner}{says}", plain(&risk.what))
}

fn whose(owner: &Owner) -> String {
    match owner {
        Owner::Platform => "the platform".into(),
        _ => words_of(owner),
    }
}

/// How many of each tier.
fn shares(page: &Page<'_>, risks: &[&Risk]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for risk in risks {
        let place = match &risk.owner {
            Owner::Platform => "platform".into(),
            Owner::Tier(tier) => format!("tier {tier}"),
            Owner::Tenant(id) => match page.tenant(id).and_then(|t| t.tier.as_ref()) {
                Some(tier) => format!("tier {tier}"),
                None => "tier unknown".into(),
            },
        };
        *counts.entry(place).or_default() += 1;
    }
    counts.into_iter().map(|(place, n)| format!("{place}: {}", super::grouped(n))).collect::<Vec<_>>().join(", ")
}
