//! The manifests of tests/manifests: good ones with what they mean, bad ones with every finding as a terminal shows it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::*;
use crate::diagnostic::{Color, Diagnostics, Severity};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests").join(name)
}

fn manifests(name: &str) -> Vec<PathBuf> {
    let mut list: Vec<PathBuf> = std::fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    list.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    list.sort();
    assert!(!list.is_empty());
    list
}

fn findings(path: &Path) -> Diagnostics {
    match read(path) {
        Ok((_, warnings)) => warnings,
        Err(error) => error.downcast().unwrap(),
    }
}

fn from_lines(text: &str) -> Result<(Manifest, Diagnostics), Diagnostics> {
    from_text(&folder("good/inline.yaml"), text.into())
}

fn snapshot(path: &Path, text: &str) {
    let folder_shown = format!("{}/", path.parent().unwrap().display());
    let text = text.replace(&folder_shown, "");
    insta::with_settings!({ snapshot_path => path.parent().unwrap(), prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(path.file_stem().unwrap().to_str().unwrap(), text);
    });
}

#[test]
fn good_manifests_have_no_findings() {
    for path in manifests("good") {
        let (manifest, warnings) = read(&path).unwrap_or_else(|error| panic!("{error}"));
        assert!(warnings.is_empty(), "{warnings}");
        snapshot(&path, &format!("{manifest:#?}"));
    }
}

#[test]
fn bad_manifests_show_every_finding() {
    for path in manifests("bad") {
        let found = findings(&path);
        assert!(found.has_errors(), "{}", path.display());
        snapshot(&path, &found.render(Color::Never));
    }
}

#[test]
fn the_shipped_manifest_is_good() {
    let text = include_str!("../../tenants.yaml");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tenants.yaml");
    let (manifest, warnings) = from_text(&root, text.into()).unwrap_or_else(|error| panic!("{error}"));
    assert!(warnings.is_empty(), "{warnings}");
    assert_eq!((manifest.tiers.len(), manifest.tenants.len()), (2, 8));
    assert_eq!(manifest.identity.claims.tenant, "clinic_id");
    assert!(manifest.tiers.values().all(|tier| tier.knowledge_base.as_ref().is_some_and(|k| k.dimensions == 1024)));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test's own files")]
fn a_file_that_cannot_be_read_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let missing = read(&folder.path().join("tenants.yaml")).unwrap_err().to_string();
    assert!(missing.contains("tenantry init") && missing.contains("-f FILE"), "{missing}");
    let directory = read(folder.path()).unwrap_err().to_string();
    assert!(directory.contains("is a directory"), "{directory}");

    let path = folder.path().join("latin.yaml");
    std::fs::write(&path, b"version: 1\nname: Ni\xf1o\n").unwrap();
    let latin = read(&path).unwrap_err().to_string();
    assert!(latin.contains("byte 19, on line 2"), "{latin}");

    let path = folder.path().join("large.yaml");
    std::fs::File::create(&path).unwrap().set_len(9 << 20).unwrap();
    let large = read(&path).unwrap_err().to_string();
    assert!(large.contains("9 MiB") && large.contains("at most 8 MiB"), "{large}");
}

#[test]
fn json_has_places_and_help() {
    let found = findings(&folder("bad/unknown-tier.yaml")).to_json();
    let first = found.as_array().unwrap().first().unwrap();
    assert_eq!(first["summary"], "tenant `globex` names an unknown tier `platinum`");
    assert_eq!((first["line"].as_u64(), first["column"].as_u64()), (Some(8), Some(19)));
    assert_eq!((&first["severity"], &first["code"]), (&"error".into(), &"unknown-name".into()));
    assert!(first["help"].as_str().unwrap().contains("basic, premium"));
}

const HEAD: &str = "version: 1\nplatform: { name: healthcare, region: us-east-1, account: \"111122223333\" }\n\
                    tiers: { basic: { model: openai.gpt-oss-120b } }\n";

#[test]
fn more_knowledge_bases_than_an_account_has_are_a_warning() {
    let text = |tenants: usize, base: &str| {
        let functions = "broker: { code: files/lambda, handler: main.handler }, interceptor: { code: files/lambda, handler: main.handler }";
        let tenants: String = (0..tenants).map(|n| format!("  clinic-{n}: {{ tier: basic, name: C }}\n")).collect();
        format!(
            "version: 1\nplatform: {{ name: acme, region: us-east-1, account: \"111122223333\" }}\n\
             isolation: {{ profile: strict, broker_lambda: broker, interceptor_lambda: interceptor }}\nfunctions: {{ {functions} }}\n\
             tiers: {{ basic: {{ model: a.b{base} }} }}\ntenants:\n{tenants}"
        )
    };
    let warnings = |text: String| from_lines(&text).unwrap_or_else(|error| panic!("{error}")).1.render(Color::Never);
    assert!(warnings(text(101, ", knowledge_base: {}")).contains("101 tenants would get a knowledge base each"));
    assert_eq!(warnings(text(100, ", knowledge_base: {}")), "");
    assert_eq!(warnings(text(101, "")), "");
}

