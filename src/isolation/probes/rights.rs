//! What the roles that serve all tenants may do by themselves: the agents', and everybody's as to tools and secrets.

use anyhow::Result;
use serde_json::Value;

use super::super::iam::pattern::{glob, tokens};
use super::super::iam::{Context, Decision};
use super::super::model::{Model, Resource};
use super::super::report::Row;
use super::super::roles::{Known, roles};
use super::super::statement::{allows, texts};
use super::templates;
use crate::kinds::{Function, Parameter, Permission, Protection};
use crate::manifest::Profile;

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
    let mut calls: Vec<(String, String)> = with_shared(model).into_iter().map(|(action, arn)| (action.to_owned(), arn)).collect();
    for never in NEVER {
        let action = never.replace('*', "x");
        let service = never.split(':').next().unwrap_or_default();
        calls.push((action, format!("arn:aws:{service}:{region}:{account}:x/x")));
    }
    let tenants: Vec<&str> = all.iter().filter(|other| other.is_tagged).map(|other| other.arn.as_str()).collect();
    for statement in allows(&role.documents.1) {
        // What a pattern means at the least.
        let some = |text: &str| text.replace(['*', '?'], "x");
        let places: Vec<String> =
            texts(statement, "Resource").map(some).chain(texts(statement, "NotResource").map(|_| "arn:aws:x:::x".into())).collect();
        let named = texts(statement, "Action").map(|action| some(&action.to_lowercase()));
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

/// A parameter that agents read, so that refusals of others mean something.
pub(crate) fn own_parameter(model: &Model) -> String {
    parameter_arn(model, &format!("{}/memory/basic_id", model.names.parameter_root()))
}

fn parameter_arn(model: &Model, name: &str) -> String {
    format!("arn:aws:ssm:{}:{}:parameter{name}", model.names.region, model.names.account)
}

pub(super) fn runtime(model: &Model, row: &mut Row) -> Result<()> {
    templates::nothing_else(model, row)?;
    let all = roles(model)?;
    let Some(role) = all.iter().find(|role| role.address.label() == "runtime") else { return Ok(()) };
    let context = Context::new();
    for (action, on) in forbidden(model, role, &all) {
        row.attack(&role.might(&action, &on, &context), || role.name().into(), || format!("{action} on {on}"));
    }
    let own = own_parameter(model);
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
    let parameters = model.all::<Parameter>()?;
    let secrets: Vec<String> =
        parameters.iter().filter(|(_, p)| p.protection == Protection::Secret).map(|(_, p)| parameter_arn(model, &p.name)).collect();
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
