//! Stories as text: every file under tests/scenarios is a session in a shell, and what it must print.
//!
//! `TENANTRY_UPDATE=1 cargo test scenarios` writes down what is printed now; read the difference before you commit it.

use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;

/// A folder with the shipped manifest and its files.
pub(crate) fn shipped() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for part in ["tenants.yaml", "tenants.strict.yaml", "policies", "templates"] {
        let copied = Command::new("cp").arg("-R").arg(root.join(part)).arg(folder.path()).status().unwrap();
        assert!(copied.success(), "copying {part}");
    }
    folder
}

/// Runs a line in a shell where `tenantry` is this build, away from any AWS account of the machine's user.
pub(crate) fn shell(folder: &Path, line: &str) -> (String, i32) {
    let binary = Path::new(env!("CARGO_BIN_EXE_tenantry")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("sh");
    let ran = command.arg("-c").arg(format!("{{ {line}\n}} 2>&1")).current_dir(folder).env("PATH", path);
    let ran = ran
        .env("COLUMNS", "120")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    let ran = [
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ENDPOINT_URL",
        "TENANTRY_SANDBOX_FAULTS",
    ]
    .iter()
    .fold(ran, |ran, name| ran.env_remove(name));
    let ran = ran.output().unwrap();
    (String::from_utf8(ran.stdout).unwrap(), ran.status.code().unwrap_or(-1))
}

/// A text wherever its lines are broken and however it is set out.
pub(crate) fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Runs a line that must end with this code and say these words; gives back what it printed.
pub(crate) fn demands(folder: &Path, line: &str, code: i32, words: &[&str]) -> String {
    let (printed, ended) = shell(folder, line);
    assert_eq!(ended, code, "`{line}` printed:\n{printed}");
    let said = flat(&printed);
    for word in words {
        assert!(said.contains(&flat(word)), "`{line}` does not say `{word}`:\n{printed}");
    }
    assert!(!printed.contains("panicked"), "{printed}");
    printed
}

fn redacted(text: &str, folder: &Path) -> String {
    let text = text.replace(&folder.display().to_string(), "[FOLDER]");
    let rules = [
        (r"\d+\.\d s", "[TIME]"),
        (r"checksum [0-9a-f]{64}", "checksum [CHECKSUM]"),
        (r"Checksum `[0-9a-f]{64}`", "Checksum `[CHECKSUM]`"),
        // A digest of code under templates/ says nothing of the plan, and would change with every edit there.
        (r"\b[0-9a-f]{64}\.zip", "[DIGEST].zip"),
        (r"(object +)[0-9a-f]{12}\b", "$1[DIGEST]"),
        (r"; \d+ API calls(, \d+ retr(y|ies))?", "; [CALLS]"),
        (r"\(request [^)]+\)", "(request [ID])"),
        // Ids that AWS gives depend on the order in which concurrent calls arrive.
        (r"us-east-1_[A-Za-z0-9]{9}\b", "us-east-1_[ID]"),
        (r"\bproj_[a-z0-9]{20}\b", "proj_[ID]"),
        (r"(knowledge-base/|data source +documents +|gateway target +tools +)[A-Z0-9]{10}\b", "$1[ID]"),
        (r"(runtime/\w+|-gw|healthcare_(?:basic|premium))-[A-Za-z0-9]{10}\b", "$1-[ID]"),
        (r"((?:rest api|usage plan|api key|registry record) +\S+ +|delivery +\S+-(?:logs|traces) +)[A-Za-z0-9]{6,16}\b", "$1[ID]"),
        (r":registry/[A-Za-z0-9]{16}\b", ":registry/[ID]"),
        (r"https://[a-z0-9]{10}\.execute-api", "https://[ID].execute-api"),
        (r"\b[a-z0-9]{26}\b", "[ID]"),
        (r"\bkey/[0-9a-f-]{36}", "key/[ID]"),
        (r"(healthcare_(?:basic|premium)_[a-z_]+)-[a-z0-9_]{10}\b", "$1-[ID]"),
        (r"(_policy_engine|_memory)-[A-Za-z0-9_]{10}\b", "$1-[ID]"),
        (r"(guardrail/)[a-z0-9]{8,14}\b", "$1[ID]"),
        (r"(policy +\S+ +)\w+-[a-z0-9_]{10}\b", "$1[ID]"),
    ];
    rules.iter().fold(text, |text, (rule, with)| Regex::new(rule).unwrap().replace_all(&text, *with).into_owned())
}

/// Runs the lines that start with `$ ` and writes down what they print; lines that start with `# ` are remarks.
fn played(script: &str) -> String {
    let folder = shipped();
    let mut transcript = String::new();
    for line in script.lines() {
        if line.starts_with("# ") {
            transcript.push_str(&format!("{line}\n"));
        }
        let Some(command) = line.strip_prefix("$ ") else { continue };
        let (output, code) = shell(folder.path(), command);
        transcript.push_str(&format!("$ {command}\n"));
        for line in redacted(&output, folder.path()).lines() {
            transcript.push_str(format!("    {line}").trim_end());
            transcript.push('\n');
        }
        if code != 0 {
            transcript.push_str(&format!("    [exit {code}]\n"));
        }
        transcript.push('\n');
    }
    transcript
}

fn stories() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn scenarios_print_what_is_written_down() {
    let mut wrong = String::new();
    let stories = stories();
    assert!(stories.len() >= 7, "the stories are missing: {stories:?}");
    for story in stories {
        let written = std::fs::read_to_string(&story).unwrap();
        assert!(written.contains("$ tenantry"), "{} runs nothing", story.display());
        let now = played(&written);
        if now == written {
            continue;
        }
        if std::env::var_os("TENANTRY_UPDATE").is_some() {
            std::fs::write(&story, now).unwrap();
            continue;
        }
        let diff = similar::TextDiff::from_lines(&written, &now).unified_diff().header("written down", "printed now").to_string();
        wrong.push_str(&format!("\n{}\n{diff}", story.display()));
    }
    assert!(wrong.is_empty(), "{wrong}");
}
