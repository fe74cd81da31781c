//! What shells and `man` are given: words completed in a real bash, and pages that groff takes.

use std::path::Path;
use std::process::Command;

use crate::scenarios::{demands, shipped};

/// What bash offers after a line, cut into words as bash cuts it.
fn offered(folder: &Path, words: &[&str]) -> Vec<String> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "source <(tenantry completions bash); COMP_WORDS=({}); COMP_CWORD={}; COMP_TYPE=9; _tenantry tenantry '' ''; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words.len() - 1
    );
    let binary = Path::new(env!("CARGO_BIN_EXE_tenantry")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let ran = Command::new("bash").args(["-c", &script]).current_dir(folder).env("PATH", path).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(said.is_empty(), "bash was told:\n{said}");
    String::from_utf8(ran.stdout).unwrap().lines().filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect()
}

#[test]
fn bash_completes_from_the_manifest() {
    let folder = shipped();
    let at = folder.path();
    let has = |words: &[&str], wanted: &[&str]| {
        let offered = offered(at, words);
        for word in wanted {
            assert!(offered.iter().any(|offer| offer == word), "{words:?} offers no `{word}`: {offered:?}");
        }
        offered
    };
    has(&["tenantry", "dri"], &["drift"]);
    has(&["tenantry", "plan", "--detailed"], &["--detailed-exitcode"]);
    has(&["tenantry", "plan", "--output", "js"], &["json"]);
    assert_eq!(offered(at, &["tenantry", "status", "--output", ""]), ["text", "json", "yaml"]);
    let tenants = has(&["tenantry", "verify", "--pair", "clinic-"], &["clinic-a", "clinic-b"]);
    assert!(tenants.iter().all(|tenant| tenant.starts_with("clinic-")), "{tenants:?}");
    has(&["tenantry", "documents", "push", "hosp"], &["hospital-b"]);
    has(&["tenantry", "apply", "--accept-breach", "P1"], &["P10", "P19"]);
    has(&["tenantry", "plan", "--allow-replace", "gatew"], &["gateway/", "gateway_target/"]);
    // Bash cuts words at colons, and expects the last piece alone.
    has(&["tenantry", "plan", "--allow-replace", "gateway/tier", ":", "ba"], &["basic/"]);
    has(&["tenantry", "plan", "--allow-replace", "gateway/tier", ":", "basic/"], &["basic/main"]);
    has(&["tenantry", "destroy", "--delete", "tenant", ":", "clin"], &["clinic-a"]);
    has(&["tenantry", "destroy", "--delete", "tenant", ":"], &["clinic-a"]);
    has(&["tenantry", "destroy", "--confirm", ""], &["healthcare"]);
    std::fs::write(at.join("other.yaml"), "platform: { name: other }\ntenants: { 'ward-9': { tier: nosuch } }\n").unwrap();
    has(&["tenantry", "-f", "other.yaml", "verify", "--pair", ""], &["ward-9"]);
}

