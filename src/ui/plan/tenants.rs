//! Tenants: a few of them one by one, many of them by what happens to them, and by tier.

use super::shared::block;
use super::sheet::Sheet;
use super::{Detail, Room, told};
use crate::diagnostic::plain;
use crate::diagnostic::thousands as grouped;
use crate::names::TenantId;
use crate::plan::Action;
use crate::plan::page::{Fold, Group, Page, Shape, TenantAction, TenantChange};
use crate::ui::style::count as counted;
use crate::ui::style::{BOLD, DIM, of, of_tenant, sign};

/// More tenants than these are not shown one by one.
const BLOCKS: usize = 8;

/// So many groups of tenants are told one by one, the riskiest and largest first.
const ON_A_SCREEN: usize = 6;

/// Tenants that change alike are told one by one up to here.
const ALIKE: usize = 2;

pub(super) fn write(sheet: &mut Sheet, page: &Page<'_>, detail: Detail) {
    if page.groups.is_empty() {
        return;
    }
    sheet.heading("Tenants");
    if detail == Detail::Full {
        for tenant in page.tenants.iter().filter(|t| !t.is_only_drift()) {
            one(sheet, tenant, detail);
        }
        return;
    }
    let single = |group: &&Group| group.fold == Fold::Never || group.members.len() <= ALIKE;
    let singles: usize = page.groups.iter().filter(single).map(|g| g.members.len()).sum();
    let in_blocks = detail == Detail::Normal && singles <= BLOCKS;
    if in_blocks {
        let mut shown: Vec<&TenantId> = page.groups.iter().filter(single).flat_map(|g| &g.members).collect();
        shown.sort();
        shown.into_iter().filter_map(|id| page.tenant(id)).for_each(|tenant| one(sheet, tenant, detail));
    }
    let mut room = Room::new(detail);
    let folded: Vec<&Group> = page.groups.iter().filter(|g| !(in_blocks && single(g))).collect();
    // A plan of thousands of tenants has to fit on a screen with its totals.
    let shown = if detail == Detail::Full { Group::SHOWN } else { ON_A_SCREEN };
    for group in folded.iter().take(shown) {
        many(sheet, group, &mut room);
    }
    if let Some(rest) = folded.get(shown..).filter(|rest| !rest.is_empty()) {
        smaller(sheet, rest, &mut room);
    }
}

/// The groups that there is no room for; what must not be folded still says its names.
fn smaller(sheet: &mut Sheet, rest: &[&Group], room: &mut Room) {
    let tenants: usize = rest.iter().map(|g| g.members.len()).sum();
    let risky: Vec<String> = rest.iter().filter(|g| g.fold == Fold::Never).flat_map(|g| &g.members).map(ToString::to_string).collect();
    sheet.line(2, 6, &format!("… and {}, {}", counted(rest.len(), "smaller group"), counted(tenants, "tenant")));
    if !risky.is_empty() {
        sheet.line(6, 6, &format!("! with what is risky: {}", room.list(risky)));
    }
}

/// `> move tenant clinic-a: basic -> premium`
pub(super) fn one(sheet: &mut Sheet, tenant: &TenantChange<'_>, detail: Detail) {
    let style = of_tenant(&tenant.action);
    let (mark, word) = (tenant.action.sign(), tenant.action.word());
    let place = place(&tenant.action, tenant.tier.as_ref().map(ToString::to_string).as_deref());
    sheet.line(2, 6, &format!("{style}{mark} {word}{style:#} tenant {BOLD}{}{BOLD:#}{place}", tenant.id));
    block(sheet, &tenant.intended().collect::<Vec<_>>(), 6, detail);
    for consequence in &tenant.consequences {
        sheet.line(6, 8, &format!("{DIM}#{DIM:#} {}", plain(&consequence.words())));
    }
}

fn place(action: &TenantAction, tier: Option<&str>) -> String {
    match (action, tier) {
        (TenantAction::Move { from, to }, _) => format!(": {from} -> {to}"),
        (_, Some(tier)) => format!(", tier {tier}"),
        (_, None) => String::new(),
    }
}

/// `+ create 4 tenants, tier basic: prefix, tenant row, 4 users`
fn many(sheet: &mut Sheet, group: &Group, room: &mut Room) {
    let style = of_tenant(&group.action);
    let place = place(&group.action, group.tier.as_ref().map(ToString::to_string).as_deref());
    let (mark, word, tenants) = (group.action.sign(), group.action.word(), counted(group.members.len(), "tenant"));
    let is_plain = group.shapes.iter().all(|shape| shape.fields.is_empty());
    let shape = group.shapes.iter().map(|shape| told_of(shape, group)).collect::<Vec<_>>().join(if is_plain { ", " } else { "; " });
    sheet.line(2, 6, &format!("{style}{mark} {word}{style:#} {BOLD}{tenants}{BOLD:#}{place}: {shape}"));
    let names = match group.fold {
        Fold::Never => room.list(group.members.iter().map(ToString::to_string)),
        Fold::Folds => {
            let examples = group.examples().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            match group.members.len() - group.examples().len() {
                0 => examples,
                n => format!("{examples} and {} more", grouped(n)),
            }
        }
    };
    sheet.line(6, 6, &format!("{DIM}{names}{DIM:#}"));
    for consequence in &group.consequences {
        sheet.line(6, 8, &format!("{DIM}#{DIM:#} {}", plain(&consequence.words())));
    }
}

/// `~ user claims.role "nurse" -> "admin"`; of what is new or goes, its kind.
fn told_of(shape: &Shape, group: &Group) -> String {
    let style = of(shape.action);
    let same = matches!((&group.action, shape.action), (TenantAction::Create, Action::Create) | (TenantAction::Delete, Action::Delete));
    let lead = if same { String::new() } else { format!("{style}{}{style:#} ", sign(shape.action)) };
    let what = if shape.count == group.members.len() { shape.kind.clone() } else { counted(shape.count, &shape.kind) };
    let roles: Vec<String> = shape.roles.iter().map(|(role, n)| format!("{} {}", grouped(*n), plain(role))).collect();
    let what = if roles.is_empty() { what } else { format!("{what} ({})", roles.join(", ")) };
    let fields: Vec<String> = shape.fields.iter().map(told).collect();
    let fields = if fields.is_empty() { String::new() } else { format!(" {}", fields.join(", ")) };
    format!("{lead}{what}{fields}")
}
