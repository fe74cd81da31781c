//! Bedrock projects over HTTP: the Mantle endpoint has no SDK. Signed with SigV4, or with a bearer token if
//! AWS_BEARER_TOKEN_BEDROCK is set.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use serde::Deserialize;
use serde_json::json;

use super::signed::{Repeat, Service, Signed, variable};

const SERVICE: Service = Service { signs_as: "bedrock-mantle", host: "bedrock-mantle", variable: "AWS_ENDPOINT_URL_BEDROCK_MANTLE" };
const PATH: &str = "/v1/organization/projects";

/// A project as the endpoint describes it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Live {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) created_at: i64,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Page {
    data: Vec<Live>,
    last_id: Option<String>,
    #[serde(default)]
    has_more: bool,
}

/// The projects of one region.
#[derive(Debug)]
pub(crate) struct Client(Signed);

impl Client {
    pub(super) fn new(config: &SdkConfig, http: SharedHttpClient) -> Self {
        Self(Signed::new(SERVICE, config, http, variable("AWS_BEARER_TOKEN_BEDROCK")))
    }

    pub(super) fn sandboxed(config: &SdkConfig, http: SharedHttpClient) -> Self {
        Self(Signed::sandboxed(SERVICE, config, http))
    }

    pub(crate) async fn list(&self) -> Result<Vec<Live>> {
        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let page: Page =
                self.0.call("GET", &format!("{PATH}?limit=100{after}"), None, Repeat::Harmless).await.context("listing projects")?;
            all.extend(page.data);
            match page.last_id.filter(|_| page.has_more) {
                Some(last) => after = format!("&after={last}"),
                None => return Ok(all),
            }
        }
    }

    /// Goes out once: AWS would make another project of the same name.
    pub(crate) async fn create(&self, name: &str, tags: &BTreeMap<String, String>) -> Result<Live> {
        let body = json!({ "name": name, "tags": tags });
        self.0.call("POST", PATH, Some(&body), Repeat::Duplicates).await.with_context(|| format!("creating project `{name}`"))
    }

    pub(crate) async fn update(&self, id: &str, name: &str, add: &BTreeMap<String, String>, remove: &[&String]) -> Result<Live> {
        let mut body = json!({ "name": name, "add_tags": add });
        if let (false, Some(body)) = (remove.is_empty(), body.as_object_mut()) {
            body.insert("remove_tag_keys".into(), json!(remove));
        }
        self.0
            .call("POST", &format!("{PATH}/{id}"), Some(&body), Repeat::Harmless)
            .await
            .with_context(|| format!("updating project `{name}`"))
    }

    pub(crate) async fn archive(&self, id: &str) -> Result<Live> {
        self.0
            .call("POST", &format!("{PATH}/{id}/archive"), Some(&json!({})), Repeat::Harmless)
            .await
            .with_context(|| format!("archiving project `{id}`"))
    }
}
