//! An S3 bucket that is closed by default: no public access, TLS only, encrypted, versioned, owned by the account.
//!
//! In us-east-1 creating a bucket that we own already answers 200, elsewhere 409; both are "ours" only if tagged so.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use aws_sdk_s3::types as s3;
use serde::{Deserialize, Serialize};

use super::{Found, Kind, Observe, PolicyDocument, Step, Tags};
use crate::aws::{Aws, AwsError, During as _, Tolerate as _};
use crate::late::Attr;
use crate::names::{Arn, Names};
use crate::observe::each;
use crate::rights::{LISTS, On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) policy: Option<PolicyDocument>,
    pub(crate) protection: Protection,
    pub(crate) tags: BTreeMap<String, String>,
}

/// The settings that every bucket of ours has; a live bucket may have lost some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Protection {
    pub(crate) public_access_blocked: bool,
    pub(crate) encryption: Option<String>,
    pub(crate) versioned: bool,
    pub(crate) owner_enforced: bool,
}

impl Protection {
    pub(crate) fn closed() -> Self {
        Self { public_access_blocked: true, encryption: Some("AES256".into()), versioned: true, owner_enforced: true }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) arn: Arn,
}

impl Bucket {
    pub(crate) const ARN: Attr<Self, Arn> = Attr::new("arn");
    /// The name again, so that what stands in the bucket waits for it.
    pub(crate) const BUCKET: Attr<Self> = Attr::new("name");

    fn output(name: &str) -> Output {
        Output { name: name.into(), arn: Arn::new(format!("arn:aws:s3:::{name}")) }
    }
}

