//! The manual's commands run as written, each page in a folder of its own.

use std::path::Path;

use crate::python::here;
use crate::scenarios::{shell, shipped};

/// Runs what stands behind `$ ` in the console blocks of a page, in its order, and counts it.
fn run(page: &Path, folder: &Path) -> usize {
    let text = std::fs::read_to_string(page).unwrap();
    // What another build has left there is none of this one's.
    let states = text.split("--sandbox=").skip(1).filter_map(|rest| rest.split([' ', '`', '\n']).next());
    for state in states.filter(|state| state.starts_with("/tmp/")) {
        let _ = std::fs::remove_file(state);
    }
    let mut ran = 0;
    // `cargo run --` stands for the installed binary.
    for block in text.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for line in block.lines().filter_map(|line| line.trim_start().strip_prefix("$ ")) {
            let line = line.replace("cargo run -q -- ", "tenantry ").replace("cargo run -- ", "tenantry ");
            if line.starts_with("git ") || line.starts_with("cargo ") || line.starts_with("cd ") {
                continue;
            }
            let (printed, code) = shell(folder, &line);
            assert_eq!(code, 0, "{}: `{line}` printed:\n{printed}", page.display());
            ran += 1;
        }
    }
    ran
}

#[test]
fn the_readmes_commands_run() {
    let folder = shipped();
    let ran = run(&here("README.md"), folder.path());
    assert!(ran >= 5, "only {ran} commands ran");
}

#[test]
fn the_tutorial_leads_from_nothing_to_an_onboarded_clinic() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(&here("docs/tutorial.md"), folder.path());
    assert!(ran >= 20, "only {ran} commands ran");
}

#[test]
fn the_how_to_pages_commands_run() {
    let mut pages: Vec<_> = std::fs::read_dir(here("docs/how-to")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.push(here("docs/sandbox.md"));
    pages.sort();
    for page in &pages {
        // Some begin with `init`, which wants a folder without a manifest.
        let begins = std::fs::read_to_string(page).unwrap().contains("$ tenantry init\n");
        let folder = if begins { tempfile::tempdir().unwrap() } else { shipped() };
        assert!(run(page, folder.path()) > 0, "{} has no commands", page.display());
    }
    assert!(pages.len() >= 6, "{pages:?}");
}

/// Every page that another links to is there.
#[test]
fn the_manuals_links_lead_somewhere() {
    let mut pages = vec![here("README.md"), here("CONTRIBUTING.md"), here("CHANGELOG.md")];
    for folder in ["docs", "docs/how-to", "docs/reference", "docs/decisions"] {
        let inside = std::fs::read_dir(here(folder)).unwrap().map(|entry| entry.unwrap().path());
        pages.extend(inside.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    let mut links = 0;
    for page in &pages {
        let text = std::fs::read_to_string(page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap();
            if path.is_empty() || path.contains("://") || path.contains(' ') {
                continue;
            }
            assert!(page.parent().unwrap().join(path).exists(), "{} links to `{link}`, which is not there", page.display());
            links += 1;
        }
    }
    assert!(links > 40, "{links} links");
}
