//! Writing files of our own making: what `init` and `man` do to disks.

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

/// Writes a file that everybody may read, in place of an earlier one.
#[expect(clippy::disallowed_methods, reason = "the files that the user asked for")]
pub(crate) fn overwrite(path: &Path, content: &str) -> Result<()> {
    let writing = || format!("writing `{}`", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(writing)?;
    }
    std::fs::write(path, content).with_context(writing)
}
