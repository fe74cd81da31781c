//! What DynamoDB refuses, how its statuses move and how its pages go, asked as the service answers.

use serde_json::json;

use super::super::World;
use super::*;

fn ask(world: &mut World, name: &str, body: &Value) -> Result<Value, &'static str> {
    rpc::asked(OPERATIONS, name, INVALID, world, body)
}

fn creation(protected: bool) -> Value {
    let attributes = ["id", "day", "clinic"].map(|name| json!({ "AttributeName": name, "AttributeType": "S" }));
    json!({
        "TableName": "acme-visits", "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": protected,
        "AttributeDefinitions": attributes,
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-clinic", "Projection": { "ProjectionType": "ALL" },
            "KeySchema": [{ "AttributeName": "clinic", "KeyType": "HASH" }, { "AttributeName": "day", "KeyType": "RANGE" }],
        }],
    })
}

fn table() -> Value {
    json!({ "TableName": "acme-visits" })
}

/// A world with an active table.
fn with_table() -> World {
    let mut world = World::empty();
    ask(&mut world, "CreateTable", &creation(false)).unwrap();
    assert_eq!(ask(&mut world, "DescribeTable", &table()).unwrap()["Table"]["TableStatus"], "CREATING");
    assert_eq!(ask(&mut world, "DescribeTable", &table()).unwrap()["Table"]["TableStatus"], "ACTIVE");
    world
}

fn put(world: &mut World, id: &str, clinic: &str, day: &str) {
    let item = json!({ "id": { "S": id }, "clinic": { "S": clinic }, "day": { "S": day } });
    ask(world, "PutItem", &json!({ "TableName": "acme-visits", "Item": item })).unwrap();
}

