//! Colours, by meaning. Every sign also says in a character or a word what its colour says.

use anstyle::{AnsiColor, Style};

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
        Action::Close => "close",
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

/// `1 tenant`, `2 tenants`.
pub(crate) fn count(n: usize, one: &str) -> String {
    match n {
        1 => format!("1 {one}"),
        _ => format!("{n} {one}s"),
    }
}
