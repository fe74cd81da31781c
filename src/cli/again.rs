//! The command line once more, for whoever is told what to type next.

use std::path::Path;

use super::Global;

impl Global {
    /// The flags that say which manifest and which account, as a shell takes them; empty, or with a space before.
    pub(super) fn again(&self) -> String {
        let mut text = String::new();
        if self.manifest != Path::new("tenants.yaml") {
            text.push_str(&format!(" -f {}", shell_word(&self.manifest.display().to_string())));
        }
        match &self.sandbox {
            Some(Some(file)) => text.push_str(&format!(" --sandbox={}", shell_word(&file.display().to_string()))),
            Some(None) => text.push_str(" --sandbox"),
            None => {}
        }
        if let Some(profile) = &self.profile {
            text.push_str(&format!(" --profile {}", shell_word(profile)));
        }
        text
    }
}

/// A word that a shell reads as it is.
pub(super) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@=+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn nothing_breaks_out_of_a_word() {
        for (text, word) in [("clinic-a", "clinic-a"), ("clinic-*", "'clinic-*'"), ("a b", "'a b'"), ("$(rm x)", "'$(rm x)'"), ("", "''")] {
            assert_eq!(shell_word(text), word);
        }
        assert_eq!(shell_word("it's"), r"'it'\''s'");
    }

    #[test]
    fn the_flags_come_again() {
        let again = |line: &[&str]| Cli::parse_from(line).global.again();
        assert_eq!(again(&["tenantry", "plan"]), "");
        assert_eq!(again(&["tenantry", "plan", "--sandbox"]), " --sandbox");
        let all = again(&["tenantry", "plan", "-f", "my file.yaml", "--sandbox=x.json", "--profile", "dev"]);
        assert_eq!(all, " -f 'my file.yaml' --sandbox=x.json --profile dev");
    }
}
