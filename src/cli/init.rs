//! `init`: a commented starter manifest with its templates and policies, beside whatever else is in the folder.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use crate::exit::{Exit, Stop};
use crate::library::{SHIPPED, place, replace};
use crate::manifest;
use crate::schema::{self, BESIDE};
use crate::ui::Ui;
use crate::ui::style::count;

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder; it is created if it is not there, and other files in it stay as they are.
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
        let manifest = self.folder.join("tenants.yaml");
        let schema = schema::manifest(&manifest::open(&manifest)?.known());
        replace(&self.folder.join(BESIDE), &format!("{schema:#}\n"))?;
        let go = if self.folder.as_os_str() == "." { String::new() } else { format!("cd {} && ", typed(&self.folder)) };
        ui.answer(&format!(
            "Wrote {} to `{}`.\nEdit tenants.yaml (platform, account, tiers, tenants), then: {go}tenantry plan --sandbox\n",
            count(SHIPPED.len() + 1, "file"),
            self.folder.display()
        ))?;
        Ok(Exit::Done)
    }
}

/// A path as a shell takes it.
pub(super) fn typed(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = text.chars().all(|c| c.is_alphanumeric() || "/._-+~".contains(c)) && !text.starts_with(['-', '~']);
    if plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
