//! The API's kinds on bad days: lost replies, throttles, other people's settings, and drift that callers would notice.

use aws_sdk_apigateway::types::{Op, PatchOperation};

use super::*;
use crate::plan::Cause;

fn troubled(faults: &str) -> Bench {
    Bench::with(Faults::parse(faults).unwrap())
}

fn whole() -> Desired {
    desired(|d| {
        a_stage(d, "prod", LAMBDA, Some("status"), "one");
        let plan = a_plan(d, "basic", "prod", 2.0, a_quota(50, "DAY")).at(&UsagePlan::ID);
        put(d, "main", &ApiKey { name: "acme-main-key".into(), enabled: true, plans: [plan].into() });
    })
}

fn client(bench: &Bench) -> &aws_sdk_apigateway::Client {
    &bench.site.aws.apigateway
}

#[tokio::test(start_paused = true)]
async fn lost_replies_and_throttles_make_no_twins() {
    for faults in [
        "lost=1",
        "lost=0.5,throttle=0.3,errors=0.2",
        "lost=1,busy=apigateway:GetRestApis@2",
        "lost=1,busy=apigateway:GetApiKeys@2",
        "busy=apigateway:UpdateUsagePlan",
    ] {
        let bench = troubled(faults);
        bench.apply(&whole(), &Named::default()).await;
        bench.is_settled(&whole(), faults).await;
        let client = client(&bench);
        let api = client.get_rest_apis().send().await.unwrap().items.unwrap();
        assert_eq!(api.len(), 1, "{faults}");
        assert_eq!(client.get_usage_plans().send().await.unwrap().items().len(), 1, "{faults}");
        assert_eq!(client.get_api_keys().send().await.unwrap().items().len(), 1, "{faults}");
        let deployments = client.get_deployments().rest_api_id(api[0].id().unwrap()).send().await.unwrap();
        assert_eq!(deployments.items().len(), 1, "{faults}");

        let other = desired(|d| {
            a_stage(d, "prod", &format!("{LAMBDA}:live"), None, "two");
            let plan = a_plan(d, "basic", "prod", 10.0, None).at(&UsagePlan::ID);
            put(d, "main", &ApiKey { name: "acme-main-key".into(), enabled: false, plans: [plan].into() });
        });
        bench.apply(&other, &Named::default()).await;
        bench.is_settled(&other, faults).await;
        bench.apply(&Desired::default(), &Named::default()).await;
        bench.is_settled(&Desired::default(), faults).await;
    }
}

/// As many keys of one plan, each published.
fn keys(most: usize) -> Desired {
    let mut all = Desired::default();
    a_stage(&mut all, "prod", LAMBDA, None, "one");
    let plan = a_plan(&mut all, "basic", "prod", 2.0, None).at(&UsagePlan::ID);
    for n in 0..most {
        let label = format!("k{n:03}");
        let key = put(&mut all, &label, &ApiKey { name: format!("acme-{label}-key"), enabled: n > 0, plans: [plan.clone()].into() });
        let value = key.at(&ApiKey::VALUE);
        put(&mut all, &label, &Parameter { name: format!("/app/acme/{label}"), protection: Protection::Secret, value });
    }
    all
}

#[tokio::test(start_paused = true)]
async fn keys_come_in_together_and_never_twice() {
    let alone = "denied=apigateway:CreateApiKey,denied=apigateway:CreateUsagePlanKey";
    for faults in [alone, "lost=1", "denied=apigateway:ImportApiKeys", "lost=0.3,throttle=0.1", "lost=1,busy=apigateway:ImportApiKeys@2"] {
        let (bench, wanted) = (troubled(faults), keys(130));
        bench.apply(&wanted, &Named::default()).await;
        bench.is_settled(&wanted, faults).await;
        let mut live = Vec::new();
        let mut pages = client(&bench).get_api_keys().include_values(true).into_paginator().items().send();
        while let Some(key) = pages.next().await {
            live.push(key.unwrap());
        }
        assert_eq!(live.len(), 130, "{faults}");
        assert_eq!(live.iter().filter(|key| key.enabled).count(), 129, "{faults}");
        let values: BTreeSet<&str> = live.iter().filter_map(|key| key.value()).collect();
        assert_eq!(values.len(), 130, "{faults}");
        let one = live.iter().find(|key| key.name() == Some("acme-k007-key")).unwrap();
        let stored = bench.site.aws.ssm.get_parameter().name("/app/acme/k007").with_decryption(true).send().await.unwrap();
        assert_eq!(stored.parameter.unwrap().value, one.value, "{faults}");
    }
}

