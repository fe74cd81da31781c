//! Shapes of CloudWatch Logs' requests.

use super::super::shape::{Member, Shape, list, may, must, number, text};
use super::super::tags;

const NAME: Shape = text(1, 512, r"[\.\-_/#A-Za-z0-9]+");
const GROUP_NAME: Member = must("logGroupName", NAME);
const CLASSES: &[&str] = &["STANDARD", "INFREQUENT_ACCESS", "DELIVERY", "ESSENTIALS"];
const LIMIT: Member = may("limit", number(1, 50));
const TOKEN: Member = may("nextToken", text(1, usize::MAX, ""));
const RESOURCE: Member = must("resourceArn", text(1, 1011, r"[\w+=/:,.@-]*"));

static TAG_KEY: Shape = text(1, 128, "");

pub(super) static GROUP: Shape = Shape::Struct(&[GROUP_NAME]);
pub(super) static CREATE_GROUP: Shape = Shape::Struct(&[
    GROUP_NAME,
    may("kmsKeyId", text(0, 256, "")),
    may("tags", tags::SHAPE),
    may("logGroupClass", Shape::OneOf(CLASSES)),
    may("deletionProtectionEnabled", Shape::Flag),
]);
pub(super) static DESCRIBE_GROUPS: Shape = Shape::Struct(&[
    may("logGroupNamePrefix", NAME),
    may("logGroupNamePattern", text(0, 512, r"[\.\-_/#A-Za-z0-9]*")),
    may("logGroupClass", Shape::OneOf(CLASSES)),
    LIMIT,
    TOKEN,
]);
pub(super) static RETENTION: Shape = Shape::Struct(&[GROUP_NAME, must("retentionInDays", number(i64::MIN, i64::MAX))]);
pub(super) static TAG: Shape = Shape::Struct(&[RESOURCE, must("tags", tags::SHAPE)]);
pub(super) static UNTAG: Shape = Shape::Struct(&[RESOURCE, must("tagKeys", list(0, 50, &TAG_KEY))]);
pub(super) static LIST_TAGS: Shape = Shape::Struct(&[RESOURCE]);

const STREAM_NAME: Member = must("logStreamName", text(1, 512, "[^:*]*"));
static EVENT: Shape = Shape::Struct(&[must("timestamp", number(0, i64::MAX)), must("message", text(1, usize::MAX, ""))]);
static SOME_NAME: Shape = NAME;
static IDENTIFIER: Shape = text(1, 2048, r"[\w#+=/:,.@*-]*");

pub(super) static STREAM: Shape = Shape::Struct(&[GROUP_NAME, STREAM_NAME]);
pub(super) static PUT_EVENTS: Shape = Shape::Struct(&[GROUP_NAME, STREAM_NAME, must("logEvents", list(1, 10_000, &EVENT))]);
pub(super) static START_QUERY: Shape = Shape::Struct(&[
    may("logGroupName", NAME),
    may("logGroupNames", list(0, usize::MAX, &SOME_NAME)),
    may("logGroupIdentifiers", list(0, usize::MAX, &IDENTIFIER)),
    must("startTime", number(0, i64::MAX)),
    must("endTime", number(0, i64::MAX)),
    must("queryString", text(0, 10_000, "")),
    may("queryLanguage", Shape::OneOf(&["CWLI", "SQL", "PPL"])),
    may("limit", number(1, 100_000)),
]);
pub(super) static RESULTS: Shape =
    Shape::Struct(&[must("queryId", text(0, 256, "")), may("nextToken", text(1, usize::MAX, "")), may("maxItems", number(1, 10_000))]);
pub(super) static PAGE: Shape = Shape::Struct(&[LIMIT, TOKEN]);
pub(super) static PUT_POLICY: Shape = Shape::Struct(&[
    must("policyName", text(1, 512, "")),
    must("policyDocument", text(1, 51_200, "")),
    may("resourceArn", text(0, 2048, "")),
]);
pub(super) static DELETE_POLICY: Shape = Shape::Struct(&[must("policyName", text(1, 512, ""))]);

const DELIVERY: Shape = text(1, 60, r"[\w-]*");
const NAMED: Member = must("name", DELIVERY);
static NAMES: Shape = DELIVERY;
static RESOURCE_ARN: Shape = text(0, 2048, "");

pub(super) static DELIVERY_NAME: Shape = Shape::Struct(&[NAMED]);
pub(super) static PUT_SOURCE: Shape =
    Shape::Struct(&[NAMED, must("resourceArn", text(0, 2048, "")), must("logType", text(1, 255, r"[\w]*")), may("tags", tags::SHAPE)]);
pub(super) static DESCRIBE_SOURCES: Shape = Shape::Struct(&[LIMIT, TOKEN, may("resourceArns", list(1, 20, &RESOURCE_ARN))]);
static TARGET: Shape = Shape::Struct(&[must("destinationResourceArn", text(0, 2048, ""))]);
pub(super) static PUT_DESTINATION: Shape = Shape::Struct(&[
    NAMED,
    may("outputFormat", Shape::OneOf(&["json", "plain", "w3c", "raw", "parquet"])),
    may("deliveryDestinationConfiguration", Shape::Of(&TARGET)),
    may("deliveryDestinationType", Shape::OneOf(&["S3", "CWL", "FH", "XRAY"])),
    may("roleArn", text(0, 2048, "")),
    may("tags", tags::SHAPE),
]);
pub(super) static DESCRIBE_DESTINATIONS: Shape = Shape::Struct(&[LIMIT, TOKEN, may("names", list(1, 20, &NAMES))]);
pub(super) static CREATE_DELIVERY: Shape =
    Shape::Struct(&[must("deliverySourceName", DELIVERY), must("deliveryDestinationArn", text(0, 2048, "")), may("tags", tags::SHAPE)]);
pub(super) static DELIVERY_ID: Shape = Shape::Struct(&[must("id", text(1, 64, "[0-9A-Za-z]+"))]);
pub(super) static DESCRIBE_DELIVERIES: Shape = Shape::Struct(&[LIMIT, TOKEN, may("deliverySourceNames", list(1, 20, &NAMES))]);
