//! How far the platform closes itself off: the profile of its isolation, and the functions that the strict one goes by.

use std::collections::{BTreeMap, BTreeSet};

use super::super::section::{Findings, Section};
use super::super::shape::{Known, Shape, may};
use super::super::yaml::Node;
use super::super::{Function, LambdaRef, Profile, Strict, Tenant, Tier};
use super::function;
use crate::diagnostic::{choices, quoted};
use crate::names::{FunctionName, IDENTITY_HEADERS, TenantId, TierName};

const PROFILES: &[Profile] = &[Profile::Article, Profile::Strict];
const BROKER: &str = "broker_lambda";
const INTERCEPTOR: &str = "interceptor_lambda";
/// What the functions do, and where they ship.
const FUNCTIONS: [(&str, &str, &str); 2] = [
    (BROKER, "gives agents credentials for the user of a verified token", "broker: { code: templates/tvm_broker, handler: main.handler }"),
    (
        INTERCEPTOR,
        "tells tools whose a request is, by its verified token",
        "interceptor: { code: templates/gateway_interceptor, handler: main.handler }",
    ),
];

/// What an account has in a region, unless AWS has raised it.
const MOST_KNOWLEDGE_BASES: usize = 100;
/// What the two functions get from this tool.
const VARIABLES: &[&str] = &["PARAMETER_ROOT", "TENANT_CLAIM", "TIER_CLAIM", "TVM_ROLE_ARN"];

pub(super) fn read(top: &Section, functions: &BTreeSet<String>, findings: &mut Findings) -> (Profile, Option<Strict>) {
    let nothing = (Profile::Article, None);
    let Some(section) = top.section("isolation", "`isolation`", &["profile", BROKER, INTERCEPTOR], findings) else { return nothing };
    match profile(&section, findings) {
        Some(Profile::Strict) => (Profile::Strict, strict(&section, functions, findings)),
        Some(Profile::Article) => {
            for (key, _, _) in FUNCTIONS.iter().filter(|(key, _, _)| section.get(key).is_some()) {
                let summary = format!("`{key}` goes with the strict profile, and this is `{}`", Profile::Article.as_str());
                findings.error(section.span(key), summary, "nobody would call it", "write `profile: strict`, or remove the line");
            }
            nothing
        }
        None => nothing,
    }
}

fn profile(section: &Section, findings: &mut Findings) -> Option<Profile> {
    let Some(node) = section.get("profile") else { return Some(Profile::Article) };
    let text = findings.text(node, "`profile` of `isolation`")?;
    let known = PROFILES.iter().find(|profile| profile.as_str() == text);
    if known.is_none() {
        let help = choices(text, "it is one of", PROFILES.iter().map(|profile| profile.as_str()));
        findings.error(node.span, format!("{} can't be `profile` of `isolation`", quoted(text)), "", help);
    }
    known.copied()
}

fn strict(section: &Section, functions: &BTreeSet<String>, findings: &mut Findings) -> Option<Strict> {
    let [broker, interceptor] = FUNCTIONS.map(|(key, does, example)| {
        if section.get(key).is_none() {
            let summary = format!("the strict profile has no `{key}`");
            let help = format!("name the function that {does}; one ships: write `{example}` below `functions`");
            findings.error(section.span("profile"), summary, "", help);
            return None;
        }
        match function::reference(section, key, functions, findings)? {
            LambdaRef::Managed(name) => Some(name),
            LambdaRef::Arn(_) => {
                let summary = format!("`{key}` is a function that this tool does not make");
                let help = format!(
                    "name one of `functions`, such as `{example}`, which ships: what it may do, and who trusts it, is a part of the profile"
                );
                findings.error(section.span(key), summary, "", help);
                None
            }
        }
    });
    Some(Strict { broker: broker?, interceptor: interceptor? })
}

pub(super) fn shape(known: &Known) -> Shape {
    let says = |does: &str| format!("Of the strict profile: the function of this manifest that {does}.");
    let [broker, interceptor] = FUNCTIONS.map(|(key, does, _)| {
        let says = says(does);
        may(key, Shape::known(&says, &known.functions, super::super::forms::function()))
    });
    let profile = "How far the platform closes itself off: `strict` puts a broker and an interceptor between agents and tenants' data.";
    let names = PROFILES.iter().map(|profile| profile.as_str());
    let profile = may("profile", Shape::words(profile, names).or_else(Profile::default().as_str()));
    Shape::section("How far the platform closes itself off.", [profile, broker, interceptor])
}

/// What the section can't judge alone: nobody else's work may be done by the two functions, and tools hear from one of them alone.
pub(super) fn check(
    strict: &Strict,
    functions: &BTreeMap<FunctionName, Function>,
    (tiers, tenants): (&BTreeMap<TierName, Tier>, &BTreeMap<TenantId, Tenant>),
    root: &Node,
    findings: &mut Findings,
) {
    let place = |key: &str| root.place(&["isolation", key]);
    if strict.broker == strict.interceptor {
        let summary = format!("function `{}` is both broker and interceptor", strict.broker);
        let help = "name two: what gives out credentials should see no request, and what sees requests should have no credentials";
        findings.twice(place(INTERCEPTOR), place(BROKER), summary, help);
    }
    for (key, name) in [(BROKER, &strict.broker), (INTERCEPTOR, &strict.interceptor)] {
        if functions.get(name).is_some_and(|function| function.acts_for_tenants(name, tiers)) {
            let summary = format!("`{key}` names function `{name}`, which acts for tenants as well");
            let help = "name a function that is no gateway's `tools_lambda`, and remove its `assumes_tenant_role`";
            findings.error(place(key), summary, "", help);
        }
    }
    for name in [&strict.broker, &strict.interceptor] {
        let written = functions.get(name).into_iter().flat_map(|function| function.environment.keys());
        for variable in written.filter(|variable| VARIABLES.contains(&variable.as_str())) {
            let summary = format!("function `{name}` sets {} by itself", quoted(variable));
            let help = "remove the line: by these it knows whose tokens count, and the profile sets them";
            findings.error(root.place(&["functions", name.as_str(), "environment", variable]), summary, "", help);
        }
    }
    let shelves = tenants.values().filter(|tenant| tiers.get(&tenant.tier.value).is_some_and(|tier| tier.knowledge_base.is_some())).count();
    if shelves > MOST_KNOWLEDGE_BASES {
        let summary =
            format!("{shelves} tenants would get a knowledge base each, and AWS gives an account {MOST_KNOWLEDGE_BASES} in a region");
        let help = "ask AWS for more before you apply, or move tenants to a platform in another region or account";
        findings.warning(place("profile"), summary, "", help);
    }
    for (name, gateway) in tiers.iter().filter_map(|(name, tier)| Some((name, tier.gateway.as_ref()?))) {
        let path = ["tiers", name.as_str(), "gateway", "headers"];
        let written = path.iter().try_fold(root, |node, key| node.get(key)).is_some();
        if written && !gateway.headers.iter().map(String::as_str).eq(IDENTITY_HEADERS) {
            let summary = format!("the tools of tier `{name}` would hear headers that the caller wrote");
            let list = IDENTITY_HEADERS.join(", ");
            let help = format!("remove the line: in the strict profile tools get {list}, each from the interceptor, and nothing else");
            findings.error(root.place(&path), summary, "", help);
        }
    }
}
