//! The files that a tier names: whether they are there, and of the right sort.

use std::path::{Component, Path, PathBuf};

use super::super::section::Findings;
use super::super::{Artifact, Function, Tier};
use crate::diagnostic::{Code, Span, quoted};
use crate::names::FunctionName;

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    File,
    Directory,
    /// A pipe or device: reading it could wait forever.
    Neither,
    /// A link that leads out of the manifest's folder.
    Outside,
    Nothing,
}

/// What stands at a path in the manifest's folder.
pub(crate) fn look(folder: &Path, path: &Path) -> Entry {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let (Ok(whole), Ok(real)) = (folder.canonicalize(), folder.join(path).canonicalize()) else { return Entry::Nothing };
    match std::fs::metadata(&real) {
        _ if !real.starts_with(&whole) => Entry::Outside,
        Ok(about) if about.is_dir() => Entry::Directory,
        Ok(about) if about.is_file() => Entry::File,
        Ok(_) => Entry::Neither,
        Err(_) => Entry::Nothing,
    }
}

pub(super) fn check(tier: &Tier, manifest: &Path, place: &dyn Fn(&[&str]) -> Span, findings: &mut Findings) {
    let folder = manifest.parent().unwrap_or(Path::new(""));
    if let Some(Artifact::Code { path, entry_point, .. }) = tier.runtime.as_ref().map(|r| &r.artifact) {
        let whose = Whose { code: "the agent's code", help: "name the file that starts the agent, from the code's own folder" };
        // With a wrapper in front, the file stands last.
        let start = entry_point.last().map(|file| (vec![file.clone()], place(&["runtime", "entry_point"])));
        code((folder, &path.value), path.span, start, &whose, findings);
    }
    if let Some(gateway) = &tier.gateway {
        let path = &gateway.tools.value;
        let wrong = match look(folder, path) {
            Entry::File => return,
            Entry::Directory => "is a directory",
            Entry::Neither => "is neither a file nor a directory",
            Entry::Outside => "lies outside the manifest's folder",
            Entry::Nothing => "does not exist",
        };
        let summary = format!("the file with tool definitions {wrong}: {}", shown(&folder.join(path)));
        findings.error(gateway.tools.span, summary, "", "name a JSON file with a list of tools; the path starts from this file's folder");
    }
}

/// The code of a function, and the module that its handler is in.
pub(super) fn function(name: &FunctionName, function: &Function, manifest: &Path, findings: &mut Findings) {
    let folder = manifest.parent().unwrap_or(Path::new(""));
    let (module, _) = function.handler.value.rsplit_once('.').unwrap_or_default();
    let module = module.replace('.', "/");
    let files = vec![format!("{module}.py"), format!("{module}/__init__.py")];
    let whose = Whose { code: &format!("the code of function `{name}`"), help: "begin with a module of the code, from its own folder" };
    let place = (folder, function.code.value.as_path());
    code(place, function.code.span, Some((files, function.handler.span)), &whose, findings);
}

/// How findings speak of the code.
struct Whose<'a> {
    code: &'a str,
    /// What to write where the file that starts it is missing.
    help: &'a str,
}

/// `start`: the files of which one must be there, and where the manifest says so.
fn code((folder, path): (&Path, &Path), span: Span, start: Option<(Vec<String>, Span)>, whose: &Whose, findings: &mut Findings) {
    let what = whose.code;
    let zip = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip"));
    let whole = folder.join(path);
    match look(folder, path) {
        Entry::Nothing => {
            let help = "name a directory or a .zip file; the path starts from this file's folder";
            findings.coded(Code::File, span, format!("{what} does not exist: {}", shown(&whole)), "", help);
        }
        Entry::Outside => {
            let help = "put a copy of it into this file's folder";
            findings.coded(Code::File, span, format!("{what} lies outside the manifest's folder: {}", shown(&whole)), "", help);
        }
        // A zip's entries are seen when it is packed.
        Entry::File if zip => {}
        Entry::File | Entry::Neither => {
            let help = "name the directory that the file is in, or a .zip file";
            findings.coded(Code::File, span, format!("{what} is neither a directory nor a .zip file: {}", shown(&whole)), "", help);
        }
        Entry::Directory => {
            let Some((files, place)) = start else { return };
            let inside = |file: &str| Path::new(file).components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
            let there = |file: &String| inside(file) && matches!(look(&whole, Path::new(file)), Entry::File);
            if let Some(first) = files.first().filter(|_| !files.iter().any(there)) {
                let summary = format!("there is no file {} in {what}: {}", quoted(first), shown(&whole));
                findings.error(place, summary, "", whose.help);
            }
        }
    }
}

fn shown(path: &Path) -> String {
    // `./templates/x` and `templates/x` read alike.
    let tidy: PathBuf = path.components().filter(|c| !matches!(c, Component::CurDir)).collect();
    quoted(&tidy.display().to_string())
}
