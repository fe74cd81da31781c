//! The doctor's answers, and its policies against the calls of a platform's whole life.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::scenarios::{flat, shell, shipped};
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
    ("iam:DetachRolePolicy", "only where somebody else attached a policy to one of our roles"),
    ("iam:PassRole", "services ask for it when they are given a role"),
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
    ("logs:GetQueryResults", "no agent has logged anything in this life"),
    ("logs:StartQuery", "no agent has logged anything in this life"),
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
    let statements = documents.iter().flat_map(|d| d["Statement"].as_array().unwrap().clone());
    statements.flat_map(|s| s["Action"].as_array().unwrap().clone()).map(|action| action.as_str().unwrap().to_owned()).collect()
}

#[test]
fn policies_are_what_a_platforms_whole_life_calls() {
    let folder = shipped();
    let at = folder.path();
    let (aws, record) = served::sandbox(at);
    run(at, &aws, "tenantry apply --yes -q", 0);
    let before = calls(&record);
    run(at, &aws, "tenantry plan -q && tenantry status -q && tenantry verify --simulate -q && tenantry costs --since 1d -q", 0);
    run(at, &aws, "tenantry doctor -q", 0);
    let reading = made(&record, before);
    edit(&at.join("tenants.yaml"), EDITS);
    edit(&at.join("policies/runtime-trust.json"), &[("RuntimesOfThisAccount", "Runtimes")]);
    edit(&at.join("templates/agent/main.py"), &[("not found", "nothing here")]);
    edit(&at.join("templates/proxy_lambda/proxy.py"), &[("\n\n\n", "\n\n\n\n")]);
    run(at, &aws, "tenantry apply --yes -q", 0);
    run(at, &aws, "mkdir -p inbox && echo Hours. > inbox/hours.txt && tenantry documents push clinic-a inbox -q", 0);
    run(at, &aws, "rm inbox/hours.txt && echo Rules. > inbox/rules.txt && tenantry documents push clinic-a inbox --delete -q", 0);
    run(at, &aws, "tenantry documents status -q", 0);
    run(at, &aws, "tenantry destroy --confirm healthcare -q", 0);
    run(at, &aws, &format!("tenantry destroy --confirm healthcare -q {ALL_THAT_IS_KEPT}"), 0);
    drop(aws);
    let (plan, apply, all) = (printed(at, "plan"), printed(at, "apply"), made(&record, 0));
    let missing = |made: &BTreeSet<String>, policy: &BTreeSet<String>| made.difference(policy).cloned().collect::<Vec<_>>();
    assert_eq!(missing(&reading, &plan), Vec::<String>::new(), "a plan makes calls that its policy does not allow");
    assert_eq!(missing(&all, &apply), Vec::<String>::new(), "an apply makes calls that its policy does not allow");
    let excused =
        |action: &str| EXCUSED.iter().any(|(excused, _)| excused.strip_suffix('*').map_or(action == *excused, |p| action.starts_with(p)));
    let idle: Vec<&String> = apply.difference(&all).filter(|action| !excused(action)).collect();
    assert!(idle.is_empty(), "the policy allows what nothing asks for: {idle:#?}");
    let needless: Vec<_> = EXCUSED.iter().filter(|(action, _)| all.contains(*action)).collect();
    assert!(needless.is_empty(), "these were asked for and need no excuse: {needless:#?}");
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
