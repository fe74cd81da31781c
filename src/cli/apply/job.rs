//! A plan that is shown, agreed to, and carried out under the platform's lock.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::halt::{Halt, Why, halt_after, halt_on_request};
use super::{Consent, Gate, Reviewed};
use crate::address::{Address, Owner};
use crate::apply::lock::{Holder, Lock};
use crate::apply::{self, Options, lock, record};
use crate::cli::open::Opened;
use crate::cli::shown::{Narrow, Showing, Shown, all_named};
use crate::cli::{Format, Global, ci, saved};
use crate::compile::OWN_BUCKET;
use crate::desired::Desired;
use crate::exit::{Exit, Stop, is_broken_pipe};
use crate::kinds::{Bucket, Kind as _};
use crate::manifest;
use crate::observe::Live;
use crate::plan::page::{Accepted, Page};
use crate::plan::saved::Saved;
use crate::plan::{Action, Plan, diff};
use crate::quotas::estimate;
use crate::schedule::{StepId, schedule};
use crate::ui::pager::Pager;
use crate::ui::style::count;
use crate::ui::{Stream, Ui, events, json};

/// How many addresses a sentence names.
const NAMED_AT_ONCE: usize = 3;

/// A plan to be shown, agreed to and carried out.
pub(in crate::cli) struct Job<'a> {
    pub(in crate::cli) opened: Opened,
    /// What the manifest declares: live resources are recognised by it.
    pub(in crate::cli) known: &'a Desired,
    /// What of it is to be.
    pub(in crate::cli) wanted: &'a Desired,
    pub(in crate::cli) shown: &'a Shown,
    pub(in crate::cli) narrow: &'a Narrow,
    pub(in crate::cli) gate: Gate,
    pub(in crate::cli) reviewed: Reviewed<'a>,
    pub(in crate::cli) consent: Consent,
    pub(in crate::cli) global: &'a Global,
    pub(in crate::cli) ui: &'a Ui,
    pub(in crate::cli) stream: &'a Stream,
}

