//! OAuth2 credential providers: keyed by name, and their secret never comes back.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::{Settling, World};
use super::shape::{self, Shape, may, must, number, text};
use super::tags;
use super::{Answer, Call, GONE, INVALID, Refusal, conflict, in_transition, invalid, missing, pages, quota, region};

const LIMIT: usize = 50;
const URL: &str = r"[^\s?#]+/\.well-known/(openid-configuration|oauth-authorization-server)(/[^\s?#]+)?";

static DISCOVERY: Shape = Shape::Union(&[may("discoveryUrl", text(0, usize::MAX, URL)), may("authorizationServerMetadata", Shape::Any)]);
static CUSTOM: Shape = Shape::Struct(&[
    must("oauthDiscovery", Shape::Of(&DISCOVERY)),
    may("clientId", text(0, 256, "")),
    may("clientSecret", text(0, 2048, "")),
    may("clientSecretSource", Shape::OneOf(&["MANAGED", "EXTERNAL"])),
]);
static CONFIG: Shape = Shape::Union(&[may("customOauth2ProviderConfig", Shape::Of(&CUSTOM))]);
static VENDOR: Shape = Shape::OneOf(&["CustomOauth2"]);
static CREATE: Shape = Shape::Struct(&[
    must("name", text(1, 128, r"[a-zA-Z0-9\-_]+")),
    must("credentialProviderVendor", Shape::Of(&VENDOR)),
    must("oauth2ProviderConfigInput", Shape::Of(&CONFIG)),
    may("tags", tags::SHAPE),
]);
static NAMED: Shape = Shape::Struct(&[must("name", text(1, 128, r"[a-zA-Z0-9\-_]+"))]);
static LIST: Shape = Shape::Struct(&[may("maxResults", number(1, 20)), may("nextToken", text(0, usize::MAX, ""))]);

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Provider {
    discovery: Value,
    client: String,
    created: f64,
    updated: f64,
    status: Settling,
}

fn provider<'a>(world: &'a mut World, name: &str) -> Result<&'a mut Provider, Refusal> {
    let now = world.now;
    let providers = &mut region(world).providers;
    providers.retain(|_, provider| provider.status.peek(now) != GONE);
    providers.get_mut(name).ok_or_else(|| missing(format!("Credential provider {name} not found")))
}

fn arn(world: &World, name: &str) -> String {
    super::arn(world, &format!("token-vault/default/oauth2credentialprovider/{name}"))
}

fn shown(world: &mut World, name: &str) -> Answer {
    let own = arn(world, name);
    let secret =
        format!("arn:aws:secretsmanager:{}:{}:secret:bedrock-agentcore-identity!default/oauth2/{name}-a1b2c3", world.region, world.account);
    let callback = format!("https://bedrock-agentcore.{}.amazonaws.com/identities/oauth2/callback/{name}", world.region);
    let provider = provider(world, name)?;
    let config = json!({ "customOauth2ProviderConfig": { "oauthDiscovery": provider.discovery, "clientId": provider.client } });
    Ok(json!({
        "name": name, "credentialProviderVendor": "CustomOauth2", "credentialProviderArn": own, "status": provider.status.now,
        "clientSecretArn": { "secretArn": secret }, "clientSecretSource": "MANAGED", "callbackUrl": callback,
        "oauth2ProviderConfigOutput": config, "createdTime": provider.created, "lastUpdatedTime": provider.updated,
    }))
}

/// The discovery and the client of a request; without its secret, a managed provider is refused.
fn given(body: &Value) -> Result<(Value, String), Refusal> {
    let config = body.pointer("/oauth2ProviderConfigInput/customOauth2ProviderConfig").unwrap_or(&Value::Null);
    if shape::string(config, "clientId").is_empty() || shape::string(config, "clientSecret").is_empty() {
        return Err(invalid("clientId and clientSecret are required"));
    }
    Ok((config.get("oauthDiscovery").cloned().unwrap_or_default(), shape::string(config, "clientId").to_owned()))
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&CREATE)?;
    let (discovery, client) = given(&body)?;
    // Taken, and not to be read again: the tag operations refuse a provider's ARN.
    tags::read(body.get("tags"), INVALID)?;
    let name = shape::string(&body, "name").to_owned();
    if provider(world, &name).is_ok() {
        return Err(invalid(format!("Credential provider with name: {name} already exists")));
    }
    if region(world).providers.len() >= LIMIT {
        return Err(quota("The account has reached its limit of credential providers"));
    }
    let status = Settling::new(world, "CREATING", "READY");
    let provider = Provider { discovery, client, created: world.now, updated: world.now, status };
    region(world).providers.insert(name.clone(), provider);
    world.dirty = true;
    shown(world, &name)
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&NAMED)?;
    let now = world.now;
    provider(world, shape::string(&body, "name"))?.status.read(now);
    world.dirty = true;
    shown(world, shape::string(&body, "name"))
}

/// The whole configuration is sent again, the secret with it.
pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&CREATE)?;
    let (discovery, client) = given(&body)?;
    let name = shape::string(&body, "name");
    let now = world.now;
    let status = Settling::new(world, "UPDATING", "READY");
    let provider = provider(world, name)?;
    if in_transition(&provider.status, now) {
        return Err(conflict(format!("UPDATE in progress for resource with id {name}. Please retry")));
    }
    (provider.discovery, provider.client, provider.updated, provider.status) = (discovery, client, now, status);
    world.dirty = true;
    shown(world, name)
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&LIST)?;
    let now = world.now;
    region(world).providers.retain(|_, provider| provider.status.peek(now) != GONE);
    let names: Vec<String> = region(world).providers.keys().cloned().collect();
    let all: Vec<(String, Value)> = names
        .into_iter()
        .map(|name| {
            let shown = shown(world, &name)?;
            let item =
                shape::pick(&shown, &["name", "credentialProviderVendor", "credentialProviderArn", "createdTime", "lastUpdatedTime"]);
            Ok((name, Value::Object(item)))
        })
        .collect::<Result<_, Refusal>>()?;
    let (page, next) = pages::page(all, pages::size(&body, "maxResults"), body.get("nextToken").and_then(Value::as_str))
        .ok_or_else(|| invalid("Invalid nextToken"))?;
    let mut reply = json!({ "credentialProviders": page });
    shape::put(&mut reply, "nextToken", next);
    Ok(reply)
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let body = call.body(&NAMED)?;
    let name = shape::string(&body, "name");
    let now = world.now;
    let status = Settling::new(world, "DELETING", GONE);
    let provider = provider(world, name)?;
    if in_transition(&provider.status, now) {
        return Err(conflict(format!("UPDATE in progress for resource with id {name}. Please retry")));
    }
    provider.status = status;
    world.dirty = true;
    Ok(Value::Null)
}
