//! Requests and replies on the wire: routing facts about a request, and the reply of each AWS protocol.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};

/// A request as it came in, from the SDK's connector or from the port.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// As the client wrote it: `bucket.s3.eu-west-1.amazonaws.com`, or `127.0.0.1:4599`.
    pub(crate) host: String,
    /// Still percent-encoded.
    pub(crate) path: String,
    /// Decoded pairs in order.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn new(method: &str, uri: &http::Uri, mut headers: HeaderMap, body: Bytes) -> Self {
        let body = unchunked(&mut headers, body);
        let host = uri
            .authority()
            .map(ToString::to_string)
            .or_else(|| headers.get("host").and_then(|h| h.to_str().ok()).map(Into::into))
            .unwrap_or_default();
        let query = pairs(uri.query().unwrap_or(""));
        Self { method: method.into(), host, path: uri.path().into(), query, headers, body }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The service that the client signed for, from the credential scope.
    pub(super) fn signing_name(&self) -> &str {
        self.scope(3)
    }

    /// The region that the client signed for; us-east-1 for an unsigned request.
    pub(super) fn region(&self) -> &str {
        match self.scope(2) {
            "" => "us-east-1",
            region => region,
        }
    }

    /// The access key that the request was signed with; empty for an unsigned request.
    pub(super) fn access_key(&self) -> &str {
        self.scope(0)
    }

    /// The n-th part of `Credential=key/date/region/service/aws4_request`.
    fn scope(&self, n: usize) -> &str {
        self.header("authorization")
            .and_then(|a| a.split("Credential=").nth(1))
            .and_then(|c| c.split(',').next())
            .and_then(|c| c.split('/').nth(n))
            .unwrap_or("")
    }

    /// The operation of an awsJson request, without the service's prefix.
    pub(super) fn target(&self, prefix: &str) -> Option<&str> {
        self.header("x-amz-target").and_then(|t| t.strip_prefix(prefix))
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The path's decoded segments, empty ones left out.
    pub(super) fn segments(&self) -> Vec<String> {
        self.path.split('/').filter(|s| !s.is_empty()).map(decode).collect()
    }

    /// The body as JSON; an empty body is an empty object, a malformed one `None`.
    pub(super) fn json(&self) -> Option<Value> {
        if self.body.is_empty() { Some(json!({})) } else { serde_json::from_slice(&self.body).ok() }
    }

    /// The body of an awsQuery request.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        pairs(&String::from_utf8_lossy(&self.body))
    }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|p| !p.is_empty())
        .map(|p| p.split_once('=').unwrap_or((p, "")))
        .map(|(n, v)| (decode(&n.replace('+', " ")), decode(&v.replace('+', " "))))
        .collect()
}

pub(super) fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Takes the framing of `aws-chunked` off a streamed body, so that no service sees it.
fn unchunked(headers: &mut HeaderMap, body: Bytes) -> Bytes {
    let named = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
    let encoding = named("content-encoding");
    if !encoding.contains("aws-chunked") && !named("x-amz-content-sha256").starts_with("STREAMING-") {
        return body;
    }
    let Some(content) = chunks(&body) else { return body };
    let rest: Vec<&str> = encoding.split(',').map(str::trim).filter(|e| !e.is_empty() && *e != "aws-chunked").collect();
    match HeaderValue::from_str(&rest.join(",")) {
        Ok(value) if !rest.is_empty() => headers.insert("content-encoding", value),
        _ => headers.remove("content-encoding"),
    };
    content.into()
}

/// The content of `SIZE[;signature]\r\nDATA\r\n…0\r\ntrailers`; `None` if the framing is broken.
fn chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::with_capacity(rest.len());
    loop {
        let end = rest.windows(2).position(|w| w == b"\r\n")?;
        let (line, after) = rest.split_at_checked(end)?;
        let size = std::str::from_utf8(line).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(content);
        }
        let (data, after) = after.get(2..)?.split_at_checked(size)?;
        content.extend_from_slice(data);
        rest = after.strip_prefix(b"\r\n")?;
    }
}

/// A request refused: what becomes the error reply of the service's protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }
}

/// Where the id of the request goes once the reply is done.
const NO_REQUEST_ID: &str = "<RequestId>sandbox</RequestId>";

