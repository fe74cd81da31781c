//! A plan as text for people: where it will run first, tenants before resources, what is risky once more at the end, the totals.

use crate::plan::page::{Page, ResourceChange, TenantChange};

mod fields;
mod header;
mod rest;
mod risks;
mod shared;
mod summary;
mod tenants;
mod totals;

pub(crate) use fields::{told, value};
pub(crate) use shared::kinds as in_words;
pub(crate) use totals::{about, needs, resources, tenants, time, whole};

use super::sheet::{self, Sheet};
use crate::diagnostic::thousands as grouped;

/// How much of a plan is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Detail {
    /// Totals, what is risky, and a line for each thing that happens to tenants.
    Summary,
    /// What is new by its kinds, tenants with equal changes as one, every field that changes.
    #[default]
    Normal,
    /// Every field of everything, and every tenant by itself.
    Full,
}

/// How the text is laid out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    pub(crate) detail: Detail,
    /// In columns.
    pub(crate) width: usize,
}

/// What stands below the plan: the proof of isolation, notes of the command, and what to type next.
#[derive(Debug, Default)]
pub(crate) struct Below {
    pub(crate) isolation: Option<String>,
    pub(crate) notes: Vec<String>,
    /// What it is for, and the command.
    pub(crate) next: Vec<(&'static str, String)>,
}

/// How many names a page has room for where it can't show everything.
const NAMES: usize = 50;

/// Names that are still to be printed before the page is full.
#[derive(Debug)]
struct Room {
    left: usize,
}

impl Room {
    fn new(detail: Detail) -> Self {
        Self { left: if detail == Detail::Full { usize::MAX } else { NAMES } }
    }

    /// As many names as there is room for, and how many are left out.
    fn list(&mut self, names: impl IntoIterator<Item = String>) -> String {
        let all: Vec<String> = names.into_iter().collect();
        let shown = all.len().min(self.left);
        self.left -= shown;
        let text = all.get(..shown).unwrap_or_default().join(", ");
        match (shown, all.len() - shown) {
            (_, 0) => text,
            (0, rest) => format!("{} (--detail full and --output json list them)", grouped(rest)),
            (_, rest) => format!("{text} and {} more (--detail full and --output json list them)", grouped(rest)),
        }
    }
}

/// The plan, signs and all; colour is stripped where it is not wanted.
pub(crate) fn text(page: &Page<'_>, look: Look, below: &Below) -> String {
    let mut sheet = Sheet::new(look.width);
    header::write(&mut sheet, page, look.detail);
    if look.detail == Detail::Summary {
        summary::write(&mut sheet, page, &below.notes);
    } else {
        tenants::write(&mut sheet, page, look.detail);
        shared::write(&mut sheet, page, look.detail);
        rest::drift(&mut sheet, page, look.detail);
        rest::kept(&mut sheet, page, look.detail);
        rest::notes(&mut sheet, page, &below.notes);
    }
    rest::blocked(&mut sheet, page, look.detail);
    risks::write(&mut sheet, page, look.detail);
    totals::write(&mut sheet, page, look.detail);
    if look.detail == Detail::Summary {
        summary::left_out(&mut sheet, page);
    }
    if let Some(isolation) = &below.isolation {
        sheet.say(isolation);
    }
    next(&mut sheet, &below.next);
    sheet.end()
}

/// Resources one by one, without colour and as wide as they are, for where the lines are somebody else's.
pub(crate) fn resource_lines(resources: &[&ResourceChange<'_>]) -> String {
    let mut sheet = Sheet::new(usize::MAX);
    shared::block(&mut sheet, resources, 0, Detail::Normal);
    anstream::adapter::strip_str(&sheet.end()).to_string()
}

/// A tenant in the same way.
pub(crate) fn tenant_lines(tenant: &TenantChange<'_>) -> String {
    let mut sheet = Sheet::new(usize::MAX);
    tenants::one(&mut sheet, tenant, Detail::Normal);
    anstream::adapter::strip_str(&sheet.end()).to_string()
}

fn next(sheet: &mut Sheet, commands: &[(&'static str, String)]) {
    let width = commands.iter().map(|(what, _)| what.len()).max().unwrap_or_default();
    sheet.blank();
    for (what, command) in commands {
        sheet.command(&format!("{what:<width$}  "), command);
    }
}

#[cfg(test)]
mod tests;
