//! The picture has what is declared and nothing else, and a plan marks what it changes.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::address::{Address, Owner};
use crate::compile::compile;
use crate::library::Library;
use crate::manifest;
use crate::observe::Live;
use crate::plan::{Named, Plan, diff};

fn shipped(file: &str) -> (Manifest, Library) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let reading = manifest::open(&root.join(file)).unwrap();
    let (library, _) = Library::read(root, &reading);
    (reading.finish().unwrap().0, library)
}

fn plan(manifest: &Manifest, library: &Library) -> Plan {
    let names = manifest.platform.names();
    let desired = compile(manifest, library, &names).unwrap();
    diff(&names, &desired, &Live::default(), &Named::default()).unwrap()
}

fn parts(graph: &Graph) -> BTreeSet<Part> {
    graph.nodes.iter().map(|node| node.spot.0).collect()
}

/// What the compiler declares has a box, and each box but those of people stands for something that is declared.
#[test]
fn boxes_are_what_is_declared() {
    for file in ["tenants.yaml", "tenants.strict.yaml"] {
        let (whole, library) = shipped(file);
        let mut bare = whole.clone();
        (bare.api, bare.data, bare.observability, bare.registry, bare.policy) = (None, None, None, None, None);
        let mut unlike = whole.clone();
        if let Some(tier) = unlike.tiers.values_mut().next() {
            (tier.memory, tier.knowledge_base, tier.guardrail) = (None, None, None);
        }
        for manifest in [whole, bare, unlike] {
            let graph = Graph::of(&manifest);
            let names = manifest.platform.names();
            let desired = compile(&manifest, &library, &names).unwrap();
            let declared: BTreeSet<Spot> = desired.iter().flat_map(|(address, _)| planned::spots(&manifest, address)).collect();
            let drawn: BTreeSet<Spot> = graph.nodes.iter().map(|node| node.spot.clone()).collect();
            let unseen: Vec<_> = declared.difference(&drawn).collect();
            assert!(unseen.is_empty(), "{file}: {unseen:?}");
            let own = |spot: &&Spot| spot.0 != Part::Users && !(spot.0 == Part::Knowledge && manifest.profile == Profile::Strict);
            let made_up: Vec<_> = drawn.difference(&declared).filter(own).collect();
            assert!(made_up.is_empty(), "{file}: {made_up:?}");
            for edge in &graph.edges {
                assert!(drawn.contains(&edge.from) && drawn.contains(&edge.to), "{edge:?}");
            }
            assert_eq!(graph.tenants(), 8);
        }
    }
}

#[test]
fn the_strict_profile_has_a_broker_and_interceptors() {
    let article = Graph::of(&shipped("tenants.yaml").0);
    let strict = Graph::of(&shipped("tenants.strict.yaml").0);
    assert!(!parts(&article).contains(&Part::Broker) && !parts(&article).contains(&Part::Interceptor));
    assert!(parts(&strict).contains(&Part::Broker) && parts(&strict).contains(&Part::Interceptor));
    let by_code = |graph: &Graph| graph.walls.iter().filter(|w| w.force == Force::Code).count();
    assert_eq!((by_code(&article), by_code(&strict)), (3, 0));
}

#[test]
fn without_an_api_users_reach_the_agents() {
    let (mut manifest, _) = shipped("tenants.yaml");
    manifest.api = None;
    let graph = Graph::of(&manifest);
    let from: Vec<Part> = graph.edges.iter().filter(|e| e.to.0 == Part::Runtime).map(|e| e.from.0).collect();
    assert_eq!(from, [Part::Users, Part::Users]);
}

#[test]
fn everything_of_a_first_plan_is_marked() {
    let (manifest, library) = shipped("tenants.yaml");
    let plan = plan(&manifest, &library);
    let graph = Graph::of(&manifest).with(&manifest, &plan);
    assert_eq!(graph.planned.as_ref().unwrap().values().sum::<usize>(), plan.changes.len());
    for node in graph.nodes.iter().filter(|n| n.spot.0 != Part::Users) {
        assert!(!node.marks.is_empty() && !node.leaves, "{:?}", node.spot);
    }
    assert!(graph.columns.iter().flat_map(|c| &c.members).all(|m| m.turn == Some(Turn::Comes)));
}

