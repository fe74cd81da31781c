//! The picture of the platform in each language, and the words that all of them share.

use std::collections::BTreeMap;

use super::style::{count, sign, word as verb};
use crate::diagnostic::thousands;
use crate::graph::{Column, Graph, Marks, Member, Turn};
use crate::plan::Action;

mod canvas;
pub(crate) mod dot;
pub(crate) mod mermaid;
mod metrics;
mod notes;
pub(crate) mod svg;
mod theme;

/// How many tenants of a tier are named where there is no knowing how many have room.
const NAMED: usize = 6;

/// `+ 3 create`: the sign and the word, so that no colour is needed.
fn mark(action: Action, n: usize) -> String {
    format!("{} {} {}", sign(action), thousands(n), verb(action))
}

fn turn_sign(turn: Turn) -> &'static str {
    match turn {
        Turn::Comes => "+",
        Turn::Changes => "~",
        Turn::Moves => ">",
        Turn::Replaced => "-/+",
        Turn::Leaves => "×",
    }
}

fn turn_word(turn: Turn) -> &'static str {
    match turn {
        Turn::Comes => "new",
        Turn::Changes => "changes",
        Turn::Moves => "moves here",
        Turn::Replaced => "replaced",
        Turn::Leaves => "leaves",
    }
}

/// What a tenant is called, with what happens to it.
fn member(member: &Member) -> String {
    match member.turn {
        Some(turn) => format!("{} {} {}", turn_sign(turn), member.id, turn_word(turn)),
        None => member.id.to_string(),
    }
}

/// `and 4,990 more: 12 new`.
fn more(rest: &[Member], all: usize) -> String {
    let turns: BTreeMap<Turn, usize> = Column::turns(rest);
    let told: Vec<String> =
        turns.into_iter().map(|(turn, n)| format!("{} {} {}", turn_sign(turn), thousands(n), turn_word(turn))).collect();
    let told = if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) };
    let and = if rest.len() == all { "" } else { "and " };
    let more = if rest.len() == all { "tenants" } else { "more" };
    format!("{and}{} {more}{told}", thousands(rest.len()))
}

fn marks(marks: &Marks) -> Vec<(Action, String)> {
    marks.iter().map(|(action, n)| (*action, mark(*action, *n))).collect()
}

fn crowd(column: &Column) -> String {
    let here = column.members.iter().filter(|m| m.turn != Some(Turn::Leaves)).count();
    match here {
        1 => "1 tenant".into(),
        n => format!("{} tenants", thousands(n)),
    }
}

/// What stands at the head of the picture.
fn place(graph: &Graph) -> String {
    let tenants = graph.tenants();
    format!(
        "account {}, {}, {} profile, {}, {} tenant{}",
        graph.account,
        graph.region,
        graph.profile.as_str(),
        count(graph.columns.iter().filter(|c| !c.leaves).count(), "tier"),
        thousands(tenants),
        if tenants == 1 { "" } else { "s" }
    )
}

/// What the plan does, in one line.
fn totals(graph: &Graph) -> Option<String> {
    let planned = graph.planned.as_ref()?;
    let told: Vec<String> = marks(planned).into_iter().map(|(_, words)| words).collect();
    Some(if told.is_empty() { "the plan changes nothing".into() } else { format!("the plan: {}", told.join(", ")) })
}

/// The picture in sentences, for who can't see it.
fn described(graph: &Graph) -> String {
    let mut said = vec![format!("{}.", place(graph))];
    said.extend(totals(graph).map(|t| format!("{t}.")));
    for column in &graph.columns {
        let named: Vec<String> = column.members.iter().take(NAMED).map(member).collect();
        let rest = column.members.get(NAMED..).unwrap_or_default();
        let rest = if rest.is_empty() { String::new() } else { format!(", {}", more(rest, column.members.len())) };
        said.push(format!("Tier {} has {}: {}{rest}.", column.tier, crowd(column), named.join(", ")));
    }
    let way = "A request goes from the user, who signs in at Cognito, to the agent runtime of the caller's tier, from there through the \
               gateway to the tools, and as the tenants' role to the data.";
    said.push(way.into());
    said.push("What keeps tenants apart:".into());
    said.extend(graph.walls.iter().map(|wall| format!("{}: {} ({}).", wall.layer.word(), wall.says, notes::force(wall.force))));
    said.join(" ")
}

#[cfg(test)]
mod tests;
