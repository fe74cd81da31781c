//! What takes a source's logs or traces to their destination.
//!
//! A source has one delivery to each type of destination, and a second one is a conflict; so a delivery of a source of ours
//! is ours if its destination is, and needs no look at its tags (last verified 2026-11).

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use aws_sdk_cloudwatchlogs::types::{Delivery as Live, DeliveryDestinationType};
use serde::{Deserialize, Serialize};

use super::vended::listed;
use super::{DeliveryDestination, DeliverySource, Found, Kind, Observe, Ownership, Step, child};
use crate::address::Address;
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::Late;
use crate::names::Arn;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// By its name.
    pub(crate) source: Late,
    pub(crate) destination: Late<Arn>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    id: String,
}

impl Kind for Delivery {
    const NAME: &'static str = "delivery";
    const RIGHTS: &'static [Right] = &[
        reads(&["logs:DescribeDeliveries", "logs:ListTagsForResource"], On::These(&["arn:aws:logs:{r}:{a}:*"])),
        writes(
            &["logs:CreateDelivery", "logs:DeleteDelivery"],
            On::These(&[
                "arn:aws:logs:{r}:{a}:delivery:*",
                "arn:aws:logs:{r}:{a}:delivery-source:*",
                "arn:aws:logs:{r}:{a}:delivery-destination:*",
            ]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("source", "a delivery keeps its source"), ("destination", "a delivery keeps its destination")];
    const BELOW: &'static [&'static str] = &[DeliverySource::NAME, DeliveryDestination::NAME];
    const WAY_OUT: Option<&'static str> =
        Some("a source has one delivery to each type of destination: delete that delivery, or leave `observability` out");
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let sources: BTreeMap<String, Address> =
            observe.above::<DeliverySource>().into_iter().map(|(a, source)| (source.name, a)).collect();
        if sources.is_empty() {
            return Ok(Vec::new());
        }
        let destinations: BTreeSet<Arn> = observe.above::<DeliveryDestination>().into_iter().map(|(_, there)| there.arn).collect();
        let mut found = Vec::new();
        for live in listed::<Self, _>(observe, list(observe.aws, None).await)? {
            let (Some(id), Some(name), Some(arn)) = (live.id, live.delivery_source_name, live.delivery_destination_arn) else { continue };
            let Some(source) = sources.get(&name) else { continue };
            let address = child(Self::NAME, source.owner(), source.label());
            let elsewhere = !destinations.contains(&Arn::new(&arn));
            // One to a type of destination that is not declared is in nobody's way.
            let other_type = !matches!(live.delivery_destination_type, Some(DeliveryDestinationType::Cwl | DeliveryDestinationType::Xray));
            if elsewhere && (other_type || !observe.wanted.contains_key(&address)) {
                continue;
            }
            let mark = if elsewhere { Ownership::Foreign { platform: None } } else { Ownership::Ours { spec: None } };
            found.push(Found {
                address,
                spec: Self { source: Late::known(name), destination: Late::known(arn) },
                output: Output { id },
                mark,
            });
        }
        Ok(found)
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let (source, destination) = (self.source.get()?, self.destination.get()?);
        let create = step.aws.logs.create_delivery().delivery_source_name(source).delivery_destination_arn(destination);
        let create = create.set_tags(Some(step.mark.with(&BTreeMap::new()).into_iter().collect()));
        let doing = format!("creating the delivery from `{source}`");
        match create.send().await.during(doing) {
            Ok(reply) => Ok(Output { id: reply.delivery.and_then(|d| d.id).context("AWS says nothing of the new delivery")? }),
            // A lost reply: the same pair is the same delivery.
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => {
                let all = list(step.aws, Some(source)).await?;
                let same = all.into_iter().find(|d| d.delivery_destination_arn.as_deref() == Some(destination)).and_then(|d| d.id);
                same.map(|id| Output { id }).ok_or(error)
            }
            Err(error) => Err(error),
        }
    }

    async fn update(&self, _: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        Ok(Output { id: live.output.id.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let id = &live.output.id;
        step.aws.logs.delete_delivery().id(id).send().await.during(format!("deleting delivery `{id}`")).missing_is_none()?;
        Ok(())
    }
}

async fn list(aws: &Aws, source: Option<&str>) -> Result<Vec<Live>> {
    let mut all = Vec::new();
    let list = aws.logs.describe_deliveries().limit(50).set_delivery_source_names(source.map(|name| vec![name.to_owned()]));
    let mut pages = list.into_paginator().send();
    while let Some(page) = pages.next().await {
        all.extend(page.during("listing deliveries")?.deliveries.unwrap_or_default());
    }
    Ok(all)
}
