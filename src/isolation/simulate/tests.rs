//! The simulator's answers, as the engine gives them and as it does not.

use std::collections::BTreeMap;

use super::super::iam::{Context, Decision, Policy, Request, identity};
use super::super::report::{Outcome, Row};
use super::super::tests::declared;
use super::{Answer, Inquiries, Inquiry, inquiries, rows};

/// What a simulator that reads policies as we do would say.
fn answer(inquiry: &Inquiry) -> Answer {
    let policy = Policy::parse(&serde_json::from_str(&inquiry.policy).unwrap()).unwrap();
    let context = inquiry.keys.iter().fold(Context::new(), |context, (key, values)| context.with(key, values.clone()));
    let says = |action| {
        let request = Request { principal: None, service: None, action, resource: &inquiry.resource, context: &context };
        (action.to_owned(), identity(&[&policy], &request).decision)
    };
    Ok(inquiry.actions().map(says).collect())
}

/// Every answer, but for what is done to one action's.
fn answers(asked: &Inquiries, action: &str, instead: impl Fn(Decision) -> Decision) -> Vec<Answer> {
    let change = |mut answer: Answer| {
        if let Some(decision) = answer.as_mut().ok().and_then(|says| says.get_mut(action)) {
            *decision = instead(*decision);
        }
        answer
    };
    asked.all.iter().map(|inquiry| change(answer(inquiry))).collect()
}

fn outcomes(rows: &[Row]) -> BTreeMap<&'static str, Outcome> {
    rows.iter().map(|row| (row.probe, row.outcome)).collect()
}

#[test]
fn a_simulator_that_agrees_shows_that_the_shipped_policies_hold() {
    for file in ["tenants.yaml", "tenants.strict.yaml"] {
        let asked = inquiries(&declared(file)).unwrap();
        let rows = rows(&asked, &answers(&asked, "", |same| same));
        let probes: Vec<&str> = rows.iter().map(|row| row.probe).collect();
        let wanted =
            if file == "tenants.yaml" { vec!["P13", "P14", "P15", "P16", "P17"] } else { vec!["P13", "P14", "P15", "P16", "P17", "P18"] };
        assert_eq!(probes, wanted, "{file}");
        for row in &rows {
            assert_eq!(row.outcome, Outcome::Pass, "{file}: {row:?}");
            assert!(row.attacks > 0 && row.controls > 0, "{file}: {row:?}");
        }
        assert!(asked.all.len() <= 240, "{file}: {} requests", asked.all.len());
    }
}

#[test]
fn whatever_the_simulator_says_otherwise_is_drift_of_the_engine() {
    let asked = inquiries(&declared("tenants.yaml")).unwrap();
    let contrary = |decision| if decision == Decision::Allow { Decision::ImplicitDeny } else { Decision::Allow };
    let rows = rows(&asked, &answers(&asked, "s3:GetObject", contrary));
    let seen = outcomes(&rows);
    assert_eq!((seen["P17"], seen["P14"], seen["P16"]), (Outcome::Fail, Outcome::Pass, Outcome::Pass), "{rows:?}");
    let documents = rows.iter().find(|row| row.probe == "P17").unwrap();
    let drift =
        documents.findings.iter().find(|finding| finding.says.contains("IAM's simulator says not allowed, tenantry allowed")).unwrap();
    assert_eq!(drift.object, "policy of healthcare-us-east-1-tvm");
    assert!(drift.says.starts_with("engine drift: for clinic-a, s3:GetObject on healthcare-basic"), "{drift:?}");
}

/// A refusal by statement and one for want of a permission are both refusals.
#[test]
fn why_a_call_is_refused_is_no_drift() {
    let asked = inquiries(&declared("tenants.yaml")).unwrap();
    let other = |decision| match decision {
        Decision::ExplicitDeny => Decision::ImplicitDeny,
        Decision::ImplicitDeny => Decision::ExplicitDeny,
        same => same,
    };
    assert!(rows(&asked, &answers(&asked, "dynamodb:Query", other)).iter().all(|row| row.outcome == Outcome::Pass));
}

#[test]
fn no_answer_is_no_pass() {
    let asked = inquiries(&declared("tenants.yaml")).unwrap();
    let silent: Vec<Answer> = asked.all.iter().map(|_| Err("no such action".into())).collect();
    for row in rows(&asked, &silent) {
        assert_eq!(row.outcome, Outcome::Skipped, "{row:?}");
        assert!(row.findings.iter().all(|finding| finding.says.contains("no such action")), "{row:?}");
    }
}
