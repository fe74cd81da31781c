//! The schema of a plan.

use serde_json::{Value, json};

use super::{
    TENANTS, address, constant, document, estimate, list, number, object, one_of, or_null, said, sha256, target, text, totals, with,
};
use crate::isolation::report::Outcome;
use crate::plan::page::{Fold, KeptFor, RiskKind};
use crate::plan::saved::PLAN;
use crate::plan::{Action, Cause};

pub(crate) fn plan() -> Value {
    let keys = [
        ("format", constant(PLAN)),
        ("tool", text("The version of tenantry.")),
        ("target", target()),
        ("manifest", object("What it was made from.", &[("path", text("As it was named.")), ("sha256", sha256("Of its text."))])),
        ("options", options()),
        ("partial", partial()),
        (
            "checksum",
            sha256("The plan's identity: the same while neither the manifest nor what is live moves. Time and calls are no part of it."),
        ),
        ("read", object("What it took to look.", &[("calls", number("API calls."))])),
        ("summary", totals()),
        ("writes", number("Steps that write; those that AWS takes together count as one.")),
        ("estimate", estimate()),
        ("tiers", list("Tenants by tier; a move counts where it ends.", &tier())),
        ("changes", list("By unit: the platform, its tiers, its tenants. Every change stands in one of them, once.", &unit())),
        ("groups", list("Tenants that change alike.", &group())),
        ("risks", list("What deserves a second look, the worst first.", &risk())),
        ("kept", list("What nobody declares any more and stays.", &kept())),
        ("blocked", list("What can't be done; then nothing of the plan is.", &blocked())),
        ("notes", list("What no single change says, in words.", &text(""))),
        ("isolation", isolation()),
        ("seal", sha256("Of everything else in this document: `apply FILE` refuses one that was edited.")),
    ];
    document("plan:1.0", "A plan of tenantry", object("What apply would do. There is no secret in it.", &keys))
}

fn options() -> Value {
    object(
        "What was named when the plan was made: `apply FILE` takes it from here.",
        &[
            ("delete", list("Of --delete.", &text(""))),
            ("allow_replace", list("Of --allow-replace.", &address())),
            ("filters", list("As they were typed.", &text(""))),
        ],
    )
}

fn partial() -> Value {
    let keys = [("filters", list("", &text(""))), ("left_out", number("Changes that the whole plan has and this one lacks."))];
    or_null(&object("Set where filters have narrowed the plan.", &keys))
}

fn actions() -> Value {
    one_of("", &[Action::Create, Action::Update, Action::Replace, Action::Close, Action::Delete])
}

fn tier() -> Value {
    let counts: Vec<(&str, Value)> = TENANTS.iter().map(|key| (*key, number(""))).collect();
    object("", &[("tier", or_null(&text("None: nothing says any more."))), ("tenants", object("", &counts))])
}

/// Each code with values of its own.
fn codes(says: &str) -> Value {
    list(says, &coded())
}

fn coded() -> Value {
    let mut coded = object("", &[("code", text("What else is there goes with it."))]);
    if let Value::Object(map) = &mut coded {
        map.insert("additionalProperties".into(), true.into());
    }
    coded
}

fn fields() -> Value {
    let any = || said("Secrets by a fingerprint or `(sensitive)`; what is not there is null.", json!({}));
    list("", &object("", &[("path", text("`protection.versioned`")), ("before", any()), ("after", any())]))
}

fn resource() -> Value {
    object(
        "",
        &[
            ("address", address()),
            ("kind", text("In words.")),
            ("name", text("What a reader calls it.")),
            ("action", actions()),
            ("cause", one_of("", &[Cause::Manifest, Cause::Drift, Cause::Dependency])),
            ("fields", fields()),
            ("replaces", list("Of a replace: `field: why` for what AWS can't change in place.", &text(""))),
            ("waits_for", list("What it refers to and what is new, in words.", &text(""))),
            ("judged", list("What else is risky about it, the worst first.", &judged())),
            ("role", or_null(&text("Of a new user: as the tokens will say."))),
            ("widens", or_null(&said("Somebody may do more than before.", coded()))),
            ("affects", number("Live tenants that notice.")),
            ("consequences", codes("What follows.")),
            ("digest", sha256("Equal for equal changes.")),
        ],
    )
}

