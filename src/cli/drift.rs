//! `drift`: what somebody changed in AWS since the last apply. It writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use clap::Args;

use super::open::{Opened, open};
use super::{Format, Global, ci};
use crate::address::{Address, Owner};
use crate::apply::lock;
use crate::apply::record::{self, Made};
use crate::compile::OWN_BUCKET;
use crate::exit::Exit;
use crate::kinds::{Bucket, Kind as _, Ownership, kind};
use crate::late::{Slot, fill, slots};
use crate::plan::{Action, Cause, Change, Named, Plan, attribute, diff, spec_digest};
use crate::ui::Ui;
use crate::ui::drift as show;
use crate::ui::style::count;

const AFTER: &str = "\
What counts:
  What is live otherwise than it was applied although the manifest still asks for the same, and what is gone although the records of \
applies in the platform's bucket say that it was made. What the manifest asks for and nobody has applied yet is no drift: `tenantry plan` \
shows it.

  Tenants' rows, app clients and what takes no tags are compared with the record of the apply that wrote them last. Group memberships \
are nobody's here.

  While an apply holds the lock, or was killed and left it, that is said first: what it has made and not finished is no drift.

Ends with 2 if there is any drift, and with 0 and without a word if there is none.

Examples:
  tenantry drift
  tenantry drift --output json
  tenantry drift --ci github";

/// Show what somebody changed in AWS behind the manifest's back, and nothing else.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(crate) struct Drift {}

pub(super) async fn run(global: &Global, ui: &Ui) -> Result<Exit> {
    // Who asks every night wants to hear of drift alone.
    let opened = open(global, &ui.quiet()).await?;
    let desired = opened.desired()?;
    let live = opened.live(&desired).await?;
    let plan = diff(&opened.names, &desired, &live, &Named::default())?;
    let missing: BTreeSet<&Address> = plan.changes.iter().filter(|c| c.action == Action::Create).map(|c| &c.address).collect();
    let unmarked: BTreeSet<&Address> = plan.changes.iter().filter(|change| is_unmarked(change)).map(|c| &c.address).collect();
    let asked: BTreeSet<&Address> = missing.union(&unmarked).copied().collect();
    let made = if asked.is_empty() { BTreeMap::new() } else { record::made(&opened.aws, &opened.names, &asked).await? };
    let was_applied = |change: &Change| {
        let recorded = made.get(&change.address).and_then(|made| made.spec.as_ref());
        unmarked.contains(&change.address) && recorded.is_some() && recorded == wanted(change, &plan).as_ref()
    };
    let changed = plan.changes.iter().filter(|change| is_drift(change) || was_applied(change)).collect();
    let (deleted, unknown) = gone(&missing, &made, &plan);
    let (interrupted, changed) = interrupted(&opened, changed).await?;
    let drift = show::Drift { target: &plan.target, changed, deleted, interrupted };
    match global.output {
        Format::Text => ui.tell(&show::text(&drift, ui.width_of_stdout()))?,
        _ => ui.answer(&global.document(&show::document(&drift))?)?,
    }
    ci::drifted(global, &drift)?;
    if unknown > 0 {
        let words = format!("{} declared and not applied yet: `tenantry plan` shows what", count(unknown, "resource"));
        ui.say(&format!("note: {words}"));
    }
    Ok(drift.exit())
}

/// By the mark of what was applied.
fn is_drift(change: &Change) -> bool {
    change.cause == Cause::Drift && differs(change)
}

/// AWS's own word for what it gave up on is nobody's change.
fn differs(change: &Change) -> bool {
    let by_aws = change.fields.iter().any(|field| field.word_of_aws().is_some());
    matches!(change.action, Action::Update | Action::Replace) && !by_aws
}

/// What carries no digest of what was applied: then the record of the apply may have it.
fn is_unmarked(change: &Change) -> bool {
    let mark = change.live.as_ref().map(|live| &live.mark);
    differs(change) && matches!(mark, Some(Ownership::Ours { spec: None }))
}

/// The digest of what is declared; none if that refers to something that is not there yet.
fn wanted(change: &Change, plan: &Plan) -> Option<String> {
    let lookup = |slot: &Slot| attribute(plan.outputs.get(&slot.address)?, &slot.attribute);
    let filled = fill(change.desired.as_ref()?, &lookup);
    let filled = slots(&filled).is_empty().then_some(filled)?;
    Some(spec_digest(&kind(change.address.kind()).ok()?.canonical(&filled).ok()?))
}

/// The apply that holds the lock, if one does, with what it has made and not finished: no earlier apply has made that, so that nobody
/// else has changed it. The rest is drift.
async fn interrupted<'a>(opened: &Opened, changed: Vec<&'a Change>) -> Result<(Option<show::Interrupted<'a>>, Vec<&'a Change>)> {
    let Some((holder, _)) = lock::read(&opened.aws, &opened.names).await? else { return Ok((None, changed)) };
    let addresses: BTreeSet<&Address> = changed.iter().map(|change| &change.address).collect();
    let made = if addresses.is_empty() { BTreeMap::new() } else { record::made(&opened.aws, &opened.names, &addresses).await? };
    let (drift, left): (Vec<&Change>, Vec<&Change>) = changed.into_iter().partition(|change| made.contains_key(&change.address));
    let is_ours = holder.who == opened.caller;
    let left = left.into_iter().map(|change| &change.address).collect();
    Ok((Some(show::Interrupted { who: holder.who, since: holder.since, is_ours, left }), drift))
}

/// What an apply has made and is there no longer, and how much else is yet to be made.
fn gone<'a>(missing: &BTreeSet<&'a Address>, made: &BTreeMap<Address, Made>, plan: &Plan) -> (Vec<(&'a Address, Option<String>)>, usize) {
    let own = Address::new(Bucket::NAME, Owner::Platform, OWN_BUCKET);
    let is_ours = plan.changes.len() > missing.len() || !plan.unchanged.is_empty();
    let deleted: Vec<_> = missing
        .iter()
        .filter_map(|address| match made.get(*address) {
            Some(made) => Some((*address, Some(made.since.clone()))),
            // The records are gone with their bucket; nothing else is made before it.
            None if **address == own && is_ours => Some((*address, None)),
            None => None,
        })
        .collect();
    let unknown = missing.len() - deleted.len();
    (deleted, unknown)
}
