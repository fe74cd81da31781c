//! `--ci`: what a pipeline is told beside the answer, and which command writes what.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use super::{Command, Global};
use crate::apply::Outcome;
use crate::diagnostic::{Diagnostics, Severity};
use crate::exit::{self, Exit, Stop};
use crate::isolation::report::{self, Report};
use crate::plan::Plan;
use crate::plan::page::Page;
use crate::ui::github::{self, Output};
use crate::ui::sheet::WIDTH;
use crate::ui::{self, Ui, drift, findings, markdown, verify};

/// Whose pipeline it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ci {
    Github,
    Gitlab,
}

/// Where GitHub reads a step's outputs from, and its job summary.
const OUTPUT: &str = "GITHUB_OUTPUT";
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Refuses what a command would leave unwritten, before anything is read.
pub(super) fn check(global: &Global, command: &Command) -> Result<()> {
    if global.ci.is_none() {
        return Ok(());
    }
    if let Command::Init(_) = command {
        return Ok(());
    }
    if !matches!(command, Command::Validate | Command::Plan(_) | Command::Apply(_) | Command::Verify(_) | Command::Drift(_)) {
        let words = "--ci goes with validate, plan, apply, verify and drift: this command has nothing to tell a pipeline";
        return Err(Stop::at(Exit::Usage, words));
    }
    if global.ci == Some(Ci::Gitlab) {
        let words = "--ci gitlab goes with init alone: GitLab takes a report as a file, and `validate --output gitlab` writes one";
        return Err(Stop::at(Exit::Usage, words));
    }
    // What can't be told at the end should not be done first.
    for variable in [OUTPUT, SUMMARY] {
        append(variable, "")?;
    }
    Ok(())
}

fn append(variable: &str, text: &str) -> Result<()> {
    use std::io::Write as _;
    let Some(file) = std::env::var_os(variable).filter(|file| !file.is_empty()).map(PathBuf::from) else {
        let words = format!(
            "--ci github writes to the file that {variable} names, and the variable is not set: GitHub Actions sets it in every step \
             (nothing was read or changed)"
        );
        return Err(Stop::at(Exit::Usage, words));
    };
    let writing = || format!("writing to `{}`, which {variable} names", file.display());
    let mut open = std::fs::OpenOptions::new().append(true).create(true).open(&file).with_context(writing)?;
    open.write_all(text.as_bytes()).with_context(writing)
}

/// How the command ended, for steps that come after it; and why, where nothing else has said so.
pub(super) fn ended(global: &Global, command: &Command, ended: &Result<Exit>, ui: &Ui) {
    if global.ci != Some(Ci::Github) || matches!(command, Command::Init(_)) {
        return;
    }
    let exit = ended.as_ref().map_or_else(exit::of, |exit| *exit);
    let why = match ended {
        Ok(_) => None,
        Err(error) => match error.downcast_ref::<Diagnostics>() {
            // `validate` has told them already.
            Some(_) if matches!(command, Command::Validate) => None,
            Some(found) => Some(findings::markdown(&found.found())),
            None => Some(github::fenced(&stopped(exit), &ui::words(error, exit))),
        },
    };
    let told = append(OUTPUT, &github::assignments(&endings(exit)));
    let told = told.and_then(|()| why.map_or(Ok(()), |why| append(SUMMARY, &github::summary(&why))));
    if let Err(error) = told {
        ui.say(&format!("warning: the pipeline could not be told how this ended: {error:#}"));
    }
}

/// The same of a command line that is none: nothing else is known of it.
pub(super) fn misused(why: &str) {
    let words: Vec<String> = std::env::args().collect();
    let asked = |pair: &[String]| matches!(pair, [option, service] if option == "--ci" && service == "github");
    if words.iter().any(|word| word == "--ci=github") || words.windows(2).any(asked) {
        // Outside a pipeline there is nobody to tell; what is wrong stands on stderr.
        let _ = append(OUTPUT, &github::assignments(&endings(Exit::Usage)));
        let _ = append(SUMMARY, &github::fenced(&stopped(Exit::Usage), why));
    }
}

fn stopped(exit: Exit) -> String {
    format!("tenantry ended with {} ({})", exit as u8, exit.name())
}

fn endings(exit: Exit) -> Vec<Output> {
    vec![("exit_code", (exit as u8).to_string()), ("exit_name", exit.name().to_owned())]
}

fn tell(global: &Global, told: impl FnOnce() -> (Vec<Output>, String)) -> Result<()> {
    if global.ci.is_none() {
        return Ok(());
    }
    let (outputs, summary) = told();
    append(OUTPUT, &github::assignments(&outputs))?;
    append(SUMMARY, &github::summary(&summary))
}

pub(super) fn planned(global: &Global, plan: &Plan, page: &Page<'_>, isolation: Option<&Report>) -> Result<()> {
    tell(global, || {
        let isolation = isolation.map(|report| anstream::adapter::strip_str(&verify::line(report)).to_string());
        (github::plan(plan), markdown::plan(page, isolation.as_deref(), &[], github::ROOM))
    })
}

/// After what `planned` has told.
pub(super) fn applied(global: &Global, outcome: &Outcome, account: &str) -> Result<()> {
    tell(global, || {
        let outputs = vec![
            ("applied", (outcome.failed.is_empty() && outcome.skipped.is_empty() && outcome.not_begun.is_empty()).to_string()),
            ("steps_done", outcome.done.len().to_string()),
            ("steps_failed", outcome.failed.len().to_string()),
            ("steps_skipped", outcome.skipped.len().to_string()),
            ("steps_not_begun", outcome.not_begun.len().to_string()),
        ];
        (outputs, github::fenced("Apply", account))
    })
}

pub(super) fn verified(global: &Global, report: &Report) -> Result<()> {
    let number = |outcome| report.count(outcome).to_string();
    tell(global, || {
        let outputs = vec![
            ("sound", report.is_sound().to_string()),
            ("probes_passed", number(report::Outcome::Pass)),
            ("probes_failed", number(report::Outcome::Fail)),
            ("probes_unknown", number(report::Outcome::Unknown)),
        ];
        (outputs, verify::markdown(report))
    })
}

pub(super) fn drifted(global: &Global, found: &drift::Drift<'_>) -> Result<()> {
    tell(global, || {
        let outputs = vec![
            ("drift", (!found.is_empty()).to_string()),
            ("drift_changed", found.changed.len().to_string()),
            ("drift_deleted", found.deleted.len().to_string()),
        ];
        let summary = if found.is_empty() {
            "### No drift\n".to_owned()
        } else {
            github::fenced("Changed outside tenantry", &drift::text(found, WIDTH))
        };
        (outputs, summary)
    })
}

pub(super) fn validated(global: &Global, found: &[crate::diagnostic::Found<'_>]) -> Result<()> {
    let number = |severity| found.iter().filter(|found| found.severity == severity).count();
    tell(global, || {
        let (errors, warnings) = (number(Severity::Error), number(Severity::Warning));
        let outputs = vec![("valid", (errors == 0).to_string()), ("errors", errors.to_string()), ("warnings", warnings.to_string())];
        (outputs, findings::markdown(found))
    })
}
