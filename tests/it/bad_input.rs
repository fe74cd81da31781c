//! What goes wrong around the files: each has one clear message, the right code, and leaves nothing half-written.

use crate::scenarios::{demands, flat, shell, shipped};

#[test]
fn manifests_that_are_no_manifests() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    demands(at, "tenantry plan --sandbox", 65, &["tenants.yaml", "tenantry init"]);
    demands(at, "tenantry validate -f .", 65, &["directory"]);
    demands(at, "true > empty.yaml; tenantry validate -f empty.yaml", 65, &["empty"]);
    demands(at, "printf 'version: 1\\nplatform: [\\n' > torn.yaml; tenantry validate -f torn.yaml", 65, &["torn.yaml:"]);
    demands(at, "printf 'version: 1\\n# \\377\\n' > latin.yaml; tenantry validate -f latin.yaml", 65, &["UTF-8"]);
    demands(at, "mkfifo pipe; tenantry validate -f pipe", 65, &["pipe or device"]);
    demands(at, "head -c 52428800 /dev/zero > big.yaml; tenantry validate -f big.yaml", 65, &["MiB"]);
    let later = "printf 'version: 9\\nfuture: {}\\n' > later.yaml; tenantry validate -f later.yaml";
    let printed = demands(at, later, 65, &["later.yaml:1:10", "version 9", "reads version 1", "tenantry --version"]);
    assert!(!printed.contains("future") && !printed.contains("platform"), "it judges what it doesn't know:\n{printed}");
    assert!(!at.join(".tenantry").exists(), "a broken manifest left a sandbox behind");
}

#[test]
fn every_finding_at_once_with_its_place() {
    let folder = shipped();
    let broken = "sed -i.old 's/tier: premium/tier: premum/' tenants.yaml; rm templates/agent/main.py; echo '[]' > policies/tvm.json; \
        echo '{}' > templates/tools/healthcare.json; ln -s /etc/hostname templates/agent/host; tenantry validate";
    let words = [
        "premum",
        "main.py",
        "error[policy]: a policy is a mapping",
        "--> policies/tvm.json:1:1",
        "healthcare.json:1:1",
        "`host` in the agent",
    ];
    demands(folder.path(), broken, 65, &words);

    let folder = shipped();
    let edits = "sed -i.old -e 's/tier: premium/tier: premum/' -e 's/^  region:/  regoin:/' -e 's/clinic-b:/..\\/clinic-b:/' tenants.yaml";
    demands(folder.path(), &format!("{edits}; tenantry validate"), 65, &["premum", "regoin", "region", "../clinic-b", "tenants.yaml:"]);
}

#[test]
fn accounts_and_regions_that_are_not_the_manifests() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "AWS_REGION=eu-west-1 tenantry plan", 16, &["eu-west-1", "us-east-1"]);
    demands(
        at,
        "tenantry apply --sandbox --yes -q >/dev/null; sed -i.old 's/111122223333/444455556666/g' tenants.yaml; tenantry plan --sandbox",
        16,
        &["444455556666", "111122223333"],
    );
}

#[test]
fn an_aws_that_is_out_of_reach_or_says_no() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry plan", 77, &["credentials", "--sandbox"]);
    let keys = "AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=y";
    demands(at, &format!("{keys} AWS_ENDPOINT_URL=http://127.0.0.1:9 tenantry plan"), 75, &["asking AWS who we are", "AWS_ENDPOINT_URL"]);
    demands(at, "tenantry plan --sandbox --sandbox-faults denied=iam:ListRoles", 15, &["iam:ListRoles", "not authorized"]);
    demands(
        at,
        "tenantry apply --sandbox --yes --sandbox-faults denied=ssm:PutParameter",
        13,
        &["ssm:PutParameter", "failed", "Run the command again"],
    );
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    demands(at, "tenantry plan --sandbox --detailed-exitcode -q", 0, &["No changes"]);
}

