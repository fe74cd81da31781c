//! What apply would do: every difference between desired and live, as plain data.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::address::{Address, Owner};
use crate::kinds::{AnyFound, kind};
use crate::late::{shown, slots};
use crate::names::Names;
use crate::quotas::Beyond;
use crate::secret::{digest, fingerprint};

mod diff;
mod fields;
pub(crate) mod filter;
pub(crate) mod limits;
mod notes;
pub(crate) mod page;
pub(crate) mod saved;
mod turns;

pub(crate) use diff::{BLOCKED, diff};
pub(crate) use fields::{FieldChange, word_of_aws};
pub(crate) use notes::notes;
pub(crate) use turns::{Turn, moves, turns};

/// What happens to one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    Create,
    Update,
    Replace,
    /// No longer declared, and shut instead of deleted, because it holds data.
    Close,
    Delete,
}

impl Action {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Close => "close",
            Self::Delete => "delete",
        }
    }
}

/// Why a resource differs; for the reader only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Cause {
    /// The manifest asks for something else than was applied last.
    Manifest,
    /// The manifest asks for what was applied last, but live is different.
    Drift,
    /// Something that it refers to is new.
    Dependency,
}

/// One resource's change.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) address: Address,
    pub(crate) action: Action,
    pub(crate) cause: Cause,
    pub(crate) fields: Vec<FieldChange>,
    /// Of a replace: the fields that AWS can't change in place, and why.
    pub(crate) replaces: Vec<String>,
    /// What an update deletes together with its data, a sentence each.
    pub(crate) loses: Vec<String>,
    /// The declared document with its references; of a close, the live one made shut; absent for a delete.
    pub(crate) desired: Option<Value>,
    pub(crate) live: Option<AnyFound>,
}

impl Plan {
    /// What of this plan another one would do just so.
    pub(crate) fn common(&self, other: &Self) -> Vec<&Address> {
        let others: BTreeMap<&Address, Value> = other.changes.iter().map(|change| (&change.address, change.identity())).collect();
        let same = |change: &&Change| others.get(&change.address) == Some(&change.identity());
        self.changes.iter().filter(same).map(|change| &change.address).collect()
    }
}

impl Change {
    /// What makes it this change and no other; no secret in it.
    fn identity(&self) -> Value {
        let live = self.live.as_ref().map(|l| public(&l.spec));
        json!({ "address": self.address, "action": self.action, "desired": self.desired, "live": live })
    }

    /// Equal for equal changes: a saved plan is told apart by it.
    pub(crate) fn digest(&self) -> String {
        digest(self.identity().to_string().as_bytes())
    }

    /// The resources that it refers to.
    pub(crate) fn refers_to(&self) -> BTreeSet<Address> {
        self.desired.as_ref().map(slots).unwrap_or_default().into_iter().map(|slot| slot.address).collect()
    }
}

/// Why apply refuses to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Blocked {
    pub(crate) address: Address,
    pub(crate) why: String,
    pub(crate) way_out: String,
    /// Somebody else's: it has no outputs for us.
    #[serde(skip)]
    in_the_way: bool,
}

impl Blocked {
    fn beyond(Beyond { address, why, way_out, .. }: Beyond) -> Self {
        Self { address, why, way_out, in_the_way: false }
    }
}

/// Everything a reviewer reads and apply carries out.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) target: Target,
    /// Creates, updates and replaces in the order of declaration, then closes and deletes from the bottom up.
    pub(crate) changes: Vec<Change>,
    /// Live, no longer declared, and kept as they are because they hold data, or because others use them.
    pub(crate) kept: Vec<Address>,
    pub(crate) blocked: Vec<Blocked>,
    pub(crate) unchanged: Vec<Address>,
    /// What comes close to AWS's quotas, a sentence each.
    pub(crate) close: Vec<String>,
    /// What is live and stays as it is: steps read the ids they refer to from here.
    pub(crate) outputs: BTreeMap<Address, Value>,
    /// Set where filters have left something out: then this is a part of the plan.
    pub(crate) partial: Option<Partial>,
}

