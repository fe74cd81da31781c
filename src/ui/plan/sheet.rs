//! Lines of a given width: what is too long goes on below, hanging, and a word is never cut.

use unicode_width::UnicodeWidthStr as _;

pub(crate) use crate::diagnostic::thousands as grouped;
use crate::ui::style::BOLD;

/// As wide as what is no terminal is taken to be.
pub(crate) const WIDTH: usize = 80;

/// A text under way.
#[derive(Debug)]
pub(super) struct Sheet {
    text: String,
    width: usize,
}

impl Sheet {
    pub(super) fn new(width: usize) -> Self {
        // Below this nothing could be read, however it is broken.
        Self { text: String::new(), width: width.max(16) }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// A line that begins at `indent`; what does not fit goes on at `hang`.
    pub(super) fn line(&mut self, indent: usize, hang: usize, text: &str) {
        let (indent, hang) = (indent.min(self.width / 6), hang.min(self.width / 4));
        self.text.push_str(&wrapped(text, self.width, indent, hang));
    }

    /// A line without an indent.
    pub(super) fn say(&mut self, text: &str) {
        self.line(0, 2, text);
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.blank();
        self.say(&format!("{BOLD}{text}{BOLD:#}"));
    }

    /// An empty line, unless there is one.
    pub(super) fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    pub(super) fn end(mut self) -> String {
        let end = self.text.trim_end().len();
        self.text.truncate(end);
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text
    }
}

/// Columns that a text takes, its colours left out.
pub(super) fn visible(text: &str) -> usize {
    if !text.contains('\u{1b}') {
        return text.width();
    }
    anstream::adapter::strip_str(text).to_string().width()
}

/// The text in lines of at most `width` columns, but for words that are longer than that.
pub(crate) fn wrapped(text: &str, width: usize, indent: usize, hang: usize) -> String {
    let text = text.trim_end();
    let mut out = " ".repeat(indent);
    let mut used = indent;
    let mut is_new = true;
    for piece in pieces(text) {
        let word = piece.trim_start_matches(' ');
        let (gap, long) = (piece.len() - word.len(), visible(word));
        if !is_new && used + gap + long > width {
            out.push('\n');
            out.push_str(&" ".repeat(hang));
            out.push_str(word);
            used = hang + long;
        } else {
            out.push_str(piece);
            used += gap + long;
        }
        is_new = false;
    }
    out.push('\n');
    out
}

/// Words, each with the spaces before it; an option and its value are one, so that they can be copied.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let start = rest.len() - rest.trim_start_matches(' ').len();
        let word = |from: usize| rest.get(from..)?.find(' ').map(|at| from + at);
        let is_option = rest.get(start..)?.starts_with("--") && rest.get(start..)?.len() > 3;
        let end = match word(start) {
            Some(end) if is_option && rest.get(end + 1..).is_some_and(|value| !value.starts_with([' ', '-', '('])) => {
                word(end + 1).unwrap_or(rest.len())
            }
            end => end.unwrap_or(rest.len()),
        };
        let (piece, left) = rest.split_at_checked(end)?;
        rest = left;
        Some(piece)
    })
}

/// `1 tenant`, `9,842 tenants`.
pub(crate) fn counted(n: usize, one: &str) -> String {
    let many = match one {
        // These have no other form.
        "widened access" | "drift" => one.to_owned(),
        _ if one.ends_with(['x', 's']) => format!("{one}es"),
        _ => match one.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u'])) {
            Some(stem) => format!("{stem}ies"),
            None => format!("{one}s"),
        },
    };
    if n == 1 { format!("1 {one}") } else { format!("{} {many}", grouped(n)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::BAD;

    #[test]
    fn lines_hang_and_words_stay_whole() {
        let text = wrapped("one two three four", 9, 0, 2);
        assert_eq!(text, "one two\n  three\n  four\n");
        let address = "prefix/tenant:clinic-a/basic";
        assert_eq!(wrapped(&format!("see {address} there"), 10, 0, 2), format!("see\n  {address}\n  there\n"));
    }

    #[test]
    fn colours_take_no_room() {
        let text = wrapped(&format!("{BAD}one{BAD:#} two"), 7, 0, 2);
        assert_eq!(text.lines().count(), 1, "{text:?}");
    }

    #[test]
    fn numbers_and_words_are_told_in_full() {
        assert_eq!((grouped(999).as_str(), grouped(9842).as_str(), grouped(1_000_000).as_str()), ("999", "9,842", "1,000,000"));
        assert_eq!(counted(2, "resource policy"), "2 resource policies");
        assert_eq!(counted(1, "delivery"), "1 delivery");
        assert_eq!((counted(2, "api key").as_str(), counted(2, "memory").as_str()), ("2 api keys", "2 memories"));
        assert_eq!((counted(2, "prefix").as_str(), counted(0, "drift").as_str()), ("2 prefixes", "0 drift"));
    }
}
