//! AWS Agent Registry over HTTP: its control plane moved out of AgentCore's into a service of its own in August 2026, and
//! the old one is closed (last verified 2026-11).
//!
//! Updates have the form of patches: what a request leaves out stays, and what it sets stands in a wrapper at every level.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::signed::{Repeat, Service, Signed};

const SERVICE: Service =
    Service { signs_as: "agent-registry", host: "agent-registry-control", variable: "AWS_ENDPOINT_URL_AGENT_REGISTRY_CONTROL" };
const PAGE: u32 = 100;

/// A registry, as lists and reads show it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Registry {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    #[serde(rename = "registryId")]
    pub(crate) id: String,
    #[serde(rename = "registryArn")]
    pub(crate) arn: String,
    #[serde(default)]
    pub(crate) discovery_configuration: Discovery,
    pub(crate) status: String,
    pub(crate) status_reason: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Discovery {
    pub(crate) authorizer_type: Option<String>,
}

/// A record, as lists show it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Listed {
    #[serde(rename = "recordId")]
    pub(crate) id: String,
    pub(crate) name: String,
}

/// A record's latest revision, which need not be the one that has been approved.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    #[serde(rename = "recordId")]
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) record_type: String,
    #[serde(default)]
    pub(crate) descriptors: Descriptors,
    pub(crate) status: String,
    pub(crate) status_reason: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptors {
    pub(crate) mcp_server: Option<McpServer>,
}

/// An MCP server and its tools, each a JSON text.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct McpServer {
    pub(crate) data: Option<String>,
    pub(crate) additional_data: Option<Additional>,
    /// Where AWS would fetch both from by itself.
    pub(crate) source: Option<Value>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Additional {
    pub(crate) tools: Option<McpTools>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct McpTools {
    pub(crate) data: Option<String>,
}

/// What a record is to say of an MCP server.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) description: String,
    /// JSON of the form that the MCP registry publishes under `SERVER_SCHEMA`.
    pub(crate) server: String,
    /// JSON as MCP's `tools/list` answers it.
    pub(crate) tools: String,
}

/// The version of the MCP registry's schema of servers.
const SERVER_SCHEMA: &str = "2025-12-11";

/// The registries of one region.
#[derive(Debug)]
pub(crate) struct Client(Signed);

impl Client {
    pub(super) fn new(config: &SdkConfig, http: SharedHttpClient) -> Self {
        Self(Signed::new(SERVICE, config, http, None))
    }

    pub(super) fn sandboxed(config: &SdkConfig, http: SharedHttpClient) -> Self {
        Self(Signed::sandboxed(SERVICE, config, http))
    }

    pub(crate) async fn list(&self) -> Result<Vec<Registry>> {
        self.pages("/registries-list", "registries").await.context("listing agent registries")
    }

    pub(crate) async fn get(&self, id: &str) -> Result<Registry> {
        let path = format!("/registries/{id}");
        self.0.call("GET", &path, None, Repeat::Harmless).await.with_context(|| format!("reading agent registry `{id}`"))
    }

    /// Gives the id.
    pub(crate) async fn create(
        &self,
        name: &str,
        description: Option<&str>,
        tags: &BTreeMap<String, String>,
        token: &str,
    ) -> Result<String> {
        let mut body = json!({
            "name": name, "tags": tags, "clientToken": token,
            "discoveryConfiguration": { "authorizerType": "AWS_IAM" },
        });
        if let (Some(text), Some(body)) = (description, body.as_object_mut()) {
            body.insert("description".into(), text.into());
        }
        let reply: Value = self
            .0
            .call("POST", "/registries", Some(&body), Repeat::Harmless)
            .await
            .with_context(|| format!("creating agent registry `{name}`"))?;
        last(&reply, "registryArn")
    }

    pub(crate) async fn update(&self, id: &str, name: &str, description: Option<&str>) -> Result<()> {
        let description = description.map_or_else(|| json!({}), |text| json!({ "optionalValue": text }));
        let body = json!({ "name": name, "description": description });
        let path = format!("/registries/{id}");
        let _: Value = self
            .0
            .call("PATCH", &path, Some(&body), Repeat::Harmless)
            .await
            .with_context(|| format!("updating agent registry `{name}`"))?;
        Ok(())
    }

    pub(crate) async fn delete(&self, id: &str) -> Result<()> {
        let path = format!("/registries/{id}");
        let _: Value =
            self.0.call("DELETE", &path, None, Repeat::Harmless).await.with_context(|| format!("deleting agent registry `{id}`"))?;
        Ok(())
    }

    pub(crate) async fn records(&self, registry: &str) -> Result<Vec<Listed>> {
        let path = format!("/registries/{registry}/records-list");
        self.pages(&path, "registryRecords").await.with_context(|| format!("listing the records of agent registry `{registry}`"))
    }

    pub(crate) async fn record(&self, registry: &str, id: &str) -> Result<Record> {
        let path = format!("/registries/{registry}/records/{id}");
        self.0.call("GET", &path, None, Repeat::Harmless).await.with_context(|| format!("reading registry record `{id}`"))
    }

