//! Edits, compared byte for byte: what is not about the tenant is as it was.

use std::path::Path;

use proptest::prelude::*;

use super::super::User;
use super::*;

const SHIPPED: &str = include_str!("../../../tenants.yaml");

fn id(text: &str) -> TenantId {
    text.parse().unwrap()
}

fn make(text: &str, edit: &Edit) -> Result<String, String> {
    edited(&Source::new(Path::new("tenants.yaml"), text), edit).map_err(|findings| findings.to_string())
}

fn made(text: &str, edit: &Edit) -> String {
    make(text, edit).unwrap_or_else(|error| panic!("{error}"))
}

fn add(name: &str) -> Edit {
    Edit::Add(id(name), NewTenant { tier: "basic".parse().unwrap(), name: "New".into(), settings: Vec::new(), users: Vec::new() })
}

fn suspend(name: &str) -> Edit {
    Edit::Set(id(name), Field::Suspended)
}

fn resume(name: &str) -> Edit {
    Edit::Unset(id(name), Key::Suspended)
}

fn remove(name: &str) -> Edit {
    Edit::Remove(id(name))
}

fn to(name: &str, tier: &str) -> Edit {
    Edit::Set(id(name), Field::Tier(tier.parse().unwrap()))
}

#[test]
fn the_shipped_manifest_gets_a_tenant_in_its_own_form() {
    let tenant = NewTenant {
        tier: "basic".parse().unwrap(),
        name: "Harbor: no. 1 # \"best\"".into(),
        settings: vec![("hours".into(), "8-5".into())],
        users: vec![User { email: "o'neil@harbor.com".into(), role: "no".into() }],
    };
    let new = made(SHIPPED, &Edit::Add(id("off"), tenant));
    let block = "  \"off\":\n    tier: basic\n    name: \"Harbor: no. 1 # \\\"best\\\"\"\n    settings: { hours: \"8-5\" }\n    users:\n      \
                 - { email: o'neil@harbor.com, role: \"no\" }\n";
    assert_eq!(new, format!("{SHIPPED}{block}"));
    assert_eq!(made(&new, &remove("off")), SHIPPED);
}

#[test]
fn suspending_and_resuming_are_one_line_and_back() {
    let suspended = made(SHIPPED, &suspend("clinic-a"));
    assert_eq!(suspended, SHIPPED.replacen("  clinic-a:\n    tier: basic\n", "  clinic-a:\n    tier: basic\n    suspended: true\n", 1));
    assert_eq!(made(&suspended, &resume("clinic-a")), SHIPPED);
    let no = suspended.replace("suspended: true", "suspended: false  # for now");
    assert_eq!(made(&no, &suspend("clinic-a")), no.replace("false", "true"));
    let moved = made(SHIPPED, &to("hospital-b", "basic"));
    assert_eq!(moved, SHIPPED.replace("hospital-b:\n    tier: premium", "hospital-b:\n    tier: basic"));
    let named = made(SHIPPED, &Edit::Set(id("clinic-b"), Field::Name("~".into())));
    assert_eq!(named, SHIPPED.replace("name: QuickCare Urgent Care", "name: \"~\""));
}

/// Comments, blank lines, quotes and odd indentation.
const ODD: &str = "\
# head
tenants:   # all of them
     # about everybody

     # the first
     # of them
     \"clinic-a\":   # here
        'tier':   \"basic\"   # cheap
        name: >-
          A long
          name # no comment
        # the end of a

     # -- heading --

     # about b
     clinic-b: # b
        name: B
        tier: basic

     clinic-c: { tier: basic, name: C }   # flow
     # put aside:
     #  clinic-d:
     #     tier: basic

# about prices
prices: {}
";

