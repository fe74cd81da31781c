//! Tables: made and deleted in their own time, described, listed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::super::protocol::Refusal;
use super::super::shape;
use super::super::{Settling, World, kms};
use super::{Answer, Index, Key, Table, arn, in_use, invalid, marks, name, refuse, table, tables};

/// What a table's status turns into at the end of its deletion.
pub(super) const GONE: &str = "GONE";

pub(super) fn create(world: &mut World, body: &Value) -> Answer {
    let name = name(world, body);
    if !shape::matches("[a-zA-Z0-9_.-]{3,255}", &name) {
        return Err(invalid(
            "TableName must be at least 3 characters long and at most 255 characters long, of a-z, A-Z, 0-9, '_', '-' and '.'",
        ));
    }
    if tables(world).contains_key(&name) {
        return Err(in_use(format!("Table already exists: {name}")));
    }
    let attributes = definitions(body);
    let key = key(body)?;
    let mut indexes = BTreeMap::new();
    for given in items(body, "GlobalSecondaryIndexes") {
        let index = Index { key: self::key(given)?, projection: projection(given), status: Settling::new(world, "CREATING", "ACTIVE") };
        if indexes.insert(shape::string(given, "IndexName").to_owned(), index).is_some() {
            return Err(invalid("One or more parameter values were invalid: Duplicate index name"));
        }
    }
    let used: BTreeSet<&String> =
        indexes.values().map(|index| &index.key).chain([&key]).flat_map(|key| [Some(&key.hash), key.range.as_ref()]).flatten().collect();
    if used != attributes.keys().collect() {
        return Err(invalid(
            "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
        ));
    }
    let billing = shape::maybe(body, "BillingMode").unwrap_or_else(|| "PROVISIONED".into());
    throughput(body, &billing)?;
    let created = Table {
        created: world.now,
        id: world.uuid(),
        status: Settling::new(world, "CREATING", "ACTIVE"),
        attributes,
        key,
        indexes,
        throughput: body.get("ProvisionedThroughput").cloned(),
        billing,
        encryption: encryption(world, body)?,
        protected: body.get("DeletionProtectionEnabled").and_then(Value::as_bool).unwrap_or(false),
        backups: Settling::new(world, "ENABLING", "ENABLED"),
        recovery: None,
        tags: marks::added(&BTreeMap::new(), body)?,
        items: BTreeMap::new(),
    };
    tables(world).insert(name.clone(), created);
    world.dirty = true;
    Ok(json!({ "TableDescription": description(world, &name)? }))
}

