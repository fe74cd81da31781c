//! Settings of a pool: what a request leaves out is set to its default, on an update too.

use serde_json::{Map, Value, json};

use super::super::protocol::Refusal;
use super::super::{shape, tags};
use super::{Answer, INVALID, Pool, World, invalid, pool, shapes};

const MEMBERS: &[&str] = &[
    "Policies",
    "DeletionProtection",
    "LambdaConfig",
    "AutoVerifiedAttributes",
    "SmsVerificationMessage",
    "EmailVerificationMessage",
    "EmailVerificationSubject",
    "VerificationMessageTemplate",
    "SmsAuthenticationMessage",
    "MfaConfiguration",
    "UserAttributeUpdateSettings",
    "DeviceConfiguration",
    "EmailConfiguration",
    "SmsConfiguration",
    "AdminCreateUserConfig",
    "UserPoolAddOns",
    "DcrConfiguration",
    "AccountRecoverySetting",
    "UserPoolTier",
    "KeyConfiguration",
    "IssuerConfiguration",
    "AcrConfiguration",
];

/// The old members that the message template mirrors.
const MIRRORED: &[(&str, &str)] =
    &[("SmsVerificationMessage", "SmsMessage"), ("EmailVerificationMessage", "EmailMessage"), ("EmailVerificationSubject", "EmailSubject")];

/// The settings that a request gives, every default filled in; `before` is empty for a create.
pub(super) fn settings(body: &Value, before: &Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    shape::check(&shapes::POOL_SETTINGS, body, INVALID)?;
    let temporary = body.pointer("/Policies/PasswordPolicy/TemporaryPasswordValidityDays");
    if temporary.is_some() && body.pointer("/AdminCreateUserConfig/UnusedAccountValidityDays").is_some() {
        return Err(invalid("Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays"));
    }
    let mut given = Value::Object(shape::pick(body, MEMBERS));
    let mut default = |member: &str, value: Value| {
        if given.get(member).is_none() {
            shape::put(&mut given, member, Some(value));
        }
    };
    default("Policies", json!({}));
    default("DeletionProtection", json!("INACTIVE"));
    default("LambdaConfig", json!({}));
    default("VerificationMessageTemplate", json!({}));
    default("MfaConfiguration", json!("OFF"));
    default("EmailConfiguration", json!({ "EmailSendingAccount": "COGNITO_DEFAULT" }));
    default("AdminCreateUserConfig", json!({}));
    default("UserPoolTier", json!("ESSENTIALS"));
    let recovery = json!([{ "Priority": 1, "Name": "verified_email" }, { "Priority": 2, "Name": "verified_phone_number" }]);
    default("AccountRecoverySetting", json!({ "RecoveryMechanisms": recovery }));
    // The one member that an update keeps when it leaves it out.
    if let Some(kept) = before.get("UserAttributeUpdateSettings") {
        default("UserAttributeUpdateSettings", kept.clone());
    }
    triggers(&mut given)?;
    fill(&mut given);
    match given {
        Value::Object(members) => Ok(members),
        _ => Ok(Map::new()),
    }
}

/// The trigger of tokens has an old member, which says the same as the new one or nothing.
fn triggers(given: &mut Value) -> Result<(), Refusal> {
    let lite = shape::string(given, "UserPoolTier") == "LITE";
    let Some(all) = given.get_mut("LambdaConfig") else { return Ok(()) };
    let Some(config) = all.get("PreTokenGenerationConfig") else { return Ok(()) };
    if lite && shape::string(config, "LambdaVersion") != "V1_0" {
        return Err(super::refuse("FeatureUnavailableInTierException", "This version of the trigger is not available in the LITE tier."));
    }
    let arn = shape::string(config, "LambdaArn").to_owned();
    if shape::maybe(all, "PreTokenGeneration").is_some_and(|old| old != arn) {
        return Err(invalid("PreTokenGeneration and the LambdaArn of PreTokenGenerationConfig must be the same."));
    }
    shape::put(all, "PreTokenGeneration", Some(arn));
    Ok(())
}

