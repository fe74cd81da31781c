//! `documents`: pushes a tenant's documents into its tier's knowledge base, and shows what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::Value;

use super::apply::{Halt, halt_after, halt_on_request};
use super::open::{Opened, open};
use super::{Format, Global};
use crate::address::Owner;
use crate::apply::lock;
use crate::aws::{Aws, During as _, Tolerate as _};
use crate::diagnostic::choices;
use crate::documents::ingestion::{self, Followed, Job};
use crate::documents::seals;
use crate::documents::stock::stocks;
use crate::documents::store::{Sent, Store, Upto};
use crate::documents::{Difference, Folder, Whose, folder};
use crate::exit::{Exit, Stop};
use crate::manifest::{Manifest, Profile};
use crate::names::{Names, TenantId, TierName};
use crate::ui::Ui;
use crate::ui::documents::{self as show, Ingestion, Progress, Pushed, TierStock};

mod ingest;

#[derive(Debug, Args)]
pub(crate) struct Documents {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Push(Push),
    Ingest(ingest::Ingest),
    Status(Status),
}

impl Documents {
    pub(super) async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        match &self.command {
            Command::Push(push) => push.run(global, ui).await,
            Command::Ingest(ingest) => ingest.run(global, ui).await,
            Command::Status(status) => status.run(global, ui).await,
        }
    }
}

const PUSH: &str = "\
What goes where:
  DIR/TYPE/NAME becomes {tier}-tier/{tenant}/TYPE/NAME in the tier's bucket: the first folder is the document type. What lies in \
DIR itself counts as of the type `general`.
  Beside each document goes NAME.metadata.json with the tenant, the tier and the document type: retrieval tells tenants apart by it. \
A sidecar that DIR has already is kept and completed; one that names another tenant or tier is refused.

What is refused, all of it at once and before anything is uploaded (exit code 65):
  - empty and unreadable files, files over 50 MB, and files that Bedrock can't read: it reads txt, md, html, doc, docx, csv, xls, \
xlsx and pdf
  - links that lead out of DIR, nowhere, or in circles
  - names that are not UTF-8, hold control characters, or make a key over 1,024 bytes
  - sidecars without a document, over 10 KB, or with more than 35 attributes or 1 KB of them
Names that start with a dot are left out, and named.

An interrupted push leaves no document without its sidecar, and the next push finishes it. The tier has to be provisioned: \
`tenantry apply` comes first. An ingestion in which documents of the tenant failed ends with exit code 13.

Examples:
  tenantry documents push clinic-a documents/clinic-a --dry-run
  tenantry documents push clinic-a documents/clinic-a --delete
  tenantry documents push clinic-b documents/clinic-b --no-ingest";

/// Upload a tenant's documents, only what changed, and have the tier's knowledge base read them.
#[derive(Debug, Args)]
#[command(after_help = PUSH)]
struct Push {
    /// A tenant of the manifest.
    tenant: String,
    /// The directory that holds the tenant's documents, all of them.
    dir: PathBuf,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Start no ingestion: the next push without this option does it, for the whole tier.
    #[arg(long)]
    no_ingest: bool,
    /// Also delete from S3 what DIR doesn't have. The bucket keeps earlier versions.
    #[arg(long)]
    delete: bool,
}

