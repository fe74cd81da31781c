//! What is not in the matrix: twins, other people's things beside ours, and what AWS answers on a bad day.

use aws_sdk_cognitoidentityprovider::types as cognito;

use super::*;
use crate::manifest::Mfa;
use crate::plan::Cause;

pub(super) fn troubled(file: Option<&std::path::Path>, faults: &str) -> Bench {
    let sandbox =
        Arc::new(Sandbox::open(file.map(crate::sandbox::Claim::untaken), "111122223333", Faults::parse(faults).unwrap()).unwrap());
    Bench { site: Site { aws: Arc::new(Aws::sandbox(sandbox, &names().region)), names: names(), blobs: blobs() } }
}

impl Bench {
    /// Puts another bench's plan into practice.
    async fn carry_out(&self, plan: Plan) {
        let steps = schedule(&plan);
        let (events, _) = tokio::sync::mpsc::unbounded_channel();
        let options = Options { jobs: 8, stop: tokio_util::sync::CancellationToken::new() };
        let outcome = apply(plan, steps, self.site.clone(), &options, events).await;
        assert!(outcome.failed.is_empty(), "{:?}", outcome.failed);
    }

    fn cognito(&self) -> &aws_sdk_cognitoidentityprovider::Client {
        &self.site.aws.cognito
    }

    async fn pools(&self) -> Vec<String> {
        let all = self.cognito().list_user_pools().max_results(60).send().await.unwrap().user_pools.unwrap();
        all.into_iter().filter_map(|p| p.id).collect()
    }

    async fn observed(&self, desired: &Desired) -> crate::observe::Live {
        observe(&self.site.aws, &self.site.names, desired).await.unwrap()
    }
}

fn a_pool_with(desired: &mut Desired, stage: &str) {
    let attributes = BTreeMap::from([("tier".to_owned(), Attribute { mutable: true, max_length: 64 })]);
    put(desired, "main", &UserPool::closed("AcmePool".into(), Mfa::Optional, attributes, tags(stage)));
}

#[tokio::test(start_paused = true)]
async fn a_create_that_is_begun_again_makes_no_twin() {
    let all = desired(|d| {
        a_client(d, 60, &["http://localhost:8501/"]);
        put(d, "main", &Project { name: "Acme-Basic".into(), tags: tags("one") });
    });
    for faults in [
        "busy=cognito-idp:SetUserPoolMfaConfig",
        "lost=1,busy=cognito-idp:ListUserPools",
        "lost=1,busy=cognito-idp:ListUserPools@2",
        "lost=1,busy=cognito-idp:ListUserPoolClients",
        "lost=1,busy=cognito-idp:ListUserPoolClients@2",
        "lost=1,busy=cognito-idp:DescribeUserPoolClient",
        "lost=1,busy=bedrock-mantle:ListProjects",
        "lost=1,busy=bedrock-mantle:ListProjects@2",
    ] {
        let bench = troubled(None, faults);
        bench.carry_out(Bench::new().plan(&all, &Named::default()).await).await;
        let pools = bench.pools().await;
        assert_eq!(pools.len(), 1, "{faults}: pools");
        let clients = bench.cognito().list_user_pool_clients().user_pool_id(&pools[0]).send().await.unwrap();
        assert_eq!(clients.user_pool_clients().len(), 1, "{faults}: clients");
        let projects = bench.site.aws.projects.list().await.unwrap();
        assert_eq!(projects.iter().filter(|p| p.name == "Acme-Basic").count(), 1, "{faults}: projects");
        bench.is_settled(&all, faults).await;
    }
}

