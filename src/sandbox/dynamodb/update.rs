//! UpdateTable: one kind of change in each call, and none while another one runs.

use serde_json::{Value, json};

use super::super::shape;
use super::super::{Settling, World};
use super::tables;
use super::{Answer, Index, in_use, invalid, name, refuse, table};

/// What a call may change, one of them at a time.
const KINDS: [&str; 4] = ["BillingMode", "GlobalSecondaryIndexUpdates", "SSESpecification", "DeletionProtectionEnabled"];

pub(super) fn update(world: &mut World, body: &Value) -> Answer {
    let name = name(world, body);
    let (updating, now) = (Settling::new(world, "UPDATING", "ACTIVE"), world.now);
    let encryption = tables::encryption(world, body)?;
    if table(world, &name)?.status.peek(now) != "ACTIVE" {
        return Err(in_use(format!("Attempt to change a resource which is still in use: Table is being updated: {name}")));
    }
    match KINDS.iter().filter(|kind| body.get(**kind).is_some()).count() {
        0 if body.get("ProvisionedThroughput").is_some() => {
            return Err(invalid("The sandbox changes throughput with the billing mode only."));
        }
        0 => {
            return Err(invalid(
                "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
            ));
        }
        1 => {}
        _ => return Err(invalid("Only one kind of change can be made in one UpdateTable call")),
    }
    if body.get("GlobalSecondaryIndexUpdates").is_some() {
        indexes(world, body, &name)?;
    }
    let table = table(world, &name)?;
    if let Some(billing) = shape::maybe(body, "BillingMode") {
        tables::throughput(body, &billing)?;
        if billing == table.billing {
            return Err(invalid("The billing mode of the table will not change."));
        }
        (table.billing, table.throughput) = (billing, body.get("ProvisionedThroughput").cloned());
    }
    if body.get("SSESpecification").is_some() {
        if table.encryption == encryption {
            return Err(invalid("One or more parameter values were invalid: Table is already encrypted by given KMSMasterKeyId"));
        }
        table.encryption = encryption;
    }
    if let Some(protected) = body.get("DeletionProtectionEnabled").and_then(Value::as_bool) {
        table.protected = protected;
    }
    table.status = updating;
    world.dirty = true;
    Ok(json!({ "TableDescription": tables::description(world, &name)? }))
}

fn indexes(world: &mut World, body: &Value, name: &str) -> Result<(), super::Refusal> {
    let (creating, deleting) = (Settling::new(world, "CREATING", "ACTIVE"), Settling::new(world, "DELETING", tables::GONE));
    let now = world.now;
    let changes: Vec<&Value> = tables::items(body, "GlobalSecondaryIndexUpdates").collect();
    let [change] = changes.as_slice() else {
        return Err(refuse(
            "LimitExceededException",
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
        ));
    };
    let table = table(world, name)?;
    if table.indexes.values_mut().any(|index| index.status.peek(now) != "ACTIVE") {
        return Err(in_use(format!("Attempt to change a resource which is still in use: Index is being changed, of table {name}")));
    }
    match (change.get("Create"), change.get("Delete")) {
        (Some(given), None) => {
            let (key, index) = (tables::key(given)?, shape::string(given, "IndexName"));
            let mut attributes = tables::definitions(body);
            attributes.extend(table.attributes.clone());
            if !attributes.contains_key(&key.hash) || key.range.as_ref().is_some_and(|range| !attributes.contains_key(range)) {
                return Err(invalid(
                    "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions",
                ));
            }
            if table.indexes.contains_key(index) {
                return Err(invalid(format!("Attempting to create an index which already exists: {index}")));
            }
            table.attributes = attributes;
            table.indexes.insert(index.to_owned(), Index { key, projection: tables::projection(given), status: creating });
        }
        (None, Some(given)) => {
            let index = shape::string(given, "IndexName");
            let missing = || refuse("ResourceNotFoundException", format!("Requested resource not found: index {index}"));
            table.indexes.get_mut(index).ok_or_else(missing)?.status = deleting;
        }
        _ => return Err(invalid("An index update creates one index or deletes one")),
    }
    Ok(())
}
