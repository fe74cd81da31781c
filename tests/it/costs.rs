//! Costs: agents' lines summed up and priced, and what can't be summed up said.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::scenarios::{flat, shell, shipped};
use crate::served;

const PRICES: &str = "prices:\n  mistral.ministral-3-8b-instruct: { input: 0.10, output: 0.30 }\n";

#[test]
fn a_platform_without_usage_costs_nothing_and_says_why() {
    let folder = shipped();
    let at = folder.path();
    let (printed, code) = shell(at, "tenantry costs --sandbox -q");
    assert_eq!(code, 0, "{printed}");
    for words in ["nothing was used", "no log group yet of tier basic, premium", "not known to AWS's billing yet"] {
        assert!(flat(&printed).contains(words), "nothing says `{words}`:\n{printed}");
    }
    for (line, words) in
        [("--since yesterday", "30d"), ("--since 1d --until 2d", "not before --until"), ("--by user", "tenant, tier, model")]
    {
        let (printed, code) = shell(at, &format!("tenantry costs --sandbox -q {line}"));
        assert!(code == 64 && printed.contains(words), "{line}: {code} {printed}");
    }
    let (printed, code) = shell(at, "tenantry costs --sandbox -q --sandbox-faults denied=ce:ListCostAllocationTags");
    assert!(code == 0 && printed.contains("ce:ListCostAllocationTags") && flat(&printed).contains("can't be seen"), "{printed}");
    // An account is worth having though Cost Explorer doesn't answer.
    let (printed, code) = shell(at, "tenantry costs --sandbox -q --sandbox-faults busy=ce:ListCostAllocationTags");
    let said = flat(&printed);
    assert!(code == 0 && said.contains("nothing was used") && said.contains("did not say") && said.contains("--no-tag-check"), "{printed}");
}

#[test]
fn lines_of_agents_are_summed_up_and_priced() {
    let folder = shipped();
    let at = folder.path();
    let (aws, _) = served::sandbox(at);
    let run = |line: &str, code| served::with(at, &[("AWS_ENDPOINT_URL", &aws.url), ("AWS_DEFAULT_REGION", "us-east-1")], line, code);
    run("tenantry apply --yes -q", 0);

    let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let line = |tier: &str, tenant: &str, model: &str, input: u64, output: u64| {
        json!({
            "event": "inference_usage", "tier": tier, "clinic_id": tenant, "user_id": "u", "model_id": model,
            "input_tokens": input, "output_tokens": output, "total_tokens": input + output,
        })
        .to_string()
    };
    let ministral = "mistral.ministral-3-8b-instruct";
    let messages = [
        line("basic", "clinic-a", ministral, 1_000_000, 500_000),
        line("basic", "clinic-a", ministral, 1, 0),
        line("basic", "clinic-b", ministral, 4, 2),
        line("basic", "clinic-gone", "model.free", 10, 5),
        "INFO inference_usage input_tokens=7".into(),
        "Starting up".into(),
        json!({ "event": "other", "input_tokens": 1_000_000 }).to_string(),
    ];
    let events: Vec<Value> = messages.iter().map(|message| json!({ "timestamp": now - 60_000, "message": message })).collect();
    std::fs::write(at.join("events.json"), json!(events).to_string()).unwrap();
    run(
        "id=$(aws ssm get-parameter --name /app/healthcare/agentcore/basic_runtime_arn --query Parameter.Value --output text) && \
         group=/aws/bedrock-agentcore/runtimes/${id##*/}-DEFAULT && \
         { aws logs create-log-group --log-group-name $group 2>/dev/null || true; } && \
         aws logs create-log-stream --log-group-name $group --log-stream-name '2026/11/01/[runtime-logs]1' && \
         aws logs put-log-events --log-group-name $group --log-stream-name '2026/11/01/[runtime-logs]1' --log-events file://events.json",
        0,
    );
    let manifest = std::fs::read_to_string(at.join("tenants.yaml")).unwrap();
    let shipped = manifest.split("\n\n").filter(|section| !section.starts_with("prices:")).collect::<Vec<_>>().join("\n\n");
    std::fs::write(at.join("tenants.yaml"), format!("{shipped}\n{PRICES}")).unwrap();

    let text = run("tenantry costs --since 1h -q", 0);
    // What has no room beside stands below.
    let row = |name: &str| {
        let at = text.lines().position(|line| line.trim_start().starts_with(name)).unwrap_or_else(|| panic!("{name}: {text}"));
        text.lines().skip(at).take(2).collect::<Vec<_>>().join(" ")
    };
    for (name, words) in [
        ("clinic-a", ["1,000,001", "500,000", "1,500,001", "0.250000"]),
        ("clinic-b", ["4", "2", "6", "0.000001"]),
        ("clinic-gone", ["10", "15", "-", "not in the manifest"]),
        ("total", ["1,000,015", "500,007", "1,500,022", "0.250001+"]),
    ] {
        for word in words {
            assert!(row(name).contains(word), "{name} without {word}: {text}");
        }
    }
    for words in [
        "model.free",
        "no JSON with an `event`: 1",
        "tier premium",
        "not activated as cost allocation tags",
        "TagKey=CostCenter,Status=Active",
    ] {
        assert!(flat(&text).contains(words), "nothing says `{words}`:\n{text}");
    }

    let keys = "Application Environment Tier CostCenter";
    run(
        &format!(
            "for key in {keys}; do aws ce update-cost-allocation-tags-status --cost-allocation-tags-status TagKey=$key,Status=Active; done"
        ),
        0,
    );
    let document: Value = serde_json::from_str(&run("tenantry costs --since 1h --by model -q --output json", 0)).unwrap();
    assert_eq!(document["cost_allocation_tags"]["tags"]["CostCenter"], "active", "{document}");
    assert_eq!((&document["total"]["total_tokens"], &document["unreadable_lines"]), (&1_500_022.into(), &1.into()));
    let free = document["lines"].as_array().unwrap().iter().find(|line| line["model"] == "model.free").unwrap();
    assert_eq!((&free["usd"], &free["input_tokens"]), (&Value::Null, &10.into()), "{document}");
    let tiers = run("tenantry costs --since 1h --by tier -q --no-tag-check", 0);
    assert!(tiers.contains("premium") && !tiers.contains("cost allocation"), "{tiers}");
}
