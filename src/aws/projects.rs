//! Bedrock projects over HTTP: the Mantle endpoint has no SDK. Signed with SigV4, or with a bearer token if
//! AWS_BEARER_TOKEN_BEDROCK is set.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{AwsError, Class};

const SERVICE: &str = "bedrock-mantle";
/// How often a call that does no harm twice is tried.
const ATTEMPTS: u32 = 5;
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
pub(crate) struct Client {
    endpoint: String,
    region: String,
    credentials: Option<SharedCredentialsProvider>,
    /// Takes the place of a signature.
    token: Option<String>,
    http: SharedHttpClient,
}

/// Whether a request may go out twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    Harmless,
    Duplicates,
}

/// What came back, before anybody has looked at it.
#[derive(Debug)]
struct Answer {
    status: u16,
    request_id: Option<String>,
    body: Vec<u8>,
}

impl Client {
    /// `AWS_ENDPOINT_URL_BEDROCK_MANTLE`, else `AWS_ENDPOINT_URL`, points it elsewhere.
    pub(super) fn new(config: &SdkConfig, http: SharedHttpClient) -> Self {
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let variable = |name| std::env::var(name).ok().filter(|url: &String| !url.is_empty());
        let elsewhere = variable("AWS_ENDPOINT_URL_BEDROCK_MANTLE").or_else(|| variable("AWS_ENDPOINT_URL"));
        let endpoint = elsewhere.unwrap_or_else(|| format!("https://bedrock-mantle.{region}.api.aws"));
        let token = variable("AWS_BEARER_TOKEN_BEDROCK");
        Self { endpoint: endpoint.trim_end_matches('/').into(), region, credentials: config.credentials_provider(), token, http }
    }

    /// The same in the sandbox: no variable of the environment points it elsewhere.
    pub(super) fn sandboxed(config: &SdkConfig, http: SharedHttpClient) -> Self {
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        Self {
            endpoint: format!("https://bedrock-mantle.{region}.api.aws"),
            region,
            credentials: config.credentials_provider(),
            token: None,
            http,
        }
    }

    pub(crate) async fn list(&self) -> Result<Vec<Live>> {
        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let page: Page =
                self.call("GET", &format!("{PATH}?limit=100{after}"), None, Repeat::Harmless).await.context("listing projects")?;
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
        self.call("POST", PATH, Some(&body), Repeat::Duplicates).await.with_context(|| format!("creating project `{name}`"))
    }

    pub(crate) async fn update(&self, id: &str, name: &str, add: &BTreeMap<String, String>, remove: &[&String]) -> Result<Live> {
        let mut body = json!({ "name": name, "add_tags": add });
        if let (false, Some(body)) = (remove.is_empty(), body.as_object_mut()) {
            body.insert("remove_tag_keys".into(), json!(remove));
        }
        self.call("POST", &format!("{PATH}/{id}"), Some(&body), Repeat::Harmless)
            .await
            .with_context(|| format!("updating project `{name}`"))
    }

    pub(crate) async fn archive(&self, id: &str) -> Result<Live> {
        self.call("POST", &format!("{PATH}/{id}/archive"), Some(&json!({})), Repeat::Harmless)
            .await
            .with_context(|| format!("archiving project `{id}`"))
    }

    /// Retries as the SDK would: for everything but what would be done twice.
    #[expect(
        clippy::disallowed_methods,
        reason = "this client is the SDK of a service that has none, and waits between tries as an SDK does"
    )]
    async fn call<T: DeserializeOwned>(&self, method: &str, path: &str, body: Option<&Value>, repeat: Repeat) -> Result<T> {
        let most = if repeat == Repeat::Harmless { ATTEMPTS } else { 1 };
        let mut attempt = 1;
        loop {
            let error = match self.once(method, path, body, (attempt, most)).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let again = AwsError::of(&error).is_some_and(|e| matches!(e.class, Class::Throttled | Class::Failed | Class::Unreachable));
            if !again || attempt >= most {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(200) * 2u32.pow(attempt)).await;
            attempt += 1;
        }
    }

    async fn once<T: DeserializeOwned>(&self, method: &str, path: &str, body: Option<&Value>, attempt: (u32, u32)) -> Result<T> {
        let request = self.request(method, path, body, attempt).await?;
        let operation = Operation::builder()
            .service_name(SERVICE)
            .operation_name("Projects")
            .http_client(self.http.clone())
            .endpoint_url(&self.endpoint)
            .no_auth()
            .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(aws_smithy_async::rt::sleep::TokioSleep::new()))
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(60)).build())
            .standard_retry(&RetryConfig::disabled())
            .serializer(move |()| request.try_clone().ok_or_else(|| "a request that can't be repeated".into()))
            .deserializer::<Answer, std::convert::Infallible>(|response| {
                let request_id = response.headers().get("x-amzn-requestid").map(Into::into);
                let body = response.body().bytes().map(<[u8]>::to_vec).unwrap_or_default();
                Ok(Answer { status: response.status().as_u16(), request_id, body })
            })
            .build();
        let answer = operation.invoke(()).await.map_err(|error| match error {
            SdkError::DispatchFailure(_) => AwsError::unreachable(format!("{} does not answer", self.endpoint)),
            _ => AwsError::answered("no readable answer", "", 500, None),
        })?;
        answer.read()
    }

    async fn request(&self, method: &str, path: &str, body: Option<&Value>, (attempt, most): (u32, u32)) -> Result<HttpRequest> {
        let body = body.map(ToString::to_string).unwrap_or_default();
        let url = format!("{}{path}", self.endpoint);
        let mut request = http::Request::builder().method(method).uri(path).header("content-type", "application/json");
        request = request.header("amz-sdk-request", format!("attempt={attempt}; max={most}"));
        match (&self.token, &self.credentials) {
            (Some(token), _) => request = request.header("authorization", format!("Bearer {token}")),
            (None, Some(provider)) => {
                let credentials = provider.provide_credentials().await.map_err(|error| AwsError::no_credentials(&error))?;
                let identity = credentials.into();
                let params = v4::SigningParams::builder().identity(&identity).region(&self.region).name(SERVICE).time(SystemTime::now());
                let params = params.settings(SigningSettings::default()).build()?.into();
                let headers = [("content-type", "application/json")];
                let signable = SignableRequest::new(method, url, headers.into_iter(), SignableBody::Bytes(body.as_bytes()))?;
                let (instructions, _) = sign(signable, &params)?.into_parts();
                for (name, value) in instructions.headers() {
                    request = request.header(name, value);
                }
            }
            (None, None) => {}
        }
        Ok(HttpRequest::try_from(request.body(SdkBody::from(body))?)?)
    }
}

impl Answer {
    fn read<T: DeserializeOwned>(self) -> Result<T> {
        if (200..300).contains(&self.status) {
            return serde_json::from_slice(&self.body).context("reading the answer of the projects endpoint");
        }
        // The endpoint's own form of errors, or what stands before it.
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        let error = body.get("error");
        let code = error
            .and_then(|e| e.get("code").and_then(text).or_else(|| e.get("type").and_then(text)))
            .or_else(|| body.get("__type").and_then(text));
        let message = error.and_then(|e| e.get("message")).or_else(|| body.get("message")).and_then(text);
        let unexplained = || format!("HTTP {} and no reason", self.status);
        let message = message.unwrap_or_else(unexplained);
        let mut refusal = AwsError::answered(code.as_deref().unwrap_or("refused"), &message, self.status, self.request_id);
        if matches!(self.status, 401 | 403) {
            refusal.class = Class::Denied;
        }
        Err(refusal.into())
    }
}
