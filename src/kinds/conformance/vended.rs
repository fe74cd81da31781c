//! Logs that AWS delivers: groups that outlive what they are of, and what a killed or repeated create leaves.

use super::others::troubled;
use super::*;

async fn groups(bench: &Bench) -> Vec<String> {
    let all = bench.site.aws.logs.describe_log_groups().limit(50).send().await.unwrap();
    all.log_groups.unwrap().into_iter().filter_map(|g| g.log_group_name).collect()
}

async fn live(bench: &Bench, at: &Desired) -> crate::observe::Live {
    observe(&bench.site.aws, &bench.site.names, at).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_group_outlives_its_resource_and_a_new_one_stands_beside_it() {
    let bench = Bench::new();
    let wanted = desired(|d| some_groups(d, Some(30), "one"));
    bench.apply(&wanted, &Named::default()).await;
    let before = groups(&bench).await;
    assert_eq!(before.len(), 2);
    let memory: Address = "memory/tier:basic/main".parse().unwrap();
    let id = live(&bench, &wanted).await[&memory].output["id"].as_str().unwrap().to_owned();

    // Somebody deletes the memory: the next one has another id.
    bench.site.aws.agentcore.delete_memory().memory_id(&id).send().await.unwrap();
    while bench.site.aws.agentcore.get_memory().memory_id(&id).send().await.is_ok() {}
    bench.apply(&wanted, &Named::default()).await;
    bench.is_settled(&wanted, "with the group of a memory that is gone").await;
    let plan = bench.plan(&wanted, &Named::default()).await;
    assert_eq!(plan.kept.iter().map(ToString::to_string).collect::<Vec<_>>(), [format!("log_group/tier:basic/{id}")]);
    assert_eq!(groups(&bench).await.len(), 3);

    // Nothing is declared any more: groups are kept, and go by their names.
    let plan = bench.plan(&Desired::default(), &Named::default()).await;
    assert_eq!(plan.kept.iter().filter(|a| a.kind() == LogGroup::NAME).count(), 3);
    let named = Named { delete: plan.kept.iter().cloned().map(Which::One).collect(), ..Named::default() };
    bench.apply(&Desired::default(), &named).await;
    assert!(groups(&bench).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn other_peoples_groups_are_left_alone_or_in_the_way() {
    let bench = Bench::new();
    let logs = &bench.site.aws.logs;
    let other = |name: &str| logs.create_log_group().log_group_name(name);
    other("/aws/vendedlogs/bedrock-agentcore/memory/APPLICATION_LOGS/acme_other_memory-abcdefghij").send().await.unwrap();
    other("/aws/vendedlogs/bedrock-agentcore/memory/APPLICATION_LOGS/theirs-abcdefghij").send().await.unwrap();
    other("/tenantry/acme/other").tags(PLATFORM_TAG, "acme-two").send().await.unwrap();
    assert!(live(&bench, &Desired::default()).await.is_empty());
    other("/tenantry/acme/api").tags(PLATFORM_TAG, "acme-two").send().await.unwrap();
    let plan = bench.plan(&desired(|d| some_groups(d, Some(30), "one")), &Named::default()).await;
    assert_eq!(plan.blocked.iter().map(|b| b.address.to_string()).collect::<Vec<_>>(), ["log_group/platform/api"]);
}

#[tokio::test(start_paused = true)]
async fn a_group_whose_reply_is_lost_or_whose_retention_failed_is_finished() {
    let bench = troubled(None, "lost=1");
    let wanted = desired(|d| some_groups(d, Some(30), "one"));
    bench.apply(&wanted, &Named::default()).await;
    bench.is_settled(&wanted, "lost replies").await;
    for name in groups(&bench).await {
        bench.site.aws.logs.delete_retention_policy().log_group_name(name).send().await.unwrap();
    }
    let plan = bench.plan(&wanted, &Named::default()).await;
    assert_eq!(plan.count(Action::Update), 2);
    bench.apply(&wanted, &Named::default()).await;
    bench.is_settled(&wanted, "with its retention").await;
}
