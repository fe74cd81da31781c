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
use crate::aws::{Aws, AwsError, Class};
use crate::compile::OWN_BUCKET;
use crate::desired::Desired;
use crate::exit::{Exit, Stop};
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
        let ask = |ui: &Ui, plan: &Plan| {
            if self.yes {
                return Ok(());
            }
            let steps = schedule(plan).len();
            ui.confirm(
                &format!("Apply {}? Only `yes` goes on:", if steps == 1 { "this step".into() } else { format!("these {steps} steps") }),
                "yes",
                "--yes",
            )
        };
        carry_out(&opened, Sides { known: &desired, wanted: &desired }, &self.shown, self.plan_hash.as_deref(), global, ui, ask).await
    }
}

/// What the manifest declares, by which live resources are recognised, and what of it is to be.
#[derive(Clone, Copy)]
pub(super) struct Sides<'a> {
    pub(super) known: &'a Desired,
    pub(super) wanted: &'a Desired,
}

/// Plans under the lock, shows, asks, applies, and keeps the record.
pub(super) async fn carry_out(
    opened: &Opened,
    sides: Sides<'_>,
    shown: &Shown,
    reviewed: Option<&str>,
    global: &Global,
    ui: &Ui,
    ask: impl FnOnce(&Ui, &Plan) -> Result<()>,
) -> Result<Exit> {
    let holder = holder(opened);
    let bucket = opened.names.platform_bucket();
    let mut lock = take_if_possible(&opened.aws, &bucket, &holder).await?;
    let ended = under_lock(opened, sides, shown, reviewed, global, ui, ask, &mut lock, &holder).await;
    let released = match lock {
        Some(lock) => lock.release(&opened.aws).await,
        None => Ok(()),
    };
    opened.aws.save()?;
    let exit = ended?;
    released?;
    Ok(exit)
}

#[expect(clippy::too_many_arguments, reason = "the parts of one command, split off so that the lock is let go on every way out")]
async fn under_lock(
    opened: &Opened,
    sides: Sides<'_>,
    shown: &Shown,
    reviewed: Option<&str>,
    global: &Global,
    ui: &Ui,
    ask: impl FnOnce(&Ui, &Plan) -> Result<()>,
    lock: &mut Option<Lock>,
    holder: &Holder,
) -> Result<Exit> {
    let named = shown.named();
    let live = opened.live(sides.known).await?;
    let plan = diff(&opened.names, sides.wanted, &live, &named)?;
    all_named(&plan, &named)?;
    if global.output == Format::Text {
        shown.print(&plan, global, ui, opened)?;
    }
    let checksum = plan.checksum();
    if let Some(reviewed) = reviewed.filter(|r| *r != checksum) {
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
        return Ok(Exit::Done);
    }
    ask(ui, &plan)?;

    let begun = Instant::now();
    let (plan, first) = first_bucket(opened, plan, lock, holder).await?;
    let steps = schedule(&plan);
    let stop = stop_on_request(global.timeout, ui);
    let options = Options { jobs: usize::from(global.jobs), stop };
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let count_steps = steps.len();
    let work = apply::apply(plan, steps, opened.site(), &options, sender);
    let (mut outcome, ()) = tokio::join!(work, events::follow(ui, count_steps, receiver));
    if let Some((step, elapsed)) = first {
        outcome.done.insert(step, elapsed);
        outcome.longest_chain += elapsed;
    }
    record::keep(&opened.aws, &opened.names.platform_bucket(), holder, &checksum, &outcome).await?;
    let calls = opened.aws.calls();
    match global.output {
        Format::Text => ui.answer(&events::account(&outcome, calls.all(), calls.retries(), begun.elapsed()))?,
        Format::Json | Format::Yaml => {
            let document = json::outcome(&outcome, calls.all(), calls.retries(), begun.elapsed().as_secs_f64());
            ui.answer(&global.document(&document)?)?;
        }
    }
    Ok(exit(&outcome, &options))
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

/// The lock, unless the bucket that it lies in is still to be created.
async fn take_if_possible(aws: &Aws, bucket: &str, holder: &Holder) -> Result<Option<Lock>> {
    match lock::take(aws, bucket, holder).await {
        Ok(lock) => Ok(Some(lock)),
        Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Missing) => Ok(None),
        Err(error) => Err(error),
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
    *lock = Some(lock::take(&opened.aws, &opened.names.platform_bucket(), holder).await?);
    Ok((plan, Some(done)))
}

/// Cancelled by the first Ctrl-C, or when the time is up; the second Ctrl-C leaves at once.
fn stop_on_request(timeout: Duration, ui: &Ui) -> CancellationToken {
    let stop = CancellationToken::new();
    let cancel = stop.clone();
    let ui = ui.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => ui.say("stopping: what runs is finished, nothing new is begun (Ctrl-C again leaves at once)"),
            () = elapsed(timeout) => ui.say("the time is up: what runs is finished, nothing new is begun"),
        }
        cancel.cancel();
        if tokio::signal::ctrl_c().await.is_ok() {
            leave();
        }
    });
    stop
}

#[expect(clippy::disallowed_methods, reason = "the time limit of --timeout")]
async fn elapsed(timeout: Duration) {
    tokio::time::sleep(timeout).await;
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
