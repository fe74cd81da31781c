//! The page is well-formed, says what the plan says, and nothing of the user's becomes a part of it.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;
use serde_json::json;

use super::{Beside, plan};
use crate::compile::compile;
use crate::graph::Graph;
use crate::isolation::model::Model;
use crate::isolation::probes::judge;
use crate::isolation::report::{Method, Report};
use crate::library::Library;
use crate::manifest::{self, Manifest};
use crate::observe::Live;
use crate::plan::page::{Facts, Page, Place};
use crate::plan::{Action, Named, Plan, diff};

fn shipped() -> (Manifest, Plan, Report) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let reading = manifest::open(&root.join("tenants.yaml")).unwrap();
    let (library, _) = Library::read(root, &reading);
    let (manifest, _) = reading.finish().unwrap();
    let names = manifest.platform.names();
    let desired = compile(&manifest, &library, &names).unwrap();
    let report = judge(&Model::declared(&manifest, &names, &desired).unwrap(), Method::Manifest);
    (manifest, diff(&names, &desired, &Live::default(), &Named::default()).unwrap(), report)
}

fn html(manifest: &Manifest, of: &Plan, report: &Report) -> String {
    let facts = Facts::of(manifest, Place::Sandbox);
    let page = Page::of(of, &facts);
    let picture = Graph::of(manifest).with(manifest, of);
    let next = [("apply it", "tenantry apply '</code>'".to_owned())];
    plan(&page, &Beside { picture: &picture, isolation: Some(report), notes: &[], next: &next })
}

/// Tags that stand for nothing between them.
const VOID: [&str; 4] = ["meta", "rect", "path", "!doctype"];

/// Every element, each closed by its own end; gives back their names.
fn elements(page: &str) -> BTreeSet<String> {
    let tag = Regex::new(r#"<(/?)([!a-zA-Z0-9]+)((?:"[^"]*"|[^>"])*)>"#).unwrap();
    let attribute = Regex::new(r#"([a-zA-Z-]+)="([^"]*)""#).unwrap();
    let mut open: Vec<String> = Vec::new();
    let mut names = BTreeSet::new();
    for found in tag.captures_iter(page) {
        let name = found[2].to_lowercase();
        for one in attribute.captures_iter(&found[3]) {
            assert!(!one[1].starts_with("on") && &one[1] != "style" && &one[1] != "src", "{}", &found[0]);
            assert!(&one[1] != "href" || one[2].starts_with('#'), "{}", &found[0]);
        }
        if &found[1] == "/" {
            assert_eq!(open.pop().as_ref(), Some(&name), "{}", &found[0]);
        } else if !VOID.contains(&name.as_str()) {
            open.push(name.clone());
        }
        names.insert(name);
    }
    assert!(open.is_empty(), "{open:?}");
    names
}

#[test]
fn a_first_plan_has_everything() {
    let (manifest, of, report) = shipped();
    let page = html(&manifest, &of, &report);
    let names = elements(&page);
    assert!(!names.contains("script") && !names.contains("link") && !names.contains("iframe"), "{names:?}");
    assert!(page.contains("default-src 'none'; style-src 'unsafe-inline'"));
    let order = ["id=\"totals\"", "id=\"tenants\"", "id=\"shared\"", "id=\"picture\"", "id=\"isolation\"", "id=\"next\""];
    let places: Vec<Option<usize>> = order.iter().map(|part| page.find(part)).collect();
    assert!(places.is_sorted() && !places.contains(&None), "what changes comes before the picture: {places:?}");
    assert!(page.contains("on AWS about ") && page.contains("25 probes: "));
    let totals = page.split("<section id=\"totals\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(!totals.contains(">0<"), "{totals}");
    for part in ["id=\"totals\"", "id=\"picture\"", "id=\"tenants\"", "id=\"shared\"", "id=\"isolation\"", "id=\"next\"", "<svg"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(page.contains(&of.checksum()));
    for id in manifest.tenants.keys() {
        assert!(page.contains(id.as_str()), "{id}");
    }
    for row in &report.rows {
        assert!(page.contains(&format!("<td>{}</td>", row.probe)), "{}", row.probe);
    }
    assert!(page.len() < 700_000, "{}", page.len());
}

#[test]
fn risks_and_blocks_are_never_folded() {
    let (manifest, mut of, report) = shipped();
    for change in &mut of.changes {
        change.action = Action::Delete;
        change.desired = None;
    }
    let page = html(&manifest, &of, &report);
    elements(&page);
    let risks = page.split("<section id=\"risks\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(!risks.contains("<details"));
    for id in manifest.tenants.keys() {
        assert!(risks.contains(id.as_str()), "{id}");
    }
}

/// Texts of the user's and of AWS's that want out.
#[test]
fn nothing_breaks_out_of_its_place() {
    let (manifest, mut of, mut report) = shipped();
    let evil = "</td></script><script>alert(1)</script>\"onload=\"x' ]]> --> %%{init} \u{202e}\u{0}\nend";
    for change in &mut of.changes {
        change.action = Action::Update;
        change.replaces = vec![evil.into()];
        for field in &mut change.fields {
            (field.path, field.before, field.after) = (evil.into(), json!(evil), json!([{ "Statement": evil }]));
        }
    }
    of.target.platform = evil.into();
    for row in &mut report.rows {
        row.unknown(evil, evil);
    }
    let mut facts = Facts::of(&manifest, Place::Aws);
    facts.file = evil.into();
    let shown = Page::of(&of, &facts);
    let picture = Graph::of(&manifest).with(&manifest, &of);
    let notes = [evil.to_owned()];
    let page = plan(&shown, &Beside { picture: &picture, isolation: Some(&report), notes: &notes, next: &[("go on", evil.into())] });
    let names = elements(&page);
    assert!(!names.contains("script"), "{names:?}");
    assert!(!page.contains(['\u{202e}', '\u{0}']));
    assert!(page.matches("&lt;script&gt;alert(1)").count() > 100);
}

#[test]
fn the_banner_lists_what_is_open_and_the_picture_has_no_whole_shield_for_it() {
    use crate::plan::page::{Accepted, open};
    let (manifest, planned, _) = shipped();
    let facts = Facts::of(&manifest, Place::Sandbox);
    let report = open::tests::report();
    let page = Page::of(&planned, &facts).judged(&report, &Accepted::from([("P06".to_owned(), "2026<11".to_owned())]));
    let picture = Graph::of(&manifest).with(&manifest, &planned).judged(&page.open);
    let out = plan(&page, &Beside { picture: &picture, isolation: Some(&report), notes: &[], next: &[] });
    elements(&out);
    let banner = out.split("<div class=\"banner bad\"").nth(1).unwrap();
    assert!(banner.contains("P06 sessions: FAIL") && banner.contains("accepted breach P06 since the apply of 2026&lt;11"), "{banner}");
    assert!(banner.contains("P16 tables: UNKNOWN") && out.find("banner bad").unwrap() < out.find("<section").unwrap());
    assert!(out.contains("OPEN: a probe shows a way through") && out.contains("not proven") && out.contains("open-line"));
}
