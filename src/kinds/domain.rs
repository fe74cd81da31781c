//! The domain of the sign-in pages. A prefix is unique in its region over all accounts.

use anyhow::{Result, bail};
use aws_sdk_cognitoidentityprovider::types::DomainDescriptionType;
use serde::{Deserialize, Serialize};

use super::{Found, Kind, Observe, Ownership, Step, UserPool, child, user_pool};
use crate::aws::{Aws, AwsError, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::Names;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Domain {
    pub(crate) pool: Late,
    pub(crate) prefix: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    prefix: String,
    pool: String,
}

impl Domain {
    pub(crate) const PREFIX: Attr<Self> = Attr::new("prefix");
}

impl Kind for Domain {
    const NAME: &'static str = "domain";
    const RIGHTS: &'static [Right] = &[
        reads(&["cognito-idp:DescribeUserPoolDomain"], On::Anything("a domain is asked for by its name alone")),
        writes(
            &["cognito-idp:CreateUserPoolDomain", "cognito-idp:DeleteUserPoolDomain"],
            On::Marked(&["arn:aws:cognito-idp:{r}:{a}:userpool/*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("pool", "a domain belongs to one pool"), ("prefix", "a prefix can't be changed")];
    const BELOW: &'static [&'static str] = &[UserPool::NAME];
    const WAY_OUT: Option<&'static str> = Some("name another prefix with `identity.domain`, or delete the domain");
    type Output = Output;

    fn known(&self, _: &Names) -> Vec<(&'static str, String)> {
        vec![("prefix", self.prefix.clone())]
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        // A pool has one prefix at most, and says which.
        let pools = user_pool::parents(observe);
        let live = |prefix: &str| pools.iter().any(|(_, pool)| pool.domain.as_deref() == Some(prefix));
        // A prefix that is not ours yet may be somebody's: then the one that works must not be given up for it.
        let mut found = Vec::new();
        for (address, domain) in wanted.iter().filter(|(_, domain)| !live(&domain.prefix)) {
            if let Some(DomainDescriptionType { user_pool_id: Some(pool), .. }) = describe(observe.aws, &domain.prefix).await? {
                let output = Output { prefix: domain.prefix.clone(), pool: pool.clone() };
                let spec = Self { pool: pool.into(), prefix: domain.prefix.clone() };
                found.push(Found { address: address.clone(), spec, output, mark: Ownership::Foreign { platform: None } });
            }
        }
        let free = wanted.first().map(|(address, _)| address).filter(|address| found.iter().all(|f| f.address != **address)).cloned();
        for (parent, pool) in &pools {
            let Some(prefix) = pool.domain.clone() else { continue };
            let label = if wanted.is_empty() { "main" } else { &prefix };
            let address = free.clone().unwrap_or_else(|| child(Self::NAME, parent.owner(), label));
            let output = Output { prefix: prefix.clone(), pool: pool.id.clone() };
            found.push(Found { address, spec: Self { pool: Late::known(&pool.id), prefix }, output, mark: Ownership::Ours { spec: None } });
        }
        Ok(found)
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let pool = self.pool.get()?;
        let create = step.aws.cognito.create_user_pool_domain().domain(&self.prefix).user_pool_id(pool);
        match create.send().await.during(format!("creating domain `{}`", self.prefix)) {
            Ok(_) => {}
            Err(error) if AwsError::of(&error).is_some_and(|e| e.code == "InvalidParameterException") => {
                match describe(step.aws, &self.prefix).await?.and_then(|d| d.user_pool_id) {
                    Some(owner) if owner == pool => {}
                    Some(_) => bail!("domain prefix `{}` is taken by another user pool; name another with `identity.domain`", self.prefix),
                    None => return Err(error),
                }
            }
            Err(error) => return Err(error),
        }
        Ok(Output { prefix: self.prefix.clone(), pool: pool.into() })
    }

    async fn update(&self, _: &Step<'_>, _: &Found<Self>) -> Result<Output> {
        bail!("a domain has nothing that can be updated")
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { prefix, pool } = &live.output;
        if describe(step.aws, prefix).await?.and_then(|d| d.user_pool_id).as_ref() != Some(pool) {
            return Ok(());
        }
        let delete = step.aws.cognito.delete_user_pool_domain().domain(prefix).user_pool_id(pool);
        delete.send().await.during(format!("deleting domain `{prefix}`")).missing_is_none()?;
        Ok(())
    }
}

/// An unknown prefix has an empty description.
async fn describe(aws: &Aws, prefix: &str) -> Result<Option<DomainDescriptionType>> {
    let reply = aws
        .cognito
        .describe_user_pool_domain()
        .domain(prefix)
        .send()
        .await
        .during(format!("reading domain `{prefix}`"))
        .missing_is_none()?;
    Ok(reply.and_then(|r| r.domain_description))
}
