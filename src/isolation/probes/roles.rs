//! Who may take on which role, and what the roles that serve all tenants may do by themselves.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use super::super::iam::{Context, Decision, Policy, Request, resource};
use super::super::model::Model;
use super::super::report::Row;
use super::super::roles::{Caller, Known, USER, roles};
use crate::kinds::{Function, Parameter, Permission, Protection, Role};
use crate::manifest::Profile;

/// What a request to take on a role says.
pub(super) struct Tags<'a> {
    pub(super) tags: BTreeMap<&'a str, &'a str>,
    pub(super) transitive: Vec<&'a str>,
    pub(super) session: String,
}

/// All three tags, for a tenant of the manifest.
pub(super) fn whole_tags(model: &Model) -> Tags<'_> {
    let (tenant, tier) = model.tenants.first_key_value().map_or(("clinic-x", "basic"), |(id, tier)| (id.as_str(), tier.as_str()));
    let caller = Caller::of(tier, tenant);
    let tags = caller.tags();
    Tags { transitive: tags.keys().copied().collect(), tags, session: format!("{tenant}_{USER}") }
}

/// The condition keys of a request with these tags.
pub(super) fn request(tags: &Tags<'_>) -> Context {
    let mut context = Context::new().with("sts:RoleSessionName", [tags.session.clone()]);
    if !tags.tags.is_empty() {
        context = context.with("aws:TagKeys", tags.tags.keys().copied());
    }
    if !tags.transitive.is_empty() {
        context = context.with("sts:TransitiveTagKeys", tags.transitive.iter().copied());
    }
    tags.tags.iter().fold(context, |context, (key, value)| context.with(&format!("aws:RequestTag/{key}"), [*value]))
}

/// Whoever calls, as `aws:PrincipalArn` and the rest say.
fn called_by(context: Context, arn: &str, model: &Model) -> Context {
    context.with("aws:PrincipalArn", [arn]).with("aws:PrincipalAccount", [model.names.account.as_str()])
}

/// Roles that act for tenants: those that a tagged role's trust names.
pub(crate) fn trusted<'a>(role: &Known, all: &'a [Known], model: &Model) -> Vec<&'a Known> {
    let lets_in = |other: &&Known| {
        let context = called_by(request(&whole_tags(model)), &other.arn, model);
        role.lets_in(Some(&other.arn), None, "sts:AssumeRole", &context).decision == Decision::Allow
    };
    all.iter().filter(lets_in).collect()
}

pub(super) fn trust(model: &Model, row: &mut Row) -> Result<()> {
    let all = roles(model)?;
    for role in all.iter().filter(|role| role.is_tagged) {
        let trusted = trusted(role, &all, model);
        let names = || trusted.iter().map(|r| r.name()).collect::<Vec<_>>().join(", ");
        match trusted.as_slice() {
            [] => row.unknown(role.name(), "nobody can take it on, so that refusals show nothing"),
            [_] => row.controls += 1,
            _ => row.breach(role.name(), format!("several roles can take it on: {}", names())),
        }
        let Some(own) = trusted.first() else { continue };
        vectors(model, row, role, own);
        for other in all.iter().filter(|other| other.arn != own.arn) {
            attempt(model, row, role, &other.arn, &whole_tags(model), "with all tags");
        }
        let root = format!("arn:aws:iam::{}:root", model.names.account);
        let user = format!("arn:aws:iam::{}:user/somebody", model.names.account);
        let stranger = "arn:aws:iam::999999999999:role/somebody".to_owned();
        for principal in [root, user, stranger] {
            attempt(model, row, role, &principal, &whole_tags(model), "with all tags");
        }
        for service in ["lambda.amazonaws.com", "bedrock-agentcore.amazonaws.com", "ec2.amazonaws.com"] {
            let judged = role.lets_in(None, Some(service), "sts:AssumeRole", &request(&whole_tags(model)));
            row.attack(&judged, || service.into(), || format!("taking on {}", role.name()));
        }
    }
    strangers(model, row, &all)
}

