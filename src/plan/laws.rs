//! What holds for every plan: desired against itself is empty, equal worlds give equal plans, guards hold, secrets stay out.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::kinds::{Attribute, Bucket, BucketProtection, Group, Invitation, Parameter, Prefix, Protection, User};
use crate::late::Late;
use crate::ui::plan::{Below, Detail, Look, text};

fn names() -> Names {
    Names { platform: "acme".parse().unwrap(), account: "111122223333".parse().unwrap(), region: "us-east-1".parse().unwrap() }
}

/// Parameters, some of which publish an earlier one's output.
fn desired(values: &[(String, Option<usize>)]) -> Desired {
    let mut desired = Desired::default();
    for (n, (value, refers)) in values.iter().enumerate() {
        let value = match refers {
            Some(r) if n > 0 => Late::concat([
                Late::known(value),
                Late::slot(Address::new(Parameter::NAME, Owner::Platform, &format!("p{}", r % n)), "name"),
            ]),
            _ => Late::known(value),
        };
        let parameter = Parameter { name: format!("/app/acme/p{n}"), protection: Protection::Plain, value };
        desired.add(Owner::Platform, &format!("p{n}"), &parameter).unwrap();
    }
    desired
}

/// The world after a perfect apply.
fn live(desired: &Desired) -> Live {
    let mut live = Live::new();
    for (address, spec) in desired.iter() {
        let filled = fill(spec, &|slot: &Slot| live.get(&slot.address).and_then(|f: &AnyFound| attribute(&f.output, &slot.attribute)));
        let output = json!({ "name": filled["name"] });
        live.insert(address.clone(), AnyFound { spec: filled, output, mark: Ownership::Ours { spec: None } });
    }
    live
}

/// The plan as people read it, wide enough for any line.
fn shown(plan: &Plan, detail: Detail) -> String {
    let (facts, look) = (page::tests::facts(&[]), Look { detail, width: 1000 });
    anstream::adapter::strip_str(&text(&page::Page::of(plan, &facts), look, &Below::default())).to_string()
}

fn planned(desired: &Desired, live: &Live) -> Plan {
    diff(&names(), desired, live, &Named::default()).unwrap()
}

proptest! {
    #[test]
    fn desired_against_itself_is_empty(values in proptest::collection::vec(("[a-z]{1,8}", proptest::option::of(0..30usize)), 0..20)) {
        let desired = desired(&values);
        let plan = planned(&desired, &live(&desired));
        prop_assert!(plan.is_empty(), "{:?}", plan.changes);
        prop_assert_eq!(plan.unchanged.len(), values.len());
    }

    #[test]
    fn equal_worlds_give_equal_plans_and_others_another_checksum(
        before in proptest::collection::vec(("[a-z]{1,8}", proptest::option::of(0..30usize)), 1..12),
        after in proptest::collection::vec(("[a-z]{1,8}", proptest::option::of(0..30usize)), 1..12),
    ) {
        let (from, to) = (live(&desired(&before)), desired(&after));
        let (one, other) = (planned(&to, &from), planned(&to, &from));
        let text = |plan: &Plan| shown(plan, Detail::Full);
        prop_assert_eq!(text(&one), text(&other));
        prop_assert_eq!(one.checksum(), other.checksum());
        if !one.is_empty() {
            let fresh = planned(&to, &Live::new());
            prop_assert_eq!(fresh.checksum() == one.checksum(), from.is_empty());
        }
    }
}

fn a_bucket(name: &str) -> Desired {
    let mut desired = Desired::default();
    let bucket = Bucket {
        name: name.into(),
        region: "us-east-1".into(),
        policy: None,
        protection: BucketProtection::closed(),
        tags: BTreeMap::new(),
    };
    desired.add(Owner::Platform, "data", &bucket).unwrap();
    desired
}

