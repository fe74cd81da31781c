//! What plan, apply and destroy share: how a plan is shown, what it is narrowed to, and what it may not exceed.

use anyhow::{Result, bail};
use clap::Args;

use super::again::shell_word;
use super::open::Opened;
use super::{Format, Global};
use crate::address::Address;
use crate::exit::{Exit, Stop};
use crate::graph::Graph;
use crate::isolation::report::Report;
use crate::kinds::KINDS;
use crate::manifest;
use crate::names::TierName;
use crate::plan::filter::{Filter, Glob};
use crate::plan::limits::{AtMost, Limits};
use crate::plan::page::{Facts, Page};
use crate::plan::{self, Action, Named, Which};
use crate::ui::markdown::{self, MOST};
use crate::ui::pager::Pager;
use crate::ui::plan::{Below, Detail, Look, text};
use crate::ui::style::{DIM, count};
use crate::ui::{Ui, html, json, verify};

#[derive(Debug, Default, Args)]
pub(crate) struct Shown {
    /// How much of the plan is shown; `full` has every field of new resources, and every tenant.
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Detail::Normal)]
    detail: Detail,
    /// Let these resources be replaced although they hold data; more with commas, or the option again.
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    allow_replace: Vec<Address>,
    /// Delete these resources although they hold data: by ADDRESS, or tenant:ID and tier:NAME for all that the plan
    /// keeps of one. More with commas, or the option again.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    delete: Vec<Which>,
    /// Of --output markdown: no more than this many bytes, such as 60000, 32k or 1M; what doesn't fit is left out of the
    /// middle, never the totals.
    #[arg(long, value_name = "BYTES", value_parser = bytes, default_value_t = Bytes(MOST))]
    max_bytes: Bytes,
}

/// A number of bytes that has room for a page's totals.
#[derive(Debug, Clone, Copy)]
struct Bytes(usize);

impl Default for Bytes {
    fn default() -> Self {
        Self(MOST)
    }
}

impl std::fmt::Display for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// `60000`, `32k`, `1M`
fn bytes(text: &str) -> Result<Bytes, String> {
    let wrong = || format!("`{text}` is no number of bytes: expected one such as 60000, 32k or 1M, and no less than {}", markdown::LEAST);
    let (digits, unit) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1000),
        None => text.strip_suffix('M').map_or((text, 1), |digits| (digits, 1_000_000)),
    };
    let number: usize = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(unit).filter(|n| *n >= markdown::LEAST).map(Bytes).ok_or_else(wrong)
}

/// A part of the plan, and guards against too much of it.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Part of the plan, and guards")]
pub(crate) struct Narrow {
    /// Only these tenants, and what they need; * and ? stand for characters. More with commas, or the option again.
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    tenant: Vec<Glob>,
    /// Only what belongs to this tier, its tenants too, and what that needs.
    #[arg(long, value_name = "TIER", value_delimiter = ',')]
    tier: Vec<TierName>,
    /// Only resources of this kind, such as user or guardrail, and what they need.
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    kind: Vec<String>,
    /// Not these tenants or addresses, nor what needs them to change.
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    exclude: Vec<Glob>,
    /// Refuse to apply if more tenants than N change, or more than P% of those that are there.
    #[arg(long, value_name = "N|P%")]
    max_changes: Option<AtMost>,
    /// Refuse to apply if more than N resources are deleted or replaced.
    #[arg(long, value_name = "N")]
    max_deletes: Option<usize>,
}

impl Narrow {
    fn filter(&self) -> Filter {
        let kinds = self.kind.iter().map(|kind| kind.replace([' ', '-'], "_"));
        Filter { tenants: self.tenant.clone(), tiers: self.tier.clone(), kinds: kinds.collect(), exclude: self.exclude.clone() }
    }

    /// The filters as they are typed.
    pub(super) fn words(&self) -> Vec<String> {
        self.filter().words()
    }

    /// The same guards, and the filters that a saved plan was narrowed by.
    pub(super) fn saved(&self, filters: &[String]) -> Result<Self> {
        let mut narrow = Self { max_changes: self.max_changes, max_deletes: self.max_deletes, ..Self::default() };
        for filter in filters {
            match filter.split_once(' ') {
                Some(("--tenant", glob)) => narrow.tenant.push(glob.parse().map_err(anyhow::Error::msg)?),
                Some(("--tier", tier)) => narrow.tier.push(tier.parse()?),
                Some(("--kind", kind)) => narrow.kind.push(kind.into()),
                Some(("--exclude", glob)) => narrow.exclude.push(glob.parse().map_err(anyhow::Error::msg)?),
                _ => bail!("the saved plan was narrowed by `{filter}`, which this tenantry doesn't know"),
            }
        }
        Ok(narrow)
    }

