//! `plan`: what apply would do. It writes nothing.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::again::shell_word;
use super::init::typed;
use super::open::open_to_plan;
use super::shown::{Narrow, Showing, Shown, all_named};
use super::{Global, ci, saved};
use crate::exit::Exit;
use crate::isolation::report::{Outcome, Report, Row};
use crate::plan::diff;
use crate::plan::page::Page;
use crate::ui::Ui;
use crate::ui::pager::Pager;

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
    /// Don't page the plan on a terminal. PAGER says what pages it, `less -FIRX` by default.
    #[arg(long)]
    no_pager: bool,
    #[command(flatten)]
    narrow: Narrow,
}

impl Plan {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        if let Some(file) = &self.out {
            saved::may_keep(file)?;
        }
        let opened = open_to_plan(global, ui).await?;
        let desired = opened.desired()?;
        let (named, facts) = (self.shown.named(), opened.facts());
        let mut plan = diff(&opened.names, &desired, &opened.live(&desired).await?, &named)?;
        all_named(&plan, &named)?;
        self.narrow.narrow(&mut plan, &facts)?;
        let isolation = opened.isolation(&desired)?;
        let page = Page::of(&plan, &facts).judged(&isolation, &opened.accepted(&isolation).await?);
        let refused = breaches(&isolation).into_iter().chain(self.narrow.exceeded(&page));
        let notes = refused.map(|why| format!("apply would refuse: {why}")).collect();
        let pager = if self.no_pager { Pager::Never } else { Pager::OnTerminals };
        let showing =
            Showing { plan: &plan, page: &page, isolation: Some(&isolation), notes, next: self.next(&page, &isolation, global), pager };
        if let Some(file) = &self.out {
            // Guards are not in the file: what they refuse is not kept.
            self.narrow.check(&page)?;
            saved::keep(file, &self.shown.document(&showing, &opened)?)?;
        }
        self.shown.print(&showing, global, ui, &opened)?;
        ci::planned(global, &plan, &page, Some(&isolation))?;
        if let Some(file) = &self.out {
            ui.say(&format!(
                "saved: `tenantry apply {}{}` does this plan, or nothing if it is no longer the same",
                typed(file),
                global.again()
            ));
        }
        Ok(if self.detailed_exitcode && !(plan.is_empty() && plan.blocked.is_empty()) { Exit::Changes } else { Exit::Done })
    }

    /// What to type next.
    fn next(&self, page: &Page<'_>, isolation: &Report, global: &Global) -> Vec<(&'static str, String)> {
        if page.is_empty() || !page.blocked.is_empty() {
            return Vec::new();
        }
        let filters = page.header.partial.iter().flat_map(|p| &p.filters).map(|filter| quoted(filter));
        // Without them another plan would be made, or one that goes too far.
        let (named, guards) = (self.shown.again(), self.narrow.guards());
        let flags: Vec<String> = filters.chain(named).chain(guards.clone()).collect();
        let with = |command: &str, more: &str| {
            let parts = std::iter::once(command.to_owned()).chain(flags.clone()).chain([more.to_owned()]).filter(|p| !p.is_empty());
            format!("tenantry {}{}", parts.collect::<Vec<_>>().join(" "), global.again())
        };
        let mut next = Vec::new();
        if !self.shown.is_full() {
            next.push(("Every field:", with("plan", "--detail full")));
        }
        match &self.out {
            _ if isolation.count(Outcome::Fail) > 0 => next.push(("See how:", format!("tenantry verify --offline{}", global.again()))),
            // What the file holds needs no flags, and guards are not in it.
            Some(file) => {
                let parts: Vec<String> = std::iter::once(format!("tenantry apply {}", typed(file))).chain(guards).collect();
                next.push(("Apply it:", format!("{}{}", parts.join(" "), global.again())));
            }
            None => next.push(("Apply it:", with("apply", ""))),
        }
        next
    }
}

/// What apply refuses because of what a tenant could do to another, as the plan begins with.
fn breaches(isolation: &Report) -> Vec<String> {
    let says =
        |row: &Row| format!("isolation is open at {} {}; --accept-breach {} applies it all the same", row.probe, row.layer, row.probe);
    isolation.of(Outcome::Fail).map(says).collect()
}

/// A filter as a shell takes it: `--tenant 'clinic-*'`.
fn quoted(filter: &str) -> String {
    match filter.split_once(' ') {
        Some((option, value)) => format!("{option} {}", shell_word(value)),
        None => filter.to_owned(),
    }
}
