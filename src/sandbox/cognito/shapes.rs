//! Shapes of Cognito's requests.

use super::super::shape::{Member, Shape, list, may, must, number, text};
use super::schema;

const NAME: &str = r"[\w\s+=,.@-]+";
const ARN: &str = r"arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?";
const CODE: &str = r"(?s).*\{####\}.*";

const ID: Member = must("UserPoolId", text(1, 55, r"[\w-]+_[0-9a-zA-Z]+"));
const ANY_ARN: Shape = text(20, 2048, ARN);
const NEXT: Member = may("NextToken", text(1, 131_072, r"\S+"));
const LIMIT: Member = may("Limit", number(0, 60));

static TAG_KEY: Shape = text(1, 128, "");
static TAG_VALUE: Shape = text(0, 256, "");
const TAGS: Shape = Shape::Map { most: 50, key: &TAG_KEY, value: &TAG_VALUE };

pub(super) static POOL: Shape = Shape::Struct(&[ID]);

static FACTOR: Shape = Shape::OneOf(&["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN", "SOFTWARE_TOKEN"]);
static PASSWORD: Shape = Shape::Struct(&[
    may("MinimumLength", number(6, 99)),
    may("RequireUppercase", Shape::Flag),
    may("RequireLowercase", Shape::Flag),
    may("RequireNumbers", Shape::Flag),
    may("RequireSymbols", Shape::Flag),
    may("PasswordHistorySize", number(0, 24)),
    may("TemporaryPasswordValidityDays", number(0, 365)),
]);
static SIGN_IN: Shape = Shape::Struct(&[may("AllowedFirstAuthFactors", list(1, 5, &FACTOR))]);
static POLICIES: Shape = Shape::Struct(&[may("PasswordPolicy", Shape::Of(&PASSWORD)), may("SignInPolicy", Shape::Of(&SIGN_IN))]);
static TRIGGERS: Shape = Shape::Struct(&[
    may("PreSignUp", ANY_ARN),
    may("PostConfirmation", ANY_ARN),
    may("PreAuthentication", ANY_ARN),
    may("PostAuthentication", ANY_ARN),
    may("PreTokenGeneration", ANY_ARN),
    may(
        "PreTokenGenerationConfig",
        Shape::Struct(&[must("LambdaVersion", Shape::OneOf(&["V1_0", "V2_0", "V3_0"])), must("LambdaArn", ANY_ARN)]),
    ),
]);
static VERIFIED: Shape = Shape::OneOf(&["phone_number", "email"]);
static ALIAS: Shape = Shape::OneOf(&["phone_number", "email", "preferred_username"]);
static TEMPLATE: Shape = Shape::Struct(&[
    may("SmsMessage", text(6, 140, CODE)),
    may("EmailMessage", text(6, 20_000, CODE)),
    may("EmailSubject", text(1, 140, "")),
    may("EmailMessageByLink", text(6, 20_000, "")),
    may("EmailSubjectByLink", text(1, 140, "")),
    may("DefaultEmailOption", Shape::OneOf(&["CONFIRM_WITH_LINK", "CONFIRM_WITH_CODE"])),
]);
static ADMIN: Shape = Shape::Struct(&[
    may("AllowAdminCreateUserOnly", Shape::Flag),
    may("UnusedAccountValidityDays", number(0, 365)),
    may("InviteMessageTemplate", Shape::Any),
]);
static RECOVERY_OPTION: Shape = Shape::Struct(&[
    must("Priority", number(1, 2)),
    must("Name", Shape::OneOf(&["verified_email", "verified_phone_number", "admin_only"])),
]);
static RECOVERY: Shape = Shape::Struct(&[may("RecoveryMechanisms", list(1, 2, &RECOVERY_OPTION))]);
static BEFORE_UPDATE: Shape = Shape::Struct(&[may("AttributesRequireVerificationBeforeUpdate", list(0, 2, &VERIFIED))]);
static EMAIL: Shape =
    Shape::Struct(&[may("SourceArn", ANY_ARN), may("EmailSendingAccount", Shape::OneOf(&["COGNITO_DEFAULT", "DEVELOPER"]))]);
