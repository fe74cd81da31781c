//! Opens one of the user's files, and says plainly why it can't.

use std::io::{ErrorKind, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::exit::{Exit, Stop};

/// Twice what 10,000 tenants with users and settings come to; a larger file is something else, and would only cost time.
const LARGEST: u64 = 8 * 1024 * 1024;

pub(super) fn read(path: &Path) -> Result<String> {
    let shown = path.display();
    // Looked at first: opening a pipe waits for whoever writes to it.
    let about = match std::fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return refuse(format!("there is no manifest `{shown}`: `tenantry init` writes one, and `-f FILE` names another"));
        }
        Err(error) => return Err(error).with_context(|| format!("can't open the manifest `{shown}`")),
    };
    if about.is_dir() {
        return refuse(format!("`{shown}` is a directory: name the manifest in it, such as `-f {}`", path.join("tenants.yaml").display()));
    }
    if !about.is_file() {
        return refuse(format!("the manifest `{shown}` is a pipe or device: name a file, which can be read more than once"));
    }
    if about.len() > LARGEST {
        return refuse(format!("the manifest `{shown}` has {} MiB, and tenantry reads at most {} MiB", about.len() >> 20, LARGEST >> 20));
    }
    let mut bytes = Vec::new();
    let mut file = std::fs::File::open(path).with_context(|| format!("can't open the manifest `{shown}`"))?;
    // It may grow meanwhile.
    file.by_ref().take(LARGEST + 1).read_to_end(&mut bytes).with_context(|| format!("can't read the manifest `{shown}`"))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST) {
        return refuse(format!("the manifest `{shown}` is longer than {} MiB, which is the most that tenantry reads", LARGEST >> 20));
    }
    String::from_utf8(bytes).or_else(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1;
        refuse(format!("the manifest `{shown}` is not UTF-8: byte {at}, on line {line}, is no character; save the file as UTF-8"))
    })
}

/// What is named is no manifest.
fn refuse(words: String) -> Result<String> {
    Err(Stop::at(Exit::Manifest, words))
}

/// The names of what lies in a folder; none of a folder that can't be read.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}
