//! The prices of models, in dollars for a million tokens.

use std::collections::BTreeMap;

use super::super::section::{Findings, Section, entries};
use super::super::yaml::Value;
use super::super::{MicroDollars, Price, rules};
use crate::diagnostic::quoted;

/// A dollar for a token: more is a slip of the unit.
const MOST: MicroDollars = MicroDollars(1_000_000_000_000);

pub(super) fn read(top: &Section, findings: &mut Findings) -> BTreeMap<String, Price> {
    let mut prices = BTreeMap::new();
    let Some(node) = top.get("prices") else { return prices };
    for (model, (span, body)) in entries(node, top.span("prices"), "the prices", findings) {
        if let Err(why) = rules::model(model) {
            findings.error(span, format!("{} can't be the id of a model", quoted(model)), "", why);
        }
        let section = Section::open(body, span, format!("the price of {}", quoted(model)), &["input", "output"], findings);
        let (input, output) = (amount(&section, "input", findings), amount(&section, "output", findings));
        if let (Some(input), Some(output)) = (input, output) {
            prices.insert(model.to_owned(), Price { input, output });
        }
    }
    prices
}

fn amount(section: &Section, key: &str, findings: &mut Findings) -> Option<MicroDollars> {
    const HELP: &str = "write US dollars for a million tokens as a plain decimal number, such as 0.15, with at most six decimals";
    let node = section.required(key, HELP, findings)?;
    let written = findings.source.slice(node.span);
    let parsed = match node.value {
        Value::Number => MicroDollars::parse(written).filter(|amount| *amount <= MOST),
        _ => None,
    };
    if parsed.is_none() {
        let shown = match &node.value {
            Value::Number | Value::Text(_) => quoted(written),
            other => other.kind().into(),
        };
        findings.error(node.span, format!("{shown} can't be `{key}` of {}", section.what()), "", HELP);
    }
    parsed
}
