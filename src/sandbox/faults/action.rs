//! Which IAM action a request needs, and AWS's words when it is not allowed.

use serde_json::Value;

use super::super::{SERVICES, iam};
use super::{Reply, Request};

/// Prefixes of `x-amz-target` and the IAM service they stand for.
const TARGETS: &[(&str, &str)] = &[
    ("AmazonSSM.", "ssm"),
    ("AWSCognitoIdentityProviderService.", "cognito-idp"),
    ("DynamoDB_20120810.", "dynamodb"),
    ("TrentService.", "kms"),
    ("Logs_20140328.", "logs"),
    ("AWSInsightsIndexService.", "ce"),
];

/// The services, as IAM calls them, whose actions can be denied.
pub(super) const SERVICES_OF_IAM: &[&str] = &[
    "agent-registry",
    "apigateway",
    "bedrock",
    "bedrock-agentcore",
    "bedrock-mantle",
    "ce",
    "cognito-idp",
    "dynamodb",
    "iam",
    "kms",
    "lambda",
    "logs",
    "s3",
    "s3vectors",
    "ssm",
    "sts",
    "xray",
];

/// `service:Operation`, if the request says so or its service knows.
pub(super) fn of(request: &Request) -> Option<String> {
    if let Some((operation, service)) = TARGETS.iter().find_map(|(prefix, service)| Some((request.target(prefix)?, service))) {
        return Some(format!("{service}:{operation}"));
    }
    let signing = request.signing_name();
    if matches!(signing, "iam" | "sts") {
        return request.form().into_iter().find(|(n, _)| n == "Action").map(|(_, operation)| format!("{signing}:{operation}"));
    }
    let known = SERVICES.iter().find(|service| service.claims(request)).and_then(|service| service.action(request));
    known.or_else(|| {
        // s3vectors names the operation in its path.
        let operation = request.path.strip_prefix('/').filter(|p| !p.is_empty() && !p.contains('/'))?;
        (signing == "s3vectors").then(|| format!("{signing}:{operation}"))
    })
}

/// Whether an action as a fault names it, with `*` and `?` as in a policy, is this one.
pub(in super::super) fn means(pattern: &str, name: &str) -> bool {
    fn fits(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern.split_first(), name.split_first()) {
            (Some((b'*', rest)), _) => fits(rest, name) || name.split_first().is_some_and(|(_, shorter)| fits(pattern, shorter)),
            (Some((b'?', rest)), Some((_, name))) => fits(rest, name),
            (Some((p, rest)), Some((n, name))) => p.eq_ignore_ascii_case(n) && fits(rest, name),
            (None, None) => true,
            _ => false,
        }
    }
    fits(pattern.as_bytes(), name.as_bytes())
}

/// Every action that the caller must be allowed: a secret is decrypted in the caller's name.
pub(in super::super) fn all(request: &Request) -> Vec<String> {
    let decrypts = || request.json().is_some_and(|body| body.get("WithDecryption") == Some(&Value::Bool(true)));
    let mut all: Vec<String> = of(request).into_iter().collect();
    if request.target("AmazonSSM.").is_some() && decrypts() {
        all.push("kms:Decrypt".into());
    }
    if request.signing_name() == "apigateway" {
        // As IAM calls it.
        all.insert(0, format!("apigateway:{}", request.method));
    }
    all
}

/// Whether the request only reads, though its answer may have moved a status on.
pub(super) fn reads(request: &Request) -> bool {
    let reading =
        |operation: &str| ["Get", "List", "Describe", "Head", "BatchGet", "Query", "Scan"].iter().any(|verb| operation.starts_with(verb));
    match of(request) {
        Some(action) => action.split(':').next_back().is_some_and(reading),
        None => matches!(request.method.as_str(), "GET" | "HEAD"),
    }
}

/// The refusal of an action by the caller's policies.
pub(super) fn denied(request: &Request, action: &str, account: &str) -> Reply {
    let caller = iam::sandbox_caller(account);
    let resource = resource(request, action, account);
    let message = format!(
        "User: {caller} is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action"
    );
    forbidden(request, &message)
}

/// The refusal in the words and the protocol of the service.
pub(in super::super) fn forbidden(request: &Request, message: &str) -> Reply {
    match request.signing_name() {
        "s3" => Reply::refuse_s3(403, "AccessDenied", message),
        "iam" | "sts" => Reply::refuse_query(403, "AccessDenied", message),
        _ if request.header("x-amz-target").is_some() => Reply::refuse_json(400, "AccessDeniedException", message),
        _ => Reply::refuse_json(403, "AccessDeniedException", message),
    }
}

/// The resource in question, as near as the request tells.
fn resource(request: &Request, action: &str, account: &str) -> String {
    let region = request.region();
    let service = action.split(':').next().unwrap_or("");
    match service {
        "iam" => match request.form().into_iter().find(|(n, _)| n == "RoleName") {
            Some((_, role)) => format!("arn:aws:iam::{account}:role/{role}"),
            None => format!("arn:aws:iam::{account}:role/"),
        },
        "s3" => format!("arn:aws:s3:::{}", request.segments().join("/")),
        "ssm" => {
            let name =
                request.json().and_then(|body| body.get("Name").and_then(Value::as_str).map(str::to_owned)).unwrap_or_else(|| "*".into());
            format!("arn:aws:ssm:{region}:{account}:parameter/{}", name.trim_start_matches('/'))
        }
        _ => format!("arn:aws:{service}:{region}:{account}:*"),
    }
}
