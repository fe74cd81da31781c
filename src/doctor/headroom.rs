//! How many more tenants fit under AWS's quotas, by tier, and what they would cost.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::compile::compile;
use crate::desired::Desired;
use crate::diagnostic::Span;
use crate::library::Library;
use crate::manifest::{self, Located, Manifest, Tenant, User};
use crate::names::{Names, TierName};
use crate::observe::Live;
use crate::plan::Plan;
use crate::quotas::{QUOTAS, Standing, Usage, usage};

/// How many tenants more a tier takes.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) tier: TierName,
    /// The first quota that is full then, and after how many; none grows with tenants: no bound.
    pub(crate) bound: Option<Bound>,
    /// Where the account is nearest to a quota whether or not it grows with tenants.
    pub(crate) fullest: Option<Fullest>,
}

/// The quota of which the largest part is taken.
#[derive(Debug, Clone)]
pub(crate) struct Fullest {
    pub(crate) unit: &'static str,
    pub(crate) taken: u64,
    pub(crate) most: u64,
    pub(crate) place: String,
    /// Of how many.
    pub(crate) of: usize,
}

#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) tenants: u64,
    pub(crate) unit: &'static str,
    pub(crate) most: u64,
    pub(crate) place: String,
    pub(crate) way_out: String,
}

/// The room of each tier, over what is declared and what is live and kept.
pub(crate) fn rooms(manifest: &Manifest, library: &Library, names: &Names, plan: &Plan, live: &Live) -> Result<Vec<Room>> {
    let taken = |desired: &Desired| -> BTreeMap<(&'static str, Option<String>), Usage> {
        let kept = plan.kept.iter().filter_map(|address| Some((address, &live.get(address)?.spec)));
        let then: Standing<'_> = kept.chain(desired.specs()).collect();
        let outputs = live.iter().filter(|(_, found)| found.mark.is_ours());
        let outputs = outputs.map(|(address, found)| (address, &found.output)).collect();
        usage(&Standing::new(), &then, &outputs).into_iter().map(|usage| ((usage.quota.id, usage.place.clone()), usage)).collect()
    };
    let before = taken(&compile(manifest, library, names)?);
    let most = |usage: &Usage| usage.quota.most(&manifest.quotas).max(1);
    // Compared as parts of a whole, without fractions; the first by name of several alike.
    let fuller = |one: &&Usage, other: &&Usage| (one.then * most(other)).cmp(&(other.then * most(one)));
    // What one resource is bound by says nothing about how many there may be.
    let fullest = before.values().rev().filter(|usage| usage.place.is_none()).max_by(fuller).map(|usage| Fullest {
        unit: usage.quota.unit,
        taken: usage.then,
        most: most(usage),
        place: usage.place(),
        of: QUOTAS.len(),
    });
    let mut rooms = Vec::new();
    for tier in manifest.tiers.keys() {
        let after = taken(&compile(&more(manifest, tier, 1)?, library, names)?);
        let bounds = after.into_iter().filter_map(|(key, one_more)| {
            let with = before.get(&key)?.then;
            let each = one_more.then.checked_sub(with).filter(|each| *each > 0)?;
            let most = one_more.quota.most(&manifest.quotas);
            let tenants = most.saturating_sub(with) / each;
            let way_out = one_more.quota.way_out(most + each);
            Some(Bound { tenants, unit: one_more.quota.unit, most, place: one_more.place(), way_out })
        });
        rooms.push(Room { tier: tier.clone(), bound: bounds.min_by_key(|bound| bound.tenants), fullest: fullest.clone() });
    }
    Ok(rooms)
}

/// The manifest with so many tenants more in a tier, of one user each.
pub(crate) fn more(manifest: &Manifest, tier: &TierName, tenants: u32) -> Result<Manifest> {
    let mut more = manifest.clone();
    let role = manifest.tenants.values().flat_map(|tenant| &tenant.users).next().map_or("user", |user| user.role.as_str());
    for n in 1..=tenants {
        let id = format!("zz-doctor-{n}");
        let user = User { email: format!("user@{id}.example"), role: role.to_owned() };
        let tier = Located { value: tier.clone(), span: Span { start: 0, end: 0 } };
        let tenant = Tenant {
            tier,
            name: id.clone(),
            settings: BTreeMap::new(),
            users: vec![user],
            rate_limit: None,
            standing: manifest::Standing::Active,
        };
        more.tenants.insert(id.parse()?, tenant);
    }
    Ok(more)
}
