//! The account's one role for logs, and its limits.

use serde_json::{Value, json};

use super::super::iam;
use super::super::shape;
use super::{Answer, Call, World, invalid, region};
use crate::sandbox::apigateway::patches::Op;

fn shown(world: &mut World) -> Value {
    let mut shown = json!({
        "throttleSettings": { "burstLimit": 5000, "rateLimit": 10000.0 },
        "features": ["UsagePlans"],
        "apiKeyVersion": "4",
    });
    shape::put(&mut shown, "cloudwatchRoleArn", region(world).log_role.clone());
    shown
}

pub(super) fn get(world: &mut World, _: &Call) -> Answer {
    Ok(shown(world))
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    for patch in call.patches()? {
        match (patch.path.as_str(), patch.op) {
            ("/cloudwatchRoleArn", Op::Remove) => region(world).log_role = None,
            ("/cloudwatchRoleArn", _) => {
                if !patch.value.starts_with("arn:aws:iam::") {
                    return Err(invalid("Invalid ARN specified in the request"));
                }
                if !iam::assumable(world, &patch.value, "apigateway.amazonaws.com") {
                    return Err(invalid(
                        "The role ARN does not have required permissions configured. Please grant trust permission for API Gateway and add the required role policy.",
                    ));
                }
                region(world).log_role = Some(patch.value);
            }
            _ => return Err(patch.refused()),
        }
        world.dirty = true;
    }
    Ok(shown(world))
}
