//! Shapes of KMS's requests.

use super::super::shape::{Member, Shape, list as several, may, must, number, text};

const ID: Member = must("KeyId", text(1, 2048, ""));
const LIMIT: Member = may("Limit", number(1, 1000));
const MARKER: Member = may("Marker", text(1, 1024, r"[\u0020-\u00FF]*"));
const NAME: Member = must("AliasName", text(1, 256, r"[a-zA-Z0-9:/_-]+"));
const DOCUMENT: Shape = text(1, 131_072, r"[\u0009\u000A\u000D\u0020-\u00FF]+");
const POLICY_NAME: Member = may("PolicyName", text(1, 128, r"[\w]+"));

static TAG_KEY: Shape = text(1, 128, "");
static TAG_ITEM: Shape = Shape::Struct(&[must("TagKey", text(1, 128, "")), must("TagValue", text(0, 256, ""))]);
const TAGS: Shape = several(0, 50, &TAG_ITEM);

pub(super) static KEY: Shape = Shape::Struct(&[ID]);
pub(super) static CREATE: Shape = Shape::Struct(&[
    may("Policy", DOCUMENT),
    may("Description", text(0, 8192, "")),
    may("KeyUsage", Shape::OneOf(&["SIGN_VERIFY", "ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"])),
    may("KeySpec", text(1, 64, "[A-Z0-9_]+")),
    may("Origin", Shape::OneOf(&["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"])),
    may("BypassPolicyLockoutSafetyCheck", Shape::Flag),
    may("Tags", TAGS),
    may("MultiRegion", Shape::Flag),
]);
pub(super) static LIST: Shape = Shape::Struct(&[LIMIT, MARKER]);
pub(super) static DESCRIPTION: Shape = Shape::Struct(&[ID, must("Description", text(0, 8192, ""))]);
pub(super) static SCHEDULE: Shape = Shape::Struct(&[ID, may("PendingWindowInDays", number(7, 30))]);
pub(super) static ROTATE: Shape = Shape::Struct(&[ID, may("RotationPeriodInDays", number(90, 2560))]);
pub(super) static POLICY: Shape = Shape::Struct(&[ID, POLICY_NAME]);
pub(super) static PUT_POLICY: Shape =
    Shape::Struct(&[ID, POLICY_NAME, must("Policy", DOCUMENT), may("BypassPolicyLockoutSafetyCheck", Shape::Flag)]);
pub(super) static ALIAS: Shape = Shape::Struct(&[NAME, must("TargetKeyId", text(1, 2048, ""))]);
pub(super) static ALIAS_NAME: Shape = Shape::Struct(&[NAME]);
pub(super) static LIST_ALIASES: Shape = Shape::Struct(&[may("KeyId", text(1, 2048, "")), LIMIT, MARKER]);
pub(super) static TAG: Shape = Shape::Struct(&[ID, must("Tags", TAGS)]);
pub(super) static UNTAG: Shape = Shape::Struct(&[ID, must("TagKeys", several(0, 50, &TAG_KEY))]);
pub(super) static LIST_TAGS: Shape = Shape::Struct(&[ID, may("Limit", number(1, 50)), MARKER]);
