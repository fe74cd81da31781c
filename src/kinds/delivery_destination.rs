//! Where what AWS delivers of one resource goes: to its log group, or to X-Ray.
//!
//! Tags are taken when it is made, and no second time. AWS may add `:*` to a log group's ARN (last verified 2026-11).

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use aws_sdk_cloudwatchlogs::types as sdk;
use serde::{Deserialize, Serialize};

use super::trace_destination::CLOUD_WATCH_LOGS;
use super::vended::{Delivered, left_over, listed, read_tags, subjects, wanted};
use super::{Found, Gateway, Kind, Memory, Observe, Ownership, Runtime, Step, child};
use crate::address::Address;
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::{Arn, Names};
use crate::observe::each;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeliveryDestination {
    /// The id of the resource, after which it is named.
    pub(crate) of: Late,
    pub(crate) to: To,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum To {
    LogGroup(Late<Arn>),
    /// With what X-Ray does with segments: it has to keep them in CloudWatch Logs.
    XRay(Late),
    /// Somewhere that this tool does not declare.
    Other(String),
}

impl To {
    fn delivers(&self) -> Delivered {
        match self {
            Self::LogGroup(_) => Delivered::Logs,
            Self::XRay(_) | Self::Other(_) => Delivered::Traces,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    name: String,
    pub(super) arn: Arn,
}

impl DeliveryDestination {
    pub(crate) const ARN: Attr<Self, Arn> = Attr::new("arn");

    fn name(&self) -> Result<String> {
        Ok(self.to.delivers().destination(self.of.get()?))
    }
}

impl Kind for DeliveryDestination {
    const NAME: &'static str = "delivery_destination";
    const RIGHTS: &'static [Right] = &[
        reads(
            &["logs:DescribeDeliveryDestinations", "logs:GetDeliveryDestination", "logs:ListTagsForResource"],
            On::These(&["arn:aws:logs:{r}:{a}:*"]),
        ),
        writes(
            &["logs:PutDeliveryDestination", "logs:DeleteDeliveryDestination", "logs:TagResource", "logs:UntagResource"],
            On::These(&["arn:aws:logs:{r}:{a}:delivery-destination:*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("of", "a destination can't be renamed"), ("to", "a destination stays where it is")];
    const BELOW: &'static [&'static str] = &[Memory::NAME, Gateway::NAME, Runtime::NAME];
    type Output = Output;

    fn known(&self, names: &Names) -> Vec<(&'static str, String)> {
        let Ok(name) = self.name() else { return Vec::new() };
        vec![("arn", names.delivery_destination_arn(&name).as_str().into()), ("name", name)]
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted: BTreeMap<String, Address> =
            wanted::<Self>(observe)?.into_iter().filter_map(|(address, there)| Some((there.name().ok()?, address))).collect();
        let subjects = subjects(observe);
        let names: BTreeMap<String, _> =
            subjects.iter().flat_map(|s| Delivered::ALL.map(|delivered| (delivered.destination(&s.id), (s, delivered)))).collect();
        let found = each(listed::<Self, _>(observe, list(observe.aws).await)?, |live| {
            let (wanted, names) = (&wanted, &names);
            async move {
                let (Some(name), Some(arn)) = (live.name.clone(), live.arn.clone()) else { return Ok(None) };
                let (of, whose) = match names.get(&name) {
                    Some((subject, delivered)) => {
                        let declared = wanted.get(&name).cloned();
                        let address = declared.unwrap_or_else(|| child(Self::NAME, &subject.owner, &subject.label(*delivered)));
                        (subject.id.as_str(), Some((address, Ownership::Ours { spec: None })))
                    }
                    None if !name.ends_with("-destination") => return Ok(None),
                    None => (name.as_str(), left_over(observe, Self::NAME, &name, &arn).await?),
                };
                let Some((address, mark)) = whose else { return Ok(None) };
                let spec = Self { of: Late::known(of), to: To::read(&live) };
                Ok(Some(Found { address, spec, output: Output { name, arn: Arn::new(arn) }, mark }))
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let name = self.name()?;
        let put = step.aws.logs.put_delivery_destination().name(&name);
        let put = put.set_tags(Some(step.mark.with(&BTreeMap::new()).into_iter().collect()));
        let put = match &self.to {
            To::LogGroup(arn) => {
                let group = sdk::DeliveryDestinationConfiguration::builder().destination_resource_arn(arn.get()?).build()?;
                put.delivery_destination_type(sdk::DeliveryDestinationType::Cwl).delivery_destination_configuration(group)
            }
            To::XRay(_) | To::Other(_) => put.delivery_destination_type(sdk::DeliveryDestinationType::Xray),
        };
        match put.send().await.during(format!("creating delivery destination `{name}`")) {
            Ok(reply) => {
                let arn = reply.delivery_destination.and_then(|d| d.arn);
                let arn = arn.map_or_else(|| step.names.delivery_destination_arn(&name), Arn::new);
                Ok(Output { name, arn })
            }
            // A lost reply: what stands there may be what we have just made.
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => match mine(step, &name).await? {
                Some(arn) => Ok(Output { name, arn }),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    async fn update(&self, _: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        Ok(Output { name: live.output.name.clone(), arn: live.output.arn.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let name = &live.output.name;
        let delete = step.aws.logs.delete_delivery_destination().name(name);
        delete.send().await.during(format!("deleting delivery destination `{name}`")).missing_is_none()?;
        Ok(())
    }
}

impl To {
    fn read(live: &sdk::DeliveryDestination) -> Self {
        let target = live.delivery_destination_configuration.as_ref().map_or("", |c| c.destination_resource_arn());
        match &live.delivery_destination_type {
            Some(sdk::DeliveryDestinationType::Cwl) => Self::LogGroup(Late::known(target.strip_suffix(":*").unwrap_or(target))),
            Some(sdk::DeliveryDestinationType::Xray) => Self::XRay(Late::known(CLOUD_WATCH_LOGS)),
            other => Self::Other(format!("{} {target}", other.as_ref().map_or("?", |t| t.as_str()))),
        }
    }
}

/// The ARN of the destination of our name, if it carries exactly our mark.
async fn mine(step: &Step<'_>, name: &str) -> Result<Option<Arn>> {
    let live = step.aws.logs.get_delivery_destination().name(name).send().await.during(format!("reading delivery destination `{name}`"));
    let Some(live) = live.missing_is_none()?.and_then(|reply| reply.delivery_destination) else { return Ok(None) };
    let arn = live.arn.with_context(|| format!("AWS gives no ARN of delivery destination `{name}`"))?;
    Ok(read_tags(step.aws, &arn).await?.is(&step.mark).then(|| Arn::new(arn)))
}

async fn list(aws: &Aws) -> Result<Vec<sdk::DeliveryDestination>> {
    let mut all = Vec::new();
    let mut pages = aws.logs.describe_delivery_destinations().limit(50).into_paginator().send();
    while let Some(page) = pages.next().await {
        all.extend(page.during("listing delivery destinations")?.delivery_destinations.unwrap_or_default());
    }
    Ok(all)
}
