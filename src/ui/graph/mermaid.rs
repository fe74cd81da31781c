//! The picture as a Mermaid flowchart, for Markdown that draws those.

use std::fmt::Write as _;

use super::{NAMED, crowd, marks, member, more, place, totals};
use crate::graph::{Graph, Node, Spot};
use crate::plan::Action;
use crate::ui::escape::mermaid as safe;

pub(crate) fn mermaid(graph: &Graph) -> String {
    let mut out = String::from("flowchart TD\n");
    let title = [Some(format!("platform {}", graph.platform)), Some(place(graph)), totals(graph)];
    let title: Vec<String> = title.into_iter().flatten().collect();
    let _ = writeln!(out, "  accTitle: {}", safe(&format!("Platform {}", graph.platform)).replace(':', "#58;"));
    let _ = writeln!(out, "  subgraph platform[\"{}\"]", safe(&title.join(", ")));
    for node in graph.nodes.iter().filter(|node| node.spot.1.is_none()) {
        write_node(&mut out, graph, node, "    ");
    }
    for (n, column) in graph.columns.iter().enumerate() {
        let leaves = if column.leaves { ", no longer declared" } else { "" };
        let _ = writeln!(out, "    subgraph tier{n}[\"{}\"]", safe(&format!("tier {}{leaves}", column.tier)));
        let mut named: Vec<String> = column.members.iter().take(NAMED).map(|m| safe(&member(m))).collect();
        let rest = column.members.get(NAMED..).unwrap_or_default();
        named.extend((!rest.is_empty()).then(|| safe(&more(rest, column.members.len()))));
        let _ = writeln!(out, "      tenants{n}([\"{}<br>{}\"])", safe(&crowd(column)), named.join("<br>"));
        for node in graph.nodes.iter().filter(|node| node.spot.1.as_ref() == Some(&column.tier)) {
            write_node(&mut out, graph, node, "      ");
        }
        out.push_str("    end\n");
    }
    out.push_str("  end\n");
    for edge in &graph.edges {
        let _ = writeln!(out, "  {} -->|\"{}\"| {}", id(graph, &edge.from), safe(edge.says), id(graph, &edge.to));
    }
    for wall in &graph.walls {
        let _ = writeln!(out, "  %% {}: {} ({})", wall.layer.word(), safe(&wall.says), super::notes::force(wall.force));
    }
    classes(&mut out, graph);
    out
}

fn write_node(out: &mut String, graph: &Graph, node: &Node, indent: &str) {
    let mut lines = vec![format!("<b>{}</b>", safe(node.spot.0.word()))];
    lines.extend(node.lines.iter().map(|line| safe(line)));
    lines.extend(marks(&node.marks).iter().map(|(_, words)| format!("<b>{}</b>", safe(words))));
    let _ = writeln!(out, "{indent}{}[\"{}\"]", id(graph, &node.spot), lines.join("<br>"));
}

/// A name that Mermaid has no other meaning for.
pub(super) fn id(graph: &Graph, (part, tier): &Spot) -> String {
    let part = format!("{part:?}").to_lowercase();
    match tier.as_ref().and_then(|tier| graph.columns.iter().position(|column| column.tier == *tier)) {
        Some(n) => format!("{part}{n}"),
        None => part,
    }
}

/// Colours of what changes, that a dark page shows as well.
fn classes(out: &mut String, graph: &Graph) {
    for (class, style, of) in [
        ("comes", "fill:#e6f9ea,stroke:#2da44e,color:#116329", &[Action::Create][..]),
        ("changes", "fill:#fff8c5,stroke:#bf8700,color:#7d4e00", &[Action::Update, Action::Close]),
        ("goes", "fill:#ffebe9,stroke:#cf222e,color:#a40e26", &[Action::Replace, Action::Delete]),
    ] {
        let worst = |node: &&Node| node.marks.keys().max().is_some_and(|action| of.contains(action));
        let ids: Vec<String> = graph.nodes.iter().filter(worst).map(|node| id(graph, &node.spot)).collect();
        if !ids.is_empty() {
            let _ = writeln!(out, "  classDef {class} {style}\n  class {} {class}", ids.join(","));
        }
    }
}
