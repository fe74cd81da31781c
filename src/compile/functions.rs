//! The platform's own Lambda functions: the role of each, its code and its environment; and what others refer to them by.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};

use super::{Sources, tenant_role};
use crate::address::Owner;
use crate::desired::Desired;
use crate::kinds::{Condition, Function, FunctionCode, Object, Role};
use crate::late::{Handle, Late};
use crate::manifest::{self, LambdaRef};
use crate::names::{Arn, CLINIC_CONFIG, FunctionName, PATIENT_METADATA};

/// The functions, declared.
pub(super) struct Functions {
    handles: BTreeMap<FunctionName, Handle<Function>>,
}

impl Functions {
    /// One of the manifest's own.
    pub(super) fn managed(&self, name: &FunctionName) -> Result<&Handle<Function>> {
        self.handles.get(name).with_context(|| format!("function `{name}` is not in the manifest"))
    }

    /// The ARN for what is made after the functions; a role's policy, made before, takes `known_arn`.
    pub(super) fn arn(&self, lambda: &LambdaRef) -> Result<Late<Arn>> {
        Ok(match lambda {
            LambdaRef::Arn(arn) => Late::known(arn),
            LambdaRef::Managed(name) => self.managed(name)?.at(&Function::ARN),
        })
    }
}

/// The ARN as it will be.
pub(super) fn known_arn(sources: &Sources<'_>, lambda: &LambdaRef) -> String {
    match lambda {
        LambdaRef::Arn(arn) => arn.clone(),
        LambdaRef::Managed(name) => sources.names.function_arn(&sources.names.function(name)).to_string(),
    }
}

pub(super) fn declare(sources: &Sources<'_>, desired: &mut Desired, own_bucket: &Late) -> Result<Functions> {
    let mut functions = Functions { handles: BTreeMap::new() };
    let mut packed: BTreeMap<&str, Handle<Object>> = BTreeMap::new();
    for (name, wanted) in &sources.manifest.functions {
        let role = role(sources, desired, name, wanted)?;
        if wanted.acts_for_tenants(name, &sources.manifest.tiers) {
            tenant_role::of_function(sources, desired, name, &role)?;
        }
        if is_broker(sources, name) {
            let tenants = tenant_role::of_broker(sources, desired, &role)?;
            sources.publish(desired, Owner::Platform, "memory/tvm_role_arn", tenants.text())?;
        }
        let digest = &sources.library.code(&wanted.code.value)?.digest;
        // Functions of the same code share its object.
        if !packed.contains_key(digest.as_str()) {
            let object = Object { bucket: own_bucket.clone(), key: Object::platform_key(digest), digest: digest.clone() };
            packed.insert(digest, desired.add(Owner::Platform, &Object::label(digest), &object)?);
        }
        let object = packed.get(digest.as_str()).context("the code was not declared")?;
        let function = Function {
            name: sources.names.function(name),
            description: wanted.description.clone(),
            role,
            python: wanted.python.clone(),
            handler: wanted.handler.value.clone(),
            memory_mb: wanted.memory_mb,
            timeout_seconds: wanted.timeout_seconds,
            environment: environment(sources, name, wanted),
            code: FunctionCode { bucket: object.at(&Object::BUCKET), key: object.at(&Object::KEY) },
            layers: BTreeSet::new(),
            tags: sources.tags(None),
            condition: Condition::default(),
        };
        functions.handles.insert(name.clone(), desired.add(Owner::Platform, name.as_str(), &function)?);
    }
    Ok(functions)
}

fn role(sources: &Sources<'_>, desired: &mut Desired, name: &FunctionName, wanted: &manifest::Function) -> Result<Late<Arn>> {
    let names = sources.names;
    let own = names.function(name);
    let holes = [
        ("function.name", vec![Late::known(&own)]),
        ("function.arn", vec![Late::known(names.function_arn(&own))]),
        ("tvm_role.arn", vec![Late::known(tenant_role_of(sources, name))]),
    ];
    let role = Role {
        trust: sources.policy("function-trust", &holes)?,
        policy: sources.policy(wanted.policy(name, &sources.manifest.tiers, sources.manifest.strict.as_ref()), &holes)?,
        ..sources.role(names.function_role(name), &format!("What function {name} may do"), sources.tags(None))
    };
    Ok(desired.add(Owner::Platform, &format!("{name}-function"), &role)?.at(&Role::ARN))
}

fn is_broker(sources: &Sources<'_>, name: &FunctionName) -> bool {
    sources.manifest.strict.as_ref().is_some_and(|strict| strict.broker == *name)
}

/// What a function takes on for one tenant at a time: the broker what agents work with, others a role of their own.
fn tenant_role_of(sources: &Sources<'_>, name: &FunctionName) -> Arn {
    let names = sources.names;
    names.role_arn(&if is_broker(sources, name) { names.tenant_role() } else { names.function_tenant_role(name) })
}

/// Where the function finds its parameters; for one that acts for tenants also as whom it does so, and where their rows are:
/// all of it known before anything is made, so that the function need not ask, nor be allowed to.
fn environment(sources: &Sources<'_>, name: &FunctionName, wanted: &manifest::Function) -> BTreeMap<String, Late> {
    let (names, manifest) = (sources.names, sources.manifest);
    let mut environment = BTreeMap::from([("PARAMETER_ROOT".to_owned(), Late::known(names.parameter_root()))]);
    if wanted.acts_for_tenants(name, &manifest.tiers) {
        environment.insert("TVM_ROLE_ARN".into(), Late::known(tenant_role_of(sources, name)));
        if manifest.data.is_some() {
            environment.insert("PATIENT_METADATA_TABLE".into(), Late::known(names.table(PATIENT_METADATA)));
            environment.insert("CLINIC_CONFIG_TABLE".into(), Late::known(names.table(CLINIC_CONFIG)));
            environment.insert("TENANT_ATTRIBUTE".into(), Late::known(&manifest.identity.claims.tenant));
        }
    }
    let identity = &manifest.identity;
    if manifest.strict.as_ref().is_some_and(|strict| [&strict.broker, &strict.interceptor].contains(&name)) {
        // The pool and its client are made after this: their ids are read where they are published.
        let claim = |name: &str| Late::known(format!("custom:{name}"));
        environment.extend([("TIER_CLAIM".into(), claim(&identity.claims.tier)), ("TENANT_CLAIM".into(), claim(&identity.claims.tenant))]);
        if is_broker(sources, name) {
            environment.insert("TVM_ROLE_ARN".into(), Late::known(tenant_role_of(sources, name)));
            // A token outlives the suspension of its tenant: the row says whether it is served.
            if manifest.data.is_some() {
                environment.insert("CLINIC_CONFIG_TABLE".into(), Late::known(names.table(CLINIC_CONFIG)));
                environment.insert("TENANT_ATTRIBUTE".into(), Late::known(&identity.claims.tenant));
            }
        }
    }
    if matches!(&identity.pre_token_lambda, Some(LambdaRef::Managed(managed)) if managed == name) {
        let claims = [&identity.claims.tier, &identity.claims.tenant, &identity.claims.role].map(String::as_str);
        environment.insert("CLAIMS".into(), Late::known(claims.join(",")));
    }
    environment.extend(wanted.environment.iter().map(|(k, v)| (k.clone(), Late::known(v))));
    environment
}