    /// Gives the id.
    pub(crate) async fn create_record(&self, registry: &str, name: &str, content: &Content, token: &str) -> Result<String> {
        let body = json!({
            "name": name, "description": content.description, "recordType": "MCP", "recordVersion": "1.0.0", "clientToken": token,
            "descriptors": { "mcpServer": {
                "data": content.server, "dataSchemaVersion": SERVER_SCHEMA, "additionalData": { "tools": { "data": content.tools } },
            } },
        });
        let path = format!("/registries/{registry}/records");
        let reply: Value = self
            .0
            .call("POST", &path, Some(&body), Repeat::Harmless)
            .await
            .with_context(|| format!("creating registry record `{name}`"))?;
        last(&reply, "recordArn")
    }

    pub(crate) async fn update_record(&self, registry: &str, id: &str, name: &str, content: &Content) -> Result<()> {
        let set = |value: Value| json!({ "optionalValue": value });
        let server = json!({
            "data": set(content.server.as_str().into()), "dataSchemaVersion": set(SERVER_SCHEMA.into()), "source": {},
            "additionalData": set(json!({ "tools": set(json!({ "data": set(content.tools.as_str().into()) })) })),
        });
        let body = json!({
            "description": set(content.description.as_str().into()),
            "descriptors": set(json!({ "mcpServer": set(server) })),
        });
        let path = format!("/registries/{registry}/records/{id}");
        let _: Value = self
            .0
            .call("PATCH", &path, Some(&body), Repeat::Harmless)
            .await
            .with_context(|| format!("updating registry record `{name}`"))?;
        Ok(())
    }

    /// Asks for the approval of a draft.
    pub(crate) async fn submit(&self, registry: &str, id: &str) -> Result<()> {
        let path = format!("/registries/{registry}/records/{id}/submit-for-approval");
        let _: Value = self
            .0
            .call("POST", &path, None, Repeat::Harmless)
            .await
            .with_context(|| format!("submitting registry record `{id}` for approval"))?;
        Ok(())
    }

    pub(crate) async fn approve(&self, registry: &str, id: &str, why: &str) -> Result<()> {
        let path = format!("/registries/{registry}/records/{id}/status");
        let body = json!({ "status": "APPROVED", "statusReason": why });
        let _: Value = self
            .0
            .call("PATCH", &path, Some(&body), Repeat::Harmless)
            .await
            .with_context(|| format!("approving registry record `{id}`"))?;
        Ok(())
    }

    pub(crate) async fn delete_record(&self, registry: &str, id: &str) -> Result<()> {
        let path = format!("/registries/{registry}/records/{id}");
        let _: Value =
            self.0.call("DELETE", &path, None, Repeat::Harmless).await.with_context(|| format!("deleting registry record `{id}`"))?;
        Ok(())
    }

    pub(crate) async fn tags(&self, arn: &str) -> Result<BTreeMap<String, String>> {
        #[derive(Deserialize)]
        struct Reply {
            #[serde(default)]
            tags: BTreeMap<String, String>,
        }
        let reply: Result<Reply> = self.0.call("GET", &tags_path(arn), None, Repeat::Harmless).await;
        Ok(reply.with_context(|| format!("reading the tags of `{arn}`"))?.tags)
    }

    pub(crate) async fn tag(&self, arn: &str, tags: &BTreeMap<String, String>) -> Result<()> {
        let body = json!({ "tags": tags });
        let _: Value =
            self.0.call("POST", &tags_path(arn), Some(&body), Repeat::Harmless).await.with_context(|| format!("tagging `{arn}`"))?;
        Ok(())
    }

    pub(crate) async fn untag(&self, arn: &str, keys: &[&String]) -> Result<()> {
        let keys: Vec<String> = keys.iter().map(|key| format!("tagKeys={}", utf8_percent_encode(key, NON_ALPHANUMERIC))).collect();
        let path = format!("{}?{}", tags_path(arn), keys.join("&"));
        let _: Value = self.0.call("DELETE", &path, None, Repeat::Harmless).await.with_context(|| format!("removing tags of `{arn}`"))?;
        Ok(())
    }

    /// All items of a listing that takes its page in the body.
    async fn pages<T: serde::de::DeserializeOwned>(&self, path: &str, member: &str) -> Result<Vec<T>> {
        let mut all = Vec::new();
        let mut body = json!({ "maxResults": PAGE });
        loop {
            let mut page: Value = self.0.call("POST", path, Some(&body), Repeat::Harmless).await?;
            let items = page.get_mut(member).map(Value::take).unwrap_or_default();
            let items: Vec<T> = serde_json::from_value(items).with_context(|| format!("reading `{member}`"))?;
            all.extend(items);
            match page.get("nextToken").and_then(Value::as_str) {
                Some(token) => body = json!({ "maxResults": PAGE, "nextToken": token }),
                None => return Ok(all),
            }
        }
    }
}

/// An ARN's slashes stay, the rest of it is encoded.
fn tags_path(arn: &str) -> String {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-');
    let parts: Vec<String> = arn.split('/').map(|part| utf8_percent_encode(part, RESERVED).to_string()).collect();
    format!("/tags/{}", parts.join("/"))
}

/// What follows the last slash of an ARN in a reply.
fn last(reply: &Value, member: &str) -> Result<String> {
    let arn = reply.get(member).and_then(Value::as_str);
    let id = arn.and_then(|arn| arn.rsplit('/').next()).filter(|id| !id.is_empty());
    Ok(id.with_context(|| format!("AWS gave no `{member}`"))?.to_owned())
}