#[test]
fn everything_else_stays_as_it_was() {
    let new = made(ODD, &add("clinic-e"));
    let block = "\n     clinic-e:\n        tier: basic\n        name: New\n";
    assert_eq!(new, ODD.replace("     #     tier: basic\n", &format!("     #     tier: basic\n{block}")));
    assert_eq!(made(ODD, &to("clinic-a", "premium")), ODD.replace("\"basic\"", "premium"));
    assert_eq!(made(ODD, &suspend("clinic-a")), ODD.replace("# cheap\n", "# cheap\n        suspended: true\n"));
    assert_eq!(made(ODD, &suspend("clinic-b")), ODD.replace("        tier: basic\n\n", "        tier: basic\n        suspended: true\n\n"));
    let flow = made(ODD, &suspend("clinic-c"));
    assert_eq!(flow, ODD.replace("{ tier: basic, name: C }", "{ tier: basic, suspended: true, name: C }"));
    assert_eq!(made(&flow, &resume("clinic-c")), ODD);
    let first = ODD.replace("{ tier: basic, name: C }", "{ suspended: true, tier: basic, name: C }");
    assert_eq!(made(&first, &resume("clinic-c")), ODD);

    // A tenant goes with its own comments, and with no more than one of the blank lines around it.
    let without_a = ODD.find("     # the first").unwrap()..ODD.find("     # -- heading").unwrap();
    assert_eq!(made(ODD, &remove("clinic-a")), ODD.replace(&ODD[without_a], ""));
    let without_b = ODD.find("     # about b").unwrap()..ODD.find("     clinic-c").unwrap();
    assert_eq!(made(ODD, &remove("clinic-b")), ODD.replace(&ODD[without_b], ""));
    let without_c = ODD.find("     clinic-c").unwrap()..ODD.find("     # put aside").unwrap();
    assert_eq!(made(ODD, &remove("clinic-c")), ODD.replace(&ODD[without_c], ""));
}

#[test]
fn comments_right_below_the_section_are_the_first_tenants_only_where_they_say_so() {
    let text = |comment: &str| {
        format!("tenants:\n  # {comment}\n  one-a:\n    tier: basic\n    name: Ann\n  two-b:\n    tier: basic\n    name: B\n")
    };
    let rest = "  two-b:\n    tier: basic\n    name: B\n";
    assert_eq!(made(&text("sorted by age"), &remove("one-a")), format!("tenants:\n  # sorted by age\n{rest}"));
    for own in ["one-a pays late", "call Ann first"] {
        assert_eq!(made(&text(own), &remove("one-a")), format!("tenants:\n{rest}"));
    }
}

#[test]
fn the_last_tenant_goes_and_the_first_one_comes() {
    let one = "version: 1\ntenants: # all\n  one-a:\n    tier: basic\n    name: New\n";
    let none = "version: 1\ntenants: {} # all\n";
    assert_eq!(made(one, &remove("one-a")), none);
    assert_eq!(made(none, &add("one-a")), one);
    assert_eq!(made("tenants: {}", &add("one-a")), "tenants:\n  one-a:\n    tier: basic\n    name: New");
    assert_eq!(
        made("tiers:\n    basic: {}\ntenants: { }\nprices: {}\n", &add("one-a")),
        "tiers:\n    basic: {}\ntenants:\n    one-a:\n        tier: basic\n        name: New\nprices: {}\n"
    );
    assert_eq!(
        made("  tenants:\n      one-a: {tier: basic, name: A}\n", &add("two-b")),
        "  tenants:\n      one-a: {tier: basic, name: A}\n      two-b:\n          tier: basic\n          name: New\n"
    );
}

#[test]
fn line_breaks_are_the_files_own() {
    for text in [ODD.replace('\n', "\r\n"), SHIPPED.replace('\n', "\r\n"), ODD.trim_end().to_owned(), SHIPPED.trim_end().to_owned()] {
        for name in ["clinic-a", "clinic-b", "clinic-c"] {
            let suspended = made(&text, &suspend(name));
            assert_eq!(suspended.matches('\r').count(), if text.contains('\r') { suspended.matches('\n').count() } else { 0 });
            assert_eq!(made(&suspended, &resume(name)), text);
        }
        let more = made(&text, &add("clinic-z"));
        assert_eq!(more.matches('\r').count(), if text.contains('\r') { more.matches('\n').count() } else { 0 });
        assert_eq!(made(&more, &remove("clinic-z")), text);
    }
    let end = "tenants:\n  one-a:\n    name: A\n    tier: basic";
    assert_eq!(made(end, &suspend("one-a")), format!("{end}\n    suspended: true"));
    assert_eq!(made(&made(end, &suspend("one-a")), &resume("one-a")), end);
}

