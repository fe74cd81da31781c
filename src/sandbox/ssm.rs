//! SSM Parameter Store (awsJson 1.1), a store of its own in each region.
//!
//! The values of SecureStrings stand in clear in the sandbox's file: it has no keys, and is no place for real secrets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::protocol::{Refusal, Reply, Request};
use super::{Service, World};

mod filters;
mod input;
mod listing;
mod put;
mod read;
mod tags;

pub(super) struct Ssm;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// By region, by name.
    regions: BTreeMap<String, BTreeMap<String, Parameter>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Parameter {
    kind: String,
    tier: String,
    data_type: String,
    description: Option<String>,
    key: Option<String>,
    pattern: Option<String>,
    tags: BTreeMap<String, String>,
    /// The newest last, a hundred at most; never empty.
    versions: Vec<Version>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Version {
    number: u64,
    value: String,
    modified: f64,
}

impl World {
    /// The parameters of the request's region.
    fn parameters(&mut self) -> &mut BTreeMap<String, Parameter> {
        self.state.ssm.regions.entry(self.region.clone()).or_default()
    }
}

/// The ARN of a parameter; the slash that a path begins with stands for the one in the ARN.
fn arn(account: &str, region: &str, name: &str) -> String {
    format!("arn:aws:ssm:{region}:{account}:parameter/{}", name.strip_prefix('/').unwrap_or(name))
}

impl Service for Ssm {
    fn claims(&self, request: &Request) -> bool {
        request.target("AmazonSSM.").is_some()
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let answer: fn(&mut World, &Value) -> Result<Value, Refusal> = match request.target("AmazonSSM.")? {
            "PutParameter" => put::put,
            "DeleteParameter" => put::delete,
            "DeleteParameters" => put::delete_many,
            "GetParameter" => read::get,
            "GetParameters" => read::get_many,
            "GetParametersByPath" => listing::by_path,
            "DescribeParameters" => listing::describe,
            "AddTagsToResource" => tags::add,
            "RemoveTagsFromResource" => tags::remove,
            "ListTagsForResource" => tags::list,
            _ => return None,
        };
        let Some(body @ Value::Object(_)) = request.json() else {
            return Some(Reply::refuse_json(400, "SerializationException", "the body is not a JSON object"));
        };
        Some(match answer(world, &body) {
            Ok(reply) => Reply::aws_json(&reply),
            Err(refusal) => Reply::refuse_json(refusal.status, refusal.code, &refusal.message),
        })
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "ValidationException", message)
}

fn not_found(name: &str) -> Refusal {
    Refusal::new(400, "ParameterNotFound", format!("Parameter {name} not found."))
}

/// One parameter as the Get operations show it.
fn shown(parameter: &Parameter, version: &Version, name: &str, arn: &str, decrypt: bool) -> Value {
    let secret = parameter.kind == "SecureString" && !decrypt;
    let value = if secret { read::ciphertext(&version.value) } else { version.value.clone() };
    json!({
        "Name": name,
        "Type": parameter.kind,
        "Value": value,
        "Version": version.number,
        "LastModifiedDate": version.modified,
        "ARN": arn,
        "DataType": parameter.data_type,
    })
}
