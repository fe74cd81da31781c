//! The command line once more, for whoever is told what to type next.

use std::path::Path;

use super::Global;
use crate::ui::hints::Flags;

impl Global {
    /// The flags that say which manifest and which account, as a shell takes them.
    pub(crate) fn flags(&self) -> Flags {
        let mut flags = Flags::default();
        if self.manifest != Path::new("tenants.yaml") {
            flags.manifest = format!(" -f {}", shell_word(&self.manifest.display().to_string()));
        }
        match &self.sandbox {
            Some(Some(file)) => flags.place.push_str(&format!(" --sandbox={}", shell_word(&file.display().to_string()))),
            Some(None) => flags.place.push_str(" --sandbox"),
            None => {}
        }
        if let Some(profile) = &self.profile {
            flags.place.push_str(&format!(" --profile {}", shell_word(profile)));
        }
        flags
    }

    /// All of them; empty, or with a space before.
    pub(super) fn again(&self) -> String {
        let Flags { manifest, place } = self.flags();
        manifest + &place
    }

    /// A command of ours as it is typed for the same manifest and the same place.
    pub(super) fn command(&self, command: &str) -> String {
        format!("tenantry {command}{}", self.again())
    }
}

/// A word that a shell reads as it is.
pub(super) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./:@=+,".contains(c);
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
