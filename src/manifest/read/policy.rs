//! The policy engine: whether it decides on tool calls, or only writes down what it would decide.

use super::super::Policy;
use super::super::section::{Findings, Section};
use super::super::shape::{Shape, may};
use crate::diagnostic::{choices, quoted};
use crate::kinds::PolicyMode;

const MODES: &[(&str, PolicyMode)] = &[("enforce", PolicyMode::Enforce), ("log_only", PolicyMode::LogOnly)];

pub(super) fn shape() -> Shape {
    let mode = "With `log_only`, calls that no policy permits pass, and are logged.";
    let mode = Shape::words(mode, MODES.iter().map(|(name, _)| *name)).or_else("enforce");
    Shape::section("A policy engine that decides on every gateway's tool calls.", [may("mode", mode)])
}

pub(super) fn read(top: &Section, findings: &mut Findings) -> Option<Policy> {
    let section = top.section("policy", "`policy`", &["mode"], findings)?;
    let Some(node) = section.get("mode") else { return Some(Policy { mode: PolicyMode::Enforce }) };
    let Some(text) = findings.text(node, "`mode` of `policy`") else { return Some(Policy { mode: PolicyMode::Enforce }) };
    let known = MODES.iter().find(|(name, _)| *name == text).map(|(_, mode)| *mode);
    if known.is_none() {
        let help = choices(text, "it is one of", MODES.iter().map(|(name, _)| *name));
        findings.error(node.span, format!("{} can't be `mode` of `policy`", quoted(text)), "", help);
    }
    // A mode with a mistake must not read as no section.
    Some(Policy { mode: known.unwrap_or(PolicyMode::Enforce) })
}