#[test]
fn what_holds_data_is_kept_and_replaced_by_name_only() {
    let live = live(&a_bucket("one"));
    let plan = planned(&Desired::default(), &live);
    assert!(plan.is_empty() && plan.kept.len() == 1);

    let address: Address = "bucket/platform/data".parse().unwrap();
    let named = Named { delete: [Which::One(address.clone())].into(), replace: [address].into() };
    let plan = diff(&names(), &Desired::default(), &live, &named).unwrap();
    assert_eq!(plan.count(Action::Delete), 1);

    let plan = planned(&a_bucket("two"), &live);
    assert_eq!((plan.count(Action::Replace), plan.blocked.len()), (1, 1));
    let plan = diff(&names(), &a_bucket("two"), &live, &named).unwrap();
    assert_eq!((plan.count(Action::Replace), plan.blocked.len()), (1, 0));
}

/// A live bucket of a tier, and what stands in it of two tenants.
fn a_bucket_with_tenants() -> Live {
    let mut desired = Desired::default();
    let tier = Owner::Tier("premium".parse().unwrap());
    let protection = BucketProtection::closed();
    let bucket = Bucket { name: "one".into(), region: "us-east-1".into(), policy: None, protection, tags: BTreeMap::new() };
    let bucket = desired.add(tier, "documents", &bucket).unwrap().at(&Bucket::BUCKET);
    for tenant in ["clinic-a", "clinic-b"] {
        let prefix = Prefix { bucket: bucket.clone(), prefix: format!("premium-tier/{tenant}/") };
        desired.add(Owner::Tenant(tenant.parse().unwrap()), "premium", &prefix).unwrap();
    }
    live(&desired)
}

fn naming(names: &[&str]) -> Named {
    Named { delete: names.iter().map(|n| n.parse().unwrap()).collect(), replace: BTreeSet::new() }
}

#[test]
fn a_parent_is_not_deleted_from_under_data_that_is_kept() {
    let live = a_bucket_with_tenants();
    let plan = |named: &[&str]| diff(&names(), &Desired::default(), &live, &naming(named)).unwrap();
    let bucket = "bucket/tier:premium/documents";
    let alone = plan(&[bucket]);
    assert_eq!(alone.blocked.len(), 1);
    assert!(
        alone.blocked[0].way_out.contains("--delete prefix/tenant:clinic-a/premium,prefix/tenant:clinic-b/premium"),
        "{:?}",
        alone.blocked
    );
    assert_eq!(plan(&[bucket, "prefix/tenant:clinic-a/premium"]).blocked.len(), 1);
    let all = plan(&["tier:premium", "tenant:clinic-a", "tenant:clinic-b"]);
    assert_eq!((all.blocked.len(), all.count(Action::Delete), all.kept.len()), (0, 3, 0));
    // A child goes without its parent.
    assert_eq!(plan(&["tenant:clinic-a"]).blocked, []);

    let mut other = Desired::default();
    let protection = BucketProtection::closed();
    let moved = Bucket { name: "two".into(), region: "us-east-1".into(), policy: None, protection, tags: BTreeMap::new() };
    other.add(Owner::Tier("premium".parse().unwrap()), "documents", &moved).unwrap();
    let named = Named { delete: BTreeSet::new(), replace: [bucket.parse().unwrap()].into() };
    assert_eq!(diff(&names(), &other, &live, &named).unwrap().blocked.len(), 1);
}

#[test]
fn an_owners_name_stands_for_what_is_kept_and_not_for_what_is_declared() {
    let live = live(&a_bucket("one"));
    let plan = diff(&names(), &a_bucket("one"), &live, &naming(&["platform"])).unwrap();
    assert!(plan.is_empty() && plan.blocked.is_empty());
}

#[test]
fn what_is_not_ours_is_in_the_way_and_left_alone() {
    let mut live = live(&a_bucket("one"));
    for found in live.values_mut() {
        found.mark = Ownership::Foreign { platform: Some("other".into()) };
    }
    let plan = planned(&a_bucket("one"), &live);
    assert!(plan.is_empty());
    assert!(plan.blocked[0].why.contains("`other`"));
    assert!(planned(&Desired::default(), &live).kept.is_empty());
}

