//! Writing files of our own making: what `init` and `man` do to disks.

use std::path::Path;

use anyhow::{Context as _, Result};

/// Writes a file that is ours, in place of the one from before: whoever reads it finds the old one or the new one whole.
pub(crate) fn replace(path: &Path, content: &str) -> Result<()> {
    use std::io::Write as _;
    let writing = || format!("writing `{}`", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(writing)?;
    // Only its owner may read a new one: plans tell much about a platform.
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(writing)?;
    file.write_all(content.as_bytes()).and_then(|()| file.as_file().sync_all()).with_context(writing)?;
    file.persist(path).map_err(|error| error.error).with_context(writing)?;
    Ok(())
}

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

/// A document's text, if it is a file and not larger than any document of ours.
pub(crate) fn text_of(path: &Path) -> Result<String> {
    use std::io::Read as _;
    const LARGEST: u64 = 256 * 1024 * 1024;
    let reading = || format!("reading `{}`", path.display());
    let mut text = String::new();
    std::fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text)).with_context(reading)?;
    Ok(text)
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
