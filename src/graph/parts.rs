//! The boxes: what the manifest declares, in a few words each.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Marks, Node, Part};
use crate::diagnostic::thousands;
use crate::kinds::Period;
use crate::manifest::{Artifact, Gateway, Keys, LambdaRef, Manifest, Mfa, Profile, Tier, Traces};
use crate::names::{CLINIC_CONFIG, Names, PATIENT_METADATA, TierName, tier_prefix};

pub(super) fn nodes(manifest: &Manifest) -> Vec<Node> {
    let mut nodes = Vec::new();
    nodes.extend(entrance(manifest));
    for (name, tier) in &manifest.tiers {
        nodes.extend(of_tier(manifest, name, tier));
    }
    nodes.extend(shared(manifest));
    nodes
}

/// A box as the manifest has it.
pub(super) fn node(part: Part, tier: Option<&TierName>, lines: Vec<String>, about: Option<String>) -> Node {
    Node { spot: (part, tier.cloned()), lines, about, marks: Marks::new(), leaves: false }
}

fn entrance(manifest: &Manifest) -> Vec<Node> {
    let names = manifest.platform.names();
    let people = manifest.tenants.values().map(|tenant| tenant.users.len()).sum();
    let claims = &manifest.identity.claims;
    let mut pool = vec![format!("tokens carry {} and {}", claims.tier, claims.tenant)];
    match manifest.identity.mfa {
        Mfa::Off => {}
        Mfa::Optional => pool.push("a second factor if wanted".into()),
        Mfa::Required => pool.push("a second factor".into()),
    }
    let of = format!("{} of {}", counted(people, "person", "people"), counted(manifest.tenants.len(), "tenant", "tenants"));
    let mut nodes = vec![node(Part::Users, None, vec![of], None), node(Part::UserPool, None, pool, Some(names.user_pool()))];
    if let Some(api) = &manifest.api {
        let plans = manifest.tiers.values().any(|tier| tier.usage_plan.is_some());
        let keys = match api.keys {
            _ if !plans => None,
            Keys::Tier => Some("a key and a quota for each tier"),
            Keys::Tenant => Some("a key and a quota for each tenant"),
        };
        let lines = std::iter::once(format!("stage {}", api.stage)).chain(keys.map(Into::into)).collect();
        nodes.push(node(Part::Api, None, lines, Some(api.name.clone().unwrap_or_else(|| names.rest_api()))));
        nodes.push(node(Part::Proxy, None, vec![function(&api.proxy_lambda)], Some(whole(&api.proxy_lambda, &names))));
    }
    nodes
}

fn of_tier(manifest: &Manifest, name: &TierName, tier: &Tier) -> Vec<Node> {
    let names = manifest.platform.names();
    let own = |part, lines, about| node(part, Some(name), lines, about);
    let mut nodes = Vec::new();
    if let Some(runtime) = &tier.runtime {
        let code = match &runtime.artifact {
            Artifact::Image(image) => image.clone(),
            Artifact::Code { path, .. } => path.value.display().to_string(),
        };
        let guardrail = tier.guardrail.as_ref().map(|_| "behind a guardrail".to_owned());
        let lines = [Some(format!("code {code}")), Some(format!("model {}", tier.model)), guardrail].into_iter().flatten().collect();
        nodes.push(own(Part::Runtime, lines, Some(names.runtime(name))));
    }
    if let Some(gateway) = &tier.gateway {
        if let Some(strict) = &manifest.strict {
            let lines = vec![format!("function {}", strict.interceptor)];
            nodes.push(own(Part::Interceptor, lines, Some(names.function(&strict.interceptor))));
        }
        nodes.push(own(Part::Gateway, of_gateway(manifest, gateway), Some(names.gateway(name))));
        nodes.push(own(Part::Tools, vec![function(&gateway.tools_lambda)], Some(whole(&gateway.tools_lambda, &names))));
    }
    if let Some(memory) = &tier.memory {
        let strategies = counted(memory.strategies.len(), "strategy", "strategies");
        let kept = format!("kept {}", counted(usize::try_from(memory.expiry_days).unwrap_or_default(), "day", "days"));
        nodes.push(own(Part::Memory, vec![kept, strategies], Some(names.memory(name))));
    }
    nodes.push(own(Part::Documents, vec!["a prefix each".into(), tier_prefix(name)], Some(names.tier_bucket(name))));
    if tier.knowledge_base.is_some() {
        let (lines, about) = match manifest.profile {
            Profile::Article => ("a shared index", Some(names.knowledge_base(name))),
            Profile::Strict => ("an index each", None),
        };
        nodes.push(own(Part::Knowledge, vec![lines.into()], about));
    }
    nodes
}

