//! `offboard`: a tenant leaves, a stage at a time; its data goes only when that is said by name.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use clap::Args;

use super::Format;
use super::Global;
use super::apply::{Consent, Gate, Job, Reviewed};
use super::open::{Opened, files, open};
use super::shown::{Narrow, Shown};
use super::tenant::change::{Draft, Go, unknown};
use crate::address::{Address, Owner};
use crate::exit::{Exit, Stop};
use crate::kinds::{Kind as _, Prefix, TenantRow};
use crate::manifest::Manifest;
use crate::manifest::edit::{Edit, Field};
use crate::names::{Names, PATIENT_METADATA, ROW_STATUS, TenantId, TierName};
use crate::observe::Live;
use crate::plan::{Action, Change, Named, Plan, Which, diff};
use crate::ui::tenant::{self, Farewell};
use crate::ui::{Stream, Ui};

/// Take a tenant off the platform: the first call suspends it, the second removes it from the manifest.
///
/// What holds data is kept until --delete-data.
#[derive(Debug, Args)]
pub(crate) struct Offboard {
    /// The tenant's id; it may have left the manifest already.
    id: String,
    #[command(flatten)]
    go: Go,
    /// Delete for good what is kept of the tenant: its documents, its row and its users. Needs --apply.
    #[arg(long, requires = "apply")]
    delete_data: bool,
    /// The tenant's id again, instead of being asked for it.
    #[arg(long, value_name = "ID", requires = "delete_data")]
    confirm: Option<String>,
}

impl Offboard {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        match &self.confirm {
            Some(id) if *id != self.id => {
                let words = format!("--confirm says `{id}`, the tenant is `{}`; nothing was changed", self.id);
                return Err(Stop::at(Exit::Guarded, words));
            }
            None if self.delete_data && !ui.asks() => {
                let words = format!("nobody is here to type the tenant's id: add --confirm {} (nothing was changed)", self.id);
                return Err(Stop::at(Exit::Usage, words));
            }
            None if !self.delete_data => self.go.is_answered(ui)?,
            _ => {}
        }
        let draft = Draft::read(global, ui)?;
        let id: TenantId = self.id.parse().map_err(|_| unknown(&self.id, draft.manifest.tenants.keys().map(TenantId::as_str)))?;
        match draft.manifest.tenants.get(&id) {
            Some(tenant) if tenant.standing.is_active() => self.suspend(&draft, id).await,
            Some(_) if self.go.is_dry() => {
                draft.write(&Edit::Remove(id), &self.go)?;
                Ok(Exit::Done)
            }
            Some(_) => {
                let unsure = || {
                    format!("whether tenant `{id}` is suspended in AWS can't be told, so it stays in the manifest (nothing was written)")
                };
                let mut opened = open(global, ui).await.with_context(unsure)?;
                let live = opened.live(&opened.desired()?).await.with_context(unsure)?;
                is_shut(&opened, &live, &id)?;
                draft.write(&Edit::Remove(id.clone()), &self.go)?;
                (opened.manifest, opened.library, ..) = files(global)?;
                self.leave(&draft, opened, &id).await
            }
            None => {
                let opened = open(global, ui).await?;
                self.leave(&draft, opened, &id).await
            }
        }
    }

    /// The first stage.
    async fn suspend(&self, draft: &Draft<'_>, id: TenantId) -> Result<Exit> {
        if self.delete_data {
            let words = format!(
                "tenant `{id}` is not suspended yet, and data goes last: `{}` suspends it first (nothing was changed)",
                draft.global.command(&format!("offboard {id} --apply"))
            );
            return Err(Stop::at(Exit::Guarded, words));
        }
        let exit = draft.make(Some(&Edit::Set(id.clone(), Field::Suspended)), &self.go).await?;
        if exit == Exit::Done {
            let next = draft.global.command(&format!("offboard {id}"));
            let first = if self.go.apply {
                String::new()
            } else {
                format!(" First `{}` suspends it in AWS; then the", draft.global.command("apply"))
            };
            let the = if self.go.apply { " The" } else { "" };
            draft.ui.say(&format!(
                "Stage 1 of 2: suspended, and nothing removed.{first}{the} same command again, `{next}`, takes it off the manifest."
            ));
        }
        Ok(exit)
    }

    /// The second stage, and whatever is left of one that has left.
    async fn leave(&self, draft: &Draft<'_>, opened: Opened, id: &TenantId) -> Result<Exit> {
        let (global, ui) = (draft.global, draft.ui);
        let owner = Owner::Tenant(id.clone());
        let desired = opened.desired()?;
        let live = opened.live(&desired).await?;
        let was_there = draft.manifest.tenants.contains_key(id);
        if !was_there && !tenant::is_live(&live, &owner) {
            return Err(unknown(id.as_str(), tenant::known(&draft.manifest, &live)));
        }
        let kept = diff(&opened.names, &desired, &live, &Named::default())?;
        let holds = kept.kept.iter().any(|a| *a.owner() == owner)
            || kept.changes.iter().any(|c| *c.address.owner() == owner && c.action == Action::Close);
        let delete = if self.delete_data && holds { vec![Which::KeptOf(owner.clone())] } else { Vec::new() };
        let shown = Shown::of(self.go.detail, delete);
        let plan = diff(&opened.names, &desired, &live, &shown.named())?;
        let needs = needs_you(&draft.manifest, &opened.names, &live, id);
        let isolation = opened.isolation(&desired)?;
        let exit = if self.go.apply {
            let gate = Gate { isolation: Some(isolation), ..Gate::default() };
            let consent = self.consent();
            let before = was_there.then(|| draft.declared_before(&opened)).transpose()?;
            let reviewed = Reviewed { before: before.as_ref(), ..Reviewed::default() };
            let (narrow, stream) = (&Narrow::default(), &Stream::open(None, ui)?);
            let (known, wanted, shown) = (&desired, &desired, &shown);
            let job = Job { opened, known, wanted, shown, narrow, gate, reviewed, consent, global, ui, stream };
            draft.applied(job.run().await, was_there.then(|| Edit::Remove(id.clone())).as_ref())?
        } else {
            shown.print_within(&plan, &isolation, global, ui, &opened).await?;
            opened.aws.save()?;
            Exit::Done
        };
        if exit != Exit::Done {
            return Ok(exit);
        }
        let farewell = Farewell { id, plan: &plan, needs: &needs, is_done: self.go.apply };
        match global.output {
            Format::Text => ui.tell(&farewell.text(ui.width_of_stdout()))?,
            _ => ui.say(farewell.text(ui.width_of_stderr()).trim_end()),
        }
        self.what_next(draft, &plan, id)?;
        Ok(exit)
    }

    /// To delete data, the tenant's id is typed: `--yes` is not enough.
    fn consent(&self) -> Consent {
        match (&self.confirm, self.delete_data) {
            (Some(_), true) => Consent::Given,
            (None, true) => Consent::Ask {
                question: format!("Delete all that is kept of tenant `{}` for good? Type its id to go on:", self.id),
                word: self.id.clone(),
                flag: format!("--confirm {}", self.id),
            },
            _ => self.go.consent(),
        }
    }

    fn what_next(&self, draft: &Draft<'_>, plan: &Plan, id: &TenantId) -> Result<()> {
        let owner = Owner::Tenant(id.clone());
        if !self.go.apply && !plan.is_empty() {
            return draft.next("Next:", &draft.global.command("apply"));
        }
        let stays = |a: &Address| *a.owner() == owner;
        let closed = plan.changes.iter().any(|c| c.action == Action::Close && stays(&c.address));
        if closed || plan.kept.iter().any(stays) {
            let command = draft.global.command(&format!("offboard {id} --delete-data --apply"));
            return draft.next("To delete what is kept, for good:", &command);
        }
        Ok(())
    }
}

