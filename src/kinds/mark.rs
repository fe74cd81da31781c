//! Whose a live resource is: our mark among its tags.

use std::collections::BTreeMap;

use crate::address::Address;

/// Whose a live resource is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// Ours, with the digest of the spec that was applied last; children that take no tags carry none.
    Ours { spec: Option<String> },
    /// Tagged as ours by somebody's hands: without the digest, or with the address of something else, given here.
    Adopted { address: Option<Address> },
    /// Has a name that we want, but not our mark; of that other platform, if it carries one.
    Foreign { platform: Option<String> },
}

impl Ownership {
    pub(crate) fn is_ours(&self) -> bool {
        !matches!(self, Self::Foreign { .. })
    }
}

pub(crate) const PLATFORM_TAG: &str = "tenantry:platform";
pub(crate) const ADDRESS_TAG: &str = "tenantry:address";
pub(crate) const SPEC_TAG: &str = "tenantry:spec";

/// The tags that make a resource ours.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) platform: String,
    pub(crate) address: Address,
    pub(crate) spec: String,
}

impl Mark {
    /// An idempotency token that a new process repeats for the same declaration.
    pub(crate) fn token(&self) -> String {
        crate::secret::digest(format!("{} {} {}", self.platform, self.address, self.spec).as_bytes())
    }

    /// The mark and the spec's own tags, as AWS is to store them.
    pub(crate) fn with(&self, tags: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut all = tags.clone();
        all.insert(PLATFORM_TAG.into(), self.platform.clone());
        all.insert(ADDRESS_TAG.into(), self.address.to_string());
        all.insert(SPEC_TAG.into(), self.spec.clone());
        all
    }
}

/// A resource's tags, split into our mark and the rest.
pub(crate) struct Tags {
    pub(super) platform: Option<String>,
    pub(super) address: Option<Address>,
    pub(super) spec: Option<String>,
    /// What the spec declares: all but our mark and AWS's own tags.
    pub(crate) declared: BTreeMap<String, String>,
}

impl Tags {
    /// Whether the tags are this very mark: then what carries them is what we have just made.
    pub(crate) fn is(&self, mark: &Mark) -> bool {
        self.platform.as_deref() == Some(mark.platform.as_str())
            && self.address.as_ref() == Some(&mark.address)
            && self.spec.as_deref() == Some(mark.spec.as_str())
    }

    pub(crate) fn read(all: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut tags = Self { platform: None, address: None, spec: None, declared: BTreeMap::new() };
        for (key, value) in all {
            match key.as_str() {
                PLATFORM_TAG => tags.platform = Some(value),
                ADDRESS_TAG => tags.address = value.parse().ok(),
                SPEC_TAG => tags.spec = Some(value),
                _ if key.starts_with("aws:") => {}
                _ => drop(tags.declared.insert(key, value)),
            }
        }
        tags
    }
}
