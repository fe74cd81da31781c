//! Whatever stands in the manifest, the picture stays well-formed, and texts stay in their boxes.

use std::path::Path;

use super::{dot::dot, mermaid::mermaid, svg::svg};
use crate::graph::{Graph, Member, Turn};
use crate::manifest;
use crate::plan::Action;

fn shipped(file: &str) -> manifest::Manifest {
    manifest::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap().finish().unwrap().0
}

/// The picture in docs/ is what the code draws; `TENANTRY_UPDATE=1` draws it anew.
#[test]
#[expect(clippy::disallowed_methods, reason = "the shipped picture")]
fn the_shipped_picture_is_drawn_from_the_shipped_manifest() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/platform.svg");
    let drawn = svg(&Graph::of(&shipped("tenants.yaml")));
    if std::env::var_os("TENANTRY_UPDATE").is_some() {
        std::fs::write(&file, &drawn).unwrap();
    }
    assert!(std::fs::read_to_string(&file).unwrap() == drawn, "run this test with TENANTRY_UPDATE=1 and look at docs/platform.svg");
}

/// Every text that is the user's, made hostile.
fn hostile() -> Graph {
    let mut graph = Graph::of(&shipped("tenants.yaml"));
    let evil = "</text></svg><script>alert(1)</script>\"onload=\"x ]]> \"]; %%{init}%% \u{202e}\u{0}\nend";
    graph.platform = evil.into();
    for node in &mut graph.nodes {
        node.lines = vec![evil.into(); 2];
        node.about = Some(evil.into());
        node.marks = [(Action::Create, 4990), (Action::Delete, 1)].into();
    }
    for wall in &mut graph.walls {
        wall.says = evil.into();
    }
    graph
}

#[test]
fn svg_stays_well_formed_and_has_no_script() {
    for graph in [hostile(), Graph::of(&shipped("tenants.strict.yaml"))] {
        let text = svg(&graph);
        let mut reader = quick_xml::Reader::from_str(&text);
        let mut names = std::collections::BTreeSet::new();
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Start(e) | quick_xml::events::Event::Empty(e) => {
                    names.insert(e.name().0.to_owned());
                    for attribute in e.attributes() {
                        assert!(!attribute.unwrap().key.0.starts_with("on"), "{e:?}");
                    }
                }
                quick_xml::events::Event::Eof => break,
                _ => {}
            }
        }
        let known = ["desc", "g", "path", "rect", "style", "svg", "text", "title"].map(str::to_owned);
        assert_eq!(names, known.into());
        assert!(!text.contains(['\u{202e}', '\u{0}']));
    }
}

#[test]
fn mermaid_and_dot_keep_hostile_texts_in_their_quotes() {
    let graph = hostile();
    let quoted = regex::Regex::new(r#""(?:[^"\\]|\\.)*""#).unwrap();
    for text in [mermaid(&graph), dot(&graph)] {
        let bare = quoted.replace_all(&text, "Q").to_string();
        let bare: Vec<&str> = bare.lines().filter(|line| !line.trim_start().starts_with("%% ") && !line.contains("accTitle")).collect();
        assert!(bare.iter().all(|line| !line.contains("script") && !line.contains("init") && !line.contains("alert")), "{bare:?}");
    }
    // DOT reads nothing in a label in quotes; Mermaid reads HTML and directives wherever they stand.
    let text = mermaid(&graph);
    assert!(!text.contains("%%{") && !text.contains("<script"));
}

#[test]
fn the_shipped_platform_in_words() {
    let graph = Graph::of(&shipped("tenants.yaml"));
    insta::assert_snapshot!(format!("{}\n{}", mermaid(&graph), dot(&graph)));
}

/// Ten thousand tenants are named by the first few.
#[test]
fn many_tenants_are_summed_up() {
    let mut graph = Graph::of(&shipped("tenants.yaml"));
    graph.planned = Some([(Action::Create, 20_000)].into());
    for (n, column) in graph.columns.iter_mut().enumerate() {
        column.members = (0..5000)
            .map(|i| Member { id: format!("clinic-{n}-{i:05}").parse().unwrap(), turn: (i % 2 == 0).then_some(Turn::Comes) })
            .collect();
    }
    let text = svg(&graph);
    assert!(text.len() < 60_000, "{}", text.len());
    assert!(text.contains("more: "), "{text}");
    assert!(mermaid(&graph).contains("and 4,994 more: + 2,497 new"));
    assert!(dot(&graph).contains("and 4,994 more: + 2,497 new"));
}
