//! The counts: tenants, what they share, and all resources, with what stays as it is; and how long applying takes.

use std::fmt::Write as _;

use super::section;
use crate::diagnostic::thousands;
use crate::plan::page::{Counts, Page, TenantTotals, TierRow};
use crate::ui::escape::markup;
use crate::ui::plan::about;
use crate::ui::style::count;

pub(super) fn totals(out: &mut String, page: &Page<'_>) {
    section(out, "totals", "What it comes to");
    if page.is_empty() {
        let rest = match page.totals.resources.unchanged {
            0 => String::new(),
            n => format!(" {} are as the manifest says.", count(n, "resource")),
        };
        let _ = writeln!(out, "<p class=\"banner good\"><strong>No changes.</strong>{rest}</p>");
    }
    table(
        out,
        ("totals", ""),
        &[
            ("tenants".into(), of_tenants(&page.totals.tenants)),
            ("shared by tenants".into(), of_resources(&page.totals.shared)),
            ("the plan, all resources".into(), of_resources(&page.totals.resources)),
        ],
    );
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

const WORDS: [&str; 11] = [
    "+ create",
    "~ change",
    "> move",
    "-/+ replace",
    "× suspend",
    "~ resume",
    "× leave",
    "× close off",
    "- delete",
    "! blocked",
    "unchanged",
];

/// By the words above.
type Cells = [usize; 11];

fn of_tenants(t: &TenantTotals) -> Cells {
    [t.create, t.change, t.moved, 0, t.suspend, t.resume, t.leave, 0, t.delete, t.blocked, t.unchanged]
}

fn of_resources(c: &Counts) -> Cells {
    [c.create, c.change, 0, c.replace, 0, 0, 0, c.close, c.delete, c.blocked, c.unchanged]
}

/// Without what there is none of: no column of nothing, and in a row a dash.
fn table(out: &mut String, (label, head): (&str, &str), rows: &[(String, Cells)]) {
    let of = |cells: &Cells, n: usize| cells.get(n).copied().unwrap_or_default();
    let shown: Vec<(usize, &str)> =
        WORDS.iter().copied().enumerate().filter(|(n, _)| rows.iter().any(|(_, cells)| of(cells, *n) > 0)).collect();
    if shown.is_empty() {
        return;
    }
    let _ = write!(
        out,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{label}\"><table class=\"totals\">\n<thead><tr><th scope=\"col\">{head}</th>"
    );
    for (_, word) in &shown {
        let _ = write!(out, "<th scope=\"col\" class=\"n\">{}</th>", markup(word));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for (name, cells) in rows {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", markup(name));
        for (n, word) in &shown {
            let _ = match of(cells, *n) {
                0 => write!(out, "<td class=\"n nil\" aria-label=\"none\">–</td>"),
                n => write!(out, "<td class=\"n\" data-is=\"{}\"><strong>{}</strong></td>", markup(word), thousands(n)),
            };
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
}

fn work(out: &mut String, page: &Page<'_>) {
    if page.is_empty() {
        return;
    }
    let _ = write!(out, "<p>Needs <strong>{}</strong>", count(page.writes, "write"));
    if let Some(estimate) = &page.estimate {
        let (about, bound) = (about(page.header.place, estimate.seconds), markup(&estimate.bound_by));
        let _ = write!(out, ", <strong>{about}</strong>, bound by {bound}");
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

fn tiers(out: &mut String, page: &Page<'_>) {
    if page.tiers.len() < 2 || page.tenants.is_empty() {
        return;
    }
    out.push_str("<h3>Tenants by tier</h3>\n");
    let name = |row: &TierRow| row.tier.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string);
    let rows: Vec<(String, Cells)> = page.tiers.iter().map(|row| (name(row), of_tenants(&row.tenants))).collect();
    table(out, ("tenants by tier", "tier"), &rows);
}

/// To what is on the page.
fn links(out: &mut String, page: &Page<'_>) {
    let parts = [
        ("risks", "Risks", !page.risks.is_empty()),
        ("blocked", "Blocked", !page.blocked.is_empty()),
        ("tenants", "Tenants", !page.groups.is_empty()),
        ("shared", "Shared", !page.shared.is_empty()),
        ("drift", "Drift", !page.drift.is_empty()),
        ("kept", "Kept", !page.kept.is_empty()),
        ("picture", "Picture", true),
        ("isolation", "Isolation", true),
        ("next", "Next", true),
    ];
    out.push_str("<nav aria-label=\"parts of the plan\">");
    for (id, word, _) in parts.into_iter().filter(|(.., is)| *is) {
        let _ = write!(out, "<a href=\"#{id}\">{word}</a>");
    }
    out.push_str("</nav>\n");
}
