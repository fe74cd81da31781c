//! The picture as SVG: tiers are columns, layers are rows, what tiers share lies across them; the margin says what keeps tenants apart.
//!
//! Self-contained, without scripts and fonts of its own. Arrows run between boxes, never across one.

use super::canvas::{Area, Canvas, LINE, Set, TITLE};
use super::metrics::{Weight, fit, width};
use super::theme::{css, of_turn};
use super::{crowd, described, member, more, notes, place, totals};
use crate::graph::{Column, Graph, Layer, Node, Part};
use crate::names::TierName;
use crate::ui::escape::markup;

const MARGIN: f64 = 20.0;
/// Between two rows, where an arrow goes.
const GAP: f64 = 26.0;
const BETWEEN: f64 = 12.0;
/// Left of the columns, for the way to the tables.
const SIDE: f64 = 16.0;
const PAD: f64 = 12.0;
const CHIP: f64 = 20.0;
const CHIP_ROWS: usize = 3;
const LEAST: f64 = 940.0;

pub(crate) fn svg(graph: &Graph) -> String {
    let mut sheet = Sheet::new(graph);
    sheet.entrance();
    sheet.columns();
    sheet.foot();
    sheet.finish()
}

struct Sheet<'a> {
    graph: &'a Graph,
    /// Column grounds lie below all else and are as high as what comes later.
    below: Canvas,
    canvas: Canvas,
    y: f64,
    /// Of the diagram, without the margin of notes.
    across: f64,
    column: f64,
    notes: f64,
    /// Where requests come from into the tiers.
    door: (f64, f64),
}

impl<'a> Sheet<'a> {
    fn new(graph: &'a Graph) -> Self {
        let n = graph.columns.len().max(1) as f64;
        let (column, notes) = match graph.columns.len() {
            0 | 1 => (400.0, 448.0),
            2 => (332.0, 214.0),
            _ => (332.0, 214.0),
        };
        let across = SIDE + n * column + (n - 1.0) * BETWEEN;
        let door = (MARGIN, 0.0);
        Self { graph, below: Canvas::default(), canvas: Canvas::default(), y: MARGIN, across, column, notes, door }
    }

    fn wide(&self) -> f64 {
        (MARGIN * 2.0 + self.across + 30.0 + self.notes).max(LEAST)
    }

    fn planned(&self) -> bool {
        self.graph.planned.is_some()
    }

    /// The notes of these layers beside what comes next, and how high that has to be for them.
    fn note(&mut self, layers: &[Layer]) -> f64 {
        let at = (MARGIN + self.across + 30.0, self.y, self.notes);
        notes::draw(&mut self.canvas, self.graph, layers, at);
        notes::height(self.graph, layers, self.notes) - GAP + 8.0
    }

    fn entrance(&mut self) {
        let graph = self.graph;
        let room = self.wide() - 2.0 * MARGIN;
        self.canvas.text(MARGIN, self.y + 18.0, "h", &fit(&graph.platform, 20.0, Weight::Bold, room));
        self.canvas.text(MARGIN, self.y + 38.0, "l", &fit(&place(graph), LINE, Weight::Regular, room));
        self.y += 56.0;
        if let Some(totals) = totals(graph) {
            self.canvas.text(MARGIN, self.y, "b", &fit(&totals, LINE, Weight::Bold, room));
            self.y += 16.0;
        }
        let left = (self.across - SIDE) * 0.42;
        let gap = 92.0;
        let right = self.across - left - gap;
        for (pair, says) in [((Part::Users, Part::UserPool), "sign in"), ((Part::Api, Part::Proxy), "pass on")] {
            let (Some(one), other) = (graph.node(pair.0, None), graph.node(pair.1, None)) else { continue };
            let least = self.note(&[pair.0.layer()]);
            let heights = [Some((one, left)), other.map(|o| (o, right))].into_iter().flatten().map(|(n, w)| Set::of(n, w).height());
            let h = heights.fold(least, f64::max);
            let first = Area { x: MARGIN, y: self.y, w: left, h };
            if pair.0 == Part::Api {
                self.canvas.arrow(&[(first.middle(), self.y - GAP), (first.middle(), self.y)]);
                self.canvas.says(first.middle() + 8.0, self.y - 9.5, "ask, with the token", left / 2.0 - 8.0);
            }
            self.canvas.node(one, first, self.planned());
            self.door = (first.middle(), first.bottom());
            if let Some(other) = other {
                let second = Area { x: first.right() + gap, y: self.y, w: right, h };
                let mid = self.y + h / 2.0;
                self.canvas.arrow(&[(first.right(), mid), (second.x, mid)]);
                let start = first.right() + (gap - 6.0 - width(says, LINE, Weight::Regular)) / 2.0;
                self.canvas.says(start, mid - 6.0, says, gap);
                self.canvas.node(other, second, self.planned());
                if pair.1 == Part::Proxy {
                    self.door = (second.middle(), second.bottom());
                }
            }
            self.y += h + GAP;
        }
    }

