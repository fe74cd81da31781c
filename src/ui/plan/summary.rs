//! The plan on half a screen: a line for each thing that happens to tenants, and how much there is beside that.

use std::collections::BTreeMap;

use super::rest;
use super::sheet::Sheet;
use crate::names::TierName;
use crate::plan::page::{KeptFor, Page, TenantAction, TenantChange};
use crate::ui::style::{BOLD, count, of_tenant};

/// So many tenants of one line are named.
const NAMED: usize = 3;

/// Above the risks and the totals, which stand at every detail.
pub(super) fn write(sheet: &mut Sheet, page: &Page<'_>, more: &[String]) {
    tenants(sheet, page);
    rest::told(sheet, more.iter());
}

/// Below the totals: what a longer page has beside more of the same.
pub(super) fn left_out(sheet: &mut Sheet, page: &Page<'_>) {
    let kept = page.kept.iter().filter(|kept| kept.why == KeptFor::Data).count();
    let rest = [(page.notes.len(), "note"), (kept, "kept resource")];
    let told: Vec<String> = rest.iter().filter(|(n, _)| *n > 0).map(|(n, what)| count(*n, what)).collect();
    if !told.is_empty() {
        sheet.say(&format!("Left out here: {}; --detail normal tells them.", told.join(", ")));
    }
}

/// Alike is what happens in one tier, whatever it takes there.
fn tenants(sheet: &mut Sheet, page: &Page<'_>) {
    let mut alike: BTreeMap<(&TenantAction, Option<&TierName>), Vec<&TenantChange<'_>>> = BTreeMap::new();
    for tenant in page.tenants.iter().filter(|tenant| !tenant.is_only_drift()) {
        alike.entry((&tenant.action, tenant.tier.as_ref())).or_default().push(tenant);
    }
    if alike.is_empty() {
        return;
    }
    sheet.heading("Tenants");
    for ((action, tier), members) in alike {
        let style = of_tenant(action);
        let place = match (action, tier) {
            (TenantAction::Move { from, to }, _) => format!(", {from} -> {to}"),
            (_, Some(tier)) => format!(", tier {tier}"),
            (_, None) => String::new(),
        };
        let mut names: Vec<&str> = members.iter().take(NAMED).map(|tenant| tenant.id.as_str()).collect();
        let more = members.len() - names.len();
        let more = if more > 0 { format!(" and {} more", super::grouped(more)) } else { String::new() };
        names.sort_unstable();
        sheet.line(
            2,
            6,
            &format!(
                "{style}{} {}{style:#} {BOLD}{}{BOLD:#}{place}: {}{more}",
                action.sign(),
                action.word(),
                count(members.len(), "tenant"),
                names.join(", ")
            ),
        );
    }
}
