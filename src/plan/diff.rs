//! Compares what is desired with what is live, resource by resource.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::Value;

use super::{Action, Blocked, Cause, Change, Named, Plan, attribute, fields, spec_digest};
use crate::address::{Address, Owner};
use crate::desired::Desired;
use crate::kinds::{AnyFound, Kind as _, Ownership, Prefix, TenantRow, kind};
use crate::late::{Slot, fill, slots};
use crate::names::Names;
use crate::observe::Live;
use crate::quotas::{Fit, Standing, fit, usage};

/// Compares what is desired with what is live.
pub(crate) fn diff(names: &Names, desired: &Desired, live: &Live, named: &Named) -> Result<Plan> {
    let mut plan = Plan {
        target: names.into(),
        changes: Vec::new(),
        kept: Vec::new(),
        blocked: Vec::new(),
        unchanged: Vec::new(),
        close: Vec::new(),
        outputs: BTreeMap::new(),
        partial: None,
    };
    let mut known = Known::new();
    for (address, declared) in desired.iter() {
        compare(&mut plan, &mut known, names, (address, declared), live.get(address), named)?;
    }
    leftovers(&mut plan, desired, live, named)?;
    keep_children(&mut plan, live)?;
    quotas(&mut plan, desired, live);
    Ok(plan)
}

/// Outputs of what is yet to be created, as far as they follow from what is declared. What is replaced has none here:
/// things below it go with it, and must not look as if they could stay.
type Known = BTreeMap<Address, Value>;

/// In a blocked plan: the output of something that is in the way, or that waits for it.
pub(crate) const BLOCKED: &str = "(blocked)";

fn compare(
    plan: &mut Plan,
    known: &mut Known,
    names: &Names,
    (address, declared): (&Address, &Value),
    found: Option<&AnyFound>,
    named: &Named,
) -> Result<()> {
    let kind = kind(address.kind())?;
    let lookup = |slot: &Slot| {
        let output = plan.outputs.get(&slot.address).or_else(|| known.get(&slot.address));
        output
            .and_then(|output| attribute(output, &slot.attribute))
            .or_else(|| plan.is_in_the_way(&slot.address).then(|| BLOCKED.to_owned()))
    };
    let waits_in_vain = slots(declared).iter().any(|slot| plan.is_in_the_way(&slot.address));
    let filled = kind.canonical(&fill(declared, &lookup))?;
    let new = |action, cause, fields, replaces, live| Change {
        address: address.clone(),
        action,
        cause,
        fields,
        replaces,
        loses: Vec::new(),
        desired: Some(declared.clone()),
        live,
    };
    let Some(found) = found else {
        known.insert(address.clone(), kind.known(&filled, names)?);
        plan.changes.push(new(Action::Create, Cause::Manifest, fields::differences(&Value::Null, &filled), Vec::new(), None));
        return Ok(());
    };
    if let Ownership::Foreign { platform } = &found.mark {
        let whose = platform.as_ref().map_or_else(|| "carries no mark of tenantry".into(), |p| format!("belongs to platform `{p}`"));
        let way_out = match (platform, kind.way_out()) {
            // Its own platform would lose it.
            (Some(p), _) => format!("leave it to `{p}` and give this platform another name with `platform.name`, or destroy `{p}` first"),
            (None, Some(way_out)) => way_out.into(),
            (None, None) => {
                format!("delete or rename it, or tag it as ours: tenantry:platform={}, tenantry:address={address}", plan.target.platform)
            }
        };
        let why = format!("something of this name is in AWS already and {whose}");
        plan.blocked.push(Blocked { address: address.clone(), why, way_out, in_the_way: true });
        return Ok(());
    }
    for why in kind.impossible(&filled, &found.spec)? {
        plan.blocked.push(Blocked {
            address: address.clone(),
            why,
            way_out: "put the manifest back as it was, or start a platform of another name".into(),
            in_the_way: false,
        });
    }
    let loses = kind.loses(&filled, &found.spec)?;
    if !named.loses(address) {
        plan.blocked.extend(loses.iter().map(|why| Blocked {
            address: address.clone(),
            why: why.clone(),
            way_out: format!("put the manifest back as it was, or lose the data with --delete {address}"),
            in_the_way: false,
        }));
    }
    let mut changed = fields::differences(&found.spec, &filled);
    changed.extend(fields::marks(&found.mark, address, &filled));
    if changed.is_empty() {
        plan.outputs.insert(address.clone(), found.output.clone());
        plan.unchanged.push(address.clone());
        return Ok(());
    }
    let cause = match &found.mark {
        _ if waits_in_vain || !slots(&filled).is_empty() => Cause::Dependency,
        Ownership::Ours { spec: Some(applied) } if *applied == spec_digest(&filled) => Cause::Drift,
        _ => Cause::Manifest,
    };
    let replaces: Vec<String> = kind
        .replace_on()
        .iter()
        .filter(|(field, _)| changed.iter().any(|c| c.root() == *field))
        .map(|(field, why)| format!("{field}: {why}"))
        .collect();
    if replaces.is_empty() {
        plan.outputs.insert(address.clone(), found.output.clone());
        plan.changes.push(Change { loses, ..new(Action::Update, cause, changed, replaces, Some(found.clone())) });
        return Ok(());
    }
    if kind.holds_data() && !named.replace.contains(address) {
        plan.blocked.push(Blocked {
            address: address.clone(),
            why: format!("it holds data and would have to be replaced ({})", replaces.join("; ")),
            way_out: format!("put the manifest back as it was, or lose the data with --allow-replace {address}"),
            in_the_way: false,
        });
    }
    plan.changes.push(new(Action::Replace, cause, changed, replaces, Some(found.clone())));
    Ok(())
}