#[tokio::test(start_paused = true)]
async fn attributes_whose_reply_is_lost_are_there() {
    let bench = troubled(None, "lost=1");
    for attributes in [&["tier"][..], &["tier", "role"]] {
        let mut wanted = Desired::default();
        a_pool(&mut wanted, attributes, Mfa::Off);
        bench.apply(&wanted, &Named::default()).await;
        bench.is_settled(&wanted, "after lost replies").await;
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_pools_the_older_keeps_the_address_and_the_other_is_shown() {
    let bench = Bench::new();
    let wanted = desired(|d| a_client(d, 60, &["http://localhost:8501/"]));
    bench.apply(&wanted, &Named::default()).await;
    let main = bench.pools().await.remove(0);
    let live = bench.cognito().describe_user_pool().user_pool_id(&main).send().await.unwrap().user_pool.unwrap();
    let mut twins = BTreeSet::new();
    for _ in 0..4 {
        let twin = bench.cognito().create_user_pool().pool_name("AcmePool").set_user_pool_tags(live.user_pool_tags.clone());
        twins.insert(format!("user_pool/platform/{}", twin.send().await.unwrap().user_pool.unwrap().id.unwrap()));
    }
    let plan = bench.plan(&wanted, &Named::default()).await;
    assert!(plan.is_empty() && plan.blocked.is_empty(), "{:?}", plan.changes);
    assert_eq!(plan.kept.iter().map(ToString::to_string).collect::<BTreeSet<_>>(), twins);
    assert_eq!(plan.outputs[&Address::new(UserPool::NAME, Owner::Platform, "main")]["id"], main.as_str());
    let named = Named { delete: twins.iter().map(|t| t.parse().unwrap()).collect(), ..Named::default() };
    bench.apply(&wanted, &named).await;
    assert_eq!(bench.pools().await, [main]);
}

#[tokio::test(start_paused = true)]
async fn other_peoples_things_in_our_pool_are_left_alone() {
    let bench = Bench::new();
    let wanted = desired(|d| a_client(d, 60, &["http://localhost:8501/"]));
    bench.apply(&wanted, &Named::default()).await;
    let pool = bench.pools().await.remove(0);
    bench.cognito().create_user_pool_client().user_pool_id(&pool).client_name("AcmeWebClientReports").send().await.unwrap();
    bench.cognito().create_resource_server().user_pool_id(&pool).identifier("other").name("AcmeOther").send().await.unwrap();
    bench.is_settled(&wanted, "with a client and a resource server of others").await;

    // One of theirs has the identifier that we want next.
    let server = |d: &mut Desired| {
        let pool = a_pool(d, &["tier"], Mfa::Off).at(&UserPool::ID);
        let server = ResourceServer { pool, identifier: "other".into(), name: "AcmeResourceServer".into(), scopes: BTreeMap::new() };
        put(d, "main", &server);
    };
    let plan = bench.plan(&desired(server), &Named::default()).await;
    assert_eq!(plan.blocked.iter().map(|b| b.address.to_string()).collect::<Vec<_>>(), ["resource_server/platform/main"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_hidden_from_us_and_not_wanted_stops_no_plan() {
    let bench = troubled(None, "denied=cognito-idp:DescribeUserPool,denied=s3:GetBucketTagging,denied=bedrock-mantle:ListProjects");
    let aws = &bench.site.aws;
    bench.cognito().create_user_pool().pool_name("AcmePool").send().await.unwrap();
    aws.s3.create_bucket().bucket("acme-data").send().await.unwrap();
    assert!(bench.observed(&Desired::default()).await.is_empty());

    let wanted: [fn(&mut Desired); 3] = [
        |d| drop(a_bucket(d, "one")),
        |d| drop(a_pool(d, &[], Mfa::Off)),
        |d| drop(put(d, "main", &Project { name: "Acme-Basic".into(), tags: tags("one") })),
    ];
    for variant in wanted {
        assert!(observe(aws, &bench.site.names, &desired(variant)).await.is_err(), "what is wanted must be seen");
    }
}

#[tokio::test(start_paused = true)]
async fn rotation_and_closed_flows_of_a_client_are_put_back() {
    let bench = Bench::new();
    let wanted = desired(|d| a_client(d, 60, &["http://localhost:8501/"]));
    bench.apply(&wanted, &Named::default()).await;
    let pool = bench.pools().await.remove(0);
    let clients = bench.cognito().list_user_pool_clients().user_pool_id(&pool).send().await.unwrap();
    let id = clients.user_pool_clients()[0].client_id().unwrap().to_owned();
    let rotation = cognito::RefreshTokenRotationType::builder().feature(cognito::FeatureType::Enabled).build().unwrap();
    let change = bench.cognito().update_user_pool_client().user_pool_id(&pool).client_id(&id).client_name("AcmeWebClient");
    let change = change.explicit_auth_flows(cognito::ExplicitAuthFlowsType::AllowUserSrpAuth).refresh_token_rotation(rotation);
    change.send().await.unwrap();
    bench.apply(&wanted, &Named::default()).await;
    bench.is_settled(&wanted, "after rotation").await;
}

#[tokio::test(start_paused = true)]
async fn a_working_domain_is_not_given_up_for_one_that_is_taken() {
    let bench = Bench::new();
    let domain = |d: &mut Desired, prefix: &str| {
        let pool = a_pool(d, &["tier"], Mfa::Off).at(&UserPool::ID);
        put(d, "main", &Domain { pool, prefix: prefix.into() });
    };
    let mut first = Desired::default();
    domain(&mut first, "acme-one");
    bench.apply(&first, &Named::default()).await;
    let other = bench.cognito().create_user_pool().pool_name("Other").send().await.unwrap().user_pool.unwrap().id.unwrap();
    bench.cognito().create_user_pool_domain().domain("acme-two").user_pool_id(&other).send().await.unwrap();
    let mut second = Desired::default();
    domain(&mut second, "acme-two");
    let plan = bench.plan(&second, &Named::default()).await;
    assert_eq!(plan.blocked.iter().map(|b| b.address.to_string()).collect::<Vec<_>>(), ["domain/platform/main"]);
    // Whoever destroys the platform still finds its domain.
    assert!(bench.observed(&second).await.contains_key(&"domain/platform/acme-one".parse().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn an_update_keeps_what_it_does_not_manage() {
    let bench = Bench::new();
    let pool_and_group = |d: &mut Desired, stage: &str| {
        a_pool_with(d, stage);
        let pool = Late::slot(Address::new(UserPool::NAME, Owner::Platform, "main"), "id");
        put(d, "admin", &Group { pool, name: "admin".into(), description: Some(stage.into()), precedence: None });
    };
    let (mut one, mut two) = (Desired::default(), Desired::default());
    pool_and_group(&mut one, "one");
    pool_and_group(&mut two, "two");
    bench.apply(&one, &Named::default()).await;
    let id = bench.pools().await.remove(0);
    let client = bench.cognito();
    let now = client.describe_user_pool().user_pool_id(&id).send().await.unwrap().user_pool.unwrap();
    let password = cognito::PasswordPolicyType::builder().minimum_length(12).password_history_size(5);
    let password = password.require_lowercase(true).require_uppercase(true).require_numbers(true).require_symbols(true);
    let policies = cognito::UserPoolPolicyType::builder().password_policy(password.temporary_password_validity_days(7).build()).build();
    let update = client.update_user_pool().user_pool_id(&id).policies(policies).set_user_pool_tags(now.user_pool_tags);
    let update = update.set_mfa_configuration(now.mfa_configuration).deletion_protection(cognito::DeletionProtectionType::Active);
    update.auto_verified_attributes(cognito::VerifiedAttributeType::PhoneNumber).send().await.unwrap();
    let mail = cognito::EmailMfaConfigType::builder().message("Your code is {####}").build();
    let token = cognito::SoftwareTokenMfaConfigType::builder().enabled(true).build();
    let keys = cognito::WebAuthnConfigurationType::builder().relying_party_id("acme.example").build();
    let mfa = client.set_user_pool_mfa_config().user_pool_id(&id).software_token_mfa_configuration(token).email_mfa_configuration(mail);
    mfa.web_authn_configuration(keys).mfa_configuration(cognito::UserPoolMfaType::Optional).send().await.unwrap();
    let role = "arn:aws:iam::111122223333:role/theirs";
    client.update_group().user_pool_id(&id).group_name("admin").description("one [tenantry]").role_arn(role).send().await.unwrap();

    bench.apply(&two, &Named::default()).await;
    bench.is_settled(&two, "after the update").await;
    let pool = client.describe_user_pool().user_pool_id(&id).send().await.unwrap().user_pool.unwrap();
    assert_eq!(pool.policies.and_then(|p| p.password_policy).and_then(|p| p.password_history_size), Some(5));
    assert_eq!(pool.auto_verified_attributes, Some(vec![cognito::VerifiedAttributeType::PhoneNumber]));
    let mfa = client.get_user_pool_mfa_config().user_pool_id(&id).send().await.unwrap();
    assert_eq!(mfa.email_mfa_configuration.and_then(|m| m.message).as_deref(), Some("Your code is {####}"));
    assert_eq!(mfa.web_authn_configuration.and_then(|w| w.relying_party_id).as_deref(), Some("acme.example"));
    let group = client.get_group().user_pool_id(&id).group_name("admin").send().await.unwrap().group.unwrap();
    assert_eq!(group.role_arn.as_deref(), Some(role));
}

#[tokio::test(start_paused = true)]
async fn a_roles_policies_are_read_to_the_last_page() {
    let bench = Bench::new();
    let wanted = desired(|d| drop(a_role(d, "runtime", "bedrock.amazonaws.com", "s3:GetObject", "one")));
    bench.apply(&wanted, &Named::default()).await;
    let policy = r#"{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
    for n in 0..101 {
        let put = bench.site.aws.iam.put_role_policy().role_name(names().role("runtime")).policy_name(format!("p{n}"));
        put.policy_document(policy).send().await.unwrap();
    }
    let live = bench.observed(&wanted).await;
    assert_eq!(live[&"role/platform/runtime".parse().unwrap()].spec["other_policies"].as_array().unwrap().len(), 101);
    bench.apply(&wanted, &Named::default()).await;
    bench.is_settled(&wanted, "with a hundred policies of others").await;
}

#[tokio::test(start_paused = true)]
async fn packed_code_may_take_longer_than_other_calls() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sandbox.json");
    let wanted = desired(|d| drop(an_object(d, "first")));
    let plan = {
        let bench = troubled(Some(&file), "");
        let bucket = desired(|d| drop(an_object(d, "first")));
        let mut plan = bench.plan(&bucket, &Named::default()).await;
        plan.changes.retain(|c| c.address.kind() == Bucket::NAME);
        bench.carry_out(plan).await;
        bench.site.aws.save().unwrap();
        bench.plan(&wanted, &Named::default()).await
    };
    assert_eq!(plan.changes.len(), 1);
    troubled(Some(&file), "latency=300s").carry_out(plan).await;
}

#[tokio::test(start_paused = true)]
async fn a_bucket_of_another_account_gets_nothing_of_ours() {
    let bench = Bench::new();
    bench.site.aws.s3.create_bucket().bucket(names().platform_bucket()).send().await.unwrap();
    // The same bucket name, from a platform that believes to be in another account.
    let elsewhere = Names { account: "444455556666".parse().unwrap(), ..names() };
    let bucket = elsewhere.platform_bucket();
    bench.site.aws.s3.create_bucket().bucket(&bucket).send().await.unwrap();
    let holder = crate::apply::lock::Holder { who: "x".into(), since: "now".into(), nonce: "n".into() };
    let aws = &bench.site.aws;
    assert!(crate::apply::lock::is_in_ours(aws, &elsewhere).await.is_err());
    assert!(crate::apply::lock::take(aws, &elsewhere, &holder).await.is_err());
    assert!(
        crate::apply::record::keep(
            aws,
            &elsewhere,
            &holder,
            crate::apply::record::Agreed { checksum: "", saved: None, breaches: &std::collections::BTreeMap::new() },
            &Outcome::default()
        )
        .await
        .is_err()
    );
    let mark = Mark { platform: "acme".into(), address: "object/platform/x".parse().unwrap(), spec: String::new() };
    let step = Step { aws, names: &elsewhere, blobs: &bench.site.blobs, mark, tell: &|_| {} };
    let digest = crate::secret::digest(b"first");
    assert!(Object { bucket: Late::known(&bucket), key: "artifacts/x.zip".into(), digest }.create(&step).await.is_err());
    assert!(Prefix { bucket: Late::known(&bucket), prefix: "basic-tier/x/".into(), left: false }.create(&step).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_secret_changed_behind_our_back_is_drift_and_stays_secret() {
    let bench = Bench::new();
    let wanted = desired(|d| {
        let (pool, identifier) = a_server(d, &["read"]);
        let client = Client {
            pool,
            name: "AcmeMachineClient".into(),
            kind: ClientKind::Confidential,
            flows: ["client_credentials".to_owned()].into(),
            scopes: [Late::concat([identifier, Late::known("/read")])].into(),
            ..Client::closed()
        };
        let secret = put(d, "machine", &client).at(&Client::SECRET);
        put(d, "secret", &Parameter { name: "/app/acme/secret".into(), protection: Protection::Secret, value: secret });
        put(d, "plain", &Parameter { name: "/app/acme/plain".into(), protection: Protection::Plain, value: "right".into() });
    });
    bench.apply(&wanted, &Named::default()).await;
    bench.is_settled(&wanted, "with a secret").await;
    for name in ["/app/acme/secret", "/app/acme/plain"] {
        bench.site.aws.ssm.put_parameter().name(name).value("hunter2").overwrite(true).send().await.unwrap();
    }
    let plan = bench.plan(&wanted, &Named::default()).await;
    assert_eq!(plan.changes.iter().map(|c| c.cause).collect::<Vec<_>>(), [Cause::Drift, Cause::Drift]);
    let secret: Vec<String> = plan.changes.iter().filter(|c| c.address.label() == "secret").map(|c| format!("{c:?}")).collect();
    assert!(secret.len() == 1 && !secret[0].contains("hunter2"), "{secret:?}");
    bench.apply(&wanted, &Named::default()).await;
    bench.is_settled(&wanted, "after the secret was put back").await;
}
