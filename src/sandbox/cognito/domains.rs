//! Domains of pools: a prefix is taken for a whole region.

use serde_json::{Value, json};

use super::super::protocol::Refusal;
use super::super::shape;
use super::{Answer, Domain, World, invalid, pool, refuse, region};

fn login(body: &Value) -> u64 {
    body.get("ManagedLoginVersion").and_then(Value::as_u64).unwrap_or(1)
}

pub(super) fn create(world: &mut World, body: &Value) -> Answer {
    let name = shape::string(body, "Domain");
    let of = shape::string(body, "UserPoolId");
    let custom = body.get("CustomDomainConfig").cloned();
    pool(world, body)?;
    if custom.is_none() {
        if name.contains('.') {
            return Err(invalid("A domain prefix can't contain a dot; a custom domain needs a CustomDomainConfig."));
        }
        if let Some(word) = ["aws", "amazon", "cognito"].iter().find(|word| name.contains(**word)) {
            return Err(invalid(format!("Domain cannot contain reserved word: {word}")));
        }
    }
    let domains = &mut region(world).domains;
    if domains.contains_key(name) {
        return Err(invalid("Domain already associated with another user pool."));
    }
    if domains.values().any(|domain| domain.pool == of && domain.custom.is_some() == custom.is_some()) {
        return Err(invalid("User pool already has a domain configured."));
    }
    domains.insert(name.into(), Domain { pool: of.into(), login: login(body), custom });
    world.dirty = true;
    answer(world, name)
}

/// What the writes answer: a custom domain has its distribution's name in it.
fn answer(world: &mut World, name: &str) -> Answer {
    let domain = region(world).domains.get(name);
    let mut reply = json!({ "ManagedLoginVersion": domain.map(|domain| domain.login) });
    shape::put(&mut reply, "CloudFrontDomain", domain.and_then(|domain| domain.custom.as_ref()).map(|_| "d111111abcdef8.cloudfront.net"));
    Ok(reply)
}

/// A domain that nobody has gives an empty description, not a refusal.
pub(super) fn describe(world: &mut World, body: &Value) -> Answer {
    let name = shape::string(body, "Domain");
    let account = world.account.clone();
    let Some(domain) = region(world).domains.get(name) else { return Ok(json!({ "DomainDescription": {} })) };
    let mut shown = json!({
        "UserPoolId": domain.pool,
        "AWSAccountId": account,
        "Domain": name,
        "S3Bucket": "aws-cognito-prod-sandbox-assets",
        "CloudFrontDistribution": "d111111abcdef8.cloudfront.net",
        "Version": "20260101000000",
        "Status": "ACTIVE",
        "ManagedLoginVersion": domain.login,
    });
    shape::put(
        &mut shown,
        "CustomDomainConfig",
        Some(domain.custom.clone().unwrap_or_else(|| json!({}))).filter(|c| c.get("CertificateArn").is_some()),
    );
    Ok(json!({ "DomainDescription": shown }))
}

fn own<'a>(world: &'a mut World, body: &Value) -> Result<&'a mut Domain, Refusal> {
    let name = shape::string(body, "Domain");
    pool(world, body)?;
    let of = shape::string(body, "UserPoolId");
    let domain = region(world).domains.get_mut(name).filter(|domain| domain.pool == of);
    domain.ok_or_else(|| refuse("ResourceNotFoundException", format!("No such domain {name} exists for user pool {of}.")))
}

pub(super) fn update(world: &mut World, body: &Value) -> Answer {
    let domain = own(world, body)?;
    domain.login = login(body);
    if let Some(custom) = body.get("CustomDomainConfig").filter(|_| domain.custom.is_some()) {
        domain.custom = Some(custom.clone());
    }
    world.dirty = true;
    answer(world, shape::string(body, "Domain"))
}

pub(super) fn delete(world: &mut World, body: &Value) -> Answer {
    own(world, body).map_err(|refusal| invalid(refusal.message))?;
    region(world).domains.remove(shape::string(body, "Domain"));
    world.dirty = true;
    Ok(json!({}))
}
