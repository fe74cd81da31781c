//! What a call of DynamoDB asks for: its tables and indexes, and the partitions that it names.

use serde_json::{Value, json};

use super::super::World;
use super::super::guard::Ask;
use super::super::shape;
use super::condition::Condition;
use super::{arn, items, name, tables};

const LEADING_KEYS: &str = "dynamodb:LeadingKeys";
/// Keys whose values follow from expressions and options that are not read here.
const UNREAD: [&str; 5] =
    ["dynamodb:Attributes", "dynamodb:FullTableScan", "dynamodb:ReturnConsumedCapacity", "dynamodb:ReturnValues", "dynamodb:Select"];

pub(super) fn of(world: &mut World, operation: &str, body: &Value) -> Vec<Ask> {
    match operation {
        "GetItem" | "UpdateItem" | "DeleteItem" => vec![one(world, operation, body, &[body.get("Key")])],
        "PutItem" => vec![one(world, operation, body, &[body.get("Item")])],
        "Query" => vec![query(world, body)],
        "Scan" => vec![ask(operation, resource(world, body))],
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = items::members(body, "RequestItems").map(|(table, wanted)| {
                let keys: Vec<Option<&Value>> = match wanted {
                    Value::Array(writes) => writes.iter().map(written).collect(),
                    wanted => tables::items(wanted, "Keys").map(Some).collect(),
                };
                (json!({ "TableName": table }), keys)
            });
            tables.map(|(body, keys)| one(world, operation, &body, &keys)).collect()
        }
        // What names no single table, or several, has to be allowed for all.
        _ if body.get("TableName").is_some() => vec![unscoped(operation, resource(world, body))],
        _ => vec![unscoped(operation, "*".into())],
    }
}

fn written(write: &Value) -> Option<&Value> {
    write.pointer("/PutRequest/Item").or_else(|| write.pointer("/DeleteRequest/Key"))
}

fn ask(operation: &str, resource: String) -> Ask {
    UNREAD.iter().fold(Ask::new(format!("dynamodb:{operation}"), resource), |ask, key| ask.without(key))
}

/// An operation whose items, if any, are not read here.
fn unscoped(operation: &str, resource: String) -> Ask {
    let items = ["Item", "Statement", "Transaction"].iter().any(|word| operation.contains(word));
    let ask = ask(operation, resource);
    if items { ask.without(LEADING_KEYS) } else { ask }
}

fn resource(world: &World, body: &Value) -> String {
    let table = arn(world, &name(world, body));
    match shape::maybe(body, "IndexName") {
        Some(index) => format!("{table}/index/{index}"),
        None => table,
    }
}

/// The items of one table, by what each has of the partition key.
fn one(world: &mut World, operation: &str, body: &Value, keys: &[Option<&Value>]) -> Ask {
    let ask = ask(operation, resource(world, body));
    let name = name(world, body);
    let hash = super::table(world, &name).ok().map(|table| table.key.hash.clone());
    let leading = hash.and_then(|hash| keys.iter().map(|key| text((*key)?.get(&hash)?)).collect::<Option<Vec<String>>>());
    match leading {
        Some(leading) => ask.with(LEADING_KEYS, leading),
        None => ask.without(LEADING_KEYS),
    }
}

fn query(world: &mut World, body: &Value) -> Ask {
    let ask = ask("Query", resource(world, body));
    let (name, index) = (name(world, body), shape::maybe(body, "IndexName"));
    let key = super::table(world, &name).ok().and_then(|table| match index {
        None => Some(table.key.clone()),
        Some(index) => table.indexes.get(&index).map(|index| index.key.clone()),
    });
    let partition = key.and_then(|key| Condition::read(body, &key).ok()).and_then(|condition| text(&condition.partition));
    match partition {
        Some(partition) => ask.with(LEADING_KEYS, vec![partition]),
        None => ask.without(LEADING_KEYS),
    }
}

/// A key's value as conditions see it.
fn text(value: &Value) -> Option<String> {
    ["S", "N", "B"].iter().find_map(|kind| value.get(*kind)?.as_str()).map(str::to_owned)
}
