//! Findings in the user's files: what is wrong, where, and what to do about it.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};

/// More than this many findings help nobody on a terminal; the JSON has them all.
const SHOWN: usize = 100;

/// Lines longer than this are shown by line and column alone: drawing them takes seconds, and nobody reads them.
const LONGEST_LINE: usize = 16 * 1024;

/// A stretch of a file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// A file of the user's, as it was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Source {
    path: PathBuf,
    text: String,
    /// Where each line starts.
    lines: Vec<usize>,
}

impl Source {
    pub(crate) fn new(path: &Path, text: impl Into<String>) -> Arc<Self> {
        let text = text.into();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Arc::new(Self { path: path.into(), text, lines })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// Line and column (in characters), both from 1.
    pub(crate) fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        (line, self.text.get(start..offset).unwrap_or_default().chars().count() + 1)
    }

    /// The offset of a position such as serde_json reports: line from 1, column in bytes from 1.
    pub(crate) fn offset(&self, line: usize, column: usize) -> usize {
        let start = line.checked_sub(1).and_then(|l| self.lines.get(l)).copied().unwrap_or_default();
        let mut offset = (start + column.saturating_sub(1)).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    /// The whole lines from one offset to the other, and where they start: so that a snippet of a long file costs little.
    fn excerpt(&self, from: usize, to: usize) -> (usize, usize, &str) {
        let first = self.lines.partition_point(|start| *start <= from).max(1);
        let last = self.lines.partition_point(|start| *start <= to).max(first);
        let start = self.lines.get(first - 1).copied().unwrap_or_default();
        let end = self.lines.get(last).map_or(self.text.len(), |next| next - 1);
        (first, start, self.text.get(start..end.max(start)).unwrap_or_default())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    Error,
    Warning,
}

impl Severity {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Whether a rendering carries ANSI colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Color {
    Never,
    Always,
}

/// What a finding is about, by the word that `tenantry explain` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    Yaml,
    UnknownKey,
    MissingKey,
    WrongType,
    Twice,
    WrongValue,
    UnknownName,
    Policy,
    Cedar,
    Tools,
    Document,
    File,
}

impl Code {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::UnknownKey => "unknown-key",
            Self::MissingKey => "missing-key",
            Self::WrongType => "wrong-type",
            Self::Twice => "twice",
            Self::WrongValue => "wrong-value",
            Self::UnknownName => "unknown-name",
            Self::Policy => "policy",
            Self::Cedar => "cedar",
            Self::Tools => "tools",
            Self::Document => "document",
            Self::File => "file",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    severity: Severity,
    code: Code,
    summary: String,
    source: Arc<Source>,
    /// Absent when the finding is about the file as a whole.
    span: Option<Span>,
    label: String,
    /// A second place that belongs to the finding, such as the first of two equal keys.
    other: Option<(Span, String)>,
    help: Option<String>,
}

impl Diagnostic {
    fn new(severity: Severity, source: &Arc<Source>, span: Option<Span>, summary: String) -> Self {
        let code = if span.is_some() { Code::WrongValue } else { Code::File };
        Self { severity, code, summary, source: Arc::clone(source), span, label: String::new(), other: None, help: None }
    }

    pub(crate) fn error(source: &Arc<Source>, span: Span, summary: impl Into<String>) -> Self {
        Self::new(Severity::Error, source, Some(span), summary.into())
    }

    pub(crate) fn warning(source: &Arc<Source>, span: Span, summary: impl Into<String>) -> Self {
        Self::new(Severity::Warning, source, Some(span), summary.into())
    }

    /// A finding about a whole file, such as one that is missing.
    pub(crate) fn file(source: &Arc<Source>, summary: impl Into<String>) -> Self {
        Self::new(Severity::Error, source, None, summary.into())
    }

    pub(crate) fn code(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn other(mut self, span: Span, label: impl Into<String>) -> Self {
        self.other = Some((span, label.into()));
        self
    }

    fn place(&self) -> (&Path, Option<Span>) {
        (self.source.path(), self.span)
    }

    fn element(&self) -> Element<'_> {
        let path = plain(&self.source.path().to_string_lossy());
        let Some(span) = self.span else { return Origin::path(path).into() };
        let other = self.other.as_ref();
        let from = other.map_or(span.start, |(o, _)| o.start.min(span.start));
        let to = other.map_or(span.start, |(o, _)| o.start.max(span.start)).max(from);
        let (line, start, text) = self.source.excerpt(from, to);
        if text.split('\n').any(|line| line.len() > LONGEST_LINE) {
            let (line, column) = self.source.position(span.start);
            return Origin::path(path).line(line).char_column(column).into();
        }
        // A span over several lines (a block mapping, say) is shown by its first line.
        let range = |span: Span| {
            let first = span.start.saturating_sub(start).min(text.len());
            let line_end = text.get(first..).and_then(|t| t.find('\n')).map_or(text.len(), |at| first + at);
            first..span.end.saturating_sub(start).clamp(first, line_end)
        };
        let label = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let mut snippet = Snippet::source(text).line_start(line).path(path);
        snippet = snippet.annotation(AnnotationKind::Primary.span(range(span)).label(label(&self.label)));
        if let Some((span, text)) = other {
            snippet = snippet.annotation(AnnotationKind::Context.span(range(*span)).label(label(text)));
        }
        snippet.into()
    }

    fn render(&self, renderer: &Renderer) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = level.primary_title(self.summary.as_str()).id(self.code.word()).element(self.element());
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }

    fn found(&self) -> Found<'_> {
        let position = |offset| self.source.position(offset);
        Found {
            severity: self.severity,
            code: self.code.word(),
            summary: &self.summary,
            help: self.help.as_deref(),
            file: self.source.path(),
            from: self.span.map(|span| position(span.start)),
            to: self.span.map(|span| position(span.end)),
        }
    }

