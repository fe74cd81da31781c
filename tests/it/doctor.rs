//! The doctor's answers, and its policies against the calls of a platform's whole life.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::scenarios::{demands, flat, shell, shipped};
use crate::served::{self, Served};
use crate::wire::{ALL_THAT_IS_KEPT, EDITS, edit};

/// In a policy, though no call of the life below asked for it.
const EXCUSED: &[(&str, &str)] = &[
    ("bedrock-agentcore:AllowVendedLogDeliveryForResource", "CloudWatch Logs asks for it in the caller's name"),
    ("bedrock-agentcore:BatchPutGatewayRateLimits", "this platform limits no rate"),
    ("bedrock-agentcore:CreateTokenVault", "the first provider of an account makes the vault"),
    ("bedrock-agentcore:CreateWorkloadIdentity", "AgentCore makes one for each gateway and runtime in the caller's name"),
    ("bedrock-agentcore:DeleteGatewayRateLimit", "this platform limits no rate"),
    ("bedrock-agentcore:DeleteWorkloadIdentity", "AgentCore deletes what it made, in the caller's name"),
    ("bedrock-agentcore:GetGatewayRateLimit", "this platform limits no rate"),
    ("bedrock-agentcore:GetTokenVault", "AgentCore looks in the vault in the caller's name"),
    ("bedrock-agentcore:InvokeGateway", "AgentCore asks for it when a policy is written for a gateway"),
    ("bedrock-agentcore:UpdateGatewayTarget", "the changed tools come with another Lambda here"),
    ("bedrock-agentcore:UpdateOauth2CredentialProvider", "only where the machine client is another"),
    ("bedrock-agentcore:UpdatePolicy", "no Cedar file changes in this life"),
    ("bedrock-mantle:TagResource", "AWS asks for it where a project is made with tags"),
    ("bedrock-mantle:UntagResource", "AWS asks for it where a project loses tags"),
    ("bedrock:UpdateDataSource", "no field of a data source that can change does"),
    ("cognito-idp:AddCustomAttributes", "no claim is added in this life"),
    ("cognito-idp:AdminEnableUser", "only a disabled user is enabled"),
    ("cognito-idp:AdminGetUser", "only a user whose creation got no answer is looked for"),
    ("cognito-idp:DescribeResourceServer", "only one whose creation got no answer is looked for"),
    ("cognito-idp:TagResource", "AWS asks for it where a pool is made with tags"),
    ("dynamodb:PutItem", "only a row that no batch took is put by itself"),
    ("iam:DeleteRolePermissionsBoundary", "no boundary is taken off in this life"),
    ("iam:DetachRolePolicy", "only where somebody else attached a policy to one of our roles"),
    ("iam:PassRole", "services ask for it when they are given a role"),
    ("iam:PutRolePermissionsBoundary", "this platform has no boundary"),
    ("iam:UpdateRole", "no role's description or session changes in this life"),
    ("kms:CancelKeyDeletion", "only a key whose deletion was scheduled is taken back"),
    ("kms:CreateGrant", "DynamoDB asks for it in the caller's name"),
    ("kms:DeleteAlias", "an alias goes with its key; only one of another key is deleted"),
    ("kms:EnableKey", "only a disabled key is enabled"),
    ("kms:Encrypt", "Parameter Store asks for it in the caller's name"),
    ("kms:PutKeyPolicy", "the key's policy does not change in this life"),
    ("kms:UpdateKeyDescription", "the key's description does not change in this life"),
    ("logs:DeleteResourcePolicy", "the policy that X-Ray needs is left"),
    ("logs:DeleteRetentionPolicy", "only a group that is to keep everything loses its time"),
    ("logs:GetDeliveryDestination", "only one that is in the way is looked at"),
    ("logs:GetDeliverySource", "only one that is in the way is looked at"),
    ("s3:DeleteObjectVersion", "the sandbox calls it DeleteObject"),
    ("secretsmanager:*", "AgentCore keeps a provider's secret there in the caller's name"),
    ("ssm:AddTagsToResource", "AWS asks for it where a parameter is made with tags"),
    ("ssm:ListTagsForResource", "only another's parameter of our name is looked at"),
];

