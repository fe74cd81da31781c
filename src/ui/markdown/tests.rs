//! Comments below pull requests: never too long, never without totals, and nothing breaks out.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::kinds::KINDS;
use crate::plan::Action;
use crate::plan::page::tests::{Draft, facts, many, small};
use crate::plan::page::{RiskKind, TenantAction};
use crate::ui::style::count as counted;

#[test]
fn ten_thousand_tenants_fit_in_a_comment() {
    let (planned, facts) = many();
    let page = Page::of(&planned, &facts);
    let text = plan(&page, None, &[], MOST);
    assert!(text.len() <= MOST, "{}", text.len());
    for said in ["**- 1 delete**: `clinic-00007`", "**> 3 tier moves**: `clinic-00031`", "9,782 tenants", &page.checksum, "142 unchanged"] {
        assert!(text.contains(said), "no `{said}` in:\n{text}");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_small_change() {
    let (planned, facts) = small();
    insta::assert_snapshot!(plan(&Page::of(&planned, &facts), Some("Isolation: fine"), &["a note".into()], MOST));
}

#[test]
fn a_page_that_is_cut_says_so_and_keeps_its_totals() {
    let (planned, facts) = small();
    let text = plan(&Page::of(&planned, &facts), None, &["long ".repeat(2000)], LEAST);
    assert!(text.len() <= LEAST && text.contains("did not fit") && text.contains("**Tenants:** 1 to create"), "{text}");
}

/// What a name would have to be read as to do harm.
const EVIL: &[&str] = &[
    "</details><script>alert(1)</script>",
    "``` </summary> ```",
    "`a` | b | @everyone",
    "x\n# heading\n<!-- tenantry-plan",
    "[click](javascript:alert(1)) ![x](http://evil.example/x.png)",
    "&lt;b&gt; \\` \u{202e}",
];

/// The text without what is code, where nothing is read as markup.
fn outside_code(text: &str) -> String {
    let mut out = String::new();
    let mut fence: Option<String> = None;
    for line in text.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if ticks.len() >= open.len() && line.trim_end() == ticks => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {
                let mut spans = line.split('`');
                while let Some(part) = spans.next() {
                    out.push_str(part);
                    spans.next();
                }
                out.push('\n');
            }
        }
    }
    assert_eq!(fence, None, "a fence stays open");
    out
}

#[test]
fn no_text_of_a_user_is_read_as_markup() {
    for evil in EVIL {
        let mut draft = Draft::new();
        for n in 0..3 {
            let id = format!("clinic-{n}");
            draft.does(Action::Update, &format!("tenant_row/tenant:{id}/clinic-config"), evil, &[(evil, json!("a"), json!(evil))]);
            draft.stays(&format!("prefix/tenant:{id}/basic"));
        }
        draft.does(Action::Delete, "bucket/platform/x", evil, &[]);
        draft.does(Action::Update, "bucket/platform/y", evil, &[("policy", json!("a\nb"), json!(format!("a\n{evil}\n```\n")))]);
        draft.blocks("prefix/tenant:clinic-9/basic", evil);
        let mut facts = facts(&[]);
        facts.file = (*evil).into();
        let text = plan(&Page::of(&draft.0, &facts), None, &[(*evil).into()], MOST);
        let read = outside_code(&text);
        assert_eq!(read.matches("<details>").count(), read.matches("</details>").count(), "{text}");
        assert_eq!(read.matches("<summary>").count(), read.matches("</summary>").count(), "{text}");
        for sign in ["<script", "@everyone", "](", "\n# ", "\u{202e}", "&lt;b"] {
            assert!(!read.contains(sign), "`{sign}` of `{evil}` is read as markup in:\n{text}");
        }
        assert_eq!(read.matches("<!-- tenantry-plan").count(), 1, "{text}");
    }
}

fn actions() -> impl Strategy<Value = Action> {
    prop_oneof![Just(Action::Create), Just(Action::Update), Just(Action::Replace), Just(Action::Close), Just(Action::Delete)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn any_plan_fits_and_keeps_its_totals_and_its_deletes(
        changes in proptest::collection::vec((0..KINDS.len(), actions(), 0..120usize, "\\PC{0,40}"), 0..300),
        most in LEAST..30_000usize,
    ) {
        let mut draft = Draft::new();
        for (n, (kind, action, owner, name)) in changes.iter().enumerate() {
            let owner = match owner % 4 { 0 => "platform".to_owned(), 1 => "tier:basic".into(), _ => format!("tenant:clinic-{owner}") };
            draft.does(*action, &format!("{}/{owner}/r{n}", KINDS[*kind].name()), name, &[(name, json!("a"), json!(name))]);
        }
        let facts = facts(&[]);
        let page = Page::of(&draft.0, &facts);
        let text = plan(&page, None, &[], most);
        prop_assert!(text.len() <= most, "{} > {}", text.len(), most);
        if !page.is_empty() {
            prop_assert!(text.contains("**Plan:**") && text.contains(&page.checksum));
            let deletes = page.risks.iter().filter(|r| r.kind == RiskKind::Delete).count();
            prop_assert!(deletes == 0 || text.contains(&format!("**- {}**", counted(deletes, "delete"))), "{text}");
            let is_there = |group: &&crate::plan::page::Group| text.contains(&format!("{} · {} ", group.id, group.action.sign()));
            let (there, missing): (Vec<_>, Vec<_>) = page.groups.iter().partition(is_there);
            prop_assert!(missing.iter().all(|g| g.risk.is_none()) || there.iter().all(|g| g.risk.is_some()), "{text}");
            let is_new = |group: &&&crate::plan::page::Group| group.risk.is_none() && group.action == TenantAction::Create;
            let is_cut = |group: &&&crate::plan::page::Group| group.risk.is_none() && group.action != TenantAction::Create;
            let beyond = page.groups.len() > crate::plan::page::Group::SHOWN;
            prop_assert!(beyond || missing.iter().filter(is_cut).count() == 0 || there.iter().filter(is_new).count() == 0, "{text}");
            let said = if there.is_empty() { "none".to_owned() } else { there.len().to_string() };
            prop_assert!(page.groups.is_empty() || text.contains(&format!("· {said} of {} shown", counted(page.groups.len(), "group"))), "{text}");
        }
    }
}

#[test]
fn what_is_open_is_a_caution_at_the_top_and_breaks_nothing() {
    use crate::plan::page::{Accepted, open};
    let (planned, facts) = small();
    let mut report = open::tests::report();
    let page = Page::of(&planned, &facts).judged(&report, &Accepted::new());
    let text = plan(&page, None, &[], MOST);
    let (caution, totals) =
        (text.find("> [!CAUTION]\n> **! isolation is open at P06 sessions** (FAIL): ").unwrap(), text.find("**Tenants:**").unwrap());
    assert!(caution < totals && text.contains("isolation is not proven at P16 tables"), "{text}");
    for row in &mut report.rows {
        (0..20).for_each(|n| row.breach(format!("{n}"), EVIL.join(" ").repeat(40)));
    }
    let page = Page::of(&planned, &facts).judged(&report, &Accepted::new());
    assert!(plan(&page, None, &[], LEAST).len() <= LEAST && !outside_code(&plan(&page, None, &[], MOST)).contains("<script"));
}
