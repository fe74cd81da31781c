//! What the user wrote in tenants.yaml, typed and with its places in the file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::diagnostic::Span;
use crate::kinds::{Extracts, GuardrailContent, Invitation, Period, PolicyMode};
use crate::names::{AccountId, Arn, FunctionName, Names, PlatformName, Region, SUSPENDED, TenantId, TierName};

mod api;
mod check;
mod data;
pub(crate) mod edit;
mod forms;
mod function;
mod glance;
mod observability;
mod prices;
mod read;
mod rules;
pub(crate) mod section;
mod shape;
pub(crate) mod yaml;

pub(crate) use api::{Api, Keys, UsagePlan};
pub(crate) use check::files::{Entry, look};
pub(crate) use check::quotas::quotas;
pub(crate) use data::Data;
#[cfg(test)]
pub(crate) use data::DataTable;
pub(crate) use function::{Function, LambdaRef};
pub(crate) use glance::{Glance, Landmarks};
pub(crate) use observability::{Observability, Traces};
pub(crate) use prices::{MicroDollars, Price};
#[cfg(test)]
pub(crate) use read::from_text;
pub(crate) use read::{Reading, open, read, reading, sha256, shape};
pub(crate) use shape::Known;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// The whole file.
#[derive(Debug, Clone)]
pub(crate) struct Manifest {
    /// As the user named it; paths inside the manifest start from its folder.
    pub(crate) path: PathBuf,
    pub(crate) platform: Platform,
    pub(crate) identity: Identity,
    pub(crate) profile: Profile,
    /// Present in the strict profile, and in no other.
    pub(crate) strict: Option<Strict>,
    /// Absent: no policy engine decides on tool calls.
    pub(crate) policy: Option<Policy>,
    /// Absent: no key, no tables.
    pub(crate) data: Option<Data>,
    /// Absent: the gateways stand in no registry.
    pub(crate) registry: Option<Registry>,
    /// Absent: agents are reached at AgentCore alone.
    pub(crate) api: Option<Api>,
    /// Lambda functions of the platform's own.
    pub(crate) functions: BTreeMap<FunctionName, Function>,
    /// Absent: AWS delivers no logs and no traces.
    pub(crate) observability: Option<Observability>,
    pub(crate) tiers: BTreeMap<TierName, Tier>,
    pub(crate) tenants: BTreeMap<TenantId, Tenant>,
    /// What models cost, by their ids: for `costs` alone.
    pub(crate) prices: BTreeMap<String, Price>,
    /// Quotas that AWS has raised for this account, by the names that `quotas` has for them.
    pub(crate) quotas: BTreeMap<String, u64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Platform {
    pub(crate) name: PlatformName,
    pub(crate) region: Region,
    /// The only account that apply will touch.
    pub(crate) account: AccountId,
    /// On every resource that takes tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// On every role.
    pub(crate) permissions_boundary: Option<Arn>,
}

impl Platform {
    pub(crate) fn names(&self) -> Names {
        Names { platform: self.name.clone(), account: self.account.clone(), region: self.region.clone() }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) claims: Claims,
    /// Domain prefix of the hosted pages; the default is the platform's name and account.
    pub(crate) domain: Option<String>,
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) resource_server: ResourceServer,
    pub(crate) web_client: WebClient,
    /// Absent: no machine client.
    pub(crate) machine_client: Option<MachineClient>,
    pub(crate) mfa: Mfa,
    /// How new users hear of it.
    pub(crate) invitations: Invitation,
    /// Writes claims into tokens under plain names; absent: tokens have them as Cognito does, with its prefix.
    pub(crate) pre_token_lambda: Option<LambdaRef>,
}

/// Attribute names without Cognito's `custom:`.
#[derive(Debug, Clone)]
pub(crate) struct Claims {
    pub(crate) tier: String,
    pub(crate) tenant: String,
    pub(crate) role: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mfa {
    Off,
    Optional,
    Required,
}

#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) description: Option<String>,
    pub(crate) precedence: Option<u32>,
}

#[derive(Debug, Clone)]
pub(crate) struct ResourceServer {
    pub(crate) identifier: String,
    /// Scope name to description.
    pub(crate) scopes: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub(crate) struct WebClient {
    pub(crate) callback_urls: BTreeSet<String>,
    pub(crate) logout_urls: BTreeSet<String>,
    pub(crate) token_minutes: u32,
    pub(crate) refresh_days: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct MachineClient {
    pub(crate) token_minutes: u32,
}

/// How far the platform closes itself off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Profile {
    /// The article's topology: agents take on the tenants' role themselves.
    #[default]
    Article,
    /// A broker and an interceptor stand between agents and tenants' data, and take the tenant from the verified token.
    Strict,
}

impl Profile {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Article => "article",
            Self::Strict => "strict",
        }
    }
}

