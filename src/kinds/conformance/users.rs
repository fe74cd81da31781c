//! Users on a bad day, and beside those that other people made.

use super::*;
use crate::plan::Cause;

const ANN: (&str, &str, &str, &str) = ("ann@one.com", "one-clinic", "basic", "nurse");

fn ann() -> Desired {
    desired(|d| some_users(d, &[ANN]))
}

impl Bench {
    async fn pool_of_users(&self) -> String {
        let pools = self.site.aws.cognito.list_user_pools().max_results(60).send().await.unwrap();
        pools.user_pools()[0].id.clone().unwrap()
    }

    async fn users(&self) -> Vec<aws_sdk_cognitoidentityprovider::types::UserType> {
        let list = self.site.aws.cognito.list_users().user_pool_id(self.pool_of_users().await).limit(60);
        list.send().await.unwrap().users.unwrap()
    }

    /// Sets an attribute as an administrator would.
    async fn set(&self, email: &str, name: &str, value: &str) {
        let attribute = aws_sdk_cognitoidentityprovider::types::AttributeType::builder().name(name).value(value).build().unwrap();
        let update = self.site.aws.cognito.admin_update_user_attributes().user_pool_id(self.pool_of_users().await).username(email);
        update.user_attributes(attribute).send().await.unwrap();
    }
}

fn of(users: &[aws_sdk_cognitoidentityprovider::types::UserType], name: &str) -> Vec<Option<String>> {
    users.iter().map(|u| u.attributes().iter().find(|a| a.name == name).and_then(|a| a.value.clone())).collect()
}

