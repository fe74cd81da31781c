//! Counts the requests that leave, and how many of them are second tries.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// API calls so far.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    all: AtomicU64,
    retries: AtomicU64,
    /// Seconds that AWS's clock is ahead of ours, by the last answer that said so.
    ahead: AtomicI64,
    dated: AtomicU64,
}

impl Calls {
    pub(crate) fn all(&self) -> u64 {
        self.all.load(Ordering::Relaxed)
    }

    pub(crate) fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// Seconds that AWS's clock is ahead of ours; `None` while no answer has said what time it is.
    pub(crate) fn ahead(&self) -> Option<i64> {
        (self.dated.load(Ordering::Relaxed) > 0).then(|| self.ahead.load(Ordering::Relaxed))
    }

    fn date(&self, header: &str) {
        let theirs = DateTime::from_str(header, Format::HttpDate).ok().map(|date| date.secs());
        let ours = SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|ours| i64::try_from(ours.as_secs()).ok());
        if let (Some(theirs), Some(ours)) = (theirs, ours) {
            self.ahead.store(theirs.saturating_sub(ours), Ordering::Relaxed);
            self.dated.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A step that was begun again, whose requests all look like first ones.
    pub(crate) fn count_retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self, request: &HttpRequest) {
        self.all.fetch_add(1, Ordering::Relaxed);
        // `attempt=1; max=9`
        let attempt = request.headers().get("amz-sdk-request").and_then(|h| h.strip_prefix("attempt=")).and_then(|h| h.split(';').next());
        if attempt.is_some_and(|a| a != "1") {
            self.retries.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[derive(Debug)]
struct Metered<T> {
    inner: T,
    calls: Arc<Calls>,
}

pub(super) fn metered(inner: SharedHttpClient, calls: Arc<Calls>) -> SharedHttpClient {
    SharedHttpClient::new(Metered { inner, calls })
}

impl HttpClient for Metered<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Metered { inner, calls: Arc::clone(&self.calls) })
    }
}

impl HttpConnector for Metered<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.calls.count(&request);
        let (calls, answer) = (Arc::clone(&self.calls), self.inner.call(request));
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            if let Some(date) = answer.headers().get("date") {
                calls.date(date);
            }
            Ok(answer)
        })
    }
}
