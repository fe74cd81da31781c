//! The shape of the policies: within IAM's size, no write in a plan's, and nothing of other platforms.

use super::document::MOST_CHARACTERS;
use super::*;

fn names(platform: &str) -> Names {
    Names { platform: platform.parse().unwrap(), account: "111122223333".parse().unwrap(), region: "us-east-1".parse().unwrap() }
}

fn statements(purpose: For, platform: &str) -> Vec<serde_json::Value> {
    let documents = documents(&rights(purpose), &names(platform));
    documents.iter().flat_map(|d| d.policy["Statement"].as_array().unwrap().clone()).collect()
}

/// What IAM takes for a read: all that a role for plans may have.
fn is_read(action: &str) -> bool {
    let (service, name) = action.split_once(':').unwrap();
    let verbs = ["Get", "List", "Describe", "Head", "BatchGet", "Simulate"];
    // A query of logs changes nothing, Scan reads rows, and a secret parameter is decrypted to be compared.
    let others = ["logs:StartQuery", "dynamodb:Scan", "kms:Decrypt", "apigateway:GET"];
    verbs.iter().any(|verb| name.starts_with(verb)) || others.contains(&action) && !service.is_empty()
}

#[test]
fn a_plans_policy_holds_no_write_and_an_applys_holds_all_of_a_plans() {
    let actions =
        |purpose| -> std::collections::BTreeSet<&str> { rights(purpose).iter().flat_map(|r| r.actions.iter().copied()).collect() };
    let (plan, apply) = (actions(For::Plan), actions(For::Apply));
    let writes: Vec<&&str> = plan.iter().filter(|action| !is_read(action)).collect();
    assert!(writes.is_empty(), "a plan may do {writes:?}");
    assert!(plan.is_subset(&apply) && apply.contains("iam:PassRole") && !plan.contains("iam:PassRole"));
    assert!(apply.iter().all(|action| !action.contains('*')), "an action is a pattern");
}

#[test]
fn every_document_fits_iam_however_long_the_names_are() {
    for platform in ["acme", "a-long-platform1"] {
        for purpose in [For::Plan, For::Apply] {
            let documents = documents(&rights(purpose), &names(platform));
            // Ten policies can be attached to a role.
            assert!(documents.len() <= 5, "{} documents", documents.len());
            for document in &documents {
                assert!(document.characters() <= MOST_CHARACTERS, "{} characters", document.characters());
                let anything = document.policy["Statement"].as_array().unwrap().iter().any(|s| s["Resource"] == serde_json::json!(["*"]));
                assert_eq!(anything, !document.reasons.is_empty());
            }
        }
    }
}

#[test]
fn roles_are_passed_to_services_by_name_and_writes_on_everything_are_few() {
    let all = statements(For::Apply, "acme");
    let passing: Vec<_> = all.iter().filter(|s| s["Action"].to_string().contains("PassRole")).collect();
    assert!(!passing.is_empty());
    for statement in passing {
        assert_eq!(statement["Resource"], serde_json::json!(["arn:aws:iam::111122223333:role/acme-us-east-1-*"]));
        assert!(statement["Condition"]["StringEquals"]["iam:PassedToService"][0].as_str().unwrap().ends_with(".amazonaws.com"));
    }
    for statement in all.iter().filter(|s| s["Resource"] == serde_json::json!(["*"])) {
        for action in statement["Action"].as_array().unwrap().iter().filter_map(|a| a.as_str()).filter(|a| !is_read(a)) {
            let (_, name) = action.split_once(':').unwrap();
            // Only what makes something that has no name yet, or a setting of the whole account.
            assert!(
                name.starts_with("Create") || ["bedrock:TagResource", "xray:UpdateTraceSegmentDestination"].contains(&action),
                "{action}"
            );
        }
    }
    let holes: Vec<_> = all.iter().filter(|s| s["Resource"].to_string().contains('{')).collect();
    assert!(holes.is_empty(), "{holes:?}");
}
