//! A tenant's row in the platform's table of tenants: who they are, their tier, their prefix, their settings.
//!
//! One scan reads all rows, by pages of a megabyte; one call writes 25 of them. The whole row is ours: an attribute that nobody declares is drift.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Result, anyhow};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Found, Kind, Observe, Ownership, Step, Table};
use crate::address::{Address, Owner};
use crate::aws::{During as _, Tolerate as _};
use crate::late::Late;
use crate::names::{CLINIC_CONFIG, LEFT, ROW_STATUS, TenantId};
use crate::observe::each;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TenantRow {
    pub(crate) table: Late,
    pub(crate) id: String,
    /// Beside the id: texts and lists of texts.
    pub(crate) attributes: BTreeMap<String, Value>,
    /// The attribute that holds the id.
    pub(crate) key_attribute: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    table: String,
    key: String,
    id: String,
}

impl TenantRow {
    /// The table that has these rows, by its label: rows of the platform's other tables are none of our business.
    pub(crate) const TABLE: &'static str = CLINIC_CONFIG;
}

impl Kind for TenantRow {
    const NAME: &'static str = "tenant_row";
    const RIGHTS: &'static [Right] = &[
        // Of the one table that holds no patient: every attribute of a row is compared, so that no condition can leave some out.
        reads(&["dynamodb:Scan"], On::These(&["arn:aws:dynamodb:{r}:{a}:table/{p}-clinic-config"])),
        writes(
            &["dynamodb:BatchWriteItem", "dynamodb:PutItem", "dynamodb:DeleteItem"],
            On::These(&["arn:aws:dynamodb:{r}:{a}:table/{p}-clinic-config"]),
        ),
    ];
    const HOLDS_DATA: bool = true;
    const TOGETHER: usize = 25;
    const BELOW: &'static [&'static str] = &[Table::NAME];
    type Output = Output;

    /// Tools that read the row refuse at once. What could not be written back as it was is left alone.
    fn left(&self) -> Option<Self> {
        let mut row = self.clone();
        row.attributes.insert(ROW_STATUS.into(), json!(LEFT));
        row.attributes.values().all(|value| value.get(BYTES).is_none()).then_some(row)
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let tables = observe.above::<Table>().into_iter().filter(|(address, _)| address.label() == Self::TABLE);
        let found = each(tables, |(_, table)| async move { scanned(observe, &table.name, &table.key).await });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let table = self.table.get()?;
        let put = step.aws.dynamodb.put_item().table_name(table).set_item(Some(self.item()));
        put.send().await.during(format!("putting the row of `{}` into table `{table}`", self.id))?;
        self.output()
    }

    async fn create_together(batch: &[(Self, &Step<'_>)]) -> Vec<Result<Output>> {
        match write(batch).await {
            Ok(unwritten) => batch
                .iter()
                .map(|(row, _)| if unwritten.contains(&row.id) { Err(anyhow!("AWS left the row out of its batch")) } else { row.output() })
                .collect(),
            Err(error) => batch.iter().map(|_| Err(anyhow!("{error:#}"))).collect(),
        }
    }

    async fn update(&self, step: &Step<'_>, _: &Found<Self>) -> Result<Output> {
        self.create(step).await
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { table, key, id } = &live.output;
        let delete = step.aws.dynamodb.delete_item().table_name(table).key(key, AttributeValue::S(id.clone()));
        delete.send().await.during(format!("deleting the row of `{id}` from table `{table}`")).missing_is_none()?;
        Ok(())
    }
}

impl TenantRow {
    fn item(&self) -> HashMap<String, AttributeValue> {
        let attributes = self.attributes.iter().map(|(name, value)| (name.clone(), declared(value)));
        attributes.chain([(self.key_attribute.clone(), AttributeValue::S(self.id.clone()))]).collect()
    }

    fn output(&self) -> Result<Output> {
        Ok(Output { table: self.table.get()?.into(), key: self.key_attribute.clone(), id: self.id.clone() })
    }
}

/// Writes rows in one call; gives the ids of those that AWS had no room for.
async fn write(batch: &[(TenantRow, &Step<'_>)]) -> Result<BTreeSet<String>> {
    let Some((first, step)) = batch.first() else { return Ok(BTreeSet::new()) };
    let mut write = step.aws.dynamodb.batch_write_item();
    for (row, _) in batch {
        let put = PutRequest::builder().set_item(Some(row.item())).build()?;
        let table = row.table.get()?;
        let mut requests = write.get_request_items().as_ref().and_then(|tables| tables.get(table)).cloned().unwrap_or_default();
        requests.push(WriteRequest::builder().put_request(put).build());
        write = write.request_items(table, requests);
    }
    let reply = write.send().await.during(format!("putting {} rows into table `{}`", batch.len(), first.table.get()?))?;
    let left = reply.unprocessed_items.unwrap_or_default().into_values().flatten();
    let id = |put: PutRequest| put.item.get(&first.key_attribute).and_then(|id| id.as_s().ok()).cloned();
    Ok(left.filter_map(|request| request.put_request.and_then(id)).collect())
}

async fn scanned(observe: &Observe<'_>, table: &str, key: &str) -> Result<Vec<Found<TenantRow>>> {
    let mut found = Vec::new();
    let mut pages = observe.aws.dynamodb.scan().table_name(table).consistent_read(true).into_paginator().send();
    while let Some(page) = pages.next().await {
        // A table that is still being made has no rows yet.
        let Some(page) = page.during(format!("reading the rows of table `{table}`")).missing_is_none()? else { return Ok(found) };
        for mut item in page.items.unwrap_or_default() {
            let Some(AttributeValue::S(id)) = item.remove(key) else { continue };
            // What is no tenant's id was put there by somebody else.
            let Ok(tenant) = id.parse::<TenantId>() else { continue };
            let attributes = item.iter().map(|(name, value)| (name.clone(), shown(value))).collect();
            found.push(Found {
                address: Address::new(TenantRow::NAME, Owner::Tenant(tenant), TenantRow::TABLE),
                spec: TenantRow { table: Late::known(table), id: id.clone(), attributes, key_attribute: key.into() },
                output: Output { table: table.into(), key: key.into(), id },
                mark: Ownership::Ours { spec: None },
            });
        }
    }
    Ok(found)
}

/// What `shown` made of an attribute, or a manifest declares, as AWS keeps it.
fn declared(value: &Value) -> AttributeValue {
    let texts = |items: &Value| items.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(ToOwned::to_owned)).collect();
    let typed = |map: &serde_json::Map<String, Value>| {
        let (sort, value) = map.iter().next()?;
        Some(match sort.as_str() {
            "number" => AttributeValue::N(value.as_str()?.to_owned()),
            "boolean" => AttributeValue::Bool(value.as_bool()?),
            "set" => AttributeValue::Ss(texts(value)),
            "number set" => AttributeValue::Ns(texts(value)),
            "map" => AttributeValue::M(value.as_object()?.iter().map(|(name, value)| (name.clone(), declared(value))).collect()),
            "null" => AttributeValue::Null(true),
            _ => return None,
        })
    };
    match value {
        Value::Array(items) => AttributeValue::L(items.iter().map(declared).collect()),
        Value::String(text) => AttributeValue::S(text.clone()),
        other => other.as_object().and_then(typed).unwrap_or_else(|| AttributeValue::S(other.to_string())),
    }
}

/// Stands for what is no text, and is never read.
const BYTES: &str = "bytes";

/// What we don't declare keeps the name of its type, and so differs from every text.
fn shown(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!(text),
        AttributeValue::L(items) => items.iter().map(shown).collect(),
        AttributeValue::N(number) => json!({ "number": number }),
        AttributeValue::Bool(flag) => json!({ "boolean": flag }),
        AttributeValue::Ss(texts) => json!({ "set": texts }),
        AttributeValue::Ns(numbers) => json!({ "number set": numbers }),
        AttributeValue::M(members) => {
            let members: BTreeMap<&String, Value> = members.iter().map(|(name, value)| (name, shown(value))).collect();
            json!({ "map": members })
        }
        AttributeValue::Null(_) => json!({ "null": true }),
        _ => json!({ BYTES: true }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(attributes: Value) -> TenantRow {
        let attributes = serde_json::from_value(attributes).unwrap();
        TenantRow { table: Late::known("t"), id: "clinic-a".into(), attributes, key_attribute: "clinic_id".into() }
    }

    #[test]
    fn a_row_that_is_marked_keeps_what_others_wrote_into_it() {
        let there = [
            AttributeValue::S("text".into()),
            AttributeValue::N("4.5".into()),
            AttributeValue::Bool(true),
            AttributeValue::Ss(vec!["a".into()]),
            AttributeValue::Ns(vec!["1".into()]),
            AttributeValue::Null(true),
            AttributeValue::M([("in".to_owned(), AttributeValue::N("7".into()))].into()),
            AttributeValue::L(vec![AttributeValue::N("8".into())]),
        ];
        for value in there {
            assert_eq!(declared(&shown(&value)), value);
        }
        let left = row(json!({ "status": "suspended", "seats": { "number": "3" } })).left().unwrap();
        assert_eq!((&left.attributes["status"], &left.attributes["seats"]), (&json!("left"), &json!({ "number": "3" })));
        assert!(row(json!({ "picture": { BYTES: true } })).left().is_none(), "bytes can't be written back");
    }
}
