//! The strict profile, as it ships: applied, planned empty, and reached from the article's profile.

use std::path::Path;

use serde_json::Value;

use crate::python::here;
use crate::scenarios::{demands, shipped};

fn json(folder: &Path, line: &str) -> Value {
    let printed = demands(folder, &format!("{line} -q --output json"), 0, &[]);
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

/// What `init` writes, and the strict manifest beside it.
fn strict() -> tempfile::TempDir {
    let folder = shipped();
    std::fs::copy(here("tenants.strict.yaml"), folder.path().join("tenants.strict.yaml")).unwrap();
    folder
}

#[test]
fn the_strict_platform_stands_after_one_apply() {
    let folder = strict();
    let at = folder.path();
    demands(at, "tenantry validate -f tenants.strict.yaml", 0, &[]);
    demands(at, "tenantry plan -f tenants.strict.yaml --sandbox --detail full", 0, &["strict profile", "broker", "interceptor"]);
    demands(at, "tenantry apply -f tenants.strict.yaml --sandbox --yes -q", 0, &["Done"]);
    demands(at, "tenantry plan -f tenants.strict.yaml --sandbox --detailed-exitcode", 0, &["strict profile", "No changes"]);

    // Each tenant's documents are read by the tenant's own knowledge base.
    demands(at, "mkdir -p docs/guides; echo one > docs/guides/one.txt; echo two > docs/guides/two.md", 0, &[]);
    demands(
        at,
        "tenantry documents push clinic-a docs -f tenants.strict.yaml --sandbox --dry-run",
        0,
        &["an ingestion of tenant clinic-a"],
    );
    let pushed = json(at, "tenantry documents push clinic-a docs -f tenants.strict.yaml --sandbox");
    assert_eq!((&pushed["ingestion"]["job"]["status"], &pushed["ingestion"]["job"]["new"]), (&"COMPLETE".into(), &2.into()), "{pushed}");
    let again = json(at, "tenantry documents push clinic-a docs -f tenants.strict.yaml --sandbox");
    assert_eq!(again["ingestion"]["state"], "not_due", "{again}");
    let stock = json(at, "tenantry documents status -f tenants.strict.yaml --sandbox");
    let basic = &stock["tiers"][0];
    assert_eq!(
        basic["last_ingestions"].as_object().map(|jobs| jobs.keys().cloned().collect::<Vec<_>>()),
        Some(vec!["clinic-a".into()]),
        "{stock}"
    );
    let of = |id: &str| basic["tenants"].as_array().unwrap().iter().find(|tenant| tenant["id"] == id).unwrap().clone();
    assert_eq!((&of("clinic-a")["documents"], &of("clinic-a")["ingested"]), (&2.into(), &true.into()), "{stock}");
    // Whoever writes for another tenant leaves the first as it was.
    demands(
        at,
        "tenantry documents push clinic-b docs --no-ingest -f tenants.strict.yaml --sandbox -q",
        0,
        &["An ingestion of tenant clinic-b is due"],
    );
    demands(at, "tenantry documents status -f tenants.strict.yaml --sandbox -q", 0, &["waiting for an ingestion", "ingested"]);
}

#[test]
fn an_articles_platform_becomes_a_strict_one() {
    let folder = strict();
    let at = folder.path();
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    let plan = demands(at, "tenantry plan -f tenants.strict.yaml --sandbox -q", 0, &["gateway", "interceptor", "knowledge_base"]);
    assert!(plan.contains("healthcare-us-east-1-broker-function") || plan.contains("broker-function"), "{plan}");
    demands(at, "tenantry apply -f tenants.strict.yaml --sandbox --yes -q", 0, &["Done"]);
    demands(at, "tenantry plan -f tenants.strict.yaml --sandbox --detailed-exitcode -q", 0, &[]);
}
