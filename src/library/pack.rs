//! Packs an agent's code: the same files give the same bytes on every machine.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;
use zip::write::SimpleFileOptions;

use crate::secret::digest;

/// AgentCore's limit for a compressed package, 2026-09.
const LIMIT: u64 = 250 * 1024 * 1024;

/// What version control, caches and desktops leave behind.
const LEFT_OUT: &[&str] = &[".git", "__pycache__", ".DS_Store", ".venv", ".pytest_cache", ".mypy_cache"];

/// Packed code and its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packed {
    pub(crate) digest: String,
    pub(super) bytes: Bytes,
}

/// A directory as a zip, or a zip as it is.
pub(super) fn pack(path: &Path) -> Result<Packed> {
    let packing = || format!("packing `{}`", path.display());
    let bytes = if path.is_dir() { zipped(path).with_context(packing)? } else { read(path).with_context(packing)? };
    let size = bytes.len() as u64;
    ensure!(size <= LIMIT, "`{}` is {} MB packed; a runtime takes 250 MB", path.display(), size / 1024 / 1024);
    Ok(Packed { digest: digest(&bytes), bytes: bytes.into() })
}

fn zipped(root: &Path) -> Result<Vec<u8>> {
    let mut files = Vec::new();
    collect(root, &root.canonicalize()?, &mut files)?;
    files.sort();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for file in files {
        let name: Vec<String> = file.strip_prefix(root)?.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        // One time and two modes for all files: a checkout must not change the digest.
        let mode = if executable(&file)? { 0o755 } else { 0o644 };
        let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default()).unix_permissions(mode);
        zip.start_file(name.join("/"), options)?;
        std::io::Write::write_all(&mut zip, &read(&file)?)?;
    }
    Ok(zip.finish()?.into_inner())
}

fn collect(folder: &Path, root: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if LEFT_OUT.contains(&name.as_str()) || name.ends_with(".pyc") {
            continue;
        }
        if !path.canonicalize()?.starts_with(root) {
            bail!("`{}` points outside the directory; put a copy in its place", path.display());
        }
        if path.is_dir() {
            collect(&path, root, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(unix)]
fn executable(path: &Path) -> Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o100 != 0)
}

#[cfg(not(unix))]
fn executable(_: &Path) -> Result<bool> {
    Ok(false)
}

#[expect(clippy::disallowed_methods, reason = "the agent's code is read here and nowhere else")]
fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("reading `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_files_same_bytes_whatever_their_times_and_order() {
        let write = |names: &[&str]| {
            let folder = tempfile::tempdir().unwrap();
            for name in names {
                let path = folder.path().join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::File::create(path).and_then(|mut f| std::io::Write::write_all(&mut f, name.as_bytes())).unwrap();
            }
            folder
        };
        let one = write(&["main.py", "lib/a.py"]);
        std::thread::park_timeout(std::time::Duration::from_millis(20));
        let other = write(&["lib/a.py", "main.py", "lib/__pycache__/a.cpython-312.pyc", ".git/HEAD"]);
        assert_eq!(pack(one.path()).unwrap(), pack(other.path()).unwrap());
        let more = write(&["main.py", "lib/a.py", "lib/b.py"]);
        assert_ne!(pack(one.path()).unwrap().digest, pack(more.path()).unwrap().digest);
    }

    #[test]
    fn a_link_out_of_the_directory_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("host")).unwrap();
        assert!(pack(folder.path()).unwrap_err().root_cause().to_string().contains("points outside"));
    }
}
