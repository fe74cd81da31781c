//! Shapes of the requests of knowledge bases, data sources and ingestion jobs.

use super::super::shape::{Member, Shape, list, may, must, number, text};
use super::super::tags;

pub(super) const TOKEN: &str = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,256}";
const NAME: &str = "([0-9a-zA-Z][_-]?){1,100}";
const ROLE: &str = "arn:aws(-[^:]+)?:iam::([0-9]{12})?:role/.+";
const MODEL: &str = "arn:aws(-[^:]{1,12})?:(bedrock|sagemaker):[a-z0-9-]{1,20}:([0-9]{12})?:[a-z-]+/[a-zA-Z0-9.:/-]+|[a-zA-Z0-9.:-]+";
const BUCKET: &str = "arn:aws(|-cn|-us-gov):s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]";
const KEY: &str = "arn:aws(|-cn|-us-gov):kms:[a-zA-Z0-9-]*:[0-9]{12}:key/[a-zA-Z0-9-]{36}";

const DESCRIPTION: Member = may("description", text(1, 200, ""));
const SIZE: Member = may("maxResults", number(1, 1000));
const NEXT: Member = may("nextToken", text(1, 2048, r"\S*"));

static MODEL_SETTINGS: Shape = Shape::Struct(&[may(
    "bedrockEmbeddingModelConfiguration",
    Shape::Struct(&[may("dimensions", number(0, 4096)), may("embeddingDataType", Shape::OneOf(&["FLOAT32", "BINARY"]))]),
)]);

static VECTOR: Shape = Shape::Struct(&[
    must("embeddingModelArn", text(20, 2048, MODEL)),
    may("embeddingModelConfiguration", Shape::Of(&MODEL_SETTINGS)),
    may("supplementalDataStorageConfiguration", Shape::Any),
]);

static KNOWLEDGE: Shape = Shape::Struct(&[
    must("type", Shape::OneOf(&["VECTOR", "KENDRA", "SQL", "MANAGED"])),
    may("vectorKnowledgeBaseConfiguration", Shape::Of(&VECTOR)),
]);

static STORAGE: Shape = Shape::Struct(&[
    must(
        "type",
        Shape::OneOf(&[
            "OPENSEARCH_SERVERLESS",
            "PINECONE",
            "REDIS_ENTERPRISE_CLOUD",
            "RDS",
            "MONGO_DB_ATLAS",
            "NEPTUNE_ANALYTICS",
            "OPENSEARCH_MANAGED_CLUSTER",
            "S3_VECTORS",
        ]),
    ),
    may(
        "s3VectorsConfiguration",
        Shape::Struct(&[may("vectorBucketArn", text(0, 2048, "")), may("indexArn", text(0, 2048, "")), may("indexName", text(3, 63, ""))]),
    ),
]);

pub(super) static CREATE_BASE: Shape = Shape::Struct(&[
    may("clientToken", text(33, 256, TOKEN)),
    must("name", text(1, 200, NAME)),
    DESCRIPTION,
    must("roleArn", text(0, 2048, ROLE)),
    must("knowledgeBaseConfiguration", Shape::Of(&KNOWLEDGE)),
    may("storageConfiguration", Shape::Of(&STORAGE)),
    may("tags", tags::SHAPE),
]);

pub(super) static UPDATE_BASE: Shape = Shape::Struct(&[
    must("name", text(1, 200, NAME)),
    DESCRIPTION,
    must("roleArn", text(0, 2048, ROLE)),
    must("knowledgeBaseConfiguration", Shape::Of(&KNOWLEDGE)),
    may("storageConfiguration", Shape::Of(&STORAGE)),
    may("metadataConfigurations", list(0, 30, &Shape::Any)),
]);

pub(super) static LIST: Shape = Shape::Struct(&[SIZE, NEXT]);

static PREFIX: Shape = text(1, 300, "");

static SOURCE: Shape = Shape::Struct(&[
    must(
        "type",
        Shape::OneOf(&[
            "S3",
            "WEB",
            "CONFLUENCE",
            "SALESFORCE",
            "SHAREPOINT",
            "CUSTOM",
            "REDSHIFT_METADATA",
            "MANAGED_KNOWLEDGE_BASE_CONNECTOR",
        ]),
    ),
    may(
        "s3Configuration",
        Shape::Struct(&[
            must("bucketArn", text(1, 2048, BUCKET)),
            may("inclusionPrefixes", list(1, 1, &PREFIX)),
            may("bucketOwnerAccountId", text(12, 12, "[0-9]{12}")),
        ]),
    ),
]);

static FIXED: Shape = Shape::Struct(&[must("maxTokens", number(1, 8192)), must("overlapPercentage", number(1, 99))]);
static LEVEL: Shape = Shape::Struct(&[must("maxTokens", number(1, 8192))]);
static HIERARCHICAL: Shape = Shape::Struct(&[must("levelConfigurations", list(2, 2, &LEVEL)), must("overlapTokens", number(1, i64::MAX))]);
static SEMANTIC: Shape = Shape::Struct(&[
    must("maxTokens", number(1, 8192)),
    must("bufferSize", number(0, 1)),
    must("breakpointPercentileThreshold", number(50, 99)),
]);

static INGESTION: Shape = Shape::Struct(&[
    may(
        "chunkingConfiguration",
        Shape::Struct(&[
            must("chunkingStrategy", Shape::OneOf(&["FIXED_SIZE", "NONE", "HIERARCHICAL", "SEMANTIC"])),
            may("fixedSizeChunkingConfiguration", Shape::Of(&FIXED)),
            may("hierarchicalChunkingConfiguration", Shape::Of(&HIERARCHICAL)),
            may("semanticChunkingConfiguration", Shape::Of(&SEMANTIC)),
        ]),
    ),
    may("parsingConfiguration", Shape::Any),
]);

pub(super) static CREATE_SOURCE: Shape = Shape::Struct(&[
    may("clientToken", text(33, 256, TOKEN)),
    must("name", text(1, 200, NAME)),
    DESCRIPTION,
    must("dataSourceConfiguration", Shape::Of(&SOURCE)),
    may("dataDeletionPolicy", Shape::OneOf(&["RETAIN", "DELETE"])),
    may("serverSideEncryptionConfiguration", Shape::Struct(&[may("kmsKeyArn", text(1, 2048, KEY))])),
    may("vectorIngestionConfiguration", Shape::Of(&INGESTION)),
]);

pub(super) static START_JOB: Shape = Shape::Struct(&[may("clientToken", text(33, 256, TOKEN)), DESCRIPTION]);

static STATUS: Shape = text(0, 100, "");
static FILTER: Shape = Shape::Struct(&[
    must("attribute", Shape::OneOf(&["STATUS"])),
    must("operator", Shape::OneOf(&["EQ"])),
    must("values", list(0, 10, &STATUS)),
]);

pub(super) static LIST_JOBS: Shape = Shape::Struct(&[
    SIZE,
    NEXT,
    may("filters", list(1, 1, &FILTER)),
    may(
        "sortBy",
        Shape::Struct(&[
            must("attribute", Shape::OneOf(&["STATUS", "STARTED_AT"])),
            must("order", Shape::OneOf(&["ASCENDING", "DESCENDING"])),
        ]),
    ),
]);
