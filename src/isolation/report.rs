//! What the probes found: a row for each, with what was attacked, what was let through, and what that rests on.

use serde::Serialize;

use super::iam::{Decision, Judgement};
use crate::manifest::Profile;

/// How a probe ended; the worst that any part of it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub(crate) enum Outcome {
    /// The manifest has nothing that the probe is about, or it can't be answered this way.
    Skipped,
    /// Every attack is definitely refused, and what is the caller's own is definitely let through.
    Pass,
    /// Rests on application code alone.
    NotEnforced,
    /// Neither a refusal nor a breach can be shown.
    Unknown,
    /// There is a counterexample.
    Fail,
}

impl Outcome {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Skipped => "SKIPPED",
            Self::Pass => "PASS",
            Self::NotEnforced => "NOT-ENFORCED",
            Self::Unknown => "UNKNOWN",
            Self::Fail => "FAIL",
        }
    }
}

/// What the answer is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Method {
    /// The documents that the manifest renders to.
    Manifest,
    /// The documents that are live.
    State,
    /// Both, which agree.
    Both,
    /// IAM's simulator, on the policies that are live.
    Simulator,
    /// Calls that were made.
    Live,
}

impl Method {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Manifest => "the manifest",
            Self::State => "what is live",
            Self::Both => "the manifest and what is live",
            Self::Simulator => "simulator",
            Self::Live => "live",
        }
    }
}

/// One thing that is not as it should be, or could not be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) outcome: Outcome,
    /// Whom or what it is about.
    pub(crate) object: String,
    pub(crate) says: String,
}

/// What one probe found.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) probe: &'static str,
    pub(crate) layer: &'static str,
    pub(crate) attack: &'static str,
    pub(crate) method: Method,
    pub(crate) outcome: Outcome,
    /// Attacks that were judged, and what is one's own.
    pub(crate) attacks: usize,
    pub(crate) controls: usize,
    pub(crate) findings: Vec<Finding>,
    /// What would still hold if this layer fell.
    pub(crate) backstop: Option<&'static str>,
}

/// With thousands of tenants a hole shows in as many findings; the first few tell all.
const MOST_FINDINGS: usize = 20;

impl Row {
    pub(crate) fn new(probe: &'static str, layer: &'static str, attack: &'static str, method: Method) -> Self {
        let outcome = Outcome::Skipped;
        Self { probe, layer, attack, method, outcome, attacks: 0, controls: 0, findings: Vec::new(), backstop: None }
    }

    fn found(&mut self, outcome: Outcome, object: impl Into<String>, says: impl Into<String>) {
        self.outcome = self.outcome.max(outcome);
        let finding = Finding { outcome, object: object.into(), says: says.into() };
        if self.findings.contains(&finding) {
            return;
        }
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding);
        } else if let Some(lesser) = self.findings.iter_mut().rev().find(|found| found.outcome < outcome) {
            // What is worse is not left out for what is less.
            *lesser = finding;
        }
    }

    /// The worst first.
    pub(crate) fn sort(&mut self) {
        self.findings.sort_by_key(|finding| std::cmp::Reverse(finding.outcome));
    }

    /// There is a way through.
    pub(crate) fn breach(&mut self, object: impl Into<String>, says: impl Into<String>) {
        self.attacks += 1;
        self.found(Outcome::Fail, object, says);
    }

    pub(crate) fn unknown(&mut self, object: impl Into<String>, says: impl Into<String>) {
        self.found(Outcome::Unknown, object, says);
    }

    /// Application code alone stands in the way.
    pub(crate) fn not_enforced(&mut self, object: impl Into<String>, says: impl Into<String>) {
        self.found(Outcome::NotEnforced, object, says);
    }

    /// Why there is nothing to judge.
    pub(crate) fn skipped(&mut self, says: impl Into<String>) {
        self.found(Outcome::Skipped, "", says);
    }

    /// An attack by configuration: refused as long as this holds.
    pub(crate) fn refused_if(&mut self, holds: bool, object: impl Into<String>, otherwise: impl Into<String>) {
        if holds {
            self.attacks += 1;
            self.outcome = self.outcome.max(Outcome::Pass);
        } else {
            self.breach(object, otherwise);
        }
    }

    /// An attack that IAM judges: only a definite refusal will do.
    pub(crate) fn attack(&mut self, judged: &Judgement, object: impl FnOnce() -> String, tried: impl FnOnce() -> String) {
        match judged.decision {
            Decision::ExplicitDeny | Decision::ImplicitDeny => {
                self.attacks += 1;
                self.outcome = self.outcome.max(Outcome::Pass);
            }
            Decision::Allow => {
                let by = judged.by.as_deref().unwrap_or("a statement");
                self.breach(object(), format!("{} is allowed by `{by}`", tried()));
            }
            Decision::Unknown => self.unknown(object(), format!("{}: whether it is refused can't be told", tried())),
        }
    }

    /// The caller's own: only a definite permission shows that the refusals mean something.
    pub(crate) fn control(&mut self, judged: &Judgement, object: impl FnOnce() -> String, tried: impl FnOnce() -> String) {
        match judged.decision {
            Decision::Allow => self.controls += 1,
            Decision::Unknown => self.unknown(object(), format!("{}: whether it is allowed can't be told", tried())),
            Decision::ExplicitDeny | Decision::ImplicitDeny => {
                self.unknown(
                    object(),
                    format!("{} is refused, although it is the caller's own: a refusal of others' shows nothing", tried()),
                );
            }
        }
    }
}

/// Every probe's row.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) profile: Profile,
    pub(crate) tenants: usize,
    pub(crate) pairs: usize,
    pub(crate) rows: Vec<Row>,
}

impl Report {
    pub(crate) fn count(&self, outcome: Outcome) -> usize {
        self.rows.iter().filter(|row| row.outcome == outcome).count()
    }

    pub(crate) fn of(&self, outcome: Outcome) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.outcome == outcome)
    }

    /// Whether anything was found that must not be applied by accident.
    pub(crate) fn is_sound(&self) -> bool {
        self.rows.iter().all(|row| row.outcome < Outcome::Unknown)
    }
}
