//! What the doctor found: a line a question for people, one document for machines.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::sheet::Sheet;
use super::style::{BAD, BOLD, CAREFUL, DIM, GOOD, count};
use super::table::{Column, Table};
use crate::diagnostic::plain;
use crate::doctor::{Examined, State};
use crate::rights::{Document, For};

const FORMAT: &str = "tenantry-doctor/1.0";

pub(crate) fn text(examined: &Examined, width: usize) -> String {
    let mut sheet = Sheet::new(width);
    let mut table = Table::new([Column::plain(), Column::plain(), Column::plain()]);
    for line in &examined.lines {
        let style = match line.state {
            State::Ok => GOOD,
            State::Warn => CAREFUL,
            State::Fail => BAD,
        };
        table.row([format!("{style}{}{style:#}", line.state.word()), format!("{BOLD}{}{BOLD:#}", line.topic), plain(&line.says)]);
        if let Some(todo) = &line.todo {
            table.row([String::new(), String::new(), format!("do: {}", plain(todo))]);
        }
    }
    sheet.table(2, &table);
    sheet.blank();
    let (fails, warnings) = (examined.count(State::Fail), examined.count(State::Warn));
    sheet.say(&match (fails, warnings) {
        (0, 0) => format!("{GOOD}Nothing is in the way.{GOOD:#}"),
        (0, _) => format!("Nothing fails; {}.", count(warnings, "warning")),
        (_, 0) => format!("{BAD}{}{BAD:#}. Begin with the first.", count(fails, "failure")),
        _ => format!("{BAD}{}{BAD:#}, {}. Begin with the first.", count(fails, "failure"), count(warnings, "warning")),
    });
    sheet.end()
}

pub(crate) fn document(examined: &Examined) -> Value {
    let lines = examined
        .lines
        .iter()
        .map(|line| json!({ "topic": line.topic, "state": line.state.word().to_ascii_lowercase(), "says": line.says, "todo": line.todo }));
    json!({
        "format": FORMAT,
        "lines": lines.collect::<Vec<_>>(),
        "failures": examined.count(State::Fail),
        "warnings": examined.count(State::Warn),
    })
}

/// What goes with a policy: its size, its parts, and why it names everything where it does.
pub(crate) fn about((purpose, boundary): (For, Option<&str>), documents: &[Document], part: Option<usize>) -> String {
    let mut out = String::new();
    if documents.len() > 1 && part.is_none() {
        let _ = writeln!(
            out,
            "The policy comes in {} documents, since IAM takes {} characters a managed policy: make one of each (--part 1 to --part {} prints it) and \
             attach them all.",
            documents.len(),
            crate::rights::MOST_CHARACTERS,
            documents.len()
        );
    }
    for (n, document) in documents.iter().enumerate().filter(|(n, _)| part.is_none_or(|part| part == n + 1)) {
        let _ = writeln!(out, "{DIM}document {}: {} characters{DIM:#}", n + 1, document.characters());
        for (service, reasons) in &document.reasons {
            let why = reasons.iter().copied().collect::<Vec<_>>().join("; ");
            let _ = writeln!(out, "{DIM}  \"*\" for {service}: {why}{DIM:#}");
        }
    }
    for line in reach(purpose, boundary) {
        let _ = writeln!(out, "{DIM}{line}{DIM:#}");
    }
    out.trim_end().to_owned()
}

/// What a reviewer asks of a policy: what of tenants it lets be read, and what holds it in.
fn reach(purpose: For, boundary: Option<&str>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let says = match purpose {
        For::Plan | For::Verify => {
            "It reads no document, no patient's row, no log line and no secret parameter; what a plan compares it does read: the rows of \
             tenants, users with their e-mail addresses, and API keys and app clients, which AWS lists with their secrets."
        }
        For::Costs => "It reads log lines of the runtimes, in sums and, if asked for, one by one: IAM can't tell the two apart.",
        For::Documents => "It lists, puts and deletes documents, and reads none back.",
        For::Apply => "It reads no document and no patient's row. It makes roles, and so decides what they may do.",
    };
    lines.push(says.to_owned());
    match (purpose, boundary) {
        (For::Apply, Some(boundary)) => lines.push(format!("No role can be made or given a policy outside the boundary {boundary}.")),
        (For::Apply, None) => lines.push(
            "With `platform: { permissions_boundary: ARN }` in the manifest those roles stay within that policy, and this one demands it."
                .to_owned(),
        ),
        _ => {}
    }
    lines
}

/// The files that were written, and what to do with them.
pub(crate) fn written(files: &[(String, String, usize)]) -> String {
    let mut out = format!("Wrote {}:\n", count(files.len(), "policy document"));
    for (_, file, characters) in files {
        let _ = writeln!(out, "  {file}  {DIM}{characters} characters{DIM:#}");
    }
    out.push_str("\nMake them, and attach each to the role:\n");
    for (name, file, _) in files {
        let _ = writeln!(out, "  aws iam create-policy --policy-name {name} --policy-document file://{file}");
    }
    out
}
