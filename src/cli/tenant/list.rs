//! `tenant list`: the manifest's tenants, without AWS.

use anyhow::Result;
use clap::Args;

use super::change::known_tier;
use crate::cli::{Format, Global, open};
use crate::exit::Exit;
use crate::ui::{Ui, tenant};

#[derive(Debug, Args)]
pub(super) struct List {
    /// Those of this tier alone.
    #[arg(long, value_name = "TIER")]
    tier: Option<String>,
}

impl List {
    pub(super) fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let (manifest, ..) = open::files(global)?;
        let tier = self.tier.as_deref().map(|tier| known_tier(&manifest, tier)).transpose()?;
        let tenants: Vec<_> = manifest.tenants.iter().filter(|(_, t)| tier.as_ref().is_none_or(|tier| t.tier.value == *tier)).collect();
        match global.output {
            Format::Text => ui.answer(&tenant::list(&tenants, ui.width_of_stdout()))?,
            _ => ui.answer(&global.document(&tenant::list_json(&tenants))?)?,
        }
        Ok(Exit::Done)
    }
}
