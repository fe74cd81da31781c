//! Amazon Cognito user pools (awsJson1.1): pools, clients, resource servers, domains, groups and users.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::protocol::{Refusal, Reply, Request};
use super::rpc::{self, Answer, Operation, on};
use super::shape;
use super::{Service, World};
use super::{pages, tags::Tags};

mod clients;
mod domains;
mod groups;
mod marks;
mod mfa;
mod pools;
mod schema;
mod servers;
mod shapes;
mod signup;
mod update;
mod users;

const INVALID: &str = "InvalidParameterException";

pub(super) struct Cognito;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    regions: BTreeMap<String, Region>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Region {
    pools: BTreeMap<String, Pool>,
    /// Prefixes and custom domains are unique in a region, over all pools.
    domains: BTreeMap<String, Domain>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Pool {
    name: String,
    created: f64,
    modified: f64,
    /// What an update replaces, defaults filled in.
    settings: Map<String, Value>,
    /// What only a create can say.
    fixed: Map<String, Value>,
    /// Attributes by the name that users carry, such as `custom:tier`.
    schema: BTreeMap<String, Value>,
    mfa: Map<String, Value>,
    tags: Tags,
    clients: BTreeMap<String, Client>,
    servers: BTreeMap<String, Value>,
    groups: BTreeMap<String, Group>,
    users: BTreeMap<String, User>,
    /// Whom a name or an alias means, as the pool tells names apart: with thousands of users nobody looks through all of them.
    known_as: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Client {
    created: f64,
    modified: f64,
    settings: Map<String, Value>,
    secret: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Domain {
    pool: String,
    login: u64,
    custom: Option<Value>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Group {
    created: f64,
    modified: f64,
    given: Map<String, Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct User {
    created: f64,
    modified: f64,
    enabled: bool,
    status: String,
    attributes: BTreeMap<String, String>,
    groups: BTreeSet<String>,
    /// Sessions from before are over.
    #[serde(default)]
    signed_out: f64,
}

static OPERATIONS: &[Operation] = &[
    on("CreateUserPool", &shapes::CREATE_POOL, pools::create),
    on("DescribeUserPool", &shapes::POOL, pools::describe),
    on("UpdateUserPool", &shapes::UPDATE_POOL, update::update),
    on("DeleteUserPool", &shapes::POOL, pools::delete),
    on("ListUserPools", &shapes::LIST_POOLS, pools::list),
    on("AddCustomAttributes", &shapes::ADD_ATTRIBUTES, schema::add),
    on("GetUserPoolMfaConfig", &shapes::POOL, mfa::get),
    on("SetUserPoolMfaConfig", &shapes::SET_MFA, mfa::set),
    on("CreateUserPoolClient", &shapes::CREATE_CLIENT, clients::create),
    on("DescribeUserPoolClient", &shapes::CLIENT, clients::describe),
    on("UpdateUserPoolClient", &shapes::UPDATE_CLIENT, clients::update),
    on("DeleteUserPoolClient", &shapes::CLIENT, clients::delete),
    on("ListUserPoolClients", &shapes::LIST_CLIENTS, clients::list),
    on("CreateResourceServer", &shapes::WRITE_SERVER, servers::create),
    on("DescribeResourceServer", &shapes::SERVER, servers::describe),
    on("UpdateResourceServer", &shapes::WRITE_SERVER, servers::update),
    on("DeleteResourceServer", &shapes::SERVER, servers::delete),
    on("ListResourceServers", &shapes::LIST_SERVERS, servers::list),
    on("CreateUserPoolDomain", &shapes::WRITE_DOMAIN, domains::create),
    on("DescribeUserPoolDomain", &shapes::DESCRIBE_DOMAIN, domains::describe),
    on("UpdateUserPoolDomain", &shapes::WRITE_DOMAIN, domains::update),
    on("DeleteUserPoolDomain", &shapes::DOMAIN, domains::delete),
    on("CreateGroup", &shapes::WRITE_GROUP, groups::create),
    on("GetGroup", &shapes::GROUP, groups::get),
    on("UpdateGroup", &shapes::WRITE_GROUP, groups::update),
    on("DeleteGroup", &shapes::GROUP, groups::delete),
    on("ListGroups", &shapes::LIST_GROUPS, groups::list),
    on("TagResource", &shapes::TAG, marks::tag),
    on("UntagResource", &shapes::UNTAG, marks::untag),
    on("ListTagsForResource", &shapes::LIST_TAGS, marks::list),
    on("SignUp", &shapes::SIGN_UP, signup::up),
    on("AdminCreateUser", &shapes::CREATE_USER, users::create),
    on("AdminGetUser", &shapes::USER, users::get),
    on("ListUsers", &shapes::LIST_USERS, users::list),
    on("AdminUpdateUserAttributes", &shapes::UPDATE_USER, users::update),
    on("AdminDisableUser", &shapes::USER, users::disable),
    on("AdminEnableUser", &shapes::USER, users::enable),
    on("AdminSetUserPassword", &shapes::SET_PASSWORD, users::set_password),
    on("AdminUserGlobalSignOut", &shapes::USER, users::sign_out),
    on("AdminDeleteUser", &shapes::USER, users::delete),
    on("AdminAddUserToGroup", &shapes::MEMBERSHIP, groups::join),
    on("AdminRemoveUserFromGroup", &shapes::MEMBERSHIP, groups::leave),
    on("AdminListGroupsForUser", &shapes::LIST_MEMBERSHIPS, groups::of_user),
];

const TARGET: &str = "AWSCognitoIdentityProviderService.";

impl Service for Cognito {
    fn claims(&self, request: &Request) -> bool {
        request.target(TARGET).is_some()
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let name = request.target(TARGET)?;
        rpc::answer(OPERATIONS, name, INVALID, world, request).map(rpc::aws_json)
    }
}

/// Every refusal of Cognito has status 400.
fn refuse(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(400, code, message)
}

fn invalid(message: impl Into<String>) -> Refusal {
    refuse(INVALID, message)
}

fn region(world: &mut World) -> &mut Region {
    world.state.cognito.regions.entry(world.region.clone()).or_default()
}

/// The pool that the request names.
fn pool<'a>(world: &'a mut World, body: &Value) -> Result<&'a mut Pool, Refusal> {
    let id = shape::string(body, "UserPoolId");
    let missing = || refuse("ResourceNotFoundException", format!("User pool {id} does not exist."));
    region(world).pools.get_mut(id).ok_or_else(missing)
}

fn arn(world: &World, id: &str) -> String {
    format!("arn:aws:cognito-idp:{}:{}:userpool/{id}", world.region, world.account)
}

/// One page of a listing, under the names that the operation has for its members.
fn page<K: AsRef<str>>(body: &Value, items: impl IntoIterator<Item = (K, Value)>, member: &str, size: &str, token: &str) -> Answer {
    let page = pages::page(items, pages::size(body, size), body.get(token).and_then(Value::as_str));
    let (page, next) = page.ok_or_else(|| invalid(format!("Invalid {token}.")))?;
    let mut reply = json!({ member: page });
    shape::put(&mut reply, token, next);
    Ok(reply)
}

#[cfg(test)]
mod tests;
