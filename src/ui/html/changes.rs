//! Resources that change: with why, before and after, and what follows.

use std::fmt::Write as _;

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::section;
use crate::plan::page::{Page, ResourceChange, words_of};
use crate::plan::{Action, Cause, FieldChange};
use crate::ui::escape::markup;
use crate::ui::style::{count, sign};

pub(super) fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "change",
        Action::Replace => "replace",
        Action::Close => "close off",
        Action::Delete => "delete",
    }
}

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
    let shown: Vec<&FieldChange> = fields.iter().filter(|f| action != Action::Create || !f.after.is_null()).collect();
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
    for field in shown {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", markup(&field.path));
        match (long(&field.before), long(&field.after)) {
            _ if field.word_of_aws().is_some() => {
                let _ = write!(out, "<td colspan=\"2\">{}</td>", markup(&field.word_of_aws().unwrap_or_default()));
            }
            (_, Some(after)) if action == Action::Create => {
                let _ = write!(out, "<td><pre>{}</pre></td>", crate::ui::escape::markup_lines(&after));
            }
            _ if action == Action::Create => {
                let _ = write!(out, "<td>{}</td>", markup(&value(&field.after)));
            }
            (Some(before), Some(after)) => {
                let _ = write!(out, "<td colspan=\"2\"><pre>{}</pre></td>", difference(&before, &after));
            }
            _ => {
                let (before, after) = (markup(&value(&field.before)), markup(&value(&field.after)));
                let _ = write!(out, "<td data-is=\"before\"><del>{before}</del></td><td data-is=\"after\"><ins>{after}</ins></td>");
            }
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table>\n");
    if action == Action::Create {
        out.push_str("</details>\n");
    }
}

/// A policy, or another document that reads best over several lines.
fn long(document: &Value) -> Option<String> {
    if let Some(text) = document.as_str().filter(|text| text.contains('\n')) {
        return Some(text.into());
    }
    let long = document.get("Statement").is_some() || document.as_array().is_some_and(|items| items.iter().any(Value::is_object));
    if long { serde_json::to_string_pretty(document).ok() } else { None }
}

fn difference(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut out = String::new();
    for (n, group) in diff.grouped_ops(2).iter().enumerate() {
        if n > 0 {
            out.push_str("…\n");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = markup(change.value().trim_end());
            let _ = match change.tag() {
                ChangeTag::Delete => write!(out, "<del>- {line}</del>"),
                ChangeTag::Insert => write!(out, "<ins>+ {line}</ins>"),
                ChangeTag::Equal => writeln!(out, "  {line}"),
            };
        }
    }
    out
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "(none)".into(),
        Value::String(text) if text.starts_with("secret sha256:") => "(secret)".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