impl Job<'_> {
    /// Takes the lock, does the job, and lets the lock go on every way out.
    pub(in crate::cli) async fn run(self) -> Result<Exit> {
        let holder = holder(&self.opened);
        let halt = halt_on_request(self.ui);
        let mut lock = take_if_possible(&self.opened, &holder).await?;
        let ended = self.under_lock(&mut lock, &holder, &halt).await;
        let released = match lock {
            Some(lock) => lock.release(&self.opened.aws).await,
            None => Ok(()),
        };
        self.opened.aws.save()?;
        let exit = ended?;
        released?;
        Ok(exit)
    }

    async fn under_lock(&self, lock: &mut Option<Lock>, holder: &Holder, halt: &Halt) -> Result<Exit> {
        let agreed = tokio::select! {
            agreed = self.agree() => agreed?,
            () = halt.token.cancelled() => return Err(Stop::at(Exit::Interrupted, "interrupted; nothing was changed")),
        };
        match agreed {
            Some(plan) => self.carry_out(plan, lock, holder, halt).await,
            None => {
                // A reader of outcomes gets one, even if nothing came to pass.
                if self.global.output != Format::Text {
                    self.tell(&apply::Outcome::default(), Exit::Done, Duration::ZERO)?;
                } else {
                    ci::applied(self.global, &apply::Outcome::default(), "Nothing to do.")?;
                }
                self.stream_outcome(&apply::Outcome::default(), Duration::ZERO);
                Ok(Exit::Done)
            }
        }
    }

    async fn plan(&self) -> Result<(Plan, Live)> {
        let live = self.opened.live(self.known).await?;
        let mut plan = diff(&self.opened.names, self.wanted, &live, &self.shown.named())?;
        self.narrow.narrow(&mut plan, &self.opened.facts())?;
        Ok((plan, live))
    }

    /// What of the plan was due before the edit that it follows, in words; none if the edit is all of it.
    fn due_before(&self, plan: &Plan, live: &Live) -> Result<Option<String>> {
        let Some(before) = self.reviewed.before else { return Ok(None) };
        let due = diff(&self.opened.names, before, live, &self.shown.named())?;
        let due = plan.common(&due);
        let (verb, more) = (if due.len() == 1 { "was" } else { "were" }, due.len().saturating_sub(NAMED_AT_ONCE));
        let named = due.iter().take(NAMED_AT_ONCE).map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Ok((!due.is_empty()).then(|| format!("{} of this plan {verb} due before the edit: {named}{more}", count(due.len(), "change"))))
    }

    fn is_the_reviewed(&self, checksum: &str) -> Result<()> {
        let Some(reviewed) = self.reviewed.checksum.filter(|reviewed| *reviewed != checksum) else { return Ok(()) };
        let words = format!(
            "the plan is not the one that was reviewed: its checksum is {checksum}, not {reviewed}; review it again (nothing was changed)"
        );
        Err(Stop::at(Exit::Stale, words))
    }

    /// The plan, once it has been shown and agreed to; none if there is nothing to do.
    async fn agree(&self) -> Result<Option<Plan>> {
        let (plan, live) = self.plan().await?;
        all_named(&plan, &self.shown.named())?;
        let facts = self.opened.facts();
        let isolation = self.gate.isolation.as_ref();
        let mut page = Page::of(&plan, &facts);
        if let Some(report) = isolation {
            page = page.judged(report, &self.opened.accepted(report).await?);
        }
        let pager = Pager::Never;
        let due = self.due_before(&plan, &live)?;
        let notes = due.iter().cloned().collect();
        let showing = Showing { plan: &plan, page: &page, isolation, notes, next: Vec::new(), pager };
        self.shown.print_before(&showing, self.global, self.ui, &self.opened).map_err(unread)?;
        ci::planned(self.global, &plan, &page, isolation)?;
        self.stream.plan(&page);
        let checksum = page.checksum.clone();
        if let Some((file, saved)) = self.reviewed.saved.filter(|(_, saved)| saved.checksum != checksum) {
            self.is_the_reviewed(&saved.checksum)?;
            if self.is_done(file, saved, &plan).await? {
                return Ok(None);
            }
            if !saved.has_left(&plan) {
                return Err(saved::stale(file, saved, &plan, &self.opened));
            }
            // What was agreed to is done to its end.
            self.ui.say(&format!("{} of the plan's {} are left of an earlier apply.", plan.changes.len(), count(saved.size(), "change")));
        } else {
            self.is_the_reviewed(&checksum)?;
        }
        if !plan.blocked.is_empty() {
            let words = format!("{} of this plan can't be done; nothing was changed", count(plan.blocked.len(), "change"));
            return Err(Stop::at(Exit::Guarded, words));
        }
        if plan.is_empty() {
            return Ok(None);
        }
        self.narrow.check(&page)?;
        self.gate.check()?;
        if let (Consent::Given, Some(due)) = (&self.consent, due) {
            let words = format!(
                "--yes agrees to the edit alone, and {due}\n\nhint: `{}` does all of it, `{}` what concerns one tenant",
                self.global.command("apply"),
                self.global.command("apply --tenant ID")
            );
            return Err(Stop::at(Exit::Guarded, words));
        }
        if let Consent::Ask { question, word, flag } = &self.consent {
            let (ui, question, word, flag) = (self.ui.clone(), question.clone(), word.clone(), flag.clone());
            // Reading a line blocks; Ctrl-C must still be heard.
            tokio::task::spawn_blocking(move || ui.confirm(&question, &word, &flag)).await??;
        }
        Ok(Some(plan))
    }

    async fn carry_out(&self, plan: Plan, lock: &mut Option<Lock>, holder: &Holder, halt: &Halt) -> Result<Exit> {
        let (opened, begun, checksum) = (&self.opened, Instant::now(), plan.checksum());
        let (plan, first) = if lock.is_some() { (plan, None) } else { self.lock_late(plan, lock, holder).await? };
        let steps = schedule(&plan);
        halt_after(self.global.timeout, self.ui, halt);
        let options = Options { jobs: usize::from(self.global.jobs), stop: halt.token.clone() };
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        let progress = events::Progress::of(&steps, estimate(&plan, &steps).seconds, first.as_ref());
        let work = apply::apply(plan, steps, opened.site(), &options, sender);
        let (mut outcome, ()) = tokio::join!(work, events::follow(self.ui, self.stream, progress, receiver));
        if let Some((step, elapsed)) = first {
            outcome.done.insert(step, elapsed);
            outcome.longest_chain += elapsed;
        }
        if let Err(error) = self.record(holder, &checksum, &outcome).await {
            self.ui.say(&format!("warning: no record of this apply was kept: {error:#}"));
        }
        // Nothing is told as done that could not be kept.
        opened.aws.save()?;
        let ended = ending(&outcome, halt.why.get().copied(), self.global.timeout);
        let exit = ended.as_ref().map_or_else(crate::exit::of, |exit| *exit);
        self.stream_outcome(&outcome, begun.elapsed());
        // The work is done, whether or not anybody still reads about it.
        if let Err(error) = self.tell(&outcome, exit, begun.elapsed()).or_else(|e| if is_broken_pipe(&e) { Ok(()) } else { Err(e) }) {
            self.ui.say(&format!("warning: the outcome could not be printed: {error:#}"));
        }
        if exit != Exit::Done && ended.is_ok() {
            // Who wants no talk still hears why it failed.
            self.ui.alarm(&events::failure(&outcome, exit));
        }
        ended
    }

    /// Keeps the record; what is accepted again has been so since it was accepted first.
    async fn record(&self, holder: &Holder, checksum: &str, outcome: &apply::Outcome) -> Result<()> {
        let (aws, names, accepted) = (&self.opened.aws, &self.opened.names, &self.gate.accepted);
        let known = if accepted.is_empty() { Accepted::new() } else { record::accepted(aws, names).await? };
        let since = |probe: &String| known.get(probe).unwrap_or(&holder.since).clone();
        let breaches = accepted.iter().map(|probe| (probe.clone(), since(probe))).collect();
        let saved = self.reviewed.saved.map(|(_, saved)| saved.checksum.as_str());
        record::keep(aws, names, holder, record::Agreed { checksum, saved, breaches: &breaches }, outcome).await
    }

    /// A lock that could not be taken before the plan was made: the platform's own bucket was not there yet.
    ///
    /// The bucket is created before anything else, unless somebody has done so by now. Whoever comes second finds it and
    /// takes the lock when the first is done, so the world may no longer be the one that was planned for.
    async fn lock_late(&self, mut plan: Plan, lock: &mut Option<Lock>, holder: &Holder) -> Result<(Plan, Option<(StepId, Duration)>)> {
        let opened = &self.opened;
        let bucket = Address::new(Bucket::NAME, Owner::Platform, OWN_BUCKET);
        let first = apply::alone(&mut plan, &bucket, &opened.site()).await?;
        *lock = match &first {
            Some(_) => Some(lock::take(&opened.aws, &opened.names, holder).await?),
            None => take_if_possible(opened, holder).await?,
        };
        if lock.is_none() {
            // The platform goes without a bucket to lock: what is left of it is being deleted.
            return Ok((plan, first));
        }
        let (mut now, _) = self.plan().await?;
        // A bucket may be missing from listings for a while after it was created.
        now.changes.retain(|c| c.address != bucket || c.action != Action::Create);
        if now.checksum() != plan.checksum() {
            let words =
                "somebody else has applied this platform meanwhile, so the plan is no longer what was agreed to; run the command again";
            return Err(Stop::at(Exit::Stale, words));
        }
        now.outputs.extend(plan.outputs.remove_entry(&bucket));
        Ok((now, first))
    }

    /// Whether this saved plan is done: the newest record says so, the manifest is still the one it was made of, and nothing is left.
    async fn is_done(&self, file: &Path, saved: &Saved, now: &Plan) -> Result<bool> {
        let (opened, shown) = (&self.opened, file.display());
        if !saved.may_be_applied_already(now) || !manifest::sha256(&opened.manifest.path).is_ok_and(|sha256| sha256 == saved.manifest) {
            return Ok(false);
        }
        let Some((who, since)) = record::carried_out(&opened.aws, &opened.names, &saved.checksum).await? else { return Ok(false) };
        self.ui.say(&format!("already applied: `{who}` carried out `{shown}` at {since}, and nothing of it is left to do"));
        Ok(true)
    }

    fn stream_outcome(&self, outcome: &apply::Outcome, elapsed: Duration) {
        let calls = self.opened.aws.calls();
        self.stream.outcome(outcome, calls.all(), calls.retries(), elapsed);
    }

    fn tell(&self, outcome: &apply::Outcome, exit: Exit, elapsed: Duration) -> Result<()> {
        let calls = self.opened.aws.calls();
        ci::applied(self.global, outcome, &events::account(outcome, calls.all(), calls.retries(), elapsed))?;
        match self.global.output {
            Format::Text => {
                self.ui.tell(&events::account(outcome, calls.all(), calls.retries(), elapsed))?;
                // After a destroy there is nothing to ask about.
                if exit == Exit::Done && !self.wanted.specs().is_empty() {
                    let what =
                        if self.gate.accepted.is_empty() { "proves that no tenant reaches another" } else { "lists what was accepted" };
                    self.ui.say(&format!("Next: tenantry verify{} {what}.", self.global.again()));
                }
                Ok(())
            }
            _ => {
                let document = json::outcome(outcome, exit, calls.all(), calls.retries(), elapsed.as_secs_f64());
                self.ui.answer(&self.global.document(&document)?)
            }
        }
    }
}

