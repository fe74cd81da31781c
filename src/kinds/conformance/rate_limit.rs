//! Rate limits beside those that others have set on the same gateway.

use super::*;
use aws_sdk_bedrockagentcorecontrol::types as sdk;

fn wanted() -> Desired {
    desired(|d| a_limit(d, "clinic_id", &[("*", 10, Period::Second)]))
}

async fn gateway(bench: &Bench) -> String {
    bench.site.aws.agentcore.list_gateways().send().await.unwrap().items[0].gateway_id.clone()
}

/// Somebody's limit, for everybody by one key.
async fn theirs(bench: &Bench, id: &str, key: &str) {
    let rate = sdk::RateConfig::builder().rate(7.5).period(sdk::Period::Minute).build().unwrap();
    let entry = sdk::LimitEntry::builder().dimensions(key, "*").requests(rate).build().unwrap();
    let create = bench.site.aws.agentcore.create_gateway_rate_limit().gateway_identifier(gateway(bench).await);
    create.rate_limit_id(id).dimension_keys(key).entries(entry).send().await.unwrap();
}

async fn ids(bench: &Bench) -> Vec<String> {
    let list = bench.site.aws.agentcore.list_gateway_rate_limits().gateway_identifier(gateway(bench).await);
    list.send().await.unwrap().rate_limits.into_iter().map(|limit| limit.rate_limit_id).collect()
}

#[tokio::test(start_paused = true)]
async fn limits_of_others_survive_a_change_of_ours() {
    let bench = Bench::new();
    bench.apply(&wanted(), &Named::default()).await;
    theirs(&bench, "by-tool", "toolName").await;
    bench.is_settled(&wanted(), "with a limit of others").await;
    let changed = desired(|d| a_limit(d, "clinic_id", &[("*", 10, Period::Second), ("one-clinic", 20, Period::Second)]));
    ids(&bench).await;
    bench.apply(&changed, &Named::default()).await;
    bench.is_settled(&changed, "with an exception").await;
    assert_eq!(ids(&bench).await, ["acme-basic-tenants", "by-tool"]);
    bench.apply(&desired(|d| drop(a_gateway(d, None, "one", "one"))), &Named::default()).await;
    assert_eq!(ids(&bench).await, ["by-tool"]);
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_others_for_the_same_claim_is_not_taken_over() {
    let bench = Bench::new();
    bench.apply(&desired(|d| drop(a_gateway(d, None, "one", "one"))), &Named::default()).await;
    theirs(&bench, "theirs", "$.context.jwt.clinic_id").await;
    let plan = bench.plan(&wanted(), &Named::default()).await;
    assert_eq!(plan.blocked.iter().map(|b| b.address.to_string()).collect::<Vec<_>>(), ["rate_limit/tier:basic/tenants"]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_and_going_back_end_where_the_manifest_says() {
    let bench = Bench::with(Faults::parse("lost=1").unwrap());
    let changed = desired(|d| a_limit(d, "clinic_id", &[("*", 20, Period::Second)]));
    for wanted in [&wanted(), &changed, &wanted()] {
        bench.apply(wanted, &Named::default()).await;
        bench.is_settled(wanted, "there and back").await;
    }
}

/// A limit takes a thousand entries; each way there is one call that says them all.
#[tokio::test(start_paused = true)]
async fn exceptions_come_and_go_up_to_a_thousand_entries() {
    let of = |count: usize, most: u32| {
        let names: Vec<String> = (0..count).map(|n| format!("clinic-{n}")).collect();
        let mut entries = vec![("*", most, Period::Second)];
        entries.extend(names.iter().map(|name| (name.as_str(), 20, Period::Minute)));
        let mut desired = Desired::default();
        a_limit(&mut desired, "clinic_id", &entries);
        desired
    };
    let bench = Bench::new();
    for (count, most) in [(0, 10), (999, 10), (998, 30), (1, 30), (0, 30)] {
        let wanted = of(count, most);
        bench.apply(&wanted, &Named::default()).await;
        bench.is_settled(&wanted, &format!("{count} exceptions")).await;
        let limits = bench.site.aws.agentcore.list_gateway_rate_limits().gateway_identifier(gateway(&bench).await).send().await.unwrap();
        assert_eq!(limits.rate_limits[0].entries.len(), count + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn another_gateway_has_the_limit_again() {
    let bench = Bench::new();
    bench.apply(&wanted(), &Named::default()).await;
    let id = gateway(&bench).await;
    bench.site.aws.agentcore.delete_gateway().gateway_identifier(&id).send().await.unwrap();
    while bench.site.aws.agentcore.get_gateway().gateway_identifier(&id).send().await.is_ok() {}
    bench.apply(&wanted(), &Named::default()).await;
    bench.is_settled(&wanted(), "on another gateway").await;
    assert_ne!(gateway(&bench).await, id);
    assert_eq!(ids(&bench).await, ["acme-basic-tenants"]);
}
