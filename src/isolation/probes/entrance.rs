//! The ways in: authorizers of runtimes and gateways, commands beside the agent, sessions, and what callers say of themselves.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, anyhow};

use super::super::iam::{self, Context, Policy, Request};
use super::super::model::Model;
use super::super::report::Row;
use super::super::roles::{open_keys, roles};
use crate::address::{Address, Owner};
use crate::kinds::{AuthorizerType, Gateway, GatewayTarget, InterceptorHeaders as Headers, JwtAuthorizer, ResourcePolicy, Runtime};
use crate::manifest::Profile;

/// The headers by which tools are told whose data to read.
const IDENTITY: [&str; 3] = ["X-Tier", "X-Clinic-ID", "X-User-ID"];

fn tier_of(address: &Address) -> Option<String> {
    match address.owner() {
        Owner::Tier(tier) => Some(tier.to_string()),
        Owner::Platform | Owner::Tenant(_) => None,
    }
}

/// A token of this pool for our own client, that says the tier of what it is shown to.
fn judge_authorizer(model: &Model, row: &mut Row, address: &Address, authorizer: &JwtAuthorizer) -> Result<()> {
    let object = address.to_string();
    let issuer = authorizer.discovery_url.get()?;
    let ids = |kind: &'static str| model.of_kind(kind).filter_map(|(_, found)| found.output.get("id").and_then(serde_json::Value::as_str));
    let of_pool = |id| format!("https://cognito-idp.{}.amazonaws.com/{id}/.well-known/openid-configuration", model.names.region);
    row.refused_if(
        ids("user_pool").any(|id| of_pool(id) == issuer),
        &object,
        format!("tokens of `{issuer}` are taken, which is not the platform's user pool"),
    );
    let asks = !authorizer.allowed_audience.is_empty() || !authorizer.allowed_clients.is_empty();
    row.refused_if(asks, &object, "tokens for any client of the pool are taken");
    for client in authorizer.allowed_audience.iter().chain(&authorizer.allowed_clients) {
        let client = client.get()?;
        row.refused_if(
            ids("client").any(|id| id == client),
            &object,
            format!("tokens for `{client}` are taken, which is no client of the platform"),
        );
    }
    let tier = tier_of(address).with_context(|| format!("{address} belongs to no tier"))?;
    let asked = authorizer.custom_claims.get(&model.claims.tier);
    let says = match asked {
        None => format!("the claim `{}` is not asked for: users of every tier are let in", model.claims.tier),
        Some(other) => format!("the claim `{}` must be `{other}`, and this is of tier {tier}", model.claims.tier),
    };
    row.refused_if(asked == Some(&tier), &object, says);
    row.controls += 1;
    Ok(())
}

pub(super) fn runtime_authorizer(model: &Model, row: &mut Row) -> Result<()> {
    for (address, runtime) in model.all::<Runtime>()? {
        judge_authorizer(model, row, address, &runtime.authorizer)?;
    }
    Ok(())
}

pub(super) fn gateway_authorizer(model: &Model, row: &mut Row) -> Result<()> {
    row.backstop = Some("tool policies ask for the tier, too");
    for (address, gateway) in model.all::<Gateway>()? {
        let jwt = gateway.authorizer_type == AuthorizerType::CustomJwt;
        row.refused_if(jwt, address.to_string(), "the gateway asks for no token");
        judge_authorizer(model, row, address, &gateway.authorizer)?;
    }
    Ok(())
}

/// What a token must not be good for beside a call of the agent.
const COMMANDS: [&str; 13] = [
    "bedrock-agentcore:InvokeAgentRuntimeCommand",
    "bedrock-agentcore:InvokeAgentRuntimeCommandShell",
    "bedrock-agentcore:ListAgentRuntimeCommandShells",
    "bedrock-agentcore:StopAgentRuntimeCommandShell",
    "bedrock-agentcore:StopRuntimeSession",
    "bedrock-agentcore:InvokeAgentRuntimeForUser",
    "bedrock-agentcore:InvokeAgentRuntimeWithWebSocketStream",
    "bedrock-agentcore:InvokeAgentRuntimeWithWebSocketStreamForUser",
    "bedrock-agentcore:UpdateAgentRuntime",
    "bedrock-agentcore:DeleteAgentRuntime",
    "bedrock-agentcore:PutResourcePolicy",
    // Whatever AWS adds: what is allowed by a pattern is allowed to do that as well.
    "bedrock-agentcore:InvokeAgentRuntimeAnew",
    "bedrock-agentcore:Anew",
];

