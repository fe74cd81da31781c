//! What requests may hold, from Lambda's model and its quotas for ordinary functions.

use super::super::shape::{Member, STRING, Shape, list, may, must, number, text};
use super::super::tags;

const ROLE: &str = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+";
const BUCKET: &str = r"[0-9A-Za-z\.\-_]*";
const SOURCE: &str = r"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}(-gov)?-[a-z]+-\d{1})?:(\d{12})?:(.*)";

/// Those that a function can still be made of.
const RUNTIMES: &[&str] = &[
    "nodejs22.x",
    "nodejs24.x",
    "java17",
    "java21",
    "java25",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "dotnet8",
    "dotnet10",
    "ruby3.3",
    "ruby3.4",
    "provided.al2",
    "provided.al2023",
];

static VARIABLE: Shape = text(1, usize::MAX, "[a-zA-Z]([a-zA-Z0-9_])+");
static VARIABLES: Shape = Shape::Map { most: usize::MAX, key: &VARIABLE, value: &STRING };
static ENVIRONMENT: Shape = Shape::Struct(&[may("Variables", Shape::Of(&VARIABLES))]);
static LAYER: Shape = text(1, 140, r"arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+");
static TRACING: Shape = Shape::Struct(&[may("Mode", Shape::OneOf(&["Active", "PassThrough"]))]);
static LOGGING: Shape = Shape::Struct(&[
    may("LogFormat", Shape::OneOf(&["JSON", "Text"])),
    may("ApplicationLogLevel", Shape::OneOf(&["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"])),
    may("SystemLogLevel", Shape::OneOf(&["DEBUG", "INFO", "WARN"])),
    may("LogGroup", text(1, 512, r"[\.\-_/#A-Za-z0-9]+")),
]);
static ARCHITECTURE: Shape = Shape::OneOf(&["x86_64", "arm64"]);

const SOURCE_OF_CODE: [Member; 4] = [
    may("ZipFile", text(0, usize::MAX, "")),
    may("S3Bucket", text(3, 63, BUCKET)),
    may("S3Key", text(1, 1024, ".*")),
    may("S3ObjectVersion", text(1, 1024, ".*")),
];
static FUNCTION_CODE: Shape = Shape::Struct(&SOURCE_OF_CODE);

pub(super) static CREATE: Shape = Shape::Struct(&[
    must("FunctionName", text(1, 140, "")),
    must("Role", text(0, 10_000, ROLE)),
    must("Code", Shape::Of(&FUNCTION_CODE)),
    may("Runtime", Shape::OneOf(RUNTIMES)),
    may("Handler", text(0, 128, r"[^\s]+")),
    may("Description", text(0, 256, "")),
    may("Timeout", number(1, 900)),
    may("MemorySize", number(128, 10_240)),
    may("Environment", Shape::Of(&ENVIRONMENT)),
    may("Layers", list(0, 5, &LAYER)),
    may("TracingConfig", Shape::Of(&TRACING)),
    may("LoggingConfig", Shape::Of(&LOGGING)),
    may("Architectures", list(1, 1, &ARCHITECTURE)),
    may("PackageType", Shape::OneOf(&["Zip"])),
    may("Publish", Shape::Flag),
    may("Tags", tags::SHAPE),
]);

pub(super) static UPDATE: Shape = Shape::Struct(&[
    may("Role", text(0, 10_000, ROLE)),
    may("Runtime", Shape::OneOf(RUNTIMES)),
    may("Handler", text(0, 128, r"[^\s]+")),
    may("Description", text(0, 256, "")),
    may("Timeout", number(1, 900)),
    may("MemorySize", number(128, 10_240)),
    may("Environment", Shape::Of(&ENVIRONMENT)),
    may("Layers", list(0, 5, &LAYER)),
    may("TracingConfig", Shape::Of(&TRACING)),
    may("LoggingConfig", Shape::Of(&LOGGING)),
    may("RevisionId", text(0, usize::MAX, "")),
]);

pub(super) static UPDATE_CODE: Shape = Shape::Struct(&[
    may("ZipFile", text(0, usize::MAX, "")),
    may("S3Bucket", text(3, 63, BUCKET)),
    may("S3Key", text(1, 1024, ".*")),
    may("S3ObjectVersion", text(1, 1024, ".*")),
    may("Architectures", list(1, 1, &ARCHITECTURE)),
    may("DryRun", Shape::Flag),
    may("Publish", Shape::Flag),
    may("RevisionId", text(0, usize::MAX, "")),
]);

pub(super) static ADD_PERMISSION: Shape = Shape::Struct(&[
    must("StatementId", text(1, 100, "([a-zA-Z0-9-_]+)")),
    must("Action", text(0, 10_000, "(lambda:[*]|lambda:[a-zA-Z]+|[*])")),
    must("Principal", text(0, 2048, r"[^\s]+")),
    may("SourceArn", text(0, 10_000, SOURCE)),
    may("SourceAccount", text(0, 12, r"\d{12}")),
    may("PrincipalOrgID", text(12, 34, "o-[a-z0-9]{10,32}")),
    may("RevisionId", text(0, usize::MAX, "")),
]);