/// The right role, with wrong tags.
fn vectors(model: &Model, row: &mut Row, role: &Known, own: &Known) {
    let all = whole_tags(model).tags;
    let keys: Vec<&str> = all.keys().copied().collect();
    let without = |missing: &str| all.iter().filter(|(key, _)| **key != missing).map(|(k, v)| (*k, *v)).collect::<BTreeMap<_, _>>();
    let session = whole_tags(model).session;
    let mut tried: Vec<(String, Tags<'_>)> = vec![
        ("without tags".into(), Tags { tags: BTreeMap::new(), transitive: Vec::new(), session: session.clone() }),
        ("with tags that end with the session".into(), Tags { tags: all.clone(), transitive: Vec::new(), session: session.clone() }),
    ];
    for key in &keys {
        let rest: Vec<&str> = keys.iter().copied().filter(|k| k != key).collect();
        tried.push((format!("without the tag {key}"), Tags { tags: without(key), transitive: rest.clone(), session: session.clone() }));
        tried.push((format!("with a {key} that ends with the session"), Tags { tags: all.clone(), transitive: rest, session: session.clone() }));
        let mut empty = all.clone();
        empty.insert(key, "");
        tried.push((format!("with an empty {key}"), Tags { tags: empty, transitive: keys.clone(), session: session.clone() }));
    }
    let mut more = all.clone();
    more.insert("Admin", "true");
    let mut more_keys = keys.clone();
    more_keys.push("Admin");
    tried.push(("with a fourth tag".into(), Tags { tags: more.clone(), transitive: more_keys, session: session.clone() }));
    let ending = Tags { tags: more, transitive: keys.clone(), session: session.clone() };
    tried.push(("with a fourth tag that ends with the session".into(), ending));
    let mut tier = all.clone();
    tier.insert("Tier", "zz-no-tier");
    tried.push(("with a tier that is none".into(), Tags { tags: tier, transitive: keys.clone(), session }));
    for (how, tags) in &tried {
        attempt(model, row, role, &own.arn, tags, how);
    }
}

fn attempt(model: &Model, row: &mut Row, role: &Known, principal: &str, tags: &Tags<'_>, how: &str) {
    let context = called_by(request(tags), principal, model);
    let judged = role.lets_in(Some(principal), None, "sts:AssumeRole", &context);
    row.attack(&judged, || principal.to_owned(), || format!("taking on {} {how}", role.name()));
}

/// Roles of the account that are not ours and let the runtime, or everybody, in.
fn strangers(model: &Model, row: &mut Row, all: &[Known]) -> Result<()> {
    let Some(runtime) = all.iter().find(|role| role.address.label() == "runtime") else { return Ok(()) };
    for (arn, trust) in &model.strangers.roles {
        let policy = match Policy::parse(trust) {
            Ok(policy) => policy,
            Err(why) => {
                row.unknown(arn, format!("its trust policy can't be read: {why}"));
                continue;
            }
        };
        let context = called_by(Context::new(), &runtime.arn, model);
        let asked = Request { principal: Some(&runtime.arn), service: None, action: "sts:AssumeRole", resource: arn, context: &context };
        let judged = resource(&policy, &asked);
        // A trust of the whole account hands the decision to the runtime role's own policies.
        let own = runtime.may("sts:AssumeRole", arn, &context);
        match (judged.decision, own.decision) {
            (Decision::ExplicitDeny | Decision::ImplicitDeny, _) | (_, Decision::ExplicitDeny) => row.refused_if(true, arn, ""),
            (Decision::Allow, _) if trust.to_string().contains(&runtime.arn) => row.breach(arn, "this role, which is not ours, trusts the runtime role"),
            (Decision::Allow, Decision::ImplicitDeny) => row.refused_if(true, arn, ""),
            (Decision::Allow, Decision::Allow) => row.breach(arn, "this role, which is not ours, can be taken on by the runtime role"),
            _ => row.unknown(arn, "whether the runtime role can take on this role, which is not ours, can't be told"),
        }
    }
    Ok(())
}

