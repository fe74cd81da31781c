//! What AWS has not finished, gave up on or is deleting, and what others have changed: all of it shows in the plan, and
//! one apply is enough.

use serde_json::{Value, json};

use super::*;

#[expect(clippy::disallowed_methods, reason = "the tests look into the sandbox's file")]
fn saved(folder: &std::path::Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("sandbox.json")).unwrap()).unwrap()
}

/// A sandbox whose state can be changed behind tenantry's back.
struct Tampered {
    bench: Bench,
    folder: tempfile::TempDir,
}

impl Tampered {
    async fn with(desired: &Desired) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tampered = Self { bench: Bench { site: site(folder.path(), "") }, folder };
        tampered.bench.apply(desired, &Named::default()).await;
        tampered
    }

    /// Does `change` to every place in the state that fits the path; `*` is any key.
    fn change(&mut self, path: &str, change: impl Fn(&mut Value)) {
        self.bench.site.aws.save().unwrap();
        let mut saved = saved(self.folder.path());
        let path: Vec<&str> = path.split('/').collect();
        assert!(visit(&mut saved["state"], &path, &change) > 0, "nothing at {path:?}");
        serde_json::to_writer(std::fs::File::create(self.folder.path().join("sandbox.json")).unwrap(), &saved).unwrap();
        self.bench.site = site(self.folder.path(), "");
    }

    /// Long enough that a slow machine has planned before AWS is done.
    fn status(&mut self, path: &str, now: &str, then: &str) {
        let ready_at = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64() + 4.0;
        self.change(path, |status| *status = json!({ "now": now, "then": then, "ready_at": ready_at, "seen": true }));
    }

    async fn planned(&self, desired: &Desired) -> Vec<(Action, String, Vec<String>)> {
        let plan = self.bench.plan(desired, &Named::default()).await;
        assert!(plan.blocked.is_empty(), "{:?}", plan.blocked);
        let fields = |c: &crate::plan::Change| c.fields.iter().map(|f| format!("{} {}", f.path, f.before)).collect();
        plan.changes.iter().map(|c| (c.action, c.address.kind().to_owned(), fields(c))).collect()
    }

    async fn is_put_right(&self, desired: &Desired) {
        self.bench.apply(desired, &Named::default()).await;
        self.bench.is_settled(desired, "after the apply").await;
    }
}

fn site(folder: &std::path::Path, faults: &str) -> Site {
    let sandbox = Arc::new(
        Sandbox::open(Some(crate::sandbox::Claim::untaken(&folder.join("sandbox.json"))), "111122223333", Faults::parse(faults).unwrap())
            .unwrap(),
    );
    Site { aws: Arc::new(Aws::sandbox(sandbox, &names().region)), names: names(), blobs: blobs() }
}

fn visit(value: &mut Value, path: &[&str], change: &impl Fn(&mut Value)) -> usize {
    match path.split_first() {
        None => {
            change(value);
            1
        }
        Some((&"*", rest)) => value.as_object_mut().into_iter().flat_map(|m| m.values_mut()).map(|inner| visit(inner, rest, change)).sum(),
        Some((key, rest)) => value.get_mut(*key).map_or(0, |inner| visit(inner, rest, change)),
    }
}

/// One of every kind that has a status.
fn all(desired: &mut Desired) {
    a_source(desired, "basic-tier/", 512);
    a_target(desired, "first", &["X-Tier"]);
    a_runtime(desired, an_image("1"), &[], "one");
    a_memory(desired, 90, &["facts"], "one");
}

const GATEWAYS: &str = "agentcore/regions/*/gateways/*";
const TARGETS: &str = "agentcore/regions/*/gateways/*/targets/*";
const RUNTIMES: &str = "agentcore/regions/*/runtimes/*";
const MEMORIES: &str = "agentcore/regions/*/memories/*";
const BASES: &str = "bedrock_agent/regions/*/bases/*";
const SOURCES: &str = "bedrock_agent/regions/*/bases/*/sources/*";