#[test]
fn streams_and_disks_that_fail() {
    let folder = shipped();
    let at = folder.path();
    demands(
        at,
        "tenantry plan --sandbox -q --detail full | head -1; tenantry --help | head -1",
        0,
        &["account 111122223333", "Provisions"],
    );
    demands(at, "tenantry apply --sandbox=/dev/full --yes -q", 1, &["/dev/full", "no file"]);
    demands(at, "tenantry plan --sandbox=/proc/a/b.json", 1, &["/proc/a/b.json"]);
    // A disk that is full at once, or half-way through.
    for blocks in [0, 8, 60] {
        let line = format!("trap '' XFSZ; ulimit -f {blocks}; tenantry apply --sandbox --yes -q");
        let (printed, code) = shell(at, &line);
        assert_eq!(code, 1, "{blocks} blocks: {printed}");
        assert!(
            printed.contains("error: writing the sandbox to `.tenantry/sandbox.json`; the file there is the one from before"),
            "{printed}"
        );
        assert_eq!(printed.matches("sandbox.json").count(), 1, "said more than once:\n{printed}");
        assert!(!printed.contains("Done") && !printed.contains("warning"), "{printed}");
        demands(at, "tenantry plan --sandbox -q", 0, &["Plan:"]);
        demands(at, "tenantry sandbox reset", 0, &[]);
    }
    demands(at, "tenantry apply --sandbox </dev/null", 64, &["--yes"]);
    demands(at, "printf '{' > broken.json; tenantry plan --sandbox=broken.json", 1, &["sandbox reset --sandbox=broken.json"]);
    demands(at, "tenantry plan --no-such-flag", 64, &["--no-such-flag"]);
}

#[test]
fn faults_of_a_sandbox_that_nobody_asked_for() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry plan --sandbox --sandbox-faults nonsense=1", 64, &["nonsense", "latency"]);
    demands(at, "tenantry plan --sandbox --sandbox-faults throttle=2", 64, &["throttle", "between 0 and 1"]);
    demands(at, "tenantry plan --sandbox --sandbox-faults denied=nosuch:Thing", 64, &["nosuch", "ssm"]);
    demands(at, "tenantry plan --sandbox --sandbox-faults 'denied=s3:*'", 15, &["s3:ListAllMyBuckets", "not authorized"]);
    demands(at, "tenantry plan --sandbox --sandbox-faults 'denied=*'", 64, &["ssm:Put*"]);
    demands(at, "TENANTRY_SANDBOX_FAULTS=nonsense=1 tenantry plan --sandbox", 64, &["TENANTRY_SANDBOX_FAULTS", "nonsense"]);
    // With the flag alone the trial would be made on AWS itself; the variable may be set for good.
    demands(at, "tenantry apply --yes --sandbox-faults kill=1", 64, &["needs --sandbox"]);
    demands(at, "TENANTRY_SANDBOX_FAULTS=kill=1 tenantry plan", 77, &["credentials"]);
    demands(at, "tenantry sandbox serve --account 12", 64, &["12 digits, such as"]);
}

#[test]
fn one_process_in_a_sandbox_at_a_time() {
    let folder = shipped();
    let at = folder.path();
    // Both wait for each other's end: the second finds nothing left to do, or gives up with a word.
    let both =
        "tenantry apply --sandbox -y -q >one 2>&1 & tenantry apply --sandbox -y -q >two 2>&1; b=$?; wait $!; echo \"$? $b\"; cat one two";
    demands(at, both, 0, &["0 0", "Done", "No changes"]);
    demands(at, "tenantry plan --sandbox --detailed-exitcode -q", 0, &["No changes"]);
    let serve = "tenantry sandbox serve --port 0 >/dev/null 2>&1 & sleep 1";
    demands(
        at,
        &format!("{serve}; tenantry sandbox reset; code=$?; kill $!; wait $!; exit $code"),
        75,
        &["in use by `process", "sandbox serve", "--sandbox=FILE"],
    );
    demands(at, "tenantry plan --sandbox --detailed-exitcode -q; tenantry sandbox reset", 0, &["No changes", "empty again"]);
}

