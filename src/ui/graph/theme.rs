//! The colours of the picture, by day and by night. Each text has a contrast of 4.5 or more on what it stands on.

use crate::graph::{Layer, Turn};
use crate::plan::Action;

struct Palette {
    ground: &'static str,
    column: &'static str,
    column_line: &'static str,
    card: &'static str,
    card_line: &'static str,
    ink: &'static str,
    muted: &'static str,
    edge: &'static str,
    identity: &'static str,
    way: &'static str,
    session: &'static str,
    data: &'static str,
    enforced: &'static str,
    by_code: &'static str,
    /// Of what comes, changes, moves, goes: the text, its ground and its line.
    comes: Tint,
    changes: Tint,
    moves: Tint,
    goes: Tint,
}

struct Tint {
    ink: &'static str,
    ground: &'static str,
    line: &'static str,
}

const fn tint(ink: &'static str, ground: &'static str, line: &'static str) -> Tint {
    Tint { ink, ground, line }
}

const DAY: Palette = Palette {
    ground: "#ffffff",
    column: "#f6f8fa",
    column_line: "#d1d9e0",
    card: "#ffffff",
    card_line: "#c4ccd4",
    ink: "#1f2328",
    muted: "#57606a",
    edge: "#6e7781",
    identity: "#8250df",
    way: "#0969da",
    session: "#bc4c00",
    data: "#0f766e",
    enforced: "#1a7f37",
    by_code: "#9a6700",
    comes: tint("#116329", "#e6f9ea", "#2da44e"),
    changes: tint("#7d4e00", "#fff8c5", "#bf8700"),
    moves: tint("#0550ae", "#ddf4ff", "#218bff"),
    goes: tint("#a40e26", "#ffebe9", "#cf222e"),
};

const NIGHT: Palette = Palette {
    ground: "#0d1117",
    column: "#151b23",
    column_line: "#2f3742",
    card: "#1f2630",
    card_line: "#3d444d",
    ink: "#e6edf3",
    muted: "#9da7b3",
    edge: "#7d8590",
    identity: "#a371f7",
    way: "#4493f8",
    session: "#f0883e",
    data: "#2dd4bf",
    enforced: "#3fb950",
    by_code: "#d29922",
    comes: tint("#7ee787", "#12271b", "#2ea043"),
    changes: tint("#f0c94a", "#2b230f", "#9e6a03"),
    moves: tint("#79c0ff", "#10243e", "#1f6feb"),
    goes: tint("#ffa198", "#341619", "#da3633"),
};

/// Rules for one picture inside `.pf`, so that a page around it keeps its own.
pub(super) fn css() -> String {
    format!(
        ".pf text{{font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Noto Sans',Helvetica,Arial,'Liberation Sans',sans-serif;\
         font-size:11px}}.pf .h{{font-size:20px;font-weight:600}}.pf .t{{font-size:12.5px;font-weight:600}}\
         .pf .b{{font-weight:600}}.pf .w{{font-size:10px;font-weight:600;letter-spacing:.6px}}.pf .e{{fill:none;stroke-width:1.4}}{}\
         @media (prefers-color-scheme:dark){{{}}}",
        rules(&DAY),
        rules(&NIGHT)
    )
}

fn rules(p: &Palette) -> String {
    let mut css = format!(
        ".pf .ground{{fill:{ground}}}.pf .column{{fill:{column};stroke:{column_line}}}.pf .card,.pf .chip{{fill:{card};stroke:{card_line}}}\
         .pf text,.pf .ink{{fill:{ink}}}.pf .l,.pf .w{{fill:{muted}}}.pf .e{{stroke:{edge}}}.pf .head{{fill:{edge}}}\
         .pf .rule{{stroke:{column_line}}}",
        ground = p.ground,
        column = p.column,
        column_line = p.column_line,
        card = p.card,
        card_line = p.card_line,
        ink = p.ink,
        muted = p.muted,
        edge = p.edge,
    );
    for (name, color) in [
        ("identity", p.identity),
        ("way", p.way),
        ("session", p.session),
        ("data", p.data),
        ("quiet", p.card_line),
        ("aws", p.enforced),
        ("code", p.by_code),
        ("open", p.goes.line),
    ] {
        css.push_str(&format!(".pf .{name}{{fill:{color}}}.pf .{name}-line{{fill:none;stroke:{color}}}"));
    }
    for (name, tint) in [("comes", &p.comes), ("changes", &p.changes), ("moves", &p.moves), ("goes", &p.goes)] {
        css.push_str(&format!(
            ".pf .{name} .card,.pf .{name} .chip{{fill:{};stroke:{};stroke-width:1.6}}.pf .{name} .stripe{{fill:{}}}.pf .{name}-ink{{fill:{}}}",
            tint.ground, tint.line, tint.line, tint.ink
        ));
    }
    css
}

/// The stripe of a layer.
pub(super) fn stripe(layer: Layer) -> &'static str {
    match layer {
        Layer::SignIn => "identity",
        Layer::FrontDoor | Layer::Agents | Layer::Gateway | Layer::Tools => "way",
        Layer::Session => "session",
        Layer::TierData | Layer::Tables => "data",
        Layer::Beside => "quiet",
    }
}

pub(super) fn of_action(action: Action) -> &'static str {
    match action {
        Action::Create => "comes",
        Action::Update | Action::Close => "changes",
        Action::Replace | Action::Delete => "goes",
    }
}

pub(super) fn of_turn(turn: Turn) -> &'static str {
    match turn {
        Turn::Comes => "comes",
        Turn::Changes => "changes",
        Turn::Moves => "moves",
        Turn::Replaced | Turn::Leaves => "goes",
    }
}
