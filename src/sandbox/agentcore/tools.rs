//! What a gateway target may be: the branches of its configuration and the schemas of its tools.

use serde_json::Value;

use super::shape::{self, Shape, list, may, must, number, text};
use super::{Refusal, invalid};

const LAMBDA: &str =
    r"arn:(aws[a-zA-Z-]*)?:lambda:([a-z]{2}(-gov)?-[a-z]+-\d{1}):(\d{12}):function:([a-zA-Z0-9-_.]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?";
const MOST_TOOLS: usize = 1_000;

/// A schema knows these five keywords of JSON Schema and no others.
static SCHEMA: Shape = Shape::Closed(&[
    must("type", Shape::OneOf(&["string", "number", "object", "array", "boolean", "integer"])),
    may("properties", Shape::Map { most: usize::MAX, key: &shape::STRING, value: &SCHEMA }),
    may("required", list(0, usize::MAX, &shape::STRING)),
    may("items", Shape::Of(&SCHEMA)),
    may("description", Shape::Of(&shape::STRING)),
]);

static TOOL: Shape = Shape::Closed(&[
    must("name", text(1, 256, "")),
    must("description", text(1, usize::MAX, "")),
    must("inputSchema", Shape::Of(&SCHEMA)),
    may("outputSchema", Shape::Of(&SCHEMA)),
]);

static S3: Shape = Shape::Struct(&[may("uri", text(6, 2048, "s3://.+")), may("bucketOwnerAccountId", text(12, 12, "[0-9]{12}"))]);
static API: Shape = Shape::Union(&[may("s3", Shape::Of(&S3)), may("inlinePayload", Shape::Of(&shape::STRING))]);
static TOOLS: Shape = Shape::Union(&[may("s3", Shape::Of(&S3)), may("inlinePayload", list(0, MOST_TOOLS, &TOOL))]);
static SERVER: Shape = Shape::Struct(&[
    must("endpoint", text(1, 2048, "https://.*")),
    may("listingMode", Shape::OneOf(&["DEFAULT", "DYNAMIC"])),
    may("resourcePriority", number(0, 1000)),
]);

static MCP: Shape = Shape::Union(&[
    may("lambda", Shape::Struct(&[must("lambdaArn", text(1, 170, LAMBDA)), must("toolSchema", Shape::Of(&TOOLS))])),
    may("openApiSchema", Shape::Of(&API)),
    may("smithyModel", Shape::Of(&API)),
    may("mcpServer", Shape::Of(&SERVER)),
    may(
        "apiGateway",
        Shape::Struct(&[must("restApiId", Shape::Any), must("stage", Shape::Any), must("apiGatewayToolConfiguration", Shape::Any)]),
    ),
    may("connector", Shape::Any),
]);

static HTTP: Shape = Shape::Union(&[
    may("agentcoreRuntime", Shape::Struct(&[must("arn", Shape::Of(&shape::STRING))])),
    may("passthrough", Shape::Struct(&[must("endpoint", text(1, 2048, "https://.*")), must("protocolType", Shape::Any)])),
    may("connector", Shape::Any),
]);

pub(super) static CONFIGURATION: Shape =
    Shape::Union(&[may("mcp", Shape::Of(&MCP)), may("http", Shape::Of(&HTTP)), may("inference", Shape::Any)]);

/// The kinds of target, by the branch of the configuration.
const KINDS: &[(&str, &str)] = &[
    ("/mcp/lambda", "LAMBDA"),
    ("/mcp/openApiSchema", "OPEN_API_SCHEMA"),
    ("/mcp/smithyModel", "SMITHY_MODEL"),
    ("/mcp/mcpServer", "MCP_SERVER"),
    ("/mcp/apiGateway", "API_GATEWAY"),
    ("/mcp/connector", "CONNECTOR"),
    ("/http/agentcoreRuntime", "AGENTCORE_RUNTIME"),
    ("/http/passthrough", "PASSTHROUGH"),
    ("/http/connector", "HTTP_CONNECTOR"),
    ("/inference", "PROVIDER"),
];

pub(super) fn kind(configuration: &Value) -> &'static str {
    KINDS.iter().find(|(branch, _)| configuration.pointer(branch).is_some()).map_or("LAMBDA", |(_, kind)| kind)
}

/// Tool names are unique within a target.
pub(super) fn check(configuration: &Value) -> Result<(), Refusal> {
    let tools = configuration.pointer("/mcp/lambda/toolSchema/inlinePayload").and_then(Value::as_array);
    let mut names: Vec<&str> = tools.into_iter().flatten().map(|tool| shape::string(tool, "name")).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair.first() == pair.last()).and_then(|pair| pair.first()) {
        Some(twice) => Err(invalid(format!("Tool name '{twice}' is used more than once"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_takes_its_five_keywords_at_every_depth_and_no_others() {
        let tools = |inner: Value| {
            let schema = json!({ "type": "object", "properties": { "a": { "type": "array", "items": inner } }, "required": ["a"] });
            json!({ "mcp": { "lambda": {
                "lambdaArn": "arn:aws:lambda:eu-west-1:111122223333:function:f",
                "toolSchema": { "inlinePayload": [{ "name": "t", "description": "d", "inputSchema": schema }] },
            }}})
        };
        assert_eq!(shape::check(&CONFIGURATION, &tools(json!({ "type": "string", "description": "x" })), "V"), Ok(()));
        let refusal = shape::check(&CONFIGURATION, &tools(json!({ "type": "string", "enum": ["x"] })), "V").unwrap_err();
        assert!(refusal.message.contains("unsupported field 'enum'"), "{}", refusal.message);
    }
}
