//! JSON Schemas of everything that people write for this tool and that it writes for machines.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::manifest::{Known, shape};

mod events;
pub(crate) mod field;
mod outcome;
mod plan;

pub(crate) use events::events;
pub(crate) use outcome::outcome;
pub(crate) use plan::plan;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Where the schema of a manifest lies, seen from the manifest: its first line names it.
pub(crate) const BESIDE: &str = ".tenantry/manifest.schema.json";

/// Of the manifest, with the names that one has.
pub(crate) fn manifest(known: &Known) -> Value {
    document("manifest:1", "A manifest of tenantry", shape(known).to_json())
}

/// A schema by itself: with its dialect and a name.
fn document(id: &str, title: &str, schema: Value) -> Value {
    let mut whole = json!({ "$schema": DIALECT, "$id": format!("urn:tenantry:{id}"), "title": title });
    if let (Value::Object(whole), Value::Object(schema)) = (&mut whole, schema) {
        whole.extend(schema);
    }
    whole
}

/// A document of ours: every key is always there. Later versions may have more, so others are no mistake.
fn object(says: &str, keys: &[(&str, Value)]) -> Value {
    let required: Vec<&str> = keys.iter().map(|(key, _)| *key).collect();
    let properties: Map<String, Value> = keys.iter().map(|(key, schema)| ((*key).to_owned(), schema.clone())).collect();
    said(says, json!({ "type": "object", "required": required, "properties": properties }))
}

/// The same with keys that only some have.
fn with(mut object: Value, keys: &[(&str, Value)]) -> Value {
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        properties.extend(keys.iter().map(|(key, schema)| ((*key).to_owned(), schema.clone())));
    }
    object
}

fn said(says: &str, mut schema: Value) -> Value {
    if let Value::Object(map) = &mut schema
        && !says.is_empty()
    {
        map.insert("description".into(), says.into());
    }
    schema
}

fn text(says: &str) -> Value {
    said(says, json!({ "type": "string" }))
}

fn number(says: &str) -> Value {
    said(says, json!({ "type": "integer", "minimum": 0 }))
}

fn seconds(says: &str) -> Value {
    said(says, json!({ "type": "number", "minimum": 0 }))
}

fn list(says: &str, item: &Value) -> Value {
    said(says, json!({ "type": "array", "items": item }))
}

fn or_null(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn constant(value: &str) -> Value {
    json!({ "const": value })
}

/// One of these, as documents write them.
fn one_of<T: Serialize>(says: &str, values: &[T]) -> Value {
    said(says, json!({ "enum": values }))
}

fn address() -> Value {
    said(
        "KIND/OWNER/LABEL, such as `user/tenant:clinic-a/a@b.co`.",
        json!({ "type": "string", "pattern": "^[a-z_]+/(platform|(tier|tenant):[^/]+)/.+$" }),
    )
}

fn sha256(says: &str) -> Value {
    said(says, json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" }))
}

/// How a command ended; the code is the process's as well.
fn exit() -> Value {
    object("How the command ended; the code is the process's as well.", &[("code", number("")), ("name", text("Of the code."))])
}

fn target() -> Value {
    use crate::plan::page::Place;
    object(
        "Where it runs.",
        &[
            ("place", one_of("AWS, or this machine.", &[Place::Aws, Place::Sandbox])),
            ("account", json!({ "type": "string", "pattern": "^[0-9]{12}$" })),
            ("region", text("")),
            ("platform", text("")),
            ("profile", one_of("Of isolation.", &["article", "strict"])),
        ],
    )
}

/// What a plan comes to.
fn totals() -> Value {
    let counts = |says: &str, keys: &[&'static str]| {
        let keys: Vec<(&str, Value)> = keys.iter().map(|key| (*key, number(""))).collect();
        object(says, &keys)
    };
    let resources = ["create", "change", "replace", "close", "delete", "blocked", "unchanged"];
    object(
        "What the plan comes to. What stays as it is is counted, and listed nowhere.",
        &[
            ("tenants", counts("Tenants.", TENANTS)),
            ("shared", counts("Resources of the platform and its tiers.", &resources)),
            ("resources", counts("All resources, tenants' own too.", &resources)),
            ("drift", number("Resources that are put back as they were; they count among the others as well.")),
            ("kept", number("What nobody declares any more and stays all the same.")),
        ],
    )
}

const TENANTS: &[&str] = &["create", "move", "change", "suspend", "resume", "leave", "delete", "blocked", "unchanged"];

fn estimate() -> Value {
    let whole = object("How long it takes at least.", &[("seconds", number("")), ("bound_by", text("What bounds it, in words."))]);
    or_null(&whole)
}

fn op() -> Value {
    use crate::schedule::Op;
    one_of("What a step does; replacing is two steps.", &[Op::Create, Op::Update, Op::Close, Op::Delete])
}

fn step() -> Value {
    object("", &[("address", address()), ("op", op())])
}
