//! Resource policies of runtimes: what others do to them, and what AgentCore refuses.

use aws_sdk_bedrockagentcorecontrol::error::ProvideErrorMetadata;

use super::*;

const ASK: &str = "bedrock-agentcore:InvokeAgentRuntime";

fn wanted() -> Desired {
    desired(|d| some_policies(d, ASK, true))
}

fn client(bench: &Bench) -> &aws_sdk_bedrockagentcorecontrol::Client {
    &bench.site.aws.agentcore
}

async fn runtime(bench: &Bench) -> (String, String) {
    let all = client(bench).list_agent_runtimes().send().await.unwrap().agent_runtimes;
    let [one] = all.as_slice() else { panic!("{all:?}") };
    (one.agent_runtime_id.clone(), one.agent_runtime_arn.clone())
}

async fn planned(bench: &Bench) -> Vec<(Action, String)> {
    let plan = bench.plan(&wanted(), &Named::default()).await;
    plan.changes.iter().map(|c| (c.action, c.address.to_string())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_is_opened_or_taken_away_is_seen_and_put_back() {
    let bench = Bench::new();
    bench.apply(&wanted(), &Named::default()).await;
    let (_, arn) = runtime(&bench).await;
    let endpoint = format!("{arn}/runtime-endpoint/DEFAULT");
    let open = serde_json::json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": "*", "Action": "bedrock-agentcore:*", "Resource": arn },
    ] });
    client(&bench).put_resource_policy().resource_arn(&arn).policy(open.to_string()).send().await.unwrap();
    client(&bench).delete_resource_policy().resource_arn(&endpoint).send().await.unwrap();
    let changes = planned(&bench).await;
    let put_back = [(Action::Update, "resource_policy/platform/runtime"), (Action::Create, "resource_policy/platform/endpoint")];
    assert_eq!(changes.len(), 2, "{changes:?}");
    for (action, address) in put_back {
        assert!(changes.contains(&(action, address.to_owned())), "{changes:?}");
    }
    bench.apply(&wanted(), &Named::default()).await;
    bench.is_settled(&wanted(), "put back").await;
    let held = client(&bench).get_resource_policy().resource_arn(&endpoint).send().await.unwrap().policy.unwrap();
    assert!(held.contains(ASK) && held.contains(&endpoint), "{held}");
}

#[tokio::test(start_paused = true)]
async fn a_policy_goes_with_its_runtime_and_the_next_one_gets_its_own() {
    let bench = Bench::new();
    bench.apply(&wanted(), &Named::default()).await;
    let (id, before) = runtime(&bench).await;
    client(&bench).delete_agent_runtime().agent_runtime_id(&id).send().await.unwrap();
    bench.apply(&wanted(), &Named::default()).await;
    bench.is_settled(&wanted(), "made anew").await;
    let (_, after) = runtime(&bench).await;
    assert_ne!(before, after);
    for endpoint in ["", "/runtime-endpoint/DEFAULT"] {
        let gone = client(&bench).get_resource_policy().resource_arn(format!("{before}{endpoint}")).send().await.unwrap_err();
        assert_eq!(gone.code(), Some("ResourceNotFoundException"));
        let held = client(&bench).get_resource_policy().resource_arn(format!("{after}{endpoint}")).send().await.unwrap();
        assert!(held.policy.unwrap().contains(&format!("{after}{endpoint}")));
    }
}

#[tokio::test(start_paused = true)]
async fn what_agentcore_refuses_the_sandbox_refuses() {
    let bench = Bench::new();
    bench.apply(&wanted(), &Named::default()).await;
    let (_, arn) = runtime(&bench).await;
    let policy = |sid: &str| {
        serde_json::json!({ "Version": "2012-10-17", "Statement": [
            { "Sid": sid, "Effect": "Allow", "Principal": "*", "Action": ASK, "Resource": "*" },
        ] })
        .to_string()
    };
    let empty = policy("").len();
    let other = arn.replace("acme_basic", "acme_other");
    let memory = "arn:aws:bedrock-agentcore:us-east-1:111122223333:memory/acme_basic_memory-aaaaaaaaaa".to_owned();
    let refused = [
        (other.clone(), policy("a"), "ResourceNotFoundException"),
        (format!("{arn}/runtime-endpoint/PROD"), policy("a"), "ResourceNotFoundException"),
        (format!("{other}/runtime-endpoint/DEFAULT"), policy("a"), "ResourceNotFoundException"),
        (memory, policy("a"), "ValidationException"),
        (arn.clone(), "{}".into(), "ValidationException"),
        (arn.clone(), policy("a").replace("Principal", "Principals"), "ValidationException"),
        (arn.clone(), policy(&"a".repeat(20_481 - empty)), "ValidationException"),
    ];
    for (resource, policy, code) in refused {
        let refusal = client(&bench).put_resource_policy().resource_arn(&resource).policy(policy).send().await.unwrap_err();
        assert_eq!(refusal.code(), Some(code), "{resource}: {refusal:?}");
    }
    client(&bench).put_resource_policy().resource_arn(&arn).policy(policy(&"a".repeat(20_480 - empty))).send().await.unwrap();
}
