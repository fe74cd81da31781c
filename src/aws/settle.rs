//! Waiting until a status is final, and what else statuses mean for creating and deleting.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::{AwsError, Class, Tolerate as _};
use crate::kinds::Step;
use crate::secret::digest;

/// What a status means, whatever a service calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Status {
    Ready,
    /// The name AWS gives it, for the progress line.
    Pending(String),
    /// Usable and changeable, but not what was asked for last, for these reasons.
    UpdateFailed(String),
    /// AWS gave up on making it, for these reasons.
    Failed(String),
    /// On its way out.
    Leaving,
    /// AWS gave up on deleting it, for these reasons.
    Stuck(String),
}

/// A live thing whose status is on the move at times.
pub(crate) trait Settles {
    fn progress(&self) -> Status;
}

/// What stands under the name that a create was refused for.
pub(crate) enum Namesake {
    /// The very thing that was to be created: a reply was lost.
    Ours(String),
    /// It frees the name before long.
    Leaving(String),
}

/// AWS's slowest control plane here takes minutes; a quarter of an hour means that something is stuck.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// How often in a row AWS may answer a create with something that was deleted before; each is one generation further.
const GENERATIONS: usize = 32;

/// Pauses between two looks: short ones first, then up to two seconds.
struct Pauses {
    begun: tokio::time::Instant,
    next: Duration,
}

impl Pauses {
    fn new() -> Self {
        Self { begun: tokio::time::Instant::now(), next: Duration::from_millis(50) }
    }

    #[expect(clippy::disallowed_methods, reason = "waiting for a status is done here and nowhere else")]
    async fn pause(&mut self, step: &Step<'_>, status: &str) -> Result<()> {
        (step.tell)(status);
        if self.begun.elapsed() > PATIENCE {
            bail!("still {status} after {} minutes; run the command again, it goes on from here", PATIENCE.as_secs() / 60);
        }
        tokio::time::sleep(self.next).await;
        self.next = self.next.mul_f64(1.3).min(Duration::from_secs(2));
        Ok(())
    }
}