#[test]
fn no_tenant_is_a_warning_only() {
    let (manifest, warnings) = from_lines(&format!("{HEAD}tenants: {{}}\n")).unwrap();
    assert!(manifest.tenants.is_empty() && !warnings.has_errors());
    assert_eq!((warnings.count(Severity::Warning), warnings.count(Severity::Error)), (1, 0));
}

#[test]
fn settings_are_read_as_they_are_written() {
    let (manifest, _) = from_lines(&format!(
        "{HEAD}tenants: {{ clinic-a: {{ tier: basic, name: A, settings: {{ a: 1.10, b: 0x1F, c: yes, d: true }} }} }}"
    ))
    .unwrap();
    let settings = &manifest.tenants.first_key_value().unwrap().1.settings;
    let expected = [("a", "1.10"), ("b", "0x1F"), ("c", "yes"), ("d", "true")];
    assert_eq!(
        settings.iter().map(|(k, v)| (k.as_str(), v.clone())).collect::<Vec<_>>(),
        expected.map(|(k, v)| (k, Setting::One(v.into())))
    );
}

#[test]
fn line_ends_and_byte_order_marks_do_not_matter() {
    let text = format!("\u{feff}{HEAD}tenants: {{ clinic-a: {{ tier: gold, name: A }} }}\n").replace('\n', "\r\n");
    let found = from_lines(&text).unwrap_err().to_json();
    assert_eq!((&found[0]["line"], &found[0]["column"]), (&4.into(), &30.into()));
}

#[test]
fn many_tenants_are_read_and_many_findings_cut_short() {
    let mut text = HEAD.to_owned() + "tenants:\n";
    for n in 0..3000 {
        writeln!(
            text,
            "  clinic-{n}:\n    tier: basic\n    name: Clinic {n}\n    users:\n      - {{ email: a@clinic-{n}.com, role: nurse }}"
        )
        .unwrap();
    }
    assert_eq!(from_lines(&text).unwrap().0.tenants.len(), 3000);
    let shown = from_lines(&text.replace("tier: basic", "tier: gold")).unwrap_err().render(Color::Never);
    assert!(shown.ends_with("and 2900 more findings\n"));
}

#[test]
fn a_line_of_megabytes_is_not_drawn() {
    let shown = from_lines(&format!("version: 1\na: {}\n", "x".repeat(3_000_000))).unwrap_err().render(Color::Never);
    assert!(shown.contains("inline.yaml:2:1") && shown.len() < 4000, "{}", shown.len());
}

#[test]
fn what_to_do_about_malformed_yaml_depends_on_the_mistake() {
    let deep = format!("a: {}{}", "[".repeat(3000), "]".repeat(3000));
    for (text, help) in [("a:\n\tb: 1\n", "indent with spaces"), ("a\0b: 1\n", "remove this character"), (&deep, "never closed")] {
        let found = from_lines(text).unwrap_err().to_json();
        assert!(found[0]["help"].as_str().unwrap().contains(help), "{found}");
    }
}

#[test]
fn colours_only_on_request() {
    let found = findings(&folder("bad/version.yaml"));
    assert!(!found.render(Color::Never).contains('\u{1b}'));
    assert!(found.render(Color::Always).contains('\u{1b}'));
}

#[test]
fn more_invitations_than_cognito_mails_in_a_day_are_a_warning() {
    let users = |n: usize| (0..n).map(|n| format!("{{ email: n{n}@a.com, role: nurse }}")).collect::<Vec<_>>().join(", ");
    let text = |how: &str, n| {
        format!("{HEAD}identity: {{ invitations: {how} }}\ntenants: {{ clinic-a: {{ tier: basic, name: A, users: [{}] }} }}\n", users(n))
    };
    for (how, n, warnings) in [("send", 50, 0), ("send", 51, 1), ("suppress", 51, 0)] {
        let (_, found) = from_lines(&text(how, n)).unwrap();
        assert_eq!(found.count(Severity::Warning), warnings, "{how} {n}");
    }
}

#[test]
fn a_limit_never_counts_by_what_tokens_say_for_themselves() {
    let arn = "arn:aws:lambda:us-east-1:111122223333:function";
    let text = |claim: &str| {
        format!(
            "version: 1\nplatform: {{ name: healthcare, region: us-east-1, account: \"111122223333\" }}\n\
             identity: {{ claims: {{ tenant: {claim} }}, pre_token_lambda: \"{arn}:claims\" }}\n\
             tiers:\n  basic:\n    model: openai.gpt-oss-120b\n    gateway: {{ tools_lambda: \"{arn}:tools\", tools: tools.json, \
             rate_limit: {{ requests: 1, per: second }} }}\ntenants: {{ clinic-a: {{ tier: basic, name: A }} }}\n"
        )
    };
    let shown = |claim: &str| match from_lines(&text(claim)) {
        Ok((_, found)) | Err(found) => found.render(Color::Never),
    };
    assert!(!shown("clinic_id").contains("count by the claim"), "{}", shown("clinic_id"));
    assert!(shown("sub").contains("can't count by the claim `sub`"), "{}", shown("sub"));
}
