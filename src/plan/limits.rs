//! How much a plan may do at most: guards against a manifest that lost half of its tenants.

use std::fmt;
use std::str::FromStr;

use super::page::Page;

/// What the user said that a plan may not exceed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) changes: Option<AtMost>,
    /// Resources that are deleted or replaced.
    pub(crate) deletes: Option<usize>,
}

/// So many tenants, or so many of a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtMost {
    /// Tenants that are created, moved, changed, suspended, resumed, leave or are deleted.
    Tenants(usize),
    /// Of the tenants that are there, those that change in any way.
    Percent(usize),
}

impl FromStr for AtMost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no limit: expected a number of tenants such as 10, or a share such as 5%");
        match text.strip_suffix('%') {
            Some(share) => share.trim().parse().ok().filter(|p| *p <= 100).map(Self::Percent).ok_or_else(wrong),
            None => text.parse().map(Self::Tenants).map_err(|_| wrong()),
        }
    }
}

impl fmt::Display for AtMost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenants(n) => n.fmt(f),
            Self::Percent(n) => write!(f, "{n}%"),
        }
    }
}

impl Limits {
    /// What a plan exceeds, a sentence each.
    pub(crate) fn exceeded(self, page: &Page<'_>) -> Vec<String> {
        let tenants = &page.totals.tenants;
        let resources = &page.totals.resources;
        let touched = tenants.touched();
        let there = touched + tenants.unchanged;
        let changes = self.changes.and_then(|most| match most {
            AtMost::Tenants(n) => {
                let changed = touched + tenants.create;
                (changed > n).then(|| format!("{changed} tenants change, and --max-changes {most} allows {n}"))
            }
            // Not rounded: one tenant more than the share is one too many.
            AtMost::Percent(n) => (touched * 100 > n * there).then(|| {
                format!("{touched} of the {there} tenants that are there change, and --max-changes {most} allows {}", there * n / 100)
            }),
        });
        let deleted = resources.delete + resources.replace;
        let deletes = self.deletes.filter(|n| deleted > *n);
        let deletes = deletes.map(|n| format!("{deleted} resources are deleted or replaced, and --max-deletes {n} allows {n}"));
        changes.into_iter().chain(deletes).collect()
    }
}
