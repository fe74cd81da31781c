//! `apply`: shows the plan, asks, and carries it out under the platform's lock.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use super::open::open_to_plan;
use super::shown::{Narrow, Shown};
use super::{Global, saved};
use crate::desired::Desired;
use crate::exit::{Exit, Stop};
use crate::isolation::report::{Outcome, Report};
use crate::plan::Named;
use crate::plan::saved::Saved;
use crate::ui::{Stream, Ui};

mod halt;
mod job;

pub(super) use halt::{Halt, halt_after, halt_on_request};
pub(super) use job::{Job, holder, take_if_possible};

#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// A plan that `plan --out` kept: it is made anew, and carried out if it is still the same, without asking. What was named
    /// when it was made is named in it.
    #[arg(value_name = "PLAN")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    shown: Shown,
    #[command(flatten)]
    told: Told,
    /// Don't ask.
    #[arg(short, long)]
    yes: bool,
    /// Go on only if the plan still has this checksum: the one that was reviewed.
    #[arg(long, value_name = "CHECKSUM")]
    plan_hash: Option<String>,
    /// Apply although these probes show a breach, such as P09; the record of the apply keeps it. More with commas.
    #[arg(long, value_name = "PROBE", value_delimiter = ',')]
    accept_breach: Vec<String>,
    #[command(flatten)]
    narrow: Narrow,
}

/// What apply and destroy tell programs.
#[derive(Debug, Args)]
pub(super) struct Told {
    /// Write what happens to FILE as well, one JSON object a line (`tenantry schema events`): a file, a named pipe or /dev/stderr.
    #[arg(long, value_name = "FILE")]
    pub(super) events: Option<PathBuf>,
}

impl Told {
    pub(super) fn stream(&self, ui: &Ui) -> Result<Stream> {
        Stream::open(self.events.as_deref(), ui)
    }
}

impl Apply {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let stream = self.told.stream(ui)?;
        stream.begin("apply");
        let ended = self.carry_out(global, ui, &stream).await;
        stream.end(&ended);
        ended
    }

    async fn carry_out(&self, global: &Global, ui: &Ui, stream: &Stream) -> Result<Exit> {
        let saved = self.plan.as_deref().map(|file| Ok::<_, anyhow::Error>((file, saved::read(file)?))).transpose()?;
        if let Some((file, saved)) = &saved {
            self.contradicts_nothing(file, saved)?;
        }
        let opened = open_to_plan(global, ui).await?;
        let (shown, narrow) = match &saved {
            Some((file, saved)) => {
                saved::is_for(file, saved, &opened)?;
                (&self.shown.saved(saved.named.clone()), &self.narrow.saved(&saved.filters)?)
            }
            None => (&self.shown, &self.narrow),
        };
        let desired = opened.desired()?;
        let consent = if self.yes || saved.is_some() {
            Consent::Given
        } else {
            Consent::Ask { question: "Apply this plan? Only `yes` goes on:".into(), word: "yes".into(), flag: "--yes".into() }
        };
        let isolation = Some(opened.isolation(&desired)?);
        let gate = Gate { isolation, accepted: self.accept_breach.iter().cloned().collect() };
        let reviewed =
            Reviewed { checksum: self.plan_hash.as_deref(), saved: saved.as_ref().map(|(file, saved)| (*file, saved)), before: None };
        Job { opened, known: &desired, wanted: &desired, shown, narrow, gate, reviewed, consent, global, ui, stream }.run().await
    }

    /// A saved plan holds the options that it was made with: others beside it would be another plan.
    fn contradicts_nothing(&self, file: &Path, saved: &Saved) -> Result<()> {
        let (named, filters) = (self.shown.named(), self.narrow.words());
        let other = if named != Named::default() && named != saved.named {
            "what --delete and --allow-replace name"
        } else if !filters.is_empty() && filters != saved.filters {
            "what --tenant, --tier, --kind and --exclude name"
        } else {
            return Ok(());
        };
        let words = format!(
            "{other} is not what `{}` was made with; leave them out, or make a new plan with them (nothing was read or changed)",
            file.display()
        );
        Err(Stop::at(Exit::Usage, words))
    }
}

/// The plan that was agreed to elsewhere, by its checksum or as a whole.
#[derive(Debug, Default)]
pub(super) struct Reviewed<'a> {
    pub(super) checksum: Option<&'a str>,
    pub(super) saved: Option<(&'a Path, &'a Saved)>,
    /// What the manifest declared before an edit: who agrees to the edit has not agreed to what was due already.
    pub(super) before: Option<&'a Desired>,
}

/// What the platform would let through, and what of it the user has said yes to by name.
#[derive(Debug, Default)]
pub(super) struct Gate {
    /// None where nothing is built.
    pub(super) isolation: Option<Report>,
    pub(super) accepted: BTreeSet<String>,
}

impl Gate {
    /// Refuses a platform that a tenant could be reached in, unless that was accepted; an acceptance of nothing is a mistake.
    fn check(&self) -> Result<()> {
        let open: BTreeSet<&str> = self.isolation.iter().flat_map(|report| report.of(Outcome::Fail)).map(|row| row.probe).collect();
        if let Some(nothing) = self.accepted.iter().find(|probe| !open.contains(probe.as_str())) {
            return Err(Stop::at(Exit::Usage, format!("--accept-breach {nothing}: this probe shows no breach; leave it out")));
        }
        let refused: Vec<&str> = open.into_iter().filter(|probe| !self.accepted.contains(*probe)).collect();
        if refused.is_empty() {
            return Ok(());
        }
        let named = refused.join(",");
        let words = format!(
            "this platform would let one tenant reach another ({named}); nothing was changed\n\nhint: `tenantry verify --offline` shows how; --accept-breach {named} applies it all the same"
        );
        Err(Stop::at(Exit::Isolation, words))
    }
}

/// Whether the user has said yes already.
pub(super) enum Consent {
    Given,
    /// Only this word goes on; the flag answers where nobody can be asked.
    Ask {
        question: String,
        word: String,
        flag: String,
    },
}
