//! What the manifest says of the platform's own Lambda functions, and how other sections refer to one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Located, Strict, Tier};
use crate::names::{FunctionName, TierName};

#[derive(Debug, Clone)]
pub(crate) struct Function {
    /// A directory or a zip, packed and uploaded under its digest.
    pub(crate) code: Located<PathBuf>,
    /// `main.handler`
    pub(crate) handler: Located<String>,
    /// `python3.13`
    pub(crate) python: String,
    pub(crate) description: Option<String>,
    pub(crate) memory_mb: u32,
    pub(crate) timeout_seconds: u32,
    pub(crate) environment: BTreeMap<String, String>,
    /// The file of policies/, without `.json`, that says what the function may do.
    pub(crate) policy: Option<String>,
    /// Whether it asks to act for one tenant at a time; a gateway's tools do so unasked.
    pub(crate) assumes_tenant_role: bool,
}

/// A Lambda function: somebody's, by its ARN, or one of the manifest's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LambdaRef {
    Arn(String),
    Managed(FunctionName),
}

/// What a function may do where the manifest does not say: write its log, and no more.
const POLICY: &str = "function";
/// The same, and act for one tenant at a time.
const TENANT_POLICY: &str = "tenant-function";
/// Of the strict profile's two.
const BROKER_POLICY: &str = "broker";
const INTERCEPTOR_POLICY: &str = "interceptor";

impl Function {
    /// Whether the function called `name` may take on the tenants' role.
    pub(crate) fn acts_for_tenants(&self, name: &FunctionName, tiers: &BTreeMap<TierName, Tier>) -> bool {
        let serves = |lambda: &LambdaRef| matches!(lambda, LambdaRef::Managed(managed) if managed == name);
        self.assumes_tenant_role || tiers.values().filter_map(|tier| tier.gateway.as_ref()).any(|g| serves(&g.tools_lambda))
    }

    /// The policy file of the function called `name`.
    pub(crate) fn policy(&self, name: &FunctionName, tiers: &BTreeMap<TierName, Tier>, strict: Option<&Strict>) -> &str {
        let default = match strict {
            Some(strict) if strict.broker == *name => BROKER_POLICY,
            Some(strict) if strict.interceptor == *name => INTERCEPTOR_POLICY,
            _ if self.acts_for_tenants(name, tiers) => TENANT_POLICY,
            _ => POLICY,
        };
        self.policy.as_deref().unwrap_or(default)
    }
}
