//! A regional REST API: its methods, each a Lambda proxy behind an API key.
//!
//! The definition is written method by method, not as a whole document: overwriting would reset what others have set on the
//! API (its policy, media types, gateway responses). Callers see nothing of it until the stage gets a new deployment. Names
//! are not unique and creating has no token: ours is the one with our tags, the oldest if a lost reply ever made two
//! (last verified 2026-11).

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use aws_sdk_apigateway::types as sdk;
use serde::{Deserialize, Serialize};

use super::apigateway::{PAGE, RESOURCES, once, read_tags, replace, retag};
use super::{Found, Kind, Observe, Step, child};
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::observe::each;
use crate::rights::{Right, reads, writes};

mod method;

pub(crate) use method::Method;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RestApi {
    pub(crate) name: String,
    endpoint: BTreeSet<String>,
    /// Where callers put their key.
    key_source: String,
    /// By verb and path, such as `POST /runtimes/{proxy+}`.
    pub(crate) methods: BTreeMap<String, Method>,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) id: String,
}

const REGIONAL: &str = "REGIONAL";
const HEADER: &str = "HEADER";

impl RestApi {
    pub(crate) const ID: Attr<Self> = Attr::new("id");

    pub(crate) fn regional(name: String, methods: BTreeMap<String, Method>, tags: BTreeMap<String, String>) -> Self {
        Self { name, endpoint: [REGIONAL.to_owned()].into(), key_source: HEADER.into(), methods, tags }
    }

    /// What a deployment of this API says of itself, so that a stage can be seen to serve something else.
    pub(crate) fn definition(&self) -> Late {
        let lines = self.methods.iter().enumerate().flat_map(|(n, (route, method))| {
            let separator = Late::known(if n == 0 { "" } else { "; " });
            [separator, Late::known(format!("{route} to ")), method.lambda.text()]
        });
        Late::concat(lines)
    }
}

