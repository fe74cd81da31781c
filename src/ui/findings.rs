//! Findings in the user's files as machines and pipelines read them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::sarif::{self, Hit, Level, Rule};
use crate::diagnostic::{Diagnostics, Found, Severity};
use crate::exit::Exit;
use crate::explain;

const FINDINGS: &str = "tenantry-findings/1.0";

pub(crate) fn document(findings: &Diagnostics, exit: Exit) -> Value {
    json!({ "format": FINDINGS, "exit": exit.document(), "findings": findings.to_json() })
}

/// Where a pipeline looks for files: from the top of what it has checked out.
pub(crate) struct Places {
    here: PathBuf,
    top: PathBuf,
}

impl Places {
    /// From a folder to the folder that a repository was checked out into.
    pub(crate) fn new(here: PathBuf, top: PathBuf) -> Self {
        Self { here, top }
    }

    /// As it is typed, where it lies outside.
    pub(crate) fn of(&self, file: &Path) -> PathBuf {
        let whole = self.here.join(file);
        let plain: PathBuf = whole.components().collect();
        plain.strip_prefix(&self.top).map_or_else(|_| file.to_owned(), ToOwned::to_owned)
    }

    /// A finding with its file's place, which the caller keeps.
    pub(crate) fn all(&self, findings: &[Found<'_>]) -> Vec<PathBuf> {
        findings.iter().map(|found| self.of(found.file)).collect()
    }
}

/// The findings, each at its place.
pub(crate) fn placed<'a>(findings: &[Found<'a>], files: &'a [PathBuf]) -> Vec<Found<'a>> {
    findings.iter().zip(files).map(|(found, file)| Found { file, ..*found }).collect()
}

pub(crate) fn sarif(findings: &[Found<'_>]) -> Value {
    sarif::document("tenantry validate", &rules(), hits(findings))
}

/// One for each code that a finding may have.
pub(crate) fn rules() -> Vec<Rule<'static>> {
    explain::findings()
        .map(|topic| Rule {
            id: topic.code,
            name: topic.code,
            about: topic.title.into(),
            help: topic.text.into(),
            page: "docs/reference/manifest.md",
        })
        .collect()
}

/// The findings as results of those rules.
pub(crate) fn hits<'a>(findings: &[Found<'a>]) -> Vec<Hit<'a>> {
    let hits = findings.iter().map(|found| {
        let level = match found.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
        };
        let help = found.help.map(|help| format!("\n{help}")).unwrap_or_default();
        Hit {
            rule: found.code,
            level,
            text: format!("{}{help}", found.summary),
            file: found.file,
            from: found.from,
            to: found.to,
            identity: format!("{} {}", found.file.display(), found.summary),
        }
    });
    hits.collect()
}

/// A report of code quality as GitLab shows it beside a merge request's lines.
pub(crate) fn gitlab(findings: &[Found<'_>]) -> Value {
    findings
        .iter()
        .map(|found| {
            let severity = match found.severity {
                Severity::Error => "critical",
                Severity::Warning => "minor",
            };
            let file = found.file.to_string_lossy();
            let line = found.from.map_or(1, |(line, _)| line);
            json!({
                "description": found.summary,
                "check_name": "tenantry",
                "fingerprint": crate::secret::digest(format!("{file} {line} {}", found.summary).as_bytes()),
                "severity": severity,
                "location": { "path": file, "lines": { "begin": line } },
            })
        })
        .collect()
}

/// For a summary: a table, a finding a line.
pub(crate) fn markdown(findings: &[Found<'_>]) -> String {
    if findings.is_empty() {
        return "### The manifest is valid\n".into();
    }
    let mut out = String::from("### Findings in the manifest\n\n| where | what |\n|---|---|\n");
    for found in findings {
        let line = found.from.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
        let help = found.help.map(|help| format!("<br>{}", cell(help))).unwrap_or_default();
        let what = cell(found.summary);
        out.push_str(&format!("| {}{line} | {}: {what}{help} |\n", cell(&found.file.to_string_lossy()), found.severity.as_str()));
    }
    out
}

/// Text in a cell of a table, as text and nothing else.
pub(crate) fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\r' => out.push(' '),
            // A mention would tell people who have nothing to do with it.
            '@' => out.push_str("&#64;"),
            '|' | '`' | '\\' | '*' | '_' | '[' | ']' | '~' | '#' | '!' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: &Path) -> Found<'_> {
        let summary = "tenant `a|b` <img src=x> @all\n| x |";
        Found { severity: Severity::Warning, code: "unknown-key", summary, help: None, file, from: Some((7, 3)), to: None }
    }

    #[test]
    fn places_start_where_the_repository_does() {
        let places = Places::new("/repo/clinics".into(), "/repo".into());
        assert_eq!(places.of(Path::new("./tenants.yaml")), Path::new("clinics/tenants.yaml"));
        assert_eq!(places.of(Path::new("/elsewhere/tenants.yaml")), Path::new("/elsewhere/tenants.yaml"));
        let found = [found(Path::new("tenants.yaml"))];
        let files = places.all(&found);
        assert_eq!(placed(&found, &files)[0].file, Path::new("clinics/tenants.yaml"));
    }

    #[test]
    fn what_the_user_wrote_stays_in_its_cell() {
        let said = markdown(&[found(Path::new("tenants.yaml"))]);
        let row = said.lines().last().unwrap();
        assert_eq!(row, r"| tenants.yaml:7:3 | warning: tenant \`a\|b\` &lt;img src=x&gt; &#64;all \| x \| |");
    }

    #[test]
    fn each_form_has_severity_and_place() {
        let found = [found(Path::new("tenants.yaml"))];
        assert_eq!(gitlab(&found)[0]["severity"], "minor");
        assert_eq!(gitlab(&found)[0]["location"], json!({ "path": "tenants.yaml", "lines": { "begin": 7 } }));
        assert_eq!(sarif(&found)["runs"][0]["results"][0]["ruleId"], "unknown-key");
        assert_eq!(sarif(&found)["runs"][0]["results"][0]["level"], "warning");
        // Each rule says what to do about it.
        let sarif = sarif(&found);
        let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        assert!(
            rules.len() > 10 && rules.iter().all(|rule| rule["help"]["text"].as_str().is_some_and(|help| help.len() > 40)),
            "{rules:#?}"
        );
    }
}
