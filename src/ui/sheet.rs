//! Lines of a given width, for every text that people read: what is too long goes on below, hanging, and a word is never cut.

use unicode_width::UnicodeWidthStr as _;

use super::style::BOLD;
use super::table::Table;

/// As wide as what is no terminal is taken to be.
pub(crate) const WIDTH: usize = 80;

/// A text under way.
#[derive(Debug)]
pub(crate) struct Sheet {
    text: String,
    width: usize,
}

impl Sheet {
    pub(crate) fn new(width: usize) -> Self {
        // Below this nothing could be read, however it is broken.
        Self { text: String::new(), width: width.max(16) }
    }

    /// A line that begins at `indent`; what does not fit goes on at `hang`.
    pub(crate) fn line(&mut self, indent: usize, hang: usize, text: &str) {
        let (indent, hang) = (indent.min(self.width / 6), hang.min(self.width / 4));
        self.text.push_str(&wrapped(text, self.width, indent, hang));
    }

    /// Rows below one another, in columns where there is room for them.
    pub(crate) fn table(&mut self, indent: usize, table: &Table) {
        table.write(&mut self.text, indent, self.width);
    }

    /// Beside one another while there is room; none is broken, and none is less than three columns from the next.
    pub(crate) fn items(&mut self, items: &[String]) {
        let mut used = 0;
        for item in items {
            let wide = visible(item);
            let gap = match used {
                0 => "",
                _ if used + 3 + wide > self.width => "\n",
                _ => "   ",
            };
            used = if gap == "   " { used + 3 + wide } else { wide };
            self.text.push_str(gap);
            self.text.push_str(wrapped(item, self.width, 0, 2).trim_end());
        }
        self.text.push('\n');
    }

    /// A command to type: it stays whole, so that it can be copied, however long it is.
    pub(crate) fn command(&mut self, lead: &str, command: &str) {
        let beside = visible(lead) + visible(command) <= self.width;
        let text = if beside { format!("{lead}{command}\n") } else { format!("{}\n  {command}\n", lead.trim_end()) };
        self.text.push_str(&text);
    }

    /// A line without an indent.
    pub(crate) fn say(&mut self, text: &str) {
        self.line(0, 2, text);
    }

    pub(crate) fn heading(&mut self, text: &str) {
        self.blank();
        self.say(&format!("{BOLD}{text}{BOLD:#}"));
    }

    /// An empty line, unless there is one.
    pub(crate) fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    pub(crate) fn end(mut self) -> String {
        let end = self.text.trim_end().len();
        self.text.truncate(end);
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text
    }
}

/// Columns that a text takes, its colours left out.
pub(crate) fn visible(text: &str) -> usize {
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

/// Words, each with the spaces before it; an option and its value are one, and so is a command in backticks: they can be copied.
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
            Some(_) if ["`tenantry ", "`aws "].iter().any(|command| rest.get(start..).is_some_and(|rest| rest.starts_with(command))) => {
                let close = rest.get(start + 1..)?.find('`').map_or(rest.len(), |at| start + 1 + at);
                word(close).unwrap_or(rest.len())
            }
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
    fn a_command_stays_whole() {
        assert_eq!(wrapped("run `tenantry plan -q`, then read", 14, 0, 2), "run\n  `tenantry plan -q`,\n  then read\n");
        assert_eq!(wrapped("an open `tenantry x", 10, 0, 2), "an open\n  `tenantry x\n");
        let mut sheet = Sheet::new(30);
        sheet.command("Apply it:  ", "tenantry apply");
        sheet.command("Apply it:  ", "tenantry apply --sandbox=x.json");
        assert_eq!(sheet.end(), "Apply it:  tenantry apply\nApply it:\n  tenantry apply --sandbox=x.json\n");
    }

    #[test]
    fn signs_are_not_torn_from_their_words() {
        let mut sheet = Sheet::new(20);
        sheet.items(&["+ create", "~ change", "# what follows"].map(str::to_owned));
        assert_eq!(sheet.end(), "+ create   ~ change\n# what follows\n");
    }

    #[test]
    fn colours_take_no_room() {
        let text = wrapped(&format!("{BAD}one{BAD:#} two"), 7, 0, 2);
        assert_eq!(text.lines().count(), 1, "{text:?}");
    }
}
