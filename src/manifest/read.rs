//! From the file's text to a `Manifest`, or to everything that is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;

use super::api::Api;
use super::data::Data;
use super::section::{Findings, Section, entries};
use super::shape::{Known, Shape, may, must};
use super::yaml::{self, Node, Value};
use super::{
    Claims, Function, Identity, Manifest, Observability, Platform, Policy, Price, Profile, Registry, Strict, Tenant, Tier, check, forms,
    rules,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Source, Span, quoted};
use crate::names::{Arn, FunctionName, Names, TenantId, TierName};

mod api;
mod data;
mod file;
mod function;
mod guardrail;
mod identity;
mod isolation;
mod memory;
mod observability;
mod policy;
mod prices;
mod quotas;
mod rate_limit;
mod registry;
mod tenant;
mod tier;

/// The manifest format that this version reads.
const VERSION: &str = "1";

/// What could be read, so that the checks across sections run even when a part has mistakes.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) platform: Option<Platform>,
    pub(super) identity: Option<Identity>,
    pub(super) profile: Profile,
    pub(super) strict: Option<Strict>,
    pub(super) policy: Option<Policy>,
    pub(super) data: Option<Data>,
    pub(super) registry: Option<Registry>,
    pub(super) api: Option<Api>,
    pub(super) functions: BTreeMap<FunctionName, Function>,
    pub(super) observability: Option<Observability>,
    pub(super) tiers: BTreeMap<TierName, Tier>,
    pub(super) tenants: BTreeMap<TenantId, Tenant>,
    pub(super) prices: BTreeMap<String, Price>,
    pub(super) quotas: BTreeMap<String, u64>,
    /// Every tier that the file names, also those with mistakes: a tenant may refer to them.
    pub(super) tier_names: BTreeSet<String>,
}

/// What could be read of a manifest, and everything that is wrong with it so far.
#[derive(Debug)]
pub(crate) struct Reading {
    path: PathBuf,
    pub(crate) source: Arc<Source>,
    pub(crate) findings: Diagnostics,
    draft: Draft,
}

impl Reading {
    /// The tiers that could be read.
    pub(crate) fn tiers(&self) -> &BTreeMap<TierName, Tier> {
        &self.draft.tiers
    }

    /// The functions that could be read.
    pub(crate) fn functions(&self) -> &BTreeMap<FunctionName, Function> {
        &self.draft.functions
    }

    /// Names that the file and its folder of policies have, also those of parts with mistakes.
    pub(crate) fn known(&self) -> Known {
        let functions = self.draft.functions.keys().map(ToString::to_string).collect();
        let gateways = self.draft.tiers.values().filter_map(|tier| tier.gateway.as_ref());
        let cedar = gateways.flat_map(|gateway| &gateway.policies).map(|path| path.value.display().to_string()).collect();
        let policies = self.draft.functions.values().filter_map(|function| function.policy.clone()).collect();
        let mut known = Known { tiers: self.draft.tier_names.clone(), functions, cedar, policies };
        for name in file::names(&self.path.parent().unwrap_or(Path::new("")).join("policies")) {
            let cedar = format!("policies/{name}");
            if rules::cedar_file(&cedar).is_ok() {
                known.cedar.insert(cedar);
            } else if let Some(policy) = name.strip_suffix(".json").filter(|name| rules::function_policy(name).is_ok()) {
                known.policies.insert(policy.to_owned());
            }
        }
        known
    }

    pub(crate) fn profile(&self) -> Profile {
        self.draft.profile
    }

    /// The functions of the strict profile, if it was chosen and they could be read.
    pub(crate) fn strict(&self) -> Option<&Strict> {
        self.draft.strict.as_ref()
    }

    /// The platform's names, where its tools are published in a registry.
    pub(crate) fn publishes(&self) -> Option<Names> {
        self.draft.registry.as_ref().and(self.draft.platform.as_ref()).map(Platform::names)
    }

    /// Whether there is a `data` section that could be read.
    pub(crate) fn has_data(&self) -> bool {
        self.draft.data.is_some()
    }

    /// Whether there is an `api` section that could be read.
    pub(crate) fn has_api(&self) -> bool {
        self.draft.api.is_some()
    }

    /// Whether there is a policy engine, which decides on every tool call.
    pub(crate) fn decides(&self) -> bool {
        self.draft.policy.is_some()
    }

    /// The claims that policies may speak of, if they could be read.
    pub(crate) fn claims(&self) -> Option<&Claims> {
        self.draft.identity.as_ref().map(|identity| &identity.claims)
    }

    /// The manifest and its warnings, unless something is wrong.
    pub(crate) fn finish(self) -> Result<(Manifest, Diagnostics), Diagnostics> {
        match self.draft {
            Draft {
                platform: Some(platform),
                identity: Some(identity),
                profile,
                strict,
                policy,
                data,
                observability,
                registry,
                functions,
                api,
                tiers,
                tenants,
                prices,
                quotas,
                ..
            } if !self.findings.has_errors() => Ok((
                Manifest {
                    path: self.path,
                    platform,
                    identity,
                    profile,
                    strict,
                    policy,
                    data,
                    observability,
                    registry,
                    functions,
                    api,
                    tiers,
                    tenants,
                    prices,
                    quotas,
                },
                self.findings,
            )),
            _ => Err(self.findings),
        }
    }
}

