//! Logs that AWS delivers: groups that outlive what they are of, and what a killed or repeated create leaves.

use aws_sdk_cloudwatchlogs::types as sdk;
use aws_sdk_xray::types::TraceSegmentDestination;

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

    // While the memory is away, its group is still called as before: whoever destroys a platform names it by that.
    let id = live(&bench, &wanted).await[&memory].output["id"].as_str().unwrap().to_owned();
    bench.site.aws.agentcore.delete_memory().memory_id(&id).send().await.unwrap();
    while bench.site.aws.agentcore.get_memory().memory_id(&id).send().await.is_ok() {}
    let group = "log_group/tier:basic/memory".parse().unwrap();
    assert!(live(&bench, &wanted).await.contains_key(&group) && live(&bench, &Desired::default()).await.contains_key(&group));

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

/// A run that died after the memory's tags and before its group's.
#[tokio::test(start_paused = true)]
async fn old_tags_of_a_group_are_seen_though_its_resource_has_the_new_ones() {
    let bench = Bench::new();
    let (one, two) = (desired(|d| some_groups(d, Some(30), "one")), desired(|d| some_groups(d, Some(30), "two")));
    bench.apply(&one, &Named::default()).await;
    let without_groups = {
        let mut only = Desired::default();
        put_in_tier(&mut only, "main", &a_memory_of(30, &[], "two"));
        only
    };
    bench.apply(&without_groups, &Named::default()).await;
    let plan = bench.plan(&two, &Named::default()).await;
    assert_eq!(plan.changes.iter().map(|c| c.address.kind()).collect::<Vec<_>>(), [LogGroup::NAME; 2]);
    bench.apply(&two, &Named::default()).await;
    bench.is_settled(&two, "with the new tags").await;

    // Somebody takes one off by hand, and another group loses our mark: the first is put back, the second is no longer ours.
    for name in groups(&bench).await {
        let arn = names().log_group_arn(&name);
        let gone = if name.contains("vendedlogs") { PLATFORM_TAG } else { "Stage" };
        bench.site.aws.logs.untag_resource().resource_arn(arn.as_str()).tag_keys(gone).send().await.unwrap();
    }
    let plan = bench.plan(&two, &Named::default()).await;
    assert_eq!(plan.changes.iter().map(|c| c.address.to_string()).collect::<Vec<_>>(), ["log_group/platform/api"]);
    assert_eq!(plan.blocked.iter().map(|b| b.address.to_string()).collect::<Vec<_>>(), ["log_group/tier:basic/memory"]);
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

/// A runtime of the tier and its log group.
fn a_watched_runtime(desired: &mut Desired, artifact: RuntimeArtifact) {
    let role = a_role(desired, "runtime", "bedrock-agentcore.amazonaws.com", "logs:PutLogEvents", "one").at(&Role::ARN);
    let runtime = Runtime {
        name: "acme_basic".into(),
        description: None,
        role,
        package: artifact.package(),
        artifact,
        authorizer: an_authorizer("one"),
        request_headers: ["Authorization".to_owned()].into(),
        environment: BTreeMap::new(),
        idle_timeout_seconds: 900,
        max_lifetime_seconds: 28800,
        tags: tags("one"),
        condition: Condition::default(),
    };
    let id = put_in_tier(desired, "main", &runtime).at(&Runtime::ID);
    let name = Late::concat([Late::known(crate::names::vended_log_group(Runtime::NAME, "")), id]);
    put_in_tier(desired, "runtime", &LogGroup { name, retention_days: Some(30), tags: tags("one") });
}

#[tokio::test(start_paused = true)]
async fn a_runtime_that_is_replaced_keeps_its_old_logs() {
    let bench = Bench::new();
    bench.apply(&desired(|d| a_watched_runtime(d, an_image("1"))), &Named::default()).await;
    let before = groups(&bench).await;
    let code = desired(|d| {
        let code = some_code(d, "first");
        a_watched_runtime(d, code);
    });
    bench.apply(&code, &Named::default()).await;
    bench.is_settled(&code, "with a group of the runtime that was").await;
    let after = groups(&bench).await;
    assert_eq!((before.len(), after.len()), (1, 2));
    assert!(after.contains(&before[0]), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn deliveries_whose_replies_are_lost_are_there_once() {
    let bench = troubled(None, "lost=1");
    let wanted = desired(DELIVERIES[0]);
    bench.apply(&wanted, &Named::default()).await;
    bench.is_settled(&wanted, "lost replies").await;
    let all = bench.site.aws.logs.describe_deliveries().limit(50).send().await.unwrap();
    assert_eq!(all.deliveries().len(), 2);
    let named = Named { delete: wanted.specs().keys().cloned().map(Which::One).collect(), ..Named::default() };
    bench.apply(&Desired::default(), &named).await;
    assert!(live(&bench, &Desired::default()).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_resource_that_is_gone_is_taken_away() {
    let bench = Bench::new();
    let wanted = desired(DELIVERIES[0]);
    bench.apply(&wanted, &Named::default()).await;
    let memory: Address = "memory/tier:basic/main".parse().unwrap();
    let id = live(&bench, &wanted).await[&memory].output["id"].as_str().unwrap().to_owned();
    bench.site.aws.agentcore.delete_memory().memory_id(&id).send().await.unwrap();
    while bench.site.aws.agentcore.get_memory().memory_id(&id).send().await.is_ok() {}
    bench.apply(&wanted, &Named::default()).await;
    bench.is_settled(&wanted, "after another memory").await;
    let sources = bench.site.aws.logs.describe_delivery_sources().limit(50).send().await.unwrap();
    assert_eq!(sources.delivery_sources().len(), 2);
    assert!(sources.delivery_sources().iter().all(|s| s.status == Some(sdk::DeliverySourceStatus::Active)), "{sources:?}");
    assert_eq!(bench.site.aws.logs.describe_delivery_destinations().limit(50).send().await.unwrap().delivery_destinations().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_others_deliver_from_as_well_says_so() {
    let bench = Bench::new();
    let wanted = desired(DELIVERIES[3]);
    bench.apply(&wanted, &Named::default()).await;
    let logs = &bench.site.aws.logs;
    let bucket = sdk::DeliveryDestinationConfiguration::builder().destination_resource_arn("arn:aws:s3:::theirs").build().unwrap();
    let there = logs.put_delivery_destination().name("theirs").delivery_destination_configuration(bucket).send().await.unwrap();
    let there = there.delivery_destination.and_then(|d| d.arn).unwrap();
    let seen = live(&bench, &wanted).await;
    let address: Address = "delivery_source/tier:basic/memory-logs".parse().unwrap();
    let name = seen[&address].output["name"].as_str().unwrap().to_owned();
    logs.create_delivery().delivery_source_name(&name).delivery_destination_arn(there).send().await.unwrap();
    bench.is_settled(&wanted, "with a delivery of others").await;
    let mark = Mark { platform: "acme".into(), address: address.clone(), spec: String::new() };
    let step = Step { aws: &bench.site.aws, names: &bench.site.names, blobs: &bench.site.blobs, mark, tell: &|_| {} };
    let error = super::super::kind(DeliverySource::NAME).unwrap().delete(&step, &seen[&address]).await.unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("somebody else") && error.contains(&name), "{error}");
}

#[tokio::test(start_paused = true)]
async fn delivery_that_somebody_else_set_up_is_in_the_way() {
    let bench = Bench::new();
    let logs = &bench.site.aws.logs;
    let memory = desired(|d| drop(put_in_tier(d, "main", &a_memory_of(30, &[], "one"))));
    bench.apply(&memory, &Named::default()).await;
    let output = live(&bench, &memory).await.remove(&"memory/tier:basic/main".parse().unwrap()).unwrap().output;
    let source = logs.put_delivery_source().name("theirs").resource_arn(output["arn"].as_str().unwrap()).log_type("APPLICATION_LOGS");
    source.send().await.unwrap();
    let wanted = desired(DELIVERIES[3]);
    let blocked = async || {
        let plan = bench.plan(&wanted, &Named::default()).await;
        plan.blocked.iter().map(|b| (b.address.to_string(), b.way_out.clone())).collect::<Vec<_>>()
    };
    let first = blocked().await;
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].0, "delivery_source/tier:basic/memory-logs");
    assert!(first[0].1.contains("one source of a type"), "{}", first[0].1);

    // Without theirs, but with a delivery of our source to another group.
    logs.delete_delivery_source().name("theirs").send().await.unwrap();
    bench.apply(&wanted, &Named::default()).await;
    let ours = logs.describe_deliveries().send().await.unwrap().deliveries.unwrap().remove(0);
    logs.delete_delivery().id(ours.id.unwrap()).send().await.unwrap();
    logs.create_log_group().log_group_name("theirs").send().await.unwrap();
    let group = "arn:aws:logs:us-east-1:111122223333:log-group:theirs";
    let group = sdk::DeliveryDestinationConfiguration::builder().destination_resource_arn(group).build().unwrap();
    let there = logs.put_delivery_destination().name("theirs").delivery_destination_configuration(group).send().await.unwrap();
    let there = there.delivery_destination.and_then(|d| d.arn).unwrap();
    logs.create_delivery().delivery_source_name(ours.delivery_source_name.unwrap()).delivery_destination_arn(there).send().await.unwrap();
    let second = blocked().await;
    assert_eq!(second.iter().map(|(address, _)| address.as_str()).collect::<Vec<_>>(), ["delivery/tier:basic/memory-logs"]);
}

#[tokio::test(start_paused = true)]
async fn x_rays_setting_is_made_once_and_never_taken_back() {
    let wanted = desired(|d| drop(a_trace_destination(d, "One")));
    // Somebody has set it already, and lets X-Ray write by a policy of another name: nothing to do.
    let bench = Bench::new();
    let aws = &bench.site.aws;
    let policy = r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"xray.amazonaws.com"},"Action":"logs:*","Resource":"*"}]}"#;
    aws.logs.put_resource_policy().policy_name("theirs").policy_document(policy).send().await.unwrap();
    aws.xray.update_trace_segment_destination().destination(TraceSegmentDestination::CloudWatchLogs).send().await.unwrap();
    while !matches!(aws.xray.get_trace_segment_destination().send().await.unwrap().status, Some(s) if s.as_str() == "ACTIVE") {}
    bench.is_settled(&wanted, "set by others").await;

    let bench = troubled(None, "lost=1");
    let plan = bench.plan(&wanted, &Named::default()).await;
    assert!(crate::plan::notes(&plan).iter().any(|note| note.contains("everybody")), "the plan says what it means for others");
    bench.apply(&wanted, &Named::default()).await;
    bench.is_settled(&wanted, "set").await;
    // As `destroy` plans it: X-Ray would write for nobody any more without the policy.
    let seen = live(&bench, &wanted).await;
    assert_eq!(seen.len(), 2);
    let plan = diff(&bench.site.names, &Desired::default(), &seen, &Named::default()).unwrap();
    assert!(plan.is_empty() && plan.kept.is_empty(), "{:?}", plan.changes);
    bench.apply(&Desired::default(), &Named::default()).await;
    let live = bench.site.aws.xray.get_trace_segment_destination().send().await.unwrap();
    assert_eq!(live.destination, Some(TraceSegmentDestination::CloudWatchLogs));
    bench.is_settled(&wanted, "still set").await;
}

