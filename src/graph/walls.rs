//! What keeps tenants apart in each layer, in the words of the proof; docs/isolation.md has the whole of it.

use super::{Force, Layer, Node, Part, Wall};
use crate::kinds::PolicyMode;
use crate::manifest::{Keys, Manifest, Profile};

pub(super) fn of(manifest: &Manifest, nodes: &[Node]) -> Vec<Wall> {
    let has = |part| nodes.iter().any(|node| node.spot.0 == part);
    let claims = &manifest.identity.claims;
    let (tier, tenant) = (format!("custom:{}", claims.tier), format!("custom:{}", claims.tenant));
    let mut walls =
        vec![wall(Layer::SignIn, Force::Aws, format!("claims {tier} and {tenant} stand in every token; administrators alone write them"))];
    if let Some(api) = &manifest.api {
        walls.push(wall(Layer::FrontDoor, Force::Aws, "no call without a token of this pool"));
        if manifest.tiers.values().any(|tier| tier.usage_plan.is_some()) && api.keys == Keys::Tenant {
            walls.push(wall(Layer::FrontDoor, Force::Aws, "each tenant uses up a quota of its own"));
        }
    }
    if has(Part::Runtime) {
        walls.push(wall(Layer::Agents, Force::Aws, format!("authorizer: {tier} must be the tier")));
        walls.push(wall(Layer::Agents, Force::Aws, "resource policy: no shell, no stopping, no impersonation"));
    }
    if has(Part::Gateway) {
        walls.extend(gateway(manifest, &tenant));
        walls.push(wall(Layer::Tools, Force::Aws, "the gateway's role alone may invoke them"));
    }
    walls.extend(session(manifest, nodes));
    walls
}

fn gateway(manifest: &Manifest, tenant: &str) -> Vec<Wall> {
    let mut walls = Vec::new();
    match manifest.policy.as_ref().map(|policy| policy.mode) {
        Some(PolicyMode::Enforce) => {
            walls.push(wall(Layer::Gateway, Force::Aws, format!("Cedar: the tier's claim, and arguments that name {tenant}")));
        }
        Some(PolicyMode::LogOnly) => walls.push(wall(Layer::Gateway, Force::Code, "Cedar logs only, and refuses nothing")),
        None => walls.push(wall(Layer::Gateway, Force::Aws, "authorizer: the tier's claim")),
    }
    walls.push(match manifest.strict {
        Some(_) => wall(Layer::Gateway, Force::Aws, "the interceptor writes who asks, from the verified token"),
        None => wall(Layer::Gateway, Force::Code, "headers say who asks, on the agent's word"),
    });
    walls
}

fn session(manifest: &Manifest, nodes: &[Node]) -> Vec<Wall> {
    let has = |part| nodes.iter().any(|node| node.spot.0 == part);
    let mut walls = Vec::new();
    if !has(Part::Session) {
        return walls;
    }
    walls.push(wall(Layer::Session, Force::Aws, "trust: one taker, three session tags, none empty"));
    walls.push(match manifest.strict {
        Some(_) => wall(Layer::Session, Force::Aws, "the broker tags it from the verified token"),
        None => wall(Layer::Session, Force::Code, "the agent tags it with its caller's claims"),
    });
    if has(Part::Memory) {
        let actor = match manifest.profile {
            Profile::Article => "TIER-TENANT-USER",
            Profile::Strict => "TENANT_USER",
        };
        walls.push(wall(Layer::TierData, Force::Aws, format!("memory: actor id {actor} equals the tags")));
    }
    walls.push(wall(Layer::TierData, Force::Aws, "documents: prefix TIER-tier/TENANT/ equals the tags"));
    if has(Part::Knowledge) {
        walls.push(match manifest.profile {
            Profile::Article => wall(Layer::TierData, Force::Code, "knowledge: the agent filters by tenant"),
            Profile::Strict => wall(Layer::TierData, Force::Aws, "knowledge: the tenant's own index"),
        });
    }
    if has(Part::Tables) {
        walls.push(wall(Layer::Tables, Force::Aws, "LeadingKeys: a row's key equals the tenant's tag"));
    }
    walls
}

fn wall(layer: Layer, force: Force, says: impl Into<String>) -> Wall {
    Wall { layer, force, says: says.into() }
}
