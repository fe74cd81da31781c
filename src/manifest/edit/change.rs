//! The text with an edit: what takes the place of a tenant's lines.

use std::ops::Range;

use super::super::yaml::Node;
use super::layout::{Section, Style};
use super::{Field, Key, NewTenant, Refusal, block, members};
use crate::names::TenantId;

impl Section<'_> {
    fn with(&self, range: Range<usize>, new: &str) -> String {
        format!("{}{new}{}", self.slice(0..range.start), self.slice(range.end..self.text.len()))
    }

    /// Puts lines behind the line that ends at `at`, which may lack its break.
    fn put(&self, at: usize, lines: &[String]) -> String {
        let newline = self.newline();
        let lines = lines.join(newline);
        let new = if at == 0 || self.slice(0..at).ends_with('\n') { format!("{lines}{newline}") } else { format!("{newline}{lines}") };
        self.with(at..at, &new)
    }

    pub(super) fn add(&self, id: &TenantId, tenant: &NewTenant) -> Result<String, Refusal> {
        if self.value.is_empty() {
            return self.add_first(id, tenant);
        }
        if self.style(self.key, self.value)? == Style::Flow {
            return Refusal::at(self.key.span, "the tenants stand between brackets, on lines that they share");
        }
        let tenants = self.tenants();
        let Some((last, _)) = tenants.last() else {
            return Refusal::at(self.key.span, "the tenants come by a merge key, from lines that stand elsewhere");
        };
        let Some(margin) = self.margin(last) else {
            return Refusal::at(last.span, "the last tenant does not begin a line");
        };
        let block = self.block(last);
        let mut end = block.end;
        // Comments right below are about what is above them, or hold tenants that somebody put aside.
        while self.slice(end..self.line_end(end)).starts_with(&format!("{margin}#")) {
            end = self.line_end(end);
        }
        let mut lines = block::lines(id, tenant, margin, &self.step(&tenants, margin));
        if tenants.len() > 1 && self.is_blank_before(self.comments_above(block.start, margin.len())) {
            lines.insert(0, String::new());
        }
        Ok(self.put(end, &lines))
    }

    /// How much deeper a tenant's keys stand than the tenant.
    fn step(&self, tenants: &[&(Node, Node)], margin: &str) -> String {
        let inner = tenants.iter().filter(|(key, value)| self.style(key, value).is_ok_and(|style| style == Style::Block));
        let inner = inner.filter_map(|(_, value)| self.margin(&members(value).first()?.0)).next();
        let outer = self.margin(self.key).map_or(0, str::len);
        let step = inner.map_or(margin.len().saturating_sub(outer), |inner| inner.len().saturating_sub(margin.len()));
        " ".repeat(step.max(1))
    }

    /// In the place of `{}`.
    fn add_first(&self, id: &TenantId, tenant: &NewTenant) -> Result<String, Refusal> {
        let (Some(outer), Some((behind, rest))) = (self.margin(self.key), self.slice(self.key.span.end..self.text.len()).split_once('{'))
        else {
            return Refusal::at(self.key.span, "they are not written as `tenants: {}`");
        };
        let inside = rest.split('}').next().unwrap_or_default();
        if !matches!(behind.trim(), ":" | "\":" | "':") || !inside.trim().is_empty() || behind.contains('\n') {
            return Refusal::at(self.key.span, "they are not written as `tenants: {}`");
        }
        let colon = self.key.span.end + behind.trim_end().len();
        let close = self.key.span.end + behind.len() + inside.len() + 2;
        // As the tiers stand in their section.
        let step = match self.root.entry("tiers") {
            Some((key, value)) if self.style(key, value).is_ok_and(|style| style == Style::Block) => {
                let inner = members(value).first().and_then(|(first, _)| self.margin(first)).map_or(0, str::len);
                inner.saturating_sub(self.margin(key).map_or(0, str::len))
            }
            _ => 2,
        };
        let step = " ".repeat(step.max(1));
        let lines = block::lines(id, tenant, &format!("{outer}{step}"), &step);
        let end = self.line_end(close);
        let line = format!("{}{}", self.slice(0..colon), self.slice(close..end));
        let newline = self.newline();
        let lines = lines.join(newline);
        let rest = self.slice(end..self.text.len());
        Ok(if line.ends_with('\n') { format!("{line}{lines}{newline}{rest}") } else { format!("{line}{newline}{lines}") })
    }

    pub(super) fn set(&self, id: &str, field: &Field) -> Result<String, Refusal> {
        let tenant = self.tenant(id)?;
        let style = self.style(&tenant.0, &tenant.1)?;
        let word = field.key().word();
        if let Some((_, value)) = self.member(tenant, word)? {
            return Ok(self.with(value.start..value.end, &field.written()));
        }
        let Some((tier, value)) = self.member(tenant, Key::Tier.word())? else {
            return Refusal::at(tenant.0.span, "it has no `tier` to write below");
        };
        let line = format!("{word}: {}", field.written());
        if style == Style::Flow {
            return Ok(self.with(value.end..value.end, &format!(", {line}")));
        }
        let margin = self.slice(self.line_start(tier.start)..tier.start);
        Ok(self.put(self.line_end(value.end), &[format!("{margin}{line}")]))
    }

    pub(super) fn unset(&self, id: &str, key: Key) -> Result<String, Refusal> {
        let tenant = self.tenant(id)?;
        let style = self.style(&tenant.0, &tenant.1)?;
        let Some((key, value)) = self.member(tenant, key.word())? else {
            return Refusal::at(tenant.0.span, "it has no such key");
        };
        if style == Style::Block {
            return Ok(self.without(self.line_start(key.start)..self.line_end(value.end)));
        }
        let before = self.slice(0..key.start).trim_end();
        if before.ends_with(',') {
            return Ok(self.with(before.len() - 1..value.end, ""));
        }
        let behind = self.slice(value.end..self.text.len());
        let comma = behind.len() - behind.trim_start().len();
        if !behind.trim_start().starts_with(',') {
            return Ok(self.with(key.start..value.end, ""));
        }
        let rest = self.slice(value.end + comma + 1..self.text.len());
        let end = self.text.len() - rest.trim_start_matches(' ').len();
        Ok(self.with(key.start..end, ""))
    }

    /// Without whole lines; the last line of a text that ends without a break leaves none behind.
    fn without(&self, lines: Range<usize>) -> String {
        let start = match self.slice(lines.clone()).ends_with('\n') {
            true => lines.start,
            false => self.slice(0..lines.start).trim_end_matches(['\r', '\n']).len(),
        };
        self.with(start..lines.end, "")
    }

    pub(super) fn remove(&self, id: &str) -> Result<String, Refusal> {
        let tenant = self.tenant(id)?;
        if self.style(self.key, self.value)? == Style::Flow {
            return Refusal::at(tenant.0.span, "the tenants stand between brackets, on lines that they share");
        }
        let Some(margin) = self.margin(&tenant.0) else {
            return Refusal::at(tenant.0.span, "it does not begin a line");
        };
        let block = self.block(&tenant.0);
        let above = self.comments_above(block.start, margin.len());
        // Right below `tenants:` comments may be about all of them; these are about this one only if they say so.
        let is_first = self.line_end(self.key.span.end) == above;
        let name = tenant.1.get("name").and_then(Node::as_text).unwrap_or(id);
        let comments = self.slice(above..block.start);
        let mut start = if is_first && !comments.contains(id) && !comments.contains(name) { block.start } else { above };
        let mut end = block.end;
        // One blank line between two tenants is enough, and none is needed at the end.
        let blank = |at: usize| at < self.text.len() && self.slice(at..self.line_end(at)).trim().is_empty();
        if self.is_blank_before(start) {
            let mut behind = end;
            while blank(behind) {
                behind = self.line_end(behind);
            }
            if behind == self.text.len() {
                while self.is_blank_before(start) {
                    start = self.line_start(start - 1);
                }
            } else if behind > end {
                end = behind;
            }
        }
        let left = self.without(start..end);
        if members(self.value).len() > 1 {
            return Ok(left);
        }
        // A section without entries would be nothing at all.
        let colon = self.slice(self.key.span.end..start).find(':').map_or(self.key.span.end, |at| self.key.span.end + at + 1);
        let (before, behind) = left.split_at_checked(colon).unwrap_or((&left, ""));
        Ok(format!("{before} {{}}{behind}"))
    }
}
