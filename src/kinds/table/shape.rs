//! A table's schema, as DynamoDB's API writes it and as we declare it.

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_dynamodb::types as sdk;

use super::{Condition, Index, Output, Table};
use crate::aws::settle::Status;
use crate::late::Late;
use crate::names::Arn;

pub(super) fn definitions(attributes: &[&str]) -> Result<Vec<sdk::AttributeDefinition>> {
    let define =
        |name: &&str| sdk::AttributeDefinition::builder().attribute_name(*name).attribute_type(sdk::ScalarAttributeType::S).build();
    Ok(attributes.iter().map(define).collect::<Result<_, _>>()?)
}

pub(super) fn schema(key: &str, sort_key: Option<&str>) -> Result<Vec<sdk::KeySchemaElement>> {
    let element = |name: &str, kind| sdk::KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let mut schema = vec![element(key, sdk::KeyType::Hash)?];
    if let Some(sort_key) = sort_key {
        schema.push(element(sort_key, sdk::KeyType::Range)?);
    }
    Ok(schema)
}

pub(super) fn index(name: &str, index: &Index) -> Result<sdk::GlobalSecondaryIndex> {
    let schema = schema(&index.key, index.sort_key.as_deref())?;
    Ok(sdk::GlobalSecondaryIndex::builder().index_name(name).set_key_schema(Some(schema)).projection(projection(index)).build()?)
}

pub(super) fn new_index(name: &str, index: &Index) -> Result<sdk::CreateGlobalSecondaryIndexAction> {
    let schema = schema(&index.key, index.sort_key.as_deref())?;
    Ok(sdk::CreateGlobalSecondaryIndexAction::builder()
        .index_name(name)
        .set_key_schema(Some(schema))
        .projection(projection(index))
        .build()?)
}

fn projection(index: &Index) -> sdk::Projection {
    sdk::Projection::builder().projection_type(sdk::ProjectionType::from(index.projection.as_str())).build()
}

pub(super) fn output(table: &sdk::TableDescription) -> Output {
    Output {
        name: table.table_name.clone().unwrap_or_default(),
        arn: Arn::new(table.table_arn.clone().unwrap_or_default()),
        key: keys(table.key_schema(), table).0,
    }
}

pub(super) fn read(name: String, table: &sdk::TableDescription, recovery: bool, tags: BTreeMap<String, String>) -> Table {
    let (key, sort_key) = keys(table.key_schema(), table);
    // An index that is going is gone.
    let indexes = table.global_secondary_indexes().iter().filter(|i| i.index_status != Some(sdk::IndexStatus::Deleting));
    let index = |i: &sdk::GlobalSecondaryIndexDescription| {
        let (key, sort_key) = keys(i.key_schema(), table);
        let projection = i.projection().and_then(|p| p.projection_type()).map(ToString::to_string).unwrap_or_default();
        (i.index_name().unwrap_or_default().to_owned(), Index { key, sort_key, projection })
    };
    // A table that always had throughput says nothing of its billing.
    let billing = table.billing_mode_summary().and_then(|b| b.billing_mode()).map_or_else(|| "PROVISIONED".into(), ToString::to_string);
    Table {
        name,
        key,
        sort_key,
        indexes: indexes.map(index).collect(),
        encryption_key: Late::known(table.sse_description().and_then(|s| s.kms_master_key_arn()).unwrap_or_default()),
        billing,
        point_in_time_recovery: recovery,
        deletion_protection: table.deletion_protection_enabled.unwrap_or_default(),
        tags,
        // What AWS has not finished looks otherwise for a while, and nobody has changed it.
        condition: match &table.table_status {
            Some(status @ (sdk::TableStatus::Creating | sdk::TableStatus::Updating)) => Status::Pending(status.to_string()).into(),
            _ => Condition::default(),
        },
    }
}

/// Partition and sort key; what is no text carries its type, and so differs from what we declare.
fn keys(schema: &[sdk::KeySchemaElement], table: &sdk::TableDescription) -> (String, Option<String>) {
    let named = |kind: &sdk::KeyType| {
        let name = schema.iter().find(|e| e.key_type == *kind)?.attribute_name.clone();
        let definition = table.attribute_definitions().iter().find(|d| d.attribute_name == name);
        Some(match definition.map(|d| &d.attribute_type) {
            Some(sdk::ScalarAttributeType::S) | None => name,
            Some(other) => format!("{name} ({other})"),
        })
    };
    (named(&sdk::KeyType::Hash).unwrap_or_default(), named(&sdk::KeyType::Range))
}
