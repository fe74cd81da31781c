//! A stage of a REST API: the deployment that callers reach, and its access log.
//!
//! A deployment is a copy of the API's definition, and its description says of which. A stage whose deployment says
//! something else, or nothing, gets a new one; an earlier deployment of the same definition is taken again
//! (last verified 2026-11).

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use aws_sdk_apigateway::types as sdk;
use serde::{Deserialize, Serialize};

use super::apigateway::{PAGE, RESOURCES, once, read_tags, remove, replace, retag};
use super::{Found, Kind, Observe, RestApi, Step};
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::{Arn, Names};
use crate::observe::each;
use crate::rights::{Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Stage {
    pub(crate) api: Late,
    pub(crate) name: String,
    /// What is deployed, in the words of `RestApi::definition`.
    pub(crate) definition: Late,
    pub(crate) access_log: Option<AccessLog>,
    /// By the paths of their patches: a canary, which serves another definition; a log of whole requests, tokens and all; a
    /// cache, which knows no tenants. None is declared, ever.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) others: BTreeSet<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AccessLog {
    /// Whose role writes it.
    pub(crate) account: Late,
    pub(crate) destination: Late<Arn>,
    /// Members of the JSON line of each request.
    pub(crate) format: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    api: String,
    place: String,
    url: String,
}

impl Stage {
    /// `API:STAGE`, as usage plans name it.
    pub(crate) const PLACE: Attr<Self> = Attr::new("place");
    pub(crate) const URL: Attr<Self> = Attr::new("url");
}

impl Kind for Stage {
    const NAME: &'static str = "stage";
    const RIGHTS: &'static [Right] = &[
        reads(&["apigateway:GET"], RESOURCES),
        writes(&["apigateway:POST", "apigateway:PATCH", "apigateway:PUT", "apigateway:DELETE"], RESOURCES),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("api", "a stage belongs to one API"), ("name", "a stage can't be renamed")];
    const BELOW: &'static [&'static str] = &[RestApi::NAME];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let mut ours = Vec::new();
        for (_, api) in observe.above::<RestApi>() {
            let list = observe.aws.apigateway.get_stages().rest_api_id(&api.id).send().await;
            let stages = list.during(format!("listing the stages of REST API `{}`", api.id)).missing_is_none()?;
            for stage in stages.and_then(|s| s.item).unwrap_or_default() {
                let tags = read_tags(stage.tags.clone());
                let named = wanted.iter().find(|(_, w)| Some(w.name.as_str()) == stage.stage_name()).map(|(a, _)| a.clone());
                let Some((address, mark)) = observe.whose(&tags, named) else { continue };
                ours.push((address, mark, tags.declared, api.id.clone(), stage));
            }
        }
        let found = each(ours, |(address, mark, tags, api, stage)| async move {
            let definition = deployed(observe.aws, &api, stage.deployment_id().unwrap_or_default()).await?;
            let others = others(&stage);
            let name = stage.stage_name.unwrap_or_default();
            let output = output(observe.names, &api, &name);
            let access_log = stage.access_log_settings.and_then(AccessLog::read);
            let spec = Self { api: Late::known(api), name, definition: Late::known(definition), access_log, others, tags };
            Ok(Found { address, spec, output, mark })
        });
        found.await
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let api = self.api.get()?;
        let create = step
            .aws
            .apigateway
            .create_stage()
            .rest_api_id(api)
            .stage_name(&self.name)
            .deployment_id(self.deployment(step, api).await?)
            .set_tags(Some(step.mark.with(&self.tags).into_iter().collect()));
        match create.send().await.during(format!("creating stage `{}`", self.name)) {
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) && self.is_mine(step, api).await? => {}
            other => drop(other?),
        }
        // A create takes no access log.
        self.patch(step, api, self.access_log.as_ref().map(AccessLog::patches).transpose()?.unwrap_or_default()).await?;
        Ok(output(step.names, api, &self.name))
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let api = &live.output.api;
        let mut patches = Vec::new();
        if self.definition.get()? != live.spec.definition.get()? {
            patches.push(replace("/deploymentId", self.deployment(step, api).await?));
        }
        match &self.access_log {
            log if *log == live.spec.access_log => {}
            Some(log) => patches.extend(log.patches()?),
            None => patches.push(remove("/accessLogSettings", None)),
        }
        patches.extend(live.spec.others.difference(&self.others).map(|path| match path.as_str() {
            CANARY => remove(CANARY, None),
            path => replace(path, "false"),
        }));
        self.patch(step, api, patches).await?;
        retag(step, &format!("/restapis/{api}/stages/{}", self.name), &self.tags, &live.spec.tags).await?;
        Ok(output(step.names, api, &self.name))
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let delete = step.aws.apigateway.delete_stage().rest_api_id(&live.output.api).stage_name(&live.spec.name);
        delete.send().await.during(format!("deleting stage `{}`", live.spec.name)).missing_is_none()?;
        Ok(())
    }
}

