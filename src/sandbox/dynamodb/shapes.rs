//! Shapes of DynamoDB's requests.

use super::super::shape::{Member, Shape, list, may, must, number, text};

const NAME: Member = must("TableName", text(1, 1024, ""));
const INDEX_NAME: Shape = text(3, 255, "[a-zA-Z0-9_.-]+");
const ATTRIBUTE: Member = must("AttributeName", text(1, 255, ""));
const CAPACITY: Member = may("ReturnConsumedCapacity", Shape::OneOf(&["INDEXES", "TOTAL", "NONE"]));
const UNITS: Shape = number(1, i64::MAX);

static DEFINITION: Shape = Shape::Struct(&[ATTRIBUTE, must("AttributeType", Shape::OneOf(&["S", "N", "B"]))]);
static ELEMENT: Shape = Shape::Struct(&[ATTRIBUTE, must("KeyType", Shape::OneOf(&["HASH", "RANGE"]))]);
static NON_KEY: Shape = text(1, 255, "");
static PROJECTION: Shape =
    Shape::Struct(&[may("ProjectionType", Shape::OneOf(&["ALL", "KEYS_ONLY", "INCLUDE"])), may("NonKeyAttributes", list(1, 20, &NON_KEY))]);
static THROUGHPUT: Shape = Shape::Struct(&[must("ReadCapacityUnits", UNITS), must("WriteCapacityUnits", UNITS)]);
static INDEX: Shape = Shape::Struct(&[
    must("IndexName", INDEX_NAME),
    must("KeySchema", list(1, 2, &ELEMENT)),
    must("Projection", Shape::Of(&PROJECTION)),
    may("ProvisionedThroughput", Shape::Of(&THROUGHPUT)),
]);
static INDEX_ALONE: Shape = Shape::Struct(&[must("IndexName", INDEX_NAME)]);
static INDEX_UPDATE: Shape =
    Shape::Struct(&[may("Update", Shape::Any), may("Create", Shape::Of(&INDEX)), may("Delete", Shape::Of(&INDEX_ALONE))]);
static ENCRYPTION: Shape = Shape::Struct(&[
    may("Enabled", Shape::Flag),
    may("SSEType", Shape::OneOf(&["AES256", "KMS"])),
    may("KMSMasterKeyId", text(1, 2048, "")),
]);
static TAG_KEY: Shape = text(1, 128, "");
static TAG_ITEM: Shape = Shape::Struct(&[must("Key", text(1, 128, "")), must("Value", text(0, 256, ""))]);
const TAGS: Shape = list(0, 50, &TAG_ITEM);
const BILLING: Member = may("BillingMode", Shape::OneOf(&["PROVISIONED", "PAY_PER_REQUEST"]));
const DEFINITIONS: Shape = list(0, 100, &DEFINITION);

pub(super) static TABLE: Shape = Shape::Struct(&[NAME]);
pub(super) static CREATE: Shape = Shape::Struct(&[
    NAME,
    may("AttributeDefinitions", DEFINITIONS),
    may("KeySchema", list(1, 2, &ELEMENT)),
    may("GlobalSecondaryIndexes", list(0, 20, &INDEX)),
    BILLING,
    may("ProvisionedThroughput", Shape::Of(&THROUGHPUT)),
    may("SSESpecification", Shape::Of(&ENCRYPTION)),
    may("Tags", TAGS),
    may("DeletionProtectionEnabled", Shape::Flag),
]);
pub(super) static UPDATE: Shape = Shape::Struct(&[
    NAME,
    may("AttributeDefinitions", DEFINITIONS),
    BILLING,
    may("ProvisionedThroughput", Shape::Of(&THROUGHPUT)),
    may("GlobalSecondaryIndexUpdates", list(0, 20, &INDEX_UPDATE)),
    may("SSESpecification", Shape::Of(&ENCRYPTION)),
    may("DeletionProtectionEnabled", Shape::Flag),
]);
pub(super) static LIST: Shape =
    Shape::Struct(&[may("ExclusiveStartTableName", text(3, 255, "[a-zA-Z0-9_.-]+")), may("Limit", number(1, 100))]);
