//! A pager for what is longer than a terminal, as other tools have it.

use std::io::{IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

use anstream::{AutoStream, ColorChoice};
use anyhow::Result;

use super::sheet::WIDTH;
use super::{Talk, Ui};

/// Whether an answer may be paged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pager {
    OnTerminals,
    Never,
}

/// It ends by itself if everything fits, leaves the text on the screen, and shows colours.
const DEFAULT: &str = "less -FIRX";

impl Ui {
    /// The answer, through a pager where people read it on a terminal.
    pub(crate) fn page(&self, text: &str, pager: Pager) -> Result<()> {
        let text = &self.flags.told(text);
        let reads = std::io::stdout().is_terminal() && std::io::stdin().is_terminal() && self.quiet == Talk::Normal;
        if pager == Pager::Never || !reads {
            return self.answer(text);
        }
        let command = std::env::var("PAGER").ok().filter(|command| !command.trim().is_empty()).unwrap_or_else(|| DEFAULT.into());
        let plain = match AutoStream::new(std::io::stdout(), self.color).current_choice() {
            ColorChoice::Never => anstream::adapter::strip_str(text).to_string(),
            _ => text.to_owned(),
        };
        // A shell finds the words of PAGER, and a pager that is not there is no reason to show nothing.
        let started = Command::new("sh").arg("-c").arg(&command).stdin(Stdio::piped()).spawn();
        let Ok(mut child) = started else { return self.answer(text) };
        if let Some(mut stdin) = child.stdin.take() {
            // Whoever leaves the pager early has read enough.
            let _ = stdin.write_all(plain.as_bytes());
        }
        match child.wait() {
            // What a shell says when there is no such command.
            Ok(status) if status.code() == Some(127) => self.answer(text),
            _ => Ok(()),
        }
    }

    pub(crate) fn width_of_stdout(&self) -> usize {
        if std::io::stdout().is_terminal() { columns() } else { piped() }
    }

    pub(crate) fn width_of_stderr(&self) -> usize {
        if std::io::stderr().is_terminal() { columns() } else { piped() }
    }
}

/// As wide as the terminal: by COLUMNS, or by what the terminal itself says.
fn columns() -> usize {
    said().or_else(asked).unwrap_or(WIDTH)
}

/// Nobody knows how wide it will be read: as wide as most can show, and narrower where COLUMNS asks for it.
fn piped() -> usize {
    said().map_or(WIDTH, |columns| columns.min(WIDTH))
}

fn said() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.trim().parse().ok().filter(|columns| *columns > 0)
}

/// `stty size` prints rows and columns.
fn asked() -> Option<usize> {
    let terminal = std::fs::File::open("/dev/tty").ok()?;
    let output = Command::new("stty").arg("size").stdin(terminal).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.split_whitespace().nth(1)?.parse().ok().filter(|columns| *columns > 0)
}
