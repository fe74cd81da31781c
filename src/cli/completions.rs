//! `completions`: scripts for shells, and the words that they ask for while somebody types.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::builder::StyledStr;
use clap::{Args, CommandFactory as _, ValueEnum as _};
use clap_complete::aot::Shell;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};

use super::Cli;
use crate::exit::{Exit, Stop};
use crate::isolation::probes::PROBES;
use crate::kinds::KINDS;
use crate::manifest::Glance;
use crate::ui::Ui;

/// Set by the scripts: the shell that asks.
const ASKS: &str = "TENANTRY_COMPLETE";

const NAME: &str = "tenantry";

/// More than these help nobody who is typing.
const MOST: usize = 200;

const AFTER: &str = "\
Tenants, tiers and addresses are those of the manifest that -f names, else of tenants.yaml in the current folder. Nothing is asked of AWS.

Examples:
  source <(tenantry completions bash)                                          in ~/.bashrc
  source <(tenantry completions zsh)                                           in ~/.zshrc, after compinit
  tenantry completions fish > ~/.config/fish/completions/tenantry.fish
  tenantry completions powershell | Out-String | Invoke-Expression             in $PROFILE
  eval (tenantry completions elvish | slurp)                                   in ~/.config/elvish/rc.elv";

/// Print the script that completes commands, options, tenants and tiers in a shell.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, ui: &Ui) -> Result<Exit> {
        ui.answer(&script(self.shell)?)?;
        Ok(Exit::Done)
    }
}

/// What a shell loads.
fn script(shell: Shell) -> Result<String> {
    if shell == Shell::Bash {
        return Ok(BASH.to_owned());
    }
    if shell == Shell::Zsh {
        return Ok(ZSH.to_owned());
    }
    let name = shell.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let builtins = Shells::builtins();
    let known = builtins.completer(&name).ok_or_else(|| Stop::at(Exit::Usage, format!("there are no completions for `{name}`")))?;
    let mut script = Vec::new();
    known.write_registration(ASKS, NAME, NAME, NAME, &mut script).context("writing completions")?;
    String::from_utf8(script).context("writing completions")
}

