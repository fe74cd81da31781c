//! Who may call: the JWT authorizer that runtimes and gateways share, and the headers that may pass.

use serde_json::Value;

use super::shape::{self, Shape, list, may, must, text};
use super::{Refusal, invalid};

const DISCOVERY: &str = r"[^\s?#]+/\.well-known/(openid-configuration|oauth-authorization-server)(/[^\s?#]+)?";

static SCOPE: Shape = text(1, 255, r"[\x21\x23-\x5B\x5D-\x7E]+");
static MATCH: Shape = text(1, 255, "[A-Za-z0-9_.-]+");
static CLAIM_VALUE: Shape =
    Shape::Union(&[may("matchValueString", Shape::Of(&MATCH)), may("matchValueStringList", list(1, usize::MAX, &MATCH))]);
static CLAIM: Shape = Shape::Struct(&[
    must("inboundTokenClaimName", text(1, 255, "[A-Za-z0-9_.-:]+")),
    must("inboundTokenClaimValueType", Shape::OneOf(&["STRING", "STRING_ARRAY"])),
    must(
        "authorizingClaimMatchValue",
        Shape::Struct(&[
            must("claimMatchValue", Shape::Of(&CLAIM_VALUE)),
            must("claimMatchOperator", Shape::OneOf(&["EQUALS", "CONTAINS", "CONTAINS_ANY"])),
        ]),
    ),
]);

static JWT: Shape = Shape::Struct(&[
    must("discoveryUrl", text(1, 2048, DISCOVERY)),
    may("allowedAudience", list(1, usize::MAX, &shape::STRING)),
    may("allowedClients", list(1, usize::MAX, &shape::STRING)),
    may("allowedScopes", list(1, usize::MAX, &SCOPE)),
    may("customClaims", list(1, usize::MAX, &CLAIM)),
]);

pub(super) static SHAPE: Shape = Shape::Union(&[may("customJWTAuthorizer", Shape::Of(&JWT))]);

/// Each claim's operator goes with one type of claim and one kind of value.
pub(super) fn check(configuration: Option<&Value>) -> Result<(), Refusal> {
    let claims = configuration.and_then(|c| c.pointer("/customJWTAuthorizer/customClaims")).and_then(Value::as_array);
    for claim in claims.into_iter().flatten() {
        let of = claim.get("authorizingClaimMatchValue").unwrap_or(&Value::Null);
        let list = of.pointer("/claimMatchValue/matchValueStringList").is_some();
        let fits = match (shape::string(of, "claimMatchOperator"), shape::string(claim, "inboundTokenClaimValueType")) {
            ("EQUALS", kind) => kind == "STRING" && !list,
            ("CONTAINS", kind) => kind == "STRING_ARRAY" && !list,
            (_, kind) => kind == "STRING_ARRAY" && list,
        };
        if !fits {
            let name = shape::string(claim, "inboundTokenClaimName");
            return Err(invalid(format!("The match operator of custom claim '{name}' does not fit its value type.")));
        }
    }
    Ok(())
}

/// As a read shows it: private endpoints are taken, and never shown again.
pub(super) fn shown(configuration: &Value) -> Value {
    let mut shown = configuration.clone();
    if let Some(jwt) = shown.get_mut("customJWTAuthorizer").and_then(Value::as_object_mut) {
        jwt.remove("privateEndpoint");
        jwt.remove("privateEndpointOverrides");
    }
    shown
}

/// Names that belong to HTTP itself, in lower case.
const RESTRICTED: &[&str] = &[
    "proxy-authorization",
    "www-authenticate",
    "cache-control",
    "etag",
    "age",
    "expires",
    "vary",
    "connection",
    "keep-alive",
    "upgrade",
    "te",
    "trailer",
    "transfer-encoding",
    "host",
    "user-agent",
    "referer",
    "from",
    "range",
    "server",
    "date",
    "location",
    "retry-after",
    "strict-transport-security",
    "x-frame-options",
    "x-content-type-options",
];

/// Whether a header is one that nobody may pass through.
pub(super) fn restricted(header: &str) -> bool {
    let header = header.to_lowercase();
    RESTRICTED.contains(&header.as_str()) || ["accept", "content-", "if-"].iter().any(|prefix| header.starts_with(prefix))
}
