//! Python's part in the tests: a virtual environment of its own under `target/`, made once and loud about what it lacks.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folder with the environment's programs: `python`, `aws`, `moto_server`.
pub(crate) fn programs() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
        let wanted = std::fs::read_to_string(requirements()).unwrap();
        let installed = root.join("installed.txt");
        if std::fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
            return root.join("bin");
        }
        run("make a virtual environment", Command::new("python3").args(["-m", "venv", "--clear"]).arg(&root));
        let pip = root.join("bin/pip");
        let arguments = ["install", "--quiet", "--disable-pip-version-check", "-r"];
        run("install boto3, the AWS CLI and moto from PyPI", Command::new(pip).args(arguments).arg(requirements()));
        std::fs::write(installed, wanted).unwrap();
        root.join("bin")
    })
}

fn requirements() -> PathBuf {
    here("tests/aws/requirements.txt")
}

/// A file of the project.
pub(crate) fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn run(doing: &str, command: &mut Command) {
    let needs = "these tests need Python 3.11 or later with its venv module, and access to PyPI";
    let ran = command.output().unwrap_or_else(|error| panic!("{needs}: `{}` can't be started: {error}", command.get_program().display()));
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{needs}: could not {doing}:\n{}{said}", String::from_utf8_lossy(&ran.stdout));
}
