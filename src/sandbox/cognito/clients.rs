//! App clients: names are not unique, and an update resets what it leaves out.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::protocol::Refusal;
use super::super::shape;
use super::{Answer, Client, INVALID, Pool, World, invalid, page, pool, refuse, shapes};

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const LIMIT: usize = 1_000;
const MEMBERS: &[&str] = &[
    "ClientName",
    "RefreshTokenValidity",
    "AccessTokenValidity",
    "IdTokenValidity",
    "TokenValidityUnits",
    "ReadAttributes",
    "WriteAttributes",
    "ExplicitAuthFlows",
    "SupportedIdentityProviders",
    "CallbackURLs",
    "LogoutURLs",
    "DefaultRedirectURI",
    "AllowedOAuthFlows",
    "AllowedOAuthScopes",
    "AllowedOAuthFlowsUserPoolClient",
    "AnalyticsConfiguration",
    "PreventUserExistenceErrors",
    "EnableTokenRevocation",
    "EnablePropagateAdditionalUserContextData",
    "AuthSessionValidity",
    "RefreshTokenRotation",
];
/// Lists that are sets to AWS: they come back in another order than they were given.
const SETS: &[&str] = &["CallbackURLs", "LogoutURLs", "AllowedOAuthFlows", "AllowedOAuthScopes"];
const STANDARD_SCOPES: &[&str] = &["phone", "email", "openid", "profile", "aws.cognito.signin.user.admin"];

/// The settings that a request gives, defaults filled in.
fn settings(pool: &Pool, body: &Value, secret: bool, revocation: bool) -> Result<Map<String, Value>, Refusal> {
    shape::check(&shapes::CLIENT_SETTINGS, body, INVALID)?;
    check_attributes(pool, body)?;
    check_sign_in(body)?;
    check_oauth(pool, body, secret)?;
    check_validity(body)?;
    let mut given = shape::pick(body, MEMBERS);
    for set in SETS {
        if let Some(list) = given.get_mut(*set).and_then(Value::as_array_mut) {
            list.sort_by(|a, b| b.as_str().cmp(&a.as_str()));
            list.dedup();
        }
        if given.get(*set).and_then(Value::as_array).is_some_and(Vec::is_empty) {
            given.remove(*set);
        }
    }
    let defaults = [
        ("RefreshTokenValidity", json!(30)),
        ("TokenValidityUnits", json!({})),
        ("ExplicitAuthFlows", json!(["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"])),
        ("AllowedOAuthFlowsUserPoolClient", json!(false)),
        ("PreventUserExistenceErrors", json!("LEGACY")),
        ("EnableTokenRevocation", json!(revocation)),
        ("EnablePropagateAdditionalUserContextData", json!(false)),
        ("AuthSessionValidity", json!(3)),
    ];
    for (member, value) in defaults {
        given.entry(member).or_insert(value);
    }
    // An empty list stands for the default, as if it had not been sent.
    given.retain(|member, value| !(member.ends_with("Attributes") && value.as_array().is_some_and(Vec::is_empty)));
    Ok(given)
}

fn check_attributes(pool: &Pool, body: &Value) -> Result<(), Refusal> {
    const NEVER_WRITTEN: &[&str] = &["sub", "email_verified", "phone_number_verified"];
    if !shape::strings(body, "ReadAttributes").iter().all(|name| pool.schema.contains_key(*name)) {
        return Err(invalid("Invalid read attributes specified while creating a client"));
    }
    let writable = |name: &&str| pool.schema.contains_key(*name) && !NEVER_WRITTEN.contains(name) && !name.starts_with("dev:");
    if !shape::strings(body, "WriteAttributes").iter().all(writable) {
        return Err(invalid("Invalid write attributes specified while creating a client"));
    }
    Ok(())
}

fn check_sign_in(body: &Value) -> Result<(), Refusal> {
    let flows = shape::strings(body, "ExplicitAuthFlows");
    let new = flows.iter().filter(|flow| flow.starts_with("ALLOW_")).count();
    if new > 0 && new < flows.len() {
        return Err(invalid("Legacy explicit auth flows cannot be combined with those that begin with ALLOW_."));
    }
    let rotates = body.pointer("/RefreshTokenRotation/Feature").and_then(Value::as_str) == Some("ENABLED");
    if rotates && flows.contains(&"ALLOW_REFRESH_TOKEN_AUTH") {
        return Err(invalid("ALLOW_REFRESH_TOKEN_AUTH is not allowed when refresh token rotation is enabled."));
    }
    match shape::strings(body, "SupportedIdentityProviders").iter().find(|provider| **provider != "COGNITO") {
        Some(provider) => Err(invalid(format!("The provider {provider} does not exist for User Pool."))),
        None => Ok(()),
    }
}

