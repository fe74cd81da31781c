//! Whether the tags of the tiers' projects are cost allocation tags: only then does the bill tell tiers apart.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use aws_sdk_costexplorer::types::CostAllocationTagStatus;

use crate::aws::{Aws, AwsError, Class, During as _};
use crate::manifest::Manifest;

/// How AWS's billing takes a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Active,
    Inactive,
    /// Not in any bill yet: AWS sees a tag up to a day after its first use.
    Unseen,
}

impl Standing {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Unseen => "unseen",
        }
    }
}

/// What is known of the tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Activation {
    /// Nobody asked, or there is no project.
    NotAsked,
    /// AWS does not let this caller see it.
    Denied(String),
    /// AWS could not be asked: an account of usage is worth having without it.
    Unknown(String),
    Known(BTreeMap<String, Standing>),
}

/// The keys of the tags that projects carry.
pub(crate) fn keys(manifest: &Manifest) -> BTreeSet<String> {
    let projects = manifest.tiers.values().filter_map(|tier| Some((tier, tier.project.as_ref()?)));
    let all = projects.flat_map(|(tier, project)| manifest.platform.tags.keys().chain(tier.tags.keys()).chain(project.tags.keys()));
    all.cloned().collect()
}

pub(crate) async fn activation(aws: &Aws, keys: &BTreeSet<String>) -> Result<Activation> {
    /// Keys of one request.
    const MOST: usize = 100;
    let mut found: BTreeMap<String, Standing> = keys.iter().map(|key| (key.clone(), Standing::Unseen)).collect();
    for batch in keys.iter().collect::<Vec<_>>().chunks(MOST) {
        let mut next = None;
        loop {
            let list = aws.costs.list_cost_allocation_tags().set_next_token(next).max_results(1000);
            let list = list.set_tag_keys(Some(batch.iter().map(ToString::to_string).collect()));
            let page = match list.send().await.during("listing the cost allocation tags") {
                Ok(page) => page,
                Err(error) => match AwsError::of(&error) {
                    Some(refusal) if refusal.class == Class::Denied => return Ok(Activation::Denied(refusal.to_string())),
                    Some(refusal) => return Ok(Activation::Unknown(refusal.to_string())),
                    None => return Err(error),
                },
            };
            for tag in page.cost_allocation_tags.unwrap_or_default() {
                let standing = if tag.status == CostAllocationTagStatus::Active { Standing::Active } else { Standing::Inactive };
                if let Some(place) = found.get_mut(&tag.tag_key) {
                    *place = standing;
                }
            }
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                break;
            }
        }
    }
    Ok(Activation::Known(found))
}
