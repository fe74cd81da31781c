//! What somebody has tagged as ours by hand: the marks that it lacks are written, and a wrong one deletes nothing.

use crate::scenarios::{demands, shipped};

/// Takes the digests from everything whose tags lie side by side in the sandbox's state.
const NO_DIGESTS: &str = r#"sed -i -E 's/,"tenantry:spec":"[0-9a-f]+"//g' .tenantry/sandbox.json"#;

#[test]
fn what_lacks_its_digest_gets_one_and_nothing_else() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    let printed = demands(at, &format!("{NO_DIGESTS}; tenantry plan --sandbox -q --detailed-exitcode"), 2, &["tags.tenantry:spec"]);
    let kinds =
        ["bucket", "table", "user pool", "memory", "guardrail", "gateway", "runtime", "function", "rest api", "stage", "project", "key"];
    for kind in kinds {
        assert!(printed.contains(&format!("~ change  {kind} ")), "{kind}:\n{printed}");
    }
    assert!(!printed.contains("+ create") && !printed.contains("- delete"), "{printed}");
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    demands(at, "tenantry plan --sandbox -q --detailed-exitcode", 0, &["No changes"]);
}

#[test]
fn a_wrong_address_is_said_and_mended() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done"]);
    for wrong in ["guardrail/tier:gold/main", "guardrail/tier:premium/main", "memory/tier:basic/main", "nonsense"] {
        let tag = format!(
            r##"sed -i 's#"tenantry:address":"guardrail/tier:basic/main"#"tenantry:address":"{wrong}"#' .tenantry/sandbox.json; tenantry plan --sandbox -q --detailed-exitcode"##
        );
        let printed = demands(at, &tag, if wrong == "nonsense" { 0 } else { 2 }, &[]);
        assert!(!printed.contains("- delete") && !printed.contains("-/+"), "{wrong}:\n{printed}");
        if wrong != "nonsense" {
            let words = crate::scenarios::flat(&printed);
            assert!(words.contains(&format!("tags.tenantry:address \"{wrong}\" -> \"guardrail/tier:basic/main\"")), "{words}");
            demands(at, "tenantry apply --sandbox --yes -q", 0, &["Done: 1 step"]);
        }
        demands(at, "tenantry plan --sandbox -q --detailed-exitcode", 0, &["No changes"]);
    }
}

/// A row carries no mark: the record of the apply that wrote it says what it was.
#[test]
fn drift_sees_what_carries_no_mark() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry apply --sandbox --yes -q; tenantry drift --sandbox", 0, &["Done"]);
    let changed = "sed -i 's/Urgent Care . Walk-in Clinic/Spa/' .tenantry/sandbox.json; tenantry drift --sandbox";
    demands(at, changed, 2, &["tenant_row/tenant:clinic-b/clinic-config", "Spa", "Urgent Care"]);
    demands(at, "tenantry apply --sandbox --yes -q; tenantry drift --sandbox", 0, &["Done: 1 step"]);
    // What the manifest asks for and nobody has applied is none.
    demands(at, "sed -i.old 's/Pediatrics, op/Adults, op/' tenants.yaml; tenantry drift --sandbox", 0, &[]);
    demands(at, "tenantry plan --sandbox -q", 0, &["Adults"]);
}
