//! Every exit code by what ends with it, and no question where nobody can answer.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::scenarios::{demands, flat, shell, shipped};

/// A folder with the shipped platform in its sandbox.
fn applied() -> tempfile::TempDir {
    let folder = shipped();
    demands(folder.path(), "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    folder
}

/// The commands of the program, as its help lists them.
fn commands() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let help = demands(folder.path(), "tenantry --help", 0, &["Commands:"]);
    let listed = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<String> = names.filter_map(|line| line.split_whitespace().next()).map(ToOwned::to_owned).collect();
    assert!(names.len() >= 14 && names.iter().any(|name| name == "drift"), "{names:?}");
    names.into_iter().filter(|name| name != "help").collect()
}

#[test]
fn the_table_of_codes_is_in_the_help() {
    let folder = tempfile::tempdir().unwrap();
    let help = demands(folder.path(), "tenantry --help", 0, &[]);
    let table = help.split("Exit codes:").nth(1).unwrap();
    let words: BTreeSet<&str> = table.split_whitespace().collect();
    for code in ["0", "1", "2", "10", "11", "12", "13", "14", "15", "16", "64", "65", "75", "77", "130"] {
        assert!(words.contains(code), "{code} is missing:\n{table}");
    }
}

#[test]
fn code_0_is_a_plan_with_changes_too() {
    let folder = shipped();
    demands(folder.path(), "tenantry plan --sandbox -q", 0, &["to create"]);
}

#[test]
fn code_1_is_any_other_failure() {
    let folder = shipped();
    demands(folder.path(), "printf '{' > broken.json; tenantry plan --sandbox=broken.json", 1, &["broken.json"]);
}

#[test]
fn code_2_is_for_changes_where_they_are_asked_for_and_for_nothing_else() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry plan --sandbox -q --detailed-exitcode", 2, &["to create"]);
    demands(at, "tenantry apply --sandbox --yes -q", 0, &[]);
    demands(at, "tenantry plan --sandbox -q --detailed-exitcode", 0, &["No changes"]);
    // What clap itself would end with.
    for wrong in ["tenantry", "tenantry nosuch", "tenantry plan --nosuch", "tenantry plan --jobs x", "tenantry verify --pair clinic-a"] {
        let (printed, code) = shell(at, wrong);
        assert_eq!(code, 64, "`{wrong}` printed:\n{printed}");
    }
}

#[test]
fn code_10_is_a_plan_that_is_not_the_reviewed_one() {
    let folder = shipped();
    demands(folder.path(), "tenantry apply --sandbox --yes --plan-hash 0000", 10, &["reviewed", "nothing was changed"]);
}

#[test]
fn code_11_is_somebody_elses_lock() {
    let folder = applied();
    let at = folder.path();
    demands(at, "sed -i.old 's/HC-Basic/HC-Other/' tenants.yaml; tenantry apply --sandbox --yes -q --sandbox-faults kill=1", 137, &[]);
    demands(at, "tenantry apply --sandbox --yes -q", 11, &["tenantry unlock"]);
    demands(at, "tenantry unlock --sandbox </dev/null", 64, &["--yes"]);
}

#[test]
fn code_12_is_a_guard() {
    let folder = shipped();
    demands(folder.path(), "tenantry destroy --sandbox --confirm other", 12, &["`healthcare`", "nothing was changed"]);
    demands(folder.path(), "tenantry init", 12, &["overwrites nothing"]);
}

#[test]
fn code_13_is_a_part_and_14_a_breach() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry apply --sandbox --yes -q --sandbox-faults denied=ssm:PutParameter", 13, &["ssm:PutParameter"]);
    let breach = "sed -i.old 's#${aws:PrincipalTag/ClinicId}/\\*#${aws:PrincipalTag/ClinicId}*#' policies/tvm.json";
    demands(at, &format!("{breach}; tenantry verify --offline -q"), 14, &["FAIL"]);
    demands(at, "tenantry apply --sandbox --yes -q", 14, &["--accept-breach", "nothing was changed"]);
}