static ADD_ONS: Shape = Shape::Struct(&[must("AdvancedSecurityMode", Shape::OneOf(&["OFF", "AUDIT", "ENFORCED"]))]);

const MFA: Member = may("MfaConfiguration", Shape::OneOf(&["OFF", "ON", "OPTIONAL"]));

/// What a create and an update have in common.
pub(super) static POOL_SETTINGS: Shape = Shape::Struct(&[
    may("Policies", Shape::Of(&POLICIES)),
    may("DeletionProtection", Shape::OneOf(&["ACTIVE", "INACTIVE"])),
    may("LambdaConfig", Shape::Of(&TRIGGERS)),
    may("AutoVerifiedAttributes", list(0, 2, &VERIFIED)),
    may("SmsVerificationMessage", text(6, 140, CODE)),
    may("EmailVerificationMessage", text(6, 20_000, CODE)),
    may("EmailVerificationSubject", text(1, 140, "")),
    may("VerificationMessageTemplate", Shape::Of(&TEMPLATE)),
    may("SmsAuthenticationMessage", text(6, 140, CODE)),
    MFA,
    may("UserAttributeUpdateSettings", Shape::Of(&BEFORE_UPDATE)),
    may("EmailConfiguration", Shape::Of(&EMAIL)),
    may("UserPoolTags", TAGS),
    may("AdminCreateUserConfig", Shape::Of(&ADMIN)),
    may("UserPoolAddOns", Shape::Of(&ADD_ONS)),
    may("AccountRecoverySetting", Shape::Of(&RECOVERY)),
    may("UserPoolTier", Shape::OneOf(&["LITE", "ESSENTIALS", "PLUS"])),
]);

pub(super) static CREATE_POOL: Shape = Shape::Struct(&[
    must("PoolName", text(1, 128, NAME)),
    may("AliasAttributes", list(0, 3, &ALIAS)),
    may("UsernameAttributes", list(0, 2, &VERIFIED)),
    may("UsernameConfiguration", Shape::Struct(&[must("CaseSensitive", Shape::Flag)])),
    may("Schema", list(1, 50, &schema::ATTRIBUTE)),
]);

pub(super) static UPDATE_POOL: Shape = Shape::Struct(&[ID, may("PoolName", text(1, 128, NAME))]);

pub(super) static LIST_POOLS: Shape = Shape::Struct(&[must("MaxResults", number(1, 60)), NEXT]);

pub(super) static ADD_ATTRIBUTES: Shape = Shape::Struct(&[ID, must("CustomAttributes", list(1, 25, &schema::ATTRIBUTE))]);

pub(super) static SET_MFA: Shape = Shape::Struct(&[
    ID,
    MFA,
    may("SoftwareTokenMfaConfiguration", Shape::Struct(&[may("Enabled", Shape::Flag)])),
    may("EmailMfaConfiguration", Shape::Struct(&[may("Message", text(6, 20_000, CODE)), may("Subject", text(1, 140, ""))])),
    may("SmsMfaConfiguration", Shape::Struct(&[may("SmsAuthenticationMessage", text(6, 140, CODE)), may("SmsConfiguration", Shape::Any)])),
    may(
        "WebAuthnConfiguration",
        Shape::Struct(&[may("RelyingPartyId", text(1, 127, "")), may("UserVerification", Shape::OneOf(&["required", "preferred"]))]),
    ),
]);

