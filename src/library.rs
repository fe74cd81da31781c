//! The files beside the manifest: policies with holes, and tool definitions; read once, and judged like the manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Source, Span, quoted};
use crate::kinds::Blobs;
use crate::manifest::section::Findings;
use crate::manifest::{Artifact, Entry, Located, Reading, look};

mod cedar;
mod folder;
mod grammar;
mod pack;
mod policies;
mod shipped;
mod tools;
mod trust;

pub(crate) use folder::{overwrite, place, replace, text_of};
pub(crate) use pack::Packed;
pub(crate) use shipped::{GITHUB, GITLAB, SHIPPED};
pub(crate) use tools::as_seen;

/// Everything that the platform's documents are made from.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Library {
    /// By name, with their holes.
    policies: BTreeMap<String, Value>,
    /// By path, as the manifest writes it; with their holes.
    cedar: BTreeMap<PathBuf, String>,
    /// By path, as the manifest writes it.
    tools: BTreeMap<PathBuf, Value>,
    /// By path, as the manifest writes it.
    code: BTreeMap<PathBuf, Packed>,
}

impl Library {
    /// Reads what a manifest needs from `folder`, the manifest's own, as far as the manifest itself could be read; beside it
    /// come all findings. What the manifest's own check found missing is passed over.
    pub(crate) fn read(folder: &Path, reading: &Reading) -> (Self, Diagnostics) {
        let mut library = Self::default();
        let mut found = Diagnostics::default();
        let tiers = reading.tiers();
        let several = policies::Several::of(reading);
        for policy in policies::needed(reading) {
            let path = folder.join("policies").join(format!("{}.json", policy.name));
            if let Some(value) =
                read_json(&path, Code::Policy, &mut found, |value, findings| policies::check(&policy, value, &several, findings))
            {
                library.policies.insert(policy.name.into_owned(), value);
            }
        }
        let paths: BTreeSet<&PathBuf> = tiers.values().filter_map(|tier| Some(&tier.gateway.as_ref()?.tools.value)).collect();
        for path in paths.into_iter().filter(|path| look(folder, path) == Entry::File) {
            if let Some(value) = read_json(&folder.join(path), Code::Tools, &mut found, tools::check) {
                library.tools.insert(path.clone(), value);
            }
        }
        for (tier, gateway) in tiers.iter().filter_map(|(tier, t)| Some((tier, t.gateway.as_ref()?))) {
            if let (Some(names), Some(tools)) = (reading.publishes(), library.tools.get(&gateway.tools.value)) {
                found.extend(fits_record(tools, &names.gateway_target(tier), &gateway.tools, &reading.source));
            }
        }
        for (tier, gateway) in tiers.iter().filter_map(|(tier, t)| Some((tier, t.gateway.as_ref()?))) {
            let (Some(tools), Some(claims)) = (library.tools.get(&gateway.tools.value), reading.claims()) else { continue };
            let mut wrong = Diagnostics::default();
            let mut texts = Vec::new();
            for policy in &gateway.policies {
                if let Some(text) = cedar::read(&folder.join(&policy.value), tools, claims, &mut wrong) {
                    texts.push(cedar::of_tier(&text, claims, tier.as_str()));
                    library.cedar.insert(policy.value.clone(), text);
                }
            }
            // What is wrong with single policies comes first.
            if !wrong.has_errors() {
                let asked = reading.decides().then_some(texts.as_slice());
                found.extend(tools::bound(tools, asked, claims, tier, &gateway.tools, &reading.source).about(Code::Tools));
            }
            found.extend(wrong.about(Code::Cedar));
        }
        for tier in tiers.values() {
            if let Some(Artifact::Code { path, .. }) = tier.runtime.as_ref().map(|r| &r.artifact)
                && !library.code.contains_key(&path.value)
                && matches!(look(folder, &path.value), Entry::File | Entry::Directory)
                && let Some(packed) = packed(folder, path, "the agent's code", &reading.source, &mut found)
            {
                library.code.insert(path.value.clone(), packed);
            }
        }
        for (name, function) in reading.functions() {
            let (path, whose) = (&function.code, format!("the code of function `{name}`"));
            if !library.code.contains_key(&path.value)
                && matches!(look(folder, &path.value), Entry::File | Entry::Directory)
                && let Some(packed) = packed(folder, path, &whose, &reading.source, &mut found)
            {
                library.code.insert(path.value.clone(), packed);
            }
            if let Some(packed) = library.code.get(&path.value) {
                found.extend(fits_lambda(packed, path, &whose, &reading.source));
            }
        }
        (library, found)
    }

    pub(crate) fn policy(&self, name: &str) -> Result<&Value> {
        self.policies.get(name).with_context(|| format!("the policy `{name}` was not read"))
    }

    pub(crate) fn cedar(&self, path: &Path) -> Result<&str> {
        self.cedar.get(path).map(String::as_str).with_context(|| format!("the policy `{}` was not read", path.display()))
    }

    pub(crate) fn code(&self, path: &Path) -> Result<&Packed> {
        self.code.get(path).with_context(|| format!("the code `{}` was not packed", path.display()))
    }

