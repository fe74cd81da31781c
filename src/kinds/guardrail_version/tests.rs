//! When a version is published, which ones stay, and that who refers to one learns of the next in the same apply.

use aws_sdk_bedrock::types as sdk;

use super::super::conformance::{Bench, a_guardrail, put, some_content};
use super::super::{Parameter, Protection};
use super::*;
use crate::desired::Desired;
use crate::plan::{Action, Named, Plan};
use crate::sandbox::Faults;

fn wanted(word: &str, stage: &str) -> Desired {
    let mut desired = Desired::default();
    let version = a_guardrail(&mut desired, &some_content(word), stage).at(&GuardrailVersion::VERSION);
    put(&mut desired, "x", &Parameter { name: "/app/acme/x".into(), protection: Protection::Plain, value: version });
    desired
}

async fn told(bench: &Bench) -> String {
    let reply = bench.site.aws.ssm.get_parameter().name("/app/acme/x").send().await.unwrap();
    reply.parameter.unwrap().value.unwrap()
}

async fn id(bench: &Bench) -> String {
    bench.site.aws.bedrock.list_guardrails().send().await.unwrap().guardrails.first().unwrap().id.clone()
}

/// What the parameter says after an apply, and the versions that are live then, the newest first.
async fn applied(bench: &Bench, desired: &Desired) -> (String, Vec<u32>) {
    bench.apply(desired, &Named::default()).await;
    bench.is_settled(desired, "after an apply").await;
    let live = list(&bench.site.aws, &id(bench).await).await.unwrap();
    (told(bench).await, live.into_iter().map(|(number, _)| number).collect())
}

fn changes(plan: &Plan) -> Vec<(Action, &str)> {
    plan.changes.iter().map(|c| (c.action, c.address.kind())).collect()
}

#[tokio::test(start_paused = true)]
async fn new_content_is_published_once_and_old_content_is_found_again() {
    let bench = Bench::new();
    assert_eq!(applied(&bench, &wanted("a", "one")).await, ("1".into(), vec![1]));
    // Tags are no content.
    assert_eq!(changes(&bench.plan(&wanted("a", "two"), &Named::default()).await), [(Action::Update, "guardrail")]);
    assert_eq!(applied(&bench, &wanted("a", "two")).await, ("1".into(), vec![1]));
    let plan = bench.plan(&wanted("b", "two"), &Named::default()).await;
    assert_eq!(changes(&plan), [(Action::Update, "guardrail"), (Action::Create, "guardrail_version"), (Action::Update, "parameter")]);
    assert_eq!(applied(&bench, &wanted("b", "two")).await, ("2".into(), vec![2, 1]));
    assert_eq!(applied(&bench, &wanted("a", "two")).await, ("1".into(), vec![2, 1]));
    for (word, number) in [("c", 3), ("d", 4)] {
        assert_eq!(applied(&bench, &wanted(word, "two")).await.0, number.to_string());
    }
    // The plan that publishes the fifth version changes nothing about what is old.
    assert_eq!(applied(&bench, &wanted("e", "two")).await, ("5".into(), vec![5, 4, 3, 2]));
    // The first is gone by now: its content is published anew.
    assert_eq!(applied(&bench, &wanted("a", "two")).await, ("6".into(), vec![6, 5, 4, 3]));
}