#[tokio::test(start_paused = true)]
async fn going_back_and_forth_ends_where_the_manifest_says() {
    let bench = Bench::new();
    for tag in ["1", "2", "1", "2", "1"] {
        let desired = desired(match tag {
            "1" => |d| drop(a_runtime(d, an_image("1"), &[], "one")),
            _ => |d| drop(a_runtime(d, an_image("2"), &[], "one")),
        });
        bench.apply(&desired, &Named::default()).await;
        bench.is_settled(&desired, tag).await;
    }
}

#[tokio::test]
async fn what_aws_is_still_creating_is_waited_for() {
    let desired = desired(all);
    let mut tampered = Tampered::with(&desired).await;
    for (path, then) in
        [(GATEWAYS, "READY"), (TARGETS, "READY"), (RUNTIMES, "READY"), (MEMORIES, "ACTIVE"), (BASES, "ACTIVE"), (SOURCES, "AVAILABLE")]
    {
        tampered.status(&format!("{path}/status"), "CREATING", then);
    }
    let planned = tampered.planned(&desired).await;
    assert_eq!(planned.len(), 6, "{planned:?}");
    for (action, _, fields) in planned {
        assert_eq!((action, fields), (Action::Update, vec![r#"unfinished "AWS is still creating it""#.to_owned()]));
    }
    tampered.is_put_right(&desired).await;
    tampered.bench.site.aws.save().unwrap();
    assert!(saved(tampered.folder.path()).to_string().contains(r#""current":1"#), "waiting made a new version of the runtime");
}

#[tokio::test]
async fn a_failed_update_is_tried_again() {
    let desired = desired(all);
    let mut tampered = Tampered::with(&desired).await;
    for (path, failed) in [
        (GATEWAYS, "UPDATE_UNSUCCESSFUL"),
        (TARGETS, "SYNCHRONIZE_UNSUCCESSFUL"),
        (RUNTIMES, "UPDATE_FAILED"),
        (BASES, "UPDATE_UNSUCCESSFUL"),
    ] {
        tampered.status(&format!("{path}/status"), failed, failed);
    }
    let planned = tampered.planned(&desired).await;
    assert_eq!(planned.len(), 4, "{planned:?}");
    for (action, _, fields) in planned {
        assert_eq!(action, Action::Update);
        assert!(fields.len() == 1 && fields[0].starts_with("unfinished \"AWS gave up on changing it"), "{fields:?}");
    }
    tampered.is_put_right(&desired).await;
}

#[tokio::test]
async fn what_could_not_be_created_is_made_anew_and_the_plan_says_why() {
    let desired = desired(all);
    let mut tampered = Tampered::with(&desired).await;
    tampered.status(&format!("{RUNTIMES}/status"), "CREATE_FAILED", "CREATE_FAILED");
    tampered.status(&format!("{TARGETS}/status"), "FAILED", "FAILED");
    let planned = tampered.planned(&desired).await;
    assert_eq!(planned.len(), 2, "{planned:?}");
    for (action, _, fields) in planned {
        assert_eq!(action, Action::Replace);
        assert_eq!(fields, [r#"failed "AWS gave up on creating it and gives no reason""#]);
    }
    tampered.is_put_right(&desired).await;
}

#[tokio::test]
async fn what_is_being_deleted_is_waited_for_and_made_anew() {
    let desired = desired(all);
    let mut tampered = Tampered::with(&desired).await;
    tampered.change(&format!("{GATEWAYS}/targets"), |targets| *targets = json!({}));
    tampered.change(&format!("{BASES}/sources"), |sources| *sources = json!({}));
    for path in [GATEWAYS, RUNTIMES, MEMORIES, BASES] {
        tampered.status(&format!("{path}/status"), "DELETING", "GONE");
    }
    let planned = tampered.planned(&desired).await;
    let actions: Vec<(Action, &str)> = planned.iter().map(|(action, kind, _)| (*action, kind.as_str())).collect();
    for expected in [
        (Action::Replace, "gateway"),
        (Action::Create, "gateway_target"),
        (Action::Replace, "runtime"),
        (Action::Create, "memory"),
        (Action::Replace, "knowledge_base"),
        (Action::Create, "data_source"),
    ] {
        assert!(actions.contains(&expected), "{expected:?} is not in {actions:?}");
    }
    tampered.is_put_right(&desired).await;
}

#[tokio::test]
async fn deleting_waits_for_what_is_in_transition() {
    let desired = desired(all);
    let mut tampered = Tampered::with(&desired).await;
    tampered.status(&format!("{TARGETS}/status"), "UPDATING", "READY");
    tampered.status(&format!("{RUNTIMES}/status"), "DELETING", "GONE");
    tampered.status(&format!("{SOURCES}/status"), "DELETING", "GONE");
    let named = Named { delete: desired.specs().keys().cloned().map(crate::plan::Which::One).collect(), ..Named::default() };
    tampered.bench.apply(&Desired::default(), &named).await;
    assert!(observe(&tampered.bench.site.aws, &names(), &desired).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_others_have_put_into_ours_is_left_alone() {
    let desired = desired(all);
    let mut tampered = Tampered::with(&desired).await;
    let double = |children: &mut Value, name: &str| {
        let mut other = children.as_object().unwrap().values().next().unwrap().clone();
        other["given"]["name"] = name.into();
        children["AAAAAAAAAA"] = other;
    };
    tampered.change(&format!("{GATEWAYS}/targets"), |targets| double(targets, "AcmeLambda-Basic2"));
    tampered.change(&format!("{BASES}/sources"), |sources| double(sources, "acme-basic-documents-of-others"));
    assert_eq!(tampered.planned(&desired).await, []);
    assert_eq!(observe(&tampered.bench.site.aws, &names(), &desired).await.unwrap().len(), desired.specs().len());
}

#[tokio::test]
async fn others_may_intercept_responses_and_nobody_else_requests() {
    let wanted = desired(|d| an_intercepted_gateway(d, "acme-interceptor", "one"));
    let mut tampered = Tampered::with(&wanted).await;
    let theirs = |points: &[&str]| {
        let lambda = json!({ "lambda": { "arn": "arn:aws:lambda:us-east-1:111122223333:function:theirs" } });
        json!({ "interceptor": lambda, "interceptionPoints": points })
    };
    let interceptors = format!("{GATEWAYS}/given/interceptorConfigurations");
    tampered.change(&interceptors, |all| all.as_array_mut().unwrap().push(theirs(&["RESPONSE"])));
    assert_eq!(tampered.planned(&wanted).await, []);

    let both = [("acme-other".to_owned(), "REQUEST".to_owned()), ("theirs".to_owned(), "RESPONSE".to_owned())];
    let other = desired(|d| an_intercepted_gateway(d, "acme-other", "two"));
    tampered.is_put_right(&other).await;
    assert_eq!(intercepting(&tampered.bench).await, both);

    tampered.change(&interceptors, |all| *all = json!([theirs(&["REQUEST", "RESPONSE"])]));
    let planned = tampered.planned(&other).await;
    assert!(planned.len() == 1 && planned[0].2.iter().any(|field| field.contains("function:theirs")), "{planned:?}");
    tampered.is_put_right(&other).await;
    assert_eq!(intercepting(&tampered.bench).await, both);

    let none = desired(|d| drop(a_gateway(d, None, "one", "one")));
    tampered.is_put_right(&none).await;
    assert_eq!(intercepting(&tampered.bench).await, both[1..]);
}

/// The functions that intercept the one gateway, with where they do.
async fn intercepting(bench: &Bench) -> Vec<(String, String)> {
    let client = &bench.site.aws.agentcore;
    let id = client.list_gateways().send().await.unwrap().items[0].gateway_id.clone();
    let live = client.get_gateway().gateway_identifier(id).send().await.unwrap().interceptor_configurations.unwrap_or_default();
    let mut found: Vec<(String, String)> = Vec::new();
    for one in live {
        let lambda = one.interceptor.unwrap().as_lambda().unwrap().arn.clone();
        let function = lambda.rsplit(':').next().unwrap().to_owned();
        found.extend(one.interception_points.iter().map(|point| (function.clone(), point.to_string())));
    }
    found.sort();
    found
}

#[tokio::test]
async fn what_nobody_wants_may_be_closed_to_us() {
    let all = desired(all);
    let tampered = Tampered::with(&all).await;
    tampered.bench.site.aws.save().unwrap();
    let closed = site(tampered.folder.path(), "denied=bedrock-agentcore:GetMemory");
    let others = desired(|d| drop(a_runtime(d, an_image("1"), &[], "one")));
    let live = observe(&closed.aws, &names(), &others).await.unwrap();
    assert!(live.keys().all(|a| a.kind() != Memory::NAME) && live.keys().any(|a| a.kind() == Runtime::NAME));
    assert!(observe(&closed.aws, &names(), &all).await.is_err(), "what is wanted has to be read");
}

#[test]
fn what_has_gone_since_it_was_listed_is_skipped() {
    let gone = crate::aws::AwsError::answered("ResourceNotFoundException", "", 404, None);
    assert!(Observe::details::<()>(Err(gone.into()), None).unwrap().is_none());
}

#[tokio::test]
async fn a_deletion_policy_that_wipes_vectors_is_put_back_and_never_used() {
    let desired = desired(all);
    let mut tampered = Tampered::with(&desired).await;
    let key = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000";
    tampered.change(&format!("{SOURCES}/given"), |given| {
        given["dataDeletionPolicy"] = "DELETE".into();
        given["serverSideEncryptionConfiguration"] = json!({ "kmsKeyArn": key });
    });
    let planned = tampered.planned(&desired).await;
    assert_eq!(planned, [(Action::Update, "data_source".to_owned(), vec![r#"deletion_policy "DELETE""#.to_owned()])]);
    tampered.is_put_right(&desired).await;
    tampered.change(&format!("{SOURCES}/given"), |given| {
        assert_eq!(given["serverSideEncryptionConfiguration"]["kmsKeyArn"], key, "the key of others was dropped");
        given["dataDeletionPolicy"] = "DELETE".into();
    });
    // Without role and vectors, a delete with this policy ends in DELETE_UNSUCCESSFUL.
    tampered.change("s3vectors/buckets/*/*/indexes", |indexes| *indexes = json!({}));
    let live = observe(&tampered.bench.site.aws, &names(), &desired).await.unwrap();
    let (address, found) = live.iter().find(|(a, _)| a.kind() == DataSource::NAME).unwrap();
    let mark = Mark { platform: "acme".into(), address: address.clone(), spec: String::new() };
    let step = Step { aws: &tampered.bench.site.aws, names: &names(), blobs: &blobs(), mark, tell: &|_| {} };
    super::super::kind(DataSource::NAME).unwrap().delete(&step, found).await.unwrap();
}

#[tokio::test]
async fn conditions_that_others_added_to_an_authorizer_show_before_they_go() {
    let desired = desired(all);
    let mut tampered = Tampered::with(&desired).await;
    tampered.change(&format!("{GATEWAYS}/given/authorizerConfiguration/customJWTAuthorizer"), |jwt| {
        jwt["allowedScopes"] = json!(["admin"]);
        jwt["customClaims"] = json!([
            {
                "inboundTokenClaimName": "custom:tier", "inboundTokenClaimValueType": "STRING",
                "authorizingClaimMatchValue": { "claimMatchValue": { "matchValueString": "premium" }, "claimMatchOperator": "EQUALS" },
            },
            {
                "inboundTokenClaimName": "custom:tier", "inboundTokenClaimValueType": "STRING_ARRAY",
                "authorizingClaimMatchValue": {
                    "claimMatchValue": { "matchValueStringList": ["basic"] }, "claimMatchOperator": "CONTAINS_ANY",
                },
            },
        ]);
    });
    let fields = [
        r#"authorizer.allowed_scopes ["admin"]"#,
        r#"authorizer.custom_claims.custom:tier "premium""#,
        r#"authorizer.other_claims ["custom:tier CONTAINS_ANY basic"]"#,
    ];
    assert_eq!(tampered.planned(&desired).await, [(Action::Update, "gateway".to_owned(), fields.map(Into::into).to_vec())]);
    tampered.is_put_right(&desired).await;
}

#[tokio::test]
async fn what_can_not_change_its_sort_is_replaced() {
    let desired = desired(all);
    let mut tampered = Tampered::with(&desired).await;
    tampered.change(&format!("{TARGETS}/given"), |given| {
        given["targetConfiguration"] = json!({ "mcp": { "mcpServer": { "endpoint": "https://example.com" } } });
    });
    let planned = tampered.planned(&desired).await;
    assert_eq!(planned.iter().map(|(a, k, _)| (*a, k.as_str())).collect::<Vec<_>>(), [(Action::Replace, "gateway_target")]);
    tampered.is_put_right(&desired).await;

    tampered.change(&format!("{GATEWAYS}/given"), |given| {
        given["authorizerType"] = "AWS_IAM".into();
        given.as_object_mut().unwrap().remove("authorizerConfiguration");
    });
    let planned = tampered.planned(&desired).await;
    assert!(planned.iter().any(|(a, k, _)| (*a, k.as_str()) == (Action::Replace, "gateway")), "{planned:?}");
}

#[tokio::test]
async fn what_others_let_through_to_a_target_survives_an_update() {
    let before = desired(|d| a_target(d, "first", &["X-Tier"]));
    let after = desired(|d| a_target(d, "second", &["X-Tier"]));
    let mut tampered = Tampered::with(&before).await;
    tampered.change(&format!("{TARGETS}/given/metadataConfiguration"), |metadata| {
        metadata["allowedResponseHeaders"] = json!(["X-Trace"]);
        metadata["allowedQueryParameters"] = json!(["page"]);
    });
    tampered.is_put_right(&after).await;
    tampered.change(&format!("{TARGETS}/given/metadataConfiguration"), |metadata| {
        assert_eq!((&metadata["allowedResponseHeaders"], &metadata["allowedQueryParameters"]), (&json!(["X-Trace"]), &json!(["page"])));
    });
}

#[tokio::test(start_paused = true)]
async fn of_two_knowledge_bases_only_our_own_twin_goes() {
    let desired = desired(|d| drop(a_base(d, None, "one")));
    let mut tampered = Tampered::with(&desired).await;
    let double = |bases: &mut Value, ours: &str| {
        let twin = bases.as_object().unwrap().values().next().unwrap().clone();
        let mut foreign = twin.clone();
        foreign["tags"] = json!({});
        bases["0000000000"] = foreign;
        bases[ours] = twin;
    };
    let (address, base) = a_declared_base(&tampered, &desired).await;
    let mark = tampered.mark(&address).await;
    tampered.change("bedrock_agent/regions/*/bases", |bases| double(bases, "ZZZZZZZZZZ"));
    // As if the reply had been lost: the same create again, under the very mark of the first.
    let (tell, blobs, names) = (|_: &str| {}, blobs(), names());
    let step = Step { aws: &tampered.bench.site.aws, names: &names, blobs: &blobs, mark, tell: &tell };
    let output = super::super::kind(KnowledgeBase::NAME).unwrap().create(&base, &step).await.unwrap();
    assert_ne!(output["id"], "0000000000");
    tampered.change("bedrock_agent/regions/*/bases", |bases| {
        let left: Vec<&str> =
            bases.as_object().unwrap().iter().filter(|(_, b)| b["status"]["now"] != "GONE").map(|(id, _)| id.as_str()).collect();
        assert_eq!(left, ["0000000000", output["id"].as_str().unwrap()]);
    });
}

/// The document of the knowledge base as it was applied.
async fn a_declared_base(tampered: &Tampered, desired: &Desired) -> (Address, Value) {
    let live = observe(&tampered.bench.site.aws, &names(), desired).await.unwrap();
    let (address, declared) = desired.iter().find(|(a, _)| a.kind() == KnowledgeBase::NAME).unwrap();
    let lookup = |slot: &crate::late::Slot| crate::plan::attribute(&live.get(&slot.address)?.output, &slot.attribute);
    (address.clone(), crate::late::fill(declared, &lookup))
}

impl Tampered {
    /// The mark that the last apply left.
    async fn mark(&self, address: &Address) -> Mark {
        let live = observe(&self.bench.site.aws, &names(), &Desired::default()).await.unwrap();
        match &live[address].mark {
            Ownership::Ours { spec: Some(spec) } => Mark { platform: "acme".into(), address: address.clone(), spec: spec.clone() },
            other => panic!("{other:?}"),
        }
    }
}

mod functions;
