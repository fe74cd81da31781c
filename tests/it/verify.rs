//! What `verify` says of a platform that holds, of one that somebody changed by hand, and of one that was applied with a hole.

use std::path::Path;

use serde_json::Value;

use crate::python::here;
use crate::scenarios::{demands, shell, shipped};
use crate::served;

fn read(printed: &str) -> Value {
    serde_json::from_str(printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

/// The report on the sandbox beside the manifest.
fn report(folder: &Path, flags: &str, code: i32) -> Value {
    read(&demands(folder, &format!("tenantry verify --sandbox -q --output json {flags}"), code, &[]))
}

/// The outcome of one probe by one method; what is live and what is declared stand in one row where they agree.
fn outcome(report: &Value, probe: &str, method: &str) -> String {
    let answers = |row: &&Value| row["probe"] == probe && (row["method"] == method || (method == "state" && row["method"] == "both"));
    let row = report["probes"].as_array().unwrap().iter().find(answers);
    row.unwrap_or_else(|| panic!("{probe} was not answered by {method}: {report:#}"))["outcome"].as_str().unwrap().to_owned()
}

/// Every probe that ends with the exit code for a breach.
fn red(report: &Value) -> Vec<String> {
    let rows = report["probes"].as_array().unwrap().iter();
    let mut red: Vec<String> = rows
        .filter(|row| row["outcome"] == "FAIL" || row["outcome"] == "UNKNOWN")
        .map(|row| row["probe"].as_str().unwrap().to_owned())
        .collect();
    red.dedup();
    red
}

fn applied() -> tempfile::TempDir {
    let folder = shipped();
    demands(folder.path(), "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    folder
}

/// A prefix that ends with the tenant's id instead of the slash after it.
fn without_the_slash(folder: &Path) {
    let path = folder.join("policies/tvm.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let (from, to) = ("${aws:PrincipalTag/ClinicId}/*", "${aws:PrincipalTag/ClinicId}*");
    assert!(text.contains(from));
    std::fs::write(&path, text.replace(from, to)).unwrap();
}

/// Nothing that an attack made is in the sandbox any more.
fn nothing_is_left(folder: &Path) {
    let state = std::fs::read_to_string(folder.join(".tenantry/sandbox.json")).unwrap();
    for left in ["tier/vf-1", "tenantry verify --live", "@example.invalid"] {
        assert!(!state.contains(left), "`{left}` is still in the sandbox");
    }
    demands(folder, "tenantry plan --sandbox -q --detailed-exitcode", 0, &[]);
}

#[test]
fn what_was_applied_holds_on_paper_live_and_for_iams_simulator() {
    let folder = applied();
    let at = folder.path();
    let whole = report(at, "--simulate", 0);
    assert_eq!(red(&whole), Vec::<String>::new());
    for probe in ["P13", "P14", "P15", "P16", "P17"] {
        assert_eq!((outcome(&whole, probe, "state"), outcome(&whole, probe, "simulator")), ("PASS".into(), "PASS".into()), "{probe}");
    }
    let known = ["PASS", "NOT-ENFORCED", "SKIPPED"];
    assert!(whole["probes"].as_array().unwrap().iter().all(|row| known.contains(&row["outcome"].as_str().unwrap())), "{whole:#}");

    // A simulator that reads one action otherwise.
    let drift = report(at, "--simulate --sandbox-faults contrary=s3:GetObject", 14);
    // The agents' own role is asked about objects, too.
    assert_eq!(red(&drift), ["P13", "P17"]);
    let words = ["engine drift", "policy of healthcare-us-east-1-tvm", "(simulator)"];
    demands(at, "tenantry verify --sandbox -q --simulate --sandbox-faults contrary=s3:GetObject", 14, &words);
    let denied = "tenantry verify --sandbox -q --simulate --sandbox-faults denied=iam:SimulateCustomPolicy";
    demands(at, denied, 77, &["SimulateCustomPolicy"]);
}

#[test]
fn an_attack_on_what_is_live_is_refused_and_leaves_nothing() {
    let folder = applied();
    let at = folder.path();
    demands(at, "tenantry verify --sandbox --live < /dev/null", 64, &["vf-1, vf-1b, vf-2, vf-2b", "--yes answers it"]);
    let whole = report(at, "--live --yes", 0);
    for probe in ["P01", "P12", "P14", "P15", "P16", "P17"] {
        assert_eq!(outcome(&whole, probe, "live"), "PASS", "{probe}: {whole:#}");
    }
    for probe in ["P02", "P04", "P05", "P08", "P09"] {
        assert_eq!(outcome(&whole, probe, "live"), "SKIPPED", "{probe}");
    }
    let rows = whole["probes"].as_array().unwrap().iter().filter(|row| row["method"] == "live");
    for row in rows.filter(|row| ["P14", "P15", "P16", "P17"].contains(&row["probe"].as_str().unwrap())) {
        assert!(row["attacks"].as_u64() >= Some(12) && row["controls"].as_u64() >= Some(4), "too little was tried: {row}");
    }
    nothing_is_left(at);

    // Killed with something of everything made; the next run finds it.
    let (_, code) = shell(at, "tenantry verify --sandbox -q --live --yes --sandbox-faults kill=14");
    assert_eq!(code, 137);
    let state = std::fs::read_to_string(at.join(".tenantry/sandbox.json")).unwrap();
    assert!(state.contains("tenantry verify --live"), "the attack was killed before it made anything");
    demands(at, "tenantry verify --sandbox -q --live --yes", 11, &["tenantry unlock"]);
    demands(at, "tenantry unlock --sandbox -q --yes", 0, &[]);
    report(at, "--live --yes", 0);
    nothing_is_left(at);

    // Asked to stop in the middle, it removes what it made before it goes.
    let attack = "tenantry verify --sandbox --live --yes --sandbox-faults latency=50ms 2>talk & attack=$!";
    let stop = "until grep -q vf-1b talk; do sleep 0.1; done; sleep 2; kill -TERM $attack; wait $attack; code=$?; cat talk; exit $code";
    demands(at, &format!("{attack}; {stop}"), 130, &["stopping", "what the attack had made was removed"]);
    nothing_is_left(at);

    // Where nobody can have a tenant's session, nothing is made.
    let alone = report(at, "--live --yes --sandbox-faults denied=sts:AssumeRole", 0);
    assert_eq!((outcome(&alone, "P17", "live"), outcome(&alone, "P12", "live")), ("SKIPPED".into(), "PASS".into()));

    let manifest = at.join("tenants.yaml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("  clinic-b:\n", "  vf-1:\n    tier: basic\n    name: Real\n  clinic-b:\n")).unwrap();
    demands(at, "tenantry verify --sandbox -q --live --yes", 64, &["a tenant `vf-1`"]);
}

#[test]
fn a_hole_is_applied_only_by_name_and_found_by_every_method() {
    let folder = shipped();
    let at = folder.path();
    without_the_slash(at);
    demands(at, "tenantry apply --sandbox --yes -q", 14, &["P17", "nothing was changed", "--accept-breach"]);
    demands(at, "tenantry apply --sandbox --yes -q --accept-breach P16", 64, &["P16", "no breach"]);
    demands(at, "tenantry apply --sandbox --yes -q --accept-breach P17", 0, &["Done"]);
    let (state, name) = (std::fs::read_to_string(at.join(".tenantry/sandbox.json")).unwrap(), "tenantry/records/");
    assert!(state.contains(name), "no record was kept");

    let whole = report(at, "--simulate --live --yes --sarif out.sarif --markdown out.md", 14);
    assert_eq!(red(&whole), ["P17"]);
    for method in ["state", "simulator", "live"] {
        assert_eq!(outcome(&whole, "P17", method), "FAIL", "{whole:#}");
    }
    let live = whole["probes"].as_array().unwrap().iter().find(|row| row["probe"] == "P17" && row["method"] == "live").unwrap();
    assert!(live["findings"].to_string().contains("basic-tier/vf-1b/"), "{live}");
    nothing_is_left(at);

    let sarif = read(&std::fs::read_to_string(at.join("out.sarif")).unwrap());
    let run = &sarif["runs"][0];
    let rules: Vec<&Value> = run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    let results = run["results"].as_array().unwrap();
    assert!(results.iter().any(|result| result["ruleId"] == "P17" && result["level"] == "error"), "{sarif:#}");
    assert!(results.iter().all(|result| rules.contains(&&result["ruleId"]) && result["message"]["text"].is_string()), "{sarif:#}");
    let markdown = std::fs::read_to_string(at.join("out.md")).unwrap();
    assert!(markdown.contains("| P17 | documents |") && markdown.contains("| live | FAIL |"), "{markdown}");
}

/// What somebody does by hand, the probe that must notice, and what it must say.
const BY_HAND: &[(&str, &str, &str)] = &[
    ("client", "P02", "FAIL"),
    ("role", "P12", "FAIL"),
    ("policy", "P09", "FAIL"),
    ("target", "P11", "UNKNOWN"),
    ("resource-policy", "P05", "FAIL"),
    ("user", "P03", "FAIL"),
];

#[test]
fn whatever_is_opened_by_hand_turns_its_probe_red() {
    let folder = shipped();
    let at = folder.path();
    let (aws, _) = served::sandbox(at);
    let run = |line: &str, code| served::with(at, &[("AWS_ENDPOINT_URL", &aws.url)], line, code);
    let by_hand = here("tests/aws/by_hand.py");
    run("tenantry apply --yes -q", 0);
    assert_eq!(red(&read(&run("tenantry verify -q --output json", 0))), Vec::<String>::new());
    for (what, probe, verdict) in BY_HAND {
        run(&format!("python {} make {what}", by_hand.display()), 0);
        let seen = read(&run("tenantry verify -q --output json", 14));
        assert!(red(&seen).iter().any(|red| red == probe), "a {what} made by hand: {:?} are red, and not {probe}", red(&seen));
        assert_eq!(outcome(&seen, probe, "state"), *verdict, "{what}");
        run(&format!("python {} undo {what}", by_hand.display()), 0);
        run("tenantry apply --yes -q", 0);
        assert_eq!(red(&read(&run("tenantry verify -q --output json", 0))), Vec::<String>::new(), "{what} was taken back");
    }
    // The record of an apply says what was accepted, and by whom.
    without_the_slash(at);
    run("tenantry apply --yes -q --accept-breach P17", 0);
    let records = "aws s3 cp --quiet --recursive s3://healthcare-tenantry-111122223333-us-east-1/tenantry/records/ records";
    let kept = run(&format!("export AWS_DEFAULT_REGION=us-east-1; {records}; cat records/*"), 0);
    assert_eq!(kept.matches("\"P17\": \"20").count(), 1, "since when it is accepted:\n{kept}");

    // Open to strangers, with a client that writes everything: one signs up, and is removed.
    run(&format!("python {} make sign-up", by_hand.display()), 0);
    let seen = read(&run("tenantry verify -q --live --yes --output json", 14));
    assert_eq!(outcome(&seen, "P01", "live"), "FAIL", "{seen:#}");
    let users = run(
        "export AWS_DEFAULT_REGION=us-east-1; aws cognito-idp list-users --user-pool-id $(aws ssm get-parameter --name /app/healthcare/agentcore/userpool_id --query Parameter.Value --output text)",
        0,
    );
    assert!(users.contains("clinic-a.com") && !users.contains("example.invalid"), "{users}");
}

/// What somebody has said yes to once is not forgotten.
#[test]
fn an_accepted_breach_is_recalled_until_it_is_closed() {
    let folder = shipped();
    let at = folder.path();
    let whole = std::fs::read_to_string(at.join("policies/tvm.json")).unwrap();
    without_the_slash(at);
    let first = demands(at, "tenantry plan --sandbox -q", 0, &["! isolation is open at P17 documents (FAIL)", "apply would refuse"]);
    assert!(!first.contains("accepted breach"), "{first}");
    demands(at, "tenantry graph", 0, &["(P17 documents: FAIL)", "OPEN: a probe shows a way through"]);
    demands(at, "tenantry apply --sandbox --yes -q --accept-breach P17", 0, &["Done"]);
    let since =
        |printed: &str| crate::scenarios::flat(printed).split("since the apply of ").nth(1).unwrap().chars().take(20).collect::<String>();
    let plan = demands(at, "tenantry plan --sandbox -q", 0, &["(accepted breach P17 since the apply of 20"]);
    demands(
        at,
        "sleep 1; sed -i.old 's/HC-Basic/HC-Other/' tenants.yaml; tenantry apply --sandbox --yes -q --accept-breach P17",
        0,
        &["Done"],
    );
    let status = demands(at, "tenantry status --sandbox -q", 0, &["! isolation is open at P17", "accepted breach P17 since the apply of"]);
    assert_eq!(since(&plan), since(&status), "the second yes is no new beginning");
    std::fs::write(at.join("policies/tvm.json"), whole).unwrap();
    demands(at, "tenantry status --sandbox -q", 0, &["accepted breach P17 since", "the manifest is sound there now"]);
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    let status = demands(at, "tenantry status --sandbox -q", 0, &[]);
    assert!(!status.contains("P17"), "{status}");
}
