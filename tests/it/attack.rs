//! One tenant's credentials against another tenant's data, through AWS's own SDK.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::python::{here, programs};
use crate::scenarios::shipped;
use crate::served;

/// A tenant whose id begins with another's, in the same tier.
const NEIGHBOUR: &str = "  clinic-ab:\n    tier: basic\n    name: Almost the Same Clinic\n";

/// Holes in the shipped policies: the file, what stands there, what does not hold, and the attack that must find it.
const HOLES: &[(&str, &str, &str, &str)] = &[
    ("tvm.json", "${aws:PrincipalTag/ClinicId}/*", "${aws:PrincipalTag/ClinicId}*", "clinic-a on clinic-ab: object"),
    (
        "tvm.json",
        "\"StringEquals\": {\n          \"bedrock-agentcore:actorId\": \"${aws:PrincipalTag/Tier}-${aws:PrincipalTag/ClinicId}-${aws:PrincipalTag/UserId}\"",
        "\"StringLike\": {\n          \"bedrock-agentcore:actorId\": \"${aws:PrincipalTag/Tier}-${aws:PrincipalTag/ClinicId}*\"",
        "clinic-a on clinic-ab: events",
    ),
    (
        "tools-tvm.json",
        "StringEquals\": { \"dynamodb:LeadingKeys\": [\"${aws:PrincipalTag/ClinicId}\"]",
        "StringLike\": { \"dynamodb:LeadingKeys\": [\"${aws:PrincipalTag/ClinicId}*\"]",
        "",
    ),
    (
        "tools-tvm.json",
        "StringNotEquals\": { \"dynamodb:LeadingKeys\": [\"${aws:PrincipalTag/ClinicId}\"]",
        "StringNotLike\": { \"dynamodb:LeadingKeys\": [\"${aws:PrincipalTag/ClinicId}*\"]",
        "clinic-a on clinic-ab: index",
    ),
    ("tvm-trust.json", "\"ForAnyValue:StringLike\": { \"sts:TransitiveTagKeys\": \"ClinicId\" },", "", "tvm: ClinicId not handed on"),
];

/// Provisions the platform in the folder, whatever breaches it has, and attacks it: what the attack printed, and all that went over the wire.
fn attack(at: &Path, profile: Profile, breaches: &str, code: i32) -> (String, PathBuf) {
    let manifest = at.join("tenants.yaml");
    let (shipped, argument) = match profile {
        Profile::Article => (manifest.clone(), ""),
        Profile::Strict => (here("tenants.strict.yaml"), " strict"),
    };
    let shipped = std::fs::read_to_string(shipped).unwrap();
    std::fs::write(&manifest, shipped.replace("  clinic-b:\n", &format!("{NEIGHBOUR}  clinic-b:\n"))).unwrap();
    let (aws, record) = served::sandbox(at);
    let run = |line: &str, code| served::with(at, &[("AWS_ENDPOINT_URL", &aws.url)], line, code);
    let accepted = if breaches.is_empty() { String::new() } else { format!(" --accept-breach {breaches}") };
    if !breaches.is_empty() {
        // What the attack will find, the gate has found before anything was built.
        let refused = run("tenantry apply --yes -q", 14);
        assert!(refused.contains(&format!("({breaches})")), "{refused}");
    }
    run(&format!("tenantry apply --yes -q{accepted}"), 0);
    (run(&format!("python {}{argument}", here("tests/aws/attack.py").display()), code), record)
}

/// Which shipped manifest is attacked.
#[derive(Clone, Copy)]
enum Profile {
    Article,
    Strict,
}

#[test]
fn nor_in_the_strict_profile_where_agents_take_on_no_role_at_all() {
    let folder = shipped();
    let (seen, _) = attack(folder.path(), Profile::Strict, "", 0);
    assert!(seen.matches("ok ").count() > 500, "too little was tried:\n{seen}");
    for tried in ["the runtime takes on healthcare-us-east-1-tvm", "the broker reads an object"] {
        assert!(seen.lines().any(|line| line.starts_with("ok") && line.contains(tried)), "`{tried}` was not tried:\n{seen}");
    }
}

#[test]
fn no_tenant_reaches_another_and_each_reaches_their_own() {
    let folder = shipped();
    let (seen, record) = attack(folder.path(), Profile::Article, "", 0);
    assert!(seen.matches("ok ").count() > 500, "too little was tried:\n{seen}");
    // The data plane is what AWS's models say it is, refusals and all. Signatures are by keys that the sandbox made up.
    let mut judge = Command::new(programs().join("python"));
    judge.arg(here("tests/aws/judge.py")).arg(record).args(["--least", "500"]);
    for service in ["bedrock-agentcore", "dynamodb", "iam", "s3", "sts"] {
        judge.args(["--service", service]);
    }
    let judged = judge.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&judged.stdout), String::from_utf8_lossy(&judged.stderr));
    assert!(judged.status.success(), "{said}");
}

/// What finds nothing in a platform full of holes would find nothing in one without.
#[test]
fn the_attack_finds_every_hole_that_is_put_into_a_policy() {
    let folder = shipped();
    for (file, from, to, _) in HOLES {
        let path = folder.path().join("policies").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no `{from}`");
        std::fs::write(&path, text.replace(from, to)).unwrap();
    }
    let (seen, _) = attack(folder.path(), Profile::Article, "P12,P14,P16,P17", 1);
    for (file, from, _, found) in HOLES.iter().filter(|(.., found)| !found.is_empty()) {
        assert!(
            seen.lines().any(|line| line.starts_with("WRONG") && line.contains(found)),
            "nothing found that {file} is without `{from}`:\n{seen}"
        );
    }
}
