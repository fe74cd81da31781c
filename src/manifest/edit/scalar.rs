//! A text as a YAML scalar: plain where every reader takes it for the same text, in quotes otherwise.

use std::fmt::Write as _;

/// Words that some reader of YAML takes for something else than a text.
const TAKEN: &[&str] = &["null", "true", "false", "yes", "no", "on", "off", "y", "n", "inf", "infinity", "nan"];

/// On one line, as a value or a key, in a block or between brackets.
pub(super) fn written(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

fn is_plain(text: &str) -> bool {
    // Texts that begin with a digit may be numbers, dates or times.
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && !text.ends_with(' ')
        && text.chars().all(|c| c.is_alphanumeric() || " _./@+-'()&".contains(c))
        && !TAKEN.contains(&text.to_lowercase().as_str())
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            // What can't be seen, or ends a line in some reader.
            _ if c.is_control()
                || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') =>
            {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::yaml;
    use super::*;

    /// What a reader makes of the text as a value, as a key, and in a flow mapping.
    fn read(text: &str) -> Vec<Option<String>> {
        let written = written(text);
        let document = format!("value: {written}\n{written}: 1\nflow: {{ a: {written}, {written}: [{written}] }}\n");
        let root = yaml::parse(&document).unwrap_or_else(|error| panic!("{}: {document}", error.message));
        let text = |node: Option<&yaml::Node>| node.and_then(|n| n.as_text()).map(str::to_owned);
        let key = match &root.value {
            yaml::Value::Map(entries) => text(entries.get(1).map(|(key, _)| key)),
            _ => None,
        };
        vec![text(root.get("value")), key, text(root.get("flow").and_then(|flow| flow.get("a")))]
    }

    #[test]
    fn texts_that_look_like_something_else_are_quoted() {
        for text in [
            "no",
            "null",
            "~",
            "1e3",
            "0x1F",
            "12:30",
            "2026-01-01",
            "",
            " ",
            "-",
            "- a",
            "#",
            "a #b",
            "a: b",
            "clinic:a",
            "*x",
            "&x",
            "!x",
            "{",
            "]",
            "@x",
            "`x`",
            "%",
            "?",
            "|",
            ">",
            "True",
            "NaN",
            ".inf",
            "a,b",
            "it's",
            "\"",
            "\\",
            "tab\there",
            "line\nbreak",
            "\u{85}",
            "\u{feff}x",
            "日本",
            "é",
            "🙂",
        ] {
            assert_eq!(read(text), vec![Some(text.to_owned()); 3], "{}", written(text));
        }
        for text in ["Family Practice", "dr.smith@clinic-a.com", "St Mary's & Sons (north)", "日本"] {
            assert_eq!(written(text), text);
        }
    }

    proptest! {
        #[test]
        fn every_text_is_read_back_as_it_was(text in "(?s).{0,24}") {
            // YAML has no place for a NUL, not even escaped, in this reader.
            prop_assume!(!text.contains('\0') && text != "value" && text != "flow" && text != "a");
            prop_assert_eq!(read(&text), vec![Some(text); 3]);
        }

        #[test]
        fn every_text_of_awkward_letters_is_read_back_as_it_was(text in "[-#:,{}\\[\\]&*!|>'\"%@` \\\\a1e.\n\r\t~?é\u{85}\u{2028}]{0,12}") {
            prop_assume!(text != "value" && text != "flow" && text != "a");
            prop_assert_eq!(read(&text), vec![Some(text); 3]);
        }
    }
}
