//! What CloudWatch Logs takes from one resource: its application logs, or its traces.
//!
//! A source keeps its resource: once that is deleted the source is inactive for good. Tags are taken when it is made, and no
//! second time. A resource has one source of each type (last verified 2026-11).

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use aws_sdk_cloudwatchlogs::types::{DeliverySource as Live, DeliverySourceStatus};
use serde::{Deserialize, Serialize};

use super::vended::{Delivered, id_of, left_over, listed, read_tags, subjects, wanted};
use super::{Found, Gateway, Kind, Memory, Observe, Ownership, Runtime, Step, child};
use crate::address::Address;
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::{Arn, Names};
use crate::observe::each;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeliverySource {
    pub(crate) resource: Late<Arn>,
    pub(crate) delivers: Delivered,
    /// Why it delivers nothing any more; nobody declares that.
    inactive: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(super) name: String,
}

impl DeliverySource {
    pub(crate) const SOURCE: Attr<Self> = Attr::new("name");

    pub(crate) fn of(resource: Late<Arn>, delivers: Delivered) -> Self {
        Self { resource, delivers, inactive: None }
    }

    fn name(&self) -> Result<String> {
        Ok(self.delivers.source(id_of(self.resource.get()?)))
    }
}

impl Kind for DeliverySource {
    const NAME: &'static str = "delivery_source";
    const RIGHTS: &'static [Right] = &[
        reads(
            &["logs:DescribeDeliverySources", "logs:GetDeliverySource", "logs:ListTagsForResource"],
            On::These(&["arn:aws:logs:{r}:{a}:*"]),
        ),
        writes(
            &["logs:PutDeliverySource", "logs:DeleteDeliverySource", "logs:TagResource", "logs:UntagResource"],
            On::These(&["arn:aws:logs:{r}:{a}:delivery-source:*"]),
        ),
        writes(&["bedrock-agentcore:AllowVendedLogDeliveryForResource"], On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:*"])),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[
        ("resource", "a source keeps its resource"),
        ("delivers", "a source keeps its type of logs"),
        ("inactive", "a source that lost its resource never comes back"),
    ];
    const BELOW: &'static [&'static str] = &[Memory::NAME, Gateway::NAME, Runtime::NAME];
    const WAY_OUT: Option<&'static str> =
        Some("AWS takes one source of a type from each resource: delete that delivery and its source, or leave `observability` out");
    type Output = Output;

    fn known(&self, _: &Names) -> Vec<(&'static str, String)> {
        self.name().map(|name| vec![("name", name)]).unwrap_or_default()
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted: BTreeMap<String, Address> =
            wanted::<Self>(observe)?.into_iter().filter_map(|(address, source)| Some((source.name().ok()?, address))).collect();
        let subjects: BTreeMap<String, _> = subjects(observe).into_iter().map(|s| (s.arn.clone(), s)).collect();
        let found = each(listed::<Self, _>(observe, list(observe.aws).await)?, |live| {
            let (wanted, subjects) = (&wanted, &subjects);
            async move {
                let (Some(name), Some(arn)) = (live.name.as_deref(), live.arn.as_deref()) else { return Ok(None) };
                let Some(delivers) = Delivered::of(live.log_type().unwrap_or_default()) else { return Ok(None) };
                let Some(resource) = live.resource_arns().first() else { return Ok(None) };
                let ours = delivers.source(id_of(resource));
                let whose = match subjects.get(resource) {
                    Some(subject) if name == ours => {
                        let declared = wanted.get(name).cloned();
                        let address = declared.unwrap_or_else(|| child(Self::NAME, &subject.owner, &subject.label(delivers)));
                        Some((address, Ownership::Ours { spec: None }))
                    }
                    // By its name somebody else's, and the only one that AWS takes of this resource.
                    Some(_) => wanted.get(&ours).map(|address| (address.clone(), Ownership::Foreign { platform: None })),
                    None if name == ours => left_over(observe, Self::NAME, name, arn).await?,
                    None => None,
                };
                let Some((address, mark)) = whose else { return Ok(None) };
                Ok(Some(Found { address, spec: Self::read(delivers, resource, &live), output: Output { name: name.into() }, mark }))
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let (name, resource) = (self.name()?, self.resource.get()?);
        let put = step.aws.logs.put_delivery_source().name(&name).resource_arn(resource).log_type(self.delivers.log_type());
        let put = put.set_tags(Some(step.mark.with(&BTreeMap::new()).into_iter().collect()));
        match put.send().await.during(format!("creating delivery source `{name}`")) {
            Ok(_) => {}
            // A lost reply: what stands there may be what we have just made.
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => {
                if !is_mine(step, &name).await? {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
        Ok(Output { name })
    }

    async fn update(&self, _: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        Ok(Output { name: live.output.name.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let name = &live.output.name;
        let delete = step.aws.logs.delete_delivery_source().name(name);
        match delete.send().await.during(format!("deleting delivery source `{name}`")).missing_is_none() {
            // Ours are gone by now.
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => Err(error.context(format!(
                "somebody else has logs delivered from it as well: delete that delivery (`aws logs describe-deliveries \
                 --delivery-source-names {name}` shows it), then run the command again"
            ))),
            deleted => deleted.map(drop),
        }
    }
}

impl DeliverySource {
    fn read(delivers: Delivered, resource: &str, live: &Live) -> Self {
        let inactive = (live.status == Some(DeliverySourceStatus::Inactive)).then(|| {
            let why = live.status_reason.as_ref().map_or("AWS does not say why", |reason| reason.as_str());
            format!("it delivers nothing any more: {why}")
        });
        Self { resource: Late::known(resource), delivers, inactive }
    }
}

/// The name holds the resource's id and the type, so the same name and mark are the same source.
async fn is_mine(step: &Step<'_>, name: &str) -> Result<bool> {
    let live = step.aws.logs.get_delivery_source().name(name).send().await.during(format!("reading delivery source `{name}`"));
    let Some(live) = live.missing_is_none()?.and_then(|reply| reply.delivery_source) else { return Ok(false) };
    let arn = live.arn.with_context(|| format!("AWS gives no ARN of delivery source `{name}`"))?;
    Ok(read_tags(step.aws, &arn).await?.is(&step.mark))
}

async fn list(aws: &Aws) -> Result<Vec<Live>> {
    let mut all = Vec::new();
    let mut pages = aws.logs.describe_delivery_sources().limit(50).into_paginator().send();
    while let Some(page) = pages.next().await {
        all.extend(page.during("listing delivery sources")?.delivery_sources.unwrap_or_default());
    }
    Ok(all)
}
