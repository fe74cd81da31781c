//! The pages under docs/reference/, generated from the code so that they can't say anything else: a test compares them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use clap::CommandFactory as _;
use serde_json::Value;

use crate::cli::Cli;
use crate::explain::{TOPICS, WORDS};
use crate::kinds::KINDS;
use crate::manifest::Known;
use crate::quotas::{QUOTAS, RATES};
use crate::rights::Does;
use crate::schema::field::{entry, keys, needs, says, sort};
use crate::schema::manifest;

const GENERATED: &str = "<!-- Generated from the code: TENANTRY_UPDATE=1 cargo test --bin tenantry reference -->\n";

/// One line of a table: nothing in it may end a cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn manifest_page() -> String {
    let mut out = format!(
        "{GENERATED}\n# The manifest\n\nEvery key of `tenants.yaml`. `tenantry explain FIELD` prints the same, `tenantry schema manifest` the JSON \
         Schema. Where keys are names of your own, `*` stands for one. What is **bold** is needed.\n"
    );
    section(&mut out, "", &manifest(&Known::default()));
    out
}

/// A heading, what it is, its keys, and then each section below it.
fn section(out: &mut String, path: &str, schema: &Value) {
    if !path.is_empty() {
        let _ = writeln!(out, "\n## {path}\n\n{}", says(schema));
    }
    let all = keys(schema);
    if all.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n| key | what may stand there | meaning |\n|---|---|---|");
    for (key, part) in &all {
        let key = if needs(schema, key) { format!("**`{key}`**") } else { format!("`{key}`") };
        let _ = writeln!(out, "| {key} | {} | {} |", cell(&sort(part)), cell(says(part)));
    }
    for (key, part) in all {
        let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        match entry(part) {
            Some(entry) if !keys(entry).is_empty() => section(out, &format!("{path}.*"), entry),
            _ if !keys(part).is_empty() => section(out, &path, part),
            _ => {}
        }
    }
}

fn exit_codes_page() -> String {
    let mut out = format!(
        "{GENERATED}\n# Exit codes and error codes\n\n`tenantry explain CODE` prints the same. JSON documents about an ending carry \
         `exit: {{code, name}}`, since wrappers lose exit codes.\n"
    );
    let (endings, findings): (Vec<_>, Vec<_>) = TOPICS.iter().partition(|topic| topic.exit.is_some());
    let _ = writeln!(out, "\n## Endings\n\n| code | name | meaning | what to do |\n|---|---|---|---|");
    for topic in endings {
        let exit = topic.exit.unwrap_or_default();
        let _ = writeln!(out, "| {exit} | `{}` | {} | {} |", topic.code, cell(topic.title), cell(topic.text));
    }
    let _ = writeln!(out, "\n## Findings in files\n\nThey end a command with 65.\n\n| name | meaning | what to do |\n|---|---|---|");
    for topic in findings {
        let _ = writeln!(out, "| `{}` | {} | {} |", topic.code, cell(topic.title), cell(topic.text));
    }
    let _ = writeln!(out, "\n## Signs and words\n\n| sign | word | meaning | more |\n|---|---|---|---|");
    for word in WORDS {
        let _ = writeln!(out, "| {} | `{}` | {} | {} |", cell(word.sign), word.word, cell(word.title), cell(word.text));
    }
    out
}

fn commands_page() -> String {
    let mut out = format!("{GENERATED}\n# Commands\n\nAs `--help` says. Global options stand at the end of this page alone.\n");
    let mut cli = Cli::command().max_term_width(100).term_width(100);
    cli.build();
    for command in cli.get_subcommands().filter(|command| command.get_name() != "help") {
        described(&mut out, &mut command.clone());
    }
    let _ = writeln!(out, "\n## Global options\n\n```text\n{}\n```", cli.render_long_help().to_string().trim_end());
    out
}

fn described(out: &mut String, command: &mut clap::Command) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    let help = command.render_long_help().to_string();
    // What every command has is said once.
    let own = help.split("\nGlobal options:").next().unwrap_or_default();
    let after = command.get_after_help().map(ToString::to_string).filter(|after| !own.contains(after.trim())).unwrap_or_default();
    let _ = writeln!(
        out,
        "\n## {name}\n\n```text\n{}\n{}```",
        own.trim_end(),
        if after.is_empty() { after } else { format!("\n{}\n", after.trim_end()) }
    );
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        described(out, &mut below.clone());
    }
}

fn kinds_page() -> String {
    let mut out = format!(
        "{GENERATED}\n# Kinds\n\nEach kind of resource, in the order of creation, with the IAM actions that it is read by (`plan`) and written by \
         (`apply`). `tenantry doctor --print-policy plan` and `apply` make policies of them, scoped to the platform's names.\n\n\
         | kind | holds data | reads | writes |\n|---|---|---|---|\n"
    );
    for kind in KINDS {
        let actions = |does: Does| {
            let all = kind.rights().iter().filter(|right| right.does == does).flat_map(|right| right.actions);
            let all: BTreeSet<String> = all.map(|action| format!("`{action}`")).collect();
            all.into_iter().collect::<Vec<_>>().join(", ")
        };
        let data = if kind.holds_data() { "yes" } else { "" };
        let _ = writeln!(out, "| `{}` | {data} | {} | {} |", kind.name(), actions(Does::Read), actions(Does::Write));
    }
    out
}

fn quotas_page() -> String {
    let mut out = format!(
        "{GENERATED}\n# AWS's quotas\n\nWhat a plan is held against before anything is written. An exceeded one is refused with its number; from \
         80 % on a plan says so. `tenantry doctor` says how many more tenants fit.\n\n| quota | most | unit | read | source |\n|---|---|---|---|---|\n"
    );
    for quota in QUOTAS {
        let _ = writeln!(out, "| `{}` | {} | {} | {} | [AWS]({}) |", quota.id, quota.most, cell(quota.unit), quota.read, quota.source);
    }
    let _ = writeln!(out, "\n## Rates\n\nThey bound how long an apply takes.\n\n| rate | bound | read | source |\n|---|---|---|---|");
    for rate in RATES {
        let _ = writeln!(out, "| `{}` | {} | {} | [AWS]({}) |", rate.id, cell(&rate.text()), rate.read, rate.source);
    }
    out
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the pages are compared with what is in the repository")]
fn the_reference_is_what_the_code_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    let update = std::env::var_os("TENANTRY_UPDATE").is_some();
    let pages = [
        ("manifest.md", manifest_page()),
        ("exit-codes.md", exit_codes_page()),
        ("commands.md", commands_page()),
        ("kinds.md", kinds_page()),
        ("quotas.md", quotas_page()),
    ];
    for (name, page) in pages {
        let path = folder.join(name);
        if update {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &page).unwrap();
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(there == page, "docs/reference/{name} is not what the code says; TENANTRY_UPDATE=1 writes it anew");
    }
}
