//! How long logs are kept, and whether traces are.

use super::super::section::{Findings, Section};
use super::super::shape::{Shape, may};
use super::super::{Observability, Traces};
use crate::diagnostic::{choices, quoted};

/// The retentions that CloudWatch Logs has, in days (API reference, 2026-09).
const RETENTIONS: &[u32] = &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
const DEFAULT_DAYS: u32 = 30;
const TRACES: &[(&str, Traces)] = &[("xray", Traces::XRay), ("off", Traces::Off)];

pub(super) fn read(top: &Section, findings: &mut Findings) -> Option<Observability> {
    let section = top.section("observability", "`observability`", &["log_days", "traces"], findings)?;
    let days = days(&section, findings);
    let traces = traces(&section, findings);
    // A value with a mistake must not read as no section.
    Some(Observability { log_days: i32::try_from(days).unwrap_or_default(), traces })
}

pub(super) fn shape() -> Shape {
    let traces = Shape::words("Whether traces go to X-Ray.", TRACES.iter().map(|(name, _)| *name));
    Shape::section(
        "Logs and traces of every memory, gateway and runtime; `{}` takes the defaults.",
        [
            may("log_days", Shape::whole_of("Days that logs are kept.", RETENTIONS).or_else(DEFAULT_DAYS)),
            may("traces", traces.or_else("xray")),
        ],
    )
}

fn days(section: &Section, findings: &mut Findings) -> u32 {
    let (least, most) = (RETENTIONS.first().copied().unwrap_or(1), RETENTIONS.last().copied().unwrap_or(u32::MAX));
    let days = section.number("log_days", DEFAULT_DAYS, (least, most), findings);
    if !RETENTIONS.contains(&days)
        && let Some(node) = section.get("log_days")
    {
        let below = RETENTIONS.iter().rev().find(|r| **r < days);
        let above = RETENTIONS.iter().find(|r| **r > days);
        let nearest: Vec<String> = below.into_iter().chain(above).map(ToString::to_string).collect();
        let summary = format!("CloudWatch Logs can't keep logs for {days} days");
        findings.error(node.span, summary, "not one of its retentions", format!("the nearest that it has: {}", nearest.join(" or ")));
    }
    days
}

fn traces(section: &Section, findings: &mut Findings) -> Traces {
    let Some(node) = section.get("traces") else { return Traces::XRay };
    let Some(text) = node.as_text() else {
        let summary = format!("{} can't be `traces` of `observability`", node.value.kind());
        findings.error(node.span, summary, "", "write `traces: xray` or `traces: off`");
        return Traces::XRay;
    };
    let known = TRACES.iter().find(|(name, _)| *name == text).map(|(_, traces)| *traces);
    if known.is_none() {
        let help = choices(text, "it is one of", TRACES.iter().map(|(name, _)| *name));
        findings.error(node.span, format!("{} can't be `traces` of `observability`", quoted(text)), "", help);
    }
    known.unwrap_or(Traces::XRay)
}
