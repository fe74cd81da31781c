//! Takes a mapping apart, and reports everything that is wrong with it instead of stopping at the first mistake.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use super::Located;
use super::rules::Rule;
use super::yaml::{Node, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Source, Span, choices, quoted};
use crate::names::NameError;

/// The findings so far, in one file.
pub(crate) struct Findings {
    pub(crate) source: Arc<Source>,
    pub(crate) list: Diagnostics,
}

impl Findings {
    pub(crate) fn new(source: Arc<Source>) -> Self {
        Self { source, list: Diagnostics::default() }
    }

    /// `label` stands below the place and may be empty.
    pub(crate) fn error(&mut self, span: Span, summary: impl Into<String>, label: &str, help: impl Into<String>) {
        self.coded(Code::WrongValue, span, summary, label, help);
    }

    /// An error of another sort than a wrong value.
    pub(crate) fn coded(&mut self, code: Code, span: Span, summary: impl Into<String>, label: &str, help: impl Into<String>) {
        self.list.push(Diagnostic::error(&self.source, span, summary).code(code).label(label).help(help));
    }

    pub(crate) fn warning(&mut self, span: Span, summary: impl Into<String>, label: &str, help: impl Into<String>) {
        self.list.push(Diagnostic::warning(&self.source, span, summary).label(label).help(help));
    }

    /// Two places that contradict each other.
    pub(crate) fn twice(&mut self, span: Span, first: Span, summary: impl Into<String>, help: impl Into<String>) {
        self.list.push(
            Diagnostic::error(&self.source, span, summary).code(Code::Twice).label("again here").other(first, "first here").help(help),
        );
    }

    /// The node's text, or a finding that says what to write.
    pub(crate) fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        let help = match &node.value {
            Value::Text(text) => return Some(text),
            Value::Number | Value::Bool => format!("write it in quotes: \"{}\"", self.source.slice(node.span)),
            _ => "write a text here".into(),
        };
        self.coded(Code::WrongType, node.span, format!("expected a text for {what}, found {}", node.value.kind()), "", help);
        None
    }

    /// A text that follows a rule.
    pub(crate) fn ruled(&mut self, node: &Node, what: &str, rule: Rule) -> Option<String> {
        let text = self.text(node, what)?;
        match rule(text) {
            Ok(()) => Some(text.into()),
            Err(why) => {
                self.error(node.span, format!("{} can't be {what}", quoted(text)), "", why);
                None
            }
        }
    }

    /// A name that carries its own rules.
    pub(crate) fn name<T: FromStr<Err = NameError>>(&mut self, node: &Node, what: &str) -> Option<T> {
        let text = self.text(node, what)?;
        match text.parse() {
            Ok(name) => Some(name),
            Err(why) => {
                self.error(node.span, format!("{} can't be {what}", quoted(text)), "", why.to_string());
                None
            }
        }
    }
}

/// One mapping of the manifest.
pub(crate) struct Section<'n> {
    /// As messages call it: "tenant `clinic-a`".
    what: String,
    /// Where to point when something is missing.
    span: Span,
    fields: BTreeMap<&'n str, (Span, &'n Node)>,
    /// No mapping at all, which was reported: what it lacks is then no news.
    broken: bool,
}

/// The entries of a mapping with free keys, without those that stand twice.
pub(crate) fn entries<'n>(node: &'n Node, key: Span, what: &str, findings: &mut Findings) -> BTreeMap<&'n str, (Span, &'n Node)> {
    let mut found: BTreeMap<&str, (Span, &Node)> = BTreeMap::new();
    let Value::Map(list) = &node.value else {
        let help = match node.value {
            Value::Null => "write `{}` for an empty one, or remove the line",
            _ => "write `key: value` lines below it",
        };
        // Nothing has no place of its own.
        let span = if matches!(node.value, Value::Null) { key } else { node.span };
        findings.coded(Code::WrongType, span, format!("expected a mapping for {what}, found {}", node.value.kind()), "", help);
        return found;
    };
    for (key, value) in list {
        let Some(name) = findings.text(key, &format!("a key of {what}")) else { continue };
        if let Some((first, _)) = found.get(name) {
            let summary = format!("{} stands twice in {what}", quoted(name));
            findings.twice(key.span, *first, summary, "keep one of them: YAML alone would silently drop the other");
        } else {
            found.insert(name, (key.span, value));
        }
    }
    found
}

