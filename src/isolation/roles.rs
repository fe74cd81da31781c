//! The platform's roles as the probes ask them: policies that were read, and sessions of tenants.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, anyhow};

use super::iam::{Context, Decision, Judgement, Policy, Request, identity, resource};
use super::model::Model;
use crate::address::Address;
use crate::kinds::{PolicyDocument, Role};

/// One role of ours.
pub(crate) struct Known {
    pub(crate) address: Address,
    pub(crate) arn: String,
    pub(crate) trust: Policy,
    pub(crate) policy: Policy,
    /// The two as they are written.
    pub(crate) documents: (PolicyDocument, PolicyDocument),
    /// What else gives it rights, unread: by name.
    pub(crate) others: Vec<String>,
    /// Whether it is taken on with the tags of a tenant.
    pub(crate) is_tagged: bool,
    pub(crate) tags: BTreeSet<String>,
    /// Keys that its documents ask for and no attack fills: an attacker may well have what they want.
    open: BTreeSet<String>,
}

/// Names of the session tags that say whose a session is.
pub(crate) const TAGS: [&str; 3] = ["Tier", "ClinicId", "UserId"];

/// The keys that attacks fill, or leave out on purpose.
const FILLED: [&str; 18] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principaltag/clinicid",
    "aws:principaltag/tier",
    "aws:principaltag/userid",
    "aws:requesttag/clinicid",
    "aws:requesttag/tier",
    "aws:requesttag/userid",
    "aws:resourceaccount",
    "aws:tagkeys",
    "bedrock-agentcore:actorid",
    "bedrock-agentcore:namespace",
    "bedrock-agentcore:namespacepath",
    "bedrock-agentcore:sessionid",
    "dynamodb:leadingkeys",
    "s3:prefix",
    "sts:rolesessionname",
    "sts:transitivetagkeys",
];

/// The keys of a policy that no attack fills.
pub(crate) fn open_keys(policy: &Policy) -> BTreeSet<String> {
    policy.keys().into_iter().filter(|key| !FILLED.contains(&key.as_str())).collect()
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

    /// The same of an attacker, who may have whatever else the policy asks for.
    pub(crate) fn might(&self, action: &str, on: &str, context: &Context) -> Judgement {
        if self.open.is_empty() { self.may(action, on, context) } else { self.may(action, on, &context.open(&self.open)) }
    }

    /// What its trust says of somebody who wants to take it on.
    pub(crate) fn lets_in(&self, principal: Option<&str>, service: Option<&str>, action: &str, context: &Context) -> Judgement {
        resource(&self.trust, &Request { principal, service, action, resource: &self.arn, context })
    }

    /// The same of an attacker.
    pub(crate) fn might_let_in(&self, principal: Option<&str>, service: Option<&str>, action: &str, context: &Context) -> Judgement {
        self.lets_in(principal, service, action, &context.open(&self.open))
    }
}

/// Whether a role is taken on for tenants: by what it is called, by what it lets callers do, or by what it asks of them.
fn is_tagged(address: &Address, role: &Role, trust: &Policy) -> bool {
    let label = address.label();
    let asks = |document: &PolicyDocument| {
        let text = document.text().to_lowercase();
        text.contains("aws:principaltag/") || text.contains("aws:requesttag/")
    };
    label == "tvm" || label.ends_with("-tvm") || trust.speaks_of("sts:TagSession") || asks(&role.trust) || asks(&role.policy)
}

/// Every role that the platform declares or has.
pub(crate) fn roles(model: &Model) -> Result<Vec<Known>> {
    let read = |address: &Address, role: &Role| -> Result<Known> {
        let parse = |document: &PolicyDocument, what: &str| {
            Policy::parse(document.value()).map_err(|why| anyhow!("{why}")).with_context(|| format!("reading the {what} of {address}"))
        };
        let (trust, policy) = (parse(&role.trust, "trust policy")?, parse(&role.policy, "policy")?);
        Ok(Known {
            address: address.clone(),
            arn: model.output(address, "arn")?.to_owned(),
            documents: (role.trust.clone(), role.policy.clone()),
            others: role.other_policies.iter().cloned().collect(),
            is_tagged: is_tagged(address, role, &trust),
            tags: role.tags.keys().cloned().collect(),
            open: open_keys(&trust).into_iter().chain(open_keys(&policy)).collect(),
            trust,
            policy,
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
        self.session_without("")
    }

    /// A session that lacks one of them.
    pub(crate) fn session_without(&self, missing: &str) -> Context {
        let tags = self.tags().into_iter().filter(|(key, _)| *key != missing);
        tags.fold(Context::new(), |context, (key, value)| context.with(&format!("aws:PrincipalTag/{key}"), [value]))
    }
}