/// On demand takes no throughput, provisioned needs one.
pub(super) fn throughput(body: &Value, billing: &str) -> Result<(), Refusal> {
    match (billing, body.get("ProvisionedThroughput")) {
        ("PAY_PER_REQUEST", Some(_)) => Err(invalid(
            "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        )),
        ("PROVISIONED", None) => Err(invalid(
            "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        )),
        _ => Ok(()),
    }
}

pub(super) fn definitions(body: &Value) -> BTreeMap<String, String> {
    let pair = |d: &Value| (shape::string(d, "AttributeName").to_owned(), shape::string(d, "AttributeType").to_owned());
    items(body, "AttributeDefinitions").map(pair).collect()
}

pub(super) fn items<'a>(body: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    body.get(member).and_then(Value::as_array).into_iter().flatten()
}

pub(super) fn projection(given: &Value) -> Value {
    given.get("Projection").cloned().unwrap_or_default()
}

pub(super) fn key(given: &Value) -> Result<Key, Refusal> {
    let of =
        |kind: &str| items(given, "KeySchema").find(|e| shape::string(e, "KeyType") == kind).and_then(|e| shape::maybe(e, "AttributeName"));
    let first = items(given, "KeySchema").next().map(|e| shape::string(e, "KeyType"));
    match (first, of("HASH"), of("RANGE")) {
        (Some("HASH"), Some(hash), range) if range.as_ref() != Some(&hash) => Ok(Key { hash, range }),
        _ => Err(invalid("Invalid KeySchema: The first KeySchemaElement is a HASH key, the second a RANGE key of another attribute")),
    }
}

/// The ARN of the key that the request asks for.
pub(super) fn encryption(world: &mut World, body: &Value) -> Result<Option<String>, Refusal> {
    let Some(wanted) = body.get("SSESpecification") else { return Ok(None) };
    if !wanted.get("Enabled").and_then(Value::as_bool).unwrap_or(false) {
        return Ok(None);
    }
    let account = world.account.clone();
    let Some(named) = shape::maybe(wanted, "KMSMasterKeyId") else {
        return Ok(Some(format!("arn:aws:kms:{}:{account}:key/aws-managed-dynamodb", world.region)));
    };
    let missing = || invalid(format!("One or more parameter values were invalid: KMS key {named} does not exist, or is not enabled"));
    kms::usable(world, &named).map(Some).ok_or_else(missing)
}

pub(super) fn describe(world: &mut World, body: &Value) -> Answer {
    let name = name(world, body);
    let (arn, now) = (arn(world, &name), world.now);
    let table = table(world, &name)?;
    let before = table.status.now.clone();
    table.status.read(now);
    for index in table.indexes.values_mut() {
        index.status.read(now);
    }
    table.indexes.retain(|_, index| index.status.peek(now) != GONE);
    let shown = shown(table, &name, &arn, now);
    world.dirty |= before != "ACTIVE";
    Ok(json!({ "Table": shown }))
}

pub(super) fn description(world: &mut World, name: &str) -> Answer {
    let (arn, now) = (arn(world, name), world.now);
    Ok(shown(table(world, name)?, name, &arn, now))
}

fn shown(table: &Table, name: &str, arn: &str, now: f64) -> Value {
    let count = table.items.len();
    let (read, write) = match &table.throughput {
        Some(t) => (t.get("ReadCapacityUnits").cloned(), t.get("WriteCapacityUnits").cloned()),
        None => (None, None),
    };
    let throughput = json!({
        "ReadCapacityUnits": read.unwrap_or_else(|| 0.into()), "WriteCapacityUnits": write.unwrap_or_else(|| 0.into()),
    });
    let attributes: Vec<Value> =
        table.attributes.iter().map(|(name, kind)| json!({ "AttributeName": name, "AttributeType": kind })).collect();
    let mut shown = json!({
        "TableName": name, "TableArn": arn, "TableId": table.id, "TableStatus": table.status.now, "CreationDateTime": table.created,
        "AttributeDefinitions": attributes, "KeySchema": schema(&table.key), "ItemCount": count, "TableSizeBytes": 0,
        "ProvisionedThroughput": throughput, "DeletionProtectionEnabled": table.protected,
    });
    if table.billing == "PAY_PER_REQUEST" {
        shape::put(&mut shown, "BillingModeSummary", Some(json!({ "BillingMode": table.billing })));
    }
    if let Some(key) = &table.encryption {
        shape::put(&mut shown, "SSEDescription", Some(json!({ "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key })));
    }
    let indexes: Vec<Value> = table
        .indexes
        .iter()
        .map(|(index, i)| {
            json!({
                "IndexName": index, "IndexArn": format!("{arn}/index/{index}"), "IndexStatus": i.status.peek(now), "KeySchema": schema(&i.key),
                "Projection": i.projection, "ItemCount": 0, "IndexSizeBytes": 0, "ProvisionedThroughput": throughput,
            })
        })
        .collect();
    shape::put(&mut shown, "GlobalSecondaryIndexes", Some(indexes).filter(|i| !i.is_empty()));
    shown
}

fn schema(key: &Key) -> Vec<Value> {
    let element = |name: &String, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
    [element(&key.hash, "HASH")].into_iter().chain(key.range.as_ref().map(|range| element(range, "RANGE"))).collect()
}

pub(super) fn list(world: &mut World, body: &Value) -> Answer {
    let size = body.get("Limit").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(100);
    let after = shape::string(body, "ExclusiveStartTableName");
    let mut names: Vec<&String> = tables(world).keys().filter(|name| name.as_str() > after).collect();
    let more = names.len() > size;
    names.truncate(size);
    let last = names.last().filter(|_| more).map(|name| (*name).clone());
    let mut reply = json!({ "TableNames": names });
    shape::put(&mut reply, "LastEvaluatedTableName", last);
    Ok(reply)
}

pub(super) fn delete(world: &mut World, body: &Value) -> Answer {
    let name = name(world, body);
    let deleting = Settling::new(world, "DELETING", GONE);
    let now = world.now;
    let table = table(world, &name)?;
    match table.status.peek(now) {
        "ACTIVE" => {}
        "DELETING" => return Err(in_use(format!("Attempt to change a resource which is still in use: Table is being deleted: {name}"))),
        "CREATING" => return Err(in_use(format!("Attempt to change a resource which is still in use: Table is being created: {name}"))),
        _ => return Err(in_use(format!("Attempt to change a resource which is still in use: Table is being updated: {name}"))),
    }
    if table.protected {
        return Err(invalid(
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
        ));
    }
    table.status = deleting;
    world.dirty = true;
    Ok(json!({ "TableDescription": description(world, &name)? }))
}

/// The table, if items can be read and written.
pub(super) fn open<'a>(world: &'a mut World, name: &str) -> Result<&'a mut Table, Refusal> {
    let now = world.now;
    let table = table(world, name)?;
    match table.status.peek(now) {
        "CREATING" | "DELETING" => Err(refuse("ResourceNotFoundException", "Requested resource not found")),
        _ => Ok(table),
    }
}

/// The key attributes of an item.
pub(super) fn key_of(keys: &[&Key], item: &Map<String, Value>) -> Map<String, Value> {
    let names = keys.iter().flat_map(|key| [Some(&key.hash), key.range.as_ref()]).flatten();
    names.filter_map(|name| Some((name.clone(), item.get(name)?.clone()))).collect()
}
