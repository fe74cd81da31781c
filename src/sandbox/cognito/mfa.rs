//! Second factors of a pool, which live beside its other settings.

use serde_json::{Value, json};

use super::super::shape;
use super::{Answer, World, invalid, pool, update};

const FACTORS: &[&str] = &["SmsMfaConfiguration", "SoftwareTokenMfaConfiguration", "EmailMfaConfiguration", "WebAuthnConfiguration"];

pub(super) fn get(world: &mut World, body: &Value) -> Answer {
    let pool = pool(world, body)?;
    let mut shown = Value::Object(pool.mfa.clone());
    shape::put(&mut shown, "MfaConfiguration", pool.settings.get("MfaConfiguration").cloned());
    Ok(shown)
}

/// Replaces all factors; the requirement stays as it is if the request leaves it out.
pub(super) fn set(world: &mut World, body: &Value) -> Answer {
    let now = world.now;
    let pool = pool(world, body)?;
    let factors = shape::pick(body, FACTORS);
    let asked = shape::maybe(body, "MfaConfiguration");
    let token = factors.get("SoftwareTokenMfaConfiguration").and_then(|c| c.get("Enabled")) == Some(&Value::Bool(true));
    let configured = token || factors.contains_key("SmsMfaConfiguration") || factors.contains_key("EmailMfaConfiguration");
    if asked.as_deref() == Some("OFF") && configured {
        return Err(invalid("Invalid MFA configuration given, can't turn off MFA and configure an MFA together."));
    }
    let mut settings = pool.settings.clone();
    if let Some(asked) = asked {
        settings.insert("MfaConfiguration".into(), json!(asked));
    }
    let before = std::mem::replace(&mut pool.mfa, factors);
    if let Err(refusal) = update::check_mfa(pool, &settings) {
        pool.mfa = before;
        return Err(refusal);
    }
    pool.settings = settings;
    pool.modified = now;
    world.dirty = true;
    get(world, body)
}
