//! The API in front of the agents: one method, its stage and access log, and a plan for each tier with the keys that count in it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::Sources;
use super::functions::Functions;
use crate::address::Owner;
use crate::desired::Desired;
use crate::kinds::{
    AccessLog, ApiAccount, ApiKey, ApiMethod, Function, LogGroup, Permission, Quota, RestApi, Role, Stage, Throttle, UsagePlan,
};
use crate::late::Late;
use crate::manifest::{self, Api, Keys, LambdaRef, Standing};
use crate::names::{API_LOG_ROLE, Arn, TierName};

/// The only method: what comes after it names a runtime.
const ROUTE: &str = "POST /runtimes/{proxy+}";

/// The same method of any stage, as Lambda sees who calls.
const CALLED_ON_BEHALF_OF: &str = "/*/POST/runtimes/*";
/// What lets the API call its function.
const STATEMENT: &str = "front-door";

/// What each request leaves in the access log: never the key itself.
const ACCESS_LOG: &[(&str, &str)] = &[
    ("apiKeyId", "$context.identity.apiKeyId"),
    ("error", "$context.error.message"),
    ("integrationError", "$context.integrationErrorMessage"),
    ("ip", "$context.identity.sourceIp"),
    ("latency", "$context.responseLatency"),
    ("method", "$context.httpMethod"),
    ("path", "$context.path"),
    ("requestId", "$context.requestId"),
    ("requestTime", "$context.requestTime"),
    ("responseLength", "$context.responseLength"),
    ("status", "$context.status"),
    ("userAgent", "$context.identity.userAgent"),
];

pub(super) fn declare(sources: &Sources<'_>, desired: &mut Desired, functions: &Functions) -> Result<()> {
    let Some(api) = &sources.manifest.api else { return Ok(()) };
    let place = front(sources, desired, api, functions)?;
    let mut plans: BTreeMap<&TierName, Late> = BTreeMap::new();
    for (name, tier) in &sources.manifest.tiers {
        if let Some(wanted) = &tier.usage_plan {
            plans.insert(name, plan(sources, desired, name, wanted, &place)?);
        }
    }
    match api.keys {
        Keys::Tier => {
            for (tier, plan) in plans {
                let label = format!("agentcore/{tier}_api_key");
                key(sources, desired, (Owner::Tier(tier.clone()), tier.as_str()), &label, (plan, Standing::Active))?;
            }
        }
        Keys::Tenant => {
            for (id, tenant) in &sources.manifest.tenants {
                if let Some(plan) = plans.get(&tenant.tier.value) {
                    let label = format!("agentcore/api_keys/{id}");
                    key(sources, desired, (Owner::Tenant(id.clone()), id.as_str()), &label, (plan.clone(), tenant.standing))?;
                }
            }
        }
    }
    Ok(())
}

/// The API up to its stage; gives back the stage's place.
fn front(sources: &Sources<'_>, desired: &mut Desired, wanted: &Api, functions: &Functions) -> Result<Late> {
    let names = sources.names;
    let role = Role {
        trust: sources.policy("api-logs-trust", &[])?,
        policy: sources.policy("api-logs", &[])?,
        ..sources.role(
            names.role(API_LOG_ROLE),
            "How API Gateway writes access logs, for every API of the account here",
            sources.tags(None),
        )
    };
    let role = desired.add(Owner::Platform, API_LOG_ROLE, &role)?.at(&Role::ARN);
    let account = desired.add(Owner::Platform, "logs", &ApiAccount { role })?;
    let group = LogGroup {
        name: Late::known(names.api_log_group()),
        retention_days: Some(i32::try_from(wanted.access_log_days)?),
        tags: sources.tags(None),
    };
    let destination = desired.add(Owner::Platform, "api", &group)?.at(&LogGroup::ARN);
    let lambda: Late<Arn> = functions.arn(&wanted.proxy_lambda)?;
    let name = wanted.name.clone().unwrap_or_else(|| names.rest_api());
    let api = RestApi::regional(name, [(ROUTE.to_owned(), ApiMethod::proxy(lambda))].into(), sources.tags(None));
    let handle = desired.add(Owner::Platform, "main", &api)?;
    if let LambdaRef::Managed(name) = &wanted.proxy_lambda {
        let source = Late::concat([
            Late::known(format!("arn:aws:execute-api:{}:{}:", names.region, names.account)),
            handle.at(&RestApi::ID),
            Late::known(CALLED_ON_BEHALF_OF),
        ]);
        let function = functions.managed(name)?.at(&Function::FUNCTION);
        let permission = Permission::invoke(function, STATEMENT, "apigateway.amazonaws.com", source, &names.account);
        desired.add(Owner::Platform, &Permission::label(name.as_str(), STATEMENT), &permission)?;
    }
    let stage = Stage {
        api: handle.at(&RestApi::ID),
        name: wanted.stage.clone(),
        definition: api.definition(),
        access_log: Some(AccessLog {
            account: account.at(&ApiAccount::ACCOUNT),
            destination,
            format: ACCESS_LOG.iter().map(|(member, variable)| ((*member).to_owned(), (*variable).to_owned())).collect(),
        }),
        others: BTreeSet::new(),
        tags: sources.tags(None),
    };
    // Under its own name: a stage can't be renamed, and so the new one is there before the old one goes.
    let stage = desired.add(Owner::Platform, &wanted.stage, &stage)?;
    sources.publish(desired, Owner::Platform, "agentcore/api_gateway_url", stage.at(&Stage::URL))?;
    Ok(stage.at(&Stage::PLACE))
}

fn plan(sources: &Sources<'_>, desired: &mut Desired, tier: &TierName, wanted: &manifest::UsagePlan, place: &Late) -> Result<Late> {
    let most = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let quota = wanted.quota.as_ref().map(|q| Quota { requests: most(q.requests), period: q.period.word().into(), offset: 0 });
    let plan = UsagePlan {
        name: sources.names.usage_plan(tier),
        stages: [place.clone()].into(),
        throttle: Some(Throttle { rate: wanted.rate.into(), burst: most(wanted.burst) }),
        quota,
        tags: sources.tags(sources.manifest.tiers.get(tier)),
    };
    Ok(desired.add(Owner::Tier(tier.clone()), "api", &plan)?.at(&UsagePlan::ID))
}

fn key(
    sources: &Sources<'_>,
    desired: &mut Desired,
    (owner, whose): (Owner, &str),
    label: &str,
    (plan, standing): (Late, Standing),
) -> Result<()> {
    let key = ApiKey { name: sources.names.api_key(whose), enabled: standing.is_active(), plans: [plan].into() };
    let value = desired.add(owner.clone(), "api", &key)?.at(&ApiKey::VALUE);
    sources.publish_secret(desired, owner, label, value)
}
