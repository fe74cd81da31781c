//! The clock's judgement, and the room under the shipped manifest's quotas.

use std::path::Path;

use super::*;
use crate::desired::Desired;
use crate::observe::Live;
use crate::plan::{Named, diff};

#[test]
fn a_clock_is_wrong_where_aws_refuses_its_signatures() {
    let judged = |ahead| {
        let mut examined = Examined::default();
        clock(&mut examined, ahead);
        let line = &examined.lines[0];
        (line.state, line.says.clone())
    };
    assert_eq!(judged(Some(-2)).0, State::Ok);
    assert_eq!(judged(Some(60)), (State::Ok, "this machine's clock is 60 s behind AWS's, which does no harm".into()));
    assert_eq!(judged(Some(-61)), (State::Warn, "this machine's clock is 61 s ahead of AWS's".into()));
    assert_eq!(judged(Some(300)).0, State::Warn);
    assert_eq!(judged(Some(-301)).0, State::Fail);
    assert_eq!(judged(None).0, State::Warn);
}

#[test]
fn the_first_failure_gives_the_code() {
    let mut examined = Examined::default();
    examined.ok("a", "fine");
    examined.warn("b", "so so", "look");
    assert_eq!(examined.exit(), Exit::Done);
    examined.fail(Exit::Denied, "c", "no", "ask");
    examined.fail(Exit::TryAgain, "d", "no", "wait");
    assert_eq!((examined.exit(), examined.count(State::Fail)), (Exit::Denied, 2));
}

/// With the room that it says there is a plan is let through, and with one more it is refused.
#[test]
fn the_room_is_what_the_plan_lets_through() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut reading = crate::manifest::open(&root.join("tenants.strict.yaml")).unwrap();
    let (library, found) = crate::library::Library::read(root, &reading);
    reading.findings.extend(found);
    let (manifest, _) = reading.finish().unwrap();
    let names = manifest.platform.names();
    let planned = |desired: &Desired| diff(&names, desired, &Live::new(), &Named::default()).unwrap();
    let plan = planned(&crate::compile::compile(&manifest, &library, &names).unwrap());
    let rooms = rooms(&manifest, &library, &names, &plan, &Live::new()).unwrap();
    for room in rooms {
        // Each tenant has a knowledge base of their own there, and AWS has a hundred for nobody more.
        let bound = room.bound.unwrap();
        assert_eq!((bound.unit, bound.most), ("knowledge bases", 100));
        let with = |n: u64| {
            let manifest = more(&manifest, &room.tier, u32::try_from(n).unwrap()).unwrap();
            planned(&crate::compile::compile(&manifest, &library, &names).unwrap()).blocked
        };
        assert!(with(bound.tenants).is_empty());
        let blocked = with(bound.tenants + 1);
        assert_eq!(blocked.len(), 1, "{blocked:?}");
        assert!(blocked[0].why.contains("101 knowledge bases") && blocked[0].way_out.contains("strict"), "{blocked:?}");
    }
}
