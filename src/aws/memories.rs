//! Events and records of AgentCore memories over signed HTTP: what `verify --live` needs of that data plane.

use anyhow::{Context as _, Result};
use aws_config::SdkConfig;
use serde::Deserialize;
use serde_json::{Value, json};

use super::signed::{Repeat, Service, Signed};

const SERVICE: Service =
    Service { signs_as: "bedrock-agentcore", host: "bedrock-agentcore", variable: "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE" };

/// An actor's session in a memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) memory: String,
    pub(crate) actor: String,
    pub(crate) session: String,
}

impl Place {
    fn path(&self) -> String {
        format!("/memories/{}/actor/{}/sessions/{}", self.memory, self.actor, self.session)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    event_id: String,
}

#[derive(Debug, Deserialize)]
struct Events {
    events: Vec<Event>,
}

/// The data plane of one region, as one identity sees it; without a transport there is none.
#[derive(Debug)]
pub(crate) struct Client(Option<Signed>);

impl Client {
    pub(super) fn new(config: &SdkConfig, sandboxed: bool) -> Self {
        Self(config.http_client().map(|http| match sandboxed {
            true => Signed::sandboxed(SERVICE, config, http),
            false => Signed::new(SERVICE, config, http, None),
        }))
    }

    fn signed(&self) -> Result<&Signed> {
        self.0.as_ref().context("no way to AgentCore's data plane")
    }

    /// An event of which AgentCore makes no memories.
    pub(crate) async fn create_event(&self, place: &Place, now: f64, says: &str) -> Result<()> {
        let body = json!({
            "actorId": place.actor,
            "sessionId": place.session,
            "eventTimestamp": now,
            "payload": [{ "blob": says }],
            "extractionMode": "SKIP",
        });
        let path = format!("/memories/{}/events", place.memory);
        let made: Result<Value> = self.signed()?.call("POST", &path, Some(&body), Repeat::Harmless).await;
        made.map(|_| ()).with_context(|| format!("writing an event of actor `{}`", place.actor))
    }

    /// The ids of events, the first hundred.
    pub(crate) async fn events(&self, place: &Place) -> Result<Vec<String>> {
        let body = json!({ "includePayloads": false, "maxResults": 100 });
        let found: Result<Events> = self.signed()?.call("POST", &place.path(), Some(&body), Repeat::Harmless).await;
        let found = found.with_context(|| format!("listing the events of actor `{}`", place.actor))?;
        Ok(found.events.into_iter().map(|event| event.event_id).collect())
    }

    pub(crate) async fn delete_event(&self, place: &Place, id: &str) -> Result<()> {
        let path = format!("{}/events/{}", place.path(), id.replace('#', "%23"));
        let gone: Result<Value> = self.signed()?.call("DELETE", &path, None, Repeat::Harmless).await;
        gone.map(|_| ()).with_context(|| format!("deleting an event of actor `{}`", place.actor))
    }

    /// Whether the records of a namespace may be read.
    pub(crate) async fn records(&self, memory: &str, namespace: &str) -> Result<()> {
        let path = format!("/memories/{memory}/memoryRecords");
        let read: Result<Value> = self.signed()?.call("POST", &path, Some(&json!({ "namespace": namespace })), Repeat::Harmless).await;
        read.map(|_| ()).with_context(|| format!("listing the records in `{namespace}`"))
    }

    /// Whether the actors of a memory may be read.
    pub(crate) async fn actors(&self, memory: &str) -> Result<()> {
        let read: Result<Value> =
            self.signed()?.call("POST", &format!("/memories/{memory}/actors"), Some(&json!({})), Repeat::Harmless).await;
        read.map(|_| ()).with_context(|| format!("listing the actors of memory `{memory}`"))
    }
}
