//! A plan that was written down: whether its document is whole, and what has changed since.
//!
//! Nothing in it is ever carried out. It says which plan was meant; the plan itself is made anew, and has to be the same.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::page::Place;
use super::{Action, Named, Plan, Target, Which};
use crate::address::Address;
use crate::secret::digest;

/// Readers ignore keys they don't know; a breaking change raises the number before the dot.
pub(crate) const PLAN: &str = "tenantry-plan/1.0";
const SEAL: &str = "seal";

/// How many changes an answer names.
const NAMED_AT_ONCE: usize = 20;

/// The document with a digest of its own content, by which a slip of an editor is found.
pub(crate) fn sealed(mut document: Value) -> Value {
    let seal = seal_of(&document);
    if let Value::Object(map) = &mut document {
        map.insert(SEAL.into(), seal.into());
    }
    document
}

/// Of everything but the seal itself, whatever the order of keys and the space between them.
fn seal_of(document: &Value) -> String {
    let mut content = document.clone();
    if let Value::Object(map) = &mut content {
        map.remove(SEAL);
    }
    content.sort_all_objects();
    digest(content.to_string().as_bytes())
}

/// What a saved plan was.
#[derive(Debug)]
pub(crate) struct Saved {
    pub(crate) target: Target,
    pub(crate) place: String,
    pub(crate) checksum: String,
    /// Of the manifest's text.
    pub(crate) manifest: String,
    pub(crate) named: Named,
    pub(crate) filters: Vec<String>,
    changes: BTreeMap<Address, (Action, String)>,
    blocked: BTreeSet<Address>,
}

/// Why a text is no plan that can be applied.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    NotJson(String),
    Truncated,
    NoPlan,
    Version(String),
    Edited,
}

#[derive(Deserialize)]
struct Document {
    target: Whereabouts,
    manifest: Manifest,
    checksum: String,
    options: Options,
    changes: Vec<Unit>,
    blocked: Vec<Blocked>,
}

#[derive(Deserialize)]
struct Whereabouts {
    place: String,
    #[serde(flatten)]
    target: Target,
}

#[derive(Deserialize)]
struct Manifest {
    sha256: String,
}

#[derive(Deserialize)]
struct Options {
    delete: Vec<String>,
    allow_replace: Vec<Address>,
    filters: Vec<String>,
}

#[derive(Deserialize)]
struct Unit {
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    address: Address,
    action: Action,
    digest: String,
}

#[derive(Deserialize)]
struct Blocked {
    address: Address,
}

/// Whether a text is a plan of ours, of whatever version, and never mind what became of it.
pub(crate) fn is_plan(text: &str) -> bool {
    let document: Option<Value> = serde_json::from_str(text).ok();
    document.is_some_and(|d| d.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with("tenantry-plan/")))
}

impl Saved {
    pub(crate) fn read(text: &str) -> Result<Self, Wrong> {
        let document: Value = serde_json::from_str(text).map_err(|error| match error.is_eof() {
            true if !text.trim().is_empty() => Wrong::Truncated,
            _ => Wrong::NotJson(error.to_string()),
        })?;
        match document.get("format").and_then(Value::as_str) {
            Some(PLAN) => {}
            Some(other) if other.starts_with("tenantry-plan/") => return Err(Wrong::Version(other.to_owned())),
            _ => return Err(Wrong::NoPlan),
        }
        if document.get(SEAL).and_then(Value::as_str) != Some(seal_of(&document).as_str()) {
            return Err(Wrong::Edited);
        }
        let document: Document = serde_json::from_value(document).map_err(|_| Wrong::Edited)?;
        let delete = document.options.delete.iter().map(|which| which.parse()).collect::<Result<BTreeSet<Which>, _>>();
        let named = Named { delete: delete.map_err(|_| Wrong::Edited)?, replace: document.options.allow_replace.into_iter().collect() };
        let resources = document.changes.into_iter().flat_map(|unit| unit.resources);
        Ok(Self {
            target: document.target.target,
            place: document.target.place,
            checksum: document.checksum,
            manifest: document.manifest.sha256,
            named,
            filters: document.options.filters,
            changes: resources.map(|r| (r.address, (r.action, r.digest))).collect(),
            blocked: document.blocked.into_iter().map(|b| b.address).collect(),
        })
    }

    /// Whether it was made for this platform, account and region, and for AWS or this machine.
    pub(crate) fn is_for(&self, target: &Target, place: Place) -> bool {
        self.target == *target && self.place == place.as_str()
    }

