//! Who may take on which role.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;

use super::super::iam::{Context, Decision, Policy, Request, resource};
use super::super::model::Model;
use super::super::report::Row;
use super::super::roles::{Caller, Known, TAGS, USER, open_keys, roles};
use super::super::statement::{allows, sid};

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
    strangers(model, row, &all);
    Ok(())
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
        let is_everyone_pinned = pinned && statement.get("Principal").is_some();
        row.refused_if(
            by_name || is_everyone_pinned,
            role.name(),
            format!("its trust lets others in than {} (statement `{}`): {whom}", own.name(), sid(statement)),
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
fn strangers(model: &Model, row: &mut Row, all: &[Known]) {
    let ours = all.iter().filter(|role| !role.is_tagged).map(|role| (&role.arn, role.documents.0.value()));
    let others: Vec<(&String, &Value)> = model.strangers.roles.iter().chain(ours).collect();
    for actor in all.iter().filter(|role| role.is_tagged || role.address.label() == "runtime") {
        others.iter().for_each(|other| stranger(model, row, actor, *other));
    }
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

pub(super) fn services(model: &Model, row: &mut Row) -> Result<()> {
    for role in roles(model)? {
        let statements = role.documents.0.value().get("Statement").and_then(Value::as_array).into_iter().flatten();
        let services = statements.filter_map(|s| s.pointer("/Principal/Service")?.as_array()).flatten().filter_map(Value::as_str);
        for service in services {
            judge_service(model, row, &role.trust, (&role.arn, service));
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
