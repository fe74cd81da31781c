//! What people read fits the terminal that they read it on, whoever prints it; nothing is cut.

use std::collections::BTreeSet;

use crate::scenarios::{demands, shell, shipped};

const COMMANDS: &[&str] = &[
    "plan",
    "plan --detail full",
    "status",
    "tenant list",
    "tenant show clinic-a",
    "doctor",
    "verify",
    "verify --pair clinic-a clinic-e",
    "verify --self-test",
    "costs",
    "documents status",
];

/// What can't be broken: a word, an option with its value, a command to copy.
fn is_whole(line: &str) -> bool {
    let line = line.trim();
    let rest = line.trim_start_matches(['✓', '~', '=', ' ']);
    !rest.contains(' ') || ["--", "`tenantry ", "`aws ", "tenantry "].iter().any(|whole| line.starts_with(whole))
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split_whitespace().map(|word| word.trim_end_matches(';')).collect()
}

#[test]
fn every_text_fits_its_width_and_nothing_is_cut() {
    let folder = shipped();
    let folder = folder.path();
    demands(folder, "tenantry apply --sandbox --yes -q", 0, &[]);
    for command in COMMANDS {
        let at = |width: usize| {
            let (printed, code) = shell(folder, &format!("COLUMNS={width} tenantry {command} --sandbox -q"));
            assert!(code == 0 && !printed.contains("panicked"), "`{command}` at {width} ended with {code}:\n{printed}");
            printed
        };
        let usual = at(80);
        for (width, printed) in [(80, at(120)), (80, usual.clone()), (60, at(60)), (40, at(40)), (20, at(20))] {
            let wide = printed.lines().find(|line| line.chars().count() > width && !is_whole(line));
            assert_eq!(wide, None, "`{command}` at {width} columns:\n{printed}");
            // Times pass between two runs, and a table's heads are no text of their own.
            let shown = words(&printed);
            let missing: Vec<&str> =
                words(&usual).into_iter().filter(|word| !shown.contains(word) && !word.contains('T') && *word != "tenant").collect();
            assert!(missing.is_empty(), "`{command}` at {width} columns leaves out {missing:?}:\n{printed}");
        }
    }
}

#[test]
fn a_summary_of_the_first_apply_is_half_a_screen() {
    let folder = shipped();
    let printed =
        demands(folder.path(), "tenantry plan --sandbox -q --detail summary", 0, &["+ create 4 tenants, tier basic", "185 to create"]);
    assert!(printed.lines().count() < 20, "{} lines:\n{printed}", printed.lines().count());
}
