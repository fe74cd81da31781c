//! One tenant's credentials against another tenant's data, through AWS's own SDK.

use std::process::Command;

use crate::python::{here, programs};
use crate::scenarios::shipped;
use crate::served;

/// A tenant whose id begins with another's, in the same tier.
const NEIGHBOUR: &str = "  clinic-ab:\n    tier: basic\n    name: Almost the Same Clinic\n";

#[test]
fn no_tenant_reaches_another_and_each_reaches_their_own() {
    let folder = shipped();
    let at = folder.path();
    let manifest = at.join("tenants.yaml");
    let shipped = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, shipped.replace("  clinic-b:\n", &format!("{NEIGHBOUR}  clinic-b:\n"))).unwrap();
    let (aws, record) = served::sandbox(at);
    let run = |line: &str| served::with(at, &[("AWS_ENDPOINT_URL", &aws.url)], line, 0);
    run("tenantry apply --yes -q");
    let seen = run(&format!("python {}", here("tests/aws/attack.py").display()));
    assert!(seen.matches("ok ").count() > 300, "too little was tried:\n{seen}");
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