/// A reply, complete but for the transport.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// restJson: a JSON body.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::empty(status).header("content-type", "application/json").with(body.to_string())
    }

    /// awsJson 1.1: a JSON body under its own content type.
    pub(super) fn aws_json(body: &Value) -> Self {
        Self::empty(200).header("content-type", "application/x-amz-json-1.1").with(body.to_string())
    }

    /// restXml and awsQuery: an XML body, given without its declaration.
    pub(super) fn xml(status: u16, body: &str) -> Self {
        Self::empty(status).header("content-type", "text/xml").with(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}"))
    }

    /// A refusal of a JSON protocol: the code in the header (restJson) and in the body (awsJson).
    pub(super) fn refuse_json(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &json!({ "__type": code, "message": message })).header("x-amzn-errortype", code)
    }

    /// A refusal of an awsQuery service.
    pub(super) fn refuse_query(status: u16, code: &str, message: &str) -> Self {
        Self::xml(
            status,
            &format!(
                "<ErrorResponse><Error><Type>Sender</Type>{}{}</Error>{NO_REQUEST_ID}</ErrorResponse>",
                element("Code", code),
                element("Message", message)
            ),
        )
    }

    /// A refusal of EC2, whose query protocol has a form of its own.
    fn refuse_ec2(status: u16, code: &str, message: &str) -> Self {
        let error = format!("<Error>{}{}</Error>", element("Code", code), element("Message", message));
        Self::xml(status, &format!("<Response><Errors>{error}</Errors>{NO_REQUEST_ID}</Response>"))
    }

    /// A refusal of S3.
    pub(super) fn refuse_s3(status: u16, code: &str, message: &str) -> Self {
        Self::xml(status, &format!("<Error>{}{}{NO_REQUEST_ID}</Error>", element("Code", code), element("Message", message)))
    }

    /// An awsQuery service's answer; `result` is the inside of the result element, `None` for operations without one.
    pub(super) fn query(namespace: &str, action: &str, result: Option<&str>) -> Self {
        let result = result.map_or_else(String::new, |inner| format!("<{action}Result>{inner}</{action}Result>"));
        Self::xml(
            200,
            &format!(
                "<{action}Response xmlns=\"{namespace}\">{result}<ResponseMetadata>{NO_REQUEST_ID}</ResponseMetadata></{action}Response>"
            ),
        )
    }

    /// The reply under the id of its request, in the header and in the XML of refusals and of awsQuery.
    pub(super) fn stamped(mut self, request: &Request, number: u64) -> Self {
        let signing = request.signing_name();
        let id = if signing == "s3" { format!("{number:016X}") } else { format!("00000000-0000-4000-8000-{number:012x}") };
        self = if signing == "s3" {
            self.header("x-amz-request-id", &id).header("x-amz-id-2", "sandbox")
        } else {
            self.header("x-amzn-requestid", &id)
        };
        // An object of S3 may hold the same text: only refusals carry the id there.
        if (self.status >= 300 || matches!(signing, "iam" | "sts"))
            && let Some(at) = self.body.windows(NO_REQUEST_ID.len()).position(|w| w == NO_REQUEST_ID.as_bytes())
        {
            self.body.splice(at..at + NO_REQUEST_ID.len(), element("RequestId", &id).into_bytes());
        }
        self
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(super) fn with(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

/// Text as XML content.
pub(super) fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

/// One XML element around text.
pub(super) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// Text percent-encoded as RFC 3986 has it.
pub(super) fn encode(text: &str) -> String {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The answer to what no service here knows, in the protocol that the client reads.
pub(super) fn unknown(request: &Request) -> Reply {
    const CODE: &str = "NotInTheSandbox";
    let what = request.header("x-amz-target").map_or_else(|| format!("{} {}", request.method, request.path), Into::into);
    let action = request.form().into_iter().find(|(n, _)| n == "Action").map(|(_, action)| action);
    let what = action.as_ref().map_or(what.clone(), |action| format!("{what} Action={action}"));
    let message = format!("the sandbox has no {what} (signed for `{}`)", request.signing_name());
    let form = request.header("content-type").is_some_and(|t| t.starts_with("application/x-www-form-urlencoded"));
    match request.signing_name() {
        "ec2" => Reply::refuse_ec2(501, CODE, &message),
        "s3" => Reply::refuse_s3(501, CODE, &message),
        _ if form && action.is_some() => Reply::refuse_query(501, CODE, &message),
        "iam" | "sts" => Reply::refuse_query(501, CODE, &message),
        _ => Reply::refuse_json(501, CODE, &message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_call_is_refused_in_the_callers_protocol() {
        let refused = |service: &str, content_type: &'static str, body: &'static str| {
            let mut headers = HeaderMap::new();
            let scope = format!("AWS4-HMAC-SHA256 Credential=A/20260901/us-east-1/{service}/aws4_request, SignedHeaders=host");
            headers.insert("authorization", HeaderValue::from_str(&scope).unwrap());
            headers.insert("content-type", HeaderValue::from_static(content_type));
            let reply = unknown(&Request::new("POST", &http::Uri::from_static("/"), headers, Bytes::from_static(body.as_bytes())));
            assert_eq!(reply.status, 501);
            String::from_utf8(reply.body).unwrap()
        };
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        let queue = refused("sns", form, "Action=ListTopics&Version=2010-03-31");
        assert!(queue.contains("<ErrorResponse><Error>") && queue.contains("Action=ListTopics"), "{queue}");
        let machines = refused("ec2", form, "Action=DescribeInstances");
        assert!(machines.contains("<Response><Errors><Error><Code>NotInTheSandbox</Code>"), "{machines}");
        assert!(refused("lambda", "application/json", "{}").starts_with('{'));
    }

    #[test]
    fn a_chunked_body_loses_its_framing_and_its_encoding() {
        let mut headers = HeaderMap::new();
        headers.insert("content-encoding", HeaderValue::from_static("aws-chunked, gzip"));
        let body = Bytes::from_static(b"5;chunk-signature=ab\r\nhe\r\nl\r\n2\r\nlo\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n");
        let request = Request::new("PUT", &http::Uri::from_static("/bucket/key"), headers, body);
        assert_eq!(&request.body[..], b"he\r\nllo");
        assert_eq!(request.header("content-encoding"), Some("gzip"));
    }
}
