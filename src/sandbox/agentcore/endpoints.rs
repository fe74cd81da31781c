//! Versions and endpoints of a runtime: DEFAULT is there by itself and follows the newest version.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::{Settling, dates};
use super::runtimes::runtime;
use super::{Answer, Call, World, arn, conflict, missing};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Endpoint {
    id: String,
    live: u32,
    target: u32,
    created: f64,
    updated: f64,
    status: Settling,
}

impl Endpoint {
    /// The endpoint that a new runtime has.
    pub(super) fn first(world: &mut World) -> Self {
        let id = format!("DEFAULT-{}", world.id("abcdefghijklmnopqrstuvwxyz0123456789", 10));
        let status = Settling::new(world, "CREATING", "READY");
        Self { id, live: 1, target: 1, created: world.now, updated: world.now, status }
    }

    /// Rolls over to a new version.
    pub(super) fn follow(&mut self, version: u32, now: f64, status: Settling) {
        self.target = version;
        self.updated = now;
        self.status = status;
    }

    pub(super) fn uses(&self, version: u32) -> bool {
        self.live == version || self.target == version
    }

    fn shown(&mut self, runtime_arn: &str, name: &str, now: f64) -> Value {
        if self.status.read(now) == "READY" {
            self.live = self.target;
        }
        json!({
            "name": name,
            "id": self.id,
            "liveVersion": self.live.to_string(),
            "targetVersion": self.target.to_string(),
            "agentRuntimeEndpointArn": format!("{runtime_arn}/runtime-endpoint/{name}"),
            "agentRuntimeArn": runtime_arn,
            "status": self.status.now,
            "createdAt": dates::iso(self.created),
            "lastUpdatedAt": dates::iso(self.updated),
        })
    }
}

pub(super) fn versions(world: &mut World, call: &Call) -> Answer {
    let id = call.id(0);
    let own = arn(world, &format!("runtime/{id}"));
    let runtime = runtime(world, id)?;
    let all = runtime.versions.keys().map(|number| (format!("{number:05}"), runtime.summary(&own, id, *number)));
    call.page(100, all, "agentRuntimes")
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let own = arn(world, &format!("runtime/{}", call.id(0)));
    let now = world.now;
    // The operation declares no ResourceNotFound: a runtime that is not there has no endpoints.
    let Ok(runtime) = runtime(world, call.id(0)) else { return Ok(json!({ "runtimeEndpoints": [] })) };
    let all = runtime.endpoints.iter_mut().map(|(name, endpoint)| (name, endpoint.shown(&own, name, now)));
    call.page(100, all, "runtimeEndpoints")
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let (id, name) = (call.id(0), call.id(1));
    let own = arn(world, &format!("runtime/{id}"));
    let now = world.now;
    let endpoint = runtime(world, id)?.endpoints.get_mut(name);
    let endpoint = endpoint.ok_or_else(|| missing(format!("No endpoint or agent found with qualifier '{name}' for agent '{id}'")))?;
    Ok(endpoint.shown(&own, name, now))
}

/// The one endpoint there is here goes with its runtime only.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (id, name) = (call.id(0), call.id(1));
    if runtime(world, id)?.endpoints.contains_key(name) {
        return Err(conflict("The DEFAULT endpoint can't be deleted; it is deleted with the agent"));
    }
    Err(missing(format!("No endpoint or agent found with qualifier '{name}' for agent '{id}'")))
}