    fn x(&self, n: usize) -> f64 {
        MARGIN + SIDE + n as f64 * (self.column + BETWEEN)
    }

    /// From the door to each tier.
    fn way_in(&mut self) {
        let (x, y) = self.door;
        let bus = y + 19.0;
        let top = y + 38.0;
        let ends: Vec<f64> = (0..self.graph.columns.len()).map(|n| self.x(n) + self.column / 2.0).collect();
        let (Some(first), Some(last)) = (ends.first(), ends.last()) else { return };
        self.canvas.line(&[(x, y), (x, bus)]);
        self.canvas.line(&[(first.min(x), bus), (last.max(x), bus)]);
        for end in &ends {
            self.canvas.arrow(&[(*end, bus), (*end, top)]);
        }
        self.canvas.says(x + 8.0, y + 13.0, "to the caller's own tier", MARGIN + self.across - x - 8.0);
        self.y = top;
    }

    fn columns(&mut self) {
        let graph = self.graph;
        if graph.columns.is_empty() {
            return;
        }
        self.way_in();
        let top = self.y;
        let mut lowest = self.y;
        for (n, column) in graph.columns.iter().enumerate() {
            lowest = lowest.max(self.head(n, column, top));
        }
        self.y = lowest + 12.0;
        let agents = self.row(Layer::Agents, &[Part::Runtime], 1.0);
        let interceptor = self.row(Layer::Gateway, &[Part::Interceptor], LANE);
        let gateway = self.row(Layer::Gateway, &[Part::Gateway], LANE);
        let tools = self.row(Layer::Tools, &[Part::Tools], LANE);
        self.down(&[&agents, &interceptor, &gateway, &tools], LANE / 2.0);
        self.sessions(&agents, &tools);
        self.tier_data();
        let high = self.y - GAP + PAD - top;
        for (n, column) in graph.columns.iter().enumerate() {
            let area = Area { x: self.x(n), y: top, w: self.column, h: high };
            self.below.rect(area, if column.leaves { "column leaves" } else { "column" }, 10.0);
        }
        self.y = top + high + 18.0;
    }

    fn inner(&self, n: usize) -> (f64, f64) {
        (self.x(n) + PAD, self.column - 2.0 * PAD)
    }

    /// A tier's name and its tenants; says where they end.
    fn head(&mut self, n: usize, column: &Column, top: f64) -> f64 {
        let (x, w) = self.inner(n);
        let crowd = crowd(column);
        self.canvas.text_end(x + w, top + 22.0, "l", &crowd);
        let name = if column.leaves { format!("tier {}, no longer declared", column.tier) } else { format!("tier {}", column.tier) };
        let room = w - width(&crowd, LINE, Weight::Regular) - 8.0;
        self.canvas.text(x, top + 22.0, "t", &fit(&name, TITLE, Weight::Bold, room));
        let mut y = top + 32.0;
        let mut at = x;
        let mut row = 1;
        for (i, one) in column.members.iter().enumerate() {
            let words = fit(&member(one), LINE, Weight::Regular, w - 16.0);
            let wide = width(&words, LINE, Weight::Regular) + 16.0;
            let rest = column.members.get(i..).unwrap_or_default();
            let after = more(column.members.get(i + 1..).unwrap_or_default(), column.members.len());
            if at > x && at + wide > x + w {
                (at, y, row) = (x, y + CHIP + 5.0, row + 1);
            }
            // The last row keeps room for how many there are besides.
            let last = row == CHIP_ROWS && rest.len() > 1;
            let tail = width(&after, LINE, Weight::Regular) + 6.0;
            if row > CHIP_ROWS || (last && at + wide + tail > x + w) {
                let words = fit(&more(rest, column.members.len()), LINE, Weight::Regular, x + w - at);
                self.canvas.text(at + 2.0, y + 14.0, "l", &words);
                return y + CHIP;
            }
            let class = one.turn.map(of_turn).unwrap_or_default();
            self.canvas.push(&format!("<g class=\"box {class}\">"));
            self.canvas.rect(Area { x: at, y, w: wide, h: CHIP }, "chip", CHIP / 2.0);
            let ink = one.turn.map(|turn| format!("{}-ink", of_turn(turn))).unwrap_or_default();
            self.canvas.text_mid(at + wide / 2.0, y + 14.0, &ink, &words);
            self.canvas.push("</g>");
            at += wide + 5.0;
        }
        y + CHIP
    }