/// What AWS would refuse for being too much, before anything of it is made.
fn quotas(plan: &mut Plan, desired: &Desired, live: &Live) {
    let ours = || live.iter().filter(|(_, found)| found.mark.is_ours());
    let goes: BTreeSet<&Address> = plan.changes.iter().filter(|c| c.action == Action::Delete).map(|c| &c.address).collect();
    let now: Standing<'_> = ours().map(|(address, found)| (address, &found.spec)).collect();
    let stays = now.iter().filter(|(address, _)| !goes.contains(**address)).map(|(address, spec)| (*address, *spec));
    let then: Standing<'_> = stays.chain(desired.specs()).collect();
    let outputs = ours().map(|(address, found)| (address, &found.output)).collect();
    let Fit { beyond, notes } = fit(&usage(&now, &then, &outputs), &desired.raised);
    plan.blocked.extend(beyond.into_iter().map(Blocked::beyond));
    plan.close = notes;
}

/// What is live and ours but no longer declared, from the bottom up.
fn leftovers(plan: &mut Plan, desired: &Desired, live: &Live, named: &Named) -> Result<()> {
    let mut gone: Vec<(&Address, &AnyFound)> = live.iter().filter(|(a, f)| !desired.specs().contains_key(*a) && f.mark.is_ours()).collect();
    gone.sort_by_key(|(address, _)| (std::cmp::Reverse(crate::kinds::rank(address.kind())), (*address).clone()));
    let leaves = leaves(desired, &gone, named);
    for (address, found) in gone {
        let kind = kind(address.kind())?;
        if kind.stays() {
            continue;
        }
        let change = |action, fields, desired| Change {
            address: address.clone(),
            action,
            cause: Cause::Manifest,
            fields,
            replaces: Vec::new(),
            loses: Vec::new(),
            desired,
            live: Some(found.clone()),
        };
        if named.deletes(address) || !(kind.holds_data() || kind.is_shared(&found.output)?) {
            plan.changes.push(change(Action::Delete, Vec::new(), None));
            continue;
        }
        let shut = if leaves.contains(address) { kind.left(&found.spec)? } else { kind.closed(&found.spec)? };
        match shut.filter(|closed| *closed != found.spec) {
            Some(closed) => plan.changes.push(change(Action::Close, fields::differences(&found.spec, &closed), Some(closed))),
            None => plan.kept.push(address.clone()),
        }
    }
    Ok(())
}

/// What a tenant's leaving is marked on, so that it is one change and no more: its row where it has one, else its prefixes. Where
/// nothing is declared any more it is the platform that goes.
fn leaves(desired: &Desired, gone: &[(&Address, &AnyFound)], named: &Named) -> BTreeSet<Address> {
    let declared: BTreeSet<&Owner> = desired.specs().keys().map(Address::owner).collect();
    if declared.is_empty() {
        return BTreeSet::new();
    }
    let left = |address: &Address| matches!(address.owner(), Owner::Tenant(_)) && !declared.contains(address.owner());
    // What is deleted says nothing afterwards.
    let of = |kind: &'static str| {
        let all = gone.iter().map(|(address, _)| *address);
        all.filter(move |address| address.kind() == kind && left(address) && !named.deletes(address))
    };
    let with_row: BTreeSet<&Owner> = of(TenantRow::NAME).map(Address::owner).collect();
    of(TenantRow::NAME).chain(of(Prefix::NAME).filter(|address| !with_row.contains(address.owner()))).cloned().collect()
}

/// How many addresses a sentence names.
const NAMED_AT_ONCE: usize = 20;

/// Data goes only by its own name: what it stands in isn't deleted from under it.
fn keep_children(plan: &mut Plan, live: &Live) -> Result<()> {
    let gone: Vec<&Change> = plan.changes.iter().filter(|c| matches!(c.action, Action::Delete | Action::Replace)).collect();
    let goes: BTreeSet<&Address> = gone.iter().map(|c| &c.address).collect();
    let mut data: Vec<(&Address, &AnyFound, &[&str])> = Vec::new();
    for (address, found) in live.iter().filter(|(_, f)| f.mark.is_ours()) {
        let kind = kind(address.kind())?;
        if kind.holds_data() && !kind.below().is_empty() && !goes.contains(address) {
            data.push((address, found, kind.below()));
        }
    }
    let mut blocked = Vec::new();
    for change in gone {
        let Some(parent) = &change.live else { continue };
        let lost: Vec<String> = data
            .iter()
            .filter(|(_, child, below)| below.contains(&change.address.kind()) && refers(&child.spec, &parent.output))
            .map(|(address, ..)| address.to_string())
            .collect();
        if lost.is_empty() {
            continue;
        }
        let more = match lost.len().saturating_sub(NAMED_AT_ONCE) {
            0 => String::new(),
            n => format!(" and {n} more, which --output json lists"),
        };
        let some = || lost.iter().take(NAMED_AT_ONCE).cloned().collect::<Vec<_>>();
        blocked.push(Blocked {
            address: change.address.clone(),
            why: format!("data that is kept would be deleted with it: {}{more}", some().join(", ")),
            way_out: format!("name these as well: --delete {}{more}", some().join(",")),
            in_the_way: false,
        });
    }
    plan.blocked.extend(blocked);
    Ok(())
}

/// Whether a live document refers to what AWS chose for another: that is how a child says which parent it is in.
fn refers(child: &Value, parent: &Value) -> bool {
    let texts =
        |document: &Value| document.as_object().into_iter().flatten().filter_map(|(_, v)| v.as_str().map(ToOwned::to_owned)).collect();
    let (child, parent): (BTreeSet<String>, BTreeSet<String>) = (texts(child), texts(parent));
    child.intersection(&parent).any(|text| !text.is_empty())
}