impl Push {
    async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let opened = open(global, ui).await?;
        let whose = whose(&opened.manifest, &self.tenant)?;
        let halt = halt_on_request(ui);
        halt_after(global.timeout, ui, &halt);
        let ended = self.push(&opened, whose, &halt, global, ui).await;
        opened.aws.save()?;
        ended
    }

    async fn push(&self, opened: &Opened, whose: Whose, halt: &Halt, global: &Global, ui: &Ui) -> Result<Exit> {
        let halted = |left: &str| halt.ending(global.timeout, left);
        let folder = tokio::select! {
            folder = read(self.dir.clone(), whose.clone()) => folder?,
            () = halt.token.cancelled() => return Err(halted("nothing was uploaded")),
        };
        let bucket = provisioned(&opened.aws, &opened.names, &whose.tier).await?;
        let store = Store { aws: Arc::clone(&opened.aws), names: opened.names.clone(), whose, bucket };
        let (there, (remembered, mut version)) = futures::try_join!(store.listed(), seals::read(&store.aws, &store.names, &store.whose))?;
        let difference = Difference::between(&folder, &there, &remembered.seals);
        let reader = ingestion::reader(opened.manifest.profile, &store.whose);
        let reads =
            if has_knowledge_base(opened, &store.whose) { ingestion::published(&store.aws, &store.names, &reader).await? } else { None };
        let deletes = self.delete && !difference.extra.is_empty();
        let changes = !difference.upload.is_empty() || deletes;
        let mut pushed = Pushed {
            dir: &self.dir,
            whose: &store.whose,
            reader: &reader,
            bucket: &store.bucket,
            difference: &difference,
            hidden: &folder.hidden,
            bytes: difference.bytes(&folder),
            sent: Sent::default(),
            deletes,
            ingestion: self.ingestion(opened, &store.whose, changes || remembered.read_by.is_none() || remembered.read_by != reads),
        };
        if self.dry_run {
            return answer((global, ui, opened), &show::planned(&pushed), show::push_json(&pushed, "dry_run"));
        }
        let progress = Progress::new(ui, difference.upload.len(), pushed.bytes);
        let mut sealed = difference.sealed.clone();
        if !difference.upload.is_empty() {
            let jobs = (usize::from(global.jobs), &halt.token);
            let uploaded = store.upload(&folder, &difference, jobs, &|sent| progress.sent(sent)).await;
            progress.end();
            let uploaded = uploaded?;
            if uploaded.upto == Upto::Stopped {
                let left = format!("{} of {} documents were pushed; run the command again", uploaded.sent.done, difference.upload.len());
                return Err(halted(&left));
            }
            (sealed, version, pushed.sent) = (uploaded.sealed, uploaded.version, uploaded.sent);
        }
        if deletes {
            version = store.delete(&difference.extra, &sealed).await?;
        }
        if !matches!(pushed.ingestion, Ingestion::Due) {
            return answer((global, ui, opened), &show::pushed(&pushed), show::push_json(&pushed, "done"));
        }
        // What was sent is kept, however long the ingestion takes.
        opened.aws.save()?;
        let begun = Instant::now();
        match ingest(opened, &reader, halt, &progress).await? {
            (source, Followed::Ended(job)) => {
                let good = job.is_complete() && !job.failed_below(&store.whose.prefix());
                if good {
                    seals::ingested(&store.aws, &store.names, &store.whose, (&source, sealed), version).await?;
                }
                pushed.ingestion = Ingestion::Ended(job, begun.elapsed());
                answer((global, ui, opened), &show::pushed(&pushed), show::push_json(&pushed, "done"))?;
                Ok(if good { Exit::Done } else { Exit::Partial })
            }
            (_, Followed::Stopped) => {
                answer((global, ui, opened), &show::pushed(&pushed), show::push_json(&pushed, "done"))?;
                Err(halted("the documents are in S3; an ingestion that was begun goes on: `tenantry documents status` shows how it ends"))
            }
        }
    }

    fn ingestion(&self, opened: &Opened, whose: &Whose, due: bool) -> Ingestion {
        match (has_knowledge_base(opened, whose), due, self.no_ingest) {
            (false, _, _) => Ingestion::NoKnowledgeBase,
            (true, false, _) => Ingestion::NotDue,
            (true, true, true) => Ingestion::LeftOut,
            (true, true, false) => Ingestion::Due,
        }
    }
}

fn has_knowledge_base(opened: &Opened, whose: &Whose) -> bool {
    opened.manifest.tiers.get(&whose.tier).is_some_and(|tier| tier.knowledge_base.is_some())
}

/// The tenant as the manifest has it.
fn whose(manifest: &Manifest, tenant: &str) -> Result<Whose> {
    let found = manifest.tenants.iter().find(|(id, _)| id.as_str() == tenant);
    let Some((id, about)) = found else {
        let known = choices(tenant, "its tenants are", manifest.tenants.keys().take(20).map(TenantId::as_str));
        let path = manifest.path.display();
        let words = format!("{path} has no tenant `{tenant}`; {known}. Add it there and run `tenantry apply` first");
        return Err(Stop::at(Exit::Usage, words));
    };
    Ok(Whose { claim: manifest.identity.claims.tenant.clone(), tenant: id.clone(), tier: about.tier.value.clone() })
}

async fn read(dir: PathBuf, whose: Whose) -> Result<Folder> {
    tokio::task::spawn_blocking(move || folder::read(&dir, &whose)).await?
}

/// The tier's bucket, once it and the platform's own are there and ours.
async fn provisioned(aws: &Aws, names: &Names, tier: &TierName) -> Result<String> {
    let bucket = names.tier_bucket(tier);
    let own = names.platform_bucket();
    let (tiers, platforms) = futures::try_join!(lock::is_ours(aws, names, &bucket), lock::is_ours(aws, names, &own))?;
    for (name, ours) in [(&bucket, tiers), (&own, platforms)] {
        if ours {
            continue;
        }
        let head = aws.s3.head_bucket().bucket(name).expected_bucket_owner(names.account.as_str());
        match head.send().await.during(format!("looking for bucket `{name}`")).missing_is_none()? {
            None => {
                bail!(
                    "there is no bucket `{name}` yet: tier `{tier}` is not provisioned; run `tenantry apply` first (nothing was uploaded)"
                )
            }
            Some(_) => {
                let words = format!("the bucket `{name}` is not marked as this platform's; `tenantry plan` says what is in the way");
                return Err(Stop::at(Exit::Guarded, words));
            }
        }
    }
    Ok(bucket)
}

