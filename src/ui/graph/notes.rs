//! The margin of the picture: what keeps tenants apart, beside the layer that it is about; and the legend.

use super::canvas::{Canvas, HIGH_LINE, LINE};
use super::metrics::{Weight, width, wrap};
use super::theme::{of_action, of_turn};
use super::{turn_sign, turn_word, verb};
use crate::graph::{Force, Graph, Layer, Turn};
use crate::plan::Action;
use crate::ui::style::sign;

const ICON: f64 = 17.0;
const HEAD: f64 = 17.0;
const BETWEEN: f64 = 4.0;
const MOST: usize = 4;

pub(super) fn force(force: Force) -> &'static str {
    match force {
        Force::Aws => "AWS enforces it",
        Force::Code => "rests on application code",
        Force::Open => "OPEN: a probe shows a way through",
        Force::Unproven => "not proven",
    }
}

struct Note {
    force: Force,
    lines: Vec<String>,
}

fn notes(graph: &Graph, layers: &[Layer], w: f64) -> Vec<Note> {
    let of = graph.walls.iter().filter(|wall| layers.contains(&wall.layer));
    of.map(|wall| Note { force: wall.force, lines: wrap(&wall.says, LINE, Weight::Regular, w - ICON, MOST) }).collect()
}

/// How high the notes of these layers are.
pub(super) fn height(graph: &Graph, layers: &[Layer], w: f64) -> f64 {
    let notes = notes(graph, layers, w);
    if notes.is_empty() {
        return 0.0;
    }
    HEAD + notes.iter().map(|n| n.lines.len() as f64 * HIGH_LINE + BETWEEN).sum::<f64>()
}

pub(super) fn draw(canvas: &mut Canvas, graph: &Graph, layers: &[Layer], (x, y, w): (f64, f64, f64)) {
    let notes = notes(graph, layers, w);
    let Some(layer) = layers.first().filter(|_| !notes.is_empty()) else { return };
    let high = height(graph, layers, w);
    canvas.push(&format!("<path d=\"M{:.1} {:.1}v{:.1}\" class=\"rule\" stroke-width=\"2\"/>", x - 10.0, y + 1.0, high - BETWEEN));
    canvas.text(x, y + 9.0, "w", &layer.word().to_uppercase());
    let mut y = y + HEAD;
    for note in &notes {
        icon(canvas, note.force, x, y);
        for line in &note.lines {
            canvas.text(x + ICON, y + 10.5, if matches!(note.force, Force::Open | Force::Unproven) { "b goes-ink" } else { "" }, line);
            y += HIGH_LINE;
        }
        y += BETWEEN;
    }
}

/// A shield that is filled with a tick, an open one with a mark, or half of one: the shapes tell them apart.
fn icon(canvas: &mut Canvas, force: Force, x: f64, y: f64) {
    const SHIELD: &str = "l5 2v4.2c0 3.2-2.2 5.2-5 6.3c-2.8-1.1-5-3.1-5-6.3v-4.2z";
    let (x, y) = (x + 6.0, y + 0.5);
    match force {
        Force::Aws => {
            canvas.push(&format!("<path d=\"M{x:.1} {y:.1}{SHIELD}\" class=\"aws\"/>"));
            canvas.push(&format!(
                "<path d=\"M{:.1} {:.1}l1.8 1.9l3-3.6\" class=\"tick\" fill=\"none\" stroke=\"#fff\" stroke-width=\"1.5\"/>",
                x - 2.4,
                y + 5.9
            ));
        }
        // Half a shield with a cross beside it, or with nothing known about the other half: no shape that a whole one has.
        Force::Open | Force::Unproven => {
            canvas.push(&format!("<path d=\"M{x:.1} {y:.1}l-5 2v4.2c0 3.2 2.2 5.2 5 6.3\" class=\"open-line\" stroke-width=\"1.5\"/>"));
            let beside = match force {
                Force::Open => "l5 6m0-6l-5 6",
                _ => "h4m-4 4h4",
            };
            canvas.push(&format!("<path d=\"M{:.1} {:.1}{beside}\" class=\"open-line\" stroke-width=\"1.8\"/>", x + 0.8, y + 3.4));
        }
        Force::Code => {
            canvas
                .push(&format!("<path d=\"M{x:.1} {y:.1}{SHIELD}\" class=\"code-line\" stroke-width=\"1.3\" stroke-dasharray=\"2 1.3\"/>"));
            canvas.push(&format!("<path d=\"M{x:.1} {:.1}v3.6m0 1.6v1.4\" class=\"code-line\" stroke-width=\"1.5\"/>", y + 2.9));
        }
    }
}

/// The signs that occur, each with its words.
pub(super) fn legend(canvas: &mut Canvas, graph: &Graph, (x, y, room): (f64, f64, f64)) -> f64 {
    let (mut at, mut line) = (x, y);
    let mut place = |wide: f64| {
        if at > x && at + wide > x + room {
            at = x;
            line += 20.0;
        }
        let here = (at, line);
        at += wide + 20.0;
        here
    };
    for kind in [Force::Open, Force::Unproven, Force::Aws, Force::Code].into_iter().filter(|f| graph.walls.iter().any(|w| w.force == *f)) {
        let words = force(kind);
        let (x, y) = place(ICON + width(words, LINE, Weight::Regular));
        icon(canvas, kind, x, y);
        canvas.text(x + ICON, y + 10.5, if matches!(kind, Force::Open | Force::Unproven) { "b goes-ink" } else { "l" }, words);
    }
    for (class, words) in signs(graph) {
        let (x, y) = place(width(&words, LINE, Weight::Bold));
        canvas.text(x, y + 10.5, &format!("b {class}-ink"), &words);
    }
    if graph.planned.is_some() {
        let (x, y) = place(width("without a sign: unchanged", LINE, Weight::Regular));
        canvas.text(x, y + 10.5, "l", "without a sign: unchanged");
    }
    line + 20.0 - y
}

fn signs(graph: &Graph) -> Vec<(&'static str, String)> {
    let Some(planned) = &graph.planned else { return Vec::new() };
    let turns: std::collections::BTreeSet<Turn> = graph.columns.iter().flat_map(|c| &c.members).filter_map(|m| m.turn).collect();
    let actions = planned.keys().map(|action: &Action| (of_action(*action), format!("{} {}", sign(*action), verb(*action))));
    let moves =
        turns.contains(&Turn::Moves).then(|| (of_turn(Turn::Moves), format!("{} {}", turn_sign(Turn::Moves), turn_word(Turn::Moves))));
    actions.chain(moves).collect()
}
