//! Trust policies: whom they let in, and what becomes of the roles they name.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::World;
use super::policy::{one_or_many, statements};
use super::{CALLER_ROLE, Role};

/// Who asks, and what is known about the call.
enum Caller<'a> {
    /// A service of the account itself, such as `bedrock.amazonaws.com`, on behalf of some resource of its own.
    Service { principal: &'a str, account: &'a str, region: &'a str },
    /// A role of the account, with the request's condition keys in lower case.
    Role { arn: &'a str, account: &'a str, keys: BTreeMap<String, Vec<String>> },
}

/// Whether `service` can assume the role now: it exists, is old enough to be seen everywhere, and trusts the service.
pub(in super::super) fn assumable(world: &World, role_arn: &str, service: &str) -> bool {
    let Some(role) = world.state.iam.by_arn(&world.account, role_arn) else { return false };
    let caller = Caller::Service { principal: service, account: &world.account, region: &world.region };
    propagated(world, role) && allows(&shown(world, role), &caller, "sts:AssumeRole")
}

/// What a call of AssumeRole asks for that trust policies can judge.
pub(in super::super) struct Asked<'a> {
    pub(in super::super) tags: Vec<(String, String)>,
    /// The tags that stay through further roles.
    pub(in super::super) transitive: Vec<&'a str>,
    pub(in super::super) external: Option<&'a str>,
}

/// Whether the role `caller` may assume the role `role_arn` with what it asks for; `Err` names the action that is missing.
pub(in super::super) fn may_assume(world: &World, role_arn: &str, caller: &str, asked: &Asked<'_>) -> Result<super::Assumed, &'static str> {
    let role = world.state.iam.by_arn(&world.account, role_arn).filter(|role| propagated(world, role)).ok_or("sts:AssumeRole")?;
    let mut keys =
        BTreeMap::from([("aws:principalarn".into(), vec![caller.into()]), ("aws:principalaccount".into(), vec![world.account.clone()])]);
    let tags = &asked.tags;
    if let Some(external) = asked.external {
        keys.insert("sts:externalid".into(), vec![external.into()]);
    }
    if !asked.transitive.is_empty() {
        keys.insert("sts:transitivetagkeys".into(), asked.transitive.iter().map(|key| (*key).to_owned()).collect());
    }
    if !tags.is_empty() {
        keys.insert("aws:tagkeys".into(), tags.iter().map(|(key, _)| key.clone()).collect());
        keys.extend(tags.iter().map(|(key, value)| (format!("aws:requesttag/{}", key.to_lowercase()), vec![value.clone()])));
    }
    let caller = Caller::Role { arn: caller, account: &world.account, keys };
    let trust = shown(world, role);
    if !allows(&trust, &caller, "sts:AssumeRole") {
        return Err("sts:AssumeRole");
    }
    if !tags.is_empty() && !allows(&trust, &caller, "sts:TagSession") {
        return Err("sts:TagSession");
    }
    Ok(super::Assumed { name: role.name.clone(), id: role.id.clone(), max_session: role.max_session })
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
pub(in super::super) fn caller_role(account: &str) -> String {
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
    let applies = |effect: &str| {
        statements(&document).into_iter().any(|statement| {
            let acts = one_or_many(statement.get("Action"))
                .into_iter()
                .filter_map(Value::as_str)
                .any(|a| like(&a.to_lowercase(), &action.to_lowercase()));
            let conditions = statement.get("Condition").and_then(Value::as_object);
            statement.get("Effect").is_some_and(|e| e == effect)
                && acts
                && names(statement.get("Principal"), caller)
                && conditions.is_none_or(|operators| met(operators, caller))
        })
    };
    applies("Allow") && !applies("Deny")
}

fn names(principal: Option<&Value>, caller: &Caller) -> bool {
    let Some(principal) = principal else { return false };
    let listed = |kind: &str| one_or_many(principal.get(kind)).into_iter().filter_map(Value::as_str).collect::<Vec<_>>();
    match caller {
        Caller::Service { principal: service, .. } => listed("Service").contains(service),
        Caller::Role { arn, account, .. } => {
            let root = format!("arn:aws:iam::{account}:root");
            principal == "*" || listed("AWS").into_iter().any(|named| named == "*" || named == *account || named == root || named == *arn)
        }
    }
}

/// Whether all conditions hold; an operator or a variable that is not known here does not hold.
fn met(operators: &Map<String, Value>, caller: &Caller) -> bool {
    operators.iter().all(|(operator, keys)| {
        keys.as_object().is_some_and(|keys| {
            keys.iter().all(|(key, wanted)| {
                let wanted: Vec<String> = one_or_many(Some(wanted)).into_iter().map(text).collect();
                holds(operator, &key.to_lowercase(), &wanted, caller)
            })
        })
    })
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), Into::into)
}

fn holds(operator: &str, key: &str, wanted: &[String], caller: &Caller) -> bool {
    let found = match caller {
        Caller::Service { principal, account, region } => match key {
            "aws:sourceaccount" => Some(vec![(*account).to_owned()]),
            "aws:sourcearn" => return wanted.iter().any(|pattern| some_resource(pattern, principal, account, region)),
            _ => None,
        },
        Caller::Role { keys, .. } => keys.get(key).cloned(),
    };
    let (set, operator) = operator.split_once(':').unwrap_or(("", operator));
    let (operator, optional) = operator.strip_suffix("IfExists").map_or((operator, false), |operator| (operator, true));
    if operator == "Null" {
        return wanted.iter().any(|w| w == if found.is_none() { "true" } else { "false" });
    }
    let Some(found) = found else { return optional || set == "ForAllValues" || operator.contains("Not") };
    let (operator, negated) = if operator.contains("Not") { (operator.replace("Not", ""), true) } else { (operator.to_owned(), false) };
    let matches = |value: &String| {
        let hit = wanted.iter().any(|pattern| match operator.as_str() {
            "StringEquals" => pattern == value,
            "StringEqualsIgnoreCase" => pattern.eq_ignore_ascii_case(value),
            "StringLike" | "ArnLike" | "ArnEquals" => like(pattern, value),
            _ => false,
        });
        hit != negated
    };
    if set == "ForAllValues" { found.iter().all(matches) } else { found.iter().any(matches) }
}

