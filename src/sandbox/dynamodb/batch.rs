//! Batches: up to a hundred items got, up to 25 written, over several tables.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::World;
use super::{Answer, invalid, items, name, tables};

const MOST_GOT: usize = 100;
const MOST_WRITTEN: usize = 25;

pub(super) fn get(world: &mut World, body: &Value) -> Answer {
    if items::members(body, "RequestItems").map(|(_, wanted)| tables::items(wanted, "Keys").count()).sum::<usize>() > MOST_GOT {
        return Err(invalid("Too many items requested for the BatchGetItem call"));
    }
    let mut responses = Map::new();
    for (given, wanted) in items::members(body, "RequestItems") {
        items::plain(wanted)?;
        let name = name(world, &json!({ "TableName": given }));
        let table = tables::open(world, &name)?;
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for key in tables::items(wanted, "Keys") {
            let key = items::only_key(table, &key.as_object().cloned().unwrap_or_default())?;
            found.extend(table.items.get(&key).map(items::object));
            if !seen.insert(key) {
                return Err(invalid("Provided list of item keys contains duplicates"));
            }
        }
        responses.insert(given.clone(), found.into());
    }
    Ok(json!({ "Responses": responses, "UnprocessedKeys": {} }))
}

pub(super) fn write(world: &mut World, body: &Value) -> Answer {
    if items::members(body, "RequestItems").filter_map(|(_, writes)| writes.as_array()).map(Vec::len).sum::<usize>() > MOST_WRITTEN {
        return Err(invalid("Too many items requested for the BatchWriteItem call"));
    }
    for (given, writes) in items::members(body, "RequestItems") {
        let name = name(world, &json!({ "TableName": given }));
        let table = tables::open(world, &name)?;
        let mut seen = BTreeSet::new();
        for write in writes.as_array().into_iter().flatten() {
            let put = write.get("PutRequest").map(|put| items::map(put, "Item"));
            let key = match (&put, write.get("DeleteRequest")) {
                (Some(item), _) => items::key_text(table, item)?,
                (None, delete) => items::only_key(table, &items::map(delete.unwrap_or(&Value::Null), "Key"))?,
            };
            if !seen.insert(key.clone()) {
                return Err(invalid("Provided list of item keys contains duplicates"));
            }
            match put {
                Some(item) => drop(items::store(table, item)?),
                None => drop(table.items.remove(&key)),
            }
        }
    }
    world.dirty = true;
    Ok(json!({ "UnprocessedItems": {} }))
}
