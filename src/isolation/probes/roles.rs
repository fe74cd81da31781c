//! Who may take on which role, and what the roles that serve all tenants may do by themselves.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::super::iam::pattern::{glob, tokens};
use super::super::iam::{Context, Decision, Policy, Request, resource};
use super::super::model::{Model, Resource};
use super::super::report::Row;
use super::super::roles::{Caller, Known, TAGS, USER, allows, open_keys, roles};
use super::templates;
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
        let context = called_by(request(&whole_tags(model)), &own.arn, model);
        let tags = role.lets_in(Some(&own.arn), None, "sts:TagSession", &context);
        row.control(&tags, || own.name().into(), || format!("sts:TagSession on {}", role.name()));
        named(row, role, own);
        for tag in role.tags.iter().filter(|tag| TAGS.iter().any(|own| own.eq_ignore_ascii_case(tag))) {
            row.breach(
                role.name(),
                format!("the role itself is tagged `{tag}`: a session without that tag would have the role's; rename the role's"),
            );
        }
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
            let judged = role.might_let_in(None, Some(service), "sts:AssumeRole", &request(&whole_tags(model)));
            row.attack(&judged, || service.into(), || format!("taking on {}", role.name()));
        }
    }
    strangers(model, row, &all)
}

/// Every statement that lets somebody in names the one role and nobody else, whatever it asks for beside.
fn named(row: &mut Row, role: &Known, own: &Known) {
    for statement in allows(&role.documents.0) {
        let only = |found: Option<&Value>| {
            found.and_then(Value::as_array).is_some_and(|all| all.len() == 1 && all.iter().all(|one| *one == own.arn))
        };
        let principals = statement.get("Principal").and_then(Value::as_object);
        let by_name = principals.is_some_and(|kinds| kinds.len() == 1 && only(kinds.get("AWS")));
        let pinned = ["ArnEquals", "StringEquals"].iter().any(|operator| {
            let keys = statement.get("Condition").and_then(|c| c.get(operator)).and_then(Value::as_object);
            only(keys.and_then(|keys| keys.iter().find(|(key, _)| key.eq_ignore_ascii_case("aws:PrincipalArn"))).map(|(_, values)| values))
        });
        let whom = statement.get("Principal").map_or_else(|| "everybody but those it lists".into(), ToString::to_string);
        let sid = statement.get("Sid").and_then(Value::as_str).unwrap_or("without a name");
        let is_everyone_pinned = pinned && statement.get("Principal").is_some();
        row.refused_if(
            by_name || is_everyone_pinned,
            role.name(),
            format!("its trust lets others in than {} (statement `{sid}`): {whom}", own.name()),
        );
    }
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
        tried.push((
            format!("with a {key} that ends with the session"),
            Tags { tags: all.clone(), transitive: rest, session: session.clone() },
        ));
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
    let judged = role.might_let_in(Some(principal), None, "sts:AssumeRole", &context);
    row.attack(&judged, || principal.to_owned(), || format!("taking on {} {how}", role.name()));
}

/// Every other role of the account: none lets the runtime, a tenant's session or everybody in.
fn strangers(model: &Model, row: &mut Row, all: &[Known]) -> Result<()> {
    let ours = all.iter().filter(|role| !role.is_tagged).map(|role| (&role.arn, role.documents.0.value()));
    let others: Vec<(&String, &Value)> = model.strangers.roles.iter().chain(ours).collect();
    for actor in all.iter().filter(|role| role.is_tagged || role.address.label() == "runtime") {
        others.iter().for_each(|other| stranger(model, row, actor, *other));
    }
    Ok(())
}

fn stranger(model: &Model, row: &mut Row, runtime: &Known, (arn, trust): (&String, &Value)) {
    let policy = match Policy::parse(trust) {
        Ok(policy) => policy,
        Err(why) => {
            row.unknown(arn, format!("its trust policy can't be read: {why}"));
            return;
        }
    };
    let context = called_by(Context::new(), &runtime.arn, model).open(&open_keys(&policy));
    let asked = Request { principal: Some(&runtime.arn), service: None, action: "sts:AssumeRole", resource: arn, context: &context };
    let judged = resource(&policy, &asked);
    // A trust of the whole account hands the decision to the runtime role's own policies.
    let own = runtime.might("sts:AssumeRole", arn, &context);
    match (judged.decision, own.decision) {
        (Decision::ExplicitDeny | Decision::ImplicitDeny, _) | (_, Decision::ExplicitDeny) => row.refused_if(true, arn, ""),
        (Decision::Allow, _) if trust.to_string().contains(&runtime.arn) => row.breach(arn, format!("this role trusts {}", runtime.name())),
        (_, Decision::ImplicitDeny) if !trust.to_string().contains(&runtime.arn) => row.refused_if(true, arn, ""),
        (Decision::Allow, Decision::Allow) => row.breach(arn, format!("this role can be taken on by {}", runtime.name())),
        _ => row.unknown(arn, format!("whether {} can take on this role can't be told", runtime.name())),
    }
}

