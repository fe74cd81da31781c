//! Users of a pool, as an administrator creates and changes them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::protocol::Refusal;
use super::super::{pages, shape};
use super::{Answer, Pool, User, World, invalid, pool, refuse};

/// What a filter may ask for.
const SEARCHABLE: &[&str] = &[
    "username",
    "email",
    "phone_number",
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "cognito:user_status",
    "status",
    "sub",
];

/// The name a user is kept under, if the request's name is theirs: their own name, or an alias of theirs.
fn kept_name(pool: &Pool, name: &str) -> Option<String> {
    if pool.users.contains_key(name) {
        return Some(name.to_owned());
    }
    pool.known_as.get(&folded(pool, name)).cloned()
}

/// The name as the pool tells names apart.
fn folded(pool: &Pool, name: &str) -> String {
    if case_sensitive(pool) { name.to_owned() } else { name.to_ascii_lowercase() }
}

/// Every name that a user answers to.
fn names(pool: &Pool, kept: &str, user: &User) -> BTreeSet<String> {
    let aliases = ["UsernameAttributes", "AliasAttributes"]
        .iter()
        .filter_map(|list| pool.fixed.get(*list).and_then(Value::as_array))
        .flatten()
        .filter_map(|alias| user.attributes.get(alias.as_str()?))
        .map(String::as_str);
    aliases.chain([kept]).map(|name| folded(pool, name)).collect()
}

/// Keeps a user as they are from now on, and what they answer to.
fn keep(pool: &mut Pool, kept: &str, user: User) {
    forget(pool, kept);
    let names = names(pool, kept, &user);
    pool.known_as.extend(names.into_iter().map(|name| (name, kept.to_owned())));
    pool.users.insert(kept.to_owned(), user);
}

fn forget(pool: &mut Pool, kept: &str) {
    let Some(user) = pool.users.remove(kept) else { return };
    for name in names(pool, kept, &user) {
        pool.known_as.remove(&name);
    }
}

fn case_sensitive(pool: &Pool) -> bool {
    pool.fixed.get("UsernameConfiguration").and_then(|c| c.get("CaseSensitive")) == Some(&Value::Bool(true))
}

pub(super) fn user<'a>(world: &'a mut World, body: &Value) -> Result<&'a mut User, Refusal> {
    let pool = pool(world, body)?;
    let kept = kept_name(pool, shape::string(body, "Username"));
    kept.and_then(|kept| pool.users.get_mut(&kept)).ok_or_else(no_user)
}

fn no_user() -> Refusal {
    refuse("UserNotFoundException", "User does not exist.")
}

/// The attributes of a request that the schema allows.
fn attributes(pool: &Pool, body: &Value) -> Result<BTreeMap<String, String>, Refusal> {
    let mut given = BTreeMap::new();
    for attribute in body.get("UserAttributes").and_then(Value::as_array).into_iter().flatten() {
        let (name, value) = (shape::string(attribute, "Name"), shape::string(attribute, "Value"));
        let known = pool.schema.get(name).ok_or_else(|| invalid(format!("user.{name}: Attribute does not exist in schema.")))?;
        let limit = |member: &str| {
            known.pointer(&format!("/StringAttributeConstraints/{member}")).and_then(Value::as_str).and_then(|n| n.parse::<usize>().ok())
        };
        let length = value.chars().count();
        if !value.is_empty()
            && (limit("MinLength").is_some_and(|least| length < least) || limit("MaxLength").is_some_and(|most| length > most))
        {
            return Err(invalid(format!("user.{name}: String must be within the length limits of the schema.")));
        }
        let kind = shape::string(known, "AttributeDataType");
        if (kind == "Boolean" && !matches!(value, "true" | "false" | ""))
            || (kind == "Number" && !value.is_empty() && value.parse::<f64>().is_err())
        {
            return Err(invalid(format!("user.{name}: The value is not a {kind}.")));
        }
        if name == "email" && !value.is_empty() && !value.contains('@') {
            return Err(invalid("Invalid email address format."));
        }
        given.insert(name.to_owned(), value.to_owned());
    }
    Ok(given)
}

fn shown(name: &str, user: &User, attributes: &str) -> Value {
    let list: Vec<Value> = user.attributes.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
    json!({
        "Username": name,
        attributes: list,
        "UserCreateDate": user.created,
        "UserLastModifiedDate": user.modified,
        "Enabled": user.enabled,
        "UserStatus": user.status,
    })
}