fn of_gateway(manifest: &Manifest, gateway: &Gateway) -> Vec<String> {
    let tools = &gateway.tools.value;
    let mut lines = vec![tools.file_name().map_or_else(|| tools.display(), |name| Path::new(name).display()).to_string()];
    if manifest.policy.is_some() {
        lines.push(counted(gateway.policies.len(), "Cedar policy", "Cedar policies"));
    }
    if let Some(limit) = gateway.rate_limit {
        let per = match limit.per {
            Period::Second => "second",
            Period::Minute => "minute",
        };
        lines.push(format!("{} a {per} for each tenant", counted(limit.requests as usize, "call", "calls")));
    }
    lines
}

fn shared(manifest: &Manifest) -> Vec<Node> {
    let names = manifest.platform.names();
    let mut nodes = Vec::new();
    if let Some(strict) = &manifest.strict {
        let lines = vec![format!("function {}", strict.broker), "verifies the user's token".into()];
        nodes.push(node(Part::Broker, None, lines, Some(names.function(&strict.broker))));
    }
    let acting = manifest.functions.iter().any(|(name, function)| function.acts_for_tenants(name, &manifest.tiers));
    if acting || manifest.strict.is_some() || manifest.tiers.values().any(|tier| tier.runtime.is_some()) {
        let lines = vec!["a session for one user at a time, tagged Tier, ClinicId and UserId".into()];
        nodes.push(node(Part::Session, None, lines, Some(names.tenant_role())));
    }
    if let Some(data) = &manifest.data {
        let tables = [PATIENT_METADATA, CLINIC_CONFIG].into_iter().chain(data.tables.keys().map(String::as_str));
        let tables: Vec<&str> = tables.collect();
        let lines = vec![tables.join(", "), "under one KMS key of the platform's".into()];
        nodes.push(node(Part::Tables, None, lines, Some(names.data_key())));
    }
    nodes.push(node(Part::Beside, None, beside(manifest), None));
    nodes
}

/// What no request passes.
fn beside(manifest: &Manifest) -> Vec<String> {
    let logs = manifest.observability.map(|o| {
        let traces = if o.traces == Traces::XRay { " and traces" } else { "" };
        format!("logs kept {}{traces}", counted(usize::try_from(o.log_days).unwrap_or_default(), "day", "days"))
    });
    let registry = manifest.registry.as_ref().map(|_| "a registry of the gateways".to_owned());
    let projects = manifest.tiers.values().filter(|tier| tier.project.is_some()).count();
    let projects = (projects > 0).then(|| counted(projects, "cost project", "cost projects"));
    let always = ["roles".to_owned(), "packed code".to_owned(), "published parameters".to_owned()];
    [logs, registry, projects].into_iter().flatten().chain(always).collect()
}

/// A function by the shorter name.
fn function(lambda: &LambdaRef) -> String {
    match lambda {
        LambdaRef::Managed(name) => format!("function {name}"),
        LambdaRef::Arn(arn) => format!("function {}", arn.split(":function:").nth(1).unwrap_or(arn)),
    }
}

fn whole(lambda: &LambdaRef, names: &Names) -> String {
    match lambda {
        LambdaRef::Managed(name) => names.function(name),
        LambdaRef::Arn(arn) => arn.clone(),
    }
}

pub(super) fn counted(n: usize, one: &str, more: &str) -> String {
    format!("{} {}", thousands(n), if n == 1 { one } else { more })
}

/// The parts of each tier.
pub(super) fn by_tier(nodes: &[Node]) -> BTreeMap<&TierName, Vec<Part>> {
    let mut tiers: BTreeMap<&TierName, Vec<Part>> = BTreeMap::new();
    for (part, tier) in nodes.iter().filter_map(|node| Some((node.spot.0, node.spot.1.as_ref()?))) {
        tiers.entry(tier).or_default().push(part);
    }
    tiers
}
