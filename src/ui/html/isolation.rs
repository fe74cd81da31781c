//! The proof of isolation as a table: every probe, and what was found.

use std::fmt::Write as _;

use super::section;
use crate::isolation::report::{Outcome, Report};
use crate::plan::page::Page;
use crate::ui::escape::markup;
use crate::ui::verify;

/// Before all else: where tenants would not be kept apart.
pub(super) fn open(out: &mut String, page: &Page<'_>) {
    if page.open.is_empty() {
        return;
    }
    out.push_str("<div class=\"banner bad\" role=\"alert\"><strong>! Isolation is open, or not proven</strong>\n<ul>\n");
    for open in &page.open {
        let accepted = open.accepted().map(|accepted| format!(" <em>{}</em>", markup(&accepted))).unwrap_or_default();
        let (verdict, probe, layer) = (open.verdict.word(), markup(open.probe), markup(open.layer));
        let _ = writeln!(out, "<li><strong>{probe} {layer}: {verdict}</strong> {}{accepted}</li>", markup(&open.says));
    }
    out.push_str("</ul></div>\n");
}

pub(super) fn table(out: &mut String, report: &Report) {
    section(out, "isolation", "What keeps tenants apart");
    let sound = if report.is_sound() { ("good", "No breach was found") } else { ("bad", "Isolation is open, or not proven") };
    let _ = writeln!(
        out,
        "<p class=\"banner {}\"><strong>{}</strong> in the {} profile: {}.</p>",
        sound.0,
        sound.1,
        report.profile.as_str(),
        markup(&verify::told(report))
    );
    out.push_str("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"isolation\"><table>\n<thead><tr>");
    for head in ["probe", "layer", "attack", "result"] {
        let _ = write!(out, "<th scope=\"col\">{head}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &report.rows {
        let class = match row.outcome {
            Outcome::Pass => "comes",
            Outcome::NotEnforced => "changes",
            Outcome::Unknown | Outcome::Fail => "goes",
            Outcome::Skipped => "",
        };
        let _ = write!(out, "<tr><td>{}</td><th scope=\"row\">{}</th><td>{}", markup(row.probe), markup(row.layer), markup(row.attack));
        for finding in &row.findings {
            let about = if finding.object.is_empty() { String::new() } else { format!("{}: ", finding.object) };
            let _ = write!(out, "<p class=\"after\"># {}{}</p>", markup(&about), markup(&finding.says));
        }
        let _ = writeln!(out, "</td><td><span class=\"act {class}\">&nbsp;{}</span></td></tr>", row.outcome.word());
    }
    out.push_str("</tbody></table></div>\n</section>\n");
}
