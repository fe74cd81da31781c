//! Resources that change: with why, before and after, and what follows.

use std::fmt::Write as _;

use super::section;
use crate::plan::page::{Page, ResourceChange, words_of};
use crate::plan::{Action, Cause, FieldChange};
use crate::ui::difference::{self, Difference, Item, Line};
use crate::ui::escape::{markup, markup_lines};
use crate::ui::style::{count, sign, word};

pub(super) fn class(action: Action) -> &'static str {
    match action {
        Action::Create => "comes",
        Action::Update | Action::Close => "changes",
        Action::Replace | Action::Delete => "goes",
    }
}

/// The sign and the word of an action.
pub(super) fn act(action: Action) -> String {
    format!("<span class=\"act {}\"><span class=\"sign\">{}</span>{}</span>", class(action), sign(action), word(action))
}

/// What the platform and its tiers have for many tenants, folded by owner unless it is little.
pub(super) fn shared(out: &mut String, page: &Page<'_>) {
    if page.shared.is_empty() {
        return;
    }
    section(out, "shared", "What tenants share");
    const FEW: usize = 12;
    for shared in &page.shared {
        let open = if shared.resources.len() <= FEW { " open" } else { "" };
        let affects = if shared.affects == 0 { String::new() } else { format!(", {} affected", count(shared.affects, "live tenant")) };
        let _ = writeln!(
            out,
            "<details{open}><summary>{}: {}{affects}</summary><div class=\"in\">",
            markup(&words_of(&shared.owner)),
            sums(&shared.resources)
        );
        resources(out, shared.resources.iter());
        out.push_str("</div></details>\n");
    }
    out.push_str("</section>\n");
}

pub(super) fn drift(out: &mut String, page: &Page<'_>) {
    if page.drift.is_empty() {
        return;
    }
    section(out, "drift", "Changed outside tenantry, will be put back");
    resources(out, page.drift.iter());
    out.push_str("</section>\n");
}

/// `3 create, 1 change`.
fn sums(resources: &[ResourceChange<'_>]) -> String {
    let count = |action| resources.iter().filter(|r| r.action == action).count();
    let all = [Action::Create, Action::Update, Action::Replace, Action::Close, Action::Delete];
    let told = all.into_iter().map(|action| (action, count(action))).filter(|(_, n)| *n > 0);
    told.map(|(action, n)| format!("{} {n} {}", sign(action), word(action))).collect::<Vec<_>>().join(", ")
}

pub(super) fn resources<'a>(out: &mut String, resources: impl Iterator<Item = &'a ResourceChange<'a>>) {
    out.push_str("<ul class=\"list\">\n");
    for resource in resources {
        let _ = write!(out, "<li>{} {} <strong>{}</strong>", act(resource.action), markup(&resource.kind), markup(&resource.name));
        if let Some(role) = &resource.role {
            let _ = write!(out, " <span class=\"muted\">as {}</span>", markup(role));
        }
        for why in whys(resource) {
            let _ = write!(out, "<p class=\"muted\">{}</p>", markup(&why));
        }
        if let Some(widens) = &resource.widens {
            let _ = write!(
                out,
                "<p><span class=\"act goes\"><span class=\"sign\">!</span>widened access</span> {}</p>",
                markup(&widens.words())
            );
        }
        for judged in &resource.judged {
            let (sign, what) = (judged.risk.sign(), judged.risk.word());
            let _ = write!(out, "<p><span class=\"act goes\"><span class=\"sign\">{sign}</span>{what}</span> {}</p>", markup(&judged.says));
        }
        fields(out, resource.action, resource.fields);
        consequences(out, resource.consequences.iter().map(|c| c.words()));
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n");
}

fn whys(resource: &ResourceChange<'_>) -> Vec<String> {
    let mut whys: Vec<String> = resource.replaces.iter().map(|why| format!("replaced, because of {why}")).collect();
    if !resource.waits_for.is_empty() {
        let after = if resource.action == Action::Create { "after" } else { "because of" };
        whys.push(format!("{after} {}", resource.waits_for.join(", ")));
    }
    if resource.cause == Cause::Drift && !resource.is_told_by_aws() {
        whys.push(format!("{}: changed outside tenantry; will be put back", words_of(resource.address.owner())));
    }
    whys
}

/// What follows from a change, in words.
pub(super) fn consequences(out: &mut String, words: impl IntoIterator<Item = String>) {
    for words in words {
        let _ = write!(out, "<p class=\"after\"># {}</p>", markup(&words));
    }
}

/// Of what is new folded, since all of it is.
pub(super) fn fields(out: &mut String, action: Action, fields: &[FieldChange]) {
    let shown: Vec<(&FieldChange, Difference)> =
        fields.iter().filter_map(|field| difference::of(action, field).map(|difference| (field, difference))).collect();
    if shown.is_empty() || action == Action::Delete {
        return;
    }
    if action == Action::Create {
        let _ = write!(out, "<details class=\"small\"><summary>{}</summary>", count(shown.len(), "field"));
    }
    out.push_str("<table class=\"fields\"><thead><tr><th scope=\"col\">field</th>");
    out.push_str(if action == Action::Create {
        "<th scope=\"col\">value</th>"
    } else {
        "<th scope=\"col\">before</th><th scope=\"col\">after</th>"
    });
    out.push_str("</tr></thead><tbody>\n");
    for (field, difference) in &shown {
        let _ = writeln!(out, "<tr><th scope=\"row\">{}</th>{}</tr>", markup(&field.path), cells(difference));
    }
    out.push_str("</tbody></table>\n");
    if action == Action::Create {
        out.push_str("</details>\n");
    }
}

/// What a field's difference is, in the columns beside its name.
fn cells(difference: &Difference) -> String {
    match difference {
        Difference::Said(words) => format!("<td colspan=\"2\">{}</td>", markup(words)),
        Difference::New(value) => format!("<td>{}</td>", markup(unquoted(value))),
        Difference::NewLines(lines) => format!("<td><pre>{}</pre></td>", markup_lines(&lines.join("\n"))),
        Difference::Values(before, after) => {
            let (before, after) = (markup(unquoted(before)), markup(unquoted(after)));
            format!("<td data-is=\"before\"><del>{before}</del></td><td data-is=\"after\"><ins>{after}</ins></td>")
        }
        Difference::Items(items) => {
            let (gone, came): (Vec<&Item>, Vec<&Item>) = items.iter().partition(|item| matches!(item, Item::Gone(_)));
            format!("<td data-is=\"before\">{}</td><td data-is=\"after\">{}</td>", told(&gone), told(&came))
        }
        Difference::Lines(lines) => format!("<td colspan=\"2\"><pre>{}</pre></td>", lines.iter().map(line).collect::<String>()),
    }
}

/// A text in a cell of its own needs no quotes.
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|text| !text.contains('\\')).unwrap_or(value)
}

fn told(items: &[&Item]) -> String {
    let one = |item: &&Item| match item {
        Item::Gone(value) => format!("<del>- {}</del>", markup(unquoted(value))),
        Item::Came(value) => format!("<ins>+ {}</ins>", markup(unquoted(value))),
    };
    items.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn line(line: &Line) -> String {
    match line {
        Line::Gone(text) => format!("<del>- {}</del>", markup(text)),
        Line::Came(text) => format!("<ins>+ {}</ins>", markup(text)),
        Line::Same(text) => format!("  {}\n", markup(text)),
        Line::Skipped => "…\n".into(),
    }
}