pub(super) fn runtime_commands(model: &Model, row: &mut Row) -> Result<()> {
    let policies = model.all::<ResourcePolicy>()?;
    for (address, _) in model.all::<Runtime>()? {
        for (attribute, which) in [("arn", "the runtime"), ("endpoint", "its endpoint")] {
            let (on, object) = (model.output(address, attribute)?, format!("{address}, {which}"));
            let found = policies.iter().find(|(_, policy)| policy.resource.get().is_ok_and(|resource| resource == on));
            let Some((_, declared)) = found else {
                row.breach(object, "no resource policy: a token that is good for the agent is good for a shell beside it");
                continue;
            };
            let policy = Policy::parse(declared.policy.value()).map_err(|why| anyhow!("{why}"))?;
            let (none, any) = (Context::new(), Context::new().open(&open_keys(&policy)));
            let ask = |action, context| {
                // Bearers of tokens have no principal of their own: AWS judges them as anybody.
                iam::resource(&policy, &Request { principal: None, service: None, action, resource: on, context })
            };
            row.control(&ask("bedrock-agentcore:InvokeAgentRuntime", &none), || object.clone(), || "a call of the agent".into());
            for action in COMMANDS {
                row.attack(&ask(action, &any), || object.clone(), || action.into());
            }
        }
    }
    Ok(())
}

pub(super) fn sessions(model: &Model, row: &mut Row) -> Result<()> {
    if model.of_kind("runtime").next().is_some() {
        row.not_enforced(
            "every runtime",
            "AWS binds no session to a user: the agent compares the token of each call with the session's first",
        );
    }
    Ok(())
}

pub(super) fn agent_code(model: &Model, row: &mut Row) -> Result<()> {
    if model.of_kind("runtime").next().is_none() {
        return Ok(());
    }
    match model.profile {
        Profile::Article => row.not_enforced(
            "every runtime",
            "the agent takes on the tenants' role itself and chooses whose: it must take tier, tenant and user from the token alone",
        ),
        Profile::Strict => {
            // The agent gets credentials for whoever the token names, whatever it believes itself.
            let roles = roles(model)?;
            let runtime = roles.iter().find(|role| role.address.label() == "runtime").context("there is no runtime role")?;
            for role in roles.iter().filter(|role| role.is_tagged) {
                let context = super::roles::request(&super::roles::whole_tags(model));
                let judged = role.might_let_in(Some(&runtime.arn), None, "sts:AssumeRole", &context);
                row.attack(&judged, || runtime.name().into(), || format!("taking on {} with tags of its choice", role.name()));
            }
        }
    }
    Ok(())
}

pub(super) fn headers(model: &Model, row: &mut Row) -> Result<()> {
    row.backstop = Some("a tool that is called with no header refuses");
    let gateways = model.all::<Gateway>()?;
    if gateways.is_empty() {
        return Ok(());
    }
    for (address, target) in model.all::<GatewayTarget>()? {
        let identity: BTreeSet<String> = IDENTITY.iter().map(|h| h.to_lowercase()).collect();
        let others: Vec<&String> = target.headers.iter().filter(|h| !identity.contains(&h.to_lowercase())).collect();
        if model.profile == Profile::Strict {
            let says = format!("headers beside the interceptor's reach the tool as callers write them: {others:?}");
            row.refused_if(others.is_empty(), address.to_string(), says);
        }
    }
    for (address, gateway) in gateways {
        match model.profile {
            Profile::Article => {
                row.not_enforced(address.to_string(), "tools believe the headers, which a caller of the gateway itself can write");
            }
            Profile::Strict => {
                let sees = gateway.interceptor.as_ref().is_some_and(|interceptor| interceptor.request_headers == Headers::PassedOn);
                let says = "no interceptor that sees the caller's token overwrites the headers that tools believe";
                row.refused_if(sees, address.to_string(), says);
            }
        }
    }
    Ok(())
}
