//! What ends an apply early: somebody who asks it to stop, a terminal that goes away, and the time limit.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::exit::{Exit, Stop};
use crate::ui::Ui;

/// Why nothing new is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Why {
    Asked,
    TimeIsUp,
}

/// Begin nothing new once this is called, and why.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Halt {
    pub(in crate::cli) token: CancellationToken,
    pub(super) why: Arc<OnceLock<Why>>,
}

impl Halt {
    /// The ending of a command that was halted; `left` says what was done and what was not.
    pub(in crate::cli) fn ending(&self, timeout: Duration, left: &str) -> anyhow::Error {
        match self.why.get() {
            Some(Why::TimeIsUp) => {
                Stop::at(Exit::Partial, format!("the time limit of {} s was reached: {left}; give more with --timeout", timeout.as_secs()))
            }
            _ => Stop::at(Exit::Interrupted, format!("interrupted: {left}")),
        }
    }

    fn call(&self, why: Why) {
        // The first reason is the one that counts.
        let _ = self.why.set(why);
        self.token.cancel();
    }
}

/// Called by the first Ctrl-C, SIGTERM or hangup; the second leaves at once.
pub(in crate::cli) fn halt_on_request(ui: &Ui) -> Halt {
    let halt = Halt::default();
    let (stop, ui) = (halt.clone(), ui.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = asked_to_stop() => {}
            () = hung_up() => {}
        }
        ui.say("stopping: what runs is finished, nothing new is begun (Ctrl-C again leaves at once, with that unfinished)");
        stop.call(Why::Asked);
        // A terminal that goes away is told by the shell and by the kernel: only people ask twice.
        asked_to_stop().await;
        ui.error(&Stop::at(Exit::Interrupted, LEFT), &Exit::Interrupted);
        leave();
    });
    halt
}

/// What the second Ctrl-C does, which nobody is told later.
const LEFT: &str = "left at once: the calls that were on their way may have been carried out or not, and a lock that was taken is still there\n\n\
    hint: `tenantry unlock` removes the lock; then run the command again, it finds what was done and does what is left";

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

/// The terminal went away. Under `nohup` that is no reason to stop, and a handler would undo its doing.
async fn hung_up() {
    #[cfg(unix)]
    if !hangups_are_ignored()
        && let Ok(mut hangup) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())
    {
        hangup.recv().await;
        return;
    }
    std::future::pending::<()>().await;
}

/// As the kernel says where it says it: the lowest bit of the mask is SIGHUP.
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "what the kernel says is no file of the user's")]
fn hangups_are_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim);
    mask.and_then(|mask| u64::from_str_radix(mask, 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[expect(clippy::disallowed_methods, reason = "the time limit of --timeout")]
pub(in crate::cli) fn halt_after(timeout: Duration, ui: &Ui, halt: &Halt) {
    let (halt, ui) = (halt.clone(), ui.clone());
    tokio::spawn(async move {
        tokio::time::sleep(timeout).await;
        ui.say("the time is up: what runs is finished, nothing new is begun");
        halt.call(Why::TimeIsUp);
    });
}

#[expect(clippy::exit, clippy::disallowed_methods, reason = "the user asked twice to leave")]
fn leave() {
    std::process::exit(Exit::Interrupted as i32);
}
