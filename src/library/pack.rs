//! Packs the code of agents and functions: the same files give the same bytes on every machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use zip::write::SimpleFileOptions;

use crate::secret::digest;

/// AgentCore's limit for a compressed package, and more than Lambda takes, 2026-09.
const LIMIT: u64 = 250 * 1024 * 1024;

/// What version control, caches and desktops leave behind: left out without a word, like compiled Python.
const LEFT_OUT: &[&str] =
    &[".git", ".gitignore", ".gitkeep", "__pycache__", ".DS_Store", ".venv", ".pytest_cache", ".mypy_cache", ".ruff_cache"];

/// Packed code and its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packed {
    pub(crate) digest: String,
    pub(super) bytes: Bytes,
    /// What the files come to by themselves; `None` for a zip that can't be read.
    pub(super) unpacked: Option<u64>,
}

/// What packing a path came to.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) packed: Packed,
    /// Names that start with a dot: they are left out, since such files often hold secrets.
    pub(super) hidden: Vec<String>,
    /// What can't be packed, and why.
    pub(super) refused: Vec<(String, &'static str)>,
}

/// A directory as a zip, or a zip as it is.
pub(super) fn pack(path: &Path) -> Result<Package> {
    let mut found = Found::default();
    let (bytes, unpacked) = if path.is_dir() {
        found.collect(path, &path.canonicalize()?, "")?;
        let (bytes, unpacked) = found.zipped()?;
        (bytes, Some(unpacked))
    } else {
        let bytes = read(path)?;
        let sizes = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).ok().and_then(|zip| zip.decompressed_size());
        (bytes, sizes.and_then(|size| u64::try_from(size).ok()))
    };
    let size = bytes.len() as u64;
    ensure!(size <= LIMIT, "`{}` is {} MB packed; AWS takes 250 MB", path.display(), size / 1024 / 1024);
    Ok(Package { packed: Packed { digest: digest(&bytes), bytes: bytes.into(), unpacked }, hidden: found.hidden, refused: found.refused })
}

/// What stands in a directory, by names from its root.
#[derive(Default)]
struct Found {
    files: BTreeMap<String, PathBuf>,
    hidden: Vec<String>,
    refused: Vec<(String, &'static str)>,
}

impl Found {
    fn collect(&mut self, folder: &Path, root: &Path, below: &str) -> Result<()> {
        let reading = || format!("reading the directory `{}`", folder.display());
        let here = folder.canonicalize().with_context(reading)?;
        let mut paths = std::fs::read_dir(folder)
            .with_context(reading)?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<Vec<PathBuf>>>()
            .with_context(reading)?;
        paths.sort();
        for path in paths {
            let own = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = format!("{below}{own}");
            if LEFT_OUT.contains(&own.as_str()) || own.ends_with(".pyc") {
                continue;
            }
            if own.starts_with('.') {
                self.hidden.push(name);
                continue;
            }
            match path.canonicalize() {
                Err(_) => self.refused.push((name, "leads nowhere")),
                Ok(real) if !real.starts_with(root) => self.refused.push((name, "points outside the directory")),
                Ok(real) if here.starts_with(&real) => self.refused.push((name, "leads back to a directory that it is in")),
                Ok(real) if real.is_dir() => self.collect(&path, root, &format!("{name}/"))?,
                Ok(real) if real.is_file() => drop(self.files.insert(name, path)),
                Ok(_) => self.refused.push((name, "is neither a file nor a directory")),
            }
        }
        Ok(())
    }

    /// The zip, and the size of what is in it.
    fn zipped(&self) -> Result<(Vec<u8>, u64)> {
        let mut size = 0;
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, path) in &self.files {
            let bytes = read(path)?;
            size += bytes.len() as u64;
            // One time for all files, and a mode by what they hold: a checkout or an umask must not change the digest.
            let program = [b"#!".as_slice(), b"\x7fELF"].iter().any(|start| bytes.starts_with(start));
            let mode = if program { 0o755 } else { 0o644 };
            let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default()).unix_permissions(mode);
            zip.start_file(name, options)?;
            std::io::Write::write_all(&mut zip, &bytes)?;
        }
        Ok((zip.finish()?.into_inner(), size))
    }
}

#[expect(clippy::disallowed_methods, reason = "code is read here and nowhere else")]
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
        let digest = |folder: &tempfile::TempDir| pack(folder.path()).unwrap().packed.digest;
        assert_eq!(digest(&one), digest(&other));
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(one.path().join("main.py"), mode).unwrap();
        assert_eq!(digest(&one), digest(&other), "the mode of a file that is no program");
        let more = write(&["main.py", "lib/a.py", "lib/b.py"]);
        assert_ne!(digest(&one), digest(&more));
    }

    #[test]
    fn what_is_hidden_is_left_out_and_named_and_links_that_leave_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let create = |name: &str| drop(std::fs::File::create(folder.path().join(name)).unwrap());
        create("main.py");
        let before = pack(folder.path()).unwrap();
        create(".env");
        create(".gitignore");
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("host")).unwrap();
        std::os::unix::fs::symlink(".", folder.path().join("again")).unwrap();
        std::os::unix::fs::symlink("gone", folder.path().join("lost")).unwrap();
        let after = pack(folder.path()).unwrap();
        assert_eq!(after.packed, before.packed);
        assert_eq!(after.hidden, [".env"]);
        let refused: Vec<(&str, &str)> = after.refused.iter().map(|(name, why)| (name.as_str(), *why)).collect();
        let why = ["leads back to a directory that it is in", "points outside the directory", "leads nowhere"];
        assert_eq!(refused, [("again", why[0]), ("host", why[1]), ("lost", why[2])]);
    }
}
