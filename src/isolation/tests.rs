//! The shipped platforms hold, and each hole that is made in them is noticed.

use std::collections::BTreeSet;
use std::path::Path;

use super::model::Model;
use super::mutations;
use super::probes::judge;
use super::report::{Method, Outcome, Report};
use crate::compile::compile;
use crate::library::Library;
use crate::manifest;

const SHIPPED: [&str; 2] = ["tenants.yaml", "tenants.strict.yaml"];

pub(super) fn declared(file: &str) -> Model {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut reading = manifest::open(&root.join(file)).unwrap();
    let (library, found) = Library::read(root, &reading);
    reading.findings.extend(found);
    let (manifest, _) = reading.finish().unwrap();
    let names = manifest.platform.names();
    let desired = compile(&manifest, &library, &names).unwrap();
    Model::declared(&manifest, &names, &desired).unwrap()
}

fn report(model: &Model) -> Report {
    judge(model, Method::Manifest)
}

#[test]
fn the_shipped_platforms_hold() {
    for file in SHIPPED {
        let report = report(&declared(file));
        assert!(report.is_sound(), "{file}:\n{}", crate::ui::verify::text(&report));
        assert_eq!((report.tenants, report.pairs), (8, 56));
    }
}

#[test]
fn each_hole_is_noticed_and_each_probe_notices_one() {
    let (mut noticing, mut applied, mut passing) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for file in SHIPPED {
        let model = declared(file);
        passing.extend(report(&model).of(Outcome::Pass).map(|row| row.probe));
        for tested in mutations::test(&model) {
            assert!(tested.is_noticed(), "{file}: no probe notices `{}`", tested.name);
            if tested.applies {
                applied.insert(tested.name);
            }
            noticing.extend(tested.noticed_by);
        }
    }
    let never: Vec<_> = mutations::MUTATIONS.iter().map(|m| m.name).filter(|name| !applied.contains(name)).collect();
    assert!(never.is_empty(), "these mutations find nothing to break in any shipped platform: {never:?}");
    let blind: Vec<_> = passing.difference(&noticing).collect();
    assert!(blind.is_empty(), "no mutation turns these probes red: {blind:?}");
}

#[test]
fn what_holds_for_a_sample_is_asked_of_all() {
    let model = declared("tenants.yaml");
    let (all, some) = (report(&model), report(&model.clone().sampled(2)));
    let attacks = |report: &Report| report.rows.iter().map(|row| row.attacks).sum::<usize>();
    assert!(attacks(&some) < attacks(&all));
    assert_eq!(all.rows.iter().map(|r| r.outcome).collect::<Vec<_>>(), some.rows.iter().map(|r| r.outcome).collect::<Vec<_>>());
}
