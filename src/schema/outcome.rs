//! The schema of what came of an apply.

use serde_json::Value;

use super::{constant, document, exit, list, number, object, or_null, seconds, step, text};
use crate::ui::json::OUTCOME;

pub(crate) fn outcome() -> Value {
    let of = |more: (&str, Value)| object("", &[("step", step()), more]);
    let error = object(
        "Why the command came to no other answer; null where it carried a plan out.",
        &[
            ("why", text("")),
            ("because", list("What lies behind it, the nearest first.", &text(""))),
            ("request_id", or_null(&text("AWS's, if a call failed."))),
            ("findings", list("Mistakes in the user's files.", &serde_json::json!({ "type": "object" }))),
        ],
    );
    let keys = [
        ("format", constant(OUTCOME)),
        ("exit", exit()),
        ("error", or_null(&error)),
        ("done", list("Steps that were done.", &of(("seconds", seconds("How long it took."))))),
        ("failed", list("Steps that failed.", &of(("why", text(""))))),
        ("skipped", list("Steps that were never begun, because of another.", &of(("because", step())))),
        (
            "not_begun",
            list("Steps that were never begun, because the command was stopped, or something failed before the deletes.", &step()),
        ),
        ("calls", or_null(&number("API calls of the whole command; null with an error."))),
        ("retries", or_null(&number(""))),
        ("seconds", seconds("From the agreement to the end.")),
        ("longest_chain_seconds", seconds("Along the longest chain of steps that wait for each other.")),
    ];
    document("outcome:1.0", "An outcome of tenantry", object("What came of every step of an apply or destroy.", &keys))
}