static FLOW: Shape = Shape::OneOf(&[
    "ADMIN_NO_SRP_AUTH",
    "CUSTOM_AUTH_FLOW_ONLY",
    "USER_PASSWORD_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_USER_AUTH",
]);
static OAUTH_FLOW: Shape = Shape::OneOf(&["code", "implicit", "client_credentials"]);
static SCOPE: Shape = text(1, 256, r"[\x21\x23-\x5B\x5D-\x7E]+");
static URL: Shape = text(1, 1024, r"\S+");
static PROVIDER: Shape = text(1, 32, "");
static PERMISSION: Shape = text(1, 2048, "");
static UNITS: Shape = Shape::Struct(&[may("AccessToken", UNIT), may("IdToken", UNIT), may("RefreshToken", UNIT)]);
const UNIT: Shape = Shape::OneOf(&["seconds", "minutes", "hours", "days"]);

/// What a create and an update of a client have in common.
pub(super) static CLIENT_SETTINGS: Shape = Shape::Struct(&[
    may("RefreshTokenValidity", number(0, 315_360_000)),
    may("AccessTokenValidity", number(1, 86_400)),
    may("IdTokenValidity", number(1, 86_400)),
    may("TokenValidityUnits", Shape::Of(&UNITS)),
    may("ReadAttributes", list(0, usize::MAX, &PERMISSION)),
    may("WriteAttributes", list(0, usize::MAX, &PERMISSION)),
    may("ExplicitAuthFlows", list(0, usize::MAX, &FLOW)),
    may("SupportedIdentityProviders", list(0, usize::MAX, &PROVIDER)),
    may("CallbackURLs", list(0, 100, &URL)),
    may("LogoutURLs", list(0, 100, &URL)),
    may("DefaultRedirectURI", text(1, 1024, r"\S+")),
    may("AllowedOAuthFlows", list(0, 3, &OAUTH_FLOW)),
    may("AllowedOAuthScopes", list(0, 50, &SCOPE)),
    may("AllowedOAuthFlowsUserPoolClient", Shape::Flag),
    may("PreventUserExistenceErrors", Shape::OneOf(&["LEGACY", "ENABLED"])),
    may("EnableTokenRevocation", Shape::Flag),
    may("EnablePropagateAdditionalUserContextData", Shape::Flag),
    may("AuthSessionValidity", number(3, 15)),
    may(
        "RefreshTokenRotation",
        Shape::Struct(&[must("Feature", Shape::OneOf(&["ENABLED", "DISABLED"])), may("RetryGracePeriodSeconds", number(0, 60))]),
    ),
]);

const CLIENT_ID: Member = must("ClientId", text(1, 128, r"[\w+]+"));

pub(super) static CREATE_CLIENT: Shape = Shape::Struct(&[
    ID,
    must("ClientName", text(1, 128, NAME)),
    may("GenerateSecret", Shape::Flag),
    may("ClientSecret", text(24, 64, r"[\w+]+")),
]);
pub(super) static UPDATE_CLIENT: Shape = Shape::Struct(&[ID, CLIENT_ID, may("ClientName", text(1, 128, NAME))]);
pub(super) static CLIENT: Shape = Shape::Struct(&[ID, CLIENT_ID]);
pub(super) static LIST_CLIENTS: Shape =
    Shape::Struct(&[ID, may("MaxResults", number(1, 60)), NEXT, may("ClientType", Shape::OneOf(&["REGULAR", "DCR"]))]);

static SERVER_SCOPE: Shape =
    Shape::Struct(&[must("ScopeName", text(1, 256, r"[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]+")), must("ScopeDescription", text(1, 256, ""))]);
const IDENTIFIER: Member = must("Identifier", text(1, 256, r"[\x21\x23-\x5B\x5D-\x7E]+"));
pub(super) static WRITE_SERVER: Shape =
    Shape::Struct(&[ID, IDENTIFIER, must("Name", text(1, 256, NAME)), may("Scopes", list(0, 100, &SERVER_SCOPE))]);
pub(super) static SERVER: Shape = Shape::Struct(&[ID, IDENTIFIER]);
pub(super) static LIST_SERVERS: Shape = Shape::Struct(&[ID, may("MaxResults", number(1, 50)), NEXT]);