    fn to_json(&self) -> Value {
        let (line, column) = self.span.map(|s| self.source.position(s.start)).unzip();
        json!({
            "severity": self.severity.as_str(),
            "code": self.code.word(),
            "summary": self.summary,
            "file": self.source.path().display().to_string(),
            "line": line,
            "column": column,
            "help": self.help,
        })
    }
}

/// One finding as other formats write it; lines and columns are from 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) severity: Severity,
    /// As `tenantry explain` takes it.
    pub(crate) code: &'static str,
    pub(crate) summary: &'a str,
    pub(crate) help: Option<&'a str>,
    pub(crate) file: &'a Path,
    /// Absent when it is about the file as a whole.
    pub(crate) from: Option<(usize, usize)>,
    /// Behind its last character.
    pub(crate) to: Option<(usize, usize)>,
}

/// Every finding, so that a user mends a file once; an error that travels inside `anyhow`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// The same, all about one thing; a file that is missing is that, whatever stands in it.
    pub(crate) fn about(mut self, code: Code) -> Self {
        for finding in self.0.iter_mut().filter(|finding| finding.code != Code::File) {
            finding.code = code;
        }
        self
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// How many findings of one severity `render` and `to_json` speak of.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.sorted().iter().filter(|d| d.severity == severity).count()
    }

    /// By file and place; a YAML merge key brings the same mistake to several mappings, which is one finding.
    fn sorted(&self) -> Vec<&Diagnostic> {
        let mut list: Vec<_> = self.0.iter().collect();
        list.sort_by(|a, b| a.place().cmp(&b.place()).then(a.severity.cmp(&b.severity)));
        let mut seen = BTreeSet::new();
        list.retain(|d| seen.insert((d.place(), d.summary.as_str())));
        list
    }

    /// The findings as a terminal shows them, one below the other, ended by a line break.
    pub(crate) fn render(&self, color: Color) -> String {
        let renderer = match color {
            Color::Never => Renderer::plain(),
            Color::Always => Renderer::styled(),
        };
        let sorted = self.sorted();
        let mut shown: Vec<String> = sorted.iter().take(SHOWN).map(|d| d.render(&renderer) + "\n").collect();
        if let Some(more) = sorted.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            shown.push(format!("and {more} more findings\n"));
        }
        shown.join("\n")
    }

    /// All of them, by file and place.
    pub(crate) fn found(&self) -> Vec<Found<'_>> {
        self.sorted().into_iter().map(Diagnostic::found).collect()
    }

    pub(crate) fn to_json(&self) -> Value {
        self.sorted().into_iter().map(Diagnostic::to_json).collect()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(Color::Never).trim_end())
    }
}

impl std::error::Error for Diagnostics {}

/// The user's words in a message: in backticks, without control characters, and not at any length.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let shown: String = text.chars().take(LONGEST).flat_map(visible).collect();
    if text.chars().count() > LONGEST { format!("`{shown}…`") } else { format!("`{shown}`") }
}

/// Somebody else's text on one line, as a terminal may have it: nothing that it would act on.
pub(crate) fn plain(text: &str) -> String {
    text.chars().flat_map(visible).collect()
}

/// A number for people: `12,345,678`.
pub(crate) fn thousands(number: impl fmt::Display) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A character that can't be seen, or that turns the text around it, becomes its escape.
fn visible(c: char) -> Vec<char> {
    let hidden =
        c.is_control() || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    if hidden { c.escape_default().collect() } else { vec![c] }
}

/// The candidate that a user most likely meant: two slips away at most, and fewer in short words, so that no guess is a silly one.
pub(crate) fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = |text: &str| text.chars().count();
    let typed = text.to_lowercase();
    let ranked = candidates.into_iter().map(|c| (strsim::damerau_levenshtein(&typed, &c.to_lowercase()), c));
    let near = ranked.filter(|(distance, c)| *distance <= (length(text).min(length(c)) / 3).min(2));
    near.min().map(|(_, candidate)| candidate)
}

/// "did you mean `x`? " where something is near enough, and the whole list.
pub(crate) fn choices<'a>(text: &str, what: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let candidates: Vec<_> = candidates.into_iter().collect();
    let list = format!("{what}: {}", candidates.join(", "));
    match nearest(text, candidates) {
        Some(near) => format!("did you mean `{near}`? {list}"),
        None => list,
    }
}