#[test]
fn what_cannot_be_edited_safely_is_refused_with_the_place_and_the_words_to_write() {
    let shared = "tenants:\n  one-a: &a\n    tier: basic\n    name: A\n  two-b: *a\n";
    let merged = "tenants:\n  one-a: &a\n    tier: basic\n    name: A\n  two-b:\n    <<: *a\n    name: B\n";
    let flow = "tenants: { one-a: { tier: basic, name: A } }\n";
    let cases = [
        (shared, to("one-a", "premium"), "--> tenants.yaml:2:3", "share"),
        (shared, to("two-b", "premium"), "--> tenants.yaml:5:3", "alias"),
        (shared, remove("one-a"), "tenants.yaml", "remove `one-a`"),
        (merged, suspend("one-a"), "--> tenants.yaml:2:3", "write `suspended: true` there yourself"),
        (merged, suspend("two-b"), "tenants.yaml:5:3", "write `suspended: true` there yourself"),
        (merged, to("two-b", "premium"), "tenants.yaml:5:3", "alias or merge key"),
        (flow, add("two-b"), "--> tenants.yaml:1:1", "brackets"),
        (flow, remove("one-a"), "--> tenants.yaml:1:12", "brackets"),
        (flow, remove("two-b"), "tenants.yaml:1:", "no such tenant"),
        ("tenants:\n  one-a:\n    name: A\n    tier: >-\n      basic\n", to("one-a", "premium"), "tenants.yaml:4:5", "one line"),
        ("tenants:\n  {}\n", add("one-a"), "tenants.yaml:1:1", "tenants: {}"),
        ("tenants: {\n# here\n}\n", add("one-a"), "tenants.yaml:1:1", "tenants: {}"),
        ("version: 1\n", add("one-a"), "tenants.yaml:1:1", "no `tenants`"),
        ("tenants:\n  one-a:\n    tier: basic\n    name: A\n", add("one-a"), "tenants.yaml:2:3", "there already"),
    ];
    for (text, edit, place, words) in cases {
        let refused = make(text, &edit).expect_err(text);
        assert!(refused.contains(place) && refused.contains(words) && refused.contains("nothing was written"), "{edit:?}: {refused}");
    }
    let by_hand = make(flow, &add("two-b")).unwrap_err();
    assert!(by_hand.contains("two-b:\n") && by_hand.contains("  tier: basic"), "{by_hand}");
    // Of a flow mapping, what stands there is replaced all the same.
    assert_eq!(made(flow, &to("one-a", "premium")), flow.replace("basic", "premium"));
    assert_eq!(made(merged, &Edit::Set(id("two-b"), Field::Name("C".into()))), merged.replace("name: B", "name: C"));
}

fn setting() -> impl Strategy<Value = (String, String)> {
    ("[a-zA-Z0-9_.-]{1,8}", "[^\\p{Cc}]{1,12}")
}

proptest! {
    #[test]
    fn a_tenant_of_any_words_comes_and_goes_and_leaves_no_trace(
        name in "[^\\p{Cc}]{1,20}",
        users in proptest::collection::vec(("[!-~]{1,12}", "[^\\p{Cc}]{1,8}"), 0..3),
        settings in proptest::collection::btree_map("[a-zA-Z0-9_.-]{1,8}", "[^\\p{Cc}]{1,12}", 0..3),
        (key, value) in setting(),
        crlf in any::<bool>(),
    ) {
        let text = if crlf { ODD.replace('\n', "\r\n") } else { ODD.to_owned() };
        let users = users.into_iter().map(|(email, role)| User { email, role }).collect();
        let settings = settings.into_iter().chain([(format!("x{key}y{}", key.len()), value)]).collect();
        let tenant = NewTenant { tier: "basic".parse().unwrap(), name, settings, users };
        let more = made(&text, &Edit::Add(id("off"), tenant));
        prop_assert!(more.len() > text.len());
        prop_assert_eq!(made(&more, &remove("off")), text);
    }
}