/// Until it is as it was asked to be.
pub(crate) async fn ready<T: Settles, Fut>(step: &Step<'_>, read: impl FnMut() -> Fut) -> Result<T>
where
    Fut: Future<Output = Result<T>>,
{
    successful(at_rest(step, read).await?)
}

fn successful<T: Settles>(live: T) -> Result<T> {
    match live.progress() {
        Status::UpdateFailed(why) => bail!("AWS gave up: {why}"),
        _ => Ok(live),
    }
}

/// Changes, and ends when it is as it was asked to be. A change whose reply was lost is refused while it is under way: once
/// that is over, `done` tells whether it has to go out again.
pub(crate) async fn change<T: Settles, Sent, Fut>(
    step: &Step<'_>,
    mut send: impl FnMut() -> Sent,
    mut read: impl FnMut() -> Fut,
    done: impl Fn(&T) -> bool,
) -> Result<T>
where
    Sent: Future<Output = Result<()>>,
    Fut: Future<Output = Result<T>>,
{
    let Err(error) = send().await else { return ready(step, read).await };
    if AwsError::of(&error).is_none_or(|e| e.class != Class::Conflict) {
        return Err(error);
    }
    if !done(&at_rest(step, &mut read).await?) {
        send().await?;
    }
    ready(step, read).await
}

/// Until it can be changed, even if the last change of it failed.
pub(crate) async fn at_rest<T: Settles, Fut>(step: &Step<'_>, read: impl FnMut() -> Fut) -> Result<T>
where
    Fut: Future<Output = Result<T>>,
{
    rest(step, read).await?.context("somebody else has deleted it meanwhile; run the command again")
}

/// Until it can be changed; nothing if it is not there or on its way out.
async fn rest<T: Settles, Fut>(step: &Step<'_>, mut read: impl FnMut() -> Fut) -> Result<Option<T>>
where
    Fut: Future<Output = Result<T>>,
{
    let mut pauses = Pauses::new();
    loop {
        let Some(live) = read().await.missing_is_none()? else { return Ok(None) };
        match live.progress() {
            Status::Ready | Status::UpdateFailed(_) => return Ok(Some(live)),
            Status::Leaving => return Ok(None),
            Status::Failed(why) | Status::Stuck(why) => bail!("AWS gave up: {why}"),
            Status::Pending(status) => pauses.pause(step, &status).await?,
        }
    }
}

/// Until there is no such thing.
async fn gone<T: Settles, Fut>(step: &Step<'_>, read: &mut impl FnMut() -> Fut) -> Result<()>
where
    Fut: Future<Output = Result<T>>,
{
    let mut pauses = Pauses::new();
    while let Some(live) = read().await.missing_is_none()? {
        match live.progress() {
            Status::Stuck(why) => bail!("AWS could not delete it: {why}"),
            _ => pauses.pause(step, "DELETING").await?,
        }
    }
    Ok(())
}

/// Deletes, and ends when it is gone: what is gone or on its way out already needs no more, what AWS is still making is
/// waited for first.
pub(crate) async fn delete<T: Settles, Sent, Fut>(
    step: &Step<'_>,
    mut send: impl FnMut() -> Sent,
    mut read: impl FnMut() -> Fut,
) -> Result<()>
where
    Sent: Future<Output = Result<()>>,
    Fut: Future<Output = Result<T>>,
{
    let mut pauses = Pauses::new();
    let mut refused_at_rest = false;
    loop {
        let Err(error) = send().await else { return gone(step, &mut read).await };
        let live = match read().await.missing_is_none() {
            Ok(Some(live)) => live,
            Ok(None) => return Ok(()),
            // Why it was not deleted is worth more than why it could not be read.
            Err(_) => return Err(error),
        };
        let busy = AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict);
        match live.progress() {
            Status::Leaving => return gone(step, &mut read).await,
            Status::Pending(status) => pauses.pause(step, &status).await?,
            // It may have come to rest between the refusal and the look.
            _ if busy && !refused_at_rest => refused_at_rest = true,
            _ => return Err(error),
        }
    }
}

/// Until `pending` has nothing more to wait for; it gives AWS's word for what it is doing.
pub(crate) async fn until<Fut>(step: &Step<'_>, mut pending: impl FnMut() -> Fut) -> Result<()>
where
    Fut: Future<Output = Result<Option<String>>>,
{
    let mut pauses = Pauses::new();
    while let Some(status) = pending().await? {
        pauses.pause(step, &status).await?;
    }
    Ok(())
}

/// Until a listing no longer shows it.
pub(crate) async fn unlisted<Fut>(step: &Step<'_>, mut listed: impl FnMut() -> Fut) -> Result<()>
where
    Fut: Future<Output = Result<bool>>,
{
    until(step, || {
        let listed = listed();
        async { Ok(listed.await?.then(|| "DELETING".into())) }
    })
    .await
}

/// Until it can be read: what AWS has accepted may take its time to be there.
pub(crate) async fn there<Fut>(step: &Step<'_>, mut there: impl FnMut() -> Fut) -> Result<()>
where
    Fut: Future<Output = Result<bool>>,
{
    until(step, || {
        let there = there();
        async { Ok((!there.await?).then(|| "CREATING".into())) }
    })
    .await
}

/// Creates, and ends when it is ready: one and the same thing however often replies are lost, and never one that is
/// deleted already.
///
/// `send` takes the idempotency token and gives the id, `namesake` looks who has the name when AWS says that it is taken.
pub(crate) async fn create<T: Settles, Sent, Fut, Found>(
    step: &Step<'_>,
    mut send: impl FnMut(String) -> Sent,
    read: impl Fn(String) -> Fut,
    mut namesake: impl FnMut() -> Found,
) -> Result<(String, T)>
where
    Sent: Future<Output = Result<String>>,
    Fut: Future<Output = Result<T>>,
    Found: Future<Output = Result<Option<Namesake>>>,
{
    let mut token = step.mark.token();
    for _ in 0..GENERATIONS {
        let id = match send(token.clone()).await {
            Ok(id) => id,
            Err(error) if is_taken(&error) => match namesake().await? {
                Some(Namesake::Ours(id)) => id,
                Some(Namesake::Leaving(id)) => {
                    gone(step, &mut || read(id.clone())).await?;
                    continue;
                }
                None => return Err(error),
            },
            Err(error) => return Err(error),
        };
        if let Some(live) = rest(step, || read(id.clone())).await? {
            return Ok((id, successful(live)?));
        }
        // AWS repeats its answer to a token, even once what it made has been deleted. The next token follows from the
        // dead id, so that a new process comes by the same.
        gone(step, &mut || read(id.clone())).await?;
        token = digest(format!("{token} after {id}").as_bytes());
    }
    bail!("AWS answers with things that were deleted before; wait a few minutes, then run the command again")
}

/// Memories refuse a name that is taken as invalid.
fn is_taken(error: &anyhow::Error) -> bool {
    AwsError::of(error).is_some_and(|e| e.class == Class::Conflict || e.message.contains("already exists"))
}
