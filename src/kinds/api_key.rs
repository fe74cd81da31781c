//! An API key, and the usage plan that it counts in.
//!
//! The value is a secret, which leaves here only to be published: AWS chooses it, or we do for keys that come in together
//! with an import. Keys' names are not unique and creating has no token, so ours is the one with our mark: in its tags, or
//! in the description of an imported key, since an import takes no tags. A key moves to another plan and stays the same
//! key (last verified 2026-11).

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, anyhow, bail};
use aws_sdk_apigateway::primitives::Blob;
use aws_sdk_apigateway::types as sdk;
use serde::{Deserialize, Serialize};

use super::apigateway::{PAGE, RESOURCES, once, read_tags, replace, retag};
use super::{Found, Kind, Observe, Step, Tags, UsagePlan, child};
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::observe::each;
use crate::rights::{Right, reads, writes};
use crate::secret::{self, Secret};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ApiKey {
    pub(crate) name: String,
    pub(crate) enabled: bool,
    /// Of our plans, those that it counts in: one is declared.
    pub(crate) plans: BTreeSet<Late>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    /// Unknown of a key that has just been imported: AWS does not say whose id is whose.
    id: Option<String>,
    value: Secret,
}

impl ApiKey {
    pub(crate) const VALUE: Attr<Self> = Attr::new("value");
}

