//! Colours, by meaning. Every sign also says in a character or a word what its colour says.

use anstyle::{AnsiColor, Style};

use crate::diagnostic::thousands;
use crate::plan::Action;
use crate::plan::page::TenantAction;

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const CAREFUL: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();

pub(crate) fn of(action: Action) -> Style {
    match action {
        Action::Create => GOOD,
        Action::Update | Action::Close => CAREFUL,
        Action::Replace | Action::Delete => BAD,
    }
}

pub(crate) fn sign(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Update => "~",
        Action::Replace => "-/+",
        Action::Close => "×",
        Action::Delete => "-",
    }
}

/// What the sign means.
pub(crate) fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "change",
        Action::Replace => "replace",
        Action::Close => "close off",
        Action::Delete => "delete",
    }
}

pub(crate) fn of_tenant(action: &TenantAction) -> Style {
    match action {
        TenantAction::Create => GOOD,
        TenantAction::Change | TenantAction::Move { .. } | TenantAction::Resume | TenantAction::Suspend | TenantAction::Leave => CAREFUL,
        TenantAction::Delete => BAD,
    }
}

/// `1 tenant`, `9,842 tenants`.
pub(crate) fn count(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {}", thousands(n), many(one)) }
}

fn many(one: &str) -> String {
    match one {
        // These have no other form.
        "widened access" | "drift" => one.to_owned(),
        _ if one.ends_with(['x', 's']) => format!("{one}es"),
        _ => match one.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u'])) {
            Some(stem) => format!("{stem}ies"),
            None => format!("{one}s"),
        },
    }
}

/// Counts that say something, in a row: what is not there is not told.
pub(crate) fn counts(all: &[(usize, &str)]) -> String {
    let told: Vec<String> = all.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", thousands(*n))).collect();
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_are_told_in_full() {
        assert_eq!((count(1, "tenant").as_str(), count(9842, "tenant").as_str()), ("1 tenant", "9,842 tenants"));
        assert_eq!((count(2, "resource policy").as_str(), count(1, "delivery").as_str()), ("2 resource policies", "1 delivery"));
        assert_eq!((count(2, "api key").as_str(), count(2, "memory").as_str()), ("2 api keys", "2 memories"));
        assert_eq!((count(2, "prefix").as_str(), count(2, "drift").as_str()), ("2 prefixes", "2 drift"));
    }

    #[test]
    fn what_is_not_there_is_not_counted() {
        assert_eq!(counts(&[(0, "scanned"), (1200, "new"), (0, "failed"), (1, "deleted")]), "1,200 new, 1 deleted");
        assert_eq!(counts(&[(0, "new")]), "");
    }
}
