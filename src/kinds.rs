//! What a kind of resource is, and the list of them.
//!
//! A kind is one file and one line in `kinds!`. The line's place is the order of creation and of printing;
//! destruction goes the other way. A resource refers only to resources declared before it.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::address::{Address, Owner};
use crate::aws::{Aws, AwsError, Class, Tolerate as _};
use crate::names::Names;
use crate::observe::Live;
use crate::rights::Right;

/// A kind of resource; `Self` is what we declare of one, and what `observe` gives back of one.
pub(crate) trait Kind: Serialize + DeserializeOwned + Send + Sync + Sized + 'static {
    /// As it stands in addresses and plans.
    const NAME: &'static str;
    /// The calls that its reads and its steps make, as IAM allows them.
    const RIGHTS: &'static [Right];
    /// Top-level fields that AWS can't change in place, and why, for the plan.
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[];
    /// Whether deleting one loses data of tenants or of the platform.
    const HOLDS_DATA: bool = false;
    /// Whether it is a setting of the whole account, made where it is wanted and never taken back: others may rely on it by then.
    const STAYS: bool = false;
    /// Kinds that `observe` asks for through `Observe::above`.
    const BELOW: &'static [&'static str] = &[];
    /// How many creates one call can carry.
    const TOGETHER: usize = 1;
    /// What to do about somebody else's resource of our name, where tags can't make it ours.
    const WAY_OUT: Option<&'static str> = None;
    /// Ids and ARNs that AWS chose.
    type Output: Serialize + DeserializeOwned + Send + Sync + 'static;

    /// What the manifest asks for and AWS can't do to the live resource, a sentence each.
    fn impossible(&self, _live: &Self) -> Vec<String> {
        Vec::new()
    }
    /// What an update would delete together with its data, a sentence each; it happens only to who names the resource.
    fn loses(&self, _live: &Self) -> Vec<String> {
        Vec::new()
    }
    /// What a live one becomes that nobody declares any more and that holds data: shut, where AWS can do that.
    fn closed(&self) -> Option<Self> {
        None
    }
    /// What a tenant's live one becomes when the manifest has the tenant no more, so that the leaving shows once and stays known.
    fn left(&self) -> Option<Self> {
        None
    }
    /// Whether others use a live one, so that it stays when nobody declares it any more; it is deleted by name only.
    fn is_shared(_: &Self::Output) -> bool {
        false
    }
    /// Outputs that follow from the spec, so that a plan can show and compare them before the resource is there.
    fn known(&self, _names: &Names) -> Vec<(&'static str, String)> {
        Vec::new()
    }
    /// Everything of this kind that carries our mark, and what has a name that we want.
    fn observe(observe: &Observe<'_>) -> impl Future<Output = Result<Vec<Found<Self>>>> + Send;
    /// Ends when the status is final.
    fn create(&self, step: &Step<'_>) -> impl Future<Output = Result<Self::Output>> + Send;
    /// Creates up to `TOGETHER` in as few calls as AWS allows: a result for each, in their order. One that failed is created
    /// by itself afterwards.
    fn create_together(batch: &[(Self, &Step<'_>)]) -> impl Future<Output = Vec<Result<Self::Output>>> + Send {
        async move { futures::future::join_all(batch.iter().map(|(spec, step)| spec.create(step))).await }
    }
    fn update(&self, step: &Step<'_>, live: &Found<Self>) -> impl Future<Output = Result<Self::Output>> + Send;
    /// What is gone already is done.
    fn delete(step: &Step<'_>, live: &Found<Self>) -> impl Future<Output = Result<()>> + Send;
}

/// A live resource of one kind.
pub(crate) struct Found<K: Kind> {
    pub(crate) address: Address,
    pub(crate) spec: K,
    pub(crate) output: K::Output,
    pub(crate) mark: Ownership,
}

/// What `observe` may ask: AWS, what is wanted, and the kinds above.
pub(crate) struct Observe<'a> {
    pub(crate) aws: &'a Aws,
    pub(crate) names: &'a Names,
    pub(crate) wanted: &'a BTreeMap<Address, Value>,
    pub(crate) above: &'a Live,
}

impl Observe<'_> {
    /// The resources of this kind that the manifest declares, references left open.
    pub(crate) fn wanted<K: Kind>(&self) -> Vec<(Address, K)> {
        self.wanted
            .iter()
            .filter(|(address, _)| address.kind() == K::NAME)
            .filter_map(|(address, spec)| Some((address.clone(), serde_json::from_value(spec.clone()).ok()?)))
            .collect()
    }

    /// The live resources of a kind above that are ours. The kind must stand in `BELOW`.
    pub(crate) fn above<K: Kind>(&self) -> Vec<(Address, K::Output)> {
        self.above
            .iter()
            .filter(|(address, found)| address.kind() == K::NAME && found.mark.is_ours())
            .filter_map(|(address, found)| Some((address.clone(), serde_json::from_value(found.output.clone()).ok()?)))
            .collect()
    }

    /// The address and ownership of a tagged resource: `wanted` is the declared address that its name belongs to.
    /// `None`: neither ours nor in our way.
    pub(crate) fn whose(&self, tags: &Tags, wanted: Option<Address>) -> Option<(Address, Ownership)> {
        if tags.platform.as_deref() == Some(self.names.platform.as_str()) {
            let marked = tags.address.clone();
            // A name that is declared says more than a tag: a wrong one is mended, and nothing is deleted because of it.
            let address = wanted.or_else(|| marked.clone())?;
            let other = marked.filter(|marked| *marked != address);
            let mark = match &tags.spec {
                Some(spec) if other.is_none() => Ownership::Ours { spec: Some(spec.clone()) },
                _ => Ownership::Adopted { address: other },
            };
            return Some((address, mark));
        }
        Some((wanted?, Ownership::Foreign { platform: tags.platform.clone() }))
    }

    /// The details of something listed; none if it has gone since, or may not be read and has no name that we want.
    pub(crate) fn details<T>(read: Result<T>, wanted: Option<&Address>) -> Result<Option<T>> {
        match read {
            Err(error) if wanted.is_none() && AwsError::of(&error).is_some_and(|e| e.class == Class::Denied) => Ok(None),
            read => read.missing_is_none(),
        }
    }

    /// Whether a name could be one of ours: all of them start with the platform's name, in one spelling or another.
    pub(crate) fn could_be_ours(&self, name: &str) -> bool {
        let plain = |text: &str| text.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_ascii_lowercase();
        plain(name).starts_with(&plain(self.names.platform.as_str()))
    }
}

/// Contents by their SHA-256.
pub(crate) type Blobs = BTreeMap<String, bytes::Bytes>;

/// One resource's create, update or delete under way.
pub(crate) struct Step<'a> {
    pub(crate) aws: &'a Aws,
    pub(crate) names: &'a Names,
    /// Packed code, by the digest that stands in its spec: bytes have no place in a plan.
    pub(crate) blobs: &'a Blobs,
    pub(crate) mark: Mark,
    /// Tells what AWS says the status is.
    pub(crate) tell: &'a (dyn Fn(&str) + Send + Sync),
}

/// Declares the kinds in the order of their creation.
macro_rules! kinds {
    ($($module:ident::$kind:ident),* $(,)?) => {
        $(mod $module; pub(crate) use $module::$kind;)*
        /// Every kind, in the order of creation.
        pub(crate) const KINDS: &[&dyn AnyKind] = &[$(&Erased::<$kind>(PhantomData)),*];
    };
}

kinds! {
    bucket::Bucket,
    object::Object,
    prefix::Prefix,
    key::Key,
    table::Table,
    tenant_row::TenantRow,
    vector_bucket::VectorBucket,
    vector_index::VectorIndex,
    role::Role,
    function::Function,
    user_pool::UserPool,
    resource_server::ResourceServer,
    client::Client,
    domain::Domain,
    credential_provider::CredentialProvider,
    group::Group,
    user::User,
    knowledge_base::KnowledgeBase,
    data_source::DataSource,
    memory::Memory,
    guardrail::Guardrail,
    guardrail_version::GuardrailVersion,
    policy_engine::PolicyEngine,
    gateway::Gateway,
    gateway_target::GatewayTarget,
    rate_limit::RateLimit,
    policy::Policy,
    registry::Registry,
    registry_record::RegistryRecord,
    runtime::Runtime,
    resource_policy::ResourcePolicy,
    log_group::LogGroup,
    log_policy::LogPolicy,
    trace_destination::TraceDestination,
    delivery_source::DeliverySource,
    delivery_destination::DeliveryDestination,
    delivery::Delivery,
    project::Project,
    rest_api::RestApi,
    api_account::ApiAccount,
    stage::Stage,
    usage_plan::UsagePlan,
    api_key::ApiKey,
    permission::Permission,
    parameter::Parameter,
}

mod agentcore;
mod apigateway;
mod condition;
mod document;
mod erased;
mod mark;
mod vended;

pub(crate) use agentcore::JwtAuthorizer;
pub(crate) use bucket::Protection as BucketProtection;
pub(crate) use client::{ClientKind, describe as describe_client, list as list_clients};
pub(crate) use condition::Condition;
pub(crate) use data_source::DeletionPolicy;
pub(crate) use delivery_destination::To as DeliveryTo;
pub(crate) use document::PolicyDocument;
use erased::Erased;
pub(crate) use erased::{AnyFound, AnyKind};
pub(crate) use function::FunctionCode;
pub(crate) use gateway::{AuthorizerType, Interceptor, InterceptorHeaders, PolicyAttachment, PolicyMode};
pub(crate) use gateway_target::{Credentials, TargetSort, list as list_targets};
pub(crate) use guardrail::{Content as GuardrailContent, PiiAction, Strength, Strengths, Topic};
pub(crate) use mark::{ADDRESS_TAG, Mark, Ownership, PLATFORM_TAG, SPEC_TAG, Tags};
pub(crate) use memory::{Extracts, Strategy};
pub(crate) use parameter::Protection;
pub(crate) use policy::{Enforced, statement as policy_statement};
pub(crate) use rate_limit::{Entry as RateLimitEntry, Period};
pub(crate) use registry::Discovery;
pub(crate) use registry_record::{Publication, Server};
pub(crate) use rest_api::Method as ApiMethod;
pub(crate) use role::trusts as role_trusts;
pub(crate) use runtime::RuntimeArtifact;
pub(crate) use stage::AccessLog;
pub(crate) use table::Index as TableIndex;
pub(crate) use trace_destination::Store as TraceStore;
pub(crate) use usage_plan::{Quota, Throttle};
pub(crate) use user::Invitation;
pub(crate) use user_pool::{Attribute, PreToken};
pub(crate) use vended::Delivered;

#[cfg(test)]
mod conformance;

/// A kind by its name.
pub(crate) fn kind(name: &str) -> Result<&'static dyn AnyKind> {
    KINDS.iter().copied().find(|k| k.name() == name).with_context(|| format!("this tenantry has no kind `{name}`"))
}

/// A kind's place in the order of creation.
pub(crate) fn rank(name: &str) -> usize {
    KINDS.iter().position(|k| k.name() == name).unwrap_or(KINDS.len())
}

/// The owner of what has no tags: that of its parent.
pub(crate) fn child(kind: &str, parent: &Owner, label: &str) -> Address {
    Address::new(kind, parent.clone(), label)
}
