//! Cedar policies with holes: read, and judged against the tools of their gateway.

use std::path::Path;

use serde_json::Value;

use super::text_or_finding;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span, choices, quoted};
use crate::isolation::cedar;
use crate::late::holes;
use crate::manifest::Claims;

/// Whatever is listed here, `compile` fills.
const HOLES: &[&str] = &["gateway.arn", "target", "tier", "claim.tier", "claim.tenant", "claim.role"];

/// A policy as it is for one tier: the claims and the tier written out, the gateway and its target still open.
pub(super) fn of_tier(text: &str, claims: &Claims, tier: &str) -> String {
    let written = |hole: String| match hole.as_str() {
        "tier" => tier.to_owned(),
        "claim.tier" => claims.tier.clone(),
        "claim.tenant" => claims.tenant.clone(),
        "claim.role" => claims.role.clone(),
        _ => format!("{{{{{hole}}}}}"),
    };
    holes(text).into_iter().map(|part| part.unwrap_or_else(written)).collect()
}

/// A policy's text; what is wrong with it goes to `found`.
pub(super) fn read(path: &Path, tools: &Value, claims: &Claims, found: &mut Diagnostics) -> Option<String> {
    let source = Source::new(path, text_or_finding(path, found)?);
    let text = source.text();
    let mut from = 0;
    for hole in holes(text).into_iter().filter_map(Result::err).filter(|hole| !HOLES.contains(&hole.as_str())) {
        let start = text.get(from..).and_then(|rest| rest.find(&hole)).map_or(0, |at| from + at);
        from = start + hole.len();
        let summary = format!("nothing fills the hole {}", quoted(&hole));
        let help = choices(&hole, "holes of a Cedar policy are", HOLES.iter().copied());
        found.push(Diagnostic::error(&source, Span { start, end: from }, summary).label("unknown hole").help(help));
    }
    // A claim may be written out or as a hole; both mean the same.
    let named = [("claim.tier", &claims.tier), ("claim.tenant", &claims.tenant)].map(|(hole, name)| {
        let hole = format!("custom:{{{{{hole}}}}}");
        if text.contains(&hole) { hole } else { format!("custom:{name}") }
    });
    let [tier, tenant] = &named;
    for finding in cedar::check(text, tools, cedar::Claims { tier, tenant, input: &claims.tenant }) {
        let (start, end) = finding.at;
        found.push(Diagnostic::error(&source, Span { start, end: end.min(text.len()) }, finding.summary).help(finding.help));
    }
    Some(text.trim().to_owned())
}
