//! A sandbox that can no longer be kept: its command ends, instead of going on with what would be lost.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Error, anyhow};
use tokio_util::sync::CancellationToken;

/// How a sandbox tells its command that its file can't be written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Broken {
    told: CancellationToken,
    why: Arc<Mutex<Option<Error>>>,
}

impl Broken {
    pub(super) fn tell(&self, error: Error) {
        self.why.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.told.cancel();
    }

    pub(super) fn is_told(&self) -> bool {
        self.told.is_cancelled()
    }

    /// Ends when, and if, the sandbox breaks.
    pub(crate) async fn why(&self) -> Error {
        self.told.cancelled().await;
        let why = self.why.lock().unwrap_or_else(PoisonError::into_inner).take();
        why.unwrap_or_else(|| anyhow!("the sandbox could not be kept"))
    }
}
