//! What all tiers share: the platform's own bucket, its roles, and the vector bucket.

use std::collections::BTreeSet;

use anyhow::Result;

use super::functions::{self, Functions};
use super::observability::{self, Observability};
use super::{OWN_BUCKET, Sources, tenant_role};
use crate::address::Owner;
use crate::desired::Desired;
use crate::kinds::{Bucket, BucketProtection, Condition, PolicyEngine, PolicyMode, Role, VectorBucket};
use crate::late::{Handle, Late};
use crate::manifest::{Gateway, LambdaRef};
use crate::names::Arn;

/// What tiers refer to.
pub(super) struct Platform {
    /// Absent without a tier that has a runtime.
    pub(super) runtime_role: Option<Late<Arn>>,
    pub(super) gateway_role: Option<Late<Arn>>,
    pub(super) vector_bucket: Option<Late<Arn>>,
    /// Absent without a `policy` section, or without a gateway that could ask it.
    pub(super) engine: Option<Engine>,
    pub(super) own_bucket: Late,
    pub(super) functions: Functions,
    /// Absent: nothing is delivered.
    pub(super) observability: Option<Observability>,
}

/// The policy engine, and what it does to calls that no policy permits.
pub(super) struct Engine {
    pub(super) handle: Handle<PolicyEngine>,
    pub(super) mode: PolicyMode,
}

/// The bucket that holds the lock, the records and packed code.
pub(super) fn own_bucket(sources: &Sources<'_>, desired: &mut Desired) -> Result<Late> {
    let name = sources.names.platform_bucket();
    let bucket = Bucket {
        region: sources.names.region.to_string(),
        policy: Some(sources.policy("bucket", &[("bucket.name", vec![Late::known(&name)])])?),
        protection: BucketProtection::closed(),
        tags: sources.tags(None),
        name,
    };
    Ok(desired.add(Owner::Platform, OWN_BUCKET, &bucket)?.at(&Bucket::BUCKET))
}

pub(super) fn declare(sources: &Sources<'_>, desired: &mut Desired, own_bucket: Late, functions: Functions) -> Result<Platform> {
    let tiers = || sources.manifest.tiers.values();
    let observability = observability::declare(sources, desired)?;
    let mut platform =
        Platform { runtime_role: None, gateway_role: None, vector_bucket: None, engine: None, own_bucket, functions, observability };
    if tiers().any(|t| t.runtime.is_some()) {
        platform.runtime_role = Some(runtime_role(sources, desired)?);
    }
    let gateways: Vec<&Gateway> = tiers().filter_map(|t| t.gateway.as_ref()).collect();
    if !gateways.is_empty() {
        platform.gateway_role = Some(gateway_role(sources, desired, &gateways, &platform.functions)?);
        platform.engine = sources.manifest.policy.as_ref().map(|policy| engine(sources, desired, policy.mode)).transpose()?;
    }
    if tiers().any(|t| t.knowledge_base.is_some()) {
        let bucket = VectorBucket { name: sources.names.vector_bucket(), tags: sources.tags(None) };
        platform.vector_bucket = Some(desired.add(Owner::Platform, "main", &bucket)?.at(&VectorBucket::ARN));
    }
    Ok(platform)
}

/// The runtimes' role and the one that it takes on for a tenant. They name each other: the first names the second by the ARN it will have.
/// In the strict profile it takes on none: it asks the broker.
fn runtime_role(sources: &Sources<'_>, desired: &mut Desired) -> Result<Late<Arn>> {
    let (names, strict) = (sources.names, sources.manifest.strict.as_ref());
    let policy = match strict {
        Some(strict) => {
            sources.policy("runtime-strict", &[("broker.arn", vec![Late::known(names.function_arn(&names.function(&strict.broker)))])])?
        }
        None => sources.policy("runtime", &[("tvm_role.arn", vec![Late::known(names.role_arn(&names.tenant_role()))])])?,
    };
    let runtime = Role {
        trust: sources.policy("runtime-trust", &[])?,
        policy,
        ..sources.role(names.role("runtime"), "What agents of every tier may do", sources.tags(None))
    };
    let runtime = desired.add(Owner::Platform, "runtime", &runtime)?.at(&Role::ARN);
    sources.publish(desired, Owner::Platform, "agentcore/runtime_iam_role", runtime.text())?;
    if strict.is_none() {
        let tenants = tenant_role::of_runtimes(sources, desired, &runtime)?;
        sources.publish(desired, Owner::Platform, "memory/tvm_role_arn", tenants.text())?;
    }
    Ok(runtime)
}

fn gateway_role(sources: &Sources<'_>, desired: &mut Desired, gateways: &[&Gateway], functions: &Functions) -> Result<Late<Arn>> {
    let lambdas: BTreeSet<&LambdaRef> = gateways.iter().map(|g| &g.tools_lambda).collect();
    // A function is made after every role, so its ARN is named as it will be.
    let interceptor = sources.manifest.strict.as_ref().map(|strict| LambdaRef::Managed(strict.interceptor.clone()));
    let called: BTreeSet<&LambdaRef> = lambdas.iter().copied().chain(&interceptor).collect();
    let arns = called.into_iter().map(|lambda| Late::known(functions::known_arn(sources, lambda))).collect();
    let role = Role {
        trust: sources.policy("gateway-trust", &[])?,
        policy: sources.policy("gateway", &[("tools_lambdas.arn", arns)])?,
        ..sources.role(sources.names.role("gateway"), "What gateways of every tier may do", sources.tags(None))
    };
    let role = desired.add(Owner::Platform, "gateway", &role)?.at(&Role::ARN);
    sources.publish(desired, Owner::Platform, "agentcore/gateway_iam_role", role.text())?;
    if let [lambda] = Vec::from_iter(lambdas).as_slice() {
        sources.publish(desired, Owner::Platform, "agentcore/lambda_arn", functions.arn(lambda)?.text())?;
    }
    Ok(role)
}

fn engine(sources: &Sources<'_>, desired: &mut Desired, mode: PolicyMode) -> Result<Engine> {
    let engine = PolicyEngine { name: sources.names.policy_engine(), tags: sources.tags(None), condition: Condition::default() };
    let handle = desired.add(Owner::Platform, "main", &engine)?;
    sources.publish(desired, Owner::Platform, "agentcore/policy_engine_id", handle.at(&PolicyEngine::ID))?;
    sources.publish(desired, Owner::Platform, "agentcore/policy_engine_arn", handle.at(&PolicyEngine::ARN).text())?;
    Ok(Engine { handle, mode })
}
