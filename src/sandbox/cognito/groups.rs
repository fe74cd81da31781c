//! Groups of a pool and who is in them.

use serde_json::{Value, json};

use super::super::protocol::Refusal;
use super::super::shape;
use super::{Answer, Group, World, page, pool, refuse, users};

const MEMBERS: &[&str] = &["GroupName", "UserPoolId", "Description", "RoleArn", "Precedence"];

fn shown(group: &Group) -> Value {
    let mut shown = Value::Object(group.given.clone());
    shape::put(&mut shown, "CreationDate", Some(group.created));
    shape::put(&mut shown, "LastModifiedDate", Some(group.modified));
    shown
}

fn missing() -> Refusal {
    refuse("ResourceNotFoundException", "Group not found.")
}

pub(super) fn create(world: &mut World, body: &Value) -> Answer {
    let name = shape::string(body, "GroupName");
    let now = world.now;
    let pool = pool(world, body)?;
    if pool.groups.contains_key(name) {
        return Err(refuse("GroupExistsException", "A group with the name already exists."));
    }
    let group = Group { created: now, modified: now, given: shape::pick(body, MEMBERS) };
    let reply = json!({ "Group": shown(&group) });
    pool.groups.insert(name.into(), group);
    world.dirty = true;
    Ok(reply)
}

pub(super) fn get(world: &mut World, body: &Value) -> Answer {
    let group = pool(world, body)?.groups.get(shape::string(body, "GroupName")).ok_or_else(missing)?;
    Ok(json!({ "Group": shown(group) }))
}

/// What an update leaves out is gone.
pub(super) fn update(world: &mut World, body: &Value) -> Answer {
    let now = world.now;
    let group = pool(world, body)?.groups.get_mut(shape::string(body, "GroupName")).ok_or_else(missing)?;
    group.given = shape::pick(body, MEMBERS);
    group.modified = now;
    let reply = json!({ "Group": shown(group) });
    world.dirty = true;
    Ok(reply)
}

pub(super) fn delete(world: &mut World, body: &Value) -> Answer {
    let name = shape::string(body, "GroupName");
    let pool = pool(world, body)?;
    pool.groups.remove(name).ok_or_else(missing)?;
    for user in pool.users.values_mut() {
        user.groups.remove(name);
    }
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, body: &Value) -> Answer {
    let groups = pool(world, body)?.groups.iter().map(|(name, group)| (name, shown(group)));
    page(body, groups, "Groups", "Limit", "NextToken")
}

pub(super) fn join(world: &mut World, body: &Value) -> Answer {
    let group = shape::string(body, "GroupName");
    pool(world, body)?.groups.get(group).ok_or_else(missing)?;
    users::user(world, body)?.groups.insert(group.into());
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn leave(world: &mut World, body: &Value) -> Answer {
    let group = shape::string(body, "GroupName");
    pool(world, body)?.groups.get(group).ok_or_else(missing)?;
    users::user(world, body)?.groups.remove(group);
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn of_user(world: &mut World, body: &Value) -> Answer {
    let names = users::user(world, body)?.groups.clone();
    let groups = pool(world, body)?.groups.iter().filter(|(name, _)| names.contains(*name)).map(|(name, group)| (name, shown(group)));
    page(body, groups, "Groups", "Limit", "NextToken")
}