/// Defaults inside the members.
fn fill(given: &mut Value) {
    let unused = given.pointer("/AdminCreateUserConfig/UnusedAccountValidityDays").cloned();
    for (old, new) in MIRRORED {
        let value = given.pointer(&format!("/VerificationMessageTemplate/{new}")).or_else(|| given.get(*old)).cloned();
        shape::put(given, old, value.clone());
        if let Some(template) = given.get_mut("VerificationMessageTemplate") {
            shape::put(template, new, value);
        }
    }
    if let Some(template) = given.get_mut("VerificationMessageTemplate")
        && template.get("DefaultEmailOption").is_none()
    {
        shape::put(template, "DefaultEmailOption", Some("CONFIRM_WITH_CODE"));
    }
    if let Some(admin) = given.get_mut("AdminCreateUserConfig")
        && admin.get("AllowAdminCreateUserOnly").is_none()
    {
        shape::put(admin, "AllowAdminCreateUserOnly", Some(false));
    }
    let Some(policies) = given.get_mut("Policies") else { return };
    // Without any policy the classes are required; a policy that is given leaves out what it does not name.
    let required = policies.get("PasswordPolicy").is_none();
    let mut password = json!({
        "MinimumLength": 8,
        "RequireUppercase": required,
        "RequireLowercase": required,
        "RequireNumbers": required,
        "RequireSymbols": required,
        "TemporaryPasswordValidityDays": unused.unwrap_or(json!(7)),
    });
    if let (Some(all), Some(mut own)) = (password.as_object_mut(), policies.get("PasswordPolicy").and_then(Value::as_object).cloned()) {
        all.append(&mut own);
    }
    shape::put(policies, "PasswordPolicy", Some(password));
    if policies.get("SignInPolicy").is_none() {
        shape::put(policies, "SignInPolicy", Some(json!({ "AllowedFirstAuthFactors": ["PASSWORD"] })));
    }
}

/// Whether somebody could use a second factor in this pool.
pub(super) fn check_mfa(pool: &Pool, settings: &Map<String, Value>) -> Result<(), Refusal> {
    let wanted = settings.get("MfaConfiguration").and_then(Value::as_str).unwrap_or("OFF");
    let token = pool.mfa.get("SoftwareTokenMfaConfiguration").and_then(|c| c.get("Enabled")) == Some(&Value::Bool(true));
    let mail = pool.mfa.contains_key("EmailMfaConfiguration");
    let messages = settings.contains_key("SmsConfiguration") || pool.mfa.contains_key("SmsMfaConfiguration");
    if wanted != "OFF" && !token && !mail && !messages {
        return Err(invalid("SMS configuration and Auto verification for phone_number are required when MFA is required/optional"));
    }
    Ok(())
}

pub(super) fn update(world: &mut World, body: &Value) -> Answer {
    let now = world.now;
    let pool = pool(world, body)?;
    let settings = settings(body, &pool.settings)?;
    check_mfa(pool, &settings)?;
    pool.tags = tags::read(body.get("UserPoolTags"), INVALID)?;
    if let Some(name) = shape::maybe(body, "PoolName") {
        pool.name = name;
    }
    pool.settings = settings;
    pool.modified = now;
    world.dirty = true;
    Ok(json!({}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_update_leaves_out_is_reset_but_for_one_member() {
        let create = json!({
            "DeletionProtection": "ACTIVE",
            "Policies": { "PasswordPolicy": { "MinimumLength": 14 } },
            "UserAttributeUpdateSettings": { "AttributesRequireVerificationBeforeUpdate": ["email"] },
        });
        let before = settings(&create, &Map::new()).unwrap();
        assert_eq!(before["Policies"]["PasswordPolicy"]["RequireSymbols"], json!(false));
        let after = settings(&json!({}), &before).unwrap();
        assert_eq!(after["DeletionProtection"], json!("INACTIVE"));
        assert_eq!(after["Policies"]["PasswordPolicy"]["MinimumLength"], json!(8));
        assert_eq!(after["UserAttributeUpdateSettings"], before["UserAttributeUpdateSettings"]);
    }
}
