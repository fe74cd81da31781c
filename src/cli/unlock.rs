//! `unlock`: removes the lock that an apply left behind when it was killed.

use anyhow::Result;
use clap::Args;

use super::Global;
use super::open::open;
use crate::apply::lock;
use crate::exit::Exit;
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(crate) struct Unlock {
    /// Don't ask.
    #[arg(short, long)]
    yes: bool,
}

impl Unlock {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let opened = open(global, ui).await?;
        let Some((holder, etag)) = lock::read(&opened.aws, &opened.names).await? else {
            ui.answer("Nobody holds the lock.\n")?;
            return Ok(Exit::Done);
        };
        if !self.yes {
            let question = format!("`{}` has held the lock since {}. Remove it? Only `yes` goes on:", holder.who, holder.since);
            ui.confirm(&question, "yes", "--yes")?;
        }
        lock::remove(&opened.aws, &opened.names, &etag).await?;
        opened.aws.save()?;
        ui.answer(&format!("Removed the lock that `{}` held since {}.\n", holder.who, holder.since))?;
        Ok(Exit::Done)
    }
}
