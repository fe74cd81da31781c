//! The metadata file beside a document: made where there is none, and checked and completed where there is one.
//!
//! Retrieval tells tenants apart by what stands here, so what was checked is what is uploaded: our own writing of it, never
//! the file's bytes, which another parser might read in another way.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Value, json};

use super::Whose;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span, quoted};
use crate::names::TierName;

pub(crate) const SIDECAR: &str = ".metadata.json";

/// Bedrock's limits for a file, and S3 Vectors' for what a knowledge base keeps with each vector (2026-09).
const LONGEST: usize = 10 * 1024;
const MOST_ATTRIBUTES: usize = 35;
const LONGEST_ATTRIBUTES: usize = 1024;

const TIER: &str = "tier";
const DOCUMENT_TYPE: &str = "document_type";

/// As sidecars write a tier, and as keys begin.
fn tier_value(tier: &TierName) -> String {
    format!("{tier}-tier")
}

/// What must stand in every sidecar of a tenant; no claim is called like one of the others.
fn required(whose: &Whose) -> BTreeMap<&str, String> {
    BTreeMap::from([(TIER, tier_value(&whose.tier)), (whose.claim.as_str(), whose.tenant.to_string())])
}

fn written(attributes: &BTreeMap<String, Value>) -> Vec<u8> {
    json!({ "metadataAttributes": attributes }).to_string().into_bytes()
}

/// The sidecar of a document that has none.
pub(super) fn made(whose: &Whose, document_type: &str) -> Vec<u8> {
    let mut attributes = BTreeMap::from([(DOCUMENT_TYPE.to_owned(), json!(document_type))]);
    attributes.extend(required(whose).into_iter().map(|(name, value)| (name.to_owned(), json!(value))));
    written(&attributes)
}

/// The sidecar that the folder has, with what it lacks.
pub(super) fn completed(source: &Arc<Source>, whose: &Whose, document_type: &str) -> Result<Vec<u8>, Diagnostics> {
    let mut found = Found { source, list: Diagnostics::default() };
    let attributes = found.attributes(whose);
    let Some(mut attributes) = attributes.filter(|_| !found.list.has_errors()) else { return Err(found.list) };
    attributes.entry(DOCUMENT_TYPE.into()).or_insert_with(|| json!(document_type));
    for (name, value) in required(whose) {
        attributes.entry(name.into()).or_insert_with(|| json!(value));
    }
    let bytes = written(&attributes);
    found.limits(&attributes, bytes.len());
    if found.list.has_errors() { Err(found.list) } else { Ok(bytes) }
}

/// A mapping with the keys that stand twice.
struct Pairs<V>(Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Pairs<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Each<V> {
            type Value = Pairs<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Each(PhantomData))
    }
}

impl<V> Pairs<V> {
    fn twice(&self) -> Option<&str> {
        let mut seen = std::collections::BTreeSet::new();
        self.0.iter().map(|(key, _)| key.as_str()).find(|key| !seen.insert(*key))
    }
}

struct Found<'a> {
    source: &'a Arc<Source>,
    list: Diagnostics,
}

