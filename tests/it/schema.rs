//! JSON Schemas against what they are about: manifests that people write, and every document that this tool writes for machines.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::python::{here, programs};
use crate::scenarios::{demands, shell, shipped};

/// What the validator says of each document: its path, and why it is refused.
fn judged(folder: &Path, schema: &str, files: &[PathBuf]) -> Vec<(PathBuf, Option<String>)> {
    let file = folder.join(format!("{}.schema.json", schema.split(' ').next().unwrap()));
    demands(folder, &format!("tenantry schema {schema} > {}", file.display()), 0, &[]);
    let mut run = Command::new(programs().join("python"));
    run.arg(here("tests/schemas/validate.py")).arg(&file);
    if !schema.starts_with("manifest") {
        run.arg("--strict");
    }
    let ran = run.args(files).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let said = String::from_utf8(ran.stdout).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), files.len(), "{said}");
    let verdict = |(line, file): (&&str, &PathBuf)| (file.clone(), line.strip_prefix("no ").map(ToOwned::to_owned));
    lines.iter().zip(files).map(verdict).collect()
}

fn all_valid(folder: &Path, schema: &str, files: &[PathBuf]) {
    let wrong: Vec<String> = judged(folder, schema, files).into_iter().filter_map(|(_, why)| why).collect();
    assert_eq!(wrong, Vec::<String>::new());
}

fn manifests(folder: &str) -> Vec<PathBuf> {
    let mut list: Vec<PathBuf> = std::fs::read_dir(here("tests/manifests").join(folder)).unwrap().map(|e| e.unwrap().path()).collect();
    list.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    list.sort();
    list
}

#[test]
fn a_manifest_that_is_fine_is_fine_by_its_schema_and_a_mistake_is_none() {
    /// What these get wrong is between two places, or in a name that AWS would refuse.
    const UNSEEN: &[&str] = &["another-region", "claims", "default-domain", "duplicate-tenants", "strict"];
    let folder = tempfile::tempdir().unwrap();
    let mut good = manifests("good");
    good.extend([here("tenants.yaml"), here("tenants.strict.yaml")]);
    all_valid(folder.path(), "manifest", &good);
    let bad = judged(folder.path(), "manifest", &manifests("bad"));
    let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let unseen: Vec<String> = bad.iter().filter(|(_, why)| why.is_none()).map(|(path, _)| stem(path)).collect();
    assert_eq!(unseen, UNSEEN);
    assert!(bad.len() > 30);
}

#[test]
fn a_schema_that_is_made_for_a_manifest_offers_its_own_names() {
    let folder = shipped();
    let at = folder.path();
    let edit = "sed -e 's/tier: premium/tier: premum/' -e 's/tools_lambda: tools/tools_lambda: tool/' \
        -e 's/clinic-config.cedar/config.cedar/' -e 's/policy: proxy-function/policy: proxy/' tenants.yaml > slips.yaml";
    demands(at, edit, 0, &[]);
    let slips = [at.join("slips.yaml")];
    assert!(judged(at, "manifest --generic", &slips)[0].1.is_none());
    all_valid(at, "manifest", &[at.join("tenants.yaml")]);
    for (edit, what) in [
        ("s/tier: premium/tier: premum/", "premum"),
        ("s/tools_lambda: tools/tools_lambda: tool/", "tool"),
        ("s/clinic-config.cedar/config.cedar/", "config.cedar"),
        ("s/policy: proxy-function/policy: proxy/", "proxy"),
    ] {
        demands(at, &format!("sed -e '{edit}' tenants.yaml > slip.yaml"), 0, &[]);
        let why = judged(at, "manifest", &[at.join("slip.yaml")]).remove(0).1;
        assert!(why.is_some_and(|why| why.contains(what)), "{what} is taken");
    }
    // One with mistakes has names too; one that is not there has none.
    demands(at, "sed -i.old 's/region:/regoin:/' tenants.yaml; tenantry schema manifest", 0, &["\"premium\""]);
    demands(at, "rm tenants.yaml; tenantry schema manifest", 0, &["\"examples\""]);
    demands(at, "tenantry schema manifest -f nowhere.yaml", 65, &["nowhere.yaml"]);
    demands(at, "tenantry schema plan --write", 64, &["schema manifest"]);
    demands(at, "tenantry schema", 64, &["<OF>"]);
}

