//! The counts: tenants, what they share, and all resources, with what stays as it is; and how long applying takes.

use std::fmt::Write as _;

use super::section;
use crate::diagnostic::thousands;
use crate::plan::page::{Counts, Page, TenantTotals};
use crate::ui::escape::markup;

pub(super) fn totals(out: &mut String, page: &Page<'_>) {
    section(out, "totals", "What it comes to");
    if page.is_empty() {
        let n = page.totals.resources.unchanged;
        let _ =
            writeln!(out, "<p class=\"banner good\"><strong>No changes.</strong> {} resources are as the manifest says.</p>", thousands(n));
    }
    out.push_str("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"totals\"><table class=\"totals\">\n");
    out.push_str("<thead><tr><th scope=\"col\"></th>");
    for word in ["+ create", "~ change", "> move", "± replace", "× close off", "- delete", "! blocked", "unchanged"] {
        let _ = write!(out, "<th scope=\"col\" class=\"n\">{}</th>", markup(word));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    row(out, "tenants", &of_tenants(&page.totals.tenants));
    row(out, "shared by tenants", &of_resources(&page.totals.shared));
    row(out, "all resources", &of_resources(&page.totals.resources));
    out.push_str("</tbody></table></div>\n");
    work(out, page);
    if let Some(share) = page.share {
        let _ = writeln!(
            out,
            "<p class=\"banner careful\"><strong>{} % of the tenants that are there change</strong> ({} tenants).</p>",
            share.percent,
            thousands(share.tenants)
        );
    }
    tiers(out, page);
    links(out, page);
    out.push_str("</section>\n");
}

/// None where the column means nothing to the row.
type Cells = [Option<usize>; 8];

fn of_tenants(t: &TenantTotals) -> Cells {
    let (change, shut) = (t.change + t.resume, t.suspend + t.leave);
    [Some(t.create), Some(change), Some(t.moved), None, Some(shut), Some(t.delete), Some(t.blocked), Some(t.unchanged)]
}

fn of_resources(c: &Counts) -> Cells {
    [Some(c.create), Some(c.change), None, Some(c.replace), Some(c.close), Some(c.delete), Some(c.blocked), Some(c.unchanged)]
}

fn row(out: &mut String, name: &str, cells: &Cells) {
    let _ = write!(out, "<tr><th scope=\"row\">{}</th>", markup(name));
    for cell in cells {
        let _ = match cell {
            Some(0) => write!(out, "<td class=\"n nil\">0</td>"),
            Some(n) => write!(out, "<td class=\"n\"><strong>{}</strong></td>", thousands(*n)),
            None => write!(out, "<td class=\"n nil\" aria-label=\"not applicable\">–</td>"),
        };
    }
    out.push_str("</tr>\n");
}

fn work(out: &mut String, page: &Page<'_>) {
    if page.is_empty() {
        return;
    }
    let _ = write!(out, "<p>Needs <strong>{}</strong> {}", thousands(page.writes), if page.writes == 1 { "write" } else { "writes" });
    if let Some(estimate) = &page.estimate {
        let _ = write!(out, ", at least <strong>{}</strong>, bound by {}", long(estimate.seconds), markup(&estimate.bound_by));
    }
    let _ = write!(out, ".");
    if page.totals.drift > 0 {
        let _ = write!(out, " {} of the changes put back what was changed outside tenantry.", thousands(page.totals.drift));
    }
    if page.totals.kept > 0 {
        let _ = write!(out, " {} that nobody declares any more are kept.", thousands(page.totals.kept));
    }
    out.push_str("</p>\n");
}

fn long(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, s) => format!("{s} s"),
        (m, 0) => format!("{m} min"),
        (m, s) => format!("{m} min {s} s"),
    }
}

fn tiers(out: &mut String, page: &Page<'_>) {
    if page.tiers.len() < 2 || page.tenants.is_empty() {
        return;
    }
    out.push_str("<h3>Tenants by tier</h3>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"tenants by tier\"><table>\n");
    out.push_str("<thead><tr><th scope=\"col\">tier</th>");
    for word in ["+ create", "> move", "~ change", "× shut", "- delete", "! blocked", "unchanged"] {
        let _ = write!(out, "<th scope=\"col\" class=\"n\">{}</th>", markup(word));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &page.tiers {
        let t = &row.tenants;
        let name = row.tier.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string);
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", markup(&name));
        for n in [t.create, t.moved, t.change + t.resume, t.suspend + t.leave, t.delete, t.blocked, t.unchanged] {
            let class = if n == 0 { "n nil" } else { "n" };
            let _ = write!(out, "<td class=\"{class}\">{}</td>", thousands(n));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
}

/// To what is on the page.
fn links(out: &mut String, page: &Page<'_>) {
    let parts = [
        ("risks", "Risks", !page.risks.is_empty()),
        ("blocked", "Blocked", !page.blocked.is_empty()),
        ("picture", "Picture", true),
        ("tenants", "Tenants", !page.groups.is_empty()),
        ("shared", "Shared", !page.shared.is_empty()),
        ("drift", "Drift", !page.drift.is_empty()),
        ("kept", "Kept", !page.kept.is_empty()),
        ("isolation", "Isolation", true),
        ("next", "Next", true),
    ];
    out.push_str("<nav aria-label=\"parts of the plan\">");
    for (id, word, _) in parts.into_iter().filter(|(.., is)| *is) {
        let _ = write!(out, "<a href=\"#{id}\">{word}</a>");
    }
    out.push_str("</nav>\n");
}
