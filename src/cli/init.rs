//! `init`: a commented starter manifest with its templates and policies, beside whatever else is in the folder; and pipelines at the
//! top of its repository, where services look for them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use super::Global;
use super::ci::Ci;
use crate::exit::{Exit, Stop};
use crate::library::{GITHUB, GITLAB, SHIPPED, overwrite, place, replace, text_of};
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
        let repository = Repository::of(&self.folder)?;
        if !pipelines.is_empty() {
            repository.fits()?;
        }
        let beside = starter.iter().map(|(path, content)| (self.folder.join(path), (*content).to_owned()));
        let at_top = pipelines.iter().map(|(path, content)| (repository.top.join(path), repository.moved(content)));
        let files: Vec<(PathBuf, String)> = beside.chain(at_top).collect();
        if let Some((taken, _)) = files.iter().find(|(path, _)| path.exists()) {
            let words = format!(
                "`{}` exists already, and init overwrites nothing: name another folder, `tenantry init FOLDER` (nothing was written)",
                taken.display()
            );
            return Err(Stop::at(Exit::Guarded, words));
        }
        for (path, content) in &files {
            place(path, content)?;
        }
        let ignored = if starts { ignored(&self.folder)? } else { Ignored::Already };
        if starts {
            let manifest = self.folder.join("tenants.yaml");
            let schema = schema::manifest(&manifest::open(&manifest)?.known());
            replace(&self.folder.join(BESIDE), &format!("{schema:#}\n"))?;
        }
        let go = if self.folder.as_os_str() == "." { String::new() } else { format!("cd {} && ", typed(&self.folder)) };
        let mut said = format!(
            "Wrote {} to `{}`.\n",
            count(files.len() + usize::from(starts) + usize::from(ignored == Ignored::New), "file"),
            self.folder.display()
        );
        if starts {
            said += &format!("Edit tenants.yaml (platform, account, tiers, tenants), then: {go}tenantry plan --sandbox\n");
        }
        if ignored == Ignored::Extended {
            said += "`.gitignore` leaves out `.tenantry/` from now on: what lies there is this machine's.\n";
        }
        for (path, _) in pipelines {
            said += &format!("  {}\n", repository.top.join(path).display());
        }
        if !pipelines.is_empty() {
            said += "Each says at its top which variables and roles it needs. They lie at the top of the repository";
            said += &match repository.way.as_str() {
                "" => ".\n".to_owned(),
                way => format!(", and work in `{way}`.\n"),
            };
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

/// The repository that a folder lies in.
struct Repository {
    /// As near as it can be named from here; the folder itself, if there is no repository.
    top: PathBuf,
    /// From there to the folder: empty, or ended by a slash.
    way: String,
}

impl Repository {
    fn of(folder: &Path) -> Result<Self> {
        let whole: PathBuf = std::path::absolute(folder).with_context(|| format!("finding `{}`", folder.display()))?.components().collect();
        let Some(top) = whole.ancestors().find(|above| above.join(".git").exists()).filter(|top| *top != whole) else {
            return Ok(Self { top: folder.to_owned(), way: String::new() });
        };
        let below = whole.strip_prefix(top)?.components();
        let way = below.map(|part| format!("{}/", part.as_os_str().to_string_lossy())).collect();
        Ok(Self { top: top.to_owned(), way })
    }

    /// Paths stand in YAML and in patterns, where other characters would mean something.
    fn fits(&self) -> Result<()> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        if self.way.chars().all(plain) && !self.way.starts_with('-') {
            return Ok(());
        }
        let words = format!(
            "pipelines can't name the folder `{}`: letters, digits, `.`, `_` and `-` alone are plain in their paths; rename it (nothing was written)",
            self.way.trim_end_matches('/')
        );
        Err(Stop::at(Exit::Usage, words))
    }

    /// A pipeline that works in the manifest's folder.
    fn moved(&self, pipeline: &str) -> String {
        let (way, folder) = (self.way.as_str(), self.way.trim_end_matches('/'));
        if way.is_empty() {
            return pipeline.to_owned();
        }
        let moves = [
            ("paths: [tenants.yaml, policies/**, templates/**", format!("paths: [{way}tenants.yaml, {way}policies/**, {way}templates/**")),
            ("    working-directory: .\n", format!("    working-directory: {folder}\n")),
            (
                "            plan.json\n            planned.sha256\n",
                format!("            {way}plan.json\n            {way}planned.sha256\n"),
            ),
            ("hashFiles('verify.sarif')", format!("hashFiles('{way}verify.sarif')")),
            ("sarif_file: verify.sarif", format!("sarif_file: {way}verify.sarif")),
            ("FOLDER: .\n", format!("FOLDER: {folder}\n")),
            (
                "changes: [tenants.yaml, policies/**/*, templates/**/*]",
                format!("changes: [{way}tenants.yaml, {way}policies/**/*, {way}templates/**/*]"),
            ),
            ("codequality: findings.json", format!("codequality: {way}findings.json")),
            ("paths: [plan.json, planned.sha256]", format!("paths: [{way}plan.json, {way}planned.sha256]")),
            ("paths: [verify.sarif]", format!("paths: [{way}verify.sarif]")),
        ];
        moves.iter().fold(pipeline.to_owned(), |text, (from, to)| text.replace(from, to))
    }
}

/// What became of `.gitignore`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ignored {
    New,
    Extended,
    Already,
}

/// The sandbox's state and the schema are this machine's, and no part of a repository.
fn ignored(folder: &Path) -> Result<Ignored> {
    const OURS: &str = ".tenantry/";
    let file = folder.join(".gitignore");
    if !file.exists() {
        place(&file, &format!("{OURS}\n"))?;
        return Ok(Ignored::New);
    }
    let text = text_of(&file)?;
    if text.lines().any(|line| line.trim().trim_start_matches('/').trim_end_matches('/') == ".tenantry") {
        return Ok(Ignored::Already);
    }
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    overwrite(&file, &format!("{text}{end}{OURS}\n"))?;
    Ok(Ignored::Extended)
}

/// A path as a shell takes it.
pub(super) fn typed(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = text.chars().all(|c| c.is_alphanumeric() || "/._-+~".contains(c)) && !text.starts_with(['-', '~']);
    if plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