#[test]
fn code_15_is_a_picture_with_holes_and_all_of_them_are_named() {
    let folder = applied();
    let at = folder.path();
    let faults = "--sandbox-faults denied=iam:ListRoles,denied=cognito-idp:ListUserPools";
    for command in ["plan", "plan --detailed-exitcode", "status", "drift", "verify", "apply --yes", "destroy --confirm healthcare"] {
        let words = ["2 of ", "iam:ListRoles", "cognito-idp:ListUserPools", "not asked for, because they stand below these", "hint:"];
        let printed = demands(at, &format!("tenantry {command} --sandbox {faults}"), 15, &words);
        assert!(!printed.contains("No changes") && !printed.contains("Done"), "{printed}");
    }
    demands(at, "tenantry plan --sandbox -q --detailed-exitcode", 0, &["No changes"]);
}

#[test]
fn code_16_is_the_wrong_account_or_region() {
    let folder = shipped();
    demands(folder.path(), "AWS_REGION=eu-west-1 tenantry plan", 16, &["eu-west-1"]);
}

#[test]
fn code_75_is_to_be_tried_again_and_77_is_not() {
    let folder = shipped();
    let keys = "AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=y AWS_ENDPOINT_URL=http://127.0.0.1:9";
    demands(folder.path(), &format!("{keys} tenantry plan"), 75, &["AWS_ENDPOINT_URL"]);
    demands(folder.path(), "tenantry plan", 77, &["credentials"]);
}

#[test]
fn code_130_is_an_interruption() {
    let folder = shipped();
    let line = "tenantry apply --sandbox --yes --sandbox-faults latency=200ms >out 2>&1 & \
        until grep -q '✓' out; do sleep 0.1; done; kill -TERM $!; wait $!; code=$?; cat out; exit $code";
    demands(folder.path(), line, 130, &["Not begun:"]);
}

/// Each in a folder of its own, with nobody at the terminal.
#[test]
fn no_command_waits_for_somebody_who_is_not_there() {
    for command in commands() {
        let folder = tempfile::tempdir().unwrap();
        let (printed, code) = shell(folder.path(), &format!("timeout 120 tenantry {command} </dev/null"));
        assert!([0, 64, 65].contains(&code), "`{command}` with nothing at all ended with {code}:\n{printed}");
        assert!(!printed.contains("panicked") && !printed.is_empty(), "`{command}` printed:\n{printed}");
        let (printed, code) = shell(folder.path(), &format!("timeout 120 tenantry {command} --no-such-flag </dev/null"));
        assert!(code == 64 && printed.contains("--no-such-flag"), "`{command}` ended with {code}:\n{printed}");
    }
    let folder = applied();
    for (command, flag) in
        [("apply --sandbox -f other.yaml", "--yes"), ("destroy --sandbox", "--confirm healthcare"), ("verify --live --sandbox", "--yes")]
    {
        let line = format!("sed 's/HC-Basic/HC-Other/' tenants.yaml > other.yaml; timeout 120 tenantry {command} </dev/null");
        demands(folder.path(), &line, 64, &[flag, "nobody is here to answer"]);
    }
}

#[test]
fn a_manifest_of_a_later_version_is_refused_by_whatever_reads_one() {
    let mut readers = 0;
    for command in commands() {
        let folder = tempfile::tempdir().unwrap();
        let (printed, code) = shell(folder.path(), &format!("timeout 120 tenantry {command} </dev/null"));
        if code != 65 {
            continue;
        }
        assert!(printed.contains("there is no manifest `tenants.yaml`"), "`{command}` printed:\n{printed}");
        let line = format!("printf 'version: 2\\n' > tenants.yaml; timeout 120 tenantry {command} </dev/null");
        demands(folder.path(), &line, 65, &["tenants.yaml:1:10", "version"]);
        readers += 1;
    }
    assert!(readers >= 7, "{readers} commands read a manifest");
}