    /// One layer of every column; `share` of its width. Where they stand, by column.
    fn row(&mut self, layer: Layer, parts: &[Part], share: f64) -> Vec<Option<Area>> {
        let graph = self.graph;
        let tiers: Vec<&TierName> = graph.columns.iter().map(|column| &column.tier).collect();
        let found: Vec<Option<&Node>> = tiers.iter().map(|tier| parts.iter().find_map(|part| graph.node(*part, Some(tier)))).collect();
        let wide = (self.column - 2.0 * PAD) * share;
        let heights = found.iter().flatten().map(|node| Set::of(node, wide).height());
        let Some(h) = heights.reduce(f64::max) else { return tiers.iter().map(|_| None).collect() };
        // The interceptor is told about with the gateway.
        let with_notes = !parts.contains(&Part::Interceptor);
        let h = if with_notes { h.max(self.note(&[layer])) } else { h };
        let mut areas = Vec::new();
        for (n, node) in found.iter().enumerate() {
            let (x, _) = self.inner(n);
            let area = Area { x, y: self.y, w: wide, h };
            if let Some(node) = node {
                self.canvas.node(node, area, self.planned());
            }
            areas.push(node.map(|_| area));
        }
        self.y += h + GAP;
        areas
    }

    /// Arrows from each box to the next below it in its column.
    fn down(&mut self, rows: &[&Vec<Option<Area>>], at: f64) {
        for n in 0..self.graph.columns.len() {
            let (x, w) = self.inner(n);
            let boxes: Vec<&Area> = rows.iter().filter_map(|row| row.get(n)?.as_ref()).collect();
            for pair in boxes.windows(2) {
                let [one, next] = pair else { continue };
                self.canvas.arrow(&[(x + w * at, one.bottom()), (x + w * at, next.y)]);
            }
        }
    }

    /// The tenants' role across all tiers, and how agents and tools come by it.
    fn sessions(&mut self, agents: &[Option<Area>], tools: &[Option<Area>]) {
        let graph = self.graph;
        let Some(session) = graph.node(Part::Session, None) else { return };
        let least = self.note(&[Layer::Session]);
        let h = Set::of(session, self.across).height().max(least);
        let bar = Area { x: MARGIN, y: self.y, w: self.across, h };
        for n in 0..graph.columns.len() {
            let (x, w) = self.inner(n);
            if let Some(Some(tools)) = tools.get(n) {
                self.canvas.arrow(&[(x + w * LANE / 2.0, tools.bottom()), (x + w * LANE / 2.0, bar.y)]);
            }
            let Some(Some(agent)) = agents.get(n) else { continue };
            let lane = x + w * LANE + PAD;
            let lane = Area { x: lane, y: agent.bottom() + GAP, w: x + w - lane, h: bar.y - agent.bottom() - 2.0 * GAP };
            match graph.node(Part::Broker, None) {
                Some(broker) if lane.h > 0.0 => {
                    self.canvas.arrow(&[(lane.middle(), agent.bottom()), (lane.middle(), lane.y)]);
                    self.canvas.node(broker, lane, self.planned());
                    self.canvas.arrow(&[(lane.middle(), lane.bottom()), (lane.middle(), bar.y)]);
                }
                _ => self.itself(lane, (agent.bottom(), bar.y)),
            }
        }
        self.canvas.node(session, bar, self.planned());
        self.y += h + GAP;
    }

