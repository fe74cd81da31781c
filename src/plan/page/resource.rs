//! One resource's change, as a page shows it.

use serde::Serialize;

use super::consequence::{self, Consequence};
use super::judge::{self, Judgement};
use super::widen::{self, Widening};
use super::{Action, Cause, Change, Context, is_drift};
use crate::address::{Address, Owner};
use crate::kinds::{Kind as _, Prefix, TenantRow, User, rank};
use crate::names::{LEFT, ROW_STATUS};
use crate::plan::{BLOCKED, FieldChange};

/// What happens to a resource, and what a reader should know of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ResourceChange<'a> {
    pub(crate) address: &'a Address,
    /// In words: `api key`.
    pub(crate) kind: String,
    /// What a reader calls it; the user's or AWS's text, as it is.
    pub(crate) name: String,
    pub(crate) action: Action,
    pub(crate) cause: Cause,
    pub(crate) fields: &'a [FieldChange],
    /// Of a replace: the fields that AWS can't change in place, and why, as `field: why`.
    pub(crate) replaces: &'a [String],
    /// What it refers to and what is new, or in the way, in words.
    pub(crate) waits_for: Vec<String>,
    /// Whether somebody may do more than before.
    pub(crate) widens: Option<Widening>,
    /// What else is risky about it, the worst first.
    pub(crate) judged: Vec<Judgement>,
    /// Of a new user: what they may do, as their tokens say.
    pub(crate) role: Option<String>,
    /// How many live tenants notice.
    pub(crate) affects: usize,
    pub(crate) consequences: Vec<Consequence>,
}

impl ResourceChange<'_> {
    /// Whether it belongs to an id that has left and is declared again.
    pub(super) fn had_left(&self) -> bool {
        let path = match self.address.kind() {
            TenantRow::NAME => format!("attributes.{ROW_STATUS}"),
            Prefix::NAME => "left".to_owned(),
            _ => return false,
        };
        let was = |field: &&FieldChange| field.path == path && (field.before == LEFT || field.before == true);
        self.action == Action::Update && self.fields.iter().any(|field| was(&field))
    }

    pub(crate) fn is_drift(&self) -> bool {
        self.cause == Cause::Drift
    }

    /// Why AWS can't change this field in place.
    pub(crate) fn forces(&self, field: &FieldChange) -> Option<&str> {
        self.replaces.iter().find_map(|why| why.strip_prefix(field.root())?.strip_prefix(": "))
    }

    /// Whether AWS itself says that something is wrong with it: then nobody has changed it.
    pub(crate) fn is_told_by_aws(&self) -> bool {
        self.fields.iter().any(|f| f.word_of_aws().is_some())
    }
}

/// `api_key` as `api key`; owners as `tier basic`.
pub(crate) fn words_of(owner: &Owner) -> String {
    owner.to_string().replace(':', " ")
}

/// An owner's changes in the order of creation, deletes last.
pub(super) fn changes<'a>(context: &Context<'a>, changes: &[&'a Change]) -> Vec<ResourceChange<'a>> {
    let mut ordered = changes.to_vec();
    ordered.sort_by_key(|c| (c.action == Action::Delete, rank(c.address.kind()), &c.address));
    ordered.into_iter().map(|change| one(context, change)).collect()
}

fn one<'a>(context: &Context<'a>, change: &'a Change) -> ResourceChange<'a> {
    let affects = context.affected(change.address.owner());
    ResourceChange {
        address: &change.address,
        kind: spoken(&change.address),
        name: name(change),
        action: change.action,
        cause: if change.cause == Cause::Drift && !is_drift(change) { Cause::Manifest } else { change.cause },
        fields: &change.fields,
        replaces: &change.replaces,
        waits_for: waits(context, change),
        widens: widen::of(context, change),
        judged: judge::of(context, change),
        role: role(context, change),
        affects,
        consequences: consequence::of_resource(change, affects),
    }
}

fn spoken(address: &Address) -> String {
    address.kind().replace('_', " ")
}

fn name(change: &Change) -> String {
    let document = change.desired.as_ref().or(change.live.as_ref().map(|l| &l.spec));
    let name = ["name", "identifier", "key", "prefix", "email"].iter().find_map(|field| document?.get(field)?.as_str());
    name.unwrap_or_else(|| change.address.label()).to_owned()
}

fn role(context: &Context<'_>, change: &Change) -> Option<String> {
    let path = format!("claims.{}", context.facts.role_claim);
    let is_new = change.address.kind() == User::NAME && change.action == Action::Create;
    change.fields.iter().find(|f| is_new && f.path == path)?.after.as_str().map(ToOwned::to_owned)
}

fn waits(context: &Context<'_>, change: &Change) -> Vec<String> {
    let word = |address: &Address| match context.rising.get(address) {
        _ if context.plan.is_in_the_way(address) => Some(format!("{} {BLOCKED}", spoken(address))),
        Some(Action::Create | Action::Replace) => Some(spoken(address)),
        _ => None,
    };
    let mut words: Vec<String> = change.refers_to().iter().filter_map(word).collect();
    words.dedup();
    words
}
