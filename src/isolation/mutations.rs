//! Breaking the platform on paper: each mutation opens one hole, and a probe that stays green is worth nothing.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::model::Model;
use super::probes::judge;
use super::report::{Method, Outcome};
use crate::address::Address;

/// One hole, and how it is made.
pub(crate) struct Mutation {
    /// What is broken, in words.
    pub(crate) name: &'static str,
    /// Whether there was something to break.
    open: fn(&mut Model) -> bool,
}

/// What became of one mutation.
#[derive(Debug, Clone)]
pub(crate) struct Tested {
    pub(crate) name: &'static str,
    /// The platform has nothing that it could break.
    pub(crate) applies: bool,
    /// The probes that turned red.
    pub(crate) noticed_by: Vec<&'static str>,
}

impl Tested {
    pub(crate) fn is_noticed(&self) -> bool {
        !self.applies || !self.noticed_by.is_empty()
    }
}

/// Breaks a copy of the platform each way, and asks every probe.
pub(crate) fn test(model: &Model) -> Vec<Tested> {
    let before: Vec<Outcome> = judge(model, Method::Manifest).rows.iter().map(|row| row.outcome).collect();
    let one = |mutation: &Mutation| {
        let mut broken = model.clone();
        let applies = (mutation.open)(&mut broken);
        if !applies {
            return Tested { name: mutation.name, applies, noticed_by: Vec::new() };
        }
        let after = judge(&broken, Method::Manifest).rows;
        let red = after.iter().zip(&before).filter(|(row, before)| row.outcome >= Outcome::Unknown && row.outcome > **before);
        Tested { name: mutation.name, applies, noticed_by: red.map(|(row, _)| row.probe).collect() }
    };
    // Each is a whole proof, and none knows of another.
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = MUTATIONS.len().div_ceil(threads);
    std::thread::scope(|scope| {
        let shares: Vec<_> = MUTATIONS.chunks(share).map(|share| scope.spawn(|| share.iter().map(one).collect::<Vec<_>>())).collect();
        shares.into_iter().flat_map(|share| share.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

const fn mutation(name: &'static str, open: fn(&mut Model) -> bool) -> Mutation {
    Mutation { name, open }
}

pub(crate) const MUTATIONS: &[Mutation] = &[
    mutation("let anybody sign up", |m| set(m, "user_pool", "/self_sign_up", json!(true))),
    mutation("let the tenant attribute be changed", |m| {
        let pointer = format!("/attributes/{}/mutable", m.claims.tenant.trim_start_matches("custom:"));
        set(m, "user_pool", &pointer, json!(true))
    }),
    mutation("leave out a client's write attributes", |m| set(m, "client", "/write_attributes", Value::Null)),
    mutation("let users write their tenant", |m| {
        let claim = m.claims.tenant.clone();
        set(m, "client", "/write_attributes", json!(["name", claim]))
    }),
    mutation("let clients sign in with passwords", |m| set(m, "client", "/auth_flows", json!(["ALLOW_USER_SRP_AUTH"]))),
    mutation("let tokens live a day", |m| set(m, "client", "/token_minutes", json!(1440))),
    mutation("give a user another tenant's claim", |m| {
        let claim = m.claims.tenant.trim_start_matches("custom:").to_owned();
        set(m, "user", &format!("/tenant/{claim}"), json!("somebody-else"))
    }),
    mutation("give a user another tier's claim", |m| {
        let claim = m.claims.tier.trim_start_matches("custom:").to_owned();
        set(m, "user", &format!("/claims/{claim}"), json!("platinum"))
    }),
    mutation("stop asking for the tier at runtimes", |m| set(m, "runtime", "/authorizer/custom_claims", json!({}))),
    mutation("stop asking for the tier at gateways", |m| set(m, "gateway", "/authorizer/custom_claims", json!({}))),
    mutation("take tokens of another issuer", |m| set(m, "runtime", "/authorizer/discovery_url", json!("https://example.com/"))),
    mutation("take tokens for any client", |m| set(m, "gateway", "/authorizer/allowed_audience", json!([]))),
    mutation("remove the runtimes' resource policies", |m| remove(m, "resource_policy")),
    mutation("let tokens open shells", |m| {
        replace(m, "resource_policy", "\"bedrock-agentcore:InvokeAgentRuntime\"", "\"bedrock-agentcore:*\"")
            && drop_denies(m, "resource_policy", "/policy")
    }),
    mutation("only log what policies refuse", |m| set(m, "gateway", "/policy/mode", json!("log_only"))),
    mutation("let a policy only log", |m| set(m, "policy", "/enforced", json!("log_only"))),
    mutation("remove the tenant from a Cedar policy", |m| {
        let tenant = m.claims.tenant.clone();
        let input = tenant.trim_start_matches("custom:").to_owned();
        replace(m, "policy", &format!("principal.getTag(\\\"{tenant}\\\") == context.input.{input}"), "true")
    }),
    mutation("remove the tier from Cedar policies", |m| {
        let tier = m.claims.tier.clone();
        replace(m, "policy", &format!("principal.getTag(\\\"{tier}\\\") =="), &format!("principal.getTag(\\\"{tier}\\\") !="))
    }),
    mutation("let a tool take headers", |m| {
        replace(m, "gateway_target", "\"properties\":{", "\"properties\":{\"headers\":{\"type\":\"string\"},")
    }),
    mutation("let a tool take a tenant that nothing binds", |m| {
        replace(m, "gateway_target", "\"properties\":{", "\"properties\":{\"tenant_id\":{\"type\":\"string\"},")
    }),
    mutation("trust the whole account with tenants' roles", |m| {
        let root = format!("arn:aws:iam::{}:root", m.names.account);
        tagged(m, |role| widen_trust(role, &root))
    }),
    mutation("trust everybody with tenants' roles", |m| tagged(m, |role| widen_trust(role, "*"))),
    mutation("take tenants' roles on without tags", |m| tagged(m, |role| drop_conditions(role, "/trust/Statement"))),
    mutation("let tags end with the session", |m| tagged(m, |role| drop_condition_keys(role, "/trust/Statement", "sts:TransitiveTagKeys"))),
    mutation("take further tags", |m| tagged(m, |role| drop_condition_keys(role, "/trust/Statement", "aws:TagKeys"))),
    mutation("give the runtime role a table", |m| {
        let grant = json!({ "Sid": "Open", "Effect": "Allow", "Action": ["dynamodb:*"], "Resource": ["*"] });
        role(m, "runtime", |role| keep_allows(role) && push(role, "/policy/Statement", &grant))
    }),
    mutation("let the runtime role read secrets", |m| {
        let grant = json!({ "Sid": "Open", "Effect": "Allow", "Action": ["ssm:*"], "Resource": ["*"] });
        role(m, "runtime", |role| keep_allows(role) && push(role, "/policy/Statement", &grant))
    }),
    mutation("let the runtime role call the tools", |m| {
        let grant = json!({ "Sid": "Open", "Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": ["*"] });
        role(m, "runtime", |role| keep_allows(role) && push(role, "/policy/Statement", &grant))
    }),
    mutation("drop the slash after a tenant's prefix", |m| {
        replace_tagged(m, "${aws:PrincipalTag/ClinicId}/*", "${aws:PrincipalTag/ClinicId}*")
    }),
    mutation("match actors by pattern", |m| {
        let text = "${aws:PrincipalTag/UserId}\"";
        replace_tagged(m, text, "*\"")
            && replace_tagged(m, "\"StringEquals\":{\"bedrock-agentcore:actorId\"", "\"StringLike\":{\"bedrock-agentcore:actorId\"")
    }),
    mutation("match namespaces without their end", |m| replace_tagged(m, "${aws:PrincipalTag/UserId}/*", "*")),
    mutation("let reads of tables go without a key", |m| {
        tagged(m, |role| {
            let kept = drop_condition_keys(role, "/policy/Statement", "dynamodb:LeadingKeys");
            keep_allows(role) && kept
        })
    }),
    mutation("remove the guard against calls without a key", |m| {
        tagged(m, |role| {
            let dropped = drop_operator(role, "/policy/Statement", "Null", "dynamodb:LeadingKeys");
            // A denial beside it would still hold.
            keep_allows(role) && dropped
        })
    }),
    mutation("allow sessions that name nobody", |m| {
        let grant = json!({ "Sid": "Open", "Effect": "Allow", "Action": ["*"], "Resource": ["*"] });
        tagged(m, |role| keep_allows(role) && push(role, "/policy/Statement", &grant))
    }),
    mutation("share one prefix of documents", |m| replace_tagged(m, "-tier/${aws:PrincipalTag/ClinicId}/*", "-tier/*")),
    mutation("keep memories of all users in one namespace", |m| {
        set_all(m, "memory", |spec| {
            let Some(strategies) = spec.get_mut("strategies").and_then(Value::as_object_mut) else { return false };
            strategies.values_mut().for_each(|strategy| strategy["namespace"] = json!("clinic/all"));
            !strategies.is_empty()
        })
    }),
    mutation("let services of other accounts use the runtime role", |m| {
        role(m, "runtime", |role| drop_conditions(role, "/trust/Statement"))
    }),
    mutation("let services of other accounts use the gateway role", |m| {
        role(m, "gateway", |role| drop_conditions(role, "/trust/Statement"))
    }),
    mutation("remove the interceptor", |m| set(m, "gateway", "/interceptor", Value::Null)),
    mutation("pass a header on that the interceptor does not write", |m| {
        let is_strict = m.profile == crate::manifest::Profile::Strict;
        is_strict && set(m, "gateway_target", "/headers", json!(["X-Tier", "X-Clinic-ID", "X-User-ID", "X-Tenant"]))
    }),
    mutation("allow tenants' sessions all but what is listed", |m| {
        let grant = json!({ "Sid": "Open", "Effect": "Allow", "NotAction": ["iam:*"], "Resource": ["*"],
            "Condition": { "StringEquals": { "aws:PrincipalTag/ClinicId": ["${aws:PrincipalTag/ClinicId}"] } } });
        tagged(m, |role| push(role, "/policy/Statement", &grant))
    }),
    mutation("let tenants' sessions change users", |m| {
        let grant = json!({ "Sid": "Open", "Effect": "Allow", "Action": ["cognito-idp:AdminUpdateUserAttributes"], "Resource": ["*"] });
        tagged(m, |role| push(role, "/policy/Statement", &grant))
    }),
    mutation("compare the tenant with itself", |m| {
        tagged(m, |role| {
            let Some(policy) = role.get_mut("policy") else { return false };
            let from = "\"ForAllValues:StringEquals\":{\"dynamodb:LeadingKeys\"";
            replaced(policy, from, "\"StringEquals\":{\"aws:PrincipalTag/ClinicId\"") && keep_allows(role)
        })
    }),
    mutation("let one key of several be one's own", |m| {
        replace_tagged(m, "ForAllValues:StringEquals\":{\"dynamodb", "ForAnyValue:StringEquals\":{\"dynamodb")
    }),
    mutation("write rows by whatever key", |m| {
        let grant = json!({ "Sid": "Open", "Effect": "Allow", "Action": ["dynamodb:UpdateItem"], "Resource": ["*"],
            "Condition": { "StringLike": { "dynamodb:LeadingKeys": ["${aws:PrincipalTag/ClinicId}*"] } } });
        tagged(m, |role| keep_allows(role) && push(role, "/policy/Statement", &grant))
    }),
    mutation("share what stands in a tenant's place", |m| {
        let bucket = format!("arn:aws:s3:::{}-*/${{aws:PrincipalTag/ClinicId}}/*", m.names.platform);
        let grant = json!({ "Sid": "Open", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [bucket] });
        tagged(m, |role| keep_allows(role) && push(role, "/policy/Statement", &grant))
    }),
    mutation("allow whoever has a mark of their own", |m| {
        let grant = json!({ "Sid": "Open", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"],
            "Condition": { "StringEquals": { "aws:PrincipalTag/Department": ["records"] } } });
        tagged(m, |role| keep_allows(role) && push(role, "/policy/Statement", &grant))
    }),
    mutation("trust a web identity with tenants' roles", |m| {
        let door = json!({ "Sid": "Web", "Effect": "Allow", "Principal": { "Federated": ["cognito-identity.amazonaws.com"] },
            "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"] });
        tagged(m, |role| only_allows(role, "/trust/Statement") && push(role, "/trust/Statement", &door))
    }),
    mutation("trust whoever knows a word", |m| {
        let door = json!({ "Sid": "Word", "Effect": "Allow", "Principal": { "AWS": ["*"] }, "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": { "StringEquals": { "sts:ExternalId": ["word"] } } });
        tagged(m, |role| only_allows(role, "/trust/Statement") && push(role, "/trust/Statement", &door))
    }),
    mutation("trust all but one", |m| {
        let door = json!({ "Sid": "All", "Effect": "Allow", "NotPrincipal": { "AWS": ["arn:aws:iam::999999999999:role/somebody"] },
            "Action": ["sts:AssumeRole", "sts:TagSession"] });
        tagged(m, |role| only_allows(role, "/trust/Statement") && push(role, "/trust/Statement", &door))
    }),
    mutation("take tenants' roles on by a pattern, without conditions", |m| {
        tagged(m, |role| {
            let Some(trust) = role.get_mut("trust") else { return false };
            replaced(trust, "\"sts:AssumeRole\",\"sts:TagSession\"]", "\"sts:*\"]") && drop_conditions(role, "/trust/Statement")
        })
    }),
    mutation("take tenants' roles on without tagging the session", |m| {
        tagged(m, |role| {
            let Some(trust) = role.get_mut("trust") else { return false };
            replaced(trust, ",\"sts:TagSession\"", "")
        })
    }),
    mutation("tag a tenants' role as a tenant", |m| {
        tagged(m, |role| {
            let Some(tags) = role.get_mut("tags").and_then(Value::as_object_mut) else { return false };
            tags.insert("ClinicId".into(), json!("clinic-a"));
            true
        })
    }),
    mutation("give the runtime role one table", |m| {
        let table = format!("arn:aws:dynamodb:{}:{}:table/{}", m.names.region, m.names.account, m.names.table(crate::names::CLINIC_CONFIG));
        let grant = json!({ "Sid": "Open", "Effect": "Allow", "Action": ["dynamodb:BatchGetItem"], "Resource": [table] });
        role(m, "runtime", |role| keep_allows(role) && push(role, "/policy/Statement", &grant))
    }),
    mutation("give the runtime role one tenant's documents", |m| {
        let Some(name) = m.of_kind("bucket").find(|(a, _)| a.label() == "documents").and_then(|(_, b)| b.spec.get("name")?.as_str()) else {
            return false;
        };
        let folder = format!("arn:aws:s3:::{name}/basic-tier/clinic-b/*");
        let grant = json!({ "Sid": "Open", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [folder] });
        role(m, "runtime", |role| keep_allows(role) && push(role, "/policy/Statement", &grant))
    }),
    mutation("let the runtime role make itself another", |m| {
        let grant = json!({ "Sid": "Open", "Effect": "Allow", "Action": ["iam:AttachRolePolicy"], "Resource": ["arn:aws:iam::111122223333:role/one"] });
        role(m, "runtime", |role| keep_allows(role) && push(role, "/policy/Statement", &grant))
    }),
    mutation("let the gateway's role read what secrets were", |m| {
        let grant = json!({ "Sid": "Open", "Effect": "Allow", "Action": ["ssm:GetParameterHistory"], "Resource": ["*"] });
        role(m, "gateway", |role| push(role, "/policy/Statement", &grant))
    }),
    mutation("let services that say nothing of whom use the gateway role", |m| {
        role(m, "gateway", |role| {
            let Some(trust) = role.get_mut("trust") else { return false };
            replaced(trust, "\"StringEquals\"", "\"StringEqualsIfExists\"") && replaced(trust, "\"ArnLike\"", "\"ArnLikeIfExists\"")
        })
    }),
    mutation("take tokens of another pool", |m| {
        let other = format!("https://cognito-idp.{0}.amazonaws.com/{0}_Somebody1/.well-known/openid-configuration", m.names.region);
        set(m, "gateway", "/authorizer/discovery_url", json!(other)) && set(m, "runtime", "/authorizer/discovery_url", json!(other))
    }),
    mutation("take tokens for a client of somebody's", |m| set(m, "runtime", "/authorizer/allowed_audience", json!(["somebodys"]))),
    mutation("allow a shell to calls from one network", |m| {
        let grant = json!({ "Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": ["bedrock-agentcore:InvokeAgentRuntimeCommand"],
            "Resource": ["*"], "Condition": { "StringEquals": { "aws:SourceVpc": ["vpc-1"] } } });
        drop_denies(m, "resource_policy", "/policy") && set_all(m, "resource_policy", |spec| push(spec, "/policy/Statement", &grant))
    }),
    mutation("ask another policy engine", |m| {
        set(m, "gateway", "/policy/engine", json!("arn:aws:bedrock-agentcore:us-east-1:111122223333:policy-engine/other"))
    }),
    mutation("permit a call for some minutes", |m| loosen(m, "context.system.now.toTime() < duration(\\\"1m\\\")")),
    mutation("permit a call to one role", |m| {
        loosen(m, "(principal.hasTag(\\\"custom:role\\\") && principal.getTag(\\\"custom:role\\\") == \\\"support\\\")")
    }),
    mutation("permit a call of one tenant", |m| {
        let tenant = m.claims.tenant.clone();
        loosen(m, &format!("principal.getTag(\\\"{tenant}\\\") == \\\"hospital-x\\\""))
    }),
    mutation("let a tool take a tenant by another spelling", |m| {
        replace(m, "gateway_target", "\"properties\":{", "\"properties\":{\"tenantId\":{\"type\":\"string\"},")
    }),
    mutation("put a target of another sort behind gateways", |m| set(m, "gateway_target", "/sort", json!("other"))),
    mutation("hang a target behind gateways that nobody declared", |m| {
        let gateways: Vec<Address> = m.of_kind("gateway").map(|(address, _)| address.clone()).collect();
        m.strangers.targets.extend(gateways.iter().map(|gateway| (gateway.clone(), "by-hand".to_owned())));
        !gateways.is_empty()
    }),
    mutation("put another function behind live tools", |m| {
        m.expected = declared(m);
        set(m, "gateway_target", "/lambda", json!("arn:aws:lambda:us-east-1:111122223333:function:other"))
    }),
    mutation("take tokens of another client at live runtimes", |m| {
        m.expected = declared(m);
        set(m, "runtime", "/authorizer/allowed_audience", json!(["other-client"]))
            || set(m, "runtime", "/authorizer/allowed_clients", json!(["other-client"]))
    }),
    mutation("take live resource policies off", |m| {
        m.expected = declared(m);
        remove(m, "resource_policy")
    }),
    mutation("let a bucket's policy let others in", |m| {
        let grant = json!({ "Sid": "Open", "Effect": "Allow", "Principal": { "AWS": ["arn:aws:iam::999999999999:root"] },
            "Action": ["s3:GetObject"], "Resource": ["*"] });
        set_all(m, "bucket", |spec| push(spec, "/policy/Statement", &grant))
    }),
    mutation("open buckets to the public", |m| set(m, "bucket", "/protection/public_access_blocked", json!(false))),
    mutation("name a role of another team that trusts the agent", |m| {
        let Some(runtime) = m.of_kind("role").find(|(a, _)| a.label() == "runtime").and_then(|(_, r)| r.output.get("arn").cloned()) else {
            return false;
        };
        let trust = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": { "AWS": [runtime] }, "Action": ["sts:AssumeRole"] }] });
        m.strangers.roles.insert(format!("arn:aws:iam::{}:role/other-team", m.names.account), trust);
        role(m, "runtime", keep_allows)
    }),
];

/// Every document as it is before anything is broken: as if that were declared, and the broken platform live.
fn declared(model: &Model) -> BTreeMap<Address, Value> {
    model.resources.iter().map(|(address, resource)| (address.clone(), resource.spec.clone())).collect()
}

/// Changes the spec of every resource of a kind.
fn set_all(model: &mut Model, kind: &str, change: impl Fn(&mut Value) -> bool) -> bool {
    let mut any = false;
    for (_, resource) in model.resources.iter_mut().filter(|(address, _)| address.kind() == kind) {
        any |= change(&mut resource.spec);
    }
    any
}

/// Sets what a pointer names, in every resource of a kind that has it.
fn set(model: &mut Model, kind: &str, pointer: &str, value: impl Into<Value>) -> bool {
    let value = value.into();
    set_all(model, kind, |spec| match spec.pointer_mut(pointer) {
        Some(place) if !place.is_null() && *place != value => {
            *place = value.clone();
            true
        }
        _ => false,
    })
}

fn remove(model: &mut Model, kind: &str) -> bool {
    let before = model.resources.len();
    model.resources.retain(|address, _| address.kind() != kind);
    model.resources.len() < before
}

/// Replaces a part of the documents' text, where that leaves a document.
fn replace(model: &mut Model, kind: &str, from: &str, to: &str) -> bool {
    set_all(model, kind, |spec| replaced(spec, from, to))
}

fn replaced(spec: &mut Value, from: &str, to: &str) -> bool {
    let text = spec.to_string();
    match serde_json::from_str(&text.replace(from, to)) {
        Ok(changed) if text.contains(from) => {
            *spec = changed;
            true
        }
        _ => false,
    }
}

/// Changes the roles that are taken on for tenants.
fn tagged(model: &mut Model, change: impl Fn(&mut Value) -> bool) -> bool {
    let is_tagged = |spec: &Value| spec.pointer("/trust").is_some_and(|trust| trust.to_string().contains("sts:TagSession"));
    set_all(model, "role", |spec| is_tagged(spec) && change(spec))
}

fn replace_tagged(model: &mut Model, from: &str, to: &str) -> bool {
    tagged(model, |spec| {
        let Some(policy) = spec.get_mut("policy") else { return false };
        let changed = replaced(policy, from, to);
        // The denials say the same the other way round.
        changed && keep_allows(spec)
    })
}

fn role(model: &mut Model, label: &str, change: impl Fn(&mut Value) -> bool) -> bool {
    let mut any = false;
    for (_, resource) in model.resources.iter_mut().filter(|(a, _)| a.kind() == "role" && a.label() == label) {
        any |= change(&mut resource.spec);
    }
    any
}

fn statements<'a>(spec: &'a mut Value, pointer: &str) -> Option<&'a mut Vec<Value>> {
    spec.pointer_mut(pointer)?.as_array_mut()
}

fn push(spec: &mut Value, pointer: &str, statement: &Value) -> bool {
    statements(spec, pointer).map(|all| all.push(statement.clone())).is_some()
}

/// Takes the denials out of a role's own policy, so that what it allows is all that stands.
fn keep_allows(spec: &mut Value) -> bool {
    only_allows(spec, "/policy/Statement")
}

/// The same of any document.
fn only_allows(spec: &mut Value, pointer: &str) -> bool {
    statements(spec, pointer).map(|all| all.retain(|s| s.get("Effect") != Some(&json!("Deny")))).is_some()
}

/// Adds another way past the comparison of tenants.
fn loosen(model: &mut Model, way: &str) -> bool {
    let tenant = model.claims.tenant.clone();
    let input = tenant.trim_start_matches("custom:").to_owned();
    let bound = format!("principal.getTag(\\\"{tenant}\\\") == context.input.{input}");
    replace(model, "policy", &bound, &format!("({bound} || {way})"))
}

fn drop_denies(model: &mut Model, kind: &str, pointer: &str) -> bool {
    let pointer = format!("{pointer}/Statement");
    set_all(model, kind, |spec| statements(spec, &pointer).map(|all| all.retain(|s| s.get("Effect") != Some(&json!("Deny")))).is_some())
}

fn widen_trust(spec: &mut Value, principal: &str) -> bool {
    let Some(all) = statements(spec, "/trust/Statement") else { return false };
    all.retain(|s| s.get("Effect") != Some(&json!("Deny")));
    for statement in all.iter_mut() {
        statement["Principal"] = json!({ "AWS": [principal] });
    }
    !all.is_empty()
}

fn drop_conditions(spec: &mut Value, pointer: &str) -> bool {
    let Some(all) = statements(spec, pointer) else { return false };
    let mut any = false;
    for statement in all.iter_mut().filter(|s| s.get("Effect") == Some(&json!("Allow"))).filter_map(Value::as_object_mut) {
        any |= statement.remove("Condition").is_some();
    }
    any
}

fn drop_condition_keys(spec: &mut Value, pointer: &str, key: &str) -> bool {
    let Some(all) = statements(spec, pointer) else { return false };
    let mut any = false;
    for condition in all.iter_mut().filter_map(|s| s.get_mut("Condition")?.as_object_mut()) {
        for operator in condition.values_mut().filter_map(Value::as_object_mut) {
            any |= operator.remove(key).is_some();
        }
        condition.retain(|_, operator| operator.as_object().is_none_or(|keys| !keys.is_empty()));
    }
    any
}

fn drop_operator(spec: &mut Value, pointer: &str, operator: &str, key: &str) -> bool {
    let Some(all) = statements(spec, pointer) else { return false };
    let mut any = false;
    for condition in all.iter_mut().filter_map(|s| s.get_mut("Condition")?.as_object_mut()) {
        let Some(keys) = condition.get_mut(operator).and_then(Value::as_object_mut) else { continue };
        any |= keys.remove(key).is_some();
        if keys.is_empty() {
            condition.remove(operator);
        }
    }
    any
}
