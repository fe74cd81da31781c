//! `destroy`: the platform without what holds data, unless that is named.

use anyhow::Result;
use clap::Args;

use super::Global;
use super::apply::{Sides, carry_out};
use super::open::open;
use super::plan::Shown;
use crate::desired::Desired;
use crate::exit::Exit;
use crate::plan::Plan;
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(crate) struct Destroy {
    #[command(flatten)]
    shown: Shown,
    /// The platform's name, instead of being asked for it.
    #[arg(long, value_name = "PLATFORM")]
    confirm: Option<String>,
}

impl Destroy {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let opened = open(global, ui).await?;
        let platform = opened.names.platform.as_str();
        let ask = |ui: &Ui, _: &Plan| match self.confirm.as_deref() {
            Some(name) if name == platform => Ok(()),
            Some(name) => {
                let words = format!("--confirm says `{name}`, the platform is `{platform}`; nothing was changed");
                Err(crate::exit::Stop::at(Exit::Guarded, words))
            }
            None => {
                ui.confirm(&format!("Destroy platform `{platform}`? Type its name to go on:"), platform, &format!("--confirm {platform}"))
            }
        };
        let (known, wanted) = (opened.desired()?, Desired::default());
        carry_out(&opened, Sides { known: &known, wanted: &wanted }, &self.shown, None, global, ui, ask).await
    }
}
