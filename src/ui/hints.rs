//! Commands that messages name, as they have to be typed: for the same manifest, the same place and the same profile.
//!
//! Whoever writes a message writes `tenantry plan` in backticks and need not know how the program was called.

/// What stands before a command in a message.
const BEGINS: &str = "`tenantry ";
/// A pair of backticks further apart than this holds no command.
const LONGEST: usize = 200;

/// The flags that a command is typed with again; each is empty, or has a space before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Flags {
    /// `-f FILE`
    pub(crate) manifest: String,
    /// `--sandbox` and `--profile`
    pub(crate) place: String,
}

impl Flags {
    /// What a command of ours takes of them: nothing, the manifest alone, or all.
    fn of(&self, command: &str) -> String {
        let mut words = command.split_whitespace();
        match (words.next().unwrap_or_default(), words.next().unwrap_or_default()) {
            ("validate" | "graph" | "schema", _) | ("tenant", "list") => self.manifest.clone(),
            ("explain" | "completions" | "man" | "init" | "sandbox" | "help", _) => String::new(),
            (name, _) if !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase()) => format!("{}{}", self.manifest, self.place),
            // `COMMAND` and the like stand for any.
            _ => String::new(),
        }
    }

    /// A text whose commands can be typed as they stand.
    pub(crate) fn told(&self, text: &str) -> String {
        if *self == Self::default() || !text.contains(BEGINS) {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(BEGINS) {
            out.push_str(before);
            out.push_str(BEGINS);
            let Some((command, behind)) = after.split_once('`').filter(|(command, _)| command.len() <= LONGEST) else {
                rest = after;
                continue;
            };
            out.push_str(command);
            if !has_flags(command) {
                out.push_str(&self.of(command));
            }
            out.push('`');
            rest = behind;
        }
        out.push_str(rest);
        out
    }
}

/// Whether somebody has thought of them already.
fn has_flags(command: &str) -> bool {
    command.split_whitespace().any(|word| word == "-f" || word == "--profile" || word.starts_with("--sandbox"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    fn flags() -> Flags {
        Flags { manifest: " -f 'my file.yaml'".into(), place: " --sandbox".into() }
    }

    #[test]
    fn commands_come_with_what_they_need() {
        let told = |text: &str| flags().told(text);
        assert_eq!(told("run `tenantry plan`: it shows"), "run `tenantry plan -f 'my file.yaml' --sandbox`: it shows");
        assert_eq!(
            told("`tenantry validate`, `tenantry unlock`"),
            "`tenantry validate -f 'my file.yaml'`, `tenantry unlock -f 'my file.yaml' --sandbox`"
        );
        for same in
            ["`tenantry explain stale`", "`tenantry plan --sandbox=x`", "`tenantry COMMAND --help`", "a `tenantry ", "no command", ""]
        {
            assert_eq!(told(same), same);
        }
        assert_eq!(Flags::default().told("`tenantry plan`"), "`tenantry plan`");
    }

    /// The commands that string literals of the sources name in backticks.
    #[expect(clippy::disallowed_methods, reason = "the sources are read")]
    fn named(folder: &Path, out: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                named(&path, out);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            for part in code.join("\n").split(BEGINS).skip(1) {
                let command = part.split('`').next().unwrap_or_default();
                if command.len() <= LONGEST && !command.contains('"') {
                    let words: Vec<&str> = command.split_whitespace().filter(|word| *word != "\\").collect();
                    out.push((path.display().to_string(), words.join(" ")));
                }
            }
        }
    }

    #[test]
    fn every_command_that_a_message_names_is_there_and_gets_its_flags() {
        let mut all = Vec::new();
        named(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
        assert!(all.len() > 50, "{all:?}");
        let mut cli = Cli::command();
        cli.build();
        for (file, line) in all {
            let mut words = line.split(' ').peekable();
            let first = words.next().unwrap_or_default();
            if first.starts_with('-') || first.bytes().any(|b| b.is_ascii_uppercase() || !b.is_ascii_graphic() || b == b'{' || b == b'.') {
                continue;
            }
            let mut command = cli.find_subcommand(first).unwrap_or_else(|| panic!("{file}: there is no `tenantry {first}`"));
            while let Some(below) = words.peek().and_then(|word| command.find_subcommand(word)) {
                (command, _) = (below, words.next());
            }
            for option in words.filter_map(|word| word.strip_prefix("--")) {
                let name = option.split(['=', '{']).next().unwrap_or_default();
                let knows = command.get_arguments().any(|arg| arg.get_long() == Some(name));
                assert!(knows || name == "help" || name.is_empty(), "{file}: `tenantry {line}` has no --{name}");
            }
            let told = flags().told(&format!("{BEGINS}{line}`"));
            let free = ["explain", "completions", "man", "init", "sandbox"].contains(&first);
            assert!(free || has_flags(told.trim_matches('`')), "{file}: {told}");
        }
    }
}
