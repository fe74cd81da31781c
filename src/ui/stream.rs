//! The events of an apply for programs, beside what people read: one JSON object a line, in a file, a named pipe or on stderr.
//!
//! Nothing that goes wrong with it stops an apply: that is said once, and no more is written.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::Ui;
use crate::apply::{Event, Outcome};
use crate::aws::AwsError;
use crate::exit::{self, Exit, Stop};
use crate::plan::page::Page;
use crate::schedule::StepId;

/// Readers ignore keys and types that they don't know; a breaking change raises the number before the dot.
pub(crate) const EVENTS: &str = "tenantry-events/1.0";

/// How long the end of a command waits for whoever reads a pipe.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where events go; nowhere, if nobody asked for them.
pub(crate) struct Stream {
    ui: Ui,
    to: Mutex<To>,
    /// What came of it, until the exit code is known.
    outcome: Mutex<Option<Value>>,
}

enum To {
    Nowhere,
    File(File),
    Stderr,
    /// Whoever reads a pipe or a device may be slow: a thread waits, and nobody else.
    Slow {
        lines: Sender<String>,
        ended: Receiver<std::io::Result<()>>,
    },
}

impl Stream {
    /// Opens the file; an earlier one of ours is written anew, and nobody else's is touched.
    pub(crate) fn open(path: Option<&Path>, ui: &Ui) -> Result<Self> {
        let to = match path {
            None => To::Nowhere,
            Some(path) => target(path)?,
        };
        Ok(Self { ui: ui.clone(), to: Mutex::new(to), outcome: Mutex::default() })
    }

    pub(crate) fn begin(&self, command: &str) {
        self.write(json!({ "type": "version", "tool": env!("CARGO_PKG_VERSION"), "command": command }));
    }

    pub(crate) fn plan(&self, page: &Page<'_>) {
        let target = super::json::target(&page.header);
        self.write(json!({
            "type": "plan",
            "target": target,
            "checksum": page.checksum,
            "summary": page.totals,
            "writes": page.writes,
            "estimate": page.estimate,
        }));
    }

    pub(crate) fn step(&self, event: &Event) {
        self.write(match event {
            Event::Started { step } => of(step, "step_started", json!({})),
            Event::Waiting { step, status } => of(step, "step_waiting", json!({ "status": status })),
            Event::Retrying { step, attempt, why, request_id } => {
                of(step, "step_retrying", json!({ "attempt": attempt, "why": why, "request_id": request_id }))
            }
            Event::Done { step, elapsed } => of(step, "step_done", json!({ "seconds": elapsed.as_secs_f64() })),
            Event::Failed { step, why, request_id, elapsed } => {
                of(step, "step_failed", json!({ "seconds": elapsed.as_secs_f64(), "why": why, "request_id": request_id }))
            }
            Event::Skipped { step, because } => {
                of(step, "step_skipped", json!({ "because": { "address": because.address, "op": because.op } }))
            }
        });
    }

    pub(crate) fn outcome(&self, outcome: &Outcome, calls: u64, retries: u64, elapsed: Duration) {
        let document = json!({
            "type": "outcome",
            "done": outcome.done.len(),
            "failed": outcome.failed.len(),
            "skipped": outcome.skipped.len(),
            "not_begun": outcome.not_begun.len(),
            "calls": calls,
            "retries": retries,
            "seconds": elapsed.as_secs_f64(),
        });
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(document);
    }

