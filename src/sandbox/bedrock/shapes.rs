//! Shapes of the requests about guardrails.

use super::super::shape::{Member, Shape, list, may, must, text};

pub(super) const IDENTIFIER: &str = "(([a-z0-9]+)|(arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail/[a-z0-9]+))";
const CHARACTERS: &str = r"[a-zA-Z0-9\s._:/=+@-]*";
const KEY: Shape = text(1, 128, CHARACTERS);
const ANY_LENGTH: usize = usize::MAX;

const TOKEN: Member = may("clientRequestToken", text(1, 256, "[a-zA-Z0-9]([-a-zA-Z0-9]{0,254}[a-zA-Z0-9])?"));
const DESCRIPTION: Member = may("description", text(1, 200, ""));
const NAME: Member = must("name", text(1, 50, "[0-9a-zA-Z-_]+"));
const INPUT_MESSAGE: Member = must("blockedInputMessaging", text(1, 500, ""));
const OUTPUT_MESSAGE: Member = must("blockedOutputsMessaging", text(1, 500, ""));
const KMS: Member = may("kmsKeyId", text(1, 2048, ""));

static ACTION: Shape = Shape::OneOf(&["BLOCK", "NONE"]);
static PII_ACTION: Shape = Shape::OneOf(&["BLOCK", "ANONYMIZE", "NONE"]);
static STRENGTH: Shape = Shape::OneOf(&["NONE", "LOW", "MEDIUM", "HIGH"]);
static MODALITY: Shape = Shape::OneOf(&["TEXT", "IMAGE"]);
static TIER: Shape = Shape::Struct(&[must("tierName", Shape::OneOf(&["CLASSIC", "STANDARD"]))]);
static EXAMPLE: Shape = text(1, 100, "");

const INPUT_ENABLED: Member = may("inputEnabled", Shape::Flag);
const OUTPUT_ENABLED: Member = may("outputEnabled", Shape::Flag);
const INPUT_ACTION: Member = may("inputAction", Shape::Of(&ACTION));
const OUTPUT_ACTION: Member = may("outputAction", Shape::Of(&ACTION));

static TOPIC: Shape = Shape::Struct(&[
    must("name", text(1, 100, "[0-9a-zA-Z-_ !?.]+")),
    must("definition", text(1, 200, "")),
    may("examples", list(0, 5, &EXAMPLE)),
    must("type", Shape::OneOf(&["DENY"])),
    INPUT_ACTION,
    OUTPUT_ACTION,
    INPUT_ENABLED,
    OUTPUT_ENABLED,
]);
static FILTER: Shape = Shape::Struct(&[
    must("type", Shape::OneOf(&["SEXUAL", "VIOLENCE", "HATE", "INSULTS", "MISCONDUCT", "PROMPT_ATTACK"])),
    must("inputStrength", Shape::Of(&STRENGTH)),
    must("outputStrength", Shape::Of(&STRENGTH)),
    may("inputModalities", list(1, 2, &MODALITY)),
    may("outputModalities", list(1, 2, &MODALITY)),
    INPUT_ACTION,
    OUTPUT_ACTION,
    INPUT_ENABLED,
    OUTPUT_ENABLED,
]);
static WORD: Shape = Shape::Struct(&[must("text", text(1, 100, "")), INPUT_ACTION, OUTPUT_ACTION, INPUT_ENABLED, OUTPUT_ENABLED]);
static MANAGED: Shape =
    Shape::Struct(&[must("type", Shape::OneOf(&["PROFANITY"])), INPUT_ACTION, OUTPUT_ACTION, INPUT_ENABLED, OUTPUT_ENABLED]);
static ENTITY: Shape = Shape::Struct(&[
    must("type", Shape::OneOf(ENTITIES)),
    must("action", Shape::Of(&PII_ACTION)),
    may("inputAction", Shape::Of(&PII_ACTION)),
    may("outputAction", Shape::Of(&PII_ACTION)),
    INPUT_ENABLED,
    OUTPUT_ENABLED,
]);
static REGEX: Shape = Shape::Struct(&[
    must("name", text(1, 100, "")),
    may("description", text(1, 1000, "")),
    must("pattern", text(1, 500, "")),
    must("action", Shape::Of(&PII_ACTION)),
    may("inputAction", Shape::Of(&PII_ACTION)),
    may("outputAction", Shape::Of(&PII_ACTION)),
    INPUT_ENABLED,
    OUTPUT_ENABLED,
]);
static GROUNDING: Shape = Shape::Struct(&[
    must("type", Shape::OneOf(&["GROUNDING", "RELEVANCE"])),
    must("threshold", Shape::Any),
    may("action", Shape::Of(&ACTION)),
    may("enabled", Shape::Flag),
]);

