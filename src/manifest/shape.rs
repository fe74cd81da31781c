//! What a part of the manifest may be, for its schema: made beside what reads it, from the same constants.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::rules::Rule;

/// A part of the manifest, with what people are told about it.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    form: Form,
    says: String,
    default: Option<Value>,
    examples: Vec<Value>,
}

#[derive(Debug, Clone)]
enum Form {
    /// Keys of a closed list. Where there is more than one way, `ways` says which keys each of them needs.
    Section {
        keys: Vec<Key>,
        ways: &'static [&'static [&'static str]],
    },
    /// Keys of the user's own.
    Entries {
        name: Text,
        value: Box<Shape>,
        least: usize,
        most: Option<usize>,
    },
    List {
        item: Box<Shape>,
        least: usize,
        most: Option<usize>,
    },
    Text(Text),
    Whole(u32, u32),
    WholeOf(Vec<u32>),
    Decimal(f64, f64),
    Words(Vec<String>),
    Flag,
    /// A number or a truth value, read as it is written.
    Plain,
    Exactly(u32),
    Either(Vec<Shape>),
}

/// A text by its rule, as far as a schema can say it.
#[derive(Debug, Clone)]
#[cfg_attr(not(test), expect(dead_code, reason = "a test holds the pattern against the rule"))]
pub(super) struct Text {
    pub(super) rule: Rule,
    pub(super) least: usize,
    pub(super) most: Option<usize>,
    pub(super) pattern: String,
    pub(super) fit: Fit,
    pub(super) examples: &'static [&'static str],
}

/// How well a pattern describes its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Exact,
    /// It lets pass what the rule refuses, never the other way round.
    Looser,
}

/// A key of a section.
#[derive(Debug, Clone)]
pub(super) struct Key {
    name: &'static str,
    needed: bool,
    shape: Shape,
}

pub(super) fn must(name: &'static str, shape: Shape) -> Key {
    Key { name, needed: true, shape }
}

pub(super) fn may(name: &'static str, shape: Shape) -> Key {
    Key { name, needed: false, shape }
}

/// Names that one manifest has: a schema made for it offers these and no others. Empty: any that are well formed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub(crate) tiers: BTreeSet<String>,
    pub(crate) functions: BTreeSet<String>,
    /// Paths of Cedar files.
    pub(crate) cedar: BTreeSet<String>,
    /// Names of policies that functions can have.
    pub(crate) policies: BTreeSet<String>,
}

impl Shape {
    fn of(form: Form, says: &str) -> Self {
        Self { form, says: says.into(), default: None, examples: Vec::new() }
    }

    pub(super) fn section(says: &str, keys: impl IntoIterator<Item = Key>) -> Self {
        Self::of(Form::Section { keys: keys.into_iter().collect(), ways: &[] }, says)
    }

    /// Of a section: the keys of which all must be there, in one way or another.
    pub(super) fn in_ways(mut self, by: &'static [&'static [&'static str]]) -> Self {
        if let Form::Section { ways, .. } = &mut self.form {
            *ways = by;
        }
        self
    }

    pub(super) fn entries(says: &str, name: Text, value: Self) -> Self {
        Self::of(Form::Entries { name, value: Box::new(value), least: 0, most: None }, says)
    }

    pub(super) fn list(says: &str, item: Self) -> Self {
        Self::of(Form::List { item: Box::new(item), least: 0, most: None }, says)
    }

    /// A list of texts, or one of them alone.
    pub(super) fn texts(says: &str, text: Text, (least, most): (usize, Option<usize>)) -> Self {
        let one = Self::text("", text);
        let list = Self::of(Form::List { item: Box::new(one.clone()), least, most }, "");
        Self::of(Form::Either(vec![list, one]), says)
    }

    pub(super) fn text(says: &str, text: Text) -> Self {
        let examples = text.examples.iter().map(|example| Value::from(*example)).collect();
        Self { examples, ..Self::of(Form::Text(text), says) }
    }

    pub(super) fn whole(says: &str, (least, most): (u32, u32)) -> Self {
        Self::of(Form::Whole(least, most), says)
    }

    pub(super) fn whole_of(says: &str, numbers: &[u32]) -> Self {
        Self::of(Form::WholeOf(numbers.to_vec()), says)
    }

    pub(super) fn decimal(says: &str, (least, most): (f64, f64)) -> Self {
        Self::of(Form::Decimal(least, most), says)
    }

    pub(super) fn words<'w>(says: &str, words: impl IntoIterator<Item = &'w str>) -> Self {
        Self::of(Form::Words(words.into_iter().map(ToOwned::to_owned).collect()), says)
    }

    pub(super) fn flag(says: &str) -> Self {
        Self::of(Form::Flag, says).or_else(false)
    }

    pub(super) fn plain(says: &str) -> Self {
        Self::of(Form::Plain, says)
    }

    pub(super) fn exactly(says: &str, number: u32) -> Self {
        Self::of(Form::Exactly(number), says)
    }

    pub(super) fn either(says: &str, shapes: impl IntoIterator<Item = Self>) -> Self {
        Self::of(Form::Either(shapes.into_iter().collect()), says)
    }

