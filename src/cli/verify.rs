//! `verify`: proves that no tenant reaches another, from the manifest and from what is live. Unless told to attack it writes nothing to AWS.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use super::apply::{halt_on_request, holder, take_if_possible};
use super::open::{self, Opened, open};
use super::validate::places;
use super::{Format, Global, ci};
use crate::attack;
use crate::compile::compile;
use crate::diagnostic::Diagnostics;
use crate::exit::{self, Exit, Stop};
use crate::isolation::argument::argument;
use crate::isolation::model::Model;
use crate::isolation::mutations;
use crate::isolation::probes::judge;
use crate::isolation::report::{Method, Outcome, Report, Row};
use crate::isolation::simulate::{self, inquiries};
use crate::manifest::Landmarks;
use crate::names::TenantId;
use crate::observe;
use crate::ui::findings::placed;
use crate::ui::style::count;
use crate::ui::{Ui, verify as show};

/// Prove that no tenant reaches another, from the manifest and from what is live.
///
/// Every probe is an attack. PASS is a definite refusal of each attack and a definite permission of what is the caller's own; FAIL
/// has a counterexample; UNKNOWN can't be shown either way; NOT-ENFORCED rests on application code alone; SKIPPED has nothing to judge.
/// Ends with 14 if anything FAILs or is UNKNOWN. What the probes are and rest on stands in docs/isolation.md.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Judge the files alone: no credentials, no network.
    #[arg(long)]
    offline: bool,
    /// Show the whole argument for one tenant against another.
    #[arg(long, num_args = 2, value_names = ["TENANT", "OTHER"])]
    pair: Option<Vec<TenantId>>,
    /// Break the platform on paper, one way after another, and show which probes notice.
    #[arg(long, conflicts_with = "pair")]
    self_test: bool,
    /// Ask IAM's simulator as well, about the policies that are live: where it and tenantry differ, neither counts.
    #[arg(long, conflicts_with_all = ["offline", "pair", "self_test"])]
    simulate: bool,
    /// Attack what is live as well: makes two tenants a tier up, and removes whatever it made.
    #[arg(long, conflicts_with_all = ["offline", "pair", "self_test"])]
    live: bool,
    /// Don't ask before --live.
    #[arg(short, long, requires = "live")]
    yes: bool,
    /// Write the report as SARIF 2.1.0, for code scanning.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pair", "self_test"])]
    sarif: Option<PathBuf>,
    /// Write the report as Markdown, for a comment.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pair", "self_test"])]
    markdown: Option<PathBuf>,
}

impl Verify {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let mut reported = Reported::No;
        let ended = self.carry_out(global, ui, &mut reported).await;
        if let (Some(file), Err(error), Reported::No) = (&self.sarif, &ended, reported) {
            let found = error.downcast_ref::<Diagnostics>().map(Diagnostics::found).unwrap_or_default();
            let places = places()?;
            let (files, exit) = (places.all(&found), exit::of(error));
            let document = show::sarif_without_report(&places.of(&global.manifest), &placed(&found, &files), exit, &format!("{error:#}"));
            write(file, &format!("{document:#}\n"))?;
        }
        ended
    }

    async fn carry_out(&self, global: &Global, ui: &Ui, reported: &mut Reported) -> Result<Exit> {
        let Read { declared, live, opened } = self.read(global, ui).await?;
        // What is live counts, where it is read.
        let newest = live.as_ref().unwrap_or(&declared);
        if let Some([from, to]) = self.pair.as_deref() {
            let judged = if live.is_some() { Method::State } else { Method::Manifest };
            return pair((newest, judged), (from, to), global, ui);
        }
        if self.self_test {
            return self_test(&declared, global, ui);
        }
        let mut report = judge(&declared, Method::Manifest);
        if let Some(live) = &live {
            report.rows = together(report.rows, judge(live, Method::State).rows);
        }
        if let Some((live, opened)) = live.as_ref().zip(opened.as_ref()) {
            if self.simulate {
                report.rows.extend(simulated(live, opened, ui).await?);
            }
            if self.live {
                report.rows.extend(attacked(live, opened, self.yes, ui).await?);
            }
        }
        report.rows.sort_by_key(|row| row.probe);
        if let Some(file) = &self.sarif {
            let manifest = places()?.of(&global.manifest);
            write(file, &format!("{:#}\n", show::sarif(&report, (&manifest, &Landmarks::at(&global.manifest)))))?;
            *reported = Reported::Yes;
        }
        if let Some(file) = &self.markdown {
            write(file, &show::markdown(&report))?;
        }
        ci::verified(global, &report)?;
        match global.output {
            Format::Text => ui.tell(&show::text(&report, ui.width_of_stdout()))?,
            _ => ui.answer(&global.document(&show::document(&report))?)?,
        }
        Ok(ending(&report))
    }

    /// The platform as it is declared, and as it is live.
    async fn read(&self, global: &Global, ui: &Ui) -> Result<Read> {
        if self.offline || self.self_test {
            let (manifest, library, names, warnings) = open::files(global)?;
            if !warnings.is_empty() {
                ui.findings(&warnings);
            }
            let desired = compile(&manifest, &library, &names)?;
            return Ok(Read { declared: Model::declared(&manifest, &names, &desired)?, live: None, opened: None });
        }
        let opened = open(global, ui).await?;
        let desired = opened.desired()?;
        let live = opened.live(&desired).await?;
        let declared = Model::declared(&opened.manifest, &opened.names, &desired)?;
        let strangers = observe::strangers(&opened.aws, &live, &declared.claims).await?;
        let live = Model::live(&opened.manifest, &opened.names, (&desired, &live), strangers);
        Ok(Read { declared, live: Some(live), opened: Some(opened) })
    }
}

