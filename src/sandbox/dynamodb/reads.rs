//! Query and Scan: pages of items, from a table or one of its indexes.

use serde_json::{Value, json};

use super::super::World;
use super::super::shape;
use super::condition::{Condition, compare};
use super::{Answer, Item, Key, Refusal, Table, invalid, items, name, tables};

/// A page ends after a megabyte at AWS; here after as many items as well, so that whoever reads one page only is found out.
const PAGE_BYTES: usize = 1024 * 1024;
const PAGE_ITEMS: usize = 500;

/// What is read: the table by its key, or an index by its own.
fn source<'a>(table: &'a Table, body: &Value) -> Result<&'a Key, Refusal> {
    let Some(index) = shape::maybe(body, "IndexName") else { return Ok(&table.key) };
    if body.get("ConsistentRead").and_then(Value::as_bool).unwrap_or(false) {
        return Err(invalid("Consistent reads are not supported on global secondary indexes"));
    }
    let missing = || invalid(format!("The table does not have the specified index: {index}"));
    table.indexes.get(&index).filter(|i| i.status.now == "ACTIVE").map(|i| &i.key).ok_or_else(missing)
}

pub(super) fn query(world: &mut World, body: &Value) -> Answer {
    items::plain(body)?;
    let name = name(world, body);
    let table = tables::open(world, &name)?;
    let key = source(table, body)?;
    let condition = Condition::read(body, key)?;
    let sort = |item: &Item| key.range.as_ref().and_then(|range| item.get(range)).cloned();
    let mut found: Vec<(&String, &Item)> = table
        .items
        .iter()
        .filter(|(_, item)| item.get(&key.hash) == Some(&condition.partition) && condition.holds(sort(item).as_ref()))
        .collect();
    found.sort_by(|a, b| match (sort(a.1), sort(b.1)) {
        (Some(one), Some(other)) => compare(&one, &other).then_with(|| a.0.cmp(b.0)),
        _ => a.0.cmp(b.0),
    });
    if body.get("ScanIndexForward").and_then(Value::as_bool) == Some(false) {
        found.reverse();
    }
    page(table, key, body, &found)
}

pub(super) fn scan(world: &mut World, body: &Value) -> Answer {
    items::plain(body)?;
    if body.get("TotalSegments").and_then(Value::as_i64).is_some_and(|n| n > 1) {
        return Err(invalid("the sandbox scans in one segment"));
    }
    let name = name(world, body);
    let table = tables::open(world, &name)?;
    let key = source(table, body)?;
    // An index holds what has its keys.
    let held = |item: &Item| item.contains_key(&key.hash) && key.range.as_ref().is_none_or(|range| item.contains_key(range));
    let found: Vec<(&String, &Item)> = table.items.iter().filter(|(_, item)| held(item)).collect();
    page(table, key, body, &found)
}

fn page(table: &Table, key: &Key, body: &Value, found: &[(&String, &Item)]) -> Answer {
    let begin = match body.get("ExclusiveStartKey").and_then(Value::as_object) {
        None => 0,
        Some(start) => {
            let start = items::key_text(table, start).map_err(|_| invalid("The provided starting key is invalid"))?;
            let after = found.iter().position(|(text, _)| **text == start).map(|at| at + 1);
            // The item may have gone since: its neighbours in the order of keys go on.
            after.unwrap_or_else(|| found.iter().take_while(|(text, _)| **text <= start).count())
        }
    };
    let most = shape_limit(body).min(PAGE_ITEMS);
    let mut bytes = 0;
    let rest = found.get(begin..).unwrap_or_default();
    let shown: Vec<&(&String, &Item)> = rest
        .iter()
        .take(most)
        .take_while(|(_, item)| {
            let fits = bytes < PAGE_BYTES;
            bytes += items::object(item).to_string().len();
            fits
        })
        .collect();
    let last = shown.last().filter(|_| shown.len() < rest.len()).map(|(_, item)| Value::Object(tables::key_of(&[&table.key, key], item)));
    let mut reply = json!({ "Count": shown.len(), "ScannedCount": shown.len() });
    if shape::string(body, "Select") != "COUNT" {
        shape::put(&mut reply, "Items", Some(shown.iter().map(|(_, item)| items::object(item)).collect::<Vec<_>>()));
    }
    shape::put(&mut reply, "LastEvaluatedKey", last);
    Ok(reply)
}

fn shape_limit(body: &Value) -> usize {
    body.get("Limit").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX)
}
