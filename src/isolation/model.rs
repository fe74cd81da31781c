//! What the probes judge: the platform's documents with every reference filled, be they declared or live.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::address::Address;
use crate::desired::Desired;
use crate::kinds::{Kind, kind};
use crate::late::{Slot, fill};
use crate::manifest::{Keys, Manifest, Profile};
use crate::names::{Names, TenantId, TierName};
use crate::observe::Live;

/// The part of an id that AWS will choose, as long as AWS's own.
const CHOSEN: &str = "AAAAAAAAAA";

/// A platform as documents.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) profile: Profile,
    pub(crate) names: Names,
    pub(crate) claims: ClaimNames,
    /// In the order of their ids, so that neighbours are prefixes of each other if any two are.
    pub(crate) tenants: BTreeMap<TenantId, TierName>,
    pub(crate) tiers: Vec<TierName>,
    /// Which tenants attack their neighbours: 1 is each of them, 10 every tenth.
    pub(crate) every: usize,
    /// Absent without an API.
    pub(crate) keys: Option<Keys>,
    pub(crate) resources: BTreeMap<Address, Resource>,
    /// What is declared, with what is live in its references; empty where only the manifest is judged.
    pub(crate) expected: BTreeMap<Address, Value>,
    /// What is live beside the declared; empty where only the manifest is judged.
    pub(crate) strangers: Strangers,
}

/// The claims of a token that say whose it is, as a token has them.
#[derive(Debug, Clone)]
pub(crate) struct ClaimNames {
    pub(crate) tier: String,
    pub(crate) tenant: String,
}

/// One resource: what is declared or live of it, and what AWS chose, or a stand-in for that.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) spec: Value,
    pub(crate) output: Value,
}

/// What nobody declares and yet could let somebody in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Strangers {
    /// Every other role of the account: its ARN and its trust policy.
    pub(crate) roles: BTreeMap<String, Value>,
    /// Other clients of the user pool, by id: what they let users write, and whether anybody may.
    pub(crate) clients: BTreeMap<String, ForeignClient>,
    /// Cedar policies of the engine that are not ours, by name.
    pub(crate) policies: BTreeMap<String, String>,
    /// Targets of our gateways that are not ours: the gateway's address, and the target's name.
    pub(crate) targets: BTreeSet<(Address, String)>,
    /// Enabled users that an administrator made by hand: what their tenant and tier claims say.
    pub(crate) users: BTreeMap<String, (Option<String>, Option<String>)>,
}

/// A client of the pool that tenantry did not make.
#[derive(Debug, Clone)]
pub(crate) struct ForeignClient {
    pub(crate) name: String,
    /// Absent: Cognito's own default, which is every attribute.
    pub(crate) writes: Option<Vec<String>>,
}

impl Model {
    /// The platform as the manifest declares it; what AWS has yet to choose is a stand-in of the right form.
    pub(crate) fn declared(manifest: &Manifest, names: &Names, desired: &Desired) -> Result<Self> {
        let mut model = Self::empty(manifest, names);
        for (address, spec) in desired.iter() {
            let lookup = |slot: &Slot| model.resources.get(&slot.address).map(|r| attribute(&r.output, slot));
            let spec = fill(spec, &lookup);
            let mut output = kind(address.kind())?.known(&spec, names)?;
            stand_ins(&mut output, address, &spec, names);
            model.resources.insert(address.clone(), Resource { spec, output });
        }
        Ok(model)
    }

    /// The platform as it is live: ours alone, what is foreign stands in its way.
    pub(crate) fn live(manifest: &Manifest, names: &Names, (desired, live): (&Desired, &Live), strangers: Strangers) -> Self {
        let ours = live.iter().filter(|(_, found)| found.mark.is_ours());
        let resources = ours.map(|(a, found)| (a.clone(), Resource { spec: found.spec.clone(), output: found.output.clone() }));
        let resources: BTreeMap<Address, Resource> = resources.collect();
        let lookup = |slot: &Slot| resources.get(&slot.address)?.output.get(&slot.attribute)?.as_str().map(str::to_owned);
        let expected = desired.iter().map(|(address, spec)| (address.clone(), fill(spec, &lookup))).collect();
        Self { resources, expected, strangers, ..Self::empty(manifest, names) }
    }

