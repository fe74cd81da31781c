//! The proof of isolation: a line in plans, a table for people, and documents for pipelines and code scanning.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::findings;
use super::sarif::{self, Hit, Level, Rule};
use super::sheet::Sheet;
use super::style::{BAD, BOLD, CAREFUL, DIM, GOOD, count};
use super::table::{Column, Table};
use crate::diagnostic::{Found, thousands};
use crate::exit::Exit;
use crate::isolation::argument::Argument;
use crate::isolation::iam::Decision;
use crate::isolation::mutations::Tested;
use crate::isolation::probes::PROBES;
use crate::isolation::report::{Method, Outcome, Report, Row};
use crate::manifest::Landmarks;

const REPORT: &str = "tenantry-isolation/1.0";
const SELF_TEST: &str = "tenantry-isolation-self-test/1.0";
const ARGUMENT: &str = "tenantry-isolation-pair/1.0";

fn style(outcome: Outcome) -> anstyle::Style {
    match outcome {
        Outcome::Pass => GOOD,
        Outcome::Skipped => DIM,
        Outcome::NotEnforced => CAREFUL,
        Outcome::Unknown | Outcome::Fail => BAD,
    }
}

/// `Isolation (article profile): 8 tenants, 56 pairs, 25 probes: 18 enforced, 6 by application (P06 sessions, …), 1 skipped`.
pub(crate) fn line(report: &Report) -> String {
    format!("Isolation ({} profile): {}\n", report.profile.as_str(), told(report))
}

/// Whom it was proven for, and how the probes ended; those that rest on code, or did not hold, by name.
pub(crate) fn told(report: &Report) -> String {
    // A layer that was asked about in several ways is as good as the worst answer.
    let mut worst: BTreeMap<&str, &Row> = BTreeMap::new();
    for row in &report.rows {
        let known = worst.entry(row.probe).or_insert(row);
        if row.outcome > known.outcome {
            *known = row;
        }
    }
    let of = |outcome| worst.values().filter(move |row| row.outcome == outcome);
    let named = |outcome| of(outcome).map(|row| format!("{} {}", row.probe, row.layer)).collect::<Vec<_>>().join(", ");
    let mut parts = Vec::new();
    for (outcome, words, style) in [
        (Outcome::Pass, "enforced", None),
        (Outcome::NotEnforced, "by application", Some(CAREFUL)),
        (Outcome::Unknown, "unknown", Some(BAD)),
        (Outcome::Fail, "OPEN", Some(BAD)),
        (Outcome::Skipped, "skipped", None),
    ] {
        match (of(outcome).count(), style) {
            (0, _) => {}
            (n, None) => parts.push(format!("{n} {words}")),
            (n, Some(style)) => parts.push(format!("{style}{n} {words} ({}){style:#}", named(outcome))),
        }
    }
    let whom = [(report.tenants, "tenant"), (report.pairs, "pair"), (worst.len(), "probe")];
    let whom: Vec<String> = whom.iter().filter(|(n, _)| *n > 0).map(|(n, what)| count(*n, what)).collect();
    format!("{}: {}", whom.join(", "), parts.join(", "))
}

/// How many findings of one probe a table has room for.
const SHOWN: usize = 4;

/// What was found stands below its probe.
const BELOW: usize = 7;

/// One line a probe, and what was found below it.
pub(crate) fn text(report: &Report, width: usize) -> String {
    let mut sheet = Sheet::new(width);
    // Where both answers are asked for, one that stands alone says whose it is.
    let both = report.rows.iter().any(|row| matches!(row.method, Method::State | Method::Both));
    for row in &report.rows {
        let style = style(row.outcome);
        let by = match row.method {
            Method::Both => String::new(),
            Method::Manifest | Method::State if !both => String::new(),
            method => format!(" {DIM}({}){DIM:#}", method.word()),
        };
        let head = format!("{}  {style}{:<12}{style:#}  {BOLD}{}{BOLD:#}: {}{by}", row.probe, row.outcome.word(), row.layer, row.attack);
        sheet.line(2, BELOW, &head);
        for finding in row.findings.iter().take(SHOWN) {
            let about = if finding.object.is_empty() { String::new() } else { format!("{}: ", finding.object) };
            let mark = if finding.outcome == row.outcome { "" } else { finding.outcome.word() };
            sheet.line(BELOW, BELOW, &format!("{mark}{}{about}{}", if mark.is_empty() { "" } else { " " }, finding.says));
        }
        if row.findings.len() > SHOWN {
            sheet.line(BELOW, BELOW, &format!("and {} more, in --output json", row.findings.len() - SHOWN));
        }
        if row.outcome >= Outcome::Unknown
            && let Some(backstop) = row.backstop
        {
            sheet.line(BELOW, BELOW, &format!("what still stands: {backstop}"));
        }
    }
    sheet.blank();
    sheet.say(&line(report));
    let attacks: usize = report.rows.iter().map(|row| row.attacks).sum();
    let controls: usize = report.rows.iter().map(|row| row.controls).sum();
    let mut judged: Vec<String> = Vec::new();
    judged.extend((attacks > 0).then(|| count(attacks, "attack")));
    judged.extend((controls > 0).then(|| format!("{} of what is the caller's own", count(controls, "call"))));
    let judged = if judged.is_empty() { "nothing to judge".into() } else { judged.join(", and ") };
    sheet.say(&format!("{DIM}Judged from {}: {judged}.{DIM:#}", methods(report).join(" and ")));
    sheet.end()
}

