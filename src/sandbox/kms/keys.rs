//! Keys: made, described, disabled, rotated, and deleted only after a waiting time.

use serde_json::{Value, json};

use super::super::World;
use super::super::shape;
use super::{Answer, INVALID, Key, KeyState, arn, id, key, page, policy, refuse, region, tags, wrong_state};

/// What KMS takes for a waiting time, and for a year, if nothing is said.
const WAITING_DAYS: i64 = 30;
const ROTATION_DAYS: i64 = 365;
const DAY: f64 = 86_400.0;

pub(super) fn create(world: &mut World, body: &Value) -> Answer {
    if !matches!(shape::string(body, "KeySpec"), "" | "SYMMETRIC_DEFAULT") || !matches!(shape::string(body, "Origin"), "" | "AWS_KMS") {
        return Err(refuse("UnsupportedOperationException", "The sandbox makes symmetric keys of KMS's own material only."));
    }
    let policy = match shape::maybe(body, "Policy") {
        Some(text) => policy::checked(world, body, text)?,
        None => policy::default(&world.account),
    };
    let tags = tags::added(&std::collections::BTreeMap::new(), body)?;
    let id = world.uuid();
    let description = shape::string(body, "Description").into();
    let key = Key { created: world.now, description, policy, state: KeyState::Enabled, rotation_days: None, deletion: None, tags };
    region(world).keys.insert(id.clone(), key);
    world.dirty = true;
    metadata(world, &id)
}

pub(super) fn describe(world: &mut World, body: &Value) -> Answer {
    let id = id(world, body, "KeyId", true)?;
    metadata(world, &id)
}

fn metadata(world: &mut World, id: &str) -> Answer {
    let (arn, account) = (arn(world, id), world.account.clone());
    let Some(key) = region(world).keys.get(id) else { return Err(refuse("NotFoundException", format!("Key '{arn}' does not exist"))) };
    let mut metadata = json!({
        "AWSAccountId": account, "KeyId": id, "Arn": arn, "CreationDate": key.created, "Description": key.description,
        "Enabled": key.state == KeyState::Enabled, "KeyState": key.state, "KeyUsage": "ENCRYPT_DECRYPT", "KeyManager": "CUSTOMER",
        "Origin": "AWS_KMS", "KeySpec": "SYMMETRIC_DEFAULT", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"], "MultiRegion": false,
    });
    shape::put(&mut metadata, "DeletionDate", key.deletion);
    Ok(json!({ "KeyMetadata": metadata }))
}

pub(super) fn list(world: &mut World, body: &Value) -> Answer {
    let prefix = arn(world, "");
    page(body, region(world).keys.keys().map(|id| (id, json!({ "KeyId": id, "KeyArn": format!("{prefix}{id}") }))), "Keys")
}

/// Changes a key that is not on its way to deletion.
fn change(world: &mut World, body: &Value, change: impl FnOnce(&mut Key)) -> Answer {
    let arn = {
        let id = id(world, body, "KeyId", false)?;
        arn(world, &id)
    };
    let key = key(world, body)?;
    if key.state == KeyState::PendingDeletion {
        return Err(wrong_state(&arn, key.state));
    }
    change(key);
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn enable(world: &mut World, body: &Value) -> Answer {
    change(world, body, |key| key.state = KeyState::Enabled)
}

pub(super) fn disable(world: &mut World, body: &Value) -> Answer {
    change(world, body, |key| key.state = KeyState::Disabled)
}

pub(super) fn describe_anew(world: &mut World, body: &Value) -> Answer {
    change(world, body, |key| key.description = shape::string(body, "Description").into())
}

pub(super) fn rotate(world: &mut World, body: &Value) -> Answer {
    enabled(world, body)?;
    let days = body.get("RotationPeriodInDays").and_then(Value::as_i64).unwrap_or(ROTATION_DAYS);
    change(world, body, |key| key.rotation_days = Some(days))
}

pub(super) fn stop_rotating(world: &mut World, body: &Value) -> Answer {
    enabled(world, body)?;
    change(world, body, |key| key.rotation_days = None)
}

fn enabled(world: &mut World, body: &Value) -> Result<(), super::Refusal> {
    let id = id(world, body, "KeyId", false)?;
    let arn = arn(world, &id);
    match key(world, body)?.state {
        KeyState::Disabled => Err(refuse("DisabledException", format!("{arn} is disabled."))),
        _ => Ok(()),
    }
}

/// A key that waits for its deletion does not rotate; taken back, it goes on as before.
pub(super) fn rotation(world: &mut World, body: &Value) -> Answer {
    let id = id(world, body, "KeyId", false)?;
    let arn = arn(world, &id);
    let key = key(world, body)?;
    let days = key.rotation_days.filter(|_| key.state != KeyState::PendingDeletion);
    let mut reply = json!({ "KeyId": arn, "KeyRotationEnabled": days.is_some() });
    shape::put(&mut reply, "RotationPeriodInDays", days);
    Ok(reply)
}

pub(super) fn schedule_deletion(world: &mut World, body: &Value) -> Answer {
    let id = id(world, body, "KeyId", false)?;
    let (arn, now) = (arn(world, &id), world.now);
    let days = body.get("PendingWindowInDays").and_then(Value::as_i64).unwrap_or(WAITING_DAYS);
    let waiting = f64::from(i32::try_from(days).map_err(|_| refuse(INVALID, "PendingWindowInDays is out of range"))?);
    let at = now + waiting * DAY;
    change(world, body, |key| {
        key.state = KeyState::PendingDeletion;
        key.deletion = Some(at);
    })?;
    Ok(json!({ "KeyId": arn, "DeletionDate": at, "KeyState": "PendingDeletion", "PendingWindowInDays": days }))
}

pub(super) fn cancel_deletion(world: &mut World, body: &Value) -> Answer {
    let id = id(world, body, "KeyId", false)?;
    let arn = arn(world, &id);
    let key = key(world, body)?;
    if key.state != KeyState::PendingDeletion {
        return Err(refuse("KMSInvalidStateException", format!("{arn} is not pending deletion.")));
    }
    (key.state, key.deletion) = (KeyState::Disabled, None);
    world.dirty = true;
    Ok(json!({ "KeyId": arn }))
}
