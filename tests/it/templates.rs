//! The Python that ships under `templates/`, by its own tests: agent and Lambda code, with AWS played by fakes.

use std::process::Command;

use crate::python::{here, programs};

#[test]
fn shipped_python_passes_its_tests() {
    let run = Command::new(programs().join("python"))
        .args(["-m", "unittest", "discover", "--start-directory"])
        .arg(here("tests/templates"))
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    println!("{said}");
    assert!(run.status.success(), "{said}");
    let count = said.split("Ran ").nth(1).and_then(|rest| rest.split(' ').next()).and_then(|n| n.parse::<u32>().ok());
    assert!(count.is_some_and(|n| n >= 5), "fewer tests than there are files' worth of:\n{said}");
}
