//! Judges from outside: AWS's own service models, AWS's own clients, and another team's emulation of AWS.

use std::path::Path;
use std::process::Command;

use crate::python::{here, programs};
use crate::scenarios::shipped;
use crate::served::{self, SECRET, Served};

/// A line against the served sandbox.
fn run(folder: &Path, aws: &Served, line: &str, code: i32) -> String {
    served::with(folder, &[("AWS_ENDPOINT_URL", &aws.url)], line, code)
}

/// Changes something of every kind that can be changed in place.
const EDITS: &[(&str, &str)] = &[
    ("    Application: HealthcareDemo\n", ""),
    ("Environment: demo", "Environment: trial"),
    ("precedence: 2", "precedence: 3"),
    ("read: Read access to the platform", "read: Reads\n      write: Writes"),
    ("[\"http://localhost:8501/\"]", "[\"http://localhost:8501/\", \"http://localhost:8502/\"]"),
    ("model: mistral.ministral-3-8b-instruct", "model: openai.gpt-oss-20b"),
    ("code: templates/tools_lambda\n", "code: templates/tools_lambda\n    memory_mb: 512\n    environment: { STAGE: trial }\n"),
    ("proxy_lambda: proxy\n", "proxy_lambda: proxy\n  access_log_days: 60\n"),
    ("observability: {}", "observability: { log_days: 90 }"),
    ("registry: {}", "registry: { description: Tools }"),
    ("usage_plan: { rate: 2, burst: 5, quota: 50, period: day }", "usage_plan: { rate: 3, burst: 6, quota: 500, period: week }"),
    ("nurse.lee@clinic-a.com, role: nurse", "nurse.lee@clinic-a.com, role: physician"),
    ("      - { email: dr.wilson@hospital-a.com, role: physician }\n", ""),
    ("machine_client: {}", "machine_client: { token_minutes: 5 }\n  mfa: required"),
    ("HC-Basic", "HC-Other"),
    ("guardrail: {}", "guardrail: { words: [competitor] }"),
    ("expiry_days: 90", "expiry_days: 60"),
    ("tools: templates/tools/healthcare.json", "tools: templates/tools/healthcare.json\n      description: Tools"),
    ("knowledge_base: {}", "knowledge_base: { description: Documents, chunk: { tokens: 300, overlap_percent: 10 } }"),
];

/// A first `destroy` lists what it keeps; these options name all of it.
const ALL_THAT_IS_KEPT: &str = "$(tenantry destroy --detail full --confirm healthcare -q | sed -n 's/^  = keep /--delete /p')";

fn edit(file: &Path, edits: &[(&str, &str)]) {
    let mut text = std::fs::read_to_string(file).unwrap();
    for (from, to) in edits {
        assert!(text.contains(from), "{} has no `{from}`", file.display());
        text = text.replace(from, to);
    }
    std::fs::write(file, text).unwrap();
}

