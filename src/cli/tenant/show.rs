//! `tenant show`: what the manifest says of a tenant, and what of it is live.

use anyhow::Result;
use clap::Args;

use super::change::unknown;
use crate::address::Owner;
use crate::cli::open::open;
use crate::cli::{Format, Global};
use crate::exit::Exit;
use crate::names::TenantId;
use crate::plan::{Named, diff};
use crate::ui::{Ui, tenant};

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The tenant's id; one that has left the manifest is shown by what is kept of it.
    id: String,
}

impl Show {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let opened = open(global, ui).await?;
        let desired = opened.desired()?;
        let live = opened.live(&desired).await?;
        let id = self.id.parse::<TenantId>().ok();
        let known = |id: &TenantId| {
            let owner = Owner::Tenant(id.clone());
            opened.manifest.tenants.contains_key(id) || tenant::is_live(&live, &owner)
        };
        let Some(id) = id.filter(known) else {
            return Err(unknown(&self.id, tenant::known(&opened.manifest, &live)));
        };
        let plan = diff(&opened.names, &desired, &live, &Named::default())?;
        let portrait = tenant::Portrait { id: &id, manifest: &opened.manifest, live: &live, plan: &plan };
        match global.output {
            Format::Text => ui.tell(&portrait.text(ui.width_of_stdout()))?,
            _ => ui.answer(&global.document(&portrait.json())?)?,
        }
        Ok(Exit::Done)
    }
}
