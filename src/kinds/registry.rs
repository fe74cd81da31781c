//! The agent registry: where people and agents look up which tool servers there are.
//!
//! Records are approved one by one; whatever AWS would approve by itself stays with who set it up. Deleting a registry
//! deletes its records, so one that holds other people's is left alone (last verified 2026-11).

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use super::condition::{Condition, FAILED};
use super::{Found, Kind, Observe, Step, Tags};
use crate::aws::registries::Registry as Live;
use crate::aws::settle::{self, Namesake, Settles, Status};
use crate::aws::{AwsError, Class, Tolerate as _};
use crate::late::Attr;
use crate::names::Arn;
use crate::observe::each;
use crate::rights::{LISTS, On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Registry {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) discovery: Discovery,
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(flatten)]
    pub(crate) condition: Condition,
}

/// Who may search the registry, which can't change in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Discovery {
    /// Whom IAM lets.
    Iam,
    /// Some that this tool does not declare.
    Other,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) id: String,
    arn: Arn,
}

impl Registry {
    pub(crate) const ID: Attr<Self> = Attr::new("id");
}

impl Kind for Registry {
    const NAME: &'static str = "registry";
    const RIGHTS: &'static [Right] = &[
        reads(&["agent-registry:ListRegistries"], LISTS),
        reads(
            &["agent-registry:GetRegistry", "agent-registry:ListTagsForResource"],
            On::These(&["arn:aws:agent-registry:{r}:{a}:registry/*"]),
        ),
        writes(&["agent-registry:CreateRegistry"], On::Anything("what is to be made has no name in AWS yet")),
        writes(
            &[
                "agent-registry:UpdateRegistry",
                "agent-registry:DeleteRegistry",
                "agent-registry:TagResource",
                "agent-registry:UntagResource",
            ],
            On::Marked(&["arn:aws:agent-registry:{r}:{a}:registry/*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("name", "a registry is known by its name"), ("discovery", "a registry keeps its sort of authorizer"), FAILED];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let listed = match observe.aws.registries.list().await {
            // Not every region has the service: who wants no registry needs none.
            Err(error)
                if wanted.is_empty() && AwsError::of(&error).is_some_and(|e| matches!(e.class, Class::Unreachable | Class::Denied)) =>
            {
                tracing::warn!(error = format!("{error:#}"), "taking it that there is no agent registry, since none is wanted");
                Vec::new()
            }
            listed => listed?,
        };
        let found = each(listed.into_iter().filter(|r| observe.could_be_ours(&r.name)), |live| {
            let wanted = wanted.iter().find(|(_, r)| r.name == live.name).map(|(a, _)| a.clone());
            async move {
                let tags = Observe::details(observe.aws.registries.tags(&live.arn).await, wanted.as_ref())?;
                let Some(tags) = tags.map(Tags::read) else { return Ok(None) };
                let Some((address, mark)) = observe.whose(&tags, wanted) else { return Ok(None) };
                let output = output(&live);
                let spec = Self {
                    condition: live.progress().into(),
                    // IAM is what AWS takes when nobody says.
                    discovery: match live.discovery_configuration.authorizer_type.as_deref() {
                        None | Some("AWS_IAM") => Discovery::Iam,
                        Some(_) => Discovery::Other,
                    },
                    name: live.name,
                    description: live.description,
                    tags: tags.declared,
                };
                Ok(Some(Found { address, spec, output, mark }))
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let tags = &step.mark.with(&self.tags);
        let send = |token: String| async move {
            let id = step.aws.registries.create(&self.name, self.description.as_deref(), tags, &token).await;
            id.map_err(full)
        };
        let (_, live) = settle::create(step, send, |id| read(step, id), || namesake(step, &self.name)).await?;
        Ok(output(&live))
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let Output { id, arn } = &live.output;
        let registries = &step.aws.registries;
        let gone: Vec<&String> = live.spec.tags.keys().filter(|key| !self.tags.contains_key(*key)).collect();
        if !gone.is_empty() {
            registries.untag(arn.as_str(), &gone).await?;
        }
        registries.tag(arn.as_str(), &step.mark.with(&self.tags)).await?;
        let get = || registries.get(id);
        let now = settle::at_rest(step, get).await?;
        if now.progress() != Status::Ready || now.description != self.description {
            let send = || registries.update(id, &self.name, self.description.as_deref());
            settle::change(step, send, get, |live| live.description == self.description).await?;
        }
        Ok(output(&now))
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let (registries, id) = (&step.aws.registries, &live.output.id);
        let others = registries.records(id).await.missing_is_none()?.unwrap_or_default();
        if let Some(first) = others.first() {
            let name = &live.spec.name;
            bail!(
                "agent registry `{name}` still has {} records that others have put there, such as `{}`, and deleting it deletes them; \
                 move them to another registry, or keep `registry` in the manifest",
                others.len(),
                first.name
            );
        }
        settle::delete(step, || registries.delete(id), || registries.get(id)).await
    }
}

impl Settles for Live {
    fn progress(&self) -> Status {
        let why = || self.status_reason.clone().unwrap_or_default();
        match self.status.as_str() {
            "READY" => Status::Ready,
            "CREATE_FAILED" => Status::Failed(why()),
            "UPDATE_FAILED" => Status::UpdateFailed(why()),
            "DELETE_FAILED" => Status::Stuck(why()),
            "DELETING" => Status::Leaving,
            other => Status::Pending(other.into()),
        }
    }
}

fn output(live: &Live) -> Output {
    Output { id: live.id.clone(), arn: Arn::new(&live.arn) }
}

/// Says what to do where an account can hold no more.
fn full(error: anyhow::Error) -> anyhow::Error {
    if AwsError::of(&error).is_some_and(|e| e.code == "ServiceQuotaExceededException") {
        return error
            .context("this account has as many agent registries in this region as it may: delete one, or ask for more in Service Quotas");
    }
    error
}

async fn read(step: &Step<'_>, id: String) -> Result<Live> {
    step.aws.registries.get(&id).await
}

/// The registry of our name, if it carries exactly our mark or is on its way out.
async fn namesake(step: &Step<'_>, name: &str) -> Result<Option<Namesake>> {
    let Some(live) = step.aws.registries.list().await?.into_iter().find(|r| r.name == name) else { return Ok(None) };
    if live.progress() == Status::Leaving {
        return Ok(Some(Namesake::Leaving(live.id)));
    }
    let tags = step.aws.registries.tags(&live.arn).await.with_context(|| format!("looking whose registry `{name}` is"))?;
    Ok(Tags::read(tags).is(&step.mark).then_some(Namesake::Ours(live.id)))
}
