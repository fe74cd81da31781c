//! An edit of the manifest and what follows from it: the lines that change, the plan, and the apply.

use std::sync::Arc;

use anyhow::Result;
use clap::Args;

use crate::cli::again::shell_word;
use crate::cli::apply::{Consent, Gate, Job, Reviewed};
use crate::cli::open::{Opened, judged, open};
use crate::cli::shown::{Narrow, Shown};
use crate::cli::{Format, Global};
use crate::compile::compile;
use crate::desired::Desired;
use crate::diagnostic::{Diagnostics, Source, nearest, quoted};
use crate::exit::{self, Exit, Stop};
use crate::manifest::edit::{self, Edit, Field, edited};
use crate::manifest::{self, Manifest};
use crate::names::{TenantId, TierName};
use crate::plan::diff;
use crate::ui::plan::Detail;
use crate::ui::style::BOLD;
use crate::ui::{Stream, Ui};

/// How far an edit goes.
#[derive(Debug, Args)]
pub(in crate::cli) struct Go {
    /// Show the lines that would change, and write nothing.
    #[arg(long, conflicts_with = "apply")]
    dry_run: bool,
    /// Apply the plan once the manifest is written.
    #[arg(long)]
    pub(in crate::cli) apply: bool,
    /// Don't ask.
    #[arg(short, long, requires = "apply")]
    yes: bool,
    /// How much of the plan is shown; `full` has every field of new resources, and every tenant.
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Detail::Normal)]
    pub(in crate::cli) detail: Detail,
}

impl Go {
    /// Refuses what would stop at a question that nobody can answer, before anything is written.
    pub(in crate::cli) fn is_answered(&self, ui: &Ui) -> Result<()> {
        if self.apply && !self.yes && !ui.asks() {
            let words = "nobody is here to agree to the plan: add --yes, or leave --apply out (nothing was written)";
            return Err(Stop::at(Exit::Usage, words));
        }
        Ok(())
    }

    pub(in crate::cli) fn is_dry(&self) -> bool {
        self.dry_run
    }

    pub(in crate::cli) fn consent(&self) -> Consent {
        if self.yes {
            return Consent::Given;
        }
        Consent::Ask { question: "Apply this plan? Only `yes` goes on:".into(), word: "yes".into(), flag: "--yes".into() }
    }
}

/// The manifest before its edit.
pub(in crate::cli) struct Draft<'a> {
    source: Arc<Source>,
    pub(in crate::cli) manifest: Manifest,
    pub(in crate::cli) global: &'a Global,
    pub(in crate::cli) ui: &'a Ui,
}

/// What became of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Written {
    Yes,
    /// It was only shown.
    No,
}

impl<'a> Draft<'a> {
    /// The manifest as it stands, which must be without mistakes: an edit should not have to guess.
    pub(in crate::cli) fn read(global: &'a Global, ui: &'a Ui) -> Result<Self> {
        let reading = manifest::open(&global.manifest)?;
        let source = Arc::clone(&reading.source);
        let (manifest, ..) = judged(&global.manifest, reading)?;
        Ok(Self { source, manifest, global, ui })
    }

    /// A tenant of the manifest.
    pub(in crate::cli) fn tenant(&self, text: &str) -> Result<TenantId> {
        match text.parse() {
            Ok(id) if self.manifest.tenants.contains_key(&id) => Ok(id),
            _ => Err(unknown(text, self.manifest.tenants.keys().map(TenantId::as_str))),
        }
    }

    pub(in crate::cli) fn tier(&self, text: &str) -> Result<TierName> {
        known_tier(&self.manifest, text)
    }

    /// Shows the edit, writes it, and shows or applies the plan; without an edit there is still the plan.
    pub(in crate::cli) async fn make(&self, edit: Option<&Edit>, go: &Go) -> Result<Exit> {
        if let Some(edit) = edit
            && self.write(edit, go)? == Written::No
        {
            return Ok(Exit::Done);
        }
        self.follow(edit, go).await
    }

    /// Shows the edit and writes it, if the manifest that it makes is without mistakes.
    pub(in crate::cli) fn write(&self, edit: &Edit, go: &Go) -> Result<Written> {
        let (old, path) = (self.source.text(), &self.global.manifest);
        let new = edited(&self.source, edit)?;
        judged(path, manifest::reading(path, new.clone())).map_err(would_be_wrong)?;
        let shown = crate::ui::edit::text(path, old, &new);
        match self.global.output {
            Format::Text => self.ui.answer(&shown)?,
            _ if go.dry_run => {
                self.ui.answer(&self.global.document(&crate::ui::edit::json(path, old, &new))?)?;
            }
            _ => self.ui.say(shown.trim_end()),
        }
        if go.dry_run {
            self.ui.say("Nothing was written: this was a dry run.");
            return Ok(Written::No);
        }
        edit::write(path, old, &new)?;
        self.ui.say(&format!("Wrote {}.", path.display()));
        Ok(Written::Yes)
    }

    /// The place that the plan is made for; without one, an edit alone has done its work.
    pub(in crate::cli) async fn place(&self, go: &Go) -> Result<Option<Opened>> {
        match open(self.global, self.ui).await {
            Ok(opened) => Ok(Some(opened)),
            Err(error) if !go.apply && matches!(exit::of(&error), Exit::Denied | Exit::TryAgain) => {
                let plan = self.global.command("plan");
                self.ui.say(&format!("The edit is in the manifest; what it changes in AWS can't be told now: {error:#}"));
                self.next("Next:", &plan)?;
                Ok(None)
            }
            Err(error) => Err(error.context(format!(
                "the edit is in the manifest, and nothing else was changed; `{}` shows what it will do",
                self.global.command("plan")
            ))),
        }
    }

