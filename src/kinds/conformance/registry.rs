//! The registry beside its curators: what they decide, what others publish, and what a lost reply leaves behind.

use super::*;
use crate::aws::registries::Content;

fn automatic(desired: &mut Desired) {
    a_record(desired, "first", "tools", Publication::Approved);
}

fn manual(desired: &mut Desired) {
    a_record(desired, "first", "tools", Publication::Submitted);
}

async fn ids(bench: &Bench) -> (String, String) {
    let registries = &bench.site.aws.registries;
    let registry = registries.list().await.unwrap().remove(0).id;
    let record = registries.records(&registry).await.unwrap().remove(0).id;
    (registry, record)
}

fn content(url: &str) -> Content {
    let server = serde_json::json!({ "name": "acme/acme-basic-gw", "description": "tools", "version": "1.0.0", "remotes": [{ "type": "streamable-http", "url": url }] });
    Content { description: "tools".into(), server: server.to_string(), tools: r#"{"tools":[]}"#.into() }
}

async fn planned(bench: &Bench, desired: &Desired) -> Vec<(Action, Vec<String>)> {
    let plan = bench.plan(desired, &Named::default()).await;
    plan.changes.iter().map(|c| (c.action, c.fields.iter().map(|f| f.root().to_owned()).collect())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_url_that_somebody_has_put_into_a_record_is_seen_and_put_back() {
    let bench = Bench::new();
    let wanted = desired(automatic);
    bench.apply(&wanted, &Named::default()).await;
    let (registry, record) = ids(&bench).await;
    let registries = &bench.site.aws.registries;
    registries.update_record(&registry, &record, "x", &content("https://evil.example/mcp")).await.unwrap();
    let changes = planned(&bench, &wanted).await;
    assert!(changes.iter().any(|(_, fields)| fields.iter().any(|f| f == "server")), "{changes:?}");
    bench.apply(&wanted, &Named::default()).await;
    bench.is_settled(&wanted, "after somebody's edit").await;
    let live = registries.record(&registry, &record).await.unwrap();
    assert!(!live.descriptors.mcp_server.unwrap().data.unwrap().contains("evil"));
    assert_eq!(live.status, "APPROVED");
}

#[tokio::test(start_paused = true)]
async fn what_a_curator_decides_stands_and_an_unchanged_record_is_not_edited() {
    let bench = Bench::new();
    let wanted = desired(manual);
    bench.apply(&wanted, &Named::default()).await;
    let (registry, record) = ids(&bench).await;
    let registries = &bench.site.aws.registries;
    assert_eq!(registries.record(&registry, &record).await.unwrap().status, "PENDING_APPROVAL");
    registries.approve(&registry, &record, "reviewed").await.unwrap();
    bench.is_settled(&wanted, "approved by a curator").await;
    // Who then approves by themselves finds it approved; who goes back takes nothing away.
    bench.is_settled(&desired(automatic), "approved already").await;

    let pending = Bench::new();
    pending.apply(&wanted, &Named::default()).await;
    pending.apply(&desired(automatic), &Named::default()).await;
    let (registry, record) = ids(&pending).await;
    assert_eq!(pending.site.aws.registries.record(&registry, &record).await.unwrap().status, "APPROVED");
}

#[tokio::test(start_paused = true)]
async fn a_registry_with_records_of_others_is_not_deleted() {
    let bench = Bench::new();
    let wanted = desired(automatic);
    bench.apply(&wanted, &Named::default()).await;
    let (registry, _) = ids(&bench).await;
    let registries = &bench.site.aws.registries;
    registries.create_record(&registry, "theirs", &content("https://theirs.example/mcp"), &"t".repeat(64)).await.unwrap();
    bench.is_settled(&wanted, "with a record of others").await;

    let named = Named { delete: wanted.specs().keys().cloned().map(Which::One).collect(), ..Named::default() };
    let plan = bench.plan(&Desired::default(), &named).await;
    let (events, _) = tokio::sync::mpsc::unbounded_channel();
    let options = Options { jobs: 8, stop: tokio_util::sync::CancellationToken::new() };
    let steps = schedule(&plan);
    let outcome = apply(plan, steps, bench.site.clone(), &options, events).await;
    let failed: Vec<String> = outcome.failed.iter().map(|failed| format!("{failed:?}")).collect();
    assert!(failed.len() == 1 && failed[0].contains("`theirs`"), "{failed:?}");
    assert_eq!(registries.records(&registry).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn lost_replies_leave_one_registry_and_one_record() {
    let bench = Bench::with(Faults::parse("lost=1").unwrap());
    for variant in [manual as fn(&mut Desired), |d| a_record(d, "second", "more", Publication::Approved)] {
        let wanted = desired(variant);
        bench.apply(&wanted, &Named::default()).await;
        bench.is_settled(&wanted, "lost replies").await;
    }
    let (registry, _) = ids(&bench).await;
    assert_eq!(bench.site.aws.registries.list().await.unwrap().len(), 1);
    assert_eq!(bench.site.aws.registries.records(&registry).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sixth_registry_is_refused_with_what_to_do() {
    let bench = Bench::new();
    for n in 0..5 {
        let tags = tags("one");
        bench.site.aws.registries.create(&format!("theirs-{n}"), None, &tags, &format!("{n}").repeat(64)).await.unwrap();
    }
    let plan = bench.plan(&desired(automatic), &Named::default()).await;
    let (events, _) = tokio::sync::mpsc::unbounded_channel();
    let options = Options { jobs: 8, stop: tokio_util::sync::CancellationToken::new() };
    let steps = schedule(&plan);
    let outcome = apply(plan, steps, bench.site.clone(), &options, events).await;
    let failed: Vec<String> = outcome.failed.iter().map(|failed| format!("{failed:?}")).collect();
    assert!(failed.iter().any(|text| text.contains("Service Quotas")), "{failed:?}");
}
