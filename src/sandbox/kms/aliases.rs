//! Aliases: the names of keys, unique in a region; one that waits for its deletion keeps its own.

use serde_json::{Value, json};

use super::super::World;
use super::super::protocol::Refusal;
use super::super::shape;
use super::{Answer, KeyState, arn, id, page, refuse, region, wrong_state};

/// Aliases of keys that AWS manages, which every account lists; no key stands behind one that was never used.
const OF_AWS: [&str; 2] = ["alias/aws/dynamodb", "alias/aws/s3"];

fn named(body: &Value) -> Result<String, Refusal> {
    let name = shape::string(body, "AliasName");
    let rest = name.strip_prefix("alias/").filter(|rest| !rest.is_empty() && !rest.contains(':'));
    match rest {
        Some(rest) if rest.starts_with("aws/") => Err(refuse("NotAuthorizedException", "")),
        Some(_) => Ok(name.into()),
        None => {
            Err(refuse("InvalidAliasNameException", "Alias must start with the prefix \"alias/\" and hold letters, digits, /, _ and -."))
        }
    }
}

/// The key that an alias is to name.
fn target(world: &mut World, body: &Value) -> Result<String, Refusal> {
    let id = id(world, body, "TargetKeyId", false)?;
    let arn = arn(world, &id);
    match region(world).keys.get(&id).map(|key| key.state) {
        Some(state @ KeyState::PendingDeletion) => Err(wrong_state(&arn, state)),
        _ => Ok(id),
    }
}

pub(super) fn create(world: &mut World, body: &Value) -> Answer {
    let (name, target) = (named(body)?, target(world, body)?);
    let alias = alias_arn(world, &name);
    let aliases = &mut region(world).aliases;
    if aliases.contains_key(&name) {
        return Err(refuse("AlreadyExistsException", format!("An alias with the name {alias} already exists")));
    }
    aliases.insert(name, target);
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn update(world: &mut World, body: &Value) -> Answer {
    let (name, target) = (named(body)?, target(world, body)?);
    let missing = missing(world, &name);
    *region(world).aliases.get_mut(&name).ok_or(missing)? = target;
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn delete(world: &mut World, body: &Value) -> Answer {
    let name = named(body)?;
    let missing = missing(world, &name);
    region(world).aliases.remove(&name).ok_or(missing)?;
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, body: &Value) -> Answer {
    let of = match body.get("KeyId") {
        Some(_) => Some(id(world, body, "KeyId", false)?),
        None => None,
    };
    let prefix = alias_arn(world, "");
    let mut all: Vec<(String, Value)> = Vec::new();
    if of.is_none() {
        all.extend(OF_AWS.map(|name| (name.to_owned(), json!({ "AliasName": name, "AliasArn": format!("{prefix}{name}") }))));
    }
    let ours = region(world).aliases.iter().filter(|(_, id)| of.as_ref().is_none_or(|of| of == *id));
    all.extend(
        ours.map(|(name, id)| (name.clone(), json!({ "AliasName": name, "AliasArn": format!("{prefix}{name}"), "TargetKeyId": id }))),
    );
    all.sort_by(|a, b| a.0.cmp(&b.0));
    page(body, all, "Aliases")
}

fn alias_arn(world: &World, name: &str) -> String {
    format!("arn:aws:kms:{}:{}:{name}", world.region, world.account)
}

fn missing(world: &World, name: &str) -> Refusal {
    refuse("NotFoundException", format!("Alias {} is not found.", alias_arn(world, name)))
}