    /// A name that a manifest has, or any that is well formed.
    pub(super) fn known(says: &str, names: &BTreeSet<String>, any: Text) -> Self {
        match names.is_empty() {
            true => Self::text(says, any),
            false => {
                Self::words(&format!("{says} `tenantry schema manifest --write` learns of new ones."), names.iter().map(String::as_str))
            }
        }
    }

    /// What counts where the manifest says nothing.
    pub(super) fn or_else(mut self, default: impl Into<Value>) -> Self {
        self.default = Some(default.into());
        self
    }

    pub(super) fn such_as(mut self, example: impl Into<Value>) -> Self {
        self.examples = vec![example.into()];
        self
    }

    pub(super) fn at_least(mut self, number: usize) -> Self {
        if let Form::Entries { least, .. } | Form::List { least, .. } = &mut self.form {
            *least = number;
        }
        self
    }

    pub(super) fn at_most(mut self, number: usize) -> Self {
        if let Form::Entries { most, .. } | Form::List { most, .. } = &mut self.form {
            *most = Some(number);
        }
        self
    }

    /// As JSON Schema.
    pub(crate) fn to_json(&self) -> Value {
        let mut schema = match &self.form {
            Form::Section { keys, ways } => section(keys, ways),
            Form::Entries { name, value, least, most } => {
                let mut schema = json!({ "type": "object", "propertyNames": text(name), "additionalProperties": value.to_json() });
                bound(&mut schema, "Properties", *least, *most);
                schema
            }
            Form::List { item, least, most } => {
                let mut schema = json!({ "type": "array", "items": item.to_json(), "uniqueItems": true });
                bound(&mut schema, "Items", *least, *most);
                schema
            }
            Form::Text(form) => text(form),
            Form::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Form::WholeOf(numbers) => json!({ "type": "integer", "enum": numbers }),
            Form::Decimal(least, most) => json!({ "type": "number", "minimum": least, "maximum": most }),
            Form::Words(words) => json!({ "type": "string", "enum": words }),
            Form::Flag => json!({ "type": "boolean" }),
            Form::Plain => json!({ "type": ["number", "boolean"] }),
            Form::Exactly(number) => json!({ "type": "integer", "const": number }),
            Form::Either(shapes) => json!({ "anyOf": shapes.iter().map(Self::to_json).collect::<Vec<_>>() }),
        };
        let description = [self.says.clone(), self.limits(), self.default()].map(|part| part.trim().to_owned());
        let description: Vec<String> = description.into_iter().filter(|part| !part.is_empty()).collect();
        if !description.is_empty() {
            put(&mut schema, "description", description.join(" "));
        }
        if let Some(default) = &self.default {
            put(&mut schema, "default", default.clone());
        }
        if !self.examples.is_empty() {
            put(&mut schema, "examples", self.examples.clone());
        }
        schema
    }

    fn limits(&self) -> String {
        match &self.form {
            Form::Text(Text { least, most: Some(most), .. }) if least == most => format!("{most} characters."),
            Form::Text(Text { least, most: Some(most), .. }) => format!("{least} to {most} characters."),
            Form::Whole(least, most) => format!("From {least} to {most}."),
            Form::Decimal(least, most) => format!("From {least} to {most}."),
            Form::List { most: Some(most), .. } | Form::Entries { most: Some(most), .. } => format!("At most {most}."),
            Form::WholeOf(numbers) => format!("One of {}.", numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
            Form::Words(words) if words.len() <= 6 => format!("One of {}.", words.join(", ")),
            Form::Either(shapes) => shapes.iter().map(Self::limits).find(|limits| !limits.is_empty()).unwrap_or_default(),
            _ => String::new(),
        }
    }

    fn default(&self) -> String {
        match &self.default {
            Some(Value::String(text)) => format!("If left out: `{text}`."),
            Some(Value::Array(items)) if items.is_empty() => "If left out: none.".into(),
            Some(Value::Array(items)) => {
                format!("If left out: {}.", items.iter().map(|item| item.as_str().unwrap_or_default()).collect::<Vec<_>>().join(", "))
            }
            Some(other) => format!("If left out: {other}."),
            None => String::new(),
        }
    }
}

fn put(schema: &mut Value, key: &str, value: impl Into<Value>) {
    if let Value::Object(map) = schema {
        map.insert(key.into(), value.into());
    }
}

fn bound(schema: &mut Value, what: &str, least: usize, most: Option<usize>) {
    if least > 0 {
        put(schema, &format!("min{what}"), least);
    }
    if let Some(most) = most {
        put(schema, &format!("max{what}"), most);
    }
}

fn section(keys: &[Key], ways: &[&[&str]]) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| (key.name.to_owned(), key.shape.to_json())).collect();
    let needed: Vec<&str> = keys.iter().filter(|key| key.needed).map(|key| key.name).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !needed.is_empty() {
        put(&mut schema, "required", needed);
    }
    if !ways.is_empty() {
        put(&mut schema, "oneOf", ways.iter().map(|way| json!({ "required": way })).collect::<Vec<_>>());
    }
    schema
}

fn text(form: &Text) -> Value {
    let mut schema = json!({ "type": "string", "pattern": form.pattern });
    bound(&mut schema, "Length", form.least, form.most);
    schema
}

#[cfg(test)]
mod laws;
