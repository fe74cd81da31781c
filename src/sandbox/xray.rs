//! AWS X-Ray (restJson1), as far as where it keeps trace segments: one setting for the whole region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::protocol::{Refusal, Reply, Request};
use super::shape::{self, Shape, may, must, text};
use super::{Service, Settling, World, logs};

pub(super) struct XRay;

/// By region, whether segments go to CloudWatch Logs, and how far that is; absent: X-Ray keeps them itself.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    regions: BTreeMap<String, Destination>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Destination {
    name: String,
    status: Settling,
}

const INVALID: &str = "InvalidRequestException";
const OWN: &str = "XRay";
const LOGS: &str = "CloudWatchLogs";
const GROUPS: [&str; 2] = ["aws/spans", "/aws/application-signals/data"];

static CONFIGURATION: Shape = Shape::Struct(&[may("SpansLogGroupKmsKeyId", text(1, 256, ""))]);
static UPDATE: Shape =
    Shape::Struct(&[must("Destination", Shape::OneOf(&[OWN, LOGS])), may("CloudWatchLogsConfiguration", Shape::Of(&CONFIGURATION))]);

impl Service for XRay {
    fn claims(&self, request: &Request) -> bool {
        request.signing_name() == "xray"
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let answer = match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/GetTraceSegmentDestination") => Ok(get(world)),
            ("POST", "/UpdateTraceSegmentDestination") => shape::body(request, &UPDATE, INVALID).and_then(|body| update(world, &body)),
            _ => return None,
        };
        Some(match answer {
            Ok(body) => Reply::json(200, &body),
            Err(refusal) => Reply::refuse_json(refusal.status, refusal.code, &refusal.message),
        })
    }

    fn action(&self, request: &Request) -> Option<String> {
        request.path.strip_prefix('/').map(|operation| format!("xray:{operation}"))
    }
}

fn get(world: &mut World) -> Value {
    let (region, now) = (world.region.clone(), world.now);
    let Some(destination) = world.state.xray.regions.get_mut(&region) else {
        return json!({ "Destination": OWN, "Status": "ACTIVE" });
    };
    let status = destination.status.read(now);
    world.dirty = true;
    json!({ "Destination": destination.name, "Status": status })
}

fn update(world: &mut World, body: &Value) -> Result<Value, Refusal> {
    let wanted = shape::string(body, "Destination");
    let set = world.state.xray.regions.get(&world.region).map_or(OWN, |destination| destination.name.as_str());
    let refuse = |message: String| Err(Refusal::new(400, INVALID, message));
    if set == wanted {
        return refuse(format!("The destination is already set to {wanted}"));
    }
    if wanted == LOGS {
        for group in GROUPS {
            if !logs::may_write(world, "xray.amazonaws.com", group) {
                return refuse(format!("XRay does not have permission to call PutLogEvents on the {group} Log Group"));
            }
        }
    }
    let destination = Destination { name: wanted.into(), status: Settling::new(world, "PENDING", "ACTIVE") };
    world.state.xray.regions.insert(world.region.clone(), destination);
    world.dirty = true;
    Ok(json!({ "Destination": wanted, "Status": "PENDING" }))
}

/// Whether segments go to CloudWatch Logs already.
pub(super) fn keeps_spans_in_logs(world: &World) -> bool {
    let destination = world.state.xray.regions.get(&world.region);
    destination.is_some_and(|d| d.name == LOGS && d.status.peek(world.now) == "ACTIVE")
}
