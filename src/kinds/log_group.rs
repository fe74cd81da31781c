//! A CloudWatch log group: what AWS delivers of a memory, a gateway or a runtime, or what the platform itself writes.
//!
//! A group named after a resource's id outlives the resource: one for a new id is made beside it, and the old one is kept.
//! AWS lists groups without their tags, so each that could be ours is asked for them: a run that died between a resource's
//! tags and its group's is found out, and a group that somebody else made for a resource of ours stays theirs (last verified
//! 2026-11).

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::vended::{Subject, listed, read_tags, retag, subjects, wanted};
use super::{Found, Gateway, Kind, Memory, Observe, Runtime, Step, child};
use crate::address::Address;
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::{Arn, Names, VENDED_LOGS};
use crate::observe::each;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LogGroup {
    pub(crate) name: Late,
    /// `None`: for ever.
    pub(crate) retention_days: Option<i32>,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    name: String,
    /// As deliveries and API stages take it: without `:*`.
    arn: Arn,
}

impl LogGroup {
    pub(crate) const ARN: Attr<Self, Arn> = Attr::new("arn");
}

impl Kind for LogGroup {
    const NAME: &'static str = "log_group";
    const RIGHTS: &'static [Right] = &[
        reads(&["logs:DescribeLogGroups", "logs:ListTagsForResource"], On::These(&["arn:aws:logs:{r}:{a}:*"])),
        writes(
            &[
                "logs:CreateLogGroup",
                "logs:DeleteLogGroup",
                "logs:PutRetentionPolicy",
                "logs:DeleteRetentionPolicy",
                "logs:TagResource",
                "logs:UntagResource",
            ],
            On::These(&[
                "arn:aws:logs:{r}:{a}:log-group:/tenantry/{p}/*",
                "arn:aws:logs:{r}:{a}:log-group:/aws/vendedlogs/bedrock-agentcore/*",
            ]),
        ),
    ];
    /// What people ask agents and what agents answer stands in logs.
    const HOLDS_DATA: bool = true;
    const BELOW: &'static [&'static str] = &[Memory::NAME, Gateway::NAME, Runtime::NAME];
    type Output = Output;

    fn known(&self, names: &Names) -> Vec<(&'static str, String)> {
        let Ok(name) = self.name.get() else { return Vec::new() };
        vec![("name", name.into()), ("arn", names.log_group_arn(name).as_str().into())]
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted: BTreeMap<String, Address> = wanted::<Self>(observe)?
            .into_iter()
            .filter_map(|(address, group)| Some((group.name.get().ok()?.to_owned(), address)))
            .collect();
        let in_use: BTreeSet<String> = subjects(observe).iter().map(Subject::log_group).collect();
        let own = &observe.names.log_root();
        let groups = async {
            let (mut vended, written) = futures::try_join!(list(observe.aws, VENDED_LOGS), list(observe.aws, own))?;
            vended.extend(written);
            Ok(vended)
        };
        let could_be_ours = |(name, _): &(String, Option<i32>)| {
            wanted.contains_key(name) || in_use.contains(name) || name.starts_with(own) || observe.could_be_ours(last(name))
        };
        let groups = listed::<Self, _>(observe, groups.await)?.into_iter().filter(could_be_ours);
        let found = each(groups, |(name, retention_days)| {
            let declared = wanted.get(&name).cloned();
            let claim = match &declared {
                Some(_) => Claim::Declared,
                None if in_use.contains(&name) => Claim::InUse,
                None => Claim::LeftOver,
            };
            async move {
                let arn = observe.names.log_group_arn(&name);
                let tags = Observe::details(read_tags(observe.aws, arn.as_str()).await, declared.as_ref())?;
                let Some(tags) = tags else { return Ok(None) };
                // One of another address by its mark is still what is declared under this name.
                let Some((marked, mark)) = observe.whose(&tags, declared.clone()) else { return Ok(None) };
                let spec = Self { name: Late::known(&name), retention_days, tags: tags.declared };
                Ok(Some((claim, Found { address: declared.unwrap_or(marked), spec, output: Output { name, arn }, mark })))
            }
        });
        Ok(settle_claims(wanted.values().cloned().collect(), found.await?.into_iter().flatten().collect()))
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let name = self.name.get()?;
        let output = Output { name: name.into(), arn: step.names.log_group_arn(name) };
        let create = step.aws.logs.create_log_group().log_group_name(name).set_tags(Some(step.mark.with(&self.tags).into_iter().collect()));
        match create.send().await.during(format!("creating log group `{name}`")) {
            Ok(_) => {}
            // A lost reply: the group that stands there may be the one we have just made.
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => {
                if !read_tags(step.aws, output.arn.as_str()).await?.is(&step.mark) {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
        self.keep(step, name).await?;
        Ok(output)
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let name = self.name.get()?;
        if live.output.name != name {
            // Of another resource by now; what the old one has logged stays.
            return self.create(step).await;
        }
        retag(step, live.output.arn.as_str(), &self.tags, &live.spec.tags).await?;
        self.keep(step, name).await?;
        Ok(Output { name: name.into(), arn: live.output.arn.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let name = &live.output.name;
        step.aws
            .logs
            .delete_log_group()
            .log_group_name(name)
            .send()
            .await
            .during(format!("deleting log group `{name}`"))
            .missing_is_none()?;
        Ok(())
    }
}

impl LogGroup {
    /// CreateLogGroup takes no retention.
    async fn keep(&self, step: &Step<'_>, name: &str) -> Result<()> {
        let logs = &step.aws.logs;
        let doing = format!("setting the retention of log group `{name}`");
        match self.retention_days {
            Some(days) => drop(logs.put_retention_policy().log_group_name(name).retention_in_days(days).send().await.during(doing)?),
            None => drop(logs.delete_retention_policy().log_group_name(name).send().await.during(doing)?),
        }
        Ok(())
    }
}

/// How good a group's right to its address is, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    Declared,
    /// Its resource is live.
    InUse,
    LeftOver,
}

/// Several groups may have been of one address, one after the other: the others go by the ids that they are named after. An
/// address is `taken` if what is declared there has a name by now, whether or not there is such a group.
fn settle_claims(mut taken: BTreeSet<Address>, mut found: Vec<(Claim, Found<LogGroup>)>) -> Vec<Found<LogGroup>> {
    found.sort_by_key(|(claim, _)| *claim);
    let settled = found.into_iter().map(|(claim, group)| match claim {
        Claim::Declared => group,
        _ if taken.insert(group.address.clone()) => group,
        _ => Found { address: child(LogGroup::NAME, group.address.owner(), last(&group.output.name)), ..group },
    });
    settled.collect()
}

/// What tells a group from others of its sort: an id, or the last word of its path.
fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Names and retentions of the groups whose names begin like this.
async fn list(aws: &Aws, prefix: &str) -> Result<Vec<(String, Option<i32>)>> {
    let mut all = Vec::new();
    let mut pages = aws.logs.describe_log_groups().log_group_name_prefix(prefix).limit(50).into_paginator().send();
    while let Some(page) = pages.next().await {
        let groups = page.during(format!("listing the log groups under `{prefix}`"))?.log_groups.unwrap_or_default();
        all.extend(groups.into_iter().filter_map(|g| Some((g.log_group_name?, g.retention_in_days))));
    }
    Ok(all)
}
