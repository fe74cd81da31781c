//! Texts of users and of AWS in Markdown and in the HTML that may stand in it: none is read as markup.

use crate::diagnostic::plain;

/// No single text takes more room than this.
const LONGEST: usize = 160;

/// A text as code, in a line of Markdown.
pub(super) fn code(text: &str) -> String {
    let text = short(&plain(text));
    let fits = !text.is_empty() && !text.contains('`') && !text.starts_with(' ') && !text.ends_with(' ');
    // In a code span nothing but a backtick means anything: no tag, no mention, no entity.
    if fits { format!("`{text}`") } else { format!("<code>{}</code>", entities(&text)) }
}

/// A text as code, within HTML in Markdown.
pub(super) fn html(text: &str) -> String {
    format!("<code>{}</code>", entities(&short(&plain(text))))
}

/// Everything that HTML or Markdown could read as a sign, as a character reference: those are never read as markup.
fn entities(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || c == ' ' || c == '-' || !c.is_ascii() {
            out.push(c);
        } else {
            out.push_str(&format!("&#{};", u32::from(c)));
        }
    }
    out
}

fn short(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

/// Lines in a fence that nothing within them can close.
pub(super) fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}diff\n{}\n{fence}\n", text.trim_end())
}