#[test]
fn a_new_manifest_names_the_schema_that_lies_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    demands(at, "tenantry init here", 0, &[]);
    let line = std::fs::read_to_string(at.join("here/tenants.yaml")).unwrap().lines().next().unwrap().to_owned();
    let beside = line.strip_prefix("# yaml-language-server: $schema=").unwrap();
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(at.join("here").join(beside)).unwrap()).unwrap();
    let tier = &schema["properties"]["tenants"]["additionalProperties"]["properties"]["tier"];
    assert_eq!(tier["enum"], serde_json::json!(["basic", "premium"]), "{tier:#}");
    demands(
        at,
        "cd here; sed -i.old 's/^  premium:/  gold:/; s/tier: premium/tier: gold/' tenants.yaml; tenantry schema manifest --write",
        0,
        &[beside],
    );
    assert!(std::fs::read_to_string(at.join("here").join(beside)).unwrap().contains("\"gold\""));
    for shipped in ["tenants.yaml", "tenants.strict.yaml"] {
        assert!(std::fs::read_to_string(here(shipped)).unwrap().starts_with(&line), "{shipped}");
    }
}

fn with_ending(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.to_str().is_some_and(|path| path.ends_with(ending)));
    found.sort();
    found
}

#[test]
fn what_every_story_writes_is_as_the_schemas_say() {
    let out = tempfile::tempdir().unwrap();
    let at = out.path();
    let mut stories: Vec<PathBuf> = std::fs::read_dir(here("tests/scenarios")).unwrap().map(|entry| entry.unwrap().path()).collect();
    stories.sort();
    for story in &stories {
        let (folder, name) = (shipped(), story.file_stem().unwrap().to_str().unwrap());
        let script = std::fs::read_to_string(story).unwrap();
        for (n, line) in script.lines().filter_map(|line| line.strip_prefix("$ ")).enumerate() {
            let file = at.join(format!("{name}-{n}")).display().to_string();
            let line = line
                .replace("tenantry plan ", &format!("tenantry plan --out {file}.plan.json "))
                .replace("tenantry apply ", &format!("tenantry apply --events {file}.ndjson "))
                .replace("tenantry destroy ", &format!("tenantry destroy --events {file}.ndjson "));
            shell(folder.path(), &line);
        }
    }
    for manifest in manifests("good") {
        let folder = shipped();
        let (copy, name) = (folder.path().join("manifest.yaml"), manifest.file_stem().unwrap().to_str().unwrap());
        std::fs::copy(&manifest, copy).unwrap();
        let files = here("tests/manifests/good/files");
        let file = at.join(name).display().to_string();
        // Some of them name policies that are nowhere.
        shell(folder.path(), &format!("cp -R {} . ; tenantry plan --sandbox -q -f manifest.yaml --out {file}.plan.json", files.display()));
    }
    let plans = with_ending(at, ".plan.json");
    let events = with_ending(at, ".ndjson");
    assert!(plans.len() >= 20 && events.len() >= 12, "{} plans, {} files of events", plans.len(), events.len());
    all_valid(at, "plan", &plans);
    all_valid(at, "events", &events);
    for file in events {
        let lines = std::fs::read_to_string(&file).unwrap();
        let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
        assert!(last["exit"]["code"].is_number(), "{}: {last}", file.display());
    }
}