impl Kind for RestApi {
    const NAME: &'static str = "rest_api";
    const RIGHTS: &'static [Right] = &[
        reads(&["apigateway:GET"], RESOURCES),
        writes(&["apigateway:POST", "apigateway:PUT", "apigateway:PATCH", "apigateway:DELETE"], RESOURCES),
    ];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let mut taken = BTreeSet::new();
        let mut ours = Vec::new();
        for api in list(observe.aws).await? {
            let tags = read_tags(api.tags.clone());
            // Equal names are allowed here, so an API without our tags is never in the way.
            let Some((address, mark)) = observe.whose(&tags, None) else { continue };
            let id = api.id.clone().unwrap_or_default();
            let address = if taken.insert(address.clone()) { address } else { child(Self::NAME, address.owner(), &id) };
            ours.push((address, mark, tags.declared, api, id));
        }
        let found = each(ours, |(address, mark, tags, api, id)| async move {
            let Some(resources) = resources(observe.aws, &id).await.missing_is_none()? else { return Ok(None) };
            let spec = Self { methods: methods(&resources), tags, ..Self::read(&api) };
            Ok(Some(Found { address, spec, output: Output { id }, mark }))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        // A create that was begun before, and stopped by a throttle or a lost reply, may have made the API.
        let id = match mine(step).await? {
            Some(id) => id,
            None => self.make(step).await?,
        };
        self.shape(step, &id).await?;
        Ok(Output { id })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let id = &live.output.id;
        let mut patches = Vec::new();
        if self.name != live.spec.name {
            patches.push(replace("/name", &self.name));
        }
        if self.key_source != live.spec.key_source {
            patches.push(replace("/apiKeySource", &self.key_source));
        }
        for other in live.spec.endpoint.difference(&self.endpoint) {
            patches.push(replace(&format!("/endpointConfiguration/types/{other}"), REGIONAL));
        }
        if !patches.is_empty() {
            let update = step.aws.apigateway.update_rest_api().rest_api_id(id).set_patch_operations(Some(patches));
            update.send().await.during(format!("updating REST API `{}`", self.name))?;
        }
        if self.methods != live.spec.methods {
            self.shape(step, id).await?;
        }
        retag(step, &format!("/restapis/{id}"), &self.tags, &live.spec.tags).await?;
        Ok(Output { id: id.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let delete = step.aws.apigateway.delete_rest_api().rest_api_id(&live.output.id);
        delete.send().await.during(format!("deleting REST API `{}`", live.spec.name)).missing_is_none()?;
        Ok(())
    }
}

impl RestApi {
    fn read(api: &sdk::RestApi) -> Self {
        let endpoint = api.endpoint_configuration.as_ref().map(|e| e.types().iter().map(|t| t.as_str().to_owned()).collect());
        Self {
            name: api.name.clone().unwrap_or_default(),
            endpoint: endpoint.unwrap_or_default(),
            key_source: api.api_key_source.as_ref().map_or(HEADER, |source| source.as_str()).into(),
            methods: BTreeMap::new(),
            tags: BTreeMap::new(),
        }
    }

    /// The new API's id; twice only if AWS itself loses track.
    async fn make(&self, step: &Step<'_>) -> Result<String> {
        let create = step
            .aws
            .apigateway
            .create_rest_api()
            .name(&self.name)
            .api_key_source(sdk::ApiKeySourceType::Header)
            .endpoint_configuration(sdk::EndpointConfiguration::builder().types(sdk::EndpointType::Regional).build())
            .set_tags(Some(step.mark.with(&self.tags).into_iter().collect()));
        match create.customize().config_override(once()).send().await.during(format!("creating REST API `{}`", self.name)) {
            Ok(api) => api.id.context("AWS says nothing of the new REST API"),
            Err(error) if AwsError::of(&error).is_some_and(AwsError::is_ambiguous) => {
                mine(step).await?.ok_or_else(|| AwsError::nothing_done(error))
            }
            Err(error) => Err(error),
        }
    }

    /// Makes the methods what is declared: others go, those that differ are made anew.
    async fn shape(&self, step: &Step<'_>, id: &str) -> Result<()> {
        let mut live = resources(step.aws, id).await?;
        for (route, found) in methods(&live) {
            if self.methods.get(&route).is_none_or(|wanted| *wanted != found) {
                let (verb, path) = parts(&route);
                let Some(resource) = place(&live, path) else { continue };
                let delete = step.aws.apigateway.delete_method().rest_api_id(id).resource_id(resource).http_method(verb);
                delete.send().await.during(format!("removing method `{route}` of REST API `{}`", self.name)).missing_is_none()?;
            }
        }
        let before = methods(&live);
        for (route, method) in self.methods.iter().filter(|(route, method)| before.get(*route) != Some(*method)) {
            let (verb, path) = parts(route);
            let resource = self.resource(step, id, path, &mut live).await?;
            method.put(step, (id, &resource, verb)).await?;
        }
        Ok(())
    }

    /// The id of the resource at a path, which is made with its parents if need be.
    async fn resource(&self, step: &Step<'_>, id: &str, path: &str, live: &mut Vec<sdk::Resource>) -> Result<String> {
        let mut parent = place(live, "/").context("a REST API without a root")?.to_owned();
        let mut at = String::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            at = format!("{at}/{part}");
            if let Some(there) = place(live, &at) {
                parent = there.to_owned();
                continue;
            }
            let create = step.aws.apigateway.create_resource().rest_api_id(id).parent_id(&parent).path_part(part);
            match create.send().await.during(format!("creating path `{at}` of REST API `{}`", self.name)) {
                Ok(made) => parent = made.id.context("AWS says nothing of the new path")?,
                // A lost reply: it is there by now.
                Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => {
                    *live = resources(step.aws, id).await?;
                    parent = place(live, &at).ok_or(error)?.to_owned();
                }
                Err(error) => return Err(error),
            }
        }
        Ok(parent)
    }
}

fn parts(route: &str) -> (&str, &str) {
    route.split_once(' ').unwrap_or((route, "/"))
}

fn place<'a>(resources: &'a [sdk::Resource], path: &str) -> Option<&'a str> {
    resources.iter().find(|r| r.path() == Some(path)).and_then(sdk::Resource::id)
}

fn methods(resources: &[sdk::Resource]) -> BTreeMap<String, Method> {
    let all = resources.iter().flat_map(|resource| {
        let methods = resource.resource_methods.iter().flatten();
        methods.map(|(verb, method)| (format!("{verb} {}", resource.path().unwrap_or_default()), Method::read(method)))
    });
    all.collect()
}

async fn resources(aws: &Aws, id: &str) -> Result<Vec<sdk::Resource>> {
    let mut all = Vec::new();
    let mut pages = aws.apigateway.get_resources().rest_api_id(id).embed("methods").limit(PAGE).into_paginator().send();
    while let Some(page) = pages.next().await {
        all.extend(page.during(format!("listing the methods of REST API `{id}`"))?.items.unwrap_or_default());
    }
    Ok(all)
}

/// The oldest first.
async fn list(aws: &Aws) -> Result<Vec<sdk::RestApi>> {
    let mut all = Vec::new();
    let mut pages = aws.apigateway.get_rest_apis().limit(PAGE).into_paginator().send();
    while let Some(page) = pages.next().await {
        all.extend(page.during("listing REST APIs")?.items.unwrap_or_default());
    }
    all.sort_by(|a, b| (a.created_date, &a.id).cmp(&(b.created_date, &b.id)));
    Ok(all)
}

/// The API that carries exactly our mark.
async fn mine(step: &Step<'_>) -> Result<Option<String>> {
    let mut all = list(step.aws).await?.into_iter();
    Ok(all.find(|api| read_tags(api.tags.clone()).is(&step.mark)).and_then(|api| api.id))
}
