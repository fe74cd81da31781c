//! How many API calls a plan costs: counted, since seconds depend on the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::Value;

use crate::scenarios::{demands, shell, shipped};
use crate::served;
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

/// What went over the wire: each operation, as its protocol names it.
fn operations(record: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(record).unwrap_or_default();
    let exchanges = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let named = |exchange: Value| {
        let header = exchange["headers"].as_array().unwrap().iter().find(|h| h[0].as_str().unwrap().eq_ignore_ascii_case("x-amz-target"));
        let body = BASE64_STANDARD.decode(exchange["body_base64"].as_str().unwrap()).unwrap();
        let action = String::from_utf8_lossy(&body).split('&').find_map(|pair| pair.strip_prefix("Action=").map(str::to_owned));
        let target = header.map(|h| h[1].as_str().unwrap().to_owned()).or(action);
        let path = format!(
            "{} {}{}",
            exchange["method"].as_str().unwrap(),
            exchange["host"].as_str().unwrap(),
            exchange["path"].as_str().unwrap()
        );
        target.unwrap_or(path)
    };
    exchanges.map(named).collect()
}

/// What an apply did that no plan does.
fn writes(record: &Path, folder: &Path, aws: &served::Served, line: &str) -> (Vec<String>, String) {
    let run = |line: &str| served::with(folder, &[("AWS_ENDPOINT_URL", &aws.url)], line, 0);
    let before = operations(record).len();
    run("tenantry plan -q");
    let planned = operations(record).len();
    let printed = run(line);
    let all = operations(record);
    let reads: BTreeSet<&String> = all[before..planned].iter().collect();
    let writes = all[planned..].iter().filter(|op| !reads.contains(op) && !op.starts_with("GET ") && !op.starts_with("HEAD "));
    (writes.cloned().collect(), printed)
}

#[test]
fn a_tenant_more_costs_a_handful_of_writes_and_nothing_that_is_shared() {
    let folder = shipped();
    let at = folder.path();
    let (aws, record) = served::sandbox(at);
    served::with(at, &[("AWS_ENDPOINT_URL", &aws.url)], "tenantry apply --yes -q", 0);

    // A prefix, a user and a row; the lock taken and let go, and the record of the apply.
    let add = "tenantry tenant add clinic-harbor --tier basic --name Harbor --user dr.o@harbor.com:physician --apply --yes -q";
    let (made, printed) = writes(&record, at, &aws, add);
    println!("onboarding one tenant: {} writes: {made:?}", made.len());
    assert!((3..=6).contains(&made.len()), "{} writes: {made:?}\n{printed}", made.len());
    for shared in ["CreateRole", "PutRolePolicy", "/gateways", "/runtimes", "/memories", "/policy-engines", "PutParameter"] {
        assert!(!made.iter().any(|op| op.contains(shared)), "{shared}: {made:?}");
    }

    // Documents stay when a tenant moves, and so does everybody.
    let (moved, printed) = writes(&record, at, &aws, "tenantry tenant move clinic-harbor --to premium --apply --yes -q");
    println!("moving one tenant: {} writes: {moved:?}", moved.len());
    assert!(printed.contains("> move tenant clinic-harbor: basic -> premium"), "{printed}");
    assert_eq!(printed.matches("tenant clinic-harbor:").count(), 1, "more than one action:\n{printed}");
    let deletes: Vec<&String> =
        moved.iter().filter(|op| op.contains("Delete") || op.starts_with("DELETE") || op.starts_with("POST s3")).collect();
    // The lock alone is deleted.
    assert!(deletes.iter().all(|op| op.contains("lock")), "{deletes:?}");
    assert!(moved.len() <= 8, "{moved:?}");
}

#[test]
fn suspended_and_resumed_is_as_before() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry apply --sandbox --yes -q", 0, &[]);
    let outcome = |line: &str| -> BTreeMap<String, usize> {
        let printed = demands(at, &format!("{line} --sandbox --apply --yes -q --output json"), 0, &[]);
        let outcome: Value = serde_json::from_str(&printed).unwrap();
        outcome["done"].as_array().unwrap().iter().fold(BTreeMap::new(), |mut kinds, step| {
            *kinds.entry(step["step"]["address"].as_str().unwrap().split('/').next().unwrap().to_owned()).or_default() += 1;
            kinds
        })
    };
    // Two users and the row, there and back; nothing that others share.
    let expected = BTreeMap::from([("user".to_owned(), 2), ("tenant_row".to_owned(), 1)]);
    assert_eq!(outcome("tenantry tenant suspend clinic-a"), expected);
    calls(at);
    assert_eq!(outcome("tenantry tenant resume clinic-a"), expected);
    calls(at);
}

/// A tenant that leaves is known from then on, by what is read anyway.
#[test]
fn who_has_left_costs_no_call() {
    for without_rows in [false, true] {
        let folder = shipped();
        let at = folder.path();
        let manifest = at.join("tenants.yaml");
        let mut text = std::fs::read_to_string(&manifest).unwrap();
        if without_rows {
            text = without(&text, &["data:", "functions:", "api:", "policy:", "    usage_plan:"])
                .replace("      policies: [", "      # policies: [");
            text = text.replace("tools_lambda: tools", "tools_lambda: arn:aws:lambda:us-east-1:111122223333:function:healthcare-tools");
            let tools =
                r#"[{ "name": "hours", "description": "When it is open.", "inputSchema": { "type": "object", "properties": {} } }]"#;
            std::fs::write(at.join("tools.json"), tools).unwrap();
            text = text.replace("templates/tools/healthcare.json", "tools.json");
        }
        let more: String = (0..40).map(|n| format!("  practice-{n}:\n    tier: basic\n    name: Practice {n}\n")).collect();
        std::fs::write(&manifest, format!("{text}{more}")).unwrap();
        demands(at, "tenantry apply --sandbox --yes -q", 0, &[]);
        let before = calls(at);

        std::fs::write(&manifest, &text).unwrap();
        let words = ["× leave 40 tenants, tier basic", "40 to leave", "40 to close off", "0 to delete"];
        demands(at, "tenantry plan --sandbox -q", 0, &words);
        demands(at, "tenantry plan --sandbox -q --out plan.json && tenantry apply plan.json --sandbox -q", 0, &["Done: 40 steps"]);
        assert_eq!(calls(at), before, "who has left is read with the rest");
        demands(at, "tenantry apply plan.json --sandbox", 0, &["already applied"]);

        std::fs::write(&manifest, format!("{text}{more}")).unwrap();
        demands(at, "tenantry plan --sandbox -q", 0, &["~ resume 40 tenants"]);
        demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done: 40 steps"]);
        assert_eq!(calls(at), before);
    }
}
