//! `man`: the manual pages of all commands, made from the same words as `--help`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, CommandFactory as _};

use super::Cli;
use crate::exit::Exit;
use crate::library::overwrite;
use crate::ui::Ui;
use crate::ui::style::count;

const AFTER: &str = "\
Examples:
  tenantry man | man -l -                             read the page of tenantry(1)
  tenantry man --out ~/.local/share/man/man1          write the pages of all commands where man looks for them";

/// Print the manual page of tenantry, or write those of all commands.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(crate) struct Man {
    /// Write the pages of all commands into this folder; pages that are there already are replaced.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(&self, ui: &Ui) -> Result<Exit> {
        let pages = pages()?;
        let Some(folder) = &self.out else {
            let first = pages.into_iter().next().map(|(_, page)| page).unwrap_or_default();
            ui.answer(&first)?;
            return Ok(Exit::Done);
        };
        for (name, page) in &pages {
            overwrite(&folder.join(name), page)?;
        }
        ui.answer(&format!("Wrote {} to `{}`.\n", count(pages.len(), "page"), folder.display()))?;
        Ok(Exit::Done)
    }
}

/// File names and pages: the program's first, then one for each command.
fn pages() -> Result<Vec<(String, String)>> {
    let mut root = Cli::command();
    root.build();
    let mut pages = Vec::new();
    add(&mut pages, &root)?;
    Ok(pages)
}

fn add(pages: &mut Vec<(String, String)>, command: &clap::Command) -> Result<()> {
    // The page's name is that of the whole command: tenantry-sandbox-serve.
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).replace(' ', "-");
    let titled = command.clone().display_name(name.clone());
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(titled)
        .title(name.clone())
        .manual("Tenantry Manual")
        .source(format!("tenantry {}", env!("CARGO_PKG_VERSION")));
    man.render(&mut page).with_context(|| format!("writing the page of `{name}`"))?;
    pages.push((format!("{name}.1"), String::from_utf8(page).with_context(|| format!("writing the page of `{name}`"))?));
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        add(pages, sub)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_under_its_whole_name() {
        let pages = pages().unwrap();
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names[0], "tenantry.1");
        for name in ["tenantry-plan.1", "tenantry-sandbox-serve.1", "tenantry-documents-push.1", "tenantry-man.1"] {
            assert!(names.contains(&name), "{name} is not among {names:?}");
        }
        for (name, page) in &pages {
            let title = name.trim_end_matches(".1").replace('-', "\\-");
            assert!(page.contains(".SH NAME") && page.contains(".SH SYNOPSIS") && page.contains(&title), "{name}:\n{page}");
        }
    }
}
