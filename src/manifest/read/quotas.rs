//! The quotas that AWS has raised for the account: the tool can't tell, and refuses what is beyond AWS's own numbers.

use std::collections::BTreeMap;

use super::super::section::{Findings, Section, entries};
use super::super::shape::{Shape, may};
use super::super::yaml::Value;
use crate::diagnostic::{Code, choices, quoted, thousands};
use crate::quotas::QUOTAS;

/// AWS raises none beyond this.
const MOST: u32 = 10_000_000;

pub(super) fn read(top: &Section, findings: &mut Findings) -> BTreeMap<String, u64> {
    let mut raised = BTreeMap::new();
    let Some(node) = top.get("quotas") else { return raised };
    for (id, (span, body)) in entries(node, top.span("quotas"), "the quotas", findings) {
        let Some(quota) = QUOTAS.iter().find(|quota| quota.id == id) else {
            let known = QUOTAS.iter().filter(|quota| quota.is_adjustable()).map(|quota| quota.id);
            let summary = format!("the quotas have an unknown key {}", quoted(id));
            findings.coded(Code::UnknownKey, span, summary, "nothing reads this", choices(id, "its keys are", known));
            continue;
        };
        if !quota.is_adjustable() {
            let summary = format!("AWS raises {} for nobody: {} {} are the most", quoted(id), thousands(quota.most), quota.unit);
            findings.error(span, summary, "", format!("remove the line; {}", quota.instead));
            continue;
        }
        let written = findings.source.slice(body.span);
        let number = match body.value {
            Value::Number => written.parse().ok().filter(|number| (quota.most..=u64::from(MOST)).contains(number)),
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

pub(super) fn shape() -> Shape {
    let raised = QUOTAS.iter().filter(|quota| quota.is_adjustable()).map(|quota| {
        let least = u32::try_from(quota.most).unwrap_or(MOST);
        may(quota.id, Shape::whole(&format!("The most {} that Service Quotas shows for this account.", quota.unit), (least, MOST)))
    });
    Shape::section("What AWS has raised for this account: a plan refuses what is beyond AWS's own numbers.", raised)
}
