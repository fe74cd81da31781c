//! A plan in a file is carried out as it was reviewed, once, or not at all.

use std::os::unix::fs::PermissionsExt as _;

use crate::scenarios::{demands, shell, shipped};

/// An apply that did not come to its end is finished by the same file; then there is nothing left of it.
#[test]
fn what_is_left_of_a_plan_is_done_by_the_same_file() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry plan --sandbox -q --out plan.json", 0, &[]);
    demands(at, "tenantry apply plan.json --sandbox --sandbox-faults denied=ssm:PutParameter", 13, &["Run the command again"]);
    demands(at, "tenantry apply plan.json --sandbox", 0, &["are left of an earlier apply", "Done"]);
    demands(at, "tenantry apply plan.json --sandbox", 0, &["already applied", "carried out `plan.json`"]);
    demands(at, "tenantry plan --sandbox -q --detailed-exitcode", 0, &["No changes"]);
    // What a guard refuses is not kept.
    let guarded = "sed -i 's/clinic-d:/clinic-x:/' tenants.yaml; tenantry plan --sandbox -q --out other.json --delete tenant:clinic-d --max-deletes 0";
    demands(at, guarded, 12, &["allowed"]);
    assert!(!at.join("other.json").exists());
}

#[test]
fn a_saved_plan_is_applied_once() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry plan --sandbox --out plan.json", 0, &["tenantry apply plan.json", "checksum"]);
    let mode = std::fs::metadata(at.join("plan.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // Nobody is asked, and there is nobody.
    demands(at, "tenantry apply plan.json --sandbox -q </dev/null", 0, &["Done: 185 steps"]);
    // Each apply that does something leaves a record.
    let records = || std::fs::read_to_string(at.join(".tenantry/sandbox.json")).unwrap().matches("tenantry/records/").count();
    let before = records();
    let again = demands(at, "tenantry apply plan.json --sandbox --events e; code=$?; cat e; exit $code", 0, &["already applied"]);
    assert!(!again.contains("step_"), "{again}");
    assert_eq!((before, records()), (1, 1), "a plan that is no longer the same did something");
    // The checksum that was reviewed is the saved plan's, whatever is left of it.
    demands(at, "tenantry apply plan.json --sandbox -q --plan-hash 0000", 10, &["reviewed"]);
    demands(at, "tenantry apply plan.json --sandbox -q --plan-hash $(jq -r .checksum plan.json)", 0, &["No changes"]);
    // Whatever another apply has done since, it was not this one.
    let other = "sed -i.old 's/HC-Basic/HC-Other/' tenants.yaml; tenantry apply --sandbox --yes -q; tenantry apply plan.json --sandbox -q";
    demands(at, other, 10, &["may have been applied already"]);
    demands(
        at,
        "mv tenants.yaml.old tenants.yaml; tenantry apply --sandbox --yes -q; tenantry apply plan.json --sandbox -q",
        10,
        &["applied already"],
    );
    demands(at, "tenantry plan --sandbox -q -o plan.json; tenantry apply plan.json --sandbox -q", 0, &["No changes"]);
}

#[test]
fn what_has_changed_since_is_said() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry plan --sandbox -q --out old.json; tenantry apply --sandbox --yes -q", 0, &["Done"]);
    demands(at, "sed -i.old 's/HC-Basic/HC-Other/; s/8am-5pm/9am-5pm/' tenants.yaml; tenantry plan --sandbox -q --out plan.json", 0, &[]);
    let by_hand = "cp .tenantry/sandbox.json kept.json; sed -i.old 's/\"HC-Basic\"/\"Somebody-Else\"/' .tenantry/sandbox.json; tenantry apply plan.json --sandbox -q";
    demands(at, by_hand, 10, &["different: project/tier:basic/", "AWS, or a file beside it, has changed", "tenantry plan --out plan.json"]);
    let manifest = "cp kept.json .tenantry/sandbox.json; sed -i.old 's/9am-5pm/8am-5pm/; s/HC-Premium/HC-Best/' tenants.yaml; tenantry apply plan.json --sandbox -q";
    let words =
        ["gone: tenant_row/tenant:clinic-a/clinic-config (update)", "new: project/tier:premium/", "the manifest's text has changed"];
    demands(at, manifest, 10, &words);
    // Of many changes some are named.
    let many = demands(at, "tenantry apply old.json --sandbox -q", 10, &["more", "gone: "]);
    assert!(many.matches("gone: ").count() <= 20, "{many}");
    // A remark changes the text, and not the plan.
    demands(
        at,
        "tenantry plan --sandbox -q --out plan.json; echo '# reviewed' >> tenants.yaml; tenantry apply plan.json --sandbox -q",
        0,
        &["Done"],
    );
}

#[test]
fn what_was_named_is_named_in_the_plan() {
    let folder = shipped();
    let at = folder.path();
    demands(
        at,
        "printf '  clinic-harbor:\\n    tier: basic\\n    name: Harbor\\n' >> tenants.yaml; tenantry apply --sandbox --yes -q",
        0,
        &["Done"],
    );
    let leave = "sed -i.old '/clinic-harbor:/,$d' tenants.yaml; tenantry plan --sandbox -q --delete tenant:clinic-harbor --out plan.json";
    demands(at, leave, 0, &["2 to delete"]);
    demands(at, "tenantry apply plan.json --sandbox -q --delete tenant:clinic-a", 64, &["--delete", "plan.json"]);
    demands(at, "tenantry apply plan.json --sandbox -q --allow-replace bucket/tier:basic/data", 64, &["--allow-replace"]);
    demands(at, "tenantry apply plan.json --sandbox -q --delete tenant:clinic-harbor", 0, &["Done: 2 steps"]);
}

