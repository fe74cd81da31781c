//! Reads a folder of documents: everything that is wrong with it at once, before anything is uploaded.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use super::sidecar::{self, SIDECAR};
use super::{Document, Whose, sidecar_key};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Source, quoted};
use crate::exit::{Exit, Stop};
use crate::secret::hex;

/// What Bedrock's default parser reads (2026-09).
const READABLE: &[&str] = &["txt", "md", "html", "doc", "docx", "csv", "xls", "xlsx", "pdf"];

/// Bedrock's limit for one file.
const LARGEST: u64 = 50 * 1024 * 1024;

/// S3's limit for a key, in bytes.
const LONGEST_KEY: usize = 1024;

/// The type of what lies in no folder of its own.
const NO_TYPE: &str = "general";

/// Links can make a folder endless.
const MOST: usize = 1_000_000;

/// What a folder holds.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    /// By key.
    pub(crate) documents: BTreeMap<String, Document>,
    /// Names that start with a dot: they are left out.
    pub(crate) hidden: Vec<String>,
}

/// Every document of the folder with its sidecar; the error is `Diagnostics` with everything that is wrong.
pub(crate) fn read(folder: &Path, whose: &Whose) -> Result<Folder> {
    let Some(root) = folder.canonicalize().ok().filter(|root| root.is_dir()) else {
        let what = if folder.exists() { "is no directory" } else { "does not exist" };
        let words = format!("`{}` {what}; name the directory that holds the tenant's documents", folder.display());
        return Err(Stop::at(Exit::Usage, words));
    };
    let mut walk = Walk { root: root.clone(), files: BTreeMap::new(), hidden: Vec::new(), findings: Diagnostics::default() };
    walk.enter(folder, "", &mut vec![root]);
    let Walk { files, hidden, mut findings, .. } = walk;
    let mut documents: BTreeMap<String, (String, Document)> = BTreeMap::new();
    let sidecars = files.keys().filter(|name| name.ends_with(SIDECAR));
    for name in sidecars {
        let document = name.strip_suffix(SIDECAR).unwrap_or(name);
        if document.ends_with(SIDECAR) || !files.contains_key(document) {
            let summary = format!("there is no document {} beside this sidecar", quoted(document));
            error(&mut findings, folder, name, &summary, "put the document there, or remove the sidecar");
        }
    }
    for (name, path) in files.iter().filter(|(name, _)| !name.ends_with(SIDECAR)) {
        let whole = if name.contains('/') { name.clone() } else { format!("{NO_TYPE}/{name}") };
        let document_type = whole.split('/').next().unwrap_or(NO_TYPE);
        let key = format!("{}{whole}", whose.prefix());
        if let Some((other, _)) = documents.get(&key) {
            let summary = format!("two files have one place in S3: {} and {}", quoted(other), quoted(name));
            error(&mut findings, folder, name, &summary, format!("rename one: what lies in no folder counts as `{NO_TYPE}`"));
            continue;
        }
        let beside = files.get(&format!("{name}{SIDECAR}")).map(PathBuf::as_path);
        match document(folder, name, &key, path, beside, (whose, document_type)) {
            Ok(document) => drop(documents.insert(key, (name.clone(), document))),
            Err(found) => findings.extend(found),
        }
    }
    if documents.is_empty() && !findings.has_errors() {
        let source = Source::new(folder, "");
        let help = format!("put documents into folders by their type: {}", READABLE.join(", "));
        findings.push(Diagnostic::file(&source, "there is no document in this folder").help(help));
    }
    if findings.has_errors() {
        return Err(findings.about(Code::Document).into());
    }
    Ok(Folder { documents: documents.into_iter().map(|(key, (_, document))| (key, document)).collect(), hidden })
}

fn error(findings: &mut Diagnostics, folder: &Path, name: &str, summary: &str, help: impl Into<String>) {
    let source = Source::new(&folder.join(name), "");
    findings.push(Diagnostic::file(&source, summary).help(help));
}

struct Walk {
    root: PathBuf,
    /// By their names from the folder.
    files: BTreeMap<String, PathBuf>,
    hidden: Vec<String>,
    findings: Diagnostics,
}

