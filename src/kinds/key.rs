//! The platform's own KMS key, known by its alias: what tenants' tables are encrypted with.
//!
//! KMS takes neither a name nor a token: a lost reply leaves a key that nobody knows. So a create goes out once, and a
//! key is found by its alias, or else by our tags among the keys that have none. A key is never deleted at once; while
//! it waits it keeps its alias and counts as gone, and to create it again is to take it back (last verified 2026-11).

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use aws_sdk_kms::types as sdk;
use serde::{Deserialize, Serialize};

use super::{Found, Kind, Observe, Ownership, PolicyDocument, Step, Tags};
use crate::aws::{self, Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::Attr;
use crate::names::Arn;
use crate::observe::each;
use crate::rights::{LISTS, On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Key {
    /// Null on a live key that has lost it.
    pub(crate) alias: Option<String>,
    pub(crate) description: String,
    pub(crate) policy: PolicyDocument,
    /// Null on a live key that does not rotate.
    pub(crate) rotation_days: Option<i32>,
    pub(crate) state: String,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    id: String,
    arn: Arn,
}

const ENABLED: &str = "Enabled";
const WAITING: &str = "PendingDeletion";
/// What KMS says to a deletion of what is being deleted, and to taking back what is not.
const WRONG_STATE: &str = "KMSInvalidStateException";
/// As long as KMS takes: time to notice that the data is still wanted.
const WAITING_DAYS: i32 = 30;
const ROTATION_DAYS: i32 = 365;

impl Key {
    pub(crate) const ARN: Attr<Self, Arn> = Attr::new("arn");

    /// A key in use that rotates every year.
    pub(crate) fn rotating(alias: String, description: &str, policy: PolicyDocument, tags: BTreeMap<String, String>) -> Self {
        let (rotation_days, state) = (Some(ROTATION_DAYS), ENABLED.into());
        Self { alias: Some(alias), description: description.into(), policy, rotation_days, state, tags }
    }
}

impl Kind for Key {
    const NAME: &'static str = "key";
    const RIGHTS: &'static [Right] = &[
        reads(&["kms:ListAliases", "kms:ListKeys"], LISTS),
        reads(
            &["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"],
            On::These(&["arn:aws:kms:{r}:{a}:key/*"]),
        ),
        writes(&["kms:CreateKey"], On::Anything("what is to be made has no name in AWS yet")),
        writes(&["kms:TagResource"], On::Marking(&["arn:aws:kms:{r}:{a}:key/*"])),
        writes(
            &[
                "kms:PutKeyPolicy",
                "kms:UntagResource",
                "kms:EnableKey",
                "kms:EnableKeyRotation",
                "kms:UpdateKeyDescription",
                "kms:ScheduleKeyDeletion",
                "kms:CancelKeyDeletion",
                "kms:CreateAlias",
                "kms:DeleteAlias",
            ],
            On::Marked(&["arn:aws:kms:{r}:{a}:key/*"]),
        ),
        writes(&["kms:CreateAlias", "kms:DeleteAlias"], On::These(&["arn:aws:kms:{r}:{a}:alias/{p}-data"])),
    ];
    const HOLDS_DATA: bool = true;
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let found = each(candidates(observe.aws, |alias| observe.could_be_ours(alias)).await?, |candidate| {
            let wanted = &wanted;
            async move {
                let tags = readable_tags(observe.aws, &candidate.id).await?;
                let named = wanted.iter().find(|(_, k)| k.alias.is_some() && k.alias == candidate.alias).map(|(a, _)| a.clone());
                let whose = observe.whose(&tags.unwrap_or_else(|| Tags::read([])), named);
                let Some((address, mark)) = whose else { return Ok(None) };
                let Some((spec, output)) = read(observe.aws, &candidate, &mark).await? else { return Ok(None) };
                if spec.state == WAITING && mark.is_ours() {
                    return Ok(None);
                }
                Ok(Some(Found { address, spec, output, mark }))
            }
        });
        // Candidates with an alias come first: of two keys with our mark, theirs is the one in use.
        let mut seen = BTreeSet::new();
        Ok(found.await?.into_iter().flatten().filter(|f| seen.insert(f.address.clone())).collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        if let Some(there) = self.there(step).await? {
            return self.update(step, &there).await;
        }
        let alias = self.alias.as_deref().unwrap_or_default();
        let tags = tag_list(&step.mark.with(&self.tags))?;
        let create = step.aws.kms.create_key().description(&self.description).policy(self.policy.text()).set_tags(Some(tags));
        let once = aws_sdk_kms::config::Builder::new().retry_config(aws::once());
        let output = match create.customize().config_override(once).send().await.during(format!("creating key `{alias}`")) {
            Ok(reply) => output(&reply.key_metadata.context("AWS says nothing of the new key")?),
            Err(error) if AwsError::of(&error).is_some_and(AwsError::is_ambiguous) => match self.there(step).await? {
                Some(there) => return self.update(step, &there).await,
                None => return Err(AwsError::nothing_done(error)),
            },
            Err(error) => return Err(error),
        };
        self.rotate(step, &output).await?;
        self.put_alias(step, alias, &output).await?;
        Ok(output)
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let (client, id) = (&step.aws.kms, &live.output.id);
        let name = self.alias.as_deref().unwrap_or_default();
        if live.spec.state == WAITING {
            match client.cancel_key_deletion().key_id(id).send().await.during(format!("taking back the deletion of key `{name}`")) {
                // A lost reply: it is taken back already. If not, enabling it is refused.
                Err(error) if AwsError::of(&error).is_some_and(|e| e.code == WRONG_STATE) => {}
                other => drop(other?),
            }
        }
        if live.spec.state != ENABLED {
            client.enable_key().key_id(id).send().await.during(format!("enabling key `{name}`"))?;
        }
        if self.policy != live.spec.policy {
            let put = client.put_key_policy().key_id(id).policy(self.policy.text());
            put.send().await.during(format!("putting the policy of key `{name}`"))?;
        }
        if self.rotation_days != live.spec.rotation_days {
            self.rotate(step, &live.output).await?;
        }
        if self.description != live.spec.description {
            let update = client.update_key_description().key_id(id).description(&self.description);
            update.send().await.during(format!("describing key `{name}`"))?;
        }
        if self.alias != live.spec.alias {
            self.put_alias(step, name, &live.output).await?;
            if let Some(old) = &live.spec.alias {
                client.delete_alias().alias_name(old).send().await.during(format!("deleting alias `{old}`")).missing_is_none()?;
            }
        }
        let gone: Vec<String> = live.spec.tags.keys().filter(|k| !self.tags.contains_key(*k)).cloned().collect();
        if !gone.is_empty() {
            client.untag_resource().key_id(id).set_tag_keys(Some(gone)).send().await.during(format!("removing tags of key `{name}`"))?;
        }
        let tags = tag_list(&step.mark.with(&self.tags))?;
        client.tag_resource().key_id(id).set_tags(Some(tags)).send().await.during(format!("tagging key `{name}`"))?;
        Ok(Output { id: id.clone(), arn: live.output.arn.clone() })
    }

    /// Only scheduled: KMS deletes it, and the alias, after the waiting time.
    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let id = &live.output.id;
        let schedule = step.aws.kms.schedule_key_deletion().key_id(id).pending_window_in_days(WAITING_DAYS);
        match schedule.send().await.during(format!("scheduling the deletion of key `{id}`")).missing_is_none() {
            // Scheduled already, perhaps by a call whose reply was lost.
            Err(error) if AwsError::of(&error).is_some_and(|e| e.code == WRONG_STATE) => Ok(()),
            other => other.map(drop),
        }
    }
}

