//! The way of a request from box to box.

use super::parts::by_tier;
use super::{Edge, Node, Part, Spot};
use crate::names::TierName;

/// Whatever is missing on the way is stepped over.
pub(super) fn between(nodes: &[Node]) -> Vec<Edge> {
    let has = |part| nodes.iter().any(|node| node.spot.0 == part);
    let mut edges = vec![edge((Part::Users, None), (Part::UserPool, None), "sign in, get a token")];
    let mut door: Spot = (Part::Users, None);
    for (part, says) in [(Part::Api, "ask, with the token"), (Part::Proxy, "pass on")] {
        if has(part) {
            edges.push(edge(door, (part, None), says));
            door = (part, None);
        }
    }
    for (tier, parts) in by_tier(nodes) {
        edges.extend(in_tier(&door, tier, &parts, &has));
    }
    if has(Part::Session) && has(Part::Tables) {
        edges.push(edge((Part::Session, None), (Part::Tables, None), "own rows"));
    }
    if has(Part::Broker) {
        edges.push(edge((Part::Broker, None), (Part::Session, None), "takes it on"));
    }
    edges
}

fn in_tier(door: &Spot, tier: &TierName, parts: &[Part], has: &impl Fn(Part) -> bool) -> Vec<Edge> {
    let own = |part| (part, Some(tier.clone()));
    let mut edges = Vec::new();
    let mut last = door.clone();
    let way = [
        (Part::Runtime, "the caller's own tier"),
        (Part::Interceptor, "call tools"),
        (Part::Gateway, "call tools"),
        (Part::Tools, "invoke"),
    ];
    for (part, says) in way {
        if parts.contains(&part) {
            edges.push(edge(last, own(part), says));
            last = own(part);
        }
    }
    if !has(Part::Session) {
        return edges;
    }
    if parts.contains(&Part::Tools) {
        edges.push(edge(own(Part::Tools), (Part::Session, None), "act for the caller"));
    }
    if parts.contains(&Part::Runtime) {
        match has(Part::Broker) {
            true => edges.push(edge(own(Part::Runtime), (Part::Broker, None), "ask for credentials")),
            false => edges.push(edge(own(Part::Runtime), (Part::Session, None), "act for the caller")),
        }
    }
    for (part, says) in [(Part::Memory, "own actor"), (Part::Documents, "own prefix"), (Part::Knowledge, "search")] {
        if parts.contains(&part) {
            edges.push(edge((Part::Session, None), own(part), says));
        }
    }
    edges
}

fn edge(from: Spot, to: Spot, says: &'static str) -> Edge {
    Edge { from, to, says }
}