/// Bash cuts words at colons and equals signs, and takes what it is given for the last piece alone.
const BASH: &str = r#"_tenantry() {
    local IFS=$'\013' words=() word piece last=''
    for piece in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        if [[ ${#words[@]} -gt 1 && ( $piece == [:=]* || $last == *[:=] ) ]]; then
            words[${#words[@]}-1]+=$piece
        else
            words+=("$piece")
        fi
        last=$piece
    done
    word=${words[${#words[@]}-1]}
    COMPREPLY=($(_CLAP_IFS="$IFS" _CLAP_COMPLETE_INDEX=$((${#words[@]}-1)) TENANTRY_COMPLETE=bash \
        "${COMP_WORDS[0]}" -- "${words[@]}" 2>/dev/null)) || COMPREPLY=()
    if [[ $word == *[:=]* && $COMP_WORDBREAKS == *:* ]]; then
        local head=${word%"${word##*[:=]}"}
        COMPREPLY=("${COMPREPLY[@]#"$head"}")
    fi
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/:=] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o bashdefault -o nosort -F _tenantry tenantry 2>/dev/null || complete -o bashdefault -F _tenantry tenantry
"#;

/// Colons in words come with a backslash, and one that ends in a slash goes on: no space belongs behind it.
const ZSH: &str = r#"#compdef tenantry
_tenantry() {
    local completion plain value about
    local -a folders others
    for completion in "${(@f)$(_CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$((CURRENT - 1)) TENANTRY_COMPLETE=zsh \
        "${words[1]}" -- "${words[@]}" 2>/dev/null)}"; do
        [[ -n $completion ]] || continue
        plain=${completion//\\:/$'\1'}
        value=${${plain%%:*}//$'\1'/\\:}
        about=''
        [[ $plain == *:* ]] && about=:${plain#*:}
        if [[ $value == */ ]]; then
            folders+=("${value%/}$about")
        else
            others+=("$value$about")
        fi
    done
    (( $#folders )) && _describe -V 'values' folders -S '/' -r '/'
    (( $#others )) && _describe -V 'values' others
}
compdef _tenantry tenantry
"#;

/// Answers a shell that asks for words; false if nobody does. Whatever goes wrong, nothing is printed between the words that
/// somebody types.
pub(crate) fn answer() -> bool {
    if std::env::var_os(ASKS).is_none_or(|shell| shell.is_empty()) {
        return false;
    }
    let here = std::env::current_dir().ok();
    let complete = CompleteEnv::with_factory(|| known(Cli::command())).var(ASKS).bin(NAME).completer(NAME);
    complete.try_complete(std::env::args_os(), here.as_deref()).unwrap_or(true)
}

/// The commands, with words for what their options take.
fn known(command: clap::Command) -> clap::Command {
    command.mut_args(taught).mut_subcommands(known)
}

/// By the name of its value: what takes a tenant is completed alike in every command.
fn taught(arg: clap::Arg) -> clap::Arg {
    let names: Vec<String> = arg.get_value_names().unwrap_or_default().iter().map(|name| name.to_ascii_uppercase()).collect();
    let first = names.first().map(String::as_str).unwrap_or_default();
    let words: fn(&OsStr) -> Vec<CompletionCandidate> = match (arg.get_id().as_str(), first) {
        ("delete", "NAME") => |typed| words(typed, addresses),
        ("output", _) => |typed| words(typed, formats),
        ("confirm", _) => |typed| words(typed, platform),
        ("tenant" | "exclude", _) | (_, "TENANT" | "OTHER" | "ID" | "TENANTS") => |typed| words(typed, tenants),
        (_, "TIER" | "TIERS") => |typed| words(typed, tiers),
        (_, "KIND" | "KINDS") => |typed| words(typed, kinds),
        (_, "PROBE") => |typed| words(typed, probes),
        (_, "ADDRESS") => |typed| words(typed, addresses),
        _ => return arg,
    };
    arg.add(ArgValueCompleter::new(words))
}

/// A word, and what it stands for.
type Word = (String, String);

fn words(typed: &OsStr, all: fn(&str) -> Vec<Word>) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else { return Vec::new() };
    let fit = all(typed).into_iter().filter(|(word, _)| word.starts_with(typed)).take(MOST);
    fit.map(|(word, about)| {
        let help = (!about.is_empty()).then(|| StyledStr::from(crate::diagnostic::plain(&about)));
        CompletionCandidate::new(word).help(help)
    })
    .collect()
}

fn glance() -> Glance {
    Glance::at(&manifest(std::env::args_os()))
}

/// The manifest that is being spoken of: what -f names in the line so far.
fn manifest(line: impl Iterator<Item = OsString>) -> PathBuf {
    let mut found = PathBuf::from("tenants.yaml");
    let mut line = line.skip_while(|word| word != "--").skip(1).peekable();
    while let Some(word) = line.next() {
        let text = word.to_string_lossy();
        if let Some(file) = text.strip_prefix("--manifest=") {
            found = file.into();
        } else if (text == "-f" || text == "--manifest") && line.peek().is_some_and(|file| !file.is_empty()) {
            found = line.next().map(PathBuf::from).unwrap_or(found);
        }
    }
    found
}

fn tenants(_: &str) -> Vec<Word> {
    glance().tenants
}

fn tiers(_: &str) -> Vec<Word> {
    glance().tiers.into_iter().map(|tier| (tier, String::new())).collect()
}

fn platform(_: &str) -> Vec<Word> {
    glance().platform.into_iter().map(|name| (name, String::new())).collect()
}

/// Those of the command that is being typed: it refuses others.
fn formats(_: &str) -> Vec<Word> {
    of_command(std::env::args_os())
}

fn of_command(line: impl Iterator<Item = OsString>) -> Vec<Word> {
    let command = Cli::command();
    let named =
        line.skip_while(|word| word != "--").skip(2).find_map(|word| command.find_subcommand(&word).map(|c| c.get_name().to_owned()));
    let formats = super::formats(&named.unwrap_or_default());
    formats.iter().filter_map(clap::ValueEnum::to_possible_value).map(|value| (value.get_name().to_owned(), String::new())).collect()
}

fn kinds(_: &str) -> Vec<Word> {
    KINDS.iter().map(|kind| (kind.name().to_owned(), String::new())).collect()
}

fn probes(_: &str) -> Vec<Word> {
    PROBES.iter().map(|probe| (probe.id.to_owned(), probe.layer.to_owned())).collect()
}

/// Owners, and addresses of what the manifest declares, a part at a time: all of them would be thousands.
fn addresses(typed: &str) -> Vec<Word> {
    let glance = glance();
    let mut words: Vec<Word> = match typed.split('/').count() {
        0 | 1 => {
            let owners = glance.owners().into_iter().map(|owner| (owner, String::new()));
            owners.chain(KINDS.iter().map(|kind| (format!("{}/", kind.name()), String::new()))).collect()
        }
        2 => {
            let kind = typed.split('/').next().unwrap_or_default();
            glance.owners().into_iter().map(|owner| (format!("{kind}/{owner}/"), String::new())).collect()
        }
        _ => declared().into_iter().map(|address| (address, String::new())).collect(),
    };
    words.sort();
    words
}

/// Every address of the manifest, if it is whole.
fn declared() -> Vec<String> {
    let manifest = manifest(std::env::args_os());
    let read = || -> Result<Vec<String>> {
        let (manifest, library, names, _) = super::open::read(&manifest)?;
        let desired = crate::compile::compile(&manifest, &library, &names)?;
        Ok(desired.specs().keys().map(ToString::to_string).collect())
    };
    read().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_is_the_one_that_is_named() {
        let of = |line: &[&str]| manifest(line.iter().map(OsString::from));
        assert_eq!(of(&["tenantry", "--", "tenantry", "plan", "-f", "a.yaml"]), PathBuf::from("a.yaml"));
        assert_eq!(of(&["tenantry", "--", "tenantry", "--manifest=b.yaml", "plan"]), PathBuf::from("b.yaml"));
        assert_eq!(of(&["tenantry", "--", "tenantry", "plan", "-f"]), PathBuf::from("tenants.yaml"));
        assert_eq!(of(&["tenantry", "-f", "c.yaml", "--", "tenantry", "plan"]), PathBuf::from("tenants.yaml"));
    }

    #[test]
    fn no_form_is_offered_that_the_command_refuses() {
        let of = |line: &[&str]| -> Vec<String> { of_command(line.iter().map(OsString::from)).into_iter().map(|(word, _)| word).collect() };
        assert_eq!(of(&["tenantry", "--", "tenantry", "status", "--output", ""]), ["text", "json", "yaml"]);
        assert!(of(&["tenantry", "--", "tenantry", "-f", "a.yaml", "plan", "--output", ""]).contains(&"html".to_owned()));
        assert!(of(&["tenantry", "--", "tenantry", "--output", "", "validate"]).contains(&"sarif".to_owned()));
    }

    #[test]
    fn every_shell_has_a_script_that_asks_this_program() {
        for shell in Shell::value_variants() {
            let script = script(*shell).unwrap();
            assert!(script.contains(ASKS) && script.contains(NAME), "{shell}: {script}");
        }
    }

    #[test]
    fn options_that_take_a_name_are_taught() {
        let command = known(Cli::command());
        let taught = |path: &[&str], id: &str| {
            let command = path.iter().fold(&command, |command, name| command.find_subcommand(name).unwrap());
            command.get_arguments().any(|arg| arg.get_id() == id && arg.get::<ArgValueCompleter>().is_some())
        };
        assert!(taught(&["verify"], "pair") && taught(&["apply"], "accept_breach") && taught(&["plan"], "allow_replace"));
        assert!(taught(&["documents", "push"], "tenant") && taught(&["destroy"], "confirm") && taught(&["plan"], "delete"));
        assert!(!taught(&["plan"], "full"));
    }
}
