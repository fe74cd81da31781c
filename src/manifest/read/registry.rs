//! The agent registry: what it is called there, and who approves the gateways' records.

use std::collections::BTreeMap;

use super::super::section::{Findings, Section};
use super::super::shape::{Shape, may};
use super::super::{Approval, Registry, Tier, forms, rules};
use crate::diagnostic::{Span, choices, quoted};
use crate::names::TierName;

const APPROVALS: &[(&str, Approval)] = &[("automatic", Approval::Automatic), ("manual", Approval::Manual)];

pub(super) fn read(top: &Section, findings: &mut Findings) -> Option<Registry> {
    let section = top.section("registry", "`registry`", &["description", "approval"], findings)?;
    let description = section.ruled("description", rules::description, findings);
    Some(Registry { description, approval: approval(&section, findings) })
}

pub(super) fn shape() -> Shape {
    let approval = "Who decides that a gateway's record may be found: this tool, or a curator.";
    Shape::section(
        "A catalogue with a record of every gateway; `{}` takes the defaults.",
        [
            may("description", Shape::text("What the registry is for.", forms::description())),
            may("approval", Shape::words(approval, APPROVALS.iter().map(|(name, _)| *name)).or_else("automatic")),
        ],
    )
}

fn approval(section: &Section, findings: &mut Findings) -> Approval {
    let written = section.get("approval").and_then(|node| Some((node, findings.text(node, "`approval` of `registry`")?)));
    let Some((node, text)) = written else { return Approval::Automatic };
    let known = APPROVALS.iter().find(|(name, _)| *name == text).map(|(_, approval)| *approval);
    if known.is_none() {
        let help = choices(text, "it is one of", APPROVALS.iter().map(|(name, _)| *name));
        findings.error(node.span, format!("{} can't be `approval` of `registry`", quoted(text)), "", help);
    }
    known.unwrap_or(Approval::Automatic)
}

pub(super) fn check(tiers: &BTreeMap<TierName, Tier>, span: Span, findings: &mut Findings) {
    if !tiers.is_empty() && tiers.values().all(|tier| tier.gateway.is_none()) {
        let help = "give a tier a `gateway`, or remove `registry`";
        findings.warning(span, "the registry will be empty: no tier has a gateway", "nothing to publish", help);
    }
}
