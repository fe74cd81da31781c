//! Signing up: what a stranger may do without anybody's credentials, where the pool lets them.

use serde_json::{Value, json};

use super::super::shape;
use super::{Answer, World, pool, refuse, users};

const NOT_AUTHORIZED: &str = "NotAuthorizedException";

pub(super) fn up(world: &mut World, body: &Value) -> Answer {
    let id = shape::string(body, "ClientId");
    let regions = &world.state.cognito.regions;
    // Nobody signs this call, so that it says of no region; ids of clients are unique.
    let found = regions.iter().find_map(|(region, all)| {
        let (pool_id, pool) = all.pools.iter().find(|(_, pool)| pool.clients.contains_key(id))?;
        Some((region.clone(), pool_id.clone(), pool.clients.get(id)?, pool))
    });
    let missing = || refuse("ResourceNotFoundException", format!("User pool client {id} does not exist."));
    let (region, pool_id, client, of) = found.ok_or_else(missing)?;
    let closed = of.settings.get("AdminCreateUserConfig").and_then(|config| config.get("AllowAdminCreateUserOnly"));
    if closed == Some(&Value::Bool(true)) {
        return Err(refuse(NOT_AUTHORIZED, "SignUp is not permitted for this user pool"));
    }
    if client.secret.is_some() {
        return Err(refuse(NOT_AUTHORIZED, format!("Client {id} is configured with secret but SECRET_HASH was not received")));
    }
    let writes = client.settings.get("WriteAttributes").and_then(Value::as_array);
    for attribute in body.get("UserAttributes").and_then(Value::as_array).into_iter().flatten() {
        let name = shape::string(attribute, "Name");
        if writes.is_some_and(|writes| !writes.iter().any(|write| write == name)) {
            return Err(refuse(NOT_AUTHORIZED, "A client attempted to write unauthorized attribute"));
        }
    }
    world.region = region;
    let mut as_administrator = json!({ "UserPoolId": pool_id });
    for member in ["Username", "UserAttributes"] {
        shape::put(&mut as_administrator, member, body.get(member).cloned());
    }
    let made = users::create(world, &as_administrator)?;
    let name = made.pointer("/User/Username").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(user) = pool(world, &as_administrator)?.users.get_mut(&name) {
        user.status = "UNCONFIRMED".into();
        return Ok(json!({ "UserConfirmed": false, "UserSub": user.attributes.get("sub") }));
    }
    Ok(json!({ "UserConfirmed": false, "UserSub": name }))
}
