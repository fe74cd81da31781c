//! A usage plan: how often, how much at once and how much in all the keys of a tier may call.
//!
//! Plans' names are not unique and creating has no token, so ours is the one with our tags. A plan is changed by one patch
//! with all differences, since AWS takes one such call every 20 seconds (last verified 2026-11).

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use aws_sdk_apigateway::operation::get_usage_plan::GetUsagePlanOutput;
use aws_sdk_apigateway::types as sdk;
use serde::{Deserialize, Serialize};

use super::apigateway::{PAGE, RESOURCES, add, once, read_tags, remove, replace, retag};
use super::{Found, Kind, Observe, Step, child};
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::rights::{Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UsagePlan {
    pub(crate) name: String,
    /// As `API:STAGE`.
    pub(crate) stages: BTreeSet<Late>,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) quota: Option<Quota>,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Throttle {
    /// Requests a second.
    pub(crate) rate: f64,
    pub(crate) burst: i32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quota {
    pub(crate) requests: i32,
    pub(crate) period: String,
    /// Days into a week or month at which it begins.
    pub(crate) offset: i32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) id: String,
}

impl UsagePlan {
    pub(crate) const ID: Attr<Self> = Attr::new("id");
}

impl Kind for UsagePlan {
    const NAME: &'static str = "usage_plan";
    const RIGHTS: &'static [Right] = &[
        reads(&["apigateway:GET"], RESOURCES),
        writes(&["apigateway:POST", "apigateway:PATCH", "apigateway:PUT", "apigateway:DELETE"], RESOURCES),
    ];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let mut found: Vec<Found<Self>> = Vec::new();
        for plan in list(observe.aws).await? {
            let tags = read_tags(plan.tags);
            let Some((address, mark)) = observe.whose(&tags, None) else { continue };
            let id = plan.id.unwrap_or_default();
            let taken = found.iter().any(|f| f.address == address);
            let address = if taken { child(Self::NAME, address.owner(), &id) } else { address };
            let spec = Self {
                name: plan.name.unwrap_or_default(),
                stages: plan.api_stages.unwrap_or_default().iter().map(place).map(Late::known).collect(),
                throttle: plan.throttle.map(|t| Throttle { rate: t.rate_limit, burst: t.burst_limit }),
                quota: plan.quota.map(Quota::read),
                tags: tags.declared,
            };
            found.push(Found { address, spec, output: Output { id }, mark });
        }
        Ok(found)
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        if let Some(id) = mine(step).await? {
            return Ok(Output { id });
        }
        let stages = self.stages.iter().map(|stage| {
            let (api, name) = stage.get()?.split_once(':').context("a stage without its API")?;
            Ok(sdk::ApiStage::builder().api_id(api).stage(name).build())
        });
        let throttle = self.throttle.map(|t| sdk::ThrottleSettings::builder().rate_limit(t.rate).burst_limit(t.burst).build());
        let create = step
            .aws
            .apigateway
            .create_usage_plan()
            .name(&self.name)
            .set_api_stages(Some(stages.collect::<Result<_>>()?))
            .set_throttle(throttle)
            .set_quota(self.quota.as_ref().map(Quota::declared))
            .set_tags(Some(step.mark.with(&self.tags).into_iter().collect()));
        let id = match create.customize().config_override(once()).send().await.during(format!("creating usage plan `{}`", self.name)) {
            Ok(plan) => plan.id.context("AWS says nothing of the new usage plan")?,
            Err(error) if AwsError::of(&error).is_some_and(AwsError::is_ambiguous) => {
                mine(step).await?.ok_or_else(|| AwsError::nothing_done(error))?
            }
            Err(error) => return Err(error),
        };
        Ok(Output { id })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let id = &live.output.id;
        let patches = self.patches(&get(step.aws, id).await?)?;
        if !patches.is_empty() {
            let update = step.aws.apigateway.update_usage_plan().usage_plan_id(id).set_patch_operations(Some(patches));
            match update.send().await.during(format!("updating usage plan `{}`", self.name)) {
                // A lost reply: what was to be added or removed is so already.
                Err(error) if AwsError::of(&error).is_some_and(|e| matches!(e.class, Class::Conflict | Class::Missing)) => {
                    if !self.patches(&get(step.aws, id).await?)?.is_empty() {
                        return Err(error);
                    }
                }
                other => drop(other?),
            }
        }
        retag(step, &format!("/usageplans/{id}"), &self.tags, &live.spec.tags).await?;
        Ok(Output { id: id.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let (id, name) = (&live.output.id, &live.spec.name);
        // A plan with stages can't be deleted.
        let Some(now) = get(step.aws, id).await.missing_is_none()? else { return Ok(()) };
        let patches: Vec<_> = now.api_stages().iter().map(|s| remove("/apiStages", Some(&place(s)))).collect();
        if !patches.is_empty() {
            let update = step.aws.apigateway.update_usage_plan().usage_plan_id(id).set_patch_operations(Some(patches));
            update.send().await.during(format!("taking the stages out of usage plan `{name}`")).missing_is_none()?;
        }
        let delete = step.aws.apigateway.delete_usage_plan().usage_plan_id(id);
        delete.send().await.during(format!("deleting usage plan `{name}`")).missing_is_none()?;
        Ok(())
    }
}

impl UsagePlan {
    /// Everything that makes the live plan what is declared.
    fn patches(&self, now: &GetUsagePlanOutput) -> Result<Vec<sdk::PatchOperation>> {
        let mut patches = Vec::new();
        if now.name() != Some(self.name.as_str()) {
            patches.push(replace("/name", &self.name));
        }
        let live: BTreeSet<String> = now.api_stages().iter().map(place).collect();
        let wanted: BTreeSet<String> = self.stages.iter().map(|s| Ok(s.get()?.to_owned())).collect::<Result<_>>()?;
        patches.extend(live.difference(&wanted).map(|stage| remove("/apiStages", Some(stage))));
        patches.extend(wanted.difference(&live).map(|stage| add("/apiStages", stage)));
        let before = now.throttle().map(|t| Throttle { rate: t.rate_limit, burst: t.burst_limit });
        match self.throttle {
            throttle if throttle == before => {}
            Some(throttle) => {
                let set = if before.is_some() { replace } else { add };
                patches.extend([
                    set("/throttle/rateLimit", throttle.rate.to_string()),
                    set("/throttle/burstLimit", throttle.burst.to_string()),
                ]);
            }
            None => patches.push(remove("/throttle", None)),
        }
        let before = now.quota().cloned().map(Quota::read);
        match &self.quota {
            quota if *quota == before => {}
            Some(quota) => {
                let set = if before.is_some() { replace } else { add };
                let values =
                    [("limit", quota.requests.to_string()), ("period", quota.period.clone()), ("offset", quota.offset.to_string())];
                patches.extend(values.map(|(name, value)| set(&format!("/quota/{name}"), value)));
            }
            None => patches.push(remove("/quota", None)),
        }
        Ok(patches)
    }
}

impl Quota {
    fn read(live: sdk::QuotaSettings) -> Self {
        let period = live.period.map(|p| p.as_str().to_owned()).unwrap_or_default();
        Self { requests: live.limit, period, offset: live.offset }
    }

    fn declared(&self) -> sdk::QuotaSettings {
        sdk::QuotaSettings::builder().limit(self.requests).offset(self.offset).period(self.period.as_str().into()).build()
    }
}

fn place(stage: &sdk::ApiStage) -> String {
    format!("{}:{}", stage.api_id().unwrap_or_default(), stage.stage().unwrap_or_default())
}

async fn list(aws: &Aws) -> Result<Vec<sdk::UsagePlan>> {
    let mut all = Vec::new();
    let mut pages = aws.apigateway.get_usage_plans().limit(PAGE).into_paginator().send();
    while let Some(page) = pages.next().await {
        all.extend(page.during("listing usage plans")?.items.unwrap_or_default());
    }
    // They don't tell their age; any one order does.
    all.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(all)
}

async fn get(aws: &Aws, id: &str) -> Result<GetUsagePlanOutput> {
    aws.apigateway.get_usage_plan().usage_plan_id(id).send().await.during(format!("reading usage plan `{id}`"))
}

/// The plan that carries exactly our mark.
async fn mine(step: &Step<'_>) -> Result<Option<String>> {
    let mut all = list(step.aws).await?.into_iter();
    Ok(all.find(|plan| read_tags(plan.tags.clone()).is(&step.mark)).and_then(|plan| plan.id))
}