impl Key {
    /// The key that was made for this address before: it waits for its deletion under our alias, or a lost reply left it.
    async fn there(&self, step: &Step<'_>) -> Result<Option<Found<Self>>> {
        let candidates = candidates(step.aws, |alias| self.alias.as_deref().and_then(|a| a.strip_prefix("alias/")) == Some(alias)).await?;
        for candidate in candidates {
            let Some(tags) = readable_tags(step.aws, &candidate.id).await? else { continue };
            if tags.platform.as_ref() != Some(&step.mark.platform) || tags.address.as_ref() != Some(&step.mark.address) {
                continue;
            }
            let mark = Ownership::Ours { spec: tags.spec };
            let Some((spec, output)) = read(step.aws, &candidate, &mark).await? else { continue };
            if candidate.alias.is_some() || spec.state != WAITING {
                return Ok(Some(Found { address: step.mark.address.clone(), spec, output, mark }));
            }
        }
        Ok(None)
    }

    async fn rotate(&self, step: &Step<'_>, output: &Output) -> Result<()> {
        let rotate = step.aws.kms.enable_key_rotation().key_id(&output.id).set_rotation_period_in_days(self.rotation_days);
        rotate.send().await.during(format!("switching on the rotation of key `{}`", output.id))?;
        Ok(())
    }

