//! How people get it: the package of the sources, the Debian package, and the image for pipelines.

use std::process::Command;

use crate::python::here;
use crate::scenarios::shell;

fn has(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok()
}

#[test]
fn the_source_package_has_what_a_build_needs_and_little_else() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let ran = Command::new(cargo).args(["package", "--list", "--allow-dirty", "--offline"]).current_dir(here("")).output().unwrap();
    let listed = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let files: Vec<&str> = listed.lines().collect();
    for needed in
        ["src/main.rs", "tenants.yaml", "LICENSE", "templates/agent/main.py", "templates/ci/github/tenantry-plan.yml", "Cargo.lock"]
    {
        assert!(files.contains(&needed), "{needed} is missing");
    }
    for stray in ["tests/", "benchmarks/", "docs/", "packaging/", ".ci/"] {
        assert!(!files.iter().any(|file| file.starts_with(stray)), "{stray} is in it");
    }
    // Whatever is compiled in from beside the sources.
    let shipped = std::fs::read_to_string(here("src/library/shipped.rs")).unwrap();
    for file in shipped.split("include_str!(\"../../").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(files.contains(&file), "{file} is compiled in and not in the package");
    }
}

#[test]
fn the_debian_package_installs_program_pages_and_completions() {
    if !["dpkg-deb", "objdump", "gzip"].into_iter().all(has) {
        println!("no dpkg-deb here: not tested");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = here("packaging/deb.sh");
    let build = |into: &str| {
        let line = format!("mkdir {into} && COMPRESSION=none '{}' '{}' {into}", script.display(), env!("CARGO_BIN_EXE_tenantry"));
        let (printed, code) = shell(folder.path(), &line);
        assert_eq!(code, 0, "{printed}");
        printed.trim().to_owned()
    };
    let package = build("one");
    assert!(package.contains(concat!("tenantry_", env!("CARGO_PKG_VERSION"), "_")), "{package}");
    let (info, _) = shell(folder.path(), &format!("dpkg-deb --info '{package}'"));
    for word in ["Package: tenantry", "Depends: libc6 (>= 2.", "ca-certificates", "Installed-Size: "] {
        assert!(info.contains(word), "no `{word}` in:\n{info}");
    }
    let (printed, code) =
        shell(folder.path(), &format!("dpkg-deb --extract '{package}' root && root/usr/bin/tenantry --version && find root -type f"));
    assert_eq!(code, 0, "{printed}");
    for file in [
        "usr/share/man/man1/tenantry-plan.1.gz",
        "usr/share/bash-completion/completions/tenantry",
        "usr/share/zsh/vendor-completions/_tenantry",
        "usr/share/fish/vendor_completions.d/tenantry.fish",
        "usr/share/doc/tenantry/copyright",
    ] {
        assert!(printed.contains(file), "no {file} in:\n{printed}");
    }
    let (printed, _) = shell(folder.path(), "gunzip -c root/usr/share/man/man1/tenantry.1.gz");
    assert!(printed.contains(".SH SYNOPSIS"), "{printed}");
    let (printed, code) = shell(folder.path(), &format!("cmp '{package}' '{}'", build("two")));
    assert_eq!(code, 0, "the same binary gave another package: {printed}");
}

#[test]
fn the_image_is_built_from_what_is_there_and_runs_as_nobody_special() {
    let text = std::fs::read_to_string(here("packaging/Dockerfile")).unwrap();
    let ignored = std::fs::read_to_string(here("packaging/Dockerfile.dockerignore")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    for copy in lines.iter().filter_map(|line| line.strip_prefix("COPY ")).filter(|copy| !copy.starts_with("--from")) {
        let mut sources: Vec<&str> = copy.split_whitespace().collect();
        sources.pop();
        for source in sources {
            assert!(here(source).exists(), "{source} is not there");
            assert!(ignored.lines().any(|line| line == format!("!{source}")), "{source} is kept out by the ignore file");
        }
    }
    let stages: Vec<&&str> = lines.iter().filter(|line| line.starts_with("FROM ")).collect();
    assert!(stages.len() == 2 && stages.iter().all(|stage| stage.contains(':') && !stage.contains("latest")), "{stages:?}");
    let user = lines.iter().rev().find_map(|line| line.strip_prefix("USER ")).unwrap();
    assert!(user.parse::<u32>().is_ok_and(|user| user > 0), "runs as {user}");
    assert!(!lines.iter().any(|line| line.starts_with("ARG ") || line.starts_with("ENV ")), "something is baked in");
    // The toolchain is the one that the sources ask for.
    let manifest = std::fs::read_to_string(here("Cargo.toml")).unwrap();
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    assert!(text.contains(&format!("FROM rust:{version}-")), "another Rust than {version}");
}
