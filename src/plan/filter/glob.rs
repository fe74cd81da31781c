//! A pattern of names: `*` stands for any characters, `?` for one.

use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob(String);

impl Glob {
    pub(crate) fn matches(&self, text: &str) -> bool {
        let (pattern, text): (Vec<char>, Vec<char>) = (self.0.chars().collect(), text.chars().collect());
        // Where the last `*` stands, and from where in the text it may take one character more.
        let mut retry: Option<(usize, usize)> = None;
        let (mut p, mut t) = (0, 0);
        while t < text.len() {
            match (pattern.get(p), text.get(t)) {
                (Some('*'), _) => {
                    retry = Some((p, t));
                    p += 1;
                }
                (Some(wanted), Some(found)) if *wanted == '?' || wanted == found => {
                    p += 1;
                    t += 1;
                }
                _ => {
                    let Some((star, from)) = retry else { return false };
                    retry = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
            }
        }
        pattern.get(p..).is_none_or(|rest| rest.iter().all(|c| *c == '*'))
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Glob {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() { Err("an empty pattern matches nothing".into()) } else { Ok(Self(text.into())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        let matches = |glob: &str, text: &str| glob.parse::<Glob>().unwrap().matches(text);
        for (glob, text) in
            [("clinic-*", "clinic-a"), ("*", ""), ("*-?", "clinic-a"), ("c*c-*", "clinic-clinic-b"), ("a?c", "aéc"), ("x", "x")]
        {
            assert!(matches(glob, text), "{glob} {text}");
        }
        for (glob, text) in [("clinic-?", "clinic-ab"), ("clinic", "clinic-a"), ("*b", "clinic-a"), ("?", ""), ("clinic-a", "Clinic-a")] {
            assert!(!matches(glob, text), "{glob} {text}");
        }
        assert!("".parse::<Glob>().is_err());
    }
}