/// Whether some resource of the service in this account and region has an ARN of the pattern.
fn some_resource(pattern: &str, service: &str, account: &str, region: &str) -> bool {
    let mut parts = pattern.splitn(6, ':');
    let name = service.split('.').next().unwrap_or("");
    let mut fits = |value: &str| parts.next().is_some_and(|part| like(part, value));
    pattern == "*" || (fits("arn") && fits("aws") && fits(name) && fits(region) && fits(account))
}

/// IAM's wildcards: `*` for any run of characters, `?` for one.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star) = (0, 0, None);
    while let Some(letter) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(wanted) if wanted == letter || *wanted == '?' => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                p = at + 1;
                t = from + 1;
            }
        }
    }
    pattern.get(p..).is_none_or(|rest| rest.iter().all(|c| *c == '*'))
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
        let bedrock = Caller::Service { principal: "bedrock.amazonaws.com", account: "111122223333", region: "eu-west-1" };
        assert!(allows(&trust("arn:aws:bedrock:eu-west-1:111122223333:knowledge-base/*"), &bedrock, "sts:AssumeRole"));
        assert!(!allows(&trust("arn:aws:bedrock:us-east-1:111122223333:knowledge-base/*"), &bedrock, "sts:AssumeRole"));
        let lambda = Caller::Service { principal: "lambda.amazonaws.com", account: "111122223333", region: "eu-west-1" };
        assert!(!allows(&trust("*"), &lambda, "sts:AssumeRole"));
    }

    /// What the shipped trust policy of a tenants' role says to a call, its holes filled as for runtimes.
    fn vends(caller: &str, tags: &[(&str, &str)], transitive: &[&str]) -> bool {
        let account = "111122223333";
        let role = |name: &str| format!("arn:aws:iam::{account}:role/{name}");
        let text = include_str!("../../../policies/tvm-trust.json");
        let text = text.replace("{{trusted_role.arn}}", &role("runtime")).replace("[\"{{tier.names}}\"]", "[\"basic\", \"premium\"]");
        let mut keys = BTreeMap::from([("aws:principalarn".into(), vec![role(caller)])]);
        if !tags.is_empty() {
            keys.insert("aws:tagkeys".into(), tags.iter().map(|(key, _)| (*key).to_owned()).collect());
        }
        if !transitive.is_empty() {
            keys.insert("sts:transitivetagkeys".into(), transitive.iter().map(|key| (*key).to_owned()).collect());
        }
        keys.extend(tags.iter().map(|(key, value)| (format!("aws:requesttag/{}", key.to_lowercase()), vec![(*value).to_owned()])));
        let arn = role(caller);
        let caller = Caller::Role { arn: &arn, account, keys };
        ["sts:AssumeRole", "sts:TagSession"].iter().all(|action| allows(&text, &caller, action))
    }

    #[test]
    fn the_shipped_trust_of_tenants_vends_to_one_role_for_one_user_and_to_nobody_else() {
        let all = ["Tier", "ClinicId", "UserId"];
        let who = [("Tier", "basic"), ("ClinicId", "clinic-a"), ("UserId", "0b5c")];
        let with = |at: usize, value: &'static str| {
            let mut tags = who;
            tags[at].1 = value;
            tags
        };
        assert!(vends("runtime", &who, &all));
        assert!(!vends("tools-function", &who, &all));
        assert!(!vends("runtime", &[], &[]));
        for missing in 0..3 {
            let tags: Vec<_> = who.iter().enumerate().filter(|(n, _)| *n != missing).map(|(_, tag)| *tag).collect();
            let keys: Vec<_> = tags.iter().map(|(key, _)| *key).collect();
            assert!(!vends("runtime", &tags, &keys), "without {}", all[missing]);
            assert!(!vends("runtime", &who, &keys), "{} is not transitive", all[missing]);
            assert!(!vends("runtime", &with(missing, ""), &all), "{} is empty", all[missing]);
        }
        assert!(!vends("runtime", &who, &[]));
        let more = [who.as_slice(), &[("Role", "admin")]].concat();
        assert!(!vends("runtime", &more, &all));
        assert!(!vends("runtime", &with(0, "gold"), &all));
        assert!(!vends("runtime", &with(1, "clinic-a/x"), &all) && !vends("runtime", &with(2, "x/y"), &all));
    }

    #[test]
    fn a_session_needs_every_tag_that_the_trust_policy_asks_for() {
        let trust = policy(&json!({
            "Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Principal": { "AWS": "111122223333" },
            "Condition": { "StringLike": { "aws:RequestTag/ClinicId": "?*" } },
        }));
        let caller = |tags: &[(&str, &str)]| Caller::Role {
            arn: "arn:aws:iam::111122223333:role/runtime",
            account: "111122223333",
            keys: tags.iter().map(|(k, v)| (format!("aws:requesttag/{k}"), vec![(*v).to_owned()])).collect(),
        };
        assert!(allows(&trust, &caller(&[("clinicid", "north")]), "sts:TagSession"));
        assert!(!allows(&trust, &caller(&[("clinicid", "")]), "sts:TagSession"));
        assert!(!allows(&trust, &caller(&[("tier", "basic")]), "sts:TagSession"));
    }
}
