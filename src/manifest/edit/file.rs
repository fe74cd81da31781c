//! Puts an edited manifest in the place of the old one: whole or not at all.

use std::io::{Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::exit::{Exit, Stop};

/// Writes the text beside the file and renames it into place. A link stays a link, to the file that is edited; permissions
/// stay. A file that is not to be written, or is no longer what was read, stays as it is.
pub(crate) fn write(path: &Path, old: &str, new: &str) -> Result<()> {
    let shown = path.display();
    let writing = || format!("writing the manifest `{shown}`; it is as it was");
    let target = std::fs::canonicalize(path).with_context(writing)?;
    let about = std::fs::metadata(&target).with_context(writing)?;
    if about.permissions().readonly() {
        let words = format!("the manifest `{shown}` is read-only, so nothing was written; `chmod u+w` lets it be edited");
        return Err(Stop::at(Exit::Guarded, words));
    }
    let folder = target.parent().with_context(writing)?;
    let mut file = tempfile::Builder::new().prefix(".tenantry-").suffix(".yaml").tempfile_in(folder).with_context(writing)?;
    file.write_all(new.as_bytes()).with_context(writing)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        // Only the administrator may give files away; anybody else's file is their own already.
        let _ = fchown(file.as_file(), Some(about.uid()), Some(about.gid()));
    }
    file.as_file().set_permissions(about.permissions()).with_context(writing)?;
    file.as_file().sync_all().with_context(writing)?;
    let mut now = Vec::new();
    std::fs::File::open(&target).and_then(|mut file| file.read_to_end(&mut now)).with_context(writing)?;
    if now != old.as_bytes() {
        let words =
            format!("the manifest `{shown}` has been changed by somebody else meanwhile; nothing was written, run the command again");
        return Err(Stop::at(Exit::Guarded, words));
    }
    file.persist(&target).with_context(writing)?;
    Ok(())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test's own files")]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_moved_meanwhile_stays_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tenants.yaml");
        std::fs::write(&path, "theirs").unwrap();
        let error = write(&path, "ours", "new").unwrap_err();
        assert_eq!(crate::exit::of(&error), Exit::Guarded);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        write(&path, "theirs", "new").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
