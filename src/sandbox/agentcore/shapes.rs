//! Shapes that several AgentCore resources share, and those of a runtime.

use super::shape::{Member, Shape, list, may, must, number, text};
use super::{authorizer, tags};

pub(super) const ROLE: &str = "arn:aws(-[^:]+)?:iam::([0-9]{12})?:role/.+";
const TOKEN_PATTERN: &str = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,256}";
pub(super) const TOKEN: Member = may("clientToken", text(33, 256, TOKEN_PATTERN));
const IMAGE: &str = r"(([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?|public\.ecr\.aws)/((?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*)(?::([^:@]{1,300}))?(?:@(.+))?";

static ENTRY: Shape = text(1, 128, "");
static CONTAINER: Shape = Shape::Struct(&[must("containerUri", text(1, 1024, IMAGE))]);
static PACKAGE: Shape = Shape::Struct(&[
    must("bucket", text(0, 63, "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")),
    must("prefix", text(1, 1024, "")),
    may("versionId", text(3, 1024, "")),
]);
static CODE: Shape = Shape::Struct(&[
    must("code", Shape::Union(&[may("s3", Shape::Of(&PACKAGE))])),
    must("runtime", Shape::OneOf(&["PYTHON_3_10", "PYTHON_3_11", "PYTHON_3_12", "PYTHON_3_13", "PYTHON_3_14", "NODE_22"])),
    must("entryPoint", list(1, 2, &ENTRY)),
]);
static ARTIFACT: Shape = Shape::Union(&[may("containerConfiguration", Shape::Of(&CONTAINER)), may("codeConfiguration", Shape::Of(&CODE))]);

static GROUP: Shape = text(0, 30, "sg-[0-9a-zA-Z]{8,17}");
static SUBNET: Shape = text(0, 30, "subnet-[0-9a-zA-Z]{8,17}");
static NETWORK: Shape = Shape::Struct(&[
    must("networkMode", Shape::OneOf(&["PUBLIC", "VPC"])),
    may("networkModeConfig", Shape::Struct(&[must("securityGroups", list(1, 16, &GROUP)), must("subnets", list(1, 16, &SUBNET))])),
]);
static HEADER: Shape = text(1, 256, "[A-Za-z][A-Za-z0-9_-]{0,255}");
static HEADERS: Shape = Shape::Struct(&[may("requestHeaderAllowlist", list(1, 20, &HEADER))]);
static PROTOCOL: Shape = Shape::Struct(&[
    must("serverProtocol", Shape::OneOf(&["MCP", "HTTP", "A2A", "AGUI"])),
    may("port", number(8000, 12_000)),
    may("path", text(1, 2048, r"/[A-Za-z0-9\-._~/%]*")),
]);
static LIFECYCLE: Shape =
    Shape::Struct(&[may("idleRuntimeSessionTimeout", number(60, 1_209_600)), may("maxLifetime", number(60, 1_209_600))]);
static VARIABLE: Shape = text(1, 100, "");
static SETTING: Shape = text(0, 5000, "");

const RUNTIME_ROLE: Member = must("roleArn", text(1, 2048, ROLE));
const RUNTIME_ARTIFACT: Member = must("agentRuntimeArtifact", Shape::Of(&ARTIFACT));
const RUNTIME_NETWORK: Member = may("networkConfiguration", Shape::Of(&NETWORK));
const RUNTIME_DESCRIPTION: Member = may("description", text(1, 4096, ""));
const RUNTIME_AUTHORIZER: Member = may("authorizerConfiguration", Shape::Of(&authorizer::SHAPE));
const RUNTIME_HEADERS: Member = may("requestHeaderConfiguration", Shape::Of(&HEADERS));
const RUNTIME_PROTOCOL: Member = may("protocolConfiguration", Shape::Of(&PROTOCOL));
const RUNTIME_LIFECYCLE: Member = may("lifecycleConfiguration", Shape::Of(&LIFECYCLE));
const RUNTIME_VARIABLES: Member = may("environmentVariables", Shape::Map { most: 50, key: &VARIABLE, value: &SETTING });
const RUNTIME_FILES: Member = may("filesystemConfigurations", list(0, 5, &Shape::Any));
const RUNTIME_PLATFORM: Member = may("platformVersion", text(1, 128, r"\S+"));

pub(super) static CREATE_RUNTIME: Shape = Shape::Struct(&[
    must("agentRuntimeName", text(0, 48, "[a-zA-Z][a-zA-Z0-9_]{0,47}")),
    may("tags", tags::SHAPE),
    TOKEN,
    RUNTIME_ROLE,
    RUNTIME_ARTIFACT,
    RUNTIME_NETWORK,
    RUNTIME_DESCRIPTION,
    RUNTIME_AUTHORIZER,
    RUNTIME_HEADERS,
    RUNTIME_PROTOCOL,
    RUNTIME_LIFECYCLE,
    RUNTIME_VARIABLES,
    RUNTIME_FILES,
    RUNTIME_PLATFORM,
]);

pub(super) static UPDATE_RUNTIME: Shape = Shape::Struct(&[
    TOKEN,
    RUNTIME_ROLE,
    RUNTIME_ARTIFACT,
    RUNTIME_NETWORK,
    RUNTIME_DESCRIPTION,
    RUNTIME_AUTHORIZER,
    RUNTIME_HEADERS,
    RUNTIME_PROTOCOL,
    RUNTIME_LIFECYCLE,
    RUNTIME_VARIABLES,
    RUNTIME_FILES,
    RUNTIME_PLATFORM,
    may("metadataConfiguration", Shape::Struct(&[must("requireMMDSV2", Shape::Flag)])),
]);