fn run(folder: &Path, aws: &Served, line: &str, code: i32) -> String {
    served::with(folder, &[("AWS_ENDPOINT_URL", &aws.url)], line, code)
}

/// The actions of the recorded calls behind the first so many.
fn made(record: &Path, behind: usize) -> BTreeSet<String> {
    let text = std::fs::read_to_string(record).unwrap();
    let lines = text.lines().skip(behind).map(|line| serde_json::from_str::<Value>(line).unwrap());
    let actions = lines.flat_map(|line| line["actions"].as_array().unwrap().clone()).map(|action| action.as_str().unwrap().to_owned());
    // For API Gateway IAM knows verbs, not operations; who one is everybody may ask.
    let is_verb = |action: &str| !action.starts_with("apigateway:") || action.chars().skip("apigateway:".len()).all(char::is_uppercase);
    actions.filter(|action| is_verb(action) && action != "sts:GetCallerIdentity").collect()
}

fn calls(record: &Path) -> usize {
    std::fs::read_to_string(record).unwrap().lines().count()
}

/// The actions of a printed policy.
fn printed(folder: &Path, purpose: &str) -> BTreeSet<String> {
    let (text, code) = shell(folder, &format!("tenantry doctor --print-policy {purpose} -q --output json"));
    assert_eq!(code, 0, "{text}");
    let policy: Value = serde_json::from_str(&text).unwrap();
    let documents = policy.as_array().cloned().unwrap_or_else(|| vec![policy]);
    let statements = documents.iter().flat_map(|d| d["Statement"].as_array().unwrap().clone()).filter(|s| s["Effect"] == "Allow");
    statements.flat_map(|s| s["Action"].as_array().unwrap().clone()).map(|action| action.as_str().unwrap().to_owned()).collect()
}

#[test]
fn policies_are_what_a_platforms_whole_life_calls() {
    let folder = shipped();
    let at = folder.path();
    let (aws, record) = served::sandbox(at);
    run(at, &aws, "tenantry apply --yes -q", 0);
    let during = |line: &str| -> BTreeSet<String> {
        let before = calls(&record);
        run(at, &aws, line, 0);
        made(&record, before)
    };
    let mut all = made(&record, 0);
    let planning = during("tenantry plan -q && tenantry status -q && tenantry drift -q && tenantry verify -q && tenantry doctor -q");
    all.extend(planning.clone());
    let simulating = during("tenantry verify --simulate -q");
    let costing = during("tenantry costs --since 1d -q");
    let before = calls(&record);
    edit(&at.join("tenants.yaml"), EDITS);
    edit(&at.join("policies/runtime-trust.json"), &[("RuntimesOfThisAccount", "Runtimes")]);
    edit(&at.join("templates/agent/main.py"), &[("not found", "nothing here")]);
    edit(&at.join("templates/proxy_lambda/proxy.py"), &[("\n\n\n", "\n\n\n\n")]);
    run(at, &aws, "tenantry apply --yes -q", 0);
    all.extend(made(&record, before));
    let mut filing = during("mkdir -p inbox && echo Hours. > inbox/hours.txt && tenantry documents push clinic-a inbox -q");
    filing.extend(during("rm inbox/hours.txt && echo Rules. > inbox/rules.txt && tenantry documents push clinic-a inbox --delete -q"));
    filing.extend(during("tenantry documents status -q"));
    let before = calls(&record);
    run(at, &aws, "tenantry destroy --confirm healthcare -q", 0);
    run(at, &aws, &format!("tenantry destroy --confirm healthcare -q {ALL_THAT_IS_KEPT}"), 0);
    all.extend(made(&record, before));
    drop(aws);
    let (plan, apply) = (printed(at, "plan"), printed(at, "apply"));
    let missing = |made: &BTreeSet<String>, policy: &BTreeSet<String>| made.difference(policy).cloned().collect::<Vec<_>>();
    // It tries, and goes on without.
    assert_eq!(missing(&planning, &plan), ["kms:Decrypt"], "a plan makes calls that its policy does not allow");
    assert_eq!(missing(&simulating, &printed(at, "verify")), ["kms:Decrypt"], "so does a verification");
    assert_eq!(missing(&costing, &printed(at, "costs")), Vec::<String>::new(), "so do costs");
    assert_eq!(missing(&filing, &printed(at, "documents")), Vec::<String>::new(), "so do documents");
    assert_eq!(missing(&all, &apply), Vec::<String>::new(), "an apply makes calls that its policy does not allow");
    let excused =
        |action: &str| EXCUSED.iter().any(|(excused, _)| excused.strip_suffix('*').map_or(action == *excused, |p| action.starts_with(p)));
    let idle: Vec<&String> = apply.difference(&all).filter(|action| !excused(action)).collect();
    assert!(idle.is_empty(), "the policy allows what nothing asks for: {idle:#?}");
    let needless: Vec<_> = EXCUSED.iter().filter(|(action, _)| all.contains(*action)).collect();
    assert!(needless.is_empty(), "these were asked for and need no excuse: {needless:#?}");
}

