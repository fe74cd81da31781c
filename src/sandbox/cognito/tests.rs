//! What Cognito refuses about users, and what becomes of them, asked as the service answers.

use super::super::World;
use super::*;

fn ask(world: &mut World, name: &str, body: &Value) -> Result<Value, &'static str> {
    rpc::asked(OPERATIONS, name, INVALID, world, body)
}

/// A pool in which people sign in by e-mail, with a fixed and a changeable attribute.
fn a_pool(world: &mut World) -> String {
    let pool = json!({
        "PoolName": "x", "UsernameAttributes": ["email"], "UsernameConfiguration": { "CaseSensitive": false },
        "Schema": [{ "Name": "clinic", "Mutable": false }, { "Name": "tier", "StringAttributeConstraints": { "MaxLength": "8" } }],
    });
    ask(world, "CreateUserPool", &pool).unwrap()["UserPool"]["Id"].as_str().unwrap().to_owned()
}

fn with(pool: &str, user: &str, more: &Value) -> Value {
    let mut body = json!({ "UserPoolId": pool, "Username": user });
    body.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
    body
}

fn attributes(list: &[(&str, &str)]) -> Value {
    json!({ "UserAttributes": list.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect::<Vec<_>>() })
}

#[test]
fn an_address_is_one_user_in_any_case_and_a_fixed_attribute_is_set_once() {
    let world = &mut World::empty();
    let pool = &a_pool(world);
    let create = |user: &str, list: &[(&str, &str)]| with(pool, user, &attributes(list));
    let made = ask(world, "AdminCreateUser", &create("ann@one.com", &[("custom:clinic", "a"), ("custom:tier", "basic")])).unwrap();
    assert_eq!(made["User"]["UserStatus"], "FORCE_CHANGE_PASSWORD");
    assert_ne!(made["User"]["Username"], "ann@one.com", "the pool gives its own names");
    assert_eq!(ask(world, "AdminCreateUser", &create("Ann@One.com", &[])), Err("UsernameExistsException"));
    assert_eq!(ask(world, "AdminCreateUser", &create("ben", &[])), Err(INVALID));
    assert_eq!(ask(world, "AdminCreateUser", &create("ben@one.com", &[("custom:unknown", "x")])), Err(INVALID));
    assert_eq!(ask(world, "AdminCreateUser", &create("ben@one.com", &[("custom:tier", "longer than eight")])), Err(INVALID));

    let update = |list| with(pool, "ANN@one.com", &attributes(list));
    assert_eq!(ask(world, "AdminUpdateUserAttributes", &update(&[("custom:clinic", "b")])), Err(INVALID));
    ask(world, "AdminUpdateUserAttributes", &update(&[("custom:tier", "premium")])).unwrap();
    assert_eq!(ask(world, "AdminUpdateUserAttributes", &with(pool, "ben@one.com", &attributes(&[]))), Err("UserNotFoundException"));
    let listed = ask(world, "ListUsers", &json!({ "UserPoolId": pool, "AttributesToGet": ["custom:tier"] })).unwrap();
    assert_eq!(listed["Users"][0]["Attributes"], json!([{ "Name": "custom:tier", "Value": "premium" }]));
    assert_eq!(ask(world, "ListUsers", &json!({ "UserPoolId": pool, "AttributesToGet": ["phone_number"] })), Err(INVALID));
}

#[test]
fn who_is_disabled_is_signed_out_and_a_password_follows_the_policy() {
    let world = &mut World::empty();
    let pool = &a_pool(world);
    let ann = &with(pool, "ann@one.com", &json!({}));
    ask(world, "AdminCreateUser", ann).unwrap();
    let state = |world: &World| {
        let user = world.state.cognito.regions["eu-west-1"].pools[pool].users.values().next().unwrap();
        (user.enabled, user.signed_out)
    };
    assert_eq!(state(world), (true, 0.0));
    ask(world, "AdminDisableUser", ann).unwrap();
    assert_eq!(state(world), (false, 1000.0));
    world.now = 2000.0;
    ask(world, "AdminEnableUser", ann).unwrap();
    assert_eq!(state(world), (true, 1000.0));
    ask(world, "AdminUserGlobalSignOut", ann).unwrap();
    assert_eq!(state(world), (true, 2000.0));

    let password = |text: &str, permanent: bool| with(pool, "ann@one.com", &json!({ "Password": text, "Permanent": permanent }));
    assert_eq!(ask(world, "AdminSetUserPassword", &password("Short1!", true)), Err("InvalidPasswordException"));
    assert_eq!(ask(world, "AdminSetUserPassword", &password("no-capital-1", true)), Err("InvalidPasswordException"));
    ask(world, "AdminSetUserPassword", &password("Long-enough-1", true)).unwrap();
    assert_eq!(ask(world, "AdminGetUser", ann).unwrap()["UserStatus"], "CONFIRMED");
    assert_eq!(
        ask(world, "AdminCreateUser", &with(pool, "ann@one.com", &json!({ "MessageAction": "RESEND" }))),
        Err("UnsupportedUserStateException")
    );
    ask(world, "AdminDeleteUser", ann).unwrap();
    assert_eq!(ask(world, "AdminGetUser", ann), Err("UserNotFoundException"));
}