#[test]
fn what_is_in_the_way_has_a_way_out_of_its_own_and_what_waits_for_it_says_so() {
    let mut desired = a_bucket("one");
    let bucket = Address::new(Bucket::NAME, Owner::Platform, "data");
    let value = Late::slot(bucket.clone(), "name");
    desired.add(Owner::Platform, "copy", &Parameter { name: "/app/acme/copy".into(), protection: Protection::Plain, value }).unwrap();
    let group = Group { pool: "p".into(), name: "admin".into(), description: None, precedence: None };
    desired.add(Owner::Platform, "admin", &group).unwrap();
    let mut live = live(&desired);
    let own = |platform: Option<&str>| Ownership::Foreign { platform: platform.map(Into::into) };
    live.get_mut(&bucket).unwrap().mark = own(Some("other"));
    live.get_mut(&Address::new(Group::NAME, Owner::Platform, "admin")).unwrap().mark = own(None);
    let plan = planned(&desired, &live);
    assert!(plan.blocked[0].way_out.contains("`platform.name`") && !plan.blocked[0].way_out.contains("tag"), "{:?}", plan.blocked);
    assert!(plan.blocked[1].way_out.contains("[tenantry]"), "{:?}", plan.blocked);
    let text = shown(&plan, Detail::Full);
    assert!(text.contains("bucket (blocked)") && !text.contains("known after apply"), "{text}");
}

#[test]
fn what_follows_from_the_spec_is_known_before_apply_and_still_waited_for() {
    let mut desired = a_bucket("one");
    let value = Late::slot(Address::new(Bucket::NAME, Owner::Platform, "data"), "arn");
    desired.add(Owner::Platform, "copy", &Parameter { name: "/app/acme/copy".into(), protection: Protection::Plain, value }).unwrap();
    let plan = planned(&desired, &Live::new());
    let copy = &plan.changes[1];
    assert!(copy.fields.iter().any(|f| f.after == json!("arn:aws:s3:::one")), "{:?}", copy.fields);
    assert_eq!(copy.refers_to().len(), 1);
}

#[test]
fn drift_is_told_from_a_pending_change_by_the_digest() {
    let desired = a_bucket("one");
    let mut live = live(&desired);
    let found = live.values_mut().next().unwrap();
    found.mark = Ownership::Ours { spec: Some(spec_digest(&found.spec)) };
    found.spec["protection"]["versioned"] = json!(false);
    assert_eq!(planned(&desired, &live).changes[0].cause, Cause::Drift);
    live.values_mut().next().unwrap().mark = Ownership::Ours { spec: Some("another".into()) };
    assert_eq!(planned(&desired, &live).changes[0].cause, Cause::Manifest);
}

#[test]
fn a_secret_is_compared_by_its_fingerprint_and_never_in_a_plan() {
    let mut desired = Desired::default();
    let source = Parameter { name: "/app/acme/source".into(), protection: Protection::Plain, value: "x".into() };
    desired.add(Owner::Platform, "source", &source).unwrap();
    let value = Late::slot(Address::new(Parameter::NAME, Owner::Platform, "source"), "secret");
    desired.add(Owner::Platform, "copy", &Parameter { name: "/app/acme/copy".into(), protection: Protection::Secret, value }).unwrap();
    let mut live = live(&desired);
    let source = live.get_mut(&Address::new(Parameter::NAME, Owner::Platform, "source")).unwrap();
    source.output["secret"] = json!({ "$secret": "hunter2" });

    let plan = planned(&desired, &live);
    assert_eq!(plan.count(Action::Update), 1);
    let shown = format!("{}{}", shown(&plan, Detail::Full), document(&plan));
    assert!(!shown.contains("hunter2") && shown.contains("secret"), "{shown}");

    let copy = live.get_mut(&Address::new(Parameter::NAME, Owner::Platform, "copy")).unwrap();
    copy.spec["value"] = json!(fingerprint("hunter2"));
    assert!(planned(&desired, &live).is_empty());
}

