//! The shape of the policies: within IAM's size, no write in a plan's, and nothing of other platforms.

use super::document::MOST_CHARACTERS;
use super::*;

fn names(platform: &str) -> Names {
    Names { platform: platform.parse().unwrap(), account: "111122223333".parse().unwrap(), region: "us-east-1".parse().unwrap() }
}

const ALL: [For; 5] = [For::Plan, For::Verify, For::Costs, For::Documents, For::Apply];

/// What is allowed: denials are asked for by themselves.
fn statements(purpose: For, platform: &str) -> Vec<serde_json::Value> {
    written(purpose, platform, None).into_iter().filter(|s| s["Effect"] == "Allow").collect()
}

fn written(purpose: For, platform: &str, boundary: Option<&str>) -> Vec<serde_json::Value> {
    let documents = documents(purpose, &names(platform), boundary);
    documents.iter().flat_map(|d| d.policy["Statement"].as_array().unwrap().clone()).collect()
}

/// What IAM takes for a read: all that a role for plans may have.
fn is_read(action: &str) -> bool {
    let (service, name) = action.split_once(':').unwrap();
    let verbs = ["Get", "List", "Describe", "Head", "BatchGet", "Simulate"];
    // Scan reads rows.
    let others = ["dynamodb:Scan", "apigateway:GET"];
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
        for purpose in ALL {
            let documents = documents(purpose, &names(platform), Some("arn:aws:iam::111122223333:policy/a-boundary-with-a-long-name"));
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
            assert!(name.starts_with("Create") || action == "xray:UpdateTraceSegmentDestination", "{action}");
        }
    }
    let holes: Vec<_> = all.iter().filter(|s| s["Resource"].to_string().contains('{')).collect();
    assert!(holes.is_empty(), "{holes:?}");
}

fn is_allowed(statements: &[serde_json::Value], action: &str) -> Vec<String> {
    let of = statements.iter().filter(|s| s["Action"].as_array().unwrap().iter().any(|a| a == action));
    of.flat_map(|s| s["Resource"].as_array().unwrap().clone()).map(|r| r.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_plan_reads_nothing_that_a_tenant_keeps() {
    for purpose in [For::Plan, For::Verify] {
        let plan = statements(purpose, "acme");
        let own = "arn:aws:s3:::acme-tenantry-111122223333-us-east-1/tenantry/*";
        assert_eq!(is_allowed(&plan, "s3:GetObject"), [own]);
        let rows = format!("arn:aws:dynamodb:us-east-1:111122223333:table/{}", names("acme").table(crate::names::CLINIC_CONFIG));
        assert_eq!(is_allowed(&plan, "dynamodb:Scan"), [rows]);
        for action in ["dynamodb:GetItem", "dynamodb:Query", "kms:Decrypt", "ssm:GetParameter", "logs:StartQuery", "logs:GetQueryResults"] {
            assert!(is_allowed(&plan, action).is_empty(), "a plan may {action}");
        }
        for action in ["ce:ListCostAllocationTags", "bedrock:ListIngestionJobs", "secretsmanager:GetSecretValue"] {
            assert!(is_allowed(&plan, action).is_empty(), "a plan may {action}");
        }
        let listed = is_allowed(&plan, "s3:ListBucket");
        assert!(listed.iter().all(|bucket| !bucket.ends_with('*')), "{listed:?}");
    }
    assert!(is_allowed(&statements(For::Plan, "acme"), "iam:SimulateCustomPolicy").is_empty());
    let apply = statements(For::Apply, "acme");
    assert!(is_allowed(&apply, "s3:GetObject").iter().all(|r| r.starts_with("arn:aws:s3:::acme-tenantry-")), "an apply reads documents");
    // Nor does whoever brings documents take them away again.
    let documents = statements(For::Documents, "acme");
    assert_eq!(is_allowed(&documents, "s3:GetObject"), ["arn:aws:s3:::acme-tenantry-111122223333-us-east-1/tenantry/documents/*"]);
    assert!(is_allowed(&documents, "dynamodb:Scan").is_empty() && is_allowed(&documents, "iam:CreateRole").is_empty());
    let costs = statements(For::Costs, "acme");
    assert_eq!(
        is_allowed(&costs, "logs:StartQuery"),
        ["arn:aws:logs:us-east-1:111122223333:log-group:/aws/bedrock-agentcore/runtimes/acme_*"]
    );
}

/// AWS's own key opens parameters to the whole account: to leave the right out is not enough.
#[test]
fn secret_parameters_are_denied_to_all_but_an_apply() {
    for purpose in ALL {
        let denied: Vec<_> = written(purpose, "acme", None).into_iter().filter(|s| s["Effect"] == "Deny").collect();
        if purpose == For::Apply {
            assert!(denied.is_empty());
            continue;
        }
        assert_eq!(denied.len(), 1, "{purpose:?}");
        assert_eq!(denied[0]["Action"], serde_json::json!(["kms:Decrypt"]));
        assert_eq!(denied[0]["Condition"], serde_json::json!({ "StringEquals": { "kms:ViaService": "ssm.us-east-1.amazonaws.com" } }));
    }
}

#[test]
fn tags_are_put_by_requests_that_carry_our_mark() {
    for statement in statements(For::Apply, "acme") {
        let tags =
            statement["Action"].as_array().unwrap().iter().any(|a| ["bedrock:TagResource", "kms:TagResource"].iter().any(|t| a == t));
        if tags {
            assert_eq!(
                statement["Condition"]["StringEquals"]["aws:RequestTag/tenantry:platform"],
                serde_json::json!(["acme"]),
                "{statement}"
            );
        }
    }
    let apply = statements(For::Apply, "acme");
    assert_eq!(is_allowed(&apply, "bedrock:TagResource").len(), 2);
    assert!(is_allowed(&apply, "apigateway:PATCH").iter().all(|r| !r.ends_with("::/*")), "all of API Gateway");
}

#[test]
fn with_a_boundary_no_role_is_given_more_without_it() {
    let boundary = "arn:aws:iam::111122223333:policy/limits";
    let all = written(For::Apply, "acme", Some(boundary));
    let giving = ["iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"];
    for action in giving {
        let of: Vec<_> = all.iter().filter(|s| s["Action"].as_array().unwrap().iter().any(|a| a == action)).collect();
        assert_eq!(of.len(), 1, "{action}");
        assert_eq!(of[0]["Condition"]["StringEquals"]["iam:PermissionsBoundary"], boundary, "{action}");
        assert_eq!(of[0]["Resource"], serde_json::json!(["arn:aws:iam::111122223333:role/acme-us-east-1-*"]));
    }
    assert!(is_allowed(&all, "iam:DeleteRolePermissionsBoundary").is_empty(), "a boundary can be taken off");
    assert!(!is_allowed(&statements(For::Apply, "acme"), "iam:DeleteRolePermissionsBoundary").is_empty());
    assert!(is_allowed(&all, "iam:AttachRolePolicy").is_empty());
}
