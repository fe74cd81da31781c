//! What GitHub Actions reads: workflow commands, step outputs and job summaries. Nothing of the user's ends them early.

use std::fmt::Write as _;

use crate::address::Owner;
use crate::diagnostic::{Found, Severity};
use crate::kinds::{Kind as _, Prefix};
use crate::plan::{Action, Plan, by_owner};

/// GitHub shows this many errors of a step, and as many warnings.
const SHOWN: usize = 10;

/// A job summary takes this much of a step.
const SUMMARY: usize = 1024 * 1024;

/// What one document may take of it, so that what is said below still fits.
pub(crate) const ROOM: usize = SUMMARY - 1024;

/// One output: a name and its value.
pub(crate) type Output = (&'static str, String);

/// Findings as annotations on their lines; what GitHub would not show is counted in the last one of its kind.
pub(crate) fn annotations(findings: &[Found<'_>]) -> String {
    let mut out = String::new();
    for severity in [Severity::Error, Severity::Warning] {
        let of: Vec<&Found<'_>> = findings.iter().filter(|found| found.severity == severity).collect();
        let shown = if of.len() > SHOWN { SHOWN - 1 } else { of.len() };
        for found in of.iter().take(shown) {
            annotate(&mut out, found, &text(found));
        }
        if let Some(next) = of.get(shown) {
            let more = of.len() - shown;
            annotate(&mut out, next, &format!("{}\n\nand {} more: `tenantry validate` lists all", text(next), more - 1));
        }
    }
    out
}

fn text(found: &Found<'_>) -> String {
    match found.help {
        Some(help) => format!("{}\n{help}", found.summary),
        None => found.summary.to_owned(),
    }
}

fn annotate(out: &mut String, found: &Found<'_>, message: &str) {
    let _ = write!(out, "::{} file={}", found.severity.as_str(), property(&found.file.to_string_lossy()));
    if let Some((line, column)) = found.from {
        let _ = write!(out, ",line={line},col={column}");
        if let Some((end, column)) = found.to.filter(|to| to.0 == line && to.1 > column) {
            let _ = write!(out, ",endLine={end},endColumn={column}");
        }
    }
    let _ = writeln!(out, ",title=tenantry::{}", data(message));
}

/// The message of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Outputs as lines of the file that GitHub reads them from.
pub(crate) fn assignments(outputs: &[Output]) -> String {
    outputs.iter().map(|(name, value)| assignment(name, value)).collect()
}

/// A value of several lines is written between two lines that are none of its own.
fn assignment(name: &str, value: &str) -> String {
    if !value.contains(['\n', '\r']) {
        return format!("{name}={value}\n");
    }
    let mut end = String::from("END");
    while value.contains(&end) {
        end.push('_');
    }
    format!("{name}<<{end}\n{value}\n{end}\n")
}

/// What a pipeline may want to decide by.
pub(crate) fn plan(plan: &Plan) -> Vec<Output> {
    let groups = by_owner(plan);
    let tenants = || groups.iter().filter(|(owner, _)| matches!(owner, Owner::Tenant(_))).map(|(_, changes)| changes);
    let arrive = tenants().filter(|changes| changes.iter().any(|c| c.action == Action::Create && c.address.kind() == Prefix::NAME)).count();
    let number = |action| plan.count(action).to_string();
    vec![
        ("changes", (!(plan.is_empty() && plan.blocked.is_empty())).to_string()),
        ("checksum", plan.checksum()),
        ("created", number(Action::Create)),
        ("updated", number(Action::Update)),
        ("replaced", number(Action::Replace)),
        ("closed", number(Action::Close)),
        ("deleted", number(Action::Delete)),
        ("blocked", plan.blocked.len().to_string()),
        ("unchanged", plan.unchanged.len().to_string()),
        ("tenants_created", arrive.to_string()),
        ("tenants_changed", (tenants().count() - arrive).to_string()),
    ]
}

/// Text as it stands on a terminal, in Markdown: in a fence that is longer than any in it.
pub(crate) fn fenced(heading: &str, text: &str) -> String {
    let text = anstream::adapter::strip_str(text).to_string();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let room = SUMMARY.saturating_sub(heading.len() + 2 * fence.len() + 200);
    let shown = cut(text.trim_end(), room);
    let rest = match text.trim_end().len() - shown.len() {
        0 => String::new(),
        left => format!("\n{left} more bytes are left out: a summary takes 1 MiB.\n"),
    };
    format!("### {heading}\n\n{fence}text\n{shown}\n{fence}\n{rest}\n")
}

/// As many whole lines as there is room for.
fn cut(text: &str, room: usize) -> &str {
    if text.len() <= room {
        return text;
    }
    let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= room).last().unwrap_or(0);
    let head = text.get(..end).unwrap_or_default();
    head.rsplit_once('\n').map_or("", |(lines, _)| lines)
}

/// A document of Markdown within what a summary takes: cut between lines, and said to be.
pub(crate) fn summary(markdown: &str) -> String {
    let shown = cut(markdown, SUMMARY - 200);
    match markdown.len() - shown.len() {
        0 => format!("{}\n", markdown.trim_end()),
        left => format!("{shown}\n\n{left} more bytes are left out: a summary takes 1 MiB.\n"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn found(summary: &str) -> Found<'_> {
        Found {
            severity: Severity::Error,
            code: "wrong-value",
            summary,
            help: Some("100 % wrong\r"),
            file: Path::new("a,b:c%.yaml"),
            from: Some((3, 5)),
            to: Some((3, 9)),
        }
    }

    #[test]
    fn nothing_that_a_user_writes_ends_a_command_or_begins_one() {
        let said = annotations(&[found("`x`\n::error::mine, `y`: z")]);
        assert_eq!(
            said,
            "::error file=a%2Cb%3Ac%25.yaml,line=3,col=5,endLine=3,endColumn=9,title=tenantry\
             ::`x`%0A::error::mine, `y`: z%0A100 %25 wrong%0D\n"
        );
    }

    #[test]
    fn what_github_does_not_show_is_counted() {
        let many = vec![found("wrong"); 12];
        let said = annotations(&many);
        assert_eq!(said.lines().count(), 10);
        assert!(said.lines().last().unwrap().ends_with("and 2 more: `tenantry validate` lists all"), "{said}");
        assert_eq!(annotations(&many[..10]).lines().count(), 10);
        assert!(!annotations(&many[..10]).contains("more"), "ten are shown");
    }

    #[test]
    fn a_value_of_several_lines_can_set_no_other_output() {
        assert_eq!(assignment("changes", "true"), "changes=true\n");
        assert_eq!(assignment("note", "a\nEND\nadmin=yes"), "note<<END_\na\nEND\nadmin=yes\nEND_\n");
    }

    #[test]
    fn a_summary_is_within_a_mebibyte_and_says_what_is_left_out() {
        let long = "`````\n".repeat(300_000);
        for text in [fenced("Plan", &long), summary(&long)] {
            assert!(text.len() <= SUMMARY, "{}", text.len());
            assert!(text.trim_end().ends_with("a summary takes 1 MiB."), "{}", &text[text.len() - 100..]);
        }
        let short = fenced("Plan", "a ````` b\n");
        assert_eq!(short, "### Plan\n\n``````text\na ````` b\n``````\n\n");
        assert_eq!(summary("x\n\n"), "x\n");
    }
}