/// What the agent's own role must never do, by action and resource.
pub(crate) fn forbidden(model: &Model) -> Vec<(&'static str, String)> {
    let (region, account, platform) = (&model.names.region, &model.names.account, &model.names.platform);
    let agentcore = |path: &str| format!("arn:aws:bedrock-agentcore:{region}:{account}:{path}");
    let memory = agentcore(&format!("memory/{}_basic_memory-AAAAAAAAAA", platform.as_str().replace('-', "_")));
    let table = format!("arn:aws:dynamodb:{region}:{account}:table/{}", model.names.table(crate::names::PATIENT_METADATA));
    let mut calls = vec![
        ("dynamodb:GetItem", table.clone()),
        ("dynamodb:Query", format!("{table}/index/clinic-index")),
        ("dynamodb:Scan", table),
        ("bedrock-agentcore:ListEvents", memory.clone()),
        ("bedrock-agentcore:CreateEvent", memory.clone()),
        ("bedrock-agentcore:ListActors", memory.clone()),
        ("bedrock-agentcore:RetrieveMemoryRecords", memory.clone()),
        ("bedrock-agentcore:DeleteMemory", memory),
        ("bedrock-agentcore:UpdateGateway", agentcore(&format!("gateway/{platform}-basic-gw-aaaaaaaaaa"))),
        ("bedrock-agentcore:UpdateAgentRuntime", agentcore("runtime/x-AAAAAAAAAA")),
        ("bedrock-agentcore:DeletePolicy", agentcore("policy-engine/x-aaaaaaaaaa")),
        ("bedrock-agentcore:PutResourcePolicy", agentcore("runtime/x-AAAAAAAAAA")),
        ("bedrock-agentcore:InvokeAgentRuntimeCommand", agentcore("runtime/x-AAAAAAAAAA")),
        ("bedrock-agentcore:GetWorkloadAccessTokenForUserId", agentcore("workload-identity-directory/default")),
        ("iam:PassRole", format!("arn:aws:iam::{account}:role/x")),
        ("iam:PutRolePolicy", format!("arn:aws:iam::{account}:role/x")),
        ("iam:CreateAccessKey", format!("arn:aws:iam::{account}:user/x")),
        ("sts:AssumeRole", format!("arn:aws:iam::{account}:role/somebody-elses")),
        ("secretsmanager:GetSecretValue", format!("arn:aws:secretsmanager:{region}:{account}:secret:x")),
        ("cognito-idp:AdminUpdateUserAttributes", format!("arn:aws:cognito-idp:{region}:{account}:userpool/x")),
    ];
    for (_, resource) in model.of_kind("bucket").filter(|(address, _)| address.label() == "documents") {
        let name = resource.spec.get("name").and_then(serde_json::Value::as_str).unwrap_or_default();
        calls.push(("s3:GetObject", format!("arn:aws:s3:::{name}/x-tier/clinic-x/one.pdf")));
        calls.push(("s3:PutObject", format!("arn:aws:s3:::{name}/x-tier/clinic-x/one.pdf")));
        calls.push(("s3:ListBucket", format!("arn:aws:s3:::{name}")));
    }
    for (_, resource) in model.of_kind("vector_index") {
        let arn = resource.output.get("arn").and_then(serde_json::Value::as_str).unwrap_or_default();
        calls.push(("s3vectors:QueryVectors", arn.to_owned()));
    }
    if model.profile == Profile::Strict {
        for (_, resource) in model.of_kind("knowledge_base") {
            let arn = resource.output.get("arn").and_then(serde_json::Value::as_str).unwrap_or_default();
            calls.push(("bedrock:Retrieve", arn.to_owned()));
        }
    }
    calls
}

pub(super) fn runtime(model: &Model, row: &mut Row) -> Result<()> {
    let all = roles(model)?;
    let Some(role) = all.iter().find(|role| role.address.label() == "runtime") else { return Ok(()) };
    let context = Context::new();
    for (action, on) in forbidden(model) {
        row.attack(&role.may(action, &on, &context), || role.name().into(), || format!("{action} on {on}"));
    }
    let own = format!("arn:aws:ssm:{}:{}:parameter{}/memory/basic_id", model.names.region, model.names.account, model.names.parameter_root());
    row.control(&role.may("ssm:GetParameter", &own, &context), || role.name().into(), || format!("ssm:GetParameter on {own}"));
    Ok(())
}