/// What narrowed a plan, and what it lost by that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Partial {
    /// As they were typed: `--tenant clinic-*`.
    pub(crate) filters: Vec<String>,
    pub(crate) left_out: Vec<LeftOut>,
}

/// A change that the whole plan has and a narrowed one lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) address: Address,
    pub(crate) is_live: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) platform: String,
    pub(crate) account: String,
    pub(crate) region: String,
}

impl From<&Names> for Target {
    fn from(names: &Names) -> Self {
        Self { platform: names.platform.to_string(), account: names.account.to_string(), region: names.region.to_string() }
    }
}

/// What the user said yes to by name, so that a guard lets it pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) delete: BTreeSet<Which>,
    pub(crate) replace: BTreeSet<Address>,
}

/// A resource by its address, or all that is kept of an owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Which {
    One(Address),
    KeptOf(Owner),
}

impl FromStr for Which {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(if text.contains('/') { Self::One(text.parse()?) } else { Self::KeptOf(text.parse()?) })
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(address) => address.fmt(f),
            Self::KeptOf(owner) => owner.fmt(f),
        }
    }
}

impl Named {
    /// Whether something that nobody declares may go.
    fn deletes(&self, address: &Address) -> bool {
        self.loses(address) || self.delete.contains(&Which::KeptOf(address.owner().clone()))
    }

    /// Whether this very resource is named: an owner's name stands for what is kept, never for what is declared.
    fn loses(&self, address: &Address) -> bool {
        self.delete.contains(&Which::One(address.clone()))
    }
}

impl Plan {
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    pub(crate) fn count(&self, action: Action) -> usize {
        self.changes.iter().filter(|c| c.action == action).count()
    }

    /// The identity of a reviewed plan: the same while neither the manifest nor the live state moves.
    pub(crate) fn checksum(&self) -> String {
        let changes: Vec<Value> = self.changes.iter().map(Change::identity).collect();
        let blocked: Vec<&Address> = self.blocked.iter().map(|b| &b.address).collect();
        let mut document = json!({ "target": self.target, "changes": changes, "blocked": blocked });
        if let (Some(partial), Value::Object(map)) = (&self.partial, &mut document) {
            map.insert("filters".into(), json!(partial.filters));
        }
        digest(document.to_string().as_bytes())
    }

    /// Whether something of somebody else's stands where this should be.
    pub(crate) fn is_in_the_way(&self, address: &Address) -> bool {
        self.blocked.iter().any(|b| b.in_the_way && b.address == *address)
    }

    /// What is created, updated or replaced, by address.
    pub(crate) fn rising(&self) -> BTreeMap<&Address, Action> {
        let rises = |c: &&Change| matches!(c.action, Action::Create | Action::Update | Action::Replace);
        self.changes.iter().filter(rises).map(|c| (&c.address, c.action)).collect()
    }
}

/// An attribute of a live output as plans may see it: a secret as its fingerprint.
pub(crate) fn attribute(output: &Value, name: &str) -> Option<String> {
    match output.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Object(map) => map.get("$secret").and_then(Value::as_str).map(fingerprint),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

/// The document that is compared, digested and shown: no secret in it.
fn public(document: &Value) -> Value {
    shown(document)
}

/// The digest of an applied spec, as it stands in the mark.
pub(crate) fn spec_digest(filled: &Value) -> String {
    digest(filled.to_string().as_bytes()).chars().take(32).collect()
}

/// Whether what is deleted of it is lost.
pub(crate) fn holds_data(address: &Address) -> bool {
    kind(address.kind()).is_ok_and(|kind| kind.holds_data())
}

/// Whose changes these are, in the order in which people read them: the platform's, each tier's, each tenant's.
pub(crate) fn by_owner(plan: &Plan) -> BTreeMap<Owner, Vec<&Change>> {
    let mut groups: BTreeMap<Owner, Vec<&Change>> = BTreeMap::new();
    for change in &plan.changes {
        groups.entry(change.address.owner().clone()).or_default().push(change);
    }
    groups
}

#[cfg(test)]
mod laws;
