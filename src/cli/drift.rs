//! `drift`: what somebody changed in AWS since the last apply. It writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use clap::Args;

use super::open::{Opened, open};
use super::{Format, Global, ci};
use crate::address::{Address, Owner};
use crate::apply::{lock, record};
use crate::compile::OWN_BUCKET;
use crate::exit::Exit;
use crate::kinds::{Bucket, Kind as _};
use crate::plan::{Action, Cause, Change, Named, Plan, diff};
use crate::ui::drift as show;
use crate::ui::style::count;
use crate::ui::{Talk, Ui};

const AFTER: &str = "\
What counts:
  What is live otherwise than it was applied although the manifest still asks for the same, and what is gone although the records of \
applies in the platform's bucket say that it was made. What the manifest asks for and nobody has applied yet is no drift: `tenantry plan` \
shows it.

  Tenants' rows, app clients and what takes no tags keep no record of what was applied: a change of one is shown by `tenantry plan`, \
as a change. Group memberships are nobody's here.

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
    let opened = open(global, &Ui::new(global.color, Talk::Quiet)).await?;
    let desired = opened.desired()?;
    let live = opened.live(&desired).await?;
    let plan = diff(&opened.names, &desired, &live, &Named::default())?;
    let changed: Vec<&Change> = plan.changes.iter().filter(|change| is_drift(change)).collect();
    let (deleted, unknown) = gone(&opened, &plan).await?;
    let (interrupted, changed) = interrupted(&opened, changed).await?;
    let drift = show::Drift { target: &plan.target, changed, deleted, interrupted };
    match global.output {
        Format::Text => ui.answer(&show::text(&drift, ui.width_of_stdout()))?,
        _ => ui.answer(&global.document(&show::document(&drift))?)?,
    }
    ci::drifted(global, &drift)?;
    if unknown > 0 {
        let words = format!("{} declared and not applied yet: `tenantry plan` shows what", count(unknown, "resource"));
        ui.say(&format!("note: {words}"));
    }
    Ok(drift.exit())
}

/// AWS's own word for what it gave up on is nobody's change.
fn is_drift(change: &Change) -> bool {
    let by_aws = change.fields.iter().any(|field| field.word_of_aws().is_some());
    change.cause == Cause::Drift && matches!(change.action, Action::Update | Action::Replace) && !by_aws
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
async fn gone<'a>(opened: &Opened, plan: &'a Plan) -> Result<(Vec<(&'a Address, Option<String>)>, usize)> {
    let missing: BTreeSet<&Address> = plan.changes.iter().filter(|c| c.action == Action::Create).map(|c| &c.address).collect();
    if missing.is_empty() {
        return Ok((Vec::new(), 0));
    }
    let mut made = record::made(&opened.aws, &opened.names, &missing).await?;
    let own = Address::new(Bucket::NAME, Owner::Platform, OWN_BUCKET);
    let is_ours = plan.changes.len() > missing.len() || !plan.unchanged.is_empty();
    let deleted: Vec<_> = missing
        .iter()
        .filter_map(|address| match made.remove(*address) {
            Some(since) => Some((*address, Some(since))),
            // The records are gone with their bucket; nothing else is made before it.
            None if **address == own && is_ours => Some((*address, None)),
            None => None,
        })
        .collect();
    let unknown = missing.len() - deleted.len();
    Ok((deleted, unknown))
}