    /// Narrows the plan; a filter that matches nothing that exists is a mistake of the user's.
    pub(super) fn narrow(&self, plan: &mut plan::Plan, facts: &Facts) -> Result<()> {
        let filter = self.filter();
        if let Some(unmatched) = filter.unmatched(plan, facts) {
            let near = unmatched.nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
            let kinds = match unmatched.filter.starts_with("--kind") {
                true => format!(" (kinds: {})", KINDS.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")),
                false => String::new(),
            };
            let words = format!("{} matches nothing that is declared, live or planned{near}{kinds}", unmatched.filter);
            return Err(Stop::at(Exit::Usage, words));
        }
        filter.narrow(plan, facts);
        Ok(())
    }

    /// What the plan exceeds.
    pub(super) fn exceeded(&self, page: &Page<'_>) -> Vec<String> {
        Limits { changes: self.max_changes, deletes: self.max_deletes }.exceeded(page)
    }

    /// The guards as they are typed.
    pub(super) fn guards(&self) -> Vec<String> {
        let changes = self.max_changes.map(|most| format!("--max-changes {most}"));
        changes.into_iter().chain(self.max_deletes.map(|most| format!("--max-deletes {most}"))).collect()
    }

    /// Refuses a plan that does more than was allowed.
    pub(super) fn check(&self, page: &Page<'_>) -> Result<()> {
        let exceeded = self.exceeded(page);
        if exceeded.is_empty() {
            return Ok(());
        }
        let words = format!(
            "the plan does more than was allowed: {}; nothing was changed\n\nhint: read the plan; if all of it is meant, raise the limit",
            exceeded.join("; ")
        );
        Err(Stop::at(Exit::Guarded, words))
    }
}

/// A plan and what is said beside it.
pub(super) struct Showing<'a> {
    pub(super) plan: &'a plan::Plan,
    pub(super) page: &'a Page<'a>,
    pub(super) isolation: Option<&'a Report>,
    /// What deserves a word before anybody applies it.
    pub(super) notes: Vec<String>,
    /// What to type next.
    pub(super) next: Vec<(&'static str, String)>,
    pub(super) pager: Pager,
}

impl Shown {
    pub(super) fn named(&self) -> Named {
        Named { delete: self.delete.iter().cloned().collect(), replace: self.allow_replace.iter().cloned().collect() }
    }

    /// What was named, as it is typed.
    pub(super) fn again(&self) -> Vec<String> {
        let listed = |names: Vec<String>| shell_word(&names.join(","));
        let delete: Vec<String> = self.delete.iter().map(ToString::to_string).collect();
        let replace: Vec<String> = self.allow_replace.iter().map(ToString::to_string).collect();
        let option = |name: &str, names: Vec<String>| (!names.is_empty()).then(|| format!("--{name} {}", listed(names)));
        option("delete", delete).into_iter().chain(option("allow-replace", replace)).collect()
    }

    pub(super) fn is_full(&self) -> bool {
        self.detail == Detail::Full
    }

    /// As the commands have it that name what goes by other words.
    pub(super) fn of(detail: Detail, delete: Vec<Which>) -> Self {
        Self { detail, delete, ..Self::default() }
    }

    /// Prints a plan that is a part of another command's answer, which says itself what comes next.
    pub(super) async fn print_within(
        &self,
        plan: &plan::Plan,
        isolation: &Report,
        global: &Global,
        ui: &Ui,
        opened: &Opened,
    ) -> Result<()> {
        let facts = opened.facts();
        let page = Page::of(plan, &facts).judged(isolation, &opened.accepted(isolation).await?);
        let (isolation, pager) = (Some(isolation), Pager::Never);
        self.print(&Showing { plan, page: &page, isolation, notes: Vec::new(), next: Vec::new(), pager }, global, ui, opened)
    }

    /// As a saved plan has them.
    pub(super) fn saved(&self, named: Named) -> Self {
        Self {
            detail: self.detail,
            allow_replace: named.replace.into_iter().collect(),
            delete: named.delete.into_iter().collect(),
            max_bytes: self.max_bytes,
        }
    }

    /// The plan for machines.
    pub(super) fn document(&self, showing: &Showing<'_>, opened: &Opened) -> Result<serde_json::Value> {
        let named = self.named();
        let made = json::Made { sha256: manifest::sha256(&opened.manifest.path)?, named: &named };
        Ok(json::plan(showing.page, showing.plan, &made, showing.isolation, opened.aws.calls().all()))
    }

    /// The plan, and what the platform that it makes would let through.
    fn text(&self, showing: &Showing<'_>, width: usize) -> String {
        let isolation = showing.isolation.map(|report| verify::line(report).trim_end().to_owned());
        let below = Below { isolation, notes: showing.notes.clone(), next: showing.next.clone() };
        text(showing.page, Look { detail: self.detail, width }, &below)
    }

    /// Prints the plan in the form that was asked for.
    pub(super) fn print(&self, showing: &Showing<'_>, global: &Global, ui: &Ui, opened: &Opened) -> Result<()> {
        let calls = opened.aws.calls().all();
        match global.output {
            Format::Text => ui.page(&self.text(showing, ui.width_of_stdout()), showing.pager)?,
            Format::Html => {
                let picture = Graph::of(&opened.manifest).with(&opened.manifest, showing.plan).judged(&showing.page.open);
                let (isolation, notes, next) = (showing.isolation, showing.notes.as_slice(), showing.next.as_slice());
                ui.answer(&html::plan(showing.page, &html::Beside { picture: &picture, isolation, notes, next }))?;
            }
            Format::Json | Format::Yaml | Format::Sarif | Format::Github | Format::Gitlab => {
                ui.answer(&global.document(&self.document(showing, opened)?)?)?;
            }
            Format::Markdown => {
                let isolation = showing.isolation.map(|report| anstream::adapter::strip_str(&verify::line(report)).to_string());
                ui.answer(&markdown::plan(showing.page, isolation.as_deref(), &showing.notes, self.max_bytes.0))?;
            }
        }
        ui.say(&format!(
            "{DIM}{} read AWS; checksum {}{DIM:#}",
            count(usize::try_from(calls).unwrap_or(usize::MAX), "API call"),
            showing.page.checksum
        ));
        Ok(())
    }

    /// The plan before it is carried out: on stderr, where stdout is for a document about the outcome.
    pub(super) fn print_before(&self, showing: &Showing<'_>, global: &Global, ui: &Ui, opened: &Opened) -> Result<()> {
        match global.output {
            Format::Text => self.print(showing, global, ui, opened),
            _ => {
                ui.say(self.text(showing, ui.width_of_stderr()).trim_end());
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
