//! JSON over signed HTTP, for services without an SDK crate here: SigV4 or a bearer token, and an SDK's retries.

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
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{AwsError, Class};

/// How often a call that does no harm twice is tried.
const ATTEMPTS: u32 = 5;

/// A service: its name in signatures, where it answers, and the variable that points it elsewhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Service {
    pub(super) signs_as: &'static str,
    /// The host's first label; the region and the rest follow.
    pub(super) host: &'static str,
    pub(super) variable: &'static str,
}

/// One service in one region.
#[derive(Debug)]
pub(super) struct Signed {
    service: Service,
    endpoint: String,
    region: String,
    credentials: Option<SharedCredentialsProvider>,
    /// Takes the place of a signature.
    token: Option<String>,
    http: SharedHttpClient,
}

/// Whether a request may go out twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    Harmless,
    Duplicates,
}

/// What came back, before anybody has looked at it.
#[derive(Debug)]
struct Answer {
    status: u16,
    request_id: Option<String>,
    /// What restJson calls the refusal.
    error: Option<String>,
    body: Vec<u8>,
}

/// A variable of the environment that says something.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

impl Signed {
    /// The service's own variable, else `AWS_ENDPOINT_URL`, points it elsewhere.
    pub(super) fn new(service: Service, config: &SdkConfig, http: SharedHttpClient, token: Option<String>) -> Self {
        let sandboxed = Self::sandboxed(service, config, http);
        let elsewhere = variable(service.variable).or_else(|| variable("AWS_ENDPOINT_URL"));
        let endpoint = elsewhere.map_or(sandboxed.endpoint, |url| url.trim_end_matches('/').into());
        Self { endpoint, token, ..sandboxed }
    }

    /// The same in the sandbox: no variable of the environment points it elsewhere.
    pub(super) fn sandboxed(service: Service, config: &SdkConfig, http: SharedHttpClient) -> Self {
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let endpoint = format!("https://{}.{region}.api.aws", service.host);
        Self { service, endpoint, region, credentials: config.credentials_provider(), token: None, http }
    }

    /// Retries as the SDK would: for everything but what would be done twice.
    #[expect(
        clippy::disallowed_methods,
        reason = "this client is the SDK of a service that has none, and waits between tries as an SDK does"
    )]
    pub(super) async fn call<T: DeserializeOwned>(&self, method: &str, path: &str, body: Option<&Value>, repeat: Repeat) -> Result<T> {
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
            .service_name(self.service.signs_as)
            .operation_name("Json")
            .http_client(self.http.clone())
            .endpoint_url(&self.endpoint)
            .no_auth()
            .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(aws_smithy_async::rt::sleep::TokioSleep::new()))
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(60)).build())
            .standard_retry(&RetryConfig::disabled())
            .serializer(move |()| request.try_clone().ok_or_else(|| "a request that can't be repeated".into()))
            .deserializer::<Answer, std::convert::Infallible>(|response| {
                let request_id = response.headers().get("x-amzn-requestid").map(Into::into);
                let error = response.headers().get("x-amzn-errortype").map(Into::into);
                let body = response.body().bytes().map(<[u8]>::to_vec).unwrap_or_default();
                Ok(Answer { status: response.status().as_u16(), request_id, error, body })
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
                let params = v4::SigningParams::builder()
                    .identity(&identity)
                    .region(&self.region)
                    .name(self.service.signs_as)
                    .time(SystemTime::now());
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
            let body: &[u8] = if self.body.is_empty() { b"null" } else { &self.body };
            return serde_json::from_slice(body).context("reading the answer");
        }
        // The form of OpenAI's API, that of restJson, or what stands before either.
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        let error = body.get("error");
        let code = error
            .and_then(|e| e.get("code").and_then(text).or_else(|| e.get("type").and_then(text)))
            .or_else(|| body.get("__type").and_then(text))
            .or(self.error);
        // What follows a colon is a URL, what stands before a hash a namespace.
        let code = code.as_deref().and_then(|code| code.split(':').next()).and_then(|code| code.rsplit('#').next());
        let message = error.and_then(|e| e.get("message")).or_else(|| body.get("message")).and_then(text);
        let unexplained = || format!("HTTP {} and no reason", self.status);
        let message = message.unwrap_or_else(unexplained);
        let mut refusal = AwsError::answered(code.unwrap_or("refused"), &message, self.status, self.request_id);
        if matches!(self.status, 401 | 403) && refusal.class != Class::Credentials {
            refusal.class = Class::Denied;
        }
        Err(refusal.into())
    }
}