/// Reads and judges a manifest; the error says why the file can't be read at all.
pub(crate) fn open(path: &Path) -> Result<Reading> {
    Ok(reading(path, file::read(path)?))
}

/// The digest of a manifest's text.
pub(crate) fn sha256(path: &Path) -> Result<String> {
    Ok(crate::secret::digest(file::read(path)?.as_bytes()))
}

/// A manifest's text, unjudged.
pub(super) fn text_of(path: &Path) -> Result<String> {
    file::read(path)
}

/// A manifest without mistakes, and its warnings; the error is `Diagnostics`, or says why the file can't be read.
pub(crate) fn read(path: &Path) -> Result<(Manifest, Diagnostics)> {
    Ok(open(path)?.finish()?)
}

/// Like `read`, for a text that isn't (yet) what the file says.
#[cfg(test)]
pub(crate) fn from_text(path: &Path, text: String) -> Result<(Manifest, Diagnostics), Diagnostics> {
    reading(path, text).finish()
}

/// Like `open`, for a text that isn't (yet) what the file says.
pub(crate) fn reading(path: &Path, text: String) -> Reading {
    let source = Source::new(path, text);
    let mut findings = Findings::new(Arc::clone(&source));
    let mut draft = Draft::default();
    match yaml::parse(source.text()) {
        Ok(root) => {
            if let Some(read) = document(&root, &mut findings) {
                check::check(&read, &root, path, &mut findings);
                draft = read;
            }
        }
        Err(error) => findings.coded(Code::Yaml, error.span, "this file can't be read as YAML", &error.message, error.help),
    }
    Reading { path: path.into(), source, findings: findings.list, draft }
}

fn document(root: &Node, findings: &mut Findings) -> Option<Draft> {
    let start = Span { start: 0, end: 0 };
    if matches!(root.value, Value::Null) {
        let help = "write `version: 1` and the sections platform, tiers and tenants; `tenantry init` writes a whole example";
        findings.list.push(Diagnostic::file(&findings.source, "the manifest is empty").help(help));
        return None;
    }
    if let Some(node) = root.get("version").filter(|node| is_newer(node, findings)) {
        // What else it says is not ours to judge.
        let summary =
            format!("this manifest is of version {}, and this tenantry reads version {VERSION}", findings.source.slice(node.span));
        findings.error(
            node.span,
            summary,
            "newer than this tenantry",
            "use the tenantry that it was written for; `tenantry --version` says which this is",
        );
        return None;
    }
    let known = &[
        "version",
        "platform",
        "identity",
        "isolation",
        "policy",
        "data",
        "functions",
        "api",
        "observability",
        "registry",
        "prices",
        "quotas",
        "tiers",
        "tenants",
    ];
    let top = Section::open(root, root.span, "the manifest", known, findings);
    if !matches!(root.value, Value::Map(_)) {
        return None;
    }
    let at_start = |key: &str| if top.get(key).is_some() { top.span(key) } else { start };
    version(&top, findings);
    let platform = match top.section("platform", "the platform", &["name", "region", "account", "tags", "permissions_boundary"], findings) {
        Some(section) => platform(&section, findings),
        None => {
            findings.error(at_start("platform"), "the manifest has no `platform`", "", "write `platform:` with name, region and account");
            None
        }
    };
    let (functions, function_names) = function::read(&top, findings);
    let identity = identity::read(&top, platform.as_ref(), &function_names, findings);
    let (profile, strict) = isolation::read(&top, &function_names, findings);
    let policy = policy::read(&top, findings);
    let data = data::read(&top, findings);
    let observability = observability::read(&top, findings);
    let registry = registry::read(&top, findings);
    let api = api::read(&top, &function_names, findings);
    let (tiers, tier_names) = tiers(&top, &function_names, findings);
    let tenants = tenants(&top, &tier_names, findings);
    if data.is_some() {
        data::check(identity.as_ref().map(|i| i.claims.tenant.as_str()), &tenants, root, findings);
    }
    let prices = prices::read(&top, findings);
    let quotas = quotas::read(&top, findings);
    api::check(api.as_ref(), platform.as_ref(), (&tiers, &tenants), root, findings);
    rate_limit::check(identity.as_ref(), &tiers, &tenants, root, findings);
    if registry.is_some() {
        registry::check(&tiers, top.span("registry"), findings);
    }
    if let Some(strict) = &strict {
        isolation::check(strict, &functions, (&tiers, &tenants), root, findings);
    }
    Some(Draft {
        platform,
        identity,
        profile,
        strict,
        policy,
        data,
        observability,
        registry,
        functions,
        api,
        tiers,
        tenants,
        prices,
        quotas,
        tier_names,
    })
}

