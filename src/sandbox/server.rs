//! The sandbox on a port, for the AWS CLI, boto3 and whoever else speaks HTTP.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};

use super::{Reply, Request, Sandbox};

/// How often a changed state is saved while no request comes in.
const SAVE_EVERY: Duration = Duration::from_millis(500);

/// Answers whoever connects until Ctrl-C or SIGTERM, then saves the state.
#[expect(clippy::disallowed_methods, reason = "a server waits for no status of AWS")]
pub(crate) async fn serve(sandbox: Arc<Sandbox>, listener: TcpListener) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for Ctrl-C")?;
    let mut save = tokio::time::interval(SAVE_EVERY);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(connection(Arc::clone(&sandbox), stream));
                }
                // Out of file descriptors, say: those that are open may close.
                Err(error) => {
                    tracing::warn!(%error, "accepting a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            _ = save.tick() => sandbox.keep(),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    sandbox.save_now()
}

/// One client's connection; hyper answers `Expect: 100-continue` once the body is read.
async fn connection(sandbox: Arc<Sandbox>, stream: TcpStream) {
    let service = service_fn(move |request: http::Request<Incoming>| {
        let sandbox = Arc::clone(&sandbox);
        async move { Ok::<_, Infallible>(exchange(&sandbox, request).await) }
    });
    if let Err(error) = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn exchange(sandbox: &Sandbox, request: http::Request<Incoming>) -> http::Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let head = parts.method == http::Method::HEAD;
    let reply = match body.collect().await {
        Ok(body) => sandbox.answer(&Request::new(parts.method.as_str(), &parts.uri, parts.headers, body.to_bytes())).await,
        Err(error) => Reply::refuse_json(400, "IncompleteBody", &error.to_string()),
    };
    response(reply, head)
}

fn response(reply: Reply, head: bool) -> http::Response<Full<Bytes>> {
    let mut builder = http::Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        builder = builder.header(name, value);
    }
    let body = if head { Bytes::new() } else { Bytes::from(reply.body) };
    builder.body(Full::new(body)).unwrap_or_else(|error| {
        let mut failed = http::Response::new(Full::new(Bytes::from(error.to_string())));
        *failed.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        failed
    })
}
