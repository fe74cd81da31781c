//! Waiting until a status is final.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::kinds::Step;

/// What a status means to whoever waits.
pub(crate) enum Status {
    /// The name AWS gives it, for the progress line.
    Pending(String),
    Done,
    /// AWS gave up, for these reasons.
    Failed(String),
}

/// AWS's slowest control plane here takes minutes; a quarter of an hour means that something is stuck.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Asks until the status is final: at once, then at growing intervals up to two seconds.
#[expect(clippy::disallowed_methods, reason = "waiting for a status is done here and nowhere else")]
pub(crate) async fn settle<F, Fut>(step: &Step<'_>, mut ask: F) -> Result<()>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Status>>,
{
    let begun = tokio::time::Instant::now();
    let mut pause = Duration::from_millis(50);
    loop {
        match ask().await? {
            Status::Done => return Ok(()),
            Status::Failed(why) => bail!("AWS gave up: {why}"),
            Status::Pending(status) => {
                (step.tell)(&status);
                if begun.elapsed() > PATIENCE {
                    bail!("still {status} after {} minutes; run the command again, it goes on from here", PATIENCE.as_secs() / 60);
                }
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause.mul_f64(1.3)).min(Duration::from_secs(2));
    }
}