fn methods(report: &Report) -> Vec<&'static str> {
    let apart = |method: Method| match method {
        Method::Both => vec![Method::Manifest, Method::State],
        method => vec![method],
    };
    let mut methods: Vec<_> = report.rows.iter().flat_map(|row| apart(row.method)).collect();
    methods.sort_unstable();
    methods.dedup();
    methods.into_iter().map(|method| method.word()).collect()
}

pub(crate) fn document(report: &Report) -> Value {
    json!({
        "format": REPORT,
        "profile": report.profile.as_str(),
        "tenants": report.tenants,
        "pairs": report.pairs,
        "summary": summary(report),
        "probes": report.rows,
    })
}

/// How many probes ended how.
pub(crate) fn summary(report: &Report) -> Value {
    json!({
        "pass": report.count(Outcome::Pass),
        "fail": report.count(Outcome::Fail),
        "unknown": report.count(Outcome::Unknown),
        "not_enforced": report.count(Outcome::NotEnforced),
        "skipped": report.count(Outcome::Skipped),
    })
}

pub(crate) fn markdown(report: &Report) -> String {
    let mut out = String::from("## Isolation\n\n");
    out.push_str(&anstream::adapter::strip_str(&line(report)).to_string());
    out.push_str("\n| probe | layer | attack | by | result |\n|---|---|---|---|---|\n");
    for row in &report.rows {
        let _ = writeln!(out, "| {} | {} | {} | {} | {} |", row.probe, row.layer, row.attack, row.method.word(), row.outcome.word());
    }
    let told: Vec<&Row> = report.rows.iter().filter(|row| !row.findings.is_empty()).collect();
    if !told.is_empty() {
        out.push('\n');
    }
    for row in told {
        for finding in &row.findings {
            let object = if finding.object.is_empty() { String::new() } else { format!(" `{}`:", finding.object.replace('`', "'")) };
            let _ = writeln!(out, "- **{} {}**{object} {}", row.probe, finding.outcome.word(), finding.says.replace('|', "\\|"));
        }
    }
    out
}

/// For code scanning: what is open or unknown as errors, what rests on code as notes.
///
/// A finding stands at the tenant or the tier that it is about, else at the section of the manifest that decides on it; `file` is how
/// the service knows the manifest.
pub(crate) fn sarif(report: &Report, (file, landmarks): (&Path, &Landmarks)) -> Value {
    let findings = report.rows.iter().flat_map(|row| row.findings.iter().map(move |finding| (row, finding)));
    let hits = findings.filter_map(|(row, finding)| {
        let level = match finding.outcome {
            Outcome::Fail | Outcome::Unknown => Level::Error,
            Outcome::NotEnforced => Level::Note,
            Outcome::Skipped | Outcome::Pass => return None,
        };
        let about = if finding.object.is_empty() { row.layer } else { &finding.object };
        let place = landmarks.about(&[&finding.object, &finding.says], section(row.probe));
        Some(Hit {
            rule: row.probe,
            level,
            text: format!("{} {about}: {}", finding.outcome.word(), finding.says),
            file,
            from: place.map(|(from, _)| from),
            to: place.map(|(_, to)| to),
            identity: format!("{about} {}", finding.says),
        })
    });
    sarif::document("tenantry verify", &rules(), hits.collect())
}

/// What code scanning is told where there is no report: nothing is proven then, and that is a finding of its own.
pub(crate) fn sarif_without_report(file: &Path, found: &[Found<'_>], exit: Exit, why: &str) -> Value {
    let rules: Vec<Rule<'_>> = rules().into_iter().chain(findings::rules()).collect();
    let mut hits = findings::hits(found);
    if hits.is_empty() {
        let text = format!("isolation is not proven: {why}");
        hits.push(Hit { rule: NOT_PROVEN, level: Level::Error, text, file, from: None, to: None, identity: exit.name().to_owned() });
    }
    sarif::failed(sarif::document("tenantry verify", &rules, hits), exit as u8, why)
}

/// The rule of a verification that came to no answer.
const NOT_PROVEN: &str = "not-proven";

fn rules() -> Vec<Rule<'static>> {
    let help = |attack: &str| {
        format!(
            "The attack: {attack}. FAIL has a counterexample, and is a breach; UNKNOWN could not be shown either way; NOT-ENFORCED rests on \
             application code alone. `tenantry verify` shows what was found, `tenantry verify --pair TENANT OTHER` the whole argument."
        )
    };
    let of_probe = |probe: &'static crate::isolation::probes::Probe| Rule {
        id: probe.id,
        name: probe.layer,
        about: format!("{}: {}", probe.layer, probe.attack),
        help: help(probe.attack),
        page: "docs/isolation.md",
    };
    let none = Rule {
        id: NOT_PROVEN,
        name: NOT_PROVEN,
        about: "isolation could not be judged".into(),
        help: "The command failed before it could judge: what it says is what to mend, then run it again.".into(),
        page: "docs/isolation.md",
    };
    PROBES.iter().map(of_probe).chain([none]).collect()
}

