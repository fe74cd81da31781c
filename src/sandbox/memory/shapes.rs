//! Shapes of the data plane's requests.

use super::super::shape::{Member, STRING, Shape, list, may, must, number, text};

const ACTOR: Shape = text(1, 255, "[a-zA-Z0-9][a-zA-Z0-9-_/]*(?::[a-zA-Z0-9-_/]+)*[a-zA-Z0-9-_/]*");
const SESSION: Shape = text(1, 100, "[a-zA-Z0-9][a-zA-Z0-9-_]*");
const EVENT: Shape = text(0, usize::MAX, "[0-9]+#[a-fA-F0-9]+");
const MEMORY: Shape = text(
    12,
    usize::MAX,
    "(arn:(aws|aws-cn|aws-us-gov):bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:memory/)?[a-zA-Z][a-zA-Z0-9-_]{0,99}-[a-zA-Z0-9]{10}",
);
const NAMESPACE: Shape = text(1, 1024, "[a-zA-Z0-9/*][a-zA-Z0-9-_/*]*(?::[a-zA-Z0-9-_/*]+)*[a-zA-Z0-9-_/*]*");
const STRATEGY: Shape = text(1, 100, "[a-zA-Z0-9][a-zA-Z0-9-_]*");
const SIZE: Member = may("maxResults", number(1, 100));
const TOKEN: Member = may("nextToken", Shape::Of(&STRING));

/// The ids in a path.
pub(super) static PATH: Shape =
    Shape::Struct(&[must("memoryId", MEMORY), may("actorId", ACTOR), may("sessionId", SESSION), may("eventId", EVENT)]);

static CONTENT: Shape = Shape::Union(&[may("text", text(1, 100_000, ""))]);
static TURN: Shape =
    Shape::Struct(&[must("content", Shape::Of(&CONTENT)), must("role", Shape::OneOf(&["ASSISTANT", "USER", "TOOL", "OTHER"]))]);
static DOCUMENT: Shape = Shape::Struct(&[must("content", Shape::Any)]);
static PAYLOAD: Shape =
    Shape::Union(&[may("conversational", Shape::Of(&TURN)), may("blob", Shape::Any), may("json", Shape::Of(&DOCUMENT))]);
static BRANCH: Shape = Shape::Struct(&[may("rootEventId", EVENT), must("name", text(1, 100, "[a-zA-Z0-9][a-zA-Z0-9-_]*"))]);
static KEY: Shape = text(1, 128, r"[a-zA-Z0-9\s._:/=+@-]*");
static TEXT_VALUE: Shape = Shape::Union(&[may("stringValue", text(0, 256, r"[a-zA-Z0-9\s._:/=+@-]*"))]);
pub(super) static CREATE: Shape = Shape::Struct(&[
    must("actorId", ACTOR),
    may("sessionId", SESSION),
    must("eventTimestamp", Shape::Any),
    must("payload", list(0, 100, &PAYLOAD)),
    may("branch", Shape::Of(&BRANCH)),
    may("clientToken", Shape::Of(&STRING)),
    may("metadata", Shape::Map { most: 15, key: &KEY, value: &TEXT_VALUE }),
    may("extractionMode", Shape::OneOf(&["SKIP"])),
]);
pub(super) static EVENTS: Shape = Shape::Struct(&[may("includePayloads", Shape::Flag), SIZE, TOKEN]);
pub(super) static LIST: Shape = Shape::Struct(&[SIZE, TOKEN]);
static CRITERIA: Shape =
    Shape::Struct(&[must("searchQuery", text(1, 10_000, "")), may("memoryStrategyId", STRATEGY), may("topK", number(1, 100))]);
pub(super) static RETRIEVE: Shape = Shape::Struct(&[
    may("namespace", NAMESPACE),
    may("namespacePath", NAMESPACE),
    must("searchCriteria", Shape::Of(&CRITERIA)),
    SIZE,
    TOKEN,
]);
pub(super) static RECORDS: Shape =
    Shape::Struct(&[may("namespace", NAMESPACE), may("namespacePath", NAMESPACE), may("memoryStrategyId", STRATEGY), SIZE, TOKEN]);