pub(super) fn create(world: &mut World, body: &Value) -> Answer {
    let hex = world.id("0123456789abcdef", 32);
    let uuid = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| hex.get(range).unwrap_or("")).join("-");
    let now = world.now;
    let name = shape::string(body, "Username");
    let pool = pool(world, body)?;
    let mut attributes = attributes(pool, body)?;
    let existing = kept_name(pool, name);
    if shape::string(body, "MessageAction") == "RESEND" {
        let kept = existing.ok_or_else(no_user)?;
        let user = pool.users.get(&kept).ok_or_else(no_user)?;
        if user.status != "FORCE_CHANGE_PASSWORD" {
            return Err(refuse("UnsupportedUserStateException", format!("User is not in a state to be invited again: {}.", user.status)));
        }
        return Ok(json!({ "User": shown(&kept, user, "Attributes") }));
    }
    if existing.is_some() {
        return Err(refuse("UsernameExistsException", "User account already exists"));
    }
    let by: Vec<&str> =
        pool.fixed.get("UsernameAttributes").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut kept = name.to_owned();
    if !by.is_empty() {
        let kind = if name.contains('@') { "email" } else { "phone_number" };
        if !by.contains(&kind) || (kind == "phone_number" && !name.starts_with('+')) {
            let wanted = if by.contains(&"email") { "an email" } else { "a phone number" };
            return Err(invalid(format!("Username should be {wanted}.")));
        }
        kept.clone_from(&uuid);
        attributes.insert(kind.into(), name.into());
    } else if kept.contains('@') && pool.fixed.get("AliasAttributes").and_then(Value::as_array).is_some_and(|a| a.contains(&json!("email")))
    {
        return Err(invalid("Username cannot be of email format, since user pool is configured for email alias."));
    }
    if attributes.contains_key("sub") {
        return Err(invalid("user.sub: Attribute cannot be set."));
    }
    for (name, attribute) in &pool.schema {
        if name != "sub" && attribute.get("Required") == Some(&Value::Bool(true)) && !attributes.contains_key(name) {
            return Err(invalid(format!("Attributes did not conform to the schema: {name}: The attribute is required")));
        }
    }
    attributes.insert("sub".into(), uuid);
    attributes.retain(|_, value| !value.is_empty());
    let user = User {
        created: now,
        modified: now,
        enabled: true,
        status: "FORCE_CHANGE_PASSWORD".into(),
        attributes,
        groups: BTreeSet::new(),
        signed_out: 0.0,
    };
    let reply = json!({ "User": shown(&kept, &user, "Attributes") });
    keep(pool, &kept, user);
    world.dirty = true;
    Ok(reply)
}

pub(super) fn get(world: &mut World, body: &Value) -> Answer {
    let pool = pool(world, body)?;
    let kept = kept_name(pool, shape::string(body, "Username")).ok_or_else(no_user)?;
    pool.users.get(&kept).map(|user| shown(&kept, user, "UserAttributes")).ok_or_else(no_user)
}

/// An empty value takes the attribute away.
pub(super) fn update(world: &mut World, body: &Value) -> Answer {
    let now = world.now;
    let pool = pool(world, body)?;
    let kept = kept_name(pool, shape::string(body, "Username")).ok_or_else(no_user)?;
    let given = attributes(pool, body)?;
    for name in given.keys() {
        if pool.schema.get(name).and_then(|attribute| attribute.get("Mutable")) == Some(&Value::Bool(false)) {
            return Err(invalid(format!("user.{name}: Attribute cannot be updated.")));
        }
    }
    let taken = |value: &str| kept_name(pool, value).is_some_and(|other| other != kept);
    if let Some(email) = given.get("email").filter(|email| taken(email)) {
        return Err(refuse("AliasExistsException", format!("An account with the given email already exists: {email}")));
    }
    let mut user = pool.users.get(&kept).cloned().ok_or_else(no_user)?;
    user.attributes.extend(given);
    user.attributes.retain(|_, value| !value.is_empty());
    user.modified = now;
    keep(pool, &kept, user);
    world.dirty = true;
    Ok(json!({}))
}

