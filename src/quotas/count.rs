//! How much of each quota is taken: now, and once a platform stands as it is declared.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Place, QUOTAS, Quota, Standing};
use crate::address::Address;
use crate::late::slots;

/// How much of one quota one place takes.
#[derive(Debug)]
pub(crate) struct Usage {
    pub(crate) quota: &'static Quota,
    /// The resource within which it is counted, where it is not the account or the region.
    pub(crate) place: Option<String>,
    pub(crate) now: u64,
    pub(crate) then: u64,
    /// What takes of it, and is not live yet, in order; and how much it comes to with each.
    pub(crate) rising: Vec<(Address, u64)>,
}

impl Usage {
    /// Where it is counted, for a sentence.
    pub(crate) fn place(&self) -> String {
        match (&self.place, self.quota.place) {
            (Some(place), _) => format!("in {place}"),
            (None, Place::Account) => "in an account".into(),
            (None, _) => "in an account and region".into(),
        }
    }
}

type Taken = BTreeMap<(usize, Option<String>), Usage>;

/// How much is taken, of every quota of which anything is; `outputs` are what AWS chose for what is live.
pub(crate) fn usage(now: &Standing<'_>, then: &Standing<'_>, outputs: &BTreeMap<&Address, &Value>) -> Vec<Usage> {
    let by_id = ids(outputs);
    let mut taken = Taken::new();
    // What is live comes first, so that what is beyond is something new.
    let (stays, rises): (Vec<_>, Vec<_>) = then.iter().partition(|(address, _)| now.contains_key(*address));
    for (address, spec) in now {
        each(&mut taken, &by_id, address, spec, |usage, size| usage.now += size);
    }
    for (address, spec) in stays {
        let before = now.get(*address).copied();
        each(&mut taken, &by_id, address, spec, |usage, size| {
            usage.then += size;
            if before.is_some_and(|before| (usage.quota.size)(before) < size) {
                usage.rising.push(((*address).clone(), usage.then));
            }
        });
    }
    for (address, spec) in rises {
        each(&mut taken, &by_id, address, spec, |usage, size| {
            usage.then += size;
            usage.rising.push(((*address).clone(), usage.then));
        });
    }
    taken.into_values().collect()
}

fn each(taken: &mut Taken, by_id: &BTreeMap<&str, &Address>, address: &Address, spec: &Value, add: impl Fn(&mut Usage, u64)) {
    for (n, quota) in QUOTAS.iter().enumerate().filter(|(_, quota)| quota.kinds.contains(&address.kind())) {
        let place = within(quota, by_id, address, spec);
        let usage = taken.entry((n, place.clone())).or_insert_with(|| Usage { quota, place, now: 0, then: 0, rising: Vec::new() });
        add(usage, (quota.size)(spec));
    }
}

/// Our names for what is live, by AWS's.
fn ids<'a>(outputs: &BTreeMap<&'a Address, &'a Value>) -> BTreeMap<&'a str, &'a Address> {
    let texts = |output: &'a Value| output.as_object().into_iter().flatten().filter_map(|(_, v)| v.as_str());
    let all = outputs.iter().flat_map(|(address, output)| texts(output).map(|text| (text, *address)));
    // Children repeat the ids of their parents: what has the id is declared before them.
    let mut by_id: BTreeMap<&str, &Address> = BTreeMap::new();
    for (id, address) in all {
        let known = by_id.entry(id).or_insert(address);
        if crate::kinds::rank(address.kind()) < crate::kinds::rank(known.kind()) {
            *known = address;
        }
    }
    by_id
}

fn within(quota: &Quota, by_id: &BTreeMap<&str, &Address>, address: &Address, spec: &Value) -> Option<String> {
    match quota.place {
        Place::Account | Place::Region => None,
        Place::Itself => Some(address.to_string()),
        Place::In(field) => Some(referred(spec.get(field)?, by_id, None)),
        Place::Gateway => Some(referred(spec.get("statement")?, by_id, Some("gateway"))),
    }
}

/// What a text refers to: by our name for it, or by AWS's where we have none.
fn referred(text: &Value, by_id: &BTreeMap<&str, &Address>, kind: Option<&str>) -> String {
    let fits = |address: &Address| kind.is_none_or(|kind| address.kind() == kind);
    if let Some(slot) = slots(text).into_iter().find(|slot| fits(&slot.address)) {
        return slot.address.to_string();
    }
    let text = text.as_str().unwrap_or_default();
    let whole = by_id.get(text).copied();
    let part = || by_id.iter().find(|(id, address)| fits(address) && id.starts_with("arn:") && text.contains(*id)).map(|(_, a)| *a);
    let named = if kind.is_none() { whole } else { part() };
    named.map_or_else(|| text.chars().take(60).collect(), ToString::to_string)
}