fn check_oauth(pool: &Pool, body: &Value, secret: bool) -> Result<(), Refusal> {
    let flows: BTreeSet<&str> = shape::strings(body, "AllowedOAuthFlows").into_iter().collect();
    let scopes = shape::strings(body, "AllowedOAuthScopes");
    let enabled = body.get("AllowedOAuthFlowsUserPoolClient") == Some(&Value::Bool(true));
    if enabled && (flows.is_empty() || scopes.is_empty()) {
        return Err(invalid("AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows."));
    }
    let machine = flows.contains("client_credentials");
    if machine && flows.len() > 1 {
        return Err(refuse(
            "InvalidOAuthFlowException",
            "client_credentials flow can not be selected along with code flow or implicit flow.",
        ));
    }
    if machine && !secret {
        return Err(refuse(
            "InvalidOAuthFlowException",
            "client_credentials flow can not be selected if client does not have a client secret.",
        ));
    }
    for scope in &scopes {
        let standard = STANDARD_SCOPES.contains(scope);
        let known = if standard { !machine } else { has_scope(pool, scope) };
        if !known {
            return Err(refuse("ScopeDoesNotExistException", format!("Invalid scope requested: {scope}")));
        }
    }
    let callbacks = shape::strings(body, "CallbackURLs");
    for url in callbacks.iter().chain(&shape::strings(body, "LogoutURLs")) {
        let local = ["http://localhost", "http://127.0.0.1", "http://[::1]"].iter().any(|own| url.starts_with(own));
        if !url.contains(':') || url.contains('#') || (url.starts_with("http://") && !local) {
            return Err(invalid(format!(
                "{url} is not a valid redirect URL: it must be absolute, without a fragment, and https outside localhost."
            )));
        }
    }
    match shape::maybe(body, "DefaultRedirectURI") {
        Some(uri) if !callbacks.contains(&uri.as_str()) => Err(invalid("DefaultRedirectURI must be one of the CallbackURLs.")),
        _ => Ok(()),
    }
}

fn has_scope(pool: &Pool, scope: &str) -> bool {
    let Some((server, name)) = scope.rsplit_once('/') else { return false };
    let scopes = pool.servers.get(server).and_then(|server| server.get("Scopes")).and_then(Value::as_array);
    scopes.is_some_and(|scopes| scopes.iter().any(|scope| shape::string(scope, "ScopeName") == name))
}

/// Token lifetimes in the units that go with them.
fn check_validity(body: &Value) -> Result<(), Refusal> {
    const HOUR: u64 = 3_600;
    const DAY: u64 = 24 * HOUR;
    for (token, default, least, most) in
        [("AccessToken", HOUR, 300, DAY), ("IdToken", HOUR, 300, DAY), ("RefreshToken", DAY, HOUR, 3_650 * DAY)]
    {
        let unit = match body.get("TokenValidityUnits").map_or("", |units| shape::string(units, token)) {
            "seconds" => 1,
            "minutes" => 60,
            "hours" => HOUR,
            "days" => DAY,
            _ => default,
        };
        let seconds = body.get(format!("{token}Validity")).and_then(Value::as_u64).filter(|n| *n > 0).map(|n| n.saturating_mul(unit));
        if seconds.is_some_and(|seconds| seconds < least || seconds > most) {
            return Err(invalid(format!("Invalid range for token validity: {token} must last between {least} and {most} seconds.")));
        }
    }
    Ok(())
}

fn missing(id: &str) -> Refusal {
    refuse("ResourceNotFoundException", format!("User pool client {id} does not exist."))
}

pub(super) fn create(world: &mut World, body: &Value) -> Answer {
    let id = world.id(LETTERS, 26);
    let own = shape::maybe(body, "ClientSecret");
    let generated = body.get("GenerateSecret") == Some(&Value::Bool(true));
    if generated && own.is_some() {
        return Err(invalid("GenerateSecret and ClientSecret can not be given together."));
    }
    let secret = if generated { Some(world.id(LETTERS, 51)) } else { own };
    let now = world.now;
    let pool = pool(world, body)?;
    if pool.clients.len() >= LIMIT {
        return Err(refuse("LimitExceededException", "The user pool has reached its limit of app clients."));
    }
    let settings = settings(pool, body, secret.is_some(), true)?;
    pool.clients.insert(id.clone(), Client { created: now, modified: now, settings, secret });
    world.dirty = true;
    describe(world, &json!({ "UserPoolId": body.get("UserPoolId"), "ClientId": id }))
}

pub(super) fn describe(world: &mut World, body: &Value) -> Answer {
    let id = shape::string(body, "ClientId");
    let client = pool(world, body)?.clients.get(id).ok_or_else(|| missing(id))?;
    let mut shown = Value::Object(client.settings.clone());
    shape::put(&mut shown, "UserPoolId", body.get("UserPoolId").cloned());
    shape::put(&mut shown, "ClientId", Some(id));
    shape::put(&mut shown, "ClientSecret", client.secret.clone());
    shape::put(&mut shown, "CreationDate", Some(client.created));
    shape::put(&mut shown, "LastModifiedDate", Some(client.modified));
    shape::put(&mut shown, "ClientType", Some("REGULAR"));
    Ok(json!({ "UserPoolClient": shown }))
}

pub(super) fn update(world: &mut World, body: &Value) -> Answer {
    let id = shape::string(body, "ClientId");
    let now = world.now;
    let pool = pool(world, body)?;
    let before = pool.clients.get(id).ok_or_else(|| missing(id))?;
    let mut settings = settings(pool, body, before.secret.is_some(), false)?;
    if let Some(name) = before.settings.get("ClientName") {
        settings.entry("ClientName").or_insert_with(|| name.clone());
    }
    if let Some(client) = pool.clients.get_mut(id) {
        client.settings = settings;
        client.modified = now;
    }
    world.dirty = true;
    describe(world, body)
}

pub(super) fn delete(world: &mut World, body: &Value) -> Answer {
    let id = shape::string(body, "ClientId");
    pool(world, body)?.clients.remove(id).ok_or_else(|| missing(id))?;
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, body: &Value) -> Answer {
    let of = body.get("UserPoolId").cloned();
    let regular = shape::string(body, "ClientType") != "DCR";
    let clients = pool(world, body)?.clients.iter().filter(|_| regular).map(|(id, client)| {
        let mut summary = json!({ "ClientId": id, "UserPoolId": of });
        shape::put(&mut summary, "ClientName", client.settings.get("ClientName").cloned());
        (id, summary)
    });
    page(body, clients, "UserPoolClients", "MaxResults", "NextToken")
}
