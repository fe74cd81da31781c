//! What happens during apply: bars on a terminal, plain lines elsewhere, and the account at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use super::plan::time;
use super::style::{BAD, BOLD, CAREFUL, DIM, GOOD, count, counts};
use super::{Stream, Ui};
use crate::address::{Address, Owner};
use crate::apply::{Event, Outcome};
use crate::aws::{AwsError, Class};
use crate::diagnostic::thousands;
use crate::exit::Exit;
use crate::quotas::pace;
use crate::schedule::{Op, Schedule, StepId};

/// Without a terminal a step that takes long says so this often.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// What a run is going to do, for its columns and its bar.
#[derive(Debug)]
pub(crate) struct Progress {
    steps: usize,
    columns: Columns,
    /// How long all of it usually takes.
    seconds: u64,
    /// Done already, ahead of all others.
    first: Option<(StepId, Duration)>,
}

impl Progress {
    pub(crate) fn of(schedule: &Schedule, seconds: u64, first: Option<&(StepId, Duration)>) -> Self {
        let steps = || schedule.first.keys().chain(schedule.last.keys()).chain(first.map(|(step, _)| step));
        let columns = Columns {
            owner: steps().map(|s| owner(&s.address).len()).max().unwrap_or(0),
            label: steps().map(|s| label(&s.address).len()).max().unwrap_or(0),
        };
        Self { steps: steps().count(), columns, seconds, first: first.cloned() }
    }
}

/// As wide as the longest of the run: a line never pushes what stands right of it.
#[derive(Debug, Clone, Copy)]
struct Columns {
    owner: usize,
    label: usize,
}

impl Columns {
    fn of(self, address: &Address) -> String {
        format!("{:<1$} {2:<3$}", owner(address), self.owner, label(address), self.label)
    }
}

fn owner(address: &Address) -> &str {
    match address.owner() {
        Owner::Platform => "platform",
        Owner::Tier(tier) => tier.as_str(),
        Owner::Tenant(tenant) => tenant.as_str(),
    }
}

fn label(address: &Address) -> String {
    format!("{} {}", address.kind().replace('_', " "), address.label())
}

/// Tells events until there are no more.
pub(crate) async fn follow(ui: &Ui, stream: &Stream, progress: Progress, mut events: UnboundedReceiver<Event>) {
    let Progress { steps, columns, seconds, first } = progress;
    let shape = if ui.draws() { Shape::Drawn(Drawn::new(steps, seconds)) } else { Shape::Lines(BTreeMap::new()) };
    let mut screen = Screen { shape, columns, denied: BTreeSet::new() };
    if let Some((step, elapsed)) = first {
        stream.step(&Event::Started { step: step.clone() });
        let event = Event::Done { step, elapsed };
        stream.step(&event);
        screen.show(ui, &event);
    }
    let mut beat = tokio::time::interval(HEARTBEAT);
    beat.tick().await;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => {
                    stream.step(&event);
                    screen.show(ui, &event);
                }
                None => break,
            },
            _ = beat.tick() => screen.beat(ui),
        }
    }
    if let Shape::Drawn(drawn) = screen.shape {
        drawn.total.finish_and_clear();
    }
}

struct Screen {
    shape: Shape,
    columns: Columns,
    /// Permissions that were said to be missing: each is explained once.
    denied: BTreeSet<String>,
}

enum Shape {
    Drawn(Drawn),
    /// What runs, since when, and AWS's word for it.
    Lines(BTreeMap<StepId, (Instant, String)>),
}

struct Drawn {
    bars: MultiProgress,
    total: ProgressBar,
    running: BTreeMap<StepId, ProgressBar>,
}

impl Drawn {
    fn new(steps: usize, seconds: u64) -> Self {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let total = bars.add(ProgressBar::new(steps as u64));
        total.set_style(bar_style("[{pos}/{len}] {bar:30} {elapsed} {msg}"));
        total.set_message(format!("of about {}", time(seconds)));
        total.enable_steady_tick(Duration::from_millis(120));
        Self { bars, total, running: BTreeMap::new() }
    }
}

/// The templates are ours and constant; one that indicatif refuses would show its own default.
fn bar_style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// How long AWS usually takes to be ready with this; nothing of what is done at once.
fn usually(step: &StepId) -> Option<String> {
    let work = pace(step.address.kind())?.of(step.op);
    let (least, most) = work.usual;
    (!work.status.is_empty() && most > 1).then(|| format!("usually {least} to {most} s"))
}

fn verb(op: Op) -> (&'static str, &'static str) {
    match op {
        Op::Create => ("creating", "created"),
        Op::Update => ("changing", "changed"),
        Op::Close => ("closing off", "closed off"),
        Op::Delete => ("deleting", "deleted"),
    }
}

/// The permission that AWS says is missing.
fn missing_permission(why: &str) -> Option<&str> {
    why.split_once("is not authorized to perform: ")?.1.split_whitespace().next()
}

fn on_its_way(event: &Event) -> Option<(&StepId, String)> {
    match event {
        Event::Started { step } => Some((step, String::new())),
        Event::Waiting { step, status } => Some((step, status.clone())),
        Event::Retrying { step, attempt, why, .. } => Some((step, format!("try {attempt}: {why}"))),
        _ => None,
    }
}