const DOMAIN_NAME: Member = must("Domain", text(1, 63, r"[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?"));
pub(super) static WRITE_DOMAIN: Shape = Shape::Struct(&[
    ID,
    DOMAIN_NAME,
    may("ManagedLoginVersion", number(1, 2)),
    may("CustomDomainConfig", Shape::Struct(&[must("CertificateArn", ANY_ARN)])),
]);
pub(super) static DOMAIN: Shape = Shape::Struct(&[ID, DOMAIN_NAME]);
pub(super) static DESCRIBE_DOMAIN: Shape = Shape::Struct(&[DOMAIN_NAME]);

const GROUP_NAME: Member = must("GroupName", text(1, 128, r"\S+"));
pub(super) static WRITE_GROUP: Shape = Shape::Struct(&[
    ID,
    GROUP_NAME,
    may("Description", text(0, 2048, "")),
    may("RoleArn", ANY_ARN),
    may("Precedence", number(0, i64::MAX)),
]);
pub(super) static GROUP: Shape = Shape::Struct(&[ID, GROUP_NAME]);
pub(super) static LIST_GROUPS: Shape = Shape::Struct(&[ID, LIMIT, NEXT]);

const RESOURCE: Member = must("ResourceArn", ANY_ARN);
pub(super) static TAG: Shape = Shape::Struct(&[RESOURCE, must("Tags", TAGS)]);
pub(super) static UNTAG: Shape = Shape::Struct(&[RESOURCE, must("TagKeys", list(0, usize::MAX, &TAG_KEY))]);
pub(super) static LIST_TAGS: Shape = Shape::Struct(&[RESOURCE]);

const USERNAME: Member = must("Username", text(1, 128, r"\S+"));
static USER_ATTRIBUTE: Shape = Shape::Struct(&[must("Name", text(1, 32, "")), may("Value", text(0, 2048, ""))]);
static MEDIUM: Shape = Shape::OneOf(&["SMS", "EMAIL"]);
pub(super) static CREATE_USER: Shape = Shape::Struct(&[
    ID,
    USERNAME,
    may("UserAttributes", list(0, usize::MAX, &USER_ATTRIBUTE)),
    may("TemporaryPassword", text(0, 256, r"\S+")),
    may("ForceAliasCreation", Shape::Flag),
    may("MessageAction", Shape::OneOf(&["RESEND", "SUPPRESS"])),
    may("DesiredDeliveryMediums", list(0, 2, &MEDIUM)),
]);
pub(super) static USER: Shape = Shape::Struct(&[ID, USERNAME]);
pub(super) static SIGN_UP: Shape = Shape::Struct(&[
    CLIENT_ID,
    USERNAME,
    may("Password", text(0, 256, r"\S+")),
    may("SecretHash", text(1, 128, r"[\w+=/]+")),
    may("UserAttributes", list(0, usize::MAX, &USER_ATTRIBUTE)),
]);
pub(super) static SET_PASSWORD: Shape =
    Shape::Struct(&[ID, USERNAME, must("Password", text(1, 256, r"\S+")), may("Permanent", Shape::Flag)]);
pub(super) static UPDATE_USER: Shape = Shape::Struct(&[ID, USERNAME, must("UserAttributes", list(0, usize::MAX, &USER_ATTRIBUTE))]);
static SOUGHT: Shape = text(1, 32, "");
pub(super) static LIST_USERS: Shape = Shape::Struct(&[
    ID,
    LIMIT,
    may("PaginationToken", text(1, 131_072, r"\S+")),
    may("Filter", text(0, 256, "")),
    may("AttributesToGet", list(0, usize::MAX, &SOUGHT)),
]);
pub(super) static MEMBERSHIP: Shape = Shape::Struct(&[ID, USERNAME, GROUP_NAME]);
pub(super) static LIST_MEMBERSHIPS: Shape = Shape::Struct(&[ID, USERNAME, LIMIT, NEXT]);
