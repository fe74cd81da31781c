//! The platform's roles as the probes ask them: policies that were read, and sessions of tenants.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, anyhow};

use super::iam::{Context, Decision, Judgement, Policy, Request, identity, resource};
use super::model::Model;
use crate::address::Address;
use crate::kinds::Role;

/// One role of ours.
pub(crate) struct Known {
    pub(crate) address: Address,
    pub(crate) arn: String,
    pub(crate) trust: Policy,
    pub(crate) policy: Policy,
    /// What else gives it rights, unread: by name.
    pub(crate) others: Vec<String>,
    /// Whether it is taken on with the tags of a tenant.
    pub(crate) is_tagged: bool,
}

impl Known {
    pub(crate) fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }

    /// What the role's own policies say of a call.
    pub(crate) fn may(&self, action: &str, on: &str, context: &Context) -> Judgement {
        let judged = identity(&[&self.policy], &Request { principal: Some(&self.arn), service: None, action, resource: on, context });
        if self.others.is_empty() || judged.decision == Decision::ExplicitDeny {
            return judged;
        }
        // Policies that nobody declares may allow what this one does not.
        Judgement { decision: if judged.decision == Decision::Allow { Decision::Allow } else { Decision::Unknown }, by: judged.by }
    }

    /// What its trust says of somebody who wants to take it on.
    pub(crate) fn lets_in(&self, principal: Option<&str>, service: Option<&str>, action: &str, context: &Context) -> Judgement {
        resource(&self.trust, &Request { principal, service, action, resource: &self.arn, context })
    }
}

/// Every role that the platform declares or has.
pub(crate) fn roles(model: &Model) -> Result<Vec<Known>> {
    let read = |address: &Address, role: &Role| -> Result<Known> {
        let parse = |document: &crate::kinds::PolicyDocument, what: &str| {
            Policy::parse(document.value()).map_err(|why| anyhow!("{why}")).with_context(|| format!("reading the {what} of {address}"))
        };
        Ok(Known {
            address: address.clone(),
            arn: model.output(address, "arn")?.to_owned(),
            trust: parse(&role.trust, "trust policy")?,
            policy: parse(&role.policy, "policy")?,
            others: role.other_policies.iter().cloned().collect(),
            is_tagged: role.trust.value().to_string().contains("sts:TagSession"),
        })
    };
    model.all::<Role>()?.iter().map(|(address, role)| read(address, role)).collect()
}

/// The roles that are taken on for tenants.
pub(crate) fn tagged(model: &Model) -> Result<Vec<Known>> {
    Ok(roles(model)?.into_iter().filter(|role| role.is_tagged).collect())
}

/// Whoever a session's tags say.
#[derive(Debug, Clone)]
pub(crate) struct Caller<'a> {
    pub(crate) tier: &'a str,
    pub(crate) tenant: &'a str,
    pub(crate) user: &'a str,
}

/// Users as Cognito numbers them.
pub(crate) const USER: &str = "3f1c2a10-5b1e-4d0a-9c61-0a1b2c3d4e5f";
pub(crate) const OTHER_USER: &str = "7a90b3de-1c44-4b7f-8e02-5f6e7d8c9b0a";

impl<'a> Caller<'a> {
    pub(crate) fn of(tier: &'a str, tenant: &'a str) -> Self {
        Self { tier, tenant, user: USER }
    }

    pub(crate) fn tags(&self) -> BTreeMap<&'static str, &'a str> {
        [("Tier", self.tier), ("ClinicId", self.tenant), ("UserId", self.user)].into()
    }

    /// A session with these tags.
    pub(crate) fn session(&self) -> Context {
        self.tags().into_iter().fold(Context::new(), |context, (key, value)| context.with(&format!("aws:PrincipalTag/{key}"), [value]))
    }
}
