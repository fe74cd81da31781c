//! Pages as people see them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::plan::page::Facts;
use crate::plan::page::tests::{Draft, facts, many, small};
use crate::plan::{Action, Plan};

fn shown((plan, facts): &(Plan, Facts), detail: Detail, width: usize) -> String {
    let next = vec![("Apply it:", "tenantry apply".to_owned())];
    let below = Below { isolation: None, notes: Vec::new(), next };
    anstream::adapter::strip_str(&text(&Page::of(plan, facts), Look { detail, width }, &below)).to_string()
}

fn first_apply() -> (Plan, Facts) {
    let mut draft = Draft::new();
    for n in 0..20 {
        draft.does(Action::Create, &format!("parameter/platform/p{n}"), "p", &[("value", Value::Null, json!("v"))]);
    }
    draft.does(Action::Create, "user_pool/platform/main", "Pool", &[]);
    for tier in ["basic", "premium"] {
        for kind in ["bucket", "memory", "gateway", "runtime", "log_group", "delivery", "delivery_source", "project"] {
            draft.does(Action::Create, &format!("{kind}/tier:{tier}/main"), kind, &[]);
            draft.does(Action::Create, &format!("{kind}/tier:{tier}/other"), kind, &[]);
        }
    }
    let tenants = [("clinic-a", "basic"), ("clinic-b", "basic"), ("clinic-c", "basic"), ("clinic-d", "premium")];
    for (id, tier) in tenants {
        draft.arrives(id, tier);
    }
    (draft.0, facts(&tenants))
}

#[test]
fn a_small_change() {
    insta::assert_snapshot!(shown(&small(), Detail::Normal, 80));
}

