//! Resource servers of a pool, with the scopes that clients can ask for.

use serde_json::{Value, json};

use super::super::protocol::Refusal;
use super::super::shape;
use super::{Answer, World, invalid, page, pool, refuse};

const LIMIT: usize = 25;

fn missing(identifier: &str) -> Refusal {
    refuse("ResourceNotFoundException", format!("Resource server {identifier} does not exist."))
}

/// The resource server of a request; its scopes are all there are.
fn given(body: &Value) -> Answer {
    let mut server = Value::Object(shape::pick(body, &["UserPoolId", "Identifier", "Name"]));
    let scopes = body.get("Scopes").cloned().unwrap_or_else(|| json!([]));
    let mut names: Vec<&str> = scopes.as_array().into_iter().flatten().map(|scope| shape::string(scope, "ScopeName")).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    if names.len() < all {
        return Err(invalid("Scope names must be unique within a resource server."));
    }
    shape::put(&mut server, "Scopes", Some(scopes));
    Ok(server)
}

pub(super) fn create(world: &mut World, body: &Value) -> Answer {
    let identifier = shape::string(body, "Identifier");
    let server = given(body)?;
    let pool = pool(world, body)?;
    if pool.servers.contains_key(identifier) {
        return Err(invalid(format!("{identifier} already exists in user pool {}.", shape::string(body, "UserPoolId"))));
    }
    if pool.servers.len() >= LIMIT {
        return Err(refuse("LimitExceededException", "The user pool has reached its limit of resource servers."));
    }
    pool.servers.insert(identifier.into(), server.clone());
    world.dirty = true;
    Ok(json!({ "ResourceServer": server }))
}

pub(super) fn describe(world: &mut World, body: &Value) -> Answer {
    let identifier = shape::string(body, "Identifier");
    let server = pool(world, body)?.servers.get(identifier).ok_or_else(|| missing(identifier))?;
    Ok(json!({ "ResourceServer": server }))
}

pub(super) fn update(world: &mut World, body: &Value) -> Answer {
    let identifier = shape::string(body, "Identifier");
    let server = given(body)?;
    *pool(world, body)?.servers.get_mut(identifier).ok_or_else(|| missing(identifier))? = server.clone();
    world.dirty = true;
    Ok(json!({ "ResourceServer": server }))
}

pub(super) fn delete(world: &mut World, body: &Value) -> Answer {
    let identifier = shape::string(body, "Identifier");
    pool(world, body)?.servers.remove(identifier).ok_or_else(|| missing(identifier))?;
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, body: &Value) -> Answer {
    let servers = pool(world, body)?.servers.iter().map(|(identifier, server)| (identifier, server.clone()));
    page(body, servers, "ResourceServers", "MaxResults", "NextToken")
}