pub(super) fn functions(model: &Model, row: &mut Row) -> Result<()> {
    let functions = model.all::<Function>()?;
    let all = roles(model)?;
    let by_label = |label: &str| all.iter().find(|role| role.address.label() == label);
    let Some(gateway) = by_label("gateway") else { return Ok(()) };
    let context = Context::new();
    // The tools are what the gateway may call.
    let tools: Vec<(&str, &Function)> = functions
        .iter()
        .map(|(address, function)| Ok((model.output(address, "arn")?, function)))
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .filter(|(arn, _)| gateway.may("lambda:InvokeFunction", arn, &context).decision == Decision::Allow)
        .collect();
    if tools.is_empty() {
        row.skipped("the tools' function is not the platform's own");
        return Ok(());
    }
    for (arn, function) in tools {
        row.control(&gateway.may("lambda:InvokeFunction", arn, &context), || gateway.name().into(), || format!("calling {}", function.name));
        for role in all.iter().filter(|role| role.arn != gateway.arn) {
            row.attack(&role.may("lambda:InvokeFunction", arn, &context), || role.name().into(), || format!("calling {}", function.name));
        }
        for (address, permission) in model.all::<Permission>()? {
            if permission.function.get()? == function.name {
                let says = format!("{} may call it without the gateway", permission.principal);
                row.refused_if(permission.source_arn.is_some(), address.to_string(), says);
            }
        }
    }
    Ok(())
}

pub(super) fn secrets(model: &Model, row: &mut Row) -> Result<()> {
    let all = roles(model)?;
    let context = Context::new();
    let arn = |name: &str| format!("arn:aws:ssm:{}:{}:parameter{name}", model.names.region, model.names.account);
    let parameters = model.all::<Parameter>()?;
    let secrets: Vec<String> = parameters.iter().filter(|(_, p)| p.protection == Protection::Secret).map(|(_, p)| arn(&p.name)).collect();
    for role in all.iter().filter(|role| role.is_tagged || role.address.label() == "runtime" || role.address.label().ends_with("-function")) {
        for on in &secrets {
            for action in ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"] {
                row.attack(&role.may(action, on, &context), || role.name().into(), || format!("{action} on {on}"));
            }
        }
    }
    Ok(())
}

pub(super) fn services(model: &Model, row: &mut Row) -> Result<()> {
    for (address, role) in model.all::<Role>()? {
        let trust = Policy::parse(role.trust.value()).map_err(|why| anyhow::anyhow!("{why}")).with_context(|| format!("reading {address}"))?;
        let arn = model.output(address, "arn")?;
        let services = role.trust.value().pointer("/Statement").into_iter().flat_map(|s| s.as_array().into_iter().flatten());
        let services: Vec<&str> = services
            .filter_map(|s| s.pointer("/Principal/Service")?.as_array())
            .flatten()
            .filter_map(serde_json::Value::as_str)
            .collect();
        for service in services {
            judge_service(model, row, &trust, (arn, service));
        }
    }
    Ok(())
}

/// API Gateway names no source; it acts only for the account whose setting the role is.
const WITHOUT_SOURCE: &[&str] = &["apigateway.amazonaws.com"];

fn judge_service(model: &Model, row: &mut Row, trust: &Policy, (arn, service): (&str, &str)) {
    if WITHOUT_SOURCE.contains(&service) {
        return;
    }
    let ask = |account: &str, source: &str| {
        let context = Context::new().with("aws:SourceAccount", [account]).with("aws:SourceArn", [source]);
        resource(trust, &Request { principal: None, service: Some(service), action: "sts:AssumeRole", resource: arn, context: &context })
    };
    let name = arn.rsplit('/').next().unwrap_or_default();
    let own = model.names.account.as_str();
    let platform = &model.names.platform;
    let parts = ["runtime/x-AAAAAAAAAA", "knowledge-base/AAAAAAAAAA", "function:x"].map(str::to_owned);
    let parts = parts.into_iter().chain([format!("gateway/{platform}-basic-gw-aaaaaaaaaa")]);
    let mut lets_ours_in = false;
    for part in parts {
        let of = |account: &str| format!("arn:aws:{}:{}:{account}:{part}", service.trim_end_matches(".amazonaws.com"), model.names.region);
        let other = "999999999999";
        lets_ours_in |= ask(own, &of(own)).decision == Decision::Allow;
        row.attack(&ask(other, &of(other)), || name.into(), || format!("{service} for account {other}"));
        row.attack(&ask(other, &of(own)), || name.into(), || format!("{service} for account {other} with a source of ours"));
    }
    match lets_ours_in {
        true => row.controls += 1,
        false => row.unknown(name, format!("{service} can't take the role on for this account either: refusals show nothing")),
    }
}