impl Found<'_> {
    fn error(&mut self, summary: impl Into<String>, help: impl Into<String>) {
        self.list.push(Diagnostic::file(self.source, summary).help(help));
    }

    fn attributes(&mut self, whose: &Whose) -> Option<BTreeMap<String, Value>> {
        let form = "write `{\"metadataAttributes\": {\"name\": \"value\"}}`, or remove the file: push writes one";
        let top: Pairs<Value> = match serde_json::from_str(self.source.text()) {
            Ok(top) => top,
            Err(error) => {
                let at = self.source.offset(error.line(), error.column());
                let span = Span { start: at, end: (at + 1).min(self.source.text().len()).max(at) };
                let diagnostic = Diagnostic::error(self.source, span, "this sidecar can't be read as a JSON mapping");
                self.list.push(diagnostic.label(error.to_string()).help(form));
                return None;
            }
        };
        // Read a second time for the keys that stand twice: a parsed value has forgotten them.
        #[derive(serde::Deserialize)]
        struct Inner {
            #[serde(rename = "metadataAttributes")]
            attributes: Pairs<Value>,
        }
        if let Some(key) = top.twice() {
            self.error(format!("{} stands twice in this sidecar", quoted(key)), "keep one of them");
            return None;
        }
        if let Some((key, _)) = top.0.iter().find(|(key, _)| key != "metadataAttributes") {
            self.error(format!("this sidecar has an unknown key {}", quoted(key)), "Bedrock reads `metadataAttributes` alone");
        }
        let Ok(Inner { attributes }) = serde_json::from_str(self.source.text()) else {
            self.error("this sidecar has no mapping `metadataAttributes`", form);
            return None;
        };
        if let Some(key) = attributes.twice() {
            let help = "keep one of them: who reads the file next might take the other";
            self.error(format!("the attribute {} stands twice", quoted(key)), help);
            return None;
        }
        for (name, value) in &attributes.0 {
            if name.is_empty() {
                self.error("an attribute has no name", "give it one, or remove it");
            }
            if !is_attribute(value) {
                let help = "write a text, a number, true or false, or a list of texts";
                self.error(format!("Bedrock can't keep the value of the attribute {}", quoted(name)), help);
            }
        }
        let attributes: BTreeMap<String, Value> = attributes.0.into_iter().collect();
        for (name, wanted) in required(whose) {
            let Some(value) = attributes.get(name).filter(|value| text(value) != Some(wanted.as_str())) else { continue };
            let summary = format!("`{name}` of this sidecar is {}, not `{wanted}`", shown(value));
            let help = "move the document to where it belongs, or correct or remove the attribute: retrieval tells tenants apart by it";
            self.error(summary, help);
        }
        Some(attributes)
    }

    fn limits(&mut self, attributes: &BTreeMap<String, Value>, length: usize) {
        if length > LONGEST {
            self.error(format!("this sidecar has {length} bytes"), "keep it within 10 KB (10,240 bytes), Bedrock's limit");
        }
        if attributes.len() > MOST_ATTRIBUTES {
            let summary = format!("this sidecar has {} attributes, with those that push adds", attributes.len());
            self.error(summary, format!("keep {MOST_ATTRIBUTES}: S3 Vectors takes no more with one vector"));
        }
        let plain = |value: &Value| text(value).map_or_else(|| value.to_string().len(), str::len);
        let total: usize = attributes.iter().map(|(name, value)| name.len() + plain(value)).sum();
        if total > LONGEST_ATTRIBUTES && length <= LONGEST {
            let summary = format!("the attributes of this sidecar have {total} bytes, with those that push adds");
            self.error(summary, "keep them within 1 KB (1,024 bytes): S3 Vectors takes no more with one vector");
        }
    }
}

/// The value's text, in the plain or in the typed form.
fn text(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.pointer("/value/stringValue").filter(|_| typed(value).is_some_and(|t| t == "STRING"))?.as_str())
}

fn typed(value: &Value) -> Option<&str> {
    value.pointer("/value/type")?.as_str()
}

/// What a finding shows of a value.
fn shown(value: &Value) -> String {
    quoted(&text(value).map_or_else(|| value.to_string(), str::to_owned))
}