#[test]
fn a_sandbox_of_another_version_says_so_and_is_left_alone() {
    let folder = shipped();
    let at = folder.path();
    std::fs::write(at.join("old.json"), r#"{"version":1,"account":"111122223333","state":{}}"#).unwrap();
    demands(at, "tenantry plan --sandbox=old.json -q", 1, &["of version 1", "tenantry sandbox reset --sandbox=old.json"]);
    assert!(std::fs::read_to_string(at.join("old.json")).unwrap().contains("\"version\":1"));
}

#[test]
fn an_apply_that_is_killed_goes_on_where_it_was() {
    for kill in [1, 2, 5, 17, 33, 60] {
        let folder = shipped();
        let at = folder.path();
        let (printed, code) = shell(at, &format!("tenantry apply --sandbox --yes -q --sandbox-faults kill={kill}"));
        assert_eq!(code, 137, "kill={kill}: {printed}");
        // The killed run may have left its lock; a person removes it.
        let (printed, code) = shell(at, "tenantry unlock --sandbox --yes -q && tenantry apply --sandbox --yes -q");
        assert_eq!(code, 0, "kill={kill}: {printed}");
        demands(at, "tenantry plan --sandbox --detailed-exitcode -q", 0, &["No changes"]);
        let state = std::fs::read_to_string(at.join(".tenantry/sandbox.json")).unwrap();
        for name in ["HealthcareGatewayPool", "HealthcareMachineClient"] {
            assert_eq!(state.matches(&format!("\"{name}\"")).count(), 1, "kill={kill}: a twin of {name}");
        }
    }
}

#[test]
fn a_reviewed_plan_is_applied_or_nothing() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry apply --sandbox --yes --plan-hash 0000", 10, &["reviewed"]);
    let take = "hash=$(tenantry plan --sandbox -q --output json | python3 -c 'import json,sys; print(json.load(sys.stdin)[\"checksum\"])')";
    demands(
        at,
        &format!("{take}; sed -i.old 's/HC-Basic/HC-Other/' tenants.yaml; tenantry apply --sandbox --yes -q --plan-hash $hash"),
        10,
        &["reviewed"],
    );
    demands(at, &format!("{take}; tenantry apply --sandbox --yes -q --plan-hash $hash"), 0, &["Done"]);
}

#[test]
fn one_apply_at_a_time() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    // Killed at its first write, which takes the lock.
    demands(at, "sed -i.old 's/HC-Basic/HC-Other/' tenants.yaml; tenantry apply --sandbox --yes -q --sandbox-faults kill=1", 137, &[]);
    demands(at, "tenantry apply --sandbox --yes -q", 11, &["tenantry unlock"]);
    demands(at, "tenantry plan --sandbox -q", 0, &["Plan:"]);
    demands(at, "tenantry unlock --sandbox --yes -q", 0, &["Removed the lock"]);
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
}

#[test]
fn an_apply_that_is_stopped_says_how_and_leaves_no_lock() {
    let folder = shipped();
    let at = folder.path();
    let slow = "--sandbox-faults latency=200ms";
    demands(at, &format!("tenantry apply --sandbox --yes -q --timeout 1s {slow}"), 13, &["--timeout", "Not begun:", "more (--output json"]);
    // As soon as the first step is done and others wait.
    let hangup = format!(
        "rm -rf .tenantry; tenantry apply --sandbox --yes {slow} >out 2>&1 & \
         until grep -q '✓' out; do sleep 0.1; done; kill -HUP $!; wait $!; code=$?; cat out; exit $code"
    );
    demands(at, &hangup, 130, &["Not begun:"]);
    demands(at, "tenantry unlock --sandbox --yes -q", 0, &["Nobody holds the lock"]);
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    demands(at, "tenantry apply --sandbox --yes -q --output json", 0, &["tenantry-outcome/1.0"]);
    demands(at, "tenantry plan --sandbox -q >/dev/full", 1, &["writing stdout"]);
}

#[test]
fn who_asks_twice_is_told_what_is_left_behind() {
    let folder = shipped();
    let at = folder.path();
    let twice = "tenantry apply --sandbox --yes --sandbox-faults latency=500ms >out 2>&1 & \
         until grep -q '✓' out; do sleep 0.1; done; kill -TERM $!; sleep 0.1; kill -TERM $!; wait $!; code=$?; cat out; exit $code";
    demands(at, twice, 130, &["Ctrl-C again leaves at once", "left at once", "`tenantry unlock --sandbox` removes the lock"]);
    demands(at, "tenantry unlock --sandbox --yes -q; tenantry apply --sandbox --yes -q", 0, &["Done"]);
    demands(at, "tenantry plan --sandbox --detailed-exitcode -q", 0, &["No changes"]);
}

#[test]
fn a_tier_that_goes_keeps_its_names_and_status_says_what_is_kept() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    let edit = "sed -i.old -e '/^  premium:/,/^tenants:/{/^tenants:/!d;}' -e 's/tier: premium/tier: basic/' tenants.yaml";
    let (planned, _) = shell(at, &format!("{edit}; tenantry plan --sandbox -q --output json"));
    for address in ["gateway_target/tier:premium/tools", "data_source/tier:premium/documents", "parameter/tier:premium/projects/premium_id"]
    {
        assert!(planned.contains(address), "{address} is missing:\n{planned}");
    }
    assert!(planned.contains("object/tier:premium/") && !planned.contains("object/platform/"), "{planned}");
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    demands(at, "tenantry status --sandbox -q", 0, &["= bucket", "no longer declared; data kept", "data kept in premium", "nothing to do"]);
    let many = "for n in $(seq 100 130); do printf '  many-%s: { tier: basic, name: Many }\n' $n; done >> tenants.yaml";
    demands(at, &format!("{many}; tenantry status --sandbox -q"), 0, &["31 tenants", "not provisioned yet: many-100"]);
    let (full, _) = shell(at, "tenantry status --sandbox -q --detail full");
    assert!(full.contains("many-130"), "{full}");
}