#[test]
fn a_tenant_that_moves_is_told_as_one_thing_and_tenants_come_by_id() {
    let live = a_bucket_with_tenants();
    let mut desired = Desired::default();
    for tenant in ["clinic-b", "clinic-z", "clinic-aa"] {
        let prefix = Prefix { bucket: "two".into(), prefix: format!("basic-tier/{tenant}/") };
        desired.add(Owner::Tenant(tenant.parse().unwrap()), "basic", &prefix).unwrap();
    }
    let plan = planned(&desired, &live);
    let text = shown(&plan, Detail::Full);
    assert!(text.contains("> move tenant clinic-b: premium -> basic"), "{text}");
    assert!(text.contains("documents under premium-tier/clinic-b/ stay where they are"), "{text}");
    assert!(!text.contains("= keep prefix/tenant:clinic-b/premium") && text.contains("= keep prefix/tenant:clinic-a/premium"), "{text}");
    let place = |id: &str| text.find(&format!("tenant {id}")).unwrap();
    assert!(place("clinic-aa") < place("clinic-b") && place("clinic-b") < place("clinic-z"), "{text}");
    assert!(shown(&plan, Detail::Normal).contains("> move tenant clinic-b"));
}

#[test]
fn what_aws_says_of_a_resource_is_told_as_its_word_and_no_drift() {
    let mut desired = Desired::default();
    let parameter = Parameter { name: "/app/acme/p".into(), protection: Protection::Plain, value: "v".into() };
    desired.add(Owner::Platform, "p", &parameter).unwrap();
    let mut plan = planned(&desired, &Live::new());
    let change = &mut plan.changes[0];
    let failed = FieldChange { path: "failed".into(), before: json!("no such role"), after: Value::Null };
    let list = FieldChange { path: "read".into(), before: json!(["a", "b"]), after: json!(["b", "c"]) };
    (change.action, change.cause, change.fields) = (Action::Replace, Cause::Drift, vec![failed, list]);
    change.replaces = vec!["failed: AWS gave up on it".into()];
    let text = shown(&plan, Detail::Normal);
    assert!(text.contains("AWS gave up on it: no such role"), "{text}");
    assert!(!text.contains("outside tenantry") && !text.contains("forces replacement: AWS gave up"), "{text}");
    assert!(text.contains(r#"- "a"  + "c""#) && !text.contains(r#""b""#), "{text}");
}

#[test]
fn a_new_claim_of_a_live_pool_is_said_to_be_empty() {
    let pool = |claim: &str| {
        let mut desired = Desired::default();
        let attributes = [(claim.to_owned(), Attribute { mutable: false, max_length: 64 })].into();
        let pool = UserPool::closed("AcmePool".into(), crate::manifest::Mfa::Off, attributes, BTreeMap::new());
        desired.add(Owner::Platform, "main", &pool).unwrap();
        desired
    };
    assert_eq!(notes(&planned(&pool("clinic_id"), &live(&pool("clinic_id")))), [] as [String; 0]);
    assert_eq!(notes(&planned(&pool("clinic_id"), &Live::new())), [] as [String; 0]);
    let notes = notes(&planned(&pool("clinic_id"), &live(&pool("tenant_id"))));
    assert!(notes.len() == 1 && notes[0].contains("`custom:clinic_id`"), "{notes:?}");
}

/// Users by tenant and name; `enabled` is as the manifest always has it.
fn users(people: &BTreeMap<String, (String, String)>) -> Desired {
    let mut desired = Desired::default();
    for (name, (tenant, role)) in people {
        let email = format!("{name}@clinic.com");
        let user = User {
            pool: "us-east-1_abc".into(),
            email_verified: true,
            tenant: [("clinic_id".to_owned(), tenant.clone())].into(),
            claims: [("role".to_owned(), role.clone())].into(),
            enabled: true,
            invitation: Invitation::Suppress,
            email,
        };
        desired.add(Owner::Tenant(tenant.parse().unwrap()), &User::label(&user.email), &user).unwrap();
    }
    desired
}

/// The world after a perfect apply of a plan over another.
fn after(plan: &Plan, live: &Live) -> Live {
    let mut live = live.clone();
    for change in &plan.changes {
        match (&change.desired, change.action) {
            (_, Action::Delete) | (None, _) => drop(live.remove(&change.address)),
            (Some(spec), _) => {
                let output = change.live.as_ref().map_or_else(|| json!({}), |l| l.output.clone());
                live.insert(change.address.clone(), AnyFound { spec: spec.clone(), output, mark: Ownership::Ours { spec: None } });
            }
        }
    }
    live
}

proptest! {
    #[test]
    fn what_leaves_is_closed_off_once_kept_and_opened_again(
        before in proptest::collection::btree_map("[a-z]{1,6}", ("clinic-[ab]", "[a-z]{1,4}"), 0..8),
        still in proptest::collection::btree_set("[a-z]{1,6}", 0..4),
    ) {
        let fewer = users(&before.iter().filter(|(n, _)| still.contains(*n)).map(|(n, p)| (n.clone(), p.clone())).collect());
        let all = users(&before);
        let gone = all.iter().count() - fewer.iter().count();
        let world = live(&all);

        let plan = planned(&fewer, &world);
        prop_assert_eq!((plan.count(Action::Close), plan.changes.len(), plan.kept.len()), (gone, gone, 0));
        let closed = after(&plan, &world);
        let again = planned(&fewer, &closed);
        prop_assert!(again.is_empty() && again.kept.len() == gone, "{:?}", again.changes);

        let back = planned(&all, &closed);
        prop_assert_eq!((back.count(Action::Update), back.changes.len()), (gone, gone));
        prop_assert!(back.changes.iter().all(|c| c.fields.len() == 1 && c.fields[0].path == "enabled"));
        prop_assert!(planned(&all, &after(&back, &closed)).is_empty());
    }
}

/// The plan for machines.
fn document(plan: &Plan) -> Value {
    let facts = crate::plan::page::Facts {
        file: "tenants.yaml".into(),
        place: crate::plan::page::Place::Sandbox,
        profile: "article",
        tiers: BTreeSet::new(),
        memories: BTreeSet::new(),
        tenants: BTreeMap::new(),
        token_minutes: 60,
        tier_claim: "tier".into(),
    };
    let made = crate::ui::json::Made { sha256: String::new(), named: &Named::default() };
    crate::ui::json::plan(&crate::plan::page::Page::of(plan, &facts), plan, &made, None, 0)
}

#[test]
fn what_is_closed_off_is_told_by_that_word_and_deleted_only_by_name() {
    let people =
        [("a".to_owned(), ("clinic-a".to_owned(), "nurse".to_owned())), ("b".to_owned(), ("clinic-b".to_owned(), "nurse".to_owned()))];
    let live = live(&users(&people.into()));
    let plan = diff(&names(), &Desired::default(), &live, &naming(&["user/tenant:clinic-b/b@clinic.com"])).unwrap();
    assert_eq!((plan.count(Action::Close), plan.count(Action::Delete)), (1, 1));
    let text = shown(&plan, Detail::Normal);
    assert!(text.contains("× close off  user  a@clinic.com"), "{text}");
    assert!(text.contains("enabled  true -> false") && text.contains("0 to replace, 1 to close off, 1 to delete"), "{text}");
    let json = document(&plan);
    assert_eq!((&json["summary"]["resources"]["close"], &json["changes"][0]["resources"][0]["action"]), (&json!(1), &json!("close")));
    assert_ne!(plan.checksum(), planned(&Desired::default(), &live).checksum());
    assert_eq!(
        diff(&names(), &Desired::default(), &live, &naming(&["tenant:clinic-a", "tenant:clinic-b"])).unwrap().count(Action::Delete),
        2
    );
}

#[test]
fn a_user_of_another_tenant_is_replaced_by_name_only() {
    let of = |tenant: &str| users(&[("a".to_owned(), (tenant.to_owned(), "nurse".to_owned()))].into());
    let mut world = live(&of("clinic-a"));
    let mut found = world.pop_first().unwrap().1;
    let moved: Address = "user/tenant:clinic-b/a@clinic.com".parse().unwrap();
    // Observed under the address that wants the e-mail.
    found.output = json!({ "id": "x" });
    world.insert(moved.clone(), found);
    let plan = planned(&of("clinic-b"), &world);
    assert_eq!((plan.count(Action::Replace), plan.blocked.len()), (1, 1));
    assert!(plan.blocked[0].why.contains("another tenant takes a new user") && plan.blocked[0].way_out.contains("--allow-replace"));
    let named = Named { delete: BTreeSet::new(), replace: [moved].into() };
    assert_eq!(diff(&names(), &of("clinic-b"), &world, &named).unwrap().blocked, []);
}

#[test]
fn tenants_that_arrive_fold_with_their_users_and_others_show_each_user() {
    let tenants = ["clinic-a", "clinic-b", "clinic-c"]; // The last begins another label, `clinic-config`.
    let person = |n: usize, tenant: &str| (format!("p{n}"), (tenant.to_owned(), "nurse".to_owned()));
    let people = || tenants.iter().enumerate().map(|(n, tenant)| person(n, tenant));
    let mut both = users(&people().chain([person(7, "clinic-a")]).collect());
    for tenant in tenants {
        let prefix = Prefix { bucket: "one".into(), prefix: format!("basic-tier/{tenant}/") };
        both.add(Owner::Tenant(tenant.parse().unwrap()), "basic", &prefix).unwrap();
    }
    let text = shown(&planned(&both, &Live::new()), Detail::Normal);
    assert!(text.contains("+ create 3 tenants, tier basic: prefix, 4 users"), "{text}");
    let text = shown(&planned(&both, &Live::new()), Detail::Full);
    assert!(["p0", "p1", "p2", "p7"].iter().all(|p| text.contains(&format!("+ create  user    {p}@clinic.com"))), "{text}");
}

#[test]
fn a_tenant_that_rests_is_told_in_words_and_so_is_one_that_returns() {
    let person = |name: &str, tenant: &str| (name.to_owned(), (tenant.to_owned(), "nurse".to_owned()));
    let active = users(&[person("a", "clinic-a"), person("b", "clinic-b")].into());
    let mut resting = Desired::default();
    for (address, spec) in active.iter() {
        let mut user: User = serde_json::from_value(spec.clone()).unwrap();
        user.enabled = address.owner().to_string() != "tenant:clinic-a";
        resting.add(address.owner().clone(), address.label(), &user).unwrap();
    }
    let owner: Owner = "tenant:clinic-a".parse().unwrap();
    let plan = planned(&resting, &live(&active));
    assert_eq!(turns(&plan), BTreeMap::from([(&owner, Turn::Suspended)]));
    let notes_of = notes(&plan);
    assert!(notes_of.len() == 1 && notes_of[0].contains("tokens that clinic-a got"), "{notes_of:?}");
    let text = shown(&plan, Detail::Normal);
    assert!(text.contains("suspend tenant clinic-a"), "{text}");

    let mut world = live(&resting);
    let plan = planned(&active, &world);
    assert_eq!(turns(&plan), BTreeMap::from([(&owner, Turn::Resumed)]));
    // What somebody else has disabled comes back as well, and that is no tenant's turn.
    for found in world.values_mut() {
        let mut applied = found.spec.clone();
        applied["enabled"] = json!(true);
        found.mark = Ownership::Ours { spec: Some(spec_digest(&applied)) };
    }
    let plan = planned(&active, &world);
    assert_eq!((plan.changes.len(), turns(&plan).len()), (1, 0));
    assert!(notes(&plan)[0].contains("somebody has disabled `a@clinic.com`"), "{:?}", notes(&plan));
    // A tenant that nobody declares leaves; where nothing is declared it is the platform that goes.
    assert_eq!(turns(&planned(&users(&[person("b", "clinic-b")].into()), &live(&active))), BTreeMap::from([(&owner, Turn::Leaves)]));
    assert_eq!(turns(&planned(&Desired::default(), &live(&active))), BTreeMap::new());
}
