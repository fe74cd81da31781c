//! DynamoDB (awsJson1.0): tables with their indexes, encryption, backups and tags, and the items in them.
//!
//! Expressions are read as far as a query's key condition; filters, projections and conditions are refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::protocol::{Refusal, Reply, Request};
use super::rpc::{self, Answer, Operation, on};
use super::shape;
use super::{Service, Settling, World, guard};

mod asks;
mod backups;
mod batch;
mod condition;
mod items;
mod marks;
mod reads;
mod shapes;
mod tables;
mod update;

const INVALID: &str = "ValidationException";

pub(super) struct DynamoDb;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// By region, by name.
    regions: BTreeMap<String, BTreeMap<String, Table>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Table {
    created: f64,
    id: String,
    status: Settling,
    /// Key attributes and their types.
    attributes: BTreeMap<String, String>,
    key: Key,
    indexes: BTreeMap<String, Index>,
    billing: String,
    throughput: Option<Value>,
    /// The ARN of the customer's key; AWS's own without one.
    encryption: Option<String>,
    protected: bool,
    /// Whether backups can be switched on yet.
    backups: Settling,
    recovery: Option<Recovery>,
    tags: BTreeMap<String, String>,
    /// By their key, written as one text.
    items: BTreeMap<String, Item>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Key {
    hash: String,
    range: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Index {
    key: Key,
    projection: Value,
    status: Settling,
}

#[derive(Debug, Serialize, Deserialize)]
struct Recovery {
    since: f64,
    days: i64,
}

type Item = Map<String, Value>;
static OPERATIONS: &[Operation] = &[
    on("CreateTable", &shapes::CREATE, tables::create),
    on("DescribeTable", &shapes::TABLE, tables::describe),
    on("UpdateTable", &shapes::UPDATE, update::update),
    on("DeleteTable", &shapes::TABLE, tables::delete),
    on("ListTables", &shapes::LIST, tables::list),
    on("DescribeContinuousBackups", &shapes::TABLE, backups::describe),
    on("UpdateContinuousBackups", &shapes::BACKUPS, backups::update),
    on("TagResource", &shapes::TAG, marks::tag),
    on("UntagResource", &shapes::UNTAG, marks::untag),
    on("ListTagsOfResource", &shapes::LIST_TAGS, marks::list),
    on("PutItem", &shapes::PUT, items::put),
    on("GetItem", &shapes::ONE, items::get),
    on("DeleteItem", &shapes::ONE, items::delete),
    on("BatchGetItem", &shapes::BATCH_GET, batch::get),
    on("BatchWriteItem", &shapes::BATCH_WRITE, batch::write),
    on("Query", &shapes::QUERY, reads::query),
    on("Scan", &shapes::SCAN, reads::scan),
];

const TARGET: &str = "DynamoDB_20120810.";
const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

impl Service for DynamoDb {
    fn claims(&self, request: &Request) -> bool {
        request.target(TARGET).is_some()
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let name = request.target(TARGET)?;
        let (status, body) = match rpc::answer(OPERATIONS, name, INVALID, world, request)? {
            Ok(body) => (200, body),
            Err(refusal) => {
                let kind = format!("com.amazonaws.dynamodb.v20120810#{}", refusal.code);
                (refusal.status, serde_json::json!({ "__type": kind, "message": refusal.message }))
            }
        };
        Some(Reply::empty(status).header("content-type", CONTENT_TYPE).with(body.to_string()))
    }

    fn asks(&self, world: &mut World, request: &Request) -> Option<Vec<guard::Ask>> {
        Some(asks::of(world, request.target(TARGET)?, &request.json()?))
    }
}

fn refuse(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(400, code, message)
}

fn invalid(message: impl Into<String>) -> Refusal {
    refuse(INVALID, message)
}

fn in_use(message: impl Into<String>) -> Refusal {
    refuse("ResourceInUseException", message)
}

/// The tables of the request's region, without those that are gone by now.
fn tables(world: &mut World) -> &mut BTreeMap<String, Table> {
    let now = world.now;
    let tables = world.state.dynamodb.regions.entry(world.region.clone()).or_default();
    tables.retain(|_, table| table.status.peek(now) != tables::GONE);
    tables
}

/// The name that a request means, which may stand in an ARN.
fn name(world: &World, body: &Value) -> String {
    let given = shape::string(body, "TableName");
    given.strip_prefix(&arn(world, "")).unwrap_or(given).to_owned()
}

fn table<'a>(world: &'a mut World, name: &str) -> Result<&'a mut Table, Refusal> {
    let missing = || refuse("ResourceNotFoundException", format!("Requested resource not found: Table: {name} not found"));
    tables(world).get_mut(name).ok_or_else(missing)
}

fn arn(world: &World, name: &str) -> String {
    format!("arn:aws:dynamodb:{}:{}:table/{name}", world.region, world.account)
}

#[cfg(test)]
mod tests;
