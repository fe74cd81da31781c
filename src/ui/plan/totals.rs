//! What a plan comes to, the unchanged always counted, and how long it takes.

use super::Detail;
use super::header::leaves_out;
use super::sheet::Sheet;
use crate::diagnostic::thousands as grouped;
use crate::plan::page::{Counts, Page, Place, TenantTotals};
use crate::ui::style::count as counted;
use crate::ui::style::{BOLD, CAREFUL, GOOD, counts};
use crate::ui::table::{Column, Table};

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
    for (name, told) in [("Tenants", tenants(&page.totals.tenants)), ("Shared", resources(&page.totals.shared)), ("Plan", whole(all))] {
        if !told.is_empty() {
            sheet.say(&format!("{BOLD}{name}:{BOLD:#} {told}."));
        }
    }
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
        Some(estimate) => format!("Needs {writes}, {} (bound by {}).", about(page.header.place, estimate.seconds), estimate.bound_by),
        None => format!("Needs {writes}."),
    }
}

/// `about 25 s`; the sandbox takes far less, and says what AWS would take.
pub(crate) fn about(place: Place, seconds: u64) -> String {
    match place {
        Place::Aws => format!("about {}", time(seconds)),
        Place::Sandbox => format!("on AWS about {}", time(seconds)),
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

/// What happens to tenants: `8 to create; 2 unchanged`. Nothing where there are none.
pub(crate) fn tenants(totals: &TenantTotals) -> String {
    let parts = [
        (totals.create, "to create"),
        (totals.moved, "to move"),
        (totals.change, "to change"),
        (totals.suspend, "to suspend"),
        (totals.resume, "to resume"),
        (totals.leave, "to leave"),
        (totals.delete, "to delete"),
    ];
    ended(counts(&parts), totals.blocked, totals.unchanged)
}

/// The same of a part of the resources.
pub(crate) fn resources(of: &Counts) -> String {
    let parts = [
        (of.create, "to create"),
        (of.change, "to change"),
        (of.replace, "to replace"),
        (of.close, "to close off"),
        (of.delete, "to delete"),
    ];
    ended(counts(&parts), of.blocked, of.unchanged)
}

fn ended(told: String, blocked: usize, unchanged: usize) -> String {
    [told, counts(&[(unchanged, "unchanged")]), counts(&[(blocked, "blocked")])]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("; ")
}

/// The line that people and scripts know from other tools: it alone says what there is none of.
pub(crate) fn whole(of: &Counts) -> String {
    let close = if of.close > 0 { format!("{} to close off, ", grouped(of.close)) } else { String::new() };
    let blocked = if of.blocked > 0 { format!("; {} blocked", grouped(of.blocked)) } else { String::new() };
    format!(
        "{} to create, {} to change, {} to replace, {close}{} to delete; {} unchanged{blocked}",
        grouped(of.create),
        grouped(of.change),
        grouped(of.replace),
        grouped(of.delete),
        grouped(of.unchanged)
    )
}

/// Tenants by tier; a column for what happens to any of them.
fn table(sheet: &mut Sheet, page: &Page<'_>) {
    type Of = (Column, fn(&TenantTotals) -> usize);
    let columns: [Of; 9] = [
        (Column::right("create"), |t| t.create),
        (Column::right("move"), |t| t.moved),
        (Column::right("change"), |t| t.change),
        (Column::right("suspend"), |t| t.suspend),
        (Column::right("resume"), |t| t.resume),
        (Column::right("leave"), |t| t.leave),
        (Column::right("delete"), |t| t.delete),
        (Column::right("blocked"), |t| t.blocked),
        (Column::right("unchanged"), |t| t.unchanged),
    ];
    let mut table = Table::new([Column::left("tier")].into_iter().chain(columns.iter().map(|(column, _)| *column)));
    for row in &page.tiers {
        let name = row.tier.as_ref().map_or_else(|| "unknown".into(), ToString::to_string);
        // A column without any is left out.
        let cells = columns.iter().map(|(_, of)| match of(&row.tenants) {
            0 => String::new(),
            n => grouped(n),
        });
        table.row([name].into_iter().chain(cells));
    }
    sheet.table(2, &table);
}
