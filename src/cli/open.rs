//! What every command that reads AWS begins with: the files, the account, and the guard against the wrong one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;

use super::Global;
use crate::apply::{Site, record};
use crate::aws::Aws;
use crate::compile::compile;
use crate::desired::Desired;
use crate::diagnostic::Diagnostics;
use crate::exit::{Exit, Stop};
use crate::isolation::model::Model;
use crate::isolation::probes::judge;
use crate::isolation::report::{Method, Outcome, Report};
use crate::library::Library;
use crate::manifest::{self, Manifest, Reading};
use crate::names::Names;
use crate::observe::{Live, observe};
use crate::plan::page::{Accepted, Facts, Place};
use crate::sandbox::{self, Sandbox};
use crate::ui::Ui;
use crate::ui::style::{DIM, count};

/// A manifest and the account that it is about.
pub(super) struct Opened {
    pub(super) manifest: Manifest,
    pub(super) library: Library,
    pub(super) names: Names,
    pub(super) aws: Arc<Aws>,
    /// Whom AWS takes us for.
    pub(super) caller: String,
    pub(super) place: Place,
}

/// The manifest, its files, and what deserves a warning; the error is `Diagnostics` with every mistake in any of them.
pub(super) fn files(global: &Global) -> Result<(Manifest, Library, Names, Diagnostics)> {
    read(&global.manifest)
}

/// The same of a file by its name.
pub(super) fn read(file: &Path) -> Result<(Manifest, Library, Names, Diagnostics)> {
    judged(file, manifest::open(file)?)
}

/// The same of a manifest that may not be in its file yet.
pub(super) fn judged(file: &Path, mut reading: Reading) -> Result<(Manifest, Library, Names, Diagnostics)> {
    let (library, found) = Library::read(folder(file), &reading);
    reading.findings.extend(found);
    let (manifest, warnings) = reading.finish()?;
    let platform = &manifest.platform;
    let names = Names { platform: platform.name.clone(), account: platform.account.clone(), region: platform.region.clone() };
    Ok((manifest, library, names, warnings))
}

/// Empty for the current one, so that paths read as they are typed.
fn folder(manifest: &Path) -> &Path {
    manifest.parent().unwrap_or(Path::new(""))
}

/// Where the sandbox keeps its state, if it is asked for.
pub(super) fn sandbox_file(global: &Global) -> Option<PathBuf> {
    let file = global.sandbox.as_ref()?;
    Some(file.clone().unwrap_or_else(|| default_sandbox(global)))
}

/// Beside the manifest.
pub(super) fn default_sandbox(global: &Global) -> PathBuf {
    folder(&global.manifest).join(".tenantry/sandbox.json")
}

/// What a command says first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Greeting {
    /// Which manifest, and which account.
    Whole,
    /// The answer begins with that: only that something happens.
    Short,
}

pub(super) async fn open(global: &Global, ui: &Ui) -> Result<Opened> {
    begin(global, ui, Greeting::Whole).await
}

/// For commands whose answer is a plan.
pub(super) async fn open_to_plan(global: &Global, ui: &Ui) -> Result<Opened> {
    begin(global, ui, Greeting::Short).await
}

async fn begin(global: &Global, ui: &Ui, greeting: Greeting) -> Result<Opened> {
    let (manifest, library, names, warnings) = files(global)?;
    if !warnings.is_empty() {
        ui.findings(&warnings);
    }
    let in_sandbox = sandbox_file(global);
    let place = if in_sandbox.is_some() { Place::Sandbox } else { Place::Aws };
    let whose = if place == Place::Sandbox { "the sandbox's account" } else { "account" };
    let whole = format!(
        "{}: {}, {} {DIM}->{DIM:#} {whose} {}, {}, platform {}, profile {}",
        manifest.path.display(),
        count(manifest.tiers.len(), "tier"),
        count(manifest.tenants.len(), "tenant"),
        names.account,
        names.region,
        names.platform,
        manifest.profile.as_str()
    );
    match greeting {
        Greeting::Whole => ui.say(&whole),
        Greeting::Short => ui.say(&format!("{DIM}reading what is live in {whose} {}, {}{DIM:#}", names.account, names.region)),
    }
    if in_sandbox.is_none() {
        same_region(&names)?;
    }
    let aws = connect(global, &names).await?;
    let caller = aws.caller().await?;
    if caller.account != names.account {
        return Err(Stop::at(
            Exit::WrongAccount,
            format!(
                "the credentials are of account {}, the manifest is about account {}; nothing was read or changed (you are {})",
                caller.account, names.account, caller.arn
            ),
        ));
    }
    Ok(Opened { manifest, library, names, aws: Arc::new(aws), caller: caller.arn, place })
}

/// AWS, or the sandbox if it is asked for.
pub(super) async fn connect(global: &Global, names: &Names) -> Result<Aws> {
    let Some(file) = sandbox_file(global) else { return Ok(Aws::connect(&names.region, global.profile.as_deref()).await) };
    let faults = global.faults()?;
    let mut sandbox = Sandbox::open(Some(sandbox::claim(&file).await?), names.account.as_str(), faults)?;
    sandbox.tell(global.broken.clone());
    Ok(Aws::sandbox(Arc::new(sandbox), &names.region))
}

/// The region comes from the manifest; an environment that says otherwise is a mistake somewhere.
pub(super) fn same_region(names: &Names) -> Result<()> {
    for variable in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        if let Ok(region) = std::env::var(variable)
            && !region.is_empty()
            && region != names.region.as_str()
        {
            let words =
                format!("{variable} is `{region}`, the manifest says `{}`; unset the variable or correct the manifest", names.region);
            return Err(Stop::at(Exit::WrongAccount, words));
        }
    }
    Ok(())
}

/// What the declared platform lets through, judged from a sample of its tenants.
pub(super) fn sampled(manifest: &Manifest, names: &Names, desired: &Desired) -> Result<Report> {
    const SAMPLE: usize = 100;
    let model = Model::declared(manifest, names, desired)?.sampled(SAMPLE);
    Ok(judge(&model, Method::Manifest))
}

impl Opened {
    pub(super) fn site(&self) -> Site {
        Site { aws: Arc::clone(&self.aws), names: self.names.clone(), blobs: self.library.blobs() }
    }

    /// What a plan's page says of the manifest.
    pub(super) fn facts(&self) -> Facts {
        Facts::of(&self.manifest, self.place)
    }

    pub(super) fn desired(&self) -> Result<Desired> {
        compile(&self.manifest, &self.library, &self.names)
    }

    /// What the declared platform lets through, judged from a sample of its tenants: `verify` asks all of them.
    pub(super) fn isolation(&self, desired: &Desired) -> Result<Report> {
        sampled(&self.manifest, &self.names, desired)
    }

    /// Which of the breaches that a report shows were accepted, and since when; nothing is read where there is none.
    pub(super) async fn accepted(&self, report: &Report) -> Result<Accepted> {
        if report.count(Outcome::Fail) == 0 { Ok(Accepted::new()) } else { record::accepted(&self.aws, &self.names).await }
    }

    pub(super) async fn live(&self, desired: &Desired) -> Result<Live> {
        observe(&self.aws, &self.names, desired).await
    }
}
