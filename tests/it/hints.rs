//! What messages tell to type next is typed for the same manifest and the same place.

use crate::scenarios::{demands, flat, shipped};

#[test]
fn every_hint_carries_the_flags_of_its_run() {
    let folder = shipped();
    let at = folder.path();
    std::fs::rename(at.join("tenants.yaml"), at.join("my file.yaml")).unwrap();
    let flags = "-f 'my file.yaml' --sandbox=s.json";
    let says = |line: &str, code: i32, hint: &str| {
        let printed = demands(at, line, code, &[]);
        let hint = hint.replace("FLAGS", flags);
        assert!(flat(&printed).contains(&hint), "`{line}` does not say `{hint}`:\n{printed}");
    };
    let run = |command: &str| format!("tenantry {command} {flags}");
    demands(at, &run("plan --out p.json --tenant clinic-a"), 0, &[]);
    demands(at, &run("apply --yes -q"), 0, &["Done"]);
    says(&run("apply p.json"), 10, "`tenantry plan --out p.json --tenant clinic-a FLAGS`");
    says(&format!("sed -i.old 's/HC-Basic/HC-Other/' 'my file.yaml'; {} --sandbox-faults kill=1", run("apply --yes -q")), 137, "");
    says(&run("apply --yes -q"), 11, "`tenantry unlock FLAGS`");
    says(&run("doctor"), 0, "`tenantry unlock FLAGS`");
    demands(at, &run("unlock --yes -q"), 0, &[]);
    says(&run("status -q"), 0, "`tenantry plan FLAGS`");
    says(&run("tenant suspend clinic-a"), 0, "Next: tenantry apply FLAGS");
    says(&run("offboard clinic-a"), 12, "`tenantry apply FLAGS` suspends it there; then `tenantry offboard clinic-a FLAGS`");
    says(&run("tenant show clinic-a -q"), 0, "`tenantry plan FLAGS`");
    says(&run("tenant show nobody"), 65, "`tenantry tenant list -f 'my file.yaml'` lists them");
    let drift = format!("sed -i 's/Application\":\"HealthcareDemo/Application\":\"Other/' s.json; {}", run("drift"));
    says(&drift, 2, "`tenantry apply FLAGS` puts it back");
    says(&run("plan --sandbox-faults denied=s3:*"), 15, "`tenantry doctor FLAGS` shows all that are missing");
    // What needs no manifest is named as it is.
    says(&run("explain nosuch"), 64, "`tenantry explain` lists them");
}
