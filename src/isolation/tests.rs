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
        assert!(report.is_sound(), "{file}:\n{}", crate::ui::verify::text(&report, 80));
        assert_eq!((report.tenants, report.pairs), (8, 56));
    }
}

/// Mutations, and the probes that they are about.
const ABOUT: &[(&str, &[&str])] = &[
    ("allow tenants' sessions all but what is listed", &["P13", "P14", "P16", "P17"]),
    ("let tenants' sessions change users", &["P13"]),
    ("compare the tenant with itself", &["P16"]),
    ("let one key of several be one's own", &["P16"]),
    ("write rows by whatever key", &["P16"]),
    ("share what stands in a tenant's place", &["P17"]),
    ("allow whoever has a mark of their own", &["P17"]),
    ("trust a web identity with tenants' roles", &["P12"]),
    ("trust whoever knows a word", &["P12"]),
    ("trust all but one", &["P12"]),
    ("take tenants' roles on by a pattern, without conditions", &["P12"]),
    ("take tenants' roles on without tagging the session", &["P12"]),
    ("tag a tenants' role as a tenant", &["P12"]),
    ("give the runtime role one table", &["P13"]),
    ("give the runtime role one tenant's documents", &["P13"]),
    ("let the runtime role make itself another", &["P13"]),
    ("let the gateway's role read what secrets were", &["P22"]),
    ("let services that say nothing of whom use the gateway role", &["P24"]),
    ("take tokens of another pool", &["P04", "P08"]),
    ("take tokens for a client of somebody's", &["P04"]),
    ("allow a shell to calls from one network", &["P05"]),
    ("ask another policy engine", &["P09"]),
    ("permit a call for some minutes", &["P09"]),
    ("permit a call to one role", &["P09"]),
    ("permit a call of one tenant", &["P09"]),
    ("let a tool take a tenant by another spelling", &["P11"]),
    ("put a target of another sort behind gateways", &["P11"]),
    ("let a bucket's policy let others in", &["P17"]),
    ("open buckets to the public", &["P17"]),
];

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
            for probe in ABOUT.iter().filter(|(name, _)| tested.applies && *name == tested.name).flat_map(|(_, probes)| *probes) {
                assert!(
                    tested.noticed_by.contains(probe),
                    "{file}: {probe} does not notice `{}`, but {:?} do",
                    tested.name,
                    tested.noticed_by
                );
            }
            noticing.extend(tested.noticed_by);
        }
    }
    let known = |name: &str| mutations::MUTATIONS.iter().any(|mutation| mutation.name == name);
    assert!(ABOUT.iter().all(|(name, _)| known(name)));
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