/// A plan that nobody could read is not carried out.
fn unread(error: anyhow::Error) -> anyhow::Error {
    if is_broken_pipe(&error) {
        return Stop::at(Exit::Failed, "stdout was closed before the plan was read; nothing was changed");
    }
    error
}

/// How the work ended, in a code or in words.
fn ending(outcome: &apply::Outcome, why: Option<Why>, timeout: Duration) -> Result<Exit> {
    if outcome.failed.is_empty() && outcome.not_begun.is_empty() {
        return Ok(Exit::Done);
    }
    match why.filter(|_| outcome.failed.is_empty()) {
        Some(Why::Asked) => return Ok(Exit::Interrupted),
        Some(Why::TimeIsUp) => {
            let left = count(outcome.not_begun.len(), "step");
            let words = format!("the time limit of {} s was reached before {left} began; give more with --timeout", timeout.as_secs());
            return Err(Stop::at(Exit::Partial, words));
        }
        None => {}
    }
    if outcome.done.is_empty() {
        // Nothing was done: the reason is worth more than "partly".
        return Ok(outcome.failed.values().next().map_or(Exit::Failed, crate::exit::of));
    }
    Ok(Exit::Partial)
}

/// The lock, unless the bucket that it lies in is still to be created, or is not ours: then the plan says so.
pub(in crate::cli) async fn take_if_possible(opened: &Opened, holder: &Holder) -> Result<Option<Lock>> {
    match lock::is_in_ours(&opened.aws, &opened.names).await? {
        true => Ok(Some(lock::take(&opened.aws, &opened.names, holder).await?)),
        false => Ok(None),
    }
}

