//! What happens during apply: bars on a terminal, plain lines elsewhere, and the account at the end.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use super::Ui;
use super::plan::brief;
use super::style::{BAD, BOLD, CAREFUL, DIM, GOOD, count};
use crate::apply::{Event, Outcome};
use crate::schedule::{Op, StepId};

/// Without a terminal a step that takes long says so this often.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Tells events until there are no more.
pub(crate) async fn follow(ui: &Ui, steps: usize, mut events: UnboundedReceiver<Event>) {
    let mut screen = if ui.draws() { Screen::Drawn(Drawn::new(steps)) } else { Screen::Lines(BTreeMap::new()) };
    let mut beat = tokio::time::interval(HEARTBEAT);
    beat.tick().await;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => screen.show(ui, &event),
                None => break,
            },
            _ = beat.tick() => screen.beat(ui),
        }
    }
    if let Screen::Drawn(drawn) = screen {
        drawn.total.finish_and_clear();
    }
}

enum Screen {
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
    fn new(steps: usize) -> Self {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let total = bars.add(ProgressBar::new(steps as u64));
        total.set_style(bar_style("[{pos}/{len}] {bar:30} {elapsed}"));
        total.enable_steady_tick(Duration::from_millis(120));
        Self { bars, total, running: BTreeMap::new() }
    }
}

/// The templates are ours and constant; one that indicatif refuses would show its own default.
fn bar_style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn verb(op: Op) -> (&'static str, &'static str) {
    match op {
        Op::Create => ("creating", "created"),
        Op::Update => ("changing", "changed"),
        Op::Delete => ("deleting", "deleted"),
    }
}

/// The line that stays when a step has ended; `None` for what is only on its way.
fn ended(event: &Event) -> Option<String> {
    match event {
        Event::Done { step, elapsed } => {
            Some(format!("  {GOOD}✓{GOOD:#} {:<52} {} {DIM}{:.1} s{DIM:#}", brief(&step.address), verb(step.op).1, elapsed.as_secs_f64()))
        }
        Event::Failed { step, why } => Some(format!("  {BAD}✗{BAD:#} {:<52} {BAD}failed{BAD:#}: {why}", brief(&step.address))),
        Event::Skipped { step, because } => Some(format!(
            "  {CAREFUL}○{CAREFUL:#} {:<52} skipped, because {} {} failed",
            brief(&step.address),
            because.address.kind().replace('_', " "),
            because.address.label()
        )),
        _ => None,
    }
}

fn on_its_way(event: &Event) -> Option<(&StepId, String)> {
    match event {
        Event::Started { step } => Some((step, String::new())),
        Event::Waiting { step, status } => Some((step, status.clone())),
        Event::Retrying { step, attempt, why } => Some((step, format!("try {attempt}: {why}"))),
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
        match self {
            Self::Drawn(drawn) => drawn.show(event),
            Self::Lines(running) => {
                if let Some((step, status)) = on_its_way(event) {
                    if let Event::Retrying { attempt, why, .. } = event {
                        ui.say(&format!("  … {:<52} try {attempt}: {why}", brief(&step.address)));
                    }
                    running.entry(step.clone()).or_insert_with(|| (Instant::now(), String::new())).1 = status;
                }
                if let Some(line) = ended(event) {
                    running.remove(step_of(event));
                    ui.say(&line);
                }
            }
        }
    }

    fn beat(&self, ui: &Ui) {
        let Self::Lines(running) = self else { return };
        for (step, (since, status)) in running.iter().filter(|(_, (since, _))| since.elapsed() >= HEARTBEAT) {
            let seconds = since.elapsed().as_secs();
            ui.say(&format!("  … {:<52} still {} {status} ({seconds} s)", brief(&step.address), verb(step.op).0));
        }
    }
}

impl Drawn {
    fn show(&mut self, event: &Event) {
        if let Some((step, status)) = on_its_way(event) {
            let bar = self.running.entry(step.clone()).or_insert_with(|| {
                let bar = self.bars.insert_before(&self.total, ProgressBar::new_spinner());
                bar.set_style(bar_style("  {spinner} {prefix:52} {msg} {elapsed}"));
                bar.set_prefix(brief(&step.address));
                bar.enable_steady_tick(Duration::from_millis(120));
                bar
            });
            bar.set_message(if status.is_empty() { verb(step.op).0.to_owned() } else { status });
        }
        if let Some(line) = ended(event) {
            if let Some(bar) = self.running.remove(step_of(event)) {
                bar.finish_and_clear();
                self.bars.remove(&bar);
            }
            let _ = self.bars.println(anstream::adapter::strip_str(&line).to_string());
            self.total.inc(1);
        }
    }
}

/// What was done, what was not and why, and what it took.
pub(crate) fn account(outcome: &Outcome, calls: u64, retries: u64, elapsed: Duration) -> String {
    let mut out = String::new();
    let all = outcome.done.len() + outcome.failed.len() + outcome.skipped.len() + outcome.not_begun.len();
    if outcome.done.len() == all {
        let _ = write!(out, "{GOOD}Done:{GOOD:#} {}", count(all, "step"));
    } else {
        let _ = write!(
            out,
            "{BOLD}{} of {} done{BOLD:#}, {} failed, {} skipped, {} not begun",
            outcome.done.len(),
            count(all, "step"),
            outcome.failed.len(),
            outcome.skipped.len(),
            outcome.not_begun.len()
        );
    }
    let _ = writeln!(
        out,
        "; {calls} API calls, {retries} retries, {:.1} s (longest chain {:.1} s).",
        elapsed.as_secs_f64(),
        outcome.longest_chain.as_secs_f64()
    );
    for (step, error) in &outcome.failed {
        let _ = writeln!(out, "\n  {BAD}✗{BAD:#} {} {}", verb(step.op).0, step.address);
        for cause in error.chain() {
            let _ = writeln!(out, "      {cause}");
        }
    }
    if outcome.done.len() < all {
        let _ = writeln!(out, "\nNothing was rolled back. Run the command again: it does only what is left.");
    }
    out
}
