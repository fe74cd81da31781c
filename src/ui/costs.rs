//! The account of tokens and money: a table for people, and a document for machines.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::documents::time;
use super::sheet::Sheet;
use super::style::{BOLD, CAREFUL, DIM};
use super::table::{Column, Table};
use crate::costs::query::Period;
use crate::costs::tags::{Activation, Standing};
use crate::costs::{Account, By, Group, Line, NAMELESS, Usage, Used};
use crate::diagnostic::{quoted, thousands};
use crate::manifest::Manifest;

const COSTS: &str = "tenantry-costs/1.0";

/// More than these are counted.
const NAMED: usize = 10;

/// What was asked, and what is known.
pub(crate) struct Report<'a> {
    pub(crate) period: Period,
    pub(crate) by: By,
    pub(crate) account: Account,
    pub(crate) used: &'a Used,
    /// Whose sums are no numbers of tokens.
    pub(crate) unusable: &'a BTreeSet<Line>,
    pub(crate) manifest: &'a Manifest,
    /// Lines that speak of usage and can't be read.
    pub(crate) unreadable: u64,
    /// Tiers with a runtime that has logged nothing yet.
    pub(crate) silent: Vec<&'a str>,
    pub(crate) activation: Activation,
}

/// What agents wrote may hold anything.
fn shown(name: &str) -> String {
    let text = quoted(name);
    text.trim_matches('`').to_owned()
}

fn money(group: &Group) -> String {
    let partly = if group.unpriced.is_empty() { "" } else { "+" };
    group.priced().map_or_else(|| "-".into(), |money| format!("{money}{partly}"))
}

pub(crate) fn text(report: &Report<'_>, width: usize) -> String {
    let mut sheet = Sheet::new(width);
    let (by, account) = (report.by, &report.account);
    sheet.say(&format!(
        "{BOLD}Tokens and money by {}{BOLD:#} {DIM}from {} to {}{DIM:#}",
        by.as_str(),
        time(report.period.from),
        time(report.period.to)
    ));
    let (used, idle): (Vec<_>, Vec<_>) = account.groups.iter().partition(|(_, group)| group.usage != Usage::default());
    if used.is_empty() {
        sheet.line(2, 4, "nothing was used");
    } else {
        let tier = if by == By::Tenant { "tier" } else { "" };
        let numbers = ["answers", "input", "output", "total", "USD"].map(Column::right);
        let mut table = Table::new([Column::left(by.as_str()), Column::left(tier)].into_iter().chain(numbers).chain([Column::plain()]));
        for (name, group) in &used {
            let tiers = if by == By::Tenant { group.tiers.iter().map(|t| shown(t)).collect::<Vec<_>>().join(",") } else { String::new() };
            let remark = match (group.declared, by) {
                (false, By::Tenant | By::Tier) => format!("{CAREFUL}not in the manifest{CAREFUL:#}"),
                _ => String::new(),
            };
            table.row([shown(name), tiers].into_iter().chain(numbers_of(group)).chain([remark]));
        }
        let bold = |text: String| format!("{BOLD}{text}{BOLD:#}");
        let sums = numbers_of(&account.total).map(bold);
        table.row([bold("total".into()), String::new()].into_iter().chain(sums).chain([String::new()]));
        sheet.table(2, &table);
        let names: Vec<String> = idle.iter().take(NAMED).map(|(name, _)| shown(name)).collect();
        if !names.is_empty() {
            let more = match idle.len() - names.len() {
                0 => String::new(),
                n => format!(" and {} more", thousands(n)),
            };
            sheet.line(2, 4, &format!("{DIM}nothing by {}{more}{DIM:#}", names.join(", ")));
        }
    }
    for note in notes(report) {
        sheet.line(0, 6, &format!("{CAREFUL}note:{CAREFUL:#} {note}"));
    }
    sheet.end()
}

fn numbers_of(group: &Group) -> [String; 5] {
    let Usage { answers, input, output, total } = group.usage;
    [thousands(answers), thousands(input), thousands(output), thousands(total), money(group)]
}