    /// What steps upload, by digest.
    pub(crate) fn blobs(&self) -> Blobs {
        self.code.values().map(|packed| (packed.digest.clone(), packed.bytes.clone())).collect()
    }

    pub(crate) fn tools(&self, path: &Path) -> Result<&Value> {
        self.tools.get(path).with_context(|| format!("the tools `{}` were not read", path.display()))
    }
}

/// What a registry record takes of a server's tools.
const MOST_PUBLISHED: usize = 100 * 1024;

fn fits_record(tools: &Value, target: &str, path: &Located<PathBuf>, manifest: &Arc<Source>) -> Diagnostics {
    let mut found = Diagnostics::default();
    // What is wrong with single tools was said where they stand.
    let size = tools::as_seen(tools, target).map_or(0, |seen| tools::published(&seen).len());
    if size > MOST_PUBLISHED {
        let summary = format!("these tools are {} KB as the registry shows them, and a record takes 100 KB", size.div_ceil(1024));
        let help = "shorten their descriptions and schemas, take out tools, or remove `registry`";
        found.push(Diagnostic::error(manifest, path.span, summary).label("too many to publish").help(help));
    }
    found
}

/// What Lambda takes of code and its layers once it is unpacked.
const MOST_UNPACKED: u64 = 250 * 1024 * 1024;

fn fits_lambda(packed: &Packed, path: &Located<PathBuf>, whose: &str, manifest: &Arc<Source>) -> Diagnostics {
    let mut found = Diagnostics::default();
    match packed.unpacked {
        None => found.push(
            Diagnostic::error(manifest, path.span, format!("{whose} is no zip that can be read"))
                .help("pack it again, or name its directory"),
        ),
        Some(size) if size > MOST_UNPACKED => {
            let summary = format!("{whose} is {} MB unpacked, and Lambda takes 250 MB", size / 1024 / 1024);
            found.push(
                Diagnostic::error(manifest, path.span, summary)
                    .help("leave out what Lambda brings itself, such as boto3, and what only tests need"),
            );
        }
        Some(_) => {}
    }
    found
}

/// Somebody's code, or findings at the place where the manifest names it.
fn packed(folder: &Path, path: &Located<PathBuf>, whose: &str, manifest: &Arc<Source>, found: &mut Diagnostics) -> Option<Packed> {
    let package = match pack::pack(&folder.join(&path.value)) {
        Ok(package) => package,
        Err(error) => {
            let summary = format!("{whose} can't be packed: {error:#}");
            found.push(Diagnostic::error(manifest, path.span, summary).help("make its files readable, and few enough for AWS"));
            return None;
        }
    };
    for (name, why) in &package.refused {
        let summary = format!("{} in {whose} {why}", quoted(name));
        found.push(Diagnostic::error(manifest, path.span, summary).help("put a copy in its place, or remove it"));
    }
    if !package.hidden.is_empty() {
        let names: Vec<String> = package.hidden.iter().map(|name| quoted(name)).collect();
        let summary = format!("left out of {whose}: {}", names.join(", "));
        let help = "names that start with a dot, such as .env, often hold secrets; rename what the code needs";
        found.push(Diagnostic::warning(manifest, path.span, summary).label("never uploaded").help(help));
    }
    Some(package.packed)
}

/// A JSON file, or findings about it. Positions come from `judge`, which sees the text beside the value.
fn read_json(path: &Path, code: Code, found: &mut Diagnostics, judge: impl FnOnce(&Value, &mut Findings)) -> Option<Value> {
    let source = Source::new(path, text_or_finding(path, found)?);
    match serde_json::from_str(source.text()) {
        Ok(value) => {
            let mut findings = Findings::new(Arc::clone(&source));
            judge(&value, &mut findings);
            found.extend(findings.list.about(code));
            Some(value)
        }
        Err(error) => {
            let start = source.offset(error.line(), error.column());
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            let span = Span { start, end: start + source.text().get(start..).and_then(|t| t.chars().next()).map_or(0, char::len_utf8) };
            found.push(
                Diagnostic::error(&source, span, "this file is not valid JSON")
                    .code(code)
                    .label(message)
                    .help("JSON wants double quotes, no comments, and no comma after the last item"),
            );
            None
        }
    }
}

fn text_or_finding(path: &Path, found: &mut Diagnostics) -> Option<String> {
    let error = match text(path) {
        Ok(text) => return Some(text),
        Err(error) => error,
    };
    let missing = error.kind() == std::io::ErrorKind::NotFound;
    let summary = if missing { "this file is missing".into() } else { format!("this file can't be read: {error}") };
    let help =
        if missing { "`tenantry init` writes the shipped ones beside a new manifest" } else { "mend its permissions, or save it as UTF-8" };
    found.push(Diagnostic::file(&Source::new(path, ""), summary).help(help));
    None
}

/// Opening a pipe would wait for whoever writes to it.
fn text(path: &Path) -> std::io::Result<String> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is no file"));
    }
    let mut text = String::new();
    std::fs::File::open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests;
