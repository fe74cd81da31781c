//! Where a tenant stands in the text: its lines, its keys, and the comments that belong to it.

use std::ops::Range;

use super::super::yaml::{Node, Value};
use super::{Refusal, members};
use crate::diagnostic::Span;

/// The manifest's tenants, in the text that they were read from.
pub(super) struct Section<'a> {
    pub(super) text: &'a str,
    pub(super) root: &'a Node,
    /// `tenants`
    pub(super) key: &'a Node,
    pub(super) value: &'a Node,
}

/// How a mapping is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Block,
    /// Between brackets.
    Flow,
}

impl Section<'_> {
    pub(super) fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    pub(super) fn line_start(&self, at: usize) -> usize {
        self.slice(0..at).rfind('\n').map_or(0, |n| n + 1)
    }

    /// Behind the line's break, or the end of the text.
    pub(super) fn line_end(&self, at: usize) -> usize {
        self.slice(at..self.text.len()).find('\n').map_or(self.text.len(), |n| at + n + 1)
    }

    /// What stands before a key on its line, where that is blank.
    pub(super) fn margin(&self, key: &Node) -> Option<&str> {
        let margin = self.slice(self.line_start(key.span.start)..key.span.start);
        margin.bytes().all(|b| b == b' ').then_some(margin)
    }

    pub(super) fn newline(&self) -> &'static str {
        if self.text.find('\n').is_some_and(|at| self.slice(0..at).ends_with('\r')) { "\r\n" } else { "\n" }
    }

    /// How a mapping is written, by what follows its key; an alias or merge key has brought other forms from elsewhere.
    pub(super) fn style(&self, key: &Node, value: &Node) -> Result<Style, Refusal> {
        let own = members(value).iter().map(|(k, _)| k).filter(|k| k.span.start >= key.span.end);
        let Some(first) = own.min_by_key(|k| k.span.start) else {
            return Refusal::at(key.span, "it comes by an alias, from lines that others share");
        };
        let rest = self.slice(key.span.end..first.span.start);
        let rest = rest.trim_start_matches(['"', '\'']).trim_start().trim_start_matches(':').trim_start_matches(' ');
        if rest.starts_with('{') {
            return Ok(Style::Flow);
        }
        if self.margin(first).is_some() && self.line_start(first.span.start) > key.span.start {
            return Ok(Style::Block);
        }
        Refusal::at(key.span, "it is not written as lines of `key: value`")
    }

    /// The tenants that are written here, in the file's order; what a merge key brings is written elsewhere.
    pub(super) fn tenants(&self) -> Vec<&(Node, Node)> {
        let end = self.end();
        members(self.value).iter().filter(|(key, _)| (self.key.span.end..end).contains(&key.span.start)).collect()
    }

    /// Where the next section begins.
    fn end(&self) -> usize {
        let next = members(self.root).iter().map(|(key, _)| key.span.start).filter(|start| *start > self.key.span.start).min();
        next.unwrap_or(self.text.len())
    }

    pub(super) fn tenant(&self, id: &str) -> Result<&(Node, Node), Refusal> {
        match self.tenants().into_iter().find(|(key, _)| key.as_text() == Some(id)) {
            Some(found) => Ok(found),
            None => Refusal::at(self.key.span, "it comes by a merge key, from lines that stand elsewhere"),
        }
    }

    /// A member of a tenant that is written among the tenant's own lines.
    pub(super) fn member(&self, tenant: &(Node, Node), word: &str) -> Result<Option<(Span, Span)>, Refusal> {
        let Some((key, value)) = tenant.1.entry(word) else { return Ok(None) };
        let next = self.tenants().into_iter().map(|(key, _)| key.span.start).filter(|start| *start > tenant.0.span.start).min();
        let own = tenant.0.span.end..next.unwrap_or(self.end());
        if !own.contains(&key.span.start) || !own.contains(&value.span.start) {
            return Refusal::at(tenant.0.span, format!("its `{word}` comes by an alias or merge key, from lines that others share"));
        }
        let scalar = !matches!(value.value, Value::List(_) | Value::Map(_) | Value::Null);
        if !scalar || self.slice(value.span.start..value.span.end).contains('\n') || value.span.start < key.span.end {
            return Refusal::at(key.span, format!("its `{word}` is not written on one line"));
        }
        Ok(Some((key.span, value.span)))
    }

    /// The lines of a tenant, with comments that are indented like its keys. Behind it stands the next tenant, or what is
    /// neither blank nor a comment and belongs to another section.
    pub(super) fn block(&self, key: &Node) -> Range<usize> {
        let start = self.line_start(key.span.start);
        let margin = key.span.start - start;
        let mut end = self.line_end(key.span.start);
        let mut at = end;
        while at < self.text.len() {
            let next = self.line_end(at);
            let line = self.slice(at..next);
            let content = line.trim();
            let indent = line.len() - line.trim_start_matches(' ').len();
            if !content.is_empty() && indent > margin {
                end = next;
            } else if !content.is_empty() && !content.starts_with('#') {
                break;
            }
            at = next;
        }
        start..end
    }

    /// Where the comments begin that stand directly above a line, indented as it is.
    pub(super) fn comments_above(&self, start: usize, margin: usize) -> usize {
        let mut first = start;
        while first > 0 {
            let above = self.line_start(first - 1);
            let line = self.slice(above..first);
            let indent = line.len() - line.trim_start_matches(' ').len();
            if indent != margin || !line.trim_start().starts_with('#') {
                break;
            }
            first = above;
        }
        first
    }

    pub(super) fn is_blank_before(&self, at: usize) -> bool {
        at > 0 && self.slice(self.line_start(at - 1)..at).trim().is_empty()
    }
}