static RECOVERY: Shape = Shape::Struct(&[must("PointInTimeRecoveryEnabled", Shape::Flag), may("RecoveryPeriodInDays", number(1, 35))]);
pub(super) static BACKUPS: Shape = Shape::Struct(&[NAME, must("PointInTimeRecoverySpecification", Shape::Of(&RECOVERY))]);
const RESOURCE: Member = must("ResourceArn", text(1, 1283, ""));
pub(super) static TAG: Shape = Shape::Struct(&[RESOURCE, must("Tags", TAGS)]);
pub(super) static UNTAG: Shape = Shape::Struct(&[RESOURCE, must("TagKeys", list(0, 50, &TAG_KEY))]);
pub(super) static LIST_TAGS: Shape = Shape::Struct(&[RESOURCE, may("NextToken", text(1, 4096, ""))]);

static ATTRIBUTE_NAME: Shape = text(0, 65_535, "");
static ATTRIBUTE_VALUE: Shape = Shape::Any;
const ITEM: Shape = Shape::Map { most: 10_000, key: &ATTRIBUTE_NAME, value: &ATTRIBUTE_VALUE };
static ITEM_SHAPE: Shape = ITEM;
const RETURNED: Member = may("ReturnValues", Shape::OneOf(&["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"]));
pub(super) static PUT: Shape = Shape::Struct(&[NAME, must("Item", ITEM), RETURNED, CAPACITY]);
pub(super) static ONE: Shape = Shape::Struct(&[NAME, must("Key", ITEM), may("ConsistentRead", Shape::Flag), RETURNED, CAPACITY]);

static KEYS: Shape = Shape::Struct(&[must("Keys", list(1, 100, &ITEM_SHAPE)), may("ConsistentRead", Shape::Flag)]);
static PUT_REQUEST: Shape = Shape::Struct(&[must("Item", ITEM)]);
static DELETE_REQUEST: Shape = Shape::Struct(&[must("Key", ITEM)]);
static WRITE: Shape = Shape::Union(&[may("PutRequest", Shape::Of(&PUT_REQUEST)), may("DeleteRequest", Shape::Of(&DELETE_REQUEST))]);
static WRITES: Shape = list(1, 25, &WRITE);
static TABLE_NAME: Shape = text(1, 1024, "");
pub(super) static BATCH_GET: Shape =
    Shape::Struct(&[must("RequestItems", Shape::Map { most: 100, key: &TABLE_NAME, value: &KEYS }), CAPACITY]);
pub(super) static BATCH_WRITE: Shape =
    Shape::Struct(&[must("RequestItems", Shape::Map { most: 25, key: &TABLE_NAME, value: &WRITES }), CAPACITY]);

const SELECT: Member = may("Select", Shape::OneOf(&["ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT"]));
const LIMIT: Member = may("Limit", number(1, i64::MAX));
const START: Member = may("ExclusiveStartKey", ITEM);
pub(super) static QUERY: Shape = Shape::Struct(&[
    NAME,
    may("IndexName", INDEX_NAME),
    SELECT,
    LIMIT,
    may("ConsistentRead", Shape::Flag),
    may("ScanIndexForward", Shape::Flag),
    START,
    CAPACITY,
    may("KeyConditionExpression", text(0, 4096, "")),
]);
pub(super) static SCAN: Shape = Shape::Struct(&[
    NAME,
    may("IndexName", INDEX_NAME),
    SELECT,
    LIMIT,
    may("ConsistentRead", Shape::Flag),
    START,
    CAPACITY,
    may("Segment", number(0, 999_999)),
    may("TotalSegments", number(1, 1_000_000)),
]);
