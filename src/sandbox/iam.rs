//! IAM roles (awsQuery 2010-05-08): one account, one namespace for all regions.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::protocol::{Refusal, Reply, Request};
use super::{Service, World};

mod caller;
mod form;
mod inline;
mod managed;
mod policy;
mod roles;
mod simulate;
mod tags;
mod trust;

pub(super) use caller::Caller;
pub(super) use form::Form;
pub(super) use tags::list as tag_list;
pub(super) use trust::{Asked, assumable, known_principals, may_assume};

const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// The role that the sandbox's user is, outside what the sandbox manages.
const CALLER_ROLE: &str = "SandboxUser";

pub(super) struct Iam;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// By name in lower case, as IAM tells names apart.
    roles: BTreeMap<String, Role>,
    /// By access key: what AssumeRole handed out.
    pub(super) sessions: BTreeMap<String, Session>,
    /// Managed policies of the account, by their ARN.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    managed: BTreeMap<String, managed::Managed>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Role {
    name: String,
    path: String,
    id: String,
    created: f64,
    trust: String,
    /// The roles that the trust policy names, with the ids they had when it was written.
    trusted: BTreeMap<String, String>,
    description: Option<String>,
    max_session: u32,
    boundary: Option<String>,
    tags: Tags,
    inline: BTreeMap<String, String>,
    attached: BTreeSet<String>,
}

/// By key in lower case: the key as first written, and the value.
pub(super) type Tags = BTreeMap<String, (String, String)>;

/// A session of a role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) role: String,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) expires: f64,
    /// The tags it was given, and those it took over from the session that asked for it.
    #[serde(default)]
    pub(super) tags: Tags,
    /// The keys, in lower case, of the tags that go on to sessions which this one asks for.
    #[serde(default)]
    pub(super) transitive: BTreeSet<String>,
    /// What narrows the role's policies for this session.
    #[serde(default)]
    pub(super) policy: Option<String>,
}

/// A role as `AssumeRole` needs it.
pub(super) struct Assumed {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) max_session: u32,
}

impl Role {
    fn arn(&self, account: &str) -> String {
        format!("arn:aws:iam::{account}:role{}{}", self.path, self.name)
    }
}

impl State {
    /// The role of that name, however its letters are written.
    fn role(&self, name: &str) -> Result<&Role, Refusal> {
        self.roles.get(&name.to_lowercase()).ok_or_else(|| no_role(name))
    }

    fn role_mut(&mut self, name: &str) -> Result<&mut Role, Refusal> {
        self.roles.get_mut(&name.to_lowercase()).ok_or_else(|| no_role(name))
    }

    /// The role of that ARN, whose path must be the role's.
    fn by_arn(&self, account: &str, arn: &str) -> Option<&Role> {
        let role = self.roles.get(&arn.rsplit('/').next()?.to_lowercase())?;
        (role.arn(account) == arn).then_some(role)
    }
}

/// The identity of whoever calls the sandbox with credentials that are not a session's.
pub(super) fn sandbox_caller(account: &str) -> String {
    format!("arn:aws:sts::{account}:assumed-role/{CALLER_ROLE}/tenantry")
}

fn no_role(name: &str) -> Refusal {
    Refusal::new(404, "NoSuchEntity", format!("The role with name {name} cannot be found."))
}

impl Service for Iam {
    fn claims(&self, request: &Request) -> bool {
        request.signing_name() == "iam"
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let form = Form::of(request);
        let action = form.get("Action")?.to_owned();
        let result = match action.as_str() {
            "CreateRole" => roles::create(world, &form).map(Some),
            "GetRole" => roles::get(world, &form).map(Some),
            "ListRoles" => roles::list(world, &form).map(Some),
            "GetAccountAuthorizationDetails" => roles::details(world, &form).map(Some),
            "UpdateRole" => roles::update(world, &form).map(Some),
            "UpdateAssumeRolePolicy" => roles::update_trust(world, &form).map(|()| None),
            "DeleteRole" => roles::delete(world, &form).map(|()| None),
            "PutRolePolicy" => inline::put(world, &form).map(|()| None),
            "GetRolePolicy" => inline::get(world, &form).map(Some),
            "DeleteRolePolicy" => inline::delete(world, &form).map(|()| None),
            "ListRolePolicies" => inline::list(world, &form).map(Some),
            "AttachRolePolicy" => inline::attach(world, &form).map(|()| None),
            "DetachRolePolicy" => inline::detach(world, &form).map(|()| None),
            "ListAttachedRolePolicies" => inline::list_attached(world, &form).map(Some),
            "PutRolePermissionsBoundary" => roles::put_boundary(world, &form).map(|()| None),
            "DeleteRolePermissionsBoundary" => roles::delete_boundary(world, &form).map(|()| None),
            "CreatePolicy" => managed::create(world, &form).map(Some),
            "GetPolicy" => managed::get(world, &form).map(Some),
            "GetPolicyVersion" => managed::version(world, &form).map(Some),
            "DeletePolicy" => managed::delete(world, &form).map(|()| None),
            "TagRole" => tags::tag(world, &form).map(|()| None),
            "UntagRole" => tags::untag(world, &form).map(|()| None),
            "SimulateCustomPolicy" => simulate::custom(world, &form).map(Some),
            "SimulatePrincipalPolicy" => simulate::principal(world, &form).map(Some),
            "ListRoleTags" => tags::list_role(world, &form).map(Some),
            _ => return None,
        };
        Some(match result {
            Ok(inner) => Reply::query(NAMESPACE, &action, inner.as_deref()),
            Err(refusal) => Reply::refuse_query(refusal.status, refusal.code, &refusal.message),
        })
    }
}
