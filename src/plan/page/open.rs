//! Layers in which tenants are not kept apart, or in which that can't be shown: what a reviewer has to know before all else.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::isolation::report::{Finding, Outcome, Report, Row};

/// Since when each probe's breach is accepted, by the record of the last apply.
pub(crate) type Accepted = BTreeMap<String, String>;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Open {
    pub(crate) probe: &'static str,
    pub(crate) layer: &'static str,
    pub(crate) verdict: Outcome,
    /// The first counterexample, or why it can't be told.
    pub(crate) says: String,
    /// The time of the apply that began to accept it.
    pub(crate) accepted_since: Option<String>,
}

impl Open {
    /// What the probe found, before its layer.
    pub(crate) fn word(&self) -> &'static str {
        if self.verdict == Outcome::Fail { "isolation is open" } else { "isolation is not proven" }
    }

    /// `accepted breach P06 since the apply of 2026-11-25T17:00:00Z`
    pub(crate) fn accepted(&self) -> Option<String> {
        self.accepted_since.as_ref().map(|since| accepted(self.probe, since))
    }
}

pub(crate) fn accepted(probe: &str, since: &str) -> String {
    format!("accepted breach {probe} since the apply of {since}")
}

/// The worst first; a probe that was asked in several ways stands once.
pub(crate) fn of(report: &Report, accepted: &Accepted) -> Vec<Open> {
    let mut rows: Vec<&Row> = report.rows.iter().filter(|row| row.outcome >= Outcome::Unknown).collect();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.outcome), row.probe));
    let mut seen = BTreeSet::new();
    rows.retain(|row| seen.insert(row.probe));
    rows.into_iter().map(|row| one(row, accepted)).collect()
}

fn one(row: &Row, accepted: &Accepted) -> Open {
    let accepted_since = accepted.get(row.probe).filter(|_| row.outcome == Outcome::Fail).cloned();
    Open { probe: row.probe, layer: row.layer, verdict: row.outcome, says: first(row).unwrap_or_default(), accepted_since }
}

/// The first finding that is as bad as the whole.
pub(crate) fn first(row: &Row) -> Option<String> {
    let told = |finding: &Finding| match finding.object.is_empty() {
        true => finding.says.clone(),
        false => format!("{}: {}", finding.object, finding.says),
    };
    row.findings.iter().find(|finding| finding.outcome == row.outcome).map(told)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::isolation::report::Method;
    use crate::manifest::Profile;

    /// A report with a breach, something unknown, and a layer that holds.
    pub(crate) fn report() -> Report {
        let row = |probe, layer| Row::new(probe, layer, "somebody tries", Method::Manifest);
        let (mut passes, mut unknown, mut open) = (row("P17", "documents"), row("P16", "tables"), row("P06", "sessions"));
        passes.refused_if(true, "", "");
        unknown.unknown("role tvm", "whether it is refused can't be told");
        open.breach("clinic-a <b>", "goes on with a session of `clinic-b`");
        Report { profile: Profile::Article, tenants: 2, pairs: 2, rows: vec![passes, unknown, open] }
    }

    #[test]
    fn a_breach_comes_before_what_is_not_known_and_what_holds_is_left_out() {
        let accepted = Accepted::from([("P06".to_owned(), "2026-11-25T17:00:00Z".to_owned()), ("P16".to_owned(), "x".to_owned())]);
        let open = of(&report(), &accepted);
        let told: Vec<_> = open.iter().map(|o| (o.probe, o.word(), o.accepted())).collect();
        let since = "accepted breach P06 since the apply of 2026-11-25T17:00:00Z".to_owned();
        assert_eq!(told, [("P06", "isolation is open", Some(since)), ("P16", "isolation is not proven", None)]);
        assert!(open[0].says.contains("clinic-a <b>: goes on"), "{open:?}");
    }
}