#[test]
fn a_first_apply_is_short() {
    let text = shown(&first_apply(), Detail::Normal, 80);
    assert!(text.lines().count() < 45, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn ten_thousand_tenants_fit_on_a_screen() {
    let text = shown(&many(), Detail::Normal, 80);
    assert!(text.lines().count() <= 45, "{} lines:\n{text}", text.lines().count());
    for said in ["clinic-00007", "clinic-00031, clinic-00440, clinic-01201", "98 % of the tenants", "142 unchanged", "9,782 tenants"] {
        assert!(text.contains(said), "no `{said}` in:\n{text}");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_summary_counts_and_names_what_is_risky() {
    let text = shown(&small(), Detail::Summary, 80);
    assert!(!text.contains("hour < 20") && text.contains("clinic-lakeside") && text.contains("acme-premium-gw"), "{text}");
    assert!(text.lines().count() < 45, "{text}");
}

#[test]
fn no_line_is_wider_than_the_terminal_unless_it_is_one_word() {
    for width in [20, 40, 80] {
        for story in [small(), first_apply()] {
            for detail in [Detail::Summary, Detail::Normal, Detail::Full] {
                let text = shown(&story, detail, width);
                // An option and its value stay together, and so does a command, so that they can be copied.
                let is_word = |line: &str| {
                    let line = line.trim();
                    !line.contains(' ') || ["--", "`tenantry ", "tenantry "].iter().any(|whole| line.starts_with(whole))
                };
                let wide = text.lines().find(|line| unicode_width::UnicodeWidthStr::width(*line) > width && !is_word(line));
                assert_eq!(wide, None, "at {width} columns:\n{text}");
            }
        }
    }
}

#[test]
fn every_sign_has_its_word_and_the_legend_has_no_other() {
    let text = shown(&small(), Detail::Normal, 80);
    for said in ["> move tenant", "+ create tenant", "~ change ", "-/+ replace", "! blocked", "! widens access"] {
        assert!(text.contains(said), "no `{said}` in:\n{text}");
    }
    for story in [small(), first_apply(), suspended(), leaving()] {
        let text = shown(&story, Detail::Normal, 80);
        let (above, below) = text.split_once("\nTenants\n").unwrap();
        let legend: Vec<&str> =
            above.split("\n\n").nth(1).unwrap_or_default().split(['\n', '#']).flat_map(|line| line.split("   ")).collect();
        let named: BTreeSet<&str> = legend.iter().filter_map(|item| item.split(' ').next()).filter(|sign| !sign.is_empty()).collect();
        let signs = [">", "+", "~", "-/+", "×", "-", "=", "!"];
        let verbs = ["create", "change", "replace", "move", "suspend", "leave", "close", "delete", "keep", "blocked", "widens"];
        let acts = |line: &&str| line.split_whitespace().nth(1).is_some_and(|word| verbs.contains(&word));
        let occur =
            below.lines().filter(acts).filter_map(|line| signs.into_iter().find(|sign| line.split_whitespace().next() == Some(sign)));
        assert_eq!(named, occur.collect(), "{text}");
    }
    let legend = |story| shown(&story, Detail::Normal, 80).split("\n\n").nth(1).unwrap_or_default().to_owned();
    assert!(legend(suspended()).contains("× suspend") && !legend(suspended()).contains("leave"), "{}", legend(suspended()));
    assert!(legend(leaving()).contains("× close off, leave"), "{}", legend(leaving()));
}

fn suspended() -> (Plan, Facts) {
    let mut draft = Draft::new();
    let enabled = ("enabled", json!(true), json!(false));
    draft.does(Action::Update, "user/tenant:clinic-a/a@clinic-a.example", "a@clinic-a.example", &[enabled]);
    let status = ("attributes.status", Value::Null, json!("suspended"));
    draft.does(Action::Update, "tenant_row/tenant:clinic-a/clinic-config", "clinic-config", &[status]);
    draft.stays("prefix/tenant:clinic-a/basic");
    (draft.0, facts(&[("clinic-a", "basic")]))
}

fn leaving() -> (Plan, Facts) {
    let mut draft = Draft::new();
    let enabled = ("enabled", json!(true), json!(false));
    draft.does(Action::Close, "user/tenant:clinic-a/a@clinic-a.example", "a@clinic-a.example", &[enabled]);
    draft.keeps("prefix/tenant:clinic-a/basic");
    (draft.0, facts(&[]))
}

/// A tenant is suspended or leaves, a user of theirs is closed off, and a plan has a checksum: each has one name.
#[test]
fn each_thing_has_one_name() {
    for (story, said) in [(suspended(), "1 suspended tenant: clinic-a (tier basic)"), (leaving(), "1 leaving tenant: clinic-a")] {
        for detail in [Detail::Summary, Detail::Normal, Detail::Full] {
            let text = shown(&story, detail, 80);
            assert!(text.contains(said), "no `{said}` in:\n{text}");
            assert!(!["digest", "closing", "shut", "close  "].iter().any(|word| text.contains(word)), "{text}");
        }
    }
}

/// The line that is known from other tools says what there is none of; nothing else does.
#[test]
fn what_there_is_none_of_is_not_counted() {
    let none = regex::Regex::new(r"(^|[ (])0 [a-z]").unwrap();
    for story in [small(), first_apply(), many(), suspended(), leaving()] {
        for detail in [Detail::Summary, Detail::Normal] {
            let text = shown(&story, detail, 200);
            let whole = text.lines().find(|line| line.starts_with("Plan: ")).unwrap_or_else(|| panic!("no totals in:\n{text}"));
            for part in ["to create", "to change", "to replace", "to delete"] {
                assert!(whole.contains(part), "{whole}");
            }
            let told = text.lines().filter(|line| !line.starts_with("Plan: ")).find(|line| none.is_match(line));
            assert_eq!(told, None, "in:\n{text}");
        }
    }
}

#[test]
fn the_sandbox_says_how_long_aws_would_take() {
    let mut story = suspended();
    assert!(!shown(&story, Detail::Normal, 80).contains("on AWS"));
    story.1.place = crate::plan::page::Place::Sandbox;
    assert!(shown(&story, Detail::Normal, 80).contains(", on AWS about "));
}

#[test]
fn tenants_come_before_resources_and_risks_and_totals_last() {
    let text = shown(&small(), Detail::Normal, 80);
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("no `{what}` in:\n{text}"));
    let order = [
        "account 111122223333",
        "\nTenants\n",
        "\nTier premium",
        "\nChanged outside",
        "\nBlocked",
        "\nLook closely",
        "\nTenants: ",
        "\nPlan: ",
    ];
    for pair in order.windows(2) {
        assert!(at(pair[0]) < at(pair[1]), "{pair:?} in:\n{text}");
    }
}

/// A terminal's own signs, lines and directions must not come from a name.
#[test]
fn a_name_can_not_draw_on_the_terminal() {
    let mut draft = Draft::new();
    let evil = "x\u{1b}[2J\nTenants: 0\u{202e}";
    draft.does(Action::Update, "bucket/platform/x", evil, &[("tags.a", json!("a"), json!(evil))]);
    draft.does(Action::Delete, "bucket/platform/y", evil, &[]);
    let below = Below { isolation: None, notes: vec![evil.into()], next: Vec::new() };
    let facts = facts(&[]);
    let out = text(&Page::of(&draft.0, &facts), Look { detail: Detail::Full, width: 80 }, &below);
    assert!(!out.contains("\u{1b}[2J") && !out.contains("\nTenants: 0\u{202e}") && !out.contains('\u{202e}'), "{out:?}");
}

#[test]
fn what_may_not_be_folded_is_counted_by_tier_and_named_up_to_fifty() {
    let mut draft = Draft::new();
    let ids: Vec<String> = (0..300).map(|n| format!("clinic-{n:03}")).collect();
    for id in &ids {
        draft.does(Action::Close, &format!("user/tenant:{id}/a@{id}.example"), "a", &[("enabled", json!(true), json!(false))]);
    }
    let tenants: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "basic")).collect();
    let story = (draft.0, facts(&tenants));
    let text = shown(&story, Detail::Normal, 80);
    assert!(text.contains("clinic-049") && !text.contains("clinic-050") && text.contains("and 250 more"), "{text}");
    assert!(text.contains("tier basic: 300") && text.contains("--detail full"), "{text}");
    assert!(shown(&story, Detail::Full, 80).contains("clinic-299"));
}

#[test]
fn what_is_open_stands_before_everything_else() {
    use crate::plan::page::Accepted;
    let (plan, facts) = small();
    let accepted = Accepted::from([("P06".to_owned(), "2026-11-25T17:00:00Z".to_owned())]);
    let page = Page::of(&plan, &facts).judged(&crate::plan::page::open::tests::report(), &accepted);
    let below = || Below { isolation: None, notes: Vec::new(), next: Vec::new() };
    let shown = text(&page, Look { detail: Detail::Summary, width: 300 }, &below());
    let lines: Vec<String> = anstream::adapter::strip_str(&shown).to_string().lines().map(ToOwned::to_owned).collect();
    assert!(lines[1].starts_with("Platform acme"), "{lines:?}");
    assert_eq!(
        lines[2],
        "! isolation is open at P06 sessions (FAIL): clinic-a <b>: goes on with a session of `clinic-b` (accepted breach P06 since the apply of 2026-11-25T17:00:00Z)"
    );
    assert!(lines[3].starts_with("! isolation is not proven at P16 tables (UNKNOWN): role tvm"), "{lines:?}");
    let made = crate::ui::json::Made { sha256: String::new(), named: &crate::plan::Named::default() };
    let document = crate::ui::json::plan(&page, &plan, &made, Some(&crate::plan::page::open::tests::report()), 0);
    let probe = |n: usize| document["isolation"]["probes"][n].clone();
    assert_eq!((probe(0)["verdict"].as_str(), probe(0)["counterexample"].as_str()), (Some("PASS"), None));
    assert_eq!((probe(1)["verdict"].as_str(), probe(1)["why"].as_str().is_some()), (Some("UNKNOWN"), true));
    assert_eq!((probe(2)["verdict"].as_str(), probe(2)["accepted_since"].as_str()), (Some("FAIL"), Some("2026-11-25T17:00:00Z")));
    assert!(probe(2)["counterexample"].as_str().unwrap().contains("goes on with a session"));
}

#[test]
fn what_is_lost_is_told_in_full_and_again_at_the_end() {
    let mut draft = Draft::new();
    for n in 0..6 {
        let change = draft.does(Action::Update, &format!("memory/tier:basic/m{n}"), "m", &[("strategies.x", json!("x"), Value::Null)]);
        change.loses = vec![format!("strategy `x{n}` would be deleted with every record that it extracted")];
    }
    let text = shown(&(draft.0, facts(&[])), Detail::Summary, 300);
    let last = text.split("Look closely").nth(1).unwrap();
    for n in 0..6 {
        assert!(last.contains(&format!("strategy `x{n}` would be deleted")), "{text}");
    }
    assert!(last.contains("! 6 data losses"), "{text}");
}
