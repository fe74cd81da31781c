//! The picture in DOT, for Graphviz and whatever else reads it.

use std::fmt::Write as _;

use super::mermaid::id;
use super::{NAMED, crowd, marks, member, more, place, totals};
use crate::graph::{Graph, Node};
use crate::plan::Action;
use crate::ui::escape::dot as safe;

pub(crate) fn dot(graph: &Graph) -> String {
    let mut out = String::from("digraph platform {\n");
    let title: Vec<String> =
        [Some(format!("platform {}", graph.platform)), Some(place(graph)), totals(graph)].into_iter().flatten().collect();
    let title: Vec<String> = title.iter().map(|line| safe(line)).collect();
    let _ = writeln!(out, "  label=\"{}\"; labelloc=t; rankdir=TB; fontname=\"Helvetica\";", title.join("\\n"));
    out.push_str("  node [shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\", fontname=\"Helvetica\", fontsize=11];\n");
    out.push_str("  edge [fontname=\"Helvetica\", fontsize=9, color=\"#6e7781\"];\n");
    for node in graph.nodes.iter().filter(|node| node.spot.1.is_none()) {
        write_node(&mut out, graph, node, "  ");
    }
    for (n, column) in graph.columns.iter().enumerate() {
        let leaves = if column.leaves { ", no longer declared" } else { "" };
        let _ = writeln!(
            out,
            "  subgraph cluster_tier{n} {{\n    label=\"{}\"; style=rounded;",
            safe(&format!("tier {}{leaves}", column.tier))
        );
        let mut lines = vec![safe(&crowd(column))];
        lines.extend(column.members.iter().take(NAMED).map(|m| safe(&member(m))));
        let rest = column.members.get(NAMED..).unwrap_or_default();
        lines.extend((!rest.is_empty()).then(|| safe(&more(rest, column.members.len()))));
        let _ = writeln!(out, "    tenants{n} [shape=plaintext, style=\"\", label=\"{}\"];", lines.join("\\n"));
        for node in graph.nodes.iter().filter(|node| node.spot.1.as_ref() == Some(&column.tier)) {
            write_node(&mut out, graph, node, "    ");
        }
        out.push_str("  }\n");
    }
    for edge in &graph.edges {
        let _ = writeln!(out, "  {} -> {} [label=\"{}\"];", id(graph, &edge.from), id(graph, &edge.to), safe(edge.says));
    }
    let walls: Vec<String> =
        graph.walls.iter().map(|w| safe(&format!("{}: {} ({})", w.layer.word(), w.says, super::notes::force(w.force)))).collect();
    let _ = writeln!(out, "  walls [shape=note, style=\"\", label=\"what keeps tenants apart\\l{}\\l\"];", walls.join("\\l"));
    out.push_str("}\n");
    out
}

fn write_node(out: &mut String, graph: &Graph, node: &Node, indent: &str) {
    let mut lines = vec![safe(node.spot.0.word())];
    lines.extend(node.lines.iter().map(|line| safe(line)));
    lines.extend(marks(&node.marks).iter().map(|(_, words)| safe(words)));
    let colors = match node.marks.keys().max() {
        Some(Action::Create) => ", fillcolor=\"#e6f9ea\", color=\"#2da44e\"",
        Some(Action::Update | Action::Close) => ", fillcolor=\"#fff8c5\", color=\"#bf8700\"",
        Some(Action::Replace | Action::Delete) => ", fillcolor=\"#ffebe9\", color=\"#cf222e\"",
        None => "",
    };
    let _ = writeln!(out, "{indent}{} [label=\"{}\"{colors}];", id(graph, &node.spot), lines.join("\\n"));
}