#[test]
fn every_request_and_reply_is_what_awss_own_models_say() {
    let folder = shipped();
    let at = folder.path();
    let (aws, record) = served::sandbox(at);
    run(at, &aws, "tenantry apply --yes -q", 0);
    run(at, &aws, "tenantry plan --detailed-exitcode -q", 0);
    edit(&at.join("tenants.yaml"), EDITS);
    edit(&at.join("policies/runtime-trust.json"), &[("RuntimesOfThisAccount", "Runtimes")]);
    edit(&at.join("templates/agent/main.py"), &[("not found", "nothing here")]);
    edit(&at.join("templates/proxy_lambda/proxy.py"), &[("\n\n\n", "\n\n\n\n")]);
    run(at, &aws, "tenantry apply --yes -q", 0);
    run(at, &aws, "tenantry plan --detailed-exitcode -q", 0);
    run(at, &aws, "mkdir -p inbox/policies && echo Hours. > inbox/policies/hours.txt && tenantry documents push clinic-a inbox -q", 0);
    run(at, &aws, "rm inbox/policies/hours.txt && echo Rules. > inbox/rules.txt && tenantry documents push clinic-a inbox --delete -q", 0);
    run(at, &aws, "tenantry documents status -q && tenantry costs --since 1d -q", 0);
    run(at, &aws, "tenantry verify --simulate -q", 0);
    run(at, &aws, "tenantry destroy --confirm healthcare -q", 0);
    run(at, &aws, &format!("tenantry destroy --confirm healthcare -q {ALL_THAT_IS_KEPT}"), 0);
    let left = run(at, &aws, "tenantry destroy --confirm healthcare -q", 0);
    let of_the_account = left.contains("note: role/platform/api-logs stays") && left.matches("note: ").count() == 1;
    assert!(of_the_account && left.ends_with("\nNo changes.\n"), "something else is left:\n{left}");
    drop(aws);
    let mut judge = Command::new(programs().join("python"));
    judge.arg(here("tests/aws/judge.py")).arg(record).args(["--secret", SECRET, "--least", "500"]);
    for service in [
        "agent-registry-control",
        "apigateway",
        "bedrock",
        "bedrock-agent",
        "bedrock-agentcore-control",
        "ce",
        "cognito-idp",
        "dynamodb",
        "iam",
        "kms",
        "lambda",
        "logs",
        "projects",
        "s3",
        "s3vectors",
        "ssm",
        "sts",
        "xray",
    ] {
        judge.args(["--service", service]);
    }
    let judged = judge.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&judged.stdout), String::from_utf8_lossy(&judged.stderr));
    assert!(judged.status.success(), "{said}");
}

#[test]
fn awss_own_clients_read_back_what_was_provisioned() {
    let folder = shipped();
    let at = folder.path();
    let (aws, _) = served::sandbox(at);
    run(at, &aws, "tenantry apply --yes -q", 0);
    let seen = run(at, &aws, &format!("python {}", here("tests/aws/read_back.py").display()), 0);
    assert!(seen.matches("ok ").count() > 40, "too little was read back:\n{seen}");
}

#[test]
fn the_aws_cli_reads_and_writes_the_sandbox() {
    let folder = shipped();
    let at = folder.path();
    let (aws, _) = served::sandbox(at);
    run(at, &aws, "tenantry apply --yes -q", 0);
    let bucket = "s3://healthcare-basic-111122223333-us-east-1";
    let asks = [
        (format!("aws s3 ls {bucket}/basic-tier/"), "PRE clinic-d/"),
        (
            "aws ssm get-parameter --name /app/healthcare/memory/tvm_role_arn --query Parameter.Value".into(),
            "role/healthcare-us-east-1-tvm",
        ),
        ("aws iam get-role --role-name healthcare-us-east-1-tvm --query Role.AssumeRolePolicyDocument".into(), "aws:RequestTag/ClinicId"),
        ("aws cognito-idp list-user-pools --max-results 10 --query UserPools[].Name".into(), "HealthcareGatewayPool"),
        (
            "aws s3vectors list-indexes --vector-bucket-name healthcare-vectors --query indexes[].indexName".into(),
            "healthcare-premium-index",
        ),
        ("aws bedrock-agent list-knowledge-bases --query knowledgeBaseSummaries[].name".into(), "healthcare-basic-kb"),
        ("aws bedrock-agentcore-control list-agent-runtimes --query agentRuntimes[].agentRuntimeName".into(), "healthcare_premium"),
        ("aws bedrock-agentcore-control list-gateways --query items[].name".into(), "healthcare-premium-gw"),
        (
            format!("aws s3 cp tenants.yaml {bucket}/basic-tier/clinic-a/notes.txt && aws s3 cp {bucket}/basic-tier/clinic-a/notes.txt -"),
            "version: 1",
        ),
        ("aws sts get-caller-identity".into(), "111122223333"),
    ];
    for (line, word) in asks {
        let said = run(at, &aws, &format!("export AWS_DEFAULT_REGION=us-east-1; {line}"), 0);
        assert!(said.contains(word), "`{line}` does not say `{word}`:\n{said}");
    }
    // A tenant's documents change nothing of the plan.
    run(at, &aws, "tenantry plan --detailed-exitcode -q", 0);
}