#[tokio::test(start_paused = true)]
async fn a_draft_that_somebody_weakened_is_put_right_and_nothing_is_published() {
    let bench = Bench::new();
    let desired = wanted("a", "one");
    applied(&bench, &desired).await;
    let off = sdk::GuardrailContentFilterConfig::builder()
        .r#type(sdk::GuardrailContentFilterType::PromptAttack)
        .input_strength(sdk::GuardrailFilterStrength::High)
        .output_strength(sdk::GuardrailFilterStrength::None)
        .input_enabled(false);
    let filters = sdk::GuardrailContentPolicyConfig::builder().filters_config(off.build().unwrap()).build().unwrap();
    let regex = sdk::GuardrailRegexConfig::builder().name("x").pattern("x").action(sdk::GuardrailSensitiveInformationAction::Block);
    let regexes = sdk::GuardrailSensitiveInformationPolicyConfig::builder().regexes_config(regex.build().unwrap()).build();
    let update = bench.site.aws.bedrock.update_guardrail().guardrail_identifier(id(&bench).await).name("acme-basic-guardrail");
    let update = update.blocked_input_messaging("no").blocked_outputs_messaging("not that").description("by hand");
    update.content_policy_config(filters).sensitive_information_policy_config(regexes).send().await.unwrap();

    let plan = bench.plan(&desired, &Named::default()).await;
    assert_eq!(changes(&plan), [(Action::Update, "guardrail")]);
    // AWS is still at work on what was done by hand, which is a field of its own.
    let fields = plan.changes.iter().flat_map(|c| &c.fields).map(|f| f.path.as_str());
    let fields: Vec<&str> = fields.filter(|path| *path != "unfinished").collect();
    assert_eq!(
        fields,
        [
            "content.filters.PROMPT_ATTACK.input",
            "content.filters.PROMPT_ATTACK.output",
            "content.managed_words",
            "content.others",
            "content.pii.EMAIL",
            "content.words"
        ]
    );
    assert_eq!(applied(&bench, &desired).await, ("1".into(), vec![1]));
    let now = bench.site.aws.bedrock.get_guardrail().guardrail_identifier(id(&bench).await).send().await.unwrap();
    assert_eq!(now.description.as_deref(), Some("by hand"));
}

#[tokio::test(start_paused = true)]
async fn a_draft_that_is_not_what_was_planned_is_not_published() {
    let bench = Bench::new();
    applied(&bench, &wanted("a", "one")).await;
    let guardrail = Late::known(id(&bench).await);
    let digest = some_content("b").digest().unwrap();
    let address = Address::new(GuardrailVersion::NAME, crate::address::Owner::Platform, "b");
    let mark = super::super::Mark { platform: "acme".into(), address, spec: String::new() };
    let (aws, names, blobs) = (&bench.site.aws, &bench.site.names, &bench.site.blobs);
    let step = Step { aws, names, blobs, mark, tell: &|_| {} };
    let version = GuardrailVersion { guardrail, name: "acme-basic-guardrail".into(), digest };
    let refused = version.create(&step).await.unwrap_err().to_string();
    assert!(refused.contains("is not what the plan says"), "{refused}");
    assert_eq!(list(aws, &id(&bench).await).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn lost_replies_make_no_twins() {
    let bench = Bench::with(Faults::parse("lost=0.5").unwrap());
    for (word, number) in [("a", 1), ("b", 2), ("c", 3)] {
        let (told, live) = applied(&bench, &wanted(word, word)).await;
        assert_eq!((told, live.len()), (number.to_string(), number));
    }
    assert_eq!(bench.site.aws.bedrock.list_guardrails().send().await.unwrap().guardrails.len(), 1);
    bench.apply(&Desired::default(), &Named::default()).await;
    assert!(bench.site.aws.bedrock.list_guardrails().send().await.unwrap().guardrails.is_empty());
}

#[test]
fn the_declared_version_is_seen_and_the_newest_others_are_kept() {
    let all: Vec<(u32, String)> = [(7, "c"), (6, "a"), (5, "d"), (4, "e"), (3, "f"), (2, "g"), (1, "c")].map(|(n, d)| (n, d.into())).into();
    let seen = |all: &[(u32, String)], wanted| {
        super::seen(all.to_vec(), &[wanted].into()).into_iter().map(|(number, _, place)| (number, place)).collect::<Vec<_>>()
    };
    let old = |number| (number, Place::Old);
    assert_eq!(seen(&all, "c"), [(7, Place::Declared), old(3), old(2), old(1)]);
    // Content of before is found again, and what is newer stays.
    assert_eq!(seen(&all, "g"), [(2, Place::Declared), old(4), old(3), old(1)]);
    // Publishing changes nothing about what is kept.
    let published: Vec<(u32, String)> = std::iter::once((8, "x".to_owned())).chain(all.clone()).collect();
    assert_eq!(seen(&published, "x")[1..], seen(&all, "x"));
    assert_eq!(seen(&all[5..], "g"), [(2, Place::Declared)]);
}
