//! A published, immutable copy of a guardrail's draft: what agents apply.
//!
//! A version is known by the digest of its content, which stands in its description: new content is a new resource, content
//! that was published before is found again, and what is older than the newest few goes last. AWS keeps 20 of a guardrail.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use aws_sdk_bedrock::operation::get_guardrail::GetGuardrailOutput;
use aws_sdk_bedrock::types::GuardrailStatus;
use serde::{Deserialize, Serialize};

use super::guardrail::{self, Content, again};
use super::{Found, Guardrail, Kind, Observe, Ownership, Step, child};
use crate::address::Address;
use crate::aws::settle;
use crate::aws::{Aws, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::observe::each;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct GuardrailVersion {
    /// Its id, so that the draft's own change comes first.
    pub(crate) guardrail: Late,
    /// The guardrail's name.
    pub(crate) name: String,
    /// Of the draft's content.
    pub(crate) digest: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    guardrail: String,
    version: String,
}

/// What a version of ours is described as, before its digest.
const OURS: &str = "tenantry content ";
/// How many versions stay beside the one that is declared, for agents that were told of them before.
const KEPT: usize = 3;

impl GuardrailVersion {
    pub(crate) const VERSION: Attr<Self> = Attr::new("version");

    /// What tells one version from the next in addresses.
    pub(crate) fn label(digest: &str) -> String {
        digest.chars().take(12).collect()
    }
}

impl Kind for GuardrailVersion {
    const NAME: &'static str = "guardrail_version";
    const RIGHTS: &'static [Right] = &[
        reads(&["bedrock:ListGuardrails", "bedrock:GetGuardrail"], On::These(&["arn:aws:bedrock:{r}:{a}:guardrail/*"])),
        writes(&["bedrock:CreateGuardrailVersion", "bedrock:DeleteGuardrail"], On::Marked(&["arn:aws:bedrock:{r}:{a}:guardrail/*"])),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("guardrail", "a version belongs to one guardrail"), ("digest", "a version never changes")];
    const BELOW: &'static [&'static str] = &[Guardrail::NAME];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let found = each(observe.above::<Guardrail>(), |(parent, guardrail)| {
            let here: BTreeMap<&str, &Address> =
                wanted.iter().filter(|(a, _)| a.owner() == parent.owner()).map(|(a, version)| (version.digest.as_str(), a)).collect();
            async move {
                // The versions of a guardrail that goes go with it.
                if here.is_empty() {
                    return Ok(Vec::new());
                }
                let seen = seen(list(observe.aws, &guardrail.id).await?, &here.keys().copied().collect());
                let found = seen.into_iter().map(|(number, digest, place)| {
                    let declared = here.get(digest.as_str()).filter(|_| place == Place::Declared).map(|address| (*address).clone());
                    let address = declared.unwrap_or_else(|| child(Self::NAME, parent.owner(), &format!("v{number}")));
                    let spec = Self { guardrail: Late::known(&guardrail.id), name: guardrail.name.clone(), digest };
                    let output = Output { guardrail: guardrail.id.clone(), version: number.to_string() };
                    Found { address, spec, output, mark: Ownership::Ours { spec: None } }
                });
                Ok(found.collect())
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let id = self.guardrail.get()?;
        let draft = settle::ready(step, || guardrail::get(step.aws, id)).await?;
        let all = list(step.aws, id).await?;
        // A version takes no tags; in a guardrail of ours, one with this digest is what was to be published.
        let version = match all.iter().find(|(_, digest)| *digest == self.digest) {
            Some((number, _)) => number.to_string(),
            None => {
                ensure!(
                    Content::read(&draft).digest()? == self.digest,
                    "the draft of guardrail `{}` is not what the plan says, so it is not published: somebody changed it just now; plan again",
                    self.name
                );
                let newest = all.first().map_or(0, |(number, _)| *number);
                let create = step
                    .aws
                    .bedrock
                    .create_guardrail_version()
                    .guardrail_identifier(id)
                    .description(format!("{OURS}{}", self.digest))
                    // The same content may be published again once its version is gone.
                    .client_request_token(crate::secret::digest(format!("{} after {newest}", step.mark.token()).as_bytes()));
                create.send().await.during(format!("publishing guardrail `{}`", self.name)).map_err(again)?.version
            }
        };
        settle::there(step, || async { Ok(get(step.aws, id, &version).await.missing_is_none()?.is_some()) }).await?;
        settle::ready(step, || get(step.aws, id, &version)).await?;
        // The draft is busy as long as one of its versions is made.
        settle::ready(step, || guardrail::get(step.aws, id)).await?;
        Ok(Output { guardrail: id.into(), version })
    }

    async fn update(&self, _: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        // Only the guardrail's name can differ, and that is not the version's own.
        Ok(Output { guardrail: live.output.guardrail.clone(), version: live.output.version.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { guardrail: id, version } = &live.output;
        let send = || async {
            let delete = step.aws.bedrock.delete_guardrail().guardrail_identifier(id).guardrail_version(version);
            delete.send().await.during(format!("deleting version {version} of guardrail `{}`", live.spec.name)).map(drop).map_err(again)
        };
        settle::delete(step, send, || get(step.aws, id, version)).await
    }
}

/// Why a version is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It holds what is declared.
    Declared,
    /// It is too old to keep.
    Old,
}

/// Of all versions, the newest first: the newest of each digest that is wanted, and those that are too old to keep.
fn seen(all: Vec<(u32, String)>, wanted: &BTreeSet<&str>) -> Vec<(u32, String, Place)> {
    let mut found = BTreeSet::new();
    let (current, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(_, digest)| wanted.contains(digest.as_str()) && found.insert(digest.clone()));
    let placed = |place| move |(number, digest)| (number, digest, place);
    current.into_iter().map(placed(Place::Declared)).chain(others.into_iter().skip(KEPT).map(placed(Place::Old))).collect()
}

/// Our versions and the digests of their content, the newest first.
async fn list(aws: &Aws, id: &str) -> Result<Vec<(u32, String)>> {
    let mut all = Vec::new();
    let mut pages = aws.bedrock.list_guardrails().guardrail_identifier(id).max_results(1000).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.during(format!("listing the versions of guardrail `{id}`"))?;
        let ours = page.guardrails.into_iter().filter(|g| !matches!(g.status, GuardrailStatus::Deleting | GuardrailStatus::Failed));
        // The draft's version is no number.
        all.extend(ours.filter_map(|g| Some((g.version.parse().ok()?, g.description?.strip_prefix(OURS)?.to_owned()))));
    }
    all.sort_by(|a, b| b.cmp(a));
    Ok(all)
}

async fn get(aws: &Aws, id: &str, version: &str) -> Result<GetGuardrailOutput> {
    let get = aws.bedrock.get_guardrail().guardrail_identifier(id).guardrail_version(version);
    get.send().await.during(format!("reading version {version} of guardrail `{id}`"))
}

#[cfg(test)]
mod tests;
