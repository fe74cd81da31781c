//! What holds for tenants and their users: who leaves is shut out once, kept, and let in again.

use proptest::prelude::*;

use super::*;

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
        let prefix = Prefix { bucket: "one".into(), prefix: format!("basic-tier/{tenant}/"), left: false };
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

/// A row and a prefix for each of two tenants; `rows` says whether the platform has a table of them.
fn clinics(tenants: &[&str], rows: bool) -> Desired {
    let mut desired = Desired::default();
    for tenant in tenants {
        let owner = Owner::Tenant(tenant.parse().unwrap());
        let prefix = Prefix { bucket: "one".into(), prefix: format!("basic-tier/{tenant}/"), left: false };
        desired.add(owner.clone(), "basic", &prefix).unwrap();
        if rows {
            let attributes = BTreeMap::from([("tier".to_owned(), json!("basic"))]);
            let row = TenantRow { table: "t".into(), id: (*tenant).into(), attributes, key_attribute: "clinic_id".into() };
            desired.add(owner, TenantRow::TABLE, &row).unwrap();
        }
    }
    desired
}

#[test]
fn a_tenant_without_anything_to_delete_leaves_once_and_comes_back() {
    for (rows, field) in [(true, "attributes.status"), (false, "left")] {
        let (all, fewer) = (clinics(&["clinic-a", "clinic-b"], rows), clinics(&["clinic-a"], rows));
        let world = live(&all);
        let plan = planned(&fewer, &world);
        assert_eq!((plan.changes.len(), plan.count(Action::Close)), (1, 1), "{:?}", plan.changes);
        assert_eq!(plan.changes[0].fields[0].path, field);
        assert_ne!(plan.checksum(), planned(&all, &world).checksum(), "a sealed plan must not take both for the same");
        let (facts, named) = (page::tests::facts(&[("clinic-a", "basic")]), shown(&plan, Detail::Normal));
        let page = page::Page::of(&plan, &facts);
        assert_eq!((page.totals.tenants.leave, page.totals.tenants.delete, page.totals.tenants.unchanged), (1, 0, 1));
        assert!(named.contains("× leave tenant clinic-b") && named.contains("documents under basic-tier/clinic-b/"), "{named}");
        assert!(named.contains("--delete tenant:clinic-b"), "{named}");

        let gone = after(&plan, &world);
        let again = planned(&fewer, &gone);
        assert!(again.is_empty() && again.kept.len() == if rows { 2 } else { 1 }, "{:?}", again.changes);
        // Asked for by name, what is kept goes, and nothing is marked on the way.
        let deleted = diff(&names(), &fewer, &gone, &naming(&["tenant:clinic-b"])).unwrap();
        assert_eq!((deleted.changes.len(), deleted.count(Action::Delete)), (again.kept.len(), again.kept.len()));
        let at_once = diff(&names(), &fewer, &world, &naming(&["tenant:clinic-b"])).unwrap();
        assert!(planned(&fewer, &after(&at_once, &world)).is_empty());

        let back = planned(&all, &gone);
        assert_eq!((back.count(Action::Update), back.changes.len()), (1, 1), "{:?}", back.changes);
        assert_eq!(turns(&back).into_values().collect::<Vec<_>>(), [Turn::Resumed]);
        assert!(planned(&all, &after(&back, &gone)).is_empty());
    }
    // Where the row alone is deleted, the prefix says it from then on.
    let (all, fewer) = (clinics(&["clinic-a", "clinic-b"], true), clinics(&["clinic-a"], true));
    let world = live(&all);
    let plan = diff(&names(), &fewer, &world, &naming(&["tenant_row/tenant:clinic-b/clinic-config"])).unwrap();
    assert_eq!((plan.count(Action::Delete), plan.count(Action::Close)), (1, 1));
    assert!(planned(&fewer, &after(&plan, &world)).is_empty());
    // With the whole platform everything goes or stays as ever.
    assert!(planned(&Desired::default(), &world).is_empty());
}

#[test]
fn a_tenant_that_leaves_with_what_is_made_again_is_not_deleted() {
    let mut all = clinics(&["clinic-b"], true);
    let owner: Owner = "tenant:clinic-b".parse().unwrap();
    all.add(owner, "key", &Parameter { name: "/app/acme/b".into(), protection: Protection::Plain, value: "x".into() }).unwrap();
    let plan = planned(&clinics(&["clinic-a"], true), &live(&all));
    let facts = page::tests::facts(&[("clinic-a", "basic")]);
    let page = page::Page::of(&plan, &facts);
    assert_eq!(page.tenant(&"clinic-b".parse().unwrap()).unwrap().action, page::TenantAction::Leave);
    assert_eq!((plan.count(Action::Delete), page.totals.tenants.delete), (1, 0));
}
