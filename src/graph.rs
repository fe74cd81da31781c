//! The platform as a picture: what stands where on a request's way, whose it is, and what keeps tenants apart there.
//!
//! Drawn from the manifest alone; a plan adds what changes.

use std::collections::BTreeMap;

use crate::manifest::{Manifest, Profile};
use crate::names::{TenantId, TierName};
use crate::plan::Action;

mod edges;
mod parts;
mod planned;
mod walls;

/// A stretch of a request's way, from the user to the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layer {
    SignIn,
    FrontDoor,
    Agents,
    Gateway,
    Tools,
    Session,
    TierData,
    Tables,
    Beside,
}

impl Layer {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::FrontDoor => "front door",
            Self::Agents => "agents",
            Self::Gateway => "gateway",
            Self::Tools => "tools",
            Self::Session => "sessions",
            Self::TierData => "memory and documents",
            Self::Tables => "tables",
            Self::Beside => "beside",
        }
    }
}

/// One thing that is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Users,
    UserPool,
    Api,
    Proxy,
    Runtime,
    Interceptor,
    Gateway,
    Tools,
    Broker,
    Session,
    Memory,
    Documents,
    Knowledge,
    Tables,
    Beside,
}

impl Part {
    pub(crate) fn layer(self) -> Layer {
        match self {
            Self::Users | Self::UserPool => Layer::SignIn,
            Self::Api | Self::Proxy => Layer::FrontDoor,
            Self::Runtime => Layer::Agents,
            Self::Interceptor | Self::Gateway => Layer::Gateway,
            Self::Tools | Self::Broker => Layer::Tools,
            Self::Session => Layer::Session,
            Self::Memory | Self::Documents | Self::Knowledge => Layer::TierData,
            Self::Tables => Layer::Tables,
            Self::Beside => Layer::Beside,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::UserPool => "Cognito user pool",
            Self::Api => "API",
            Self::Proxy => "proxy",
            Self::Runtime => "agent runtime",
            Self::Interceptor => "interceptor",
            Self::Gateway => "gateway",
            Self::Tools => "tools",
            Self::Broker => "broker",
            Self::Session => "tenants' role",
            Self::Memory => "memory",
            Self::Documents => "documents",
            Self::Knowledge => "knowledge",
            Self::Tables => "tables",
            Self::Beside => "beside it",
        }
    }
}

/// Which box: a tier's own, or the platform's.
pub(crate) type Spot = (Part, Option<TierName>);

/// How many resources of a box change in which way.
pub(crate) type Marks = BTreeMap<Action, usize>;

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) spot: Spot,
    /// Short texts below its word.
    pub(crate) lines: Vec<String>,
    /// What AWS calls it, for whoever points at it.
    pub(crate) about: Option<String>,
    pub(crate) marks: Marks,
    /// Live, and in the manifest no more.
    pub(crate) leaves: bool,
}

/// What a plan does to a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    Leaves,
    Replaced,
    Moves,
    Changes,
    Comes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) id: TenantId,
    pub(crate) turn: Option<Turn>,
}

/// A tier and who is in it: those whom a plan changes first, then by id.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) tier: TierName,
    pub(crate) members: Vec<Member>,
    pub(crate) leaves: bool,
}

impl Column {
    /// Of whoever does not fit after the first few: how many of them turn in which way.
    pub(crate) fn turns(members: &[Member]) -> BTreeMap<Turn, usize> {
        let mut turns = BTreeMap::new();
        for turn in members.iter().filter_map(|m| m.turn) {
            *turns.entry(turn).or_insert(0) += 1;
        }
        turns
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) from: Spot,
    pub(crate) to: Spot,
    pub(crate) says: &'static str,
}

/// Who makes a promise hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Force {
    /// AWS refuses.
    Aws,
    /// Application code alone.
    Code,
    /// Nobody: a probe shows a way through.
    Open,
    /// A probe can't tell.
    Unproven,
}

/// What keeps tenants apart in one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wall {
    pub(crate) layer: Layer,
    pub(crate) force: Force,
    pub(crate) says: String,
    /// The probes that say whether it holds.
    pub(crate) probes: &'static [&'static str],
}

#[derive(Debug, Clone)]
pub(crate) struct Graph {
    pub(crate) platform: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) profile: Profile,
    pub(crate) columns: Vec<Column>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) walls: Vec<Wall>,
    /// What the plan does to all of it, where there is one.
    pub(crate) planned: Option<Marks>,
}

impl Graph {
    /// The platform as it is declared.
    pub(crate) fn of(manifest: &Manifest) -> Self {
        let nodes = parts::nodes(manifest);
        let columns = manifest.tiers.keys().map(|tier| column(manifest, tier)).collect();
        Self {
            platform: manifest.platform.name.to_string(),
            account: manifest.platform.account.to_string(),
            region: manifest.platform.region.to_string(),
            profile: manifest.profile,
            edges: edges::between(&nodes),
            walls: walls::of(manifest, &nodes),
            columns,
            nodes,
            planned: None,
        }
    }

    pub(crate) fn node(&self, part: Part, tier: Option<&TierName>) -> Option<&Node> {
        self.nodes.iter().find(|node| node.spot.0 == part && node.spot.1.as_ref() == tier)
    }

    pub(crate) fn tenants(&self) -> usize {
        self.columns.iter().map(|column| column.members.iter().filter(|m| m.turn != Some(Turn::Leaves)).count()).sum()
    }
}

fn column(manifest: &Manifest, tier: &TierName) -> Column {
    let inside = manifest.tenants.iter().filter(|(_, tenant)| tenant.tier.value == *tier);
    let members = inside.map(|(id, _)| Member { id: id.clone(), turn: None }).collect();
    Column { tier: tier.clone(), members, leaves: false }
}

#[cfg(test)]
mod tests;
