//! `apply`: shows the plan, asks, and carries it out under the platform's lock.

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::open::{Opened, open};
use super::plan::{Shown, all_named};
use super::{Format, Global};
use crate::address::{Address, Owner};
use crate::apply::lock::{Holder, Lock};
use crate::apply::{self, Options, Outcome, lock, record};
use crate::compile::OWN_BUCKET;
use crate::desired::Desired;
use crate::exit::{Exit, Stop, is_broken_pipe};
use crate::kinds::{Bucket, Kind as _};
use crate::plan::{Plan, diff};
use crate::schedule::{StepId, schedule};
use crate::ui::style::count;
use crate::ui::{Ui, events, json};

#[derive(Debug, Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    shown: Shown,
    /// Don't ask.
    #[arg(short, long)]
    yes: bool,
    /// Go on only if the plan still has this checksum: the one that was reviewed.
    #[arg(long, value_name = "CHECKSUM")]
    plan_hash: Option<String>,
}

impl Apply {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let opened = open(global, ui).await?;
        let desired = opened.desired()?;
        let consent = if self.yes {
            Consent::Given
        } else {
            Consent::Ask { question: "Apply this plan? Only `yes` goes on:".into(), word: "yes".into(), flag: "--yes".into() }
        };
        let job =
            Job { opened, known: &desired, wanted: &desired, shown: &self.shown, reviewed: self.plan_hash.as_deref(), consent, global, ui };
        job.run().await
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

/// A plan to be shown, agreed to and carried out.
pub(super) struct Job<'a> {
    pub(super) opened: Opened,
    /// What the manifest declares: live resources are recognised by it.
    pub(super) known: &'a Desired,
    /// What of it is to be.
    pub(super) wanted: &'a Desired,
    pub(super) shown: &'a Shown,
    pub(super) reviewed: Option<&'a str>,
    pub(super) consent: Consent,
    pub(super) global: &'a Global,
    pub(super) ui: &'a Ui,
}

impl Job<'_> {
    /// Takes the lock, does the job, and lets the lock go on every way out.
    pub(super) async fn run(self) -> Result<Exit> {
        let holder = holder(&self.opened);
        let stop = stop_on_request(self.ui);
        let mut lock = take_if_possible(&self.opened, &holder).await?;
        let ended = self.under_lock(&mut lock, &holder, &stop).await;
        let released = match lock {
            Some(lock) => lock.release(&self.opened.aws).await,
            None => Ok(()),
        };
        self.opened.aws.save()?;
        let exit = ended?;
        released?;
        Ok(exit)
    }

    async fn under_lock(&self, lock: &mut Option<Lock>, holder: &Holder, stop: &CancellationToken) -> Result<Exit> {
        let agreed = tokio::select! {
            agreed = self.agree() => agreed?,
            () = stop.cancelled() => return Err(Stop::at(Exit::Interrupted, "interrupted; nothing was changed")),
        };
        match agreed {
            Some(plan) => self.carry_out(plan, lock, holder, stop).await,
            None => Ok(Exit::Done),
        }
    }

    /// The plan, once it has been shown and agreed to; none if there is nothing to do.
    async fn agree(&self) -> Result<Option<Plan>> {
        let named = self.shown.named();
        let live = self.opened.live(self.known).await?;
        let plan = diff(&self.opened.names, self.wanted, &live, &named)?;
        all_named(&plan, &named)?;
        self.shown.print_before(&plan, self.global, self.ui, &self.opened).map_err(unread)?;
        let checksum = plan.checksum();
        if let Some(reviewed) = self.reviewed.filter(|r| *r != checksum) {
            let words = format!(
                "the plan is not the one that was reviewed: its checksum is {checksum}, not {reviewed}; review it again (nothing was changed)"
            );
            return Err(Stop::at(Exit::Stale, words));
        }
        if !plan.blocked.is_empty() {
            let words = format!("{} of this plan can't be done; nothing was changed", count(plan.blocked.len(), "change"));
            return Err(Stop::at(Exit::Guarded, words));
        }
        if plan.is_empty() {
            return Ok(None);
        }
        if let Consent::Ask { question, word, flag } = &self.consent {
            let (ui, question, word, flag) = (self.ui.clone(), question.clone(), word.clone(), flag.clone());
            // Reading a line blocks; Ctrl-C must still be heard.
            tokio::task::spawn_blocking(move || ui.confirm(&question, &word, &flag)).await??;
        }
        Ok(Some(plan))
    }

    async fn carry_out(&self, plan: Plan, lock: &mut Option<Lock>, holder: &Holder, stop: &CancellationToken) -> Result<Exit> {
        let (opened, begun, checksum) = (&self.opened, Instant::now(), plan.checksum());
        let (plan, first) = first_bucket(opened, plan, lock, holder).await?;
        let steps = schedule(&plan);
        stop_after(self.global.timeout, self.ui, stop);
        let options = Options { jobs: usize::from(self.global.jobs), stop: stop.clone() };
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        let count_steps = steps.len();
        let work = apply::apply(plan, steps, opened.site(), &options, sender);
        let (mut outcome, ()) = tokio::join!(work, events::follow(self.ui, count_steps, receiver));
        if let Some((step, elapsed)) = first {
            outcome.done.insert(step, elapsed);
            outcome.longest_chain += elapsed;
        }
        if let Err(error) = record::keep(&opened.aws, &opened.names, holder, &checksum, &outcome).await {
            self.ui.say(&format!("warning: no record of this apply was kept: {error:#}"));
        }
        // Nothing is told as done that could not be kept.
        opened.aws.save()?;
        let calls = opened.aws.calls();
        let told = match self.global.output {
            Format::Text => self.ui.answer(&events::account(&outcome, calls.all(), calls.retries(), begun.elapsed())),
            Format::Json | Format::Yaml => {
                let document = json::outcome(&outcome, calls.all(), calls.retries(), begun.elapsed().as_secs_f64());
                self.ui.answer(&self.global.document(&document)?)
            }
        };
        // The work is done, whether or not anybody still reads about it.
        if let Err(error) = told.or_else(|error| if is_broken_pipe(&error) { Ok(()) } else { Err(error) }) {
            self.ui.say(&format!("warning: the outcome could not be printed: {error:#}"));
        }
        Ok(exit(&outcome, &options))
    }
}

