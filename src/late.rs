//! Values that AWS chooses during apply: typed handles, references to them, and filling them in.
//!
//! In a document a text with references is `{"$late": ["literal", {"slot": "ADDRESS#ATTRIBUTE"}, …]}`.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::address::Address;

const LATE: &str = "$late";

/// One attribute of one resource's output.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Slot {
    pub(crate) address: Address,
    pub(crate) attribute: String,
}

impl From<Slot> for String {
    fn from(slot: Slot) -> Self {
        format!("{}#{}", slot.address, slot.attribute)
    }
}

impl TryFrom<String> for Slot {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Self> {
        let (address, attribute) = text.rsplit_once('#').with_context(|| format!("`{text}` is no reference"))?;
        Ok(Self { address: address.parse()?, attribute: attribute.into() })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Part {
    Slot(Slot),
    #[serde(untagged)]
    Text(String),
}

/// A text that may hold references to what AWS has yet to choose; `T` is what the text is once it is whole.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Late<T = String> {
    parts: Vec<Part>,
    means: PhantomData<fn() -> T>,
}

impl<T> Clone for Late<T> {
    fn clone(&self) -> Self {
        Self { parts: self.parts.clone(), means: PhantomData }
    }
}

impl<T> fmt::Debug for Late<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.parts).finish()
    }
}

impl<T> Late<T> {
    fn from_parts(parts: Vec<Part>) -> Self {
        let mut joined: Vec<Part> = Vec::new();
        for part in parts {
            match (joined.last_mut(), part) {
                (Some(Part::Text(before)), Part::Text(text)) => before.push_str(&text),
                (_, part) => joined.push(part),
            }
        }
        Self { parts: joined, means: PhantomData }
    }

    /// A value that is known.
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over literals, owned texts and names alike")]
    pub(crate) fn known(value: impl ToString) -> Self {
        Self::from_parts(vec![Part::Text(value.to_string())])
    }

    pub(crate) fn slot(address: Address, attribute: &str) -> Self {
        Self::from_parts(vec![Part::Slot(Slot { address, attribute: attribute.into() })])
    }

    /// The same text without its meaning, for joining into a longer one.
    pub(crate) fn text(&self) -> Late {
        Late { parts: self.parts.clone(), means: PhantomData }
    }

    /// The value; kinds call it on filled specs only, so an error here is a mistake in the order of steps.
    pub(crate) fn get(&self) -> Result<&str> {
        match self.parts.as_slice() {
            [] => Ok(""),
            [Part::Text(text)] => Ok(text),
            _ => bail!("a value is not known yet: {self:?}"),
        }
    }
}

impl Late {
    /// Joins texts, known and late ones.
    pub(crate) fn concat(texts: impl IntoIterator<Item = Self>) -> Self {
        Self::from_parts(texts.into_iter().flat_map(|t| t.parts).collect())
    }
}

impl<T> From<&str> for Late<T> {
    fn from(text: &str) -> Self {
        Self::known(text)
    }
}

impl<T> From<String> for Late<T> {
    fn from(text: String) -> Self {
        Self::known(text)
    }
}

impl<T> Serialize for Late<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.get() {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => json!({ LATE: self.parts }).serialize(serializer),
        }
    }
}

impl<'de, T> Deserialize<'de> for Late<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self::known(text)),
            Value::Object(mut map) => {
                let parts = map.remove(LATE).ok_or_else(|| D::Error::custom("expected a text or a reference"))?;
                Ok(Self::from_parts(serde_json::from_value(parts).map_err(D::Error::custom)?))
            }
            other => Err(D::Error::custom(format!("expected a text or a reference, found {other}"))),
        }
    }
}

/// An attribute of a kind's output: `GATEWAY.at(&Gateway::ARN)`.
pub(crate) struct Attr<K, T = String> {
    name: &'static str,
    of: PhantomData<fn() -> (K, T)>,
}

impl<K, T> Attr<K, T> {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, of: PhantomData }
    }
}

/// A resource that was declared: what others refer to it by.
pub(crate) struct Handle<K> {
    address: Address,
    kind: PhantomData<fn() -> K>,
}

impl<K> Handle<K> {
    pub(crate) fn new(address: Address) -> Self {
        Self { address, kind: PhantomData }
    }

    pub(crate) fn at<T>(&self, attribute: &Attr<K, T>) -> Late<T> {
        Late::slot(self.address.clone(), attribute.name)
    }
}

/// A spec as a document. Keys are sorted whatever order serde_json's features keep them in: equal documents are equal texts.
pub(crate) fn document(spec: &impl Serialize) -> serde_json::Result<Value> {
    let mut document = serde_json::to_value(spec)?;
    document.sort_all_objects();
    Ok(document)
}