#[test]
fn an_apply_that_meets_faults_tells_them_as_the_schemas_say() {
    let out = tempfile::tempdir().unwrap();
    let at = out.path();
    let cases = [
        ("throttle=0.1,errors=0.02,role=2s", 0, "step_retrying"),
        ("denied=ssm:PutParameter", 13, "step_failed"),
        ("denied=cognito-idp:CreateUserPool", 13, "step_skipped"),
        ("lost=0.02", 0, "step_done"),
        ("kill=30", 137, "step_started"),
        ("slow=300ms", 0, "step_waiting"),
        ("denied=iam:ListRoles", 15, "error"),
    ];
    for (n, (faults, code, kind)) in cases.into_iter().enumerate() {
        let folder = shipped();
        let file = at.join(format!("{n}"));
        let file = file.display();
        let line = format!(
            "tenantry apply --sandbox --yes -q --sandbox-faults {faults} --events {file}.ndjson --output json > {file}.outcome.json"
        );
        demands(folder.path(), &line, code, &[]);
        let events = std::fs::read_to_string(at.join(format!("{n}.ndjson"))).unwrap();
        assert!(events.contains(&format!("\"type\":\"{kind}\"")), "{faults} has no {kind}:\n{events}");
        assert_eq!(events.contains(&format!("\"exit\":{{\"code\":{code},")), code != 137, "{events}");
        if code == 13 {
            assert!(events.contains("\"request_id\":\""), "AWS's id of the request is missing:\n{events}");
        }
        let outcome = at.join(format!("{n}.outcome.json"));
        let text = std::fs::read_to_string(&outcome).unwrap();
        match serde_json::from_str::<Value>(&text) {
            Ok(document) => assert_eq!(document["exit"]["code"], code),
            // What has not begun, or was killed, has no outcome.
            Err(_) => std::fs::remove_file(outcome).unwrap(),
        }
    }
    all_valid(at, "events", &with_ending(at, ".ndjson"));
    all_valid(at, "outcome", &with_ending(at, ".outcome.json"));
    assert!(with_ending(at, ".outcome.json").len() >= 5);
}

#[test]
fn no_document_has_a_secret() {
    let folder = shipped();
    let at = folder.path();
    let seed = "sed -i.old 's/      entry_point: main.py/&\\\n      environment: { DB_PASSWORD: seeded-hunter2, API_KEY: seeded-swordfish }/' tenants.yaml";
    demands(at, seed, 0, &[]);
    demands(
        at,
        "tenantry plan --sandbox -q --out one.json > one.txt; tenantry apply one.json --sandbox -q --events a.ndjson >> one.txt",
        0,
        &[],
    );
    let change = "sed -i.old 's/seeded-hunter2/seeded-hunter3/; s/HC-Basic/HC-Other/; s/rate: 2,/rate: 3,/' tenants.yaml";
    demands(at, &format!("{change}; tenantry plan --sandbox -q --out two.json --output json --detail full > two.txt"), 0, &[]);
    demands(at, "tenantry apply two.json --sandbox -q --events b.ndjson --output json > b.json", 0, &[]);
    // A destroy takes the secrets with it: what they were is to be known before.
    let state: Value = serde_json::from_str(&std::fs::read_to_string(at.join(".tenantry/sandbox.json")).unwrap()).unwrap();
    let mut secrets = vec!["seeded-".to_owned()];
    collect(&state, "", &mut secrets);
    demands(
        at,
        "tenantry destroy --sandbox -q --confirm healthcare --events c.ndjson --sandbox-faults denied=iam:DeleteRole > c.txt",
        13,
        &[],
    );
    assert!(secrets.len() >= 4, "the sandbox has no secrets to look for: {secrets:?}");
    for file in ["one.json", "one.txt", "a.ndjson", "two.json", "two.txt", "b.ndjson", "b.json", "c.ndjson", "c.txt"] {
        let text = std::fs::read_to_string(at.join(file)).unwrap();
        assert!(!text.is_empty(), "{file} is empty");
        for secret in &secrets {
            assert!(!text.contains(secret), "{file} has the secret {secret}");
        }
    }
}

/// Clients' secrets, and the values of keys, as the sandbox keeps them.
fn collect(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| collect(value, &format!("{path}/{key}"), found)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, path, found)),
        Value::String(text) if text.len() >= 16 && (path.ends_with("/secret") || path.contains("api_key/") && path.ends_with("/value")) => {
            found.push(text.clone());
        }
        _ => {}
    }
}
