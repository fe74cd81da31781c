//! `status`: what is live, by tier and tenant.

use anyhow::Result;
use clap::Args;

use super::open::open as opened;
use super::{Format, Global};
use crate::apply::record;
use crate::exit::Exit;
use crate::plan::page::open;
use crate::plan::{Named, diff};
use crate::ui::plan::{Detail, Look};
use crate::ui::{Ui, status};

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// How much is shown; `full` has a line for every tenant.
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Detail::Normal)]
    detail: Detail,
}

impl Status {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let opened = opened(global, ui).await?;
        let desired = opened.desired()?;
        let live = opened.live(&desired).await?;
        let plan = diff(&opened.names, &desired, &live, &Named::default())?;
        // What was accepted is remembered even where the manifest is mended and not applied yet.
        let accepted = record::accepted(&opened.aws, &opened.names).await?;
        let isolation = status::Isolation { open: open::of(&opened.isolation(&desired)?, &accepted), accepted };
        match global.output {
            Format::Text => {
                let look = Look { detail: self.detail, width: ui.width_of_stdout() };
                ui.tell(&status::text(&opened.manifest, &live, &plan, &isolation, look))?;
            }
            _ => ui.answer(&global.document(&status::json(&opened.manifest, &live, &plan, &isolation))?)?,
        }
        Ok(Exit::Done)
    }
}
