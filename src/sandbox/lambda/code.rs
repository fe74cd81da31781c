//! A function's code: where it comes from, and the digest that is all AWS tells of it.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::super::protocol::{Refusal, Reply, Request, encode};
use super::super::s3::S3;
use super::super::shape;
use super::super::{Service as _, World};
use super::invalid;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Code {
    pub(super) sha256: String,
    pub(super) size: usize,
}

/// The code that a request brings or names.
pub(super) fn of(world: &mut World, given: &Value) -> Result<Code, Refusal> {
    let (zip, bucket, key) = (shape::maybe(given, "ZipFile"), shape::string(given, "S3Bucket"), shape::string(given, "S3Key"));
    let content = match zip {
        Some(_) if !bucket.is_empty() || !key.is_empty() => {
            return Err(invalid("Please do not provide other FunctionCode parameters when providing a ZipFile."));
        }
        Some(zip) => BASE64_STANDARD
            .decode(zip)
            .map_err(|_| invalid("Could not unzip uploaded file. Please check your file, then try to upload again."))?,
        None if bucket.is_empty() || key.is_empty() => return Err(invalid("Please provide a source for function code.")),
        None => fetched(world, bucket, key)?,
    };
    Ok(Code { sha256: BASE64_STANDARD.encode(Sha256::digest(&content)), size: content.len() })
}

/// Asks S3 as any client would.
fn fetched(world: &mut World, bucket: &str, key: &str) -> Result<Vec<u8>, Refusal> {
    let request = Request {
        method: "GET".into(),
        host: String::new(),
        path: format!("/{bucket}/{}", encode(key)),
        query: Vec::new(),
        headers: http::HeaderMap::new(),
        body: bytes::Bytes::new(),
    };
    let reply = S3.answer(world, &request).unwrap_or_else(|| Reply::empty(501));
    if reply.status == 200 {
        return Ok(reply.body);
    }
    let text = String::from_utf8_lossy(&reply.body);
    let element = |name: &str| text.split(&format!("<{name}>")).nth(1).and_then(|t| t.split('<').next()).unwrap_or_default().to_owned();
    Err(invalid(format!("Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}", element("Code"), element("Message"))))
}
