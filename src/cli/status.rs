//! `status`: what is live, by tier and tenant.

use anyhow::Result;

use super::open::open;
use super::{Format, Global};
use crate::exit::Exit;
use crate::plan::{Named, diff};
use crate::ui::{Ui, status};

pub(super) async fn run(global: &Global, ui: &Ui) -> Result<Exit> {
    let opened = open(global, ui).await?;
    let desired = opened.desired()?;
    let live = opened.live(&desired).await?;
    let plan = diff(&opened.names, &desired, &live, &Named::default())?;
    match global.output {
        Format::Text => ui.answer(&status::text(&opened.manifest, &live, &plan))?,
        Format::Json | Format::Yaml => ui.answer(&global.document(&status::json(&opened.manifest, &live, &plan))?)?,
    }
    Ok(Exit::Done)
}