#[tokio::test(start_paused = true)]
async fn an_eleventh_resource_policy_is_refused_with_a_way_out() {
    let bench = Bench::new();
    let policy = r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"es.amazonaws.com"},"Action":"logs:*","Resource":"*"}]}"#;
    for n in 0..10 {
        bench.site.aws.logs.put_resource_policy().policy_name(format!("p{n}")).policy_document(policy).send().await.unwrap();
    }
    let spec = LogPolicy { name: names().spans_policy(), document: PolicyDocument::parse(policy).unwrap() };
    let mark = Mark { platform: "acme".into(), address: "log_policy/platform/xray".parse().unwrap(), spec: String::new() };
    let step = Step { aws: &bench.site.aws, names: &bench.site.names, blobs: &bench.site.blobs, mark, tell: &|_| {} };
    let error = format!("{:#}", spec.create(&step).await.unwrap_err());
    assert!(error.contains("traces: off") && error.contains("LimitExceededException"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn who_wants_no_logs_needs_no_permission_to_list_them() {
    let denied = ["DescribeLogGroups", "DescribeDeliverySources", "DescribeDeliveryDestinations", "DescribeResourcePolicies"];
    let denied: Vec<String> = denied.iter().map(|action| format!("denied=logs:{action}")).collect();
    let bench = troubled(None, &format!("{},denied=xray:GetTraceSegmentDestination", denied.join(",")));
    assert!(live(&bench, &Desired::default()).await.is_empty());
    let wanted: [fn(&mut Desired); 3] = [|d| some_groups(d, None, "one"), |d| drop(a_trace_destination(d, "One")), DELIVERIES[3]];
    for variant in wanted {
        let seen = observe(&bench.site.aws, &bench.site.names, &desired(variant)).await;
        assert!(seen.is_err(), "what is wanted must be seen");
    }
}

#[test]
fn names_of_deliveries_fit_and_stay_apart() {
    let ids = [
        "healthcare_basic_memory-AbCdEf1234",
        "sixteencharacter_twelvelettrs_memory-AbCdEf1234",
        "sixteencharacter_twelvelettrs_memory-AbCdEf1235",
    ];
    let names: BTreeSet<String> =
        ids.iter().flat_map(|id| Delivered::ALL.into_iter().flat_map(move |d| [d.source(id), d.destination(id)])).collect();
    assert_eq!(names.len(), 12);
    assert!(names.iter().all(|name| name.len() <= 60), "{names:?}");
    assert!(names.contains("healthcare_basic_memory-AbCdEf1234-traces-destination"));
}
