//! What AWS lets stand in an account, how fast it takes changes, and how long they take: plain data, and sums over it.
//!
//! A number here is what AWS gives everybody. Where it has raised one for an account, the manifest says so under `quotas`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::address::Address;

mod count;
mod estimate;
mod fit;
mod pace;
mod rates;
mod table;

pub(crate) use count::{Usage, usage};
pub(crate) use estimate::estimate;
pub(crate) use fit::{Beyond, Fit, fit};
pub(crate) use pace::pace;
pub(crate) use rates::{RATES, Rate};
pub(crate) use table::QUOTAS;

/// How many, or how much, AWS lets stand in one place.
#[derive(Debug)]
pub(crate) struct Quota {
    /// As the manifest calls it, under `quotas`.
    pub(crate) id: &'static str,
    /// What is counted, as words after a number.
    pub(crate) unit: &'static str,
    pub(crate) most: u64,
    pub(crate) raise: Raise,
    /// What else one can do than have it raised.
    pub(crate) instead: &'static str,
    pub(crate) source: &'static str,
    /// When that page was read.
    pub(crate) read: &'static str,
    kinds: &'static [&'static str],
    place: Place,
    size: fn(&Value) -> u64,
}

/// Whether AWS raises a quota, and where one asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Raise {
    Never,
    /// The service's name in the Service Quotas console.
    Ask(&'static str),
    /// The same, and the quota's code there.
    Code(&'static str, &'static str),
}

/// Within what a quota is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Account,
    Region,
    /// Within what a field refers to.
    In(&'static str),
    /// Within the gateway that a statement names.
    Gateway,
    /// In each resource by itself.
    Itself,
}

impl Quota {
    /// The number that holds: the raised one, if the manifest knows of one.
    pub(crate) fn most(&self, raised: &BTreeMap<String, u64>) -> u64 {
        raised.get(self.id).copied().unwrap_or(self.most)
    }

    /// Where it is counted, for a sentence.
    pub(crate) fn within(&self) -> String {
        match self.place {
            Place::Account => "in an account".into(),
            Place::Region => "in an account and region".into(),
            Place::In(field) => format!("in each {}", field.replace('_', " ")),
            Place::Gateway => "for each gateway".into(),
            Place::Itself => "in each resource by itself".into(),
        }
    }

    pub(crate) fn is_adjustable(&self) -> bool {
        self.raise != Raise::Never
    }

    /// What to do where `wanted` is too much.
    pub(crate) fn way_out(&self, wanted: u64) -> String {
        let then = format!("then write `quotas: {{ {}: {wanted} }}` in the manifest", self.id);
        let page = format!("{} (read {})", self.source, self.read);
        match self.raise {
            Raise::Never => format!("AWS raises this for nobody; {}; see {page}", self.instead),
            Raise::Ask(service) => format!("have AWS raise it (Service Quotas, {service}), {then}; or {}; see {page}", self.instead),
            Raise::Code(service, code) => {
                format!("have AWS raise it (Service Quotas, {service}, {code}), {then}; or {}; see {page}", self.instead)
            }
        }
    }
}

/// What will stand, by our names for it: everything that is declared, and what is live and stays.
pub(crate) type Standing<'a> = BTreeMap<&'a Address, &'a Value>;

/// How much of a quota deserves a note.
const NOTEWORTHY_PERCENT: u64 = 80;

#[cfg(test)]
mod tests;