fn risk_kinds() -> [RiskKind; 10] {
    use RiskKind as R;
    [R::Delete, R::Lose, R::Replace, R::Close, R::Move, R::Widen, R::Weaken, R::Model, R::Raise, R::Drift]
}

fn judged() -> Value {
    object("", &[("risk", one_of("", &risk_kinds())), ("says", text("Why, in words."))])
}

fn unit() -> Value {
    let resources = || ("resources", list("In the order of creation, deletes last.", &resource()));
    let shared = object(
        "The platform or a tier.",
        &[
            ("unit", one_of("", &["platform", "tier"])),
            ("id", text("The platform's or the tier's name.")),
            ("action", one_of("Of all its changes together.", &["create", "change", "delete"])),
            ("affects", or_null(&number("Live tenants that notice."))),
            resources(),
        ],
    );
    let actions: Vec<&str> = TENANTS.iter().copied().filter(|word| !["blocked", "unchanged"].contains(word)).collect();
    let tenant = object(
        "A tenant. A tier move is one action.",
        &[
            ("unit", constant("tenant")),
            ("id", text("")),
            ("tier", or_null(&text("Where it is, or where it goes to."))),
            ("action", one_of("", &actions)),
            ("group", or_null(&text("The group that it changes alike with; none if all of it is drift."))),
            ("risk", or_null(&one_of("The worst of it.", &risk_kinds()))),
            ("consequences", codes("What follows.")),
            resources(),
        ],
    );
    let tenant = with(tenant, &[("from", text("Of a move.")), ("to", text("Of a move."))]);
    json!({ "anyOf": [shared, tenant] })
}

fn group() -> Value {
    let shape = object(
        "",
        &[
            ("action", actions()),
            ("kind", text("In words.")),
            ("name", text("Empty where the members' have nothing in common.")),
            ("count", number("Of all members together.")),
            ("fields", fields()),
            (
                "roles",
                said(
                    "Of new users: how many of all members' come in which role.",
                    json!({ "type": "object", "additionalProperties": { "type": "integer" } }),
                ),
            ),
        ],
    );
    let whole = object(
        "",
        &[
            ("id", text("")),
            ("action", text("As the members'.")),
            ("tier", or_null(&text(""))),
            ("shapes", list("What happens to each member's resources, with placeholders for the member's own names.", &shape)),
            ("members", list("By id.", &text(""))),
            ("fold", one_of("Whether a reader needs to see only some members.", &[Fold::Folds, Fold::Never])),
            ("risk", or_null(&one_of("", &risk_kinds()))),
            ("consequences", codes("")),
        ],
    );
    with(whole, &[("from", text("Of a move.")), ("to", text("Of a move."))])
}

fn risk() -> Value {
    let keys = [
        ("kind", one_of("", &risk_kinds())),
        ("owner", text("platform, tier:NAME or tenant:ID.")),
        ("address", or_null(&address())),
        ("what", text("The resource in words, or the tenant's id.")),
        ("says", text("Why it is here, as far as its kind does not say.")),
        ("affects", number("Live tenants that notice.")),
    ];
    object("", &keys)
}

fn kept() -> Value {
    object("", &[("address", address()), ("why", one_of("", &[KeptFor::Data, KeptFor::Moved, KeptFor::Others]))])
}

fn blocked() -> Value {
    object("", &[("address", address()), ("why", text("In words.")), ("way_out", text("In words."))])
}

fn isolation() -> Value {
    let counts: Vec<(&str, Value)> = ["pass", "fail", "unknown", "not_enforced", "skipped"].map(|key| (key, number(""))).into();
    let probe = object(
        "",
        &[
            ("probe", text("`P06`")),
            ("layer", text("What it is about.")),
            ("attack", text("What is tried.")),
            ("verdict", one_of("", &[Outcome::Pass, Outcome::Fail, Outcome::Unknown, Outcome::NotEnforced, Outcome::Skipped])),
            ("counterexample", or_null(&text("Of FAIL: the first way through."))),
            ("why", or_null(&text("Of what is neither PASS nor FAIL: why, as far as that is said."))),
            ("accepted_since", or_null(&text("Of FAIL: the time of the apply that began to accept it, by the last apply's record."))),
        ],
    );
    let keys = [
        ("profile", text("")),
        ("summary", object("Probes by result.", &counts)),
        ("probes", list("In the order of their numbers.", &probe)),
    ];
    or_null(&object("What the planned platform lets through.", &keys))
}
