//! A Systems Manager parameter: how agents and the web UI find what AWS named.
//!
//! AWS returns no tags with values, so ownership comes from one listing filtered by our tag (last verified 2026-11).
//! The description holds the digest of the applied spec, which tags could not tell either, and a secret's fingerprint for
//! who may not decrypt. A secret is read to be compared, and leaves this file as its fingerprint only.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use aws_sdk_ssm::types::{ParameterStringFilter, ParameterType, ResourceTypeForTagging, Tag};
use serde::{Deserialize, Serialize};

use super::{Found, Kind, Mark, Observe, Ownership, Step, Tags};
use crate::address::{Address, Owner};
use crate::aws::{AwsError, Class, During as _, Tolerate as _};
use crate::late::Late;
use crate::rights::{On, Right, reads, writes};
use crate::secret::fingerprint;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Parameter {
    /// The whole path, `/app/healthcare/agentcore/userpool_id`.
    pub(crate) name: String,
    pub(crate) protection: Protection,
    /// Of a secret: its fingerprint, until the step is carried out.
    pub(crate) value: Late,
}

/// How a value is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Protection {
    Plain,
    Secret,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    name: String,
}

impl Kind for Parameter {
    const NAME: &'static str = "parameter";
    const RIGHTS: &'static [Right] = &[
        reads(&["ssm:DescribeParameters"], On::These(&["arn:aws:ssm:{r}:{a}:*"])),
        reads(
            &["ssm:GetParametersByPath", "ssm:ListTagsForResource"],
            On::These(&["arn:aws:ssm:{r}:{a}:parameter/app/{p}", "arn:aws:ssm:{r}:{a}:parameter/app/{p}/*"]),
        ),
        writes(
            &["ssm:PutParameter", "ssm:DeleteParameter", "ssm:AddTagsToResource"],
            On::These(&["arn:aws:ssm:{r}:{a}:parameter/app/{p}", "arn:aws:ssm:{r}:{a}:parameter/app/{p}/*"]),
        ),
        // A plan compares fingerprints where it may not decrypt.
        writes(&["kms:Decrypt", "kms:Encrypt"], On::Through("ssm")),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("name", "a parameter can't be renamed"), ("protection", "AWS can't change a parameter's type")];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let root = observe.names.parameter_root();
        let ours = marked(observe, &root).await?;
        let wanted: BTreeMap<String, Address> = observe.wanted::<Self>().into_iter().map(|(address, p)| (p.name, address)).collect();
        let mut found = Vec::new();
        let (secrets, parameters) = match values(observe, &root, Secrets::Open).await {
            Ok(parameters) => (Secrets::Open, parameters),
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Denied) => {
                let parameters = values(observe, &root, Secrets::Sealed).await?;
                tracing::debug!(error = format!("{error:#}"), "reading secret parameters");
                tracing::warn!("secret parameters stay shut to these credentials: one that was changed outside tenantry goes unseen");
                (Secrets::Sealed, parameters)
            }
            Err(error) => return Err(error),
        };
        for parameter in parameters {
            let Some(name) = parameter.name().map(ToOwned::to_owned) else { continue };
            let applied = ours.get(&name).map(|description| applied(description));
            let mark = match (&applied, wanted.contains_key(&name)) {
                (Some((_, spec)), _) => Ownership::Ours { spec: spec.map(Into::into) },
                (None, true) => Ownership::Foreign { platform: None },
                (None, false) => continue,
            };
            let address = match wanted.get(&name) {
                Some(address) => address.clone(),
                None => left(observe, &root, &name).await?,
            };
            let (protection, value) = match parameter.r#type() {
                Some(ParameterType::SecureString) => (
                    Protection::Secret,
                    match secrets {
                        Secrets::Open => fingerprint(parameter.value().unwrap_or_default()),
                        Secrets::Sealed => applied.map(|(text, _)| text.to_owned()).unwrap_or_default(),
                    },
                ),
                _ => (Protection::Plain, parameter.value().unwrap_or_default().to_owned()),
            };
            found.push(Found {
                address,
                spec: Self { name: name.clone(), protection, value: value.into() },
                output: Output { name },
                mark,
            });
        }
        Ok(found)
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let tags = step.mark.with(&BTreeMap::new()).into_iter().map(|(k, v)| Tag::builder().key(k).value(v).build());
        let put = self.put(step)?.set_tags(Some(tags.collect::<Result<_, _>>()?));
        match put.send().await.during(format!("creating parameter `{}`", self.name)) {
            Ok(_) => {}
            // A lost reply: the parameter that stands there may be the one we have just made.
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) && self.is_mine(step).await? => {}
            Err(error) => return Err(error),
        }
        Ok(Output { name: self.name.clone() })
    }

    async fn update(&self, step: &Step<'_>, _: &Found<Self>) -> Result<Output> {
        self.put(step)?.overwrite(true).send().await.during(format!("updating parameter `{}`", self.name))?;
        Ok(Output { name: self.name.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let name = &live.output.name;
        step.aws.ssm.delete_parameter().name(name).send().await.during(format!("deleting parameter `{name}`")).missing_is_none()?;
        Ok(())
    }
}

impl Parameter {
    fn put(&self, step: &Step<'_>) -> Result<aws_sdk_ssm::operation::put_parameter::builders::PutParameterFluentBuilder> {
        let value = self.value.get()?;
        let put = step.aws.ssm.put_parameter().name(&self.name).value(value);
        let (kind, text) = match self.protection {
            Protection::Plain => (ParameterType::String, "written by tenantry".to_owned()),
            Protection::Secret => (ParameterType::SecureString, fingerprint(value)),
        };
        Ok(put.r#type(kind).description(format!("{text}{SPEC}{}", step.mark.spec)))
    }

    async fn is_mine(&self, step: &Step<'_>) -> Result<bool> {
        let reading = format!("reading the tags of parameter `{}`", self.name);
        let tags = step.aws.ssm.list_tags_for_resource().resource_type(ResourceTypeForTagging::Parameter).resource_id(&self.name);
        let tags = tags.send().await.during(reading)?;
        let mine: BTreeSet<(String, String)> = Mark::with(&step.mark, &BTreeMap::new()).into_iter().collect();
        let live: BTreeSet<(String, String)> = tags.tag_list().iter().map(|t| (t.key().to_owned(), t.value().to_owned())).collect();
        Ok(mine.is_subset(&live))
    }
}

/// Stands in a description before the digest of the spec that was applied last.
const SPEC: &str = "; spec ";

/// A description's text, and the digest behind it if it has one.
fn applied(description: &str) -> (&str, Option<&str>) {
    description.split_once(SPEC).map_or((description, None), |(text, spec)| (text, Some(spec)))
}

/// How the values of secrets come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secrets {
    Open,
    Sealed,
}

async fn values(observe: &Observe<'_>, root: &str, secrets: Secrets) -> Result<Vec<aws_sdk_ssm::types::Parameter>> {
    let list = observe.aws.ssm.get_parameters_by_path().path(root).recursive(true).max_results(10);
    let mut pages = list.with_decryption(secrets == Secrets::Open).into_paginator().send();
    let mut parameters = Vec::new();
    while let Some(page) = pages.next().await {
        parameters.extend(page.during(format!("listing the parameters under `{root}`"))?.parameters.unwrap_or_default());
    }
    Ok(parameters)
}

/// What is no longer declared says in its mark whose it was; only what is left over is asked.
async fn left(observe: &Observe<'_>, root: &str, name: &str) -> Result<Address> {
    let tags = observe.aws.ssm.list_tags_for_resource().resource_type(ResourceTypeForTagging::Parameter).resource_id(name);
    let tags = tags.send().await.during(format!("reading the tags of parameter `{name}`")).missing_is_none()?;
    let tags = tags.and_then(|t| t.tag_list).unwrap_or_default().into_iter().map(|t| (t.key, t.value));
    let address = Tags::read(tags).address.filter(|a| a.kind() == Parameter::NAME && !observe.wanted.contains_key(a));
    Ok(address
        .unwrap_or_else(|| Address::new(Parameter::NAME, Owner::Platform, name.strip_prefix(root).unwrap_or(name).trim_start_matches('/'))))
}

/// The parameters that carry our mark, with their descriptions.
async fn marked(observe: &Observe<'_>, root: &str) -> Result<BTreeMap<String, String>> {
    let path = ParameterStringFilter::builder().key("Path").option("Recursive").values(root).build()?;
    let tag = ParameterStringFilter::builder().key("tag:tenantry:platform").values(observe.names.platform.as_str()).build()?;
    let mut marked = BTreeMap::new();
    let mut pages =
        observe.aws.ssm.describe_parameters().parameter_filters(path).parameter_filters(tag).max_results(50).into_paginator().send();
    while let Some(page) = pages.next().await {
        for parameter in page.during(format!("listing our parameters under `{root}`"))?.parameters() {
            if let Some(name) = parameter.name() {
                marked.insert(name.to_owned(), parameter.description().unwrap_or_default().to_owned());
            }
        }
    }
    Ok(marked)
}
