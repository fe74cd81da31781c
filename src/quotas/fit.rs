//! Whether a platform fits into AWS's quotas: what goes beyond, and what comes close.

use std::collections::BTreeMap;

use super::{NOTEWORTHY_PERCENT, Usage};
use crate::address::Address;
use crate::diagnostic::thousands;

/// Something that AWS would refuse half-way through an apply.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Beyond {
    /// The first that is too many.
    pub(crate) address: Address,
    pub(crate) why: String,
    pub(crate) way_out: String,
    /// Whether AWS may have raised the number for this account.
    pub(crate) is_adjustable: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Fit {
    pub(crate) beyond: Vec<Beyond>,
    /// What comes close, or is beyond already, a sentence each.
    pub(crate) notes: Vec<String>,
}

/// Judges what is taken. A quota that is exceeded already has been raised; what adds nothing to it is let through.
pub(crate) fn fit(usage: &[Usage], raised: &BTreeMap<String, u64>) -> Fit {
    let mut fit = Fit::default();
    for taken in usage {
        let (quota, most) = (taken.quota, taken.quota.most(raised));
        let (then, place) = (thousands(taken.then), taken.place());
        let default = if raised.contains_key(quota.id) { "the manifest says that AWS allows" } else { "AWS allows" };
        let first = taken.rising.iter().find(|(_, with)| *with > most.max(taken.now));
        if taken.now <= most
            && taken.then > most
            && let Some((address, _)) = first
        {
            fit.beyond.push(Beyond {
                address: address.clone(),
                why: format!("it would make {then} {} {place}, and {default} {}", quota.unit, thousands(most)),
                way_out: quota.way_out(taken.then),
                is_adjustable: quota.is_adjustable() && !raised.contains_key(quota.id),
            });
        } else if taken.then > most {
            fit.notes.push(format!(
                "there are {then} {} {place} already, more than the {} that AWS gives everybody: it must have raised that number for this \
                 account, to what tenantry does not know (`quotas: {{ {}: NUMBER }}` in the manifest tells it)",
                quota.unit,
                thousands(most),
                quota.id
            ));
        } else if !taken.rising.is_empty() && is_noteworthy(taken, most) {
            let own = if taken.place.is_none() { "; what else is in the account counts as well" } else { "" };
            fit.notes.push(format!("{then} of the {} {} that {default} {place} will be taken{own}", thousands(most), quota.unit));
        }
    }
    fit
}

/// Close, and growing: what stands in a text or two is judged when it is too long.
fn is_noteworthy(taken: &Usage, most: u64) -> bool {
    taken.then.saturating_mul(100) >= most.saturating_mul(NOTEWORTHY_PERCENT)
}
