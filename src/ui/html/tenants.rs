//! Tenants, grouped by what happens to them: ten thousand equal ones are one entry with all of their ids.

use std::fmt::Write as _;

use super::changes::{act, consequences, fields, resources};
use super::section;
use crate::diagnostic::thousands;
use crate::plan::page::{Fold, Group, Page, TenantAction, TenantChange};
use crate::ui::escape::markup;
use crate::ui::style::count;

/// Groups as small as this show each member's own changes.
const FEW: usize = 3;

pub(super) fn tenants(out: &mut String, page: &Page<'_>) {
    if page.groups.is_empty() {
        return;
    }
    section(out, "tenants", "Tenants");
    for group in &page.groups {
        let open = if group.fold == Fold::Never || page.groups.len() <= FEW { " open" } else { "" };
        let _ = writeln!(out, "<details{open}><summary>{}</summary><div class=\"in\">", headline(group));
        match group.members.len() {
            n if n <= FEW => group.members.iter().filter_map(|id| page.tenant(id)).for_each(|tenant| one(out, tenant, n)),
            _ => many(out, group),
        }
        out.push_str("</div></details>\n");
    }
    out.push_str("</section>\n");
}

fn class(action: &TenantAction) -> &'static str {
    match action {
        TenantAction::Create => "comes",
        TenantAction::Change | TenantAction::Resume | TenantAction::Suspend | TenantAction::Leave => "changes",
        TenantAction::Move { .. } => "moves",
        TenantAction::Delete => "goes",
    }
}

fn headline(group: &Group) -> String {
    let named = match group.members.as_slice() {
        few if few.len() <= FEW => few.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        many => format!("{} tenants", thousands(many.len())),
    };
    let place = match (&group.action, &group.tier) {
        (TenantAction::Move { from, to }, _) => format!("{from} → {to}"),
        (_, Some(tier)) => format!("tier {tier}"),
        (_, None) => String::new(),
    };
    let sign = markup(group.action.sign());
    let class = class(&group.action);
    let word = group.action.word();
    format!(
        "<span class=\"act {class}\"><span class=\"sign\">{sign}</span>{word}</span> {} <span class=\"muted\">{}</span>",
        markup(&named),
        markup(&place)
    )
}

fn one(out: &mut String, tenant: &TenantChange<'_>, of: usize) {
    if of > 1 {
        let _ = writeln!(out, "<h3>{}</h3>", markup(tenant.id.as_str()));
    }
    resources(out, tenant.intended());
    consequences(out, tenant.consequences.iter().map(|c| c.words()));
}

fn many(out: &mut String, group: &Group) {
    out.push_str("<ul class=\"list\">\n");
    for shape in &group.shapes {
        let name = if shape.name.is_empty() { String::new() } else { format!(" <strong>{}</strong>", markup(&shape.name)) };
        let times = if shape.count == group.members.len() { "each".to_owned() } else { format!("{} in all", thousands(shape.count)) };
        let _ = write!(out, "<li>{} {}{name} <span class=\"muted\">{times}</span>", act(shape.action), markup(&shape.kind));
        fields(out, shape.action, &shape.fields);
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n");
    consequences(out, group.consequences.iter().map(|c| c.words()));
    let ids: Vec<&str> = group.members.iter().map(|id| id.as_str()).collect();
    let _ = writeln!(
        out,
        "<details class=\"small\"><summary>all {}</summary><p class=\"ids\">{}</p></details>",
        count(ids.len(), "id"),
        markup(&ids.join(", "))
    );
}
