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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::page::tests::{many, small};

    #[test]
    fn what_is_exceeded_is_told_with_its_number() {
        let (plan, facts) = many();
        let page = Page::of(&plan, &facts);
        let exceeded =
            |changes: Option<&str>, deletes| Limits { changes: changes.map(|text| text.parse().unwrap()), deletes }.exceeded(&page);
        assert_eq!(exceeded(None, None), [] as [String; 0]);
        assert!(exceeded(Some("97%"), None)[0].contains("9846 of the 9988 tenants"), "{:?}", exceeded(Some("97%"), None));
        assert_eq!(exceeded(Some("99%"), Some(1)), [] as [String; 0]);
        assert!(exceeded(Some("9857"), None)[0].contains("9858 tenants change"), "{:?}", exceeded(Some("9857"), None));
        assert_eq!(exceeded(Some("9858"), None), [] as [String; 0]);
        assert!(exceeded(None, Some(0))[0].contains("1 resources are deleted or replaced"));
    }

    #[test]
    fn a_replacement_counts_as_a_delete() {
        let (plan, facts) = small();
        assert_eq!(Limits { changes: None, deletes: Some(0) }.exceeded(&Page::of(&plan, &facts)).len(), 1);
    }

    #[test]
    fn limits_have_one_form() {
        assert_eq!("5%".parse(), Ok(AtMost::Percent(5)));
        assert_eq!("10".parse(), Ok(AtMost::Tenants(10)));
        for wrong in ["", "%", "-1", "101%", "5 percent"] {
            assert!(wrong.parse::<AtMost>().is_err(), "{wrong}");
        }
    }
}
