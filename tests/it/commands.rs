//! Every command of the tree, with nothing, with too much, and with nonsense.

use std::path::Path;

use crate::scenarios::{demands, shell};

/// Each command with the words that lead to it, as the help of each lists what stands below.
fn tree(folder: &Path, path: &str, out: &mut Vec<String>) {
    let help = demands(folder, &format!("tenantry {path} --help"), 0, &["Usage: tenantry"]);
    out.push(path.to_owned());
    let listed = help.split("\nCommands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap_or_default();
    let below = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    for name in below.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        tree(folder, format!("{path} {name}").trim(), out);
    }
}

/// The line that says what is wrong: not after a panic, in lower case, and with a way out.
fn is_an_answer(line: &str, printed: &str) {
    assert!(!printed.contains("panicked"), "`{line}`:\n{printed}");
    let error = printed.lines().find(|line| line.starts_with("error")).unwrap_or_else(|| panic!("`{line}` says no error:\n{printed}"));
    let said = error.split_once(": ").map(|(_, said)| said).unwrap_or_default();
    assert!(said.starts_with(|c: char| !c.is_uppercase()), "`{line}`: {error}");
    let ways = ["--help", "try", "`tenantry ", "= help:", "hint:", "nothing was", "name ", "[subcommands:"];
    assert!(ways.iter().any(|way| printed.contains(way)), "`{line}` says no way out:\n{printed}");
}

#[test]
fn every_command_answers_what_it_can_not_take() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mut all = Vec::new();
    tree(at, "", &mut all);
    assert!(all.len() >= 33 && all.iter().any(|path| path == "tenant move"), "{all:?}");
    for path in all {
        for more in ["--no-such-flag", "a b c d e f", "--jobs x", "--output sarif", "--color maybe"] {
            // It takes any number of tenants; one that nobody declares is for the manifest to say.
            if path == "documents status" && more.starts_with('a') {
                continue;
            }
            let line = format!("timeout 60 tenantry {path} {more} </dev/null");
            let (printed, code) = shell(at, &line);
            // One form of an answer belongs to one command.
            if more == "--output sarif" && (path == "validate" || code == 64) {
                assert!(!printed.contains("panicked"), "{printed}");
                continue;
            }
            assert_eq!(code, 64, "`{line}` printed:\n{printed}");
            is_an_answer(&line, &printed);
        }
    }
}

#[test]
fn every_command_that_reads_a_manifest_says_what_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("later.yaml"), "version: 9\nfuture: {}\n").unwrap();
    std::fs::write(at.join("empty.yaml"), "").unwrap();
    let commands = [
        "validate",
        "plan",
        "apply --yes",
        "destroy --confirm x",
        "status",
        "documents status",
        "documents push clinic-a .",
        "costs",
        "tenant list",
        "tenant show clinic-a",
        "tenant add clinic-a --tier basic",
        "tenant move clinic-a --to basic",
        "tenant rename clinic-a --name A",
        "tenant suspend clinic-a",
        "tenant resume clinic-a",
        "offboard clinic-a",
        "graph",
        "verify",
        "verify --offline",
        "drift",
        "doctor",
        "unlock --yes",
    ];
    for command in commands {
        for (file, word) in [("no.yaml", "there is no manifest"), ("later.yaml", "version 9"), ("empty.yaml", "empty"), (".", "directory")]
        {
            let line = format!("COLUMNS=20 timeout 60 tenantry {command} --sandbox -f {file} </dev/null");
            let printed = demands(at, &line, 65, &[word]);
            is_an_answer(&line, &printed);
            assert!(!at.join(".tenantry").exists(), "`{line}` left a sandbox behind");
        }
    }
}
