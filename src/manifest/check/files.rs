//! The files that a tier names: whether they are there, and of the right sort.

use std::path::{Component, Path, PathBuf};

use super::super::section::Findings;
use super::super::{Artifact, Tier};
use crate::diagnostic::{Span, quoted};

/// What stands at a path.
enum Entry {
    File,
    Directory,
    Nothing,
}

fn look(path: &Path) -> Entry {
    match std::fs::metadata(path) {
        Ok(about) if about.is_dir() => Entry::Directory,
        Ok(_) => Entry::File,
        Err(_) => Entry::Nothing,
    }
}

pub(super) fn check(tier: &Tier, manifest: &Path, place: &dyn Fn(&[&str]) -> Span, findings: &mut Findings) {
    let folder = manifest.parent().unwrap_or(Path::new(""));
    if let Some(Artifact::Code { path, entry_point, .. }) = tier.runtime.as_ref().map(|r| &r.artifact) {
        code(&folder.join(&path.value), path.span, entry_point, place(&["runtime", "entry_point"]), findings);
    }
    if let Some(gateway) = &tier.gateway {
        let path = folder.join(&gateway.tools.value);
        let missing = match look(&path) {
            Entry::File => return,
            Entry::Directory => "is a directory",
            Entry::Nothing => "does not exist",
        };
        let summary = format!("the file with tool definitions {missing}: {}", shown(&path));
        findings.error(gateway.tools.span, summary, "", "name a JSON file with a list of tools; the path starts from this file's folder");
    }
}

fn code(path: &Path, span: Span, entry_point: &[String], entry_span: Span, findings: &mut Findings) {
    let zip = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip"));
    match look(path) {
        Entry::Nothing => {
            let help = "name a directory or a .zip file; the path starts from this file's folder";
            findings.error(span, format!("the agent's code does not exist: {}", shown(path)), "", help);
        }
        Entry::File if !zip => {
            let help = "name the directory that the file is in, or a .zip file";
            findings.error(span, format!("the agent's code is neither a directory nor a .zip file: {}", shown(path)), "", help);
        }
        // A zip's entries are seen when it is packed.
        Entry::File => {}
        Entry::Directory => {
            // With a wrapper in front, the file stands last.
            let Some(file) = entry_point.last() else { return };
            let inside = Path::new(file).components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
            if !inside || !matches!(look(&path.join(file)), Entry::File) {
                let summary = format!("there is no file {} in the agent's code: {}", quoted(file), shown(path));
                findings.error(entry_span, summary, "", "name the file that starts the agent, from the code's own folder");
            }
        }
    }
}

fn shown(path: &Path) -> String {
    // `./templates/x` and `templates/x` read alike.
    let tidy: PathBuf = path.components().filter(|c| !matches!(c, Component::CurDir)).collect();
    quoted(&tidy.display().to_string())
}
