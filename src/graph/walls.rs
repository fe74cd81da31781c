//! What keeps tenants apart in each layer, in the words of the proof; docs/isolation.md has the whole of it.

use super::{Force, Graph, Layer, Node, Part, Wall};
use crate::isolation::report::Outcome;
use crate::kinds::PolicyMode;
use crate::manifest::{Keys, Manifest, Profile};
use crate::plan::page::Open;

pub(super) fn of(manifest: &Manifest, nodes: &[Node]) -> Vec<Wall> {
    let has = |part| nodes.iter().any(|node| node.spot.0 == part);
    let claims = &manifest.identity.claims;
    let (tier, tenant) = (format!("custom:{}", claims.tier), format!("custom:{}", claims.tenant));
    let mut walls = vec![wall(
        Layer::SignIn,
        Force::Aws,
        &["P01", "P02", "P03", "P25"],
        format!("claims {tier} and {tenant} stand in every token; administrators alone write them"),
    )];
    if let Some(api) = &manifest.api {
        walls.push(wall(Layer::FrontDoor, Force::Aws, &[], "no call without a token of this pool"));
        if manifest.tiers.values().any(|tier| tier.usage_plan.is_some()) && api.keys == Keys::Tenant {
            walls.push(wall(Layer::FrontDoor, Force::Aws, &["P21"], "each tenant uses up a quota of its own"));
        }
    }
    if has(Part::Runtime) {
        walls.push(wall(Layer::Agents, Force::Aws, &["P04"], format!("authorizer: {tier} must be the tier")));
        walls.push(wall(Layer::Agents, Force::Aws, &["P05"], "resource policy: no shell, no stopping, no impersonation"));
    }
    if has(Part::Gateway) {
        walls.extend(gateway(manifest, &tenant));
        walls.push(wall(Layer::Tools, Force::Aws, &["P20"], "the gateway's role alone may invoke them"));
    }
    walls.extend(session(manifest, nodes));
    walls
}

fn gateway(manifest: &Manifest, tenant: &str) -> Vec<Wall> {
    let mut walls = Vec::new();
    match manifest.policy.as_ref().map(|policy| policy.mode) {
        Some(PolicyMode::Enforce) => {
            walls.push(wall(
                Layer::Gateway,
                Force::Aws,
                &["P08", "P09", "P11"],
                format!("Cedar: the tier's claim, and arguments that name {tenant}"),
            ));
        }
        Some(PolicyMode::LogOnly) => {
            walls.push(wall(Layer::Gateway, Force::Code, &["P08", "P09", "P11"], "Cedar logs only, and refuses nothing"));
        }
        None => walls.push(wall(Layer::Gateway, Force::Aws, &["P08"], "authorizer: the tier's claim")),
    }
    walls.push(match manifest.strict {
        Some(_) => wall(Layer::Gateway, Force::Aws, &["P10"], "the interceptor writes who asks, from the verified token"),
        None => wall(Layer::Gateway, Force::Code, &["P10"], "headers say who asks, on the agent's word"),
    });
    walls
}

fn session(manifest: &Manifest, nodes: &[Node]) -> Vec<Wall> {
    let has = |part| nodes.iter().any(|node| node.spot.0 == part);
    let mut walls = Vec::new();
    if !has(Part::Session) {
        return walls;
    }
    walls.push(wall(Layer::Session, Force::Aws, &["P12"], "trust: one taker, three session tags, none empty"));
    walls.push(match manifest.strict {
        Some(_) => wall(Layer::Session, Force::Aws, &["P07"], "the broker tags it from the verified token"),
        None => wall(Layer::Session, Force::Code, &["P07"], "the agent tags it with its caller's claims"),
    });
    if has(Part::Memory) {
        let actor = match manifest.profile {
            Profile::Article => "TIER-TENANT-USER",
            Profile::Strict => "TENANT_USER",
        };
        walls.push(wall(Layer::TierData, Force::Aws, &["P14", "P15"], format!("memory: actor id {actor} equals the tags")));
    }
    walls.push(wall(Layer::TierData, Force::Aws, &["P17"], "documents: prefix TIER-tier/TENANT/ equals the tags"));
    if has(Part::Knowledge) {
        walls.push(match manifest.profile {
            Profile::Article => wall(Layer::TierData, Force::Code, &["P18"], "knowledge: the agent filters by tenant"),
            Profile::Strict => wall(Layer::TierData, Force::Aws, &["P18"], "knowledge: the tenant's own index"),
        });
    }
    if has(Part::Tables) {
        walls.push(wall(Layer::Tables, Force::Aws, &["P16"], "LeadingKeys: a row's key equals the tenant's tag"));
    }
    walls
}

fn wall(layer: Layer, force: Force, probes: &'static [&'static str], says: impl Into<String>) -> Wall {
    Wall { layer, force, says: says.into(), probes }
}

/// Where a probe is told of that no wall stands for.
fn layer_of(probe: &str) -> Layer {
    match probe {
        "P01" | "P02" | "P03" | "P25" => Layer::SignIn,
        "P21" => Layer::FrontDoor,
        "P08" | "P09" | "P10" | "P11" => Layer::Gateway,
        "P20" => Layer::Tools,
        "P07" | "P12" | "P24" => Layer::Session,
        "P14" | "P15" | "P17" | "P18" => Layer::TierData,
        "P16" => Layer::Tables,
        _ => Layer::Agents,
    }
}

impl Graph {
    /// The picture with what the proof found: a wall that doesn't hold is none, and a way through that no wall stands for is told of.
    pub(crate) fn judged(mut self, open: &[Open]) -> Self {
        // The worst comes last, so that it stays.
        for open in open.iter().rev() {
            let force = if open.verdict == Outcome::Fail { Force::Open } else { Force::Unproven };
            let says = format!("{} {}: {}", open.probe, open.layer, open.verdict.word());
            let mut stands = false;
            for wall in self.walls.iter_mut().filter(|wall| wall.probes.contains(&open.probe)) {
                wall.force = force;
                wall.says = format!("{} ({says})", wall.says);
                stands = true;
            }
            if !stands {
                self.walls.push(Wall { layer: layer_of(open.probe), force, says, probes: &[] });
            }
        }
        self
    }
}
