//! Events of an apply go where they can be read, and nothing that goes wrong with them stops the apply.

use crate::scenarios::{demands, shipped};

#[test]
fn pipes_and_stderr_take_events() {
    let folder = shipped();
    let at = folder.path();
    let piped = "mkfifo pipe; cat pipe > got & tenantry apply --sandbox --yes -q --events pipe; code=$?; wait; head -1 got; tail -1 got; exit $code";
    demands(at, piped, 0, &["\"type\":\"version\"", "\"type\":\"outcome\"", "\"exit\":{\"code\":0,\"name\":\"done\"}"]);
    demands(
        at,
        "tenantry apply --sandbox --yes -q --events /dev/stderr 2>&1 >/dev/null",
        0,
        &["\"type\":\"plan\"", "\"type\":\"outcome\""],
    );
    // The file of the run before is written anew.
    demands(at, "for n in 1 2; do tenantry apply --sandbox --yes -q --events e; done; grep -c version e", 0, &["\n1\n"]);
    demands(at, "tenantry destroy --sandbox -q --events e </dev/null; tail -1 e", 0, &["\"type\":\"error\"", "--confirm", "\"code\":64"]);
    demands(at, "tenantry apply --sandbox --yes -f nowhere.yaml --events e; tail -1 e", 0, &["\"name\":\"manifest\""]);
}

#[test]
fn events_that_go_nowhere_are_refused_before_anything_is_done() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry apply --sandbox --yes --events -", 64, &["stdout has the answer"]);
    demands(at, "tenantry apply --sandbox --yes --events .", 64, &["directory"]);
    demands(at, "tenantry apply --sandbox --yes --events /proc/nowhere/e", 1, &["/proc/nowhere/e"]);
    demands(at, "tenantry apply --sandbox --yes --events tenants.yaml", 12, &["no events of tenantry"]);
    assert!(!at.join(".tenantry").exists(), "something was done");
}

#[test]
fn whoever_stops_reading_events_stops_nothing_else() {
    let folder = shipped();
    let at = folder.path();
    let full = demands(at, "tenantry apply --sandbox --yes --events /dev/full", 0, &["Done", "no more events"]);
    assert_eq!(full.matches("warning").count(), 1, "{full}");
    let left =
        "mkfifo pipe; head -1 pipe >/dev/null & rm -r .tenantry; tenantry apply --sandbox --yes --events pipe; code=$?; wait; exit $code";
    let left = demands(at, left, 0, &["Done"]);
    assert_eq!(left.matches("warning").count(), 1, "{left}");
    let nobody = demands(at, "tenantry apply --sandbox --yes --events pipe", 0, &["No changes"]);
    assert_eq!(nobody.matches("warning").count(), 1, "{nobody}");
}
