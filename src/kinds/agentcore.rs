//! What runtimes and gateways share: the JWT authorizer, tags by ARN, and finding our own lost replies.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use aws_sdk_bedrockagentcorecontrol::types as sdk;
use serde::{Deserialize, Serialize};

use super::{Step, Tags};
use crate::aws::{Aws, During as _};
use crate::late::Late;

/// Lets in who holds a token of this issuer for this audience or client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JwtAuthorizer {
    pub(crate) discovery_url: Late,
    /// The `aud` of ID tokens.
    pub(crate) allowed_audience: BTreeSet<Late>,
    /// The `client_id` of access tokens.
    pub(crate) allowed_clients: BTreeSet<Late>,
    /// Claims that the token must have, each with exactly this value. AgentCore's pattern takes Cognito's `custom:` names.
    pub(crate) custom_claims: BTreeMap<String, String>,
    /// Further conditions, never declared: those that others add show in the plan before an update drops them.
    allowed_scopes: BTreeSet<String>,
    other_claims: BTreeSet<String>,
    allowed_workloads: BTreeSet<String>,
}

impl JwtAuthorizer {
    /// ID tokens for these, with these claims.
    pub(crate) fn audience(discovery_url: Late, allowed_audience: BTreeSet<Late>, custom_claims: BTreeMap<String, String>) -> Self {
        let none = BTreeSet::new;
        let (allowed_scopes, other_claims, allowed_workloads) = (none(), none(), none());
        Self {
            discovery_url,
            allowed_audience,
            allowed_clients: BTreeSet::new(),
            custom_claims,
            allowed_scopes,
            other_claims,
            allowed_workloads,
        }
    }

    pub(super) fn declared(&self) -> Result<sdk::AuthorizerConfiguration> {
        // An empty list is refused; leaving it out means that the claim is not asked for.
        let list = |set: &BTreeSet<Late>| -> Result<Option<Vec<String>>> {
            let all: Vec<String> = set.iter().map(|v| Ok(v.get()?.to_owned())).collect::<Result<_>>()?;
            Ok(Some(all).filter(|all| !all.is_empty()))
        };
        let claims = self.custom_claims.iter().map(equal_to).collect::<Result<Vec<_>>>()?;
        let jwt = sdk::CustomJwtAuthorizerConfiguration::builder()
            .discovery_url(self.discovery_url.get()?)
            .set_allowed_audience(list(&self.allowed_audience)?)
            .set_allowed_clients(list(&self.allowed_clients)?)
            .set_custom_claims(Some(claims).filter(|claims| !claims.is_empty()))
            .build()?;
        Ok(sdk::AuthorizerConfiguration::CustomJwtAuthorizer(jwt))
    }

    /// The live authorizer; one of another sort reads as one that lets nobody in.
    pub(super) fn read(live: Option<sdk::AuthorizerConfiguration>) -> Self {
        let set = |list: Option<Vec<String>>| list.unwrap_or_default().into_iter().map(Late::from).collect();
        match live {
            Some(sdk::AuthorizerConfiguration::CustomJwtAuthorizer(jwt)) => {
                let (custom_claims, other_claims) = claims(&jwt.custom_claims.unwrap_or_default());
                Self {
                    discovery_url: Late::known(jwt.discovery_url),
                    allowed_audience: set(jwt.allowed_audience),
                    allowed_clients: set(jwt.allowed_clients),
                    custom_claims,
                    allowed_scopes: jwt.allowed_scopes.unwrap_or_default().into_iter().collect(),
                    other_claims,
                    allowed_workloads: jwt.allowed_workload_configuration.map(workloads).unwrap_or_default(),
                }
            }
            _ => Self::audience(Late::known(""), BTreeSet::new(), BTreeMap::new()),
        }
    }
}

fn workloads(allowed: sdk::AllowedWorkloadConfiguration) -> BTreeSet<String> {
    let environments = allowed.hosting_environments.unwrap_or_default().into_iter().map(|environment| environment.arn);
    environments.chain(allowed.workload_identities.unwrap_or_default()).collect()
}

/// The claim must be there, a text, and this one.
fn equal_to((name, value): (&String, &String)) -> Result<sdk::CustomClaimValidationType> {
    let matched = sdk::AuthorizingClaimMatchValueType::builder()
        .claim_match_value(sdk::ClaimMatchValueType::MatchValueString(value.clone()))
        .claim_match_operator(sdk::ClaimMatchOperatorType::Equals)
        .build()?;
    let claim = sdk::CustomClaimValidationType::builder()
        .inbound_token_claim_name(name)
        .inbound_token_claim_value_type(sdk::InboundTokenClaimValueType::String)
        .authorizing_claim_match_value(matched);
    Ok(claim.build()?)
}

/// Claims that must be equal to one value, and conditions of any other sort, which are only ever shown.
fn claims(live: &[sdk::CustomClaimValidationType]) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let (mut equal, mut other) = (BTreeMap::new(), BTreeSet::new());
    for claim in live {
        let matched = claim.authorizing_claim_match_value.as_ref();
        let operator = matched.map(|m| &m.claim_match_operator);
        match matched.and_then(|m| m.claim_match_value.as_ref()) {
            Some(sdk::ClaimMatchValueType::MatchValueString(value))
                if operator == Some(&sdk::ClaimMatchOperatorType::Equals)
                    && claim.inbound_token_claim_value_type == sdk::InboundTokenClaimValueType::String
                    && !equal.contains_key(&claim.inbound_token_claim_name) =>
            {
                equal.insert(claim.inbound_token_claim_name.clone(), value.clone());
            }
            value => drop(other.insert(shown(claim, operator, value))),
        }
    }
    (equal, other)
}

fn shown(
    claim: &sdk::CustomClaimValidationType,
    operator: Option<&sdk::ClaimMatchOperatorType>,
    value: Option<&sdk::ClaimMatchValueType>,
) -> String {
    let value = match value {
        Some(sdk::ClaimMatchValueType::MatchValueString(text)) => text.clone(),
        Some(sdk::ClaimMatchValueType::MatchValueStringList(all)) => all.join(", "),
        _ => "?".into(),
    };
    format!("{} {} {value}", claim.inbound_token_claim_name, operator.map_or("", sdk::ClaimMatchOperatorType::as_str))
}

pub(super) async fn read_tags(aws: &Aws, arn: &str) -> Result<Tags> {
    let reply = aws.agentcore.list_tags_for_resource().resource_arn(arn).send().await.during(format!("reading the tags of `{arn}`"))?;
    Ok(Tags::read(reply.tags.unwrap_or_default()))
}

/// Sets the declared tags and our mark, and takes away what is no longer declared.
pub(super) async fn retag(step: &Step<'_>, arn: &str, wanted: &BTreeMap<String, String>, live: &BTreeMap<String, String>) -> Result<()> {
    let client = &step.aws.agentcore;
    let gone: Vec<String> = live.keys().filter(|k| !wanted.contains_key(*k)).cloned().collect();
    if !gone.is_empty() {
        client.untag_resource().resource_arn(arn).set_tag_keys(Some(gone)).send().await.during(format!("removing tags of `{arn}`"))?;
    }
    let tags = step.mark.with(wanted).into_iter().collect();
    client.tag_resource().resource_arn(arn).set_tags(Some(tags)).send().await.during(format!("tagging `{arn}`"))?;
    Ok(())
}
