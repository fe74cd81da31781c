//! The quotas that AWS has raised for the account: the tool can't tell, and refuses what is beyond AWS's own numbers.

use std::collections::BTreeMap;

use super::super::section::{Findings, Section, entries};
use super::super::yaml::Value;
use crate::diagnostic::{choices, quoted, thousands};
use crate::quotas::QUOTAS;

/// AWS raises none beyond this.
const MOST: u64 = 10_000_000;

pub(super) fn read(top: &Section, findings: &mut Findings) -> BTreeMap<String, u64> {
    let mut raised = BTreeMap::new();
    let Some(node) = top.get("quotas") else { return raised };
    for (id, (span, body)) in entries(node, top.span("quotas"), "the quotas", findings) {
        let Some(quota) = QUOTAS.iter().find(|quota| quota.id == id) else {
            let known = QUOTAS.iter().filter(|quota| quota.is_adjustable()).map(|quota| quota.id);
            findings.error(span, format!("there is no quota {}", quoted(id)), "", choices(id, "AWS raises", known));
            continue;
        };
        if !quota.is_adjustable() {
            let summary = format!("AWS raises {} for nobody: {} {} are the most", quoted(id), thousands(quota.most), quota.unit);
            findings.error(span, summary, "", format!("remove the line; {}", quota.instead));
            continue;
        }
        let written = findings.source.slice(body.span);
        let number = match body.value {
            Value::Number => written.parse().ok().filter(|number| (quota.most..=MOST).contains(number)),
            _ => None,
        };
        match number {
            Some(number) => drop(raised.insert(id.to_owned(), number)),
            None => {
                let help = format!("write what Service Quotas shows for this account: AWS gives everybody {}", quota.most);
                findings.error(body.span, format!("this can't be the quota {}", quoted(id)), "", help);
            }
        }
    }
    raised
}
