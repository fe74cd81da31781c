//! SARIF 2.1.0, for code scanning: one run of one tool, within what code scanning takes.

use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// Code scanning refuses a run with more results.
const MOST: usize = 25_000;

/// What a path keeps in a URI.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'_').remove(b'-').remove(b'~');

/// The worst first, should some have to be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Error,
    Warning,
    Note,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What is looked for.
#[derive(Debug)]
pub(crate) struct Rule<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) about: String,
    /// What to do about it.
    pub(crate) help: String,
    /// Of the manual, where it stands at length.
    pub(crate) page: &'a str,
}

/// Where the manual lies, if this build knows.
const HOME: &str = env!("CARGO_PKG_REPOSITORY");

impl Rule<'_> {
    fn document(&self) -> Value {
        let help = format!("{}\n\n{} has it all.", self.help, self.page);
        let mut rule = json!({
            "id": self.id,
            "name": self.name,
            "shortDescription": { "text": self.about },
            "fullDescription": { "text": self.help },
            "help": { "text": help, "markdown": help },
        });
        if let Some(rule) = rule.as_object_mut().filter(|_| !HOME.is_empty()) {
            rule.insert("helpUri".into(), format!("{}/blob/main/{}", HOME.trim_end_matches('/'), self.page).into());
        }
        rule
    }
}

/// What was found, and where.
#[derive(Debug)]
pub(crate) struct Hit<'a> {
    pub(crate) rule: &'a str,
    pub(crate) level: Level,
    pub(crate) text: String,
    pub(crate) file: &'a Path,
    /// Line and column, from 1; the file's first line where it is about the whole.
    pub(crate) from: Option<(usize, usize)>,
    /// Behind its last character.
    pub(crate) to: Option<(usize, usize)>,
    /// By what it is known again although lines move.
    pub(crate) identity: String,
}

/// The whole document.
pub(crate) fn document(tool: &str, rules: &[Rule<'_>], mut hits: Vec<Hit<'_>>) -> Value {
    let all = hits.len();
    hits.sort_by_key(|hit| hit.level);
    hits.truncate(MOST);
    let left_out = all - hits.len();
    let rules: Vec<Value> = rules.iter().map(Rule::document).collect();
    let mut run = json!({
        "tool": { "driver": { "name": tool, "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules } },
        "columnKind": "unicodeCodePoints",
        "results": hits.iter().map(result).collect::<Vec<_>>(),
    });
    if let Some(run) = run.as_object_mut().filter(|_| left_out > 0) {
        let text = format!("{left_out} of {all} results are left out: code scanning takes {MOST}, and the worst come first");
        let notice = json!({ "level": "warning", "message": { "text": text } });
        run.insert("invocations".into(), json!([{ "executionSuccessful": true, "toolExecutionNotifications": [notice] }]));
    }
    json!({ "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run] })
}

/// The same of a command that failed: its results are not all that there is.
pub(crate) fn failed(mut document: Value, exit: u8, why: &str) -> Value {
    let notice = json!({ "level": "error", "message": { "text": why } });
    let invocation = json!([{ "executionSuccessful": false, "exitCode": exit, "toolExecutionNotifications": [notice] }]);
    if let Some(Value::Object(run)) = document.get_mut("runs").and_then(|runs| runs.get_mut(0)) {
        run.insert("invocations".into(), invocation);
    }
    document
}

fn result(hit: &Hit<'_>) -> Value {
    let (line, column) = hit.from.unwrap_or((1, 1));
    let mut region = json!({ "startLine": line, "startColumn": column });
    if let (Some((line, column)), Some(region)) = (hit.to.filter(|to| Some(*to) > hit.from), region.as_object_mut()) {
        region.insert("endLine".into(), line.into());
        region.insert("endColumn".into(), column.into());
    }
    let digest = crate::secret::digest(format!("{} {}", hit.rule, hit.identity).as_bytes());
    json!({
        "ruleId": hit.rule,
        "level": hit.level.as_str(),
        "message": { "text": hit.text },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(hit.file) }, "region": region } }],
        "partialFingerprints": { "tenantry/v1": digest },
    })
}

/// A path as a relative reference, such as `a%20b/tenants.yaml`.
fn uri(file: &Path) -> String {
    let text = file.to_string_lossy();
    utf8_percent_encode(text.strip_prefix("./").unwrap_or(&text), KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(level: Level, identity: String) -> Hit<'static> {
        let file = Path::new("./a b/tenants#1.yaml");
        Hit { rule: "manifest", level, text: identity.clone(), file, from: Some((3, 5)), to: Some((3, 9)), identity }
    }

    #[test]
    fn no_more_than_code_scanning_takes_and_the_worst_of_them() {
        let mut hits: Vec<Hit<'_>> = (0..MOST).map(|n| hit(Level::Note, n.to_string())).collect();
        hits.push(hit(Level::Error, "last".into()));
        let document = document("tenantry", &[], hits);
        let run = &document["runs"][0];
        assert_eq!(run["results"].as_array().unwrap().len(), MOST);
        assert_eq!(run["results"][0]["message"]["text"], "last");
        let notice = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap();
        assert!(notice.starts_with("1 of 25001 results"), "{notice}");
    }

    #[test]
    fn places_are_references_and_regions() {
        let document = document("tenantry", &[], vec![hit(Level::Warning, "x".into())]);
        let place = &document["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20b/tenants%231.yaml");
        assert_eq!(place["region"], json!({ "startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 9 }));
        assert!(document["runs"][0].get("invocations").is_none());
    }
}