    fn empty(manifest: &Manifest, names: &Names) -> Self {
        let claims = &manifest.identity.claims;
        Self {
            profile: manifest.profile,
            names: names.clone(),
            claims: ClaimNames { tier: format!("custom:{}", claims.tier), tenant: format!("custom:{}", claims.tenant) },
            tenants: manifest.tenants.iter().map(|(id, tenant)| (id.clone(), tenant.tier.value.clone())).collect(),
            tiers: manifest.tiers.keys().cloned().collect(),
            every: 1,
            keys: manifest.api.as_ref().map(|api| api.keys),
            resources: BTreeMap::new(),
            expected: BTreeMap::new(),
            strangers: Strangers::default(),
        }
    }

    /// With at most about so many tenants that attack: what holds for some holds for all, since documents name none.
    pub(crate) fn sampled(self, most: usize) -> Self {
        Self { every: (self.tenants.len() / most.max(1)).max(1), ..self }
    }

    /// Every resource of a kind.
    pub(crate) fn all<K: Kind>(&self) -> Result<Vec<(&Address, K)>> {
        let read = |(address, resource): (&'_ Address, &Resource)| {
            serde_json::from_value(resource.spec.clone()).with_context(|| format!("reading {address}"))
        };
        self.of_kind(K::NAME).map(|found| Ok((found.0, read(found)?))).collect()
    }

    /// The documents of a kind, unread.
    pub(crate) fn of_kind(&self, name: &str) -> impl Iterator<Item = (&Address, &Resource)> {
        self.resources.iter().filter(move |(address, _)| address.kind() == name)
    }

    /// What AWS chose for a resource, such as its `arn`.
    pub(crate) fn output(&self, address: &Address, attribute: &str) -> Result<&str> {
        let text = self.resources.get(address).and_then(|r| r.output.get(attribute)).and_then(Value::as_str);
        text.with_context(|| format!("{address} has no `{attribute}`"))
    }

    /// Ordered pairs of different tenants.
    pub(crate) fn pairs(&self) -> usize {
        self.tenants.len() * self.tenants.len().saturating_sub(1)
    }
}

fn attribute(output: &Value, slot: &Slot) -> String {
    match output.get(&slot.attribute) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(_)) => "(a secret)".into(),
        _ => format!("{}-{CHOSEN}", slot.attribute),
    }
}

/// Ids and ARNs of the form that AWS gives them: policies match on it.
fn stand_ins(output: &mut Value, address: &Address, spec: &Value, names: &Names) {
    let Some(output) = output.as_object_mut() else { return };
    let text = |key: &str| spec.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (account, region, name) = (&names.account, &names.region, text("name"));
    let agentcore = |path: String| format!("arn:aws:bedrock-agentcore:{region}:{account}:{path}");
    let arn = match address.kind() {
        "bucket" => format!("arn:aws:s3:::{name}"),
        "memory" => agentcore(format!("memory/{name}-{CHOSEN}")),
        "runtime" => agentcore(format!("runtime/{name}-{CHOSEN}")),
        "gateway" => agentcore(format!("gateway/{name}-{}", CHOSEN.to_lowercase())),
        "policy_engine" => agentcore(format!("policy-engine/{name}-{}", CHOSEN.to_lowercase())),
        "vector_bucket" => format!("arn:aws:s3vectors:{region}:{account}:bucket/{name}"),
        "vector_index" => format!("{}/index/{name}", text("bucket")),
        "knowledge_base" => format!("arn:aws:bedrock:{region}:{account}:knowledge-base/{CHOSEN}"),
        "guardrail" => format!("arn:aws:bedrock:{region}:{account}:guardrail/{}", CHOSEN.to_lowercase()),
        "user_pool" => format!("arn:aws:cognito-idp:{region}:{account}:userpool/{region}_{CHOSEN}"),
        "key" => format!("arn:aws:kms:{region}:{account}:key/00000000-0000-0000-0000-000000000000"),
        "table" => format!("arn:aws:dynamodb:{region}:{account}:table/{name}"),
        kind => format!("arn:aws:tenantry:{region}:{account}:{kind}/{name}"),
    };
    if address.kind() == "runtime" {
        output.insert("endpoint".into(), Value::String(format!("{arn}/runtime-endpoint/DEFAULT")));
    }
    let id = match address.kind() {
        "user_pool" => format!("{region}_{CHOSEN}"),
        "runtime" | "memory" | "gateway" => format!("{name}-{CHOSEN}"),
        kind => format!("{kind}-{}-{CHOSEN}", address.label()),
    };
    for (attribute, value) in [("arn", arn), ("id", id), ("name", name)] {
        output.entry(attribute).or_insert(Value::String(value));
    }
}
