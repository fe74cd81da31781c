//! The transports under the SDK: HTTPS, and the sandbox in this process.

use std::sync::Arc;

use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt as _;

use crate::sandbox::{Request, Sandbox};

pub(super) fn https() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc)).build_https()
}

pub(super) fn sandboxed(sandbox: Arc<Sandbox>) -> SharedHttpClient {
    SharedHttpClient::new(InProcess(sandbox))
}

#[derive(Debug, Clone)]
struct InProcess(Arc<Sandbox>);

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sandbox = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let user = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::user(error);
            let request = request.try_into_http1x().map_err(|e| user(e.into()))?;
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(user)?.to_bytes();
            let reply = sandbox.answer(&Request::new(parts.method.as_str(), &parts.uri, parts.headers, body)).await;
            let mut response = http::Response::builder().status(reply.status);
            for (name, value) in &reply.headers {
                response = response.header(name, value);
            }
            let response = response.body(SdkBody::from(reply.body)).map_err(|e| user(e.into()))?;
            HttpResponse::try_from(response).map_err(|e| user(e.into()))
        })
    }
}
