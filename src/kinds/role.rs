//! An IAM role with one inline policy of ours.
//!
//! IAM gives documents back percent-encoded, and a principal that was deleted as a raw id: such a trust policy compares
//! different and is sent again. Other policies on our role are drift, and removed (last verified 2026-09).

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use aws_sdk_iam::types::{EntityType, RoleDetail, Tag};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use super::{ApiAccount, Found, Kind, Observe, PolicyDocument, Step, Tags};
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::Attr;
use crate::names::{API_LOG_ROLE, Arn, Names};
use crate::rights::{LISTS, On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) trust: PolicyDocument,
    /// Null on a live role that has lost it.
    pub(crate) policy: PolicyDocument,
    pub(crate) session_seconds: i32,
    /// The managed policy that bounds what the role may do, whatever its own policy says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) boundary: Option<Arn>,
    /// Policies on the role beside ours: none are declared, ever.
    pub(crate) other_policies: BTreeSet<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    arn: Arn,
    /// Whether API Gateway's setting of the account names this role.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    shared: bool,
}

impl Output {
    fn of(arn: impl Into<String>) -> Self {
        Self { arn: Arn::new(arn), shared: false }
    }
}

/// The name of our inline policy.
const POLICY: &str = "tenantry";

impl Role {
    pub(crate) const ARN: Attr<Self, Arn> = Attr::new("arn");

    /// A role without its documents.
    pub(crate) fn named(name: String, description: &str, tags: BTreeMap<String, String>) -> Self {
        let nothing = || PolicyDocument::from(serde_json::Value::Null);
        Self {
            name,
            description: description.into(),
            trust: nothing(),
            policy: nothing(),
            session_seconds: 3600,
            boundary: None,
            other_policies: BTreeSet::new(),
            tags,
        }
    }
}

