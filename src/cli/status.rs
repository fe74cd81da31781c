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
    /// How much is shown; `full` has a line for every tenant.
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Detail::Normal)]
    detail: Detail,
}

impl Status {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let opened = open(global, ui).await?;
        let desired = opened.desired()?;
        let live = opened.live(&desired).await?;
        let plan = diff(&opened.names, &desired, &live, &Named::default())?;
        match global.output {
            Format::Text => ui.tell(&status::text(&opened.manifest, &live, &plan, self.detail))?,
            _ => ui.answer(&global.document(&status::json(&opened.manifest, &live, &plan))?)?,
        }
        Ok(Exit::Done)
    }
}