/// What a reader of secrets would find is not asked for: a plan that may decrypt nothing is the same plan.
#[test]
fn a_plan_that_opens_no_secret_is_the_same_plan() {
    let folder = shipped();
    let at = folder.path();
    demands(
        at,
        "tenantry apply --sandbox --yes -q; tenantry plan --sandbox -q --detailed-exitcode --sandbox-faults denied=kms:Decrypt",
        0,
        &["No changes"],
    );
    let checksum = |faults: &str| {
        let edit = "sed 's/HC-Basic/HC-Other/' tenants.yaml > other.yaml";
        let (text, code) = shell(at, &format!("{edit}; tenantry plan -f other.yaml --sandbox -q --output json {faults}"));
        assert_eq!(code, 0, "{text}");
        // What is said of the secrets comes before.
        let plan: Value = serde_json::from_str(&text[text.find('{').unwrap()..]).unwrap();
        plan["checksum"].as_str().unwrap().to_owned()
    };
    assert_eq!(checksum(""), checksum("--sandbox-faults denied=kms:Decrypt"));
}

/// From the printed policies to what a role may do with them, by AWS's own command line.
#[test]
fn printed_policies_are_made_attached_and_simulated() {
    let folder = shipped();
    let at = folder.path();
    let manifest = std::fs::read_to_string(at.join("tenants.yaml")).unwrap();
    let boundary = "arn:aws:iam::111122223333:policy/limits";
    let bounded = manifest.replacen("\n  account:", &format!("\n  permissions_boundary: {boundary}\n  account:"), 1);
    assert_ne!(bounded, manifest);
    std::fs::write(at.join("tenants.yaml"), bounded).unwrap();
    let (aws, _) = served::sandbox(at);
    let run = |line: &str, code: i32| run(at, &aws, &format!("export AWS_DEFAULT_REGION=us-east-1; {line}"), code);
    let made = run("tenantry doctor --print-policy apply --out roles -q && tenantry doctor --print-policy plan --out roles -q", 0);
    assert!(
        made.contains("aws iam create-policy --policy-name healthcare-apply-1 --policy-document file://roles/healthcare-apply-1.json"),
        "{made}"
    );
    assert!(made.contains("--policy-name healthcare-plan --policy-document file://roles/healthcare-plan.json"), "{made}");
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]}"#;
    let make = format!(
        "set -e; for role in plan apply; do aws iam create-role --role-name ci-$role --assume-role-policy-document '{trust}' >/dev/null; \
         for file in roles/healthcare-$role*.json; do name=$(basename $file .json); \
         aws iam create-policy --policy-name $name --policy-document file://$file >/dev/null; \
         aws iam attach-role-policy --role-name ci-$role --policy-arn arn:aws:iam::111122223333:policy/$name; done; done"
    );
    run(&make, 0);
    let may = |role: &str, action: &str, resource: &str, context: &str| {
        let context = if context.is_empty() { String::new() } else { format!(" --context-entries '{context}'") };
        let line = format!(
            "aws iam simulate-principal-policy --policy-source-arn arn:aws:iam::111122223333:role/ci-{role} --action-names {action} \
             --resource-arns {resource}{context} --query 'EvaluationResults[0].EvalDecision' --output text"
        );
        run(&line, 0).trim().to_owned()
    };
    let documents = "arn:aws:s3:::healthcare-basic-111122223333-us-east-1/basic-tier/clinic-a/x.txt";
    assert_eq!(may("plan", "s3:GetObject", documents, ""), "implicitDeny");
    assert_eq!(may("plan", "s3:GetObject", "arn:aws:s3:::healthcare-tenantry-111122223333-us-east-1/tenantry/lock.json", ""), "allowed");
    let patients = "arn:aws:dynamodb:us-east-1:111122223333:table/healthcare-patient-metadata";
    assert_eq!(may("plan", "dynamodb:Scan", patients, ""), "implicitDeny");
    let through = r#"{"ContextKeyName":"kms:ViaService","ContextKeyType":"string","ContextKeyValues":["ssm.us-east-1.amazonaws.com"]}"#;
    assert_eq!(may("plan", "kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/k", through), "explicitDeny");
    let role = "arn:aws:iam::111122223333:role/healthcare-us-east-1-runtime";
    let within = |policy: &str| {
        format!(r#"{{"ContextKeyName":"iam:PermissionsBoundary","ContextKeyType":"string","ContextKeyValues":["{policy}"]}}"#)
    };
    assert_eq!(may("apply", "iam:CreateRole", role, &within(boundary)), "allowed");
    assert_eq!(may("apply", "iam:CreateRole", role, &within("arn:aws:iam::111122223333:policy/wide")), "implicitDeny");
    assert_eq!(may("apply", "iam:CreateRole", "arn:aws:iam::111122223333:role/admin", &within(boundary)), "implicitDeny");
    assert_eq!(may("plan", "iam:CreateRole", role, &within(boundary)), "implicitDeny");
    // And the manifest's roles come within it.
    run("tenantry apply --yes -q", 0);
    let of = run(
        "aws iam get-role --role-name healthcare-us-east-1-runtime --query Role.PermissionsBoundary.PermissionsBoundaryArn --output text",
        0,
    );
    assert_eq!(of.trim(), boundary);
    // Taken off by hand it is drift, and is put back.
    run("aws iam delete-role-permissions-boundary --role-name healthcare-us-east-1-runtime", 0);
    let drifted = run("tenantry drift", 2);
    assert!(drifted.contains("boundary") && drifted.contains(boundary), "{drifted}");
    run("tenantry apply --yes -q && tenantry plan -q --detailed-exitcode", 0);
}

