//! What log groups and deliveries share: the resources whose logs AWS delivers, and names made of their ids.
//!
//! An id is AWS's choice and unique, so a source or destination named after one of ours hangs below it and is ours without a
//! look at its tags.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Gateway, Kind, Memory, Observe, Ownership, Runtime, Step, Tags, child};
use crate::address::{Address, Owner};
use crate::aws::{Aws, AwsError, Class, During as _};
use crate::late::{document, fill};
use crate::names::{delivery, vended_log_group};
use crate::plan::attribute;

/// The kinds whose logs AWS delivers, called as log groups call them.
pub(super) const SUBJECTS: [&str; 3] = [Memory::NAME, Gateway::NAME, Runtime::NAME];

/// What AWS delivers of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Delivered {
    Logs,
    Traces,
}

impl Delivered {
    pub(crate) const ALL: [Self; 2] = [Self::Logs, Self::Traces];

    /// As it stands in names and labels.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::Traces => "traces",
        }
    }

    /// As AWS calls it.
    pub(super) fn log_type(self) -> &'static str {
        match self {
            Self::Logs => "APPLICATION_LOGS",
            Self::Traces => "TRACES",
        }
    }

    pub(super) fn of(log_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|delivered| delivered.log_type() == log_type)
    }

    pub(super) fn source(self, id: &str) -> String {
        delivery(id, &format!("{}-source", self.word()))
    }

    pub(super) fn destination(self, id: &str) -> String {
        delivery(id, &format!("{}-destination", self.word()))
    }
}

/// The id at the end of a resource's ARN.
pub(super) fn id_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// A live resource of ours whose logs AWS delivers.
pub(super) struct Subject {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) owner: Owner,
    /// As the manifest's sections call it; those that nobody declares add their ids.
    pub(super) label: String,
    sort: String,
}

impl Subject {
    pub(super) fn log_group(&self) -> String {
        vended_log_group(&self.sort, &self.id)
    }

    pub(super) fn label(&self, delivered: Delivered) -> String {
        format!("{}-{}", self.label, delivered.word())
    }
}

pub(super) fn subjects(observe: &Observe<'_>) -> Vec<Subject> {
    let ours = observe.above.iter().filter(|(a, f)| SUBJECTS.contains(&a.kind()) && f.mark.is_ours());
    ours.filter_map(|(address, found)| {
        let (id, sort) = (attribute(&found.output, "id")?, address.kind());
        Some(Subject {
            arn: attribute(&found.output, "arn")?,
            owner: address.owner().clone(),
            label: if address.label() == "main" { sort.into() } else { format!("{sort}-{id}") },
            id,
            sort: sort.into(),
        })
    })
    .collect()
}

/// What the manifest declares of a kind, with the references filled that what is above can fill.
pub(super) fn wanted<K: Kind>(observe: &Observe<'_>) -> Result<Vec<(Address, K)>> {
    let lookup = |slot: &crate::late::Slot| {
        let found = observe.above.get(&slot.address).filter(|found| found.mark.is_ours())?;
        attribute(&found.output, &slot.attribute)
    };
    observe
        .wanted::<K>()
        .into_iter()
        .map(|(address, spec)| Ok((address, serde_json::from_value(fill(&document(&spec)?, &lookup))?)))
        .collect()
}

/// What carries no id of a live resource may be left over of one that is gone: then it is ours by its tags.
pub(super) async fn left_over(observe: &Observe<'_>, kind: &str, name: &str, arn: &str) -> Result<Option<(Address, Ownership)>> {
    if !observe.could_be_ours(name) {
        return Ok(None);
    }
    let tags = Observe::details(read_tags(observe.aws, arn).await, None)?;
    // The address in its mark is that of what stands in its place.
    Ok(tags.and_then(|tags| observe.whose(&tags, None)).map(|(address, mark)| (child(kind, address.owner(), name), mark)))
}

/// What was listed; nothing where AWS does not let us look and nothing is wanted: who asks for no logs needs no permission.
pub(super) fn listed<K: Kind, T>(observe: &Observe<'_>, read: Result<Vec<T>>) -> Result<Vec<T>> {
    match read {
        Err(error) if observe.wanted::<K>().is_empty() && AwsError::of(&error).is_some_and(|e| e.class == Class::Denied) => {
            tracing::warn!(error = format!("{error:#}"), "taking it that there is no {}, since none is wanted", K::NAME);
            Ok(Vec::new())
        }
        read => read,
    }
}

pub(super) async fn read_tags(aws: &Aws, arn: &str) -> Result<Tags> {
    let reply = aws.logs.list_tags_for_resource().resource_arn(arn).send().await.during(format!("reading the tags of `{arn}`"))?;
    Ok(Tags::read(reply.tags.unwrap_or_default()))
}

/// Sets the declared tags and our mark, and takes away what is no longer declared.
pub(super) async fn retag(step: &Step<'_>, arn: &str, wanted: &BTreeMap<String, String>, live: &BTreeMap<String, String>) -> Result<()> {
    let logs = &step.aws.logs;
    let gone: Vec<String> = live.keys().filter(|k| !wanted.contains_key(*k)).cloned().collect();
    if !gone.is_empty() {
        logs.untag_resource().resource_arn(arn).set_tag_keys(Some(gone)).send().await.during(format!("removing tags of `{arn}`"))?;
    }
    let tags = step.mark.with(wanted).into_iter().collect();
    logs.tag_resource().resource_arn(arn).set_tags(Some(tags)).send().await.during(format!("tagging `{arn}`"))?;
    Ok(())
}
