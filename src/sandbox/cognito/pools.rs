//! User pools: create, describe, list, delete.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::shape;
use super::super::tags;
use super::{Answer, INVALID, Pool, World, arn, invalid, page, pool, refuse, region, schema, update};

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const FIXED: &[&str] = &["UsernameAttributes", "AliasAttributes", "UsernameConfiguration"];
const LIMIT: usize = 1_000;

pub(super) fn create(world: &mut World, body: &Value) -> Answer {
    let settings = update::settings(body, &Map::new())?;
    let schema = schema::initial(body.get("Schema"))?;
    if body.get("UsernameAttributes").is_some() && body.get("AliasAttributes").is_some() {
        return Err(invalid("Only one of the aliasAttributes or usernameAttributes can be set in a user pool."));
    }
    let tags = tags::read(body.get("UserPoolTags"), INVALID)?;
    if region(world).pools.len() >= LIMIT {
        return Err(refuse("LimitExceededException", "The account has reached its limit of user pools."));
    }
    let suffix = world.id(LETTERS, 9);
    let id = format!("{}_{suffix}", world.region);
    let now = world.now;
    let new = Pool {
        name: shape::string(body, "PoolName").into(),
        created: now,
        modified: now,
        settings,
        fixed: shape::pick(body, FIXED),
        schema,
        mfa: Map::new(),
        tags,
        clients: BTreeMap::new(),
        servers: BTreeMap::new(),
        groups: BTreeMap::new(),
        users: BTreeMap::new(),
        known_as: BTreeMap::new(),
    };
    update::check_mfa(&new, &new.settings)?;
    region(world).pools.insert(id.clone(), new);
    world.dirty = true;
    describe(world, &json!({ "UserPoolId": id }))
}

pub(super) fn describe(world: &mut World, body: &Value) -> Answer {
    let id = shape::string(body, "UserPoolId");
    let arn = arn(world, id);
    let domains = |custom: bool, world: &mut World| {
        let mut own = region(world).domains.iter().filter(|(_, domain)| domain.pool == id && domain.custom.is_some() == custom);
        own.next().map(|(name, _)| name.clone())
    };
    let (domain, custom) = (domains(false, world), domains(true, world));
    let pool = pool(world, body)?;
    let mut shown = Value::Object(pool.settings.clone());
    if let Some(members) = shown.as_object_mut() {
        members.append(&mut pool.fixed.clone());
    }
    let days = pool.settings.get("Policies").and_then(|p| p.pointer("/PasswordPolicy/TemporaryPasswordValidityDays")).cloned();
    if let Some(admin) = shown.get_mut("AdminCreateUserConfig") {
        shape::put(admin, "UnusedAccountValidityDays", days);
    }
    shape::put(&mut shown, "Id", Some(id));
    shape::put(&mut shown, "Name", Some(pool.name.as_str()));
    shape::put(&mut shown, "Arn", Some(arn));
    shape::put(&mut shown, "CreationDate", Some(pool.created));
    shape::put(&mut shown, "LastModifiedDate", Some(pool.modified));
    shape::put(&mut shown, "EstimatedNumberOfUsers", Some(pool.users.len()));
    shape::put(&mut shown, "SchemaAttributes", Some(pool.schema.values().cloned().collect::<Vec<_>>()));
    shape::put(&mut shown, "UserPoolTags", Some(json!(pool.tags)));
    shape::put(&mut shown, "Domain", domain);
    shape::put(&mut shown, "CustomDomain", custom);
    Ok(json!({ "UserPool": shown }))
}

pub(super) fn list(world: &mut World, body: &Value) -> Answer {
    let pools = region(world).pools.iter().map(|(id, pool)| {
        let summary = json!({
            "Id": id,
            "Name": pool.name,
            "LambdaConfig": pool.settings.get("LambdaConfig"),
            "CreationDate": pool.created,
            "LastModifiedDate": pool.modified,
        });
        (id, summary)
    });
    page(body, pools, "UserPools", "MaxResults", "NextToken")
}

pub(super) fn delete(world: &mut World, body: &Value) -> Answer {
    let id = shape::string(body, "UserPoolId");
    if pool(world, body)?.settings.get("DeletionProtection").and_then(Value::as_str) == Some("ACTIVE") {
        let message =
            "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.";
        return Err(invalid(message));
    }
    if region(world).domains.values().any(|domain| domain.pool == id) {
        return Err(invalid("User pool cannot be deleted. It has a domain configured that should be deleted first."));
    }
    region(world).pools.remove(id);
    world.dirty = true;
    Ok(json!({}))
}