/// Whether code scanning has its report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reported {
    Yes,
    No,
}

/// What there is to judge.
struct Read {
    declared: Model,
    /// None offline.
    live: Option<Model>,
    opened: Option<Opened>,
}

/// What IAM's simulator says of the policies that are live.
async fn simulated(live: &Model, opened: &Opened, ui: &Ui) -> Result<Vec<Row>> {
    let asked = inquiries(live)?;
    ui.say(&format!("asking IAM's simulator: {}", count(asked.all.len(), "request")));
    let answers = observe::simulate(&opened.aws, &asked).await?;
    Ok(simulate::rows(&asked, &answers))
}

/// What came of attacking it, by an operator who agreed to that. Whatever way it ends, what was made is removed.
async fn attacked(live: &Model, opened: &Opened, agreed: bool, ui: &Ui) -> Result<Vec<Row>> {
    let canaries = attack::canaries(live)?;
    ui.say(&attack::words(&canaries));
    if !agreed {
        let ui = ui.clone();
        tokio::task::spawn_blocking(move || ui.confirm("Attack it? Only `yes` goes on:", "yes", "--yes")).await??;
    }
    let lock = take_if_possible(opened, &holder(opened)).await?;
    let halt = halt_on_request(ui);
    let ended = tokio::select! {
        ended = attack_between(live, opened, &canaries) => ended,
        () = halt.token.cancelled() => Err(Stop::at(Exit::Interrupted, "interrupted; what the attack had made was removed")),
    };
    let cleaned = attack::clean(&opened.aws, live, &canaries).await;
    let released = match lock {
        Some(lock) => lock.release(&opened.aws).await,
        None => Ok(()),
    };
    opened.aws.save()?;
    // What is left is worse than why.
    cleaned.context("removing what the attack made; the next `tenantry verify --live` tries again")?;
    released?;
    ended
}

/// First of all goes what an attack left that was cut off.
async fn attack_between(live: &Model, opened: &Opened, canaries: &[attack::Canary]) -> Result<Vec<Row>> {
    attack::clean(&opened.aws, live, canaries).await?;
    attack::attack(&opened.aws, live, canaries).await
}

/// Both answers to each probe; one where they agree.
fn together(declared: Vec<Row>, live: Vec<Row>) -> Vec<Row> {
    let agree = |declared: &Row, live: &Row| declared.outcome == live.outcome && declared.findings == live.findings;
    let both = |(declared, mut live): (Row, Row)| {
        blinded(&declared, &mut live);
        if agree(&declared, &live) { vec![Row { method: Method::Both, ..live }] } else { vec![declared, live] }
    };
    declared.into_iter().zip(live).flat_map(both).collect()
}

/// Nothing refused means nothing where the declared platform has something to refuse, or something to let through, and the live one
/// has not.
fn blinded(declared: &Row, live: &mut Row) {
    if live.outcome == Outcome::Skipped && declared.outcome != Outcome::Skipped {
        live.unknown("", "nothing of it is live, so that nothing can be shown; `tenantry apply` makes what is declared");
    } else if live.outcome == Outcome::Pass && live.controls == 0 && declared.controls > 0 {
        live.unknown("", "nothing is let through either, so that refusals show nothing; `tenantry plan` shows what differs");
    }
}

fn ending(report: &Report) -> Exit {
    if report.is_sound() { Exit::Done } else { Exit::Isolation }
}

fn pair((model, judged): (&Model, Method), (from, to): (&TenantId, &TenantId), global: &Global, ui: &Ui) -> Result<Exit> {
    if from == to {
        return Err(Stop::at(Exit::Usage, format!("--pair takes two tenants, and both are `{from}`")));
    }
    let argument = argument(model, from, to)?;
    match global.output {
        Format::Text => ui.tell(&show::argument(&argument, judged, ui.width_of_stdout()))?,
        _ => ui.answer(&global.document(&show::argument_document(&argument, judged))?)?,
    }
    Ok(if argument.is_sound() { Exit::Done } else { Exit::Isolation })
}

fn self_test(model: &Model, global: &Global, ui: &Ui) -> Result<Exit> {
    let tested = mutations::test(model);
    match global.output {
        Format::Text => ui.answer(&show::self_test(&tested, ui.width_of_stdout()))?,
        _ => ui.answer(&global.document(&show::self_test_document(&tested))?)?,
    }
    Ok(if tested.iter().all(|t| t.is_noticed()) { Exit::Done } else { Exit::Isolation })
}

#[expect(clippy::disallowed_methods, reason = "the file that the user asked for")]
fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).with_context(|| format!("writing `{}`", file.display()))
}