#[tokio::test(start_paused = true)]
async fn throttles_and_lost_replies_make_no_second_user_and_leave_none_behind() {
    for faults in ["throttle=0.3", "lost=1", "errors=0.3", "lost=1,busy=cognito-idp:AdminGetUser", "busy=cognito-idp:AdminCreateUser"] {
        let bench = Bench::with(Faults::parse(faults).unwrap());
        let both = desired(|d| some_users(d, &[ANN, ("ben@two.com", "two-clinic", "basic", "nurse")]));
        for wanted in [&both, &desired(|d| some_users(d, &[("ann@one.com", "one-clinic", "premium", "nurse")])), &both] {
            bench.apply(wanted, &Named::default()).await;
            bench.is_settled(wanted, faults).await;
        }
        assert_eq!(bench.users().await.len(), 2, "{faults}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_of_somebody_elses_is_in_the_way_until_it_is_adopted() {
    let bench = Bench::new();
    bench.apply(&desired(|d| some_users(d, &[])), &Named::default()).await;
    let pool = bench.pool_of_users().await;
    for email in ["Ann@One.com", "self-made@one.com"] {
        let create = bench.site.aws.cognito.admin_create_user().user_pool_id(&pool).username(email);
        let clinic = aws_sdk_cognitoidentityprovider::types::AttributeType::builder().name("custom:clinic_id").value("one-clinic");
        create.user_attributes(clinic.build().unwrap()).send().await.unwrap();
    }
    let plan = bench.plan(&ann(), &Named::default()).await;
    assert_eq!(plan.blocked.iter().map(|b| b.address.to_string()).collect::<Vec<_>>(), ["user/tenant:one-clinic/ann@one.com"]);
    assert!(plan.blocked[0].way_out.contains("Name=custom:tenantry,Value=adopted"), "{:?}", plan.blocked);
    bench.set("ann@one.com", "custom:tenantry", "adopted").await;
    bench.apply(&ann(), &Named::default()).await;
    bench.is_settled(&ann(), "adopted").await;
    // Nobody but whom we wanted was touched, then or when the tenant leaves.
    bench.apply(&desired(|d| some_users(d, &[])), &Named::default()).await;
    let users = bench.users().await;
    let mut enabled: Vec<_> = of(&users, "email").into_iter().zip(users.iter().map(|u| u.enabled)).collect();
    enabled.sort();
    assert_eq!(enabled, [(Some("Ann@One.com".into()), false), (Some("self-made@one.com".into()), true)]);
}

#[tokio::test(start_paused = true)]
async fn claims_that_somebody_else_changed_are_told_and_put_back() {
    let bench = Bench::new();
    bench.apply(&ann(), &Named::default()).await;
    assert_eq!(of(&bench.users().await, "custom:clinic_id"), [Some("one-clinic".to_owned())]);
    bench.set("ann@one.com", "custom:tier", "premium").await;
    let plan = bench.plan(&ann(), &Named::default()).await;
    assert_eq!(plan.changes.iter().map(|c| (c.action, c.cause)).collect::<Vec<_>>(), [(Action::Update, Cause::Drift)]);
    bench.apply(&ann(), &Named::default()).await;
    bench.is_settled(&ann(), "put back").await;
    assert_eq!(of(&bench.users().await, "custom:tier"), [Some("basic".to_owned())]);

    // The tenant moves: a change of the manifest, in place.
    let moved = desired(|d| some_users(d, &[("ann@one.com", "one-clinic", "premium", "nurse")]));
    let plan = bench.plan(&moved, &Named::default()).await;
    assert_eq!(plan.changes.iter().map(|c| (c.action, c.cause)).collect::<Vec<_>>(), [(Action::Update, Cause::Manifest)]);
}

#[tokio::test(start_paused = true)]
async fn a_pool_is_not_deleted_from_under_its_users_and_pages_are_read_to_the_end() {
    let many = |n: usize| {
        let mut wanted = Desired::default();
        let emails: Vec<String> = (0..n).map(|n| format!("u{n}@one.com")).collect();
        let people: Vec<_> = emails.iter().map(|email| (email.as_str(), "one-clinic", "basic", "nurse")).collect();
        some_users(&mut wanted, &people);
        wanted
    };
    let bench = Bench::new();
    bench.apply(&many(130), &Named::default()).await;
    let calls = |bench: &Bench| bench.site.aws.calls().all();
    let before = calls(&bench);
    bench.is_settled(&many(130), "three pages").await;
    let large = calls(&bench) - before;
    let small = Bench::new();
    small.apply(&many(1), &Named::default()).await;
    let before = calls(&small);
    small.is_settled(&many(1), "one page").await;
    assert_eq!(large - (calls(&small) - before), 2, "a call for 60 users");

    let named = |names: &[&str]| Named { delete: names.iter().map(|n| n.parse().unwrap()).collect(), ..Named::default() };
    let pool = bench.plan(&Desired::default(), &named(&["user_pool/platform/main"])).await;
    assert_eq!(pool.blocked.len(), 1);
    assert!(pool.blocked[0].why.contains("user/tenant:one-clinic/u0@one.com"), "{:?}", pool.blocked);
    bench.apply(&Desired::default(), &named(&["user_pool/platform/main", "tenant:one-clinic"])).await;
    assert!(observe(&bench.site.aws, &bench.site.names, &many(130)).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_pool_of_before_gets_the_mark_and_then_its_users() {
    let bench = Bench::new();
    bench.apply(&desired(|d| drop(a_pool(d, &["clinic_id", "tier"], crate::manifest::Mfa::Off))), &Named::default()).await;
    let plan = bench.plan(&ann(), &Named::default()).await;
    let notes = crate::plan::notes(&plan);
    assert!(notes.len() == 1 && notes[0].contains("`custom:role`"), "{notes:?}");
    bench.apply(&ann(), &Named::default()).await;
    bench.is_settled(&ann(), "with a mark").await;
}

#[tokio::test(start_paused = true)]
async fn nobody_keeps_a_session_with_claims_that_are_over() {
    let bench = Bench::with(Faults::parse("denied=cognito-idp:AdminUserGlobalSignOut").unwrap());
    bench.apply(&ann(), &Named::default()).await;
    let failed = async |wanted: &Desired| {
        let plan = bench.plan(wanted, &Named::default()).await;
        let (steps, (events, _)) = (schedule(&plan), tokio::sync::mpsc::unbounded_channel());
        let options = Options { jobs: 8, stop: tokio_util::sync::CancellationToken::new() };
        apply(plan, steps, bench.site.clone(), &options, events).await.failed.len()
    };
    // A change that can't end the sessions is not made, so that the next plan shows it.
    assert_eq!(failed(&desired(|d| some_users(d, &[("ann@one.com", "one-clinic", "premium", "nurse")]))).await, 1);
    assert_eq!(of(&bench.users().await, "custom:tier"), [Some("basic".to_owned())]);
    // Who leaves is out at once.
    assert_eq!(failed(&Desired::default()).await, 1);
    assert!(!bench.users().await[0].enabled);
}

#[tokio::test(start_paused = true)]
async fn whom_an_administrator_has_locked_out_is_told_before_they_are_let_in() {
    let bench = Bench::new();
    bench.apply(&ann(), &Named::default()).await;
    let disable = bench.site.aws.cognito.admin_disable_user().user_pool_id(bench.pool_of_users().await).username("ann@one.com");
    disable.send().await.unwrap();
    let plan = bench.plan(&ann(), &Named::default()).await;
    let notes = crate::plan::notes(&plan);
    assert!(notes.len() == 1 && notes[0].contains("`ann@one.com`"), "{notes:?}");
    // Closed off by ourselves, a user who comes back needs no such words.
    bench.apply(&desired(|d| some_users(d, &[])), &Named::default()).await;
    bench.apply(&ann(), &Named::default()).await;
    bench.apply(&desired(|d| some_users(d, &[])), &Named::default()).await;
    let plan = bench.plan(&ann(), &Named::default()).await;
    assert_eq!(plan.changes.iter().map(|c| (c.action, c.cause)).collect::<Vec<_>>(), [(Action::Update, Cause::Manifest)]);
    assert_eq!(crate::plan::notes(&plan), [] as [String; 0]);
}

#[tokio::test(start_paused = true)]
async fn whom_somebody_locked_out_is_told_of_in_the_midst_of_other_changes_too() {
    let bench = Bench::new();
    bench.apply(&ann(), &Named::default()).await;
    let disable = bench.site.aws.cognito.admin_disable_user().user_pool_id(bench.pool_of_users().await).username("ann@one.com");
    disable.send().await.unwrap();
    let moved = desired(|d| some_users(d, &[("ann@one.com", "one-clinic", "premium", "nurse")]));
    let plan = bench.plan(&moved, &Named::default()).await;
    let notes = crate::plan::notes(&plan);
    assert!(plan.changes[0].cause == Cause::Manifest && notes.len() == 1 && notes[0].contains("`ann@one.com`"), "{notes:?}");
}