#[test]
fn a_denied_permission_is_named_by_the_error_the_doctor_and_the_policy() {
    let folder = shipped();
    let (printed_by, code) = shell(folder.path(), "tenantry apply --sandbox --yes -q --sandbox-faults denied=cognito-idp:AdminCreateUser");
    assert_eq!(code, 13, "{printed_by}");
    assert!(printed_by.contains("not authorized to perform: cognito-idp:AdminCreateUser"), "{printed_by}");
    assert!(printed(folder.path(), "apply").contains("cognito-idp:AdminCreateUser"));
    let (told, code) = shell(folder.path(), "tenantry doctor --sandbox -q --sandbox-faults denied=cognito-idp:AdminCreateUser");
    assert_eq!(code, 77, "{told}");
    let told = flat(&told);
    assert!(told.contains("cognito-idp:AdminCreateUser on arn:aws:cognito-idp:") && told.contains("--print-policy apply"), "{told}");
    // A plan needs it not.
    let (told, code) = shell(folder.path(), "tenantry doctor --sandbox -q --for plan --sandbox-faults denied=cognito-idp:AdminCreateUser");
    assert_eq!(code, 0, "{told}");
    let (told, code) = shell(folder.path(), "tenantry doctor --sandbox -q --sandbox-faults denied=iam:SimulatePrincipalPolicy");
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("warn") && flat(&told).contains("gives no answer"), "{told}");
}

