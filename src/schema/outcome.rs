//! The schema of what came of an apply.

use serde_json::Value;

use super::{constant, document, exit, list, number, object, seconds, step, text};
use crate::ui::json::OUTCOME;

pub(crate) fn outcome() -> Value {
    let of = |more: (&str, Value)| object("", &[("step", step()), more]);
    let keys = [
        ("format", constant(OUTCOME)),
        ("exit", exit()),
        ("done", list("Steps that were done.", &of(("seconds", seconds("How long it took."))))),
        ("failed", list("Steps that failed.", &of(("why", text(""))))),
        ("skipped", list("Steps that were never begun, because of another.", &of(("because", step())))),
        (
            "not_begun",
            list("Steps that were never begun, because the command was stopped, or something failed before the deletes.", &step()),
        ),
        ("calls", number("API calls of the whole command.")),
        ("retries", number("")),
        ("seconds", seconds("From the agreement to the end.")),
        ("longest_chain_seconds", seconds("Along the longest chain of steps that wait for each other.")),
    ];
    document("outcome:1.0", "An outcome of tenantry", object("What came of every step of an apply or destroy.", &keys))
}