fn step_of(event: &Event) -> &StepId {
    match event {
        Event::Started { step }
        | Event::Waiting { step, .. }
        | Event::Retrying { step, .. }
        | Event::Done { step, .. }
        | Event::Failed { step, .. }
        | Event::Skipped { step, .. } => step,
    }
}

impl Screen {
    fn show(&mut self, ui: &Ui, event: &Event) {
        let ended = self.ended(event);
        let columns = self.columns;
        match &mut self.shape {
            Shape::Drawn(drawn) => drawn.show(event, columns, ended),
            Shape::Lines(running) => {
                if let Some((step, status)) = on_its_way(event) {
                    if let Event::Retrying { attempt, why, .. } = event {
                        ui.say(&format!("  … {} try {attempt}: {why}", columns.of(&step.address)));
                    }
                    running.entry(step.clone()).or_insert_with(|| (Instant::now(), String::new())).1 = status;
                }
                if let Some(line) = ended {
                    running.remove(step_of(event));
                    ui.say(&line);
                }
            }
        }
    }

    /// The line that stays when a step has ended; `None` for what is only on its way.
    fn ended(&mut self, event: &Event) -> Option<String> {
        let what = self.columns.of(&step_of(event).address);
        match event {
            Event::Done { step, elapsed } => {
                Some(format!("  {GOOD}✓{GOOD:#} {what} {} {DIM}{:.1} s{DIM:#}", verb(step.op).1, elapsed.as_secs_f64()))
            }
            Event::Failed { why, .. } => {
                let why = match missing_permission(why) {
                    Some(permission) if !self.denied.insert(permission.to_owned()) => format!("{permission} is denied, as above"),
                    _ => why.clone(),
                };
                Some(format!("  {BAD}✗{BAD:#} {what} {BAD}failed{BAD:#}: {why}"))
            }
            Event::Skipped { because, .. } => {
                Some(format!("  {CAREFUL}○{CAREFUL:#} {what} skipped, because {} failed", label(&because.address)))
            }
            _ => None,
        }
    }

    fn beat(&self, ui: &Ui) {
        let Shape::Lines(running) = &self.shape else { return };
        for (step, (since, status)) in running.iter().filter(|(_, (since, _))| since.elapsed() >= HEARTBEAT) {
            let seconds = since.elapsed().as_secs();
            let usually = usually(step).map(|usually| format!(", {usually}")).unwrap_or_default();
            ui.say(&format!("  … {} still {} {status} ({seconds} s{usually})", self.columns.of(&step.address), verb(step.op).0));
        }
    }
}

impl Drawn {
    fn show(&mut self, event: &Event, columns: Columns, ended: Option<String>) {
        if let Some((step, status)) = on_its_way(event) {
            let bar = self.running.entry(step.clone()).or_insert_with(|| {
                let bar = self.bars.insert_before(&self.total, ProgressBar::new_spinner());
                bar.set_style(bar_style("  {spinner} {prefix} {msg} {elapsed}"));
                bar.set_prefix(columns.of(&step.address));
                bar.enable_steady_tick(Duration::from_millis(120));
                bar
            });
            let usually = usually(step).map(|usually| format!(" ({usually})")).unwrap_or_default();
            bar.set_message(if status.is_empty() { verb(step.op).0.to_owned() } else { format!("{status}{usually}") });
        }
        if let Some(line) = ended {
            if let Some(bar) = self.running.remove(step_of(event)) {
                bar.finish_and_clear();
                self.bars.remove(&bar);
            }
            let _ = self.bars.println(anstream::adapter::strip_str(&line).to_string());
            self.total.inc(1);
        }
    }
}

/// `396 API calls, 2 retries`
fn asked(calls: u64, retries: u64) -> String {
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let retries = if retries == 0 { String::new() } else { format!(", {}", count(number(retries), "retry")) };
    format!("{}{retries}", count(number(calls), "API call"))
}