impl Stage {
    async fn patch(&self, step: &Step<'_>, api: &str, patches: Vec<sdk::PatchOperation>) -> Result<()> {
        if !patches.is_empty() {
            let update = step.aws.apigateway.update_stage().rest_api_id(api).stage_name(&self.name).set_patch_operations(Some(patches));
            update.send().await.during(format!("updating stage `{}`", self.name))?;
        }
        Ok(())
    }

    /// A deployment of the API's definition: one that is there, also after a lost reply, or a new one.
    async fn deployment(&self, step: &Step<'_>, api: &str) -> Result<String> {
        let definition = self.definition.get()?;
        if let Some(id) = deployment_of(step.aws, api, definition).await? {
            return Ok(id);
        }
        let create = step.aws.apigateway.create_deployment().rest_api_id(api).description(definition);
        match create.customize().config_override(once()).send().await.during(format!("deploying REST API `{api}`")) {
            Ok(deployment) => deployment.id.context("AWS says nothing of the new deployment"),
            Err(error) if AwsError::of(&error).is_some_and(AwsError::is_ambiguous) => {
                deployment_of(step.aws, api, definition).await?.ok_or_else(|| AwsError::nothing_done(error))
            }
            Err(error) => Err(error),
        }
    }

    async fn is_mine(&self, step: &Step<'_>, api: &str) -> Result<bool> {
        let get = step.aws.apigateway.get_stage().rest_api_id(api).stage_name(&self.name);
        let live = get.send().await.during(format!("reading stage `{}`", self.name)).missing_is_none()?;
        Ok(live.is_some_and(|stage| read_tags(stage.tags).is(&step.mark)))
    }
}

const CANARY: &str = "/canarySettings";

fn others(live: &sdk::Stage) -> BTreeSet<String> {
    let methods = live.method_settings.iter().flatten().flat_map(|(method, set)| {
        let settings = [("logging/dataTrace", set.data_trace_enabled), ("caching/enabled", set.caching_enabled)];
        settings.into_iter().filter(|(_, on)| *on).map(move |(path, _)| format!("/{method}/{path}"))
    });
    methods.chain(live.canary_settings.as_ref().map(|_| CANARY.to_owned())).collect()
}

impl AccessLog {
    fn read(live: sdk::AccessLogSettings) -> Option<Self> {
        let destination = live.destination_arn.filter(|arn| !arn.is_empty())?;
        let format = live.format.unwrap_or_default();
        Some(Self {
            account: Late::known(destination.split(':').nth(4).unwrap_or_default()),
            destination: Late::known(destination.trim_end_matches(":*")),
            // A format of another form than ours is shown as it is.
            format: serde_json::from_str(&format).unwrap_or_else(|_| [("format".to_owned(), format)].into()),
        })
    }

    fn patches(&self) -> Result<Vec<sdk::PatchOperation>> {
        let destination = self.destination.get()?.trim_end_matches(":*");
        let format = serde_json::to_string(&self.format)?;
        Ok(vec![replace("/accessLogSettings/destinationArn", destination), replace("/accessLogSettings/format", format)])
    }
}

fn output(names: &Names, api: &str, stage: &str) -> Output {
    let url = format!("https://{api}.execute-api.{}.amazonaws.com/{stage}", names.region);
    Output { api: api.into(), place: format!("{api}:{stage}"), url }
}

/// What a deployment says of itself; nothing if it is gone.
async fn deployed(aws: &Aws, api: &str, deployment: &str) -> Result<String> {
    let get = aws.apigateway.get_deployment().rest_api_id(api).deployment_id(deployment);
    let found = get.send().await.during(format!("reading deployment `{deployment}` of REST API `{api}`")).missing_is_none()?;
    Ok(found.and_then(|d| d.description).unwrap_or_default())
}

/// The latest deployment that says this of itself.
async fn deployment_of(aws: &Aws, api: &str, definition: &str) -> Result<Option<String>> {
    let mut all = Vec::new();
    let mut pages = aws.apigateway.get_deployments().rest_api_id(api).limit(PAGE).into_paginator().send();
    while let Some(page) = pages.next().await {
        all.extend(page.during(format!("listing the deployments of REST API `{api}`"))?.items.unwrap_or_default());
    }
    all.retain(|d| d.description() == Some(definition));
    Ok(all.into_iter().max_by(|a, b| (a.created_date, &a.id).cmp(&(b.created_date, &b.id))).and_then(|d| d.id))
}
