//! A recording of what went over the wire, one JSON object a line, for judging the requests against AWS's models.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::json;

use super::faults::action;
use super::{Reply, Request};

#[derive(Debug)]
pub(super) struct Record {
    file: Mutex<File>,
}

impl Record {
    /// Opens the recording at `path`, behind what is there already; it holds secrets, so nobody else may read it.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
        let file = file.with_context(|| format!("opening the recording `{}`", path.display()))?;
        Ok(Self { file: Mutex::new(file) })
    }

    /// Appends one exchange. A recording that fails is a warning: the answer has been given.
    pub(super) fn write(&self, request: &Request, reply: &Reply) {
        let headers: Vec<(&str, String)> =
            request.headers.iter().map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect();
        let line = json!({
            "service": request.signing_name(),
            // What the caller has to be allowed.
            "actions": action::all(request),
            "region": request.region(),
            "method": request.method,
            "host": request.host,
            "path": request.path,
            "query": request.query,
            "headers": headers,
            "body_base64": BASE64_STANDARD.encode(&request.body),
            "status": reply.status,
            "reply_headers": reply.headers,
            "reply_base64": BASE64_STANDARD.encode(&reply.body),
        });
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // In one write, so that two processes do not mix their lines.
        if let Err(error) = file.write_all(format!("{line}\n").as_bytes()) {
            tracing::warn!(%error, "recording a request");
        }
    }
}
