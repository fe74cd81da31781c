//! A DynamoDB table with its indexes: on demand, under the platform's key, recoverable, protected from deletion.
//!
//! UpdateTable takes one kind of change a call, one index at a time, and none while another one runs. Backups of a new
//! table can't be switched on at once. Tags show up late (last verified 2026-11).

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use aws_sdk_dynamodb::operation::update_table::builders::UpdateTableFluentBuilder;
use aws_sdk_dynamodb::types as sdk;
use serde::{Deserialize, Serialize};

use super::condition::Condition;
use super::{Found, Kind, Observe, Step, Tags};
use crate::aws::settle;
use crate::aws::{Aws, AwsError, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::Arn;
use crate::observe::each;
use crate::rights::{LISTS, On, Right, reads, writes};

mod shape;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// Partition key; texts all of them.
    pub(crate) key: String,
    pub(crate) sort_key: Option<String>,
    /// By name.
    pub(crate) indexes: BTreeMap<String, Index>,
    /// Empty on a live table that AWS's own key encrypts.
    pub(crate) encryption_key: Late<Arn>,
    pub(crate) billing: String,
    pub(crate) point_in_time_recovery: bool,
    pub(crate) deletion_protection: bool,
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(flatten)]
    pub(crate) condition: Condition,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Index {
    pub(crate) key: String,
    pub(crate) sort_key: Option<String>,
    pub(crate) projection: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) name: String,
    arn: Arn,
    /// The attribute that rows are told apart by.
    pub(crate) key: String,
}

const ON_DEMAND: &str = "PAY_PER_REQUEST";

impl Index {
    /// Every attribute, by one partition key.
    pub(crate) fn by(attribute: &str) -> Self {
        Self { key: attribute.into(), sort_key: None, projection: "ALL".into() }
    }
}

impl Table {
    pub(crate) const TABLE: Attr<Self> = Attr::new("name");

    /// A table that is safe to put tenants' data into.
    pub(crate) fn closed(name: String, key: &str, encryption_key: Late<Arn>, tags: BTreeMap<String, String>) -> Self {
        Self {
            name,
            key: key.into(),
            sort_key: None,
            indexes: BTreeMap::new(),
            encryption_key,
            billing: ON_DEMAND.into(),
            point_in_time_recovery: true,
            deletion_protection: true,
            tags,
            condition: Condition::default(),
        }
    }
}