/// What was done, what was not and why, and what it took.
pub(crate) fn account(outcome: &Outcome, calls: u64, retries: u64, elapsed: Duration) -> String {
    let mut out = String::new();
    let all = outcome.done.len() + outcome.failed.len() + outcome.skipped.len() + outcome.not_begun.len();
    if outcome.done.len() == all {
        let _ = write!(out, "{GOOD}Done:{GOOD:#} {}", count(all, "step"));
    } else {
        let rest = [(outcome.failed.len(), "failed"), (outcome.skipped.len(), "skipped"), (outcome.not_begun.len(), "not begun")];
        let done = if outcome.done.is_empty() { "None".into() } else { thousands(outcome.done.len()) };
        let _ = write!(out, "{BOLD}{done} of {} done{BOLD:#}, {}", count(all, "step"), counts(&rest));
    }
    let _ = writeln!(
        out,
        "; {}, {:.1} s (longest chain {:.1} s).",
        asked(calls, retries),
        elapsed.as_secs_f64(),
        outcome.longest_chain.as_secs_f64()
    );
    for (why, steps) in by_cause(outcome) {
        let Some((_, error)) = steps.first() else { continue };
        out.push('\n');
        for (step, _) in &steps {
            let _ = writeln!(out, "  {BAD}✗{BAD:#} {} {}", verb(step.op).0, step.address);
        }
        for cause in error.chain() {
            let _ = writeln!(out, "      {cause}");
        }
        if let Cause::Denied(permission) = why {
            let _ = writeln!(out, "      the credentials need {permission}; `tenantry doctor` shows all that are missing");
        }
    }
    if !outcome.not_begun.is_empty() {
        let _ = writeln!(out, "\nNot begun:");
        for step in outcome.not_begun.iter().take(LISTED) {
            let _ = writeln!(out, "  {CAREFUL}○{CAREFUL:#} {} {}", verb(step.op).0, step.address);
        }
        if outcome.not_begun.len() > LISTED {
            let _ = writeln!(out, "  {CAREFUL}○{CAREFUL:#} … and {} more (--output json lists them)", outcome.not_begun.len() - LISTED);
        }
    }
    if outcome.done.len() < all {
        let _ = writeln!(out, "\nNothing was rolled back. Run the command again: it does only what is left.");
    }
    out
}

/// The failure in a sentence or two, for who hears of nothing else.
pub(crate) fn failure(outcome: &Outcome, exit: Exit) -> String {
    let all = outcome.done.len() + outcome.failed.len() + outcome.skipped.len() + outcome.not_begun.len();
    let bold = super::style::ERROR;
    let mut out = format!("{bold}error[{}]:{bold:#} {} of {} failed", exit.name(), outcome.failed.len(), count(all, "step"));
    let left = outcome.skipped.len() + outcome.not_begun.len();
    if left > 0 {
        let _ = write!(out, ", {left} more were not begun");
    }
    for (step, error) in outcome.failed.iter().take(LISTED) {
        let _ = write!(out, "\n  {} {}: {error:#}", verb(step.op).0, step.address);
    }
    if let Some(more) = outcome.failed.len().checked_sub(LISTED).filter(|more| *more > 0) {
        let _ = write!(out, "\n  and {more} more");
    }
    out
}

/// How many steps are listed that did not begin.
const LISTED: usize = 10;

/// Steps that failed for one reason are told together.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// One permission is missing.
    Denied(String),
    Other(StepId),
}

fn by_cause(outcome: &Outcome) -> BTreeMap<Cause, Vec<(&StepId, &anyhow::Error)>> {
    let mut causes: BTreeMap<Cause, Vec<(&StepId, &anyhow::Error)>> = BTreeMap::new();
    for (step, error) in &outcome.failed {
        let refusal = AwsError::of(error).filter(|refusal| refusal.class == Class::Denied);
        let permission = refusal.and_then(|refusal| missing_permission(&refusal.message));
        let cause = permission.map_or_else(|| Cause::Other(step.clone()), |permission| Cause::Denied(permission.to_owned()));
        causes.entry(cause).or_default().push((step, error));
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(label: &str) -> StepId {
        StepId { address: Address::new("role", Owner::Platform, label), op: Op::Create }
    }

    #[test]
    fn one_missing_permission_is_explained_once_and_what_did_not_begin_is_listed() {
        let denied = |role: &str| {
            let words = format!("User: me is not authorized to perform: iam:CreateRole on resource: {role}");
            anyhow::Error::new(AwsError::answered("AccessDenied", &words, 403, None)).context(format!("creating role {role}"))
        };
        let failed = ["a", "b"].map(|role| (step(role), denied(role)));
        let not_begun = (0..12).map(|n| step(&format!("n{n:02}"))).collect();
        let outcome = Outcome { failed: failed.into(), not_begun, ..Outcome::default() };
        let text = anstream::adapter::strip_str(&account(&outcome, 0, 0, Duration::ZERO)).to_string();
        assert_eq!(text.matches("not authorized").count(), 1, "{text}");
        assert!(text.contains("role/platform/a") && text.contains("role/platform/b") && text.contains("need iam:CreateRole"), "{text}");
        assert!(text.contains("role/platform/n09") && !text.contains("role/platform/n10") && text.contains("2 more"), "{text}");
    }

    #[test]
    fn a_long_wait_says_how_long_it_usually_takes() {
        let step = |kind: &'static str, op| StepId { address: Address::new(kind, Owner::Platform, "x"), op };
        let said = usually(&step("memory", Op::Create)).unwrap();
        assert!(said.starts_with("usually ") && said.ends_with(" s"), "{said}");
        assert_eq!(usually(&step("parameter", Op::Create)), None);
    }

    #[test]
    fn columns_are_as_wide_as_the_longest_label_and_the_first_step_counts() {
        let schedule = Schedule { first: [(step("a-role-with-a-name-that-is-long"), BTreeSet::new())].into(), ..Schedule::default() };
        let progress = Progress::of(&schedule, 60, Some(&(step("b"), Duration::ZERO)));
        assert_eq!(progress.steps, 2);
        let wide = |label: &str| progress.columns.of(&step(label).address).len();
        assert_eq!(wide("a-role-with-a-name-that-is-long"), wide("b"));
    }
}