impl Walk {
    /// `inside` are the directories that lead here, with links followed.
    fn enter(&mut self, folder: &Path, below: &str, inside: &mut Vec<PathBuf>) {
        let entries = std::fs::read_dir(folder).and_then(|list| list.map(|e| Ok(e?.path())).collect::<std::io::Result<Vec<PathBuf>>>());
        let mut paths = match entries {
            Ok(paths) => paths,
            Err(why) => {
                let source = Source::new(folder, "");
                self.findings.push(Diagnostic::file(&source, format!("this directory can't be read: {why}")).help(READ_RIGHT));
                return;
            }
        };
        paths.sort();
        for path in paths {
            let Some(own) = path.file_name().and_then(|name| name.to_str()) else {
                let lossy = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let source = Source::new(&path, "");
                let summary = format!("the name {} is not UTF-8", quoted(&lossy));
                self.findings.push(Diagnostic::file(&source, summary).help("rename the file: keys in S3 are UTF-8"));
                continue;
            };
            let name = format!("{below}{own}");
            if own.starts_with('.') {
                self.hidden.push(name);
                continue;
            }
            let mut refuse = |summary: &str, help: &str| {
                self.findings.push(Diagnostic::file(&Source::new(&path, ""), summary).help(help));
            };
            match path.canonicalize() {
                Err(why) if path.is_symlink() => {
                    refuse(&format!("this link leads nowhere: {why}"), "remove it, or put a file in its place");
                }
                Err(why) => refuse(&format!("this file can't be reached: {why}"), READ_RIGHT),
                Ok(real) if !real.starts_with(&self.root) => {
                    refuse("this link leads out of the folder", "put a copy of what it leads to in its place");
                }
                Ok(real) if inside.iter().any(|outer| outer.starts_with(&real)) => {
                    refuse("this link leads back to a directory that it is in", "remove it");
                }
                Ok(real) if real.is_dir() => {
                    inside.push(real);
                    self.enter(&path, &format!("{name}/"), inside);
                    inside.pop();
                }
                Ok(real) if !real.is_file() => refuse("this is neither a file nor a directory", "remove it"),
                Ok(_) if self.files.len() >= MOST => {
                    refuse("there are more than a million files up to here", "push smaller folders, without links to directories");
                    return;
                }
                Ok(_) => drop(self.files.insert(name, path)),
            }
        }
    }
}

const READ_RIGHT: &str = "give yourself the right to read it, or take it out of the folder";

fn document(
    folder: &Path,
    name: &str,
    key: &str,
    path: &Path,
    beside: Option<&Path>,
    (whose, document_type): (&Whose, &str),
) -> Result<Document, Diagnostics> {
    let mut findings = Diagnostics::default();
    let mut wrong = |summary: String, help: String| error(&mut findings, folder, name, &summary, help);
    let whole = sidecar_key(key);
    if whole.len() > LONGEST_KEY {
        let summary = format!("the name is too long for S3: with its sidecar's ending the key has {} bytes", whole.len());
        wrong(summary, format!("shorten names by {} bytes: a key has at most {LONGEST_KEY}", whole.len() - LONGEST_KEY));
    }
    if let Some(c) = name.chars().find(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}')) {
        wrong(format!("the name holds the character U+{:04X}, which S3 can't list", u32::from(c)), "rename the file".into());
    }
    let extension = Path::new(name).extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    if !extension.as_deref().is_some_and(|e| READABLE.contains(&e)) {
        let what = extension.map_or_else(|| "files without an extension".into(), |e| format!("files of the type {}", quoted(&e)));
        wrong(format!("Bedrock reads no {what}"), format!("convert it to one of {}, or take it out of the folder", READABLE.join(", ")));
    }
    let (mut size, mut sum) = (0, String::new());
    match digested(path) {
        Err(why) => wrong(format!("this file can't be read: {why}"), READ_RIGHT.into()),
        Ok((0, _)) => wrong("this file is empty".into(), "take it out of the folder: Bedrock finds nothing in it".into()),
        Ok((bytes, _)) if bytes > LARGEST => {
            wrong(format!("this file has {} MB", bytes.div_ceil(1024 * 1024)), "split it: Bedrock reads files of up to 50 MB".into());
        }
        Ok(read) => (size, sum) = read,
    }
    let sidecar = match beside {
        None => sidecar::made(whose, document_type),
        Some(path) => match own_sidecar(path) {
            Ok(source) => sidecar::completed(&source, whose, document_type).unwrap_or_else(|found| {
                findings.extend(found);
                Vec::new()
            }),
            Err(why) => {
                error(&mut findings, folder, &format!("{name}{SIDECAR}"), &why, "correct it, or remove it: push writes one");
                Vec::new()
            }
        },
    };
    if findings.has_errors() {
        return Err(findings);
    }
    Ok(Document { path: path.into(), size, digest: sum, sidecar: sidecar.into() })
}

/// Size and SHA-256, a piece at a time; what is too large anyway is not read to its end.
fn digested(path: &Path) -> std::io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let known = file.metadata()?.len();
    if known > LARGEST {
        return Ok((known, String::new()));
    }
    let (mut sum, mut size, mut piece) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    loop {
        let read = file.read(&mut piece)?;
        sum.update(piece.get(..read).unwrap_or_default());
        size += read as u64;
        if read == 0 || size > LARGEST {
            return Ok((size, hex(&sum.finalize())));
        }
    }
}