/// Another team's idea of AWS. It has no policy engines, no guardrails and no Bedrock projects: those calls go to our own sandbox. Nor has
/// it S3 Vectors behind knowledge bases, which it refuses.
#[test]
fn another_teams_emulation_is_provisioned_and_planned_empty() {
    let folder = shipped();
    let at = folder.path();
    let (moto, (ours, _)) = (served::moto(), served::sandbox(at));
    let endpoints = [
        ("AWS_ENDPOINT_URL", moto.url.as_str()),
        ("AWS_ENDPOINT_URL_BEDROCK_MANTLE", &ours.url),
        ("AWS_ENDPOINT_URL_BEDROCK_AGENTCORE_CONTROL", &ours.url),
        ("AWS_ENDPOINT_URL_BEDROCK", &ours.url),
        ("AWS_ENDPOINT_URL_AGENT_REGISTRY_CONTROL", &ours.url),
        ("AWS_ENDPOINT_URL_XRAY", &ours.url),
    ];
    let run = |line: &str, code| served::with(at, &endpoints, line, code);
    let manifest = at.join("tenants.yaml");
    // The account that moto plays, which takes a denial for one whatever its condition says.
    edit(&manifest, &[("111122223333", "123456789012")]);
    edit(&at.join("policies/bucket.json"), &[("\"s3:*\"", "\"s3:PutBucketWebsite\"")]);
    let shipped = std::fs::read_to_string(&manifest).unwrap();

    std::fs::write(
        &manifest,
        without(&shipped, &["    runtime:", "    gateway:", "    knowledge_base:", "policy:", "data:", "observability:", "registry:"]),
    )
    .unwrap();
    run("tenantry apply --yes -q", 0);
    run("tenantry plan --detailed-exitcode", 0);
    // Not the pool: moto's UpdateUserPool forgets what only its creation can set. Nor a usage plan: it tags none.
    edit(&manifest, &[("HC-Basic", "HC-Other"), ("precedence: 2", "precedence: 3")]);
    run("tenantry apply --yes -q", 0);
    run("tenantry plan --detailed-exitcode", 0);

    // Roles and the vector store settle; the knowledge base that rests on them is left.
    std::fs::write(&manifest, without(&shipped, &["    runtime:", "    gateway:", "policy:", "data:", "observability:", "registry:"]))
        .unwrap();
    let refused = run("tenantry apply --yes -q", 13);
    assert!(refused.contains("creating knowledge base `healthcare-basic-kb`"), "{refused}");
    let left = run("tenantry plan -q --output json", 0);
    let left: serde_json::Value = serde_json::from_str(&left).unwrap();
    let mut kinds: Vec<&str> =
        left["changes"].as_array().unwrap().iter().filter_map(|c| c["address"].as_str()?.split('/').next()).collect();
    kinds.sort_unstable();
    let once = ["data_source", "knowledge_base", "parameter", "parameter"];
    let mut twice = [once, once].concat();
    twice.sort_unstable();
    assert_eq!(kinds, twice, "the roles or the vector store are not settled: {left:#}");
}

/// A manifest without the sections that begin like this.
pub(crate) fn without(manifest: &str, sections: &[&str]) -> String {
    let mut dropped = None;
    let mut kept = String::new();
    for line in manifest.lines() {
        let depth = line.len() - line.trim_start().len();
        dropped = dropped.filter(|section| depth > *section || line.trim().is_empty());
        if sections.iter().any(|section| line.starts_with(section)) {
            dropped = Some(depth);
        }
        if dropped.is_none() {
            kept.push_str(&format!("{line}\n"));
        }
    }
    kept
}