#[test]
fn guards_hold_for_a_saved_plan() {
    let folder = shipped();
    let at = folder.path();
    let open = "sed -i.old 's|ClinicId}/\\*|ClinicId}*|g' policies/tvm.json; tenantry plan --sandbox -q --out plan.json";
    demands(at, &format!("{open}; tenantry apply plan.json --sandbox -q"), 14, &["--accept-breach"]);
    demands(at, "tenantry apply plan.json --sandbox -q --plan-hash 0000", 10, &["reviewed"]);
}

#[test]
fn files_that_are_no_plan_of_ours() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry plan --sandbox -q --out plan.json", 0, &[]);
    let refused = |make: &str, words: &[&str]| {
        let printed = demands(at, &format!("{make}; tenantry apply broken.json --sandbox -q"), 65, words);
        assert!(printed.contains("nothing was read or changed"), "{printed}");
    };
    refused("sed 's/\"basic-tier/\"other-tier/' plan.json > broken.json", &["was edited"]);
    refused("sed 's/\"delete\": \\[\\]/\"delete\": [\"tenant:clinic-a\"]/' plan.json > broken.json", &["was edited"]);
    refused("sed 's/111122223333/444455556666/' plan.json > broken.json", &["was edited"]);
    refused("head -c 5000 plan.json > broken.json", &["cut off"]);
    refused("cp tenants.yaml broken.json", &["not JSON", "-f"]);
    refused("true > broken.json", &["not JSON"]);
    refused("echo '{}' > broken.json", &["no plan of tenantry"]);
    refused("printf '\\377' > broken.json", &["not UTF-8"]);
    refused("sed 's|tenantry-plan/1.0|tenantry-plan/2.0|' plan.json > broken.json", &["tenantry-plan/2.0", "tenantry-plan/1.0"]);
    refused("rm broken.json; mkdir broken.json", &["directory"]);
    refused("rmdir broken.json; mkfifo broken.json", &["pipe or device"]);
    refused("rm broken.json", &["there is no plan"]);
    // Only the order of keys and the space between them may be another.
    demands(at, "python3 -c 'import json; json.dump(json.load(open(\"plan.json\")), open(\"same.json\", \"w\"), sort_keys=True)'", 0, &[]);
    demands(at, "tenantry apply same.json --sandbox -q", 0, &["Done"]);
}

#[test]
fn a_plan_for_somewhere_else() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry plan --sandbox -q --out plan.json", 0, &[]);
    for edit in ["s/111122223333/444455556666/", "s/us-east-1/us-west-2/", "s/^  name: healthcare/  name: hospitals/"] {
        let apply = format!(
            "sed -e '{edit}' tenants.yaml > other.yaml; tenantry apply plan.json --sandbox=other.state -q -f other.yaml; code=$?; rm -f other.state*; exit $code"
        );
        demands(at, &apply, 16, &["platform healthcare, account 111122223333, us-east-1", "nothing was read or changed"]);
    }
}

#[test]
fn places_where_no_plan_can_be_kept() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry plan --sandbox -q --out .", 64, &["directory"]);
    demands(at, "tenantry plan --sandbox -q --out /dev/full", 64, &["pipe or device"]);
    demands(at, "tenantry plan --sandbox -q --out -", 64, &["--output json"]);
    demands(at, "tenantry plan --sandbox -q --out /proc/nowhere/plan.json", 1, &["/proc/nowhere"]);
    demands(at, "tenantry plan --sandbox -q --out nowhere/plan.json", 1, &["nowhere"]);
    demands(at, "tenantry plan --sandbox -q --out tenants.yaml/plan.json", 1, &["tenants.yaml"]);
    demands(at, "tenantry plan --sandbox -q --out tenants.yaml", 12, &["no plan of tenantry"]);
    assert!(std::fs::read_to_string(at.join("tenants.yaml")).unwrap().contains("clinic-a"));
    // A disk that is full leaves the plan from before.
    demands(at, "tenantry plan --sandbox -q --out plan.json; cp plan.json kept.json", 0, &[]);
    demands(at, "trap '' XFSZ; ulimit -f 64; tenantry plan --sandbox -q --out plan.json", 1, &["writing `plan.json`"]);
    demands(at, "cmp plan.json kept.json; ls -A | grep -c tmp", 1, &["0"]);
}

#[test]
fn a_loss_that_is_named_is_told_in_full_and_the_command_names_it_too() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry apply --sandbox --yes -q", 0, &[]);
    demands(at, "sed -i.old '/conversation_summary:/d' tenants.yaml", 0, &[]);
    let flags = "--delete memory/tier:basic/main --max-changes 5% --max-deletes 3";
    let lost = "data loss: strategy `conversation_summary` would be deleted with every record that it extracted";
    let words = [&format!("! {lost}"), "! 1 data loss: memory", &format!("Apply it: tenantry apply {flags} --sandbox")];
    let printed = demands(at, &format!("tenantry plan {flags} --sandbox -q"), 0, &words);
    let plan: serde_json::Value = serde_json::from_str(&shell(at, &format!("tenantry plan {flags} --sandbox -q --output json")).0).unwrap();
    assert_eq!(plan["risks"][0]["kind"], "lose", "{printed}");
    let kept = demands(at, &format!("tenantry plan {flags} --out plan.json --sandbox -q"), 0, &[]);
    assert!(crate::scenarios::flat(&kept).contains("tenantry apply plan.json --max-changes 5% --max-deletes 3 --sandbox"), "{kept}");
    // As it is printed it does what was shown.
    demands(at, &format!("tenantry apply {flags} --sandbox --yes -q"), 0, &["Done: 1 step"]);
    demands(at, "tenantry plan --sandbox -q --detailed-exitcode", 0, &["No changes"]);
}