/// The functions that the strict profile goes by: two of the manifest's own, because roles trust them.
#[derive(Debug, Clone)]
pub(crate) struct Strict {
    /// Takes on the tenants' role for the user of a token that it has verified.
    pub(crate) broker: FunctionName,
    /// Sees every request of a gateway first, and says in its headers whose it is.
    pub(crate) interceptor: FunctionName,
}

/// The engine that decides on every gateway's tool calls.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    pub(crate) mode: PolicyMode,
}

/// The catalogue of the gateways' tool servers.
#[derive(Debug, Clone)]
pub(crate) struct Registry {
    pub(crate) description: Option<String>,
    pub(crate) approval: Approval,
}

/// Who decides that the gateways' records may be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Approval {
    /// This tool, for its own records and nobody else's.
    Automatic,
    /// A curator.
    Manual,
}

#[derive(Debug, Clone)]
pub(crate) struct Tier {
    pub(crate) model: String,
    pub(crate) runtime: Option<Runtime>,
    pub(crate) gateway: Option<Gateway>,
    pub(crate) knowledge_base: Option<KnowledgeBase>,
    pub(crate) memory: Option<Memory>,
    /// What is blocked, with this tool's defaults for what the manifest leaves out.
    pub(crate) guardrail: Option<GuardrailContent>,
    pub(crate) project: Option<Project>,
    /// Absent: no key for the API.
    pub(crate) usage_plan: Option<UsagePlan>,
    /// Beside the platform's tags, on the tier's resources.
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Runtime {
    pub(crate) artifact: Artifact,
    pub(crate) description: Option<String>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) request_headers: BTreeSet<String>,
    pub(crate) idle_timeout_seconds: u32,
    pub(crate) max_lifetime_seconds: u32,
}

/// Where the agent's code comes from.
#[derive(Debug, Clone)]
pub(crate) enum Artifact {
    /// A container image in ECR, with a tag or digest.
    Image(String),
    /// A directory or a zip, packed and uploaded under its digest.
    Code { path: Located<PathBuf>, entry_point: Vec<String>, python: String },
}

#[derive(Debug, Clone)]
pub(crate) struct Gateway {
    pub(crate) description: Option<String>,
    /// The Lambda behind the tools; must be in the platform's region.
    pub(crate) tools_lambda: LambdaRef,
    /// A JSON file with the tool definitions.
    pub(crate) tools: Located<PathBuf>,
    /// Request headers that reach the Lambda.
    pub(crate) headers: BTreeSet<String>,
    /// Cedar files: who may call which tool, and when.
    pub(crate) policies: Vec<Located<PathBuf>>,
    /// How often each tenant may call; absent: AWS's own limits alone.
    pub(crate) rate_limit: Option<RateLimit>,
}

/// A quota of calls. AWS lets calls pass when it can't count them, so it is no boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateLimit {
    pub(crate) requests: u32,
    pub(crate) per: Period,
}

#[derive(Debug, Clone)]
pub(crate) struct KnowledgeBase {
    pub(crate) description: Option<String>,
    pub(crate) embedding_model: String,
    pub(crate) dimensions: u32,
    pub(crate) chunk_tokens: u32,
    pub(crate) chunk_overlap_percent: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct Memory {
    /// How long events are kept.
    pub(crate) expiry_days: i32,
    /// By name.
    pub(crate) strategies: BTreeMap<String, Strategy>,
}

#[derive(Debug, Clone)]
pub(crate) struct Strategy {
    pub(crate) extracts: Extracts,
    pub(crate) namespace: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Project {
    /// Cost tags, beside the platform's and the tier's.
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Tenant {
    pub(crate) tier: Located<TierName>,
    pub(crate) name: String,
    /// Free facts about the tenant, for agents: specialty, hours, …
    pub(crate) settings: BTreeMap<String, Setting>,
    pub(crate) users: Vec<User>,
    /// In place of their tier's.
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) standing: Standing,
}

/// Whether a tenant is served.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Standing {
    #[default]
    Active,
    /// Nobody of theirs gets in; whatever they have stays.
    Suspended,
}

impl Standing {
    pub(crate) fn is_active(self) -> bool {
        self == Self::Active
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => SUSPENDED,
        }
    }
}

/// A tenant's setting: one text or a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Setting {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) email: String,
    pub(crate) role: String,
}

#[cfg(test)]
mod tests;