/// Types a line in a real zsh, ends it with a tab and two letters, and gives back the words that the command was called with.
fn typed_in_zsh(folder: &Path, line: &str) -> String {
    let script = format!(
        r#"zmodload zsh/zpty; zpty z zsh -f -i
        zpty -w z "PS1='> '; autoload -U compinit; compinit -u -D; source <(tenantry completions zsh); bindkey '^I' expand-or-complete"
        sleep 1.5; zpty -w -n z '{line}'$'	'; sleep 1.5; zpty -w -n z $'XXprint -r -- 
'; sleep 1
        while zpty -r -t z out; do print -rn -- $out; done; zpty -d z"#
    );
    let binary = Path::new(env!("CARGO_BIN_EXE_tenantry")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let ran = Command::new("zsh").args(["-f", "-c", &script]).current_dir(folder).env("PATH", path).env("TERM", "dumb").output().unwrap();
    String::from_utf8_lossy(&ran.stdout).lines().rev().find(|line| line.trim_end().ends_with("XX")).unwrap_or_default().trim().to_owned()
}

#[test]
fn zsh_and_fish_complete_words_with_colons() {
    let folder = shipped();
    let at = folder.path();
    if Command::new("zsh").arg("--version").output().is_ok() {
        assert_eq!(typed_in_zsh(at, "tenantry dri"), "tenantry drift XX");
        assert_eq!(
            typed_in_zsh(at, "tenantry plan --allow-replace gateway/tier:ba"),
            "tenantry plan --allow-replace gateway/tier:basic/XX"
        );
        assert_eq!(typed_in_zsh(at, "tenantry destroy --delete tenant:clinic-a"), "tenantry destroy --delete tenant:clinic-a XX");
    }
    if Command::new("fish").arg("--version").output().is_ok() {
        let offers = |line: &str| demands(at, &format!("fish -c 'tenantry completions fish | source; complete -C \"{line}\"'"), 0, &[]);
        assert!(offers("tenantry plan --allow-replace gateway/tier:ba").starts_with("gateway/tier:basic/"));
        assert!(offers("tenantry verify --pair clinic-").starts_with("clinic-a\t"));
        assert_eq!(offers("tenantry status --output ").lines().collect::<Vec<_>>(), ["text", "json", "yaml"]);
    }
}

#[test]
fn bash_is_told_nothing_where_there_is_nothing_to_tell() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    assert!(offered(at, &["tenantry", "verify", "--pair", ""]).is_empty());
    for broken in ["tenants: [", "\u{0}", "version: 9\ntenants: 3\n"] {
        std::fs::write(at.join("tenants.yaml"), broken).unwrap();
        assert!(offered(at, &["tenantry", "verify", "--pair", "a"]).is_empty(), "{broken}");
        assert!(offered(at, &["tenantry", "plan", "--allow-replace", "role/platform/"]).is_empty(), "{broken}");
    }
    assert!(!at.join(".tenantry").exists());
}

#[test]
fn every_shell_gets_a_script() {
    let folder = tempfile::tempdir().unwrap();
    for (shell, word) in [
        ("bash", "complete -o"),
        ("zsh", "#compdef tenantry"),
        ("fish", "complete"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:"),
    ] {
        demands(folder.path(), &format!("tenantry completions {shell}"), 0, &[word, "TENANTRY_COMPLETE"]);
    }
    demands(folder.path(), "tenantry completions tcsh", 64, &["bash", "zsh"]);
    demands(folder.path(), "tenantry completions", 64, &["SHELL"]);
}

#[test]
fn pages_of_all_commands_are_taken_by_groff() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    demands(at, "tenantry man --out pages", 0, &["Wrote ", "pages"]);
    demands(at, "tenantry man --out pages", 0, &["Wrote "]);
    demands(at, "tenantry man", 0, &[".TH tenantry", ".SH SYNOPSIS"]);
    let pages: Vec<_> = std::fs::read_dir(at.join("pages")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(pages.len() >= 18, "{pages:?}");
    let groff = Command::new("groff").arg("--version").output().is_ok();
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        let name = page.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(text.contains(&format!(".TH {name} 1")) || text.contains(&format!(".TH \"{name}\" 1")), "{name}:\n{text}");
        for section in ["NAME", "SYNOPSIS", "OPTIONS"] {
            assert!(text.contains(&format!(".SH {section}")), "{name} has no {section}");
        }
        if groff {
            let ran = Command::new("groff").args(["-man", "-Tutf8", "-ww"]).arg(&page).output().unwrap();
            let said = String::from_utf8_lossy(&ran.stderr);
            assert!(ran.status.success() && !said.contains("error"), "{name}: {said}");
            let shown = String::from_utf8_lossy(&ran.stdout);
            assert!(shown.contains(&name), "{name}:\n{shown}");
        }
    }
}
