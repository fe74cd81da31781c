//! What KMS refuses and how a key goes, asked as the service answers.

use super::super::World;
use super::*;

fn ask(world: &mut World, name: &str, body: &Value) -> Result<Value, &'static str> {
    rpc::asked(OPERATIONS, name, INVALID, world, body)
}

fn a_key(world: &mut World) -> String {
    let reply = ask(world, "CreateKey", &json!({ "Tags": [{ "TagKey": "a", "TagValue": "b" }] })).unwrap();
    reply["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned()
}

#[test]
fn equal_requests_make_two_keys_and_an_alias_names_one() {
    let world = &mut World::empty();
    let (one, other) = (a_key(world), a_key(world));
    assert_ne!(one, other);
    let alias = |key: &str| json!({ "AliasName": "alias/acme-data", "TargetKeyId": key });
    ask(world, "CreateAlias", &alias(&one)).unwrap();
    assert_eq!(ask(world, "CreateAlias", &alias(&other)), Err("AlreadyExistsException"));
    assert_eq!(ask(world, "CreateAlias", &json!({ "AliasName": "alias/aws/x", "TargetKeyId": one })), Err("NotAuthorizedException"));
    let found = ask(world, "DescribeKey", &json!({ "KeyId": "alias/acme-data" })).unwrap();
    assert_eq!(found["KeyMetadata"]["KeyId"], *one);
    assert_eq!(ask(world, "GetKeyPolicy", &json!({ "KeyId": "alias/acme-data" })), Err("NotFoundException"), "an id or ARN is wanted here");
}

#[test]
fn a_deleted_key_waits_with_its_alias_and_may_come_back() {
    let world = &mut World::empty();
    let id = a_key(world);
    let key = json!({ "KeyId": id });
    ask(world, "CreateAlias", &json!({ "AliasName": "alias/acme-data", "TargetKeyId": id })).unwrap();
    ask(world, "EnableKeyRotation", &key).unwrap();
    ask(world, "ScheduleKeyDeletion", &key).unwrap();
    assert_eq!(ask(world, "ScheduleKeyDeletion", &key), Err("KMSInvalidStateException"));
    assert_eq!(ask(world, "GetKeyRotationStatus", &key).unwrap()["KeyRotationEnabled"], false);
    assert!(usable(world, "alias/acme-data").is_none());
    ask(world, "CancelKeyDeletion", &key).unwrap();
    assert_eq!(ask(world, "DescribeKey", &key).unwrap()["KeyMetadata"]["KeyState"], "Disabled");
    ask(world, "EnableKey", &key).unwrap();
    assert_eq!(ask(world, "GetKeyRotationStatus", &key).unwrap()["RotationPeriodInDays"], 365);
    assert!(usable(world, "alias/acme-data").is_some());

    ask(world, "ScheduleKeyDeletion", &json!({ "KeyId": id, "PendingWindowInDays": 7 })).unwrap();
    world.now += 8.0 * 86_400.0;
    assert_eq!(ask(world, "DescribeKey", &key), Err("NotFoundException"));
    assert!(
        ask(world, "ListAliases", &json!({})).unwrap()["Aliases"].as_array().unwrap().iter().all(|a| a["AliasName"] != "alias/acme-data")
    );
}

#[test]
fn a_policy_that_locks_everybody_out_is_refused() {
    let world = &mut World::empty();
    let policy = |action: &str, principal: &str| {
        json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Principal": { "AWS": principal }, "Action": action, "Resource": "*" } }).to_string()
    };
    let root = "arn:aws:iam::111122223333:root";
    let mut create = |policy: String| ask(world, "CreateKey", &json!({ "Policy": policy })).map(drop);
    assert_eq!(create(policy("kms:Put*", root)), Ok(()));
    assert_eq!(create(policy("kms:Decrypt", root)), Err("MalformedPolicyDocumentException"));
    assert_eq!(create(policy("kms:*", "arn:aws:iam::444455556666:root")), Err("MalformedPolicyDocumentException"));
}
