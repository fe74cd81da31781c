//! Colours, by meaning. Every sign also says in a character or a word what its colour says.

use anstyle::{AnsiColor, Style};

use crate::plan::Action;

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
        Action::Replace => "±",
        Action::Close => "×",
        Action::Delete => "-",
    }
}

/// `1 tenant`, `2 tenants`.
pub(crate) fn count(n: usize, one: &str) -> String {
    match n {
        1 => format!("1 {one}"),
        _ => format!("{n} {one}s"),
    }
}