impl<'n> Section<'n> {
    /// Reports unknown and duplicate keys; what is no mapping is reported and read as an empty one.
    pub(crate) fn open(node: &'n Node, key: Span, what: impl Into<String>, known: &[&str], findings: &mut Findings) -> Self {
        let what = what.into();
        let mut fields = BTreeMap::new();
        for (name, (span, value)) in entries(node, key, &what, findings) {
            if known.contains(&name) {
                fields.insert(name, (span, value));
            } else {
                let help = choices(name, "its keys are", known.iter().copied());
                findings.coded(Code::UnknownKey, span, format!("{what} has an unknown key {}", quoted(name)), "nothing reads this", help);
            }
        }
        Self { what, span: key, fields, broken: !matches!(node.value, Value::Map(_)) }
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.fields.get(key).map(|(_, node)| *node)
    }

    /// Where to point for a key: itself, or the section where it is missing.
    pub(crate) fn span(&self, key: &str) -> Span {
        self.fields.get(key).map_or(self.span, |(span, _)| *span)
    }

    /// `help` says what to write.
    pub(crate) fn required(&self, key: &str, help: &str, findings: &mut Findings) -> Option<&'n Node> {
        let found = self.get(key);
        if found.is_none() && !self.broken {
            findings.coded(Code::MissingKey, self.span, format!("{} has no `{key}`", self.what), "", help);
        }
        found
    }

    /// A section below this one; `None` when the manifest doesn't have it.
    pub(crate) fn section(&self, key: &str, what: &str, known: &[&str], findings: &mut Findings) -> Option<Section<'n>> {
        let node = self.get(key)?;
        Some(Section::open(node, self.span(key), what, known, findings))
    }

    pub(crate) fn ruled(&self, key: &str, rule: Rule, findings: &mut Findings) -> Option<String> {
        let what = self.field(key);
        self.get(key).and_then(|node| findings.ruled(node, &what, rule))
    }

    pub(crate) fn located(&self, key: &str, rule: Rule, findings: &mut Findings) -> Option<Located<String>> {
        let value = self.ruled(key, rule, findings)?;
        self.get(key).map(|node| Located { value, span: node.span })
    }

    /// A whole number within bounds.
    pub(crate) fn number(&self, key: &str, default: u32, bounds: (u32, u32), findings: &mut Findings) -> u32 {
        let Some(node) = self.get(key) else { return default };
        let (least, most) = bounds;
        let parsed = match node.value {
            Value::Number => findings.source.slice(node.span).parse().ok().filter(|n| (least..=most).contains(n)),
            _ => None,
        };
        if parsed.is_none() {
            let written = match node.value {
                Value::Number => quoted(findings.source.slice(node.span)),
                _ => node.value.kind().into(),
            };
            let summary = format!("{written} can't be {}", self.field(key));
            findings.error(node.span, summary, "", format!("write a whole number from {least} to {most}"));
        }
        parsed.unwrap_or(default)
    }

    /// A list of texts, each by the rule; one text alone counts as a list of one. No entry may stand twice.
    pub(crate) fn texts(&self, key: &str, rule: Rule, findings: &mut Findings) -> Option<Vec<Located<String>>> {
        let node = self.get(key)?;
        let what = self.field(key);
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            Value::Text(_) => std::slice::from_ref(node),
            other => {
                findings.coded(
                    Code::WrongType,
                    node.span,
                    format!("expected a list for {what}, found {}", other.kind()),
                    "",
                    "write `[first, second]`",
                );
                return None;
            }
        };
        let mut found: Vec<Located<String>> = Vec::new();
        for item in items {
            let Some(value) = findings.ruled(item, &format!("one of {what}"), rule) else { continue };
            match found.iter().find(|f| f.value.eq_ignore_ascii_case(&value)) {
                Some(first) => {
                    findings.twice(item.span, first.span, format!("{} stands twice in {what}", quoted(&value)), "keep one of them");
                }
                None => found.push(Located { value, span: item.span }),
            }
        }
        Some(found)
    }

    /// Free keys with text values, each by its rule.
    pub(crate) fn map(&self, key: &str, rules: (Rule, Rule), findings: &mut Findings) -> BTreeMap<String, String> {
        let Some(node) = self.get(key) else { return BTreeMap::new() };
        let what = self.field(key);
        let mut found = BTreeMap::new();
        for (name, (span, value)) in entries(node, self.span(key), &what, findings) {
            if let Err(why) = rules.0(name) {
                findings.error(span, format!("{} can't be a key of {what}", quoted(name)), "", why);
            }
            if let Some(value) = findings.ruled(value, &format!("{} of {what}", quoted(name)), rules.1) {
                found.insert(name.to_owned(), value);
            }
        }
        found
    }

    fn field(&self, key: &str) -> String {
        format!("`{key}` of {}", self.what)
    }
}