    /// The agent's own way to the tenants' role.
    fn itself(&mut self, lane: Area, (from, to): (f64, f64)) {
        let x = lane.right() - 14.0;
        self.canvas.arrow(&[(x, from), (x, to)]);
        let middle = f64::midpoint(from, to);
        for (n, words) in ["memory and", "documents:", "the agent,", "for its caller"].into_iter().enumerate() {
            let y = middle - 22.0 + n as f64 * 14.0;
            self.canvas.text_end(x - 8.0, y, "l", words);
        }
    }

    /// Memory, documents and knowledge of each tier, side by side.
    fn tier_data(&mut self) {
        let graph = self.graph;
        const PARTS: [Part; 3] = [Part::Memory, Part::Documents, Part::Knowledge];
        let present: Vec<Part> =
            PARTS.into_iter().filter(|part| graph.nodes.iter().any(|n| n.spot.0 == *part && n.spot.1.is_some())).collect();
        let Some(between) = present.len().checked_sub(1) else { return };
        let wide = (self.column - 2.0 * PAD - between as f64 * 8.0) / present.len() as f64;
        let boxes = graph.nodes.iter().filter(|node| present.contains(&node.spot.0) && node.spot.1.is_some());
        let h = boxes.map(|node| Set::of(node, wide).height()).fold(self.note(&[Layer::TierData]), f64::max);
        let fed = graph.node(Part::Session, None).is_some();
        for (n, column) in graph.columns.iter().enumerate() {
            for (i, part) in present.iter().enumerate() {
                let Some(node) = graph.node(*part, Some(&column.tier)) else { continue };
                let area = Area { x: self.inner(n).0 + i as f64 * (wide + 8.0), y: self.y, w: wide, h };
                if fed {
                    self.canvas.arrow(&[(area.middle(), self.y - GAP), (area.middle(), self.y)]);
                }
                self.canvas.node(node, area, self.planned());
            }
        }
        self.door = (MARGIN + SIDE / 2.0 - 1.0, self.y - GAP);
        self.y += h + GAP;
    }

    /// What lies below the tiers: the tables, what is beside, the legend.
    fn foot(&mut self) {
        let graph = self.graph;
        if let Some(tables) = graph.node(Part::Tables, None) {
            let least = self.note(&[Layer::Tables]);
            let h = Set::of(tables, self.across).height().max(least);
            let area = Area { x: MARGIN, y: self.y, w: self.across, h };
            if graph.node(Part::Session, None).is_some() {
                let (x, from) = self.door;
                self.canvas.arrow(&[(x, from), (x, area.y)]);
            }
            self.canvas.node(tables, area, self.planned());
            self.y += h + 14.0;
        }
        if let Some(beside) = graph.node(Part::Beside, None) {
            let joined = Node { lines: vec![beside.lines.join(", ")], ..beside.clone() };
            let h = Set::of(&joined, self.across).height();
            self.canvas.node(&joined, Area { x: MARGIN, y: self.y, w: self.across, h }, self.planned());
            self.y += h + 18.0;
        }
        let room = self.wide() - 2.0 * MARGIN;
        let high = notes::legend(&mut self.canvas, graph, (MARGIN, self.y, room));
        self.y += high + 4.0;
    }

    fn finish(self) -> String {
        let (w, h) = (self.wide().ceil(), (self.y + 8.0).ceil());
        let title = format!("Platform {}", self.graph.platform);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"pf\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" \
             role=\"graphics-document document\" aria-labelledby=\"pf-title pf-desc\">\n<title id=\"pf-title\">{}</title>\n\
             <desc id=\"pf-desc\">{}</desc>\n<style>{}</style>\n<rect width=\"{w}\" height=\"{h}\" rx=\"12\" class=\"ground\"/>\n{}{}</svg>\n",
            markup(&title),
            markup(&described(self.graph)),
            css(),
            self.below.out,
            self.canvas.out,
        )
    }
}

/// How much of a column the way through the gateway takes; the rest is the agent's own way to the data.
const LANE: f64 = 0.62;
