//! The prices of models, in dollars for a million tokens.

use std::collections::BTreeMap;

use super::super::section::{Findings, Section, entries};
use super::super::shape::{Shape, must};
use super::super::yaml::Value;
use super::super::{MicroDollars, Price, forms, rules};
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

#[expect(clippy::cast_precision_loss, reason = "a bound that a float holds exactly")]
pub(super) fn shape() -> Shape {
    let bounds = (0.0, MOST.0 as f64 / 1e6);
    let amount =
        |what: &str| Shape::decimal(&format!("US dollars for a million {what} tokens, with at most six decimals."), bounds).such_as(0.15);
    let price = Shape::section("What the model costs.", [must("input", amount("input")), must("output", amount("output"))]);
    Shape::entries("What models cost, by their ids: for `tenantry costs` alone.", forms::model(), price)
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