/// A sidecar's text, which is never long.
fn own_sidecar(path: &Path) -> Result<Arc<Source>, String> {
    const MOST: u64 = 64 * 1024;
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes));
    read.map_err(|why| format!("this sidecar can't be read: {why}"))?;
    if bytes.len() as u64 > MOST {
        return Err("this sidecar is larger than 10 KB, Bedrock's limit".into());
    }
    let text = String::from_utf8(bytes).map_err(|why| format!("this sidecar is not UTF-8: {why}"))?;
    Ok(Source::new(path, text))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test's own files")]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    use super::*;

    fn whose() -> Whose {
        Whose { claim: "clinic_id".into(), tenant: "clinic-a".parse().unwrap(), tier: "basic".parse().unwrap() }
    }

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn the_first_folder_is_the_type_and_what_lies_in_none_is_general() {
        let folder = folder(&[("guides/deep/a.txt", "a"), ("b.PDF", "b"), (".notes", "x"), ("guides/c.md", "c"), ("guides/.d/e.txt", "e")]);
        symlink("c.md", folder.path().join("guides/linked.md")).unwrap();
        let read = read(folder.path(), &whose()).unwrap();
        let keys: Vec<&str> = read.documents.keys().map(|key| key.trim_start_matches("basic-tier/clinic-a/")).collect();
        assert_eq!(keys, ["general/b.PDF", "guides/c.md", "guides/deep/a.txt", "guides/linked.md"]);
        assert_eq!(read.hidden, [".notes", "guides/.d"]);
        let sidecar = |key: &str| String::from_utf8(read.documents[&format!("basic-tier/clinic-a/{key}")].sidecar.to_vec()).unwrap();
        assert!(sidecar("general/b.PDF").contains("general") && sidecar("guides/deep/a.txt").contains(r#""document_type":"guides""#));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let folder = folder(&[
            ("guides/empty.txt", ""),
            ("guides/program.exe", "x"),
            ("guides/noextension", "x"),
            ("guides/lost.txt.metadata.json", "{}"),
            ("guides/a.txt", "a"),
            ("guides/a.txt.metadata.json", r#"{"metadataAttributes": {"clinic_id": "clinic-b"}}"#),
            ("guides/b.txt", "b"),
            ("guides/b.txt.metadata.json", "{"),
            ("guides/new\nline.txt", "x"),
            ("general/same.txt", "x"),
            ("same.txt", "x"),
        ]);
        let at = folder.path();
        std::fs::File::create(at.join("guides/large.pdf")).unwrap().set_len(LARGEST + 1).unwrap();
        symlink("/etc/hostname", at.join("guides/out.txt")).unwrap();
        symlink("gone", at.join("guides/gone.txt")).unwrap();
        symlink("..", at.join("guides/up")).unwrap();
        symlink("itself.txt", at.join("guides/itself.txt")).unwrap();
        // Two directories that lead into each other.
        std::fs::create_dir_all(at.join("one")).unwrap();
        std::fs::create_dir_all(at.join("two")).unwrap();
        symlink("../two", at.join("one/next")).unwrap();
        symlink("../one", at.join("two/next")).unwrap();
        let long = format!("guides/{}", ["x".repeat(240), "y".repeat(250), "z".repeat(240), "w".repeat(250)].join("/"));
        std::fs::create_dir_all(at.join(&long)).unwrap();
        std::fs::write(at.join(&long).join("end.txt"), "x").unwrap();
        let latin = std::ffi::OsStr::from_bytes(b"Ni\xf1o.txt");
        std::fs::write(at.join(latin), "x").unwrap();
        let found = read(at, &whose()).unwrap_err().downcast::<Diagnostics>().unwrap().render(crate::diagnostic::Color::Never);
        for words in [
            "empty.txt",
            "no files of the type `exe`",
            "without an extension",
            "no document `guides/lost.txt`",
            "`clinic-b`",
            "can't be read as a JSON mapping",
            "U+000A",
            "one place in S3",
            "51 MB",
            "leads out of the folder",
            "leads nowhere",
            "leads back",
            "too long for S3",
            "is not UTF-8",
        ] {
            assert!(found.contains(words), "nothing says `{words}`:\n{found}");
        }
        assert!(found.contains(&format!("{}/guides/a.txt.metadata.json", at.display())), "{found}");
        assert!(!found.contains("new\nline"), "{found}");
    }

    #[test]
    fn folders_that_are_none() {
        let folder = folder(&[("file.txt", "x")]);
        for (path, words) in [("gone", "does not exist"), ("file.txt", "is no directory")] {
            let error = read(&folder.path().join(path), &whose()).unwrap_err();
            assert_eq!(crate::exit::of(&error), Exit::Usage);
            assert!(error.to_string().contains(words), "{error}");
        }
        let empty = tempfile::tempdir().unwrap();
        assert!(read(empty.path(), &whose()).unwrap_err().to_string().contains("no document in this folder"));
    }
}