fn set_enabled(world: &mut World, body: &Value, enabled: bool) -> Answer {
    let now = world.now;
    let user = user(world, body)?;
    user.enabled = enabled;
    user.modified = now;
    if !enabled {
        user.signed_out = now;
    }
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn disable(world: &mut World, body: &Value) -> Answer {
    set_enabled(world, body, false)
}

pub(super) fn enable(world: &mut World, body: &Value) -> Answer {
    set_enabled(world, body, true)
}

type Is = fn(char) -> bool;

/// What a password policy may ask for, and its words when that is missing.
const CLASSES: &[(&str, Is, &str)] = &[
    ("RequireNumbers", |c| c.is_ascii_digit(), "numeric characters"),
    ("RequireUppercase", |c| c.is_ascii_uppercase(), "uppercase characters"),
    ("RequireLowercase", |c| c.is_ascii_lowercase(), "lowercase characters"),
    ("RequireSymbols", |c| c.is_ascii_punctuation(), "symbol characters"),
];

/// The password itself is kept nowhere: nobody signs in here.
pub(super) fn set_password(world: &mut World, body: &Value) -> Answer {
    let now = world.now;
    let password = shape::string(body, "Password");
    let policies = pool(world, body)?.settings.get("Policies").cloned().unwrap_or_default();
    let policy = |member: &str| policies.pointer(&format!("/PasswordPolicy/{member}"));
    let broken = |why: &str| refuse("InvalidPasswordException", format!("Password did not conform with policy: Password {why}"));
    if policy("MinimumLength").and_then(Value::as_u64).is_some_and(|least| (password.chars().count() as u64) < least) {
        return Err(broken("not long enough"));
    }
    let missing = CLASSES.iter().find(|(member, is, _)| policy(member) == Some(&Value::Bool(true)) && !password.contains(*is));
    if let Some((_, _, what)) = missing {
        return Err(broken(&format!("must have {what}")));
    }
    let user = user(world, body)?;
    let permanent = body.get("Permanent") == Some(&Value::Bool(true));
    user.status = if permanent { "CONFIRMED" } else { "FORCE_CHANGE_PASSWORD" }.into();
    user.modified = now;
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn sign_out(world: &mut World, body: &Value) -> Answer {
    let now = world.now;
    user(world, body)?.signed_out = now;
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn delete(world: &mut World, body: &Value) -> Answer {
    let pool = pool(world, body)?;
    let kept = kept_name(pool, shape::string(body, "Username")).ok_or_else(no_user)?;
    forget(pool, &kept);
    world.dirty = true;
    Ok(json!({}))
}

/// A filter such as `email ^= "a@"`: an attribute, whether a prefix is enough, and the value.
fn filter(text: &str) -> Result<Option<(String, bool, String)>, Refusal> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let parts = text
        .split_once("^=")
        .map(|(name, value)| (name, true, value))
        .or_else(|| text.split_once('=').map(|(name, value)| (name, false, value)));
    let parsed = parts.and_then(|(name, prefix, value)| {
        let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
        let name = name.trim().trim_matches('"');
        SEARCHABLE.contains(&name).then(|| (name.to_owned(), prefix, value.replace("\\\"", "\"")))
    });
    parsed.map(Some).ok_or_else(|| invalid("Error while parsing filter."))
}

pub(super) fn list(world: &mut World, body: &Value) -> Answer {
    let filter = filter(shape::string(body, "Filter"))?;
    let fits = |name: &str, user: &User| {
        let Some((of, prefix, wanted)) = &filter else { return true };
        let value = match of.as_str() {
            "username" => name,
            "cognito:user_status" => user.status.as_str(),
            "status" if user.enabled => "Enabled",
            "status" => "Disabled",
            attribute => user.attributes.get(attribute).map_or("", String::as_str),
        };
        if *prefix { value.starts_with(wanted.as_str()) } else { value == wanted }
    };
    let sought: BTreeSet<&str> = shape::strings(body, "AttributesToGet").into_iter().collect();
    let users = &pool(world, body)?.users;
    let fitting = users.iter().filter(|(name, user)| fits(name, user)).map(|(name, user)| (name, (name, user)));
    let token = body.get("PaginationToken").and_then(Value::as_str);
    let (some, next) = pages::page(fitting, pages::size(body, "Limit"), token).ok_or_else(|| invalid("Invalid PaginationToken."))?;
    let mut list = Vec::new();
    for (name, user) in some {
        if let Some(missing) = sought.iter().find(|sought| !user.attributes.contains_key(**sought)) {
            return Err(invalid(format!("One or more requested attributes do not exist: {missing}.")));
        }
        let mut user = shown(name, user, "Attributes");
        if let Some(attributes) = user.get_mut("Attributes").and_then(Value::as_array_mut).filter(|_| !sought.is_empty()) {
            attributes.retain(|attribute| sought.contains(shape::string(attribute, "Name")));
        }
        list.push(user);
    }
    let mut reply = json!({ "Users": list });
    shape::put(&mut reply, "PaginationToken", next);
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_names_one_searchable_attribute() {
        assert_eq!(filter("email ^= \"a@\"").unwrap(), Some(("email".into(), true, "a@".into())));
        assert_eq!(filter("sub = \"x\"").unwrap(), Some(("sub".into(), false, "x".into())));
        assert!(filter("custom:tier = \"basic\"").is_err());
    }
}
