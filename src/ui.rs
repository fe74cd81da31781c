//! The only writer: the answer on stdout, the talk on stderr, colour where it is wanted, and the questions.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context as _, Result};

use crate::aws::{AwsError, Class};
use crate::diagnostic::{Color, Diagnostics};
use crate::exit::{Exit, Stop, is_broken_pipe};
use crate::observe::Unread;

pub(crate) mod costs;
pub(crate) mod difference;
pub(crate) mod doctor;
pub(crate) mod documents;
pub(crate) mod drift;
pub(crate) mod edit;
pub(crate) mod escape;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod findings;
pub(crate) mod github;
pub(crate) mod graph;
pub(crate) mod hints;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod pager;
pub(crate) mod plan;
pub(crate) mod sarif;
pub(crate) mod sheet;
pub(crate) mod status;
mod stream;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod tenant;
pub(crate) mod verify;
mod words;

use hints::Flags;
pub(crate) use stream::{EVENTS, Stream};

/// Streams, colour, and whether people are there.
#[derive(Debug, Clone)]
pub(crate) struct Ui {
    color: ColorChoice,
    quiet: Talk,
    /// Whether stdout has anything of the answer.
    answered: Arc<AtomicBool>,
    flags: Flags,
}

/// How much is said on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Talk {
    Normal,
    /// Errors only.
    Quiet,
}

impl Ui {
    pub(crate) fn new(color: ColorChoice, quiet: Talk) -> Self {
        Self { color, quiet, answered: Arc::default(), flags: Flags::default() }
    }

    /// The same, which names commands with the flags that this run was given.
    pub(crate) fn naming(self, flags: Flags) -> Self {
        Self { flags, ..self }
    }

    /// The same without the talk.
    pub(crate) fn quiet(&self) -> Self {
        Self { quiet: Talk::Quiet, ..self.clone() }
    }

    /// The answer.
    pub(crate) fn answer(&self, text: &str) -> Result<()> {
        self.answered.store(true, Ordering::Relaxed);
        let mut out = AutoStream::new(std::io::stdout().lock(), self.color);
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("writing stdout")
    }

    /// The answer for people: commands that it names can be typed as they stand.
    pub(crate) fn tell(&self, text: &str) -> Result<()> {
        self.answer(&self.flags.told(text))
    }

    /// The talk beside the answer.
    pub(crate) fn say(&self, text: &str) {
        if self.quiet == Talk::Normal {
            self.complain(text);
        }
    }

    /// Whether anything was answered by now.
    pub(crate) fn has_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// What whoever wants no talk is told all the same: others have heard it.
    pub(crate) fn alarm(&self, text: &str) {
        if self.quiet == Talk::Quiet {
            self.complain(text);
        }
    }

    fn complain(&self, text: &str) {
        // A closed stderr leaves nobody to tell.
        let _ = writeln!(AutoStream::new(std::io::stderr().lock(), self.color), "{}", self.flags.told(text));
    }

    /// Findings in the user's files.
    pub(crate) fn findings(&self, findings: &Diagnostics) {
        let color = match AutoStream::new(std::io::stderr(), self.color).current_choice() {
            ColorChoice::Never => Color::Never,
            _ => Color::Always,
        };
        self.complain(findings.render(color).trim_end());
    }

    /// Whether progress can be drawn over itself.
    pub(crate) fn draws(&self) -> bool {
        self.quiet == Talk::Normal && std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
    }

    /// Whether somebody is there to be asked.
    pub(crate) fn asks(&self) -> bool {
        std::io::stdin().is_terminal()
    }

    /// Asks for one exact word. `flag` is what gives the answer where nobody can be asked.
    pub(crate) fn confirm(&self, question: &str, word: &str, flag: &str) -> Result<()> {
        if !self.asks() {
            return Err(Stop::at(Exit::Usage, format!("nobody is here to answer the question: {question} ({flag} answers it)")));
        }
        {
            let mut err = AutoStream::new(std::io::stderr().lock(), self.color);
            write!(err, "{question} ")?;
            err.flush()?;
        }
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("reading the answer")?;
        if line.trim() == word {
            return Ok(());
        }
        Err(Stop::at(Exit::Guarded, format!("not confirmed: only `{word}` goes on; nothing was changed in AWS")))
    }

    /// Prints an error once: findings with their places, anything else with its causes and a way out.
    pub(crate) fn error(&self, error: &anyhow::Error, exit: &Exit) {
        if is_broken_pipe(error) {
            return;
        }
        if let Some(findings) = error.downcast_ref::<Diagnostics>() {
            self.findings(findings);
            return;
        }
        self.complain(&words(error, *exit));
    }
}

/// An error with its causes and a way out.
pub(crate) fn words(error: &anyhow::Error, exit: Exit) -> String {
    {
        let bold = style::ERROR;
        // `tenantry explain` says more about each of these; of what has no name there is nothing more to say.
        let code = if exit == Exit::Failed { String::new() } else { format!("[{}]", exit.name()) };
        let mut text = format!("{bold}error{code}:{bold:#} {error}");
        for cause in error.chain().skip(1) {
            text.push_str(&format!("\n  because: {cause}"));
        }
        if let Some(hint) = hint(error, exit) {
            text.push_str(&format!("\n\nhint: {hint}"));
        }
        text
    }
}

fn hint(error: &anyhow::Error, exit: Exit) -> Option<&'static str> {
    if exit == Exit::Failed && AwsError::of(error).is_none() {
        return None;
    }
    let class = error.downcast_ref::<Unread>().map_or_else(|| AwsError::of(error).map(|e| e.class), Unread::class);
    Some(match class? {
        Class::Credentials => "sign in (`aws sso login`, or set AWS_PROFILE), or add --sandbox to try without an account",
        Class::Denied => {
            "the credentials need this permission: `tenantry doctor` shows all that are missing, `tenantry doctor --print-policy apply` what a role needs"
        }
        Class::Unreachable => "check the network, the region, and AWS_ENDPOINT_URL if it is set; `tenantry doctor` asks every service",
        Class::Throttled | Class::Failed => "AWS is busy; run the command again, it goes on from where it is",
        _ => return None,
    })
}