/// What the whole manifest may be.
pub(crate) fn shape(known: &Known) -> Shape {
    let tags = Shape::entries("Tags on every resource that takes them.", forms::tag_key(), Shape::text("", forms::tag_value()));
    let platform = Shape::section(
        "What the platform is called, and the only place that it is ever applied to.",
        [
            must("name", Shape::text("Starts every AWS name that the tool gives; another name is another platform.", forms::platform())),
            must("region", Shape::text("The AWS region. The environment can't override it.", forms::region())),
            must("account", Shape::text("The only account that apply touches: 12 digits, in quotes.", forms::account())),
            may("tags", tags),
            may(
                "permissions_boundary",
                Shape::text(
                    "The managed policy that bounds every role of the platform, whatever the files in policies/ say: for accounts whose \
                     administrators let nobody make a role without one. It has to exist; the tool does not make it.",
                    forms::boundary(),
                ),
            ),
        ],
    );
    let version = VERSION.parse().unwrap_or_default();
    Shape::section(
        "A pooled multi-tenant agent platform on Amazon Bedrock AgentCore, as `tenantry` provisions it.",
        [
            must("version", Shape::exactly("The format of this file.", version)),
            must("platform", platform),
            may("identity", identity::shape(known)),
            may("isolation", isolation::shape(known)),
            may("policy", policy::shape()),
            may("data", data::shape()),
            may("functions", function::shape(known)),
            may("api", api::shape(known)),
            may("observability", observability::shape()),
            may("registry", registry::shape()),
            may("prices", prices::shape()),
            may("quotas", quotas::shape()),
            must("tiers", tier::shape(known)),
            must("tenants", tenant::shape(known)),
        ],
    )
}

fn is_newer(version: &Node, findings: &Findings) -> bool {
    let number = |text: &str| text.parse::<u32>().ok();
    matches!(version.value, Value::Number) && number(findings.source.slice(version.span)) > number(VERSION)
}

fn version(top: &Section, findings: &mut Findings) {
    let Some(node) = top.required("version", "write `version: 1` as the first line", findings) else { return };
    let written = findings.source.slice(node.span);
    if !matches!(node.value, Value::Number) || written != VERSION {
        let summary = format!("the manifest's version is {}, which this tenantry doesn't read", quoted(written));
        findings.error(
            node.span,
            summary,
            "unknown version",
            format!("this tenantry reads `version: {VERSION}`; a newer one may read the other"),
        );
    }
}

fn platform(section: &Section, findings: &mut Findings) -> Option<Platform> {
    let name = section.required("name", "write `name: healthcare`, say: it starts every AWS name", findings);
    let region = section.required("region", "write `region: us-east-1`, say", findings);
    let account = section.required("account", "write the 12 digits in quotes: it is the only account that apply touches", findings);
    let name = name.and_then(|node| findings.name(node, "the platform's name"));
    let region = region.and_then(|node| findings.name(node, "a region"));
    let account = account.and_then(|node| findings.name(node, "an account"));
    let tags = section.map("tags", (rules::tag_key, rules::tag_value), findings);
    let permissions_boundary = section.ruled("permissions_boundary", rules::boundary, findings).map(Arn::new);
    Some(Platform { name: name?, region: region?, account: account?, tags, permissions_boundary })
}

fn tiers(top: &Section, functions: &BTreeSet<String>, findings: &mut Findings) -> (BTreeMap<TierName, Tier>, BTreeSet<String>) {
    let (mut tiers, mut names) = (BTreeMap::new(), BTreeSet::new());
    let Some(node) = top.required("tiers", "write `tiers:` with at least one tier below it", findings) else { return (tiers, names) };
    let found = entries(node, top.span("tiers"), "the tiers", findings);
    if found.is_empty() && matches!(node.value, Value::Map(_)) {
        findings.error(
            top.span("tiers"),
            "the manifest has no tier",
            "",
            "write at least one, such as `basic: { model: … }`; tenants live in tiers",
        );
    }
    for (text, (span, body)) in found {
        names.insert(text.to_owned());
        let tier = tier::read(text, span, body, functions, findings);
        match text.parse() {
            Ok(name) => tiers.extend(tier.map(|tier| (name, tier))),
            Err(why) => findings.error(span, format!("{} can't be a tier's name", quoted(text)), "", why.to_string()),
        }
    }
    (tiers, names)
}

fn tenants(top: &Section, tiers: &BTreeSet<String>, findings: &mut Findings) -> BTreeMap<TenantId, Tenant> {
    let mut tenants = BTreeMap::new();
    let Some(node) = top.required("tenants", "write `tenants: {}` while there are none", findings) else { return tenants };
    let found = entries(node, top.span("tenants"), "the tenants", findings);
    if found.is_empty() && matches!(node.value, Value::Map(_)) {
        let help = "a platform without tenants is fine to begin with; tenants that AWS still knows will be closed off";
        findings.warning(top.span("tenants"), "the manifest has no tenant", "", help);
    }
    for (text, (span, body)) in found {
        let tenant = tenant::read(text, span, body, tiers, findings);
        match text.parse() {
            Ok(id) => tenants.extend(tenant.map(|tenant| (id, tenant))),
            Err(why) => findings.error(span, format!("{} can't be a tenant's id", quoted(text)), "", why.to_string()),
        }
    }
    tenants
}