fn is_attribute(value: &Value) -> bool {
    let texts = |value: &Value| value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_string));
    match value {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => true,
        Value::Array(_) => texts(value),
        Value::Object(map) => {
            let known = map.keys().all(|key| key == "value" || key == "includeForEmbedding");
            let flag = map.get("includeForEmbedding").is_none_or(Value::is_boolean);
            let member = |name: &str| value.pointer(&format!("/value/{name}"));
            let fits = match typed(value) {
                Some("STRING") => member("stringValue").is_some_and(Value::is_string),
                Some("NUMBER") => member("numberValue").is_some_and(Value::is_number),
                Some("BOOLEAN") => member("booleanValue").is_some_and(Value::is_boolean),
                Some("STRING_LIST") => member("stringListValue").is_some_and(texts),
                _ => false,
            };
            // A type and one value: whoever reads a second one may take that.
            let single = value.pointer("/value").and_then(Value::as_object).is_some_and(|members| members.len() == 2);
            known && flag && fits && single
        }
        Value::Null => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::diagnostic::Color;

    fn whose() -> Whose {
        Whose { claim: "clinic_id".into(), tenant: "clinic-a".parse().unwrap(), tier: "basic".parse().unwrap() }
    }

    fn read(text: &str) -> Result<String, String> {
        let source = Source::new(Path::new("a.txt.metadata.json"), text);
        completed(&source, &whose(), "guides").map(|bytes| String::from_utf8(bytes).unwrap()).map_err(|found| found.render(Color::Never))
    }

    #[test]
    fn what_is_missing_is_added_and_what_is_there_stays() {
        let made = String::from_utf8(made(&whose(), "guides")).unwrap();
        assert_eq!(made, r#"{"metadataAttributes":{"clinic_id":"clinic-a","document_type":"guides","tier":"basic-tier"}}"#);
        assert_eq!(read(r#"{ "metadataAttributes": {} }"#).unwrap(), made);
        let own = read(r#"{"metadataAttributes": {"year": 2025, "document_type": "leaflet", "clinic_id": "clinic-a"}}"#).unwrap();
        assert!(own.contains(r#""document_type":"leaflet""#) && own.contains(r#""year":2025"#) && own.contains("basic-tier"), "{own}");
        let typed = r#"{"metadataAttributes": {"clinic_id": {"value": {"type": "STRING", "stringValue": "clinic-a"}}}}"#;
        assert!(read(typed).unwrap().contains("stringValue"));
    }

    #[test]
    fn another_tenant_or_tier_is_refused_however_it_is_written() {
        for (attributes, word) in [
            (r#""clinic_id": "clinic-b""#, "`clinic-b`"),
            (r#""clinic_id": ["clinic-a"]"#, "clinic_id"),
            (r#""clinic_id": "clinic-a", "clinic_id": "clinic-b""#, "stands twice"),
            (r#""clinic_id": {"value": {"type": "STRING", "stringValue": "clinic-b"}}"#, "`clinic-b`"),
            (r#""clinic_id": {"value": {"type": "NUMBER", "stringValue": "clinic-a", "numberValue": 1}}"#, "clinic_id"),
            (
                r#""clinic_id": {"value": {"type": "STRING", "stringValue": "clinic-a", "stringListValue": ["clinic-b"]}}"#,
                "can't keep the value of the attribute `clinic_id`",
            ),
            (r#""tier": "premium-tier""#, "`premium-tier`"),
            (r#""year": null"#, "`year`"),
        ] {
            let error = read(&format!("{{\"metadataAttributes\": {{{attributes}}}}}")).unwrap_err();
            assert!(error.contains(word), "{attributes}: {error}");
        }
        let twice = r#"{"metadataAttributes": {"clinic_id": "clinic-a"}, "metadataAttributes": {"clinic_id": "clinic-b"}}"#;
        assert!(read(twice).unwrap_err().contains("stands twice"));
    }

    #[test]
    fn what_bedrock_would_not_take() {
        let long = format!(r#"{{"metadataAttributes": {{"summary": "{}"}}}}"#, "x".repeat(1100));
        assert!(read(&long).unwrap_err().contains("1,024 bytes"));
        let huge = format!(r#"{{"metadataAttributes": {{"summary": "{}"}}}}"#, "x".repeat(11_000));
        assert!(read(&huge).unwrap_err().contains("10 KB"));
        let many: Vec<String> = (0..35).map(|n| format!("\"a{n}\": 1")).collect();
        assert!(read(&format!("{{\"metadataAttributes\": {{{}}}}}", many.join(","))).unwrap_err().contains("38 attributes"));
        for broken in ["", "[]", "{", "{\"metadataAttributes\": 1}", "{}", "{\"metadataAttributes\": {}, \"x\": 1}"] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }
}