static TOPICS: Shape = Shape::Struct(&[must("topicsConfig", list(1, 30, &TOPIC)), may("tierConfig", Shape::Of(&TIER))]);
static FILTERS: Shape = Shape::Struct(&[must("filtersConfig", list(1, 6, &FILTER)), may("tierConfig", Shape::Of(&TIER))]);
static WORDS: Shape =
    Shape::Struct(&[may("wordsConfig", list(1, 10_000, &WORD)), may("managedWordListsConfig", list(0, ANY_LENGTH, &MANAGED))]);
static SENSITIVE: Shape =
    Shape::Struct(&[may("piiEntitiesConfig", list(1, ANY_LENGTH, &ENTITY)), may("regexesConfig", list(1, 30, &REGEX))]);
static GROUNDINGS: Shape = Shape::Struct(&[must("filtersConfig", list(1, ANY_LENGTH, &GROUNDING)), may("tierConfig", Shape::Of(&TIER))]);
static CROSS_REGION: Shape = Shape::Struct(&[must("guardrailProfileIdentifier", text(15, 2048, ""))]);

const TOPIC_POLICY: Member = may("topicPolicyConfig", Shape::Of(&TOPICS));
const CONTENT_POLICY: Member = may("contentPolicyConfig", Shape::Of(&FILTERS));
const WORD_POLICY: Member = may("wordPolicyConfig", Shape::Of(&WORDS));
const SENSITIVE_POLICY: Member = may("sensitiveInformationPolicyConfig", Shape::Of(&SENSITIVE));
const GROUNDING_POLICY: Member = may("contextualGroundingPolicyConfig", Shape::Of(&GROUNDINGS));
const REGIONS: Member = may("crossRegionConfig", Shape::Of(&CROSS_REGION));

static TAG_SHAPE: Shape = Shape::Struct(&[must("key", KEY), must("value", text(0, 256, CHARACTERS))]);
static KEY_SHAPE: Shape = KEY;
const RESOURCE: Member = must("resourceARN", text(20, 1011, ""));

pub(super) static CREATE: Shape = Shape::Struct(&[
    TOKEN,
    NAME,
    DESCRIPTION,
    TOPIC_POLICY,
    CONTENT_POLICY,
    WORD_POLICY,
    SENSITIVE_POLICY,
    GROUNDING_POLICY,
    REGIONS,
    INPUT_MESSAGE,
    OUTPUT_MESSAGE,
    KMS,
    may("tags", list(0, 200, &TAG_SHAPE)),
]);
pub(super) static UPDATE: Shape = Shape::Struct(&[
    NAME,
    DESCRIPTION,
    TOPIC_POLICY,
    CONTENT_POLICY,
    WORD_POLICY,
    SENSITIVE_POLICY,
    GROUNDING_POLICY,
    REGIONS,
    INPUT_MESSAGE,
    OUTPUT_MESSAGE,
    KMS,
]);
pub(super) static VERSION: Shape = Shape::Struct(&[DESCRIPTION, TOKEN]);
pub(super) static TAG: Shape = Shape::Struct(&[RESOURCE, must("tags", list(0, 200, &TAG_SHAPE))]);
pub(super) static UNTAG: Shape = Shape::Struct(&[RESOURCE, must("tagKeys", list(0, 200, &KEY_SHAPE))]);
pub(super) static TAGS: Shape = Shape::Struct(&[RESOURCE]);

const ENTITIES: &[&str] = &[
    "ADDRESS",
    "AGE",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "CA_HEALTH_NUMBER",
    "CA_SOCIAL_INSURANCE_NUMBER",
    "CREDIT_DEBIT_CARD_CVV",
    "CREDIT_DEBIT_CARD_EXPIRY",
    "CREDIT_DEBIT_CARD_NUMBER",
    "DRIVER_ID",
    "EMAIL",
    "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
    "IP_ADDRESS",
    "LICENSE_PLATE",
    "MAC_ADDRESS",
    "NAME",
    "PASSWORD",
    "PHONE",
    "PIN",
    "SWIFT_CODE",
    "UK_NATIONAL_HEALTH_SERVICE_NUMBER",
    "UK_NATIONAL_INSURANCE_NUMBER",
    "UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER",
    "URL",
    "USERNAME",
    "US_BANK_ACCOUNT_NUMBER",
    "US_BANK_ROUTING_NUMBER",
    "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER",
    "US_PASSPORT_NUMBER",
    "US_SOCIAL_SECURITY_NUMBER",
    "VEHICLE_IDENTIFICATION_NUMBER",
];
