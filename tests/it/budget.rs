//! How many API calls a plan costs: counted, since seconds depend on the machine.

use serde_json::Value;

use crate::scenarios::{shell, shipped};
use crate::wire::without;

fn calls(folder: &std::path::Path) -> u64 {
    let (printed, code) = shell(folder, "tenantry plan --sandbox -q --output json");
    assert_eq!(code, 0, "{printed}");
    let plan: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(plan["changes"], Value::Array(Vec::new()), "the plan is not empty");
    plan["read"]["calls"].as_u64().unwrap()
}

/// The number before `API calls` in what apply printed.
fn said_calls(printed: &str) -> u64 {
    let (before, _) = printed.split_once(" API calls").unwrap_or_else(|| panic!("no count of calls in:\n{printed}"));
    before.rsplit(' ').next().unwrap().replace(',', "").parse().unwrap()
}

/// What AWS leaves out of a call that carries several is written by itself.
#[test]
fn rows_that_no_batch_takes_are_put_one_by_one() {
    let folder = shipped();
    let (printed, code) = shell(folder.path(), "tenantry apply --sandbox --sandbox-faults denied=dynamodb:BatchWriteItem --yes -q");
    assert_eq!(code, 0, "{printed}");
    calls(folder.path());
}

#[test]
fn a_no_op_plan_costs_pages_not_resources() {
    let folder = shipped();
    let (printed, code) = shell(folder.path(), "tenantry apply --sandbox --yes -q");
    assert_eq!(code, 0, "{printed}");
    let shipped_calls = calls(folder.path());
    println!("no-op plan of the shipped manifest: {shipped_calls} calls");
    assert!(shipped_calls <= 150, "{shipped_calls} calls");

    let manifest = folder.path().join("tenants.yaml");
    let mut text = std::fs::read_to_string(&manifest).unwrap();
    for n in 0..992 {
        let tier = if n % 2 == 0 { "basic" } else { "premium" };
        text.push_str(&format!("  practice-{n}:\n    tier: {tier}\n    name: Practice {n}\n    users:\n"));
        for user in 0..3 {
            text.push_str(&format!("      - {{ email: user{user}@practice-{n}.com, role: nurse }}\n"));
        }
    }
    std::fs::write(&manifest, text).unwrap();
    let (printed, code) = shell(folder.path(), "tenantry apply --sandbox --yes -q");
    assert_eq!(code, 0, "{printed}");
    // A call for each of 992 prefixes, each of 2,976 users and each 25 of 992 rows; the rest reads the platform twice and keeps
    // the lock.
    let written = said_calls(&printed);
    println!("first apply of 992 more tenants: {written} calls");
    assert!(written < 992 + 2976 + 40 + 2 * (shipped_calls + 10) + 20, "{written} calls:\n{printed}");
    assert!(printed.contains("tenants, tier basic: prefix"), "equal changes are not folded:\n{printed}");
    assert!(printed.lines().count() <= 45, "a thousand tenants are not folded:\n{printed}");
    let many = calls(folder.path());
    println!("no-op plan with 1,000 tenants of 3 users: {many} calls");
    assert!(many <= shipped_calls + 120, "{many} calls against {shipped_calls}");
}

/// Identity, roles, buckets, knowledge bases, runtimes, gateways, projects and parameters of two tiers.
#[test]
fn the_bare_platform_costs_a_hundred_calls_at_most() {
    let folder = shipped();
    let manifest = folder.path().join("tenants.yaml");
    let text = std::fs::read_to_string(&manifest).unwrap().replace("      policies: [", "      # policies: [");
    let text = text.replace("tools_lambda: tools", "tools_lambda: arn:aws:lambda:us-east-1:111122223333:function:healthcare-tools");
    let beyond =
        ["policy:", "data:", "functions:", "api:", "observability:", "registry:", "    usage_plan:", "    guardrail:", "    memory:"];
    // Without policies no tool may take what names a tenant.
    let tools =
        r#"[{ "name": "hours", "description": "When the clinic is open.", "inputSchema": { "type": "object", "properties": {} } }]"#;
    std::fs::write(folder.path().join("tools.json"), tools).unwrap();
    let text = text.replace("templates/tools/healthcare.json", "tools.json");
    std::fs::write(&manifest, without(&text, &beyond)).unwrap();
    let (printed, code) = shell(folder.path(), "tenantry apply --sandbox --yes -q");
    assert_eq!(code, 0, "{printed}");
    let bare = calls(folder.path());
    println!("no-op plan of the bare platform: {bare} calls");
    assert!(bare <= 100, "{bare} calls");
}

#[test]
fn two_plans_of_one_world_are_byte_identical() {
    let folder = shipped();
    for state in ["", "tenantry apply --sandbox --yes -q >/dev/null; sed -i.old 's/8am-5pm/9am-5pm/; s/HC-Basic/HC-Other/' tenants.yaml;"] {
        let (first, code) = shell(folder.path(), &format!("{state} tenantry plan --sandbox -q --detail full"));
        assert_eq!(code, 0, "{first}");
        let (second, _) = shell(folder.path(), "tenantry plan --sandbox -q --detail full");
        assert_eq!(first, second);
        let (json, _) = shell(folder.path(), "tenantry plan --sandbox -q --output json");
        let (again, _) = shell(folder.path(), "tenantry plan --sandbox -q --output json");
        assert_eq!(json, again);
    }
}
