//! The schema of the events of an apply: of one line.

use serde_json::{Value, json};

use super::{
    address, constant, document, estimate, exit, list, number, object, one_of, op, or_null, said, seconds, sha256, step, target, text,
    totals,
};
use crate::ui::EVENTS;

pub(crate) fn events() -> Value {
    let kinds = [version(), plan(), started(), waiting(), retrying(), done(), failed(), skipped(), outcome(), error()];
    let says = "One event of an apply or destroy: a line of the file that --events names. The last one has `exit`.";
    document("events:1.0", "An event of tenantry", said(says, json!({ "type": "object", "anyOf": kinds })))
}

fn event(kind: &str, says: &str, keys: &[(&str, Value)]) -> Value {
    let at = said("UTC.", json!({ "type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$" }));
    let head = [("format", constant(EVENTS)), ("at", at), ("type", constant(kind))];
    object(says, &head.into_iter().chain(keys.iter().cloned()).collect::<Vec<_>>())
}

fn of_step(kind: &str, says: &str, keys: &[(&str, Value)]) -> Value {
    let step = [("address", address()), ("op", op())];
    event(kind, says, &step.into_iter().chain(keys.iter().cloned()).collect::<Vec<_>>())
}

fn request_id() -> Value {
    or_null(&text("AWS's, where it gave one."))
}

fn version() -> Value {
    event("version", "The first event.", &[("tool", text("The version of tenantry.")), ("command", one_of("", &["apply", "destroy"]))])
}

fn plan() -> Value {
    let keys = [
        ("target", target()),
        ("checksum", sha256("")),
        ("summary", totals()),
        ("writes", number("Steps that write.")),
        ("estimate", estimate()),
    ];
    event("plan", "What is about to be done, if it is agreed to.", &keys)
}

fn started() -> Value {
    of_step("step_started", "", &[])
}

fn waiting() -> Value {
    of_step("step_waiting", "AWS is at work.", &[("status", text("AWS's own word for it."))])
}

fn retrying() -> Value {
    let keys = [("attempt", number("")), ("why", text("")), ("request_id", request_id())];
    of_step("step_retrying", "AWS said not yet, and is asked again.", &keys)
}

fn done() -> Value {
    of_step("step_done", "", &[("seconds", seconds("How long the step took."))])
}

fn failed() -> Value {
    let keys = [("seconds", seconds("How long the step took.")), ("why", text("")), ("request_id", request_id())];
    of_step("step_failed", "Others go on, but for those that need this one.", &keys)
}

fn skipped() -> Value {
    of_step("step_skipped", "Never begun, because of another.", &[("because", step())])
}

fn outcome() -> Value {
    let keys = ["done", "failed", "skipped", "not_begun", "calls", "retries"].map(|key| (key, number("")));
    let keys: Vec<(&str, Value)> = keys.into_iter().chain([("seconds", seconds("")), ("exit", exit())]).collect();
    event("outcome", "How many steps came to which end.", &keys)
}

fn error() -> Value {
    let keys = [
        ("why", text("")),
        ("because", list("What it goes back to, one cause after the other.", &text(""))),
        ("request_id", request_id()),
        ("exit", exit()),
    ];
    event("error", "Why the command ended other than well.", &keys)
}
