//! A plan as one page for a browser, or for paper: self-contained, without scripts, read from top to bottom.
//!
//! Risks, blocks and totals are never folded; what many tenants share is folded by owner, tenants by what happens to them.

use std::fmt::Write as _;

use super::escape::markup;
use super::graph::svg::svg;
use super::style::count;
use super::words::{EXPLAIN_PROFILE, live, profile, some};
use crate::graph::Graph;
use crate::isolation::report::Report;
use crate::plan::page::{Page, Place};

mod changes;
mod isolation;
mod risks;
mod style;
mod tenants;
mod totals;

/// What stands on the page beside the plan itself.
#[derive(Debug)]
pub(crate) struct Beside<'a> {
    pub(crate) picture: &'a Graph,
    pub(crate) isolation: Option<&'a Report>,
    pub(crate) notes: &'a [String],
    /// What to type next, and what for.
    pub(crate) next: &'a [(&'static str, String)],
}

pub(crate) fn plan(page: &Page<'_>, beside: &Beside<'_>) -> String {
    let mut out = head(page);
    header(&mut out, page);
    totals::totals(&mut out, page);
    risks::risks(&mut out, page);
    risks::blocked(&mut out, page);
    notes(&mut out, page, beside.notes);
    tenants::tenants(&mut out, page);
    changes::shared(&mut out, page);
    changes::drift(&mut out, page);
    risks::kept(&mut out, page);
    picture(&mut out, beside.picture);
    if let Some(report) = beside.isolation {
        isolation::table(&mut out, report);
    }
    foot(&mut out, page, beside.next);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn head(page: &Page<'_>) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"generator\" content=\"tenantry {}\">\n<title>Plan for {}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n",
        env!("CARGO_PKG_VERSION"),
        markup(&page.header.platform),
        style::CSS
    )
}

fn header(out: &mut String, page: &Page<'_>) {
    let header = &page.header;
    let place = match header.place {
        Place::Aws => "AWS",
        Place::Sandbox => "the sandbox on this machine",
    };
    let _ = writeln!(out, "<header>\n<p class=\"eyebrow\">tenantry plan</p>\n<h1>{}</h1>\n<dl class=\"where\">", markup(&header.platform));
    let declared = format!("{}, {}; {}", some(header.tiers, "tier"), some(header.tenants, "tenant"), live(header.live));
    let profile = format!("{}: {EXPLAIN_PROFILE}", profile(header.profile));
    for (name, value) in [
        ("runs in", place),
        ("account", &header.account),
        ("region", &header.region),
        ("manifest", &header.file),
        ("declares", &declared),
        ("profile", &profile),
    ] {
        let _ = writeln!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", markup(value));
    }
    out.push_str("</dl>\n</header>\n");
    isolation::open(out, page);
    if let Some(partial) = &page.header.partial {
        let _ = writeln!(
            out,
            "<p class=\"banner careful\" role=\"note\"><strong>This is not the whole plan.</strong> {} leaves out {}.</p>",
            markup(&partial.filters.join(" ")),
            if partial.left_out == 0 { "nothing".into() } else { count(partial.left_out, "change") }
        );
    }
}

/// A section with its heading; `id` is for links to it.
fn section(out: &mut String, id: &str, heading: &str) {
    let _ = writeln!(out, "<section id=\"{id}\" aria-labelledby=\"{id}-h\">\n<h2 id=\"{id}-h\">{}</h2>", markup(heading));
}

fn picture(out: &mut String, graph: &Graph) {
    section(out, "picture", "The platform, and what changes in it");
    out.push_str("<div class=\"scroll picture\" role=\"region\" tabindex=\"0\" aria-label=\"picture of the platform\">\n");
    out.push_str(&svg(graph));
    out.push_str("</div>\n</section>\n");
}

fn notes(out: &mut String, page: &Page<'_>, more: &[String]) {
    if page.notes.is_empty() && more.is_empty() {
        return;
    }
    section(out, "notes", "To know before it is applied");
    out.push_str("<ul>\n");
    for note in page.notes.iter().chain(more) {
        let _ = writeln!(out, "<li>{}</li>", markup(note));
    }
    out.push_str("</ul>\n</section>\n");
}

fn foot(out: &mut String, page: &Page<'_>, next: &[(&'static str, String)]) {
    section(out, "next", "Next");
    let _ = writeln!(out, "<p>Checksum of this plan: <code class=\"sum\">{}</code></p>", markup(&page.checksum));
    if !next.is_empty() {
        out.push_str("<dl class=\"next\">\n");
        for (what, command) in next {
            let _ = writeln!(out, "<div><dt>{}</dt><dd><code>{}</code></dd></div>", markup(what.trim_end_matches(':')), markup(command));
        }
        out.push_str("</dl>\n");
    }
    out.push_str("</section>\n");
}

#[cfg(test)]
mod tests;