/// What the table does not say by itself.
fn notes(report: &Report<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let unpriced: Vec<String> = report.account.total.unpriced.iter().map(|model| shown(model)).collect();
    if !unpriced.is_empty() {
        let path = report.manifest.path.display();
        notes.push(format!(
            "without a price, and not in the money: {}; write it into {path}: `prices: {{ MODEL: {{ input: 0.10, output: 0.30 }} }}`",
            unpriced.join(", ")
        ));
    }
    if report.account.groups.contains_key(NAMELESS) {
        notes.push(format!("{NAMELESS}: lines that don't say their {}", report.by.as_str()));
    }
    if report.unreadable > 0 {
        let count = thousands(report.unreadable);
        notes.push(format!("lines that speak of inference_usage and are no JSON with an `event`: {count}; they are not in the sums"));
    }
    if !report.unusable.is_empty() {
        let said = |word: &Option<String>| word.as_deref().map_or_else(|| NAMELESS.to_owned(), shown);
        let who = |line: &Line| format!("tenant {}, tier {}, model {}", said(&line.tenant), said(&line.tier), said(&line.model));
        let some = report.unusable.iter().take(NAMED).map(who).collect::<Vec<_>>().join("; ");
        let more = match report.unusable.len().saturating_sub(NAMED) {
            0 => String::new(),
            n => format!("; and {n} more, which --output json lists"),
        };
        notes.push(format!("not in the sums, since their lines give impossible numbers of tokens: {some}{more}"));
    }
    if !report.silent.is_empty() {
        notes.push(format!("no log group yet of tier {}: its agent has printed nothing", report.silent.join(", ")));
    }
    match &report.activation {
        Activation::NotAsked => {}
        Activation::Denied(why) => notes.push(format!(
            "whether the projects' tags are cost allocation tags can't be seen ({why}); who pays the bill sees it under Billing and Cost \
             Management, Cost allocation tags, and allows it with ce:ListCostAllocationTags"
        )),
        Activation::Unknown(why) => notes.push(format!(
            "Cost Explorer did not say whether the projects' tags are cost allocation tags ({why}); run the command again, or leave the question \
             out with --no-tag-check"
        )),
        Activation::Known(tags) => {
            let those = |wanted: Standing| tags.iter().filter(|(_, s)| **s == wanted).map(|(key, _)| key.as_str()).collect::<Vec<_>>();
            let (inactive, unseen) = (those(Standing::Inactive), those(Standing::Unseen));
            if !inactive.is_empty() {
                let entries: Vec<String> = inactive.iter().map(|key| format!("TagKey={},Status=Active", typed(key))).collect();
                notes.push(format!(
                    "not activated as cost allocation tags, so AWS's bill does not tell tiers apart by them: {}; activate them with \
                     `aws ce update-cost-allocation-tags-status --cost-allocation-tags-status {}` (from then on, not for the past)",
                    inactive.join(", "),
                    entries.join(" ")
                ));
            }
            if !unseen.is_empty() {
                notes.push(format!(
                    "not known to AWS's billing yet: the tags {}; they can be activated up to a day after their first use",
                    unseen.join(", ")
                ));
            }
        }
    }
    notes
}

/// A key as a shell takes it.
fn typed(key: &str) -> String {
    if key.contains(' ') { format!("'{key}'") } else { key.to_owned() }
}

pub(crate) fn json(report: &Report<'_>) -> Value {
    let usage = |usage: &Usage| json!({ "answers": usage.answers, "input_tokens": usage.input, "output_tokens": usage.output, "total_tokens": usage.total });
    let group = |group: &Group| {
        let mut document = usage(&group.usage);
        if let Some(map) = document.as_object_mut() {
            map.insert("usd".into(), json!(group.priced().map(|money| money.to_string())));
            map.insert("models_without_price".into(), json!(group.unpriced));
        }
        document
    };
    let lines: Vec<Value> = report
        .account
        .groups
        .iter()
        .map(|(name, of)| {
            let mut document = group(of);
            if let Some(map) = document.as_object_mut() {
                map.insert(report.by.as_str().into(), json!((name != NAMELESS).then_some(name)));
                map.insert("declared".into(), json!(of.declared));
                map.insert("tiers".into(), json!(of.tiers));
            }
            document
        })
        .collect();
    let each = |(line, used): (&Line, &Usage)| {
        let mut document = usage(used);
        if let Some(map) = document.as_object_mut() {
            map.extend([("tier", &line.tier), ("tenant", &line.tenant), ("model", &line.model)].map(|(k, v)| (k.to_owned(), json!(v))));
        }
        document
    };
    let activation = match &report.activation {
        Activation::NotAsked => json!({ "state": "not_asked" }),
        Activation::Denied(why) => json!({ "state": "denied", "why": why }),
        Activation::Unknown(why) => json!({ "state": "unknown", "why": why }),
        Activation::Known(tags) => {
            let tags: serde_json::Map<String, Value> = tags.iter().map(|(key, s)| (key.clone(), json!(s.as_str()))).collect();
            json!({ "state": "known", "tags": tags })
        }
    };
    json!({
        "format": COSTS,
        "from": time(report.period.from),
        "to": time(report.period.to),
        "by": report.by.as_str(),
        "lines": lines,
        "total": group(&report.account.total),
        "usage": report.used.iter().map(each).collect::<Vec<_>>(),
        "unreadable_lines": report.unreadable,
        "unusable": report.unusable.iter().map(|line| json!({ "tier": line.tier, "tenant": line.tenant, "model": line.model })).collect::<Vec<_>>(),
        "tiers_without_logs": report.silent,
        "cost_allocation_tags": activation,
        "notes": notes(report),
    })
}
