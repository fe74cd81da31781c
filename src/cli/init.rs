//! `init`: a commented starter manifest with its templates and policies, beside whatever else is in the folder.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use super::Global;
use super::ci::Ci;
use crate::exit::{Exit, Stop};
use crate::library::{GITHUB, GITLAB, SHIPPED, place, replace};
use crate::manifest;
use crate::schema::{self, BESIDE};
use crate::ui::Ui;
use crate::ui::style::count;

const AFTER: &str = "\
Examples:
  tenantry init                    a starter manifest in this folder
  tenantry init --ci github        pipelines beside it: plan on pull requests, apply on merge, drift and isolation every night
  tenantry init --ci gitlab        the same for GitLab";

#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(crate) struct Init {
    /// The folder; it is created if it is not there, and other files in it stay as they are.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

/// A path, and what is to stand there.
type File = (&'static str, &'static str);

impl Init {
    pub(super) fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let pipelines = global.ci.map_or(&[][..], pipelines);
        // Pipelines are for the manifest that is there, if one is.
        let starts = global.ci.is_none() || !self.folder.join("tenants.yaml").exists();
        let starter = if starts { SHIPPED } else { &[] };
        let files: Vec<File> = starter.iter().chain(pipelines).copied().collect();
        let taken: Vec<&str> = files.iter().map(|(path, _)| *path).filter(|path| self.folder.join(path).exists()).collect();
        if let Some(first) = taken.first() {
            let words = format!(
                "`{}` exists already, and init overwrites nothing: name another folder, `tenantry init FOLDER` (nothing was written)",
                self.folder.join(first).display()
            );
            return Err(Stop::at(Exit::Guarded, words));
        }
        for (path, content) in &files {
            place(&self.folder.join(path), content)?;
        }
        if starts {
            let manifest = self.folder.join("tenants.yaml");
            let schema = schema::manifest(&manifest::open(&manifest)?.known());
            replace(&self.folder.join(BESIDE), &format!("{schema:#}\n"))?;
        }
        let go = if self.folder.as_os_str() == "." { String::new() } else { format!("cd {} && ", typed(&self.folder)) };
        let mut said = format!("Wrote {} to `{}`.\n", count(files.len() + usize::from(starts), "file"), self.folder.display());
        if starts {
            said += &format!("Edit tenants.yaml (platform, account, tiers, tenants), then: {go}tenantry plan --sandbox\n");
        }
        for (path, _) in pipelines {
            said += &format!("  {path}\n");
        }
        if !pipelines.is_empty() {
            said += "Each says at its top which variables and roles it needs. They run from the top of the repository.\n";
        }
        ui.answer(&said)?;
        Ok(Exit::Done)
    }
}

fn pipelines(ci: Ci) -> &'static [File] {
    match ci {
        Ci::Github => GITHUB,
        Ci::Gitlab => GITLAB,
    }
}

/// A path as a shell takes it.
pub(super) fn typed(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = text.chars().all(|c| c.is_alphanumeric() || "/._-+~".contains(c)) && !text.starts_with(['-', '~']);
    if plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
