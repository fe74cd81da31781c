//! Strokes of the picture: boxes, texts and arrows, each with its text escaped.

use super::metrics::{Weight, fit, wrap};
use super::theme::{of_action, stripe};
use super::{mark, marks};
use crate::graph::Node;
use crate::ui::escape::markup;

/// A rectangle; corners are whole or half pixels, so that lines are sharp.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) w: f64,
    pub(super) h: f64,
}

impl Area {
    pub(super) fn right(&self) -> f64 {
        self.x + self.w
    }

    pub(super) fn bottom(&self) -> f64 {
        self.y + self.h
    }

    pub(super) fn middle(&self) -> f64 {
        self.x + self.w / 2.0
    }
}

pub(super) const TITLE: f64 = 12.5;
pub(super) const LINE: f64 = 11.0;
/// Left of the texts, beside the stripe, and right of them.
const LEFT: f64 = 12.0;
const RIGHT: f64 = 6.0;
const HIGH_TITLE: f64 = 16.0;
pub(super) const HIGH_LINE: f64 = 14.0;
/// How many lines one text of a box may take.
const MOST: usize = 2;

/// A box's texts, set for its width.
pub(super) struct Set {
    titles: Vec<String>,
    lines: Vec<String>,
    marks: Vec<(&'static str, String)>,
}

impl Set {
    pub(super) fn of(node: &Node, w: f64) -> Self {
        let room = w - LEFT - RIGHT;
        let titles = wrap(node.spot.0.word(), TITLE, Weight::Bold, room, MOST);
        let lines = node.lines.iter().flat_map(|line| wrap(line, LINE, Weight::Regular, room, MOST)).collect();
        let marks = marks(&node.marks).into_iter().flat_map(|(action, words)| {
            wrap(&words, LINE, Weight::Bold, room, MOST).into_iter().map(move |line| (of_action(action), line))
        });
        Self { titles, lines, marks: marks.collect() }
    }

    fn texts(&self) -> f64 {
        HIGH_TITLE * self.titles.len() as f64 + HIGH_LINE * (self.lines.len() + self.marks.len()) as f64
    }

    pub(super) fn height(&self) -> f64 {
        self.texts() + 17.0
    }
}

/// The picture as it is drawn.
#[derive(Default)]
pub(super) struct Canvas {
    pub(super) out: String,
}

impl Canvas {
    pub(super) fn push(&mut self, element: &str) {
        self.out.push_str(element);
        self.out.push('\n');
    }

    pub(super) fn text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        self.push(&format!("<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{}</text>", markup(text)));
    }

    pub(super) fn text_end(&mut self, x: f64, y: f64, class: &str, text: &str) {
        self.push(&format!("<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\" text-anchor=\"end\">{}</text>", markup(text)));
    }

    pub(super) fn text_mid(&mut self, x: f64, y: f64, class: &str, text: &str) {
        self.push(&format!("<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\" text-anchor=\"middle\">{}</text>", markup(text)));
    }

    pub(super) fn rect(&mut self, area: Area, class: &str, radius: f64) {
        self.push(&format!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{radius}\" class=\"{class}\"/>",
            area.x, area.y, area.w, area.h
        ));
    }

    /// A box with its stripe, its texts in the middle of its height.
    pub(super) fn node(&mut self, node: &Node, area: Area, planned: bool) {
        let set = Set::of(node, area.w);
        // What goes shows before what comes.
        let worst = node.marks.keys().max().map(|action| of_action(*action)).unwrap_or_default();
        let mut said: Vec<String> = node.lines.clone();
        said.extend(node.marks.iter().map(|(action, n)| mark(*action, *n)));
        let label = format!("{}: {}", spoken(node), said.join(", "));
        self.push(&format!("<g role=\"img\" aria-label=\"{}\" class=\"box {worst}\">", markup(&label)));
        let title = node.about.as_ref().map_or_else(|| label.clone(), |about| format!("{label} ({about})"));
        self.push(&format!("<title>{}</title>", markup(&title)));
        self.rect(area, if node.spot.0.layer() == crate::graph::Layer::Beside { "card beside" } else { "card" }, 6.0);
        let quiet = planned && node.marks.is_empty();
        let hue = if quiet { "quiet" } else { stripe(node.spot.0.layer()) };
        self.push(&format!(
            "<path d=\"M{:.1} {:.1}h-1.5a6 6 0 0 0-4.5 6v{:.1}a6 6 0 0 0 4.5 6h1.5z\" class=\"stripe {hue}\"/>",
            area.x + 6.0,
            area.y,
            area.h - 12.0
        ));
        let mut y = area.y + (area.h - set.texts()) / 2.0;
        for title in &set.titles {
            self.text(area.x + LEFT, y + 12.5, "t", title);
            y += HIGH_TITLE;
        }
        for line in &set.lines {
            self.text(area.x + LEFT, y + 10.5, "l", line);
            y += HIGH_LINE;
        }
        for (class, line) in &set.marks {
            self.text(area.x + LEFT, y + 10.5, &format!("b {class}-ink"), line);
            y += HIGH_LINE;
        }
        self.push("</g>");
    }

    /// A line through these corners, with a head at its end.
    pub(super) fn arrow(&mut self, corners: &[(f64, f64)]) {
        self.line(corners);
        let [.., before, end] = corners else { return };
        let ((x0, y0), (x, y)) = (*before, *end);
        const LONG: f64 = 6.5;
        const HALF: f64 = 3.6;
        let (dx, dy) = ((x - x0).signum() * f64::from(u8::from(x != x0)), (y - y0).signum() * f64::from(u8::from(y != y0)));
        let (bx, by) = (x - dx * LONG, y - dy * LONG);
        self.push(&format!(
            "<path d=\"M{x:.1} {y:.1}L{:.1} {:.1}L{:.1} {:.1}z\" class=\"head\"/>",
            bx - dy * HALF,
            by - dx * HALF,
            bx + dy * HALF,
            by + dx * HALF
        ));
    }

    pub(super) fn line(&mut self, corners: &[(f64, f64)]) {
        let path: Vec<String> = corners.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        self.push(&format!("<path d=\"M{}\" class=\"e\"/>", path.join("L")));
    }

    /// What an arrow says, beside it.
    pub(super) fn says(&mut self, x: f64, y: f64, text: &str, room: f64) {
        self.text(x, y, "l", &fit(text, LINE, Weight::Regular, room));
    }
}

/// A box by its word and whose it is.
fn spoken(node: &Node) -> String {
    match &node.spot.1 {
        Some(tier) => format!("{} of tier {tier}", node.spot.0.word()),
        None => node.spot.0.word().to_owned(),
    }
}
