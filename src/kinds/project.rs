//! A Bedrock project: what a tier's model calls are billed to, by its tags.
//!
//! Names are not unique, creating has no token, and a project can only be archived: ours is the one with our tags, the
//! oldest if a lost reply ever made two, and the others go by their ids until they are archived (documents of 2026-09; never tried live).

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Found, Kind, Observe, Step, Tags, child};
use crate::aws::projects::Live;
use crate::aws::{AwsError, Class, Tolerate as _};
use crate::late::Attr;
use crate::names::Arn;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Project {
    pub(crate) name: String,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    id: String,
    arn: Arn,
}

impl Project {
    pub(crate) const ID: Attr<Self> = Attr::new("id");
}

impl Kind for Project {
    const NAME: &'static str = "project";
    const RIGHTS: &'static [Right] = &[
        reads(&["bedrock-mantle:ListProjects"], On::These(&["arn:aws:bedrock-mantle:{r}:{a}:project/*"])),
        writes(
            &[
                "bedrock-mantle:CreateProject",
                "bedrock-mantle:UpdateProject",
                "bedrock-mantle:ArchiveProject",
                "bedrock-mantle:TagResource",
                "bedrock-mantle:UntagResource",
            ],
            On::These(&["arn:aws:bedrock-mantle:{r}:{a}:project/*"]),
        ),
    ];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let mut found: Vec<Found<Self>> = Vec::new();
        let all = match observe.aws.projects.list().await {
            // Not every region has the endpoint: who wants no project needs none.
            Err(error)
                if observe.wanted::<Self>().is_empty()
                    && AwsError::of(&error).is_some_and(|e| matches!(e.class, Class::Unreachable | Class::Denied)) =>
            {
                tracing::warn!(error = format!("{error:#}"), "taking it that there are no projects, since none is wanted");
                Vec::new()
            }
            listed => listed?,
        };
        for live in active(all) {
            let tags = Tags::read(live.tags.clone());
            // Equal names are allowed here, so a project without our tags is never in the way.
            let Some((address, mark)) = observe.whose(&tags, None) else { continue };
            let taken = found.iter().any(|f| f.address == address);
            let address = if taken { child(Self::NAME, address.owner(), &live.id) } else { address };
            let output = output(&live);
            found.push(Found { address, spec: Self { name: live.name, tags: tags.declared }, output, mark });
        }
        Ok(found)
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        // A create that was begun before, and stopped by a throttle or a lost reply, may have made the project.
        if let Some(live) = mine(step).await? {
            return Ok(output(&live));
        }
        match step.aws.projects.create(&self.name, &step.mark.with(&self.tags)).await {
            Ok(live) => Ok(output(&live)),
            Err(error) if AwsError::of(&error).is_some_and(AwsError::is_ambiguous) => match mine(step).await? {
                Some(live) => Ok(output(&live)),
                None => Err(AwsError::nothing_done(error)),
            },
            Err(error) => Err(error),
        }
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let gone: Vec<&String> = live.spec.tags.keys().filter(|k| !self.tags.contains_key(*k)).collect();
        Ok(output(&step.aws.projects.update(&live.output.id, &self.name, &step.mark.with(&self.tags), &gone).await?))
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        // Archiving twice is refused.
        if active(step.aws.projects.list().await?).iter().any(|p| p.id == live.output.id) {
            step.aws.projects.archive(&live.output.id).await.missing_is_none()?;
        }
        Ok(())
    }
}

fn output(live: &Live) -> Output {
    Output { id: live.id.clone(), arn: Arn::new(&live.arn) }
}

/// The oldest project that carries exactly our mark; the others are archived.
async fn mine(step: &Step<'_>) -> Result<Option<Live>> {
    let mut mine = active(step.aws.projects.list().await?).into_iter().filter(|p| Tags::read(p.tags.clone()).is(&step.mark));
    let kept = mine.next();
    for twin in mine {
        step.aws.projects.archive(&twin.id).await.missing_is_none()?;
    }
    Ok(kept)
}

/// Projects in use, the oldest first.
fn active(mut all: Vec<Live>) -> Vec<Live> {
    all.retain(|p| p.status == "active");
    all.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    all
}
