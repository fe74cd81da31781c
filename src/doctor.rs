//! Whether everything that an apply rests on is as it should be: one line a question, with what to do.

use crate::exit::Exit;

mod headroom;
mod regions;

pub(crate) use headroom::{more, rooms};
pub(crate) use regions::region;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Ok,
    Warn,
    /// With the code that the same failure has elsewhere.
    Fail,
}

impl State {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
        }
    }
}

/// The answer to one question.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) topic: &'static str,
    pub(crate) state: State,
    pub(crate) says: String,
    pub(crate) todo: Option<String>,
    exit: Exit,
}

/// Everything that was asked.
#[derive(Debug, Default)]
pub(crate) struct Examined {
    pub(crate) lines: Vec<Line>,
}

impl Examined {
    pub(crate) fn ok(&mut self, topic: &'static str, says: impl Into<String>) {
        self.lines.push(Line { topic, state: State::Ok, says: says.into(), todo: None, exit: Exit::Done });
    }

    pub(crate) fn warn(&mut self, topic: &'static str, says: impl Into<String>, todo: impl Into<String>) {
        self.lines.push(Line { topic, state: State::Warn, says: says.into(), todo: Some(todo.into()), exit: Exit::Done });
    }

    pub(crate) fn fail(&mut self, exit: Exit, topic: &'static str, says: impl Into<String>, todo: impl Into<String>) {
        self.lines.push(Line { topic, state: State::Fail, says: says.into(), todo: Some(todo.into()), exit });
    }

    /// The code of what failed first: what comes later may follow from it.
    pub(crate) fn exit(&self) -> Exit {
        self.lines.iter().find(|line| line.state == State::Fail).map_or(Exit::Done, |line| line.exit)
    }

    pub(crate) fn count(&self, state: State) -> usize {
        self.lines.iter().filter(|line| line.state == state).count()
    }
}

/// Beyond this AWS takes signatures for forged or old.
const MOST_SKEW: i64 = 300;
/// Worth a word before it gets there.
const SOME_SKEW: i64 = 60;

/// Judges the difference between AWS's clock and ours, in seconds.
pub(crate) fn clock(examined: &mut Examined, ahead: Option<i64>) {
    const TOPIC: &str = "clock";
    const WAY_OUT: &str = "set this machine's clock by NTP: AWS refuses signatures that are 5 minutes off";
    match ahead {
        None => examined.warn(TOPIC, "AWS's answers did not say what time it is", "compare this machine's clock with another"),
        Some(ahead) => {
            let off = format!("{} s {} AWS's", ahead.abs(), if ahead > 0 { "behind" } else { "ahead of" });
            match ahead.abs() {
                0..=2 => examined.ok(TOPIC, "this machine's clock agrees with AWS's"),
                3..=SOME_SKEW => examined.ok(TOPIC, format!("this machine's clock is {off}, which does no harm")),
                61..=MOST_SKEW => examined.warn(TOPIC, format!("this machine's clock is {off}"), WAY_OUT),
                _ => examined.fail(Exit::Failed, TOPIC, format!("this machine's clock is {off}"), WAY_OUT),
            }
        }
    }
}

#[cfg(test)]
mod tests;