impl Kind for Table {
    const NAME: &'static str = "table";
    const RIGHTS: &'static [Right] = &[
        reads(&["dynamodb:ListTables"], LISTS),
        reads(
            &["dynamodb:DescribeTable", "dynamodb:DescribeContinuousBackups", "dynamodb:ListTagsOfResource"],
            On::These(&["arn:aws:dynamodb:{r}:{a}:table/{p}-*"]),
        ),
        writes(
            &[
                "dynamodb:CreateTable",
                "dynamodb:UpdateTable",
                "dynamodb:DeleteTable",
                "dynamodb:TagResource",
                "dynamodb:UntagResource",
                "dynamodb:UpdateContinuousBackups",
            ],
            On::These(&["arn:aws:dynamodb:{r}:{a}:table/{p}-*"]),
        ),
        writes(&["kms:CreateGrant", "kms:DescribeKey"], On::Marked(&["arn:aws:kms:{r}:{a}:key/*"])),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[
        ("name", "a table can't be renamed"),
        ("key", "a table's keys can't be changed"),
        ("sort_key", "a table's keys can't be changed"),
    ];
    const HOLDS_DATA: bool = true;
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let mut names = Vec::new();
        let mut pages = observe.aws.dynamodb.list_tables().limit(100).into_paginator().send();
        while let Some(page) = pages.next().await {
            let all = page.during("listing tables")?.table_names.unwrap_or_default();
            names.extend(all.into_iter().filter(|name| observe.could_be_ours(name)));
        }
        let wanted = observe.wanted::<Self>();
        let found = each(names, |name| {
            let wanted = wanted.iter().find(|(_, t)| t.name == name).map(|(a, _)| a.clone());
            async move {
                let Some(table) = describe(observe.aws, &name).await.missing_is_none()? else { return Ok(None) };
                if table.table_status == Some(sdk::TableStatus::Deleting) {
                    return Ok(None);
                }
                let output = shape::output(&table);
                let (tags, recovery) = futures::try_join!(read_tags(observe.aws, output.arn.as_str()), recovery(observe.aws, &name))?;
                let Some((address, mark)) = observe.whose(&tags, wanted) else { return Ok(None) };
                let spec = shape::read(name, &table, recovery, tags.declared);
                Ok(Some(Found { address, spec, output, mark }))
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let (client, name) = (&step.aws.dynamodb, &self.name);
        // One that is on its way out still holds the name.
        let there = describe(step.aws, name).await.missing_is_none()?;
        if there.is_some_and(|t| t.table_status == Some(sdk::TableStatus::Deleting)) {
            gone(step, name).await?;
        }
        let create = client
            .create_table()
            .table_name(name)
            .set_attribute_definitions(Some(shape::definitions(&self.attributes())?))
            .set_key_schema(Some(shape::schema(&self.key, self.sort_key.as_deref())?))
            .set_global_secondary_indexes(self.declared_indexes()?)
            .billing_mode(sdk::BillingMode::from(self.billing.as_str()))
            .sse_specification(self.encryption()?)
            .deletion_protection_enabled(self.deletion_protection)
            .set_tags(Some(tag_list(&step.mark.with(&self.tags))?));
        if let Err(error) = create.send().await.during(format!("creating table `{name}`")) {
            let taken = AwsError::of(&error).is_some_and(|e| e.code == "ResourceInUseException");
            let there = if taken { describe(step.aws, name).await.missing_is_none()? } else { None };
            let mine = match there {
                Some(table) => read_tags(step.aws, shape::output(&table).arn.as_str()).await?.is(&step.mark),
                None => false,
            };
            if !mine {
                return Err(error);
            }
        }
        let output = active(step, name).await?;
        self.recover(step).await?;
        Ok(output)
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let name = &self.name;
        active(step, name).await?;
        if self.billing != live.spec.billing {
            self.change(step, |u| Ok(u.billing_mode(sdk::BillingMode::from(self.billing.as_str())))).await?;
        }
        if self.encryption_key != live.spec.encryption_key {
            self.change(step, |u| Ok(u.sse_specification(self.encryption()?))).await?;
        }
        if self.deletion_protection != live.spec.deletion_protection {
            self.change(step, |u| Ok(u.deletion_protection_enabled(self.deletion_protection))).await?;
        }
        for index in live.spec.indexes.iter().filter(|(n, i)| self.indexes.get(*n) != Some(i)).map(|(n, _)| n) {
            let delete = sdk::DeleteGlobalSecondaryIndexAction::builder().index_name(index).build()?;
            let update = sdk::GlobalSecondaryIndexUpdate::builder().delete(delete).build();
            self.change(step, |u| Ok(u.global_secondary_index_updates(update))).await?;
        }
        for (index, wanted) in self.indexes.iter().filter(|(n, i)| live.spec.indexes.get(*n) != Some(i)) {
            let update = sdk::GlobalSecondaryIndexUpdate::builder().create(shape::new_index(index, wanted)?).build();
            let definitions = shape::definitions(&self.attributes())?;
            self.change(step, |u| Ok(u.set_attribute_definitions(Some(definitions)).global_secondary_index_updates(update))).await?;
        }
        if self.point_in_time_recovery != live.spec.point_in_time_recovery {
            self.recover(step).await?;
        }
        self.retag(step, live).await?;
        let output = active(step, name).await?;
        let there = shape::read(name.clone(), &describe(step.aws, name).await?, self.point_in_time_recovery, self.tags.clone());
        let state = |t: &Self| (t.billing.clone(), t.encryption_key.clone(), t.deletion_protection, t.indexes.clone());
        ensure!(state(&there) == state(self), "table `{name}` was busy with somebody else's change; run the command again");
        Ok(output)
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let (client, name) = (&step.aws.dynamodb, &live.spec.name);
        let Some(table) = describe(step.aws, name).await.missing_is_none()? else { return Ok(()) };
        if table.table_status != Some(sdk::TableStatus::Deleting) {
            active(step, name).await?;
            if table.deletion_protection_enabled.unwrap_or_default() {
                let unprotect = client.update_table().table_name(name).deletion_protection_enabled(false);
                under_way(unprotect.send().await.during(format!("switching off the deletion protection of table `{name}`")))?;
                active(step, name).await?;
            }
            let delete = client.delete_table().table_name(name);
            under_way(delete.send().await.during(format!("deleting table `{name}`")).missing_is_none())?;
        }
        gone(step, name).await
    }
}

impl Table {
    /// The key attributes of the table and its indexes: DynamoDB wants to hear of exactly these.
    fn attributes(&self) -> Vec<&str> {
        let mut all: Vec<&str> = [Some(&self.key), self.sort_key.as_ref()].into_iter().flatten().map(String::as_str).collect();
        all.extend(self.indexes.values().flat_map(|i| [Some(&i.key), i.sort_key.as_ref()]).flatten().map(String::as_str));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// An empty list is refused.
    fn declared_indexes(&self) -> Result<Option<Vec<sdk::GlobalSecondaryIndex>>> {
        let all: Vec<_> = self.indexes.iter().map(|(name, index)| shape::index(name, index)).collect::<Result<_>>()?;
        Ok(Some(all).filter(|all| !all.is_empty()))
    }

    fn encryption(&self) -> Result<sdk::SseSpecification> {
        let key = self.encryption_key.get()?;
        Ok(sdk::SseSpecification::builder().enabled(true).sse_type(sdk::SseType::Kms).kms_master_key_id(key).build())
    }

    /// One change, and until it is done.
    async fn change(&self, step: &Step<'_>, with: impl FnOnce(UpdateTableFluentBuilder) -> Result<UpdateTableFluentBuilder>) -> Result<()> {
        let update = with(step.aws.dynamodb.update_table().table_name(&self.name))?;
        under_way(update.send().await.during(format!("updating table `{}`", self.name)))?;
        active(step, &self.name).await.map(drop)
    }

    async fn recover(&self, step: &Step<'_>) -> Result<()> {
        let wanted =
            sdk::PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(self.point_in_time_recovery).build()?;
        settle::until(step, || async {
            let update = step.aws.dynamodb.update_continuous_backups().table_name(&self.name);
            let update = update.point_in_time_recovery_specification(wanted.clone()).send().await;
            match update.during(format!("switching on point-in-time recovery of table `{}`", self.name)) {
                Err(error) if AwsError::of(&error).is_some_and(|e| e.code == "ContinuousBackupsUnavailableException") => {
                    Ok(Some("backups not ready".into()))
                }
                other => other.map(|_| None),
            }
        })
        .await
    }

    /// Sets the tags, and waits until they show: the next plan is to find them.
    async fn retag(&self, step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let (client, arn) = (&step.aws.dynamodb, live.output.arn.as_str());
        let gone: Vec<String> = live.spec.tags.keys().filter(|k| !self.tags.contains_key(*k)).cloned().collect();
        if !gone.is_empty() {
            let untag = client.untag_resource().resource_arn(arn).set_tag_keys(Some(gone));
            untag.send().await.during(format!("removing tags of table `{}`", self.name))?;
        }
        let tags = tag_list(&step.mark.with(&self.tags))?;
        client.tag_resource().resource_arn(arn).set_tags(Some(tags)).send().await.during(format!("tagging table `{}`", self.name))?;
        settle::until(step, || async {
            let tags = read_tags(step.aws, arn).await?;
            let shown = tags.is(&step.mark) && tags.declared == self.tags;
            Ok((!shown).then(|| "tags not shown yet".into()))
        })
        .await
    }
}

async fn describe(aws: &Aws, name: &str) -> Result<sdk::TableDescription> {
    let reply = aws.dynamodb.describe_table().table_name(name).send().await.during(format!("reading table `{name}`"))?;
    reply.table.with_context(|| format!("AWS says nothing of table `{name}`"))
}

async fn recovery(aws: &Aws, name: &str) -> Result<bool> {
    let read = aws.dynamodb.describe_continuous_backups().table_name(name);
    let reply = match read.send().await.during(format!("reading the backups of table `{name}`")) {
        // What AWS says of a table that it has only just begun to make.
        Err(error) if AwsError::of(&error).is_some_and(|e| e.code == "TableNotFoundException") => return Ok(false),
        reply => reply?,
    };
    let description = reply.continuous_backups_description.and_then(|d| d.point_in_time_recovery_description);
    Ok(description.is_some_and(|d| d.point_in_time_recovery_status == Some(sdk::PointInTimeRecoveryStatus::Enabled)))
}

async fn read_tags(aws: &Aws, arn: &str) -> Result<Tags> {
    let mut all = Vec::new();
    let mut next = None;
    loop {
        let list = aws.dynamodb.list_tags_of_resource().resource_arn(arn).set_next_token(next);
        let page = list.send().await.during(format!("reading the tags of `{arn}`"))?;
        all.extend(page.tags.unwrap_or_default().into_iter().map(|t| (t.key, t.value)));
        next = page.next_token;
        if next.is_none() {
            return Ok(Tags::read(all));
        }
    }
}

fn tag_list(tags: &BTreeMap<String, String>) -> Result<Vec<sdk::Tag>> {
    Ok(tags.iter().map(|(k, v)| sdk::Tag::builder().key(k).value(v).build()).collect::<Result<_, _>>()?)
}

/// A call that the SDK sent again because its reply was lost finds the table busy with that very change.
fn under_way<T>(result: Result<T>) -> Result<()> {
    match result {
        Err(error) if AwsError::of(&error).is_some_and(|e| e.code == "ResourceInUseException") => Ok(()),
        other => other.map(drop),
    }
}

/// Until the table and each of its indexes is active.
async fn active(step: &Step<'_>, name: &str) -> Result<Output> {
    settle::until(step, || async {
        // A table that was only just made may not show at once.
        let Some(table) = describe(step.aws, name).await.missing_is_none()? else { return Ok(Some("not visible yet".into())) };
        let indexes = table.global_secondary_indexes();
        let busy = indexes.iter().find(|i| i.index_status.as_ref().is_some_and(|s| *s != sdk::IndexStatus::Active));
        Ok(match (table.table_status.clone(), busy) {
            (Some(sdk::TableStatus::InaccessibleEncryptionCredentials), _) => bail!("AWS gave up: the table's key can't be used"),
            (Some(sdk::TableStatus::Archiving | sdk::TableStatus::Archived), _) => bail!("AWS gave up: it has archived the table"),
            (Some(sdk::TableStatus::Active), None) => None,
            (Some(sdk::TableStatus::Active), Some(index)) => Some(format!("index {}", index.index_name().unwrap_or_default())),
            (status, _) => Some(status.map(|s| s.to_string()).unwrap_or_default()),
        })
    })
    .await?;
    Ok(shape::output(&describe(step.aws, name).await?))
}

async fn gone(step: &Step<'_>, name: &str) -> Result<()> {
    settle::until(step, || async {
        let table = describe(step.aws, name).await.missing_is_none()?;
        Ok(table.map(|t| t.table_status.map(|s| s.to_string()).unwrap_or_default()))
    })
    .await
}
