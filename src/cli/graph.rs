//! `graph`: the platform as a picture, from the manifest alone; with `--plan` also what apply would change.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use super::Global;
use super::open::{files, open as opened, sampled};
use crate::compile::compile;
use crate::exit::{Exit, Stop};
use crate::graph::Graph as Picture;
use crate::plan::page::{Accepted, open};
use crate::plan::{Named, diff};
use crate::ui::Ui;
use crate::ui::graph::{dot::dot, mermaid::mermaid, svg::svg};

/// Draw the platform: a request's way from the user to the data, tiers side by side, and what keeps tenants apart.
///
/// Without --plan it reads the manifest and its files, and nothing of AWS.
#[derive(Debug, Args)]
pub(crate) struct Graph {
    /// The language of the picture; by default what FILE ends with says, and svg without one.
    #[arg(long, value_enum)]
    format: Option<Language>,
    /// Write it to FILE instead of stdout.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Read AWS as well, and mark what apply would change.
    #[arg(long)]
    plan: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    Svg,
    Mermaid,
    Dot,
}

impl Graph {
    /// As it was asked for, or as the file's name ends.
    fn language(&self) -> Result<Language> {
        let ending = self.out.as_deref().and_then(Path::extension).map(|ending| ending.to_string_lossy().to_lowercase());
        match (self.format, ending.as_deref()) {
            (Some(language), _) => Ok(language),
            (None, None | Some("svg")) => Ok(Language::Svg),
            (None, Some("mmd" | "mermaid")) => Ok(Language::Mermaid),
            (None, Some("dot" | "gv")) => Ok(Language::Dot),
            (None, Some(other)) => {
                let words = format!("a picture can't be `.{other}`: end the name with .svg, .mmd or .dot, or say --format");
                Err(Stop::at(Exit::Usage, words))
            }
        }
    }

    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        self.language()?;
        let picture = if self.plan { planned(global, ui).await? } else { declared(global, ui)? };
        let text = match self.language()? {
            Language::Svg => svg(&picture),
            Language::Mermaid => mermaid(&picture),
            Language::Dot => dot(&picture),
        };
        match &self.out {
            Some(file) => {
                write(file, &text)?;
                ui.say(&format!("wrote {}", file.display()));
            }
            None => ui.answer(&text)?,
        }
        Ok(Exit::Done)
    }
}

fn declared(global: &Global, ui: &Ui) -> Result<Picture> {
    let (manifest, library, names, warnings) = files(global)?;
    if !warnings.is_empty() {
        ui.findings(&warnings);
    }
    let report = sampled(&manifest, &names, &compile(&manifest, &library, &names)?)?;
    Ok(Picture::of(&manifest).judged(&open::of(&report, &Accepted::new())))
}

async fn planned(global: &Global, ui: &Ui) -> Result<Picture> {
    let opened = opened(global, ui).await?;
    let desired = opened.desired()?;
    let plan = diff(&opened.names, &desired, &opened.live(&desired).await?, &Named::default())?;
    let report = opened.isolation(&desired)?;
    let accepted = opened.accepted(&report).await?;
    Ok(Picture::of(&opened.manifest).with(&opened.manifest, &plan).judged(&open::of(&report, &accepted)))
}

#[expect(clippy::disallowed_methods, reason = "the file that the user asked for")]
fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).with_context(|| format!("writing `{}`", file.display()))
}