#[tokio::test(start_paused = true)]
async fn keys_that_were_imported_go_like_any_other() {
    let bench = Bench::new();
    bench.apply(&keys(3), &Named::default()).await;
    let fewer = keys(2);
    bench.apply(&fewer, &Named::default()).await;
    bench.is_settled(&fewer, "after a key has gone").await;
    bench.apply(&Desired::default(), &Named::default()).await;
    assert!(client(&bench).get_api_keys().send().await.unwrap().items().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_sandbox_imports_all_keys_of_a_file_or_none() {
    use aws_sdk_apigateway::primitives::Blob;
    let bench = Bench::new();
    bench.apply(&keys(0), &Named::default()).await;
    let client = client(&bench);
    let plan = client.get_usage_plans().send().await.unwrap().items.unwrap().remove(0).id.unwrap();
    let import = |file: String, strict: bool| {
        let import = client.import_api_keys().format(aws_sdk_apigateway::types::ApiKeysFormat::Csv).fail_on_warnings(strict);
        import.body(Blob::new(file)).send()
    };
    let good = "first,abcdefghij0123456789";
    let file = format!("NAME,key,other,usagePlanIds\n{good},x,\"{plan}\"\nsecond,short,x,\nthird,zbcdefghij0123456789,x,nowhere\n");
    assert!(import(file.clone(), true).await.is_err());
    assert!(client.get_api_keys().send().await.unwrap().items().is_empty(), "all or none");
    let first = import(file.clone(), false).await.unwrap();
    assert_eq!((first.ids().len(), first.warnings().len()), (1, 2));
    let again = import(file, false).await.unwrap();
    assert_eq!(again.ids(), first.ids(), "a key is its value");
    let key = client.get_usage_plan_keys().usage_plan_id(&plan).send().await.unwrap().items.unwrap().remove(0);
    assert_eq!(key.value(), Some("abcdefghij0123456789"));
    assert!(import("key\nabcdefghij0123456789\n".into(), false).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_log_role_stays_and_one_that_is_gone_is_replaced() {
    let bench = Bench::new();
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let role = bench.site.aws.iam.create_role().role_name("shared-logs").assume_role_policy_document(trust).send().await.unwrap();
    let arn = role.role.unwrap().arn;
    let patch = PatchOperation::builder().op(Op::Replace).path("/cloudwatchRoleArn").value(&arn).build();
    client(&bench).update_account().patch_operations(patch).send().await.unwrap();
    let set = async || client(&bench).get_account().send().await.unwrap().cloudwatch_role_arn.unwrap();

    bench.apply(&whole(), &Named::default()).await;
    bench.is_settled(&whole(), "with somebody else's role").await;
    assert_eq!(set().await, arn);

    bench.site.aws.iam.delete_role().role_name("shared-logs").send().await.unwrap();
    bench.apply(&whole(), &Named::default()).await;
    let ours = names().role_arn(&names().role(crate::names::API_LOG_ROLE)).to_string();
    assert_eq!(set().await, ours);

    bench.apply(&Desired::default(), &Named::default()).await;
    assert_eq!(set().await, ours, "others may count on it");
    bench.is_settled(&Desired::default(), "while the account names our role").await;
    // As `destroy` looks: for everything that the manifest names.
    let live = observe(&bench.site.aws, &names(), &whole()).await.unwrap();
    assert!(diff(&names(), &Desired::default(), &live, &Named::default()).unwrap().is_empty());
    let plan = bench.plan(&Desired::default(), &Named::default()).await;
    assert_eq!(plan.kept.iter().map(ToString::to_string).collect::<Vec<_>>(), ["role/platform/api-logs"]);
    let note = crate::plan::notes(&plan).join("\n");
    assert!(note.contains("role/platform/api-logs stays: API Gateway writes the access logs of every API"), "{note}");
    assert!(bench.site.aws.iam.get_role().role_name(names().role("api-logs")).send().await.is_ok());

    // Nobody uses it any more.
    let remove = PatchOperation::builder().op(Op::Remove).path("/cloudwatchRoleArn").build();
    client(&bench).update_account().patch_operations(remove).send().await.unwrap();
    bench.apply(&Desired::default(), &Named::default()).await;
    assert!(bench.site.aws.iam.get_role().role_name(names().role("api-logs")).send().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_method_opened_and_deployed_by_hand_is_closed_again() {
    let bench = Bench::new();
    bench.apply(&whole(), &Named::default()).await;
    let api = client(&bench).get_rest_apis().send().await.unwrap().items.unwrap().remove(0).id.unwrap();
    let resources = client(&bench).get_resources().rest_api_id(&api).embed("methods").send().await.unwrap().items.unwrap();
    let resource = resources.iter().find(|r| r.path() == Some("/runtimes/{proxy+}")).unwrap();
    let open = PatchOperation::builder().op(Op::Replace).path("/apiKeyRequired").value("false").build();
    let update = client(&bench).update_method().rest_api_id(&api).resource_id(resource.id().unwrap()).http_method("POST");
    update.patch_operations(open).send().await.unwrap();
    let deployment = client(&bench).create_deployment().rest_api_id(&api).send().await.unwrap().id.unwrap();
    let moved = PatchOperation::builder().op(Op::Replace).path("/deploymentId").value(&deployment).build();
    client(&bench).update_stage().rest_api_id(&api).stage_name("prod").patch_operations(moved).send().await.unwrap();

    let plan = bench.plan(&whole(), &Named::default()).await;
    let changed: Vec<(&str, Cause)> = plan.changes.iter().map(|c| (c.address.kind(), c.cause)).collect();
    assert_eq!(changed, [("rest_api", Cause::Drift), ("stage", Cause::Drift)]);
    bench.apply(&whole(), &Named::default()).await;
    bench.is_settled(&whole(), "after it was opened").await;
    let stage = client(&bench).get_stage().rest_api_id(&api).stage_name("prod").send().await.unwrap();
    let served = client(&bench).get_deployment().rest_api_id(&api).deployment_id(stage.deployment_id.unwrap()).embed("apisummary");
    let served = served.send().await.unwrap().api_summary.unwrap();
    assert!(served["/runtimes/{proxy+}"]["POST"].api_key_required);
}

#[tokio::test(start_paused = true)]
async fn a_canary_a_log_of_requests_and_a_cache_are_taken_off_the_stage() {
    let bench = Bench::new();
    bench.apply(&whole(), &Named::default()).await;
    let api = client(&bench).get_rest_apis().send().await.unwrap().items.unwrap().remove(0).id.unwrap();
    let deployment = client(&bench).create_deployment().rest_api_id(&api).send().await.unwrap().id.unwrap();
    let set = |path: &str, value: &str| PatchOperation::builder().op(Op::Replace).path(path).value(value).build();
    let update = client(&bench).update_stage().rest_api_id(&api).stage_name("prod");
    let update = update.patch_operations(set("/canarySettings/deploymentId", &deployment));
    let update = update.patch_operations(set("/canarySettings/percentTraffic", "50"));
    let update = update.patch_operations(set("/*/*/logging/dataTrace", "true"));
    update.patch_operations(set("/~1runtimes~1{proxy+}/POST/caching/enabled", "true")).send().await.unwrap();

    let plan = bench.plan(&whole(), &Named::default()).await;
    let changed: Vec<(&str, Cause)> = plan.changes.iter().map(|c| (c.address.kind(), c.cause)).collect();
    assert_eq!(changed, [("stage", Cause::Drift)]);
    bench.apply(&whole(), &Named::default()).await;
    bench.is_settled(&whole(), "after what was set by hand").await;
    let stage = client(&bench).get_stage().rest_api_id(&api).stage_name("prod").send().await.unwrap();
    assert!(stage.canary_settings.is_none());
    assert!(stage.method_settings.unwrap().values().all(|set| !set.data_trace_enabled && !set.caching_enabled));
}

#[tokio::test(start_paused = true)]
async fn a_key_keeps_its_value_when_it_moves_and_plans_never_show_it() {
    let bench = Bench::new();
    let (basic, premium) = (desired(|d| an_api_key(d, "basic", true)), desired(|d| an_api_key(d, "premium", true)));
    bench.apply(&basic, &Named::default()).await;
    let key = async || client(&bench).get_api_keys().include_values(true).send().await.unwrap().items.unwrap().remove(0);
    let before = key().await;
    let plan = bench.plan(&premium, &Named::default()).await;
    let shown: Vec<String> = plan.changes.iter().map(|c| format!("{:?} {:?}", c.fields, c.desired)).collect();
    assert!(!shown.concat().contains(before.value().unwrap()), "{shown:?}");
    assert_eq!(plan.changes.iter().map(|c| c.address.kind()).collect::<Vec<_>>(), ["api_key"]);
    bench.apply(&premium, &Named::default()).await;
    assert_eq!(key().await.value, before.value);
    let plans = client(&bench).get_usage_plans().key_id(before.id.unwrap()).send().await.unwrap().items.unwrap();
    assert_eq!(plans.iter().filter_map(|p| p.name()).collect::<Vec<_>>(), ["acme-premium-plan"]);
    let stored = bench.site.aws.ssm.get_parameter().name("/app/acme/api_key").with_decryption(true).send().await.unwrap();
    assert_eq!(stored.parameter.unwrap().value, before.value);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_imported_is_known_by_its_description() {
    let bench = Bench::new();
    let wanted = whole();
    bench.apply(&wanted, &Named::default()).await;
    let key = client(&bench).get_api_keys().send().await.unwrap().items.unwrap().remove(0);
    let words: Vec<String> = key.tags().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let id = key.id().unwrap();
    client(&bench).delete_api_key().api_key(id).send().await.unwrap();
    client(&bench).create_api_key().name("acme-main-key").description(words.join(" ")).enabled(true).send().await.unwrap();
    let plan = bench.plan(&wanted, &Named::default()).await;
    let fields: Vec<&str> = plan.changes.iter().flat_map(|c| c.fields.iter().map(|f| f.root())).collect();
    assert_eq!(fields, ["plans"]);
    bench.apply(&wanted, &Named::default()).await;
    bench.is_settled(&wanted, "after an import").await;
}

#[tokio::test(start_paused = true)]
async fn the_sandbox_refuses_what_api_gateway_refuses() {
    let bench = Bench::new();
    let wanted = desired(|d| an_api_key(d, "basic", true));
    bench.apply(&wanted, &Named::default()).await;
    let client = client(&bench);
    let plans = client.get_usage_plans().send().await.unwrap().items.unwrap();
    let id = |name: &str| plans.iter().find(|p| p.name() == Some(name)).and_then(|p| p.id()).unwrap().to_owned();
    let key = client.get_api_keys().send().await.unwrap().items.unwrap().remove(0).id.unwrap();
    let said = |error: &dyn std::fmt::Debug| format!("{error:?}");

    let join = client.create_usage_plan_key().usage_plan_id(id("acme-premium-plan")).key_id(&key).key_type("API_KEY");
    assert!(said(&join.send().await.unwrap_err()).contains("ConflictException"));
    let delete = client.delete_usage_plan().usage_plan_id(id("acme-basic-plan")).send().await;
    assert!(said(&delete.unwrap_err()).contains("associated with API stages"));
    let api = client.create_rest_api().name("acme-api").send().await.unwrap().id.unwrap();
    assert!(said(&client.create_deployment().rest_api_id(&api).send().await.unwrap_err()).contains("doesn't contain any methods"));
    let stage = client.create_stage().rest_api_id(&api).stage_name("prod").deployment_id("x").send().await;
    assert!(said(&stage.unwrap_err()).contains("Deployment id does not exist"));
    let short = client.create_api_key().value("short").send().await;
    assert!(said(&short.unwrap_err()).contains("at least 20"));
    bench.is_settled(&wanted, "beside an API of the same name").await;
}
