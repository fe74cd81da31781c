//! Trust policies: whom they let in, and what becomes of the roles they name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::World;
use super::policy::{one_or_many, statements};
use super::{CALLER_ROLE, Role, Tags};
use crate::isolation::iam::{self, Context, Decision, Policy};

/// A service of the account itself, such as `bedrock.amazonaws.com`, on behalf of some resource of its own.
struct Caller<'a> {
    principal: &'a str,
    account: &'a str,
    region: &'a str,
}

/// Whether `service` can assume the role now: it exists, is old enough to be seen everywhere, and trusts the service.
pub(in super::super) fn assumable(world: &World, role_arn: &str, service: &str) -> bool {
    let Some(role) = world.state.iam.by_arn(&world.account, role_arn) else { return false };
    let caller = Caller { principal: service, account: &world.account, region: &world.region };
    propagated(world, role) && allows(&shown(world, role), &caller, "sts:AssumeRole")
}

/// What AssumeRole is asked for.
pub(in super::super) struct Asked<'a> {
    pub(in super::super) role: &'a str,
    pub(in super::super) name: &'a str,
    pub(in super::super) tags: &'a Tags,
    /// In lower case.
    pub(in super::super) transitive: &'a BTreeSet<String>,
    pub(in super::super) external: Option<&'a str>,
}

impl Asked<'_> {
    /// The call as conditions see it.
    fn context(&self, world: &World, caller: &super::Caller) -> Context {
        let mut context = caller.context(world).with("sts:RoleSessionName", [self.name]);
        if let Some(external) = self.external {
            context = context.with("sts:ExternalId", [external]);
        }
        if !self.tags.is_empty() {
            context = context.with("aws:TagKeys", self.tags.values().map(|(key, _)| key.as_str()));
        }
        let written = |folded: &String| self.tags.get(folded).map_or(folded.clone(), |(key, _)| key.clone());
        if !self.transitive.is_empty() {
            context = context.with("sts:TransitiveTagKeys", self.transitive.iter().map(written));
        }
        self.tags.values().fold(context, |context, (key, value)| context.with(&format!("aws:RequestTag/{key}"), [value.as_str()]))
    }
}

/// Whether `caller` may assume a role; `Err` names the action that is missing, and why where that is not plain.
pub(in super::super) fn may_assume(world: &World, asked: &Asked, caller: &super::Caller) -> Result<super::Assumed, (&'static str, String)> {
    const ASSUME: &str = "sts:AssumeRole";
    let no = |action| move || (action, String::new());
    let role = world.state.iam.by_arn(&world.account, asked.role).filter(|role| propagated(world, role)).ok_or_else(no(ASSUME))?;
    let assumed = super::Assumed { name: role.name.clone(), id: role.id.clone(), max_session: role.max_session };
    let trust = shown(world, role);
    if caller.is_user() && asked.tags.is_empty() && trusts_a_service(world, &trust) {
        return Ok(assumed);
    }
    let policy = serde_json::from_str(&trust).map_err(|_| (ASSUME, String::new()))?;
    let policy = Policy::parse(&policy).map_err(|_| (ASSUME, String::new()))?;
    let context = asked.context(world, caller);
    let tagged = !asked.tags.is_empty() || caller.hands_on_tags();
    for action in [ASSUME].into_iter().chain(tagged.then_some("sts:TagSession")) {
        let request = iam::Request { principal: Some(&caller.arn), service: None, action, resource: asked.role, context: &context };
        let named = iam::resource_by_name(&policy, &request);
        let own = caller.judge(&request);
        // A role that trusts the caller by name needs no policy of the caller; whatever denies it counts.
        let judged =
            if named.decision == Decision::Allow { iam::either(own, named) } else { iam::bounded(own, iam::resource(&policy, &request)) };
        match judged.decision {
            Decision::Allow => {}
            Decision::Unknown => {
                return Err((action, format!(": the sandbox can't tell what `{}` means here", judged.by.unwrap_or_default())));
            }
            Decision::ExplicitDeny => return Err((action, " with an explicit deny".into())),
            Decision::ImplicitDeny => return Err((action, String::new())),
        }
    }
    Ok(assumed)
}

/// Whether some service of AWS may assume a role that is trusted like this: the sandbox's user stands for all of them.
fn trusts_a_service(world: &World, trust: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(trust) else { return false };
    statements(&document).into_iter().flat_map(|s| one_or_many(s.get("Principal").and_then(|p| p.get("Service")))).any(|service| {
        let service = Caller { principal: service.as_str().unwrap_or_default(), account: &world.account, region: &world.region };
        allows(trust, &service, "sts:AssumeRole")
    })
}

fn propagated(world: &World, role: &Role) -> bool {
    role.created + world.propagation.as_secs_f64() <= world.now
}