/// Every reference in a document, however deep.
pub(crate) fn slots(document: &Value) -> BTreeSet<Slot> {
    let mut found = BTreeSet::new();
    walk(document, &mut found);
    found
}

fn walk(value: &Value, found: &mut BTreeSet<Slot>) {
    match value {
        Value::Object(map) => match parts(map) {
            Some(parts) => found.extend(parts.into_iter().filter_map(|p| match p {
                Part::Slot(slot) => Some(slot),
                Part::Text(_) => None,
            })),
            None => map.values().for_each(|v| walk(v, found)),
        },
        Value::Array(items) => items.iter().for_each(|v| walk(v, found)),
        _ => {}
    }
}

fn parts(map: &Map<String, Value>) -> Option<Vec<Part>> {
    map.get(LATE).filter(|_| map.len() == 1).and_then(|p| Vec::deserialize(p).ok())
}

/// The document with every reference filled that `lookup` knows; the others stay.
pub(crate) fn fill(document: &Value, lookup: &impl Fn(&Slot) -> Option<String>) -> Value {
    match document {
        Value::Object(map) => match parts(map) {
            Some(parts) => {
                let filled = parts.into_iter().map(|part| match part {
                    Part::Slot(slot) => lookup(&slot).map_or(Part::Slot(slot), Part::Text),
                    text @ Part::Text(_) => text,
                });
                let late: Late = Late::from_parts(filled.collect());
                match late.get() {
                    Ok(text) => Value::String(text.into()),
                    Err(_) => json!({ LATE: late.parts }),
                }
            }
            None => Value::Object(map.iter().map(|(k, v)| (k.clone(), fill(v, lookup))).collect()),
        },
        Value::Array(items) => Value::Array(items.iter().map(|v| fill(v, lookup)).collect()),
        other => other.clone(),
    }
}

/// The document as people read it: references become "(known after apply)".
pub(crate) fn shown(document: &Value) -> Value {
    const UNKNOWN: &str = "(known after apply)";
    match document {
        Value::Object(map) => match parts(map) {
            Some(parts) => Value::String(
                parts
                    .into_iter()
                    .map(|part| match part {
                        Part::Text(text) => text,
                        Part::Slot(_) => UNKNOWN.into(),
                    })
                    .collect(),
            ),
            None => Value::Object(map.iter().map(|(k, v)| (k.clone(), shown(v))).collect()),
        },
        Value::Array(items) => Value::Array(items.iter().map(shown).collect()),
        other => other.clone(),
    }
}

/// A text with `{{holes}}` as its parts: literals and the names of holes.
pub(crate) fn holes(text: &str) -> Vec<Result<String, String>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((hole, after)) = after.split_once("}}") else { break };
        parts.push(Ok(before.to_owned()));
        parts.push(Err(hole.trim().to_owned()));
        rest = after;
    }
    parts.push(Ok(rest.to_owned()));
    parts
}

/// Fills a template's holes inside string leaves only, so that no value can break out of a quote.
///
/// A hole of several values stands alone in an item of a list, which becomes as many items.
pub(crate) fn render(template: &Value, hole: &impl Fn(&str) -> Option<Vec<Late>>) -> Result<Value> {
    let values = |name: &str| hole(name).with_context(|| format!("nothing fills the hole `{{{{{name}}}}}`"));
    Ok(match template {
        Value::String(text) => {
            let parts = holes(text);
            // Around a hole that stands alone there is nothing.
            let alone = parts.len() > 1;
            let parts =
                parts.into_iter().filter(|part| !(alone && part.as_ref().is_ok_and(|text| text.is_empty()))).map(|part| match part {
                    Ok(text) => Ok(Late::known(text)),
                    Err(name) => match <[Late; 1]>::try_from(values(&name)?) {
                        Ok([value]) => Ok(value),
                        Err(several) => bail!("the hole `{{{{{name}}}}}` has {} values; it fills an item of a list", several.len()),
                    },
                });
            serde_json::to_value(Late::concat(parts.collect::<Result<Vec<_>>>()?))?
        }
        Value::Array(items) => {
            let mut filled = Vec::new();
            for item in items {
                match item.as_str().map(holes).as_deref() {
                    Some([Ok(before), Err(name), Ok(after)]) if before.is_empty() && after.is_empty() => {
                        for value in values(name)? {
                            filled.push(serde_json::to_value(value)?);
                        }
                    }
                    _ => filled.push(render(item, hole)?),
                }
            }
            Value::Array(filled)
        }
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| Ok((k.clone(), render(v, hole)?))).collect::<Result<_>>()?),
        other => other.clone(),
    })
}

impl<T> FromStr for Late<T> {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::known(text))
    }
}