impl Kind for ApiKey {
    const NAME: &'static str = "api_key";
    const RIGHTS: &'static [Right] =
        &[reads(&["apigateway:GET"], RESOURCES), writes(&["apigateway:POST", "apigateway:PATCH", "apigateway:DELETE"], RESOURCES)];
    const BELOW: &'static [&'static str] = &[UsagePlan::NAME];
    /// AWS names no bound; this many are made well within its half a minute for a call.
    const TOGETHER: usize = 100;
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let members = each(observe.above::<UsagePlan>(), |(_, plan)| members(observe.aws, plan.id));
        let (keys, members) = futures::try_join!(list(observe.aws, None), members)?;
        let mut plans: BTreeMap<String, BTreeSet<Late>> = BTreeMap::new();
        for (plan, key) in members.into_iter().flatten() {
            plans.entry(key).or_default().insert(Late::known(plan));
        }
        let mut taken = BTreeSet::new();
        let mut found = Vec::new();
        for key in keys {
            let Some((address, mark)) = observe.whose(&marks(&key), None) else { continue };
            let id = key.id.clone().unwrap_or_default();
            let address = if taken.insert(address.clone()) { address } else { child(Self::NAME, address.owner(), &id) };
            let plans = plans.remove(&id).unwrap_or_default();
            let spec = Self { name: key.name.clone().unwrap_or_default(), enabled: key.enabled, plans };
            found.push(Found { address, spec, output: output(key), mark });
        }
        Ok(found)
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let output = match self.mine(step).await? {
            Some(output) => output,
            None => self.make(step).await?,
        };
        self.join(step, output.id()?, &BTreeSet::new()).await?;
        Ok(output)
    }

    async fn create_together(batch: &[(Self, &Step<'_>)]) -> Vec<Result<Output>> {
        match import(batch).await {
            Ok(made) => made.into_iter().map(Ok).collect(),
            Err(error) => batch.iter().map(|_| Err(anyhow!("{error:#}"))).collect(),
        }
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let id = live.output.id()?;
        let mut patches = Vec::new();
        if self.name != live.spec.name {
            patches.push(replace("/name", &self.name));
        }
        if self.enabled != live.spec.enabled {
            patches.push(replace("/enabled", self.enabled.to_string()));
        }
        if !patches.is_empty() {
            let update = step.aws.apigateway.update_api_key().api_key(id).set_patch_operations(Some(patches));
            update.send().await.during(format!("updating API key `{}`", self.name))?;
        }
        self.join(step, id, &live.spec.plans).await?;
        retag(step, &format!("/apikeys/{id}"), &BTreeMap::new(), &BTreeMap::new()).await?;
        Ok(Output { id: Some(id.into()), value: live.output.value.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let delete = step.aws.apigateway.delete_api_key().api_key(live.output.id()?);
        delete.send().await.during(format!("deleting API key `{}`", live.spec.name)).missing_is_none()?;
        Ok(())
    }
}

impl ApiKey {
    /// A line of the file that AWS imports.
    fn line(&self, step: &Step<'_>, value: &str) -> Result<String> {
        let words = step.mark.with(&BTreeMap::new()).into_iter().map(|(name, value)| format!("{name}={value}"));
        let description = words.collect::<Vec<_>>().join(" ");
        let plans = self.plans.iter().map(Late::get).collect::<Result<Vec<_>>>()?;
        // Of several plans, AWS wants a list in quotes; one is declared.
        let [plan] = plans.as_slice() else { bail!("a key of {} usage plans", plans.len()) };
        let fields = [&self.name, value, &description, &self.enabled.to_string(), plan];
        if fields.iter().any(|field| field.contains([',', '"', '\'', '\n', '\r'])) {
            bail!("a field that would have to be quoted");
        }
        Ok(fields.join(",") + "\n")
    }

    /// A key of no plan yet.
    async fn make(&self, step: &Step<'_>) -> Result<Output> {
        let tags = step.mark.with(&BTreeMap::new()).into_iter().collect();
        let create = step.aws.apigateway.create_api_key().name(&self.name).enabled(self.enabled).set_tags(Some(tags));
        match create.customize().config_override(once()).send().await.during(format!("creating API key `{}`", self.name)) {
            Ok(key) => {
                let value = key.value.context("AWS says nothing of the new API key")?;
                Ok(Output { id: key.id, value: Secret::new(value) })
            }
            Err(error) if AwsError::of(&error).is_some_and(AwsError::is_ambiguous) => {
                self.mine(step).await?.ok_or_else(|| AwsError::nothing_done(error))
            }
            Err(error) => Err(error),
        }
    }

    /// The key that carries exactly our mark.
    async fn mine(&self, step: &Step<'_>) -> Result<Option<Output>> {
        let mut named = list(step.aws, Some(&self.name)).await?.into_iter();
        Ok(named.find(|key| marks(key).is(&step.mark)).map(output))
    }

    /// Takes the key out of other plans and into its own. A stage takes a key from one plan only, so out comes first: calls
    /// in between are refused.
    async fn join(&self, step: &Step<'_>, id: &str, before: &BTreeSet<Late>) -> Result<()> {
        let texts = |plans: &BTreeSet<Late>| plans.iter().map(|p| Ok(p.get()?.to_owned())).collect::<Result<BTreeSet<String>>>();
        let (wanted, before) = (texts(&self.plans)?, texts(before)?);
        let client = &step.aws.apigateway;
        for plan in before.difference(&wanted) {
            let delete = client.delete_usage_plan_key().usage_plan_id(plan).key_id(id);
            delete.send().await.during(format!("taking API key `{}` out of usage plan `{plan}`", self.name)).missing_is_none()?;
        }
        for plan in wanted.difference(&before) {
            let create = client.create_usage_plan_key().usage_plan_id(plan).key_id(id).key_type("API_KEY");
            match create.send().await.during(format!("putting API key `{}` into usage plan `{plan}`", self.name)) {
                // Either it is in there already, or in another plan of the same stage.
                Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => {
                    let get = client.get_usage_plan_key().usage_plan_id(plan).key_id(id);
                    let there = get.send().await.during(format!("looking for API key `{}` in usage plan `{plan}`", self.name));
                    if there.missing_is_none()?.is_none() {
                        return Err(error);
                    }
                }
                other => drop(other?),
            }
        }
        Ok(())
    }
}

impl Output {
    fn id(&self) -> Result<&str> {
        self.id.as_deref().context("AWS says nothing of the API key's id")
    }
}

fn output(key: sdk::ApiKey) -> Output {
    Output { id: key.id, value: Secret::new(key.value.unwrap_or_default()) }
}

/// Makes keys in one call, each in its plan already: all of them or none. A key is its value, so that the very same file
/// may go out again after a lost reply; a later run finds the marks.
async fn import(batch: &[(ApiKey, &Step<'_>)]) -> Result<Vec<Output>> {
    let Some((_, step)) = batch.first() else { return Ok(Vec::new()) };
    let mut file = String::from("Name,Key,Description,Enabled,UsagePlanIds\n");
    let mut made = Vec::new();
    for (key, step) in batch {
        let value = secret::random()?;
        file.push_str(&key.line(step, &value)?);
        made.push(Output { id: None, value: Secret::new(value) });
    }
    let import = step.aws.apigateway.import_api_keys().format(sdk::ApiKeysFormat::Csv).fail_on_warnings(true).body(Blob::new(file));
    let reply = import.send().await.during(format!("importing {} API keys", batch.len()))?;
    // What the warnings say may quote a value.
    if !reply.warnings().is_empty() || reply.ids().len() != batch.len() {
        bail!("AWS made {} of {} API keys, with {} warnings", reply.ids().len(), batch.len(), reply.warnings().len());
    }
    Ok(made)
}

/// The mark in the tags, or else in the description, as `KEY=VALUE` words.
fn marks(key: &sdk::ApiKey) -> Tags {
    let described = key.description().unwrap_or_default().split(' ').filter_map(|word| word.split_once('='));
    let described = described.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let tagged = key.tags.clone().filter(|tags| tags.contains_key(super::PLATFORM_TAG));
    read_tags(Some(tagged.unwrap_or(described)))
}

/// The oldest first, with their values; all of them, or those whose names begin so.
async fn list(aws: &Aws, name: Option<&str>) -> Result<Vec<sdk::ApiKey>> {
    let mut all = Vec::new();
    let list = aws.apigateway.get_api_keys().include_values(true).limit(PAGE).set_name_query(name.map(Into::into));
    let mut pages = list.into_paginator().send();
    while let Some(page) = pages.next().await {
        all.extend(page.during("listing API keys")?.items.unwrap_or_default());
    }
    all.sort_by(|a, b| (a.created_date, &a.id).cmp(&(b.created_date, &b.id)));
    Ok(all)
}

/// The keys of a plan, each beside the plan's id.
async fn members(aws: &Aws, plan: String) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    let mut pages = aws.apigateway.get_usage_plan_keys().usage_plan_id(&plan).limit(PAGE).into_paginator().send();
    while let Some(page) = pages.next().await {
        let Some(page) = page.during(format!("listing the keys of usage plan `{plan}`")).missing_is_none()? else { break };
        all.extend(page.items.unwrap_or_default().into_iter().filter_map(|key| Some((plan.clone(), key.id?))));
    }
    Ok(all)
}