/// The roles of this account that a policy's principals name, with their ids; `Err` is the first one that is not there.
pub(in super::super) fn known_principals(world: &World, policy: &Value) -> Result<BTreeMap<String, String>, String> {
    let mut known = BTreeMap::new();
    for named in statements(policy).into_iter().flat_map(aws_principals) {
        if dangling(named) {
            return Err(named.into());
        }
        let parts: Vec<&str> = named.splitn(6, ':').collect();
        let ["arn", _, service, _, account, resource] = *parts.as_slice() else { continue };
        if account != world.account || resource == "root" {
            continue;
        }
        let arn = match (service, resource.split('/').collect::<Vec<_>>().as_slice()) {
            ("sts", ["assumed-role", role, _]) => world.state.iam.role(role).map(|role| role.arn(account)).unwrap_or_default(),
            _ => named.to_owned(),
        };
        if arn == caller_role(account) || named.starts_with(&format!("arn:aws:sts::{account}:assumed-role/{CALLER_ROLE}/")) {
            continue;
        }
        match world.state.iam.by_arn(account, &arn) {
            Some(role) if propagated(world, role) => known.insert(named.into(), role.id.clone()),
            _ => return Err(named.into()),
        };
    }
    Ok(known)
}

/// The role that calls from outside the sandbox.
pub(super) fn caller_role(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/{CALLER_ROLE}")
}

/// Whether a principal is the id that is left of a deleted role or user.
fn dangling(principal: &str) -> bool {
    (principal.starts_with("AROA") || principal.starts_with("AIDA"))
        && principal.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

fn aws_principals(statement: &Value) -> Vec<&str> {
    let principals = statement.get("Principal").or_else(|| statement.get("NotPrincipal")).and_then(|p| p.get("AWS"));
    one_or_many(principals).into_iter().filter_map(Value::as_str).collect()
}

/// The trust policy as IAM shows it: as sent, but for account ids and for roles that are no longer the ones meant.
pub(super) fn shown(world: &World, role: &Role) -> String {
    let gone = |arn: &str| {
        let id = role.trusted.get(arn)?;
        let same = world.state.iam.roles.values().any(|other| other.id == *id);
        (!same).then(|| id.clone())
    };
    let whole = |principal: &str| principal.len() == 12 && principal.chars().all(|c| c.is_ascii_digit());
    let Ok(mut document) = serde_json::from_str::<Value>(&role.trust) else { return role.trust.clone() };
    let mut changed = false;
    let list = match document.get_mut("Statement") {
        Some(Value::Array(list)) => list.iter_mut().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    for statement in list {
        let principals = ["Principal", "NotPrincipal"].into_iter().find(|name| statement.get(name).is_some());
        let Some(named) = principals.and_then(|name| statement.get_mut(name)).and_then(|p| p.get_mut("AWS")) else { continue };
        let values: Vec<&mut Value> = match named {
            Value::Array(values) => values.iter_mut().collect(),
            one => vec![one],
        };
        for value in values {
            let Some(text) = value.as_str() else { continue };
            let other = if whole(text) { Some(format!("arn:aws:iam::{text}:root")) } else { gone(text) };
            if let Some(other) = other {
                *value = Value::String(other);
                changed = true;
            }
        }
    }
    if changed { document.to_string() } else { role.trust.clone() }
}

/// Evaluates a trust policy, given as IAM shows it: an id in place of a role trusts nobody.
fn allows(trust: &str, caller: &Caller, action: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(trust) else { return false };
    let Ok(policy) = Policy::parse(&document) else { return false };
    let own = Context::new().with("aws:SourceAccount", [caller.account]);
    sources(&document, caller).into_iter().any(|source| {
        let context = own.clone().with("aws:SourceArn", [source]);
        let request = iam::Request { principal: None, service: Some(caller.principal), action, resource: "*", context: &context };
        iam::resource(&policy, &request).decision == Decision::Allow
    })
}

/// Resources on whose behalf the service may call: one of its own, and one like each that the policy asks for.
fn sources(document: &Value, caller: &Caller) -> Vec<String> {
    let service = caller.principal.split('.').next().unwrap_or_default();
    let own = |name: &str| format!("arn:aws:{service}:{}:{}:{}", caller.region, caller.account, name.replace(['*', '?'], "x"));
    let conditions = statements(document).into_iter().filter_map(|s| s.get("Condition")?.as_object());
    let keys = conditions.flat_map(|operators| operators.values()).filter_map(Value::as_object).flatten();
    let asked = keys.filter(|(key, _)| key.eq_ignore_ascii_case("aws:SourceArn")).flat_map(|(_, wanted)| one_or_many(Some(wanted)));
    let named = asked.filter_map(|pattern| pattern.as_str()?.splitn(6, ':').nth(5)).map(own);
    named.chain([own("x")]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn policy(statement: &Value) -> String {
        json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
    }

    #[test]
    fn a_service_is_trusted_for_its_own_resources_only() {
        let trust = |source: &str| {
            policy(&json!({
                "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": ["bedrock.amazonaws.com"] },
                "Condition": { "StringEquals": { "aws:SourceAccount": "111122223333" }, "ArnLike": { "aws:SourceArn": source } },
            }))
        };
        let bedrock = Caller { principal: "bedrock.amazonaws.com", account: "111122223333", region: "eu-west-1" };
        assert!(allows(&trust("arn:aws:bedrock:eu-west-1:111122223333:knowledge-base/*"), &bedrock, "sts:AssumeRole"));
        assert!(!allows(&trust("arn:aws:bedrock:us-east-1:111122223333:knowledge-base/*"), &bedrock, "sts:AssumeRole"));
        let lambda = Caller { principal: "lambda.amazonaws.com", account: "111122223333", region: "eu-west-1" };
        assert!(!allows(&trust("*"), &lambda, "sts:AssumeRole"));
    }
}
