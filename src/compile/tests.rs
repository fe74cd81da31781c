//! The shipped files, compiled: every hole is filled, and reviewers see a policy's change as text.

use std::path::Path;

use serde_json::Value;

use super::*;
use crate::manifest::{Data, DataTable, Observability, Traces};

fn shipped() -> (Manifest, Library, Names) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let reading = crate::manifest::open(&root.join("tenants.yaml")).unwrap();
    let (library, found) = Library::read(root, &reading);
    let (manifest, warnings) = reading.finish().unwrap();
    assert!(warnings.is_empty() && found.is_empty());
    let names = Names {
        platform: manifest.platform.name.clone(),
        account: manifest.platform.account.clone(),
        region: manifest.platform.region.clone(),
    };
    (manifest, library, names)
}

#[test]
fn the_shipped_policies_rendered() {
    let (manifest, library, names) = shipped();
    let desired = compile(&manifest, &library, &names).unwrap();
    let roles = desired.iter().filter(|(address, _)| matches!(address.kind(), "role"));
    let text: Vec<String> = roles
        .map(|(address, spec)| {
            let part = |field: &str| serde_json::to_string_pretty(&crate::late::shown(&spec[field])).unwrap();
            format!("{address}\ntrust {}\npolicy {}\n", part("trust"), part("policy"))
        })
        .collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn no_two_resources_share_a_name_and_the_same_files_give_the_same_documents() {
    let (manifest, library, names) = shipped();
    let (one, other) = (compile(&manifest, &library, &names).unwrap(), compile(&manifest, &library, &names).unwrap());
    assert_eq!(one.specs(), other.specs());
    let mut seen = std::collections::BTreeSet::new();
    for (address, spec) in one.iter() {
        let name = ["name", "id", "key", "prefix", "alias"].iter().find_map(|f| spec[f].as_str());
        // What is named after an id of AWS's is told apart by what it refers to.
        let name = name.map_or_else(|| spec.to_string(), str::to_owned);
        assert!(seen.insert((address.kind().to_owned(), name)), "{address} shares its name");
    }
}

#[test]
fn nobody_writes_what_tells_tenants_apart() {
    let (manifest, library, names) = shipped();
    let desired = compile(&manifest, &library, &names).unwrap();
    let clients: Vec<_> = desired.iter().filter(|(a, _)| a.kind() == "client").collect();
    assert_eq!(clients.len(), 2);
    for (address, client) in clients {
        assert_eq!(client["write_attributes"], serde_json::json!(["name"]), "{address}");
        assert_eq!(client["auth_flows"], serde_json::json!(["ALLOW_REFRESH_TOKEN_AUTH"]), "{address}");
    }
    let pool = desired.iter().find(|(a, _)| a.kind() == "user_pool").unwrap().1;
    assert_eq!(pool["self_sign_up"], false);
    assert_eq!(pool["attributes"]["clinic_id"]["mutable"], false);
}

#[test]
fn a_missing_section_provisions_nothing_of_it() {
    let (mut manifest, library, names) = shipped();
    for tier in manifest.tiers.values_mut() {
        (tier.knowledge_base, tier.runtime, tier.gateway, tier.project) = (None, None, None, None);
        tier.guardrail = None;
    }
    manifest.data = None;
    let desired = compile(&manifest, &library, &names).unwrap();
    for kind in [
        "knowledge_base",
        "data_source",
        "vector_bucket",
        "vector_index",
        "runtime",
        "object",
        "gateway",
        "gateway_target",
        "guardrail",
        "guardrail_version",
        "project",
        "role",
        "key",
        "table",
        "tenant_row",
    ] {
        assert!(desired.iter().all(|(address, _)| address.kind() != kind), "{kind} is declared");
    }
    assert!(desired.iter().any(|(address, _)| address.kind() == "prefix"));
}

#[test]
fn a_guardrail_is_published_with_the_version_of_its_content() {
    let (mut manifest, library, names) = shipped();
    let text = "version: 1\nplatform: { name: acme, region: us-east-1, account: \"111122223333\" }\n\
                tiers: { basic: { model: a.b, guardrail: {} }, premium: { model: a.b, guardrail: { words: [x] } } }\ntenants: {}\n";
    let (other, _) = crate::manifest::from_text(Path::new("tenants.yaml"), text.into()).unwrap();
    for (name, tier) in &mut manifest.tiers {
        tier.guardrail.clone_from(&other.tiers[name].guardrail);
    }
    let desired = compile(&manifest, &library, &names).unwrap();
    let digests: Vec<&Value> = desired.iter().filter(|(a, _)| a.kind() == "guardrail_version").map(|(_, spec)| &spec["digest"]).collect();
    assert_eq!(digests.len(), 2);
    assert_ne!(digests[0], digests[1]);
    for key in ["id", "arn", "version"] {
        let name = format!("/app/healthcare/guardrails/basic_{key}");
        let parameter = desired.iter().find(|(a, spec)| a.kind() == "parameter" && spec["name"] == *name).unwrap().1;
        let slot = crate::late::slots(parameter).into_iter().next().unwrap();
        assert_eq!(slot.attribute, key);
        assert_eq!(slot.address.kind(), if key == "version" { "guardrail_version" } else { "guardrail" });
    }
}

/// The shipped manifest with `data: {}` and one table more.
fn with_data() -> Desired {
    let (mut manifest, library, names) = shipped();
    let table = DataTable { key: "visit_id".into(), sort_key: Some("day".into()), indexes: [("by-day".into(), "day".into())].into() };
    manifest.data = Some(Data { tables: [("visits".into(), table)].into() });
    compile(&manifest, &library, &names).unwrap()
}

#[test]
fn tables_are_closed_and_published_and_every_tenant_has_a_row() {
    let desired = with_data();
    let all = |kind: &str| desired.iter().filter(|(a, _)| a.kind() == kind).map(|(_, spec)| spec).collect::<Vec<_>>();
    assert_eq!(all("key").len(), 1);
    assert_eq!(all("key")[0]["alias"], "alias/healthcare-data");
    let tables = all("table");
    assert_eq!(
        tables.iter().map(|t| t["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["healthcare-patient-metadata", "healthcare-clinic-config", "healthcare-visits"]
    );
    for table in tables {
        assert!(table["deletion_protection"] == true && table["point_in_time_recovery"] == true, "{table}");
        assert_eq!(table["encryption_key"], serde_json::json!({ "$late": [{ "slot": "key/platform/data#arn" }] }));
    }
    let published: Vec<&str> =
        all("parameter").iter().filter_map(|p| p["name"].as_str()?.strip_prefix("/app/healthcare/dynamodb/")).collect();
    assert_eq!(published, ["patient_metadata_table_name", "clinic_config_table_name", "visits_table_name"]);
    let rows = all("tenant_row");
    assert_eq!(rows.len(), 8);
    assert_eq!(rows[0]["attributes"]["s3_prefix"], "basic-tier/clinic-a/");
    assert_eq!(rows[0]["attributes"]["specialty"], "Family Medicine / Primary Care");
}

#[test]
fn the_key_serves_tables_and_its_administrators_read_nothing_with_it() {
    let desired = with_data();
    let key = desired.iter().find(|(a, _)| a.kind() == "key").unwrap().1;
    for statement in key["policy"]["Statement"].as_array().unwrap() {
        let actions: Vec<&str> = statement["Action"].as_array().unwrap().iter().filter_map(|a| a.as_str()).collect();
        assert!(actions.iter().all(|a| !a.contains('*')), "{actions:?}");
        if actions.contains(&"kms:Decrypt") {
            let condition = &statement["Condition"]["StringEquals"];
            assert_eq!(condition["kms:ViaService"], serde_json::json!(["dynamodb.us-east-1.amazonaws.com"]));
            assert_eq!(condition["kms:CallerAccount"], serde_json::json!(["111122223333"]));
        }
    }
}

#[test]
fn a_tenants_role_reaches_the_tables_and_index_that_are_declared() {
    let desired = with_data();
    let tvm = desired.iter().find(|(a, _)| a.to_string() == "role/platform/tvm").unwrap().1;
    let own = tvm["policy"]["Statement"].as_array().unwrap().iter().find(|s| s["Sid"] == "OwnRows").unwrap();
    let (_, index) = own["Resource"][1].as_str().unwrap().split_once(":table/healthcare-patient-metadata/index/").unwrap();
    let patients = desired.iter().find(|(a, _)| a.to_string() == "table/platform/patient-metadata").unwrap().1;
    assert_eq!(patients["indexes"][index]["key"], "clinic_id");
    assert!(own["Resource"][0].as_str().unwrap().ends_with(":table/healthcare-clinic-config"));
    assert_eq!(own["Condition"]["Null"], serde_json::json!({ "dynamodb:LeadingKeys": ["false"] }));
}

#[test]
fn every_memory_gateway_and_runtime_is_watched() {
    let (mut manifest, library, names) = shipped();
    let count = |manifest: &Manifest| {
        let desired = compile(manifest, &library, &names).unwrap();
        move |kind: &str| desired.iter().filter(|(address, _)| address.kind() == kind).count()
    };
    manifest.observability = None;
    let bare = count(&manifest);
    let watched = ["memory", "gateway", "runtime"].iter().map(|kind| bare(kind)).sum::<usize>();
    assert!(watched > 2 && bare("delivery") == 0);
    for (traces, each) in [(Traces::XRay, 2), (Traces::Off, 1)] {
        manifest.observability = Some(Observability { log_days: 30, traces });
        let with = count(&manifest);
        let one = usize::from(traces == Traces::XRay);
        assert_eq!((with("trace_destination"), with("log_policy")), (one, one));
        assert_eq!(["delivery_source", "delivery_destination", "delivery"].map(with), [watched * each; 3]);
    }
}
