//! Parameters read by name, at a version if the name says so.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::World;
use super::super::protocol::Refusal;
use super::{arn, input, not_found, shown};

pub(super) fn get(world: &mut World, body: &Value) -> Result<Value, Refusal> {
    let name = input::required(body, "Name", 1, 2048)?;
    let decrypt = input::flag(body, "WithDecryption");
    Ok(json!({ "Parameter": one(world, name, decrypt)? }))
}

pub(super) fn get_many(world: &mut World, body: &Value) -> Result<Value, Refusal> {
    let decrypt = input::flag(body, "WithDecryption");
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for name in input::names(body, "Names", 10)? {
        match one(world, name, decrypt) {
            Ok(parameter) => found.push(parameter),
            Err(_) => missing.push(name),
        }
    }
    Ok(json!({ "Parameters": found, "InvalidParameters": missing }))
}

/// The parameter of that name, `name:version` or ARN.
fn one(world: &mut World, asked: &str, decrypt: bool) -> Result<Value, Refusal> {
    let (account, region) = (world.account.clone(), world.region.clone());
    let local = asked.strip_prefix(&format!("arn:aws:ssm:{region}:{account}:parameter/"));
    let (plain, selector) = local.unwrap_or(asked).split_once(':').map_or((local.unwrap_or(asked), None), |(name, s)| (name, Some(s)));
    // In an ARN a path and a plain name look alike; only a path has more slashes.
    let name = if local.is_some() && plain.contains('/') { format!("/{plain}") } else { plain.to_owned() };
    let parameter = world.parameters().get(&name).ok_or_else(|| not_found(asked))?;
    let arn = arn(&account, &region, &name);
    let Some(selector) = selector else {
        let newest = parameter.versions.last().ok_or_else(|| not_found(asked))?;
        return Ok(shown(parameter, newest, &name, &arn, decrypt));
    };
    let version = parameter.versions.iter().find(|version| version.number.to_string() == selector);
    let missing = || {
        let message = format!("Systems Manager could not find version {selector} of {name}. Verify the version and try again.");
        Refusal::new(400, "ParameterVersionNotFound", message)
    };
    let mut value = shown(parameter, version.ok_or_else(missing)?, &name, &arn, decrypt);
    if let Some(members) = value.as_object_mut() {
        members.insert("Selector".into(), format!(":{selector}").into());
    }
    Ok(value)
}

/// What stands in for an encrypted value: the same for the same value, and no way back to it.
pub(super) fn ciphertext(value: &str) -> String {
    format!("AQICAH{}", BASE64_STANDARD.encode(Sha256::digest(value)))
}