impl Kind for Bucket {
    const NAME: &'static str = "bucket";
    const RIGHTS: &'static [Right] = &[
        reads(&["s3:ListAllMyBuckets"], LISTS),
        reads(
            &[
                "s3:GetBucketTagging",
                "s3:GetEncryptionConfiguration",
                "s3:GetBucketVersioning",
                "s3:GetBucketOwnershipControls",
                "s3:GetBucketPublicAccessBlock",
                "s3:GetBucketPolicy",
                "s3:ListBucket",
            ],
            On::These(&["arn:aws:s3:::{p}-*-{a}-{r}"]),
        ),
        writes(
            &[
                "s3:CreateBucket",
                "s3:DeleteBucket",
                "s3:PutEncryptionConfiguration",
                "s3:PutBucketVersioning",
                "s3:PutBucketOwnershipControls",
                "s3:PutBucketPublicAccessBlock",
                "s3:PutBucketPolicy",
                "s3:PutBucketTagging",
                "s3:ListBucketVersions",
                "s3:DeleteObject",
                "s3:DeleteObjectVersion",
            ],
            On::These(&["arn:aws:s3:::{p}-*-{a}-{r}", "arn:aws:s3:::{p}-*-{a}-{r}/*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[("name", "a bucket can't be renamed"), ("region", "a bucket can't move")];
    const HOLDS_DATA: bool = true;
    type Output = Output;

    fn known(&self, _: &Names) -> Vec<(&'static str, String)> {
        let output = Self::output(&self.name);
        vec![("arn", output.arn.to_string()), ("name", output.name)]
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let aws = observe.aws;
        let mut names = Vec::new();
        let mut pages = aws
            .s3
            .list_buckets()
            .prefix(observe.names.platform.as_str())
            .bucket_region(observe.names.region.as_str())
            .max_buckets(1000)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.during("listing buckets")?;
            names.extend(page.buckets().iter().filter_map(|b| b.name().map(ToOwned::to_owned)));
        }
        let wanted = observe.wanted::<Self>();
        let found = each(names, |name| {
            let address = wanted.iter().find(|(_, b)| b.name == name).map(|(a, _)| a.clone());
            async move {
                let owner = observe.names.account.as_str();
                let named = address.clone();
                let Some(tags) = tag_pairs(aws, &name, owner).await.listed(named.as_ref())? else { return Ok(None) };
                let tags = Tags::read(tags);
                let Some((address, mark)) = observe.whose(&tags, address) else { return Ok(None) };
                let details = async { futures::try_join!(read_policy(aws, &name, owner), read_protection(aws, &name, owner)) };
                let Some((policy, protection)) = details.await.listed(named.as_ref())? else { return Ok(None) };
                let spec = Self { policy, protection, tags: tags.declared, region: observe.names.region.to_string(), name: name.clone() };
                Ok(Some(Found { address, spec, output: Self::output(&name), mark }))
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let tags = step.mark.with(&self.tags);
        let place = s3::CreateBucketConfiguration::builder()
            .set_location_constraint((self.region != "us-east-1").then(|| s3::BucketLocationConstraint::from(self.region.as_str())))
            .set_tags(Some(tag_set(&tags)?))
            .build();
        let created = step
            .aws
            .s3
            .create_bucket()
            .bucket(&self.name)
            .create_bucket_configuration(place)
            .send()
            .await
            .during(format!("creating bucket `{}`", self.name));
        self.make_ours(step, created.map(drop), &tags).await.map_err(AwsError::bucket_is_there)?;
        Ok(Self::output(&self.name))
    }

    async fn update(&self, step: &Step<'_>, _: &Found<Self>) -> Result<Output> {
        self.protect(step).await?;
        self.tag(step).await?;
        Ok(Self::output(&self.name))
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let name = &live.output.name;
        empty(step, name).await?;
        let delete = step.aws.s3.delete_bucket().bucket(name).expected_bucket_owner(step.names.account.as_str());
        delete.send().await.during(format!("deleting bucket `{name}`")).missing_is_none()?;
        Ok(())
    }
}

impl Bucket {
    /// What follows a create, whatever it answered.
    async fn make_ours(&self, step: &Step<'_>, created: Result<()>, tags: &BTreeMap<String, String>) -> Result<()> {
        if let Err(error) = created {
            // A lost reply: the bucket that stands there may be the one we have just made.
            if AwsError::of(&error).is_none_or(|e| e.code != "BucketAlreadyOwnedByYou") || !is_mine(step, &self.name, tags).await? {
                return Err(error);
            }
        } else if !is_mine(step, &self.name, tags).await? {
            // In us-east-1 creating a bucket that we own already is no error; elsewhere than on AWS, tags sent with the
            // request can be lost.
            let there = tag_pairs(step.aws, &self.name, step.names.account.as_str()).await?;
            ensure!(there.is_empty(), "bucket `{}` stands there already, with tags of others", self.name);
            self.tag(step).await?;
        }
        self.protect(step).await
    }

    async fn tag(&self, step: &Step<'_>) -> Result<()> {
        let (name, owner) = (&self.name, step.names.account.as_str());
        let tagging = s3::Tagging::builder().set_tag_set(Some(tag_set(&step.mark.with(&self.tags))?)).build()?;
        let put = step.aws.s3.put_bucket_tagging().bucket(name).expected_bucket_owner(owner).tagging(tagging);
        put.send().await.during(format!("tagging bucket `{name}`"))?;
        Ok(())
    }

    /// Every setting, each a full replace that AWS carries out at once.
    async fn protect(&self, step: &Step<'_>) -> Result<()> {
        let (client, name, owner, wanted) = (&step.aws.s3, &self.name, step.names.account.as_str(), &self.protection);
        let block = s3::PublicAccessBlockConfiguration::builder()
            .block_public_acls(wanted.public_access_blocked)
            .ignore_public_acls(wanted.public_access_blocked)
            .block_public_policy(wanted.public_access_blocked)
            .restrict_public_buckets(wanted.public_access_blocked)
            .build();
        client
            .put_public_access_block()
            .bucket(name)
            .expected_bucket_owner(owner)
            .public_access_block_configuration(block)
            .send()
            .await
            .during(format!("blocking public access to bucket `{name}`"))?;
        let rule = s3::OwnershipControlsRule::builder().object_ownership(s3::ObjectOwnership::BucketOwnerEnforced).build()?;
        let ownership = s3::OwnershipControls::builder().rules(rule).build()?;
        client
            .put_bucket_ownership_controls()
            .bucket(name)
            .expected_bucket_owner(owner)
            .ownership_controls(ownership)
            .send()
            .await
            .during(format!("setting the object owner of bucket `{name}`"))?;
        let encryption = wanted.encryption.as_deref().unwrap_or("AES256");
        let by_default = s3::ServerSideEncryptionByDefault::builder().sse_algorithm(encryption.into()).build()?;
        let rule = s3::ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(by_default).build();
        let encryption = s3::ServerSideEncryptionConfiguration::builder().rules(rule).build()?;
        client
            .put_bucket_encryption()
            .bucket(name)
            .expected_bucket_owner(owner)
            .server_side_encryption_configuration(encryption)
            .send()
            .await
            .during(format!("encrypting bucket `{name}`"))?;
        let versioning = s3::VersioningConfiguration::builder().status(s3::BucketVersioningStatus::Enabled).build();
        client
            .put_bucket_versioning()
            .bucket(name)
            .expected_bucket_owner(owner)
            .versioning_configuration(versioning)
            .send()
            .await
            .during(format!("versioning bucket `{name}`"))?;
        if let Some(policy) = &self.policy {
            client
                .put_bucket_policy()
                .bucket(name)
                .expected_bucket_owner(owner)
                .expected_bucket_owner(owner)
                .policy(policy.text())
                .send()
                .await
                .during(format!("putting the policy of bucket `{name}`"))?;
        }
        Ok(())
    }
}

fn tag_set(tags: &BTreeMap<String, String>) -> Result<Vec<s3::Tag>> {
    Ok(tags.iter().map(|(k, v)| s3::Tag::builder().key(k).value(v).build()).collect::<Result<_, _>>()?)
}

/// A bucket without tags has none; one that is not there is an error.
async fn tag_pairs(aws: &Aws, name: &str, owner: &str) -> Result<Vec<(String, String)>> {
    let get = aws.s3.get_bucket_tagging().bucket(name).expected_bucket_owner(owner);
    match get.send().await.during(format!("reading the tags of bucket `{name}`")) {
        Ok(tags) => Ok(tags.tag_set().iter().map(|t| (t.key().to_owned(), t.value().to_owned())).collect()),
        Err(error) if AwsError::of(&error).is_some_and(|e| e.code == "NoSuchTagSet") => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Whether the bucket carries exactly these tags, our mark among them.
async fn is_mine(step: &Step<'_>, name: &str, tags: &BTreeMap<String, String>) -> Result<bool> {
    let live: BTreeMap<String, String> = tag_pairs(step.aws, name, step.names.account.as_str()).await?.into_iter().collect();
    Ok(tags.iter().all(|(k, v)| live.get(k) == Some(v)))
}

async fn read_policy(aws: &Aws, name: &str, owner: &str) -> Result<Option<PolicyDocument>> {
    let get = aws.s3.get_bucket_policy().bucket(name).expected_bucket_owner(owner);
    let policy = get.send().await.during(format!("reading the policy of bucket `{name}`")).missing_is_none()?;
    policy.as_ref().and_then(|p| p.policy()).map(PolicyDocument::parse).transpose()
}

async fn read_protection(aws: &Aws, name: &str, owner: &str) -> Result<Protection> {
    let client = &aws.s3;
    let (block, encryption, versioning, ownership) = futures::try_join!(
        async {
            client
                .get_public_access_block()
                .bucket(name)
                .expected_bucket_owner(owner)
                .expected_bucket_owner(owner)
                .send()
                .await
                .during(format!("reading the public access block of bucket `{name}`"))
                .missing_is_none()
        },
        async {
            client
                .get_bucket_encryption()
                .bucket(name)
                .expected_bucket_owner(owner)
                .expected_bucket_owner(owner)
                .send()
                .await
                .during(format!("reading the encryption of bucket `{name}`"))
                .missing_is_none()
        },
        async {
            let get = client.get_bucket_versioning().bucket(name).expected_bucket_owner(owner);
            get.send().await.during(format!("reading the versioning of bucket `{name}`"))
        },
        async {
            client
                .get_bucket_ownership_controls()
                .bucket(name)
                .expected_bucket_owner(owner)
                .expected_bucket_owner(owner)
                .send()
                .await
                .during(format!("reading the object owner of bucket `{name}`"))
                .missing_is_none()
        },
    )?;
    let block = block.and_then(|b| b.public_access_block_configuration);
    let all = |b: &s3::PublicAccessBlockConfiguration| {
        [b.block_public_acls, b.ignore_public_acls, b.block_public_policy, b.restrict_public_buckets].iter().all(|flag| *flag == Some(true))
    };
    let rule = encryption.and_then(|e| e.server_side_encryption_configuration).and_then(|c| c.rules.into_iter().next());
    let owner = ownership.and_then(|o| o.ownership_controls).and_then(|c| c.rules.into_iter().next());
    Ok(Protection {
        public_access_blocked: block.as_ref().is_some_and(all),
        encryption: rule.and_then(|r| r.apply_server_side_encryption_by_default).map(|d| d.sse_algorithm.to_string()),
        versioned: versioning.status() == Some(&s3::BucketVersioningStatus::Enabled),
        owner_enforced: owner.is_some_and(|r| r.object_ownership == s3::ObjectOwnership::BucketOwnerEnforced),
    })
}

/// Deletes every version of every object; whoever asks for a bucket's deletion by name asks for this.
async fn empty(step: &Step<'_>, name: &str) -> Result<()> {
    let owner = step.names.account.as_str();
    loop {
        let page = step
            .aws
            .s3
            .list_object_versions()
            .bucket(name)
            .expected_bucket_owner(owner)
            .send()
            .await
            .during(format!("listing what is in bucket `{name}`"))
            .missing_is_none()?;
        let Some(page) = page else { return Ok(()) };
        let versions = page.versions().iter().map(|v| (v.key(), v.version_id()));
        let all = versions.chain(page.delete_markers().iter().map(|m| (m.key(), m.version_id())));
        let ids: Vec<_> = all
            .filter_map(|(key, version)| Some(s3::ObjectIdentifier::builder().key(key?).set_version_id(version.map(Into::into)).build()))
            .collect::<Result<_, _>>()?;
        if ids.is_empty() {
            return Ok(());
        }
        (step.tell)(&format!("deleting {} object versions", ids.len()));
        delete_versions(step, name, s3::Delete::builder().set_objects(Some(ids)).quiet(true).build()?).await?;
    }
}

/// One batch; S3 says in the answer what it refused.
pub(super) async fn delete_versions(step: &Step<'_>, bucket: &str, delete: s3::Delete) -> Result<()> {
    let delete = step.aws.s3.delete_objects().bucket(bucket).expected_bucket_owner(step.names.account.as_str()).delete(delete);
    let reply = delete.send().await.during(format!("emptying bucket `{bucket}`"))?;
    match reply.errors().first() {
        None => Ok(()),
        Some(error) => {
            let refusal = AwsError::answered(error.code().unwrap_or(""), error.message().unwrap_or(""), 200, None);
            Err(anyhow::Error::new(refusal).context(format!("deleting `{}` from bucket `{bucket}`", error.key().unwrap_or(""))))
        }
    }
}