/// The section of the manifest that decides on what a probe asks.
fn section(probe: &str) -> &'static str {
    match probe {
        "P01" | "P02" | "P03" | "P25" => "identity",
        "P16" => "data",
        "P20" => "functions",
        "P21" => "api",
        "P23" => "observability",
        "P09" => "policy",
        "P12" | "P13" | "P22" | "P24" => "platform",
        _ => "tiers",
    }
}

/// Everything that one tenant may and may not do to its own data and to another's.
pub(crate) fn argument(argument: &Argument, judged: Method, width: usize) -> String {
    let mut sheet = Sheet::new(width);
    sheet.say(&format!("{BOLD}{} against {}{BOLD:#}, judged from {}", argument.from, argument.to, judged.word()));
    let mut layer = "";
    for step in &argument.steps {
        if step.layer != layer {
            layer = step.layer;
            sheet.heading(layer);
        }
        let (style, word) = match (step.decision, step.is_own) {
            (Decision::Allow, true) => (GOOD, "allowed"),
            (Decision::Allow, false) => (BAD, "ALLOWED"),
            (Decision::Unknown, _) => (BAD, "unknown"),
            (Decision::ExplicitDeny | Decision::ImplicitDeny, true) => (BAD, "refused"),
            (Decision::ExplicitDeny | Decision::ImplicitDeny, false) => (GOOD, "refused"),
        };
        let whose = if step.is_own { "own" } else { "other's" };
        let why = step.by.as_deref().map_or_else(|| "nothing allows it".into(), |by| format!("by {by}"));
        sheet.line(2, WHY, &format!("{style}{word:<8}{style:#} {whose:<8} {}", step.call));
        sheet.line(WHY, WHY, &format!("{DIM}{why}{DIM:#}"));
    }
    sheet.end()
}

/// Where it is said why a call is allowed or refused.
const WHY: usize = 12;

pub(crate) fn argument_document(argument: &Argument, judged: Method) -> Value {
    let word = |decision| match decision {
        Decision::Allow => "allow",
        Decision::ExplicitDeny => "explicit-deny",
        Decision::ImplicitDeny => "implicit-deny",
        Decision::Unknown => "unknown",
    };
    let steps: Vec<Value> = argument
        .steps
        .iter()
        .map(|s| json!({ "layer": s.layer, "own": s.is_own, "call": s.call, "decision": word(s.decision), "by": s.by }))
        .collect();
    json!({ "format": ARGUMENT, "from": argument.from, "to": argument.to, "judged_from": judged.word(), "sound": argument.is_sound(), "steps": steps })
}

/// Which probes noticed what was broken.
pub(crate) fn self_test(tested: &[Tested], width: usize) -> String {
    let mut sheet = Sheet::new(width);
    let mut table = Table::new([Column::plain(), Column::plain(), Column::plain()]);
    for t in tested {
        let (style, word, why) = match (t.applies, t.noticed_by.as_slice()) {
            (false, _) => (DIM, "skipped", "the platform has nothing of it".to_owned()),
            (true, []) => (BAD, "UNNOTICED", "no probe turned red".to_owned()),
            (true, probes) => (GOOD, "noticed", format!("by {}", probes.join(", "))),
        };
        table.row([format!("{style}{word}{style:#}"), t.name.to_string(), format!("{DIM}{why}{DIM:#}")]);
    }
    sheet.table(2, &table);
    sheet.blank();
    let applied = tested.iter().filter(|t| t.applies).count();
    let unnoticed = match tested.iter().filter(|t| !t.is_noticed()).count() {
        0 => "all of them noticed".into(),
        n => format!("{BAD}{} unnoticed{BAD:#}", thousands(n)),
    };
    sheet.say(&format!("{} broken on paper, {unnoticed}.", count(applied, "mutation")));
    sheet.end()
}

pub(crate) fn self_test_document(tested: &[Tested]) -> Value {
    let mutations: Vec<Value> =
        tested.iter().map(|t| json!({ "mutation": t.name, "applies": t.applies, "noticed_by": t.noticed_by })).collect();
    json!({ "format": SELF_TEST, "mutations": mutations })
}
