//! `plan`: what apply would do. It writes nothing.

use anyhow::Result;
use clap::Args;

use super::open::{Opened, open};
use super::{Format, Global, ci};
use crate::address::Address;
use crate::exit::{Exit, Stop};
use crate::isolation::report::Report;
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
    pub(super) fn named(&self) -> Named {
        Named { delete: self.delete.iter().cloned().collect(), replace: self.allow_replace.iter().cloned().collect() }
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
            _ => ui.answer(&global.document(&json::plan(plan, isolation, calls))?)?,
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
            _ => {
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
        let opened = open(global, ui).await?;
        let desired = opened.desired()?;
        let named = self.shown.named();
        let plan = diff(&opened.names, &desired, &opened.live(&desired).await?, &named)?;
        all_named(&plan, &named)?;
        self.shown.print(&plan, Some(&opened.isolation(&desired)?), global, ui, &opened)?;
        ci::planned(global, &plan)?;
        Ok(if self.detailed_exitcode && !(plan.is_empty() && plan.blocked.is_empty()) { Exit::Changes } else { Exit::Done })
    }
}