/// What can be done with what tenants share, by its kind.
const WITH_MEMORIES: [&str; 12] = [
    "bedrock-agentcore:ListEvents",
    "bedrock-agentcore:GetEvent",
    "bedrock-agentcore:CreateEvent",
    "bedrock-agentcore:DeleteEvent",
    "bedrock-agentcore:ListActors",
    "bedrock-agentcore:ListSessions",
    "bedrock-agentcore:RetrieveMemoryRecords",
    "bedrock-agentcore:ListMemoryRecords",
    "bedrock-agentcore:GetMemoryRecord",
    "bedrock-agentcore:BatchUpdateMemoryRecords",
    "bedrock-agentcore:DeleteMemoryRecord",
    "bedrock-agentcore:DeleteMemory",
];
const WITH_TABLES: [&str; 11] = [
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PartiQLSelect",
    "dynamodb:ExportTableToPointInTime",
    "dynamodb:GetRecords",
];
const WITH_BUCKETS: [&str; 7] = [
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:PutBucketPolicy",
];
const WITH_INDEXES: [&str; 5] =
    ["s3vectors:QueryVectors", "s3vectors:GetVectors", "s3vectors:ListVectors", "s3vectors:PutVectors", "s3vectors:DeleteVectors"];

/// What would let the agent give itself or somebody else more than it has, or take what is the platform's: as patterns.
const NEVER: [&str; 21] = [
    "apigateway:*",
    "bedrock-agentcore:createagentruntime*",
    "bedrock-agentcore:creategateway*",
    "bedrock-agentcore:createpolicy*",
    "bedrock-agentcore:deletegateway*",
    "bedrock-agentcore:deletepolicy*",
    "bedrock-agentcore:deleteresourcepolicy",
    "bedrock-agentcore:getresourceapikey",
    "bedrock-agentcore:getresourceoauth2token",
    "bedrock-agentcore:getworkloadaccesstokenforuserid",
    "bedrock-agentcore:invokeagentruntime*",
    "bedrock-agentcore:putresourcepolicy",
    "bedrock-agentcore:updateagentruntime*",
    "bedrock-agentcore:updategateway*",
    "bedrock-agentcore:updatepolicy*",
    "cognito-idp:*",
    "iam:*",
    "secretsmanager:*",
    "ssm:delete*",
    "ssm:put*",
    "sts:assumerole*",
];

/// What can be done with what tenants share, call by call: the agent's own role may do none of it.
pub(crate) fn with_shared(model: &Model) -> Vec<(&'static str, String)> {
    let each = |(arn, actions): (String, &'static [&'static str])| actions.iter().map(move |action| (*action, arn.clone()));
    shared(model).into_iter().flat_map(each).collect()
}

/// What tenants share, with what can be done to it, by ARN.
fn shared(model: &Model) -> Vec<(String, &'static [&'static str])> {
    let mut all: Vec<(String, &'static [&'static str])> = Vec::new();
    for (kind, actions) in [("memory", &WITH_MEMORIES[..]), ("vector_index", &WITH_INDEXES)] {
        let arns = model.of_kind(kind).filter_map(|(_, resource)| resource.output.get("arn").and_then(Value::as_str));
        all.extend(arns.map(|arn| (arn.to_owned(), actions)));
    }
    let name = |resource: &Resource| resource.spec.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (_, table) in model.of_kind("table") {
        let arn = format!("arn:aws:dynamodb:{}:{}:table/{}", model.names.region, model.names.account, name(table));
        let indexes = table.spec.get("indexes").and_then(Value::as_object);
        all.extend(indexes.into_iter().flatten().map(|(index, _)| (format!("{arn}/index/{index}"), &WITH_TABLES[..])));
        all.push((arn, &WITH_TABLES));
    }
    for (_, bucket) in model.of_kind("bucket").filter(|(address, _)| address.label() == "documents") {
        let arn = format!("arn:aws:s3:::{}", name(bucket));
        all.push((format!("{arn}/x-tier/clinic-x/one.pdf"), &WITH_BUCKETS));
        all.push((arn, &WITH_BUCKETS));
    }
    if model.profile == Profile::Strict {
        let arns = model.of_kind("knowledge_base").filter_map(|(_, resource)| resource.output.get("arn").and_then(Value::as_str));
        all.extend(arns.map(|arn| (arn.to_owned(), &["bedrock:Retrieve"][..])));
    }
    all
}

