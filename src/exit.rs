//! Exit codes, one a kind of ending, so that a pipeline can tell them apart.

use std::fmt;
use std::process::ExitCode;

use crate::apply::lock::Held;
use crate::aws::{AwsError, Class};
use crate::diagnostic::Diagnostics;
use crate::observe::Unread;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Failed = 1,
    Changes = 2,
    Stale = 10,
    Locked = 11,
    Guarded = 12,
    Partial = 13,
    Isolation = 14,
    /// Some of what is live could not be read.
    Incomplete = 15,
    WrongAccount = 16,
    Usage = 64,
    Manifest = 65,
    TryAgain = 75,
    Denied = 77,
    Interrupted = 130,
}

impl Exit {
    /// The word that `tenantry explain` takes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Changes => "changes",
            Self::Stale => "stale",
            Self::Locked => "locked",
            Self::Guarded => "guarded",
            Self::Partial => "partial",
            Self::Isolation => "isolation",
            Self::Incomplete => "incomplete",
            Self::WrongAccount => "wrong-account",
            Self::Usage => "usage",
            Self::Manifest => "manifest",
            Self::TryAgain => "try-again",
            Self::Denied => "denied",
            Self::Interrupted => "interrupted",
        }
    }

    /// For documents: wrappers around a command lose its code.
    pub(crate) fn document(self) -> serde_json::Value {
        serde_json::json!({ "code": self as u8, "name": self.name() })
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An ending that has a code of its own, and the words for it.
#[derive(Debug)]
pub(crate) struct Stop {
    exit: Exit,
    words: String,
}

impl Stop {
    pub(crate) fn at(exit: Exit, words: impl Into<String>) -> anyhow::Error {
        anyhow::Error::new(Self { exit, words: words.into() })
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Stop {}

/// The code for an error, by what is at its root.
pub(crate) fn of(error: &anyhow::Error) -> Exit {
    if is_broken_pipe(error) {
        // Whoever read our output has seen enough of it.
        return Exit::Done;
    }
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return stop.exit;
    }
    if error.is::<Diagnostics>() {
        return Exit::Manifest;
    }
    if error.is::<Held>() {
        return Exit::Locked;
    }
    if let Some(unread) = error.downcast_ref::<Unread>() {
        return if unread.is_all() { of_class(unread.class()) } else { Exit::Incomplete };
    }
    of_class(AwsError::of(error).map(|e| e.class))
}

fn of_class(class: Option<Class>) -> Exit {
    match class {
        Some(Class::Denied | Class::Credentials) => Exit::Denied,
        Some(Class::Unreachable | Class::Throttled | Class::Failed) => Exit::TryAgain,
        _ => Exit::Failed,
    }
}

pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}
