//! `init`: a commented starter manifest with its templates and policies, in an empty folder.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::exit::{Exit, Stop};
use crate::library::{SHIPPED, place};
use crate::ui::Ui;
use crate::ui::style::count;

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder; it is created if it is not there.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

impl Init {
    pub(super) fn run(&self, ui: &Ui) -> Result<Exit> {
        let taken: Vec<&str> = SHIPPED.iter().map(|(path, _)| *path).filter(|path| self.folder.join(path).exists()).collect();
        if let Some(first) = taken.first() {
            let words = format!("`{}` exists already; init overwrites nothing (nothing was written)", self.folder.join(first).display());
            return Err(Stop::at(Exit::Guarded, words));
        }
        for (path, content) in SHIPPED {
            place(&self.folder.join(path), content)?;
        }
        ui.answer(&format!(
            "Wrote {} to `{}`.\nEdit tenants.yaml (platform, account, tiers, tenants), then: tenantry plan --sandbox\n",
            count(SHIPPED.len(), "file"),
            self.folder.display()
        ))?;
        Ok(Exit::Done)
    }
}