/// What the agent's own role must never do, by action and resource: to what tenants share, and to the platform itself; and whatever
/// its own statements name, however narrow.
fn forbidden(model: &Model, role: &Known, all: &[Known]) -> Vec<(String, String)> {
    let (region, account) = (&model.names.region, &model.names.account);
    let shared = shared(model);
    let mut calls: Vec<(String, String)> =
        shared.iter().flat_map(|(arn, actions)| actions.iter().map(|action| ((*action).to_owned(), arn.clone()))).collect();
    for never in NEVER {
        let action = never.replace('*', "x");
        let service = never.split(':').next().unwrap_or_default();
        calls.push((action, format!("arn:aws:{service}:{region}:{account}:x/x")));
    }
    let tenants: Vec<&str> = all.iter().filter(|other| other.is_tagged).map(|other| other.arn.as_str()).collect();
    for statement in allows(&role.documents.1) {
        let texts = |key: &str| statement.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        // What a pattern means at the least.
        let some = |text: &str| text.replace(['*', '?'], "x");
        let places: Vec<String> = texts("Resource").map(some).chain(texts("NotResource").map(|_| "arn:aws:x:::x".into())).collect();
        let named = texts("Action").map(|action| some(&action.to_lowercase()));
        let never = named.filter(|action| NEVER.iter().any(|never| glob(&tokens(never), action)));
        for action in never {
            let places = places.iter().filter(|place| !(action.starts_with("sts:") && tenants.contains(&place.as_str())));
            calls.extend(places.map(|place| (action.clone(), place.clone())));
        }
        for place in &places {
            let inside = shared.iter().filter(|(arn, _)| place != arn && place.starts_with(arn.as_str()));
            calls.extend(inside.flat_map(|(_, actions)| actions.iter().map(|action| ((*action).to_owned(), place.clone()))));
        }
    }
    calls
}

pub(super) fn runtime(model: &Model, row: &mut Row) -> Result<()> {
    templates::nothing_else(model, row)?;
    let all = roles(model)?;
    let Some(role) = all.iter().find(|role| role.address.label() == "runtime") else { return Ok(()) };
    let context = Context::new();
    for (action, on) in forbidden(model, role, &all) {
        row.attack(&role.might(&action, &on, &context), || role.name().into(), || format!("{action} on {on}"));
    }
    let own =
        format!("arn:aws:ssm:{}:{}:parameter{}/memory/basic_id", model.names.region, model.names.account, model.names.parameter_root());
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
        let serves = |arn: &str| gateway.documents.1.text().contains(&format!("{arn}\""));
        match functions.iter().any(|(address, _)| model.output(address, "arn").is_ok_and(serves)) {
            true => row.unknown(gateway.name(), "the gateway can't call the tools' function either: refusals show nothing"),
            false => row.skipped("the tools' function is not the platform's own"),
        }
        return Ok(());
    }
    for (arn, function) in tools {
        row.control(
            &gateway.may("lambda:InvokeFunction", arn, &context),
            || gateway.name().into(),
            || format!("calling {}", function.name),
        );
        for role in all.iter().filter(|role| role.arn != gateway.arn) {
            for action in ["lambda:InvokeFunction", "lambda:InvokeAsync", "lambda:InvokeFunctionUrl", "lambda:UpdateFunctionCode"] {
                row.attack(&role.might(action, arn, &context), || role.name().into(), || format!("{action} on {}", function.name));
            }
        }
        for (address, permission) in model.all::<Permission>()? {
            if permission.function.get()? == function.name {
                let says = format!("{} may call it without the gateway", permission.principal);
                // A service acts for whoever asks it to: only one that says for whom, and that is us.
                let ours = permission.principal.ends_with(".amazonaws.com")
                    && permission.source_account.as_deref() == Some(model.names.account.as_str());
                row.refused_if(ours && permission.source_arn.is_some(), address.to_string(), says);
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
    for role in &all {
        for on in &secrets {
            for action in ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory"] {
                row.attack(&role.might(action, on, &context), || role.name().into(), || format!("{action} on {on}"));
            }
            // A path is asked for as a whole: what is refused of its children alone goes with it.
            let folders =
                on.match_indices('/').map(|(at, _)| on.get(..at).unwrap_or_default()).filter(|folder| !folder.ends_with(":parameter"));
            for folder in folders.flat_map(|folder| [folder.to_owned(), format!("{folder}/")]) {
                let judged = role.might("ssm:GetParametersByPath", &folder, &context);
                row.attack(&judged, || role.name().into(), || format!("ssm:GetParametersByPath on {folder}"));
            }
        }
    }
    Ok(())
}

pub(super) fn services(model: &Model, row: &mut Row) -> Result<()> {
    for (address, role) in model.all::<Role>()? {
        let trust =
            Policy::parse(role.trust.value()).map_err(|why| anyhow::anyhow!("{why}")).with_context(|| format!("reading {address}"))?;
        let arn = model.output(address, "arn")?;
        let services = role.trust.value().pointer("/Statement").into_iter().flat_map(|s| s.as_array().into_iter().flatten());
        let services: Vec<&str> =
            services.filter_map(|s| s.pointer("/Principal/Service")?.as_array()).flatten().filter_map(Value::as_str).collect();
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
    // A service that does not say for whom it calls.
    let nobody = Context::new().open(&open_keys(trust).into_iter().filter(|key| !key.starts_with("aws:source")).collect());
    let asked = Request { principal: None, service: Some(service), action: "sts:AssumeRole", resource: arn, context: &nobody };
    row.attack(&resource(trust, &asked), || name.into(), || format!("{service} for it does not say whom"));
    match lets_ours_in {
        true => row.controls += 1,
        false => row.unknown(name, format!("{service} can't take the role on for this account either: refusals show nothing")),
    }
}
