//! `documents ingest`: has a knowledge base read what lies in S3 now, whoever changed that.

use std::time::Instant;

use anyhow::Result;
use clap::Args;

use super::super::apply::{halt_after, halt_on_request};
use super::super::open::{Opened, open};
use super::{Global, Progress, answer, whose};
use crate::address::Owner;
use crate::diagnostic::choices;
use crate::documents::ingestion::{self, Followed};
use crate::exit::{Exit, Stop};
use crate::manifest::Profile;
use crate::names::TierName;
use crate::ui::Ui;
use crate::ui::documents as show;

const INGEST: &str = "\
What was deleted from S3 stays searchable until the next ingestion: start one after `apply --delete` of a tenant's documents, or after \
somebody changed objects by hand. `documents push` starts one by itself. An ingestion in which documents failed ends with exit code 13.

Examples:
  tenantry documents ingest tier:basic
  tenantry documents ingest tenant:clinic-a";

/// Have a knowledge base read what lies in S3 now.
#[derive(Debug, Args)]
#[command(after_help = INGEST)]
pub(super) struct Ingest {
    /// tier:NAME, or tenant:ID for whichever knowledge base reads that tenant's documents.
    #[arg(value_name = "OWNER")]
    owner: Owner,
}

impl Ingest {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let opened = open(global, ui).await?;
        let reader = self.reader(&opened)?;
        let halt = halt_on_request(ui);
        halt_after(global.timeout, ui, &halt);
        let progress = Progress::new(ui, 0, 0);
        let begun = Instant::now();
        let followed = super::ingest(&opened, &reader, &halt, &progress).await;
        opened.aws.save()?;
        match followed? {
            (_, Followed::Ended(job)) => {
                let text = show::ingested(&reader, &job, begun.elapsed());
                answer((global, ui, &opened), &text, show::ingested_json(&reader, &job))?;
                Ok(if job.is_complete() && job.failed == 0 { Exit::Done } else { Exit::Partial })
            }
            (_, Followed::Stopped) => {
                Err(halt
                    .ending(global.timeout, "an ingestion that was begun goes on in AWS: `tenantry documents status` shows how it ends"))
            }
        }
    }

    /// Whose knowledge base that is.
    fn reader(&self, opened: &Opened) -> Result<Owner> {
        let manifest = &opened.manifest;
        match &self.owner {
            Owner::Tenant(tenant) => Ok(ingestion::reader(manifest.profile, &whose(manifest, tenant.as_str())?)),
            Owner::Tier(tier) if manifest.profile == Profile::Strict => {
                let words = format!("in the strict profile no knowledge base is tier `{tier}`'s: name a tenant, as tenant:ID");
                Err(Stop::at(Exit::Usage, words))
            }
            Owner::Tier(tier) if manifest.tiers.contains_key(tier) => Ok(self.owner.clone()),
            Owner::Tier(tier) => {
                let known = choices(tier.as_str(), "its tiers are", manifest.tiers.keys().map(TierName::as_str));
                Err(Stop::at(Exit::Usage, format!("{} has no tier `{tier}`; {known}", manifest.path.display())))
            }
            Owner::Platform => Err(Stop::at(Exit::Usage, "the platform has no knowledge base: name a tier or a tenant")),
        }
    }
}
