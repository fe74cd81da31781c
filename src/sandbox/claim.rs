//! One process at a time: whoever writes last would undo what the other did.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::exit::{Exit, Stop};

/// Longer than a plan takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// The right to a sandbox's file; it ends with the process, however that ends.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(super) file: PathBuf,
    /// Locked, unless the file system knows no locks.
    _lock: File,
}

#[cfg(test)]
impl Claim {
    /// For tests that hand one file from sandbox to sandbox in their own process.
    pub(crate) fn untaken(file: &Path) -> Self {
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(beside(file)).unwrap();
        Self { file: file.into(), _lock: lock }
    }
}

/// Takes the sandbox in `file`, or waits a few seconds for whoever has it.
#[expect(clippy::disallowed_methods, reason = "no status of AWS is waited for")]
pub(crate) async fn claim(file: &Path) -> Result<Claim> {
    anyhow::ensure!(!file.exists() || file.is_file(), "the sandbox can't be kept in `{}`: it is no file", file.display());
    let path = beside(file);
    let opening = || format!("keeping the sandbox in `{}`", file.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(opening)?;
    }
    let mut lock = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).with_context(opening)?;
    let begun = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => break,
            Err(TryLockError::Error(error)) => return Err(error).with_context(opening),
            Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(TryLockError::WouldBlock) => return Err(taken(file, &mut lock)),
        }
    }
    // Only for the message of whoever comes next.
    let who = format!("process {}: tenantry {}", std::process::id(), std::env::args().skip(1).collect::<Vec<_>>().join(" "));
    let _ = lock.set_len(0).and_then(|()| lock.write_all(who.as_bytes()));
    Ok(Claim { file: file.into(), _lock: lock })
}

/// Whether anybody has ever claimed the sandbox in `file`.
pub(super) fn was_claimed(file: &Path) -> bool {
    beside(file).exists()
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

fn taken(file: &Path, lock: &mut File) -> anyhow::Error {
    let mut who = String::new();
    // Without the holder's words it is still true that there is one.
    let _ = lock.read_to_string(&mut who);
    let who = if who.is_empty() { "another tenantry".into() } else { format!("`{who}`") };
    let words = format!(
        "the sandbox in `{}` is in use by {who}; try again when that has ended, or take a file of your own with --sandbox=FILE",
        file.display()
    );
    Stop::at(Exit::TryAgain, words)
}