    /// The last events: the outcome, if there is one, and the error, if there is one. The last of all has the exit code.
    pub(crate) fn end(self, ended: &Result<Exit>) {
        let exit = ended.as_ref().map_or_else(exit::of, |exit| *exit).document();
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
        let error = ended.as_ref().err().map(|error| {
            let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
            let request_id = AwsError::of(error).and_then(|e| e.request_id.clone());
            json!({ "type": "error", "why": error.to_string(), "because": causes, "request_id": request_id })
        });
        for mut last in outcome.into_iter().chain(error) {
            if let Value::Object(map) = &mut last {
                map.insert("exit".into(), exit.clone());
            }
            self.write(last);
        }
        let to = std::mem::replace(&mut *self.to.lock().unwrap_or_else(PoisonError::into_inner), To::Nowhere);
        if let To::Slow { lines, ended } = to {
            drop(lines);
            match ended.recv_timeout(PATIENCE) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => self.complain(&error),
                Err(_) => self.ui.say("warning: not all events could be written: nobody reads them"),
            }
        }
    }

    fn write(&self, event: Value) {
        let mut to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*to, To::Nowhere) {
            return;
        }
        let line = line(event, &now());
        let written = match &mut *to {
            To::Nowhere => Ok(()),
            To::File(file) => file.write_all(line.as_bytes()).and_then(|()| file.flush()),
            To::Stderr => std::io::stderr().lock().write_all(line.as_bytes()),
            To::Slow { lines, ended } => match lines.send(line) {
                Ok(()) => Ok(()),
                Err(_) => ended.recv().unwrap_or_else(|_| Err(ErrorKind::BrokenPipe.into())),
            },
        };
        if let Err(error) = written {
            *to = To::Nowhere;
            self.complain(&error);
        }
    }

    fn complain(&self, error: &std::io::Error) {
        self.ui.say(&format!("warning: no more events are written: {error}"));
    }
}

impl Drop for Stream {
    /// A command that was cut off has not come to its end: that is an end as well.
    fn drop(&mut self) {
        let why = "the command was cut off";
        self.write(json!({ "type": "error", "why": why, "because": [], "request_id": null, "exit": Exit::Failed.document() }));
    }
}

fn of(step: &StepId, kind: &str, more: Value) -> Value {
    let mut event = json!({ "type": kind, "address": step.address, "op": step.op });
    if let (Value::Object(event), Value::Object(more)) = (&mut event, more) {
        event.extend(more);
    }
    event
}

/// An event as it is written: which format, and when, come first for whoever reads a single line.
fn line(event: Value, at: &str) -> String {
    let mut whole = json!({ "format": EVENTS, "at": at });
    if let (Value::Object(whole), Value::Object(event)) = (&mut whole, event) {
        whole.extend(event);
    }
    format!("{whole}\n")
}

/// UTC, to the millisecond.
fn now() -> String {
    use aws_smithy_types::date_time::{DateTime, Format};
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let millis = i64::try_from(now.as_millis()).unwrap_or_default();
    DateTime::from_millis(millis).fmt(Format::DateTime).unwrap_or_default()
}

fn target(path: &Path) -> Result<To> {
    let shown = path.display();
    let opening = || format!("opening `{shown}` for events");
    match path.to_str() {
        Some("-" | "/dev/stdout") => {
            return Err(Stop::at(
                Exit::Usage,
                format!("--events {shown}: stdout has the answer; name a file, a named pipe or /dev/stderr"),
            ));
        }
        Some("/dev/stderr") => return Ok(To::Stderr),
        _ => {}
    }
    let about = match std::fs::metadata(path) {
        Ok(about) => Some(about),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(opening),
    };
    if about.as_ref().is_some_and(std::fs::Metadata::is_dir) {
        return Err(Stop::at(Exit::Usage, format!("--events {shown}: that is a directory; name a file in it")));
    }
    if about.as_ref().is_some_and(|about| !about.is_file()) {
        return Ok(slow(path.to_owned()));
    }
    if about.is_some_and(|about| about.len() > 0) {
        let mut start = [0; 64];
        let read = File::open(path).and_then(|mut file| file.read(&mut start)).with_context(opening)?;
        if !is_ours(start.get(..read).unwrap_or_default()) {
            let words = format!("`{shown}` exists and holds no events of tenantry; name another file (nothing was read or changed)");
            return Err(Stop::at(Exit::Guarded, words));
        }
    }
    OpenOptions::new().write(true).create(true).truncate(true).open(path).map(To::File).with_context(opening)
}

/// Whether a file begins as ours do, of whatever version.
fn is_ours(start: &[u8]) -> bool {
    String::from_utf8_lossy(start).contains(r#""format":"tenantry-events/"#)
}

fn slow(path: std::path::PathBuf) -> To {
    let ((lines, receiver), (done, ended)) = (channel::<String>(), channel());
    std::thread::spawn(move || {
        let write = || {
            // Waits until somebody reads, where it is a named pipe.
            let mut file = OpenOptions::new().write(true).open(path)?;
            receiver.iter().try_for_each(|line| file.write_all(line.as_bytes()).and_then(|()| file.flush()))
        };
        let written = write();
        // Gone already, if the command has ended.
        let _ = done.send(written);
    });
    To::Slow { lines, ended }
}
