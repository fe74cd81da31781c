//! What all tiers share: the platform's own bucket, its roles, and the vector bucket.

use anyhow::Result;

use super::observability::{self, Observability};
use super::{OWN_BUCKET, Sources};
use crate::address::Owner;
use crate::desired::Desired;
use crate::kinds::{Bucket, BucketProtection, Condition, PolicyEngine, PolicyMode, Role, VectorBucket};
use crate::late::{Handle, Late};
use crate::manifest::Gateway;
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
    /// Absent: nothing is delivered.
    pub(super) observability: Option<Observability>,
}

/// The policy engine, and what it does to calls that no policy permits.
pub(super) struct Engine {
    pub(super) handle: Handle<PolicyEngine>,
    pub(super) mode: PolicyMode,
}

pub(super) fn declare(sources: &Sources<'_>, desired: &mut Desired) -> Result<Platform> {
    let tiers = || sources.manifest.tiers.values();
    let name = sources.names.platform_bucket();
    let bucket = Bucket {
        region: sources.names.region.to_string(),
        policy: Some(sources.policy("bucket", &[("bucket.name", vec![Late::known(&name)])])?),
        protection: BucketProtection::closed(),
        tags: sources.tags(None),
        name,
    };
    let bucket = desired.add(Owner::Platform, OWN_BUCKET, &bucket)?;
    let mut platform = Platform {
        runtime_role: None,
        gateway_role: None,
        vector_bucket: None,
        engine: None,
        own_bucket: bucket.at(&Bucket::BUCKET),
        observability: observability::declare(sources, desired)?,
    };

    if tiers().any(|t| t.runtime.is_some()) {
        platform.runtime_role = Some(runtime_roles(sources, desired)?);
    }
    let gateways: Vec<&Gateway> = tiers().filter_map(|t| t.gateway.as_ref()).collect();
    if !gateways.is_empty() {
        platform.gateway_role = Some(gateway_role(sources, desired, &gateways)?);
        platform.engine = sources.manifest.policy.as_ref().map(|policy| engine(sources, desired, policy.mode)).transpose()?;
    }
    if tiers().any(|t| t.knowledge_base.is_some()) {
        let bucket = VectorBucket { name: sources.names.vector_bucket(), tags: sources.tags(None) };
        platform.vector_bucket = Some(desired.add(Owner::Platform, "main", &bucket)?.at(&VectorBucket::ARN));
    }
    Ok(platform)
}

/// The runtimes' role, and the one that it takes on for one tenant at a time.
fn runtime_roles(sources: &Sources<'_>, desired: &mut Desired) -> Result<Late<Arn>> {
    let names = sources.names;
    // The two roles name each other; the runtime's comes first and names the other by the ARN it will have.
    let tvm_name = names.role("tvm");
    let tvm_arn = names.role_arn(&tvm_name);
    let runtime = Role {
        trust: sources.policy("runtime-trust", &[])?,
        policy: sources.policy("runtime", &[("tvm_role.arn", vec![Late::known(&tvm_arn)])])?,
        ..Role::named(names.role("runtime"), "What agents of every tier may do", sources.tags(None))
    };
    let runtime = desired.add(Owner::Platform, "runtime", &runtime)?.at(&Role::ARN);
    let tvm = Role {
        trust: sources.policy("tvm-trust", &[("runtime_role.arn", vec![runtime.text()])])?,
        policy: sources.policy("tvm", &[])?,
        ..Role::named(tvm_name, "What an agent may do for one user of one tenant", sources.tags(None))
    };
    let tvm = desired.add(Owner::Platform, "tvm", &tvm)?.at(&Role::ARN);
    sources.publish(desired, Owner::Platform, "agentcore/runtime_iam_role", runtime.text())?;
    sources.publish(desired, Owner::Platform, "memory/tvm_role_arn", tvm.text())?;
    Ok(runtime)
}

fn gateway_role(sources: &Sources<'_>, desired: &mut Desired, gateways: &[&Gateway]) -> Result<Late<Arn>> {
    let mut lambdas: Vec<&String> = gateways.iter().map(|g| &g.tools_lambda).collect();
    lambdas.sort();
    lambdas.dedup();
    let role = Role {
        trust: sources.policy("gateway-trust", &[])?,
        policy: sources.policy("gateway", &[("tools_lambdas.arn", lambdas.iter().map(Late::known).collect())])?,
        ..Role::named(sources.names.role("gateway"), "What gateways of every tier may do", sources.tags(None))
    };
    let role = desired.add(Owner::Platform, "gateway", &role)?.at(&Role::ARN);
    sources.publish(desired, Owner::Platform, "agentcore/gateway_iam_role", role.text())?;
    if let [lambda] = lambdas.as_slice() {
        sources.publish(desired, Owner::Platform, "agentcore/lambda_arn", Late::known(lambda))?;
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