#[test]
fn the_doctor_answers_with_the_codes_of_what_is_wrong() {
    let folder = shipped();
    let at = folder.path();
    let doctor = |options: &str| {
        let (told, code) = shell(at, &format!("tenantry doctor --sandbox -q {options}"));
        (flat(&told), code)
    };
    let (told, code) = doctor("");
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("Nothing is in the way.") && !told.contains("FAIL"), "{told}");
    let (told, code) = doctor("--sandbox-faults clock=600s");
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("s behind AWS's") && told.contains("NTP"), "{told}");
    // With a key a tenant AWS's keys are full some time; shared ones never are.
    let text = std::fs::read_to_string(at.join("tenants.yaml")).unwrap();
    std::fs::write(at.join("keys.yaml"), text.replace("proxy_lambda: proxy\n", "proxy_lambda: proxy\n  keys: tenant\n")).unwrap();
    let (told, code) = doctor("-f keys.yaml --tenants 9990");
    assert_eq!(code, 12, "{told}");
    assert!(told.contains("are full first (10,000 in an account and region), and 9,990 are wanted"), "{told}");
    let (told, code) = doctor("");
    assert_eq!(code, 0, "{told}");
    let line = flat(&told);
    assert!(line.contains("quotas grows with its tenants; the one that binds next") && line.contains(" taken in "), "{told}");
    std::fs::write(at.join("slip.yaml"), text.replace("us-east-1", "us-eest-1")).unwrap();
    let (told, _) = doctor("-f slip.yaml");
    assert!(told.contains("no region `us-eest-1`") && told.contains("did you mean `us-east-1`?"), "{told}");
    let (told, code) = doctor("--tenants 20 --output json");
    assert_eq!(code, 0, "{told}");
    let document: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(document["format"], "tenantry-doctor/1.0");
    assert!(document["lines"].as_array().unwrap().iter().any(|l| l["topic"] == "quotas" && l["says"].as_str().unwrap().contains("writes")));
    // Another account than the manifest's, and nobody there.
    std::fs::write(
        at.join("other.yaml"),
        std::fs::read_to_string(at.join("tenants.yaml")).unwrap().replace("111122223333", "444455556666"),
    )
    .unwrap();
    let (told, code) =
        shell(at, "tenantry plan --sandbox -q >/dev/null; tenantry apply --sandbox --yes -q; tenantry doctor --sandbox -q -f other.yaml");
    assert_eq!(code, 16, "{told}");
    let lines = "AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x AWS_ENDPOINT_URL=http://127.0.0.1:9 tenantry doctor -q";
    let (told, code) = shell(at, lines);
    assert_eq!(code, 75, "{told}");
    let (told, code) = shell(at, "tenantry doctor --print-policy apply --part 9 -q");
    assert_eq!(code, 64, "{told}");
}

#[test]
fn a_platform_beyond_a_quota_is_refused_before_anything_is_written() {
    let folder = shipped();
    let manifest = folder.path().join("tenants.yaml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let mut tiers = String::new();
    for n in 0..101 {
        tiers.push_str(&format!("  t{n}:\n    model: mistral.ministral-3-8b-instruct\n    guardrail: {{}}\n"));
    }
    std::fs::write(&manifest, text.replace("\ntiers:\n", &format!("\ntiers:\n{tiers}"))).unwrap();
    let (told, code) = shell(folder.path(), "tenantry apply --sandbox --yes -q");
    assert_eq!(code, 12, "{told}");
    let told = flat(&told);
    assert!(told.contains("guardrails in an account and region, and AWS allows 100"), "{told}");
    assert!(told.contains("Service Quotas") && told.contains("quotas: { guardrails:"), "{told}");
    // As the manifest says of this account, it fits.
    std::fs::write(&manifest, format!("{}\nquotas: {{ guardrails: 200 }}\n", std::fs::read_to_string(&manifest).unwrap())).unwrap();
    let (told, code) = shell(folder.path(), "tenantry plan --sandbox -q");
    assert_eq!(code, 0, "{told}");
    assert!(!told.contains("and AWS allows 100"), "{told}");
}
