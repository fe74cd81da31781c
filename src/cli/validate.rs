//! `validate`: everything that is wrong with the files, without AWS.

use anyhow::Result;
use serde_json::json;

use super::{Format, Global, open};
use crate::compile::compile;
use crate::diagnostic::Diagnostics;
use crate::exit::Exit;
use crate::ui::Ui;
use crate::ui::style::{GOOD, count};

const FINDINGS: &str = "tenantry-findings/1.0";

pub(super) fn run(global: &Global, ui: &Ui) -> Result<Exit> {
    let read = open::files(global);
    let (manifest, library, names, warnings) = match read {
        Ok(files) => files,
        Err(error) if global.output != Format::Text && error.is::<Diagnostics>() => {
            let findings = error.downcast_ref::<Diagnostics>().map(Diagnostics::to_json);
            ui.answer(&global.document(&json!({ "format": FINDINGS, "findings": findings }))?)?;
            return Ok(Exit::Manifest);
        }
        Err(error) => return Err(error),
    };
    let desired = compile(&manifest, &library, &names)?;
    if global.output != Format::Text {
        ui.answer(&global.document(&json!({ "format": FINDINGS, "findings": warnings.to_json() }))?)?;
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
