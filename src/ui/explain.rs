//! What a code means and what a field of the manifest takes, at length.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::sheet::{WIDTH, wrapped};
use super::style::{BOLD, DIM};
use crate::explain::{Explained, TOPICS, WORDS};
use crate::isolation::probes::PROBES;
use crate::quotas::QUOTAS;
use crate::schema::field::{entry, keys, needs, says, sort};

/// Every code, a line each.
pub(crate) fn list() -> String {
    let width = TOPICS.iter().map(|topic| topic.code.len()).max().unwrap_or(0);
    let mut out = format!("{BOLD}Codes{BOLD:#}, as errors carry them; endings with the exit code of the command:\n\n");
    for topic in TOPICS {
        let exit = topic.exit.map_or_else(|| "   ".into(), |exit| format!("{exit:>3}"));
        let _ = writeln!(out, "  {exit}  {:<width$}  {}", topic.code, topic.title);
    }
    for (what, names) in beside() {
        let _ = writeln!(out, "\n{BOLD}{what}{BOLD:#}");
        out.push_str(&wrapped(&names, WIDTH, 2, 2));
    }
    let _ = writeln!(out, "\ntenantry explain WORD says more of each; so it does of a field of the manifest, such as 'tiers.*.memory'.");
    out
}

/// What else can be asked about, by sort.
fn beside() -> [(&'static str, String); 4] {
    let (signs, words): (Vec<_>, Vec<_>) = WORDS.iter().partition(|word| !word.sign.is_empty());
    let ends = |ids: Vec<&str>| match (ids.first(), ids.last()) {
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => String::new(),
    };
    [
        ("Signs of a plan", signs.iter().map(|word| format!("{} {}", word.sign, word.word)).collect::<Vec<_>>().join(", ")),
        ("Words", words.iter().map(|word| word.word).collect::<Vec<_>>().join(", ")),
        ("Probes of verify", ends(PROBES.iter().map(|probe| probe.id).collect())),
        ("AWS's quotas", QUOTAS.iter().map(|quota| quota.id).collect::<Vec<_>>().join(", ")),
    ]
}

pub(crate) fn topic(topic: &Explained) -> String {
    let exit = topic.exit.map(|exit| format!("  {DIM}exit code {exit}{DIM:#}")).unwrap_or_default();
    let mut out = format!("{BOLD}{}{BOLD:#}{exit}\n", topic.code);
    out.push_str(&told(0, &format!("{}.", capital(&topic.title))));
    out.push('\n');
    out.push_str(&told(0, &topic.text));
    out
}

pub(crate) fn topic_json(topic: &Explained) -> Value {
    json!({ "code": topic.code, "exit": topic.exit, "title": topic.title, "text": topic.text })
}

/// One part of the manifest and, of a section, its keys.
pub(crate) fn field(path: &str, schema: &Value) -> String {
    let mut out = format!("{BOLD}{path}{BOLD:#}  {DIM}{}{DIM:#}\n", sort(schema));
    out.push_str(&told(0, says(schema)));
    for example in schema.get("examples").and_then(Value::as_array).into_iter().flatten() {
        let _ = writeln!(out, "Example: {}", example.as_str().map_or_else(|| example.to_string(), ToOwned::to_owned));
    }
    let section = entry(schema).filter(|entry| !keys(entry).is_empty()).unwrap_or(schema);
    if !std::ptr::eq(section, schema) {
        out.push('\n');
        out.push_str(&told(0, &format!("Each: {}", says(section))));
    }
    for (key, part) in keys(section) {
        let needed = if needs(section, key) { ", needed" } else { "" };
        let _ = writeln!(out, "\n  {BOLD}{key}{BOLD:#}  {DIM}{}{needed}{DIM:#}", sort(part));
        out.push_str(&told(6, says(part)));
    }
    out
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// In lines that fit, each with the indent; nothing of nothing.
fn told(indent: usize, text: &str) -> String {
    if text.is_empty() { String::new() } else { wrapped(text, WIDTH, indent, indent) }
}
