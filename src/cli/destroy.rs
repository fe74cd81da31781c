//! `destroy`: the platform without what holds data, unless that is named.

use anyhow::Result;
use clap::Args;

use super::Global;
use super::apply::{Consent, Gate, Job};
use super::open::open;
use super::shown::{Narrow, Shown};
use crate::desired::Desired;
use crate::exit::{Exit, Stop};
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
        let platform = opened.names.platform.to_string();
        let consent = match self.confirm.as_deref() {
            Some(name) if name == platform => Consent::Given,
            Some(name) => {
                let words = format!("--confirm says `{name}`, the platform is `{platform}`; nothing was changed");
                return Err(Stop::at(Exit::Guarded, words));
            }
            None => Consent::Ask {
                question: format!("Destroy platform `{platform}`? Type its name to go on:"),
                flag: format!("--confirm {platform}"),
                word: platform,
            },
        };
        let (known, wanted) = (opened.desired()?, Desired::default());
        let (shown, narrow, gate) = (&self.shown, &Narrow::default(), Gate::default());
        Job { opened, known: &known, wanted: &wanted, shown, narrow, gate, reviewed: None, consent, global, ui }.run().await
    }
}
