//! `status`: what is live, by tier and tenant.

use anyhow::Result;
use clap::Args;

use super::open::open;
use super::{Format, Global};
use crate::exit::Exit;
use crate::plan::{Named, diff};
use crate::ui::plan::Detail;
use crate::ui::{Ui, status};

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Show every tenant on a line of its own.
    #[arg(long)]
    full: bool,
}

impl Status {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let opened = open(global, ui).await?;
        let desired = opened.desired()?;
        let live = opened.live(&desired).await?;
        let plan = diff(&opened.names, &desired, &live, &Named::default())?;
        let detail = if self.full { Detail::Full } else { Detail::Folded };
        match global.output {
            Format::Text => ui.answer(&status::text(&opened.manifest, &live, &plan, detail))?,
            _ => ui.answer(&global.document(&status::json(&opened.manifest, &live, &plan))?)?,
        }
        Ok(Exit::Done)
    }
}