    /// An alias that is taken is somebody else's, unless it names this very key.
    async fn put_alias(&self, step: &Step<'_>, alias: &str, output: &Output) -> Result<()> {
        let create = step.aws.kms.create_alias().alias_name(alias).target_key_id(&output.id);
        match create.send().await.during(format!("creating alias `{alias}`")) {
            Err(error) if AwsError::of(&error).is_some_and(|e| e.code == "AlreadyExistsException") => {
                if describe(step.aws, alias).await?.key_id == output.id { Ok(()) } else { Err(error) }
            }
            other => other.map(drop),
        }
    }
}

/// A key that may be ours.
struct Candidate {
    id: String,
    alias: Option<String>,
}

/// Keys of an alias that could be ours, then those without any.
async fn candidates(aws: &Aws, could_be_ours: impl Fn(&str) -> bool) -> Result<Vec<Candidate>> {
    let (mut found, mut named) = (Vec::new(), BTreeSet::new());
    let mut pages = aws.kms.list_aliases().limit(100).into_paginator().send();
    while let Some(page) = pages.next().await {
        for entry in page.during("listing the aliases of keys")?.aliases.unwrap_or_default() {
            let (Some(alias), Some(id)) = (entry.alias_name, entry.target_key_id) else { continue };
            if alias.strip_prefix("alias/").is_some_and(&could_be_ours) {
                found.push(Candidate { id: id.clone(), alias: Some(alias) });
            }
            named.insert(id);
        }
    }
    let mut pages = aws.kms.list_keys().limit(1000).into_paginator().send();
    while let Some(page) = pages.next().await {
        let keys = page.during("listing keys")?.keys.unwrap_or_default().into_iter().filter_map(|k| k.key_id);
        found.extend(keys.filter(|id| !named.contains(id)).map(|id| Candidate { id, alias: None }));
    }
    Ok(found)
}

/// A key as it is; of one that is not ours no more than its state. `None`: gone since it was listed.
async fn read(aws: &Aws, candidate: &Candidate, mark: &Ownership) -> Result<Option<(Key, Output)>> {
    let id = &candidate.id;
    let Some(key) = describe(aws, id).await.missing_is_none()? else { return Ok(None) };
    let mut spec = Key {
        alias: candidate.alias.clone(),
        description: key.description.clone().unwrap_or_default(),
        policy: serde_json::Value::Null.into(),
        rotation_days: None,
        state: key.key_state.as_ref().map(ToString::to_string).unwrap_or_default(),
        tags: BTreeMap::new(),
    };
    if mark.is_ours() {
        let rotation =
            async { aws.kms.get_key_rotation_status().key_id(id).send().await.during(format!("reading the rotation of key `{id}`")) };
        let policy = async { aws.kms.get_key_policy().key_id(id).send().await.during(format!("reading the policy of key `{id}`")) };
        let (rotation, policy, tags) = futures::try_join!(rotation, policy, read_tags(aws, id))?;
        spec.rotation_days = if rotation.key_rotation_enabled { rotation.rotation_period_in_days.or(Some(ROTATION_DAYS)) } else { None };
        spec.policy = PolicyDocument::parse(policy.policy().unwrap_or("null"))?;
        spec.tags = tags.declared;
    }
    Ok(Some((spec, output(&key))))
}

async fn describe(aws: &Aws, id: &str) -> Result<sdk::KeyMetadata> {
    let reply = aws.kms.describe_key().key_id(id).send().await.during(format!("reading key `{id}`"))?;
    reply.key_metadata.with_context(|| format!("AWS says nothing of key `{id}`"))
}

/// Keys without an alias are mostly somebody else's, who need not let us read their tags.
async fn readable_tags(aws: &Aws, id: &str) -> Result<Option<Tags>> {
    match read_tags(aws, id).await {
        Err(error) if AwsError::of(&error).is_some_and(|e| matches!(e.class, Class::Denied | Class::Missing)) => Ok(None),
        tags => tags.map(Some),
    }
}

async fn read_tags(aws: &Aws, id: &str) -> Result<Tags> {
    let mut all = Vec::new();
    let mut pages = aws.kms.list_resource_tags().key_id(id).limit(50).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.during(format!("reading the tags of key `{id}`"))?;
        all.extend(page.tags.unwrap_or_default().into_iter().map(|t| (t.tag_key, t.tag_value)));
    }
    Ok(Tags::read(all))
}

fn tag_list(tags: &BTreeMap<String, String>) -> Result<Vec<sdk::Tag>> {
    Ok(tags.iter().map(|(k, v)| sdk::Tag::builder().tag_key(k).tag_value(v).build()).collect::<Result<_, _>>()?)
}

fn output(key: &sdk::KeyMetadata) -> Output {
    Output { id: key.key_id.clone(), arn: Arn::new(key.arn.clone().unwrap_or_default()) }
}