#[test]
fn drift_is_what_somebody_changed_and_silence_where_nobody_did() {
    let folder = applied();
    let at = folder.path();
    let (printed, code) = shell(at, "tenantry drift --sandbox");
    assert_eq!((printed.as_str(), code), ("", 0));

    // What the manifest asks for anew is no drift.
    demands(at, "sed -i.old 's/HC-Premium/HC-Other/' tenants.yaml; tenantry drift --sandbox -q", 0, &[]);
    demands(at, "printf '  clinic-z: { tier: basic, name: Z }\\n' >> tenants.yaml", 0, &[]);
    let (printed, code) = shell(at, "tenantry drift --sandbox");
    assert_eq!((printed.contains("not applied yet: `tenantry plan --sandbox`"), code), (true, 0), "{printed}");

    demands(at, "sed -i.old 's/\"HC-Basic\"/\"Somebody-Else\"/' .tenantry/sandbox.json", 0, &[]);
    let words = ["Drift:", "1 changed", "project/tier:basic/", "is \"Somebody-Else\", was applied as \"HC-Basic\""];
    let printed = demands(at, "tenantry drift --sandbox -q", 2, &words);
    assert!(!printed.contains("HC-Other") && !printed.contains("clinic-z"), "{printed}");
    let document: Value = serde_json::from_str(&shell(at, "tenantry drift --sandbox -q --output json").0).unwrap();
    assert_eq!(document["exit"], serde_json::json!({ "code": 2, "name": "changes" }));
    assert_eq!(document["drift"][0]["address"], "project/tier:basic/main", "{document:#}");
}

#[test]
fn what_was_deleted_by_hand_is_known_from_the_records() {
    let folder = shipped();
    let at = folder.path();
    let (aws, _) = crate::served::sandbox(at);
    let run =
        |line: &str, code| crate::served::with(at, &[("AWS_ENDPOINT_URL", &aws.url), ("AWS_DEFAULT_REGION", "us-east-1")], line, code);
    run("tenantry apply --yes -q", 0);
    run("tenantry drift", 0);
    run("aws ssm delete-parameter --name /app/healthcare/agentcore/userpool_id", 0);
    let printed = run("tenantry drift -q", 2);
    let told = flat(&printed);
    assert!(told.contains("1 deleted outside") && told.contains("deleted; it was there after the apply of 20"), "{printed}");
    run("tenantry apply --yes -q", 0);
    run("tenantry drift -q", 0);
}

/// What our own apply has left half done nobody has changed.
#[test]
fn an_interrupted_apply_is_told_apart_from_drift() {
    let folder = applied();
    let at = folder.path();
    demands(at, "sed -i.old 's/\"HC-Basic\"/\"Somebody-Else\"/' .tenantry/sandbox.json", 0, &[]);
    demands(at, "printf '  clinic-z: { tier: basic, name: Z }\n' >> tenants.yaml", 0, &[]);
    let (printed, code) = shell(at, "tenantry apply --sandbox --sandbox-faults kill=1 --yes -q");
    assert!(code != 0, "{printed}");
    let words = [
        "An apply of yours was interrupted, or still runs: it holds the lock since 20",
        "`tenantry unlock --sandbox`",
        "1 changed outside",
    ];
    let printed = demands(at, "tenantry drift --sandbox -q", 2, &words);
    assert!(printed.find("interrupted").unwrap() < printed.find("project/tier:basic/main changed").unwrap(), "{printed}");
    let document: Value = serde_json::from_str(&shell(at, "tenantry drift --sandbox -q --output json").0).unwrap();
    assert!(document["interrupted"]["since"].as_str().is_some_and(|since| since.starts_with("20")), "{document:#}");
    demands(at, "tenantry unlock --sandbox --yes -q; tenantry apply --sandbox --yes -q", 0, &["Done"]);
    assert_eq!(shell(at, "tenantry drift --sandbox -q"), (String::new(), 0));
}