#[test]
fn a_table_is_refused_while_it_is_made_changed_or_protected() {
    let world = &mut World::empty();
    let mut surplus = creation(true);
    surplus["AttributeDefinitions"].as_array_mut().unwrap().push(json!({ "AttributeName": "more", "AttributeType": "S" }));
    assert_eq!(ask(world, "CreateTable", &surplus), Err(INVALID));
    ask(world, "CreateTable", &creation(true)).unwrap();
    assert_eq!(ask(world, "CreateTable", &creation(true)), Err("ResourceInUseException"));
    assert_eq!(ask(world, "DeleteTable", &table()), Err("ResourceInUseException"));
    assert_eq!(ask(world, "Scan", &table()), Err("ResourceNotFoundException"));
    let backups = json!({ "TableName": "acme-visits", "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true } });
    assert_eq!(ask(world, "UpdateContinuousBackups", &backups), Err("ContinuousBackupsUnavailableException"));
    ask(world, "UpdateContinuousBackups", &backups).unwrap();
    for _ in 0..2 {
        ask(world, "DescribeTable", &table()).unwrap();
    }
    assert_eq!(ask(world, "DeleteTable", &table()), Err(INVALID));
    let update = |members: &[(&str, Value)]| {
        let mut body = table();
        members.iter().for_each(|(name, value)| body[*name] = value.clone());
        body
    };
    let unprotect = ("DeletionProtectionEnabled", json!(false));
    let provisioned = ("BillingMode", json!("PROVISIONED"));
    assert_eq!(ask(world, "UpdateTable", &update(&[])), Err(INVALID));
    assert_eq!(ask(world, "UpdateTable", &update(&[unprotect.clone(), provisioned])), Err(INVALID));
    ask(world, "UpdateTable", &update(std::slice::from_ref(&unprotect))).unwrap();
    assert_eq!(ask(world, "UpdateTable", &update(&[unprotect])), Err("ResourceInUseException"));
    for _ in 0..2 {
        ask(world, "DescribeTable", &table()).unwrap();
    }
    ask(world, "DeleteTable", &table()).unwrap();
    assert_eq!(ask(world, "DescribeTable", &table()).unwrap()["Table"]["TableStatus"], "DELETING");
    assert_eq!(ask(world, "DescribeTable", &table()), Err("ResourceNotFoundException"));
}

#[test]
fn a_query_reads_one_partition_in_the_order_of_its_sort_key() {
    let world = &mut with_table();
    for (id, clinic, day) in [("1", "a", "2026-03"), ("2", "b", "2026-01"), ("3", "a", "2026-01"), ("4", "a", "2026-02")] {
        put(world, id, clinic, day);
    }
    let query = |condition: &str, more: &Value| {
        let mut body = json!({
            "TableName": "acme-visits", "IndexName": "by-clinic", "KeyConditionExpression": condition,
            "ExpressionAttributeNames": { "#c": "clinic", "#d": "day" },
            "ExpressionAttributeValues": { ":c": { "S": "a" }, ":d": { "S": "2026-02" }, ":e": { "S": "2026-03" }, ":p": { "S": "2026-0" } },
        });
        more.as_object().unwrap().iter().for_each(|(name, value)| body[name] = value.clone());
        body
    };
    let ids = |reply: &Value| -> Vec<String> {
        reply["Items"].as_array().unwrap().iter().map(|i| i["id"]["S"].as_str().unwrap().into()).collect()
    };
    let mut ask = |condition: &str, more: &Value| ask(world, "Query", &query(condition, more));
    assert_eq!(ids(&ask("#c = :c", &json!({})).unwrap()), ["3", "4", "1"]);
    assert_eq!(ids(&ask("(#c = :c AND #d >= :d)", &json!({ "ScanIndexForward": false })).unwrap()), ["1", "4"]);
    assert_eq!(ids(&ask("#c = :c AND #d BETWEEN :d AND :e", &json!({})).unwrap()), ["4", "1"]);
    assert_eq!(ids(&ask("#c = :c AND begins_with(#d, :p)", &json!({})).unwrap()), ["3", "4", "1"]);
    let first = ask("#c = :c", &json!({ "Limit": 2 })).unwrap();
    assert_eq!(first["LastEvaluatedKey"].as_object().unwrap().len(), 3);
    let rest = ask("#c = :c", &json!({ "Limit": 2, "ExclusiveStartKey": first["LastEvaluatedKey"] })).unwrap();
    assert_eq!((ids(&rest), rest.get("LastEvaluatedKey")), (vec!["1".to_owned()], None));
    assert_eq!(ask("#d = :d", &json!({})), Err(INVALID));
    assert_eq!(ask("#c = :c", &json!({ "ConsistentRead": true })), Err(INVALID));
    assert_eq!(ask("#c = :c", &json!({ "FilterExpression": "x" })), Err(INVALID));
}

#[test]
fn a_scan_goes_on_where_its_page_ended() {
    let world = &mut with_table();
    for n in 0..7 {
        put(world, &n.to_string(), "a", "today");
    }
    let (mut seen, mut start) = (0, None);
    loop {
        let mut body = json!({ "TableName": "acme-visits", "Limit": 3 });
        shape::put(&mut body, "ExclusiveStartKey", start.take());
        let page = ask(world, "Scan", &body).unwrap();
        seen += page["Items"].as_array().unwrap().len();
        start = page.get("LastEvaluatedKey").cloned();
        if start.is_none() {
            break;
        }
    }
    assert_eq!(seen, 7);
}

#[test]
fn items_are_checked_and_batches_are_whole() {
    let world = &mut with_table();
    let item = |item: Value| json!({ "TableName": "acme-visits", "Item": item });
    assert_eq!(ask(world, "PutItem", &item(json!({ "clinic": { "S": "a" } }))), Err(INVALID));
    assert_eq!(ask(world, "PutItem", &item(json!({ "id": { "N": "1" } }))), Err(INVALID));
    assert_eq!(ask(world, "PutItem", &item(json!({ "id": { "S": "" } }))), Err(INVALID));
    assert_eq!(ask(world, "PutItem", &item(json!({ "id": { "S": "1" }, "x": "plain" }))), Err(INVALID));
    let put = |id: &str| json!({ "PutRequest": { "Item": { "id": { "S": id } } } });
    ask(world, "BatchWriteItem", &json!({ "RequestItems": { "acme-visits": [put("1"), put("2")] } })).unwrap();
    let keys = json!({ "Keys": [{ "id": { "S": "1" } }, { "id": { "S": "9" } }] });
    let got = ask(world, "BatchGetItem", &json!({ "RequestItems": { "acme-visits": keys } })).unwrap();
    assert_eq!(got["Responses"]["acme-visits"], json!([{ "id": { "S": "1" } }]));
    let key = json!({ "TableName": "acme-visits", "Key": { "id": { "S": "1" } } });
    ask(world, "DeleteItem", &key).unwrap();
    assert_eq!(ask(world, "GetItem", &key).unwrap(), json!({}));
}
