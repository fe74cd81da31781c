//! YAML as a tree in which everything knows its place; the only file that names the YAML crate.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Location, Spanned};

use crate::diagnostic::Span;

/// A value of the file. What came by an alias or a merge key stands where it was first written.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

#[derive(Debug)]
pub(crate) enum Value {
    Null,
    Bool,
    /// Its text is in the file, at the node's span.
    Number,
    Text(String),
    List(Vec<Node>),
    /// In the file's order, with keys that stand twice.
    Map(Vec<(Node, Node)>),
}

impl Value {
    /// For "expected a text, found a list".
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool => "a truth value",
            Self::Number => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

impl Node {
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match &self.value {
            Value::List(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// The first value under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|(_, value)| value)
    }

    pub(crate) fn entry(&self, key: &str) -> Option<(&Self, &Self)> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|(k, _)| k.as_text() == Some(key)).map(|(k, v)| (k, v)),
            _ => None,
        }
    }

    /// Where a path leads: its value when that is plain text, else its key. Falls back to the last step that exists.
    pub(crate) fn place(&self, path: &[&str]) -> Span {
        let (mut node, mut span) = (self, self.span);
        for step in path {
            let Some((key, value)) = node.entry(step) else { break };
            span = if matches!(value.value, Value::List(_) | Value::Map(_) | Value::Null) { key.span } else { value.span };
            node = value;
        }
        span
    }
}

/// A mistake in the YAML itself.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub(crate) message: String,
    pub(crate) span: Span,
    /// What to do about it.
    pub(crate) help: &'static str,
}

/// Reads one document. Duplicate keys stay, for the decoder to report with both places.
pub(crate) fn parse(text: &str) -> Result<Node, SyntaxError> {
    let options = serde_saphyr::options! {
        // 10,000 tenants with users and settings are about 300,000 nodes. One shared anchor for all of them is
        // honest use, so the ratio check is off; the count of replayed nodes still stops a file that explodes.
        budget: serde_saphyr::budget! {
            max_events: 4_000_000,
            max_nodes: 2_000_000,
            max_merge_keys: 50_000,
            max_recorded_anchor_events: 200_000,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 500_000 },
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        // `role: on` and `name: yes` are texts, as in YAML 1.2.
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let span = error.location().map_or(Span { start: 0, end: 0 }, |location| match span(location) {
            // The scanner knows line and column only.
            Span { start: 0, .. } => at_line(text, location),
            known => known,
        });
        let (message, help) = words(&error, text.get(span.start..).unwrap_or_default());
        SyntaxError { message, span, help }
    })
}

fn at_line(text: &str, location: Location) -> Span {
    let (line, column) = (usize::try_from(location.line()).unwrap_or(1), usize::try_from(location.column()).unwrap_or(1));
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let before: usize = rest.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    let length = rest.get(before..).and_then(|r| r.chars().next()).filter(|c| *c != '\n').map_or(0, char::len_utf8);
    Span { start: start + before, end: start + before + length }
}

fn span(location: Location) -> Span {
    let number = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
    let start = number(location.span().byte_offset());
    Span { start, end: start + number(location.span().byte_len()) }
}

/// The crate's message without its position, which the rendering gives, and what to do; `there` is the text from its place on.
fn words(error: &serde_saphyr::Error, there: &str) -> (String, &'static str) {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    if text.starts_with("budget breached") || text.contains("limit exceeded") || text.contains("recursion") {
        return (
            "it holds far more than a manifest needs: too deep, too long, or multiplied by aliases".into(),
            "a manifest nests a handful of levels: look for an alias (`*name`) that repeats others, or brackets that are never closed",
        );
    }
    if text.starts_with("multiple YAML documents") {
        return (
            "it has several documents, and a manifest is one".into(),
            "keep one document a file: remove the `---` and what follows, and name the other file with `-f FILE`",
        );
    }
    if there.starts_with('\t') || text.contains("tabs disallowed") {
        return (text.into(), "indent with spaces: YAML takes no tabs there, and editors can turn them into spaces");
    }
    if there.starts_with(|c: char| c.is_control() && !c.is_whitespace()) {
        return (text.into(), "remove this character, which can't be seen: the file may be torn, or saved in an encoding other than UTF-8");
    }
    (
        text.into(),
        "YAML wants `key: value` with a space, and lines of one mapping indented alike; quote texts with `: `, `#`, `{` or `[` in them",
    )
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        Ok(Self { span: span(spanned.defined), value: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Bool)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        Ok(Value::Number)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Value, E> {
        Ok(Value::Number)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Value, E> {
        Ok(Value::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Number)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_bytes<E: serde::de::Error>(self, _: &[u8]) -> Result<Value, E> {
        Err(E::custom("binary data has no place in this file"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Value::Map(map))
    }
}