/// How an ingestion ended, and of which data source.
async fn ingest(opened: &Opened, reader: &Owner, halt: &Halt, progress: &Progress<'_>) -> Result<(String, Followed)> {
    let sources = ingestion::sources(&opened.aws, &opened.names, &opened.desired()?, &[reader.clone()].into()).await?;
    let Some((_, source)) = sources.first() else {
        bail!("{} has no data source in AWS yet, so nothing reads the documents; run `tenantry apply` first", show::reader(reader));
    };
    let followed = ingestion::run(&opened.aws, source, &halt.token, &|now| progress.ingestion(&now)).await;
    progress.end();
    Ok((source.id.clone(), followed?))
}

fn answer((global, ui, opened): (&Global, &Ui, &Opened), text: &str, document: Value) -> Result<Exit> {
    match (global.output, document) {
        (Format::Json | Format::Yaml, Value::Object(mut document)) => {
            document.insert("calls".into(), opened.aws.calls().all().into());
            ui.answer(&global.document(&document.into())?)?;
        }
        _ => ui.tell(text)?,
    }
    Ok(Exit::Done)
}

const STATUS: &str = "\
Sidecars are no documents; sizes are in powers of 1,024. `waiting for an ingestion` means that something was written after the \
last complete ingestion of the tier began. It costs a call for each thousand objects, and a few for each tier.

Examples:
  tenantry documents status
  tenantry documents status clinic-a clinic-b --output json";

/// Show each tenant's documents: how many, how large, and whether their tier's knowledge base has read them.
#[derive(Debug, Args)]
#[command(after_help = STATUS)]
struct Status {
    /// Only these tenants; without any, also those that the manifest no longer has.
    tenants: Vec<String>,
}

impl Status {
    async fn run(&self, global: &Global, ui: &Ui) -> Result<Exit> {
        let opened = open(global, ui).await?;
        let manifest = &opened.manifest;
        let mut asked: BTreeMap<TierName, Vec<TenantId>> = BTreeMap::new();
        for tenant in &self.tenants {
            let whose = whose(manifest, tenant)?;
            asked.entry(whose.tier).or_default().push(whose.tenant);
        }
        let tiers: Vec<&TierName> = manifest.tiers.keys().filter(|tier| self.tenants.is_empty() || asked.contains_key(*tier)).collect();
        let mut found = Vec::new();
        for tier in &tiers {
            let bucket = opened.names.tier_bucket(tier);
            let ours = lock::is_ours(&opened.aws, &opened.names, &bucket).await?;
            let only: Option<Vec<&TenantId>> = asked.get(*tier).map(|tenants| tenants.iter().collect());
            let stocks = if ours { stocks(&opened.aws, &opened.names, (tier, &bucket), only.as_deref()).await? } else { BTreeMap::new() };
            let tenants = manifest
                .tenants
                .iter()
                .filter(|(id, about)| about.tier.value == **tier && only.as_ref().is_none_or(|only| only.contains(id)));
            let declared = tenants.map(|(id, _)| id.as_str()).collect();
            found.push(TierStock { tier: (*tier).clone(), bucket, provisioned: ours, declared, stocks, last: None, own: BTreeMap::new() });
        }
        let readers = found.iter().filter(|t| t.provisioned).flat_map(|t| readers(manifest, t)).collect();
        for (reader, job) in self.jobs(&opened, &readers).await? {
            match &reader {
                Owner::Tier(tier) => found.iter_mut().filter(|t| t.tier == *tier).for_each(|t| t.last = Some(job.clone())),
                Owner::Tenant(tenant) => {
                    let holds = |t: &&mut TierStock<'_>| t.declared.contains(&tenant.as_str());
                    found.iter_mut().filter(holds).for_each(|t| drop(t.own.insert(tenant.to_string(), job.clone())));
                }
                Owner::Platform => {}
            }
        }
        // The sandbox's statuses move on when they are read.
        opened.aws.save()?;
        answer((global, ui, &opened), &show::status(&found, ui.width_of_stdout()), show::status_json(&found))
    }

    async fn jobs(&self, opened: &Opened, readers: &BTreeSet<Owner>) -> Result<Vec<(Owner, Job)>> {
        if readers.is_empty() {
            return Ok(Vec::new());
        }
        let sources = ingestion::sources(&opened.aws, &opened.names, &opened.desired()?, readers).await?;
        let jobs = crate::observe::each(sources, |(reader, source)| async move {
            Ok(ingestion::last(&opened.aws, &source).await?.map(|job| (reader, job)))
        });
        Ok(jobs.await?.into_iter().flatten().collect())
    }
}

/// Whose knowledge bases read what lies in a tier's bucket.
fn readers(manifest: &Manifest, tier: &TierStock<'_>) -> BTreeSet<Owner> {
    match manifest.profile {
        Profile::Article => [Owner::Tier(tier.tier.clone())].into(),
        Profile::Strict => {
            let declared = manifest.tenants.keys().filter(|id| tier.declared.contains(&id.as_str()));
            declared.cloned().map(Owner::Tenant).collect()
        }
    }
}
