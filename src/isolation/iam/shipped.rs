//! The shipped policies for tenants' sessions, asked as each other tenant would ask.

use serde_json::Value;

use super::*;

const ACCOUNT: &str = "111122223333";
const USER: &str = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed";
const OWN: [(&str, &str); 3] = [("Tier", "basic"), ("ClinicId", "clinic-a"), ("UserId", USER)];
const MEMORY: &str = "arn:aws:bedrock-agentcore:us-east-1:111122223333:memory/acme_basic_memory-AbCdEf1234";

/// A shipped policy with its holes filled by hand.
fn shipped(text: &str) -> Policy {
    let filled = text
        .replace("[\"{{tier.names}}\"]", "[\"basic\", \"premium\"]")
        .replace("{{trusted_role.arn}}", &role("runtime"))
        .replace("{{account}}", ACCOUNT)
        .replace("{{region}}", "us-east-1")
        .replace("{{platform.name}}", "acme")
        .replace("{{platform.word}}", "acme");
    assert!(!filled.contains("{{"), "a hole is left: {filled}");
    Policy::parse(&serde_json::from_str::<Value>(&filled).unwrap()).unwrap()
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

fn session(tags: &[(&str, &str)]) -> Context {
    let context = Context::new().with("aws:ResourceAccount", [ACCOUNT]);
    tags.iter().fold(context, |context, (key, value)| context.with(&format!("aws:PrincipalTag/{key}"), [*value]))
}

fn asks(policy: &Policy, action: &str, resource: &str, context: &Context) -> Decision {
    let principal = format!("arn:aws:sts::{ACCOUNT}:assumed-role/tvm/one");
    identity(&[policy], &Request { principal: Some(&principal), service: None, action, resource, context }).decision
}

/// Sessions that lack a tag may do nothing, whatever they ask for.
fn nothing_without_a_tag(policy: &Policy, action: &str, resource: &str, keys: &[(&str, &str)]) {
    let with = |context: Context| keys.iter().fold(context, |context, (key, value)| context.with(key, [*value]));
    assert_eq!(asks(policy, action, resource, &with(session(&OWN))), Decision::Allow, "{action}");
    for (left, _) in OWN {
        let tags: Vec<_> = OWN.into_iter().filter(|(tag, _)| *tag != left).collect();
        assert_eq!(asks(policy, action, resource, &with(session(&tags))), Decision::ExplicitDeny, "{action} without {left}");
    }
    assert_eq!(asks(policy, action, resource, &with(session(&[]))), Decision::ExplicitDeny, "{action}");
}

#[test]
fn conversations() {
    let tvm = shipped(include_str!("../../../policies/tvm.json"));
    let own = format!("basic-clinic-a-{USER}");
    let says = |action: &str, memory: &str, actor: &str| {
        asks(&tvm, &format!("bedrock-agentcore:{action}"), memory, &session(&OWN).with("bedrock-agentcore:actorId", [actor]))
    };
    for action in ["CreateEvent", "GetEvent", "ListEvents", "DeleteEvent", "ListSessions"] {
        assert_eq!(says(action, MEMORY, &own), Decision::Allow, "{action}");
        for other in [
            format!("basic-clinic-ab-{USER}"),
            format!("basic-clinic-{USER}"),
            format!("basic-clinic-b-{USER}"),
            format!("Basic-Clinic-A-{USER}"),
            format!("premium-clinic-a-{USER}"),
            "basic-clinic-a-9c2f0a1e-5d3b-4c7a-8e6f-0123456789ab".into(),
            "basic-clinic-a-*".into(),
            "*".into(),
        ] {
            assert!(says(action, MEMORY, &other).is_denied(), "{action} {other}");
        }
        assert!(says(action, &MEMORY.replace("basic", "premium"), &own).is_denied(), "{action}");
        assert!(says(action, &MEMORY.replace("acme", "other"), &own).is_denied(), "{action}");
        nothing_without_a_tag(&tvm, &format!("bedrock-agentcore:{action}"), MEMORY, &[("bedrock-agentcore:actorId", own.as_str())]);
    }
    assert!(asks(&tvm, "bedrock-agentcore:ListEvents", MEMORY, &session(&OWN)).is_denied());
    for action in ["ListActors", "GetMemoryRecord", "DeleteMemoryRecord", "BatchCreateMemoryRecords", "DeleteMemory"] {
        assert!(says(action, MEMORY, &own).is_denied(), "{action}");
    }
}

#[test]
fn memories() {
    let tvm = shipped(include_str!("../../../policies/tvm.json"));
    let own = format!("clinic/basic-clinic-a-{USER}/");
    for key in ["bedrock-agentcore:namespace", "bedrock-agentcore:namespacePath"] {
        for action in ["bedrock-agentcore:RetrieveMemoryRecords", "bedrock-agentcore:ListMemoryRecords"] {
            let says = |namespace: &str| asks(&tvm, action, MEMORY, &session(&OWN).with(key, [namespace]));
            assert_eq!(says(&own), Decision::Allow);
            assert_eq!(says(&format!("{own}facts")), Decision::Allow);
            for other in [
                own.trim_end_matches('/'),
                "/",
                "clinic/",
                "clinic/*/",
                "clinic/basic-clinic-a-",
                &format!("clinic/basic-clinic-ab-{USER}/"),
                &format!("clinic/basic-clinic-b-{USER}/facts"),
                &format!("/{own}"),
                &own.to_uppercase(),
            ] {
                assert!(says(other).is_denied(), "{key} {other}");
            }
            nothing_without_a_tag(&tvm, action, MEMORY, &[(key, own.as_str())]);
        }
    }
    assert!(asks(&tvm, "bedrock-agentcore:ListMemoryRecords", MEMORY, &session(&OWN)).is_denied());
}

#[test]
fn documents() {
    let tvm = shipped(include_str!("../../../policies/tvm.json"));
    let bucket = "arn:aws:s3:::acme-basic-111122223333-us-east-1";
    let says = |action: &str, resource: &str| asks(&tvm, action, resource, &session(&OWN));
    let own = format!("{bucket}/basic-tier/clinic-a/rules.txt");
    assert_eq!(says("s3:GetObject", &own), Decision::Allow);
    for other in [
        format!("{bucket}/basic-tier/clinic-ab/rules.txt"),
        format!("{bucket}/basic-tier/clinic-/rules.txt"),
        format!("{bucket}/basic-tier/clinic-b/rules.txt"),
        format!("{bucket}/basic-tier/CLINIC-A/rules.txt"),
        format!("{bucket}/basic-tier/clinic-b/../clinic-a/rules.txt"),
        format!("{bucket}/premium-tier/clinic-a/rules.txt"),
        own.replace("acme-basic", "acme-premium"),
        own.replace("acme", "other"),
    ] {
        assert_eq!(says("s3:GetObject", &other), Decision::ExplicitDeny, "{other}");
    }
    assert!(says("s3:DeleteObject", &own).is_denied());
    let list = |prefix: Option<&str>| {
        let context = session(&OWN);
        asks(&tvm, "s3:ListBucket", bucket, &prefix.into_iter().fold(context, |context, prefix| context.with("s3:prefix", [prefix])))
    };
    assert_eq!(list(Some("basic-tier/clinic-a/")), Decision::Allow);
    for prefix in [None, Some(""), Some("basic-tier/"), Some("basic-tier/clinic-a"), Some("basic-tier/clinic-ab/"), Some("basic-tier/*/")] {
        assert_eq!(list(prefix), Decision::ExplicitDeny, "{prefix:?}");
    }
    nothing_without_a_tag(&tvm, "s3:GetObject", &own, &[]);
    nothing_without_a_tag(&tvm, "s3:ListBucket", bucket, &[("s3:prefix", "basic-tier/clinic-a/")]);
}

#[test]
fn rows() {
    let (tools, tvm) = (shipped(include_str!("../../../policies/tools-tvm.json")), shipped(include_str!("../../../policies/tvm.json")));
    let table = "arn:aws:dynamodb:us-east-1:111122223333:table/acme-clinic-config";
    let index = "arn:aws:dynamodb:us-east-1:111122223333:table/acme-patient-metadata/index/clinic-index";
    let with = |keys: &[&str]| session(&OWN).with("dynamodb:LeadingKeys", keys.iter().copied());
    for (action, resource) in [("dynamodb:GetItem", table), ("dynamodb:Query", table), ("dynamodb:Query", index)] {
        assert_eq!(asks(&tools, action, resource, &with(&["clinic-a"])), Decision::Allow);
        for keys in [&["clinic-ab"][..], &["clinic-"], &["clinic-b"], &["CLINIC-A"], &["clinic-a", "clinic-b"], &["*"], &[""]] {
            assert_eq!(asks(&tools, action, resource, &with(keys)), Decision::ExplicitDeny, "{action} {keys:?}");
        }
        assert!(asks(&tools, action, resource, &session(&OWN)).is_denied());
        assert!(asks(&tools, action, resource, &with(&[])).is_denied());
        assert_eq!(asks(&tvm, action, resource, &with(&["clinic-a"])), Decision::ExplicitDeny);
        nothing_without_a_tag(&tools, action, resource, &[("dynamodb:LeadingKeys", "clinic-a")]);
    }
    for action in ["dynamodb:Scan", "dynamodb:PartiQLSelect", "dynamodb:ExportTableToPointInTime", "dynamodb:GetRecords"] {
        assert_eq!(asks(&tools, action, table, &session(&OWN)), Decision::ExplicitDeny, "{action}");
    }
    for action in ["dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:UpdateItem", "dynamodb:DeleteTable"] {
        assert!(asks(&tools, action, table, &with(&["clinic-a"])).is_denied(), "{action}");
    }
    assert!(
        asks(&tools, "dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:111122223333:table/acme-patient-metadata", &with(&["clinic-a"]))
            .is_denied()
    );
}

/// What the trust of a tenants' role says to a call.
fn trusts(caller: &str, tags: &[(&str, &str)], transitive: &[&str]) -> Decision {
    let trust = shipped(include_str!("../../../policies/tvm-trust.json"));
    let arn = role(caller);
    let mut context = Context::new().with("aws:PrincipalArn", [arn.as_str()]);
    if !tags.is_empty() {
        context = context.with("aws:TagKeys", tags.iter().map(|(key, _)| *key));
    }
    if !transitive.is_empty() {
        context = context.with("sts:TransitiveTagKeys", transitive.iter().copied());
    }
    let context = tags.iter().fold(context, |context, (key, value)| context.with(&format!("aws:RequestTag/{key}"), [*value]));
    let say = |action| resource(&trust, &Request { principal: Some(&arn), service: None, action, resource: "x", context: &context });
    bounded(say("sts:AssumeRole"), say("sts:TagSession")).decision
}

#[test]
fn who_takes_on_a_tenants_role() {
    let all = ["Tier", "ClinicId", "UserId"];
    let with = |at: usize, value: &'static str| {
        let mut tags = OWN;
        tags[at].1 = value;
        tags
    };
    assert_eq!(trusts("runtime", &OWN, &all), Decision::Allow);
    for other in ["tools-function", "runtime2", "a/runtime"] {
        assert_eq!(trusts(other, &OWN, &all), Decision::ExplicitDeny, "{other}");
    }
    assert!(trusts("runtime", &[], &[]).is_denied());
    for missing in 0..3 {
        let tags: Vec<_> = OWN.iter().enumerate().filter(|(n, _)| *n != missing).map(|(_, tag)| *tag).collect();
        let keys: Vec<_> = tags.iter().map(|(key, _)| *key).collect();
        assert!(trusts("runtime", &tags, &keys).is_denied(), "without {}", all[missing]);
        assert!(trusts("runtime", &OWN, &keys).is_denied(), "{} is not transitive", all[missing]);
        assert!(trusts("runtime", &with(missing, ""), &all).is_denied(), "{} is empty", all[missing]);
    }
    assert!(trusts("runtime", &OWN, &[]).is_denied());
    let more = [OWN.as_slice(), &[("Role", "admin")]].concat();
    assert!(trusts("runtime", &more, &all).is_denied());
    assert!(trusts("runtime", &with(0, "gold"), &all).is_denied());
    assert!(trusts("runtime", &with(1, "clinic-a/x"), &all).is_denied() && trusts("runtime", &with(2, "x/y"), &all).is_denied());
}