/// A plan that nobody could read is not carried out.
fn unread(error: anyhow::Error) -> anyhow::Error {
    if is_broken_pipe(&error) {
        return Stop::at(Exit::Failed, "stdout was closed before the plan was read; nothing was changed");
    }
    error
}

fn exit(outcome: &Outcome, options: &Options) -> Exit {
    if outcome.failed.is_empty() && outcome.not_begun.is_empty() {
        Exit::Done
    } else if outcome.failed.is_empty() && options.stop.is_cancelled() {
        Exit::Interrupted
    } else if outcome.done.is_empty() {
        // Nothing was done: the reason is worth more than "partly".
        outcome.failed.values().next().map_or(Exit::Failed, crate::exit::of)
    } else {
        Exit::Partial
    }
}

/// The lock, unless the bucket that it lies in is still to be created, or is not ours: then the plan says so.
async fn take_if_possible(opened: &Opened, holder: &Holder) -> Result<Option<Lock>> {
    match lock::is_in_ours(&opened.aws, &opened.names).await? {
        true => Ok(Some(lock::take(&opened.aws, &opened.names, holder).await?)),
        false => Ok(None),
    }
}

/// The first apply creates the platform's own bucket before anything else, and takes the lock in it.
async fn first_bucket(
    opened: &Opened,
    mut plan: Plan,
    lock: &mut Option<Lock>,
    holder: &Holder,
) -> Result<(Plan, Option<(StepId, Duration)>)> {
    if lock.is_some() {
        return Ok((plan, None));
    }
    let bucket = Address::new(Bucket::NAME, Owner::Platform, OWN_BUCKET);
    let Some(done) = apply::alone(&mut plan, &bucket, &opened.site()).await? else {
        return Ok((plan, None));
    };
    *lock = Some(lock::take(&opened.aws, &opened.names, holder).await?);
    Ok((plan, Some(done)))
}

/// Cancelled by the first Ctrl-C or SIGTERM; the second leaves at once.
fn stop_on_request(ui: &Ui) -> CancellationToken {
    let stop = CancellationToken::new();
    let (cancel, ui) = (stop.clone(), ui.clone());
    tokio::spawn(async move {
        asked_to_stop().await;
        ui.say("stopping: what runs is finished, nothing new is begun (Ctrl-C again leaves at once)");
        cancel.cancel();
        asked_to_stop().await;
        leave();
    });
    stop
}

async fn asked_to_stop() {
    #[cfg(unix)]
    if let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
        return;
    }
    // Without a handler there is nothing to wait for.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the time limit of --timeout")]
fn stop_after(timeout: Duration, ui: &Ui, stop: &CancellationToken) {
    let (cancel, ui) = (stop.clone(), ui.clone());
    tokio::spawn(async move {
        tokio::time::sleep(timeout).await;
        ui.say("the time is up: what runs is finished, nothing new is begun");
        cancel.cancel();
    });
}

#[expect(clippy::exit, clippy::disallowed_methods, reason = "the user asked twice to leave")]
fn leave() {
    std::process::exit(Exit::Interrupted as i32);
}

fn holder(opened: &Opened) -> Holder {
    let now = std::time::SystemTime::now();
    let since = aws_smithy_types::DateTime::from(now).fmt(aws_smithy_types::date_time::Format::DateTime).unwrap_or_default();
    let seed = format!("{now:?} {} {}", std::process::id(), opened.caller);
    Holder { who: opened.caller.clone(), since, nonce: crate::secret::digest(seed.as_bytes()).chars().take(16).collect() }
}