    /// What a plan has that this one has not, and the other way round, in words; by address, and not at any length.
    pub(crate) fn differences(&self, now: &Plan) -> Vec<String> {
        let current: BTreeMap<&Address, &super::Change> = now.changes.iter().map(|c| (&c.address, c)).collect();
        let mut found = Vec::new();
        for (address, change) in &current {
            match self.changes.get(*address) {
                None => found.push(format!("new: {address} ({})", change.action.as_str())),
                Some((action, digest)) if *action != change.action || *digest != change.digest() => {
                    found.push(match *action == change.action {
                        true => format!("different: {address} ({})", action.as_str()),
                        false => format!("different: {address} ({}, now {})", action.as_str(), change.action.as_str()),
                    });
                }
                Some(_) => {}
            }
        }
        let gone = self.changes.iter().filter(|(address, _)| !current.contains_key(address));
        found.extend(gone.map(|(address, (action, _))| format!("gone: {address} ({})", action.as_str())));
        let blocked: BTreeSet<&Address> = now.blocked.iter().map(|b| &b.address).collect();
        found.extend(blocked.iter().filter(|a| !self.blocked.contains(**a)).map(|a| format!("blocked now: {a}")));
        found.extend(self.blocked.iter().filter(|a| !blocked.contains(a)).map(|a| format!("blocked no more: {a}")));
        if let Some(more) = found.len().checked_sub(NAMED_AT_ONCE).filter(|more| *more > 0) {
            found.truncate(NAMED_AT_ONCE);
            found.push(format!("and {more} more"));
        }
        found
    }

    /// Whether all that is to be done is a part of it, unchanged: an apply of it was interrupted, and this is what is left.
    pub(crate) fn has_left(&self, now: &Plan) -> bool {
        let same =
            |change: &super::Change| self.changes.get(&change.address).is_some_and(|(a, d)| *a == change.action && *d == change.digest());
        !now.is_empty() && now.blocked.is_empty() && now.changes.len() < self.changes.len() && now.changes.iter().all(same)
    }

    /// How many changes it has.
    pub(crate) fn size(&self) -> usize {
        self.changes.len()
    }

    /// Whether everything that it would have done is done.
    pub(crate) fn may_be_applied_already(&self, now: &Plan) -> bool {
        now.is_empty() && now.blocked.is_empty() && !self.changes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "format": PLAN,
            "target": { "place": "sandbox", "platform": "p", "account": "1", "region": "r" },
            "manifest": { "path": "tenants.yaml", "sha256": "aa" },
            "checksum": "bb",
            "options": { "delete": ["tenant:clinic-a"], "allow_replace": [], "filters": [] },
            "changes": [{ "unit": "tenant", "resources": [{ "address": "user/tenant:clinic-a/a@b.co", "action": "delete", "digest": "cc" }] }],
            "blocked": [],
        })
    }

    #[test]
    fn a_document_is_read_whole_or_not_at_all() {
        let text = sealed(document()).to_string();
        let saved = Saved::read(&text).unwrap();
        assert_eq!((saved.checksum.as_str(), saved.named.delete.len(), saved.changes.len()), ("bb", 1, 1));
        let wrong = |text: &str| Saved::read(text).unwrap_err();
        assert_eq!(wrong(&text.replace("\"delete\",\"digest\"", "\"update\",\"digest\"")), Wrong::Edited);
        assert_eq!(wrong(&text.replace("clinic-a", "clinic-b")), Wrong::Edited);
        assert_eq!(wrong(&text[..text.len() - 9]), Wrong::Truncated);
        assert_eq!(wrong(&text.replace("plan/1.0", "plan/2.0")), Wrong::Version("tenantry-plan/2.0".into()));
        assert_eq!(wrong("{}"), Wrong::NoPlan);
        assert_eq!(wrong(&sealed(json!({ "format": PLAN })).to_string()), Wrong::Edited);
        assert!(matches!(wrong("version: 1\n"), Wrong::NotJson(_)));
        assert!(matches!(wrong(""), Wrong::NotJson(_)));
    }

    #[test]
    fn the_order_of_keys_and_spaces_is_no_edit() {
        let whole = sealed(document());
        let mut sorted = whole.clone();
        sorted.sort_all_objects();
        assert!(Saved::read(&format!("{whole:#}")).is_ok() && Saved::read(&sorted.to_string()).is_ok());
    }
}
