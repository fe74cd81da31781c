//! Edits of the manifest's text: one tenant at a time, and every byte that is not about it stays as it was.
//!
//! An edit is made by the places that reading gives, read again, and compared: unless the new text says exactly what the old
//! one said plus what was asked for, there is no new text, and the finding says what to write by hand.

use std::sync::Arc;

use super::yaml::{self, Node, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::names::{TenantId, TierName};

mod block;
mod change;
mod file;
mod layout;
mod said;
mod scalar;

pub(crate) use file::write;
use layout::Section;
use said::Said;

/// What is to change of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Edit {
    /// Behind the last tenant.
    Add(TenantId, NewTenant),
    /// In place of the key's value, or as a key of its own below the tier.
    Set(TenantId, Field),
    Unset(TenantId, Key),
    /// With the comments that belong to it.
    Remove(TenantId),
}

/// A key of a tenant that can be edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Tier,
    Name,
    Suspended,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    Tier(TierName),
    Name(String),
    /// `suspended: true`; a tenant that is not suspended goes without the key.
    Suspended,
}

/// A tenant that is not there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewTenant {
    pub(crate) tier: TierName,
    pub(crate) name: String,
    /// In the order in which they were given.
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) users: Vec<super::User>,
}

impl Key {
    fn word(self) -> &'static str {
        match self {
            Self::Tier => "tier",
            Self::Name => "name",
            Self::Suspended => "suspended",
        }
    }
}

impl Field {
    fn key(&self) -> Key {
        match self {
            Self::Tier(_) => Key::Tier,
            Self::Name(_) => Key::Name,
            Self::Suspended => Key::Suspended,
        }
    }

    fn said(&self) -> Said {
        match self {
            Self::Tier(tier) => Said::Text(tier.to_string()),
            Self::Name(name) => Said::Text(name.clone()),
            Self::Suspended => Said::Word("true".into()),
        }
    }

    /// As the file has it.
    fn written(&self) -> String {
        match self {
            Self::Tier(tier) => scalar::written(tier.as_str()),
            Self::Name(name) => scalar::written(name),
            Self::Suspended => "true".into(),
        }
    }
}

impl Edit {
    fn id(&self) -> &TenantId {
        match self {
            Self::Add(id, _) | Self::Set(id, _) | Self::Unset(id, _) | Self::Remove(id) => id,
        }
    }

    /// What somebody does who has to do it by hand.
    fn by_hand(&self) -> String {
        match self {
            Self::Add(id, tenant) => {
                format!("write it there yourself, in the form that the others have:\n{}", block::lines(id, tenant, "", "  ").join("\n"))
            }
            Self::Set(_, field) => format!("write `{}: {}` there yourself", field.key().word(), field.written()),
            Self::Unset(_, key) => format!("remove `{}` there yourself", key.word()),
            Self::Remove(id) => format!("remove `{id}` there yourself"),
        }
    }
}

/// Why an edit is not made, and where.
#[derive(Debug)]
struct Refusal {
    span: Span,
    why: String,
}

impl Refusal {
    fn at<T>(span: Span, why: impl Into<String>) -> Result<T, Self> {
        Err(Self { span, why: why.into() })
    }
}

/// The text with the edit; the error says why it can't be made, and what to write by hand.
pub(crate) fn edited(source: &Arc<Source>, edit: &Edit) -> Result<String, Diagnostics> {
    made(source.text(), edit).map_err(|Refusal { span, why }| {
        let mut findings = Diagnostics::default();
        let summary = format!("tenant `{}` can't be edited here: {why}", edit.id());
        findings.push(Diagnostic::error(source, span, summary).help(format!("{}; nothing was written", edit.by_hand())));
        findings
    })
}

fn made(text: &str, edit: &Edit) -> Result<String, Refusal> {
    let root = yaml::parse(text).or_else(|error| Refusal::at(error.span, "the file can't be read as YAML"))?;
    let Some((key, value)) = root.entry("tenants") else {
        return Refusal::at(Span { start: 0, end: 0 }, "the manifest has no `tenants`");
    };
    let mut wanted = Said::of(&root, text);
    if !wanted.change(edit) {
        let why = if matches!(edit, Edit::Add(..)) { "it is there already" } else { "the file has no such tenant or key" };
        return Refusal::at(root.place(&["tenants", edit.id().as_str()]), why);
    }
    let section = Section { text, root: &root, key, value };
    let new = match edit {
        Edit::Add(id, tenant) => section.add(id, tenant)?,
        Edit::Set(id, field) => section.set(id.as_str(), field)?,
        Edit::Unset(id, key) => section.unset(id.as_str(), *key)?,
        Edit::Remove(id) => section.remove(id.as_str())?,
    };
    if yaml::parse(&new).is_ok_and(|root| Said::of(&root, &new) == wanted) {
        return Ok(new);
    }
    let place = place(&root, edit.id().as_str(), key);
    Refusal::at(place, "the edit would change more than was asked for, as where an anchor or a merge key shares lines among tenants")
}

/// The tenant's key, or that of all tenants.
fn place(root: &Node, id: &str, tenants: &Node) -> Span {
    let found = root.get("tenants").and_then(|tenants| tenants.entry(id));
    found.map_or(tenants.span, |(key, _)| key.span)
}

/// Whether a node has members of its own.
fn members(node: &Node) -> &[(Node, Node)] {
    match &node.value {
        Value::Map(entries) => entries,
        _ => &[],
    }
}

#[cfg(test)]
mod tests;
