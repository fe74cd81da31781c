//! `schema`: what the manifest and the tool's own documents look like, for editors and for programs.

use std::path::Path;

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::{Format, Global};
use crate::exit::{Exit, Stop};
use crate::library::replace;
use crate::manifest::{self, Known};
use crate::schema::{self, BESIDE};
use crate::ui::Ui;

/// Print the JSON Schema of the manifest, or of what this tool writes.
#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Of what. That of the manifest offers the names of tiers, functions and policies that FILE of --manifest has.
    #[arg(value_enum)]
    of: Of,
    /// Of the manifest: write it beside the manifest, where its first line has editors look for it.
    #[arg(long)]
    write: bool,
    /// Of the manifest: for any manifest, not for the one that is there.
    #[arg(long, conflicts_with = "write")]
    generic: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Of {
    Manifest,
    /// `plan --output json` and `plan --out FILE`.
    Plan,
    /// A line of `apply --events FILE`.
    Events,
    /// `apply --output json`.
    Outcome,
}

impl Schema {
    pub(super) fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        if self.of != Of::Manifest && (self.write || self.generic) {
            return Err(Stop::at(Exit::Usage, "--write and --generic go with `schema manifest`"));
        }
        let schema = match self.of {
            Of::Manifest => schema::manifest(&self.known(global)?),
            Of::Plan => schema::plan(),
            Of::Events => schema::events(),
            Of::Outcome => schema::outcome(),
        };
        if !self.write {
            let text = if global.output == Format::Yaml { global.document(&schema)? } else { format!("{schema:#}\n") };
            ui.answer(&text)?;
            return Ok(Exit::Done);
        }
        let file = global.manifest.parent().unwrap_or(Path::new("")).join(BESIDE);
        replace(&file, &format!("{schema:#}\n"))?;
        ui.answer(&format!(
            "Wrote `{}`. Editors with a YAML language server find it by this line, the first of the manifest:\n\
             # yaml-language-server: $schema={BESIDE}\n\
             Run this again when tiers, functions or policies come or go.\n",
            file.display()
        ))?;
        Ok(Exit::Done)
    }

    /// The names of the manifest; one with mistakes has names too. Where there is none, the schema is for any.
    fn known(&self, global: &Global) -> Result<Known> {
        let missing = !self.write && global.manifest == Path::new("tenants.yaml") && !global.manifest.exists();
        if self.generic || missing { Ok(Known::default()) } else { Ok(manifest::open(&global.manifest)?.known()) }
    }
}