/// The first stage must have come to AWS: who is still let in would lose their data under their hands.
fn is_shut(opened: &Opened, live: &Live, id: &TenantId) -> Result<()> {
    let owner = Owner::Tenant(id.clone());
    let plan = diff(&opened.names, &opened.desired()?, live, &Named::default())?;
    let opens = |change: &&Change| {
        let (Some(found), true) = (&change.live, *change.address.owner() == owner) else { return false };
        let kind = change.address.kind();
        found.spec.get("enabled") == Some(&true.into())
            || (kind == TenantRow::NAME && change.fields.iter().any(|f| f.path.ends_with(ROW_STATUS)))
    };
    let open: Vec<&Address> = plan.changes.iter().filter(opens).map(|change| &change.address).collect();
    let Some(first) = open.first() else { return Ok(()) };
    let more = if open.len() > 1 { format!(" and {} more still let", open.len() - 1) } else { " still lets".into() };
    let words = format!(
        "tenant `{id}` is suspended in the manifest and not in AWS yet: {first}{more} somebody in (nothing was written)\n\n\
         hint: `tenantry apply` suspends it there; then `tenantry offboard {id}` takes it off the manifest"
    );
    Err(Stop::at(Exit::Guarded, words))
}

/// What this tool can't remove, because nobody has told it which of it is whose, or because AWS alone can.
fn needs_you(manifest: &Manifest, names: &Names, live: &Live, id: &TenantId) -> Vec<String> {
    let owner = Owner::Tenant(id.clone());
    let prefixes = live.iter().filter(|(a, f)| a.kind() == Prefix::NAME && *a.owner() == owner && f.mark.is_ours());
    let mut tiers: BTreeSet<TierName> = prefixes.filter_map(|(a, _)| a.label().parse().ok()).collect();
    tiers.extend(manifest.tenants.get(id).map(|tenant| tenant.tier.value.clone()));
    let searched: Vec<TierName> =
        tiers.iter().filter(|tier| manifest.tiers.get(*tier).is_some_and(|tier| tier.knowledge_base.is_some())).cloned().collect();
    let mut needs = Vec::new();
    if let Some(data) = &manifest.data {
        let claim = &manifest.identity.claims.tenant;
        let more = if data.tables.is_empty() { "" } else { ", and in the tables of `data.tables`" };
        needs.push(format!("patients' rows whose {claim} is {id}, in table {}{more}", names.table(PATIENT_METADATA)));
    }
    for tier in tiers {
        if let Some(memory) = manifest.tiers.get(&tier).and_then(|tier| tier.memory.as_ref()) {
            needs.push(format!(
                "what agents remember of actors {tier}-{id}-*, in the memory of tier {tier}; conversations end by themselves after {} days, \
                 what was drawn from them stays",
                memory.expiry_days
            ));
        }
    }
    for tier in searched {
        needs.push(format!("what tier {tier} has read of its documents: once they are deleted, `tenantry documents ingest tier:{tier}`"));
    }
    if let Some(tenant) = manifest.tenants.get(id).filter(|tenant| !tenant.users.is_empty() && !tenant.standing.is_active()) {
        let minutes = manifest.identity.web_client.token_minutes;
        let whose = if tenant.users.len() == 1 { "its user" } else { "its users" };
        needs.push(format!("tokens that {whose} got before it was suspended in AWS: they work for up to {minutes} min from then on"));
    }
    if manifest.observability.is_some() {
        needs.push("log lines and traces that name it, until their time is up".into());
    }
    needs
}
