//! What log groups and deliveries share: the resources whose logs AWS delivers, and names made of their ids.
//!
//! An id is AWS's choice and unique, so what is named after one of ours hangs below it and is ours without a look at its tags.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{Gateway, Kind, Memory, Observe, Ownership, Runtime, Step, Tags};
use crate::address::{Address, Owner};
use crate::aws::{Aws, During as _};
use crate::late::{document, fill};
use crate::names::vended_log_group;
use crate::plan::attribute;

/// The kinds whose logs AWS delivers, called as log groups call them.
pub(super) const SUBJECTS: [&str; 3] = [Memory::NAME, Gateway::NAME, Runtime::NAME];

/// A live resource of ours whose logs AWS delivers.
pub(super) struct Subject {
    pub(super) id: String,
    pub(super) owner: Owner,
    pub(super) sort: String,
    /// As they are on it now: what is named after it carries the same.
    pub(super) tags: BTreeMap<String, String>,
}

impl Subject {
    pub(super) fn log_group(&self) -> String {
        vended_log_group(&self.sort, &self.id)
    }
}

pub(super) fn subjects(observe: &Observe<'_>) -> Vec<Subject> {
    let ours = observe.above.iter().filter(|(a, f)| SUBJECTS.contains(&a.kind()) && matches!(f.mark, Ownership::Ours { .. }));
    ours.filter_map(|(address, found)| {
        Some(Subject {
            id: attribute(&found.output, "id")?,
            owner: address.owner().clone(),
            sort: address.kind().to_owned(),
            tags: found.spec.get("tags").and_then(|tags| serde_json::from_value(tags.clone()).ok()).unwrap_or_default(),
        })
    })
    .collect()
}

/// What the manifest declares of a kind, with the references filled that what is above can fill.
pub(super) fn wanted<K: Kind>(observe: &Observe<'_>) -> Result<Vec<(Address, K)>> {
    let lookup = |slot: &crate::late::Slot| {
        let found = observe.above.get(&slot.address).filter(|found| matches!(found.mark, Ownership::Ours { .. }))?;
        attribute(&found.output, &slot.attribute)
    };
    observe
        .wanted::<K>()
        .into_iter()
        .map(|(address, spec)| Ok((address, serde_json::from_value(fill(&document(&spec)?, &lookup))?)))
        .collect()
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