/// A tenant's own changes are told at the tenant: what it shares with others is not touched.
#[test]
fn a_tenants_changes_are_the_tenants() {
    let (manifest, library) = shipped("tenants.yaml");
    let mut plan = plan(&manifest, &library);
    plan.changes.retain(|c| c.address.owner().to_string() == "tenant:clinic-b");
    let graph = Graph::of(&manifest).with(&manifest, &plan);
    assert!(graph.nodes.iter().all(|node| node.marks.is_empty()));
    let turned: Vec<&Member> = graph.columns.iter().flat_map(|c| &c.members).filter(|m| m.turn.is_some()).collect();
    assert_eq!(turned, [&Member { id: "clinic-b".parse().unwrap(), turn: Some(Turn::Comes) }]);
    // Whom the plan changes stands first, before clinic-a.
    assert_eq!(graph.columns[0].members[0].id.as_str(), "clinic-b");
}

#[test]
fn what_leaves_is_drawn_as_well() {
    let (mut manifest, library) = shipped("tenants.yaml");
    let mut plan = plan(&manifest, &library);
    for change in &mut plan.changes {
        change.action = Action::Delete;
    }
    plan.changes.retain(|c| {
        let premium = |tier: &str| tier == "premium";
        match c.address.owner() {
            Owner::Tier(tier) => premium(tier.as_str()),
            Owner::Tenant(id) => id.as_str() == "clinic-f",
            Owner::Platform => c.address.kind() == "rest_api",
        }
    });
    plan.kept.push(Address::new("prefix", Owner::Tenant("clinic-f".parse().unwrap()), "premium"));
    manifest.tiers.retain(|name, _| name.as_str() == "basic");
    manifest.tenants.retain(|_, tenant| tenant.tier.value.as_str() == "basic");
    manifest.api = None;
    let graph = Graph::of(&manifest).with(&manifest, &plan);
    let gone = graph.columns.iter().find(|c| c.leaves).unwrap();
    assert_eq!((gone.tier.as_str(), gone.members.len()), ("premium", 1));
    assert_eq!(gone.members[0].turn, Some(Turn::Leaves));
    assert!(graph.node(Part::Runtime, Some(&gone.tier)).unwrap().leaves);
    assert!(graph.node(Part::Api, None).unwrap().leaves);
    assert_eq!(graph.tenants(), 4);
}

#[test]
fn a_wall_whose_probe_failed_is_none_and_every_probe_has_a_place() {
    use crate::isolation::probes::PROBES;
    use crate::isolation::report::Outcome;
    use crate::plan::page::Open;
    let open = |probe, layer, verdict| Open { probe, layer, verdict, says: String::new(), accepted_since: None };
    let graph = Graph::of(&shipped("tenants.yaml").0);
    let before = graph.walls.len();
    let all = [open("P17", "documents", Outcome::Fail), open("P06", "sessions", Outcome::Fail), open("P14", "memory", Outcome::Unknown)];
    let graph = graph.judged(&all);
    let of = |force| graph.walls.iter().filter(|w| w.force == force).map(|w| (w.layer, w.says.as_str())).collect::<Vec<_>>();
    let documents = "documents: prefix TIER-tier/TENANT/ equals the tags (P17 documents: FAIL)";
    assert_eq!(of(Force::Open), [(Layer::TierData, documents), (Layer::Agents, "P06 sessions: FAIL")]);
    assert!(of(Force::Unproven)[0].1.contains("P14 memory: UNKNOWN") && graph.walls.len() == before + 1);
    // The worst of two probes of one wall is what it says.
    let twice = [open("P14", "memory events", Outcome::Fail), open("P15", "memory records", Outcome::Unknown)];
    let wall = Graph::of(&shipped("tenants.yaml").0).judged(&twice).walls.into_iter().find(|w| w.says.contains("P15")).unwrap();
    assert_eq!(wall.force, Force::Open);

    for file in ["tenants.yaml", "tenants.strict.yaml"] {
        for probe in PROBES {
            let graph = Graph::of(&shipped(file).0).judged(&[open(probe.id, probe.layer, Outcome::Fail)]);
            let found = graph.walls.iter().find(|w| w.force == Force::Open).unwrap();
            assert!(found.says.contains(probe.id) && found.layer != Layer::Beside, "{file} {}: {found:?}", probe.id);
        }
    }
}
