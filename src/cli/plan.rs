//! `plan`: what apply would do. It writes nothing.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::init::typed;
use super::open::{Opened, open};
use super::{Format, Global, saved};
use crate::address::Address;
use crate::exit::{Exit, Stop};
use crate::isolation::report::Report;
use crate::manifest;
use crate::plan::page::Page;
use crate::plan::{self, Action, Named, Which, diff};
use crate::ui::plan::{Detail, text};
use crate::ui::style::{DIM, count};
use crate::ui::{Ui, json, verify};

#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(super) shown: Shown,
    /// End with code 2 if there are changes, or something is in their way.
    #[arg(long)]
    detailed_exitcode: bool,
    /// Keep the plan in FILE, as `apply FILE` takes it: it does this plan, or nothing if the plan is no longer the same.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What plan, apply and destroy share.
#[derive(Debug, Default, Args)]
pub(crate) struct Shown {
    /// Show every field of new resources, and every tenant.
    #[arg(long)]
    full: bool,
    /// Let these resources be replaced although they hold data; more with commas, or the option again.
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    allow_replace: Vec<Address>,
    /// Delete these resources although they hold data: by ADDRESS, or tenant:ID and tier:NAME for all that the plan
    /// keeps of one. More with commas, or the option again.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    delete: Vec<Which>,
}

impl Shown {
    /// As the commands have it that name what goes by other words.
    pub(super) fn of(full: bool, delete: Vec<Which>) -> Self {
        Self { full, allow_replace: Vec::new(), delete }
    }

    pub(super) fn named(&self) -> Named {
        Named { delete: self.delete.iter().cloned().collect(), replace: self.allow_replace.iter().cloned().collect() }
    }

    /// As a saved plan has them.
    pub(super) fn saved(&self, named: Named) -> Self {
        Self { full: self.full, allow_replace: named.replace.into_iter().collect(), delete: named.delete.into_iter().collect() }
    }

    /// The plan for machines.
    pub(super) fn document(&self, plan: &plan::Plan, isolation: Option<&Report>, opened: &Opened) -> Result<serde_json::Value> {
        let facts = opened.facts();
        let named = self.named();
        let made = json::Made { sha256: manifest::sha256(&opened.manifest.path)?, named: &named };
        Ok(json::plan(&Page::of(plan, &facts), plan, &made, isolation, opened.aws.calls().all()))
    }

    fn detail(&self) -> Detail {
        if self.full { Detail::Full } else { Detail::Folded }
    }

    /// The plan, and what the platform that it makes would let through.
    fn text(&self, plan: &plan::Plan, isolation: Option<&Report>) -> String {
        text(plan, self.detail()) + &isolation.map(verify::line).unwrap_or_default()
    }

    /// Prints the plan in the form that was asked for.
    pub(super) fn print(&self, plan: &plan::Plan, isolation: Option<&Report>, global: &Global, ui: &Ui, opened: &Opened) -> Result<()> {
        let calls = opened.aws.calls().all();
        match global.output {
            Format::Text => ui.answer(&self.text(plan, isolation))?,
            Format::Json | Format::Yaml => ui.answer(&global.document(&self.document(plan, isolation, opened)?)?)?,
        }
        ui.say(&format!(
            "{DIM}{} read AWS; checksum {}{DIM:#}",
            count(usize::try_from(calls).unwrap_or(usize::MAX), "API call"),
            plan.checksum()
        ));
        Ok(())
    }
}

impl Shown {
    /// The plan before it is carried out: on stderr, where stdout is for a document about the outcome.
    pub(super) fn print_before(
        &self,
        plan: &plan::Plan,
        isolation: Option<&Report>,
        global: &Global,
        ui: &Ui,
        opened: &Opened,
    ) -> Result<()> {
        match global.output {
            Format::Text => self.print(plan, isolation, global, ui, opened),
            Format::Json | Format::Yaml => {
                ui.say(self.text(plan, isolation).trim_end());
                Ok(())
            }
        }
    }
}

/// A `--delete` that names nothing is a mistake that should not pass in silence.
pub(super) fn all_named(plan: &plan::Plan, named: &Named) -> Result<()> {
    let deletes = |which: &Which| {
        plan.changes.iter().any(|c| match which {
            // Updates too: one may take a part of the resource away.
            Which::One(address) => c.address == *address && c.action != Action::Create,
            Which::KeptOf(owner) => c.address.owner() == owner && c.action == Action::Delete,
        })
    };
    let Some(nothing) = named.delete.iter().find(|which| !deletes(which)) else { return Ok(()) };
    let why = match nothing {
        Which::One(_) => "this plan deletes no such resource; it is not live, not ours, or still in the manifest",
        Which::KeptOf(_) => "this plan keeps nothing of that owner; what the manifest still declares is not deleted",
    };
    Err(Stop::at(Exit::Usage, format!("--delete {nothing}: {why}")))
}

impl Plan {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        if let Some(file) = &self.out {
            saved::may_keep(file)?;
        }
        let opened = open(global, ui).await?;
        let desired = opened.desired()?;
        let named = self.shown.named();
        let plan = diff(&opened.names, &desired, &opened.live(&desired).await?, &named)?;
        all_named(&plan, &named)?;
        let isolation = opened.isolation(&desired)?;
        if let Some(file) = &self.out {
            saved::keep(file, &self.shown.document(&plan, Some(&isolation), &opened)?)?;
        }
        self.shown.print(&plan, Some(&isolation), global, ui, &opened)?;
        if let Some(file) = &self.out {
            ui.say(&format!("saved: `tenantry apply {}` does this plan, or nothing if it is no longer the same", typed(file)));
        }
        Ok(if self.detailed_exitcode && !(plan.is_empty() && plan.blocked.is_empty()) { Exit::Changes } else { Exit::Done })
    }
}
