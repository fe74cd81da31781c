//! What a push of documents says while it runs: bars on a terminal, plain lines elsewhere.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::size;
use crate::documents::ingestion;
use crate::documents::store::Sent;
use crate::ui::Ui;
use crate::ui::style::count;

/// Without a terminal there is a line this often.
const BEAT: Duration = Duration::from_secs(5);

/// Bars on a terminal, plain lines elsewhere.
pub(crate) struct Progress<'a> {
    ui: &'a Ui,
    documents: usize,
    bytes: u64,
    state: Mutex<State>,
}

struct State {
    bar: Option<ProgressBar>,
    said: Instant,
    status: String,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(ui: &'a Ui, documents: usize, bytes: u64) -> Self {
        Self { ui, documents, bytes, state: Mutex::new(State { bar: None, said: Instant::now(), status: String::new() }) }
    }

    pub(crate) fn sent(&self, sent: Sent) {
        let words = format!("{} of {}", size(sent.bytes), size(self.bytes));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if self.ui.draws() {
            let bar = state.bar.get_or_insert_with(|| bar("  uploading [{pos}/{len}] {bar:30} {msg} {elapsed}", self.documents));
            bar.set_position(sent.done as u64);
            bar.set_message(words);
        } else if state.said.elapsed() >= BEAT {
            state.said = Instant::now();
            self.ui.say(&format!("  … {} of {}, {words}", sent.done, count(self.documents, "document")));
        }
    }

    pub(crate) fn ingestion(&self, now: &ingestion::Progress) {
        let words = match now {
            ingestion::Progress::Other(other) => format!("waiting for {other} to end"),
            ingestion::Progress::Own(job) => format!("ingestion {} is {}", job.id, job.status),
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if self.ui.draws() {
            state.bar.get_or_insert_with(|| bar("  {spinner} {msg} {elapsed}", 0)).set_message(words);
        } else if state.status != words || state.said.elapsed() >= BEAT * 6 {
            state.said = Instant::now();
            self.ui.say(&format!("  … {words}"));
            state.status = words;
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = state.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// The templates are ours and constant; one that indicatif refuses would show its own default.
fn bar(template: &str, length: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length as u64), ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
