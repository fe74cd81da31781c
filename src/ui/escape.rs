//! Other people's text in each language that is written here: nothing in it is ever read as that language.

use crate::diagnostic::plain;

/// For HTML, SVG and other XML, as text and between quotes. What can't be seen is shown by its escape: XML has no place for it, and
/// what turns the direction of reading makes a page lie.
pub(crate) fn markup(text: &str) -> String {
    entities(&plain(text))
}

/// The same for a text of several lines, which stay lines.
pub(crate) fn markup_lines(text: &str) -> String {
    text.lines().map(markup).collect::<Vec<_>>().join("\n")
}

fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // No character at all to XML.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}

/// For a label of Mermaid in double quotes. Letters, digits and a few marks are themselves, the rest goes by number: Mermaid reads
/// labels as HTML, as Markdown and for directives of its own.
pub(crate) fn mermaid(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            ' ' | ',' | '.' | '-' | '/' | ':' | '(' | ')' | '+' | '…' => out.push(c),
            _ if c.is_alphanumeric() => out.push(c),
            _ => out.push_str(&format!("#{};", u32::from(c))),
        }
    }
    out
}

/// For a label of DOT in double quotes, where a backslash and an ampersand say something of their own.
pub(crate) fn dot(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '\\' | '"' => out.extend(['\\', c]),
            '&' => out.push_str("&amp;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ways out of whatever a text may be put into.
    const BREAKOUTS: &[&str] = &[
        "</script><script>alert(1)</script>",
        "</title></style></svg><svg onload=alert(1)>",
        "\" onload=\"alert(1)",
        "' onmouseover='alert(1)",
        "]]><x>",
        "--><b>",
        "\"]; click a href \"javascript:alert(1)\"; x[\"",
        "%%{init: {\"theme\":\"dark\"}}%%",
        "`**bold** <img src=x onerror=alert(1)>`",
        "\"] subgraph evil [\"",
        "\\\"; evil [label=\"",
        "a\\",
        "a\nend\nb",
        "\r\n::set-output",
        "\u{202e}gnp.exe\u{202c}\u{2066}\u{200b}",
        "\u{0}\u{7}\u{1b}[31m\u{85}",
        "&lt;script&gt; &#60;b&#62; #60;b#62;",
        "\u{fffe}\u{ffff}",
    ];

    fn hidden(text: &str) -> bool {
        text.chars()
            .any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c) || c == '\u{200b}')
    }

    /// Reads markup back with an XML parser, in an attribute and as text.
    #[test]
    fn markup_comes_back_as_the_text_that_it_was() {
        use quick_xml::events::Event;
        for text in BREAKOUTS {
            let document = format!("<a b=\"{0}\" c='{0}'>{0}</a>", markup(text));
            let shown = plain(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
            let mut reader = quick_xml::Reader::from_str(&document);
            let Event::Start(start) = reader.read_event().unwrap() else { panic!("{document}") };
            for attribute in start.attributes() {
                let raw = attribute.unwrap().value;
                assert_eq!(quick_xml::escape::unescape(&raw).unwrap(), shown, "{document}");
            }
            assert!(!hidden(&document), "{document:?}");
            let inside = document.split_once('>').unwrap().1.strip_suffix("</a>").unwrap();
            assert!(!inside.contains(['<', '>', '"', '\'']), "{inside}");
            assert_eq!(quick_xml::escape::unescape(inside).unwrap(), shown);
        }
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(markup_lines("a<\r\n\u{202e}b"), "a&lt;\n\\u{202e}b");
    }

    #[test]
    fn mermaid_has_nothing_to_read() {
        let entities = regex::Regex::new("#[0-9]+;").unwrap();
        for text in BREAKOUTS {
            let safe = mermaid(text);
            let rest = entities.replace_all(&safe, "");
            assert!(
                !rest.contains([
                    '"', '[', ']', '{', '}', '<', '>', '%', '`', '#', ';', '&', '*', '_', '|', '\\', '=', '\'', '~', '!', '^', '$', '@',
                    '?'
                ]),
                "{safe}"
            );
            assert!(!hidden(&safe), "{safe:?}");
        }
        assert_eq!(mermaid("clinic-a (basic)"), "clinic-a (basic)");
        assert_eq!(mermaid("%%{"), "#37;#37;#123;");
    }

    #[test]
    fn dot_stays_between_its_quotes() {
        for text in BREAKOUTS {
            let safe = dot(text);
            let mut escaped = false;
            for c in safe.chars() {
                assert!(c != '"' || escaped, "{safe}");
                escaped = c == '\\' && !escaped;
            }
            assert!(!escaped, "{safe}");
            assert!(!hidden(&safe), "{safe:?}");
        }
        assert_eq!(dot("\\N & \""), "\\\\N &amp; \\\"");
    }
}