pub(in crate::cli) fn holder(opened: &Opened) -> Holder {
    let now = std::time::SystemTime::now();
    let since = aws_smithy_types::DateTime::from(now).fmt(aws_smithy_types::date_time::Format::DateTime).unwrap_or_default();
    let seed = format!("{now:?} {} {}", std::process::id(), opened.caller);
    Holder { who: opened.caller.clone(), since, nonce: crate::secret::digest(seed.as_bytes()).chars().take(16).collect() }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;
    use crate::cli::open::open_to_plan;
    use crate::ui::Talk;

    #[tokio::test]
    async fn who_comes_second_to_a_first_apply_does_nothing_and_holds_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tenants.yaml");
        let sandbox = format!("--sandbox={}", folder.path().join("state.json").display());
        let cli = Cli::parse_from(["tenantry", "status", "-q", &sandbox, "-f", &manifest.display().to_string()]);
        let ui = Ui::new(anstream::ColorChoice::Never, Talk::Quiet);
        let opened = open_to_plan(&cli.global, &ui).await.unwrap();
        let desired = opened.desired().unwrap();
        let shown = Shown::default();
        let (global, consent) = (&cli.global, Consent::Given);
        let (gate, narrow) = (Gate::default(), Narrow::default());
        let stream = Stream::open(None, &ui).unwrap();
        let job = Job {
            opened,
            known: &desired,
            wanted: &desired,
            shown: &shown,
            narrow: &narrow,
            gate,
            reviewed: Reviewed::default(),
            consent,
            global,
            ui: &ui,
            stream: &stream,
        };
        let (one, other) = (holder(&job.opened), Holder { nonce: "other".into(), ..holder(&job.opened) });
        let halt = Halt::default();

        // Both have planned before either did anything.
        let (first, second) = (job.plan().await.unwrap().0, job.plan().await.unwrap().0);
        let mut lock = None;
        assert_eq!(job.carry_out(first, &mut lock, &one, &halt).await.unwrap(), Exit::Done);
        lock.take().unwrap().release(&job.opened.aws).await.unwrap();
        let error = job.carry_out(second, &mut lock, &other, &halt).await.unwrap_err();
        assert_eq!(crate::exit::of(&error), Exit::Stale, "{error:#}");
        assert!(job.plan().await.unwrap().0.is_empty());

        // While the first is at work the second doesn't get past the lock.
        let third = job.plan().await.unwrap().0;
        let error = job.carry_out(third, &mut None, &one, &halt).await.unwrap_err();
        assert_eq!(crate::exit::of(&error), Exit::Locked, "{error:#}");
    }

    #[test]
    fn a_time_that_is_up_is_partly_applied_and_no_interrupt() {
        let step = StepId { address: "bucket/platform/own".parse().unwrap(), op: crate::schedule::Op::Create };
        let outcome = apply::Outcome { not_begun: [step].into(), ..apply::Outcome::default() };
        let up = ending(&outcome, Some(Why::TimeIsUp), Duration::from_secs(2)).unwrap_err();
        assert_eq!(crate::exit::of(&up), Exit::Partial);
        assert!(up.to_string().contains("--timeout"), "{up}");
        assert_eq!(ending(&outcome, Some(Why::Asked), Duration::from_secs(2)).unwrap(), Exit::Interrupted);
    }
}
