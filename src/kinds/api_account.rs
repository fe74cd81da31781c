//! The role by which API Gateway writes access logs: one setting for the whole account in a region, which others share.
//!
//! A role that somebody else has set stays, as long as it is there; ours is set where there is none, and never taken away
//! again, nor is the role itself while the setting names it. So the setting is looked at only while it is wanted, and is
//! nothing that could be deleted (last verified 2026-11).

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::apigateway::replace;
use super::{Found, Kind, Observe, Ownership, Step};
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::{API_LOG_ROLE, Arn, Names};
use crate::rights::{On, Right, passes, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ApiAccount {
    pub(crate) role: Late<Arn>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    account: String,
}

impl ApiAccount {
    /// The account again, so that what writes access logs waits for the role.
    pub(crate) const ACCOUNT: Attr<Self> = Attr::new("account");

    /// Whether access logs are written as this role; where we may not look, they are taken to be.
    pub(super) async fn names(aws: &Aws, role: &str) -> Result<bool> {
        match set(aws).await {
            Ok(set) => Ok(set.as_deref() == Some(role)),
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Denied) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

impl Kind for ApiAccount {
    const NAME: &'static str = "api_account";
    const RIGHTS: &'static [Right] = &[
        reads(&["apigateway:GET"], On::These(&["arn:aws:apigateway:{r}::/account"])),
        reads(&["iam:GetRole"], On::These(&["arn:aws:iam::{a}:role/*"])),
        writes(&["apigateway:PATCH"], On::These(&["arn:aws:apigateway:{r}::/account"])),
        passes(&["apigateway.amazonaws.com"]),
    ];
    const STAYS: bool = true;
    type Output = Output;

    fn known(&self, names: &Names) -> Vec<(&'static str, String)> {
        vec![("account", names.account.to_string())]
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let Some((address, _)) = observe.wanted::<Self>().into_iter().next() else { return Ok(Vec::new()) };
        let Some(role) = set(observe.aws).await? else { return Ok(Vec::new()) };
        let names = observe.names;
        let role = match role.starts_with(names.role_arn(&names.role("")).as_str()) {
            true => Arn::new(role),
            // Whatever is there and does the work is as good as what is declared.
            false if is_there(observe, &role).await? => names.role_arn(&names.role(API_LOG_ROLE)),
            false => return Ok(Vec::new()),
        };
        let output = Output { account: names.account.to_string() };
        Ok(vec![Found { address, spec: Self { role: Late::known(role) }, output, mark: Ownership::Ours { spec: None } }])
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let set = step.aws.apigateway.update_account().patch_operations(replace("/cloudwatchRoleArn", self.role.get()?));
        set.send().await.during("setting the role by which API Gateway writes access logs")?;
        Ok(Output { account: step.names.account.to_string() })
    }

    async fn update(&self, step: &Step<'_>, _: &Found<Self>) -> Result<Output> {
        self.create(step).await
    }

    async fn delete(_: &Step<'_>, _: &Found<Self>) -> Result<()> {
        Ok(())
    }
}

/// The role that the account's setting names.
async fn set(aws: &Aws) -> Result<Option<String>> {
    let account = aws.apigateway.get_account().send().await.during("reading API Gateway's settings of the account")?;
    Ok(account.cloudwatch_role_arn.filter(|role| !role.is_empty()))
}

/// Whether the role exists; one that we may not look at is taken to.
async fn is_there(observe: &Observe<'_>, arn: &str) -> Result<bool> {
    let name = arn.rsplit('/').next().unwrap_or(arn);
    match observe.aws.iam.get_role().role_name(name).send().await.during(format!("reading role `{name}`")).missing_is_none() {
        Ok(role) => Ok(role.is_some()),
        Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Denied) => Ok(true),
        Err(error) => Err(error),
    }
}
