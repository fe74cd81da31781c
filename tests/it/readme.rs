//! The manual's commands run as written.

use crate::scenarios::{shell, shipped};

#[test]
fn the_readmes_commands_run() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let folder = shipped();
    let mut ran = 0;
    // What another build has left there is none of this one's.
    for state in
        readme.split("--sandbox=").skip(1).filter_map(|rest| rest.split([' ', '`', '\n']).next()).filter(|f| f.starts_with("/tmp/"))
    {
        let _ = std::fs::remove_file(state);
    }
    // Each block of the kind ```console holds commands behind `$ `; `cargo run --` stands for the installed binary.
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for line in block.lines().filter_map(|l| l.strip_prefix("$ ")) {
            let line = line.replace("cargo run -q -- ", "tenantry ").replace("cargo run -- ", "tenantry ");
            if line.starts_with("git ") || line.starts_with("cargo ") || line.starts_with("cd ") {
                continue;
            }
            let (printed, code) = shell(folder.path(), &line);
            assert_eq!(code, 0, "`{line}` printed:\n{printed}");
            ran += 1;
        }
    }
    assert!(ran >= 5, "only {ran} commands ran");
}