impl Kind for Role {
    const NAME: &'static str = "role";
    const RIGHTS: &'static [Right] = &[
        reads(&["iam:GetAccountAuthorizationDetails", "iam:ListRoles"], LISTS),
        reads(&["iam:GetRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"], On::These(&["arn:aws:iam::{a}:role/{p}-{r}-*"])),
        writes(
            &["iam:DeleteRole", "iam:UpdateRole", "iam:UpdateAssumeRolePolicy", "iam:TagRole", "iam:UntagRole"],
            On::These(&["arn:aws:iam::{a}:role/{p}-{r}-*"]),
        ),
        // What could give a role more.
        writes(
            &[
                "iam:CreateRole",
                "iam:PutRolePolicy",
                "iam:DeleteRolePolicy",
                "iam:DetachRolePolicy",
                "iam:PutRolePermissionsBoundary",
                "iam:DeleteRolePermissionsBoundary",
            ],
            On::Bounded(&["arn:aws:iam::{a}:role/{p}-{r}-*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[("name", "a role can't be renamed")];
    type Output = Output;

    fn known(&self, names: &Names) -> Vec<(&'static str, String)> {
        vec![("arn", names.role_arn(&self.name).to_string())]
    }

    fn is_shared(output: &Output) -> bool {
        output.shared
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        // Roles of the same platform in another region are that platform's.
        let mine = observe.names.role("");
        let ours = |name: &str| name.to_ascii_lowercase().starts_with(&mine);
        let (listed, details) = futures::try_join!(listed(observe.aws), details(observe.aws))?;
        let wanted = observe.wanted::<Self>();
        let mut found: Vec<Found<Self>> = Vec::new();
        for detail in details {
            let name = detail.role_name.unwrap_or_default();
            // A role that only one of the two knows is being made or deleted this very moment.
            let Some(role) = listed.get(&name).filter(|_| ours(&name)) else { continue };
            let wanted = wanted.iter().find(|(_, r)| r.name.eq_ignore_ascii_case(&name)).map(|(a, _)| a.clone());
            let tags = detail.tags.unwrap_or_default();
            let tags = Tags::read(tags.iter().map(|t| (t.key().to_owned(), t.value().to_owned())));
            let Some((address, mark)) = observe.whose(&tags, wanted) else { continue };
            let inline = detail.role_policy_list.unwrap_or_default();
            let policy = inline.iter().find(|p| p.policy_name() == Some(POLICY)).and_then(|p| p.policy_document());
            let others = inline.iter().filter_map(|p| p.policy_name()).filter(|n| *n != POLICY).map(ToOwned::to_owned);
            let attached = detail.attached_managed_policies.unwrap_or_default();
            let spec = Self {
                description: role.description.clone().unwrap_or_default(),
                trust: decoded(detail.assume_role_policy_document.as_deref())?,
                policy: decoded(policy)?,
                session_seconds: role.max_session_duration.unwrap_or_default(),
                boundary: detail.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn).map(Arn::new),
                other_policies: others.chain(attached.into_iter().filter_map(|p| p.policy_arn)).collect(),
                tags: tags.declared,
                name,
            };
            found.push(Found { address, spec, output: Output::of(&role.arn), mark });
        }
        // Other APIs of the account would lose their access logs with it.
        for logs in found.iter_mut().filter(|f| f.address.label() == API_LOG_ROLE) {
            logs.output.shared = ApiAccount::names(observe.aws, logs.output.arn.as_str()).await?;
        }
        Ok(found)
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let create = step
            .aws
            .iam
            .create_role()
            .role_name(&self.name)
            .description(&self.description)
            .assume_role_policy_document(self.trust.text())
            .max_session_duration(self.session_seconds)
            .set_permissions_boundary(self.boundary.as_ref().map(ToString::to_string))
            .set_tags(Some(tag_list(&step.mark.with(&self.tags))?));
        let arn = match create.send().await.during(format!("creating role `{}`", self.name)) {
            Ok(reply) => reply.role.context("AWS says nothing of the new role")?.arn,
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => {
                let role = get(step.aws, &self.name).await?;
                if !Tags::read(role.tags().iter().map(|t| (t.key().to_owned(), t.value().to_owned()))).is(&step.mark) {
                    return Err(error);
                }
                role.arn
            }
            Err(error) => return Err(error),
        };
        self.put_policy(step).await?;
        Ok(Output::of(arn))
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let (client, name) = (&step.aws.iam, &self.name);
        // First of all: what the role may do is put within it.
        if self.boundary != live.spec.boundary {
            match &self.boundary {
                Some(boundary) => {
                    let put = client.put_role_permissions_boundary().role_name(name).permissions_boundary(boundary.as_str());
                    put.send().await.during(format!("putting the permissions boundary of role `{name}`"))?;
                }
                None => {
                    let delete = client.delete_role_permissions_boundary().role_name(name);
                    delete.send().await.during(format!("taking the permissions boundary off role `{name}`")).missing_is_none()?;
                }
            }
        }
        if self.trust != live.spec.trust {
            let update = client.update_assume_role_policy().role_name(name).policy_document(self.trust.text());
            update.send().await.during(format!("updating the trust policy of role `{name}`"))?;
        }
        if self.policy != live.spec.policy {
            self.put_policy(step).await?;
        }
        for policy in &live.spec.other_policies {
            if policy.starts_with("arn:") {
                client
                    .detach_role_policy()
                    .role_name(name)
                    .policy_arn(policy)
                    .send()
                    .await
                    .during(format!("detaching `{policy}` from role `{name}`"))
                    .missing_is_none()?;
            } else {
                client
                    .delete_role_policy()
                    .role_name(name)
                    .policy_name(policy)
                    .send()
                    .await
                    .during(format!("deleting policy `{policy}` of role `{name}`"))
                    .missing_is_none()?;
            }
        }
        if self.description != live.spec.description || self.session_seconds != live.spec.session_seconds {
            let update = client.update_role().role_name(name).description(&self.description).max_session_duration(self.session_seconds);
            update.send().await.during(format!("updating role `{name}`"))?;
        }
        let gone: Vec<String> = live.spec.tags.keys().filter(|k| !self.tags.contains_key(*k)).cloned().collect();
        if !gone.is_empty() {
            client.untag_role().role_name(name).set_tag_keys(Some(gone)).send().await.during(format!("removing tags of role `{name}`"))?;
        }
        let tags = tag_list(&step.mark.with(&self.tags))?;
        client.tag_role().role_name(name).set_tags(Some(tags)).send().await.during(format!("tagging role `{name}`"))?;
        Ok(Output::of(live.output.arn.as_str()))
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let (client, name) = (&step.aws.iam, &live.spec.name);
        let Some(policies) = policies(step.aws, name).await.missing_is_none()? else { return Ok(()) };
        for policy in policies {
            if policy.starts_with("arn:") {
                let detach = client.detach_role_policy().role_name(name).policy_arn(&policy);
                detach.send().await.during(format!("detaching `{policy}` from role `{name}`")).missing_is_none()?;
            } else {
                let delete = client.delete_role_policy().role_name(name).policy_name(&policy);
                delete.send().await.during(format!("deleting policy `{policy}` of role `{name}`")).missing_is_none()?;
            }
        }
        client.delete_role().role_name(name).send().await.during(format!("deleting role `{name}`")).missing_is_none()?;
        Ok(())
    }
}

impl Role {
    async fn put_policy(&self, step: &Step<'_>) -> Result<()> {
        let put = step.aws.iam.put_role_policy().role_name(&self.name).policy_name(POLICY).policy_document(self.policy.text());
        put.send().await.during(format!("putting the policy of role `{}`", self.name))?;
        Ok(())
    }
}

/// Every role of the account by name: the only listing that gives descriptions and session lengths, and no tags or policies.
async fn listed(aws: &Aws) -> Result<BTreeMap<String, aws_sdk_iam::types::Role>> {
    let mut roles = BTreeMap::new();
    let mut pages = aws.iam.list_roles().max_items(1000).into_paginator().send();
    while let Some(page) = pages.next().await {
        roles.extend(page.during("listing roles")?.roles.into_iter().map(|r| (r.role_name.clone(), r)));
    }
    Ok(roles)
}

/// Every role of the account with its documents and tags: a page for a thousand roles, where asking for each takes four calls.
async fn details(aws: &Aws) -> Result<Vec<RoleDetail>> {
    let mut roles = Vec::new();
    let mut pages = aws.iam.get_account_authorization_details().filter(EntityType::Role).max_items(1000).into_paginator().send();
    while let Some(page) = pages.next().await {
        roles.extend(page.during("reading the account's roles and their policies")?.role_detail_list.unwrap_or_default());
    }
    Ok(roles)
}

/// The trust policy of every role of the account, by its ARN.
pub(crate) async fn trusts(aws: &Aws) -> Result<BTreeMap<String, serde_json::Value>> {
    let read = |role: RoleDetail| Ok((role.arn.unwrap_or_default(), decoded(role.assume_role_policy_document.as_deref())?.value().clone()));
    details(aws).await?.into_iter().map(read).collect()
}

async fn get(aws: &Aws, name: &str) -> Result<aws_sdk_iam::types::Role> {
    let reply = aws.iam.get_role().role_name(name).send().await.during(format!("reading role `{name}`"))?;
    reply.role.with_context(|| format!("AWS says nothing of role `{name}`"))
}

/// Inline policies by name, attached ones by ARN.
async fn policies(aws: &Aws, name: &str) -> Result<BTreeSet<String>> {
    let inline = async {
        let mut names = BTreeSet::new();
        let mut pages = aws.iam.list_role_policies().role_name(name).into_paginator().send();
        while let Some(page) = pages.next().await {
            names.extend(page.during(format!("listing the policies of role `{name}`"))?.policy_names);
        }
        Ok::<_, anyhow::Error>(names)
    };
    let attached = async {
        let mut arns = BTreeSet::new();
        let mut pages = aws.iam.list_attached_role_policies().role_name(name).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.during(format!("listing the policies attached to role `{name}`"))?;
            arns.extend(page.attached_policies.unwrap_or_default().into_iter().filter_map(|p| p.policy_arn));
        }
        Ok(arns)
    };
    let (mut all, attached) = futures::try_join!(inline, attached)?;
    all.extend(attached);
    Ok(all)
}

fn decoded(document: Option<&str>) -> Result<PolicyDocument> {
    PolicyDocument::parse(&percent_decode_str(document.unwrap_or("null")).decode_utf8()?)
}

fn tag_list(tags: &BTreeMap<String, String>) -> Result<Vec<Tag>> {
    Ok(tags.iter().map(|(k, v)| Tag::builder().key(k).value(v).build()).collect::<Result<_, _>>()?)
}