#[test]
fn data_that_is_kept_is_not_deleted_with_what_it_stands_in() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    demands(
        at,
        "tenantry destroy --sandbox -q --confirm healthcare --delete bucket/tier:premium/documents",
        12,
        &["kept", "prefix/tenant:", "--delete prefix/tenant:"],
    );
    demands(at, "tenantry destroy --sandbox -q --confirm healthcare --delete user_pool/platform/main", 12, &["group/platform/admin"]);
    let owners = "platform,tier:basic,tier:premium";
    let tenants = "tenant:clinic-a,tenant:clinic-b,tenant:clinic-c,tenant:clinic-d,tenant:clinic-e,tenant:clinic-f";
    demands(
        at,
        &format!("tenantry destroy --sandbox -q --confirm healthcare --delete {owners} --delete tenant:nobody"),
        64,
        &["tenant:nobody"],
    );
    demands(at, &format!("tenantry destroy --sandbox -q --confirm healthcare --delete {owners} --delete {tenants}"), 12, &["hospital-b"]);
}

#[test]
fn init_fills_a_folder_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    demands(at, "tenantry init 'a b' && cd 'a b' && tenantry validate", 0, &["then: cd 'a b' && tenantry plan --sandbox", "Valid"]);
    demands(at, "tenantry init", 0, &["tenants.yaml"]);
    demands(at, "tenantry apply --sandbox --yes -q && tenantry plan --sandbox --detailed-exitcode", 0, &["No changes"]);
    demands(at, "echo mine > tenants.yaml; tenantry init", 12, &["overwrites nothing"]);
    assert_eq!(std::fs::read_to_string(at.join("tenants.yaml")).unwrap(), "mine\n");
}

#[test]
fn every_first_reply_may_be_lost() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry apply --sandbox --yes -q --sandbox-faults lost=1", 0, &["Done"]);
    demands(at, "tenantry plan --sandbox --detailed-exitcode -q", 0, &["No changes"]);
    let claims = "sed -i.old 's/description: ./&changed /' tenants.yaml";
    demands(at, &format!("{claims}; tenantry apply --sandbox --yes -q --sandbox-faults lost=1"), 0, &[]);
    demands(at, "tenantry plan --sandbox --detailed-exitcode -q", 0, &["No changes"]);
}

#[test]
fn a_bucket_that_is_not_seen_at_once_is_waited_for_and_counted() {
    let folder = shipped();
    let at = folder.path();
    let (printed, code) = shell(at, "tenantry apply --sandbox --yes -q --sandbox-faults bucket=600ms");
    assert_eq!(code, 0, "{printed}");
    assert!(printed.contains(" retr"), "{printed}");
    demands(at, "tenantry plan --sandbox --detailed-exitcode -q", 0, &["No changes"]);
}

#[test]
fn a_plan_works_for_who_may_not_decrypt() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    demands(at, "tenantry plan --sandbox --detailed-exitcode -q --sandbox-faults denied=kms:Decrypt", 0, &["No changes"]);
}

#[test]
fn a_plan_in_whose_way_something_stands_is_no_plan_without_changes() {
    let folder = shipped();
    let at = folder.path();
    let (aws, _) = crate::served::sandbox(at);
    let run =
        |line: &str, code| crate::served::with(at, &[("AWS_ENDPOINT_URL", &aws.url), ("AWS_DEFAULT_REGION", "us-east-1")], line, code);
    run("tenantry apply --yes -q", 0);
    run(
        "pool=$(aws ssm get-parameter --name /app/healthcare/agentcore/userpool_id --query Parameter.Value --output text) && \
         aws cognito-idp admin-create-user --user-pool-id $pool --username by.hand@clinic-d.com --message-action SUPPRESS",
        0,
    );
    let user = "    users: [{ email: by.hand@clinic-d.com, role: nurse }]";
    run(&format!("sed -i.old '/name: Wellness Internal Medicine/a\\\n{user}\n' tenants.yaml"), 0);
    let plan = run("tenantry plan --detailed-exitcode -q", 2);
    let plan = flat(&plan);
    assert!(plan.contains("0 to create, 0 to change, 0 to replace, 0 to delete") && plan.contains("1 blocked"), "{plan}");
}
