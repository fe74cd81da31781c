//! `validate`: everything that is wrong with the files, without AWS.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;

use super::{Format, Global, ci, open};
use crate::compile::compile;
use crate::diagnostic::Diagnostics;
use crate::exit::Exit;
use crate::manifest::{self, quotas};
use crate::ui::findings::{self, Places, placed};
use crate::ui::style::{GOOD, count};
use crate::ui::{Ui, github};

pub(super) fn run(global: &Global, ui: &Ui) -> Result<Exit> {
    let reading = manifest::open(&global.manifest)?;
    let source = Arc::clone(&reading.source);
    let (manifest, library, names, mut warnings) = match open::judged(&global.manifest, reading) {
        Ok(files) => files,
        Err(error) => return refuse(error, global, ui),
    };
    let desired = compile(&manifest, &library, &names)?;
    warnings.extend(quotas(&source, &desired));
    if warnings.has_errors() {
        return refuse(warnings.into(), global, ui);
    }
    tell(&warnings, Exit::Done, global, ui)?;
    if global.output != Format::Text {
        return Ok(Exit::Done);
    }
    if !warnings.is_empty() {
        ui.findings(&warnings);
    }
    ui.answer(&format!(
        "{GOOD}Valid:{GOOD:#} {}, {} with {}, {} to keep in AWS.\n",
        count(manifest.tiers.len(), "tier"),
        count(manifest.tenants.len(), "tenant"),
        count(manifest.tenants.values().map(|t| t.users.len()).sum(), "user"),
        count(desired.specs().len(), "resource")
    ))?;
    Ok(Exit::Done)
}

fn refuse(error: anyhow::Error, global: &Global, ui: &Ui) -> Result<Exit> {
    let Some(findings) = error.downcast_ref::<Diagnostics>() else { return Err(error) };
    tell(findings, Exit::Manifest, global, ui)?;
    // People read them on stderr, as those of any other command.
    if global.output == Format::Text { Err(error) } else { Ok(Exit::Manifest) }
}

/// The findings in the form that was asked for, and to the pipeline.
fn tell(findings: &Diagnostics, exit: Exit, global: &Global, ui: &Ui) -> Result<()> {
    let found = findings.found();
    let files = places()?.all(&found);
    let at_place = placed(&found, &files);
    match global.output {
        Format::Text | Format::Markdown | Format::Html => {}
        Format::Json | Format::Yaml => ui.answer(&global.document(&findings::document(findings, exit))?)?,
        Format::Sarif => ui.answer(&format!("{:#}\n", findings::sarif(&at_place)))?,
        Format::Github => ui.answer(&github::annotations(&at_place))?,
        Format::Gitlab => ui.answer(&format!("{:#}\n", findings::gitlab(&at_place)))?,
    }
    ci::validated(global, &at_place)
}

/// Pipelines name files from the top of the repository, wherever in it a command runs.
pub(super) fn places() -> Result<Places> {
    let here = std::env::current_dir()?;
    let top = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"].iter().find_map(|name| std::env::var_os(name).filter(|top| !top.is_empty()));
    Ok(Places::new(here.clone(), top.map_or(here, PathBuf::from)))
}
