//! Writing a file of a new folder, and forgetting a file: what `init` and `sandbox reset` do to disks.

use std::path::Path;

use anyhow::{Context as _, Result};

/// Writes a file that must not be there yet, with the folders above it.
pub(crate) fn place(path: &Path, content: &str) -> Result<()> {
    use std::io::Write as _;
    let writing = || format!("writing `{}`", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(writing)?;
    }
    let mut file = std::fs::File::create_new(path).with_context(writing)?;
    file.write_all(content.as_bytes()).with_context(writing)
}