    async fn follow(&self, edit: Option<&Edit>, go: &Go) -> Result<Exit> {
        let (global, ui) = (self.global, self.ui);
        let Some(opened) = self.place(go).await? else { return Ok(Exit::Done) };
        let shown = Shown::of(go.detail, Vec::new());
        let desired = opened.desired()?;
        if go.apply {
            let gate = Gate { isolation: Some(opened.isolation(&desired)?), ..Gate::default() };
            let consent = go.consent();
            let before = edit.map(|_| self.declared_before(&opened)).transpose()?;
            let reviewed = Reviewed { before: before.as_ref(), ..Reviewed::default() };
            let (narrow, stream) = (&Narrow::default(), &Stream::open(None, ui)?);
            let (known, wanted, shown) = (&desired, &desired, &shown);
            let job = Job { opened, known, wanted, shown, narrow, gate, reviewed, consent, global, ui, stream };
            return self.applied(job.run().await, edit);
        }
        let plan = diff(&opened.names, &desired, &opened.live(&desired).await?, &shown.named())?;
        shown.print_within(&plan, &opened.isolation(&desired)?, global, ui, &opened).await?;
        opened.aws.save()?;
        if !plan.is_empty() && plan.blocked.is_empty() {
            self.next("Next:", &global.command("apply"))?;
        }
        Ok(Exit::Done)
    }

    /// What the manifest declared before its edit.
    pub(in crate::cli) fn declared_before(&self, opened: &Opened) -> Result<Desired> {
        compile(&self.manifest, &opened.library, &opened.names)
    }

    /// An apply that did not come to its end leaves the edit in the manifest, which its own words don't say.
    pub(in crate::cli) fn applied(&self, ended: Result<Exit>, edit: Option<&Edit>) -> Result<Exit> {
        let (Some(edit), Some(exit)) =
            (edit, ended.as_ref().map_or_else(|e| Some(exit::of(e)), |exit| Some(*exit).filter(|e| *e != Exit::Done)))
        else {
            return ended;
        };
        let apply = self.global.command("apply");
        match ended {
            // These end before the first step.
            Err(error)
                if matches!(exit, Exit::Guarded | Exit::Isolation | Exit::Locked | Exit::Incomplete | Exit::Usage | Exit::Interrupted) =>
            {
                let file = self.global.manifest.display();
                Err(error.context(format!(
                    "`{file}` was edited and AWS was not: `{apply}` goes on from here; {} takes the edit back",
                    self.back(edit)
                )))
            }
            ended => {
                self.ui.say(&format!("The edit stays in the manifest; `{apply}` goes on from here."));
                ended
            }
        }
    }

    /// What undoes an edit.
    fn back(&self, edit: &Edit) -> String {
        let command = |words: String| format!("`{}`", self.global.command(&words));
        let old = |id| self.manifest.tenants.get(id);
        let again = |id| format!("writing the lines of `{id}` that are shown above into it again");
        match edit {
            Edit::Set(id, Field::Tier(_)) => {
                old(id).map_or_else(|| again(id), |tenant| command(format!("tenant move {id} --to {}", tenant.tier.value)))
            }
            Edit::Set(id, Field::Name(_)) => {
                old(id).map_or_else(|| again(id), |tenant| command(format!("tenant rename {id} --name {}", shell_word(&tenant.name))))
            }
            Edit::Set(id, Field::Suspended) => command(format!("tenant resume {id}")),
            Edit::Unset(id, _) => command(format!("tenant suspend {id}")),
            Edit::Add(id, _) => format!("deleting the lines of `{id}`"),
            Edit::Remove(id) => again(id),
        }
    }

    /// The last line: what to type next, and for what.
    pub(in crate::cli) fn next(&self, why: &str, command: &str) -> Result<()> {
        match self.global.output {
            Format::Text => self.ui.answer(&format!("{BOLD}{why}{BOLD:#} {command}\n")),
            _ => {
                self.ui.say(&format!("{why} {command}"));
                Ok(())
            }
        }
    }
}

/// A tier of the manifest.
pub(in crate::cli) fn known_tier(manifest: &Manifest, text: &str) -> Result<TierName> {
    match text.parse() {
        Ok(name) if manifest.tiers.contains_key(&name) => Ok(name),
        _ => {
            let names: Vec<&str> = manifest.tiers.keys().map(TierName::as_str).collect();
            let meant = nearest(text, names.iter().copied()).map(|name| format!("did you mean `{name}`? ")).unwrap_or_default();
            let words = format!("the manifest has no tier {}: {meant}tiers are {}; nothing was written", quoted(text), names.join(", "));
            Err(Stop::at(Exit::Manifest, words))
        }
    }
}

/// A tenant that nobody knows.
pub(in crate::cli) fn unknown<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> anyhow::Error {
    let meant = match nearest(text, known) {
        Some(id) => format!("did you mean `{id}`?"),
        None => "`tenantry tenant list` lists them".into(),
    };
    Stop::at(Exit::Manifest, format!("there is no tenant {}: {meant} (nothing was changed)", quoted(text)))
}

/// The findings in a manifest that nobody has written; it is the command that has to be mended.
fn would_be_wrong(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<Diagnostics>() {
        Some(findings) => {
            Stop::at(Exit::Manifest, format!("the edit would make the manifest wrong, so nothing was written; it would say:\n\n{findings}"))
        }
        None => error,
    }
}
