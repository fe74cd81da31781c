//! What a plan comes to, the unchanged always counted, and how long it takes.

use super::header::leaves_out;
use super::sheet::{Sheet, counted, grouped};
use super::{Detail, wrapped};
use crate::plan::page::{Counts, Page, TenantTotals};
use crate::ui::style::{BOLD, CAREFUL, DIM, GOOD};

/// From this many tenants on they are worth a table.
const MANY: usize = 20;

pub(super) fn write(sheet: &mut Sheet, page: &Page<'_>, detail: Detail) {
    sheet.blank();
    let all = &page.totals.resources;
    if page.is_empty() {
        let rest = match all.unchanged {
            0 => String::new(),
            n => format!(" {} are as the manifest says.", counted(n, "resource")),
        };
        sheet.say(&format!("{GOOD}No changes.{GOOD:#}{rest}"));
        partial(sheet, page);
        return;
    }
    let changed: usize = page.totals.tenants.touched() + page.totals.tenants.create;
    if changed >= MANY && detail != Detail::Full {
        table(sheet, page);
        sheet.blank();
    }
    sheet.say(&format!("{BOLD}Tenants:{BOLD:#} {}.", tenants(&page.totals.tenants)));
    sheet.say(&format!("{BOLD}Shared:{BOLD:#} {}.", resources(&page.totals.shared)));
    sheet.say(&format!("{BOLD}Plan:{BOLD:#} {}.", resources(all)));
    if page.totals.drift > 0 {
        sheet.say(&format!("{} of these {} changed outside tenantry.", grouped(page.totals.drift), was(page.totals.drift)));
    }
    partial(sheet, page);
    if let Some(share) = page.share {
        sheet.say(&format!(
            "{CAREFUL}{} % of the tenants that are there change ({}): is that intended?{CAREFUL:#} apply --max-changes guards it.",
            share.percent,
            grouped(share.tenants)
        ));
    }
    // What apply refuses to begin takes no time.
    if page.blocked.is_empty() {
        sheet.say(&needs(page));
    }
}

fn was(n: usize) -> &'static str {
    if n == 1 { "was" } else { "were" }
}

/// `Needs 14 writes, about 1 min 05 s (bound by gateway creation).`
pub(crate) fn needs(page: &Page<'_>) -> String {
    let writes = counted(page.writes, "write");
    match &page.estimate {
        Some(estimate) => format!("Needs {writes}, about {} (bound by {}).", time(estimate.seconds), estimate.bound_by),
        None => format!("Needs {writes}."),
    }
}

/// `25 s`, `1 min 05 s`, `2 h 03 min`
pub(crate) fn time(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{} s", seconds.max(1)),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

fn partial(sheet: &mut Sheet, page: &Page<'_>) {
    if let Some(partial) = &page.header.partial {
        sheet.say(&format!("{CAREFUL}A part of the plan only:{CAREFUL:#} the filter {}.", leaves_out(partial.left_out)));
    }
}

/// What always stands there, and what only does where there is any.
pub(crate) fn tenants(totals: &TenantTotals) -> String {
    let mut parts = vec![
        format!("{} to create", grouped(totals.create)),
        format!("{} to move", grouped(totals.moved)),
        format!("{} to change", grouped(totals.change)),
    ];
    for (n, what) in [(totals.suspend, "to suspend"), (totals.resume, "to resume"), (totals.leave, "to leave")] {
        if n > 0 {
            parts.push(format!("{} {what}", grouped(n)));
        }
    }
    parts.push(format!("{} to delete", grouped(totals.delete)));
    ended(&parts, totals.blocked, totals.unchanged)
}

pub(crate) fn resources(counts: &Counts) -> String {
    let mut parts = vec![
        format!("{} to create", grouped(counts.create)),
        format!("{} to change", grouped(counts.change)),
        format!("{} to replace", grouped(counts.replace)),
    ];
    if counts.close > 0 {
        parts.push(format!("{} to close off", grouped(counts.close)));
    }
    parts.push(format!("{} to delete", grouped(counts.delete)));
    ended(&parts, counts.blocked, counts.unchanged)
}

fn ended(parts: &[String], blocked: usize, unchanged: usize) -> String {
    let blocked = if blocked == 0 { String::new() } else { format!("; {} blocked", grouped(blocked)) };
    format!("{}; {} unchanged{blocked}", parts.join(", "), grouped(unchanged))
}

/// Tenants by tier; a column for what happens to any of them.
fn table(sheet: &mut Sheet, page: &Page<'_>) {
    type Column = (&'static str, fn(&TenantTotals) -> usize);
    let columns: [Column; 9] = [
        ("create", |t| t.create),
        ("move", |t| t.moved),
        ("change", |t| t.change),
        ("suspend", |t| t.suspend),
        ("resume", |t| t.resume),
        ("leave", |t| t.leave),
        ("delete", |t| t.delete),
        ("blocked", |t| t.blocked),
        ("unchanged", |t| t.unchanged),
    ];
    let always = ["create", "move", "change", "delete", "unchanged"];
    let shown: Vec<Column> =
        columns.into_iter().filter(|(name, of)| always.contains(name) || page.tiers.iter().any(|row| of(&row.tenants) > 0)).collect();
    let name = |row: &crate::plan::page::TierRow| row.tier.as_ref().map_or_else(|| "unknown".into(), ToString::to_string);
    let first = page.tiers.iter().map(|row| name(row).len()).max().unwrap_or_default().max("tier".len());
    if sheet.width() < first + 2 + shown.len() * 10 {
        // Too narrow for columns: a sentence a tier.
        for row in &page.tiers {
            sheet.say(wrapped(&format!("tier {}: {}", name(row), tenants(&row.tenants)), usize::MAX, 0, 0).trim_end());
        }
        return;
    }
    let head: String = shown.iter().map(|(name, _)| format!(" {name:>9}")).collect();
    sheet.line(2, 2, &format!("{DIM}{:<first$}{head}{DIM:#}", "tier"));
    for row in &page.tiers {
        let cells: String = shown.iter().map(|(_, of)| format!(" {:>9}", grouped(of(&row.tenants)))).collect();
        sheet.line(2, 2, &format!("{:<first$}{cells}", name(row)));
    }
}
